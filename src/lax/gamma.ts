/** The gamma function's logarithm and its derivatives. */
import { ArgumentError, type NDArray } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { mul } from './arithmetic.js'
import { type Operation, unary } from './elementwise.js'
import { type Composite, composite, lowerLog1p } from './special.js'

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

/** B_2j / (2j)!, of Euler's and Maclaurin's sum. */
const bernoulli = [
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

/** Terms that are summed one by one before the series sets in. */
const terms = 10

/** Σ (x + k)^-s over k = 0, 1, … for a whole s > 1: Hurwitz' zeta function. */
const lowerZeta = (m: Composite, s: number, x: OnnxValue): OnnxValue => {
  const power = (v: OnnxValue): OnnxValue => {
    const inverse = m.op('Reciprocal', v)
    let product = inverse
    for (let i = 1; i < s; i++) product = m.op('Mul', product, inverse)
    return product
  }
  let sum = power(x)
  for (let k = 1; k < terms; k++) sum = m.op('Add', sum, power(m.op('Add', x, k)))
  const w = m.op('Add', x, terms)
  let factor = power(w)
  sum = m.op('Add', sum, m.op('Div', m.op('Mul', factor, w), s - 1))
  sum = m.op('Add', sum, m.op('Mul', factor, 0.5))
  factor = m.op('Div', m.op('Mul', factor, s), w)
  bernoulli.forEach((b, j) => {
    sum = m.op('Add', sum, m.op('Mul', factor, b))
    factor = m.op('Div', m.op('Div', m.op('Mul', factor, (s + 2 * j + 1) * (s + 2 * j + 2)), w), w)
  })
  return sum
}

const lowerTrigamma = (m: Composite, x: OnnxValue): OnnxValue => {
  const isReflected = m.compare('Less', x, 0.5)
  const y = lowerZeta(m, 2, m.where(isReflected, m.op('Sub', 1, x), x))
  const turn = m.op('Mul', Math.PI, m.op('Sub', x, m.op('Floor', x)))
  const ratio = m.op('Div', Math.PI, m.op('Sin', turn))
  return m.where(isReflected, m.op('Sub', m.op('Mul', ratio, ratio), y), y)
}

const operations = new Map<number, Operation<(x: NDArray) => NDArray>>()

/** The n-th derivative of digamma, n = 1, 2, …; from n = 2 on of x > -10. */
export const polygamma = (n: number, x: NDArray): NDArray => {
  if (!Number.isInteger(n) || n < 1 || n > 100) {
    throw new ArgumentError('polygamma', 'an order from 1 to 100', String(n))
  }
  let operation = operations.get(n)
  if (operation === undefined) {
    let scale = n % 2 === 0 ? -1 : 1
    for (let i = 2; i <= n; i++) scale *= i
    const lower = (m: Composite, v: OnnxValue): OnnxValue =>
      n === 1 ? lowerTrigamma(m, v) : m.op('Mul', scale, lowerZeta(m, n + 1, v))
    operation = unary(`polygamma_${n}`, composite(lower), (t, v) => mul(t, polygamma(n + 1, v)))
    operations.set(n, operation)
  }
  return operation(x)
}
