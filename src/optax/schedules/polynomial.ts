/** Schedules that stay, and that pass from one value to another along a power. */
import { requireScalar, type ScalarLike, type Schedule } from '../base.js'
import { decodeOptions, optionsOf, wholeSteps } from '../options.js'
import { add, divide, multiply, power, stepsSince, strong, subtract, weak } from './arithmetic.js'

/**
 * A value that stays.
 *
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.constant_schedule
 * @example
 * optax.constantSchedule(0.5)(100) // => Array(0.5, dtype=float32, weak_type=True)
 */
export const constantSchedule = (value: ScalarLike): Schedule => {
  const constant = weak(requireScalar('constantSchedule', 'a value', value))
  return () => constant
}

export interface TransitionOptions {
  /** Steps before the transition begins; default 0, below 0 counts as 0. */
  readonly transitionBegin?: number
}
const TransitionOptions = optionsOf('TransitionOptions', { transitionBegin: wholeSteps })

/**
 * From one value to another along a power: at step `t`, `(init - end) · (1 - clip(t - begin, 0, T) / T)^power + end`.
 *
 * @param transitionSteps - `T`; at most 0: `initValue` stays
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.schedules.polynomial_schedule
 * @example
 * const schedule = optax.polynomialSchedule(1, 0, 2, 10, { transitionBegin: 5 })
 * ;[0, 5, 10, 15].map((t) => schedule(t).item()) // => [1, 1, 0.25, 0]
 */
export const polynomialSchedule = (
  initValue: ScalarLike,
  endValue: ScalarLike,
  exponent: ScalarLike,
  transitionSteps: number,
  options: TransitionOptions = {},
): Schedule => transition('polynomialSchedule', initValue, endValue, exponent, transitionSteps, options)

/**
 * From one value to another in a straight line: {@link polynomialSchedule} of power 1.
 *
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.linear_schedule
 * @example
 * const schedule = optax.linearSchedule(1, 0, 4)
 * ;[0, 1, 4, 9].map((t) => schedule(t).item()) // => [1, 0.75, 0, 0]
 */
export const linearSchedule = (
  initValue: ScalarLike,
  endValue: ScalarLike,
  transitionSteps: number,
  options: TransitionOptions = {},
): Schedule => transition('linearSchedule', initValue, endValue, 1, transitionSteps, options)

const transition = (
  where: string,
  initValue: ScalarLike,
  endValue: ScalarLike,
  exponent: ScalarLike,
  transitionSteps: number,
  options: TransitionOptions,
): Schedule => {
  const init = requireScalar(where, 'an initial value', initValue)
  const end = requireScalar(where, 'an end value', endValue)
  const { transitionBegin = 0 } = decodeOptions(where, TransitionOptions, options)
  if (transitionSteps <= 0) return constantSchedule(init)
  const begin = Math.max(0, transitionBegin)
  return (count) => {
    const part = divide(stepsSince(count, begin, transitionSteps), transitionSteps)
    const left = power(subtract(1, part), exponent)
    const value = multiply(subtract(init, end), left)
    return strong(add(value, typeof value === 'number' ? end : strong(end)))
  }
}
