/** Codecs of the states of Optax, by the names of their types; those of states that hold others take the codecs of these. */
import type * as optax from '../../optax/index.js'
import {
  type AnyCodec,
  anything,
  array,
  arrays,
  count,
  type Fields,
  flag,
  flags,
  key,
  likeParams,
  list,
  orNull,
  type PartCodec,
  record,
  recordOf,
  scalar,
  type StateCodec,
} from './record.js'

/** {@link optax.EmptyState}. */
export const EmptyState: StateCodec<optax.EmptyState> = record('EmptyState', {})

// Moments.
export const ScaleByAdamState = record<optax.ScaleByAdamState>('ScaleByAdamState', {
  count,
  mu: likeParams,
  nu: likeParams,
})
export const ScaleByAmsgradState = record<optax.ScaleByAmsgradState>('ScaleByAmsgradState', {
  count,
  mu: likeParams,
  nu: likeParams,
  nuMax: likeParams,
})
export const ScaleByAdanState = record<optax.ScaleByAdanState>('ScaleByAdanState', {
  m: likeParams,
  v: likeParams,
  n: likeParams,
  g: likeParams,
  t: count,
})
export const ScaleByBeliefState = record<optax.ScaleByBeliefState>('ScaleByBeliefState', {
  count,
  mu: likeParams,
  nu: likeParams,
})
export const ScaleByLionState = record<optax.ScaleByLionState>('ScaleByLionState', { count, mu: likeParams })
/** The second moments are scalars, one for each array of the params. */
export const ScaleByNovogradState = record<optax.ScaleByNovogradState>('ScaleByNovogradState', {
  count,
  mu: likeParams,
  nu: arrays,
})
export const ScaleByRmsState = record<optax.ScaleByRmsState>('ScaleByRmsState', { nu: likeParams })
export const ScaleByRmsWithCountState = record<optax.ScaleByRmsWithCountState>('ScaleByRmsWithCountState', {
  count,
  nu: likeParams,
})
export const ScaleByRssState = record<optax.ScaleByRssState>('ScaleByRssState', { sumOfSquares: likeParams })
export const ScaleByRStdDevState = record<optax.ScaleByRStdDevState>('ScaleByRStdDevState', {
  mu: likeParams,
  nu: likeParams,
})
export const ScaleByRStdDevWithCountState = record<optax.ScaleByRStdDevWithCountState>('ScaleByRStdDevWithCountState', {
  count,
  mu: likeParams,
  nu: likeParams,
})
export const ScaleByRpropState = record<optax.ScaleByRpropState>('ScaleByRpropState', {
  stepSizes: likeParams,
  prevUpdates: likeParams,
})
export const ScaleByAdaDeltaState = record<optax.ScaleByAdaDeltaState>('ScaleByAdaDeltaState', {
  eG: likeParams,
  eX: likeParams,
})
/** `mu` holds a list of accumulators in the place of each array. */
export const ScaleBySM3State = record<optax.ScaleBySM3State>('ScaleBySM3State', { mu: arrays, nu: likeParams })
export const FactoredState = record<optax.FactoredState>('FactoredState', {
  count,
  vRow: arrays,
  vCol: arrays,
  v: arrays,
})
export const ScaleByOptimisticGradientState = record<optax.ScaleByOptimisticGradientState>(
  'ScaleByOptimisticGradientState',
  { isInitialStep: flag, previousGradient: likeParams },
)
export const ScaleByDistanceOverGradientsState = record<optax.ScaleByDistanceOverGradientsState>(
  'ScaleByDistanceOverGradientsState',
  { maxDist: arrays, gradSumOfSquares: arrays, initParams: likeParams },
)

// Accumulation, counts, noise.
export const TraceState = record<optax.TraceState>('TraceState', { trace: likeParams })
export const EmaState = record<optax.EmaState>('EmaState', { count, ema: likeParams })
export const ApplyEvery = record<optax.ApplyEvery>('ApplyEvery', { count, gradAcc: likeParams })
export const ScaleByScheduleState = record<optax.ScaleByScheduleState>('ScaleByScheduleState', { count })
export const WrappedScheduleState = record<optax.WrappedScheduleState>('WrappedScheduleState', { count })
export const WeightDecaySchedule = record<optax.WeightDecaySchedule>('WeightDecaySchedule', { count })
export const AddNoiseState = record<optax.AddNoiseState>('AddNoiseState', { count, rngKey: key })
export const ZeroNansState = record<optax.ZeroNansState>('ZeroNansState', { foundNan: flags })

// Line searches.
export const ScaleByLBFGSState = record<optax.ScaleByLBFGSState>('ScaleByLBFGSState', {
  count,
  params: likeParams,
  updates: likeParams,
  diffParamsMemory: arrays,
  diffUpdatesMemory: arrays,
  weightsMemory: array,
})
export const BacktrackingLinesearchInfo = record<optax.BacktrackingLinesearchInfo>('BacktrackingLinesearchInfo', {
  numLinesearchSteps: count,
  decreaseError: scalar,
})
export const ScaleByBacktrackingLinesearchState = record<optax.ScaleByBacktrackingLinesearchState>(
  'ScaleByBacktrackingLinesearchState',
  { learningRate: scalar, value: scalar, grad: orNull(likeParams), info: BacktrackingLinesearchInfo },
)
export const ZoomLinesearchInfo = record<optax.ZoomLinesearchInfo>('ZoomLinesearchInfo', {
  numLinesearchSteps: count,
  decreaseError: scalar,
  curvatureError: scalar,
})
export const ScaleByZoomLinesearchState = record<optax.ScaleByZoomLinesearchState>('ScaleByZoomLinesearchState', {
  learningRate: scalar,
  value: scalar,
  grad: likeParams,
  info: ZoomLinesearchInfo,
})

// Wrappers and combinators: they take the codecs of what they hold.
/** The states of `chain`, in its order; nested chains are codecs among them. */
export const ChainState = <const S extends readonly unknown[]>(
  ...states: { readonly [K in keyof S]: PartCodec<S[K]> }
): StateCodec<S> => list<S>('ChainState', states)
/** The states of `namedChain`, by name. */
export const NamedChainState = <const S extends Readonly<Record<string, unknown>>>(states: {
  readonly [K in keyof S]: PartCodec<S[K]>
}): StateCodec<S> => record<S>('NamedChainState', states as Fields<S>)
export const MaskedState = <S>(innerState: PartCodec<S>): StateCodec<optax.MaskedState<S>> =>
  record('MaskedState', { innerState })
export const PartitionState = <const S extends Readonly<Record<string, unknown>>>(inner: {
  readonly [K in keyof S]: PartCodec<S[K]>
}): StateCodec<optax.PartitionState<{ readonly [K in keyof S]: optax.MaskedState<S[K]> }>> =>
  record<optax.PartitionState<{ readonly [K in keyof S]: optax.MaskedState<S[K]> }>>('PartitionState', {
    innerStates: record(
      'PartitionStates',
      // `fromEntries` forgets which label has which state.
      Object.fromEntries(
        Object.entries(inner as Readonly<Record<string, PartCodec<unknown>>>).map(([label, codec]) => [
          label,
          MaskedState(codec),
        ]),
      ) as never,
    ),
  })
export const ApplyIfFiniteState = <S>(innerState: PartCodec<S>): StateCodec<optax.ApplyIfFiniteState<S>> =>
  record('ApplyIfFiniteState', { notfiniteCount: count, lastFinite: flag, totalNotfinite: count, innerState })
export const ConditionallyMaskState = <S>(innerState: PartCodec<S>): StateCodec<optax.ConditionallyMaskState<S>> =>
  record('ConditionallyMaskState', { step: count, innerState })
export const ConditionallyTransformState = <S>(
  innerState: PartCodec<S>,
): StateCodec<optax.ConditionallyTransformState<S>> =>
  record('ConditionallyTransformState', { innerState, step: count })
export const InjectHyperparamsState = <S>(
  innerState: PartCodec<S>,
  hyperparamsStates: PartCodec<Readonly<Record<string, unknown>>> = recordOf('ScheduleStates', anything),
): StateCodec<optax.InjectHyperparamsState<S>> =>
  record('InjectHyperparamsState', {
    count,
    hyperparams: recordOf('Hyperparams', array),
    hyperparamsStates,
    innerState,
  })
export const LookaheadState = <S>(fastState: PartCodec<S>): StateCodec<optax.LookaheadState<S>> =>
  record('LookaheadState', { fastState, stepsSinceSync: count })
/** @param measureStates - codecs of the states of the measures, in their order */
export const MonitorState = (...measureStates: readonly AnyCodec[]): StateCodec<optax.MonitorState> =>
  record<optax.MonitorState>('MonitorState', {
    measurements: recordOf('Measurements', anything),
    measureStates: list<readonly unknown[]>('MeasureStates', measureStates),
  })
export const SnapshotState: StateCodec<optax.SnapshotState> = record<optax.SnapshotState>('SnapshotState', {
  measurement: recordOf('Measurement', anything),
})
export const SkipNotFiniteState = record<optax.SkipNotFiniteState>('SkipNotFiniteState', {
  shouldSkip: flag,
  numNotFinite: count,
})
export const SkipLargeUpdatesState = record<optax.SkipLargeUpdatesState>('SkipLargeUpdatesState', {
  shouldSkip: flag,
  normSquared: scalar,
})
/** @param skipState - the codec of what the function that skips notes; without such a function it is an empty tuple */
export const MultiStepsState = <S, K = unknown>(
  innerOptState: PartCodec<S>,
  skipState: PartCodec<K> = anything as PartCodec<K>,
): StateCodec<optax.MultiStepsState<S, K>> =>
  record<optax.MultiStepsState<S, K>>('MultiStepsState', {
    miniStep: count,
    gradientStep: count,
    innerOptState,
    accGrads: arrays,
    skipState,
  })
