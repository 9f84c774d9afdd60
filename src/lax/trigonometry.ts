/** Inverse trigonometric and hyperbolic functions, made of elementary ones: ONNX Runtime has them for float32 only. */
import type { OnnxValue } from '../onnx/index.js'
import { add, div, mul, neg, rsqrt, square, sub } from './arithmetic.js'
import { binary, unary } from './elementwise.js'
import { castTo } from './kernels.js'
import { Composite, composite, lowerExpm1, lowerLog1p } from './special.js'

/** Coefficients of Cephes' atanf.c and atan.c, from the highest power. */
const cephes = {
  single: [0.0805374449538, -0.138776856032, 0.199777106478, -0.333329491539],
  p: [
    -0.8750608600031904122785, -16.15753718733365076637, -75.0085579231470466734, -122.886668449013617341,
    -64.85021904942025371773,
  ],
  q: [
    1, 24.85846490142306297962, 165.0270098316988542046, 432.8810604912902668951, 485.3903996359136964868,
    194.5506571482613964425,
  ],
} as const

/** atan of what isn't negative: reduced to [-tan π/8, tan π/8] by atan x = π/4 + atan((x - 1) / (x + 1)), π/2 - atan(1 / x). */
const atanOfPositive = (m: Composite, a: OnnxValue): OnnxValue => {
  const isDouble = m.dtype === 'float64'
  const isLarge = m.compare('Greater', a, 2.414213562373095)
  const isSmall = m.compare('LessOrEqual', a, isDouble ? 0.66 : 0.4142135623730951)
  const inverse = m.op('Neg', m.op('Reciprocal', m.where(isLarge, a, 1)))
  const middle = m.op('Div', m.op('Sub', a, 1), m.op('Add', a, 1))
  const x = m.where(isLarge, inverse, m.where(isSmall, a, middle))
  const z = m.op('Mul', x, x)
  const series = isDouble
    ? m.op('Div', m.polynomial(z, cephes.p), m.polynomial(z, cephes.q))
    : m.polynomial(z, cephes.single)
  const reduced = m.op('Add', m.op('Mul', m.op('Mul', series, z), x), x)
  const offset = m.where(isLarge, Math.PI / 2, m.where(isSmall, 0, Math.PI / 4))
  return m.op('Add', offset, reduced)
}

const odd = (m: Composite, x: OnnxValue, f: (a: OnnxValue) => OnnxValue): OnnxValue =>
  m.op('Mul', m.op('Sign', x), f(m.op('Abs', x)))

const lowerAtan = (m: Composite, x: OnnxValue): OnnxValue => odd(m, x, (a) => atanOfPositive(m, a))

export const atan = unary('atan', composite(lowerAtan), (t, x) => div(t, add(square(x), 1)))

const cosineOf = (m: Composite, x: OnnxValue): OnnxValue =>
  m.op('Sqrt', m.op('Mul', m.op('Sub', 1, x), m.op('Add', 1, x)))

export const asin = unary(
  'asin',
  composite((m, x) => m.op('Mul', 2, lowerAtan(m, m.op('Div', x, m.op('Add', 1, cosineOf(m, x)))))),
  (t, x) => mul(t, rsqrt(mul(sub(1, x), add(x, 1)))),
)

export const acos = unary(
  'acos',
  composite((m, x) => {
    const ratio = m.op('Div', m.op('Sqrt', m.op('Sub', 1, x)), m.op('Sqrt', m.op('Add', 1, x)))
    return m.op('Mul', 2, atanOfPositive(m, ratio))
  }),
  (t, x) => neg(mul(t, rsqrt(mul(sub(1, x), add(x, 1))))),
)

/** Angle of the point (y, x): the sign of zeros says on which side of an axis it lies. */
const lowerAtan2 = (m: Composite, y: OnnxValue, x: OnnxValue): OnnxValue => {
  const { graph } = m.context
  const [ay, ax] = [m.op('Abs', y), m.op('Abs', x)]
  // The reciprocal of -0 is -∞.
  const isNegative = (v: OnnxValue): OnnxValue =>
    graph.op('Or', [m.compare('Less', v, 0), m.compare('Less', m.op('Reciprocal', v), 0)])
  const areInfinite = graph.op('And', [m.compare('Equal', ay, Infinity), m.compare('Equal', ax, Infinity)])
  const areZero = graph.op('And', [m.compare('Equal', ay, 0), m.compare('Equal', ax, 0)])
  const ratio = m.where(areInfinite, 1, m.where(areZero, 0, m.op('Div', ay, m.where(areZero, 1, ax))))
  const angle = atanOfPositive(m, ratio)
  const turned = m.where(isNegative(x), m.op('Sub', Math.PI, angle), angle)
  return m.where(isNegative(y), m.op('Neg', turned), turned)
}

/** Angle of the point (x, y) from the x axis, in [-π, π]; the ordinate comes first. */
export const atan2 = binary({
  name: 'atan2',
  accepts: 'float',
  lower: (context, [y, x], dtype) => {
    const m = new Composite(context, dtype)
    const [a, b] = [castTo(context, y!, dtype, m.dtype), castTo(context, x!, dtype, m.dtype)]
    return castTo(context, lowerAtan2(m, a, b), m.dtype, dtype)
  },
  derivatives: [
    (t, _r, y, x) => mul(t, div(x, add(square(x), square(y)))),
    (t, _r, y, x) => mul(t, div(neg(y), add(square(x), square(y)))),
  ],
})

/** e^(a / 2), whose square does not overflow before sinh and cosh do. */
const halfPower = (m: Composite, a: OnnxValue): OnnxValue => m.op('Exp', m.op('Mul', a, 0.5))
const grown = (m: Composite, h: OnnxValue): OnnxValue => m.op('Mul', m.op('Mul', h, 0.5), h)
const shrunk = (m: Composite, h: OnnxValue): OnnxValue => m.op('Div', m.op('Div', 0.5, h), h)

export const sinh = unary(
  'sinh',
  composite((m, x) =>
    odd(m, x, (a) => {
      const e = lowerExpm1(m, m.op('Min', a, 1))
      const near = m.op('Mul', 0.5, m.op('Add', e, m.op('Div', e, m.op('Add', e, 1))))
      const h = halfPower(m, a)
      return m.where(m.compare('Less', a, 1), near, m.op('Sub', grown(m, h), shrunk(m, h)))
    }),
  ),
  (t, x) => mul(t, cosh(x)),
)

export const cosh = unary(
  'cosh',
  composite((m, x) => {
    const h = halfPower(m, m.op('Abs', x))
    return m.op('Add', grown(m, h), shrunk(m, h))
  }),
  (t, x) => mul(t, sinh(x)),
)

/** Beyond it x² + 1 is x², and its square still is a number in single precision. */
const huge = 1e9

export const asinh = unary(
  'asinh',
  composite((m, x) =>
    odd(m, x, (a) => {
      const s = m.op('Min', a, huge)
      const z = m.op('Mul', s, s)
      const near = lowerLog1p(m, m.op('Add', s, m.op('Div', z, m.op('Add', 1, m.op('Sqrt', m.op('Add', z, 1))))))
      return m.where(m.compare('Greater', a, huge), m.op('Add', m.op('Log', a), Math.LN2), near)
    }),
  ),
  (t, x) => mul(t, rsqrt(add(square(x), 1))),
)

export const acosh = unary(
  'acosh',
  composite((m, x) => {
    const s = m.op('Sub', m.op('Min', x, huge), 1)
    const root = m.op('Sqrt', m.op('Add', m.op('Mul', s, 2), m.op('Mul', s, s)))
    const far = m.op('Add', m.op('Log', x), Math.LN2)
    const y = m.where(m.compare('Greater', x, huge), far, lowerLog1p(m, m.op('Add', s, root)))
    return m.where(m.compare('Less', x, 1), NaN, y)
  }),
  (t, x) => mul(t, rsqrt(mul(sub(x, 1), add(x, 1)))),
)

export const atanh = unary(
  'atanh',
  composite((m, x) =>
    odd(m, x, (a) => m.op('Mul', 0.5, lowerLog1p(m, m.op('Div', m.op('Mul', 2, a), m.op('Sub', 1, a))))),
  ),
  (t, x) => div(t, mul(sub(1, x), add(x, 1))),
)
