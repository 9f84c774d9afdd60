/** Softmax and its kin: functions along axes. */
import { ArgumentError, type DType, isBool, type NDArray, sizeOf } from '../core/index.js'
import { customJvp } from '../control/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { promoteInexact } from '../numpy/convert.js'
import type { ArrayLike } from '../numpy/index.js'
import { axesOf } from '../numpy/axes.js'
import { floating } from './floating.js'

/** An axis, several, or all of them by `null`. */
type Axes = number | readonly number[] | null

export interface SoftmaxOptions {
  /** Axis or axes along which the result sums to 1; default the last. */
  readonly axis?: Axes
  /** Which elements count; broadcasts with the array; default all. */
  readonly where?: ArrayLike | null
}

const truth = (x: ArrayLike): NDArray => {
  const a = np.asarray(x)
  return isBool(a.dtype) ? a : lax.ne(a, 0)
}

/** `x` where the mask holds, else `value`. */
const masked = (x: NDArray, where: NDArray | null, value: number): NDArray =>
  where === null ? x : lax.select(where, value, x)

/** Sum of the elements that count, the axes kept. */
const sumOf = (x: NDArray, axis: Axes, where: NDArray | null): NDArray =>
  np.sum(masked(x, where, 0), { axis, keepdims: true })

/** Greatest of the elements that count, the axes kept; -∞ if none does. */
const maxOf = (x: NDArray, axis: Axes, where: NDArray | null): NDArray =>
  np.max(masked(x, where, -Infinity), { axis, keepdims: true, ...(x.size === 0 ? { initial: -Infinity } : {}) })

/** A function along one axis, applied along several as if they were one. */
const alongAxes = (where: string, f: (x: NDArray, axis: number) => NDArray, x: NDArray, axis: Axes): NDArray => {
  const axes = axesOf(where, axis, x.ndim)
  if (axes.length === 1) return f(x, axes[0]!)
  const kept = lax.range(x.ndim).filter((i) => !axes.includes(i))
  const order = [...kept, ...axes]
  const moved = lax.transpose(x, order)
  const joined = lax.reshape(moved, [...kept.map((i) => x.shape[i]!), sizeOf(axes.map((i) => x.shape[i]!))])
  return lax.transpose(lax.reshape(f(joined, kept.length), moved.shape), lax.inversePermutation(order))
}

const maskedSoftmax = customJvp(
  function softmax(axis: Axes, x: NDArray, where: NDArray): NDArray {
    const safe = masked(x, where, -Infinity)
    const unnormalized = lax.exp(lax.sub(safe, maxOf(x, axis, where)))
    return masked(lax.div(unnormalized, sumOf(unnormalized, axis, where)), where, 0)
  },
  { nondiffArgnums: [0] },
)
maskedSoftmax.defjvp(
  (
    axis: Axes,
    [x, where]: readonly [NDArray, NDArray],
    [t]: readonly [NDArray, NDArray],
  ): readonly [NDArray, NDArray] => {
    const y = maskedSoftmax(axis, x, where)
    return [y, lax.mul(y, lax.sub(t, sumOf(lax.mul(y, t), axis, where)))]
  },
)

/**
 * e^x, scaled so that it sums to 1 along an axis. Elements that don't count become 0.
 *
 * @example
 * nn.softmax(np.array([0, 1, 2])) // => Array([0.09003057, 0.24472848, 0.66524094], dtype=float32)
 */
export const softmax = (x: ArrayLike, { axis = -1, where = null }: SoftmaxOptions = {}): NDArray =>
  where === null
    ? alongAxes('nn.softmax', lax.softmax, floating(x), axis)
    : maskedSoftmax(axis, floating(x), truth(where))

/**
 * Logarithm of {@link softmax}. Elements that don't count become -∞.
 *
 * @example
 * nn.logSoftmax(np.array([0, 0])) // => Array([-0.6931472, -0.6931472], dtype=float32)
 */
export const logSoftmax = (x: ArrayLike, { axis = -1, where = null }: SoftmaxOptions = {}): NDArray => {
  const a = floating(x)
  if (where === null) return alongAxes('nn.logSoftmax', lax.logSoftmax, a, axis)
  const mask = truth(where)
  const shifted = lax.sub(masked(a, mask, -Infinity), lax.stopGradient(maxOf(a, axis, mask)))
  const normalizer = lax.log(sumOf(lax.exp(shifted), axis, mask))
  return masked(lax.sub(shifted, normalizer), mask, -Infinity)
}

export interface LogsumexpOptions {
  /** Axes that vanish; default all. */
  readonly axis?: Axes
  /** Whether they stay as axes of size 1; default false. */
  readonly keepdims?: boolean
  /** Factors of the exponentials; broadcast with the array; default 1. */
  readonly b?: ArrayLike | null
  /** Which elements count; broadcasts with the array; default all. */
  readonly where?: ArrayLike | null
  /** Whether to give [log |Σ|, sign of Σ]; default false: a negative sum gives NaN. */
  readonly returnSign?: boolean
}

/**
 * log Σ b e^x, without overflow.
 *
 * @returns NaN where the sum is negative; with `returnSign` the logarithm of its absolute value, and its sign
 * @example
 * nn.logsumexp(np.array([1000, 1000])) // => Array(1000.6931, dtype=float32)
 */
export function logsumexp(
  x: ArrayLike,
  options: LogsumexpOptions & { readonly returnSign: true },
): readonly [NDArray, NDArray]
export function logsumexp(x: ArrayLike, options?: LogsumexpOptions): NDArray
export function logsumexp(
  x: ArrayLike,
  { axis = null, keepdims = false, b = null, where = null, returnSign = false }: LogsumexpOptions = {},
): NDArray | readonly [NDArray, NDArray] {
  const [terms, factors] = b === null ? [floating(x), null] : (promoteInexact(x, b) as readonly [NDArray, NDArray])
  const mask = where === null ? null : truth(where)
  const a = factors === null ? terms : lax.select(lax.ne(factors, 0), -Infinity, terms)
  const offset = lax.exponentOffset(masked(a, mask, -Infinity), axesOf('nn.logsumexp', axis, a.ndim))
  const powers = lax.exp(lax.sub(a, offset))
  const sum = sumOf(factors === null ? powers : lax.mul(powers, factors), axis, mask)
  const vanish = (y: NDArray): NDArray => (keepdims ? y : lax.squeeze(y, axesOf('nn.logsumexp', axis, y.ndim)))
  const sign = lax.sign(sum)
  const result = lax.add(lax.log(lax.abs(sum)), offset)
  if (returnSign) return [vanish(result), vanish(sign)]
  return vanish(factors === null ? result : lax.select(lax.lt(sign, 0), result, NaN))
}

/** log of the mean of e^x over axes, without overflow. */
export const logmeanexp = (
  x: ArrayLike,
  { axis = null, keepdims = false, where = null }: Pick<LogsumexpOptions, 'axis' | 'keepdims' | 'where'> = {},
): NDArray => {
  const a = floating(x)
  const count =
    where === null
      ? Math.log(sizeOf(axesOf('nn.logmeanexp', axis, a.ndim).map((i) => a.shape[i]!)))
      : lax.log(np.sum(lax.convertElementType(lax.broadcastTo(truth(where), a.shape), a.dtype), { axis, keepdims }))
  return lax.sub(logsumexp(a, { axis, keepdims, where }), count)
}

export interface StandardizeOptions {
  /** Axis or axes over which the result has mean 0 and variance 1; default the last. */
  readonly axis?: Axes
  /** Mean to subtract; default that of the array. */
  readonly mean?: ArrayLike | null
  /** Variance to divide by; default that of the array. */
  readonly variance?: ArrayLike | null
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: ArrayLike
  /** Which elements count for mean and variance; broadcasts with the array; default all. */
  readonly where?: ArrayLike | null
}

/**
 * (x - mean) / √(variance + epsilon), where the variance is mean(x²) - mean(x)².
 *
 * @example
 * nn.standardize(np.array([1, 2, 3])) // => Array([-1.2247357,  0.       ,  1.2247357], dtype=float32)
 */
export const standardize = (
  x: ArrayLike,
  { axis = -1, mean = null, variance = null, epsilon = 1e-5, where = null }: StandardizeOptions = {},
): NDArray => {
  const a = floating(x)
  const mask = where === null ? null : lax.broadcastTo(truth(where), a.shape)
  const average = (y: NDArray): NDArray =>
    mask === null
      ? np.mean(y, { axis, keepdims: true })
      : lax.div(sumOf(y, axis, mask), sumOf(lax.convertElementType(mask, y.dtype), axis, null))
  const center = mean === null ? average(a) : np.asarray(mean)
  const spread = variance === null ? np.subtract(average(lax.square(a)), np.square(center)) : np.asarray(variance)
  return np.multiply(np.subtract(a, center), lax.rsqrt(floating(np.add(spread, epsilon))))
}

export interface OneHotOptions {
  /** Default float32. */
  readonly dtype?: DType
  /** The axis of the classes in the result; default the last. */
  readonly axis?: number
}

/**
 * 1 at the place that each index names, 0 elsewhere. Indices outside of [0, numClasses) give zeros.
 *
 * @returns the axes of `x` with one of size `numClasses` put in
 * @throws ArgumentError unless `numClasses` is a whole number
 * @example
 * nn.oneHot(np.array([0, 2], { dtype: 'int32' }), 3).toArray() // => [[1, 0, 0], [0, 0, 1]]
 */
export const oneHot = (
  x: ArrayLike,
  numClasses: number,
  { dtype = 'float32', axis = -1 }: OneHotOptions = {},
): NDArray => {
  const a = np.asarray(x)
  if (!Number.isInteger(numClasses) || numClasses < 0) {
    throw new ArgumentError('nn.oneHot', 'a whole number of classes', String(numClasses))
  }
  const along = lax.canonicalAxis('nn.oneHot', axis, a.ndim + 1)
  const classes = lax.broadcastedIota(
    a.dtype,
    lax.range(a.ndim + 1).map((i) => (i === along ? numClasses : 1)),
    along,
  )
  return lax.convertElementType(lax.eq(lax.expandDims(a, [along]), classes), dtype)
}
