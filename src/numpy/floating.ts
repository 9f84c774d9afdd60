/** Signs, whole parts, roots and closeness of numbers. */
import { isBool, isFloat, isInteger, isUnsigned, type NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promote, promoteInexact } from './convert.js'
import { type Binary, binary, inexact, inexactBinary, type Unary } from './promoted.js'
import { all, any } from './reductions.js'
import { equal, floorDivide, isnan, multiply, remainder } from './ufuncs.js'

/** 2^x. */
export const exp2: Unary = inexact((x) => lax.exp2(x))
/** The cube root, of negative numbers too. */
export const cbrt: Unary = inexact((x) => lax.cbrt(x))
/** x · 2^n. */
export const ldexp = (x: ArrayLike, n: ArrayLike): NDArray => multiply(promoteInexact(x)[0]!, exp2(n))
/** x to the power y, in floating point. */
export const floatPower: Binary = inexactBinary((x, y) => lax.pow(x, y))

/** x itself. */
export const positive: Unary = (x) => asArray(x)

/**
 * To the nearest number with so many decimals (default 0), halves to the even one; negative decimals round before the point.
 *
 * @example
 * np.round(np.array([1.25, 2.5, -0.5]), 1) // => Array([ 1.2,  2.5, -0.5], dtype=float32)
 */
export const round = (x: ArrayLike, decimals = 0): NDArray => {
  const a = asArray(x)
  if (isBool(a.dtype) || (isInteger(a.dtype) && decimals >= 0)) return a
  if (isInteger(a.dtype)) {
    return lax.convertElementType(round(lax.convertElementType(a, 'float64'), decimals), a.dtype, a.weakType)
  }
  if (decimals === 0) return lax.roundHalfEven(a)
  const factor = 10 ** Math.abs(decimals)
  return decimals > 0
    ? lax.div(lax.roundHalfEven(lax.mul(a, factor)), factor)
    : lax.mul(lax.roundHalfEven(lax.div(a, factor)), factor)
}
export const around = round

/** Without what follows the point. */
export const trunc: Unary = (x) => {
  const a = asArray(x)
  return isFloat(a.dtype) ? lax.select(lax.lt(a, 0), lax.floor(a), lax.ceil(a)) : a
}
export const fix = trunc

/** Quotient and remainder of floor division. */
export const divmod = (x: ArrayLike, y: ArrayLike): readonly [NDArray, NDArray] => [floorDivide(x, y), remainder(x, y)]

/** Whether the sign is negative, of -0 too; false of NaN. */
export const signbit: Unary = (x) => {
  const a = asArray(x)
  if (isUnsigned(a.dtype) || isBool(a.dtype)) return lax.ne(a, a)
  if (!isFloat(a.dtype)) return lax.lt(a, 0)
  // The reciprocal of -0 is -∞.
  return lax.or(lax.lt(a, 0), lax.lt(lax.reciprocal(a), 0))
}

/** |x| with the sign of y. */
export const copysign: Binary = inexactBinary((x, y) => {
  const magnitude = lax.abs(x)
  return lax.select(signbit(y), magnitude, lax.neg(magnitude))
})

/** 0 of negative x, 1 of positive, `atZero` of 0; NaN of NaN. */
export const heaviside: Binary = inexactBinary((x, atZero) =>
  lax.select(lax.lt(x, 0), lax.select(lax.gt(x, 0), lax.select(isnan(x), atZero, NaN), 1), 0),
)

/** The greater of two; a number if one of them is NaN. */
export const fmax: Binary = binary((x, y) => lax.select(lax.or(lax.gt(x, y), lax.ne(y, y)), y, x))
/** The lesser of two; a number if one of them is NaN. */
export const fmin: Binary = binary((x, y) => lax.select(lax.or(lax.lt(x, y), lax.ne(y, y)), y, x))

export const isposinf: Unary = (x) => lax.eq(promoteInexact(x)[0]!, Infinity)
export const isneginf: Unary = (x) => lax.eq(promoteInexact(x)[0]!, -Infinity)

/** The bits moved down; of signed integers copies of the sign are put in. */
export const rightShift: Binary = binary((x, y) =>
  isUnsigned(x.dtype) ? lax.shiftRightLogical(x, y) : lax.shiftRightArithmetic(x, y),
)

export { rightShift as bitwiseRightShift }

export interface CloseOptions {
  /** Relative tolerance; default 1e-5. */
  readonly rtol?: number
  /** Absolute tolerance; default 1e-8. */
  readonly atol?: number
  /** Whether NaN equals NaN; default false. */
  readonly equalNan?: boolean
}

/** Whether |x - y| ≤ atol + rtol · |y|; infinities are close to themselves. */
export const isclose = (
  x: ArrayLike,
  y: ArrayLike,
  { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions = {},
): NDArray => {
  const [a, b] = promoteInexact(x, y) as readonly [NDArray, NDArray]
  const near = lax.le(lax.abs(lax.sub(a, b)), lax.add(lax.mul(lax.abs(b), rtol), atol))
  const areFinite = lax.and(lax.isFinite(a), lax.isFinite(b))
  const close = lax.or(lax.and(near, areFinite), lax.eq(a, b))
  return equalNan ? lax.or(close, lax.and(lax.ne(a, a), lax.ne(b, b))) : close
}

/**
 * Whether all elements are close.
 *
 * @example
 * np.allclose(np.array([1, 2]), np.array([1, 2.00001])).item() // => 1
 */
export const allclose = (x: ArrayLike, y: ArrayLike, options: CloseOptions = {}): NDArray => all(isclose(x, y, options))

const sameShape = (x: NDArray, y: NDArray): boolean => x.shape.join() === y.shape.join()

/** Whether shapes and elements are equal; with `equalNan` NaN equals NaN. */
export const arrayEqual = (
  x: ArrayLike,
  y: ArrayLike,
  { equalNan = false }: { readonly equalNan?: boolean } = {},
): NDArray => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  if (!sameShape(a, b)) return lax.full([], false, 'bool')
  const same = equal(a, b)
  return all(equalNan ? lax.or(same, lax.and(isnan(a), isnan(b))) : same)
}

/** Whether all elements are equal after broadcasting. */
export const arrayEquiv = (x: ArrayLike, y: ArrayLike): NDArray => lax.not(any(lax.not(equal(x, y))))
