/** Schedules that decay by a rate. */
import { ArgumentError, NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { requireScalar, type ScalarLike, type Schedule } from '../base.js'
import { decodeOptions, flag, optionsOf, scalarOrNull, wholeSteps } from '../options.js'
import { divide, floating, floor, maximum, minimum, multiply, power, subtract, weak } from './arithmetic.js'
import { joinSchedules } from './join.js'
import { constantSchedule, linearSchedule } from './polynomial.js'

export interface ExponentialDecayOptions {
  /** Steps before the decay begins; default 0, below 0 counts as 0. */
  readonly transitionBegin?: number
  /** Whether the value changes once every `transitionSteps` only; default false. */
  readonly staircase?: boolean
  /** Where the decay ends: the least value of a rate below 1, else the greatest; default `null`, nowhere. */
  readonly endValue?: ScalarLike | null
}
const exponentialOptions = { transitionBegin: wholeSteps, staircase: flag, endValue: scalarOrNull }
const ExponentialDecayOptions = optionsOf('ExponentialDecayOptions', exponentialOptions)

/**
 * A value that is multiplied by a rate every `T` steps: at step `t`, `init · rate^((t - begin) / T)`, whose exponent
 * `staircase` rounds down.
 *
 * @param transitionSteps - `T`; at most 0: `initValue` stays, as it does for a rate of 0
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.schedules.exponential_decay
 * @example
 * const schedule = optax.exponentialDecay(1, 10, 0.25)
 * ;[0, 5, 10, 20].map((t) => schedule(t).item()) // => [1, 0.5, 0.25, 0.0625]
 */
export const exponentialDecay = (
  initValue: ScalarLike,
  transitionSteps: number,
  decayRate: ScalarLike,
  options: ExponentialDecayOptions = {},
): Schedule => decayIn('exponentialDecay', initValue, transitionSteps, decayRate, options)

const decayIn = (
  where: string,
  initValue: ScalarLike,
  transitionSteps: number,
  decayRate: ScalarLike,
  options: ExponentialDecayOptions,
): Schedule => {
  const init = requireScalar(where, 'an initial value', initValue)
  const rate = requireScalar(where, 'a decay rate', decayRate)
  const { transitionBegin = 0, staircase = false, endValue = null } = decodeOptions(where, ExponentialDecayOptions, options) // prettier-ignore
  if (endValue !== null && rate instanceof NDArray) {
    throw new ArgumentError(
      where,
      'a decay rate that is a number, to know on which side of it endValue lies',
      `${rate}`,
    )
  }
  if (transitionSteps <= 0 || rate === 0) return constantSchedule(init)
  const bound = typeof rate === 'number' && rate < 1 ? maximum : minimum
  const begin = Math.max(0, transitionBegin)
  return (count) => {
    const steps = subtract(floating(count), begin)
    const part = divide(steps, transitionSteps)
    const decayed = multiply(init, power(rate, staircase ? floor(part) : part))
    const value =
      typeof steps === 'number' ? (steps <= 0 ? init : decayed) : np.where(np.lessEqual(steps, 0), init, decayed)
    return weak(endValue === null ? value : bound(value, endValue))
  }
}

const WarmupExponentialDecayOptions = optionsOf('WarmupExponentialDecayOptions', exponentialOptions)

/**
 * A linear rise from `initValue` to `peakValue`, then {@link exponentialDecay}, whose steps begin there at 0.
 *
 * @param warmupSteps - steps of the rise
 * @param transitionSteps - steps in which the value is multiplied by `decayRate`
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.warmup_exponential_decay_schedule
 * @example
 * const schedule = optax.warmupExponentialDecaySchedule(0, 1, 2, 4, 0.25)
 * ;[0, 1, 2, 4, 6].map((t) => schedule(t).item()) // => [0, 0.5, 1, 0.5, 0.25]
 */
export const warmupExponentialDecaySchedule = (
  initValue: ScalarLike,
  peakValue: ScalarLike,
  warmupSteps: number,
  transitionSteps: number,
  decayRate: ScalarLike,
  options: ExponentialDecayOptions = {},
): Schedule => {
  const where = 'warmupExponentialDecaySchedule'
  const decoded = decodeOptions(where, WarmupExponentialDecayOptions, options)
  const decay = decayIn(where, peakValue, transitionSteps, decayRate, decoded)
  return joinSchedules([linearSchedule(initValue, peakValue, warmupSteps), decay], [warmupSteps])
}
