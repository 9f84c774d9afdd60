/** Cycles of warm restarts. */
import { ArgumentError } from '../../core/index.js'
import type { ScalarLike, Schedule } from '../base.js'
import { joinSchedules } from './join.js'
import { warmupCosineDecaySchedule, type WarmupCosineDecayOptions } from './warmup.js'

/** The arguments of `warmupCosineDecaySchedule` by name. */
export interface CosineCycle extends WarmupCosineDecayOptions {
  readonly initValue: ScalarLike
  readonly peakValue: ScalarLike
  readonly warmupSteps: number
  /** Steps of the cycle. */
  readonly decaySteps: number
}

/**
 * Cycles one after another, each of them {@link warmupCosineDecaySchedule}.
 *
 * @throws ArgumentError if there is no cycle, or one has no more steps than its rise
 * @throws OptionsError if an option is unknown
 * @see Loshchilov & Hutter, 2017, https://arxiv.org/abs/1608.03983
 * @example
 * const cycle = { initValue: 0, peakValue: 1, warmupSteps: 2, decaySteps: 4 }
 * const schedule = optax.sgdrSchedule([cycle, { ...cycle, peakValue: 0.5 }])
 * ;[0, 2, 3, 4, 6].map((t) => schedule(t).item().toFixed(2)) // => ['0.00', '1.00', '0.50', '0.00', '0.50']
 */
export const sgdrSchedule = (cosineKwargs: readonly CosineCycle[]): Schedule => {
  if (cosineKwargs.length === 0) throw new ArgumentError('sgdrSchedule', 'at least one cycle', 'none')
  const ends = cosineKwargs.map((_, i) => cosineKwargs.slice(0, i + 1).reduce((sum, c) => sum + c.decaySteps, 0))
  const schedules = cosineKwargs.map(({ initValue, peakValue, warmupSteps, decaySteps, ...options }) =>
    warmupCosineDecaySchedule(initValue, peakValue, warmupSteps, decaySteps, options),
  )
  return joinSchedules(schedules, ends.slice(0, -1))
}
