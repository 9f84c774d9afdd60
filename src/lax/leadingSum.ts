/**
 * Sums of floating-point numbers over leading axes, as gradients of biases are: ONNX Runtime's ReduceSum reads them row by row on
 * one thread, and takes 2 to 13 times as long as for rows in groups (docs/decisions/0009-passes.md).
 */
import { type DType, type LowerContext, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { isOnHost } from './kernels.js'

const leastElements = 4096
const mostGroups = 8
/** A product with ones sums so many rows as fast as groups do, as one operation. */
const mostOnes = 512

/** Rows and columns where the axes are the first ones, and more than a few elements are left and summed; else `null`. */
const matrixOf = (shape: Shape, axes: readonly number[]): readonly [rows: number, columns: number] | null => {
  const count = axes.length
  if (count === 0 || axes.some((axis) => axis >= count)) return null
  const [rows, columns] = [sizeOf(shape.slice(0, count)), sizeOf(shape.slice(count))]
  return rows > 1 && columns > 1 && rows * columns >= leastElements ? [rows, columns] : null
}

/** The sum over the first axes of an array; `null` where ReduceSum does as well. Half precision would be rounded between the groups. */
export const lowerLeadingSum = (
  context: LowerContext,
  x: OnnxValue,
  shape: Shape,
  axes: readonly number[],
  dtype: DType,
): OnnxValue | null => {
  const { graph } = context
  const matrix = dtype === 'float32' || dtype === 'float64' ? matrixOf(shape, axes) : null
  if (matrix === null) return null
  const [rows, columns] = matrix
  const reshaped = (v: OnnxValue, to: Shape): OnnxValue => graph.op('Reshape', [v, graph.ints(to)])
  const sum = (v: OnnxValue, axis: number): OnnxValue => graph.op('ReduceSum', [v, graph.ints([axis])], { keepdims: 0 })
  const kept = shape.slice(axes.length)
  if (rows <= mostOnes && isOnHost(context)) {
    const ones = graph.constant(dtype, [rows], new Array<number>(rows).fill(1))
    const isMatrix = axes.length === 1 && kept.length === 1
    const product = graph.op('MatMul', [ones, isMatrix ? x : reshaped(x, [rows, columns])])
    return kept.length === 1 ? product : reshaped(product, kept)
  }
  for (let groups = mostGroups; groups > 1; groups--) {
    if (rows % groups !== 0 || rows === groups) continue
    const partial = sum(reshaped(x, [groups, rows / groups, ...kept]), 1)
    return sum(partial, 0)
  }
  const ones = graph.op('Expand', [graph.scalar(dtype, 1), graph.ints([1, rows])])
  return reshaped(graph.op('MatMul', [ones, reshaped(x, [rows, columns])]), kept)
}
