/** What tests of gathers and scatters share. */
import { type DType, type NDArray, np } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'

export const range = (n: number): number[] => [...Array(n).keys()]

export const ints = (
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: DType = 'int32',
): NDArray =>
  np
    .array([...values])
    .reshape(shape)
    .astype(dtype)

export const row = (x: NDArray, i: number): NDArray => lax.squeeze(lax.sliceInDim(x, i, i + 1), [0])

export const rows: lax.ScatterDimensionNumbers = {
  updateWindowDims: [1],
  insertedWindowDims: [0],
  scatterDimsToOperandDims: [0],
}

export const points: lax.GatherDimensionNumbers = { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0] }

export const pointWrites: lax.ScatterDimensionNumbers = {
  updateWindowDims: [],
  insertedWindowDims: [0],
  scatterDimsToOperandDims: [0],
}

export const has = (ops: readonly string[], op: string): boolean => ops.includes(op)
