/** Arrays that count their elements, for tests of slices. */
import type { NDArray } from '../../src/index.js'
import { type DType, np } from '../../src/index.js'

export const range = (n: number): number[] => [...Array(n).keys()]

export const counted = (shape: readonly number[], dtype: DType = 'float32'): NDArray =>
  np
    .arange(shape.reduce((a, b) => a * b, 1))
    .reshape(shape)
    .astype(dtype)

export const indices = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>((all, n) => all.flatMap((index) => range(n).map((i) => [...index, i])), [[]])

export const offset = (shape: readonly number[], index: readonly number[]): number =>
  shape.reduce((sum, n, axis) => sum * n + index[axis]!, 0)

export const start = (i: number): NDArray => np.array(i, { dtype: 'int32' })
