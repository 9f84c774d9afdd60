/** Losses of overlaps: of what is predicted and what is there. */
import * as t from 'io-ts'
import { ArgumentError, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as nn from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import type { ScalarLike } from '../base.js'
import { axesOrNull, decodeOptions, flag, maskArrayOrNull, nonNegative, optionsOf } from '../options.js'
import { floats, sameShapes } from './arguments.js'

export interface DiceLossOptions {
  /** Weight of each class, `[classes]`; default 1. */
  readonly classWeights?: ArrayLike | null
  /** Added above and below the fraction; default 1. */
  readonly smooth?: ScalarLike
  /** Weight of what is predicted, but not there; default 0.5. */
  readonly alpha?: ScalarLike
  /** Weight of what is there, but not predicted; default 0.5. */
  readonly beta?: ScalarLike
  /** Whether the predictions are logits: their softmax is taken, or of one class their sigmoid; default true. */
  readonly applySoftmax?: boolean
  /** Over the classes: `'mean'` (default), `'sum'` or `'none'`. */
  readonly reduction?: 'mean' | 'sum' | 'none'
  /** Whether class 0 is left out; default false. */
  readonly ignoreBackground?: boolean
  /** Axes of the overlaps; default `null`: all between the first and the last. */
  readonly axis?: number | readonly number[] | null
}
const DiceLossOptions = optionsOf('DiceLossOptions', {
  classWeights: maskArrayOrNull,
  smooth: nonNegative,
  alpha: nonNegative,
  beta: nonNegative,
  applySoftmax: flag,
  reduction: t.keyof({ mean: null, sum: null, none: null }),
  ignoreBackground: flag,
  axis: axesOrNull,
})

const dice = (where: string, predictions: NDArray, given: NDArray, options: DiceLossOptions): NDArray => {
  const { classWeights = null, smooth = 1, alpha = 0.5, beta = 0.5, axis = null } = options
  const { applySoftmax = true, reduction = 'mean', ignoreBackground = false } = options
  const x = predictions.ndim === given.ndim - 1 ? np.expandDims(predictions, -1) : predictions
  const targets = given.ndim === x.ndim - 1 ? np.expandDims(given, -1) : given
  sameShapes(where, 'predictions and targets', x, targets)
  if (x.ndim < 2) throw new ShapeError(where, 'predictions [batch, ...space, classes]', showAval(x.aval))
  const classes = x.shape[x.ndim - 1]!
  const probabilities = !applySoftmax ? x : classes === 1 ? nn.sigmoid(x) : nn.softmax(x)
  const over = { axis: axis ?? lax.range(x.ndim - 1).slice(1) }
  const overlap = np.sum(np.multiply(probabilities, targets), over)
  const missed = (all: NDArray): NDArray => np.subtract(np.sum(all, over), overlap)
  const errors = np.add(np.multiply(alpha, missed(probabilities)), np.multiply(beta, missed(targets)))
  const coefficient = np.divide(np.add(overlap, smooth), np.add(np.add(overlap, errors), smooth))
  const loss = np.subtract(1, coefficient)
  const weighted = classWeights === null ? loss : np.multiply(loss, classWeights)
  const counted = ignoreBackground && classes > 1 ? lax.sliceInDim(weighted, 1, classes, 1, weighted.ndim - 1) : weighted // prettier-ignore
  if (reduction === 'none') return counted
  return reduction === 'mean' ? np.mean(counted, { axis: -1 }) : np.sum(counted, { axis: -1 })
}

/**
 * One less the overlap of predictions `p` and targets `t`, as Tversky's index (with the default weights Dice's):
 *
 *     1 - (Σ p t + smooth) / (Σ p t + alpha Σ p (1 - t) + beta Σ (1 - p) t + smooth)
 *
 * @param predictions - `[batch, ...space, classes]`, logits; probabilities if `applySoftmax` is false
 * @param targets - in the same shape, one-hot
 * @returns `[batch]`, or `[batch, classes]` without reduction
 * @throws ShapeError if the shapes differ
 * @throws DTypeError if the predictions aren't floating point
 * @throws OptionsError if an option is unknown or out of range
 * @see Salehi et al., 2017, https://arxiv.org/abs/1706.05721
 * @example
 * const right = np.array([[[1, 0], [0, 1]]])
 * optax.losses.diceLoss(right, right, { applySoftmax: false }) // => Array([0.], dtype=float32)
 */
export const diceLoss = (predictions: ArrayLike, targets: ArrayLike, options: DiceLossOptions = {}): NDArray => {
  const decoded = decodeOptions('diceLoss', DiceLossOptions, options) as DiceLossOptions
  return dice('diceLoss', floats('diceLoss', 'predictions', predictions), np.asarray(targets), decoded)
}

export interface GeneralizedDiceLossOptions {
  /** Added above and below the fraction; default 1. */
  readonly smooth?: ScalarLike
  /** Whether the predictions are logits; default true. */
  readonly applySoftmax?: boolean
  /** Whether class 0 is left out; default false. */
  readonly ignoreBackground?: boolean
}
const GeneralizedDiceLossOptions = optionsOf('GeneralizedDiceLossOptions', {
  smooth: nonNegative,
  applySoftmax: flag,
  ignoreBackground: flag,
})

/**
 * {@link diceLoss} in which rare classes count more: weights `1 / n²` of the number of elements of a class, whose mean
 * is 1.
 *
 * @param predictions - `[batch, ...space, classes]`
 * @returns a scalar
 * @throws ShapeError if the shapes differ
 * @throws OptionsError if an option is unknown or out of range
 * @see Sudre et al., 2017, https://arxiv.org/abs/1707.03237
 * @example
 * const right = np.array([[[1, 0], [0, 1]]])
 * optax.losses.multiclassGeneralizedDiceLoss(right, right, { applySoftmax: false }) // => Array(0., dtype=float32)
 */
export const multiclassGeneralizedDiceLoss = (
  predictions: ArrayLike,
  targets: ArrayLike,
  options: GeneralizedDiceLossOptions = {},
): NDArray => {
  const name = 'multiclassGeneralizedDiceLoss'
  const decoded = decodeOptions(name, GeneralizedDiceLossOptions, options) as GeneralizedDiceLossOptions
  const x = floats(name, 'predictions', predictions)
  const y = np.asarray(targets)
  sameShapes(name, 'predictions and targets', x, y)
  const frequencies = np.sum(y, { axis: lax.range(y.ndim - 1) })
  const inverse = np.divide(1, np.add(np.square(frequencies), 1e-7))
  const classWeights = np.multiply(np.divide(inverse, np.sum(inverse)), inverse.size)
  return np.mean(dice(name, x, y, { ...decoded, classWeights, reduction: 'none' }))
}

export interface BinaryDiceLossOptions {
  /** Added above and below the fraction; default 1. */
  readonly smooth?: ScalarLike
  /** Whether the predictions are logits; default true. */
  readonly applySigmoid?: boolean
}
const BinaryDiceLossOptions = optionsOf('BinaryDiceLossOptions', { smooth: nonNegative, applySigmoid: flag })

/**
 * {@link diceLoss} of one class: in or out.
 *
 * @param predictions - `[batch, ...space]`, logits
 * @param targets - in the same shape, 0 or 1
 * @returns `[batch]`
 * @throws ShapeError if the shapes differ
 * @throws OptionsError if an option is unknown or out of range
 * @see Milletari et al., 2016, https://arxiv.org/abs/1606.04797
 * @example
 * optax.losses.binaryDiceLoss(np.array([[100, -100]]), np.array([[1, 0]])) // => Array([0.], dtype=float32)
 */
export const binaryDiceLoss = (
  predictions: ArrayLike,
  targets: ArrayLike,
  options: BinaryDiceLossOptions = {},
): NDArray => {
  const { smooth = 1, applySigmoid = true } = decodeOptions('binaryDiceLoss', BinaryDiceLossOptions, options)
  const x = floats('binaryDiceLoss', 'predictions', predictions)
  const y = np.asarray(targets)
  if (x.ndim === 0) throw new ArgumentError('binaryDiceLoss', 'predictions [batch, ...space]', showAval(x.aval))
  const hasClass = x.ndim === y.ndim && x.shape[x.ndim - 1] === 1
  const asClass = (a: NDArray): NDArray => (hasClass || x.ndim !== y.ndim ? a : np.expandDims(a, -1))
  return dice('binaryDiceLoss', asClass(x), asClass(y), { smooth, applySoftmax: applySigmoid })
}
