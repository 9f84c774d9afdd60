/** The incomplete beta function. */
import { DifferentiationError, limitsOf, type NDArray } from '../core/index.js'
import {
  abs,
  add,
  and,
  div,
  eq,
  exp,
  floor,
  ge,
  gt,
  lgamma,
  log,
  log1p,
  lt,
  mul,
  nary,
  ne,
  neg,
  not,
  type Operand,
  type Operation,
  or,
  reciprocal,
  select,
  sub,
} from '../lax/index.js'
import { anyOf, constant, programLowering, settled } from './elementwiseProgram.js'

/** Numerator number n = 2, 3, … of the continued fraction: -d(2m+1) of even n, d(2m) of odd n, in the paper's count. */
const numerator = (a: NDArray, b: NDArray, x: NDArray, n: NDArray): NDArray => {
  const m = floor(mul(sub(n, 1), 0.5))
  const a2m = add(a, mul(m, 2))
  const isFirst = eq(m, 0)
  // (a + m) / (a + 2m) is 1 where m is 0, also of an a that is flushed to zero.
  const ratio = select(isFirst, div(add(a, m), a2m), 1)
  const even = neg(div(mul(mul(ratio, add(add(a, b), m)), x), add(a2m, 1)))
  const odd = div(mul(mul(m, sub(b, m)), x), mul(sub(a2m, 1), a2m))
  return select(eq(add(mul(m, 2), 2), n), odd, even)
}

/** 1 / (1 + d1 / (1 + d2 / (1 + …))). Lentz' way, as Thompson and Barnett have it. DLMF 8.17.22. */
const fraction = (a: NDArray, b: NDArray, x: NDArray): NDArray => {
  const least = limitsOf(a.dtype).eps / 2
  const away = (v: NDArray): NDArray => select(lt(abs(v), least), v, least)
  const one = constant(a, 1)
  const { value } = settled(
    ({ c, d, value: before }, count) => {
      const n = add(count, 1)
      const top = numerator(a, b, x, n)
      const nextC = away(add(div(top, c), 1))
      const nextD = reciprocal(away(add(mul(top, d), 1)))
      const delta = mul(nextC, nextD)
      // All elements go on until the last one is settled.
      const moves = anyOf(ge(abs(sub(delta, 1)), least))
      return [{ c: nextC, d: nextD, value: mul(before, delta) }, moves]
    },
    // The first numerator is 1, over a denominator of 0 in front.
    { c: constant(a, 1 / least), d: one, value: one },
    eq(one, 1),
    a.dtype,
    a.dtype === 'float32' ? 200 : 600,
  )
  return value
}

const regularized = (a: NDArray, b: NDArray, x: NDArray): NDArray => {
  const [zeroX, oneX] = [eq(x, 0), eq(x, 1)]
  const zeroA = or(eq(a, 0), eq(b, Infinity))
  const zeroB = or(eq(b, 0), eq(a, Infinity))
  const isZero = or(and(zeroB, not(oneX)), and(zeroA, zeroX))
  const isOne = or(and(zeroA, not(zeroX)), and(zeroB, oneX))
  const isOutside = [lt(a, 0), lt(b, 0), lt(x, 0), gt(x, 1), and(zeroA, zeroB), ne(a, a), ne(b, b), ne(x, x)].reduce(
    (p, q) => or(p, q),
  )
  // The fraction converges rapidly below the mean; above it, I(a, b, x) = 1 - I(b, a, 1 - x).
  const isBelow = lt(x, div(add(a, 1), add(add(a, b), 2)))
  const p = select(isBelow, b, a)
  const q = select(isBelow, a, b)
  const z = select(isBelow, sub(1, x), x)
  const logOneMinus = mul(log1p(neg(z)), q)
  const rest = sub(lgamma(q), lgamma(add(p, q)))
  // p Γ(p) is 1 as p goes to 0.
  const isTiny = lt(p, 2 * limitsOf(a.dtype).tiny)
  const factor = select(
    isTiny,
    div(exp(sub(add(mul(log(z), p), logOneMinus), add(lgamma(p), rest))), p),
    exp(sub(logOneMinus, rest)),
  )
  const below = mul(fraction(p, q, z), factor)
  const inside = select(isBelow, sub(1, below), below)
  return select(isOutside, select(isOne, select(isZero, inside, 0), 1), NaN)
}

const noDerivative = (): never => {
  throw new DifferentiationError('regularized_incomplete_beta', 'betainc has a derivative by x only, not by a and b')
}

/**
 * The regularized incomplete beta function I(a, b, x), the share of Beta(a, b) below x; NaN of negative a or b, and
 * outside of [0, 1]. Differentiable in x.
 *
 * @throws DifferentiationError when differentiated by a or b
 * @see https://dlmf.nist.gov/8.17
 * @example
 * lax.betainc(np.array(2), np.array(3), np.array(0.5)) // => Array(0.6875, dtype=float32)
 */
export const betainc: Operation<(a: Operand, b: Operand, x: Operand) => NDArray> = nary({
  name: 'regularized_incomplete_beta',
  accepts: 'float',
  lower: programLowering(regularized),
  derivatives: [
    noDerivative,
    noDerivative,
    (t, _y, a, b, x) => {
      const logBeta = sub(add(lgamma(a), lgamma(b)), lgamma(add(a, b)))
      const powers = add(mul(sub(b, 1), log1p(neg(x))), mul(sub(a, 1), log(x)))
      return mul(t, exp(sub(powers, logBeta)))
    },
  ],
})
