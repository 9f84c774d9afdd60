/** What estimates of step sizes are made of: hyperparameters as scalars, their codecs. */
import { ArgumentError, type DType, literal, type NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { isSchedule, requireScalar, type ScalarLike, type ScalarOrSchedule } from '../base.js'
import { refine } from '../options.js'

/** The value of the loss at the params, which some optimizers need in `update`. */
export interface LossValue {
  /** Loss at the params, as `valueAndGrad` gives it. */
  readonly value: ScalarLike
}

/** @internal The loss at the params, in a dtype. @throws ArgumentError if the extra arguments lack it */
export const lossIn = (where: string, { value }: Partial<LossValue>, dtype: DType): NDArray => {
  if (value === undefined || value === null) {
    throw new ArgumentError(
      where,
      'the loss at the params as `value`',
      'none; call tx.update(updates, state, params, { value }) with what valueAndGrad gives',
    )
  }
  return scalarIn(requireScalar(where, 'a value', value), dtype)
}

/** @internal A hyperparameter at a step count. */
export const rateAt = (where: string, rate: ScalarOrSchedule, count: NDArray): ScalarLike =>
  isSchedule(rate) ? rate(count) : requireScalar(where, 'a learning rate (or a schedule)', rate)

// As long as hyperparameters are numbers, their arithmetic is that of double precision.

/** @internal `x · y`. */
export const times = (x: ScalarLike, y: ScalarLike): ScalarLike =>
  typeof x === 'number' && typeof y === 'number' ? x * y : np.multiply(x, y)

/** @internal `x + y`. */
export const plus = (x: ScalarLike, y: ScalarLike): ScalarLike =>
  typeof x === 'number' && typeof y === 'number' ? x + y : np.add(x, y)

/** @internal `x / y`. */
export const over = (x: ScalarLike, y: ScalarLike): ScalarLike =>
  typeof x === 'number' && typeof y === 'number' ? x / y : np.divide(x, y)

/** @internal `√x`. */
export const root = (x: ScalarLike): ScalarLike => (typeof x === 'number' ? Math.sqrt(x) : np.sqrt(x))

/** @internal A scalar array of a dtype. */
export const scalarIn = (x: ScalarLike, dtype: DType): NDArray =>
  typeof x === 'number' ? np.full([], literal(x, dtype), { dtype }) : np.astype(x, dtype)

/** @internal `1 - decay^count`, the weight that an average of `count` values has; its dtype is weak. */
export const weightOf = (decay: ScalarLike, count: NDArray, dtype: DType): NDArray =>
  np.subtract(
    1,
    np.power(decay, dtype === 'float64' && typeof decay === 'number' ? np.astype(count, 'float64') : count),
  )

/** @internal Decay rates of two moments. */
export const twoDecays = refine(
  'a pair of numbers in [0, 1) or arrays',
  (u): u is readonly [ScalarLike, ScalarLike] =>
    Array.isArray(u) &&
    u.length === 2 &&
    u.every((x: unknown) => (typeof x === 'number' ? x >= 0 && x < 1 : typeof x === 'object' && x !== null)),
)

/** @internal A whole number from 1. */
export const positiveInteger = refine(
  'a whole number of at least 1',
  (u): u is number => Number.isInteger(u) && (u as number) >= 1,
)

/** @internal A function. */
export const functionOf = <F extends (...args: never[]) => unknown>() =>
  refine('a function', (u): u is F => typeof u === 'function')
