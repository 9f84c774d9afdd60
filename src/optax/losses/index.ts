/** Losses, by example; reduce them with `np.mean` or `np.sum`. */
export {
  hingeLoss,
  multiclassHingeLoss,
  multiclassPerceptronLoss,
  multiclassSparsemaxLoss,
  perceptronLoss,
  sigmoidBinaryCrossEntropy,
  sigmoidFocalLoss,
  type SigmoidFocalLossOptions,
  sparsemaxLoss,
} from './binary.js'
export {
  type IntegerLabelsOptions,
  softmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
  softmaxCrossEntropyWithIntegerLabels,
} from './classification.js'
export { ctcLoss, type CtcLossOptions, ctcLossWithForwardProbs } from './ctc.js'
export {
  type DivergenceOptions,
  generalizedKlDivergence,
  generalizedKlDivergence as convexKlDivergence,
  klDivergence,
  klDivergenceWithLogTargets,
  polyLossCrossEntropy,
  type PolyLossOptions,
  safeSoftmaxCrossEntropy,
  smoothLabels,
  type SmoothLabelsOptions,
} from './divergence.js'
export { makeFenchelYoungLoss, rankingSoftmaxLoss, type RankingSoftmaxOptions, type ReduceFn } from './ranking.js'
export {
  cosineDistance,
  type CosineOptions,
  cosineSimilarity,
  huberLoss,
  type HuberOptions,
  l2Loss,
  logCosh,
  squaredError,
} from './regression.js'
export {
  binaryDiceLoss,
  type BinaryDiceLossOptions,
  diceLoss,
  type DiceLossOptions,
  type GeneralizedDiceLossOptions,
  multiclassGeneralizedDiceLoss,
} from './segmentation.js'
export { ntxent, type NtxentOptions, tripletMarginLoss, type TripletMarginOptions } from './selfSupervised.js'
