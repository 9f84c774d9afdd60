/**
 * io-ts codecs of the states of Optax by the names of their types: `io.optStates.ScaleByAdamState`. They are closed: a field
 * that is missing, unknown or of another dtype or shape is refused with its path. They compose with codecs of your own.
 */
export * from './states.js'
export * from './contrib.js'
export * from './aggregating.js'
export {
  EmptyState as AdaptiveGradClipState,
  EmptyState as AddDecayedWeightsState,
  EmptyState as ClipByGlobalNormState,
  EmptyState as ClipState,
  EmptyState as NonNegativeParamsState,
  EmptyState as NormalizeState,
  EmptyState as ScaleByTrustRatioState,
  EmptyState as ScaleState,
  InjectHyperparamsState as InjectStatefulHyperparamsState,
  PartitionState as MultiTransformState,
} from './states.js'
export type { PartCodec, StateCodec } from './record.js'
