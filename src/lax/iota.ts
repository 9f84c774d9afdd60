/** Numbers along an axis. */
import {
  bind1,
  type DType,
  type NDArray,
  type Primitive,
  requireLists,
  type Shape,
  shaped,
  zero,
} from '../core/index.js'
import { elementCode, kernel } from './kernels.js'
import { canonicalAxis, checkSizes, range } from './shape.js'

interface Iota {
  readonly dtype: DType
  readonly shape: Shape
  readonly dimension: number
}

const maxConstant = 1 << 14

export const iotaP: Primitive<Iota> = {
  name: 'iota',
  abstractEval(_avals, { shape, dtype }) {
    checkSizes('iota', shape)
    return [shaped(shape, dtype)]
  },
  jvp: (_primals, _tangents, params) => [[bind1(iotaP, [], params)], [zero]],
  transpose: () => [],
  batch: (_args, _axes, params) => [[bind1(iotaP, [], params)], [null]],
  lower: (context, _inputs, { shape, dtype, dimension }) => {
    const { graph } = context
    const n = shape[dimension]!
    const line =
      n <= maxConstant
        ? graph.constant('int64', [n], range(n))
        : graph.op('Range', [graph.scalar('int64', 0), graph.scalar('int64', n), graph.scalar('int64', 1)])
    const typed = dtype === 'int64' ? line : graph.op('Cast', [line], { to: elementCode(dtype) })
    if (shape.length === 1) return [typed]
    const column = graph.op('Reshape', [typed, graph.ints(shape.map((_, i) => (i === dimension ? n : 1)))], {
      allowzero: 1,
    })
    return [kernel(context, 'Expand', [column, graph.ints(shape)], dtype, { data: [0] })]
  },
}

/** 0, 1, 2, … along one axis. @throws ShapeError */
export const broadcastedIota = (dtype: DType, shape: Shape, dimension: number): NDArray => {
  requireLists('iota', [shape])
  return bind1(iotaP, [], { dtype, shape, dimension: canonicalAxis('iota', dimension, shape.length) })
}

/** 0, 1, 2, … n - 1. */
export const iota = (dtype: DType, n: number): NDArray => broadcastedIota(dtype, [n], 0)
