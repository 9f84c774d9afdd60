/** Sums of integers. ONNX Runtime's ReduceSum saturates, and is slower than its product with a matrix of ones, which wraps. */
import { type DType, type LowerContext, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { carrierOf, castTo } from './kernels.js'

/** Axes of one run of neighbours, as the sizes before, of, and after them. */
const runsOf = (shape: Shape, axes: readonly number[]): readonly (readonly [number, number, number])[] => {
  const runs: [number, number, number][] = []
  // From the last run to the first, so that sizes before a run are those of the array that is left.
  for (let end = shape.length; end > 0;) {
    if (!axes.includes(end - 1)) {
      end -= 1
      continue
    }
    let start = end - 1
    while (axes.includes(start - 1)) start -= 1
    const after = shape.filter((_, i) => i >= end && !axes.includes(i))
    runs.push([sizeOf(shape.slice(0, start)), sizeOf(shape.slice(start, end)), sizeOf(after)])
    end = start
  }
  return runs
}

/** The sum over axes of an array that holds elements; wraps as the dtype does. */
export const lowerIntegerSum = (
  context: LowerContext,
  x: OnnxValue,
  shape: Shape,
  axes: readonly number[],
  dtype: DType,
): OnnxValue => {
  const { graph } = context
  const carrier = carrierOf(context, 'MatMul', dtype)
  const reshaped = (v: OnnxValue, to: Shape): OnnxValue => graph.op('Reshape', [v, graph.ints(to)])
  const ones = (to: Shape): OnnxValue => graph.op('Expand', [graph.scalar(carrier, 1), graph.ints(to)])
  const sum = runsOf(shape, axes).reduce(
    (v, [before, n, after]) =>
      after === 1
        ? graph.op('MatMul', [reshaped(v, [before, n]), ones([n, 1])])
        : graph.op('MatMul', [ones([1, n]), reshaped(v, [before, n, after])]),
    castTo(context, x, dtype, carrier),
  )
  const kept = shape.filter((_, i) => !axes.includes(i))
  return castTo(context, reshaped(sum, kept), carrier, dtype)
}
