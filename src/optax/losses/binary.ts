/** Losses of yes or no, and margins. */
import { customJvp } from '../../control/index.js'
import type { NDArray } from '../../core/index.js'
import { ShapeError, showAval } from '../../core/index.js'
import * as nn from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import { vmap } from '../../transforms/index.js'
import type { ScalarLike } from '../base.js'
import { decodeOptions, optionsOf, scalar, scalarOrNull } from '../options.js'
import { unitSimplex } from '../projections/simplex.js'
import { floats, integers, sameShapes } from './arguments.js'

const likeLogits = (x: NDArray, labels: ArrayLike): NDArray => np.astype(np.asarray(labels), x.dtype)

const entropy = (x: NDArray, y: NDArray): NDArray =>
  np.subtract(
    np.multiply(np.negative(y), nn.logSigmoid(x)),
    np.multiply(np.subtract(1, y), nn.logSigmoid(np.negative(x))),
  )

/**
 * Cross entropy of independent yes-or-no predictions: `-y log σ(x) - (1 - y) log(1 - σ(x))`.
 *
 * @param logits - any shape
 * @param labels - probabilities (0 or 1) that broadcast to the logits
 * @returns in the shape of the logits
 * @throws DTypeError if the logits aren't floating point
 * @see Goodfellow et al., Deep Learning, 2016, section 6.2.2, https://www.deeplearningbook.org
 * @example
 * optax.sigmoidBinaryCrossEntropy(np.array([0, 100]), np.array([1, 0])) // => Array([  0.6931472, 100.       ], dtype=float32)
 */
export const sigmoidBinaryCrossEntropy = (logits: ArrayLike, labels: ArrayLike): NDArray => {
  const x = floats('sigmoidBinaryCrossEntropy', 'logits', logits)
  return entropy(x, likeLogits(x, labels))
}

export interface SigmoidFocalLossOptions {
  /** Weight of the examples labelled 1, those labelled 0 have `1 - alpha`; default `null`, none. */
  readonly alpha?: ScalarLike | null
  /** How much less good predictions count; default 2. */
  readonly gamma?: ScalarLike
}
const SigmoidFocalLossOptions = optionsOf('SigmoidFocalLossOptions', { alpha: scalarOrNull, gamma: scalar })

/**
 * Cross entropy in which good predictions count less: `(1 - p)^gamma` times {@link sigmoidBinaryCrossEntropy}, with the
 * probability `p` given to the label.
 *
 * @param logits - any shape
 * @param labels - 0 or 1 (or probabilities), that broadcast to the logits
 * @throws DTypeError if the logits aren't floating point
 * @throws OptionsError if an option is unknown
 * @see Lin et al., 2017, https://arxiv.org/abs/1708.02002
 * @example
 * optax.sigmoidFocalLoss(np.array([0]), np.array([1])) // => Array([0.1732868], dtype=float32)
 */
export const sigmoidFocalLoss = (
  logits: ArrayLike,
  labels: ArrayLike,
  options: SigmoidFocalLossOptions = {},
): NDArray => {
  const { alpha = null, gamma = 2 } = decodeOptions('sigmoidFocalLoss', SigmoidFocalLossOptions, options)
  const x = floats('sigmoidFocalLoss', 'logits', logits)
  const y = likeLogits(x, labels)
  const [logP, logQ] = [nn.logSigmoid(x), nn.logSigmoid(np.negative(x))]
  const loss = np.multiply(entropy(x, y), np.exp(np.multiply(gamma, logMixture(logP, logQ, y))))
  if (alpha === null) return loss
  const other = typeof alpha === 'number' ? 1 - alpha : np.subtract(1, alpha)
  return np.multiply(np.add(np.multiply(alpha, y), np.multiply(other, np.subtract(1, y))), loss)
}

/** `log((1 - y) p + y q)` of log probabilities. */
const logMixture = (logP: NDArray, logQ: NDArray, y: NDArray): NDArray => {
  const greatest = np.maximum(logP, logQ)
  const term = (log: NDArray, weight: NDArray): NDArray => np.multiply(weight, np.exp(np.subtract(log, greatest)))
  return np.add(greatest, np.log(np.add(term(logP, np.subtract(1, y)), term(logQ, y))))
}

/**
 * `max(0, 1 - p t)`.
 *
 * @param predictorOutputs - `p`, any shape
 * @param targets - `t`, -1 or 1
 * @throws DTypeError if the outputs aren't floating point
 * @see https://en.wikipedia.org/wiki/Hinge_loss
 * @example
 * optax.hingeLoss(np.array([0.5, -2]), np.array([1, -1])) // => Array([0.5, 0. ], dtype=float32)
 */
export const hingeLoss = (predictorOutputs: ArrayLike, targets: ArrayLike): NDArray =>
  np.maximum(0, np.subtract(1, np.multiply(floats('hingeLoss', 'outputs', predictorOutputs), targets)))

/**
 * `max(0, -p t)`.
 *
 * @param predictorOutputs - `p`, any shape
 * @param targets - `t`, -1 or 1, in the same shape
 * @throws DTypeError if the outputs aren't floating point
 * @throws ShapeError if the shapes differ
 * @see https://en.wikipedia.org/wiki/Perceptron
 * @example
 * optax.losses.perceptronLoss(np.array([0.5, 2]), np.array([1, -1])) // => Array([0., 2.], dtype=float32)
 */
export const perceptronLoss = (predictorOutputs: ArrayLike, targets: ArrayLike): NDArray => {
  const p = floats('perceptronLoss', 'outputs', predictorOutputs)
  const t = np.asarray(targets)
  sameShapes('perceptronLoss', 'outputs and targets', p, t)
  return np.maximum(0, np.multiply(np.negative(p), t))
}

/**
 * The loss of a sparse probability: {@link nn.sparsePlus} of the logits of examples labelled 0, of the negative ones of
 * those labelled 1.
 *
 * @param labels - 0 or 1, in the shape of the logits
 * @throws DTypeError if the logits aren't floating point
 * @see Blondel et al., 2020, section 6.1, https://arxiv.org/abs/1901.02324
 * @example
 * optax.losses.sparsemaxLoss(np.array([0, 2]), np.array([1, 1])) // => Array([0.25, 0.  ], dtype=float32)
 */
export const sparsemaxLoss = (logits: ArrayLike, labels: ArrayLike): NDArray => {
  const x = floats('sparsemaxLoss', 'logits', logits)
  return nn.sparsePlus(np.where(np.astype(np.asarray(labels), 'bool'), np.negative(x), x))
}

/** Scores `[...batch, classes]` and labels `[...batch]` as one-hot rows. */
const oneHotLabels = (where: string, scores: ArrayLike, labels: ArrayLike): readonly [NDArray, NDArray] => {
  const x = floats(where, 'scores', scores)
  const y = integers(where, 'labels', labels)
  if (x.ndim === 0 || y.shape.join() !== x.shape.slice(0, -1).join()) {
    throw new ShapeError(where, `labels of the shape [${x.shape.slice(0, -1).join()}] for scores ${showAval(x.aval)}`, showAval(y.aval)) // prettier-ignore
  }
  return [x, nn.oneHot(y, x.shape[x.ndim - 1]!, { dtype: x.dtype })]
}

const scoreOf = (x: NDArray, oneHot: NDArray): NDArray => np.sum(np.multiply(x, oneHot), { axis: -1 })

/**
 * `maxⱼ(xⱼ + [j ≠ label]) - x[label]`: by how much another class comes near to the score of the label.
 *
 * @param scores - `[...batch, classes]`
 * @param labels - `[...batch]`, indices of classes
 * @throws DTypeError, ShapeError if the arguments aren't so
 * @see Crammer & Singer, 2001, https://jmlr.org/papers/v2/crammer01a.html
 * @example
 * optax.losses.multiclassHingeLoss(np.array([[1, 0.5]]), np.array([0], { dtype: 'int32' })) // => Array([0.5], dtype=float32)
 */
export const multiclassHingeLoss = (scores: ArrayLike, labels: ArrayLike): NDArray => {
  const [x, oneHot] = oneHotLabels('multiclassHingeLoss', scores, labels)
  return np.subtract(np.max(np.subtract(np.add(x, 1), oneHot), { axis: -1 }), scoreOf(x, oneHot))
}

/**
 * `maxⱼ xⱼ - x[label]`.
 *
 * @param scores - `[...batch, classes]`
 * @param labels - `[...batch]`, indices of classes
 * @throws DTypeError, ShapeError if the arguments aren't so
 * @see Collins, 2002, https://aclanthology.org/W02-1001
 * @example
 * optax.losses.multiclassPerceptronLoss(np.array([[1, 3]]), np.array([0], { dtype: 'int32' })) // => Array([2.], dtype=float32)
 */
export const multiclassPerceptronLoss = (scores: ArrayLike, labels: ArrayLike): NDArray => {
  const [x, oneHot] = oneHotLabels('multiclassPerceptronLoss', scores, labels)
  return np.subtract(np.max(x, { axis: -1 }), scoreOf(x, oneHot))
}

/** The loss of one example; its gradient is the difference of the projection and the label. */
const sparsemaxOf = customJvp((scores: NDArray, oneHot: NDArray): NDArray => {
  const p = unitSimplex(scores)
  const gaps = np.subtract(scores, np.sum(np.multiply(scores, oneHot)))
  const product = np.sum(np.multiply(p, np.where(np.greater(p, 0), gaps, 0)))
  return np.add(product, np.multiply(0.5, np.subtract(1, np.sum(np.square(p)))))
})
sparsemaxOf.defjvp(([x, oneHot], [dx]) => [
  sparsemaxOf(x, oneHot),
  np.sum(np.multiply(np.subtract(unitSimplex(x), oneHot), dx)),
])

/**
 * The loss whose predictions are sparse probabilities, the projection `p` of the scores on the simplex:
 * `⟨p, x - x[label]⟩ + ½ (1 - |p|²)`.
 *
 * @param scores - `[batch, classes]`
 * @param labels - `[batch]`, indices of classes
 * @throws DTypeError, ShapeError if the arguments aren't so
 * @see Martins & Astudillo, 2016, https://arxiv.org/abs/1602.02068
 * @example
 * optax.losses.multiclassSparsemaxLoss(np.array([[0, 0]]), np.array([0], { dtype: 'int32' })) // => Array([0.25], dtype=float32)
 */
export const multiclassSparsemaxLoss = (scores: ArrayLike, labels: ArrayLike): NDArray => {
  const [x, oneHot] = oneHotLabels('multiclassSparsemaxLoss', scores, labels)
  const rows = np.reshape(x, [-1, x.shape[x.ndim - 1]!])
  const losses = vmap((row: NDArray, label: NDArray) => sparsemaxOf(row, label))(rows, np.reshape(oneHot, rows.shape))
  return np.reshape(losses, x.shape.slice(0, -1))
}
