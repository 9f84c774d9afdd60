/** Gumbel's distribution, of extreme values, in three grades of resolution near the tail. */
import { ArgumentError, type DType, limitsOf, type NDArray, type Shape, checkOptions } from '../core/index.js'
import * as lax from '../lax/index.js'
import { where } from '../numpy/index.js'
import { jit } from '../transforms/index.js'

import { randomBits } from './bits.js'
import { checkedSample, neighbour, type SampleOptions, uniformIn } from './continuous.js'
import type { PRNGKey } from './key.js'

/**
 * How many random bits a Gumbel sample has: `low` those of one uniform number, so that events of probability below
 * 1e-7 are biased in float32; `high` twice as many, and 1e-14; `highest` 64 bits in float32, otherwise as `high`.
 */
export type GumbelMode = 'low' | 'high' | 'highest'

const modes: readonly unknown[] = ['low', 'high', 'highest'] satisfies readonly GumbelMode[]

/** @throws ArgumentError */
export const checkedMode = (name: string, mode: GumbelMode): GumbelMode => {
  if (!modes.includes(mode)) throw new ArgumentError(name, `a mode among ${modes.join(', ')}`, mode)
  return mode
}

const negLog = (x: NDArray): NDArray => lax.neg(lax.log(x))
const negLog1p = (x: NDArray): NDArray => lax.neg(lax.log1p(x))

/** The two rows of an array. */
const rows = (x: NDArray): readonly [NDArray, NDArray] => [
  lax.squeeze(lax.sliceInDim(x, 0, 1), [0]),
  lax.squeeze(lax.sliceInDim(x, 1, 2), [0]),
]

/** (high · 2^32 + low) / 2^64, cut to the 24 bits of a float32; 2^-65 for 0. */
const fraction = (high: NDArray, low: NDArray): NDArray => {
  // Bits of `low` that don't reach the result, but would round the double precision number.
  const kept = where(lax.ge(high, 2 ** 21), lax.shiftLeft(lax.shiftRightLogical(low, 11), 11), low)
  const wide = (x: NDArray): NDArray => lax.convertElementType(x, 'float64')
  const value = lax.add(lax.mul(wide(high), 2 ** 32), wide(kept))
  const rounded = lax.convertElementType(value, 'float32')
  const cut = where(lax.gt(wide(rounded), value), neighbour(rounded, 'below'), rounded)
  return where(lax.eq(cut, 0), 2 ** -65, lax.mul(cut, 2 ** -64))
}

/** From 64 random bits: those below one half, and the distance from 1 of the others, have full precision. */
const gumbelOf64 = (k: PRNGKey, shape: Shape): NDArray => {
  const [high, low] = rows(randomBits(k, 'uint32', [2, ...shape]))
  const isLow = lax.lt(high, 2 ** 31)
  const negatedLow = lax.not(low)
  const carried = lax.add(lax.not(high), lax.convertElementType(lax.eq(negatedLow, 2 ** 32 - 1), 'uint32'))
  const x = fraction(where(isLow, high, carried), where(isLow, low, lax.add(negatedLow, 1)))
  return where(isLow, negLog(negLog1p(lax.neg(x))), negLog(negLog(x)))
}

/** Body of {@link gumbel}. */
export const gumbelIn = (k: PRNGKey, shape: Shape, dtype: DType, mode: GumbelMode = 'low'): NDArray => {
  const { tiny, nmant } = limitsOf(dtype)
  if (mode === 'low') return negLog(negLog(uniformIn(k, shape, dtype, tiny, 1)))
  if (mode === 'highest' && dtype === 'float32') return gumbelOf64(k, shape)
  const [high, low] = rows(uniformIn(k, [2, ...shape], dtype, 0, 1))
  const fine = lax.add(lax.add(high, lax.mul(low, 2 ** -nmant)), tiny)
  return negLog(negLog1p(lax.neg(where(lax.ge(high, 0.5), high, fine))))
}

const program = jit(
  function gumbel(k: PRNGKey, shape: Shape, dtype: DType, mode: GumbelMode) {
    return gumbelIn(k, shape, dtype, mode)
  },
  { staticArgnums: [1, 2, 3] },
)

export interface GumbelOptions extends SampleOptions {
  /** Resolution; default `low`. */
  readonly mode?: GumbelMode
}

/**
 * Standard Gumbel distribution: the extreme value of many.
 *
 * @throws DTypeError unless the dtype is floating
 * @throws ArgumentError for another mode
 */
export const gumbel = (key: PRNGKey, shape: Shape = [], options: GumbelOptions = {}): NDArray => {
  checkOptions('random.gumbel', options, ['dtype', 'mode'])
  const { dtype = 'float32', mode = 'low' } = options
  return program(...checkedSample('random.gumbel', key, shape, dtype), checkedMode('random.gumbel', mode))
}
