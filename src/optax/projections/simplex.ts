/** The nearest point of the simplex. */
import { customJvp } from '../../control/index.js'
import type { NDArray } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'

/**
 * @internal The nearest vector of numbers that aren't negative and sum to 1: `max(x - τ, 0)`, where `τ` is found by
 * sorting.
 *
 * @see Duchi et al., 2008, figure 1, https://doi.org/10.1145/1390156.1390176
 */
export const unitSimplex = customJvp((x: NDArray): NDArray => {
  const descending = lax.rev(lax.sort(x), [0])
  const sums = lax.cumsum(descending)
  const counts = np.astype(np.add(np.arange(x.size), 1), x.dtype)
  const isIn = np.greater(np.add(np.divide(1, counts), np.subtract(descending, np.divide(sums, counts))), 0)
  const size = np.sum(np.astype(isIn, x.dtype))
  const sum = np.sum(np.where(np.equal(counts, size), sums, 0))
  return np.maximum(np.add(np.divide(1, size), np.subtract(x, np.divide(sum, size))), 0)
})
unitSimplex.defjvp(([x], [dx]) => {
  const projected = unitSimplex(x)
  const support = np.astype(np.greater(projected, 0), x.dtype)
  const mean = np.divide(np.sum(np.multiply(support, dx)), np.sum(support))
  return [projected, np.multiply(support, np.subtract(dx, mean))]
})
