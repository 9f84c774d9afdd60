/** Counting without overflow, and arithmetic of hyperparameters. */
import {
  DTypeError,
  integerRange,
  isFloat,
  isInteger,
  limitsOf,
  literal,
  type NDArray,
  showAval,
} from '../core/index.js'
import * as np from '../numpy/index.js'
import type { ScalarLike } from './base.js'

/**
 * A count one higher; the greatest number of its dtype stays.
 *
 * @throws DTypeError if the count isn't a number
 * @example
 * optax.safeIncrement(np.array(1, { dtype: 'int32' })) // => Array(2, dtype=int32)
 * optax.safeIncrement(np.array(2147483647, { dtype: 'int32' })) // => Array(2147483647, dtype=int32)
 */
export const safeIncrement = (count: NDArray): NDArray => {
  const { dtype } = count
  if (!isInteger(dtype) && !isFloat(dtype)) {
    throw new DTypeError('safeIncrement', 'a count of integers or floats', showAval(count.aval))
  }
  // As where(count < max, count + 1, max), in two operations: they are in every step of every optimizer.
  const last = isInteger(dtype) ? integerRange(dtype)[1] - 1n : limitsOf(dtype).max
  return np.add(np.minimum(count, literal(last, dtype)), literal(1, dtype))
}

/** @internal `-x`, of numbers in double precision. */
export const negated = (x: ScalarLike): ScalarLike => (typeof x === 'number' ? -x : np.negative(x))

/** @internal `1 - x`, of numbers in double precision. */
export const oneMinus = (x: ScalarLike): ScalarLike => (typeof x === 'number' ? 1 - x : np.subtract(1, x))

/** @internal A function of hyperparameters: of numbers in double precision, of arrays in the graph. */
export const ofScalars =
  <A extends readonly ScalarLike[]>(
    ofNumbers: (...xs: { [K in keyof A]: number }) => number,
    ofArrays: (...xs: A) => NDArray,
  ): ((...xs: A) => ScalarLike) =>
  (...xs) =>
    xs.every((x) => typeof x === 'number') ? ofNumbers(...(xs as never)) : ofArrays(...xs)
