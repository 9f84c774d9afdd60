/** Pooling: averages and extrema of windows over the spatial axes of images, channels last. */
import { type NDArray, type Shape, ShapeError, showAval, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asarray } from '../numpy/index.js'
import { floating } from './floating.js'

export interface PoolOptions {
  /** Distance of the windows on each spatial axis; default 1. */
  readonly strides?: readonly number[]
  /** `'SAME'`, `'SAME_LOWER'`, `'VALID'`, or `[low, high]` for each spatial axis; default `'VALID'`. */
  readonly padding?: lax.PaddingName | readonly lax.Padding[]
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as zeros in the averages; default true. */
  readonly countIncludePad?: boolean
}

type Reduce = typeof lax.reduceWindowSum

const pool = (where: string, reduce: Reduce, x: NDArray, windowShape: Shape, options: PoolOptions): NDArray => {
  const { strides = windowShape.map(() => 1), padding = 'VALID' } = options
  const leading = x.ndim - windowShape.length - 1
  if (leading < 0 || strides.length !== windowShape.length) {
    const expected = `[...batch, ...spatial, channels] with ${windowShape.length} spatial axes, and a stride for each`
    throw new ShapeError(where, expected, `${showAval(x.aval)} and strides [${strides.join()}]`)
  }
  if (typeof padding !== 'string' && padding.length !== windowShape.length) {
    throw new ShapeError(where, `a padding for each of ${windowShape.length} spatial axes`, `${padding.length}`)
  }
  const ones = lax.range(leading).map(() => 1)
  const none: readonly lax.Padding[] = ones.map(() => [0, 0])
  return reduce(
    x,
    [...ones, ...windowShape, 1],
    [...ones, ...strides, 1],
    typeof padding === 'string' ? padding : [...none, ...padding, [0, 0]],
  )
}

/**
 * Averages of windows.
 *
 * @param x - `[...batch, ...spatial, channels]`
 * @param windowShape - size of the window on each spatial axis
 * @throws ShapeError if a list does not fit the axes
 * @example
 * nn.avgPool(np.ones([1, 4, 4, 2]), [2, 2], { strides: [2, 2] }).shape // => [1, 2, 2, 2]
 */
export const avgPool = (
  x: ArrayLike,
  windowShape: Shape,
  { countIncludePad = true, ...options }: AvgPoolOptions = {},
): NDArray => {
  const a = floating(x)
  const sums = pool('nn.avgPool', lax.reduceWindowSum, a, windowShape, options)
  if (countIncludePad) return lax.div(sums, sizeOf(windowShape))
  // The number of elements in a window is the same for all images and channels.
  const spatial = a.shape.slice(-windowShape.length - 1, -1)
  const counts = pool('nn.avgPool', lax.reduceWindowSum, lax.full([...spatial, 1], 1, a.dtype), windowShape, options)
  return lax.div(sums, counts)
}

/**
 * Greatest elements of windows; padding counts as -∞. The gradient goes to the first of equal elements.
 *
 * @param x - `[...batch, ...spatial, channels]`
 * @param windowShape - size of the window on each spatial axis
 * @throws ShapeError if a list does not fit the axes
 * @example
 * nn.maxPool(np.arange(16).reshape(1, 4, 4, 1), [2, 2], { strides: [2, 2] }).ravel().toArray() // => [5, 7, 13, 15]
 */
export const maxPool = (x: ArrayLike, windowShape: Shape, options: PoolOptions = {}): NDArray =>
  pool('nn.maxPool', lax.reduceWindowMax, asarray(x), windowShape, options)

/** Least elements of windows; padding counts as ∞. Otherwise as {@link maxPool}. */
export const minPool = (x: ArrayLike, windowShape: Shape, options: PoolOptions = {}): NDArray =>
  pool('nn.minPool', lax.reduceWindowMin, asarray(x), windowShape, options)
