/** The normal distribution. */
import type { NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import { promoteInexact } from '../numpy/convert.js'
import type { ArrayLike } from '../numpy/index.js'
import { logNdtr, ndtr, ndtri } from './special.js'

/** (x - loc) / scale and the scale. */
const standardized = (x: ArrayLike, loc: ArrayLike, scale: ArrayLike): readonly [NDArray, NDArray] => {
  const [a, m, s] = promoteInexact(x, loc, scale) as readonly [NDArray, NDArray, NDArray]
  return [lax.div(lax.sub(a, m), s), s]
}

/**
 * Logarithm of the density.
 *
 * @example
 * scipy.stats.norm.logpdf(np.array(0)) // => Array(-0.9189385, dtype=float32)
 */
export const logpdf = (x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1): NDArray => {
  const [z, s] = standardized(x, loc, scale)
  return lax.sub(lax.mul(lax.square(z), -0.5), lax.add(lax.log(s), Math.log(2 * Math.PI) / 2))
}
/** Density. */
export const pdf = (x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1): NDArray => lax.exp(logpdf(x, loc, scale))
/** Share below x. */
export const cdf = (x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1): NDArray =>
  ndtr(standardized(x, loc, scale)[0])
/** Logarithm of the share below x. */
export const logcdf = (x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1): NDArray =>
  logNdtr(standardized(x, loc, scale)[0])
/** Share above x. */
export const sf = (x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1): NDArray =>
  ndtr(lax.neg(standardized(x, loc, scale)[0]))
/** Logarithm of the share above x. */
export const logsf = (x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1): NDArray =>
  logNdtr(lax.neg(standardized(x, loc, scale)[0]))
const placed = (z: NDArray, loc: ArrayLike, scale: ArrayLike): NDArray => {
  const [a, m, s] = promoteInexact(z, loc, scale) as readonly [NDArray, NDArray, NDArray]
  return lax.add(lax.mul(a, s), m)
}
/**
 * The point below which a share q lies: the inverse of {@link cdf}.
 *
 * @example
 * scipy.stats.norm.ppf(0.5, 3) // => Array(3., dtype=float32)
 */
export const ppf = (q: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1): NDArray => placed(ndtri(q), loc, scale)
/** The point above which a share q lies: the inverse of {@link sf}. */
export const isf = (q: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1): NDArray =>
  placed(lax.neg(ndtri(q)), loc, scale)
