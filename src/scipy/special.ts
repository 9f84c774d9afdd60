/** Special functions: of probability, entropy, and Bessel's. */
import type { NDArray } from '../core/index.js'
import { customJvp } from '../control/index.js'
import * as lax from '../lax/index.js'
import { inexact, inexactBinary } from '../numpy/promoted.js'

export { logSoftmax, logsumexp, softmax } from '../nn/index.js'
export * from './exponentialIntegrals.js'
export * from './gamma.js'

/** Error function. */
export const erf = inexact((x) => lax.erf(x))
/** 1 - erf x. */
export const erfc = inexact((x) => lax.erfc(x))
/** Inverse of the error function. */
export const erfinv = inexact((x) => lax.erfInv(x))
/** 1 / (1 + e^-x). */
export const expit = inexact((x) => lax.logistic(x))
/** log(p / (1 - p)), the inverse of {@link expit}. */
export const logit = inexact((x) => lax.log(lax.div(x, lax.sub(1, x))))
/** x f(y), 0 where x is 0 whatever number y is; derivatives are those of the product. */
const product = (name: string, f: (y: NDArray) => NDArray, slope: (y: NDArray) => NDArray) => {
  const value = (x: NDArray, y: NDArray): NDArray => {
    const isZero = lax.and(lax.eq(x, 0), lax.eq(y, y))
    return lax.select(isZero, lax.mul(x, f(lax.select(isZero, y, 1))), 0)
  }
  Object.defineProperty(value, 'name', { value: name })
  const custom = customJvp(value)
  custom.defjvp(([x, y], [tx, ty]) => [custom(x, y), lax.add(lax.mul(tx, f(y)), lax.mul(ty, lax.mul(x, slope(y))))])
  return inexactBinary((x, y) => custom(x, y))
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
export const entr = inexact((x) => {
  const value = lax.neg(xlogy(x, lax.select(lax.gt(x, 0), lax.full([], 1, x.dtype), x)))
  return lax.select(lax.lt(x, 0), value, -Infinity)
})

/** p log(p / q); 0 where p is 0 and q isn't negative, ∞ where else one isn't positive. */
export const relEntr = inexactBinary((p, q) => {
  const isPlain = lax.and(lax.gt(p, 0), lax.gt(q, 0))
  const isZero = lax.and(lax.eq(p, 0), lax.ge(q, 0))
  const safe = (x: NDArray): NDArray => lax.select(isPlain, lax.full([], 1, x.dtype), x)
  const value = lax.mul(safe(p), lax.sub(lax.log(safe(p)), lax.log(safe(q))))
  return lax.select(isPlain, lax.select(isZero, lax.full([], Infinity, p.dtype), lax.full([], 0, p.dtype)), value)
})
/** p log(p / q) - p + q, whose sum is Kullback's and Leibler's divergence. */
export const klDiv = inexactBinary((p, q) => lax.add(lax.sub(relEntr(p, q), p), q))

/** Share of the standard normal distribution below x. */
export const ndtr = inexact((x) => {
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
export const logNdtr = inexact((x) => logNdtrOf(x))

/** Coefficients of Cephes' ndtri.c, from the highest power. */
const cephes = {
  p0: [
    -59.9633501014107895267, 98.0010754185999661536, -56.6762857469070293439, 13.9312609387279679503,
    -1.23916583867381258016,
  ],
  q0: [
    1, 1.95448858338141759834, 4.67627912898881538453, 86.3602421390890590575, -225.462687854119370527,
    200.260212380060660359, -82.0372256168333339912, 15.9056225126211695515, -1.1833162112133000314,
  ],
  p1: [
    4.05544892305962419923, 31.5251094599893866154, 57.1628192246421288162, 44.08050738932008347,
    14.6849561928858024014, 2.18663306850790267539, -0.140256079171354495875, -0.0350424626827848203418,
    -8.57456785154685413611e-4,
  ],
  q1: [
    1, 15.7799883256466749731, 45.3907635128879210584, 41.317203825467203044, 15.0425385692907503408,
    2.50464946208309415979, -0.142182922854787788574, -0.0380806407691578277194, -9.33259480895457427372e-4,
  ],
  p2: [
    3.2377489177694603597, 6.91522889068984211695, 3.93881025292474443415, 1.33303460815807542389,
    0.201485389549179081538, 0.0123716634817820021358, 3.01581553508235416007e-4, 2.65806974686737550832e-6,
    6.2397453918498329373e-9,
  ],
  q2: [
    1, 6.02427039364742014255, 3.67983563856160859403, 1.37702099489081330271, 0.21623699359449663589,
    0.0134204006088543189037, 3.28014464682127739104e-4, 2.89247864745380683936e-6, 6.79019408009981274425e-9,
  ],
} as const

const polynomial = (x: NDArray, coefficients: readonly number[]): NDArray =>
  coefficients
    .slice(1)
    .reduce<NDArray>((y, c) => lax.add(lax.mul(y, x), c), lax.full(x.shape, coefficients[0]!, x.dtype))
const rational = (x: NDArray, p: readonly number[], q: readonly number[]): NDArray =>
  lax.div(polynomial(x, p), polynomial(x, q))

const ndtriOf = customJvp(function ndtri(p: NDArray): NDArray {
  const edge = Math.exp(-2)
  const isUpper = lax.gt(p, 1 - edge)
  const tail = lax.select(isUpper, p, lax.sub(1, p))
  const isEnd = lax.or(lax.le(tail, 0), lax.ne(tail, tail))
  const safe = lax.select(isEnd, tail, 0.5)
  const w = lax.sub(safe, 0.5)
  const square = lax.square(w)
  const central = lax.mul(lax.add(w, lax.mul(lax.mul(w, square), rational(square, cephes.p0, cephes.q0))), -Math.sqrt(2 * Math.PI)) // prettier-ignore
  const z = lax.sqrt(lax.mul(lax.log(lax.min(safe, edge)), -2))
  const inverse = lax.reciprocal(z)
  const first = lax.sub(z, lax.mul(lax.log(z), inverse))
  const outer = lax.sub(first, lax.mul(rational(inverse, cephes.p1, cephes.q1), inverse))
  const far = lax.sub(first, lax.mul(rational(inverse, cephes.p2, cephes.q2), inverse))
  const x = lax.select(lax.gt(safe, edge), lax.select(lax.ge(z, 8), outer, far), central)
  const signed = lax.select(isUpper, lax.neg(x), x)
  const outside = lax.select(
    lax.eq(p, 0),
    lax.select(lax.eq(p, 1), lax.full(p.shape, NaN, p.dtype), Infinity),
    -Infinity,
  )
  return lax.select(lax.or(isEnd, lax.gt(p, 1)), signed, outside)
})
ndtriOf.defjvp(([p], [t]) => {
  const x = ndtriOf(p)
  return [x, lax.mul(t, lax.mul(lax.exp(lax.mul(lax.square(x), 0.5)), Math.sqrt(2 * Math.PI)))]
})
/**
 * The point below which a share p of the standard normal distribution lies, the inverse of {@link ndtr}; NaN outside of [0, 1].
 *
 * @example
 * scipy.special.ndtri(0.975) // => Array(1.959964, dtype=float32)
 */
export const ndtri = inexact((p) => ndtriOf(p))

/** e^-|x| I0(x), of Bessel's modified function. */
export const i0e = inexact((x) => lax.besselI0e(x))
/** Bessel's modified function of the first kind, order 0. */
export const i0 = inexact((x) => lax.mul(lax.exp(lax.abs(x)), lax.besselI0e(x)))
/** e^-|x| I1(x), of Bessel's modified function. */
export const i1e = inexact((x) => lax.besselI1e(x))
/** Bessel's modified function of the first kind, order 1. */
export const i1 = inexact((x) => lax.mul(lax.exp(lax.abs(x)), lax.besselI1e(x)))
