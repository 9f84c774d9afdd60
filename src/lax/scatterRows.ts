/** Rows written by ScatterND so that windows that overlap are written one after the other. */
import { bitWidth, type DType, isOn, type LowerContext, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { carrierOf, castTo, kernel } from './kernels.js'

/** How a scatter combines what is there with an update; `none` puts the update in its place. */
export type Reduction = 'none' | 'add' | 'mul' | 'min' | 'max'

/** Rows of an operand and what is written to them. */
export interface Rows {
  readonly operand: OnnxValue
  /** `[rows, ...row]`. */
  readonly shape: Shape
  /** `[...places, 1]`, int64. */
  readonly positions: OnnxValue
  /** `[...places, ...row]`. */
  readonly updates: OnnxValue
  readonly places: Shape
}

/**
 * ONNX Runtime's CPU kernel gives rows to several threads from a cost of 210 000 on, counted in elements for a
 * reduction and in bytes for a copy: two threads that add to one row lose updates. Half of that is one thread's for sure.
 */
const oneThread = 100_000

/** Chunks of one thread's work copy the operand each: for larger ones ScatterElements, with one thread, is faster. */
const maxChunkedOperand = 1 << 20

/** One node. */
export const writeOnce = (context: LowerContext, rows: Rows, dtype: DType, reduction: Reduction): OnnxValue => {
  const inputs = [rows.operand, rows.positions, rows.updates]
  if (reduction === 'none') return kernel(context, 'ScatterND', inputs, dtype, { data: [0, 2] })
  return kernel(context, 'ScatterND', inputs, dtype, { rule: 'ScatterND:add', attributes: { reduction }, data: [0, 2] })
}

/** All elements of the rows one by one, on one thread; on CUDA, where additions are atomic, on many. */
const writeElements = (context: LowerContext, rows: Rows, dtype: DType, reduction: Reduction): OnnxValue => {
  const { graph } = context
  const [length] = rows.shape
  const width = sizeOf(rows.shape.slice(1))
  const count = sizeOf(rows.places)
  const flat = (x: OnnxValue, shape: Shape): OnnxValue => graph.op('Reshape', [x, graph.ints(shape)])
  const positions = graph.op('Expand', [flat(rows.positions, [count, 1]), graph.ints([count, width])])
  const inputs = [flat(rows.operand, [length!, width]), positions, flat(rows.updates, [count, width])]
  const options =
    reduction === 'none'
      ? { attributes: { axis: 0 } }
      : { attributes: { axis: 0, reduction }, rule: 'ScatterElements:add' }
  return flat(kernel(context, 'ScatterElements', inputs, dtype, { ...options, data: [0, 2] }), rows.shape)
}

/** A Scan over chunks of `size` places, and the rest. */
const writeChunks = (
  context: LowerContext,
  rows: Rows,
  dtype: DType,
  reduction: Reduction,
  size: number,
): OnnxValue => {
  const { graph } = context
  const row = rows.shape.slice(1)
  const count = sizeOf(rows.places)
  const chunks = Math.floor(count / size)
  const flatPositions = graph.op('Reshape', [rows.positions, graph.ints([count, 1])])
  const flatUpdates = graph.op('Reshape', [rows.updates, graph.ints([count, ...row])])
  const part = (x: OnnxValue, start: number, end: number): OnnxValue =>
    start === 0 && end === count ? x : graph.op('Slice', [x, graph.ints([start]), graph.ints([end]), graph.ints([0])])
  const body = graph.subgraph()
  const inner: Rows = {
    operand: body.input(dtype, rows.shape),
    shape: rows.shape,
    positions: body.input('int64', [size, 1]),
    updates: body.input(dtype, [size, ...row]),
    places: [size],
  }
  body.output(writeOnce({ ...context, graph: body }, inner, dtype, reduction), dtype, rows.shape)
  const whole = chunks * size
  const chunked = (x: OnnxValue, shape: Shape): OnnxValue =>
    graph.op('Reshape', [part(x, 0, whole), graph.ints([chunks, size, ...shape])])
  const inputs = [rows.operand, chunked(flatPositions, [1]), chunked(flatUpdates, row)]
  const operand = graph.op('Scan', inputs, { body, num_scan_inputs: 2 })
  if (whole === count) return operand
  const rest: Rows = {
    operand,
    shape: rows.shape,
    positions: part(flatPositions, whole, count),
    updates: part(flatUpdates, whole, count),
    places: [count - whole],
  }
  return writeOnce(context, rest, dtype, reduction)
}

/** What the kernel counts for an element. */
const costOf = (dtype: DType, reduction: Reduction): number => (reduction === 'none' ? bitWidth(dtype) / 8 : 1)

/** Whether `count` rows of `width` elements can be written by one node though several may be one. */
export const isOneNode = (
  count: number,
  width: number,
  dtype: DType,
  reduction: Reduction,
  device: string,
): boolean => {
  if (device.startsWith('cuda')) return reduction === 'none'
  return count === 1 || count * width * costOf(dtype, reduction) <= oneThread
}

/** Write rows of which several may be one: the last one wins, or all are combined. */
export const writeRows = (context: LowerContext, rows: Rows, dtype: DType, reduction: Reduction): OnnxValue => {
  const carrier = carrierOf(context, reduction === 'none' ? 'ScatterND' : 'ScatterND:add', dtype)
  const cast = (x: OnnxValue): OnnxValue => castTo(context, x, dtype, carrier)
  const typed = { ...rows, operand: cast(rows.operand), updates: cast(rows.updates) }
  return castTo(context, writeTyped(context, typed, carrier, reduction), carrier, dtype)
}

const writeTyped = (context: LowerContext, rows: Rows, dtype: DType, reduction: Reduction): OnnxValue => {
  const { device } = context
  const width = sizeOf(rows.shape.slice(1))
  if (isOneNode(sizeOf(rows.places), width, dtype, reduction, device)) {
    return writeOnce(context, rows, dtype, reduction)
  }
  if (device.startsWith('cuda') || sizeOf(rows.shape) > maxChunkedOperand || !isOn('rowScatter')) {
    return writeElements(context, rows, dtype, reduction)
  }
  const size = Math.max(1, Math.floor(oneThread / (width * costOf(dtype, reduction))))
  return writeChunks(context, rows, dtype, reduction, size)
}
