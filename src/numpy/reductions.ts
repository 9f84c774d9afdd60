/** Sums, means, extrema over axes. */
import { isBool, isInteger, bitWidth, type DType, isUnsigned, type NDArray, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promoteInexact } from './convert.js'

/** An axis, several, or all of them by `null`. */
export type Axis = number | readonly number[] | null

export interface ReduceOptions {
  /** Axes that vanish; default all. */
  readonly axis?: Axis
  /** Whether they stay as axes of size 1; default false. */
  readonly keepdims?: boolean
}

export interface SumOptions extends ReduceOptions {
  /** Dtype of the result; default the argument's, at least int32. */
  readonly dtype?: DType
}

/** Axes of an option, in [0, ndim). */
export const axesOf = (where: string, axis: Axis | undefined, ndim: number): readonly number[] =>
  axis === undefined || axis === null
    ? lax.range(ndim)
    : (typeof axis === 'number' ? [axis] : axis).map((a) => lax.canonicalAxis(where, a, ndim))

/** The result of a reduction with its axes put back where they are kept. */
const kept = (y: NDArray, x: NDArray, axes: readonly number[], keepdims: boolean): NDArray =>
  keepdims
    ? lax.reshape(
        y,
        x.shape.map((n, i) => (axes.includes(i) ? 1 : n)),
      )
    : y

const reduction =
  (
    where: string,
    reduce: (x: NDArray, axes: readonly number[]) => NDArray,
    prepare: (x: NDArray) => NDArray = (x) => x,
  ) =>
  (x: ArrayLike, { axis, keepdims = false }: ReduceOptions = {}): NDArray => {
    const a = prepare(asArray(x))
    const axes = axesOf(where, axis, a.ndim)
    return kept(reduce(a, axes), a, axes, keepdims)
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
export const sum = (x: ArrayLike, { dtype, ...options }: SumOptions = {}): NDArray =>
  reduction('np.sum', reduceSum, dtype === undefined ? summable : (a) => lax.convertElementType(a, dtype))(x, options)

/** Product over axes. */
export const prod = reduction('np.prod', lax.reduceProd, summable)

/** Mean over axes; of integers in float32. */
export const mean = (x: ArrayLike, { axis, keepdims = false }: ReduceOptions = {}): NDArray => {
  const [a] = promoteInexact(x)
  const axes = axesOf('np.mean', axis, a!.ndim)
  const count = sizeOf(axes.map((i) => a!.shape[i]!))
  return kept(lax.div(reduceSum(a!, axes), count), a!, axes, keepdims)
}

export interface VarOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the divisor; default 0. */
  readonly ddof?: number
}

const variance = (x: ArrayLike, { axis, keepdims = false, ddof = 0 }: VarOptions = {}): NDArray => {
  const [a] = promoteInexact(x)
  const axes = axesOf('np.var', axis, a!.ndim)
  const count = sizeOf(axes.map((i) => a!.shape[i]!))
  const centered = lax.sub(a!, mean(a!, { axis: axes, keepdims: true }))
  return kept(lax.div(reduceSum(lax.square(centered), axes), count - ddof), a!, axes, keepdims)
}
/** Variance over axes. */
export { variance as var }

/** Standard deviation over axes. */
export const std = (x: ArrayLike, options: VarOptions = {}): NDArray => lax.sqrt(variance(x, options))

/** Greatest element over axes; NaN if there is one. */
export const max = reduction('np.max', lax.reduceMax)
export const amax = max
/** Least element over axes; NaN if there is one. */
export const min = reduction('np.min', lax.reduceMin)
export const amin = min

const truth = (x: NDArray): NDArray => (isBool(x.dtype) ? x : lax.ne(x, 0))
/** Whether any element is true. */
export const any = reduction('np.any', lax.reduceOr, truth)
/** Whether all elements are true. */
export const all = reduction('np.all', lax.reduceAnd, truth)

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
