/** Losses of predicted numbers. */
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import type { ScalarLike } from '../base.js'
import { axesOrNull, decodeOptions, maskArrayOrNull, nonNegative, optionsOf, scalar } from '../options.js'
import { floats, sameShapes, sumWhere } from './arguments.js'

const errors = (where: string, predictions: ArrayLike, targets: ArrayLike | null): NDArray => {
  const p = floats(where, 'predictions', predictions)
  if (targets === null) return p
  const t = typeof targets === 'number' ? np.array(targets) : np.asarray(targets)
  sameShapes(where, 'predictions and targets', p, t)
  return np.subtract(p, t)
}

/**
 * Squares of the errors: `(predictions - targets)²`.
 *
 * @param targets - in the shape of the predictions, nothing broadcasts; `null` (default): zeros
 * @returns in the shape of the predictions; the mean is `np.mean` of it
 * @throws ShapeError if the shapes differ
 * @throws DTypeError if the predictions aren't floating point
 * @see https://optax.readthedocs.io/en/latest/api/losses.html#optax.losses.squared_error
 * @example
 * optax.squaredError(np.array([1, 2]), np.array([1.5, 0])) // => Array([0.25, 4.  ], dtype=float32)
 */
export const squaredError = (predictions: ArrayLike, targets: ArrayLike | null = null): NDArray =>
  np.square(errors('squaredError', predictions, targets))

/**
 * Half of {@link squaredError}: `½ (predictions - targets)²`, whose gradient is the error.
 *
 * @param targets - in the shape of the predictions, nothing broadcasts; `null` (default): zeros
 * @throws ShapeError if the shapes differ
 * @throws DTypeError if the predictions aren't floating point
 * @see Bishop, Pattern Recognition and Machine Learning, 2006, section 1.1
 * @example
 * optax.l2Loss(np.array([3])) // => Array([4.5], dtype=float32)
 */
export const l2Loss = (predictions: ArrayLike, targets: ArrayLike | null = null): NDArray =>
  np.multiply(0.5, np.square(errors('l2Loss', predictions, targets)))

/** Errors of arguments that may broadcast. */
const broadcastErrors = (where: string, predictions: ArrayLike, targets: ArrayLike | null): NDArray => {
  const p = floats(where, 'predictions', predictions)
  return targets === null ? p : np.subtract(p, targets)
}

export interface HuberOptions {
  /** Where the loss turns from a square to a line; default 1. */
  readonly delta?: ScalarLike
}
const HuberOptions = optionsOf('HuberOptions', { delta: scalar })

/**
 * Squares of small errors `e`, lines of great ones: `½ q² + delta (|e| - q)` with `q = min(|e|, delta)`.
 *
 * @param targets - broadcast with the predictions; `null` (default): zeros
 * @throws DTypeError if the predictions aren't floating point
 * @throws OptionsError if an option is unknown
 * @see Huber, 1964, https://projecteuclid.org/euclid.aoms/1177703732
 * @example
 * optax.huberLoss(np.array([0.5, 3])) // => Array([0.125, 2.5  ], dtype=float32)
 */
export const huberLoss = (
  predictions: ArrayLike,
  targets: ArrayLike | null = null,
  options: HuberOptions = {},
): NDArray => {
  const { delta = 1 } = decodeOptions('huberLoss', HuberOptions, options)
  const errors = np.abs(broadcastErrors('huberLoss', predictions, targets))
  const quadratic = np.minimum(errors, delta)
  return np.add(np.multiply(0.5, np.square(quadratic)), np.multiply(delta, np.subtract(errors, quadratic)))
}

/**
 * The logarithm of the hyperbolic cosine of the errors: about half of their square where they are small, their absolute
 * value less `log 2` where they are great.
 *
 * @param targets - broadcast with the predictions; `null` (default): zeros
 * @throws DTypeError if the predictions aren't floating point
 * @see Chen et al., 2019, https://openreview.net/forum?id=rkglvsC9Ym
 * @example
 * optax.logCosh(np.array([0, 100])).toArray() // => [0, 99.30685424804688]
 */
export const logCosh = (predictions: ArrayLike, targets: ArrayLike | null = null): NDArray => {
  const e = broadcastErrors('logCosh', predictions, targets)
  return np.subtract(np.logaddexp(e, np.negative(e)), Math.LN2)
}

export interface CosineOptions {
  /** Least square of a norm; default 0: a zero vector gives NaN. */
  readonly epsilon?: ScalarLike
  /** Axis or axes of the vectors, which vanish; default the last; `null`: all. */
  readonly axis?: number | readonly number[] | null
  /** Which elements count; default all. */
  readonly where?: ArrayLike | null
}
const CosineOptions = optionsOf('CosineOptions', { epsilon: nonNegative, axis: axesOrNull, where: maskArrayOrNull })

const cosine = (where: string, predictions: ArrayLike, targets: ArrayLike, options: CosineOptions): NDArray => {
  const { epsilon = 0, axis = -1, where: given = null } = decodeOptions(where, CosineOptions, options)
  const mask = given === null ? null : np.asarray(given)
  const unit = (x: NDArray): NDArray => {
    const squared = sumWhere(np.square(x), axis, mask, true)
    return np.divide(x, np.sqrt(np.maximum(squared, epsilon)))
  }
  const [p, t] = [floats(where, 'predictions', predictions), floats(where, 'targets', targets)]
  return sumWhere(np.multiply(unit(p), unit(t)), axis, mask)
}

/**
 * The cosine of the angle between predictions and targets: `⟨p, t⟩ / (|p| |t|)`.
 *
 * @param predictions - `[...batch, dim]`
 * @param targets - of a shape that broadcasts to it
 * @returns `[...batch]`
 * @throws DTypeError if an argument isn't floating point
 * @throws OptionsError if an option is unknown or out of range
 * @see https://en.wikipedia.org/wiki/Cosine_similarity
 * @example
 * optax.cosineSimilarity(np.array([[1, 0]]), np.array([[3, 4]])) // => Array([0.6], dtype=float32)
 */
export const cosineSimilarity = (predictions: ArrayLike, targets: ArrayLike, options: CosineOptions = {}): NDArray =>
  cosine('cosineSimilarity', predictions, targets, options)

/**
 * `1 -` {@link cosineSimilarity}: 0 of vectors that point in one direction, 2 of opposite ones.
 *
 * @throws DTypeError if an argument isn't floating point
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/losses.html#optax.losses.cosine_distance
 * @example
 * optax.cosineDistance(np.array([[1, 0]]), np.array([[3, 4]])) // => Array([0.39999998], dtype=float32)
 */
export const cosineDistance = (predictions: ArrayLike, targets: ArrayLike, options: CosineOptions = {}): NDArray =>
  np.subtract(1, cosine('cosineDistance', predictions, targets, options))
