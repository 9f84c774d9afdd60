/** Gathers as ONNX nodes: the cheap operators where the windows allow them, else Gather at linear positions. */
import { equalShapes, type LowerContext, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { resultShape, windowAxes } from './indexing.js'
import { kernel } from './kernels.js'
import { range } from './shape.js'
import { type Addressing, linearIndices, lowerSliceAt, safeIndices } from './startIndices.js'

/** A result, and where each window was wholly inside. */
interface Gathered {
  readonly value: OnnxValue
  readonly inside: OnnxValue | null
}

/** The value in another shape of as many elements. */
export const reshaped = ({ graph }: LowerContext, x: OnnxValue, from: Shape, to: Shape): OnnxValue =>
  equalShapes(from, to) ? x : graph.op('Reshape', [x, graph.ints(to)], { allowzero: 1 })

/** The value with its axes in another order. */
export const transposed = (
  context: LowerContext,
  x: OnnxValue,
  shape: Shape,
  permutation: readonly number[],
): OnnxValue => {
  const moved = permutation.filter((axis) => shape[axis] !== 1)
  if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)) {
    return reshaped(
      context,
      x,
      shape,
      permutation.map((axis) => shape[axis]!),
    )
  }
  return context.graph.op('Transpose', [x], { perm: permutation })
}

/**
 * The axis along which single elements are taken while all others run along with the indices, as NumPy's
 * `take_along_axis` has it; `null` if the windows aren't of this kind.
 */
export const alongAxis = ({ dimensions, operandShape, indicesShape }: Addressing): number | null => {
  const { startIndexMap, operandBatchingDims, startIndicesBatchingDims } = dimensions
  const ndim = operandShape.length
  const [axis] = startIndexMap
  const fits =
    startIndexMap.length === 1 &&
    dimensions.offsetDims.length === 0 &&
    operandBatchingDims.length === ndim - 1 &&
    indicesShape.length === ndim + 1 &&
    operandBatchingDims.every((d, i) => startIndicesBatchingDims[i] === d)
  return fits ? axis! : null
}

/** Whether index vectors are whole positions in the leading axes, in their order, and windows all of the other axes. */
export const areLeadingPoints = ({ dimensions, sizes, operandShape }: Addressing): boolean => {
  const { startIndexMap, collapsedSliceDims } = dimensions
  return (
    collapsedSliceDims.length === startIndexMap.length &&
    dimensions.operandBatchingDims.length === 0 &&
    startIndexMap.every((d, i) => d === i && sizes[d] === 1 && collapsedSliceDims[i] === i) &&
    sizes.every((n, d) => d < startIndexMap.length || n === operandShape[d])
  )
}

/** One window: a slice. */
const lowerSingle = (context: LowerContext, x: OnnxValue, indices: OnnxValue, a: Addressing): Gathered => {
  const { graph } = context
  const { dimensions, operandShape, indicesShape, sizes } = a
  const safe = safeIndices(context, indices, a, false, 'int64')
  const inMap = dimensions.startIndexMap
  const starts = reshaped(context, safe.indices, indicesShape, [inMap.length])
  const unmapped = range(operandShape.length).filter((d) => !inMap.includes(d) && sizes[d] !== operandShape[d])
  const axes = [...inMap, ...unmapped]
  const all =
    unmapped.length === 0 ? starts : graph.op('Concat', [starts, graph.ints(unmapped.map(() => 0))], { axis: 0 })
  const window =
    axes.length === 0
      ? x
      : lowerSliceAt(
          context,
          x,
          all,
          axes,
          axes.map((d) => sizes[d]!),
        )
  return { value: reshaped(context, window, sizes, resultShape(a)), inside: safe.inside }
}

const lowerAlongAxis = (
  context: LowerContext,
  x: OnnxValue,
  indices: OnnxValue,
  a: Addressing,
  axis: number,
): Gathered => {
  const safe = safeIndices(context, indices, a, true)
  const positions = safe.flat ?? reshaped(context, safe.indices, a.indicesShape, a.indicesShape.slice(0, -1))
  return { value: context.graph.op('GatherElements', [x, positions], { axis }), inside: safe.inside }
}

/** Rows at index vectors of several components. */
const lowerPoints = (context: LowerContext, x: OnnxValue, indices: OnnxValue, a: Addressing): Gathered => {
  const safe = safeIndices(context, indices, a, true, 'int64')
  const value = context.graph.op('GatherND', [x, safe.indices])
  return { value: ordered(context, value, a, 0, a.dimensions.startIndexMap.length, []), inside: safe.inside }
}

/** Gather along one axis, or along several made one. The result has its axes before, the batch, the window and those after. */
const lowerLinear = (context: LowerContext, x: OnnxValue, indices: OnnxValue, a: Addressing): Gathered => {
  const { operandShape } = a
  const { first, end, positions, inside, window } = linearIndices(context, indices, a, 'first', true)
  const before = operandShape.slice(0, first)
  const after = operandShape.slice(end)
  const merged = reshaped(context, x, operandShape, [...before, sizeOf(operandShape.slice(first, end)), ...after])
  const value = context.graph.op('Gather', [merged, positions], { axis: first })
  return { value: ordered(context, value, a, first, end, window), inside }
}

/** Axes before, batch, window and axes after, put where the dimension numbers want them. */
const ordered = (
  context: LowerContext,
  value: OnnxValue,
  a: Addressing,
  first: number,
  end: number,
  window: Shape,
): OnnxValue => {
  const { dimensions, operandShape, sizes } = a
  const batch = a.indicesShape.slice(0, -1)
  const axes = windowAxes(dimensions, operandShape.length)
  const leading = axes.filter((d) => d < first)
  const trailing = axes.filter((d) => d >= first)
  const natural = [...leading.map((d) => sizes[d]!), ...batch, ...trailing.map((d) => sizes[d]!)]
  const made = [...operandShape.slice(0, first), ...batch, ...window, ...operandShape.slice(end)]
  const full = reshaped(context, value, made, natural)
  let nextBatch = leading.length
  const permutation = range(natural.length).map((axis) => {
    const i = dimensions.offsetDims.indexOf(axis)
    if (i < 0) return nextBatch++
    return i < leading.length ? i : i + batch.length
  })
  return transposed(context, full, natural, permutation)
}

/** Nodes of a gather; `fill` takes the place of windows that aren't wholly inside. */
export const lowerGather = (
  context: LowerContext,
  x: OnnxValue,
  indices: OnnxValue,
  a: Addressing,
  fill: OnnxValue,
): OnnxValue => {
  const { graph } = context
  const { dtype } = context.avalsIn[0]!
  const shape = resultShape(a)
  if (sizeOf(shape) === 0 || sizeOf(a.operandShape) === 0) {
    return kernel(context, 'Expand', [fill, graph.ints(shape)], dtype, { data: [0] })
  }
  const { value, inside } = chosen(context, x, indices, a)
  if (inside === null) return value
  const batch = a.indicesShape.slice(0, -1)
  const aligned = shape.map((n, axis) => (a.dimensions.offsetDims.includes(axis) ? 1 : n))
  const mask = reshaped(context, inside, batch, aligned)
  return kernel(context, 'Where', [mask, value, fill], dtype, { data: [1, 2] })
}

const chosen = (context: LowerContext, x: OnnxValue, indices: OnnxValue, a: Addressing): Gathered => {
  const { dimensions, operandShape, indicesShape, sizes } = a
  const batchSize = sizeOf(indicesShape.slice(0, -1))
  const isSlice = range(operandShape.length).some((d) => sizes[d]! > 1 && sizes[d] !== operandShape[d])
  if (batchSize === 1 && dimensions.operandBatchingDims.length === 0 && isSlice) {
    return lowerSingle(context, x, indices, a)
  }
  const axis = alongAxis(a)
  if (axis !== null && operandShape.length > 1) return lowerAlongAxis(context, x, indices, a, axis)
  // CUDA's GatherND lacks most integers; the CPU's saves a copy of the operand, which merging its axes may cost.
  const severalPoints = dimensions.startIndexMap.length > 1 && areLeadingPoints(a)
  return severalPoints && !context.device.startsWith('cuda')
    ? lowerPoints(context, x, indices, a)
    : lowerLinear(context, x, indices, a)
}
