/** Nodes that turn index vectors into safe positions: clipped into the operand, and made linear over several axes. */
import { type DType, isUnsigned, type LowerContext, rowMajorStrides, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import type { Windows } from './indexing.js'
import { windowAxes } from './indexing.js'
import { castTo, isOnHost, kernel } from './kernels.js'
import { range } from './shape.js'

/** Constants up to this many elements are written into the graph, others made by Range. */
const maxConstant = 1 << 14

/** Index vectors that are inside. */
export interface SafeIndices {
  /** `[...batch, components]`. */
  readonly indices: OnnxValue
  /** `[...batch]`, where that is at hand: of a single component. */
  readonly flat: OnnxValue | null
  readonly dtype: 'int32' | 'int64'
  /** `[...batch]`: whether the window was wholly inside; `null` where nobody asks. */
  readonly inside: OnnxValue | null
}

/** Windows, and what is known of their indices. */
export interface Addressing extends Windows {
  readonly indexDtype: DType
  readonly mode: 'clip' | 'mask' | 'promise_in_bounds'
  /** Whether negative indices count from the end. */
  readonly wrapNegative: boolean
}

/** ONNX takes int32 and int64 indices. Unsigned 64-bit ones that int64 can't hold are outside of any operand. */
const asSigned = (context: LowerContext, x: OnnxValue, dtype: DType, to: DType): OnnxValue => {
  const { graph } = context
  if (dtype !== 'uint64') return castTo(context, x, dtype, to)
  return castTo(context, graph.op('Min', [x, graph.scalar('uint64', (1n << 63n) - 1n)]), dtype, to)
}

/**
 * Index vectors moved inside of the operand. Operators that count negative indices from the end themselves
 * (`nativeWrap`) are given them as they are.
 */
export const safeIndices = (
  context: LowerContext,
  indices: OnnxValue,
  a: Addressing,
  nativeWrap: boolean,
  wanted?: 'int64',
): SafeIndices => {
  const { graph } = context
  const { startIndexMap } = a.dimensions
  const dtype = wanted ?? (a.indexDtype === 'int32' && sizeOf(a.operandShape) < 2 ** 31 ? 'int32' : 'int64')
  const components = startIndexMap.length
  const isOne = components === 1
  const vector = (values: readonly number[]): OnnxValue =>
    values.every((v) => v === values[0]) && components > 0
      ? graph.scalar(dtype, values[0]!)
      : graph.constant(dtype, [components], values)
  // Without the axis of a single component the answers have their shape, and who wants single elements the indices theirs.
  const isFlat = isOne && a.mode === 'mask'
  const shaped = (v: OnnxValue, shape: Shape): OnnxValue =>
    isFlat ? graph.op('Reshape', [v, graph.ints(shape)], { allowzero: 1 }) : v
  const wraps = a.wrapNegative && !isUnsigned(a.indexDtype)
  const dims = startIndexMap.map((d) => a.operandShape[d]!)
  const given = asSigned(context, indices, a.indexDtype, dtype)
  if (components === 0) return { indices: given, flat: null, dtype, inside: null }
  let start = shaped(given, a.indicesShape.slice(0, -1))
  const result = (v: OnnxValue, inside: OnnxValue | null): SafeIndices => ({
    indices: shaped(v, a.indicesShape),
    flat: isFlat ? v : null,
    dtype,
    inside,
  })
  if (wraps && !nativeWrap) {
    const isNegative = graph.op('Less', [start, graph.scalar(dtype, 0)])
    start = graph.op('Where', [isNegative, graph.op('Add', [start, vector(dims)]), start])
  }
  if (a.mode === 'promise_in_bounds') return result(start, null)
  const least = vector(dims.map((n) => (wraps && nativeWrap ? -n : 0)))
  const greatest = vector(startIndexMap.map((d) => a.operandShape[d]! - a.sizes[d]!))
  // Clip takes bounds without axes; on GPUs it does not take int32.
  const clipped =
    isOne && isOnHost(context)
      ? graph.op('Clip', [start, least, greatest])
      : graph.op('Min', [graph.op('Max', [start, least]), greatest])
  if (a.mode === 'clip') return result(clipped, null)
  const equal = graph.op('Equal', [start, clipped])
  if (isFlat) return result(clipped, equal)
  const attributes = { keepdims: 0 }
  return result(clipped, kernel(context, 'ReduceMin', [equal, graph.ints([-1])], 'bool', { attributes, data: [0] }))
}

/** Positions in the axes `first` to before `end` of an operand, these taken as one axis. */
export interface LinearIndices {
  readonly first: number
  readonly end: number
  /** `[...batch, ...window]`. */
  readonly positions: OnnxValue
  readonly dtype: 'int32' | 'int64'
  readonly inside: OnnxValue | null
  /** Sizes, all above 1, of the windows within these axes. */
  readonly window: Shape
}

/** Axes of the operand that windows don't cover from end to end. */
const addressedAxes = ({ dimensions, operandShape, sizes }: Windows): readonly number[] =>
  range(operandShape.length).filter(
    (d) => sizes[d] !== operandShape[d] || (dimensions.operandBatchingDims.includes(d) && operandShape[d]! > 1),
  )

/** 0, step, 2·step, … of `n` elements along one axis of a shape of 1s. */
const steps = (
  { graph }: LowerContext,
  dtype: 'int32' | 'int64',
  n: number,
  step: number,
  axis: number,
  ndim: number,
): OnnxValue => {
  const shape = range(ndim).map((i) => (i === axis ? n : 1))
  if (n <= maxConstant) {
    return graph.constant(
      dtype,
      shape,
      range(n).map((i) => i * step),
    )
  }
  const [from, to, by] = [0, n * step, step].map((v) => graph.scalar(dtype, v))
  return graph.op('Reshape', [graph.op('Range', [from!, to!, by!]), graph.ints(shape)], { allowzero: 1 })
}

/**
 * Positions of all elements of the windows, in an axis that begins at the operand's first one or at the first that
 * matters. They may count from the end if the operator that takes them does so (`nativeWrap`).
 */
export const linearIndices = (
  context: LowerContext,
  indices: OnnxValue,
  a: Addressing,
  from: 'first' | 'start',
  nativeWrap: boolean,
): LinearIndices => {
  const { graph } = context
  const { dimensions, operandShape, sizes } = a
  const addressed = addressedAxes(a)
  const end = addressed.length === 0 ? 0 : addressed.at(-1)! + 1
  const first = from === 'start' || addressed.length === 0 ? 0 : addressed[0]!
  const strideOf = (d: number): number => (d < first || d >= end ? 0 : sizeOf(operandShape.slice(d + 1, end)))
  const merged = windowAxes(dimensions, operandShape.length).filter((d) => d >= first && d < end && sizes[d]! > 1)
  const window = merged.map((d) => sizes[d]!)
  const batch = a.indicesShape.slice(0, -1)
  const ndim = batch.length + window.length
  const alone = end - first <= 1

  const arePoints = dimensions.startIndexMap.every((d) => sizes[d] === 1)
  const safe = safeIndices(context, indices, a, nativeWrap && alone && arePoints && window.length === 0)
  const { dtype } = safe
  const strides = dimensions.startIndexMap.map((d) => (operandShape[d] === sizes[d] ? 0 : strideOf(d)))
  const withWindowAxes = [...batch, ...window.map(() => 1)]
  const terms: OnnxValue[] = []
  if (strides.some((s) => s > 0)) {
    const summed =
      strides.length === 1
        ? strides[0] === 1
          ? safe.indices
          : graph.op('Mul', [safe.indices, graph.scalar(dtype, strides[0]!)])
        : graph.op(
            'ReduceSum',
            [graph.op('Mul', [safe.indices, graph.constant(dtype, [strides.length], strides)]), graph.ints([-1])],
            { keepdims: 0 },
          )
    terms.push(
      strides.length === 1 || window.length > 0
        ? graph.op('Reshape', [summed, graph.ints(withWindowAxes)], { allowzero: 1 })
        : summed,
    )
  }
  dimensions.operandBatchingDims.forEach((d, i) => {
    const axis = dimensions.startIndicesBatchingDims[i]!
    terms.push(steps(context, dtype, operandShape[d]!, strideOf(d), axis, ndim))
  })
  merged.forEach((d, i) => terms.push(steps(context, dtype, sizes[d]!, strideOf(d), batch.length + i, ndim)))
  const shape = [...batch, ...window]
  const sum = terms.length === 0 ? graph.scalar(dtype, 0) : terms.reduce((x, y) => graph.op('Add', [x, y]))
  // The sum has the whole shape if the term of the indices, which runs over the batch, and those of the windows do.
  const isWhole = strides.some((s) => s > 0)
  const positions = isWhole ? sum : graph.op('Expand', [sum, graph.ints(shape)])
  return { first, end, positions, dtype, inside: safe.inside, window }
}

/** Nodes that take `sizes` elements of each of `axes` from `starts`, an int64 value of one axis, inside of the operand. */
export const lowerSliceAt = (
  context: LowerContext,
  x: OnnxValue,
  starts: OnnxValue,
  axes: readonly number[],
  sizes: readonly number[],
): OnnxValue => {
  const { graph } = context
  if (!context.device.startsWith('cuda')) {
    return graph.op('Slice', [x, starts, graph.op('Add', [starts, graph.ints(sizes)]), graph.ints(axes)])
  }
  // CUDA's Slice would read its starts on the host: Gather takes them where they are.
  return axes.reduce((value, axis, i) => {
    const start = axes.length === 1 ? starts : graph.op('Slice', [starts, graph.ints([i]), graph.ints([i + 1])])
    const positions = graph.op('Add', [start, steps(context, 'int64', sizes[i]!, 1, 0, 1)])
    return graph.op('Gather', [value, positions], { axis })
  }, x)
}

/** Index vectors of all elements of a shape: `[...shape, axes]`, int64. */
export const rowIndices = (context: LowerContext, shape: Shape): OnnxValue => {
  const { graph } = context
  const ndim = shape.length
  if (sizeOf(shape) * ndim <= maxConstant) {
    const strides = rowMajorStrides(shape)
    const values = range(sizeOf(shape)).flatMap((i) => shape.map((n, d) => Math.floor(i / strides[d]!) % n))
    return graph.constant('int64', [...shape, ndim], values)
  }
  const columns = shape.map((n, d) =>
    graph.op('Expand', [steps(context, 'int64', n, 1, d, ndim + 1), graph.ints([...shape, 1])]),
  )
  return columns.length === 1 ? columns[0]! : graph.op('Concat', columns, { axis: ndim })
}
