/** Optax: gradient transformations, schedules and losses. */
export { trace, type TraceOptions, type TraceState } from './accumulation.js'
export { scaleByAdam, type ScaleByAdamOptions, type ScaleByAdamState } from './adam.js'
export {
  adam,
  type AdamOptions,
  adamw,
  type AdamWOptions,
  type MomentumState,
  sgd,
  type SgdOptions,
} from './aliases.js'
export {
  type AnyGradientTransformation,
  type ArrayTree,
  type EmptyState,
  type ExtraArgs,
  type ExtraArgsOf,
  GradientTransformation,
  identity,
  initEmptyState,
  isSchedule,
  type NoExtraArgs,
  type OptState,
  type Params,
  type ScalarLike,
  type ScalarOrSchedule,
  type Schedule,
  type ScheduleFn,
  stateless,
  type StateOf,
  type UpdateRest,
  type Updates,
} from './base.js'
export { clip, clipByGlobalNorm } from './clipping.js'
export { chain, type ChainExtraArgs, type ChainState } from './combining.js'
export { masked, MaskedNode, type MaskedOptions, type MaskedState, type MaskOrFn } from './masking.js'
export { safeIncrement } from './numerics.js'
export {
  type LearningRateState,
  scale,
  scaleByLearningRate,
  type ScaleByLearningRateOptions,
  scaleBySchedule,
  type ScaleByScheduleState,
} from './scaling.js'
export { norm as globalNorm } from './treeMath.js'
export { applyUpdates, incrementalUpdate } from './update.js'
export {
  addDecayedWeights,
  type AddDecayedWeightsOptions,
  type WeightDecaySchedule,
  type WeightDecayState,
} from './weightDecay.js'
export * as tree from './treeMath.js'
export * from './losses/index.js'
export * from './schedules/index.js'
export * as losses from './losses/index.js'
export * as schedules from './schedules/index.js'
