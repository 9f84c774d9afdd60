/** Reductions of windows by any function. */
import { type NDArray, type Shape, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type ArrayLike, asarray } from '../../numpy/index.js'

/**
 * Reductions of windows by a function. For averages and extrema there are {@link avgPool}, {@link maxPool} and
 * {@link minPool}.
 *
 * @param x - `[...batch, ...spatial, channels]`
 * @param init - scalar that the function doesn't change, what padding holds
 * @param reduce - associative and elementwise, `(a, b) => c`
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
  const ones = lax.range(leading).map(() => 1)
  const none = ones.map((): lax.Padding => [0, 0])
  const edges = typeof padding === 'string' ? padding : [...none, ...padding, [0, 0] as const]
  return lax.reduceWindow(a, init, reduce, [...ones, ...windowShape, 1], [...ones, ...steps, 1], edges)
}
