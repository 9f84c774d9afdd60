/** The incomplete gamma functions, and how a gamma-distributed sample moves with its parameter. */
import { DifferentiationError, limitsOf, type NDArray } from '../core/index.js'
import {
  abs,
  add,
  and,
  binary,
  broadcastShapes,
  digamma,
  div,
  eq,
  exp,
  ge,
  gt,
  le,
  lgamma,
  log,
  lt,
  mul,
  ne,
  neg,
  not,
  type Operand,
  type Operation,
  or,
  select,
  sub,
} from '../lax/index.js'
import { jit, jvp } from '../transforms/index.js'
import { constant, inSingle, programLowering, settled } from './elementwiseProgram.js'

type Terms = Readonly<Record<string, NDArray>>

/** A sequence of approximations of a function of a parameter a. */
interface Approximations<T extends Terms> {
  readonly first: (a: NDArray) => T
  readonly step: (a: NDArray, terms: T, count: NDArray) => T
  /** The value that is approximated. */
  readonly value: (terms: T) => NDArray
  /** From the terms before and after a step, whether the value still moves; and whether its slope does. */
  readonly moves: (before: T, after: T) => NDArray
  readonly slopeMoves: (before: T, after: T, ofValues: T) => NDArray
  readonly mostSteps?: number
}

/** The limit, for the elements chosen. */
const limitOf = <T extends Terms>(by: Approximations<T>, a: NDArray, chosen: NDArray): NDArray => {
  const step = (terms: T, count: NDArray): readonly [T, NDArray] => {
    const next = by.step(a, terms, count)
    return [next, by.moves(terms, next)]
  }
  return by.value(settled(step, by.first(a), chosen, a.dtype, by.mostSteps))
}

/** The limit and its derivative by the parameter: forward mode of every step, until the derivative is settled. */
const limitAndSlope = <T extends Terms>(
  by: Approximations<T>,
  a: NDArray,
  chosen: NDArray,
): readonly [value: NDArray, slope: NDArray] => {
  const one = constant(a, 1)
  const step = ([terms, slopes]: readonly [T, T], count: NDArray): readonly [readonly [T, T], NDArray] => {
    const next = jvp((p: NDArray, xs: T): T => by.step(p, xs, count), [a, terms], [one, slopes])
    return [next, by.slopeMoves(slopes, next[1], next[0])]
  }
  const [terms, slopes] = settled(step, jvp(by.first, [a], [one]), chosen, a.dtype, by.mostSteps)
  return [by.value(terms), by.value(slopes)]
}

interface Series extends Terms {
  readonly term: NDArray
  readonly sum: NDArray
}

/** Taylor's series of P(a, x) Γ(a + 1) x^-a e^x, for x up to about a. DLMF 8.11.4. */
const seriesOf = (x: NDArray): Approximations<Series> => {
  const moves = (_before: Series, { term, sum }: Series): NDArray => gt(abs(div(term, sum)), limitsOf(x.dtype).eps)
  return {
    first: () => ({ term: constant(x, 1), sum: constant(x, 1) }),
    step(a, { term, sum }, count) {
      const next = mul(term, div(x, add(a, count)))
      return { term: next, sum: add(sum, next) }
    },
    value: ({ sum }) => sum,
    moves,
    slopeMoves: moves,
    // Some 6 √a are needed; where a is so great that its neighbours are it, all terms are alike.
    mostSteps: 20_000,
  }
}

interface Convergents extends Terms {
  readonly p1: NDArray
  readonly q1: NDArray
  readonly p2: NDArray
  readonly q2: NDArray
  readonly value: NDArray
}

/** Convergents p / q, the last two, of the continued fraction of Q(a, x) Γ(a) x^-a e^x, for greater x. DLMF 8.9.2. */
const fractionOf = (x: NDArray): Approximations<Convergents> => {
  const { eps } = limitsOf(x.dtype)
  const one = constant(x, 1)
  return {
    first(a) {
      const p1 = add(x, 1)
      const q1 = mul(add(add(x, sub(1, a)), 1), x)
      return { p1, q1, p2: one, q2: x, value: div(p1, q1) }
    },
    step(a, { p1, q1, p2, q2, value }, count) {
      const y = sub(1, a)
      const z = add(add(add(x, y), 1), mul(count, 2))
      const yc = mul(add(y, count), count)
      const p = sub(mul(p1, z), mul(p2, yc))
      const q = sub(mul(q1, z), mul(q2, yc))
      const isZero = eq(q, 0)
      // Both sides of the fraction grow alike: keep them within the dtype.
      const scale = select(gt(abs(p), 1 / eps), one, eps)
      const s = (v: NDArray): NDArray => mul(v, scale)
      const quotient = select(isZero, div(p, select(isZero, q, 1)), value)
      return { p1: s(p), q1: s(q), p2: s(p1), q2: s(q1), value: quotient }
    },
    value: ({ value }) => value,
    moves: (before, after) => or(eq(after.q1, 0), gt(abs(div(sub(before.value, after.value), after.value)), eps)),
    slopeMoves: (before, after, { q1 }) => or(eq(q1, 0), gt(abs(sub(after.value, before.value)), eps)),
    mostSteps: 2000,
  }
}

const anyHolds = (...masks: readonly NDArray[]): NDArray => masks.reduce((a, b) => or(a, b))
const isNaN_ = (x: NDArray): NDArray => ne(x, x)

/** What all of them look at: the logarithm of x^a e^-x / Γ(a), and whether it underflows. */
const density = (a: NDArray, x: NDArray) => {
  const logDensity = sub(sub(mul(a, log(x)), x), lgamma(a))
  return { logDensity, underflows: lt(logDensity, -Math.log(limitsOf(a.dtype).max)) }
}

/** P(a, x) or Q(a, x): the smaller is computed, the greater is what it leaves of 1. */
const incomplete =
  (isUpper: boolean) =>
  (a: NDArray, x: NDArray): NDArray => {
    const { logDensity, underflows } = density(a, x)
    const factor = exp(logDensity)
    const isOutside = anyHolds(lt(x, 0), lt(a, 0), and(eq(a, 0), eq(x, 0)), isNaN_(a), isNaN_(x))
    const isInfinite = eq(x, Infinity)
    const isNothing = isUpper ? or(isInfinite, eq(a, 0)) : eq(x, 0)
    const byFraction = isUpper ? not(or(lt(x, 1), lt(x, a))) : and(ge(x, 1), gt(x, a))
    const active = not(anyHolds(isOutside, underflows, isInfinite, isNothing))
    const lower = div(mul(limitOf(seriesOf(x), a, and(active, not(byFraction))), factor), a)
    const upper = mul(limitOf(fractionOf(x), a, and(active, byFraction)), factor)
    const inside = isUpper ? select(byFraction, sub(1, lower), upper) : select(byFraction, lower, sub(1, upper))
    const atEnds = isUpper ? inside : select(isInfinite, inside, 1)
    return select(isOutside, select(isNothing, atEnds, 0), NaN)
  }

/**
 * The derivative by a, of P(a, x) or of a sample x whose P(a, x) is held: both from the logarithmic derivative of one
 * side, times the density or, over ∂P/∂x, -x.
 */
const derivative =
  (ofSample: boolean) =>
  (a: NDArray, x: NDArray): NDArray => {
    const { logDensity, underflows } = density(a, x)
    const hasNaN = or(isNaN_(a), isNaN_(x))
    const isZero = eq(x, 0)
    const isOutside = or(lt(x, 0), le(a, 0))
    const byFraction = and(gt(x, 1), gt(x, a))
    const active = not(anyHolds(isZero, isOutside, underflows, hasNaN))
    const [sum, dSum] = limitAndSlope(seriesOf(x), a, and(active, not(byFraction)))
    const [quotient, dQuotient] = limitAndSlope(fractionOf(x), a, and(active, byFraction))
    const logX = log(x)
    const lower = div(add(mul(sum, sub(logX, digamma(add(a, 1)))), dSum), a)
    const upper = add(mul(quotient, sub(logX, digamma(a))), dQuotient)
    const inside = mul(select(byFraction, lower, neg(upper)), ofSample ? neg(x) : exp(logDensity))
    return select(or(isOutside, hasNaN), select(isZero, inside, 0), NaN)
  }

const noDerivative = (): never => {
  throw new DifferentiationError('igamma_grad_a', 'igamma has no second derivative by its parameter a')
}

type OfTwo = Operation<(x: Operand, y: Operand) => NDArray>

/**
 * The derivative of {@link igamma} by its parameter a.
 *
 * @throws DifferentiationError when differentiated
 */
export const igammaGradA: OfTwo = binary({
  name: 'igamma_grad_a',
  accepts: 'float',
  lower: programLowering(derivative(false)),
  derivatives: [noDerivative, noDerivative],
})

/** x^(a - 1) e^-x / Γ(a), the derivative by x. */
const slopeInX = (a: NDArray, x: NDArray): NDArray => exp(sub(sub(mul(sub(a, 1), log(x)), x), lgamma(a)))

/**
 * The regularized lower incomplete gamma function P(a, x), the share of Gamma(a) below x; NaN of negative arguments, and
 * of two zeros. Differentiable once in a, and in x.
 *
 * @see https://dlmf.nist.gov/8.2
 * @example
 * lax.igamma(np.array(2), np.array(3)) // => Array(0.80085176, dtype=float32)
 */
export const igamma: OfTwo = binary({
  name: 'igamma',
  accepts: 'float',
  lower: programLowering(incomplete(false)),
  derivatives: [(t, _y, a, x) => mul(t, igammaGradA(a, x)), (t, _y, a, x) => mul(t, slopeInX(a, x))],
})

/**
 * The regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x), without cancellation at great x.
 *
 * @see https://dlmf.nist.gov/8.2
 */
export const igammac: OfTwo = binary({
  name: 'igammac',
  accepts: 'float',
  lower: programLowering(incomplete(true)),
  derivatives: [(t, _y, a, x) => neg(mul(t, igammaGradA(a, x))), (t, _y, a, x) => neg(mul(t, slopeInX(a, x)))],
})

const sampleDerivative = derivative(true)
const sampleProgram = jit(function random_gamma_grad(a: NDArray, x: NDArray): NDArray {
  return inSingle(sampleDerivative, [a, x], {
    shape: broadcastShapes('randomGammaGrad', [a.shape, x.shape]),
    dtype: a.dtype,
  })
})

/**
 * The derivative of a sample x of Gamma(a) by a, with its probability P(a, x) held: -(∂P/∂a) / (∂P/∂x).
 *
 * @see Figurnov, Mohamed, Mnih, Implicit reparameterization gradients, 2018
 */
export const randomGammaGrad = (a: NDArray, x: NDArray): NDArray => sampleProgram(a, x)
