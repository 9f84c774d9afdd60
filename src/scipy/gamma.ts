/** The gamma, beta and zeta functions and their kin. */
import { betainc as laxBetainc, customJvp, igamma, igammac } from '../control/index.js'
import { ArgumentError, type NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, promoteInexact } from '../numpy/convert.js'
import { inexact, inexactBinary } from '../numpy/promoted.js'
import { jvp } from '../transforms/index.js'

/** log |Γ(x)|. */
export const gammaln = inexact((x) => lax.lgamma(x))
/** The derivative of {@link gammaln}. */
export const digamma = inexact((x) => lax.digamma(x))
/**
 * The n-th derivative of {@link digamma}, n = 0, 1, …; at 0, -1, -2, … ∞ of odd n, else NaN.
 *
 * @throws ArgumentError unless a number n is whole and in [0, 100]
 * @see https://dlmf.nist.gov/5.15
 * @example
 * scipy.special.polygamma(1, np.array([1, -0.5])) // => Array([1.6449341, 8.934803 ], dtype=float32)
 */
export const polygamma = (n: number | NDArray, x: ArrayLike): NDArray => {
  if (typeof n === 'number') return lax.polygamma(n, promoteInexact(x)[0]!)
  const [order, at] = promoteInexact(n, x)
  return lax.polygamma(order!, at!)
}
/** log |B(x, y)|, of Euler's beta function. */
export const betaln = inexactBinary((x, y) => lax.sub(lax.add(lax.lgamma(x), lax.lgamma(y)), lax.lgamma(lax.add(x, y))))

/** -1 where Γ is negative: between -1 and 0, between -3 and -2, …; NaN at its poles. */
const gammaSign = (x: NDArray): NDArray => {
  const floor = lax.floor(x)
  const isNegative = lax.lt(x, 0)
  const isOdd = lax.ne(lax.rem(floor, 2), 0)
  const sign = lax.select(lax.and(isNegative, isOdd), lax.full(x.shape, 1, x.dtype), -1)
  return lax.select(lax.and(isNegative, lax.eq(x, floor)), sign, NaN)
}
/** The sign of Γ(x), ±1; NaN at -1, -2, … */
export const gammasgn = inexact((x) =>
  lax.select(lax.and(lax.eq(x, 0), lax.lt(lax.reciprocal(x), 0)), gammaSign(x), -1),
)
/** Euler's gamma function; NaN at -1, -2, … */
export const gamma = inexact((x) => lax.mul(gammasgn(x), lax.exp(lax.lgamma(x))))
/** n!, Γ(n + 1); 0 of negative n. */
export const factorial = inexact((n) => lax.select(lax.lt(n, 0), lax.exp(lax.lgamma(lax.add(n, 1))), 0))
/** Euler's beta function, Γ(a) Γ(b) / Γ(a + b). */
export const beta = inexactBinary((a, b) =>
  lax.mul(lax.mul(gammasgn(a), lax.mul(gammasgn(b), gammasgn(lax.add(a, b)))), lax.exp(betaln(a, b))),
)
/** log of the multivariate gamma function of dimension d. */
export const multigammaln = (a: ArrayLike, d: number): NDArray => {
  if (!Number.isInteger(d) || d < 1 || d > 1024)
    throw new ArgumentError('scipy.special.multigammaln', 'a dimension from 1 to 1024', String(d))
  const x = promoteInexact(a)[0]!
  return lax.range(d).reduce<NDArray>((sum, i) => lax.add(sum, lax.lgamma(lax.sub(x, i / 2))), lax.full(x.shape, (d * (d - 1) * Math.log(Math.PI)) / 4, x.dtype)) // prettier-ignore
}

/**
 * The number of ways to take k of n things, (n choose k), as a float; 0 of negative numbers, and where k > n.
 *
 * @example
 * np.round(scipy.special.comb(5, 2)) // => Array(10., dtype=float32)
 */
export const comb = inexactBinary((n, k) => {
  const isPlain = lax.and(lax.le(k, n), lax.and(lax.ge(n, 0), lax.ge(k, 0)))
  const [total, taken] = [lax.select(isPlain, lax.full([], 0, n.dtype), n), lax.select(isPlain, lax.full([], 0, k.dtype), k)] // prettier-ignore
  const logFactorial = (x: NDArray): NDArray => lax.lgamma(lax.add(x, 1))
  const log = lax.sub(lax.sub(logFactorial(total), logFactorial(taken)), logFactorial(lax.sub(total, taken)))
  return lax.select(isPlain, lax.full([], 0, n.dtype), lax.exp(log))
})

const pochOf = customJvp(function poch(z: NDArray, m: NDArray): NDArray {
  const ratio = lax.div(gamma(lax.add(z, m)), gamma(z))
  return lax.select(lax.eq(m, 0), ratio, 1)
})
pochOf.defjvp(([z, m], [tz, tm]) => {
  const y = pochOf(z, m)
  const upper = lax.digamma(lax.add(z, m))
  const rate = lax.add(lax.mul(tz, lax.sub(upper, lax.digamma(z))), lax.mul(tm, upper))
  return [y, lax.mul(rate, y)]
})
/** Pochhammer's symbol, Γ(z + m) / Γ(z). */
export const poch = inexactBinary((z, m) => pochOf(z, m))

/**
 * The regularized lower incomplete gamma function P(a, x), the share of Gamma(a) below x. Differentiable in x, and once
 * in a.
 *
 * @see https://dlmf.nist.gov/8.2
 */
export const gammainc = inexactBinary((a, x) => igamma(a, x))
/** The regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x), without cancellation at great x. */
export const gammaincc = inexactBinary((a, x) => igammac(a, x))

/**
 * The regularized incomplete beta function I(a, b, x), the share of Beta(a, b) below x.
 *
 * @throws DifferentiationError when differentiated by a or b
 * @see https://dlmf.nist.gov/8.17
 * @example
 * scipy.special.betainc(2, 3, 0.5) // => Array(0.6875, dtype=float32, weak_type=True)
 */
export const betainc = (a: ArrayLike, b: ArrayLike, x: ArrayLike): NDArray => {
  const [p, q, at] = promoteInexact(a, b, x)
  return laxBetainc(p!, q!, at!)
}

/** Euler's and Maclaurin's sum for ζ(s, q), of operations that have derivatives by s, too. DLMF 25.11.28. */
const zetaSeries = (s: NDArray, q: NDArray): NDArray => {
  const count = 12
  const minus = lax.neg(s)
  const terms = lax.range(count).map((k) => lax.pow(lax.add(q, k), minus))
  const w = lax.add(q, count)
  const power = lax.pow(w, minus)
  const integral = lax.div(lax.mul(power, w), lax.sub(s, 1))
  let factor = lax.div(lax.mul(power, s), w)
  let sum = lax.add(lax.addAll(terms), lax.add(integral, lax.mul(power, 0.5)))
  lax.bernoulliTerms.forEach((b, j) => {
    sum = lax.add(sum, lax.mul(factor, b))
    const rise = lax.mul(lax.add(s, 2 * j + 1), lax.add(s, 2 * j + 2))
    factor = lax.div(lax.mul(factor, rise), lax.square(w))
  })
  return sum
}

const zetaOf = customJvp(function zeta(s: NDArray, q: NDArray): NDArray {
  return lax.zeta(s, q)
})
zetaOf.defjvp((primals, tangents) => [zetaOf(...primals), jvp(zetaSeries, primals, tangents)[1]])
/**
 * Hurwitz' zeta function, Σ (q + k)^-s over k = 0, 1, …, of s ≥ 1; ∞ at s = 1. Derivatives by both are those of q > 0.
 *
 * @see https://dlmf.nist.gov/25.11
 * @example
 * scipy.special.zeta(2, 1) // => Array(1.644934, dtype=float32, weak_type=True)
 */
export const zeta = inexactBinary((s, q) => zetaOf(s, q))
