/** Transformations that make one update of those of single examples: `optax.experimental.aggregating`. */
export {
  accumulateAvgUpdates,
  type AccumulateAvgUpdatesState,
  averageIncrementallyUpdates,
  averagePerElementUpdates,
  getBatchSizeFromPerEltUpdates,
  type PerEltAxis,
} from './averages.js'
export {
  Aggregator,
  type AggregatorUpdateFn,
  type AggregatorWithAux,
  process,
  type ProcessOptions,
  type ProcessState,
} from './process.js'
export {
  addMeanVarianceToOpt,
  type AddMeanVarianceToOptOptions,
  getPerElementMeanAndSumSqDiffGrads,
  type PerElementMeanAndSumSqDiffGradsOptions,
  type PerElementMeanAndSumSqDiffGradsState,
  getUnbiasedMeanAndVarianceEma,
  type PerElementMeanAndVarianceEMAState,
  type PerElementStatistics,
  trackPerElementMeanAndVarianceWithEma,
} from './variance.js'
