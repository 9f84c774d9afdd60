/** Reductions of windows by any function. */
import { type NDArray, type Shape, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type ArrayLike, asarray } from '../../numpy/index.js'

/** All places of a window, in row-major order. */
const placesOf = (windowShape: Shape): readonly Shape[] =>
  windowShape.reduce<readonly Shape[]>(
    (places, size) => places.flatMap((place) => lax.range(size).map((i) => [...place, i])),
    [[]],
  )

/** Edges of an axis. */
const edgesOf = (
  size: number,
  window: number,
  stride: number,
  padding: 'SAME' | 'VALID',
): readonly [number, number] => {
  if (padding === 'VALID') return [0, 0]
  const all = Math.max((Math.ceil(size / stride) - 1) * stride + window - size, 0)
  return [Math.floor(all / 2), Math.ceil(all / 2)]
}

/**
 * Reductions of windows by a function of two arrays, which is applied to the elements of a window one after the other.
 * For sums and extrema {@link avgPool}, {@link maxPool} and {@link minPool} are faster.
 *
 * @param x - `[...batch, ...spatial, channels]`
 * @param init - what the reduction begins with, and what padding holds
 * @param reduce - `(a, b) => c`, elementwise
 * @param windowShape - size of the window on each spatial axis
 * @param strides - distance of the windows on each spatial axis; `null`: 1
 * @param padding - `'SAME'`, `'VALID'`, or `[low, high]` for each spatial axis
 * @throws ShapeError if a list does not fit the axes
 * @example
 * const x = np.array([1, 2, 3, 4]).reshape(1, 4, 1)
 * nnx.pool(x, 1, (a, b) => a.mul(b), [2], [2], 'VALID').ravel() // => Array([ 2., 12.], dtype=float32)
 */
export const pool = (
  x: ArrayLike,
  init: number,
  reduce: (a: NDArray, b: NDArray) => NDArray,
  windowShape: Shape,
  strides: readonly number[] | null,
  padding: 'SAME' | 'VALID' | readonly (readonly [low: number, high: number])[],
): NDArray => {
  const a = asarray(x)
  const steps = strides ?? windowShape.map(() => 1)
  const leading = a.ndim - windowShape.length - 1
  if (leading < 0 || steps.length !== windowShape.length) {
    const expected = `[...batch, ...spatial, channels] with ${windowShape.length} spatial axes, and a stride for each`
    throw new ShapeError('nnx.pool', expected, `${showAval(a.aval)} and strides [${steps.join()}]`)
  }
  if (typeof padding !== 'string' && padding.length !== windowShape.length) {
    throw new ShapeError('nnx.pool', `a padding for each of ${windowShape.length} spatial axes`, `${padding.length}`)
  }
  const edges = windowShape.map((window, i) =>
    typeof padding === 'string' ? edgesOf(a.shape[leading + i]!, window, steps[i]!, padding) : padding[i]!,
  )
  const isSpatial = (i: number): boolean => i >= leading && i < a.ndim - 1
  const padded = lax.pad(
    a,
    lax.full([], init, a.dtype),
    a.shape.map((_, i) => (isSpatial(i) ? ([...edges[i - leading]!, 0] as const) : ([0, 0, 0] as const))),
  )
  const counts = windowShape.map((window, i) => Math.floor((padded.shape[leading + i]! - window) / steps[i]!) + 1)
  const at = (place: Shape): NDArray =>
    place.reduce(
      (y, offset, i) => lax.sliceInDim(y, offset, offset + (counts[i]! - 1) * steps[i]! + 1, steps[i], leading + i),
      padded,
    )
  const first = lax.full([...a.shape.slice(0, leading), ...counts, a.shape[a.ndim - 1]!], init, a.dtype)
  return placesOf(windowShape).reduce((sum, place) => reduce(sum, at(place)), first)
}
