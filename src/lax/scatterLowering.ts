/** Scatters as ONNX nodes: rows by ScatterND, single elements along an axis by ScatterElements. */
import { type DType, integerRange, isBool, isFloat, type LowerContext, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { alongAxis, areLeadingPoints, reshaped, transposed } from './gatherLowering.js'
import { areDisjoint, resultShape, windowAxes } from './indexing.js'
import { castTo, kernel } from './kernels.js'
import { isOneNode, type Reduction, type Rows, writeOnce, writeRows } from './scatterRows.js'
import { range } from './shape.js'
import { type Addressing, linearIndices, safeIndices } from './startIndices.js'

export type { Reduction } from './scatterRows.js'

/** An operand, positions in it and updates in the form that one ONNX operator takes. */
interface Target {
  readonly op: 'ScatterND' | 'ScatterElements'
  /** The axis along which positions count. */
  readonly axis: number
  readonly operand: OnnxValue
  readonly shape: Shape
  readonly positions: OnnxValue
  readonly positionDtype: 'int32' | 'int64'
  readonly positionsShape: Shape
  readonly updates: OnnxValue
  readonly updatesNdim: number
  /** The leading axes of positions and updates: those of the index vectors. */
  readonly batch: Shape
  /** `[...batch]`: whether each window was wholly inside; `null` if all are. */
  readonly inside: OnnxValue | null
  /** Whether no two windows overlap. */
  readonly unique: boolean
}

/** ScatterElements works on one thread; ScatterND on several, which is right for windows that don't overlap. */
const write = (context: LowerContext, t: Target, dtype: DType, reduction: Reduction): OnnxValue => {
  if (t.op === 'ScatterND') {
    const rows: Rows = { ...t, places: t.positionsShape.slice(0, -1) }
    const once = t.unique || t.positionsShape.at(-1) !== 1
    return once ? writeOnce(context, rows, dtype, reduction) : writeRows(context, rows, dtype, reduction)
  }
  const { axis } = t
  const attributes = reduction === 'none' ? { axis } : { axis, reduction }
  const rule = reduction === 'none' ? t.op : `${t.op}:add`
  return kernel(context, t.op, [t.operand, t.positions, t.updates], dtype, { attributes, rule, data: [0, 2] })
}

/** ONNX Runtime's min and max reductions pass over NaN: it is put in where the operand or an update has one. */
const writeReduced = (context: LowerContext, t: Target, dtype: DType, reduction: Reduction): OnnxValue => {
  const { graph } = context
  const result = write(context, t, dtype, reduction)
  if (!isFloat(dtype) || (reduction !== 'min' && reduction !== 'max')) return result
  const isNaN = (x: OnnxValue): OnnxValue =>
    graph.op('Not', [kernel(context, 'Equal', [x, x], dtype, { sameType: false })])
  const anyNaN = write(context, { ...t, operand: isNaN(t.operand), updates: isNaN(t.updates) }, 'bool', 'max')
  return kernel(context, 'Where', [anyNaN, graph.scalar(dtype, NaN), result], dtype, { data: [1, 2] })
}

/** The update that changes nothing. */
const neutral = (reduction: Exclude<Reduction, 'none'>, dtype: DType): number | bigint | boolean => {
  if (reduction === 'add' || reduction === 'mul') return reduction === 'add' ? 0 : 1
  if (isFloat(dtype)) return reduction === 'max' ? -Infinity : Infinity
  return isBool(dtype) ? reduction === 'min' : integerRange(dtype)[reduction === 'max' ? 0 : 1]
}

/**
 * Updates outside become ones that change nothing. Where that can't be, because an update may overwrite another, they
 * go to a slot behind the operand.
 */
const writeInside = (
  context: LowerContext,
  t: Target,
  dtype: DType,
  reduction: Reduction,
  disjoint: boolean,
): OnnxValue => {
  const { graph } = context
  if (t.inside === null) return writeReduced(context, t, dtype, reduction)
  const { batch, inside } = t
  const maskOf = (ndim: number): OnnxValue =>
    reshaped(context, inside, batch, [...batch, ...range(ndim - batch.length).map(() => 1)])
  const unlessInside = (other: OnnxValue): Target => ({
    ...t,
    updates: kernel(context, 'Where', [maskOf(t.updatesNdim), t.updates, other], dtype, { data: [1, 2] }),
  })
  if (reduction !== 'none') {
    return writeReduced(context, unlessInside(graph.scalar(dtype, neutral(reduction, dtype))), dtype, reduction)
  }
  if (disjoint) {
    const current =
      t.op === 'ScatterND'
        ? kernel(context, 'GatherND', [t.operand, t.positions], dtype, { data: [0] })
        : graph.op('GatherElements', [t.operand, t.positions], { axis: t.axis })
    return write(context, unlessInside(current), dtype, 'none')
  }
  const size = t.shape[t.axis]!
  const slot = graph.ints(t.shape.with(t.axis, 1))
  const zeros = kernel(context, 'Expand', [graph.scalar(dtype, 0), slot], dtype, { data: [0] })
  const operand = graph.op('Concat', [t.operand, zeros], { axis: t.axis })
  const outside = graph.scalar(t.positionDtype, size)
  const positions = graph.op('Where', [maskOf(t.positionsShape.length), t.positions, outside])
  const result = write(context, { ...t, operand, positions, shape: t.shape.with(t.axis, size + 1) }, dtype, 'none')
  return graph.op('Slice', [result, graph.ints([0]), graph.ints([size]), graph.ints([t.axis])])
}

/** Updates with their batch axes in front of their window axes. */
const batchFirst = (context: LowerContext, updates: OnnxValue, a: Addressing): OnnxValue => {
  const shape = resultShape(a)
  const { offsetDims } = a.dimensions
  const permutation = [...range(shape.length).filter((axis) => !offsetDims.includes(axis)), ...offsetDims]
  return transposed(context, updates, shape, permutation)
}

/** Single elements along one axis. */
const elementTarget = (
  context: LowerContext,
  operand: OnnxValue,
  indices: OnnxValue,
  updates: OnnxValue,
  a: Addressing,
  needsSlot: boolean,
  unique: boolean,
  axis: number,
): Target => {
  const safe = safeIndices(context, indices, a, !needsSlot)
  const batch = a.indicesShape.slice(0, -1)
  return {
    op: 'ScatterElements',
    axis,
    operand,
    shape: a.operandShape,
    positions: safe.flat ?? reshaped(context, safe.indices, a.indicesShape, batch),
    positionDtype: safe.dtype,
    positionsShape: batch,
    updates,
    updatesNdim: batch.length,
    batch,
    inside: safe.inside,
    unique,
  }
}

/** Rows at index vectors, as they are. */
const pointTarget = (
  context: LowerContext,
  operand: OnnxValue,
  indices: OnnxValue,
  updates: OnnxValue,
  a: Addressing,
  needsSlot: boolean,
  unique: boolean,
): Target => {
  const safe = safeIndices(context, indices, a, !needsSlot, 'int64')
  return {
    op: 'ScatterND',
    axis: 0,
    operand,
    shape: a.operandShape,
    positions: safe.indices,
    positionDtype: 'int64',
    positionsShape: a.indicesShape,
    updates: batchFirst(context, updates, a),
    updatesNdim: resultShape(a).length,
    batch: a.indicesShape.slice(0, -1),
    inside: safe.inside,
    unique,
  }
}

/** Rows of the operand whose leading axes, up to the last that is addressed, are made one; or its single elements. */
const linearTarget = (
  context: LowerContext,
  operand: OnnxValue,
  indices: OnnxValue,
  updates: OnnxValue,
  a: Addressing,
  needsSlot: boolean,
  unique: boolean,
): Target => {
  const { operandShape, sizes } = a
  const { graph } = context
  const { end, positions, dtype, inside, window } = linearIndices(context, indices, a, 'start', !needsSlot)
  const batch = a.indicesShape.slice(0, -1)
  const row = operandShape.slice(end)
  const windowShape = windowAxes(a.dimensions, operandShape.length).map((d) => sizes[d]!)
  const ordered = batchFirst(context, updates, a)
  const orderedShape = [...batch, ...windowShape]
  const places = [...batch, ...window]
  const length = sizeOf(operandShape.slice(0, end))
  if (sizeOf(row) === 1) {
    const flat = [sizeOf(places)]
    const column = [...batch, ...window.map(() => 1)]
    const spread = (mask: OnnxValue): OnnxValue =>
      window.length === 0 ? mask : graph.op('Expand', [reshaped(context, mask, batch, column), graph.ints(places)])
    return {
      op: 'ScatterElements',
      axis: 0,
      operand: reshaped(context, operand, operandShape, [length]),
      shape: [length],
      positions: reshaped(context, positions, places, flat),
      positionDtype: dtype,
      positionsShape: flat,
      updates: reshaped(context, ordered, orderedShape, flat),
      updatesNdim: 1,
      batch: flat,
      inside: inside === null ? null : reshaped(context, spread(inside), places, flat),
      unique,
    }
  }
  const shape = [length, ...row]
  return {
    op: 'ScatterND',
    axis: 0,
    operand: reshaped(context, operand, operandShape, shape),
    shape,
    positions: reshaped(context, castTo(context, positions, dtype, 'int64'), places, [...places, 1]),
    positionDtype: 'int64',
    positionsShape: [...places, 1],
    updates: reshaped(context, ordered, orderedShape, [...places, ...row]),
    updatesNdim: places.length + row.length,
    batch,
    inside,
    unique,
  }
}

/**
 * Nodes of a scatter.
 *
 * @param uniqueIndices - the caller's promise that no two windows overlap
 */
export const lowerScatter = (
  context: LowerContext,
  operand: OnnxValue,
  indices: OnnxValue,
  updates: OnnxValue,
  a: Addressing,
  reduction: Reduction,
  uniqueIndices: boolean,
): OnnxValue => {
  const { dtype } = context.avalsIn[0]!
  if (sizeOf(resultShape(a)) === 0 || sizeOf(a.operandShape) === 0) return operand
  const disjoint = areDisjoint(a)
  const axis = alongAxis(a)
  // With a slot behind the operand its end is another: positions mustn't count from there.
  const needsSlot = a.mode === 'mask' && reduction === 'none' && !disjoint
  // Updates outside that become ones without effect go to rows that others may write.
  const unique = disjoint || (uniqueIndices && (a.mode === 'promise_in_bounds' || reduction === 'none'))
  const args = [context, operand, indices, updates, a, needsSlot, unique] as const
  if (axis !== null && a.operandShape.length > 1) {
    return writeInside(context, elementTarget(...args, axis), dtype, reduction, disjoint)
  }
  // Points in several axes have to be made linear if there's to be a slot, which is one row, or more than one node.
  const components = a.dimensions.startIndexMap.length
  const count = sizeOf(a.indicesShape.slice(0, -1))
  const width = sizeOf(a.operandShape.slice(components))
  const once = components === 1 || unique || isOneNode(count, width, dtype, reduction, context.device)
  const asPoints = components > 0 && once && !(needsSlot && components > 1)
  if (asPoints && a.operandShape.length > 1 && areLeadingPoints(a)) {
    return writeInside(context, pointTarget(...args), dtype, reduction, disjoint)
  }
  const target = linearTarget(...args)
  return reshaped(context, writeInside(context, target, dtype, reduction, disjoint), target.shape, a.operandShape)
}
