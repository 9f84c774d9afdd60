/** Codecs of the states of `optax.contrib`. */
import type { contrib } from '../../optax/index.js'
import {
  anything,
  array,
  arrays,
  count,
  flag,
  key,
  likeParams,
  matrix,
  orNull,
  type PartCodec,
  record,
  scalar,
  type StateCodec,
  vector,
} from './record.js'

export const ScaleByAcpropState = record<contrib.ScaleByAcpropState>('ScaleByAcpropState', {
  count,
  mu: likeParams,
  nu: likeParams,
})
export const ScaleByAdemamixState = record<contrib.ScaleByAdemamixState>('ScaleByAdemamixState', {
  count,
  countM2: count,
  m1: likeParams,
  m2: likeParams,
  nu: likeParams,
})
export const ScaleBySimplifiedAdEMAMixState = record<contrib.ScaleBySimplifiedAdEMAMixState>(
  'ScaleBySimplifiedAdEMAMixState',
  { t: count, m: likeParams, n: likeParams },
)
export const COCOBState = record<contrib.COCOBState>('COCOBState', {
  initParticles: likeParams,
  cumulativeGradients: likeParams,
  scale: likeParams,
  subgradients: likeParams,
  reward: likeParams,
})
export const DAdaptAdamWState = record<contrib.DAdaptAdamWState>('DAdaptAdamWState', {
  expAvg: likeParams,
  expAvgSq: likeParams,
  gradSum: likeParams,
  estimLr: scalar,
  numeratorWeighted: scalar,
  count,
})
export const DoGState = record<contrib.DoGState>('DoGState', {
  isInitStep: flag,
  initParams: likeParams,
  maxDist: scalar,
  sumSqNormGrads: scalar,
})
export const DoWGState = record<contrib.DoWGState>('DoWGState', {
  initParams: likeParams,
  weightedSqNormGrads: scalar,
  estimSqDist: scalar,
})
export const MadgradState = record<contrib.MadgradState>('MadgradState', {
  count,
  gradSumSq: likeParams,
  s: likeParams,
  x0: likeParams,
})
const momo = { expAvg: likeParams, barf: scalar, gamma: scalar, lb: scalar, count }
export const MomoState = record<contrib.MomoState>('MomoState', momo)
export const MomoAdamState = record<contrib.MomoAdamState>('MomoAdamState', { ...momo, expAvgSq: likeParams })
export const MuonState = record<contrib.MuonState>('MuonState', { count, mu: likeParams, nsCoeffs: matrix })
export const DifferentiallyPrivateAggregateState = record<contrib.DifferentiallyPrivateAggregateState>(
  'DifferentiallyPrivateAggregateState',
  { rngKey: key },
)
export const ProdigyState = record<contrib.ProdigyState>('ProdigyState', {
  expAvg: likeParams,
  expAvgSq: likeParams,
  gradSum: likeParams,
  params0: likeParams,
  estimLr: scalar,
  numeratorWeighted: scalar,
  count,
})
export const ReduceLROnPlateauState = record<contrib.ReduceLROnPlateauState>('ReduceLROnPlateauState', {
  scale: scalar,
  bestValue: scalar,
  plateauCount: count,
  cooldownCount: count,
  count,
  avgValue: scalar,
})
export const HutchinsonState = record<contrib.HutchinsonState>('HutchinsonState', { key })

// Those that hold the states of others take their codecs.
export const GaLoreState = <S>(baseOptimizerState: PartCodec<S>): StateCodec<contrib.GaLoreState<S>> =>
  record('GaLoreState', { count, baseOptimizerState, projector: arrays })
export const MechanicState = <S>(baseOptimizerState: PartCodec<S>): StateCodec<contrib.MechanicState<S>> =>
  record('MechanicState', {
    baseOptimizerState,
    count,
    r: vector,
    m: vector,
    v: vector,
    s: vector,
    x0: likeParams,
  })
export const SAMState = <S, A>(optState: PartCodec<S>, advState: PartCodec<A>): StateCodec<contrib.SAMState<S, A>> =>
  record('SAMState', { stepsSinceSync: count, optState, advState, cache: orNull(likeParams) })
export const ScheduleFreeState = <S>(baseOptimizerState: PartCodec<S>): StateCodec<contrib.ScheduleFreeState<S>> =>
  record('ScheduleFreeState', {
    b1: array,
    weightSum: scalar,
    stepCount: count,
    maxLr: scalar,
    baseOptimizerState,
    z: likeParams,
  })
/** @param hessianFnState - that of the estimator; default any tree */
export const SophiaState = <S>(
  hessianFnState: PartCodec<S> = anything as PartCodec<S>,
): StateCodec<contrib.SophiaState<S>> =>
  record('SophiaState', { count, mu: likeParams, nu: likeParams, hessianFnState })
