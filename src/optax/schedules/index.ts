/** Hyperparameters by the number of steps. */
export { cosineDecaySchedule, type CosineDecayOptions } from './cosine.js'
export { exponentialDecay, type ExponentialDecayOptions, warmupExponentialDecaySchedule } from './exponential.js'
export { joinSchedules } from './join.js'
export {
  type BoundariesAndScales,
  cosineOnecycleSchedule,
  linearOnecycleSchedule,
  type LinearOnecycleOptions,
  type OnecycleOptions,
  piecewiseConstantSchedule,
  piecewiseInterpolateSchedule,
} from './piecewise.js'
export { constantSchedule, linearSchedule, polynomialSchedule, type TransitionOptions } from './polynomial.js'
export { type CosineCycle, sgdrSchedule } from './sgdr.js'
export { warmupConstantSchedule, warmupCosineDecaySchedule, type WarmupCosineDecayOptions } from './warmup.js'
export { type StatefulSchedule, WrappedSchedule, type WrappedScheduleState } from '../statefulSchedule.js'
export {
  injectHyperparams,
  injectHyperparams as injectStatefulHyperparams,
  type InjectHyperparamsState,
  type InjectHyperparamsState as InjectStatefulHyperparamsState,
} from '../injectHyperparams.js'
export type { Schedule } from '../base.js'
