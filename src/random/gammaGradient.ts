/** How a gamma-distributed sample moves with its parameter. */
import { limitsOf, type NDArray } from '../core/index.js'
import { whileLoop } from '../control/index.js'
import * as lax from '../lax/index.js'
import { where } from '../numpy/index.js'

const { abs, add, div, mul, neg, sub } = lax

const ones = (x: NDArray): NDArray => lax.full(x.shape, 1, x.dtype)
const zeros = (x: NDArray): NDArray => lax.full(x.shape, 0, x.dtype)
const anyOf = (mask: NDArray): NDArray => lax.reduceOr(mask, lax.range(mask.ndim))

/** The next values where a mask holds, the present ones elsewhere. */
const advanced = <T extends Readonly<Record<string, NDArray>>>(mask: NDArray, next: T, present: T): T =>
  Object.fromEntries(Object.keys(next).map((name) => [name, where(mask, next[name]!, present[name]!)])) as T

/** Where the parameter is greater than the sample: Taylor's series of the lower incomplete gamma function, and its derivative. */
const bySeries = (a: NDArray, x: NDArray, chosen: NDArray): NDArray => {
  const { eps } = limitsOf(a.dtype)
  const { sums } = whileLoop(
    ({ active }) => anyOf(active),
    ({ active, sums }) => {
      const r = add(sums.r, 1)
      const ratio = div(x, r)
      const dTerm = sub(mul(sums.dTerm, ratio), div(mul(sums.term, x), mul(r, r)))
      const dSum = add(sums.dSum, dTerm)
      const term = mul(sums.term, ratio)
      const next = { r, term, dTerm, sum: add(sums.sum, term), dSum }
      const goesOn = lax.and(active, lax.gt(abs(div(dTerm, dSum)), eps))
      return { active: goesOn, sums: advanced(active, next, sums) }
    },
    { active: chosen, sums: { r: a, term: ones(a), dTerm: zeros(a), sum: ones(a), dSum: zeros(a) } },
  )
  const slope = sub(lax.log(x), lax.digamma(add(a, 1)))
  return neg(div(mul(add(sums.dSum, mul(sums.sum, slope)), x), a))
}

/** Convergents p / q of a continued fraction, the last two, and their derivatives. */
interface Convergents extends Readonly<Record<string, NDArray>> {
  readonly p1: NDArray
  readonly q1: NDArray
  readonly p2: NDArray
  readonly q2: NDArray
  readonly dp1: NDArray
  readonly dq1: NDArray
  readonly dp2: NDArray
  readonly dq2: NDArray
  readonly value: NDArray
  readonly slope: NDArray
}

const mostSteps = 2000

/** Where the sample is greater: the continued fraction of the upper incomplete gamma function, and its derivative. */
const byFraction = (a: NDArray, x: NDArray, chosen: NDArray): NDArray => {
  const { eps } = limitsOf(a.dtype)
  const y0 = sub(1, a)
  const z0 = add(add(x, y0), 1)
  const p1 = add(x, 1)
  const q1 = mul(z0, x)
  const first = div(p1, q1)
  const init: Convergents = {
    p1,
    q1,
    p2: ones(x),
    q2: x,
    dp1: zeros(x),
    dq1: neg(x),
    dp2: zeros(x),
    dq2: zeros(x),
    value: first,
    slope: div(mul(first, x), q1),
  }
  const { last } = whileLoop(
    ({ active, count }) => lax.and(lax.lt(count, mostSteps), anyOf(active)),
    ({ active, count, last }) => {
      const c = add(count, 1)
      const y = add(y0, c)
      const z = add(z0, mul(c, 2))
      const yc = mul(y, c)
      const p = sub(mul(last.p1, z), mul(last.p2, yc))
      const q = sub(mul(last.q1, z), mul(last.q2, yc))
      const isFinite = lax.ne(q, 0)
      const value = where(isFinite, div(p, q), last.value)
      const dp = add(sub(sub(mul(last.dp1, z), last.p1), mul(last.dp2, yc)), mul(last.p2, c))
      const dq = add(sub(sub(mul(last.dq1, z), last.q1), mul(last.dq2, yc)), mul(last.q2, c))
      const slope = where(isFinite, div(sub(dp, mul(value, dq)), q), last.slope)
      const change = where(isFinite, abs(sub(slope, last.slope)), 1)
      // Both sides of the fraction grow alike: keep them within the dtype.
      const scale = where(lax.gt(abs(p), 1 / eps), lax.full([], eps, a.dtype), 1)
      const s = (v: NDArray): NDArray => mul(v, scale)
      const next: Convergents = {
        p1: s(p),
        q1: s(q),
        p2: s(last.p1),
        q2: s(last.q1),
        dp1: s(dp),
        dq1: s(dq),
        dp2: s(last.dp1),
        dq2: s(last.dq1),
        value,
        slope,
      }
      const goesOn = lax.and(active, lax.gt(change, eps))
      return { active: goesOn, count: c, last: advanced(active, next, last) }
    },
    { active: chosen, count: lax.full([], 0, a.dtype), last: init },
  )
  const slope = sub(lax.log(x), lax.digamma(a))
  return neg(mul(add(last.slope, mul(last.value, slope)), x))
}

const single = (a: NDArray, x: NDArray): NDArray => {
  const isNaN = lax.or(lax.ne(a, a), lax.ne(x, x))
  const isZero = lax.eq(x, 0)
  const isOutside = lax.or(lax.lt(x, 0), lax.le(a, 0))
  const isUpper = lax.and(lax.gt(x, 1), lax.gt(x, a))
  const logDensity = sub(sub(mul(a, lax.log(x)), x), lax.lgamma(a))
  const underflows = lax.lt(logDensity, -Math.log(limitsOf(a.dtype).max))
  const isPlain = lax.not(lax.or(lax.or(isZero, isOutside), lax.or(underflows, isNaN)))
  const inside = where(
    isUpper,
    neg(byFraction(a, x, lax.and(isPlain, isUpper))),
    bySeries(a, x, lax.and(isPlain, lax.not(isUpper))),
  )
  return where(lax.or(isOutside, isNaN), NaN, where(isZero, 0, inside))
}

const inSingle = (f: (a: NDArray, x: NDArray) => NDArray, a: NDArray, x: NDArray): NDArray => {
  const isHalf = a.dtype === 'float16' || a.dtype === 'bfloat16'
  if (!isHalf) return f(a, x)
  const wide = (v: NDArray): NDArray => lax.convertElementType(v, 'float32')
  return lax.convertElementType(f(wide(a), wide(x)), a.dtype)
}

/**
 * The derivative of a sample x of Gamma(a) by a, with its probability P(a, x) held: -(∂P/∂a) / (∂P/∂x).
 *
 * @see Figurnov, Mohamed, Mnih, Implicit reparameterization gradients, 2018
 */
export const gammaGradient = (a: NDArray, x: NDArray): NDArray => inSingle(single, a, x)
