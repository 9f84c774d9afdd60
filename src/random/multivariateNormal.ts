/** Normal distributions of several dimensions. */
import {
  ArgumentError,
  type DType,
  type NDArray,
  type Shape,
  ShapeError,
  showAval,
  checkOptions,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import { promoteInexact } from '../numpy/convert.js'
import { type ArrayData, add, asarray, einsum, linalg } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { shapeWith } from './arguments.js'
import { checkedSample, normalIn, type SampleOptions } from './continuous.js'
import type { PRNGKey } from './key.js'

/** What the covariance is factored by. */
export type CovarianceMethod = 'cholesky' | 'eigh' | 'svd'

/** A matrix that, times its transpose, is the covariance. */
const factorOf: Readonly<Record<CovarianceMethod, (cov: NDArray) => NDArray>> = {
  cholesky: (cov) => linalg.cholesky(cov),
  eigh(cov) {
    const [values, vectors] = linalg.eigh(cov)
    return lax.mul(vectors, lax.expandDims(lax.sqrt(values), [values.ndim - 1]))
  },
  svd(cov) {
    const [u, s] = linalg.svd(cov)
    return lax.mul(u, lax.expandDims(lax.sqrt(s), [s.ndim - 1]))
  },
}

const program = jit(
  function multivariate_normal(
    k: PRNGKey,
    shape: Shape,
    dtype: DType,
    method: CovarianceMethod,
    mean: NDArray,
    cov: NDArray,
  ) {
    const samples = normalIn(k, shape, dtype)
    return add(mean, einsum('...ij,...j->...i', factorOf[method](cov), samples))
  },
  { staticArgnums: [1, 2, 3] },
)

export interface MultivariateNormalOptions extends SampleOptions {
  /**
   * `cholesky` (default) for positive definite covariances, `eigh` and `svd` for semidefinite ones, too. Eigenvectors are
   * unique but for their signs: samples of these two methods are those of JAX up to the signs along them.
   */
  readonly method?: CovarianceMethod
}

/**
 * Normal distribution of a mean and a covariance. Differentiable in both.
 *
 * @param mean - `[...batch, n]`
 * @param cov - `[...batch, n, n]`, symmetric
 * @param shape - default what the batch axes broadcast to
 * @returns `[...shape, n]`; default dtype the common one of the parameters
 * @throws ArgumentError for another method
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the parameters have these shapes, and their batch axes broadcast to the shape
 * @example
 * random.multivariateNormal(random.key(0), [1, 2], [[1, 0.5], [0.5, 1]], [3]).shape // => [3, 2]
 */
export const multivariateNormal = (
  key: PRNGKey,
  mean: ArrayData,
  cov: ArrayData,
  shape: Shape | null = null,
  options: MultivariateNormalOptions = {},
): NDArray => {
  const where = 'random.multivariateNormal'
  checkOptions(where, options, ['dtype', 'method'])
  const { method = 'cholesky' } = options
  if (!Object.hasOwn(factorOf, method)) {
    throw new ArgumentError(where, `a method among ${Object.keys(factorOf).join(', ')}`, method)
  }
  const [mu, sigma] = promoteInexact(asarray(mean), asarray(cov)) as readonly [NDArray, NDArray]
  const n = mu.shape.at(-1)
  if (n === undefined || sigma.ndim < 2 || sigma.shape.at(-1) !== n || sigma.shape.at(-2) !== n) {
    throw new ShapeError(where, 'a mean [...batch, n] and a covariance [...batch, n, n]', `${showAval(mu.aval)} and ${showAval(sigma.aval)}`) // prettier-ignore
  }
  const lead = shapeWith(where, shape, [{ shape: mu.shape.slice(0, -1) }, { shape: sigma.shape.slice(0, -2) }])
  const sample = checkedSample(where, key, [...lead, n], options.dtype ?? mu.dtype)
  return program(...sample, method, mu, sigma)
}
