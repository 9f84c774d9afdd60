/** Arrays from nothing. */
import { ArgumentError, type DType, NDArray, requireLists, type Shape } from '../core/index.js'
import * as lax from '../lax/index.js'
import {
  another,
  type ArrayData,
  type ArrayLike,
  type ArrayOptions,
  asArray,
  fromLists,
  holdsArrays,
} from './convert.js'
import { checkCount } from './counts.js'
import { stack } from './manipulation.js'

/**
 * An array of numbers, nested lists, typed arrays or arrays.
 *
 * Numbers make float32, booleans bool, a typed array its own dtype, unless `dtype` says otherwise.
 * @throws ShapeError if nested lists are ragged
 * @example
 * np.array([[1, 2], [3, 4]]).shape // => [2, 2]
 */
export const array = (data: ArrayData, options: ArrayOptions = {}): NDArray => {
  if (data instanceof NDArray) {
    const converted = asarray(data, options)
    return converted === data ? another(data) : converted
  }
  if (!holdsArrays(data)) return fromLists(data, options)
  const joined = stack((data as readonly ArrayData[]).map((x) => array(x)))
  return options.dtype === undefined ? joined : lax.convertElementType(joined, options.dtype)
}

/** The argument as an array; arrays of the dtype as they are. */
export const asarray = (data: ArrayData, options: ArrayOptions = {}): NDArray => {
  if (!(data instanceof NDArray)) return array(data, options)
  return options.dtype === undefined ? data : lax.convertElementType(data, options.dtype)
}

/** An array of one value; default dtype that of the value. */
export const full = (shape: Shape, value: ArrayLike, options: ArrayOptions = {}): NDArray => {
  if (typeof value === 'number' || typeof value === 'boolean') {
    return lax.full(shape, value, options.dtype ?? asArray(value).dtype)
  }
  requireLists('np.full', [shape])
  const x = asArray(value)
  return lax.broadcastTo(lax.convertElementType(x, options.dtype ?? x.dtype), shape)
}
/** Zeros; default float32. */
export const zeros = (shape: Shape, { dtype = 'float32' }: ArrayOptions = {}): NDArray => lax.full(shape, 0, dtype)
/** Ones; default float32. */
export const ones = (shape: Shape, { dtype = 'float32' }: ArrayOptions = {}): NDArray => lax.full(shape, 1, dtype)
/** Unspecified elements; zeros. */
export const empty = zeros

/** An array of one value in the shape and dtype of another. */
export const fullLike = (x: ArrayLike, value: number | boolean, { dtype }: ArrayOptions = {}): NDArray => {
  const model = asArray(x)
  return lax.full(model.shape, value, dtype ?? model.dtype)
}
/** Zeros in the shape and dtype of another array. */
export const zerosLike = (x: ArrayLike, options: ArrayOptions = {}): NDArray => fullLike(x, 0, options)
/** Unspecified elements in the shape and dtype of another array; zeros. */
export const emptyLike = zerosLike
/** Ones in the shape and dtype of another array. */
export const onesLike = (x: ArrayLike, options: ArrayOptions = {}): NDArray => fullLike(x, 1, options)

/**
 * Evenly spaced numbers in [start, stop); int32 unless a bound isn't whole or `dtype` is given.
 *
 * @example
 * np.arange(3) // => Array([0, 1, 2], dtype=int32)
 */
export const arange = (start: number, stop?: number, step = 1, { dtype }: ArrayOptions = {}): NDArray => {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  if (step === 0) throw new ArgumentError('np.arange', 'a step other than 0', '0')
  const count = Math.max(0, Math.ceil((to - from) / step))
  const chosen: DType = dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32')
  const index = lax.iota(chosen, count)
  const scaled = step === 1 ? index : lax.mul(index, step)
  return from === 0 ? scaled : lax.add(scaled, from)
}

export interface LinspaceOptions extends ArrayOptions {
  /** Whether `stop` is the last element; default true. */
  readonly endpoint?: boolean
}

/** `num` (default 50) evenly spaced numbers from start to stop; default float32. */
export const linspace = (
  start: number,
  stop: number,
  num = 50,
  { endpoint = true, dtype = 'float32' }: LinspaceOptions = {},
): NDArray => {
  checkCount('np.linspace', 'a number of points', num)
  const intervals = endpoint ? num - 1 : num
  const values = Array.from({ length: num }, (_, i) =>
    endpoint && i === num - 1 && num > 1 ? stop : intervals === 0 ? start : start + ((stop - start) * i) / intervals,
  )
  return array(values, { dtype })
}

/** Ones on a diagonal: `k` above the main one; default float32. */
export const eye = (n: number, m: number = n, k = 0, { dtype = 'float32' }: ArrayOptions = {}): NDArray => {
  const row = lax.broadcastedIota('int32', [n, m], 0)
  const column = lax.broadcastedIota('int32', [n, m], 1)
  return lax.convertElementType(lax.eq(lax.add(row, k), column), dtype)
}
/** The identity matrix; default float32. */
export const identity = (n: number, options: ArrayOptions = {}): NDArray => eye(n, n, 0, options)
