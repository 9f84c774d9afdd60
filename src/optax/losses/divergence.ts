/** Losses of predicted distributions. */
import { customJvp } from '../../control/index.js'
import type { NDArray } from '../../core/index.js'
import * as nn from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import type { ScalarLike } from '../base.js'
import { axesOrNull, decodeOptions, maskArrayOrNull, optionsOf, scalar } from '../options.js'
import { floats, sumWhere } from './arguments.js'
import { softmaxCrossEntropy } from './classification.js'

export interface DivergenceOptions {
  /** Axis or axes of the classes, which vanish; default the last; `null`: all. */
  readonly axis?: number | readonly number[] | null
  /** Which classes count; default all. */
  readonly where?: ArrayLike | null
}
const DivergenceOptions = optionsOf('DivergenceOptions', { axis: axesOrNull, where: maskArrayOrNull })

const summed = (where: string, options: DivergenceOptions): ((terms: NDArray) => NDArray) => {
  const { axis = -1, where: mask = null } = decodeOptions(where, DivergenceOptions, options)
  return (terms) => sumWhere(terms, axis, mask === null ? null : np.asarray(mask))
}

const divergence = (logPredictions: NDArray, targets: NDArray): NDArray => {
  const isZero = np.equal(targets, 0)
  const logTargets = np.where(isZero, 0, np.log(np.where(isZero, 1, targets)))
  return np.multiply(targets, np.subtract(logTargets, logPredictions))
}

/**
 * The Kullback-Leibler divergence of the targets from the predictions: `Σⱼ tⱼ (log tⱼ - log pⱼ)`, with `0 log 0 = 0`.
 *
 * @param logPredictions - `[...batch, classes]`, log probabilities
 * @param targets - probabilities in the shape of the predictions
 * @returns `[...batch]`
 * @throws DTypeError if an argument isn't floating point
 * @throws OptionsError if an option is unknown
 * @see Kullback & Leibler, 1951, https://www.jstor.org/stable/2236703
 * @example
 * optax.klDivergence(np.log(np.array([0.5, 0.5])), np.array([1, 0])) // => Array(0.6931472, dtype=float32)
 */
export const klDivergence = (
  logPredictions: ArrayLike,
  targets: ArrayLike,
  options: DivergenceOptions = {},
): NDArray => {
  const p = floats('klDivergence', 'log predictions', logPredictions)
  return summed('klDivergence', options)(divergence(p, floats('klDivergence', 'targets', targets)))
}

/**
 * {@link klDivergence} of targets that are log probabilities, too.
 *
 * @throws DTypeError if an argument isn't floating point
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/losses.html#optax.losses.kl_divergence_with_log_targets
 * @example
 * const half = np.log(np.array([0.5, 0.5]))
 * optax.losses.klDivergenceWithLogTargets(half, half) // => Array(0., dtype=float32)
 */
export const klDivergenceWithLogTargets = (
  logPredictions: ArrayLike,
  logTargets: ArrayLike,
  options: DivergenceOptions = {},
): NDArray => {
  const name = 'klDivergenceWithLogTargets'
  const [p, t] = [floats(name, 'log predictions', logPredictions), floats(name, 'log targets', logTargets)]
  return summed(name, options)(np.multiply(np.exp(t), np.subtract(t, p)))
}

/**
 * {@link klDivergence} of predictions and targets that need not sum to 1: `Σⱼ tⱼ (log tⱼ - log pⱼ) + pⱼ - tⱼ`, which is
 * convex in both.
 *
 * @throws DTypeError if an argument isn't floating point
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/losses.html#optax.losses.generalized_kl_divergence
 * @example
 * optax.generalizedKlDivergence(np.log(np.array([2, 1])), np.array([1, 1])) // => Array(0.3068528, dtype=float32)
 */
export const generalizedKlDivergence = (
  logPredictions: ArrayLike,
  targets: ArrayLike,
  options: DivergenceOptions = {},
): NDArray => {
  const name = 'generalizedKlDivergence'
  const [p, t] = [floats(name, 'log predictions', logPredictions), floats(name, 'targets', targets)]
  const sum = summed(name, options)
  return np.add(sum(divergence(p, t)), sum(np.subtract(np.exp(p), t)))
}

export interface PolyLossOptions extends DivergenceOptions {
  /** Weight of the first term of the polynomial, at least -1; default 2. */
  readonly epsilon?: ScalarLike
}
const PolyLossOptions = optionsOf('PolyLossOptions', { axis: axesOrNull, where: maskArrayOrNull, epsilon: scalar })

/**
 * Cross entropy with another weight of the first term of its series: `CE + epsilon (1 - p)` of the probability `p` of the
 * label.
 *
 * @param logits - `[...batch, classes]`, unnormalized log probabilities
 * @param labels - probabilities in the shape of the logits
 * @returns `[...batch]`
 * @throws DTypeError if an argument isn't floating point
 * @throws OptionsError if an option is unknown
 * @see Leng et al., 2022, https://arxiv.org/abs/2204.12511
 * @example
 * optax.losses.polyLossCrossEntropy(np.array([0, 0]), np.array([1, 0])) // => Array(1.6931472, dtype=float32)
 */
export const polyLossCrossEntropy = (logits: ArrayLike, labels: ArrayLike, options: PolyLossOptions = {}): NDArray => {
  const name = 'polyLossCrossEntropy'
  const { epsilon = 2, axis = -1, where = null } = decodeOptions(name, PolyLossOptions, options)
  const [x, y] = [floats(name, 'logits', logits), floats(name, 'labels', labels)]
  const mask = where === null ? null : np.asarray(where)
  const probabilities = nn.softmax(x, { axis, where: mask })
  const missed = sumWhere(np.multiply(y, np.subtract(1, probabilities)), axis, mask)
  return np.add(softmaxCrossEntropy(x, y, { axis, where }), np.multiply(epsilon, missed))
}

const weightedLogSoftmax = customJvp((logits: NDArray, weights: NDArray): NDArray => {
  const isZero = np.equal(weights, 0)
  return np.where(isZero, 0, np.multiply(weights, nn.logSoftmax(logits)))
})
weightedLogSoftmax.defjvp(([x, w], [dx, dw]) => {
  const mean = np.sum(np.multiply(dx, nn.softmax(x)), { axis: -1, keepdims: true })
  const tangent = np.add(np.multiply(w, np.subtract(dx, mean)), np.multiply(dw, nn.logSoftmax(x)))
  return [weightedLogSoftmax(x, w), tangent]
})

/**
 * `softmaxCrossEntropy` in which labels of 0 count nothing, even where the logits are -∞: `0 · -∞ = 0`.
 *
 * @param logits - `[...batch, classes]`, unnormalized log probabilities, also -∞
 * @param labels - probabilities in the shape of the logits
 * @returns `[...batch]`
 * @throws DTypeError if the logits aren't floating point
 * @see https://en.wikipedia.org/wiki/Cross-entropy
 * @example
 * optax.safeSoftmaxCrossEntropy(np.array([0, 0, -Infinity]), np.array([0.5, 0.5, 0])) // => Array(0.6931472, dtype=float32)
 */
export const safeSoftmaxCrossEntropy = (logits: ArrayLike, labels: ArrayLike): NDArray => {
  const x = floats('safeSoftmaxCrossEntropy', 'logits', logits)
  const weights = np.broadcastTo(np.astype(np.asarray(labels), x.dtype), x.shape)
  return np.negative(np.sum(weightedLogSoftmax(x, weights), { axis: -1 }))
}

export interface SmoothLabelsOptions {
  /** Axis or axes of the classes; default the last; `null`: all. */
  readonly axis?: number | readonly number[] | null
  /** Which classes count, in the shape of the labels; default all. */
  readonly where?: ArrayLike | null
}
const SmoothLabelsOptions = optionsOf('SmoothLabelsOptions', { axis: axesOrNull, where: maskArrayOrNull })

/**
 * Labels moved towards the uniform distribution: `(1 - alpha) · labels + alpha / n` for `n` classes.
 *
 * @param labels - `[...batch, classes]`, probabilities or one-hot
 * @param alpha - 0: nothing, 1: all of the way
 * @throws DTypeError if the labels aren't floating point
 * @throws OptionsError if an option is unknown
 * @see Müller et al., 2019, https://arxiv.org/abs/1906.02629
 * @example
 * optax.smoothLabels(np.array([1, 0]), 0.5) // => Array([0.75, 0.25], dtype=float32)
 */
export const smoothLabels = (labels: ArrayLike, alpha: ScalarLike, options: SmoothLabelsOptions = {}): NDArray => {
  const { axis = -1, where = null } = decodeOptions('smoothLabels', SmoothLabelsOptions, options)
  const y = floats('smoothLabels', 'labels', labels)
  const counted = where === null ? np.ones(y.shape, { dtype: y.dtype }) : np.astype(np.asarray(where), y.dtype)
  const classes = np.sum(counted, { axis, keepdims: true })
  const rest = typeof alpha === 'number' ? 1 - alpha : np.subtract(1, alpha)
  return np.add(np.multiply(rest, y), np.divide(alpha, classes))
}
