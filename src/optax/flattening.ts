/** Transformations of all leaves as one vector. */
import type { NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type ExtraArgsOf,
  GradientTransformation,
  type StateOf,
} from './base.js'
import { mapArrays } from './treeMath.js'

const asVector = (of: ArrayTree, name: string): NDArray => {
  const parts: NDArray[] = []
  mapArrays(
    ['flatten', name],
    (x) => {
      parts.push(np.ravel(x))
      return x
    },
    of,
  )
  return parts.length === 0 ? np.zeros([0]) : np.concatenate(parts)
}

const asTree = (vector: NDArray, like: ArrayTree): ArrayTree => {
  let start = 0
  return mapArrays(
    ['flatten', 'the updates'],
    (x) => {
      const part = vector.slice([start, start + x.size])
      start += x.size
      return np.reshape(part, x.shape)
    },
    like,
  )
}

/**
 * The inner transformation of one vector that holds all leaves, which has fewer operations to do. What it does leaf by
 * leaf (factors of matrices, norms of layers) it does for all leaves at once then; dtypes join.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.flatten
 * @example
 * const tx = optax.flatten(optax.adam(0.1))
 * const params = { a: np.zeros([2]), b: np.zeros([2, 2]) }
 * const [updates, state] = tx.update(params, tx.init(params), params)
 * updates.b.shape // => [2, 2]
 * optax.tree.size(state[0].mu) // => 6
 */
export const flatten = <T extends AnyGradientTransformation>(
  inner: T,
): GradientTransformation<StateOf<T>, ExtraArgsOf<T>> => {
  const tx = inner as unknown as GradientTransformation<StateOf<T>>
  return GradientTransformation<StateOf<T>, ExtraArgsOf<T>>(
    (params) => tx.init(asVector(params, 'the params')),
    (updates, state, params, extra) => {
      const vector = asVector(updates, 'the updates')
      const [result, next] = tx.update(vector, state, params === null ? null : asVector(params, 'the params'), extra)
      return [asTree(result, updates), next]
    },
  )
}
