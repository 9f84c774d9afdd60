/** Losses, by example; reduce them with `np.mean` or `np.sum`. */
export {
  type IntegerLabelsOptions,
  softmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
  softmaxCrossEntropyWithIntegerLabels,
} from './classification.js'
export { l2Loss, squaredError } from './regression.js'
