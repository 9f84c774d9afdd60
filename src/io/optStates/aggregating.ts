/** Codecs of the states of `optax.experimental.aggregating`. */
import type { experimental } from '../../optax/index.js'
import { count, flag, likeParams, record, scalar } from './record.js'

export const AccumulateAvgUpdatesState = record<experimental.aggregating.AccumulateAvgUpdatesState>(
  'AccumulateAvgUpdatesState',
  { microStep: count, ready: flag, avgGrad: likeParams },
)
export const PerElementMeanAndSumSqDiffGradsState =
  record<experimental.aggregating.PerElementMeanAndSumSqDiffGradsState>('PerElementMeanAndSumSqDiffGradsState', {
    microStep: count,
    ready: flag,
    meanGrads: likeParams,
    sumSqDiffGrads: likeParams,
  })
export const PerElementMeanAndVarianceEMAState = record<experimental.aggregating.PerElementMeanAndVarianceEMAState>(
  'PerElementMeanAndVarianceEMAState',
  { count, emaDecay: scalar, meanGradsEma: likeParams, varianceGradsEma: likeParams },
)
