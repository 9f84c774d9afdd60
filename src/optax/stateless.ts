/** Transformations without a state, leaf by leaf. */
import type { NDArray } from '../core/index.js'
import { type EmptyState, type GradientTransformation, stateless } from './base.js'
import { mapArrays } from './treeMath.js'

/**
 * A transformation without a state, from a function of each array of the updates and of the params (`null` without params).
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.stateless_with_tree_map
 * @example
 * const tx = optax.statelessWithTreeMap((g, p) => (p === null ? g : np.add(g, np.multiply(0.1, p))))
 * tx.update({ w: np.array([1]) }, {}, { w: np.array([10]) })[0] // => { w: Array([2.], dtype=float32) }
 */
export const statelessWithTreeMap = (
  f: (update: NDArray, param: NDArray | null) => NDArray,
): GradientTransformation<EmptyState> =>
  stateless((updates, params) =>
    params === null
      ? mapArrays(['statelessWithTreeMap', 'the updates'], (g) => f(g, null), updates)
      : mapArrays(['statelessWithTreeMap', 'the updates', 'the params'], (g, p) => f(g, p), updates, params),
  )
