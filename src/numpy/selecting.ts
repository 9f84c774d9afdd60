/** Elements by conditions: where they hold, and choices among arrays. */
import { ArgumentError, isBool, type NDArray, type Shape, ShapeError, showAval, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promote } from './convert.js'
import { concatenate, moveaxis, ravel } from './manipulation.js'
import { where } from './ufuncs.js'

const truth = (x: ArrayLike): NDArray => {
  const a = asArray(x)
  return isBool(a.dtype) ? a : lax.ne(a, 0)
}

export interface SizeOptions {
  /**
   * How many places the result has: needed where the array is traced, as shapes are static. Default as many as there are.
   * Places that there are too many for are left out.
   */
  readonly size?: number
  /** What stands in the places that are left over; default 0. */
  readonly fillValue?: number | readonly number[]
}

/** The number of places of a result, read from a concrete array unless it is given. */
export const countOf = (where_: string, mask: NDArray, size: number | undefined): number => {
  if (size === undefined) return lax.reduceSum(lax.convertElementType(mask, 'int32'), lax.range(mask.ndim)).item()
  if (!Number.isInteger(size) || size < 0)
    throw new ArgumentError(where_, 'a size that is a whole number', String(size))
  return size
}

/** The first `size` places of a flat mask where it holds, int32, and which of them are left over. */
export const placesOf = (mask: NDArray, size: number): readonly [places: NDArray, isOver: NDArray] => {
  const n = mask.size
  const count = lax.reduceSum(lax.convertElementType(mask, 'int32'), [0])
  const isOver = lax.ge(lax.iota('int32', size), count)
  if (n === 0) return [lax.full([size], 0, 'int32'), isOver]
  const [, order] = lax.sortKeyVal(lax.convertElementType(lax.not(mask), 'uint8'), lax.iota('int32', n))
  const kept = size <= n ? lax.sliceInDim(order, 0, size) : lax.pad(order, lax.full([], 0, 'int32'), [[0, size - n, 0]])
  return [kept, isOver]
}

/** Flat places as one index for each axis. */
const unraveled = (flat: NDArray, shape: Shape): readonly NDArray[] => {
  let rest = flat
  const reversed = [...shape].reverse().map((n) => {
    const index = lax.rem(rest, Math.max(1, n))
    rest = lax.div(rest, Math.max(1, n))
    return index
  })
  return reversed.reverse()
}

/**
 * The places of the elements that aren't 0: for each axis the indices along it, int32.
 *
 * @throws ShapeError for a scalar; ConcretizationError if `size` lacks where the array is traced
 * @example
 * np.nonzero(np.array([3, 0, 4]))[0] // => Array([0, 2], dtype=int32)
 */
export const nonzero = (x: ArrayLike, { size, fillValue = 0 }: SizeOptions = {}): readonly NDArray[] => {
  const mask = truth(x)
  if (mask.ndim === 0) throw new ShapeError('np.nonzero', 'an array of at least one axis', showAval(mask.aval))
  const fill = typeof fillValue === 'number' ? mask.shape.map(() => fillValue) : fillValue
  if (fill.length !== mask.ndim) {
    throw new ShapeError('np.nonzero', `a value to fill with, or ${mask.ndim}`, `${fill.length}`)
  }
  const [places, isOver] = placesOf(ravel(mask), countOf('np.nonzero', mask, size))
  return unraveled(places, mask.shape).map((index, i) => lax.select(isOver, index, lax.full([], fill[i]!, 'int32')))
}

/** The places of the elements of the flattened array that aren't 0, int32. */
export const flatnonzero = (x: ArrayLike, options: SizeOptions = {}): NDArray => nonzero(ravel(x), options)[0]!

/** The places of the elements that aren't 0, int32: a row for each. */
export const argwhere = (x: ArrayLike, options: SizeOptions = {}): NDArray => {
  const a = asArray(x)
  const count = (size: number | undefined): number => countOf('np.argwhere', lax.reshape(truth(a), [1]), size)
  if (a.ndim === 0) return lax.full([count(options.size), 0], 0, 'int32')
  return concatenate(
    nonzero(a, options).map((index) => lax.expandDims(index, [1])),
    { axis: 1 },
  )
}

export interface ExtractOptions {
  /** How many elements the result has; see {@link SizeOptions}. */
  readonly size?: number
  /** What stands in the places that are left over; default 0. */
  readonly fillValue?: ArrayLike
}

/**
 * The slices along an axis (default: elements of the flattened array) where a condition holds.
 *
 * @param condition - a vector, not longer than the axis
 * @throws ShapeError; ConcretizationError if `size` lacks where the condition is traced
 */
export const compress = (
  condition: ArrayLike,
  x: ArrayLike,
  { axis, size, fillValue = 0 }: ExtractOptions & { readonly axis?: number } = {},
): NDArray => {
  const a = axis === undefined ? ravel(x) : asArray(x)
  const along = lax.canonicalAxis('np.compress', axis ?? 0, a.ndim)
  const mask = truth(condition)
  if (mask.ndim !== 1) throw new ShapeError('np.compress', 'a vector of conditions', showAval(mask.aval))
  const n = Math.min(mask.size, a.shape[along]!)
  const kept = lax.sliceInDim(mask, 0, n)
  if (n < mask.size) {
    const beyond = lax.reduceOr(lax.sliceInDim(mask, n, mask.size), [0])
    if (size === undefined && beyond.item() === 1)
      throw new ShapeError('np.compress', `${n} conditions`, `${mask.size}`)
  }
  const [places, isOver] = placesOf(kept, countOf('np.compress', kept, size))
  const taken = n === 0 ? lax.full(a.shape.map((m, i) => (i === along ? places.size : m)), 0, a.dtype) : lax.take(a, places, along, 'clip') // prettier-ignore
  const over = lax.broadcastInDim(isOver, taken.shape, [along])
  return lax.select(over, taken, lax.broadcastTo(lax.convertElementType(asArray(fillValue), a.dtype), taken.shape))
}

/** The elements where a condition of the same size holds. @throws ConcretizationError if `size` lacks where it is traced */
export const extract = (condition: ArrayLike, x: ArrayLike, options: ExtractOptions = {}): NDArray =>
  compress(ravel(condition), ravel(x), options)

/**
 * From a list of choices the elements of the first whose condition holds; else `fallback` (default 0).
 *
 * @throws ArgumentError unless there are as many conditions as choices
 * @example
 * const x = np.arange(4)
 * np.select([x.lt(1), x.lt(3)], [x.add(10), x.mul(2)], 7) // => Array([10,  2,  4,  7], dtype=int32)
 */
export const select = (
  conditions: readonly ArrayLike[],
  choices: readonly ArrayLike[],
  fallback: ArrayLike = 0,
): NDArray => {
  if (conditions.length !== choices.length || conditions.length === 0) {
    throw new ArgumentError('np.select', 'as many choices as conditions, at least one', `${conditions.length} and ${choices.length}`) // prettier-ignore
  }
  const [last, ...arrays] = promote(fallback, ...choices) as readonly [NDArray, ...NDArray[]]
  return conditions.reduceRight<NDArray>((rest, condition, i) => where(condition, arrays[i]!, rest), last)
}

/** What an index out of range becomes: a NaN's neighbor is none of ours, so it is moved inside or taken around. */
export type ChooseMode = 'wrap' | 'clip'

/** From a list of arrays the one that each index says; indices out of range are moved inside (`'clip'`, default) or taken around. */
export const choose = (
  index: ArrayLike,
  choices: readonly ArrayLike[],
  { mode = 'clip' }: { readonly mode?: ChooseMode } = {},
): NDArray => {
  if (choices.length === 0) throw new ArgumentError('np.choose', 'at least one choice', 'none')
  if (mode !== 'clip' && mode !== 'wrap') throw new ArgumentError('np.choose', "'clip' or 'wrap'", String(mode))
  const n = choices.length
  const given = lax.convertElementType(asArray(index), 'int32')
  const wrapped = lax.rem(lax.add(lax.rem(given, n), n), n)
  const at = mode === 'clip' ? lax.clamp(0, given, n - 1) : wrapped
  const arrays = promote(...choices)
  return arrays.reduceRight<NDArray>((rest, array, i) => where(lax.eq(at, i), array, rest), arrays[n - 1]!)
}

/** A function of elements, or a constant. */
export type Piece = ArrayLike | ((x: NDArray) => NDArray)

/**
 * A function in pieces: of each element the piece of the last condition that holds; one piece more is for where none does (default 0).
 *
 * @throws ArgumentError unless there are as many pieces as conditions, or one more
 */
export const piecewise = (x: ArrayLike, conditions: readonly ArrayLike[], pieces: readonly Piece[]): NDArray => {
  const a = asArray(x)
  const n = conditions.length
  if (pieces.length !== n && pieces.length !== n + 1) {
    throw new ArgumentError('np.piecewise', `${n} or ${n + 1} pieces`, `${pieces.length}`)
  }
  const value = (piece: Piece): NDArray =>
    lax.broadcastTo(lax.convertElementType(asArray(typeof piece === 'function' ? piece(a) : piece), a.dtype), a.shape)
  return conditions.reduce<NDArray>((rest, condition, i) => where(condition, value(pieces[i]!), rest), value(pieces[n] ?? 0)) // prettier-ignore
}

/** How flat places, or the indices of an axis, that are out of range are read. */
export type OutOfRange = 'wrap' | 'clip'

/** For each axis of a shape the index of flat places; places out of range are moved inside, negative ones count from the end. */
export const unravelIndex = (indices: ArrayLike, shape: Shape | number): readonly NDArray[] => {
  const sizes = typeof shape === 'number' ? [shape] : shape
  const flat = asArray(indices)
  const size = sizeOf(sizes)
  if (!flat.dtype.includes('int')) throw new ArgumentError('np.unravelIndex', 'places of integers', flat.dtype)
  const strong = lax.convertElementType(flat, flat.dtype, false)
  const positive = lax.select(lax.lt(strong, 0), strong, lax.add(strong, size))
  return unraveled(lax.clamp(0, positive, Math.max(0, size - 1)), sizes)
}

/** The flat places of an index for each axis; indices out of range are moved inside (`'clip'`, default) or taken around. */
export const ravelMultiIndex = (
  indices: readonly ArrayLike[],
  shape: Shape,
  { mode = 'clip' }: { readonly mode?: OutOfRange } = {},
): NDArray => {
  if (indices.length !== shape.length) {
    throw new ShapeError('np.ravelMultiIndex', `an index for each of ${shape.length} axes`, `${indices.length}`)
  }
  if (mode !== 'clip' && mode !== 'wrap')
    throw new ArgumentError('np.ravelMultiIndex', "'clip' or 'wrap'", String(mode))
  return promote(...indices).reduce<NDArray>(
    (flat, index, i) => {
      const n = shape[i]!
      const inside = mode === 'clip' ? lax.clamp(0, index, n - 1) : lax.rem(lax.add(lax.rem(index, n), n), n)
      return i === 0 ? inside : lax.add(lax.mul(flat, n), inside)
    },
    lax.full([], 0, 'int32'),
  )
}

/** Vectors as indices of a grid: each along an axis of its own; masks as the places where they hold. @throws ShapeError unless they are vectors */
export const ix = (...vectors: readonly ArrayLike[]): readonly NDArray[] =>
  vectors.map((v, i) => {
    const a = asArray(v)
    if (a.ndim !== 1) throw new ShapeError('np.ix', 'vectors', showAval(a.aval))
    const places = isBool(a.dtype) ? flatnonzero(a) : a
    return lax.reshape(
      places,
      vectors.map((_, j) => (j === i ? places.size : 1)),
    )
  })

/** The array with values at positions along an axis, the other axes of all running along; `null` flattens. Positions out of range are left out. */
export const putAlongAxis = (x: ArrayLike, indices: ArrayLike, values: ArrayLike, axis: number | null): NDArray => {
  const a = asArray(x)
  if (axis === null) return lax.reshape(putAlongAxis(ravel(a), ravel(indices), values, 0), a.shape)
  const at = lax.canonicalAxis('np.putAlongAxis', axis, a.ndim)
  const index = asArray(indices)
  if (index.ndim !== a.ndim) {
    throw new ShapeError('np.putAlongAxis', `positions of ${a.ndim} axes`, showAval(index.aval))
  }
  const [count, n] = [index.shape[at]!, a.shape[at]!]
  const full = a.shape.map((size, i) => (i === at ? count : size))
  const line = (y: NDArray): NDArray => moveaxis(lax.broadcastTo(y, full), at, -1)
  const places = line(lax.convertElementType(index, 'int32'))
  const operand = moveaxis(a, at, -1)
  const lead = operand.shape.slice(0, -1)
  const coordinates = lead.map((_, i) => lax.broadcastedIota('int32', places.shape, i))
  const starts = lax.concatenate([...coordinates, lax.select(lax.lt(places, 0), places, lax.add(places, n))].map((c) => lax.expandDims(c, [places.ndim])), places.ndim) // prettier-ignore
  const all = lax.range(operand.ndim)
  const updates = line(lax.convertElementType(asArray(values), a.dtype))
  const result = lax.scatter(
    operand,
    starts,
    updates,
    { updateWindowDims: [], insertedWindowDims: all, scatterDimsToOperandDims: all },
    { mode: 'drop' },
  )
  return moveaxis(result, -1, at)
}
