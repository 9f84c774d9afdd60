/** Running sums and products, differences, interpolation. */
import { ArgumentError, type DType, isBool, type NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promoteInexact } from './convert.js'
import { searchsorted } from './sorting.js'

export interface CumulativeOptions {
  /** Axis along which it runs; default: the array is flattened. */
  readonly axis?: number | null
  /** Dtype of the result; default the argument's, of booleans int32. */
  readonly dtype?: DType
}

const cumulative =
  (where: string, f: (x: NDArray, axis: number) => NDArray) =>
  (x: ArrayLike, { axis = null, dtype }: CumulativeOptions = {}): NDArray => {
    const a = asArray(x)
    const typed = lax.convertElementType(a, dtype ?? (isBool(a.dtype) ? 'int32' : a.dtype))
    if (axis === null) return f(lax.reshape(typed, [a.size]), 0)
    return f(typed, lax.canonicalAxis(where, axis, a.ndim))
  }

/**
 * Sums of the elements up to each.
 *
 * @example
 * np.cumsum(np.array([1, 2, 3])) // => Array([1., 3., 6.], dtype=float32)
 */
export const cumsum = cumulative('np.cumsum', (x, axis) => lax.cumsum(x, axis))
/** Products of the elements up to each. */
export const cumprod = cumulative('np.cumprod', (x, axis) => lax.cumprod(x, axis))

const withoutNaN = (x: ArrayLike, value: number): NDArray => {
  const a = asArray(x)
  return isBool(a.dtype) ? a : lax.select(lax.ne(a, a), a, value)
}
/** Sums of the elements up to each, NaN taken as 0. */
export const nancumsum = (x: ArrayLike, options: CumulativeOptions = {}): NDArray => cumsum(withoutNaN(x, 0), options)
/** Products of the elements up to each, NaN taken as 1. */
export const nancumprod = (x: ArrayLike, options: CumulativeOptions = {}): NDArray => cumprod(withoutNaN(x, 1), options)

/** Differences of neighbors along an axis (default the last), n times; of booleans, whether they differ. */
export const diff = (x: ArrayLike, n = 1, { axis = -1 }: { readonly axis?: number } = {}): NDArray => {
  const a = asArray(x)
  const at = lax.canonicalAxis('np.diff', axis, a.ndim)
  if (!Number.isInteger(n) || n < 0) throw new ArgumentError('np.diff', 'a whole number of times', String(n))
  let result = a
  for (let i = 0; i < n; i++) {
    const size = result.shape[at]!
    if (size === 0) break
    const [upper, lower] = [lax.sliceInDim(result, 1, size, 1, at), lax.sliceInDim(result, 0, size - 1, 1, at)]
    result = isBool(a.dtype) ? lax.ne(upper, lower) : lax.sub(upper, lower)
  }
  return result
}

/** Differences of neighbors of the flattened array. */
export const ediff1d = (x: ArrayLike): NDArray => {
  const a = asArray(x)
  return diff(lax.reshape(a, [a.size]))
}

export interface InterpOptions {
  /** Value before the first point; default the first. */
  readonly left?: ArrayLike
  /** Value after the last point; default the last. */
  readonly right?: ArrayLike
}

/**
 * Values at x of the line through points (xp, fp), xp ascending.
 *
 * @throws ShapeError unless xp and fp are vectors of one size
 * @example
 * np.interp(1.5, np.array([1, 2]), np.array([10, 20])) // => Array(15., dtype=float32)
 */
export const interp = (x: ArrayLike, xp: ArrayLike, fp: ArrayLike, { left, right }: InterpOptions = {}): NDArray => {
  const [z, xs, ys] = promoteInexact(x, xp, fp) as readonly [NDArray, NDArray, NDArray]
  const n = xs.size
  if (xs.ndim !== 1 || ys.ndim !== 1 || ys.size !== n || n === 0) {
    throw new ShapeError(
      'np.interp',
      'points as two vectors of one size',
      `${showAval(xs.aval)} and ${showAval(ys.aval)}`,
    )
  }
  const at = (v: NDArray, i: NDArray): NDArray => lax.take(v, i, 0, 'clip')
  const above = lax.clamp(Math.min(1, n - 1), searchsorted(xs, lax.stopGradient(z), { side: 'right' }), n - 1)
  const below = lax.max(lax.sub(above, 1), 0)
  const [x0, x1, y0, y1] = [at(xs, below), at(xs, above), at(ys, below), at(ys, above)]
  const width = lax.sub(x1, x0)
  const isPoint = lax.eq(width, 0)
  const slope = lax.div(lax.sub(y1, y0), lax.select(isPoint, width, 1))
  const inside = lax.select(isPoint, lax.add(y0, lax.mul(lax.sub(z, x0), slope)), y1)
  const edge = (value: ArrayLike | undefined, i: number): NDArray =>
    value === undefined
      ? lax.squeeze(lax.sliceInDim(ys, i, i + 1), [0])
      : lax.convertElementType(asArray(value), ys.dtype)
  const [first, last] = [lax.squeeze(lax.sliceInDim(xs, 0, 1), [0]), lax.squeeze(lax.sliceInDim(xs, n - 1, n), [0])]
  const bounded = lax.select(lax.lt(z, first), inside, edge(left, 0))
  return lax.select(lax.gt(z, last), bounded, edge(right, n - 1))
}
