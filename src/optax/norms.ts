/** Updates by their norm and their mean. */
import type { NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { type EmptyState, type GradientTransformation, type ScalarLike, stateless } from './base.js'
import { decodeOptions, nonNegative, optionsOf, scalar } from './options.js'
import { mapArrays, norm } from './treeMath.js'

/** @internal The norm `√Σ x²` of an array as one vector. */
export const rootSumSquare = (x: NDArray): NDArray => np.sqrt(np.sum(np.square(x)))

/** @internal The root of the mean square of an array. */
export const rootMeanSquare = (x: NDArray): NDArray => np.sqrt(np.mean(np.square(x)))

export interface NormalizeByUpdateNormOptions {
  /** The norm of the new updates; default 1. */
  readonly scaleFactor?: ScalarLike
  /** Added to the norm of the old ones; default 1e-6. */
  readonly eps?: ScalarLike
}
const NormalizeByUpdateNormOptions = optionsOf('NormalizeByUpdateNormOptions', {
  scaleFactor: scalar,
  eps: nonNegative,
})

/**
 * Updates over their global norm: `g / ((n + eps) / scaleFactor)`, `n = √Σ g²` over all leaves.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.normalize_by_update_norm
 * @example
 * optax.normalizeByUpdateNorm().update(np.array([3, 4]), {})[0] // => Array([0.5999999 , 0.79999983], dtype=float32)
 */
export const normalizeByUpdateNorm = (
  options: NormalizeByUpdateNormOptions = {},
): GradientTransformation<EmptyState> => {
  const decoded = decodeOptions('normalizeByUpdateNorm', NormalizeByUpdateNormOptions, options)
  const { scaleFactor = 1, eps = 1e-6 } = decoded
  return stateless((updates) => {
    const divisor = np.divide(np.add(norm(updates), eps), scaleFactor)
    return mapArrays(['normalizeByUpdateNorm', 'the updates'], (g) => np.divide(g, divisor), updates)
  })
}

/**
 * Updates of two or more dimensions minus their mean over all axes but the first; others as they are. The first axis is
 * that of the outputs in the paper, while kernels of NNX have theirs last.
 *
 * @see Yong et al., 2020, https://arxiv.org/abs/2004.01461
 * @example
 * optax.centralize().update(np.array([[1, 2, 6], [0, 1, 2]]), {})[0] // => Array([[-2., -1.,  3.], [-1.,  0.,  1.]], dtype=float32)
 */
export const centralize = (): GradientTransformation<EmptyState> =>
  stateless((updates) =>
    mapArrays(
      ['centralize', 'the updates'],
      (g) => {
        if (g.ndim < 2) return g
        return np.subtract(g, np.mean(g, { axis: g.shape.slice(1).map((_, i) => i + 1), keepdims: true }))
      },
      updates,
    ),
  )
