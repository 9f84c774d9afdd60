/** Gather and scatter-add: each other's transposes. */
import {
  type BatchAxis,
  bind1,
  type DType,
  DTypeError,
  equalShapes,
  integerRange,
  isBool,
  isFloat,
  isUnsigned,
  Linear,
  type NDArray,
  type Primitive,
  type Shape,
  type ShapedArray,
  ShapeError,
  showAval,
  type Tangent,
  withShape,
  zero,
} from '../core/index.js'
import { lowerGather } from './gatherLowering.js'
import {
  asGather,
  asScatter,
  checkWindows,
  type Dimensions,
  type GatherDimensionNumbers,
  type GatherMode,
  resultShape,
  type ScatterDimensionNumbers,
  type ScatterMode,
  type Windows,
  windowSizes,
} from './indexing.js'
import { lowerScatter, type Reduction } from './scatterLowering.js'
import { broadcastInDim, instantiate, moveToFront, range, zerosOf } from './shape.js'

export type { GatherDimensionNumbers, GatherMode, ScatterDimensionNumbers, ScatterMode } from './indexing.js'

const shift = (axes: readonly number[]): readonly number[] => axes.map((d) => d + 1)

/** The mapped axis in front, made by repetition where the argument isn't mapped. */
const inFront = (x: NDArray, axis: BatchAxis, size: number): NDArray =>
  axis === null ? broadcastInDim(x, [size, ...x.shape], shift(range(x.ndim))) : moveToFront(x, axis)

// gather

interface Gather {
  readonly dimensionNumbers: Dimensions
  readonly sliceSizes: Shape
  readonly mode: GatherMode
  /** `null`: NaN, the least signed integer, the greatest unsigned one, true. */
  readonly fillValue: number | boolean | null
  readonly wrapNegative: boolean
}

const windowsOf = (operand: ShapedArray, indices: ShapedArray, { dimensionNumbers, sliceSizes }: Gather): Windows => ({
  dimensions: dimensionNumbers,
  operandShape: operand.shape,
  indicesShape: indices.shape,
  sizes: sliceSizes,
})

const defaultFill = (dtype: DType): number | bigint | boolean => {
  if (isFloat(dtype)) return NaN
  return isBool(dtype) ? true : integerRange(dtype)[isUnsigned(dtype) ? 1 : 0]
}

export const gatherP: Primitive<Gather> = {
  name: 'gather',
  abstractEval([x, indices], params) {
    const windows = windowsOf(x!, indices!, params)
    checkWindows('gather', x!, indices!, windows)
    return [withShape(x!, resultShape(windows))]
  },
  jvp([x, indices], [t], params) {
    const y = bind1(gatherP, [x!, indices!], params)
    return [[y], [t === zero ? zero : bind1(gatherP, [t!, indices!], { ...params, fillValue: 0 })]]
  },
  transpose([ct], [x, indices], { dimensionNumbers, mode, wrapNegative }) {
    if (ct === zero) return [zero, null]
    const zeros = zerosOf((x as Linear).aval)
    return [
      scatterAdd(zeros, indices as NDArray, ct!, asScatter(dimensionNumbers), {
        mode: mode === 'fill' ? 'drop' : mode,
        wrapNegative,
      }),
      null,
    ]
  },
  batch([x, indices], [axis, indicesAxis], { dimensionNumbers: dims, sliceSizes, ...rest }) {
    const operandDims = {
      collapsedSliceDims: shift(dims.collapsedSliceDims),
      startIndexMap: shift(dims.startIndexMap),
      operandBatchingDims: shift(dims.operandBatchingDims),
    }
    const offsetDims = shift(dims.offsetDims)
    const startIndicesBatchingDims = shift(dims.startIndicesBatchingDims)
    const operand = axis === null ? x! : moveToFront(x!, axis!)
    const starts = indicesAxis === null ? indices! : moveToFront(indices!, indicesAxis!)
    const bound = (dimensionNumbers: Dimensions, sizes: Shape) =>
      [[bind1(gatherP, [operand, starts], { dimensionNumbers, sliceSizes: sizes, ...rest })], [0]] as const
    if (axis === null) return bound({ ...dims, offsetDims, startIndicesBatchingDims }, sliceSizes)
    if (indicesAxis === null) {
      return bound({ ...dims, ...operandDims, offsetDims: [0, ...offsetDims] }, [operand.shape[0]!, ...sliceSizes])
    }
    return bound(
      {
        ...operandDims,
        offsetDims,
        operandBatchingDims: [0, ...operandDims.operandBatchingDims],
        startIndicesBatchingDims: [0, ...startIndicesBatchingDims],
      },
      [Math.min(operand.shape[0]!, 1), ...sliceSizes],
    )
  },
  lower(context, [x, indices], params) {
    const [operand, starts] = context.avalsIn
    const { mode, fillValue, wrapNegative } = params
    const windows = windowsOf(operand!, starts!, params)
    const addressing = {
      ...windows,
      indexDtype: starts!.dtype,
      mode: mode === 'fill' ? 'mask' : mode,
      wrapNegative,
    } as const
    const fill = context.graph.scalar(operand!.dtype, fillValue ?? defaultFill(operand!.dtype))
    return [lowerGather(context, x!, indices!, addressing, fill)]
  },
}

export interface GatherOptions {
  /** Default `fill`. */
  readonly mode?: GatherMode
  /** What stands for windows that aren't inside; default NaN, the least signed integer, the greatest unsigned one, true. */
  readonly fillValue?: number | boolean
  /** Whether negative indices count from the end, as NumPy has it; default false. */
  readonly wrapNegative?: boolean
}

/**
 * Windows of an array, one for each index vector.
 *
 * @param indices - `[...batch, components]`
 * @param sliceSizes - sizes of a window, one for each axis of `x`
 * @returns the batch axes with the window axes put in at `offsetDims`
 * @throws ShapeError, DTypeError if the dimension numbers don't fit
 * @see https://openxla.org/stablehlo/spec#gather
 */
export const gather = (
  x: NDArray,
  indices: NDArray,
  dimensionNumbers: GatherDimensionNumbers,
  sliceSizes: readonly number[],
  { mode = 'fill', fillValue, wrapNegative = false }: GatherOptions = {},
): NDArray =>
  bind1(gatherP, [x, indices], {
    dimensionNumbers: { operandBatchingDims: [], startIndicesBatchingDims: [], ...dimensionNumbers },
    sliceSizes,
    mode,
    fillValue: fillValue ?? null,
    wrapNegative,
  })

// scatter

/** Parameters of the scatter primitives. */
export interface Scatter {
  readonly dimensionNumbers: Required<ScatterDimensionNumbers>
  readonly mode: ScatterMode
  /** Whether the caller promises that no two windows overlap. */
  readonly uniqueIndices: boolean
  readonly wrapNegative: boolean
}

export interface ScatterOptions {
  /** Default `drop`. */
  readonly mode?: ScatterMode
  /** Promise that no two windows overlap; default false. */
  readonly uniqueIndices?: boolean
  /** Whether negative indices count from the end, as NumPy has it; default false. */
  readonly wrapNegative?: boolean
}

/** The windows that a scatter writes. */
export const scatterWindows = (
  operandShape: Shape,
  indicesShape: Shape,
  updatesShape: Shape,
  { dimensionNumbers }: Scatter,
): Windows => {
  const dimensions = asGather(dimensionNumbers)
  return { dimensions, operandShape, indicesShape, sizes: windowSizes(dimensions, operandShape, updatesShape) }
}

/** What a scatter would write, read: the windows of `x`, in the shape of the updates. */
export const gatherUpdated = (x: NDArray, indices: NDArray, updatesShape: Shape, params: Scatter): NDArray => {
  const { dimensions, sizes } = scatterWindows(x.shape, indices.shape, updatesShape, params)
  const { mode, wrapNegative } = params
  return gather(x, indices, dimensions, sizes, { mode: mode === 'drop' ? 'fill' : mode, fillValue: 0, wrapNegative })
}

/** A scatter that combines what is there with the updates by a reduction. */
export const scatterPrimitive = (
  name: string,
  reduction: Reduction,
  rules: Pick<Primitive<Scatter>, 'jvp' | 'transpose'>,
): Primitive<Scatter> => {
  const primitive: Primitive<Scatter> = {
    name,
    abstractEval([x, indices, updates], params) {
      const { updateWindowDims } = params.dimensionNumbers
      if (updateWindowDims.some((d) => d >= updates!.shape.length)) {
        const expected = `axes of the updates ${showAval(updates!)} for windows`
        throw new ShapeError(name, expected, `[${updateWindowDims.join()}]`)
      }
      const windows = scatterWindows(x!.shape, indices!.shape, updates!.shape, params)
      checkWindows(name, x!, indices!, windows)
      const expected = resultShape(windows)
      if (!equalShapes(expected, updates!.shape)) {
        throw new ShapeError(name, `updates of shape [${expected.join()}]`, showAval(updates!))
      }
      if (x!.dtype !== updates!.dtype) {
        throw new DTypeError(name, `updates of the array's dtype`, `${showAval(x!)} and ${showAval(updates!)}`)
      }
      return [withShape(x!, x!.shape)]
    },
    ...rules,
    batch([x, indices, updates], [axis, indicesAxis, updatesAxis], { dimensionNumbers: dims, ...rest }, size) {
      const operand = inFront(x!, axis!, size)
      const written = inFront(updates!, updatesAxis!, size)
      const mapped = indicesAxis !== null
      const starts = mapped ? moveToFront(indices!, indicesAxis!) : indices!
      const batching = shift(dims.scatterIndicesBatchingDims)
      const dimensionNumbers = {
        updateWindowDims: mapped ? shift(dims.updateWindowDims) : [0, ...shift(dims.updateWindowDims)],
        insertedWindowDims: shift(dims.insertedWindowDims),
        scatterDimsToOperandDims: shift(dims.scatterDimsToOperandDims),
        operandBatchingDims: mapped ? [0, ...shift(dims.operandBatchingDims)] : shift(dims.operandBatchingDims),
        scatterIndicesBatchingDims: mapped ? [0, ...batching] : dims.scatterIndicesBatchingDims,
      }
      return [[bind1(primitive, [operand, starts, written], { dimensionNumbers, ...rest })], [0]]
    },
    lower(context, [x, indices, updates], params) {
      const [operand, starts, written] = context.avalsIn
      const { mode, wrapNegative, uniqueIndices } = params
      const addressing = {
        ...scatterWindows(operand!.shape, starts!.shape, written!.shape, params),
        indexDtype: starts!.dtype,
        mode: mode === 'drop' ? 'mask' : mode,
        wrapNegative,
      } as const
      return [lowerScatter(context, x!, indices!, updates!, addressing, reduction, uniqueIndices)]
    },
  }
  return primitive
}

/** A function that binds a scatter primitive. */
export const scatterFunction =
  (primitive: Primitive<Scatter>) =>
  (
    x: NDArray,
    indices: NDArray,
    updates: NDArray,
    dimensionNumbers: ScatterDimensionNumbers,
    { mode = 'drop', uniqueIndices = false, wrapNegative = false }: ScatterOptions = {},
  ): NDArray =>
    bind1(primitive, [x, indices, updates], {
      dimensionNumbers: { operandBatchingDims: [], scatterIndicesBatchingDims: [], ...dimensionNumbers },
      mode,
      uniqueIndices,
      wrapNegative,
    })

export const scatterAddP: Primitive<Scatter> = scatterPrimitive('scatter_add', 'add', {
  jvp([x, indices, updates], [tx, , tUpdates], params) {
    const y = bind1(scatterAddP, [x!, indices!, updates!], params)
    if (tUpdates === zero) return [[y], [tx!]]
    const t = [instantiate(tx!, x!.aval), indices!, instantiate(tUpdates!, updates!.aval)]
    return [[y], [bind1(scatterAddP, t, params)]]
  },
  transpose([ct], [x, indices, updates], params) {
    const updateCt = (): Tangent =>
      ct === zero ? zero : gatherUpdated(ct!, indices as NDArray, shapeOf(updates!), params)
    return [x instanceof Linear ? ct! : null, null, updates instanceof Linear ? updateCt() : null]
  },
})

/** The shape of an argument of a transpose rule. */
export const shapeOf = (x: NDArray | Linear): Shape => (x instanceof Linear ? x.aval.shape : x.shape)

/**
 * `x` with updates added to its windows, one window for each index vector.
 *
 * @param indices - `[...batch, components]`
 * @param updates - the batch axes with the window axes put in at `updateWindowDims`
 * @throws ShapeError, DTypeError if the dimension numbers don't fit
 * @see https://openxla.org/stablehlo/spec#scatter
 */
export const scatterAdd = scatterFunction(scatterAddP)
