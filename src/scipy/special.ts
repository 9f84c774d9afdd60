/** Special functions: of probability, entropy, and the gamma function. */
import type { NDArray } from '../core/index.js'
import { customJvp } from '../control/index.js'
import * as lax from '../lax/index.js'
import { promoteInexact } from '../numpy/convert.js'
import type { ArrayLike } from '../numpy/index.js'

export { logSoftmax, logsumexp, softmax } from '../nn/index.js'

const unary =
  (f: (x: NDArray) => NDArray) =>
  (x: ArrayLike): NDArray =>
    f(promoteInexact(x)[0]!)

const binary =
  (f: (x: NDArray, y: NDArray) => NDArray) =>
  (x: ArrayLike, y: ArrayLike): NDArray => {
    const [a, b] = promoteInexact(x, y)
    return f(a!, b!)
  }

/** Error function. */
export const erf = unary((x) => lax.erf(x))
/** 1 - erf x. */
export const erfc = unary((x) => lax.erfc(x))
/** Inverse of the error function. */
export const erfinv = unary((x) => lax.erfInv(x))
/** 1 / (1 + e^-x). */
export const expit = unary((x) => lax.logistic(x))
/** log(p / (1 - p)), the inverse of {@link expit}. */
export const logit = unary((x) => lax.log(lax.div(x, lax.sub(1, x))))
/** log |Γ(x)|. */
export const gammaln = unary((x) => lax.lgamma(x))
/** The derivative of {@link gammaln}. */
export const digamma = unary((x) => lax.digamma(x))
/** The n-th derivative of {@link digamma}, n = 0, 1, …; from n = 2 on of x > -10. */
export const polygamma = (n: number, x: ArrayLike): NDArray =>
  n === 0 ? digamma(x) : lax.polygamma(n, promoteInexact(x)[0]!)
/** log |B(x, y)|, of Euler's beta function. */
export const betaln = binary((x, y) => lax.sub(lax.add(lax.lgamma(x), lax.lgamma(y)), lax.lgamma(lax.add(x, y))))

/** x f(y), 0 where x is 0 whatever number y is; derivatives are those of the product. */
const product = (name: string, f: (y: NDArray) => NDArray, slope: (y: NDArray) => NDArray) => {
  const value = (x: NDArray, y: NDArray): NDArray => {
    const isZero = lax.and(lax.eq(x, 0), lax.eq(y, y))
    return lax.select(isZero, lax.mul(x, f(lax.select(isZero, y, 1))), 0)
  }
  Object.defineProperty(value, 'name', { value: name })
  const custom = customJvp(value)
  custom.defjvp(([x, y], [tx, ty]) => [custom(x, y), lax.add(lax.mul(tx, f(y)), lax.mul(ty, lax.mul(x, slope(y))))])
  return binary((x, y) => custom(x, y))
}
/**
 * x log y; 0 where x is 0.
 *
 * @example
 * scipy.special.xlogy(0, 0).item() // => 0
 */
export const xlogy = product(
  'xlogy',
  (y) => lax.log(y),
  (y) => lax.reciprocal(y),
)
/** x log(1 + y); 0 where x is 0. */
export const xlog1py = product(
  'xlog1py',
  (y) => lax.log1p(y),
  (y) => lax.reciprocal(lax.add(y, 1)),
)

/** -x log x; 0 at 0, -∞ of negative x. */
export const entr = unary((x) => {
  const value = lax.neg(xlogy(x, lax.select(lax.gt(x, 0), lax.full([], 1, x.dtype), x)))
  return lax.select(lax.lt(x, 0), value, -Infinity)
})

/** p log(p / q); 0 where p is 0 and q isn't negative, ∞ where else one isn't positive. */
export const relEntr = binary((p, q) => {
  const isPlain = lax.and(lax.gt(p, 0), lax.gt(q, 0))
  const isZero = lax.and(lax.eq(p, 0), lax.ge(q, 0))
  const safe = (x: NDArray): NDArray => lax.select(isPlain, lax.full([], 1, x.dtype), x)
  const value = lax.mul(safe(p), lax.sub(lax.log(safe(p)), lax.log(safe(q))))
  return lax.select(isPlain, lax.select(isZero, lax.full([], Infinity, p.dtype), lax.full([], 0, p.dtype)), value)
})
/** p log(p / q) - p + q, whose sum is Kullback's and Leibler's divergence. */
export const klDiv = binary((p, q) => lax.add(lax.sub(relEntr(p, q), p), q))

/** Share of the standard normal distribution below x. */
export const ndtr = unary((x) => {
  const w = lax.mul(x, Math.SQRT1_2)
  const z = lax.abs(w)
  const tail = lax.erfc(z)
  const outside = lax.select(lax.gt(w, 0), tail, lax.sub(2, tail))
  return lax.mul(lax.select(lax.lt(z, Math.SQRT1_2), outside, lax.add(lax.erf(w), 1)), 0.5)
})

/** Its logarithm below the point where it comes near underflow: a series in 1 / x². */
const logTail = (x: NDArray): NDArray => {
  const u = lax.reciprocal(lax.square(x))
  const series = [-1, 3, -15, 105, -945, 10395].reduceRight<NDArray>(
    (sum, c) => lax.mul(lax.add(sum, c), u),
    lax.mul(u, 0),
  )
  const density = lax.sub(lax.mul(lax.square(x), -0.5), Math.log(2 * Math.PI) / 2)
  return lax.add(lax.sub(density, lax.log(lax.neg(x))), lax.log1p(series))
}

const logNdtrOf = customJvp(function log_ndtr(x: NDArray): NDArray {
  const edge = x.dtype === 'float64' ? -20 : -10
  const isTail = lax.lt(x, edge)
  // log(1 - p) of a small p.
  const upper = lax.log1p(lax.neg(ndtr(lax.neg(lax.max(x, 0)))))
  const lower = lax.log(ndtr(lax.clamp(edge, x, 0)))
  const body = lax.select(lax.gt(x, 0), lower, upper)
  return lax.select(isTail, body, logTail(lax.min(x, edge)))
})
logNdtrOf.defjvp(([x], [t]) => {
  const y = logNdtrOf(x)
  const density = lax.sub(lax.mul(lax.square(x), -0.5), Math.log(2 * Math.PI) / 2)
  return [y, lax.mul(t, lax.exp(lax.sub(density, y)))]
})
/** Logarithm of {@link ndtr}, without underflow. */
export const logNdtr = unary((x) => logNdtrOf(x))
