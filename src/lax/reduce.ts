/** Extrema, products and logic over axes, and the positions of extrema. */
import {
  bind1,
  bitWidth,
  type DType,
  DTypeError,
  DifferentiationError,
  integerRange,
  isBool,
  isFloat,
  isInteger,
  type LowerContext,
  type NDArray,
  type Primitive,
  type Scalar,
  type Shape,
  ShapeError,
  shaped,
  showAval,
  sizeOf,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { add, div, max, mul } from './arithmetic.js'
import { convertElementType, eq } from './compare.js'
import { isOnCuda, lowerHalving } from './cudaIntegers.js'
import { castTo, elementCode, kernel } from './kernels.js'
import {
  batchReduction,
  broadcastInDim,
  canonicalAxis,
  range,
  reduceOver,
  reduceSum,
  reshape,
  transpose,
  reducedAval,
} from './shape.js'
import { concatenate } from './concatenate.js'
import { sliceInDim } from './slicing.js'

interface Axes {
  readonly axes: readonly number[]
}

/** The value of an extremum of nothing: the least, or the greatest, of a dtype. */
export const extremeOf = (dtype: DType, which: 'least' | 'greatest'): Scalar => {
  if (isBool(dtype)) return which === 'greatest'
  if (isFloat(dtype)) return which === 'greatest' ? Infinity : -Infinity
  return integerRange(dtype)[which === 'greatest' ? 1 : 0]
}

/** An array of one value as nodes. */
const lowerFull = (context: LowerContext, shape: Shape, value: Scalar, dtype: DType): OnnxValue =>
  kernel(context, 'Expand', [context.graph.scalar(dtype, value), context.graph.ints(shape)], dtype, { data: [0] })

/** Unsigned 64-bit numbers as signed ones of the same order, for which there are kernels; and back. */
const toSignedOrder = (context: LowerContext, x: OnnxValue): OnnxValue =>
  castTo(context, context.graph.op('Sub', [x, context.graph.scalar('uint64', 1n << 63n)]), 'uint64', 'int64')
const fromSignedOrder = (context: LowerContext, x: OnnxValue): OnnxValue =>
  context.graph.op('Add', [castTo(context, x, 'int64', 'uint64'), context.graph.scalar('uint64', 1n << 63n)])

/** Run on a dtype of the same order that has kernels. */
const inOrder = (
  context: LowerContext,
  x: OnnxValue,
  dtype: DType,
  reduce: (x: OnnxValue, dtype: DType) => OnnxValue,
): OnnxValue =>
  dtype === 'uint64' ? fromSignedOrder(context, reduce(toSignedOrder(context, x), 'int64')) : reduce(x, dtype)

const isNaN = (context: LowerContext, x: OnnxValue, dtype: DType): OnnxValue =>
  dtype === 'bfloat16'
    ? context.graph.op('IsNaN', [castTo(context, x, 'bfloat16', 'float32')])
    : context.graph.op('IsNaN', [x])

/** ONNX Runtime's extrema pass over NaN unless it comes first: NaN is put in where there was one. */
const lowerExtremum = (
  context: LowerContext,
  op: 'ReduceMax' | 'ReduceMin',
  x: OnnxValue,
  axes: readonly number[],
  dtype: DType,
): OnnxValue => {
  const { graph } = context
  const axisInput = graph.ints(axes)
  const over = (name: string, v: OnnxValue, type: DType): OnnxValue =>
    kernel(context, name, [v, axisInput], type, { attributes: { keepdims: 0 }, data: [0] })
  if (isInteger(dtype) && isOnCuda(context)) {
    return lowerHalving(context, op === 'ReduceMax' ? 'Max' : 'Min', x, context.avalsIn[0]!.shape, axes, dtype)
  }
  const extremum = inOrder(context, x, dtype, (v, type) => over(op, v, type))
  if (!isFloat(dtype)) return extremum
  const anyNaN = over('ReduceMax', isNaN(context, x, dtype), 'bool')
  return kernel(context, 'Where', [anyNaN, graph.scalar(dtype, NaN), extremum], dtype, { data: [1, 2] })
}

/** A reduction that has an identity; `lower` is given axes that hold elements. */
const reduction = (
  name: string,
  identity: (dtype: DType) => Scalar,
  rules: Pick<Primitive<Axes>, 'jvp'> & {
    readonly lower: (context: LowerContext, x: OnnxValue, axes: readonly number[], dtype: DType) => OnnxValue
    readonly accepts?: (dtype: DType) => boolean
    readonly expected?: string
  },
): Primitive<Axes> => {
  const { accepts = () => true, expected = '' } = rules
  const primitive: Primitive<Axes> = {
    name,
    abstractEval([x], { axes }) {
      if (!accepts(x!.dtype)) throw new DTypeError(name, expected, showAval(x!))
      return [reducedAval(name, x!, axes)]
    },
    jvp: rules.jvp,
    transpose: () => {
      throw new DifferentiationError(name, 'is not linear: differentiate it forward before transposing')
    },
    batch: ([x], [axis], { axes }) =>
      batchReduction((v, shifted) => bind1(primitive, [v], { axes: shifted }), x!, axis!, axes),
    lower(context, [x], { axes }) {
      const { shape, dtype } = context.avalsIn[0]!
      if (sizeOf(shape) === 0) return [lowerFull(context, context.avalsOut[0]!.shape, identity(dtype), dtype)]
      return [axes.length === 0 ? x! : rules.lower(context, x!, axes, dtype)]
    },
  }
  return primitive
}

// extrema

const extremum = (name: string, op: 'ReduceMax' | 'ReduceMin', ofNothing: 'least' | 'greatest'): Primitive<Axes> => {
  const primitive: Primitive<Axes> = reduction(name, (dtype) => extremeOf(dtype, ofNothing), {
    lower: (context, x, axes, dtype) => lowerExtremum(context, op, x, axes, dtype),
    jvp([x], [t], params) {
      const y = bind1(primitive, [x!], params)
      if (t === zero) return [[y], [zero]]
      const { axes } = params
      const kept = range(x!.ndim).filter((i) => !axes.includes(i))
      const isExtreme = convertElementType(eq(x!, broadcastInDim(y, x!.shape, kept)), t!.dtype)
      // NaN equals nothing: there the derivative is 0.
      const count = max(reduceSum(isExtreme, axes), 1)
      return [[y], [div(reduceSum(mul(t!, isExtreme), axes), count)]]
    },
  })
  return primitive
}

export const reduceMaxP = extremum('reduce_max', 'ReduceMax', 'least')
export const reduceMinP = extremum('reduce_min', 'ReduceMin', 'greatest')

/**
 * The greatest element over axes; NaN if there is one. Elements that tie share the gradient equally.
 *
 * @returns the least value of the dtype over empty axes: -∞, the least integer, false
 */
export const reduceMax = (x: NDArray, axes: readonly number[]): NDArray => reduceOver(reduceMaxP, x, axes)

/** The least element over axes, as {@link reduceMax}. */
export const reduceMin = (x: NDArray, axes: readonly number[]): NDArray => reduceOver(reduceMinP, x, axes)

// product

/**
 * Product and its tangent by a binary tree of products: right at zeros, where y · Σ t/x isn't.
 */
const productTree = (x: NDArray, t: NDArray, axes: readonly number[]): readonly [NDArray, NDArray] => {
  const kept = range(x.ndim).filter((i) => !axes.includes(i))
  const keptShape = kept.map((i) => x.shape[i]!)
  const n = sizeOf(axes.map((i) => x.shape[i]!))
  const flat = (a: NDArray): NDArray => reshape(transpose(a, [...axes, ...kept]), [n, ...keptShape])
  let values = flat(x)
  let tangents = flat(t)
  for (let size = n; size > 1; size = Math.ceil(size / 2)) {
    const half = Math.floor(size / 2)
    const part = (a: NDArray, start: number, end: number): NDArray => sliceInDim(a, start, end)
    const [x1, x2, t1, t2] = [values, tangents].flatMap((a) => [part(a, 0, half), part(a, half, 2 * half)])
    const product = mul(x1!, x2!)
    const tangent = add(mul(t1!, x2!), mul(x1!, t2!))
    const withRest = (a: NDArray, whole: NDArray): NDArray =>
      size % 2 === 0 ? a : concatenate([a, part(whole, size - 1, size)], 0)
    values = withRest(product, values)
    tangents = withRest(tangent, tangents)
  }
  return [reshape(values, keptShape), reshape(tangents, keptShape)]
}

export const reduceProdP: Primitive<Axes> = reduction('reduce_prod', () => 1, {
  accepts: (dtype) => !isBool(dtype),
  expected: 'an array of numbers',
  lower: (context, x, axes, dtype) =>
    // The kernels saturate.
    isInteger(dtype)
      ? lowerHalving(context, 'Mul', x, context.avalsIn[0]!.shape, axes, dtype)
      : kernel(context, 'ReduceProd', [x, context.graph.ints(axes)], dtype, { attributes: { keepdims: 0 }, data: [0] }),
  jvp([x], [t], { axes }) {
    if (t === zero || sizeOf(x!.shape) === 0) return [[reduceProd(x!, axes)], [zero]]
    const [y, tangent] = productTree(x!, t!, axes)
    return [[y], [tangent]]
  },
})

/** The product over axes, in the dtype of `x`; 1 over empty axes. Its derivatives are right at zeros, too. */
export const reduceProd = (x: NDArray, axes: readonly number[]): NDArray => reduceOver(reduceProdP, x, axes)

// logic

const logical = (name: string, op: 'ReduceMin' | 'ReduceMax', identity: boolean): Primitive<Axes> => {
  const primitive: Primitive<Axes> = reduction(name, () => identity, {
    accepts: isBool,
    expected: 'a boolean array',
    lower: (context, x, axes) =>
      kernel(context, op, [x, context.graph.ints(axes)], 'bool', { attributes: { keepdims: 0 }, data: [0] }),
    jvp: ([x], _tangents, params) => [[bind1(primitive, [x!], params)], [zero]],
  })
  return primitive
}

export const reduceAndP = logical('reduce_and', 'ReduceMin', true)
export const reduceOrP = logical('reduce_or', 'ReduceMax', false)

/** Whether all elements over axes hold; true over empty axes. @throws DTypeError unless boolean */
export const reduceAnd = (x: NDArray, axes: readonly number[]): NDArray => reduceOver(reduceAndP, x, axes)

/** Whether an element over axes holds; false over empty axes. @throws DTypeError unless boolean */
export const reduceOr = (x: NDArray, axes: readonly number[]): NDArray => reduceOver(reduceOrP, x, axes)

// positions

interface ArgExtremum {
  readonly axes: readonly number[]
  readonly indexDtype: DType
}

/** The first place along an axis where a condition holds; it holds somewhere. */
const lowerFirst = (context: LowerContext, condition: OnnxValue, shape: Shape, axis: number): OnnxValue => {
  const { graph } = context
  const places = graph.constant('int64', shape.slice(axis).map((n, i) => (i === 0 ? n : 1)), range(shape[axis]!)) // prettier-ignore
  const place = graph.op('Where', [condition, places, graph.scalar('int64', shape[axis]!)])
  return lowerHalving(context, 'Min', place, shape, [axis], 'int64')
}

/** The first NaN wins; else the first extreme element, as ONNX Runtime has it when it passes over NaN. */
const lowerArgExtremum = (
  context: LowerContext,
  op: 'ArgMax' | 'ArgMin',
  x: OnnxValue,
  axis: number,
  dtype: DType,
): OnnxValue => {
  const { graph } = context
  const position = (name: string, v: OnnxValue, type: DType, keepdims: number): OnnxValue =>
    kernel(context, name, [v], type, { attributes: { axis, keepdims }, sameType: false })
  if (isInteger(dtype) && bitWidth(dtype) === 64 && isOnCuda(context)) {
    const { shape } = context.avalsIn[0]!
    const best = lowerHalving(context, op === 'ArgMax' ? 'Max' : 'Min', x, shape, [axis], dtype)
    return lowerFirst(context, graph.op('Equal', [x, graph.op('Unsqueeze', [best, graph.ints([axis])])]), shape, axis)
  }
  if (dtype === 'uint64') return position(op, toSignedOrder(context, x), 'int64', 0)
  const best = position(op, x, dtype, 0)
  if (!isFloat(dtype)) return best
  const nan = isNaN(context, x, dtype)
  const firstNaN = position('ArgMax', nan, 'bool', 0)
  const anyNaN = kernel(context, 'ReduceMax', [nan, graph.ints([axis])], 'bool', {
    attributes: { keepdims: 0 },
    data: [0],
  })
  return graph.op('Where', [anyNaN, firstNaN, best])
}

const argExtremum = (name: string, op: 'ArgMax' | 'ArgMin'): Primitive<ArgExtremum> => {
  const primitive: Primitive<ArgExtremum> = {
    name,
    abstractEval([x], { axes, indexDtype }) {
      const { shape } = reducedAval(name, x!, axes)
      if (axes.length !== 1) throw new ShapeError(name, 'one axis', `[${axes.join()}]`)
      if (x!.shape[axes[0]!] === 0) throw new ShapeError(name, 'an axis that holds elements', showAval(x!))
      if (!isInteger(indexDtype)) throw new DTypeError(name, 'an integer dtype for positions', indexDtype)
      return [shaped(shape, indexDtype)]
    },
    jvp: ([x], _tangents, params) => [[bind1(primitive, [x!], params)], [zero]],
    transpose: () => {
      throw new DifferentiationError(name, 'has no derivative')
    },
    batch: ([x], [axis], { axes, indexDtype }) =>
      batchReduction((v, shifted) => bind1(primitive, [v], { axes: shifted, indexDtype }), x!, axis!, axes),
    lower(context, [x], { axes: [axis], indexDtype }) {
      const { shape, dtype } = context.avalsIn[0]!
      if (sizeOf(shape) === 0) return [lowerFull(context, context.avalsOut[0]!.shape, 0, indexDtype)]
      const position = lowerArgExtremum(context, op, x!, axis!, dtype)
      return [indexDtype === 'int64' ? position : context.graph.op('Cast', [position], { to: elementCode(indexDtype) })]
    },
  }
  return primitive
}

export const argmaxP = argExtremum('argmax', 'ArgMax')
export const argminP = argExtremum('argmin', 'ArgMin')

/**
 * The position of the greatest element along an axis: of the first NaN if there is one, of the first of equals.
 *
 * @param indexDtype - dtype of the result
 * @throws ShapeError if the axis is empty
 */
export const argmax = (x: NDArray, axis: number, indexDtype: DType = 'int32'): NDArray =>
  bind1(argmaxP, [x], { axes: [canonicalAxis('argmax', axis, x.ndim)], indexDtype })

/** The position of the least element along an axis, as {@link argmax}. */
export const argmin = (x: NDArray, axis: number, indexDtype: DType = 'int32'): NDArray =>
  bind1(argminP, [x], { axes: [canonicalAxis('argmin', axis, x.ndim)], indexDtype })
