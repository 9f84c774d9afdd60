/** Losses of predicted numbers. */
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import { floats, sameShapes } from './arguments.js'

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
