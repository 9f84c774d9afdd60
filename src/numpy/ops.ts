/** Reductions over segments: the elements that have one number. */
import {
  ArgumentError,
  type DType,
  DTypeError,
  integerRange,
  isBool,
  isFloat,
  isInteger,
  type NDArray,
  ShapeError,
  showAval,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray } from './convert.js'

export interface SegmentOptions {
  /** How many segments there are: needed where the numbers are traced. Default the greatest number plus 1. */
  readonly numSegments?: number
}

type Scatter = typeof lax.scatterAdd

const segments =
  (where: string, scatter: Scatter, identity: (dtype: DType) => number | bigint) =>
  (data: ArrayLike, ids: ArrayLike, { numSegments }: SegmentOptions = {}): NDArray => {
    const [x, numbers] = [asArray(data), asArray(ids)]
    if (!isInteger(numbers.dtype))
      throw new DTypeError(where, 'segment numbers that are integers', showAval(numbers.aval))
    if (isBool(x.dtype)) throw new DTypeError(where, 'arrays of numbers', showAval(x.aval))
    const lead = x.shape.slice(0, numbers.ndim)
    if (lead.join() !== numbers.shape.join()) {
      throw new ShapeError(where, 'a segment number for each slice of the data', `${showAval(numbers.aval)} for ${showAval(x.aval)}`) // prettier-ignore
    }
    const natural = (): number =>
      numbers.size === 0 ? 0 : Math.max(0, lax.reduceMax(lax.convertElementType(numbers, 'int32'), lax.range(numbers.ndim)).item() + 1) // prettier-ignore
    const count = numSegments ?? natural()
    if (!Number.isInteger(count) || count < 0) throw new ArgumentError(where, 'a number of segments', String(count))
    const inner = x.shape.slice(numbers.ndim)
    const value = identity(x.dtype)
    const start = lax.full([count, ...inner], Number(value), x.dtype)
    const windows = lax.range(inner.length)
    return scatter(
      typeof value === 'bigint' && x.dtype.includes('64') ? lax.convertElementType(lax.full(start.shape, Number(value), 'float64'), x.dtype) : start, // prettier-ignore
      lax.expandDims(lax.convertElementType(numbers, 'int32'), [numbers.ndim]),
      lax.convertElementType(x, x.dtype, false),
      {
        updateWindowDims: windows.map((i) => i + numbers.ndim),
        insertedWindowDims: [0],
        scatterDimsToOperandDims: [0],
      },
      { mode: 'drop' },
    )
  }

const least = (dtype: DType): number | bigint => (isFloat(dtype) ? -Infinity : integerRange(dtype)[0])
const greatest = (dtype: DType): number | bigint => (isFloat(dtype) ? Infinity : integerRange(dtype)[1])

/**
 * Sums of the slices with one segment number; 0 where there is none. Numbers out of range are left out.
 *
 * @param data - `[...segments, ...inner]`
 * @param ids - a whole number for each slice
 * @returns `[numSegments, ...inner]`
 * @throws ShapeError, DTypeError; ConcretizationError if `numSegments` lacks where the numbers are traced
 * @example
 * ops.segmentSum(np.arange(5), np.array([0, 0, 1, 1, 2], { dtype: 'int32' })) // => Array([1, 5, 4], dtype=int32)
 */
export const segmentSum = segments('ops.segmentSum', lax.scatterAdd, () => 0)
/** Products of the slices with one segment number; 1 where there is none. @throws ShapeError, DTypeError */
export const segmentProd = segments('ops.segmentProd', lax.scatterMul, () => 1)
/** The greatest of the slices with one segment number; -∞, or the least integer, where there is none. @throws ShapeError, DTypeError */
export const segmentMax = segments('ops.segmentMax', lax.scatterMax, least)
/** The least of the slices with one segment number; ∞, or the greatest integer, where there is none. @throws ShapeError, DTypeError */
export const segmentMin = segments('ops.segmentMin', lax.scatterMin, greatest)
