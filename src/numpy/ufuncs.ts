/** Elementwise functions; operands are promoted and broadcast. */
import {
  type DType,
  isBool,
  isFloat,
  isInteger,
  isUnsigned,
  limitsOf,
  literalValue,
  type NDArray,
} from '../core/index.js'
import { customJvp } from '../control/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, broadcastable, promote, promoteInexact, resultType } from './convert.js'
import { type Binary, binary, inexact, inexactBinary, type Unary } from './promoted.js'

/** x + y; of booleans, or. */
export const add: Binary = binary((x, y) => (isBool(x.dtype) ? lax.or(x, y) : lax.add(x, y)))
/** x - y. */
export const subtract: Binary = binary((x, y) => lax.sub(x, y))
/** x · y; of booleans, and. */
export const multiply: Binary = binary((x, y) => (isBool(x.dtype) ? lax.and(x, y) : lax.mul(x, y)))
/** x / y, of integers too a floating point quotient. */
export const divide: Binary = inexactBinary((x, y) => lax.div(x, y))
export const trueDivide = divide

/** Where a truncated remainder has another sign than the divisor. */
const needsShift = (remainder_: NDArray, y: NDArray): NDArray =>
  lax.and(lax.ne(lax.lt(remainder_, 0), lax.lt(y, 0)), lax.ne(remainder_, 0))

/** The greatest whole number not above x / y. Integers: x // 0 is -1, as XLA has it. */
export const floorDivide: Binary = binary((x, y) => {
  const rest = lax.rem(x, y)
  if (isFloat(x.dtype)) {
    const quotient = lax.div(lax.sub(x, rest), y)
    const shift = lax.and(lax.ne(rest, 0), lax.ne(lax.sign(y), lax.sign(rest)))
    const floored = lax.roundHalfEven(lax.select(shift, quotient, lax.sub(quotient, 1)))
    return lax.select(lax.eq(y, 0), floored, lax.stopGradient(lax.div(x, y)))
  }
  const quotient = lax.div(x, y)
  if (isUnsigned(x.dtype)) return quotient
  const signsDiffer = lax.ne(lax.sign(x), lax.sign(y))
  return lax.select(lax.and(signsDiffer, lax.ne(rest, 0)), quotient, lax.sub(quotient, 1))
})

/** Remainder with the sign of y, Python's `%`; of integers by 0 it is 0. */
export const remainder: Binary = binary((x, y) => {
  const rest = lax.rem(x, y)
  if (isFloat(x.dtype)) return lax.select(needsShift(rest, y), rest, lax.add(rest, y))
  const shifted = isUnsigned(x.dtype) ? rest : lax.select(needsShift(rest, y), rest, lax.add(rest, y))
  return lax.select(lax.eq(y, 0), shifted, 0)
})
export const mod = remainder
/** Remainder with the sign of x, C's `fmod`; of integers by 0 it is 0. */
export const fmod: Binary = binary((x, y) =>
  isFloat(x.dtype) ? lax.rem(x, y) : lax.select(lax.eq(y, 0), lax.rem(x, y), 0),
)

/** By squaring, as many times as matter before an overflow. */
const powerOfIntegers = (x: NDArray, y: NDArray): NDArray => {
  let [result, base, rest] = [lax.add(lax.mul(lax.add(x, y), 0), 1), x, y]
  for (let i = 0; i < 6; i++) {
    result = lax.select(lax.ne(lax.and(rest, lax.full([], 1, y.dtype)), 0), result, lax.mul(result, base))
    base = lax.mul(base, base)
    rest = lax.shiftRightLogical(rest, lax.full([], 1, y.dtype))
  }
  return result
}

/** x to the power y; a whole JS number as exponent becomes products. Integers by integers stay integers. */
export const power: Binary = (x, y) => {
  const exponent = typeof y === 'number' ? y : literalValue(asArray(y))
  const base = asArray(x)
  if (typeof exponent === 'number' && Number.isInteger(exponent) && Math.abs(exponent) <= 64) {
    if (exponent >= 0 && !isBool(base.dtype)) return lax.integerPow(base, exponent)
    if (isFloat(base.dtype)) return lax.integerPow(base, exponent)
  }
  const [c, d] = broadcastable(promote(base, y))
  if (isBool(c!.dtype)) return power(lax.convertElementType(c!, 'int32'), lax.convertElementType(d!, 'int32'))
  if (isInteger(c!.dtype)) return powerOfIntegers(c!, d!)
  const [a, b] = promoteInexact(base, y)
  return lax.pow(a!, b!)
}
export const pow = power

export const maximum: Binary = binary((x, y) => (isBool(x.dtype) ? lax.or(x, y) : lax.max(x, y)))
export const minimum: Binary = binary((x, y) => (isBool(x.dtype) ? lax.and(x, y) : lax.min(x, y)))

const comparison = (f: (x: NDArray, y: NDArray) => NDArray): Binary => binary(f)
/** x = y. */
export const equal: Binary = comparison((x, y) => lax.eq(x, y))
export const notEqual: Binary = comparison((x, y) => lax.ne(x, y))
export const less: Binary = comparison((x, y) => lax.lt(...ordered(x, y)))
export const lessEqual: Binary = comparison((x, y) => lax.le(...ordered(x, y)))
export const greater: Binary = comparison((x, y) => lax.gt(...ordered(x, y)))
export const greaterEqual: Binary = comparison((x, y) => lax.ge(...ordered(x, y)))

const ordered = (x: NDArray, y: NDArray): readonly [NDArray, NDArray] =>
  isBool(x.dtype) ? [lax.convertElementType(x, 'uint8'), lax.convertElementType(y, 'uint8')] : [x, y]

const truth = (x: ArrayLike): NDArray => {
  const a = asArray(x)
  return isBool(a.dtype) ? a : lax.ne(a, 0)
}
export const logicalAnd: Binary = (x, y) => lax.and(truth(x), truth(y))
export const logicalOr: Binary = (x, y) => lax.or(truth(x), truth(y))
export const logicalXor: Binary = (x, y) => lax.xor(truth(x), truth(y))
export const logicalNot: Unary = (x) => lax.not(truth(x))
export const bitwiseAnd: Binary = binary((x, y) => lax.and(x, y))
export const bitwiseOr: Binary = binary((x, y) => lax.or(x, y))
export const bitwiseXor: Binary = binary((x, y) => lax.xor(x, y))
export const bitwiseNot: Unary = (x) => lax.not(asArray(x))
export const leftShift: Binary = binary((x, y) => lax.shiftLeft(x, y))
export { leftShift as bitwiseLeftShift }

/** -x. */
export const negative: Unary = (x) => lax.neg(asArray(x))
/** |x|. */
export const abs: Unary = (x) => {
  const a = asArray(x)
  return isBool(a.dtype) || isUnsigned(a.dtype) ? a : lax.abs(a)
}
export const absolute = abs
/** |x| as a floating point number. */
export const fabs: Unary = inexact((x) => lax.abs(x))
export const sign: Unary = (x) => lax.sign(asArray(x))
const rounding =
  (f: (x: NDArray) => NDArray): Unary =>
  (x) => {
    const a = asArray(x)
    return isInteger(a.dtype) || isBool(a.dtype) ? a : f(a)
  }
export const floor: Unary = rounding((x) => lax.floor(x))
export const ceil: Unary = rounding((x) => lax.ceil(x))
/** To the nearest whole number, halves to the even one. */
export const rint: Unary = rounding((x) => lax.roundHalfEven(x))
export const exp: Unary = inexact((x) => lax.exp(x))
export const expm1: Unary = inexact((x) => lax.expm1(x))
export const log: Unary = inexact((x) => lax.log(x))
export const log1p: Unary = inexact((x) => lax.log1p(x))
export const log2: Unary = inexact((x) => lax.div(lax.log(x), Math.LN2))
export const log10: Unary = inexact((x) => lax.div(lax.log(x), Math.LN10))
export const sqrt: Unary = inexact((x) => lax.sqrt(x))
/** x². */
export const square: Unary = (x) => lax.square(asArray(x))
export const reciprocal: Unary = inexact((x) => lax.div(1, x))
export const sin: Unary = inexact((x) => lax.sin(x))
export const cos: Unary = inexact((x) => lax.cos(x))
export const tan: Unary = inexact((x) => lax.tan(x))
export const tanh: Unary = inexact((x) => lax.tanh(x))

/** The logarithm of a sum of two powers, by the power and the natural logarithm of its base. */
const logSumOfTwo = (name: string, power: (x: NDArray) => NDArray, scale: number) => {
  const f = (x: NDArray, y: NDArray): NDArray => {
    const delta = lax.sub(x, y)
    const sum = lax.add(lax.max(x, y), lax.div(lax.log1p(power(lax.neg(lax.abs(delta)))), scale))
    // Infinities of one sign have no difference.
    return lax.select(lax.ne(delta, delta), sum, lax.add(x, y))
  }
  Object.defineProperty(f, 'name', { value: name })
  const custom = customJvp(f)
  custom.defjvp(([x, y], [tx, ty]) => {
    const z = custom(x, y)
    const share = (a: NDArray, t: NDArray): NDArray => {
      const isInfinite = lax.eq(lax.abs(z), Infinity)
      return lax.mul(t, power(lax.sub(lax.select(isInfinite, a, 0), lax.select(isInfinite, z, 0))))
    }
    return [z, lax.add(share(x, tx), share(y, ty))]
  })
  return custom
}

const logSumOfExponentials = logSumOfTwo('logaddexp', (x) => lax.exp(x), 1)
/** log(e^x + e^y), without overflow. */
export const logaddexp: Binary = inexactBinary((x, y) => logSumOfExponentials(x, y))
const logSumOfPowersOf2 = logSumOfTwo('logaddexp2', (x) => lax.exp2(x), Math.LN2)
/** log₂(2^x + 2^y), without overflow. */
export const logaddexp2: Binary = inexactBinary((x, y) => logSumOfPowersOf2(x, y))

const floats = (x: ArrayLike): NDArray => promoteInexact(x)[0]!
export const isnan: Unary = (x) => lax.ne(floats(x), floats(x))
export const isfinite: Unary = (x) => lax.isFinite(floats(x))
export const isinf: Unary = (x) => lax.eq(lax.abs(floats(x)), Infinity)

/** NaN replaced by `nan` (default 0), infinities by `posinf`, `neginf` (default the greatest and least number). */
export const nanToNum = (
  x: ArrayLike,
  { nan = 0, posinf, neginf }: { readonly nan?: number; readonly posinf?: number; readonly neginf?: number } = {},
): NDArray => {
  const a = asArray(x)
  if (!isFloat(a.dtype)) return a
  const { max } = limitsOf(a.dtype)
  const numbers = lax.select(isnan(a), a, nan)
  const bounded = lax.select(lax.eq(numbers, Infinity), numbers, posinf ?? max)
  return lax.select(lax.eq(bounded, -Infinity), bounded, neginf ?? -max)
}

/** `onTrue` where the condition holds, else `onFalse`. */
export const where = (condition: ArrayLike, onTrue: ArrayLike, onFalse: ArrayLike): NDArray => {
  const [which, a, b] = broadcastable([truth(condition), ...promote(onTrue, onFalse)])
  return lax.select(which, b!, a!)
}

/** x within [min, max]; a bound may be left open by `null`. */
export const clip = (x: ArrayLike, min: ArrayLike | null = null, max: ArrayLike | null = null): NDArray => {
  const lower = min === null ? asArray(x) : maximum(x, min)
  return max === null ? lower : minimum(lower, max)
}

/** x as another dtype. Floats that an integer dtype can't hold saturate. */
export const astype = (x: ArrayLike, dtype: DType): NDArray => lax.convertElementType(asArray(x), dtype)

/** The dtype that results from operations on these values. */
export const resultDtype = (...xs: readonly ArrayLike[]): DType => resultType(...xs.map((x) => asArray(x).aval)).dtype
