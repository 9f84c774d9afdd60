/** Random words of 8, 16, 32 or 64 bits: what all samplers are made of. */
import {
  bitWidth,
  config,
  type DType,
  DTypeError,
  isUnsigned,
  type NDArray,
  type Shape,
  sizeOf,
  useKey,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import { jit } from '../transforms/index.js'
import { checkedShape } from './arguments.js'
import { checkedKey, keyWords, type PRNGKey } from './key.js'

/** High and low word of 64 bits. */
const joined = (high: NDArray, low: NDArray): NDArray =>
  lax.or(lax.shiftLeft(lax.convertElementType(high, 'uint64'), 32), lax.convertElementType(low, 'uint64'))

/** The layout of JAX before 0.5: one stream of words, which the halves of the counters make. */
const original = (k: PRNGKey, dtype: DType, size: number): NDArray => {
  const width = bitWidth(dtype)
  const count = Math.ceil((width * size) / 32)
  const half = Math.ceil(count / 2)
  const counters = lax.iota('uint32', count)
  const padded = count % 2 === 0 ? counters : lax.concatenate([counters, lax.full([1], 0, 'uint32')], 0)
  const words = lax.concatenate(
    lax.threefry2x32(...keyWords(k), lax.sliceInDim(padded, 0, half), lax.sliceInDim(padded, half, 2 * half)),
    0,
  )
  if (width === 64) return joined(lax.sliceInDim(words, 0, size), lax.sliceInDim(words, size, 2 * size))
  if (width === 32) return lax.sliceInDim(words, 0, size)
  const parts = 32 / width
  const shifts = lax.mul(lax.broadcastedIota('uint32', [1, parts], 1), width)
  const pieces = lax.shiftRightLogical(lax.reshape(lax.sliceInDim(words, 0, count), [count, 1]), shifts)
  const low = lax.convertElementType(lax.and(pieces, 2 ** width - 1), dtype)
  return lax.sliceInDim(lax.reshape(low, [count * parts]), 0, size)
}

/** The layout of later JAX: each element has a counter of its own. */
const partitionable = (k: PRNGKey, dtype: DType, size: number): NDArray => {
  const [high, low] = lax.threefry2x32(...keyWords(k), lax.full([], 0, 'uint32'), lax.iota('uint32', size))
  return dtype === 'uint64' ? joined(high, low) : lax.convertElementType(lax.xor(high, low), dtype)
}

/** Words of an unsigned dtype, in the layout of the settings; for the bodies of samplers. */
export const randomBits = (k: PRNGKey, dtype: DType, shape: Shape): NDArray => {
  useKey('random.bits', k.data)
  const size = sizeOf(shape)
  if (size === 0) return lax.full(shape, 0, dtype)
  const words = (config.get('threefryPartitionable') ? partitionable : original)(k, dtype, size)
  return lax.reshape(words, shape)
}

export interface BitsOptions {
  /** An unsigned dtype; default uint32. */
  readonly dtype?: DType
}

const bitsProgram = jit(
  function random_bits(k: PRNGKey, dtype: DType, shape: Shape) {
    return randomBits(k, dtype, shape)
  },
  { staticArgnums: [1, 2] },
)

/**
 * Uniformly distributed bits.
 *
 * @param shape - default a scalar
 * @throws DTypeError unless the dtype is unsigned
 * @example
 * random.bits(random.key(0), [2]) // => Array([ 928981903, 3453687069], dtype=uint32)
 */
export const bits = (key: PRNGKey, shape: Shape = [], { dtype = 'uint32' }: BitsOptions = {}): NDArray => {
  if (!isUnsigned(dtype)) throw new DTypeError('random.bits', 'an unsigned dtype', dtype)
  checkedKey('random.bits', key)
  return bitsProgram(key, dtype, checkedShape('random.bits', shape))
}
