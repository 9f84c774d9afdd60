/** Optax: gradient transformations, schedules and losses. */
export type {
  EmptyState as AdaptiveGradClipState,
  EmptyState as AddDecayedWeightsState,
  EmptyState as ClipByGlobalNormState,
  EmptyState as ClipState,
  EmptyState as NonNegativeParamsState,
  EmptyState as ScaleByTrustRatioState,
  EmptyState as ScaleState,
} from './base.js'
export { trace, type TraceOptions, type TraceState } from './accumulation.js'
export { withAccumulatorDtype } from './accumulatorDtype.js'
export {
  adadelta,
  type AdadeltaOptions,
  adagrad,
  type AdagradOptions,
  scaleByAdadelta,
  type ScaleByAdadeltaOptions,
  type ScaleByAdaDeltaState,
  scaleByRss,
  type ScaleByRssOptions,
  type ScaleByRssState,
} from './adagrad.js'
export { scaleByAdam, type ScaleByAdamOptions, type ScaleByAdamState } from './adam.js'
export { adan, type AdanOptions, scaleByAdan, type ScaleByAdanOptions, type ScaleByAdanState } from './adan.js'
export { adaptiveGradClip, type AdaptiveGradClipOptions } from './adaptiveClipping.js'
export {
  adam,
  type AdamOptions,
  adamw,
  type AdamWOptions,
  type MomentumState,
  nadam,
  type NadamOptions,
  nadamw,
  type NadamWOptions,
  sgd,
  type SgdOptions,
} from './aliases.js'
export {
  adamax,
  type AdamaxOptions,
  adamaxw,
  type AdamaxWOptions,
  amsgrad,
  type AmsgradOptions,
  scaleByAdamax,
  type ScaleByAdamaxOptions,
  scaleByAmsgrad,
  type ScaleByAmsgradOptions,
  type ScaleByAmsgradState,
} from './amsgrad.js'
export {
  type AnyGradientTransformation,
  type ArrayTree,
  type EmptyState,
  type ExtraArgs,
  type ExtraArgsOf,
  GradientTransformation,
  GradientTransformationExtraArgs,
  identity,
  initEmptyState,
  type NoExtraArgs,
  type OptState,
  type Params,
  type ScalarLike,
  type ScalarOrSchedule,
  type Schedule,
  type ScheduleFn,
  stateless,
  type StateOf,
  type TransformInitFn,
  type TransformUpdateExtraArgsFn,
  type TransformUpdateFn,
  type UpdateRest,
  type Updates,
} from './base.js'
export {
  adabelief,
  type AdabeliefOptions,
  type AdabeliefState,
  radam,
  type RadamOptions,
  scaleByBelief,
  type ScaleByBeliefOptions,
  type ScaleByBeliefState,
  scaleByRadam,
  type ScaleByRadamOptions,
  scaleByYogi,
  type ScaleByYogiOptions,
  yogi,
  type YogiOptions,
} from './belief.js'
export { clip, clipByBlockRms, clipByGlobalNorm } from './clipping.js'
export {
  chain,
  type ChainExtraArgs,
  type ChainState,
  namedChain,
  type NamedChainExtraArgs,
  type NamedChainState,
  type NamedTransformation,
  withExtraArgsSupport,
} from './combining.js'
export {
  applyIfFinite,
  type ApplyIfFiniteState,
  conditionallyMask,
  type ConditionallyMaskState,
  conditionallyTransform,
  type ConditionallyTransformState,
  type ConditionFn,
  type ConditionOptions,
} from './conditional.js'
export { keepParamsNonnegative, setToZero, zeroNans, type ZeroNansState } from './constraining.js'
export {
  scaleByDistanceOverGradients,
  type ScaleByDistanceOverGradientsOptions,
  type ScaleByDistanceOverGradientsState,
} from './distance.js'
export { type ApplyEvery, applyEvery, ema, type EmaOptions, type EmaState } from './ema.js'
export {
  adafactor,
  type AdafactorOptions,
  type AdafactorState,
  type DecayRateFn,
  type FactoredState,
  scaleByFactoredRms,
  type ScaleByFactoredRmsOptions,
} from './factored.js'
export { flatten } from './flattening.js'
export { freeze, selectiveTransform, type SelectiveTransformState } from './freezing.js'
export {
  type Hyperparams,
  type Injected,
  type InjectHyperparamsOptions,
  type NamedHyperparams,
} from './injectHyperparams.js'
export {
  lookahead,
  type LookaheadOptions,
  LookaheadParams,
  type LookaheadState,
  type LookaheadTransformation,
} from './lookahead.js'
export { masked, MaskedNode, type MaskedOptions, type MaskedState, type MaskFn, type MaskOrFn } from './masking.js'
export {
  type Measure,
  type MeasureEmaState,
  measureWithEma,
  type MeasureWithEmaOptions,
  monitor,
  type MonitorState,
  snapshot,
  type SnapshotState,
} from './monitoring.js'
export {
  MultiSteps,
  type MultiStepsOptions,
  type MultiStepsState,
  type ShouldSkipUpdateFunction,
  skipLargeUpdates,
  type SkipLargeUpdatesState,
  skipNotFinite,
  type SkipNotFiniteState,
} from './multiSteps.js'
export { addNoise, type AddNoiseState, type KeyOrSeed, noisySgd, type NoisySgdOptions } from './noise.js'
export { centralize, normalizeByUpdateNorm, type NormalizeByUpdateNormOptions } from './norms.js'
export {
  novograd,
  type NovogradOptions,
  scaleByNovograd,
  type ScaleByNovogradOptions,
  type ScaleByNovogradState,
} from './novograd.js'
export { safeIncrement, safeIncrement as safeInt32Increment } from './numerics.js'
export {
  optimisticAdam,
  type OptimisticAdamOptions,
  type OptimisticAdamState,
  optimisticAdamV2,
  type OptimisticAdamV2Options,
  optimisticGradientDescent,
  type OptimisticGradientDescentOptions,
  scaleByOptimisticGradient,
  type ScaleByOptimisticGradientOptions,
  type ScaleByOptimisticGradientState,
} from './optimistic.js'
export {
  type LabelledTransformations,
  type LabelsOrFn,
  multiTransform,
  partition,
  type PartitionExtraArgs,
  type PartitionState,
  type PartitionState as MultiTransformState,
  type PartitionStates,
} from './partition.js'
export { perExampleGlobalNormClip, perExampleLayerNormClip, type PerExampleLayerNormClipOptions } from './perExample.js'
export { polyakSgd, type PolyakSgdOptions, scaleByPolyak, type ScaleByPolyakOptions, type ValueArgs } from './polyak.js'
export {
  rmsprop,
  type RmspropOptions,
  type RmspropState,
  type RmsState,
  scaleByRms,
  type ScaleByRmsOptions,
  type ScaleByRmsState,
  type ScaleByRmsWithCountState,
  type ScaleByRStdDevState,
  type ScaleByRStdDevWithCountState,
  scaleByStddev,
  type ScaleByStddevOptions,
  type StddevState,
} from './rms.js'
export { rprop, type RpropOptions, scaleByRprop, type ScaleByRpropOptions, type ScaleByRpropState } from './rprop.js'
export {
  type LearningRateState,
  scale,
  scaleByLearningRate,
  type ScaleByLearningRateOptions,
  scaleBySchedule,
  type ScaleByScheduleState,
} from './scaling.js'
export {
  lion,
  type LionOptions,
  scaleByLion,
  type ScaleByLionOptions,
  type ScaleByLionState,
  scaleBySign,
  signSgd,
  signum,
  type SignumOptions,
} from './sign.js'
export { scaleBySm3, type ScaleBySm3Options, type ScaleBySM3State, sm3, type Sm3Options } from './sm3.js'
export { statelessWithTreeMap } from './stateless.js'
export { biasCorrection, norm as globalNorm, updateMoment, updateMomentPerElemNorm } from './treeMath.js'
export { updateInfinityMoment } from './treeArithmetic.js'
export {
  fromage,
  type FromageOptions,
  lamb,
  type LambOptions,
  lars,
  type LarsOptions,
  scaleByParamBlockNorm,
  scaleByParamBlockRms,
  scaleByTrustRatio,
  type ScaleByTrustRatioOptions,
} from './trustRatio.js'
export { applyUpdates, incrementalUpdate, periodicUpdate } from './update.js'
export {
  addDecayedWeights,
  type AddDecayedWeightsOptions,
  type WeightDecaySchedule,
  type WeightDecayState,
  type DecayOptions,
} from './weightDecay.js'
export * as contrib from './contrib/index.js'
export * as experimental from './experimental/index.js'
export { differentiallyPrivateAggregate, type DifferentiallyPrivateAggregateState, dpsgd } from './contrib/index.js'
export * as secondOrder from './secondOrder.js'
export * as transforms from './transforms.js'
export * as tree from './tree.js'
export * as treeUtils from './treeUtils.js'
export {
  matrixInversePthRoot,
  type MatrixInversePthRootOptions,
  nnls,
  type NnlsOptions,
  powerIteration,
  type PowerIterationOptions,
} from './linearAlgebra.js'
export { safeNorm, type SafeNormOptions, safeRootMeanSquares, scaleGradient } from './safeNorms.js'
export { multiNormal, type MultiNormalDiagFromLogScale } from './multiNormal.js'
export { microbatch, type MicrobatchOptions } from './microbatching.js'
export { mapParams as treeMapParams } from './stateTree.js'
export * from './linesearch/index.js'
export {
  convexKlDivergence,
  cosineDistance,
  type CosineOptions,
  cosineSimilarity,
  ctcLoss,
  type CtcLossOptions,
  ctcLossWithForwardProbs,
  type DivergenceOptions,
  generalizedKlDivergence,
  hingeLoss,
  huberLoss,
  type HuberOptions,
  type IntegerLabelsOptions,
  klDivergence,
  l2Loss,
  logCosh,
  ntxent,
  type NtxentOptions,
  safeSoftmaxCrossEntropy,
  sigmoidBinaryCrossEntropy,
  sigmoidFocalLoss,
  type SigmoidFocalLossOptions,
  smoothLabels,
  type SmoothLabelsOptions,
  softmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
  softmaxCrossEntropyWithIntegerLabels,
  squaredError,
} from './losses/index.js'
export * from './schedules/index.js'
export * as losses from './losses/index.js'
export * as assignment from './assignment.js'
export * as microbatching from './microbatching.js'
export * as perturbations from './perturbations.js'
export * as projections from './projections/index.js'
export * as schedules from './schedules/index.js'
