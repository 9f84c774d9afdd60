/** The gamma function's logarithm and its derivatives. */
import { ArgumentError, DifferentiationError, type NDArray } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { floor, mul, neg } from './arithmetic.js'
import { and, eq, ge, ne, select } from './compare.js'
import { add, binary, type Operand, type Operation, unary } from './elementwise.js'
import { type Composite, composite, exp, lowerLog1p } from './special.js'

/** Lanczos' approximation with g = 7 and 9 terms, as XLA has it. */
const g = 7
const first = 0.99999999999980993227684700473478
const lanczos = [
  676.520368121885098567009190444019, -1259.13921672240287047156078755283, 771.3234287776530788486528258894,
  -176.61502916214059906584551354, 12.507343278686904814458936853, -0.13857109526572011689554707,
  9.984369578019570859563e-6, 1.50563273514931155834e-7,
] as const

/** The argument z of Lanczos' sum, after reflection below 1/2; log of z + g + 1/2. */
const shifted = (m: Composite, x: OnnxValue) => {
  const isReflected = m.compare('Less', x, 0.5)
  const z = m.where(isReflected, m.op('Neg', x), m.op('Sub', x, 1))
  const t = m.op('Add', z, g + 0.5)
  const logT = m.op('Add', Math.log(g + 0.5), lowerLog1p(m, m.op('Div', z, g + 0.5)))
  return { isReflected, z, t, logT }
}

const lowerLgamma = (m: Composite, x: OnnxValue): OnnxValue => {
  const { isReflected, z, t, logT } = shifted(m, x)
  const sum = lanczos.reduce<OnnxValue | number>((s, c, i) => m.op('Add', s, m.op('Div', c, m.op('Add', z, i + 1))), first) // prettier-ignore
  const inner = m.op('Sub', m.op('Add', z, 0.5), m.op('Div', t, logT))
  const logGamma = m.op('Add', m.op('Add', Math.log(2 * Math.PI) / 2, m.op('Mul', inner, logT)), m.op('Log', sum))
  const a = m.op('Abs', x)
  const fraction = m.op('Sub', a, m.op('Floor', a))
  const reduced = m.where(m.compare('Greater', fraction, 0.5), m.op('Sub', 1, fraction), fraction)
  const logSin = m.op('Log', m.op('Sin', m.op('Mul', reduced, Math.PI)))
  const isPole = m.compare('Equal', logSin, -Infinity)
  const mirrored = m.op('Sub', m.op('Sub', Math.log(Math.PI), logSin), logGamma)
  const y = m.where(isReflected, m.where(isPole, Infinity, mirrored), logGamma)
  return m.where(m.compare('Equal', a, Infinity), Infinity, y)
}

/** log |Γ(x)|; infinite at 0, -1, -2, … */
export const lgamma = unary('lgamma', composite(lowerLgamma), (t, x) => mul(t, digamma(x)))

const lowerDigamma = (m: Composite, x: OnnxValue): OnnxValue => {
  const { isReflected, z, t, logT } = shifted(m, x)
  let numerator: OnnxValue | number = 0
  let denominator: OnnxValue | number = first
  lanczos.forEach((c, i) => {
    const d = m.op('Add', z, i + 1)
    const term = m.op('Div', c, d)
    numerator = m.op('Sub', numerator, m.op('Div', term, d))
    denominator = m.op('Add', denominator, term)
  })
  const y = m.op('Sub', m.op('Add', logT, m.op('Div', numerator, denominator)), m.op('Div', g, t))
  const turn = m.op('Mul', Math.PI, m.op('Add', x, m.op('Abs', m.op('Floor', m.op('Add', x, 0.5)))))
  const cotangent = m.op('Mul', Math.PI, m.op('Div', m.op('Cos', turn), m.op('Sin', turn)))
  const isPole = m.context.graph.op('And', [m.compare('LessOrEqual', x, 0), m.compare('Equal', x, m.op('Floor', x))])
  return m.where(isPole, NaN, m.where(isReflected, m.op('Sub', y, cotangent), y))
}

/** The derivative of log Γ; NaN at 0, -1, -2, … */
export const digamma: Operation<(x: NDArray) => NDArray> = unary('digamma', composite(lowerDigamma), (t, x) =>
  mul(t, polygamma(1, x)),
)

/** B_2j / (2j)! for j = 1, 2, …, of Euler's and Maclaurin's sum. */
export const bernoulliTerms = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
] as const

/** Where the series sets in; smaller arguments are summed one by one. */
const start = 10

/** Σ (x + k)^-s over k = 0, 1, … for s > 1, Hurwitz' zeta function of x > `least`; `power` is its argument to -s. */
const lowerZeta = (
  m: Composite,
  s: OnnxValue | number,
  x: OnnxValue,
  power: (v: OnnxValue) => OnnxValue,
  least = 0,
): OnnxValue => {
  const terms = start - least
  const plus = (n: number): OnnxValue | number => (typeof s === 'number' ? s + n : m.op('Add', s, n))
  let sum = power(x)
  for (let k = 1; k < terms; k++) sum = m.op('Add', sum, power(m.op('Add', x, k)))
  const w = m.op('Add', x, terms)
  let factor = power(w)
  sum = m.op('Add', sum, m.op('Div', m.op('Mul', factor, w), plus(-1)))
  sum = m.op('Add', sum, m.op('Mul', factor, 0.5))
  factor = m.op('Div', m.op('Mul', factor, s), w)
  bernoulliTerms.forEach((b, j) => {
    sum = m.op('Add', sum, m.op('Mul', factor, b))
    const rise = m.op('Mul', m.op('Mul', factor, plus(2 * j + 1)), plus(2 * j + 2))
    factor = m.op('Div', m.op('Div', rise, w), w)
  })
  return sum
}

const isWhole = (m: Composite, x: OnnxValue): OnnxValue => m.compare('Equal', x, m.op('Floor', x))

const leastArgument = -9

const lowerHurwitz = (m: Composite, s: OnnxValue, q: OnnxValue): OnnxValue => {
  const both = (a: OnnxValue, b: OnnxValue): OnnxValue => m.context.graph.op('And', [a, b])
  const not = (a: OnnxValue): OnnxValue => m.context.graph.op('Not', [a])
  const minus = m.op('Neg', s)
  const sum = lowerZeta(m, s, q, (v) => m.op('Pow', v, minus), leastArgument)
  const isPole = both(m.compare('LessOrEqual', q, 0), isWhole(m, q))
  const isEven = isWhole(m, m.op('Mul', s, 0.5))
  const atPole = m.where(isEven, Infinity, NaN)
  // Below, the powers are complex, or the series has not set in.
  const isBelow = both(m.compare('Less', q, 0), not(both(isWhole(m, s), m.compare('Greater', q, leastArgument))))
  const inside = m.where(isPole, atPole, m.where(isBelow, NaN, sum))
  return m.where(m.compare('Less', s, 1), NaN, m.where(m.compare('Equal', s, 1), Infinity, inside))
}

/**
 * Σ (q + k)^-s over k = 0, 1, …, Hurwitz' zeta function of s ≥ 1; ∞ at s = 1. A negative q must be greater than -9, and
 * its s whole, else the result is NaN. Differentiable in q.
 *
 * @throws DifferentiationError when differentiated by s: see `scipy.special.zeta`
 * @see https://dlmf.nist.gov/25.11
 * @example
 * lax.zeta(np.array(2), np.array(1)) // => Array(1.6449341, dtype=float32)
 */
export const zeta: Operation<(s: Operand, q: Operand) => NDArray> = binary({
  name: 'zeta',
  accepts: 'float',
  lower: composite(lowerHurwitz),
  derivatives: [
    () => {
      throw new DifferentiationError('zeta', 'lax.zeta has no derivative by s; scipy.special.zeta has')
    },
    (t, _y, s, q) => neg(mul(t, mul(s, zeta(add(s, 1), q)))),
  ],
})

/**
 * Coefficients of the n-th derivative of cot by its argument, a polynomial in y = cot: of y^0, y^1, … From the one before
 * it comes by p → -(1 + y²) p'.
 */
const cotangentDerivative = (n: number): readonly number[] => {
  let p: readonly number[] = [0, 1]
  for (let k = 0; k < n; k++) {
    const slope = p.slice(1).map((c, i) => c * (i + 1))
    p = Array.from({ length: p.length + 1 }, (_, i) => -(slope[i] ?? 0) - (slope[i - 2] ?? 0))
  }
  return p
}

/** From 1/2 on the series; below, ψ_n(x) = (-1)^n ψ_n(1 - x) - π dⁿ/dxⁿ cot πx. */
const lowerPolygamma =
  (n: number) =>
  (m: Composite, x: OnnxValue): OnnxValue => {
    const isReflected = m.compare('Less', x, 0.5)
    const argument = m.where(isReflected, m.op('Sub', 1, x), x)
    const sign = n % 2 === 0 ? -1 : 1
    const series = lowerZeta(m, n + 1, argument, (v) => {
      const inverse = m.op('Reciprocal', v)
      return Array.from({ length: n }).reduce<OnnxValue>((y) => m.op('Mul', y, inverse), inverse)
    })
    const value = m.op('Mul', sign * factorial(n), series)
    const turn = m.op('Mul', Math.PI, m.op('Sub', x, m.op('Round', x)))
    const cotangent = m.op('Div', m.op('Cos', turn), m.op('Sin', turn))
    const scale = Math.PI ** (n + 1)
    const powers = cotangentDerivative(n).map((c) => -c * scale)
    const mirrored = m.op(sign < 0 ? 'Add' : 'Sub', m.polynomial(cotangent, powers.reverse()), value)
    const isPole = m.context.graph.op('And', [m.compare('LessOrEqual', x, 0), isWhole(m, x)])
    return m.where(isPole, sign < 0 ? NaN : Infinity, m.where(isReflected, mirrored, value))
  }

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

const operations = new Map<number, Operation<(x: NDArray) => NDArray>>()

const ofOrder = (n: number): Operation<(x: NDArray) => NDArray> => {
  let operation = operations.get(n)
  if (operation === undefined) {
    operation = unary(`polygamma_${n}`, composite(lowerPolygamma(n)), (t, v) => mul(t, polygamma(n + 1, v)))
    operations.set(n, operation)
  }
  return operation
}

/**
 * The n-th derivative of digamma, n = 0, 1, …; at 0, -1, -2, … ∞ of odd n, else NaN. An array of orders takes x > -9, and
 * NaN where an order is negative or not whole.
 *
 * @see https://dlmf.nist.gov/5.15
 */
export const polygamma = (n: number | NDArray, x: NDArray): NDArray => {
  if (typeof n !== 'number') {
    const next = add(n, 1)
    const isOdd = ne(mul(floor(mul(n, 0.5)), 2), n)
    const size = mul(exp(lgamma(next)), zeta(next, x))
    const isOrder = and(ge(n, 0), eq(n, floor(n)))
    return select(isOrder, NaN, select(eq(n, 0), select(isOdd, neg(size), size), digamma(x)))
  }
  if (!Number.isInteger(n) || n < 0 || n > 100) {
    throw new ArgumentError('polygamma', 'an order from 0 to 100', String(n))
  }
  return n === 0 ? digamma(x) : ofOrder(n)(x)
}
