/** Slices, pads, concatenations and reversals: each other's transposes. */
import {
  type BatchAxis,
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
  type ShapedArray,
  ShapeError,
  shaped,
  showAval,
  sizeOf,
  withShape,
  zero,
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
  strides: readonly number[] = start.map(() => 1),
): NDArray => {
  const whole = equalShapes(limit, x.shape) && start.every((n) => n === 0) && strides.every((n) => n === 1)
  return whole && start.length === x.ndim
    ? x
    : bind1(sliceP, [x], { startIndices: start, limitIndices: limit, strides })
}

/** {@link slice} of one axis. */
export const sliceInDim = (x: NDArray, start: number, limit: number, stride = 1, axis = 0): NDArray => {
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
  if (config.length === x.ndim && config.every((edges) => edges.every((n) => n === 0))) return x
  const scalar = value instanceof NDArray ? value : literal(value, x.dtype)
  return bind1(padP, [x, scalar], { paddingConfig: config })
}

// concatenate

interface Concatenate {
  readonly dimension: number
}

const concatenatedShape = (avals: readonly ShapedArray[], dimension: number): Shape => {
  const [first] = avals
  if (first === undefined) throw new ShapeError('concatenate', 'at least one array', 'none')
  const { shape } = first
  const fits =
    Number.isInteger(dimension) &&
    0 <= dimension &&
    dimension < shape.length &&
    avals.every((a) => a.shape.length === shape.length && a.shape.every((n, i) => i === dimension || n === shape[i]))
  if (!fits) {
    throw new ShapeError(
      'concatenate',
      `arrays of one shape but for axis ${dimension}`,
      avals.map(showAval).join(' and '),
    )
  }
  return shape.with(
    dimension,
    avals.reduce((sum, a) => sum + a.shape[dimension]!, 0),
  )
}

export const concatenateP: Primitive<Concatenate> = {
  name: 'concatenate',
  abstractEval(avals, { dimension }) {
    const shape = concatenatedShape(avals, dimension)
    const { dtype } = avals[0]!
    if (avals.some((a) => a.dtype !== dtype)) {
      throw new DTypeError('concatenate', 'arrays of one dtype', avals.map(showAval).join(' and '))
    }
    return [
      shaped(
        shape,
        dtype,
        avals.every((a) => a.weakType),
      ),
    ]
  },
  jvp(xs, ts, params) {
    const y = bind1(concatenateP, xs, params)
    if (ts.every((t) => t === zero)) return [[y], [zero]]
    const tangents = ts.map((t, i) => instantiate(t, xs[i]!.aval))
    return [[y], [bind1(concatenateP, tangents, params)]]
  },
  transpose([ct], args, { dimension }) {
    let end = 0
    return args.map((x) => {
      const start = end
      end += x instanceof Linear ? x.aval.shape[dimension]! : x.shape[dimension]!
      if (!(x instanceof Linear)) return null
      return ct === zero ? zero : sliceInDim(ct!, start, end, 1, dimension)
    })
  },
  batch(xs, axes, { dimension }, size): readonly [readonly NDArray[], readonly BatchAxis[]] {
    const fronts = xs.map((x, i) => {
      const axis = axes[i]!
      if (axis !== null) return moveToFront(x, axis)
      return broadcastInDim(
        x,
        [size, ...x.shape],
        range(x.ndim).map((d) => d + 1),
      )
    })
    return [[concatenate(fronts, dimension + 1)], [0]]
  },
  lower({ graph, avalsIn, avalsOut: [out] }, xs, { dimension }) {
    const present = xs.filter((_, i) => sizeOf(avalsIn[i]!.shape) > 0)
    if (present.length === 0) return [graph.op('Reshape', [xs[0]!, graph.ints(out!.shape)], { allowzero: 1 })]
    return [present.length === 1 ? present[0]! : graph.op('Concat', present, { axis: dimension })]
  },
}

/**
 * Arrays one after the other along an axis.
 *
 * @throws ShapeError unless the other axes agree
 */
export const concatenate = (xs: readonly NDArray[], dimension: number): NDArray => {
  const [first] = xs
  return xs.length === 1 && dimension >= 0 && dimension < first!.ndim ? first! : bind1(concatenateP, xs, { dimension })
}

// rev

interface Rev {
  readonly dimensions: readonly number[]
}

export const revP: Primitive<Rev> = {
  name: 'rev',
  abstractEval([x], { dimensions }) {
    const ndim = x!.shape.length
    const fits =
      dimensions.every((d) => Number.isInteger(d) && d >= 0 && d < ndim) &&
      new Set(dimensions).size === dimensions.length
    if (!fits) throw new ShapeError('rev', `different axes of ${showAval(x!)}`, `[${dimensions.join()}]`)
    return [withShape(x!, x!.shape)]
  },
  jvp: ([x], [t], { dimensions }) => [[rev(x!, dimensions)], [t === zero ? zero : rev(t!, dimensions)]],
  transpose: ([ct], _args, { dimensions }) => [ct === zero ? zero : rev(ct!, dimensions)],
  batch: ([x], [axis], { dimensions }) => [
    [
      rev(
        x!,
        dimensions.map((d) => (d >= axis! ? d + 1 : d)),
      ),
    ],
    [axis!],
  ],
  lower: ({ graph, avalsIn: [aval] }, [x], { dimensions }) => {
    const minusOnes = graph.ints(dimensions.map(() => -1))
    // From the last element to before the first: an end of -size - 1 is "before the first" in ONNX.
    const ends = graph.ints(dimensions.map((d) => -aval!.shape[d]! - 1))
    return [graph.op('Slice', [x!, minusOnes, ends, graph.ints(dimensions), minusOnes])]
  },
}

/** The elements in reverse order along some axes. @throws ShapeError */
export const rev = (x: NDArray, dimensions: readonly number[]): NDArray =>
  dimensions.length === 0 ? x : bind1(revP, [x], { dimensions })
