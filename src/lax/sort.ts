/** Sorting along an axis, of several arrays by the first ones, and the greatest elements. */
import {
  ArgumentError,
  type BatchAxis,
  bind,
  DifferentiationError,
  type DType,
  equalShapes,
  isFloat,
  type LowerContext,
  NDArray,
  type Primitive,
  type Shape,
  type ShapedArray,
  ShapeError,
  shaped,
  showAval,
  sizeOf,
  type Tangent,
  withShape,
  zero,
  requireArrays,
  requireLists,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { carrierOf, castTo } from './kernels.js'
import { neg } from './arithmetic.js'
import { broadcastedIota } from './iota.js'
import { broadcastInDim, canonicalAxis, inversePermutation, moveToFront, range, transpose } from './shape.js'
import { takeAlongAxis } from './take.js'

/** Values that are compared: in a dtype that ONNX Runtime can sort, of the order of the original's. */
interface Key {
  readonly value: OnnxValue
  readonly dtype: DType
  /** Whether the sorted key, cast back, is the sorted original. */
  readonly isOriginal: boolean
}

const isOnCuda = ({ device }: LowerContext): boolean => device.startsWith('cuda')

/** NaN spoils the comparisons of ONNX Runtime's sort. XLA has it above all numbers, as a wider dtype can have it. */
const floatKeys = (context: LowerContext, x: OnnxValue, dtype: DType): readonly Key[] => {
  const { graph } = context
  const wide = castTo(context, x, dtype, 'float64')
  const constant = (value: number): OnnxValue => graph.scalar('float64', value)
  const isNaN = graph.op('IsNaN', [wide])
  // On CUDA -0 is sorted before 0: x + 0 is never -0.
  const unsigned = isOnCuda(context) ? graph.op('Add', [wide, constant(0)]) : wide
  const number = graph.op('Where', [isNaN, constant(Infinity), unsigned])
  if (dtype === 'float64') {
    return [
      { value: castTo(context, isNaN, 'bool', 'int32'), dtype: 'int32', isOriginal: false },
      { value: number, dtype, isOriginal: false },
    ]
  }
  const isInfinite = graph.op('Equal', [unsigned, constant(Infinity)])
  const value = graph.op('Where', [isInfinite, constant(Number.MAX_VALUE), number])
  return [{ value, dtype: 'float64', isOriginal: false }]
}

/** Keys of one operand, the most significant first. */
const keysOf = (context: LowerContext, x: OnnxValue, dtype: DType): readonly Key[] => {
  if (isFloat(dtype)) return floatKeys(context, x, dtype)
  if (dtype === 'uint64') {
    const signed = context.graph.op('Sub', [x, context.graph.scalar('uint64', 1n << 63n)])
    return [{ value: castTo(context, signed, 'uint64', 'int64'), dtype: 'int64', isOriginal: false }]
  }
  const carrier = carrierOf(context, 'TopK', dtype)
  return [{ value: castTo(context, x, dtype, carrier), dtype: carrier, isOriginal: true }]
}

interface Along {
  readonly context: LowerContext
  readonly shape: Shape
  readonly axis: number
  readonly largest: boolean
}

const gathered = ({ context, axis }: Along, x: OnnxValue, indices: OnnxValue): OnnxValue =>
  context.graph.op('GatherElements', [x, indices], { axis })

const topKNode = (
  { context: { graph }, axis }: Along,
  x: OnnxValue,
  k: number,
  largest: boolean,
): readonly [values: OnnxValue, indices: OnnxValue] => {
  const attributes = { axis, largest: largest ? 1 : 0, sorted: 1 }
  const [values, indices] = graph.ops('TopK', [x, graph.ints([k])], attributes, { outputs: 2 })
  return [values!, indices!]
}

/** The first k of a sorted key, and where each element came from; equal keys stay in their order. */
const sortedByKey = (along: Along, x: OnnxValue, k: number): readonly [values: OnnxValue, indices: OnnxValue] => {
  const { context, shape, axis, largest } = along
  const { graph } = context
  const n = shape[axis]!
  // CUDA's kernel for these sizes is a radix sort that loses the order of equal keys.
  if (!isOnCuda(context) || n <= 256 || n > 4096) return topKNode(along, x, k, largest)
  const [values, indices] = topKNode(along, x, n, largest)
  const part = (value: OnnxValue, start: number, end: number): OnnxValue =>
    graph.op('Slice', [value, graph.ints([start]), graph.ints([end]), graph.ints([axis])])
  const differs = graph.op('Not', [graph.op('Equal', [part(values, 1, n), part(values, 0, n - 1)])])
  const first = shape.with(axis, 1)
  const zeros = graph.constant('int64', first, new BigInt64Array(sizeOf(first)))
  const steps = graph.op('Concat', [zeros, castTo(context, differs, 'bool', 'int64')], { axis })
  const group = graph.op('CumSum', [steps, graph.scalar('int64', axis)])
  const rank = graph.op('Add', [graph.op('Mul', [group, graph.scalar('int64', n)]), indices])
  const order = gathered(along, indices, topKNode(along, rank, n, false)[1])
  return [part(values, 0, k), part(order, 0, k)]
}

/** Where the first k elements come from, by all keys; and the first operand sorted, where that is at hand. */
const sortedBy = (along: Along, keys: readonly Key[], k: number): readonly [OnnxValue, sorted: OnnxValue | null] => {
  let order: OnnxValue | null = null
  let sorted: OnnxValue | null = null
  for (const [i, { value, isOriginal }] of [...keys.entries()].reverse()) {
    const x: OnnxValue = order === null ? value : gathered(along, value, order)
    const [values, indices] = sortedByKey(along, x, i === 0 ? k : along.shape[along.axis]!)
    order = order === null ? indices : gathered(along, order, indices)
    sorted = isOriginal ? values : null
  }
  return [order!, sorted]
}

// sort

interface Sort {
  readonly dimension: number
  readonly isStable: boolean
  /** How many of the leading operands are compared. */
  readonly numKeys: number
}

const frontOf = (x: NDArray, axis: BatchAxis, size: number): NDArray =>
  axis === null
    ? broadcastInDim(
        x,
        [size, ...x.shape],
        range(x.ndim).map((d) => d + 1),
      )
    : moveToFront(x, axis)

const checkSort = (avals: readonly ShapedArray[], { dimension, numKeys }: Sort): void => {
  const [first] = avals
  if (avals.some((a) => !equalShapes(a.shape, first!.shape))) {
    throw new ShapeError('sort', 'arrays of one shape', avals.map(showAval).join(', '))
  }
  if (!Number.isInteger(dimension) || dimension < 0 || dimension >= first!.shape.length) {
    throw new ShapeError('sort', `an axis of ${showAval(first!)}`, `${dimension}`)
  }
  if (!Number.isInteger(numKeys) || numKeys < 1 || numKeys > avals.length) {
    throw new ArgumentError('sort', `a number of keys from 1 to ${avals.length}`, `${numKeys}`)
  }
}

export const sortP: Primitive<Sort> = {
  name: 'sort',
  abstractEval(avals, params) {
    checkSort(avals, params)
    return avals.map((a) => withShape(a, a.shape))
  },
  jvp(primals, tangents, params) {
    const { shape } = primals[0]!
    const places = broadcastedIota('int32', shape, params.dimension)
    const sorted = bind(sortP, [...primals, places], params)
    const order = sorted.at(-1)!
    const along = (t: NDArray): NDArray => takeAlongAxis(t, order, params.dimension, 'promise_in_bounds')
    return [sorted.slice(0, -1), tangents.map((t): Tangent => (t === zero ? zero : along(t)))]
  },
  transpose: () => {
    throw new DifferentiationError('sort', 'is not linear: differentiate it forward before transposing')
  },
  batch: (args, axes, params, size) => {
    const fronts = args.map((x, i) => frontOf(x, axes[i]!, size))
    return [bind(sortP, fronts, { ...params, dimension: params.dimension + 1 }), args.map(() => 0)]
  },
  lower(context, inputs, { dimension, numKeys }) {
    const { shape } = context.avalsIn[0]!
    if (shape[dimension]! < 2 || sizeOf(shape) === 0) return inputs
    const along = { context, shape, axis: dimension, largest: false }
    const keys = inputs.slice(0, numKeys).flatMap((x, i) => keysOf(context, x, context.avalsIn[i]!.dtype))
    const [order, sorted] = sortedBy(along, keys, shape[dimension]!)
    return inputs.map((x, i) =>
      i === 0 && sorted !== null
        ? castTo(context, sorted, keys[0]!.dtype, context.avalsIn[0]!.dtype)
        : gathered(along, x, order),
    )
  },
}

export interface SortOptions {
  /** The axis that is sorted; default the last. */
  readonly dimension?: number
  /** Whether equal elements keep their order; default true. */
  readonly isStable?: boolean
  /** How many of the arrays are compared, the first one first; default 1. */
  readonly numKeys?: number
}

/**
 * An array with the elements of an axis in ascending order, NaN last; or several, moved as the first ones are sorted.
 * Derivatives go where the elements go.
 *
 * @throws ShapeError unless the arrays have one shape
 * @throws ArgumentError unless there are as many keys
 * @example
 * const [ages, heights] = lax.sort([np.array([3, 1, 2]), np.array([90, 70, 80])])
 * heights // => Array([70., 80., 90.], dtype=float32)
 */
export function sort(x: NDArray, options?: SortOptions): NDArray
export function sort<const T extends readonly NDArray[]>(xs: T, options?: SortOptions): { [K in keyof T]: NDArray }
export function sort(x: NDArray | readonly NDArray[], options: SortOptions = {}): NDArray | readonly NDArray[] {
  const { dimension = -1, isStable = true, numKeys = 1 } = options
  const xs = x instanceof NDArray ? [x] : x
  requireLists('sort', [xs])
  requireArrays('sort', xs)
  if (xs.length === 0) throw new ArgumentError('sort', 'at least one array', 'none')
  const sorted = bind(sortP, xs, { dimension: canonicalAxis('sort', dimension, xs[0]!.ndim), isStable, numKeys })
  return x instanceof NDArray ? sorted[0]! : sorted
}

/** Keys in ascending order along an axis, and values moved with them. */
export const sortKeyVal = (keys: NDArray, values: NDArray, dimension = -1): readonly [NDArray, NDArray] =>
  sort([keys, values], { dimension })

// top_k

interface TopK {
  readonly k: number
}

export const topKP: Primitive<TopK> = {
  name: 'top_k',
  abstractEval([x], { k }) {
    const n = x!.shape.at(-1)
    if (n === undefined || !Number.isInteger(k) || k < 0 || k > n) {
      throw new ShapeError('top_k', `a last axis of at least k = ${k} elements`, showAval(x!))
    }
    const shape = [...x!.shape.slice(0, -1), k]
    return [withShape(x!, shape), shaped(shape, 'int32')]
  },
  jvp([x], [t], params) {
    const [values, indices] = bind(topKP, [x!], params)
    const tangent = t === zero ? zero : takeAlongAxis(t!, indices!, -1, 'promise_in_bounds')
    return [
      [values!, indices!],
      [tangent, zero],
    ]
  },
  transpose: () => {
    throw new DifferentiationError('top_k', 'is not linear: differentiate it forward before transposing')
  },
  batch: ([x], [axis], params) => [bind(topKP, [moveToFront(x!, axis!)], params), [0, 0]],
  lower(context, [x], { k }) {
    const { graph, avalsIn, avalsOut } = context
    const { shape, dtype } = avalsIn[0]!
    if (sizeOf(avalsOut[0]!.shape) === 0) {
      return [graph.constant(dtype, avalsOut[0]!.shape, []), graph.constant('int32', avalsOut[0]!.shape, [])]
    }
    const along = { context, shape, axis: shape.length - 1, largest: true }
    const keys = keysOf(context, x!, dtype)
    const [order, sorted] = sortedBy(along, keys, k)
    const values = sorted === null ? gathered(along, x!, order) : castTo(context, sorted, keys[0]!.dtype, dtype)
    return [values, castTo(context, order, 'int64', 'int32')]
  },
}

/**
 * The k greatest elements of the last axis in descending order, NaN first, and their places, int32. Of equal elements
 * the first comes first.
 *
 * @throws ShapeError if the axis has fewer elements
 * @example
 * lax.topK(np.array([3, 1, 2]), 2)[1] // => Array([0, 2], dtype=int32)
 */
export const topK = (x: NDArray, k: number): readonly [values: NDArray, indices: NDArray] => {
  const [values, indices] = bind(topKP, [x], { k })
  return [values!, indices!]
}

export interface ApproxKOptions {
  /** The axis that is searched; default the last. */
  readonly reductionDimension?: number
}

const extremeK =
  (sign: (x: NDArray) => NDArray) =>
  (x: NDArray, k: number, { reductionDimension = -1 }: ApproxKOptions = {}): readonly [NDArray, NDArray] => {
    const axis = canonicalAxis('approx_top_k', reductionDimension, x.ndim)
    const last = [...range(x.ndim).filter((d) => d !== axis), axis]
    const [values, indices] = topK(sign(transpose(x, last)), k)
    const back = inversePermutation(last)
    return [transpose(sign(values), back), transpose(indices, back)]
  }

/** The k greatest elements of an axis and their places, as {@link topK}: here exact, whatever recall is wanted. */
export const approxMaxK = extremeK((x) => x)

/** The k least elements of an axis and their places, as {@link approxMaxK}. */
export const approxMinK = extremeK((x) => neg(x))
