/** Trees as vectors: sums, products, choices, the greatest element. */
import { ArgumentError, type DType, literal, type NDArray, promoteTypes } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as tree from '../pytree/index.js'
import * as random from '../random/index.js'
import type { ScalarLike } from './base.js'
import { mapArrays } from './treeMath.js'

type Binary = (x: NDArray, y: NDArray) => NDArray

const binary =
  (where: string, f: Binary) =>
  <T>(x: T, y: unknown): T =>
    mapArrays([where, 'the first tree', 'the second tree'], f, x, y)

const sumOfTwo = binary('add', np.add)

/**
 * The sum of trees, leaf by leaf.
 *
 * @example
 * optax.tree.add([np.array(1)], [np.array(2)], [np.array(3)]) // => [Array(6., dtype=float32)]
 */
export const add = <T>(x: T, ...others: readonly [unknown, ...unknown[]]): T =>
  others.reduce<T>((sum, y) => sumOfTwo(sum, y), x)

/**
 * The difference of two trees.
 *
 * @example
 * optax.tree.sub([np.array(1)], [np.array(3)]) // => [Array(-2., dtype=float32)]
 */
export const sub = binary('sub', np.subtract)

/**
 * The product of two trees, element by element.
 *
 * @example
 * optax.tree.mul([np.array(2)], [np.array(3)]) // => [Array(6., dtype=float32)]
 */
export const mul = binary('mul', np.multiply)

/**
 * The quotient of two trees, element by element.
 *
 * @example
 * optax.tree.div([np.array(3)], [np.array(2)]) // => [Array(1.5, dtype=float32)]
 */
export const div = binary('div', np.divide)

/**
 * A number times a tree.
 *
 * @example
 * optax.tree.scale(2, { a: np.array([1, 2]) }) // => { a: Array([2., 4.], dtype=float32) }
 */
export const scale = <T>(scalar: ScalarLike, of: T): T =>
  mapArrays(['scale', 'the tree'], (x) => np.multiply(scalar, x), of)

/**
 * `x + scalar · y`.
 *
 * @example
 * optax.tree.addScale({ a: np.array([1]) }, 2, { a: np.array([3]) }) // => { a: Array([7.], dtype=float32) }
 */
export const addScale = <T>(x: T, scalar: ScalarLike, y: unknown): T =>
  mapArrays(['addScale', 'the first tree', 'the second tree'], (a, b) => np.add(a, np.multiply(scalar, b)), x, y)

/** The leaves of a tree as arrays. */
const arrays = (where: string, of: unknown): readonly NDArray[] => {
  const found: NDArray[] = []
  mapArrays(
    [where, 'the tree'],
    (x) => {
      found.push(x)
      return x
    },
    of,
  )
  return found
}

const zero = (): NDArray => literal(0, 'float32', true)

/**
 * The inner product of two trees as vectors, leaf by leaf from the first.
 *
 * @example
 * optax.tree.vdot([np.array([1, 2]), np.array(3)], [np.array([4, 5]), np.array(6)]) // => Array(32., dtype=float32)
 */
export const vdot = (x: unknown, y: unknown): NDArray => {
  const products: NDArray[] = []
  mapArrays(
    ['vdot', 'the first tree', 'the second tree'],
    (a, b) => {
      products.push(np.vdot(a, b))
      return a
    },
    x,
    y,
  )
  return products.reduce((a, b) => np.add(a, b), zero())
}

const extreme =
  (where: string, ofArray: (x: NDArray) => NDArray, ofTwo: Binary, none: number) =>
  (of: unknown): NDArray =>
    arrays(where, of)
      .filter((x) => x.size > 0)
      .map(ofArray)
      .reduce(ofTwo, literal(none, 'float32', true))

/**
 * The greatest element of a tree; -∞ without elements.
 *
 * @example
 * optax.tree.max([np.array([1, 5]), np.array(3)]) // => Array(5., dtype=float32)
 */
export const max = extreme('max', (x) => np.max(x), np.maximum, -Infinity)

/**
 * The least element of a tree; ∞ without elements.
 *
 * @example
 * optax.tree.min([np.array([1, 5]), np.array(3)]) // => Array(1., dtype=float32)
 */
export const min = extreme('min', (x) => np.min(x), np.minimum, Infinity)

/**
 * The number of elements of a tree.
 *
 * @example
 * optax.tree.size({ a: np.zeros([2, 3]), b: np.zeros([4]) }) // => 10
 */
export const size = (of: unknown): number => arrays('size', of).reduce((sum, x) => sum + x.size, 0)

export interface LikeOptions {
  /** Dtype of the elements; default that of each array. */
  readonly dtype?: DType | null
}

/**
 * Ones in the shapes of a tree of arrays.
 *
 * @example
 * optax.tree.onesLike([np.array([5, 6])]) // => [Array([1., 1.], dtype=float32)]
 */
export const onesLike = <T>(of: T, { dtype }: LikeOptions = {}): T =>
  mapArrays(['onesLike', 'the tree'], (x) => np.ones(x.shape, { dtype: dtype ?? x.dtype }), of)

/**
 * One number in the shapes of a tree of arrays.
 *
 * @example
 * optax.tree.fullLike([np.array([5, 6])], 3) // => [Array([3., 3.], dtype=float32)]
 */
export const fullLike = <T>(of: T, fillValue: ScalarLike, { dtype }: LikeOptions = {}): T =>
  mapArrays(['fullLike', 'the tree'], (x) => np.full(x.shape, fillValue, { dtype: dtype ?? x.dtype }), of)

/**
 * One of two trees, or their elements where the condition is an array.
 *
 * @example
 * optax.tree.where(np.array(false), { a: np.array([1]) }, { a: np.array([2]) }) // => { a: Array([2.], dtype=float32) }
 */
export const where = <T>(condition: NDArray | boolean, x: T, y: unknown): T =>
  mapArrays(['where', 'the first tree', 'the second tree'], (a, b) => np.where(condition, a, b), x, y)

/** How {@link dtype} treats trees of several dtypes. */
export type MixedDtypeHandler = 'promote' | 'highest' | 'lowest'

/**
 * The dtype of a tree; float32 without leaves.
 *
 * @param mixed - of several dtypes: `null` (default) refuses, `'promote'` joins them, `'highest'`, `'lowest'` choose one
 * @throws ArgumentError if dtypes are mixed and nothing is chosen, or none of them is the highest or lowest
 * @example
 * const mixed = [np.array(1), np.array(1, { dtype: 'bfloat16' })]
 * optax.tree.dtype(mixed, 'lowest') // => 'bfloat16'
 * optax.tree.dtype(mixed) // throws ArgumentError: dtype requires a tree of one dtype
 */
export const dtype = (of: unknown, mixed: MixedDtypeHandler | null = null): DType => {
  const dtypes = arrays('dtype', of).map((x) => x.dtype)
  return dtypes.length === 0 ? 'float32' : dtypes.reduce((a, b) => (a === b ? a : joined(a, b, mixed)))
}

const joined = (a: DType, b: DType, mixed: MixedDtypeHandler | null): DType => {
  if (mixed === null)
    throw new ArgumentError('dtype', 'a tree of one dtype (or a rule for mixed ones)', `${a} and ${b}`)
  const higher = promoteTypes({ dtype: a, weakType: false }, { dtype: b, weakType: false }).dtype
  if (mixed === 'promote') return higher
  if (higher !== a && higher !== b) {
    throw new ArgumentError('dtype', 'dtypes of which one can be promoted to the other', `${a} and ${b}`)
  }
  return (mixed === 'highest') === (higher === a) ? a : b
}

/**
 * The conjugate: of real numbers, the only ones here, the tree as it is.
 *
 * @example
 * optax.tree.conj([np.array(1)]) // => [Array(1., dtype=float32)]
 */
export const conj = <T>(of: T): T => of

/**
 * The real part: of real numbers, the only ones here, the tree as it is.
 *
 * @example
 * optax.tree.real([np.array(1)]) // => [Array(1., dtype=float32)]
 */
export const real = <T>(of: T): T => of

/**
 * Every array broadcast to a shape that begins with the given one.
 *
 * @example
 * optax.tree.batchShape({ a: np.zeros([2]) }, [3]).a.shape // => [3, 2]
 */
export const batchShape = <T>(of: T, shape: readonly number[] = []): T =>
  mapArrays(['batchShape', 'the tree'], (x) => np.broadcastTo(x, [...shape, ...x.shape]), of)

export interface AllcloseOptions {
  /** Relative to the second tree; default 1e-5. */
  readonly rtol?: number
  /** Absolute; default 1e-8. */
  readonly atol?: number
  /** Whether NaN equals NaN; default false. */
  readonly equalNan?: boolean
}

/**
 * Whether all elements of two trees satisfy `|a - b| ≤ atol + rtol |b|`, `bool[]`.
 *
 * @example
 * optax.tree.allclose([np.array([1, 2])], [np.array([1, 2.001])], { rtol: 1e-2 }) // => Array(True, dtype=bool)
 */
export const allclose = (x: unknown, y: unknown, options: AllcloseOptions = {}): NDArray => {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options
  const verdicts: NDArray[] = []
  mapArrays(
    ['allclose', 'the first tree', 'the second tree'],
    (a, b) => {
      const isNear = np.lessEqual(np.abs(np.subtract(a, b)), np.add(atol, np.multiply(rtol, np.abs(b))))
      // The difference of two infinities of one sign is NaN, and whatever is near to an infinite number is not it.
      const finite = np.logicalAnd(np.isfinite(a), np.isfinite(b))
      const isEqual = np.logicalOr(np.equal(a, b), np.logicalAnd(finite, isNear))
      const bothNan = np.logicalAnd(np.isnan(a), np.isnan(b))
      verdicts.push(np.all(equalNan ? np.logicalOr(isEqual, bothNan) : isEqual))
      return a
    },
    x,
    y,
  )
  return verdicts.reduce((a, b) => np.logicalAnd(a, b), literal(true, 'bool'))
}

/**
 * A key for each array of a tree, in its structure: the parts of a key split into as many.
 *
 * @example
 * const keys = optax.tree.splitKeyLike(random.key(0), { a: np.zeros([2]), b: np.zeros([3]) }) as { a: random.PRNGKey }
 * random.normal(keys.a, [2]).shape // => [2]
 */
export const splitKeyLike = (key: random.PRNGKey, target: unknown): unknown => {
  const [leaves, treedef] = tree.flatten(target)
  return treedef.unflatten(leaves.length === 0 ? [] : [...random.split(key, leaves.length)])
}

/** Draws an array of a shape and a dtype: `random.normal`, or one of your own. */
export type Sampler = (key: random.PRNGKey, shape: readonly number[], options: { readonly dtype: DType }) => NDArray

export interface RandomLikeOptions extends LikeOptions {
  /** How each array is drawn; default `random.normal`. */
  readonly sampler?: Sampler
}

/**
 * Random arrays in the shapes of a tree, each of a key of its own.
 *
 * @example
 * const drawn = optax.tree.randomLike(random.key(0), { a: np.zeros([2]), b: np.zeros([3]) })
 * drawn.b.shape // => [3]
 */
export const randomLike = <T>(key: random.PRNGKey, target: T, options: RandomLikeOptions = {}): T => {
  const { sampler = random.normal, dtype: given = null } = options
  const count = arrays('randomLike', target).length
  const keys = (count === 0 ? [] : [...random.split(key, count)]).values()
  return mapArrays(
    ['randomLike', 'the tree'],
    (x) => sampler(keys.next().value!, x.shape, { dtype: given ?? x.dtype }),
    target,
  )
}

/**
 * Keys as the arrays of their words; other leaves stay.
 *
 * @example
 * optax.tree.unwrapRandomKeyData({ key: random.key(7) }) // => { key: Array([0, 7], dtype=uint32) }
 */
export const unwrapRandomKeyData = (of: unknown): unknown =>
  tree.mapWith(
    { isLeaf: (x: unknown) => x instanceof random.PRNGKey },
    (x: unknown) => (x instanceof random.PRNGKey ? random.keyData(x) : x),
    of,
  )

/**
 * `max(|g| + eps, decay · m)`: moving maxima of the updates.
 *
 * @example
 * optax.updateInfinityMoment(np.array([-3, 1]), np.array([2, 4]), 0.5, 0) // => Array([3., 2.], dtype=float32)
 */
export const updateInfinityMoment = <T>(updates: unknown, moments: T, decay: ScalarLike, eps: ScalarLike): T =>
  mapArrays(
    ['updateInfinityMoment', 'the updates', 'the moments'],
    (g, m) => np.maximum(np.add(np.abs(g), eps), np.multiply(decay, m)),
    updates as T,
    moments,
  )
