/** Losses of predicted classes. */
import { type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as nn from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import { decodeOptions, maskArrayOrNull, optionsOf, axesOrNull, axesOnly } from '../options.js'
import { floats, integers } from './arguments.js'

export interface SoftmaxCrossEntropyOptions {
  /** Axis or axes of the classes, which vanish; default the last; `null`: all. */
  readonly axis?: number | readonly number[] | null
  /** Which classes count, in the shape of the logits, or which examples, without the axes of the classes; default all. */
  readonly where?: ArrayLike | null
}
const SoftmaxCrossEntropyOptions = optionsOf('SoftmaxCrossEntropyOptions', {
  axis: axesOrNull,
  where: maskArrayOrNull,
})

const maskLike = (
  logits: NDArray,
  where: ArrayLike | null,
  axis: number | readonly number[] | null,
): NDArray | null => {
  if (where === null) return null
  const mask = np.asarray(where)
  return mask.ndim === logits.ndim || axis === null ? mask : np.expandDims(mask, axis)
}

/**
 * Cross entropy of predicted and given distributions: `-Σⱼ labelsⱼ log softmax(logits)ⱼ`.
 *
 * @param logits - `[...batch, classes]`, unnormalized log probabilities
 * @param labels - probabilities of the classes (or one-hot) in the shape of the logits, or one that broadcasts to it
 * @returns `[...batch]`
 * @throws DTypeError if the logits aren't floating point
 * @throws OptionsError if an option is unknown
 * @see https://en.wikipedia.org/wiki/Cross-entropy
 * @example
 * const logits = np.array([[1.2, -0.8, -0.5], [0.9, -1.2, 1.1]])
 * optax.softmaxCrossEntropy(logits, np.array([[1, 0, 0], [0, 1, 0]])) // => Array([0.2761297, 2.951799 ], dtype=float32)
 */
export const softmaxCrossEntropy = (
  logits: ArrayLike,
  labels: ArrayLike,
  options: SoftmaxCrossEntropyOptions = {},
): NDArray => {
  const { axis = -1, where = null } = decodeOptions('softmaxCrossEntropy', SoftmaxCrossEntropyOptions, options)
  const x = floats('softmaxCrossEntropy', 'logits', logits)
  const mask = maskLike(x, where, axis)
  const logProbs = nn.logSoftmax(x, { axis, where: mask })
  // What doesn't count is -∞: put away before the product, so that the labels' gradient is 0 there and not 0 · -∞.
  const counted = (terms: NDArray): NDArray => (mask === null ? terms : np.where(mask, terms, 0))
  return np.negative(np.sum(counted(np.multiply(labels, counted(logProbs))), { axis }))
}

export interface IntegerLabelsOptions {
  /** Axis of the classes, or axes, of which a label is then the index in row-major order; default the last. */
  readonly axis?: number | readonly number[]
  /** Which classes count, in the shape of the logits, or which examples, in that of the labels; default all. */
  readonly where?: ArrayLike | null
}
const IntegerLabelsOptions = optionsOf('IntegerLabelsOptions', { axis: axesOnly, where: maskArrayOrNull })

/** Several axes of classes moved to the end and made one. */
const oneAxis = (where: string, x: NDArray, axes: readonly number[]): NDArray => {
  const classes = axes.map((a) => lax.canonicalAxis(where, a, x.ndim))
  const batch = lax.range(x.ndim).filter((a) => !classes.includes(a))
  return np.reshape(np.transpose(x, [...batch, ...classes]), [...batch.map((a) => x.shape[a]!), -1])
}

/**
 * Cross entropy of predicted distributions and given classes: `log Σⱼ exp(logitsⱼ) - logits[label]`.
 *
 * @param logits - `[...batch, classes]`, unnormalized log probabilities
 * @param labels - `[...batch]`, indices of the classes; negative ones count from the end, those outside give NaN
 * @returns `[...batch]`; 0 where `where` holds for no class
 * @throws DTypeError if the logits aren't floating point or the labels aren't integers
 * @throws ShapeError if the labels aren't in the shape of the logits without the axes of the classes
 * @throws OptionsError if an option is unknown
 * @see https://en.wikipedia.org/wiki/Cross-entropy
 * @example
 * const logits = np.array([[1.2, -0.8, -0.5], [0.9, -1.2, 1.1]])
 * const labels = np.array([0, 1], { dtype: 'int32' })
 * optax.softmaxCrossEntropyWithIntegerLabels(logits, labels) // => Array([0.2761297, 2.951799 ], dtype=float32)
 */
export const softmaxCrossEntropyWithIntegerLabels = (
  logits: ArrayLike,
  labels: ArrayLike,
  options: IntegerLabelsOptions = {},
): NDArray => {
  const name = 'softmaxCrossEntropyWithIntegerLabels'
  const { axis: axes = -1, where = null } = decodeOptions(name, IntegerLabelsOptions, options)
  const given = floats(name, 'logits', logits)
  const y = integers(name, 'labels', labels)
  const givenMask = maskLike(given, where, axes)
  const isOne = typeof axes === 'number'
  const x = isOne ? given : oneAxis(name, given, axes)
  const mask = isOne || givenMask === null ? givenMask : oneAxis(name, np.broadcastTo(givenMask, given.shape), axes)
  const axis = lax.canonicalAxis(name, isOne ? axes : -1, x.ndim)
  const batch = x.shape.filter((_, i) => i !== axis)
  if (y.ndim !== batch.length || y.shape.some((n, i) => n !== batch[i]! && n !== 1)) {
    throw new ShapeError(
      name,
      `labels of the shape [${batch.join()}] for logits ${showAval(given.aval)}`,
      showAval(y.aval),
    )
  }
  const loss = logNormalizerOver(x, np.expandDims(y, axis), axis, mask)
  return mask === null ? loss : np.where(np.any(mask, { axis }), loss, 0)
}

/**
 * `log Σⱼ exp(xⱼ) - x[label]`. Both terms are of logits less the greatest, which saves the gradient a pass over them and
 * the difference of two great numbers. Measured under `jit`, this was as fast as a comparison with all labels on 10
 * classes, and faster on 256.
 */
const logNormalizerOver = (x: NDArray, labels: NDArray, axis: number, mask: NDArray | null): NDArray => {
  const offset = lax.exponentOffset(mask === null ? x : np.where(mask, x, -Infinity), [axis])
  const shifted = np.subtract(x, offset)
  // Masked-out logits are made harmless first: a great one would overflow, and its gradient be NaN.
  const counted = mask === null ? shifted : np.where(mask, shifted, 0)
  const powers = mask === null ? np.exp(counted) : np.where(mask, np.exp(counted), 0)
  const ofLabel = np.squeeze(lax.takeAlongAxis(shifted, labels, axis), axis)
  return np.subtract(np.log(np.sum(powers, { axis })), ofLabel)
}
