/** The namespace `optax.transforms`: transformations that aren't whole optimizers. */
export type { EmptyState as NonNegativeParamsState } from './base.js'
export { ema, type EmaState } from './ema.js'
export { trace, type TraceState } from './accumulation.js'
export { adaptiveGradClip, unitwiseClip, unitwiseNorm } from './adaptiveClipping.js'
export { clip, clipByBlockRms, clipByGlobalNorm } from './clipping.js'
export { chain, namedChain } from './combining.js'
export {
  applyIfFinite,
  type ApplyIfFiniteState,
  conditionallyMask,
  type ConditionallyMaskState,
  conditionallyTransform,
  type ConditionallyTransformState,
  type ConditionFn,
} from './conditional.js'
export { keepParamsNonnegative, zeroNans, type ZeroNansState } from './constraining.js'
export { flatten } from './flattening.js'
export { freeze, selectiveTransform } from './freezing.js'
export { masked, MaskedNode, type MaskedState } from './masking.js'
export { measureWithEma, monitor, type MonitorState, snapshot, type SnapshotState } from './monitoring.js'
export {
  MultiSteps,
  type MultiStepsState,
  type ShouldSkipUpdateFunction,
  skipLargeUpdates,
  skipNotFinite,
} from './multiSteps.js'
export { addNoise, type AddNoiseState } from './noise.js'
export { partition, type PartitionState } from './partition.js'
export { perExampleGlobalNormClip, perExampleLayerNormClip } from './perExample.js'
export { addDecayedWeights } from './weightDecay.js'
