/** Hyperparameters by the number of steps. */
export { cosineDecaySchedule, type CosineDecayOptions } from './cosine.js'
export { joinSchedules } from './join.js'
export { constantSchedule, linearSchedule, polynomialSchedule, type TransitionOptions } from './polynomial.js'
export { warmupConstantSchedule, warmupCosineDecaySchedule, type WarmupCosineDecayOptions } from './warmup.js'
