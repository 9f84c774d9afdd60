/** Order: sorting, places in sorted arrays, quantiles. */
import { ArgumentError, isBool, type NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promote, promoteInexact } from './convert.js'
import { type Axis, axesOf } from './axes.js'

export interface SortOptions {
  /** The axis that is sorted; default the last; `null` flattens. */
  readonly axis?: number | null
  /** From the greatest to the least; default false. Equal elements keep their order. */
  readonly descending?: boolean
}

/** The array and the axis to be sorted; booleans as numbers, NaN last or, descending, first. */
const sortable = (where: string, x: ArrayLike, axis: number | null): readonly [NDArray, number] => {
  const a = asArray(x)
  const flat = axis === null ? lax.reshape(a, [a.size]) : a
  return [
    isBool(a.dtype) ? lax.convertElementType(flat, 'uint8') : flat,
    axis === null ? 0 : lax.canonicalAxis(where, axis, a.ndim),
  ]
}

/**
 * Elements in order, NaN last (descending: first).
 *
 * @example
 * np.sort(np.array([3, 1, 2]), { descending: true }) // => Array([3., 2., 1.], dtype=float32)
 */
export const sort = (x: ArrayLike, { axis = -1, descending = false }: SortOptions = {}): NDArray => {
  const [a, dimension] = sortable('np.sort', x, axis)
  const sorted = lax.sort(a, { dimension })
  const ordered = descending ? lax.rev(sorted, [dimension]) : sorted
  return lax.convertElementType(ordered, asArray(x).dtype, asArray(x).weakType)
}

/** The places from which {@link sort} takes its elements, int32. */
export const argsort = (x: ArrayLike, { axis = -1, descending = false }: SortOptions = {}): NDArray => {
  const [a, dimension] = sortable('np.argsort', x, axis)
  const places = lax.broadcastedIota('int32', a.shape, dimension)
  const reversed = (y: NDArray): NDArray => (descending ? lax.rev(y, [dimension]) : y)
  return reversed(lax.sortKeyVal(lax.stopGradient(reversed(a)), reversed(places), dimension)[1])
}

/** The places that sort by several keys, the last one first, int32. */
export const lexsort = (keys: readonly ArrayLike[], axis = -1): NDArray => {
  if (keys.length === 0) throw new ArgumentError('np.lexsort', 'at least one key', 'none')
  const arrays = [...keys].reverse().map((key) => sortable('np.lexsort', key, axis)[0])
  const dimension = lax.canonicalAxis('np.lexsort', axis, arrays[0]!.ndim)
  const places = lax.broadcastedIota('int32', arrays[0]!.shape, dimension)
  return lax.sort([...arrays, places], { dimension, numKeys: arrays.length })[arrays.length]!
}

/**
 * Where values would be put in a sorted vector, int32: before equal elements, or with `side: 'right'` after them.
 *
 * @throws ShapeError unless `sorted` is a vector
 * @example
 * np.searchsorted(np.array([1, 2, 2, 3]), 2).item() // => 1
 */
export const searchsorted = (
  sorted: ArrayLike,
  values: ArrayLike,
  { side = 'left' }: { readonly side?: 'left' | 'right' } = {},
): NDArray => {
  const [a, v] = promote(sorted, values) as readonly [NDArray, NDArray]
  if (a.ndim !== 1) throw new ShapeError('np.searchsorted', 'a sorted vector', showAval(a.aval))
  const column = lax.expandDims(v, [v.ndim])
  const isBefore = side === 'left' ? lax.lt(a, column) : lax.le(a, column)
  // NaN is greater than all numbers, and equal to itself.
  const isOdd = lax.ne(column, column)
  const isLess = lax.or(isBefore, side === 'left' ? lax.and(isOdd, lax.eq(a, a)) : isOdd)
  return lax.reduceSum(lax.convertElementType(isLess, 'int32'), [v.ndim])
}

export interface QuantileOptions {
  /** Axes that vanish; default all. */
  readonly axis?: Axis
  /** Whether they stay as axes of size 1; default false. */
  readonly keepdims?: boolean
}

/**
 * The value below which a share q of the elements lies, linear between two of them; NaN if there is one.
 *
 * @param q - a share in [0, 1], or an array of them, whose axes come first in the result
 * @throws ShapeError if the axes have no elements
 * @example
 * np.quantile(np.array([1, 2, 3, 4]), 0.5) // => Array(2.5, dtype=float32)
 */
export const quantile = (x: ArrayLike, q: ArrayLike, { axis, keepdims = false }: QuantileOptions = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  const axes = axesOf('np.quantile', axis, a.ndim)
  const rest = lax.range(a.ndim).filter((i) => !axes.includes(i))
  const restShape = rest.map((i) => a.shape[i]!)
  const count = axes.reduce((n, i) => n * a.shape[i]!, 1)
  if (count === 0) throw new ShapeError('np.quantile', 'axes with elements', showAval(a.aval))
  const sorted = lax.sort(lax.reshape(lax.transpose(a, [...axes, ...rest]), [count, ...restShape]), { dimension: 0 })
  const isOdd = lax.reduceOr(lax.ne(sorted, sorted), [0])
  const share = promoteInexact(q)[0]!
  const wide = a.dtype === 'float64' ? 'float64' : 'float32'
  const place = lax.clamp(0, lax.mul(lax.convertElementType(share, wide), count - 1), count - 1)
  const low = lax.floor(place)
  const weight = lax.convertElementType(lax.sub(place, low), a.dtype)
  const at = (index: NDArray): NDArray =>
    lax.take(sorted, lax.convertElementType(index, 'int32'), 0, 'promise_in_bounds')
  const aligned = lax.reshape(weight, [...share.shape, ...restShape.map(() => 1)])
  const [below, above] = [at(low), at(lax.ceil(place))]
  const between = lax.add(lax.mul(below, lax.sub(1, aligned)), lax.mul(above, aligned))
  // No part of an infinite neighbor is none of it.
  const value = lax.select(lax.broadcastTo(lax.eq(aligned, 0), between.shape), between, below)
  const result = lax.select(isOdd, value, NaN)
  if (!keepdims) return result
  return lax.reshape(result, [...share.shape, ...a.shape.map((n, i) => (axes.includes(i) ? 1 : n))])
}

/** As {@link quantile}, q in percent. */
export const percentile = (x: ArrayLike, q: ArrayLike, options: QuantileOptions = {}): NDArray =>
  quantile(x, lax.div(promoteInexact(q)[0]!, 100), options)

/** The middle element, or the mean of the two middle ones. */
export const median = (x: ArrayLike, options: QuantileOptions = {}): NDArray => quantile(x, 0.5, options)
