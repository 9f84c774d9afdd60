/** Inverse trigonometric and hyperbolic functions, angles. */
import type { NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type Binary, inexact, inexactBinary, type Unary } from './promoted.js'

export const asin: Unary = inexact((x) => lax.asin(x))
export const acos: Unary = inexact((x) => lax.acos(x))
export const atan: Unary = inexact((x) => lax.atan(x))
/**
 * Angle of the point (x, y) from the x axis, in [-π, π]; the ordinate comes first.
 *
 * @example
 * np.atan2(1, -1) // => Array(2.3561945, dtype=float32, weak_type=True)
 */
export const atan2: Binary = inexactBinary((y, x) => lax.atan2(y, x))
export const sinh: Unary = inexact((x) => lax.sinh(x))
export const cosh: Unary = inexact((x) => lax.cosh(x))
export const asinh: Unary = inexact((x) => lax.asinh(x))
export const acosh: Unary = inexact((x) => lax.acosh(x))
export const atanh: Unary = inexact((x) => lax.atanh(x))
export {
  asin as arcsin,
  acos as arccos,
  atan as arctan,
  atan2 as arctan2,
  asinh as arcsinh,
  acosh as arccosh,
  atanh as arctanh,
}

/** Degrees to radians. */
export const deg2rad: Unary = inexact((x) => lax.mul(x, Math.PI / 180))
/** Radians to degrees. */
export const rad2deg: Unary = inexact((x) => lax.mul(x, 180 / Math.PI))
export { deg2rad as radians, rad2deg as degrees }

/** √(x² + y²), without overflow of the squares. */
export const hypot: Binary = inexactBinary((x, y) => {
  const [a, b] = [lax.abs(x), lax.abs(y)]
  const greatest = lax.max(a, b)
  const isZero = lax.eq(greatest, 0)
  const ratio = lax.div(lax.min(a, b), lax.select(isZero, greatest, 1))
  const length = lax.select(isZero, lax.mul(greatest, lax.sqrt(lax.add(lax.square(ratio), 1))), greatest)
  const isInfinite = lax.or(lax.eq(a, Infinity), lax.eq(b, Infinity))
  return lax.select(isInfinite, length, Infinity)
})

/** sin πx / πx; 1 at 0. */
export const sinc: Unary = inexact((x: NDArray) => {
  const turn = lax.mul(x, Math.PI)
  const isZero = lax.eq(x, 0)
  const safe = lax.select(isZero, turn, 1)
  // At 0 the series, so that derivatives exist there.
  return lax.select(isZero, lax.div(lax.sin(safe), safe), lax.sub(1, lax.div(lax.square(turn), 6)))
})
