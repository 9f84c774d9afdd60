/** Elements moved around: roll, rotate, repeat, pad; more ways to join and split. */
import { ArgumentError, type NDArray, type Shape, ShapeError } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, fromElements } from './convert.js'
import { checkCount } from './counts.js'
import { concatenate, flip, split, swapaxes } from './manipulation.js'

const toList = (x: number | readonly number[]): readonly number[] => (typeof x === 'number' ? [x] : x)

/** Elements at constant places of an axis. */
export const picked = (x: NDArray, places: readonly number[], axis: number): NDArray =>
  lax.take(x, fromElements(places, [places.length], 'int32'), axis, 'promise_in_bounds')

/** Elements moved along axes, what leaves at the end coming back at the start; default: of the flattened array. */
export const roll = (x: ArrayLike, shift: number | readonly number[], axis?: number | readonly number[]): NDArray => {
  const a = asArray(x)
  if (axis === undefined) {
    const total = toList(shift).reduce((s, n) => s + n, 0)
    return lax.reshape(roll(lax.reshape(a, [a.size]), total, 0), a.shape)
  }
  const axes = toList(axis).map((i) => lax.canonicalAxis('np.roll', i, a.ndim))
  const shifts = toList(shift)
  if (shifts.length !== axes.length && shifts.length !== 1) {
    throw new ArgumentError('np.roll', 'one shift, or as many as axes', `${shifts.length} for ${axes.length}`)
  }
  return axes.reduce((y, at, i) => {
    const n = y.shape[at]!
    const by = n === 0 ? 0 : (((shifts[i] ?? shifts[0]!) % n) + n) % n
    if (by === 0) return y
    return lax.concatenate([lax.sliceInDim(y, n - by, n, 1, at), lax.sliceInDim(y, 0, n - by, 1, at)], at)
  }, a)
}

/** The array turned by k right angles, from the first of two axes to the second. */
export const rot90 = (x: ArrayLike, k = 1, axes: readonly [number, number] = [0, 1]): NDArray => {
  const turns = ((k % 4) + 4) % 4
  const [first, second] = axes
  if (turns === 0) return asArray(x)
  if (turns === 2) return flip(x, axes)
  return turns === 1 ? flip(swapaxes(x, first, second), first) : swapaxes(flip(x, first), first, second)
}

/**
 * Each element repeated: so many times, or each its own number of times; default: of the flattened array.
 *
 * @throws ShapeError unless there are as many counts as elements
 * @example
 * np.repeat(np.array([1, 2]), 2) // => Array([1., 1., 2., 2.], dtype=float32)
 */
export const repeat = (
  x: ArrayLike,
  repeats: number | readonly number[],
  { axis }: { readonly axis?: number } = {},
): NDArray => {
  const given = asArray(x)
  const a = axis === undefined ? lax.reshape(given, [given.size]) : given
  const at = axis === undefined ? 0 : lax.canonicalAxis('np.repeat', axis, a.ndim)
  const n = a.shape[at]!
  const counts =
    typeof repeats === 'number' || repeats.length === 1 ? lax.range(n).map(() => toList(repeats)[0]!) : repeats
  if (counts.length !== n || counts.some((c) => !Number.isInteger(c) || c < 0)) {
    throw new ShapeError(
      'np.repeat',
      `a count, or ${n} whole numbers, one for each element`,
      `[${toList(repeats).join()}]`,
    )
  }
  checkCount('np.repeat', 'a length of the result', counts.reduce((sum, c) => sum + c, 0), 2 ** 26) // prettier-ignore
  return picked(
    a,
    counts.flatMap((count, i) => lax.range(count).map(() => i)),
    at,
  )
}

const atLeast =
  (shapeOf: (shape: Shape) => Shape) =>
  (x: ArrayLike): NDArray => {
    const a = asArray(x)
    return lax.reshape(a, shapeOf(a.shape))
  }
/** The array with one axis or more. */
export const atleast1d = atLeast((shape) => (shape.length === 0 ? [1] : shape))
/** The array with two axes or more; a vector becomes a row. */
export const atleast2d = atLeast((shape) => (shape.length < 2 ? [1, shape[0] ?? 1] : shape))
/** The array with three axes or more; a matrix becomes `[n, m, 1]`. */
export const atleast3d = atLeast((shape) =>
  shape.length < 2 ? [1, shape[0] ?? 1, 1] : shape.length === 2 ? [...shape, 1] : shape,
)

/** Arrays joined along the third axis. */
export const dstack = (xs: readonly ArrayLike[]): NDArray => concatenate(xs.map(atleast3d), { axis: 2 })
/** Vectors as columns, matrices beside each other. */
export const columnStack = (xs: readonly ArrayLike[]): NDArray =>
  concatenate(
    xs.map((x) => {
      const a = asArray(x)
      return a.ndim < 2 ? lax.reshape(a, [a.size, 1]) : a
    }),
    { axis: 1 },
  )

/** As `split`, also into parts whose sizes differ by one, the greater ones first. */
export const arraySplit = (
  x: ArrayLike,
  parts: number | readonly number[],
  { axis = 0 }: { readonly axis?: number } = {},
): readonly NDArray[] => {
  if (typeof parts !== 'number') return split(x, parts, { axis })
  const a = asArray(x)
  const n = a.shape[lax.canonicalAxis('np.arraySplit', axis, a.ndim)]!
  if (checkCount('np.arraySplit', 'a number of parts', parts, 2 ** 16) === 0) {
    throw new ArgumentError('np.arraySplit', 'at least one part', '0')
  }
  const bounds = lax.range(parts - 1).map((i) => (i + 1) * Math.floor(n / parts) + Math.min(i + 1, n % parts))
  return split(a, bounds, { axis })
}
/** An array cut along the first axis. */
export const vsplit = (x: ArrayLike, parts: number | readonly number[]): readonly NDArray[] => split(x, parts)
/** An array cut along the second axis; a vector along its only one. */
export const hsplit = (x: ArrayLike, parts: number | readonly number[]): readonly NDArray[] =>
  split(x, parts, { axis: asArray(x).ndim > 1 ? 1 : 0 })
