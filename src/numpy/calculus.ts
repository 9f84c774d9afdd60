/** Differences and sums along axes that stand for derivatives and integrals. */
import { ArgumentError, isFloat, type NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { diff } from './accumulation.js'
import { type ArrayLike, asArray, promoteInexact } from './convert.js'
import { axesOf } from './axes.js'

/** A vector as an array of `ndim` axes, along one of them. */
const along = (v: NDArray, ndim: number, axis: number): NDArray =>
  lax.reshape(
    v,
    lax.range(ndim).map((i) => (i === axis ? v.size : 1)),
  )

export interface TrapezoidOptions {
  /** Where the values are: of their shape, or a vector along the axis; default `dx` apart. */
  readonly x?: ArrayLike
  /** Distance of the values; default 1. */
  readonly dx?: ArrayLike
  /** Default the last. */
  readonly axis?: number
}

/**
 * The integral along an axis by the trapezoidal rule.
 *
 * @throws ShapeError
 * @example
 * np.trapezoid(np.array([1, 2, 3])) // => Array(4., dtype=float32)
 */
export const trapezoid = (y: ArrayLike, { x, dx = 1, axis = -1 }: TrapezoidOptions = {}): NDArray => {
  const [a, step] = promoteInexact(y, x ?? dx) as readonly [NDArray, NDArray]
  const at = lax.canonicalAxis('np.trapezoid', axis, a.ndim)
  const n = a.shape[at]!
  if (n === 0) return lax.reduceSum(a, [at])
  const width = (): NDArray => {
    if (x === undefined) return step
    return step.ndim === 1 ? along(diff(step), a.ndim, at) : diff(step, 1, { axis: at })
  }
  const [upper, lower] = [lax.sliceInDim(a, 1, n, 1, at), lax.sliceInDim(a, 0, n - 1, 1, at)]
  return lax.mul(lax.reduceSum(lax.mul(width(), lax.add(upper, lower)), [at]), 0.5)
}

export interface GradientOptions {
  /** Default all. */
  readonly axis?: number | readonly number[]
}

/** Second order inside, one-sided at the ends. */
const slope = (a: NDArray, spacing: NDArray, axis: number): NDArray => {
  const n = a.shape[axis]!
  const part = (from: number, to: number): NDArray => lax.sliceInDim(a, from, to, 1, axis)
  if (spacing.ndim === 0) {
    const first = lax.sub(part(1, 2), part(0, 1))
    const last = lax.sub(part(n - 1, n), part(n - 2, n - 1))
    const inner = lax.mul(lax.sub(part(2, n), part(0, n - 2)), 0.5)
    return lax.div(lax.concatenate([first, inner, last], axis), spacing)
  }
  const widths = diff(spacing)
  const h = (from: number, to: number): NDArray => along(lax.sliceInDim(widths, from, to), a.ndim, axis)
  const [before, after] = [h(0, n - 2), h(1, n - 1)]
  const sum = lax.add(before, after)
  const inner = lax.add(
    lax.add(
      lax.mul(lax.neg(lax.div(after, lax.mul(before, sum))), part(0, n - 2)),
      lax.mul(lax.div(lax.sub(after, before), lax.mul(before, after)), part(1, n - 1)),
    ),
    lax.mul(lax.div(before, lax.mul(after, sum)), part(2, n)),
  )
  const first = lax.div(lax.sub(part(1, 2), part(0, 1)), h(0, 1))
  const last = lax.div(lax.sub(part(n - 1, n), part(n - 2, n - 1)), h(n - 2, n - 1))
  return lax.concatenate([first, inner, last], axis)
}

/**
 * Derivatives along axes by differences: one array for each axis.
 *
 * @param spacings - none (1), one for all axes, or one for each: a distance, or the coordinates along the axis
 * @throws ShapeError for less than two elements along an axis; ArgumentError
 * @example
 * np.gradient(np.array([1, 4, 9]))[0] // => Array([3., 4., 5.], dtype=float32)
 */
export const gradient = (
  x: ArrayLike,
  spacings: readonly ArrayLike[] = [],
  { axis }: GradientOptions = {},
): readonly NDArray[] => {
  const a = promoteInexact(x)[0]!
  const axes = axesOf('np.gradient', axis, a.ndim)
  if (spacings.length > 1 && spacings.length !== axes.length) {
    throw new ArgumentError('np.gradient', `no spacing, one, or ${axes.length}`, `${spacings.length}`)
  }
  return axes.map((at, i) => {
    const n = a.shape[at]!
    if (n < 2) throw new ShapeError('np.gradient', 'two elements or more along each axis', showAval(a.aval))
    const given = spacings.length === 0 ? 1 : spacings[spacings.length === 1 ? 0 : i]!
    const spacing = lax.convertElementType(asArray(given), a.dtype)
    if (spacing.ndim > 1 || (spacing.ndim === 1 && spacing.size !== n)) {
      throw new ShapeError('np.gradient', `a distance or ${n} coordinates`, showAval(spacing.aval))
    }
    return slope(a, spacing, at)
  })
}

export interface UnwrapOptions {
  /** Greatest difference that is left; default half of the period. */
  readonly discont?: number
  /** Default the last. */
  readonly axis?: number
  /** Default 2π. */
  readonly period?: number
}

/**
 * Angles whose jumps by more than half a period are taken back by whole periods.
 *
 * @example
 * np.unwrap(np.array([0, 4, 8]), { period: 6 }) // => Array([ 0., -2., -4.], dtype=float32)
 */
export const unwrap = (x: ArrayLike, { discont, axis = -1, period = 2 * Math.PI }: UnwrapOptions = {}): NDArray => {
  const given = asArray(x)
  const a = isFloat(given.dtype) || !Number.isInteger(period) ? promoteInexact(given)[0]! : given
  const at = lax.canonicalAxis('np.unwrap', axis, a.ndim)
  if (a.shape[at] === 0) return a
  const steps = diff(a, 1, { axis: at })
  const half = period / 2
  const shifted = lax.add(steps, isFloat(a.dtype) ? half : Math.floor(half))
  const rest = lax.rem(shifted, period)
  const turned = lax.sub(lax.select(lax.lt(rest, 0), rest, lax.add(rest, period)), isFloat(a.dtype) ? half : Math.floor(half)) // prettier-ignore
  // A step of half a period keeps its sign.
  const isEdge = lax.and(lax.eq(turned, isFloat(a.dtype) ? -half : -Math.floor(half)), lax.gt(steps, 0))
  const near = lax.select(isEdge, turned, isFloat(a.dtype) ? half : Math.floor(half))
  const isSmall = lax.lt(lax.abs(steps), Math.max(discont ?? half, half))
  const correction = lax.cumsum(lax.select(isSmall, lax.sub(near, steps), 0), at)
  const start = lax.full(a.shape.map((n, i) => (i === at ? 1 : n)), 0, a.dtype) // prettier-ignore
  return lax.add(a, lax.concatenate([start, correction], at))
}
