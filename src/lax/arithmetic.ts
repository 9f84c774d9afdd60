/** Arithmetic: sums, products, powers, extrema, rounding, signs. */
import {
  ArgumentError,
  bind1,
  type DType,
  isSigned,
  isUnsigned,
  type LowerContext,
  type NDArray,
  type Primitive,
  zero,
  withShape,
  DTypeError,
  showAval,
  isBool,
  isFloat,
  isOn,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { add, alignBatch, binary, unary } from './elementwise.js'
import { convertElementType, eq, ge, gt, select } from './compare.js'
import { kernel } from './kernels.js'

export { add } from './elementwise.js'

/** -x; unsigned integers wrap. */
export const neg = unary(
  'neg',
  (c, [x], dtype) =>
    isUnsigned(dtype) ? kernel(c, 'Sub', [c.graph.scalar(dtype, 0), x!], dtype) : kernel(c, 'Neg', [x!], dtype),
  (t) => neg(t),
  { accepts: 'number', linear: (ct) => neg(ct) },
)

/** x - y. */
export const sub = binary({
  name: 'sub',
  accepts: 'number',
  lower: 'Sub',
  derivatives: [(t) => t, (t) => neg(t)],
  transposes: [(ct) => ct, (ct) => neg(ct)],
})

/** x · y. */
export const mul = binary({
  name: 'mul',
  accepts: 'number',
  lower: 'Mul',
  derivatives: [(t, _r, _x, y) => mul(t, y), (t, _r, x) => mul(x, t)],
  transposes: [(ct, y) => mul(ct, y), (ct, x) => mul(x, ct)],
})

/** Integer division would stop the process on INT_MIN / -1, and throw on / 0: XLA gives INT_MIN, and -1. */
const lowerDiv = (c: LowerContext, [x, y]: readonly OnnxValue[], dtype: DType): OnnxValue => {
  if (!isSigned(dtype) && !isUnsigned(dtype)) return kernel(c, 'Div', [x!, y!], dtype)
  const { graph } = c
  const constant = (value: number | bigint): OnnxValue => graph.scalar(dtype, value)
  const where = (cond: OnnxValue, a: OnnxValue, b: OnnxValue): OnnxValue =>
    kernel(c, 'Where', [cond, a, b], dtype, { data: [1, 2] })
  const equal = (a: OnnxValue, b: OnnxValue): OnnxValue => kernel(c, 'Equal', [a, b], dtype, { sameType: false })
  const isZero = equal(y!, constant(0))
  if (isUnsigned(dtype)) {
    const ones = dtype === 'uint64' ? (1n << 64n) - 1n : 2 ** Number(dtype.slice(4)) - 1
    return where(isZero, constant(ones), kernel(c, 'Div', [x!, where(isZero, constant(1), y!)], dtype))
  }
  const isMinusOne = equal(y!, constant(-1))
  const safe = where(graph.op('Or', [isZero, isMinusOne]), constant(1), y!)
  const quotient = kernel(c, 'Div', [x!, safe], dtype)
  return where(isZero, constant(-1), where(isMinusOne, kernel(c, 'Sub', [constant(0), x!], dtype), quotient))
}

/** x / y; integers truncate toward zero, x / 0 is -1 and INT_MIN / -1 is INT_MIN, as XLA has it. */
export const div = binary({
  name: 'div',
  accepts: 'number',
  lower: lowerDiv,
  derivatives: [(t, _r, _x, y) => div(t, y), (t, r, _x, y) => neg(mul(div(t, y), r))],
  transposes: [(ct, y) => div(ct, y), null],
})

const lowerRem = (c: LowerContext, [x, y]: readonly OnnxValue[], dtype: DType): OnnxValue => {
  const op = (name: string, a: OnnxValue, b: OnnxValue): OnnxValue => kernel(c, name, [a, b], dtype)
  const mod = (a: OnnxValue, b: OnnxValue): OnnxValue => {
    if (isUnsigned(dtype)) return op('Mod', a, b)
    // C's fmod goes through doubles, which don't hold 64 bits.
    if (dtype === 'int64') return op('Sub', a, op('Mul', b, op('Div', a, b)))
    return kernel(c, 'Mod', [a, b], dtype, { attributes: { fmod: 1 } })
  }
  if (!isSigned(dtype) && !isUnsigned(dtype)) return mod(x!, y!)
  const { graph } = c
  const isZero = kernel(c, 'Equal', [y!, graph.scalar(dtype, 0)], dtype, { sameType: false })
  const unsafe = isSigned(dtype)
    ? graph.op('Or', [isZero, kernel(c, 'Equal', [y!, graph.scalar(dtype, -1)], dtype, { sameType: false })])
    : isZero
  const one = graph.scalar(dtype, 1)
  const safe = kernel(c, 'Where', [unsafe, one, y!], dtype, { data: [1, 2] })
  return kernel(c, 'Where', [isZero, x!, mod(x!, safe)], dtype, { data: [1, 2] })
}

const truncated = (x: NDArray): NDArray => mul(sign(x), floor(abs(x)))

/** Remainder of truncating division, with the sign of x; x rem 0 is x for integers. */
export const rem = binary({
  name: 'rem',
  accepts: 'number',
  lower: lowerRem,
  derivatives: [(t) => t, (t, _r, x, y) => neg(mul(t, truncated(div(x, y))))],
  transposes: [(ct) => ct, null],
})

/** x to the power y, of floats; the derivative by y of 0 to the power y is 0, of negative x NaN. */
export const pow = binary({
  name: 'pow',
  accepts: 'float',
  lower: 'Pow',
  derivatives: [
    (t, _r, x, y) => mul(t, mul(y, pow(x, sub(y, 1)))),
    (t, r, x) => mul(t, mul(log(select(eq(x, 0), x, 1)), r)),
  ],
})

/** The share of the gradient that `x` gets in max(x, y). */
const share = (x: NDArray, y: NDArray): NDArray =>
  select(eq(x, y), convertElementType(gt(x, y), y.dtype, y.weakType), 0.5)

/** The greater of two; NaN if either is. Of equal arguments each gets half of the gradient. */
export const max = binary({
  name: 'max',
  accepts: 'number',
  lower: (c, [x, y], dtype) => kernel(c, 'Max', [x!, y!], dtype),
  derivatives: [(t, _r, x, y) => mul(t, share(x, y)), (t, _r, x, y) => mul(t, share(y, x))],
})

/** The lesser of two; NaN if either is. Of equal arguments each gets half of the gradient. */
export const min = binary({
  name: 'min',
  accepts: 'number',
  lower: (c, [x, y], dtype) => kernel(c, 'Min', [x!, y!], dtype),
  derivatives: [(t, _r, x, y) => mul(t, share(y, x)), (t, _r, x, y) => mul(t, share(x, y))],
})

/** |x|; its derivative at 0 is 1, as JAX has it. */
export const abs = unary('abs', 'Abs', (t, x) => select(ge(x, 0), neg(t), t), { accepts: 'number' })

/** -1, 0 or 1; NaN of NaN. */
export const sign = unary('sign', 'Sign', null, { accepts: 'number' })
export const floor = unary('floor', 'Floor', null)
export const ceil = unary('ceil', 'Ceil', null)
/** To the nearest whole number, halves to the even one. */
export const roundHalfEven = unary('round', 'Round', null)
/** To the nearest whole number, halves away from zero. */
export const round = unary(
  'round_half_away',
  (c, [x], dtype) => {
    const op = (name: string, ...inputs: readonly OnnxValue[]): OnnxValue => kernel(c, name, inputs, dtype)
    const magnitude = op('Abs', x!)
    const whole = op('Floor', magnitude)
    const isHalfOrMore = kernel(c, 'GreaterOrEqual', [op('Sub', magnitude, whole), c.graph.scalar(dtype, 0.5)], dtype, {
      sameType: false,
    })
    const up = op('Add', whole, c.graph.scalar(dtype, 1))
    const rounded = kernel(c, 'Where', [isHalfOrMore, up, whole], dtype, { data: [1, 2] })
    return op('Mul', op('Sign', x!), rounded)
  },
  null,
)

/** √x. */
export const sqrt = unary('sqrt', 'Sqrt', (t, _x, y) => div(mul(t, 0.5), y))
/** 1 / √x. */
export const rsqrt = unary(
  'rsqrt',
  (c, [x], dtype) => kernel(c, 'Reciprocal', [kernel(c, 'Sqrt', [x!], dtype)], dtype),
  (t, x, y) => mul(t, mul(-0.5, div(y, x))),
)
/** Natural logarithm. */
export const log = unary('log', 'Log', (t, x) => div(t, x))

interface IntegerPow {
  /** The exponent. */
  readonly y: number
}

const lowerIntegerPow = (c: LowerContext, x: OnnxValue, y: number, dtype: DType): OnnxValue => {
  const { graph } = c
  if (y < 0) {
    const positive = lowerIntegerPow(c, x, -y, dtype)
    return kernel(c, 'Reciprocal', [positive], dtype)
  }
  if (!isOn('integerPower') && isFloat(dtype)) return kernel(c, 'Pow', [x, graph.scalar(dtype, y)], dtype)
  if (y === 0) return kernel(c, 'Expand', [graph.scalar(dtype, 1), graph.op('Shape', [x])], dtype, { data: [0] })
  let result: OnnxValue | null = null
  let square = x
  for (let n = y; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) result = result === null ? square : kernel(c, 'Mul', [result, square], dtype)
    if (n > 1) square = kernel(c, 'Mul', [square, square], dtype)
  }
  return result!
}

export const integerPowP: Primitive<IntegerPow> = {
  name: 'integer_pow',
  abstractEval([x], { y }) {
    if (!Number.isSafeInteger(y)) throw new ArgumentError('integer_pow', 'a whole exponent', String(y))
    if (isBool(x!.dtype) || (y < 0 && x!.dtype.includes('int'))) {
      throw new DTypeError(
        'integer_pow',
        y < 0 ? 'floating point arrays for a negative exponent' : 'arrays of numbers',
        showAval(x!),
      )
    }
    return [withShape(x!, x!.shape)]
  },
  jvp([x], [t], { y }) {
    const result = integerPow(x!, y)
    if (t === zero || y === 0) return [[result], [zero]]
    return [[result], [mul(t!, y === 1 ? 1 : mul(integerPow(x!, y - 1), y))]]
  },
  transpose: () => {
    throw new DTypeError('integer_pow', 'to be differentiated before it is transposed', 'a transpose')
  },
  batch: (args, axes, params) => [[bind1(integerPowP, alignBatch(args, axes), params)], [0]],
  lower: (c, [x], { y }) => [lowerIntegerPow(c, x!, y, c.avalsIn[0]!.dtype)],
}

/** x to a whole power, by products. @throws ArgumentError for a broken power, DTypeError for a negative one of integers */
export const integerPow = (x: NDArray, y: number): NDArray => (y === 1 ? x : bind1(integerPowP, [x], { y }))

/** x². */
export const square = (x: NDArray): NDArray => integerPow(x, 2)

/** min(max(x, lo), hi). */
export const clamp = (lo: NDArray | number, x: NDArray, hi: NDArray | number): NDArray => min(max(x, lo), hi)

/** The sum of arrays, or of one array. */
export const addAll = (xs: readonly NDArray[]): NDArray => xs.reduce((a, b) => add(a, b))
