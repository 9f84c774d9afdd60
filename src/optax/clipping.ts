/** Bounds on updates. */
import { type DType, literal, type NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import type { GradientTransformation } from './base.js'
import { type EmptyState, requireScalar, type ScalarLike, stateless } from './base.js'
import { rootMeanSquare } from './norms.js'
import { negated } from './numerics.js'
import { clip as clipTree, mapArrays, norm } from './treeMath.js'

/**
 * Each element of the updates within `[-maxDelta, maxDelta]`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.clip
 * @example
 * optax.clip(1).update(np.array([-3, 0.5, 2]), {})[0] // => Array([-1. ,  0.5,  1. ], dtype=float32)
 */
export const clip = (maxDelta: ScalarLike): GradientTransformation<EmptyState> => {
  const max = requireScalar('clip', 'a bound', maxDelta)
  return stateless((updates) => clipTree(updates, negated(max), max))
}

/**
 * Updates of a global norm of at most `maxNorm`: where `n = √Σ g²` over all leaves is not less than it, `g / n · maxNorm`.
 * A NaN anywhere makes all updates NaN.
 *
 * @see Pascanu et al., 2012, https://arxiv.org/abs/1211.5063
 * @example
 * optax.clipByGlobalNorm(1).update({ a: np.array([3]), b: np.array([4]) }, {})[0] // => { a: Array([0.6], dtype=float32), b: Array([0.8], dtype=float32) }
 */
export const clipByGlobalNorm = (maxNorm: ScalarLike): GradientTransformation<EmptyState> => {
  const max = requireScalar('clipByGlobalNorm', 'a norm', maxNorm)
  return stateless((updates) => {
    const globalNorm = norm(updates)
    const isWithin = np.less(globalNorm, max)
    const factors = new Map<DType, readonly [divisor: NDArray, factor: NDArray]>()
    // Scalars are selected, not updates: x / 1 · 1 is x to the bit, and half of the work.
    const factorsOf = (dtype: DType): readonly [NDArray, NDArray] => {
      let pair = factors.get(dtype)
      if (pair === undefined) {
        const one = literal(1, dtype)
        const factor = typeof max === 'number' ? literal(max, dtype) : np.astype(max, dtype)
        pair = [np.where(isWithin, one, np.astype(globalNorm, dtype)), np.where(isWithin, one, factor)]
        factors.set(dtype, pair)
      }
      return pair
    }
    return mapArrays(
      ['clipByGlobalNorm', 'the updates'],
      (g) => {
        const [divisor, factor] = factorsOf(g.dtype)
        return np.multiply(np.divide(g, divisor), factor)
      },
      updates,
    )
  })
}

/**
 * Updates of each array with a root of the mean square of at most `threshold`: `u / max(1, √mean u² / threshold)`.
 *
 * @see Shazeer & Stern, 2018, https://arxiv.org/abs/1804.04235
 * @example
 * optax.clipByBlockRms(1).update({ a: np.array([3, -3]), b: np.array([0.5]) }, {})[0] // => { a: Array([ 1., -1.], dtype=float32), b: Array([0.5], dtype=float32) }
 */
export const clipByBlockRms = (threshold: ScalarLike): GradientTransformation<EmptyState> => {
  const greatest = requireScalar('clipByBlockRms', 'a threshold', threshold)
  return stateless((updates) =>
    mapArrays(
      ['clipByBlockRms', 'the updates'],
      (u) => np.divide(u, np.maximum(1, np.divide(rootMeanSquare(u), greatest))),
      updates,
    ),
  )
}
