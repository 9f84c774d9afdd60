/** How index vectors address windows of an array: XLA's dimension numbers, their modes and their shapes. */
import { DTypeError, isInteger, type Shape, type ShapedArray, ShapeError, showAval } from '../core/index.js'
import { range } from './shape.js'

/**
 * Which axes of a gather's operand, indices and result belong together.
 *
 * The last axis of the indices holds the index vectors; its other axes are batch axes.
 * @see https://openxla.org/stablehlo/spec#gather
 */
export interface GatherDimensionNumbers {
  /** Axes of the result that run over the windows; its other axes are the batch axes of the indices. */
  readonly offsetDims: readonly number[]
  /** Axes of the operand of window size 1 that the result doesn't have. */
  readonly collapsedSliceDims: readonly number[]
  /** The axis of the operand that each component of an index vector addresses. */
  readonly startIndexMap: readonly number[]
  /** Axes of the operand that run along with batch axes of the indices; default none. */
  readonly operandBatchingDims?: readonly number[]
  /** Those batch axes of the indices, in the same order. */
  readonly startIndicesBatchingDims?: readonly number[]
}

/**
 * Which axes of a scatter's operand, indices and updates belong together.
 *
 * @see https://openxla.org/stablehlo/spec#scatter
 */
export interface ScatterDimensionNumbers {
  /** Axes of the updates that run over the windows; their other axes are the batch axes of the indices. */
  readonly updateWindowDims: readonly number[]
  /** Axes of the operand of window size 1 that the updates don't have. */
  readonly insertedWindowDims: readonly number[]
  /** The axis of the operand that each component of an index vector addresses. */
  readonly scatterDimsToOperandDims: readonly number[]
  /** Axes of the operand that run along with batch axes of the indices; default none. */
  readonly operandBatchingDims?: readonly number[]
  /** Those batch axes of the indices, in the same order. */
  readonly scatterIndicesBatchingDims?: readonly number[]
}

/** What a gather does with windows that aren't wholly inside: move them inside, give a fill value, or trust the caller. */
export type GatherMode = 'clip' | 'fill' | 'promise_in_bounds'

/** What a scatter does with windows that aren't wholly inside: move them inside, drop them, or trust the caller. */
export type ScatterMode = 'clip' | 'drop' | 'promise_in_bounds'

/** Dimension numbers with nothing left out. */
export type Dimensions = Required<GatherDimensionNumbers>

/** Windows of an operand, one for each index vector: what a gather and a scatter share. */
export interface Windows {
  readonly dimensions: Dimensions
  readonly operandShape: Shape
  readonly indicesShape: Shape
  /** Sizes of a window along the axes of the operand. */
  readonly sizes: Shape
}

/** Axes of the operand that the result, or the updates, have. */
export const windowAxes = ({ collapsedSliceDims, operandBatchingDims }: Dimensions, ndim: number): readonly number[] =>
  range(ndim).filter((d) => !collapsedSliceDims.includes(d) && !operandBatchingDims.includes(d))

/** The scatter's dimension numbers as those of the gather that reads what the scatter writes. */
export const asGather = (dims: Required<ScatterDimensionNumbers>): Dimensions => ({
  offsetDims: dims.updateWindowDims,
  collapsedSliceDims: dims.insertedWindowDims,
  startIndexMap: dims.scatterDimsToOperandDims,
  operandBatchingDims: dims.operandBatchingDims,
  startIndicesBatchingDims: dims.scatterIndicesBatchingDims,
})

/** The gather's dimension numbers as those of the scatter that writes what the gather reads. */
export const asScatter = (dims: Dimensions): Required<ScatterDimensionNumbers> => ({
  updateWindowDims: dims.offsetDims,
  insertedWindowDims: dims.collapsedSliceDims,
  scatterDimsToOperandDims: dims.startIndexMap,
  operandBatchingDims: dims.operandBatchingDims,
  scatterIndicesBatchingDims: dims.startIndicesBatchingDims,
})

/** Sizes of a scatter's windows: those of the updates, and 1 where they have no axis, 0 if there is nothing to write to. */
export const windowSizes = (dims: Dimensions, operandShape: Shape, updatesShape: Shape): Shape => {
  const sizes = operandShape.map((n) => Math.min(n, 1))
  windowAxes(dims, operandShape.length).forEach((d, i) => (sizes[d] = updatesShape[dims.offsetDims[i]!]!))
  return sizes
}

/** The shape with window axes put in among the batch axes of the indices. */
export const resultShape = ({ dimensions, indicesShape, operandShape, sizes }: Windows): Shape => {
  const window = windowAxes(dimensions, operandShape.length).map((d) => sizes[d]!)
  const batch = indicesShape.slice(0, -1).values()
  return range(indicesShape.length - 1 + window.length).map((axis) => {
    const i = dimensions.offsetDims.indexOf(axis)
    return i < 0 ? batch.next().value! : window[i]!
  })
}

/** Whether two windows can never overlap, because each has a part of the operand of its own. */
export const areDisjoint = ({ dimensions, indicesShape }: Windows): boolean =>
  indicesShape.slice(0, -1).every((n, axis) => n <= 1 || dimensions.startIndicesBatchingDims.includes(axis))

const isIncreasing = (list: readonly number[]): boolean => list.every((n, i) => i === 0 || list[i - 1]! < n)
const areAxes = (list: readonly number[], ndim: number): boolean =>
  new Set(list).size === list.length && list.every((d) => Number.isInteger(d) && d >= 0 && d < ndim)

/**
 * Check that dimension numbers fit an operand and indices.
 *
 * @throws ShapeError, DTypeError
 */
export const checkWindows = (name: string, operand: ShapedArray, indices: ShapedArray, w: Windows): void => {
  const { dimensions, operandShape, indicesShape, sizes } = w
  const { offsetDims, collapsedSliceDims, startIndexMap, operandBatchingDims, startIndicesBatchingDims } = dimensions
  const ndim = operandShape.length
  const require = (holds: boolean, expected: string, got: string): void => {
    if (!holds) throw new ShapeError(name, expected, `${got} for ${showAval(operand)} and indices ${showAval(indices)}`)
  }
  if (!isInteger(indices.dtype)) throw new DTypeError(name, 'integer indices', showAval(indices))
  require(indicesShape.length > 0, 'indices of at least one axis, the last for the index vectors', 'none')
  const components = indicesShape.at(-1)
  require(startIndexMap.length === components &&
    areAxes(
      startIndexMap,
      ndim,
    ), `an operand axis for each of the ${components} components of an index vector`, `[${startIndexMap.join()}]`)
  const absent = [...collapsedSliceDims, ...operandBatchingDims]
  require(areAxes(absent, ndim) &&
    isIncreasing(collapsedSliceDims) &&
    startIndexMap.every(
      (d) => !operandBatchingDims.includes(d),
    ), 'different axes of the operand that are collapsed (increasing), batching or indexed', `collapsed [${collapsedSliceDims.join()}], batching [${operandBatchingDims.join()}], indexed [${startIndexMap.join()}]`)
  require(startIndicesBatchingDims.length === operandBatchingDims.length &&
    areAxes(startIndicesBatchingDims, indicesShape.length - 1) &&
    operandBatchingDims.every(
      (d, i) => operandShape[d] === indicesShape[startIndicesBatchingDims[i]!],
    ), 'batching axes of one size in operand and indices', `[${operandBatchingDims.join()}] and [${startIndicesBatchingDims.join()}]`)
  require(sizes.length === ndim &&
    sizes.every(
      (n, d) => Number.isInteger(n) && n >= 0 && n <= operandShape[d]!,
    ), `window sizes from 0 to those of the operand's axes`, `[${sizes.join()}]`)
  require(absent.every(
    (d) => sizes[d]! <= 1,
  ), 'windows of size 1 along collapsed and batching axes', `[${sizes.join()}]`)
  const windowed = ndim - absent.length
  require(offsetDims.length === windowed &&
    isIncreasing(offsetDims) &&
    areAxes(
      offsetDims,
      indicesShape.length - 1 + windowed,
    ), `${windowed} increasing axes for the windows`, `[${offsetDims.join()}]`)
}
