/** Slices and pads: each other's transposes. */
import {
  bind1,
  type DType,
  DTypeError,
  equalShapes,
  isInteger,
  Linear,
  literal,
  type LowerContext,
  NDArray,
  type Primitive,
  type Shape,
  ShapeError,
  showAval,
  withShape,
  zero,
  requireArrays,
  requireLists,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { sub } from './arithmetic.js'
import { select } from './compare.js'
import { kernel } from './kernels.js'
import { broadcastInDim, canonicalAxis, full, instantiate, moveToFront, range, reduceSum } from './shape.js'

const insertAt = <T>(list: readonly T[], index: number, value: T): readonly T[] => [
  ...list.slice(0, index),
  value,
  ...list.slice(index),
]

// slice

interface Slice {
  readonly startIndices: readonly number[]
  readonly limitIndices: readonly number[]
  readonly strides: readonly number[]
}

const sliceSize = (start: number, limit: number, stride: number): number =>
  Math.max(0, Math.ceil((limit - start) / stride))

/** Nodes that take `start` to `end` by `step` of the axes where that isn't the whole axis. */
export const lowerSlice = (
  { graph }: LowerContext,
  x: OnnxValue,
  shape: Shape,
  starts: readonly number[],
  limits: readonly number[],
  strides: readonly number[],
): OnnxValue => {
  const axes = range(shape.length).filter((i) => starts[i] !== 0 || limits[i] !== shape[i] || strides[i] !== 1)
  if (axes.length === 0) return x
  const at = (values: readonly number[]): OnnxValue => graph.ints(axes.map((i) => values[i]!))
  const steps = axes.every((i) => strides[i] === 1) ? [] : [at(strides)]
  return graph.op('Slice', [x, at(starts), at(limits), graph.ints(axes), ...steps])
}

export const sliceP: Primitive<Slice> = {
  name: 'slice',
  abstractEval([x], { startIndices, limitIndices, strides }) {
    const { shape } = x!
    const fits =
      [startIndices, limitIndices, strides].every((list) => list.length === shape.length) &&
      shape.every((n, i) => {
        const [start, limit, stride] = [startIndices[i]!, limitIndices[i]!, strides[i]!]
        return (
          [start, limit, stride].every(Number.isInteger) && 0 <= start && start <= limit && limit <= n && stride > 0
        )
      })
    if (!fits) {
      throw new ShapeError(
        'slice',
        `0 ≤ start ≤ limit ≤ size and a stride ≥ 1 for each axis of ${showAval(x!)}`,
        `[${startIndices.join()}] to [${limitIndices.join()}] by [${strides.join()}]`,
      )
    }
    return [
      withShape(
        x!,
        shape.map((_, i) => sliceSize(startIndices[i]!, limitIndices[i]!, strides[i]!)),
      ),
    ]
  },
  jvp: ([x], [t], params) => [[bind1(sliceP, [x!], params)], [t === zero ? zero : bind1(sliceP, [t!], params)]],
  transpose([ct], [x], { startIndices, strides }) {
    if (ct === zero) return [zero]
    const { shape } = x!.aval
    const config = shape.map((n, i): PaddingConfig => {
      const taken = ct!.shape[i]!
      const end = taken === 0 ? startIndices[i]! : startIndices[i]! + 1 + (taken - 1) * strides[i]!
      return [startIndices[i]!, n - end, strides[i]! - 1]
    })
    return [pad(ct!, 0, config)]
  },
  batch([x], [axis], { startIndices, limitIndices, strides }, size) {
    const params = {
      startIndices: insertAt(startIndices, axis!, 0),
      limitIndices: insertAt(limitIndices, axis!, size),
      strides: insertAt(strides, axis!, 1),
    }
    return [[bind1(sliceP, [x!], params)], [axis!]]
  },
  lower: (context, [x], { startIndices, limitIndices, strides }) => [
    lowerSlice(context, x!, context.avalsIn[0]!.shape, startIndices, limitIndices, strides),
  ],
}

/**
 * The elements from `start` to before `limit` of each axis, every `strides`-th of them.
 *
 * @param strides - default all 1
 * @throws ShapeError unless 0 ≤ start ≤ limit ≤ size and stride ≥ 1
 * @see https://openxla.org/stablehlo/spec#slice
 */
export const slice = (
  x: NDArray,
  start: readonly number[],
  limit: readonly number[],
  strides?: readonly number[],
): NDArray => {
  requireArrays('slice', [x])
  requireLists('slice', [start, limit])
  const steps = strides ?? start.map(() => 1)
  const whole = equalShapes(limit, x.shape) && start.every((n) => n === 0) && steps.every((n) => n === 1)
  return whole && start.length === x.ndim
    ? x
    : bind1(sliceP, [x], { startIndices: start, limitIndices: limit, strides: steps })
}

/** {@link slice} of one axis. */
export const sliceInDim = (x: NDArray, start: number, limit: number, stride = 1, axis = 0): NDArray => {
  requireArrays('slice', [x])
  const sliced = canonicalAxis('slice', axis, x.ndim)
  const put = (values: readonly number[], value: number): readonly number[] => values.with(sliced, value)
  const zeros = x.shape.map(() => 0)
  return slice(
    x,
    put(zeros, start),
    put(x.shape, limit),
    put(
      zeros.map(() => 1),
      stride,
    ),
  )
}

// pad

/** Elements put in before, after, and between the elements of an axis; negative ones at the edges are taken away. */
export type PaddingConfig = readonly [low: number, high: number, interior: number]

interface Pad {
  readonly paddingConfig: readonly PaddingConfig[]
}

const dilated = (n: number, interior: number): number => n + Math.max(n - 1, 0) * interior

/**
 * Nodes that put `low` and `high` times `value` around the axes, or crop by negative ones (not beyond the other edge).
 * CUDA's Pad has no integers: blocks are concatenated there.
 */
export const lowerPad = (
  context: LowerContext,
  x: OnnxValue,
  shape: Shape,
  low: readonly number[],
  high: readonly number[],
  value: OnnxValue,
  dtype: DType,
): OnnxValue => {
  const { graph } = context
  if (low.every((n) => n === 0) && high.every((n) => n === 0)) return x
  if (!(context.device.startsWith('cuda') && isInteger(dtype))) {
    return kernel(context, 'Pad', [x, graph.ints([...low, ...high]), value], dtype, { data: [0, 2] })
  }
  const cropped = (n: number): number => Math.max(-n, 0)
  let result = lowerSlice(
    context,
    x,
    shape,
    low.map(cropped),
    shape.map((n, i) => n - cropped(high[i]!)),
    shape.map(() => 1),
  )
  const sizes = shape.map((n, i) => n - cropped(low[i]!) - cropped(high[i]!))
  shape.forEach((_, axis) => {
    const block = (k: number): readonly OnnxValue[] =>
      k <= 0 ? [] : [kernel(context, 'Expand', [value, graph.ints(sizes.with(axis, k))], dtype, { data: [0] })]
    const blocks = [...block(low[axis]!), result, ...block(high[axis]!)]
    if (blocks.length > 1) result = graph.op('Concat', blocks, { axis })
    sizes[axis] = shape[axis]! + low[axis]! + high[axis]!
  })
  return result
}

/** `value` between the elements: a new last axis of each is padded, and merged again. */
const lowerInterior = (
  context: LowerContext,
  x: OnnxValue,
  shape: Shape,
  interior: readonly number[],
  value: OnnxValue,
  dtype: DType,
): OnnxValue => {
  const { graph } = context
  const paired = shape.flatMap((n) => [n, 1])
  const high = interior.flatMap((k) => [0, k])
  const reshaped = graph.op('Reshape', [x, graph.ints(paired)], { allowzero: 1 })
  const padded = lowerPad(
    context,
    reshaped,
    paired,
    high.map(() => 0),
    high,
    value,
    dtype,
  )
  const merged = shape.map((n, i) => n * (1 + interior[i]!))
  return graph.op('Reshape', [padded, graph.ints(merged)], { allowzero: 1 })
}

export const padP: Primitive<Pad> = {
  name: 'pad',
  abstractEval([x, value], { paddingConfig }) {
    const shape = paddingConfig.map(([low, high, k], i) => low + high + dilated(x!.shape[i] ?? 0, k))
    const fits =
      paddingConfig.length === x!.shape.length &&
      paddingConfig.every(([low, high, k]) => [low, high, k].every(Number.isInteger) && k >= 0) &&
      shape.every((n) => n >= 0)
    if (!fits) {
      throw new ShapeError(
        'pad',
        `[low, high, interior ≥ 0] for each axis of ${showAval(x!)}, and no negative size`,
        `[${paddingConfig.map((c) => `[${c.join()}]`).join()}]`,
      )
    }
    if (value!.shape.length > 0) throw new ShapeError('pad', 'a scalar to pad with', showAval(value!))
    if (value!.dtype !== x!.dtype) {
      throw new DTypeError('pad', `a value of the array's dtype`, `${showAval(x!)} and ${showAval(value!)}`)
    }
    return [withShape(x!, shape)]
  },
  jvp([x, value], [tx, tValue], params) {
    const y = bind1(padP, [x!, value!], params)
    if (tx === zero && tValue === zero) return [[y], [zero]]
    return [[y], [bind1(padP, [instantiate(tx!, x!.aval), instantiate(tValue!, value!.aval)], params)]]
  },
  transpose([ct], [x, value], { paddingConfig }) {
    if (ct === zero) return [x, value].map((arg) => (arg instanceof Linear ? zero : null))
    const edges = paddingConfig.map(([low, high]): PaddingConfig => [-low, -high, 0])
    const unpadded = pad(ct!, 0, edges)
    const kept = slice(
      unpadded,
      unpadded.shape.map(() => 0),
      unpadded.shape,
      paddingConfig.map(([, , k]) => k + 1),
    )
    const total = (a: NDArray): NDArray => reduceSum(a, range(a.ndim))
    return [x instanceof Linear ? kept : null, value instanceof Linear ? sub(total(ct!), total(kept)) : null]
  },
  batch([x, value], [axis, valueAxis], { paddingConfig }, size) {
    if (valueAxis === null) {
      return [[bind1(padP, [x!, value!], { paddingConfig: insertAt(paddingConfig, axis!, [0, 0, 0]) })], [axis!]]
    }
    const front =
      axis === null
        ? broadcastInDim(
            x!,
            [size, ...x!.shape],
            range(x!.ndim).map((i) => i + 1),
          )
        : moveToFront(x!, axis!)
    const config: readonly PaddingConfig[] = [[0, 0, 0], ...paddingConfig]
    const padded = pad(front, 0, config)
    const isElement = pad(full(front.shape, true, 'bool'), 0, config)
    return [[select(isElement, broadcastInDim(value!, padded.shape, [0]), padded)], [0]]
  },
  lower(context, [x, value], { paddingConfig }) {
    const { shape, dtype } = context.avalsIn[0]!
    const interior = paddingConfig.map(([, , k], i) => (shape[i]! > 1 ? k : 0))
    const spread = interior.some((k) => k > 0)
    const dense = spread ? lowerInterior(context, x!, shape, interior, value!, dtype) : x!
    const denseShape = shape.map((n, i) => n * (1 + interior[i]!))
    const low = paddingConfig.map(([n]) => n)
    // The last element of a spread axis is followed by its interior padding, too.
    const high = paddingConfig.map(([, n], i) => n - interior[i]!)
    const positive = (n: number): number => Math.max(n, 0)
    const padded = lowerPad(context, dense, denseShape, low.map(positive), high.map(positive), value!, dtype)
    const paddedShape = denseShape.map((n, i) => positive(low[i]!) + n + positive(high[i]!))
    const starts = low.map((n) => positive(-n))
    const limits = paddedShape.map((n, i) => n - positive(-high[i]!))
    return [
      lowerSlice(
        context,
        padded,
        paddedShape,
        starts,
        limits,
        starts.map(() => 1),
      ),
    ]
  },
}

/**
 * `x` with `value` around and between its elements; negative edges crop.
 *
 * @param value - a scalar; numbers become of x's dtype
 * @throws ShapeError if an axis would get a negative size
 * @see https://openxla.org/stablehlo/spec#pad
 */
export const pad = (x: NDArray, value: NDArray | number | boolean, config: readonly PaddingConfig[]): NDArray => {
  requireArrays('pad', [x])
  requireLists('pad', [config, ...config])
  if (config.length === x.ndim && config.every((edges) => edges.every((n) => n === 0))) return x
  const scalar = value instanceof NDArray ? value : literal(value, x.dtype)
  return bind1(padP, [x, scalar], { paddingConfig: config })
}
