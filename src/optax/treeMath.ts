/** Arithmetic of trees of arrays. */
import { ArgumentError, type DType, literal, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as tree from '../pytree/index.js'
import type { ScalarLike } from './base.js'
import { oneMinus } from './numerics.js'

/** A function, and what it calls its trees, for errors. */
type Names = readonly [where: string, first: string, ...rest: readonly string[]]

const isNull = (x: unknown): boolean => x === null

/** A leaf as an array. A number stands for a real, also where it is whole. */
const asLeaf = (x: unknown, [where]: Names, name: string, path: () => tree.KeyPath): NDArray => {
  if (x instanceof NDArray) return x
  if (typeof x === 'number') return literal(x, 'float32', true)
  const got = x === null ? 'null' : tree.isNode(x) ? `the tree ${tree.structure(x)}` : typeof x
  throw new ArgumentError(where, `an array at ${tree.keystr(path()) || 'the root'} of ${name}`, got)
}

/**
 * @internal A tree of the structure of the first, with `f` of the arrays of all of them. `null` in the first stays
 * `null`, whatever the others hold in its place.
 */
export const mapArrays = <T>(
  names: Names,
  f: (x: NDArray, ...others: readonly NDArray[]) => NDArray,
  first: T,
  ...rest: readonly unknown[]
): T => {
  const [leaves, treedef] = tree.flatten<unknown>(first, { isLeaf: isNull })
  const [where, left] = names
  const columns = [leaves, ...rest.map((other, i) => treedef.flattenUpTo(other, { where, left, right: names[i + 2]! }))]
  const results = leaves.map((leaf, i) => {
    if (leaf === null) return null
    const [x, ...others] = columns.map((column, j) =>
      asLeaf(column[i], names, names[j + 1]!, () => treedef.paths()[i]!),
    )
    return f(x!, ...others)
  })
  return treedef.unflatten(results) as T
}

/** The arrays of a tree. */
const arrays = (where: string, of: unknown): readonly NDArray[] =>
  tree.leavesWithPath<unknown>(of).map(([path, x]) => asLeaf(x, [where, 'the tree'], 'the tree', () => path))

export interface ZerosOptions {
  /** Dtype of the zeros; default that of each array. */
  readonly dtype?: DType | null
}

/**
 * Zeros in the shapes of a tree of arrays.
 *
 * @example
 * optax.tree.zerosLike([np.array([5, 6])], { dtype: 'int32' }) // => [Array([0, 0], dtype=int32)]
 */
export const zerosLike = <T>(of: T, { dtype }: ZerosOptions = {}): T =>
  mapArrays(['zerosLike', 'the tree'], (x) => np.zeros(x.shape, { dtype: dtype ?? x.dtype }), of)

/**
 * A tree in another dtype; `null`: as it is.
 *
 * @example
 * optax.tree.cast([np.array(1.5)], 'bfloat16') // => [Array(1.5, dtype=bfloat16)]
 */
export const cast = <T>(of: T, dtype: DType | null): T =>
  dtype === null ? of : mapArrays(['cast', 'the tree'], (x) => np.astype(x, dtype), of)

/**
 * A tree in the dtypes of another.
 *
 * @example
 * optax.tree.castLike([np.array(2)], [np.array(0, { dtype: 'int32' })]) // => [Array(2, dtype=int32)]
 */
export const castLike = <T>(of: T, other: unknown): T =>
  mapArrays(['castLike', 'the tree', 'the other tree'], (x, y) => np.astype(x, y.dtype), of, other)

/**
 * Elements within `[min, max]`; `null` leaves a side open.
 *
 * @example
 * optax.tree.clip([np.array([-3, 3])], null, 1) // => [Array([-3.,  1.], dtype=float32)]
 */
export const clip = <T>(of: T, min: ScalarLike | null, max: ScalarLike | null): T =>
  mapArrays(['clip', 'the tree'], (x) => np.clip(x, min, max), of)

/**
 * The sum of all elements of a tree, leaf by leaf from the first; 0 without leaves.
 *
 * @example
 * optax.tree.sum({ a: np.array([1, 2]), b: np.array(3) }) // => Array(6., dtype=float32)
 */
export const sum = (of: unknown): NDArray => total(arrays('sum', of).map((x) => np.sum(x)))

const total = (xs: readonly NDArray[]): NDArray => xs.reduce((a, b) => np.add(a, b), literal(0, 'float32', true))

export interface NormOptions {
  /** 1, 2 or Infinity; default 2. */
  readonly ord?: number
  /** Whether the square of the norm is returned; default false. */
  readonly squared?: boolean
}

/**
 * The norm of a tree as one vector: `√Σ x²`, leaf by leaf from the first. Its gradient at zero is NaN.
 *
 * @throws ArgumentError if the order is none of 1, 2, Infinity
 * @example
 * optax.globalNorm({ a: np.array([3]), b: np.array([4]) }) // => Array(5., dtype=float32)
 * optax.tree.norm([np.array([3, -4])], { ord: 1 }) // => Array(7., dtype=float32)
 */
export const norm = (of: unknown, { ord = 2, squared = false }: NormOptions = {}): NDArray => {
  const xs = arrays('norm', of)
  switch (ord) {
    case 2: {
      const squares = total(xs.map((x) => np.sum(np.square(x))))
      return squared ? squares : np.sqrt(squares)
    }
    case 1:
      return squareIf(squared, total(xs.map((x) => np.sum(np.abs(x)))))
    case Infinity: {
      const greatest = xs.filter((x) => x.size > 0).map((x) => np.max(np.abs(x)))
      return squareIf(
        squared,
        greatest.reduce((a, b) => np.maximum(a, b), literal(-Infinity, 'float32', true)),
      )
    }
    default:
      throw new ArgumentError('norm', 'an order of 1, 2 or Infinity', String(ord))
  }
}

const squareIf = (squared: boolean, x: NDArray): NDArray => (squared ? np.square(x) : x)

/**
 * `(1 - decay) · g^order + decay · m`: moving averages of the powers of the updates.
 *
 * @example
 * optax.updateMoment(np.array([4]), np.array([2]), 0.5, 2) // => Array([9.], dtype=float32)
 */
export const updateMoment = <T>(updates: unknown, moments: T, decay: ScalarLike, order: number): T =>
  mapArrays(
    ['updateMoment', 'the updates', 'the moments'],
    (g, m) => np.add(np.multiply(oneMinus(decay), np.power(g, order)), np.multiply(decay, m)),
    updates as T,
    moments,
  )

/**
 * As {@link updateMoment}, of the powers of the norms of elements: the same for real numbers, the only ones here.
 *
 * @example
 * optax.updateMomentPerElemNorm(np.array([-4]), np.array([2]), 0.5, 2) // => Array([9.], dtype=float32)
 */
export const updateMomentPerElemNorm = updateMoment

/**
 * Moments without the bias toward the zeros that they begin with: `m / (1 - decay^count)`.
 *
 * @see Kingma & Ba, 2015, section 3, https://arxiv.org/abs/1412.6980
 * @example
 * optax.biasCorrection(np.array([0.75]), 0.5, np.array(2, { dtype: 'int32' })) // => Array([1.], dtype=float32)
 */
export const biasCorrection = <T>(moments: T, decay: ScalarLike, count: NDArray): T => {
  const corrections = new Map<boolean, NDArray>()
  // The power is taken in single precision at least: in half precision it may round to 1.
  const correction = (double: boolean): NDArray => {
    let c = corrections.get(double)
    if (c === undefined) {
      const exponent = double && typeof decay === 'number' ? np.astype(count, 'float64') : count
      corrections.set(double, (c = np.subtract(1, np.power(decay, exponent))))
    }
    return c
  }
  return mapArrays(
    ['biasCorrection', 'the moments'],
    (m) => np.divide(m, np.astype(correction(m.dtype === 'float64'), m.dtype)),
    moments,
  )
}
