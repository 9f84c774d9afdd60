/** Initializers with orthonormal columns or rows. */
import { type DType, type NDArray, requireLists, type Shape, ShapeError } from '../core/index.js'
import * as lax from '../lax/index.js'
import { moveaxis, swapaxes } from '../numpy/index.js'
import { orthonormalIn } from '../random/orthogonal.js'
import type { PRNGKey } from '../random/index.js'
import { jit } from '../transforms/index.js'
import type { Initializer, InitializerOptions } from './initializers.js'

export interface OrthogonalOptions extends InitializerOptions {
  /** Axis of the columns; default the last. */
  readonly columnAxis?: number
}

const sample = jit(
  function orthogonal_init(key: PRNGKey, shape: Shape, axis: number, scale: number, dtype: DType): NDArray {
    const columns = shape[axis]!
    const others = shape.filter((_, i) => i !== axis)
    const rows = others.reduce((a, b) => a * b, 1)
    const q = orthonormalIn(key, [], Math.max(rows, columns), Math.min(rows, columns), dtype)
    const matrix = rows < columns ? swapaxes(q, 0, 1) : q
    return lax.mul(moveaxis(lax.reshape(matrix, [...others, columns]), -1, axis), scale)
  },
  { staticArgnums: [1, 2, 3, 4] },
)

/**
 * Uniformly distributed orthogonal matrices: the columns, or the rows where there are fewer, are orthonormal.
 *
 * @param scale - factor; default 1
 * @throws ShapeError for fewer than two axes
 * @example
 * const w = nn.initializers.orthogonal()(random.key(0), [3, 2])
 * np.allclose(w.T.matmul(w), np.eye(2), { atol: 1e-5 }).item() // => 1
 * @see https://arxiv.org/abs/1312.6120
 */
export const orthogonal =
  (scale = 1, { columnAxis = -1, dtype = 'float32' }: OrthogonalOptions = {}): Initializer =>
  (key, shape, as = dtype) => {
    requireLists('nn.initializers.orthogonal', [shape])
    if (shape.length < 2) throw new ShapeError('nn.initializers.orthogonal', 'two axes or more', `[${shape.join()}]`)
    return sample(key, shape, lax.canonicalAxis('nn.initializers.orthogonal', columnAxis, shape.length), scale, as)
  }

/**
 * Kernels of convolutions `[...window, inputs, outputs]` that are 0 but for an orthogonal matrix in the middle.
 *
 * @throws ShapeError unless there are 1 to 3 equal window sizes, and no more inputs than outputs
 * @see https://arxiv.org/abs/1806.05393
 */
export const deltaOrthogonal =
  (scale = 1, { columnAxis = -1, dtype = 'float32' }: OrthogonalOptions = {}): Initializer =>
  (key, shape, as = dtype) => {
    requireLists('nn.initializers.deltaOrthogonal', [shape])
    const window = shape.slice(0, -2)
    const [inputs, outputs] = shape.slice(-2)
    const isSquare = window.length >= 1 && window.length <= 3 && window.every((n) => n === window[0])
    if (!isSquare || inputs! > outputs!) {
      throw new ShapeError('nn.initializers.deltaOrthogonal', 'one to three equal window sizes, and no more inputs than outputs', `[${shape.join()}]`) // prettier-ignore
    }
    const matrix = orthogonal(scale, { columnAxis })(key, shape.slice(-2), as)
    const middle = lax.reshape(matrix, [...window.map(() => 1), inputs!, outputs!])
    return lax.pad(middle, 0, [
      ...window.map((n) => [Math.floor((n - 1) / 2), n - 1 - Math.floor((n - 1) / 2), 0] as const),
      [0, 0, 0],
      [0, 0, 0],
    ])
  }
