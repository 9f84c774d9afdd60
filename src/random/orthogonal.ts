/** Orthogonal matrices. */
import { ArgumentError, type DType, type NDArray, type Shape, sizeOf, checkOptions } from '../core/index.js'
import * as lax from '../lax/index.js'
import { diagonal } from '../numpy/matrices.js'
import { linalg, swapaxes } from '../numpy/index.js'
import { jit } from '../transforms/index.js'

import { checkedSample, normalIn } from './continuous.js'
import type { PRNGKey } from './key.js'

/** Uniformly distributed matrices `[...shape, n, m]` with orthonormal columns, n ≥ m. */
export const orthonormalIn = (key: PRNGKey, shape: Shape, n: number, m: number, dtype: DType): NDArray => {
  const [q, r] = linalg.qr(normalIn(key, [...shape, n, m], dtype))
  // The diagonal of r made positive: otherwise the distribution depends on the decomposition.
  const signs = lax.sign(diagonal(r, { axis1: -2, axis2: -1 }))
  return lax.mul(q, lax.expandDims(signs, [signs.ndim - 1]))
}

const sample = jit(
  function orthogonal(key: PRNGKey, shape: Shape, n: number, m: number, dtype: DType) {
    if (sizeOf(shape) === 0) return lax.full([...shape, n, m], 0, dtype)
    const x = orthonormalIn(key, shape, Math.max(n, m), Math.min(n, m), dtype)
    return m > n ? swapaxes(x, -1, -2) : x
  },
  { staticArgnums: [1, 2, 3, 4] },
)

export interface OrthogonalOptions {
  /** Shape of the array of matrices; default [], one. */
  readonly shape?: Shape
  /** Number of columns; default n. */
  readonly m?: number
  /** Default float32. */
  readonly dtype?: DType
}

/**
 * Uniformly distributed orthogonal matrices; of another number of columns the shorter sides are orthonormal.
 *
 * @throws ArgumentError unless the sizes are whole
 * @throws DTypeError unless the dtype is floating
 * @example
 * const q = random.orthogonal(random.key(0), 3)
 * np.allclose(q.matmul(q.T), np.eye(3), { atol: 1e-5 }).item() // => 1
 */
export const orthogonal = (key: PRNGKey, n: number, options: OrthogonalOptions = {}): NDArray => {
  checkOptions('random.orthogonal', options, ['shape', 'm', 'dtype'])
  const { shape = [], m = n, dtype = 'float32' } = options
  if (![n, m].every((size) => Number.isInteger(size) && size >= 0)) {
    throw new ArgumentError('random.orthogonal', 'whole numbers of rows and columns', `${n} and ${m}`)
  }
  const [k, sizes] = checkedSample('random.orthogonal', key, shape, dtype)
  return sample(k, sizes, n, m, dtype)
}
