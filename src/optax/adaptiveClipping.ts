/** Bounds on updates that depend on the params: adaptive gradient clipping. */
import { type NDArray, ShapeError, showAval } from '../core/index.js'
import * as np from '../numpy/index.js'
import {
  type EmptyState,
  type GradientTransformation,
  requireParams,
  requireScalar,
  type ScalarLike,
  stateless,
} from './base.js'
import { axesOrNull, decodeOptions, nonNegative, optionsOf } from './options.js'
import { mapArrays } from './treeMath.js'

/** Axes over which a unit's weights lie, where they are not given. */
const unitAxes = (x: NDArray): readonly number[] => {
  const first = (n: number): readonly number[] => x.shape.slice(0, n).map((_, i) => i)
  if (x.shape.filter((n) => n !== 1).length <= 1) return first(x.ndim)
  if (x.ndim === 2 || x.ndim === 3) return [0]
  if (x.ndim === 4 || x.ndim === 5) return first(x.ndim - 1)
  const repair = 'name the axes of a unit by the option axis'
  throw new ShapeError('unitwiseNorm', 'an array of at most 5 dimensions', `${showAval(x.aval)}; ${repair}`)
}

/**
 * The norm of the weights of each unit, in the shape of the weights. Without axes: of a vector all elements are one unit, of
 * a matrix `[in, out]` the columns, of kernels of convolutions `[..., in, out]` all that has one output.
 *
 * @throws ShapeError for more than 5 dimensions without axes
 * @example
 * optax.transforms.unitwiseNorm(np.array([[3, 1], [4, 0]])) // => Array([[5., 1.], [5., 1.]], dtype=float32)
 */
export const unitwiseNorm = (x: NDArray, axis: number | readonly number[] | null = null): NDArray => {
  const axes = axis ?? unitAxes(x)
  return np.broadcastTo(np.sqrt(np.sum(np.square(x), { axis: axes, keepdims: true })), x.shape)
}

/**
 * Gradients whose units have norms of at most `maxNorm`: `g` where `gNorm < maxNorm`, else `g · maxNorm / max(gNorm, divEps)`.
 *
 * @param divEps - least divisor; default 1e-6
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.unitwise_clip
 * @example
 * const g = np.array([3, 4])
 * optax.transforms.unitwiseClip(optax.transforms.unitwiseNorm(g), np.array([1, 1]), g) // => Array([0.6, 0.8], dtype=float32)
 */
export const unitwiseClip = (gNorm: NDArray, maxNorm: NDArray, grad: NDArray, divEps: ScalarLike = 1e-6): NDArray => {
  if (String(gNorm.shape) !== String(maxNorm.shape) || String(gNorm.shape) !== String(grad.shape)) {
    const got = [gNorm, maxNorm, grad].map((x) => showAval(x.aval)).join(', ')
    throw new ShapeError('unitwiseClip', 'norms, greatest norms and gradients of one shape', got)
  }
  const clipped = np.multiply(grad, np.divide(maxNorm, np.maximum(gNorm, divEps)))
  return np.where(np.less(gNorm, maxNorm), grad, clipped)
}

export interface AdaptiveGradClipOptions {
  /** Least norm of the params of a unit; default 1e-3. */
  readonly eps?: ScalarLike
  /** Axes over which the weights of a unit lie; default `null`, by the number of dimensions. */
  readonly axis?: number | readonly number[] | null
}
const AdaptiveGradClipOptions = optionsOf('AdaptiveGradClipOptions', { eps: nonNegative, axis: axesOrNull })

/**
 * Updates of each unit of a norm of at most `clipping` times that of its params, which counts as at least `eps`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @throws ShapeError in `update`, for params of more than 5 dimensions without `axis`
 * @see Brock et al., 2021, https://arxiv.org/abs/2102.06171
 * @example
 * const tx = optax.adaptiveGradClip(0.1)
 * tx.update(np.array([3, 4]), {}, np.array([6, 8]))[0] // => Array([0.6, 0.8], dtype=float32)
 */
export const adaptiveGradClip = (
  clipping: ScalarLike,
  options: AdaptiveGradClipOptions = {},
): GradientTransformation<EmptyState> => {
  const factor = requireScalar('adaptiveGradClip', 'a clipping', clipping)
  const { eps = 1e-3, axis = null } = decodeOptions('adaptiveGradClip', AdaptiveGradClipOptions, options)
  return stateless((updates, params) =>
    mapArrays(
      ['adaptiveGradClip', 'the updates', 'the params'],
      (g, p) => unitwiseClip(unitwiseNorm(g, axis), np.multiply(factor, np.maximum(unitwiseNorm(p, axis), eps)), g),
      updates,
      requireParams('adaptiveGradClip', params),
    ),
  )
}
