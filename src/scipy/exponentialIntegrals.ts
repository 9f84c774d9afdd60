/** Exponential integrals. */
import { customJvp, settled } from '../control/index.js'
import { limitsOf, type NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import { inexact, inexactBinary } from '../numpy/promoted.js'
import { jit } from '../transforms/index.js'

const { abs, add, and, div, eq, exp, gt, log, lt, mul, neg, select, sub } = lax

const constant = (x: NDArray, value: number): NDArray => lax.full(x.shape, value, x.dtype)

const eulerGamma = 0.5772156649015329

/** E_n of x in (0, 1], n = 1, 2, …: its power series. DLMF 8.19.8. */
const bySeries = (n: NDArray, x: NDArray, chosen: NDArray): NDArray => {
  const { eps } = limitsOf(x.dtype)
  const isOne = eq(n, 1)
  const { sum } = settled(
    ({ power, sum: before }, k) => {
      const next = div(mul(power, neg(x)), k)
      const order = add(sub(1, n), k)
      const part = select(eq(order, 0), div(next, select(eq(order, 0), order, 1)), 0)
      const after = add(before, part)
      return [{ power: next, sum: after }, gt(abs(next), mul(abs(after), eps))]
    },
    { power: constant(x, 1), sum: select(isOne, div(-1, sub(select(isOne, n, 2), 1)), 0) },
    chosen,
    x.dtype,
  )
  const leading = mul(lax.pow(neg(x), sub(n, 1)), exp(neg(lax.lgamma(n))))
  return sub(mul(leading, sub(lax.digamma(n), log(x))), sum)
}

/** E_n of x > 1: its continued fraction, by Lentz' way. DLMF 8.19.17. */
const byFraction = (n: NDArray, x: NDArray, chosen: NDArray): NDArray => {
  const { eps } = limitsOf(x.dtype)
  const first = add(x, n)
  const { value } = settled(
    ({ c, d, value: before }, k) => {
      const top = neg(mul(k, add(n, sub(k, 1))))
      const bottom = add(first, mul(k, 2))
      const nextC = add(bottom, div(top, c))
      const nextD = lax.reciprocal(add(bottom, mul(top, d)))
      const delta = mul(nextC, nextD)
      return [{ c: nextC, d: nextD, value: mul(before, delta) }, gt(abs(sub(delta, 1)), eps)]
    },
    { c: constant(x, 1 / limitsOf(x.dtype).tiny), d: lax.reciprocal(first), value: lax.reciprocal(first) },
    chosen,
    x.dtype,
  )
  return mul(value, exp(neg(x)))
}

const expnProgram = jit(function expn(n: NDArray, x: NDArray): NDArray {
  const isOutside = lax.or(lt(n, 0), lt(x, 0))
  const isNaN = lax.or(lax.ne(n, n), lax.ne(x, x))
  const isPlain = and(gt(x, 0), and(gt(n, 0), lt(x, Infinity)))
  const isLarge = and(isPlain, gt(x, 1))
  const isSmall = and(isPlain, lax.not(gt(x, 1)))
  const order = select(isPlain, constant(n, 1), n)
  const at = select(isPlain, constant(x, 1), x)
  const inside = select(isLarge, bySeries(order, at, isSmall), byFraction(order, select(isLarge, constant(x, 2), at), isLarge)) // prettier-ignore
  const ofZero = select(gt(n, 1), constant(x, Infinity), lax.reciprocal(sub(select(gt(n, 1), constant(n, 2), n), 1)))
  const ofOrderZero = div(exp(neg(x)), x)
  const atEnd = select(eq(x, Infinity), select(eq(x, 0), ofOrderZero, ofZero), 0)
  return select(lax.or(isOutside, isNaN), select(isPlain, atEnd, inside), NaN)
})
const expnOf = customJvp(expnProgram)
expnOf.defjvp(([n, x], [, t]) => {
  const y = expnOf(n, x)
  const isZero = eq(n, 0)
  const slope = select(isZero, expnOf(select(isZero, sub(n, 1), 0), x), mul(y, add(lax.reciprocal(x), 1)))
  return [y, neg(mul(t, slope))]
})
/**
 * The exponential integral E_n(x) = ∫ e^(-xt) t^-n over t from 1 to ∞, of whole n ≥ 0 and x ≥ 0; NaN outside. Differentiable
 * in x.
 *
 * @see https://dlmf.nist.gov/8.19
 * @example
 * scipy.special.expn(2, 0.5) // => Array(0.32664388, dtype=float32)
 */
export const expn = inexactBinary((n, x) => expnOf(n, x))

/**
 * The exponential integral E_1(x) = ∫ e^-t / t over t from x to ∞; ∞ at 0, NaN of negative x.
 *
 * @see https://dlmf.nist.gov/6.2
 */
export const exp1 = inexact((x) => expnOf(constant(x, 1), x))

/** Ei of positive x: a series up to where the asymptotic one has lost no digit. DLMF 6.6.1, 6.12.2. */
const positive = (x: NDArray, chosen: NDArray): NDArray => {
  const { eps } = limitsOf(x.dtype)
  const isFar = gt(x, 40)
  const { sum } = settled(
    ({ power, sum: before }, k) => {
      const next = mul(power, select(isFar, div(x, k), div(k, x)))
      const part = select(isFar, div(next, k), next)
      const after = add(before, part)
      return [{ power: next, sum: after }, gt(abs(part), mul(abs(after), eps))]
    },
    { power: constant(x, 1), sum: select(isFar, add(log(x), eulerGamma), 1) },
    chosen,
    x.dtype,
  )
  // e^x / x overflows later than e^x.
  const half = exp(mul(x, 0.5))
  return select(isFar, sum, mul(mul(half, div(half, x)), sum))
}

const expiProgram = jit(function expi(x: NDArray): NDArray {
  const isPlain = and(gt(x, 0), lt(x, Infinity))
  const safe = select(isPlain, constant(x, 1), x)
  const below = neg(expnOf(constant(x, 1), neg(x)))
  const atEnd = select(eq(x, Infinity), select(eq(x, 0), below, -Infinity), Infinity)
  return select(isPlain, atEnd, positive(safe, isPlain))
})
const expiOf = customJvp(expiProgram)
expiOf.defjvp(([x], [t]) => [expiOf(x), mul(t, div(exp(x), x))])
/**
 * The exponential integral Ei(x), the principal value of ∫ e^t / t over t from -∞ to x; -∞ at 0.
 *
 * @see https://dlmf.nist.gov/6.2
 * @example
 * scipy.special.expi(1) // => Array(1.8951178, dtype=float32)
 */
export const expi = inexact((x) => expiOf(x))
