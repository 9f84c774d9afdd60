/** Sums, means, extrema over axes. */
import {
  ArgumentError,
  isBool,
  isInteger,
  bitWidth,
  type DType,
  isUnsigned,
  type NDArray,
  ShapeError,
  showAval,
  sizeOf,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import type { Operand } from '../lax/index.js'
import { type Axis, axesOf } from './axes.js'
import { type ArrayLike, asArray, promoteInexact } from './convert.js'

export type { Axis } from './axes.js'

export interface ReduceOptions {
  /** Axes that vanish; default all. */
  readonly axis?: Axis
  /** Whether they stay as axes of size 1; default false. */
  readonly keepdims?: boolean
  /** Which elements count, broadcast to the array; default all. */
  readonly where?: ArrayLike
}

export interface ExtremumOptions extends ReduceOptions {
  /** One more element, as it were; needed beside `where`. */
  readonly initial?: number
}

export interface SumOptions extends ReduceOptions {
  /** The value that the elements are added to; default 0. */
  readonly initial?: number
  /** Dtype of the result; default the argument's, at least int32. */
  readonly dtype?: DType
}

/** The result of a reduction with its axes put back where they are kept. */
const kept = (y: NDArray, x: NDArray, axes: readonly number[], keepdims: boolean): NDArray =>
  keepdims
    ? lax.reshape(
        y,
        x.shape.map((n, i) => (axes.includes(i) ? 1 : n)),
      )
    : y

/** The array with a value in the place of elements that don't count. */
const masked = (x: NDArray, where: ArrayLike | undefined, value: number): NDArray => {
  if (where === undefined) return x
  return lax.select(lax.broadcastTo(truth(asArray(where)), x.shape), lax.full([], value, x.dtype), x)
}

/** A reduction where elements that don't count become `identity`, which changes nothing. */
const reduction =
  (
    where: string,
    reduce: (x: NDArray, axes: readonly number[]) => NDArray,
    prepare: (x: NDArray) => NDArray = (x) => x,
    identity = 0,
  ) =>
  (x: ArrayLike, { axis, keepdims = false, where: mask }: ReduceOptions = {}): NDArray => {
    const a = masked(prepare(asArray(x)), mask, identity)
    const axes = axesOf(where, axis, a.ndim)
    return kept(reduce(a, axes), a, axes, keepdims)
  }

/** How many elements count over axes, kept as axes of size 1 or not. */
const countOf = (x: NDArray, axes: readonly number[], where: ArrayLike | undefined, keepdims: boolean): Operand => {
  if (where === undefined) return sizeOf(axes.map((i) => x.shape[i]!))
  const mask = lax.convertElementType(lax.broadcastTo(truth(asArray(where)), x.shape), x.dtype)
  return kept(lax.reduceSum(mask, axes), x, axes, keepdims)
}

/** Small integers and booleans are summed as int32 or uint32. */
const summable = (x: NDArray): NDArray =>
  isBool(x.dtype)
    ? lax.convertElementType(x, 'int32')
    : isInteger(x.dtype) && bitWidth(x.dtype) < 32
      ? lax.convertElementType(x, isUnsigned(x.dtype) ? 'uint32' : 'int32')
      : x

/** Half precision is summed in single precision. */
const reduceSum = (x: NDArray, axes: readonly number[]): NDArray =>
  x.dtype === 'float16' || x.dtype === 'bfloat16'
    ? lax.convertElementType(lax.reduceSum(lax.convertElementType(x, 'float32'), axes), x.dtype, x.weakType)
    : lax.reduceSum(x, axes)

/**
 * Sum over axes.
 *
 * @example
 * np.sum(np.ones([2, 3]), { axis: 0 }) // => Array([2., 2., 2.], dtype=float32)
 */
export const sum = (x: ArrayLike, { dtype, initial, ...options }: SumOptions = {}): NDArray => {
  const prepare = dtype === undefined ? summable : (a: NDArray): NDArray => lax.convertElementType(a, dtype)
  const total = reduction('np.sum', reduceSum, prepare)(x, options)
  return initial === undefined ? total : lax.add(total, initial)
}

const product = reduction('np.prod', lax.reduceProd, summable, 1)
/** Product over axes. */
export const prod = (x: ArrayLike, { dtype, initial, ...options }: SumOptions = {}): NDArray => {
  const y = product(dtype === undefined ? x : lax.convertElementType(asArray(x), dtype), options)
  return initial === undefined ? y : lax.mul(y, initial)
}

/** Mean over axes; of integers in float32. */
export const mean = (x: ArrayLike, { axis, keepdims = false, where }: ReduceOptions = {}): NDArray => {
  const [given] = promoteInexact(x)
  const isHalf = bitWidth(given!.dtype) === 16
  // Half precision is averaged in single precision, and rounded once.
  const a = isHalf ? lax.convertElementType(given!, 'float32') : given!
  const axes = axesOf('np.mean', axis, a.ndim)
  const total = kept(reduceSum(masked(a, where, 0), axes), a, axes, keepdims)
  const average = lax.div(total, countOf(a, axes, where, keepdims))
  return isHalf ? lax.convertElementType(average, given!.dtype, given!.weakType) : average
}

export interface VarOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the divisor; default 0. */
  readonly ddof?: number
}

const variance = (x: ArrayLike, { axis, keepdims = false, ddof = 0, where }: VarOptions = {}): NDArray => {
  const [a] = promoteInexact(x)
  const axes = axesOf('np.var', axis, a!.ndim)
  const options = where === undefined ? {} : { where }
  const centered = lax.sub(a!, mean(a!, { axis: axes, keepdims: true, ...options }))
  const count = countOf(a!, axes, where, keepdims)
  const total = kept(reduceSum(masked(lax.square(centered), where, 0), axes), a!, axes, keepdims)
  if (typeof count === 'number') return lax.div(total, count > ddof ? count - ddof : NaN)
  const divisor = lax.sub(count, ddof)
  return lax.div(total, lax.select(lax.gt(divisor, 0), NaN, divisor))
}
/** Variance over axes. */
export { variance as var }

/** Standard deviation over axes. */
export const std = (x: ArrayLike, options: VarOptions = {}): NDArray => lax.sqrt(variance(x, options))

/** A maximum or minimum; without elements that count it is `initial`. */
const extremum =
  (
    name: string,
    reduce: (x: NDArray, axes: readonly number[]) => NDArray,
    combine: (x: NDArray, y: Operand) => NDArray,
  ) =>
  (x: ArrayLike, { initial, ...options }: ExtremumOptions = {}): NDArray => {
    const a = asArray(x)
    const isEmpty = axesOf(name, options.axis, a.ndim).some((i) => a.shape[i] === 0)
    if (initial === undefined) {
      if (isEmpty) throw new ShapeError(name, 'axes with elements, or the option `initial`', showAval(a.aval))
      if (options.where !== undefined) throw new ArgumentError(name, 'the option `initial` beside `where`', 'none')
      return reduction(name, reduce)(a, options)
    }
    if (isEmpty) {
      return lax.add(lax.mul(sum(a, { ...options, dtype: a.dtype }), 0), initial)
    }
    return combine(reduction(name, reduce, (y) => y, initial)(a, options), initial)
  }

/** Greatest element over axes; NaN if there is one. */
export const max = extremum('np.max', lax.reduceMax, (x, y) => lax.max(x, y))
export const amax = max
/** Least element over axes; NaN if there is one. */
export const min = extremum('np.min', lax.reduceMin, (x, y) => lax.min(x, y))
export const amin = min

const truth = (x: NDArray): NDArray => (isBool(x.dtype) ? x : lax.ne(x, 0))
/** Whether any element is true. */
export const any = reduction('np.any', lax.reduceOr, truth)
/** Whether all elements are true. */
export const all = reduction('np.all', lax.reduceAnd, truth, 1)

export interface ArgOptions {
  /** Axis that vanishes; default: the array is flattened. */
  readonly axis?: number
  readonly keepdims?: boolean
}

const argReduction =
  (where: string, reduce: (x: NDArray, axis: number) => NDArray) =>
  (x: ArrayLike, { axis, keepdims = false }: ArgOptions = {}): NDArray => {
    const a = asArray(x)
    const flat = axis === undefined ? lax.reshape(a, [a.size]) : a
    const at = axis === undefined ? 0 : lax.canonicalAxis(where, axis, a.ndim)
    return kept(reduce(flat, at), a, axis === undefined ? lax.range(a.ndim) : [at], keepdims)
  }

/** Index of the greatest element, int32; the first of equal ones, or of NaNs. */
export const argmax = argReduction('np.argmax', (x, axis) => lax.argmax(x, axis))
/** Index of the least element, int32; the first of equal ones, or of NaNs. */
export const argmin = argReduction('np.argmin', (x, axis) => lax.argmin(x, axis))

/** Number of elements that are not zero, int32. */
export const countNonzero = (x: ArrayLike, options: ReduceOptions = {}): NDArray => sum(truth(asArray(x)), options)

/** Greatest less least element over axes. */
export const ptp = (x: ArrayLike, options: ReduceOptions = {}): NDArray => lax.sub(max(x, options), min(x, options))

export interface AverageOptions extends ReduceOptions {
  /** Weights of the elements: of the array's shape, or of that of one axis; default 1. */
  readonly weights?: ArrayLike
}

/**
 * Mean with weights.
 *
 * @throws ShapeError unless the weights have the shape of the array, or of its axis
 * @example
 * np.average(np.array([1, 2]), { weights: np.array([3, 1]) }) // => Array(1.25, dtype=float32)
 */
export const average = (x: ArrayLike, { weights, ...options }: AverageOptions = {}): NDArray => {
  if (weights === undefined) return mean(x, options)
  const [a, w] = promoteInexact(x, weights) as readonly [NDArray, NDArray]
  const axes = axesOf('np.average', options.axis, a.ndim)
  const isAlongAxis = w.ndim === 1 && axes.length === 1 && a.ndim > 1
  if (isAlongAxis ? w.size !== a.shape[axes[0]!] : w.shape.join() !== a.shape.join()) {
    throw new ShapeError('np.average', 'weights of the shape of the array or of one axis', `${showAval(w.aval)} for ${showAval(a.aval)}`) // prettier-ignore
  }
  const full = isAlongAxis ? lax.broadcastInDim(w, a.shape, axes) : w
  return lax.div(sum(lax.mul(a, full), options), sum(full, options))
}
