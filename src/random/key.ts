/** Keys of the random number generator: threefry, bit for bit that of JAX in both layouts. */
import { inspect } from 'node:util'
import {
  ArgumentError,
  checksKeys,
  ConcreteArray,
  config,
  DTypeError,
  isInteger,
  literal,
  NDArray,
  partOfKeys,
  type Shape,
  ShapeError,
  showAval,
  sizeOf,
  useKey,
  checkOptions,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { getAttrKey, registerNode } from '../pytree/index.js'
import { jit } from '../transforms/index.js'
import { checkedShape } from './arguments.js'

/** The generator that there is, and the dtype of its keys in JAX. */
const implementation = 'threefry2x32'
const dtypeOfKeys = 'key<fry>'

class KeyArray {
  /** The generator. */
  readonly impl = implementation
  /** The type of the elements, as JAX names it. */
  readonly dtype = dtypeOfKeys

  constructor(
    /** Two words for each key: uint32 `[...shape, 2]`. */
    readonly data: NDArray,
  ) {}

  /** Shape of the array of keys; `[]` for a single key. */
  get shape(): Shape {
    return this.data.shape.slice(0, -1)
  }
  get ndim(): number {
    return this.data.ndim - 1
  }
  get size(): number {
    return sizeOf(this.shape)
  }

  /** Key number `index` along the first axis. @throws ShapeError for a single key, or an index out of range */
  at(index: number): PRNGKey {
    const { data } = this
    const n = data.shape[0]!
    const i = index < 0 ? index + n : index
    if (this.ndim === 0 || i < 0 || i >= n)
      throw new ShapeError('PRNGKey.at', `an index within the keys ${this.toString()}`, `${index}`)
    const taken = (): NDArray => {
      // Words that are known need no program: there would be one for each index.
      if (data instanceof ConcreteArray && this.ndim === 1) {
        return np.array(data.data({ copy: false }).slice(2 * i, 2 * i + 2))
      }
      const row = lax.slice(data, [i, ...data.shape.slice(1).map(() => 0)], [i + 1, ...data.shape.slice(1)])
      return lax.squeeze(row, [0])
    }
    return new KeyArray(partOfKeys(data, i, taken))
  }

  /** The keys along the first axis. */
  *[Symbol.iterator](): IterableIterator<PRNGKey> {
    if (this.ndim === 0) throw new ShapeError('iteration', 'an array of keys', 'a single key')
    for (let i = 0; i < this.data.shape[0]!; i++) yield this.at(i)
  }

  toString(): string {
    return `PRNGKey<${this.impl}>[${this.shape.join()}]`
  }
  /** @internal */
  [inspect.custom](): string {
    return this.toString()
  }
}

registerNode(KeyArray, {
  flatten: (key) => ({ children: [key.data], keys: [getAttrKey('data')], aux: null }),
  unflatten: (_aux, [data]) => new KeyArray(data as NDArray),
})

/**
 * One key, or an array of them. A pytree node whose leaf is the key data, so that keys go through `jit`, `vmap` and
 * `scan` as arrays do.
 */
export type PRNGKey = KeyArray

/**
 * The class of keys. Called without `new`, it makes a key from a seed, as {@link key} does; JAX's function of this name
 * gives the words of the key, which are `keyData` here.
 *
 * @example
 * random.keyData(random.PRNGKey(42)) // => Array([ 0, 42], dtype=uint32)
 */
export const PRNGKey = new Proxy(KeyArray, {
  apply: (_class, _this, args: Parameters<typeof key>) => key(...args),
}) as typeof KeyArray & typeof key

const words = (x: NDArray): readonly [NDArray, NDArray] => {
  const lead = x.shape.slice(0, -1)
  const word = (i: number): NDArray =>
    lax.squeeze(lax.slice(x, [...lead.map(() => 0), i], [...lead, i + 1]), [lead.length])
  return [word(0), word(1)]
}

/** Checks that a value is one key. @throws ArgumentError, ShapeError */
export const checkedKey = (where: string, k: PRNGKey): void => {
  const got: unknown = k
  if (!(got instanceof KeyArray)) throw new ArgumentError(where, 'a key made by random.key', typeof got)
  if (k.ndim > 0) throw new ShapeError(where, 'a single key', `${k.toString()}; use vmap, or one of them`)
}

/** The two words of a key. @internal */
export const keyWords = (k: PRNGKey): readonly [NDArray, NDArray] => words(k.data)

export interface KeyOptions {
  /** The generator: threefry2x32 is the only one that is the same on every device. */
  readonly impl?: string
  /** The same, given as the dtype of its keys. */
  readonly dtype?: string
}

/** @throws ArgumentError for another generator than threefry, or both options */
const checkGenerator = (where: string, options: KeyOptions): void => {
  checkOptions(where, options, ['impl', 'dtype'])
  const { impl, dtype } = options
  if (impl !== undefined && dtype !== undefined) throw new ArgumentError(where, 'either impl or dtype', 'both')
  const given = impl ?? dtype ?? implementation
  if (given === implementation || given === dtypeOfKeys) return
  throw new ArgumentError(
    where,
    `the generator '${implementation}', which gives the same bits everywhere`,
    `'${given}'`,
  )
}

/**
 * A key from a seed. Whole numbers from -2^31 to 2^32 - 1 make JAX's keys of 32-bit seeds, larger ones fill both words.
 *
 * @throws ArgumentError if the seed is not a whole number, or another generator than threefry is asked for
 * @example
 * random.keyData(random.key(42)) // => Array([ 0, 42], dtype=uint32)
 */
export const key = (seed: number | bigint | NDArray, options: KeyOptions = {}): PRNGKey => {
  checkGenerator('random.key', options)
  if (seed instanceof NDArray) {
    if (seed.ndim > 0) throw new ShapeError('random.key', 'a scalar seed', showAval(seed.aval))
    const low = lax.reshape(lax.convertElementType(seed, 'uint32'), [1])
    return new KeyArray(lax.concatenate([lax.full([1], 0, 'uint32'), low], 0))
  }
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw new ArgumentError('random.key', 'a whole number as seed', String(seed))
  }
  if (typeof seed !== 'number' && typeof seed !== 'bigint') {
    throw new ArgumentError('random.key', 'a whole number as seed', typeof seed)
  }
  const bits = BigInt.asUintN(64, BigInt(seed))
  // JAX without 64-bit integers has a high word of 0 for every seed that fits 32 bits, negative ones too.
  const fits = BigInt(seed) >= -(1n << 31n) && BigInt(seed) < 1n << 32n
  const high = fits ? 0 : Number(bits >> 32n)
  return new KeyArray(np.array(Uint32Array.of(high, Number(bits & 0xffffffffn))))
}

/** @throws ArgumentError unless a value is a key or an array of keys */
const checkedKeys = (where: string, keys: PRNGKey): PRNGKey => {
  if (keys instanceof KeyArray) return keys
  throw new ArgumentError(where, 'keys', typeof keys)
}

/** The words of keys, uint32 `[...shape, 2]`. @throws ArgumentError */
export const keyData = (keys: PRNGKey): NDArray => checkedKeys('random.keyData', keys).data

/** The name of the generator of keys. @throws ArgumentError */
export const keyImpl = (keys: PRNGKey): string => checkedKeys('random.keyImpl', keys).impl

/** The type of the keys of a generator, as JAX names it. @throws ArgumentError for another generator than threefry */
export const keyDtype = (impl: string = implementation): string => {
  checkGenerator('random.keyDtype', { impl })
  return dtypeOfKeys
}

/** The same keys once more, to draw the same numbers again on purpose. @throws ArgumentError */
export const clone = (keys: PRNGKey): PRNGKey => {
  const { data } = checkedKeys('random.clone', keys)
  return new KeyArray(checksKeys() ? lax.or(data, 0) : data)
}

/** Keys from their words, uint32 `[...shape, 2]`. @throws ShapeError, ArgumentError */
export const wrapKeyData = (data: NDArray, options: KeyOptions = {}): PRNGKey => {
  checkGenerator('random.wrapKeyData', options)
  if (data.dtype !== 'uint32' || data.ndim < 1 || data.shape[data.ndim - 1] !== 2) {
    throw new ShapeError('random.wrapKeyData', 'uint32 data whose last axis has size 2', showAval(data.aval))
  }
  return new KeyArray(data)
}

/** Counters 0 … n - 1 as two words each. */
const counters = (n: number): readonly [NDArray, NDArray] => [lax.full([n], 0, 'uint32'), lax.iota('uint32', n)]

const splitProgram = jit(
  function random_split(k: PRNGKey, sizes: Shape) {
    useKey('random.split', k.data)
    const [k0, k1] = words(k.data)
    const n = sizeOf(sizes)
    if (config.get('threefryPartitionable')) {
      const columns = lax.threefry2x32(k0, k1, ...counters(n)).map((y) => lax.expandDims(y, [1]))
      return new KeyArray(lax.reshape(lax.concatenate(columns, 1), [...sizes, 2]))
    }
    const counts = lax.iota('uint32', 2 * n)
    const half = (i: number): NDArray => lax.slice(counts, [i * n], [(i + 1) * n])
    const [y0, y1] = lax.threefry2x32(k0, k1, half(0), half(1))
    return new KeyArray(lax.reshape(lax.concatenate([y0, y1], 0), [...sizes, 2]))
  },
  { staticArgnums: [1] },
)

/**
 * New keys from one key.
 *
 * @param shape - number of keys, or the shape of an array of them; default 2
 * @throws ShapeError for several keys: use `vmap`, or for another shape
 * @example
 * const keys = random.split(random.key(0), 3)
 * keys.shape // => [3]
 * keys.at(0).shape // => []
 */
export const split = (k: PRNGKey, shape: number | Shape = 2): PRNGKey => {
  checkedKey('random.split', k)
  return splitProgram(k, checkedShape('random.split', typeof shape === 'number' ? [shape] : shape))
}

const foldInProgram = jit(function random_fold_in(k: PRNGKey, data: NDArray) {
  const [k0, k1] = words(k.data)
  const [y0, y1] = lax.threefry2x32(k0, k1, lax.full([], 0, 'uint32'), lax.convertElementType(data, 'uint32'))
  return new KeyArray(lax.concatenate([lax.reshape(y0, [1]), lax.reshape(y1, [1])], 0))
})

/**
 * A new key from a key and a number: different numbers make independent keys.
 *
 * @param data - an integer, taken modulo 2^32
 * @throws ShapeError for several keys or numbers: use `vmap`
 * @throws DTypeError for an array of another dtype
 */
export const foldIn = (k: PRNGKey, data: number | NDArray): PRNGKey => {
  checkedKey('random.foldIn', k)
  if (typeof data !== 'number') {
    if (data.ndim > 0) throw new ShapeError('random.foldIn', 'a scalar', `${showAval(data.aval)}; use vmap`)
    if (!isInteger(data.dtype)) throw new DTypeError('random.foldIn', 'an integer', showAval(data.aval))
  } else if (!Number.isInteger(data)) throw new ArgumentError('random.foldIn', 'a whole number', String(data))
  return foldInProgram(k, typeof data === 'number' ? literal(Uint32Array.of(data)[0]!, 'uint32') : data)
}
