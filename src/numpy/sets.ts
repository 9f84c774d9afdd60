/** Arrays as sets: unique values, membership, unions and differences. */
import { ArgumentError, isBool, isFloat, type NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promote } from './convert.js'
import { concatenate, moveaxis, ravel } from './manipulation.js'
import { countOf, placesOf } from './selecting.js'
import { searchsorted } from './sorting.js'

export interface UniqueOptions {
  /** Compare the slices along this axis; default: elements of the flattened array. */
  readonly axis?: number
  /** Whether NaNs are one value; default true. */
  readonly equalNan?: boolean
  /** How many values the result has: needed where the array is traced. Default as many as there are. */
  readonly size?: number
  /** What stands in the places that are left over; default the least value. */
  readonly fillValue?: ArrayLike
}

/** Unique values, and where they are. */
export interface Unique {
  /** Ascending. */
  readonly values: NDArray
  /** The first place of each, int32. */
  readonly indices: NDArray
  /** For each element the place of its value, int32, in the shape of the array. */
  readonly inverse: NDArray
  /** How often each comes, int32. */
  readonly counts: NDArray
}

/** Sorted rows, `[n, m]`, with the places they come from. */
const sortedRows = (rows: NDArray): readonly [NDArray, NDArray] => {
  const [n, m] = rows.shape as readonly [number, number]
  if (n === 0 || m === 0) return [rows, lax.iota('int32', n)]
  const columns = lax.range(m).map((i) => lax.squeeze(lax.sliceInDim(rows, i, i + 1, 1, 1), [1]))
  const sorted = lax.sort([...columns, lax.iota('int32', n)], { dimension: 0, numKeys: m })
  return [lax.concatenate(sorted.slice(0, m).map((c) => lax.expandDims(c, [1])), 1), sorted[m]!] // prettier-ignore
}

const analyzed = (x: ArrayLike, { axis, equalNan = true, size, fillValue }: UniqueOptions): Unique => {
  const given = asArray(x)
  const a = axis === undefined ? ravel(given) : moveaxis(given, axis, 0)
  const n = a.shape[0]!
  const inner = a.shape.slice(1)
  const ordered = isBool(a.dtype) ? lax.convertElementType(a, 'uint8') : a
  const [sorted, order] = sortedRows(lax.reshape(ordered, [n, inner.reduce((p, q) => p * q, 1)]))
  const [upper, lower] = [lax.sliceInDim(sorted, Math.min(1, n), n), lax.sliceInDim(sorted, 0, Math.max(0, n - 1))]
  const differs = lax.ne(upper, lower)
  const bothNaN = lax.and(lax.ne(upper, upper), lax.ne(lower, lower))
  const isNew = lax.reduceOr(isFloat(a.dtype) && equalNan ? lax.and(differs, lax.not(bothNaN)) : differs, [1])
  const mask = lax.concatenate([lax.full([Math.min(1, n)], true, 'bool'), isNew], 0)
  const count = countOf('np.unique', mask, size)
  if (n === 0 && count > 0 && fillValue === undefined) {
    throw new ArgumentError('np.unique', 'the option `fillValue` where an empty array is asked for values', 'none')
  }
  const [places, isOver] = placesOf(mask, count)
  const picked = (y: NDArray): NDArray => (n === 0 ? lax.full([count, ...y.shape.slice(1)], 0, y.dtype) : lax.take(y, lax.select(isOver, places, lax.full([], 0, 'int32')), 0, 'clip')) // prettier-ignore
  const plain = lax.reshape(picked(sorted), [count, ...inner])
  const filled =
    fillValue === undefined
      ? plain
      : lax.select(
          lax.broadcastInDim(isOver, plain.shape, [0]),
          plain,
          lax.broadcastTo(lax.convertElementType(asArray(fillValue), plain.dtype), plain.shape),
        )
  const values = lax.convertElementType(filled, a.dtype)
  const ends = lax.select(isOver, places, lax.full([], n, 'int32'))
  const next = lax.concatenate([lax.sliceInDim(ends, Math.min(1, count), count), lax.full([Math.min(1, count)], n, 'int32')], 0) // prettier-ignore
  // Which of the values each sorted element has, put back to where it came from.
  const number = lax.sub(lax.cumsum(lax.convertElementType(mask, 'int32'), 0), 1)
  const inverse = lax.sortKeyVal(order, number)[1]
  return {
    values: axis === undefined ? values : moveaxis(values, 0, axis),
    indices: picked(order),
    inverse: axis === undefined ? lax.reshape(inverse, given.shape) : inverse,
    counts: lax.sub(next, ends),
  }
}

/**
 * The unique values, ascending.
 *
 * @throws ArgumentError; ConcretizationError if `size` lacks where the array is traced
 * @example
 * np.unique(np.array([3, 1, 3])) // => Array([1., 3.], dtype=float32)
 */
export const unique = (x: ArrayLike, options: UniqueOptions = {}): NDArray => analyzed(x, options).values

/**
 * The unique values with the first place, the elements' places among them, and the number of each: NumPy's `unique` with all it can return.
 *
 * @throws ArgumentError; ConcretizationError if `size` lacks where the array is traced
 * @example
 * np.uniqueAll(np.array([3, 1, 3])).counts // => Array([1, 2], dtype=int32)
 */
export const uniqueAll = (x: ArrayLike, options: UniqueOptions = {}): Unique => analyzed(x, options)

/**
 * Which elements are among the test elements, or with `invert` are not.
 *
 * @example
 * np.isin(np.array([1, 2, 3]), np.array([2, 5])) // => Array([False,  True, False], dtype=bool)
 */
export const isin = (
  x: ArrayLike,
  elements: ArrayLike,
  { invert = false }: { readonly invert?: boolean } = {},
): NDArray => {
  const [a, b] = promote(x, elements) as readonly [NDArray, NDArray]
  const flat = ravel(b)
  const isMember = lax.reduceOr(lax.eq(lax.expandDims(a, [a.ndim]), flat), [a.ndim])
  return invert ? lax.not(isMember) : isMember
}

export interface SetOptions {
  /** How many values the result has: needed where an array is traced. Default as many as there are. */
  readonly size?: number
  /** What stands in the places that are left over; default the least value of the result. */
  readonly fillValue?: ArrayLike
}

const vectors = (x: ArrayLike, y: ArrayLike): readonly [NDArray, NDArray] => {
  const [a, b] = promote(x, y) as readonly [NDArray, NDArray]
  return [ravel(a), ravel(b)]
}

/** Of a sorted vector the elements where a mask holds. */
const chosen = (where: string, sorted: NDArray, mask: NDArray, { size, fillValue }: SetOptions): NDArray => {
  const count = countOf(where, mask, size)
  const [places, isOver] = placesOf(mask, count)
  if (sorted.size === 0) {
    return lax.broadcastTo(lax.convertElementType(asArray(fillValue ?? 0), sorted.dtype), [count])
  }
  const first = lax.sliceInDim(places, 0, Math.min(1, count))
  const kept = lax.take(sorted, lax.select(isOver, places, lax.broadcastTo(first, [count])), 0, 'clip')
  if (fillValue === undefined) return kept
  return lax.select(isOver, kept, lax.convertElementType(asArray(fillValue), kept.dtype))
}

/** A vector in order, and where it differs from the element before. */
const ordered = (x: NDArray): readonly [NDArray, NDArray] => {
  const sorted = lax.sort(isBool(x.dtype) ? lax.convertElementType(x, 'uint8') : x)
  const n = sorted.size
  if (n === 0) return [sorted, lax.full([0], true, 'bool')]
  const isNew = lax.ne(lax.sliceInDim(sorted, 1, n), lax.sliceInDim(sorted, 0, n - 1))
  return [sorted, lax.concatenate([lax.full([1], true, 'bool'), isNew], 0)]
}

const back = (x: NDArray, dtype: NDArray['dtype']): NDArray => lax.convertElementType(x, dtype)

/** The unique values of both, ascending. @throws ConcretizationError if `size` lacks where one is traced */
export const union1d = (x: ArrayLike, y: ArrayLike, options: SetOptions = {}): NDArray => {
  const joined = concatenate(vectors(x, y))
  const [sorted, isNew] = ordered(joined)
  return back(chosen('np.union1d', sorted, isNew, options), joined.dtype)
}

/** The unique values that are in both, ascending. @throws ConcretizationError if `size` lacks where one is traced */
export const intersect1d = (x: ArrayLike, y: ArrayLike, options: SetOptions = {}): NDArray => {
  const [a, b] = vectors(x, y)
  const [sorted, isNew] = ordered(a)
  const other = isBool(b.dtype) ? lax.convertElementType(b, 'uint8') : b
  return back(chosen('np.intersect1d', sorted, lax.and(isNew, isin(sorted, other)), options), a.dtype)
}

/** The unique values of x that aren't in y, ascending. @throws ConcretizationError if `size` lacks where one is traced */
export const setdiff1d = (x: ArrayLike, y: ArrayLike, options: SetOptions = {}): NDArray => {
  const [a, b] = vectors(x, y)
  const [sorted, isNew] = ordered(a)
  const other = isBool(b.dtype) ? lax.convertElementType(b, 'uint8') : b
  return back(chosen('np.setdiff1d', sorted, lax.and(isNew, isin(sorted, other, { invert: true })), options), a.dtype)
}

/** The unique values that are in one only, ascending. @throws ConcretizationError if `size` lacks where one is traced */
export const setxor1d = (x: ArrayLike, y: ArrayLike, options: SetOptions = {}): NDArray => {
  const [a, b] = vectors(x, y)
  const [sorted, isNew] = ordered(concatenate([a, b]))
  const asNumber = (z: NDArray): NDArray => (isBool(z.dtype) ? lax.convertElementType(z, 'uint8') : z)
  const isShared = lax.and(isin(sorted, asNumber(a)), isin(sorted, asNumber(b)))
  return back(chosen('np.setxor1d', sorted, lax.and(isNew, lax.not(isShared)), options), a.dtype)
}

export interface BincountOptions {
  /** What each number counts; default 1. */
  readonly weights?: ArrayLike
  /** The least length of the result; default 0. */
  readonly minlength?: number
  /** The length of the result: needed where x is traced; greater numbers are left out. Default the greatest number plus 1. */
  readonly length?: number
}

/**
 * How often each whole number 0, 1, … comes; negative numbers count as 0, as in JAX.
 *
 * @throws ShapeError unless x is a vector; ConcretizationError if `length` lacks where it is traced
 * @example
 * np.bincount(np.array([1, 1, 3], { dtype: 'int32' })) // => Array([0, 2, 0, 1], dtype=int32)
 */
export const bincount = (x: ArrayLike, { weights, minlength = 0, length }: BincountOptions = {}): NDArray => {
  const a = asArray(x)
  if (a.ndim !== 1) throw new ShapeError('np.bincount', 'a vector', showAval(a.aval))
  if (!a.dtype.includes('int')) throw new ArgumentError('np.bincount', 'whole numbers', showAval(a.aval))
  const numbers = lax.max(lax.convertElementType(a, 'int32', false), 0)
  const natural = (): number => (a.size === 0 ? 0 : lax.reduceMax(numbers, [0]).item() + 1)
  const count = length ?? Math.max(natural(), minlength)
  if (!Number.isInteger(count) || count < 0) throw new ArgumentError('np.bincount', 'a length that is a whole number', String(count)) // prettier-ignore
  const w = weights === undefined ? lax.full([a.size], 1, 'int32') : asArray(weights)
  if (w.shape.join() !== a.shape.join()) {
    throw new ShapeError('np.bincount', 'a weight for each number', `${showAval(w.aval)} for ${showAval(a.aval)}`)
  }
  return lax.scatterAdd(
    lax.full([count], 0, w.dtype),
    lax.expandDims(numbers, [1]),
    lax.convertElementType(w, w.dtype, false),
    { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] },
    { mode: 'drop' },
  )
}

/** The place among ascending (or descending) bins that each value belongs to, int32; with `right` bins hold their right edge. @throws ShapeError unless bins are a vector */
export const digitize = (
  x: ArrayLike,
  bins: ArrayLike,
  { right = false }: { readonly right?: boolean } = {},
): NDArray => {
  const edges = asArray(bins)
  if (edges.ndim !== 1) throw new ShapeError('np.digitize', 'bins that are a vector', showAval(edges.aval))
  const n = edges.size
  if (n === 0) return lax.full(asArray(x).shape, 0, 'int32')
  const end = (i: number): NDArray => lax.squeeze(lax.sliceInDim(edges, i, i + 1), [0])
  const up = searchsorted(edges, x, { side: right ? 'left' : 'right' })
  const down = lax.sub(n, searchsorted(lax.rev(edges, [0]), x, { side: right ? 'left' : 'right' }))
  return lax.select(lax.ge(end(n - 1), end(0)), down, up)
}
