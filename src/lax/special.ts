/** Exponentials, trigonometry and error functions. */
import { type DType, type LowerContext } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { integerPow, mul, neg, square, sub } from './arithmetic.js'
import { add, unary } from './elementwise.js'
import { carrierOf, castTo, kernel } from './kernels.js'

/** Elementwise ONNX nodes of one dtype, for composites: numbers become constants. */
export class Composite {
  readonly dtype: DType
  constructor(
    readonly context: LowerContext,
    dtype: DType,
  ) {
    this.dtype = carrierOf(context, 'Add', dtype)
  }
  #value(x: OnnxValue | number): OnnxValue {
    return typeof x === 'number' ? this.context.graph.scalar(this.dtype, x) : x
  }
  op(name: string, ...inputs: readonly (OnnxValue | number)[]): OnnxValue {
    return kernel(
      this.context,
      name,
      inputs.map((x) => this.#value(x)),
      this.dtype,
    )
  }
  compare(name: string, x: OnnxValue | number, y: OnnxValue | number): OnnxValue {
    return kernel(this.context, name, [this.#value(x), this.#value(y)], this.dtype, { sameType: false })
  }
  where(condition: OnnxValue, x: OnnxValue | number, y: OnnxValue | number): OnnxValue {
    return kernel(this.context, 'Where', [condition, this.#value(x), this.#value(y)], this.dtype, { data: [1, 2] })
  }
  /** Coefficients from the highest power. */
  polynomial(x: OnnxValue, coefficients: readonly number[]): OnnxValue {
    const [first, ...rest] = coefficients
    return rest.reduce<OnnxValue | number>((sum, c) => this.op('Add', this.op('Mul', sum, x), c), first!) as OnnxValue
  }
}

/** A lowering made of {@link Composite} nodes, in a dtype that has kernels. */
export const composite =
  (build: (m: Composite, ...inputs: readonly OnnxValue[]) => OnnxValue) =>
  (context: LowerContext, inputs: readonly OnnxValue[], dtype: DType): OnnxValue => {
    const m = new Composite(context, dtype)
    const carried = inputs.map((x) => castTo(context, x, dtype, m.dtype))
    return castTo(context, build(m, ...carried), m.dtype, dtype)
  }

/** e^x. */
export const exp = unary('exp', 'Exp', (t, _x, y) => mul(t, y))

/** 2^x. */
export const exp2 = unary(
  'exp2',
  composite((m, x) => m.op('Pow', 2, x)),
  (t, _x, y) => mul(t, mul(y, Math.LN2)),
)

/** A power, and a step of Newton's method for what the exponent's rounding takes. */
const lowerCbrt = (m: Composite, x: OnnxValue): OnnxValue => {
  const a = m.op('Abs', x)
  const y = m.op('Pow', a, 1 / 3)
  const isPlain = m.context.graph.op('And', [m.compare('Greater', y, 0), m.compare('Less', y, Infinity)])
  const safe = m.where(isPlain, y, 1)
  const step = m.op('Div', m.op('Sub', safe, m.op('Div', a, m.op('Mul', safe, safe))), 3)
  return m.op('Mul', m.op('Sign', x), m.where(isPlain, m.op('Sub', safe, step), y))
}

/** The cube root, of negative numbers too. */
export const cbrt = unary('cbrt', composite(lowerCbrt), (t, _x, y) => mul(t, mul(integerPow(y, -2), 1 / 3)))

/** Kahan's form: exact cancellation of the rounding of 1 + x. */
export const lowerLog1p = (m: Composite, x: OnnxValue): OnnxValue => {
  const u = m.op('Add', x, 1)
  const d = m.op('Sub', u, 1)
  const isSmall = m.compare('Equal', d, 0)
  const ratio = m.op('Div', m.op('Mul', m.op('Log', u), x), m.where(isSmall, 1, d))
  return m.where(m.compare('Equal', u, Infinity), u, m.where(isSmall, x, ratio))
}

/** log(1 + x), accurate near 0. */
export const log1p = unary('log1p', composite(lowerLog1p), (t, x) => mul(t, reciprocal(add(x, 1))))

/** Kahan's form near 0; farther out e^x - 1 loses nothing. */
export const lowerExpm1 = (m: Composite, x: OnnxValue): OnnxValue => {
  const u = m.op('Exp', x)
  const d = m.op('Sub', u, 1)
  const isOne = m.compare('Equal', u, 1)
  const isNear = m.compare('LessOrEqual', m.op('Abs', x), 1)
  const safe = m.context.graph.op('And', [isNear, m.context.graph.op('Not', [isOne])])
  const kahan = m.op('Div', m.op('Mul', m.where(safe, d, 1), x), m.op('Log', m.where(safe, u, 2)))
  return m.where(isOne, x, m.where(isNear, kahan, d))
}

/** e^x - 1, accurate near 0. */
export const expm1 = unary('expm1', composite(lowerExpm1), (t, _x, y) => mul(t, add(y, 1)))

/** Hyperbolic tangent. */
export const tanh = unary('tanh', 'Tanh', (t, _x, y) => mul(t, sub(1, square(y))))

/** 1 / (1 + e^-x). ONNX Runtime's Sigmoid is only absolutely accurate on the CPU: 0 at -20. */
export const logistic = unary(
  'logistic',
  composite((m, x) =>
    m.context.device.startsWith('cuda')
      ? m.op('Sigmoid', x)
      : m.op('Reciprocal', m.op('Add', m.op('Exp', m.op('Neg', x)), 1)),
  ),
  (t, _x, y) => mul(t, mul(y, sub(1, y))),
)

export const sin = unary('sin', 'Sin', (t, x) => mul(t, cos(x)))
export const cos = unary('cos', 'Cos', (t, x) => neg(mul(t, sin(x))))
/** sin x / cos x. */
export const tan = unary(
  'tan',
  composite((m, x) => m.op('Div', m.op('Sin', x), m.op('Cos', x))),
  (t, _x, y) => mul(t, add(square(y), 1)),
)

/** 1 / x. */
export const reciprocal = unary('reciprocal', 'Reciprocal', (t, _x, y) => neg(mul(t, square(y))))

/** Coefficients of Cephes' ndtr.c, for double precision, from the highest power. */
const cephes = {
  t: [
    9.60497373987051638749, 90.0260197203842689217, 2232.00534594684319226, 7003.32514112805075473,
    55592.3013010394962768,
  ],
  u: [
    1, 33.5617141647503099647, 521.357949780152679795, 4594.32382970980127987, 22629.0000613890934246,
    49267.3942608635921086,
  ],
  p: [
    2.46196981473530512524e-10, 0.564189564831068821977, 7.46321056442269912687, 48.6371970985681366614,
    196.520832956077098242, 526.445194995477358631, 934.52852717195760754, 1027.55188689515710272,
    557.535335369399327526,
  ],
  r: [
    0.56418958354775507398, 1.27536670759978104416, 5.01905042251180477414, 6.16021097993053585195,
    7.4097426995044893916, 2.9788666537210024067,
  ],
  s: [
    1, 2.2605286322011727659, 9.39603524938001434673, 12.0489539808096656605, 17.0814450747565897222,
    9.60896809063285878198, 3.3690764510008151605,
  ],
  q: [
    1, 13.2281951154744992508, 86.7072140885989742329, 354.937778887819891062, 975.708501743205489753,
    1823.90916687909736289, 2246.33760818710981792, 1656.66309194161350182, 557.535340817727675546,
  ],
} as const

/** erf of doubles: a rational function near 0, 1 - erfc elsewhere (1 from 6 on). */
const lowerErf64 = (m: Composite, x: OnnxValue): OnnxValue => {
  const a = m.op('Min', m.op('Abs', x), 6)
  const isSmall = m.compare('Less', a, 1)
  const s = m.where(isSmall, a, 0)
  const z = m.op('Mul', s, s)
  const near = m.op('Div', m.op('Mul', s, m.polynomial(z, cephes.t)), m.polynomial(z, cephes.u))
  const tail = m.op(
    'Mul',
    m.op('Exp', m.op('Neg', m.op('Mul', a, a))),
    m.op('Div', m.polynomial(a, cephes.p), m.polynomial(a, cephes.q)),
  )
  return m.op('Mul', m.op('Sign', x), m.where(isSmall, near, m.op('Sub', 1, tail)))
}

/** Error function. The double precision form is Cephes' ndtr.c. */
export const erf = unary(
  'erf',
  (context, inputs, dtype) =>
    dtype === 'float64' && !context.device.startsWith('cuda')
      ? composite(lowerErf64)(context, inputs, dtype)
      : kernel(context, 'Erf', inputs, dtype),
  (t, x) => mul(t, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))),
)

/** Coefficients of Cephes' ndtrf.c, for single precision, from the highest power. */
const cephes32 = {
  p: [
    0.02326819970068386, -0.1387039388740657, 0.3687424674597105, -0.5824733027278666, 0.6210004621745983,
    -0.4944515323274145, 0.3404879937665872, -0.2741127028184656, 0.5638259427386472,
  ],
  r: [
    -10.47766399936249, 12.97719955372516, -7.495518717768503, 2.921019019210786, -1.0152652792027, 0.4218463358204948,
    -0.2820767439740514, 0.5641895067754075,
  ],
} as const

/** erfc x = e^(-x²) f(x) from 1 on; 1 - erf near 0, where nothing cancels. */
const lowerErfc = (m: Composite, x: OnnxValue): OnnxValue => {
  const isDouble = m.dtype === 'float64'
  const a = m.op('Min', m.op('Abs', x), 40)
  const isNear = m.compare('Less', a, 1)
  const far = m.where(isNear, 1, a)
  const scale = m.op('Exp', m.op('Neg', m.op('Mul', far, far)))
  const ratio = (p: readonly number[], q: readonly number[]): OnnxValue =>
    m.op('Div', m.polynomial(far, p), m.polynomial(far, q))
  const inverse = m.op('Reciprocal', far)
  const inverseSquare = m.op('Mul', inverse, inverse)
  const tail = isDouble
    ? m.where(m.compare('Less', far, 8), ratio(cephes.p, cephes.q), ratio(cephes.r, cephes.s))
    : m.op(
        'Mul',
        inverse,
        m.where(
          m.compare('Less', far, 2),
          m.polynomial(inverseSquare, cephes32.p),
          m.polynomial(inverseSquare, cephes32.r),
        ),
      )
  const outside = m.op('Mul', scale, tail)
  const near =
    isDouble && !m.context.device.startsWith('cuda') ? lowerErf64(m, x) : kernel(m.context, 'Erf', [x], m.dtype)
  const reflected = m.where(m.compare('Less', x, 0), m.op('Sub', 2, outside), outside)
  const result = m.where(isNear, m.op('Sub', 1, near), reflected)
  return m.where(m.compare('Equal', x, x), result, x)
}

/** 1 - erf x, without the cancellation at large x. */
export const erfc = unary('erfc', composite(lowerErfc), (t, x) =>
  mul(t, mul(exp(neg(square(x))), -2 / Math.sqrt(Math.PI))),
)

/** Giles, Approximating the erfinv function, 2010: single precision, in w = -log(1 - x²). */
const giles32 = {
  central: [
    2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
  ],
  tail: [
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
  ],
} as const

/** The double precision set of the same paper. */
const giles64 = {
  central: [
    -3.6444120640178196996e-21, -1.685059138182016589e-19, 1.2858480715256400167e-18, 1.115787767802518096e-17,
    -1.333171662854620906e-16, 2.0972767875968561637e-17, 6.6376381343583238325e-15, -4.0545662729752068639e-14,
    -8.1519341976054721522e-14, 2.6335093153082322977e-12, -1.2975133253453532498e-11, -5.4154120542946279317e-11,
    1.051212273321532285e-9, -4.1126339803469836976e-9, -2.9070369957882005086e-8, 4.2347877827932403518e-7,
    -1.3654692000834678645e-6, -1.3882523362786468719e-5, 0.0001867342080340571352, -0.00074070253416626697512,
    -0.0060336708714301490533, 0.24015818242558961693, 1.6536545626831027356,
  ],
  middle: [
    2.2137376921775787049e-9, 9.0756561938885390979e-8, -2.7517406297064545428e-7, 1.8239629214389227755e-8,
    1.5027403968909827627e-6, -4.013867526981545969e-6, 2.9234449089955446044e-6, 1.2475304481671778723e-5,
    -4.7318229009055733981e-5, 6.8284851459573175448e-5, 2.4031110387097893999e-5, -0.0003550375203628474796,
    0.00095328937973738049703, -0.0016882755560235047313, 0.0024914420961078508066, -0.0037512085075692412107,
    0.005370914553590063617, 1.0052589676941592334, 3.0838856104922207635,
  ],
  tail: [
    -2.7109920616438573243e-11, -2.5556418169965252055e-10, 1.5076572693500548083e-9, -3.7894654401267369937e-9,
    7.6157012080783393804e-9, -1.4960026627149240478e-8, 2.9147953450901080826e-8, -6.7711997758452339498e-8,
    2.2900482228026654717e-7, -9.9298272942317002539e-7, 4.5260625972231537039e-6, -1.9681778105531670567e-5,
    7.5995277030017761139e-5, -0.00021503011930044477347, -0.00013871931833623122026, 1.0103004648645343977,
    4.8499064014085844221,
  ],
} as const

const lowerErfInv = (m: Composite, x: OnnxValue): OnnxValue => {
  const w = m.op('Neg', lowerLog1p(m, m.op('Neg', m.op('Mul', x, x))))
  const root = m.op('Sqrt', w)
  const p =
    m.dtype === 'float64'
      ? m.where(
          m.compare('Less', w, 6.25),
          m.polynomial(m.op('Sub', w, 3.125), giles64.central),
          m.where(
            m.compare('Less', w, 16),
            m.polynomial(m.op('Sub', root, 3.25), giles64.middle),
            m.polynomial(m.op('Sub', root, 5), giles64.tail),
          ),
        )
      : m.where(
          m.compare('Less', w, 5),
          m.polynomial(m.op('Sub', w, 2.5), giles32.central),
          m.polynomial(m.op('Sub', root, 3), giles32.tail),
        )
  return m.where(m.compare('Equal', m.op('Abs', x), 1), m.op('Mul', x, Infinity), m.op('Mul', p, x))
}

/** Inverse of the error function on [-1, 1]. */
export const erfInv = unary('erf_inv', composite(lowerErfInv), (t, _x, y) =>
  mul(t, mul(exp(square(y)), Math.sqrt(Math.PI) / 2)),
)
