/** Schedules that begin with a rise. */
import { ArgumentError, type NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { requireScalar, type ScalarLike, type Schedule } from '../base.js'
import { decodeOptions, optionsOf, scalar } from '../options.js'
import { cosineDecaySchedule } from './cosine.js'
import { joinSchedules } from './join.js'
import { linearSchedule } from './polynomial.js'

/**
 * A linear rise, then the value that it has reached.
 *
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.warmup_constant_schedule
 * @example
 * const schedule = optax.warmupConstantSchedule(0, 1, 4)
 * ;[0, 1, 4, 100].map((t) => schedule(t).item()) // => [0, 0.25, 1, 1]
 */
export const warmupConstantSchedule = (initValue: ScalarLike, peakValue: ScalarLike, warmupSteps: number): Schedule =>
  linearSchedule(initValue, peakValue, warmupSteps)

export interface WarmupCosineDecayOptions {
  /** Value at the end of the decay; default 0. */
  readonly endValue?: ScalarLike
  /** Power of the cosine's arch; default 1. */
  readonly exponent?: ScalarLike
}
const WarmupCosineDecayOptions = optionsOf('WarmupCosineDecayOptions', { endValue: scalar, exponent: scalar })

/**
 * A linear rise from `initValue` to `peakValue`, then {@link cosineDecaySchedule} down to `endValue`.
 *
 * @param decaySteps - steps of the whole schedule: the rise counts
 * @throws ArgumentError unless there are more steps than those of the rise
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.warmup_cosine_decay_schedule
 * @example
 * const schedule = optax.warmupCosineDecaySchedule(0, 1, 10, 110)
 * ;[0, 5, 10, 60, 110].map((t) => schedule(t).item().toFixed(4)) // => ['0.0000', '0.5000', '1.0000', '0.5000', '0.0000']
 */
export const warmupCosineDecaySchedule = (
  initValue: ScalarLike,
  peakValue: ScalarLike,
  warmupSteps: number,
  decaySteps: number,
  options: WarmupCosineDecayOptions = {},
): Schedule => {
  const where = 'warmupCosineDecaySchedule'
  const { endValue = 0, exponent = 1 } = decodeOptions(where, WarmupCosineDecayOptions, options)
  const peak = requireScalar(where, 'a peak value', peakValue)
  if (!(decaySteps > warmupSteps)) {
    throw new ArgumentError(where, `more steps in all than the ${warmupSteps} of the rise`, String(decaySteps))
  }
  const cosine = cosineDecaySchedule(peak, decaySteps - warmupSteps, { alpha: ratio(endValue, peak), exponent })
  return joinSchedules([linearSchedule(initValue, peak, warmupSteps), cosine], [warmupSteps])
}

/** The end as a part of the peak; of a peak at 0, none. */
const ratio = (end: ScalarLike, peak: ScalarLike): ScalarLike => {
  if (typeof peak !== 'number') return quotient(end, peak)
  if (peak === 0) return 0
  return typeof end === 'number' ? end / peak : np.divide(end, peak)
}

const quotient = (end: ScalarLike, peak: NDArray): NDArray => {
  const isZero = np.equal(peak, 0)
  return np.where(isZero, 0, np.divide(end, np.where(isZero, 1, peak)))
}
