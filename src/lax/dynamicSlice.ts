/** Slices at positions that are computed, and updates of them: each other's transposes. */
import type { NDArray } from '../core/index.js'
import {
  type BatchAxis,
  bind1,
  DTypeError,
  equalShapes,
  isInteger,
  isUnsigned,
  Linear,
  literal,
  literalValue,
  type LowerContext,
  type Primitive,
  requireArrays,
  requireLists,
  type Shape,
  type ShapedArray,
  ShapeError,
  showAval,
  sizeOf,
  withShape,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { add } from './arithmetic.js'
import { convertElementType, lt, select } from './compare.js'
import { gather } from './gather.js'
import { castTo, kernel } from './kernels.js'
import { scatter } from './scatter.js'
import {
  broadcastInDim,
  canonicalAxis,
  expandDims,
  instantiate,
  moveToFront,
  range,
  reshape,
  squeeze,
  zerosOf,
} from './shape.js'
import { concatenate } from './concatenate.js'
import { lowerSliceAt, rowIndices } from './startIndices.js'

/** Where a slice begins along one axis: a number, or a scalar integer array. Negative positions count from the end. */
export type Start = NDArray | number

const checkStarts = (name: string, x: ShapedArray, starts: readonly ShapedArray[], sizes: Shape): void => {
  const fits =
    sizes.length === x.shape.length && sizes.every((n, d) => Number.isInteger(n) && n >= 0 && n <= x.shape[d]!)
  if (!fits) throw new ShapeError(name, `sizes from 0 to those of ${showAval(x)}`, `[${sizes.join()}]`)
  if (starts.length !== sizes.length || starts.some((s) => s.shape.length > 0)) {
    throw new ShapeError(name, `a scalar start for each of ${sizes.length} axes`, starts.map(showAval).join(' and '))
  }
  const wrong = starts.find((s) => !isInteger(s.dtype))
  if (wrong !== undefined) throw new DTypeError(name, 'integer starts', showAval(wrong))
}

const canonicalStart = (start: Start, size: number): NDArray => {
  const x = typeof start === 'number' ? literal(start, 'int32') : start
  const known = literalValue(x)
  if (known !== null) return Number(known) < 0 ? literal(Number(known) + size, x.dtype) : x
  return !isInteger(x.dtype) || isUnsigned(x.dtype) ? x : select(lt(x, 0), x, add(x, size))
}

/** Starts as one index vector, or one for each mapped element. */
const startVectors = (starts: readonly NDArray[], axes: readonly BatchAxis[], size: number): NDArray => {
  const columns = starts.map((s, i) => {
    const wide = convertElementType(s, 'int64')
    return axes[i] === null ? broadcastInDim(wide, [size, 1], []) : reshape(wide, [size, 1])
  })
  return concatenate(columns, 1)
}

/** Starts clamped so that the slice is inside, of the axes that aren't taken whole: an int64 value of one axis. */
const lowerStarts = (
  context: LowerContext,
  starts: readonly OnnxValue[],
  avals: readonly ShapedArray[],
  axes: readonly number[],
  limits: readonly number[],
): OnnxValue => {
  const { graph } = context
  const parts = axes.map((d) => {
    const { dtype } = avals[d]!
    // What int64 can't hold would become negative: the end is as far.
    const held = dtype === 'uint64' ? graph.op('Min', [starts[d]!, graph.scalar(dtype, limits[d]!)]) : starts[d]!
    return graph.op('Reshape', [castTo(context, held, dtype, 'int64'), graph.ints([1])])
  })
  const all = parts.length === 1 ? parts[0]! : graph.op('Concat', parts, { axis: 0 })
  return graph.op('Min', [graph.op('Max', [all, graph.scalar('int64', 0)]), graph.ints(axes.map((d) => limits[d]!))])
}

const partialAxes = (shape: Shape, sizes: Shape): readonly number[] =>
  range(shape.length).filter((d) => shape[d] !== sizes[d])

// dynamic_slice

export const dynamicSliceP: Primitive<{ readonly sliceSizes: Shape }> = {
  name: 'dynamic_slice',
  abstractEval([x, ...starts], { sliceSizes }) {
    checkStarts('dynamic_slice', x!, starts, sliceSizes)
    return [withShape(x!, sliceSizes)]
  },
  jvp([x, ...starts], [t], params) {
    const y = bind1(dynamicSliceP, [x!, ...starts], params)
    return [[y], [t === zero ? zero : bind1(dynamicSliceP, [t!, ...starts], params)]]
  },
  transpose([ct], [x, ...starts]) {
    const none = starts.map(() => null)
    if (ct === zero) return [zero, ...none]
    const zeros = zerosOf((x as Linear).aval)
    return [bind1(dynamicUpdateSliceP, [zeros, ct!, ...(starts as NDArray[])], null), ...none]
  },
  batch([x, ...starts], [axis, ...startAxes], { sliceSizes }, size) {
    if (startAxes.every((a) => a === null)) {
      const sizes = [...sliceSizes.slice(0, axis!), size, ...sliceSizes.slice(axis!)]
      const all = [...starts.slice(0, axis!), literal(0, 'int32'), ...starts.slice(axis!)]
      return [[bind1(dynamicSliceP, [x!, ...all], { sliceSizes: sizes })], [axis!]]
    }
    const dims = range(sliceSizes.length)
    const mapped = axis !== null
    const operand = mapped ? moveToFront(x!, axis!) : x!
    const operandDims = mapped ? dims.map((d) => d + 1) : dims
    const batching = mapped ? [0] : []
    const y = gather(
      operand,
      startVectors(starts, startAxes, size),
      {
        offsetDims: dims.map((d) => d + 1),
        collapsedSliceDims: [],
        startIndexMap: operandDims,
        operandBatchingDims: batching,
        startIndicesBatchingDims: batching,
      },
      [...batching.map(() => Math.min(size, 1)), ...sliceSizes],
      { mode: 'clip' },
    )
    return [[y], [0]]
  },
  lower(context, [x, ...starts], { sliceSizes }) {
    const [aval, ...startAvals] = context.avalsIn
    const axes = partialAxes(aval!.shape, sliceSizes)
    if (axes.length === 0) return [x!]
    const limits = aval!.shape.map((n, d) => n - sliceSizes[d]!)
    const at = lowerStarts(context, starts, startAvals, axes, limits)
    return [
      lowerSliceAt(
        context,
        x!,
        at,
        axes,
        axes.map((d) => sliceSizes[d]!),
      ),
    ]
  },
}

/**
 * `sizes` elements of each axis from a position on. Negative positions count from the end; those too near to an end are
 * moved so that the slice is inside.
 *
 * @throws ShapeError, DTypeError
 * @see https://openxla.org/stablehlo/spec#dynamic_slice
 */
export const dynamicSlice = (x: NDArray, starts: readonly Start[], sizes: readonly number[]): NDArray => {
  requireArrays('dynamic_slice', [x])
  requireLists('dynamic_slice', [starts, sizes])
  return bind1(dynamicSliceP, [x, ...starts.map((s, d) => canonicalStart(s, x.shape[d] ?? 0))], { sliceSizes: sizes })
}

// dynamic_update_slice

export const dynamicUpdateSliceP: Primitive<null> = {
  name: 'dynamic_update_slice',
  abstractEval([x, update, ...starts]) {
    checkStarts('dynamic_update_slice', x!, starts, update!.shape)
    if (x!.dtype !== update!.dtype) {
      const expected = `an update of the array's dtype`
      throw new DTypeError('dynamic_update_slice', expected, `${showAval(x!)} and ${showAval(update!)}`)
    }
    return [withShape(x!, x!.shape)]
  },
  jvp([x, update, ...starts], [tx, tUpdate], params) {
    const write = (a: NDArray, b: NDArray): NDArray => bind1(dynamicUpdateSliceP, [a, b, ...starts], params)
    const y = write(x!, update!)
    if (tx === zero && tUpdate === zero) return [[y], [zero]]
    return [[y], [write(instantiate(tx!, x!.aval), instantiate(tUpdate!, update!.aval))]]
  },
  transpose([ct], [x, update, ...starts]) {
    const at = starts as NDArray[]
    const of = (arg: NDArray | Linear, value: (ct: NDArray) => NDArray) =>
      arg instanceof Linear ? (ct === zero ? zero : value(ct!)) : null
    const { shape: sizes } = update instanceof Linear ? update.aval : update!
    return [
      of(x!, (g) => {
        const nothing = zerosOf(withShape(g.aval, sizes))
        return bind1(dynamicUpdateSliceP, [g, nothing, ...at], null)
      }),
      of(update!, (g) => bind1(dynamicSliceP, [g, ...at], { sliceSizes: sizes })),
      ...starts.map(() => null),
    ]
  },
  batch([x, update, ...starts], [axis, updateAxis, ...startAxes], params, size) {
    const front = (a: NDArray, from: BatchAxis): NDArray =>
      from === null
        ? broadcastInDim(
            a,
            [size, ...a.shape],
            range(a.ndim).map((d) => d + 1),
          )
        : moveToFront(a, from)
    const operand = front(x!, axis!)
    const updates = front(update!, updateAxis!)
    if (startAxes.every((a) => a === null)) {
      return [[bind1(dynamicUpdateSliceP, [operand, updates, literal(0, 'int32'), ...starts], params)], [0]]
    }
    const dims = range(operand.ndim - 1).map((d) => d + 1)
    const y = scatter(
      operand,
      startVectors(starts, startAxes, size),
      updates,
      {
        updateWindowDims: dims,
        insertedWindowDims: [],
        scatterDimsToOperandDims: dims,
        operandBatchingDims: [0],
        scatterIndicesBatchingDims: [0],
      },
      { mode: 'clip', uniqueIndices: true },
    )
    return [[y], [0]]
  },
  lower(context, [x, update, ...starts]) {
    const { graph } = context
    const [aval, updateAval, ...startAvals] = context.avalsIn
    const { shape, dtype } = aval!
    const sizes = updateAval!.shape
    if (sizeOf(sizes) === 0) return [x!]
    if (equalShapes(shape, sizes)) return [update!]
    const axes = partialAxes(shape, sizes)
    const limits = shape.map((n, d) => n - sizes[d]!)
    // Rows of the trailing axes that are written whole go in at positions in the leading ones.
    const leading = axes.at(-1)! + 1
    const at = lowerStarts(context, starts, startAvals, range(leading), limits)
    const positions = graph.op('Add', [rowIndices(context, sizes.slice(0, leading)), at])
    return [kernel(context, 'ScatterND', [x!, positions, update!], dtype, { data: [0, 2] })]
  },
}

/**
 * `x` with `update` in the place of the elements from `starts` on, which are taken as those of {@link dynamicSlice}.
 *
 * @throws ShapeError, DTypeError
 * @see https://openxla.org/stablehlo/spec#dynamic_update_slice
 */
export const dynamicUpdateSlice = (x: NDArray, update: NDArray, starts: readonly Start[]): NDArray => {
  requireArrays('dynamic_update_slice', [x, update])
  requireLists('dynamic_update_slice', [starts])
  return bind1(dynamicUpdateSliceP, [x, update, ...starts.map((s, d) => canonicalStart(s, x.shape[d] ?? 0))], null)
}

const startsAt = (x: NDArray, axis: number, start: Start): readonly Start[] => {
  requireArrays('dynamic_slice', [x])
  const sliced = canonicalAxis('dynamic_slice', axis, x.ndim)
  return x.shape.map((_, d) => (d === sliced ? start : 0))
}

/** {@link dynamicSlice} of one axis. */
export const dynamicSliceInDim = (x: NDArray, start: Start, size: number, axis = 0): NDArray =>
  dynamicSlice(x, startsAt(x, axis, start), x.shape.with(axis, size))

/** The elements at one position of an axis, which is kept with size 1 unless `keepdims` is false. */
export const dynamicIndexInDim = (x: NDArray, index: Start, axis = 0, keepdims = true): NDArray => {
  const row = dynamicSliceInDim(x, index, 1, axis)
  return keepdims ? row : squeeze(row, [axis])
}

/** {@link dynamicUpdateSlice} of one axis. */
export const dynamicUpdateSliceInDim = (x: NDArray, update: NDArray, start: Start, axis: number): NDArray =>
  dynamicUpdateSlice(x, update, startsAt(x, axis, start))

/** `x` with `update`, which may lack the axis, at one position of an axis. */
export const dynamicUpdateIndexInDim = (x: NDArray, update: NDArray, index: Start, axis: number): NDArray => {
  requireArrays('dynamic_update_slice', [x, update])
  const row =
    update.ndim === x.ndim ? update : expandDims(update, [canonicalAxis('dynamic_update_slice', axis, x.ndim)])
  return dynamicUpdateSliceInDim(x, row, index, axis)
}
