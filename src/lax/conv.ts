/** Convolutions: `convGeneralDilated`, with gradients that are convolutions again. */
import {
  ArgumentError,
  bind1,
  DTypeError,
  isBool,
  Linear,
  type NDArray,
  type Primitive,
  type Shape,
  ShapeError,
  type ShapedArray,
  shaped,
  showAval,
  type Tangent,
  zero,
  requireArrays,
  requireLists,
} from '../core/index.js'
import { add } from './elementwise.js'
import { lowerConv } from './convLowering.js'
import {
  type ConvDimensionNumbers,
  convDimensionNumbers,
  type ConvLayout,
  type ConvPadding,
  convTransposePadding,
  sizesAt,
  spatialPadding,
} from './convShape.js'
import { range, reshape, transpose } from './shape.js'
import { rev } from './concatenate.js'
import {
  dilatedSize,
  operandGradientPadding,
  type Padding,
  type WindowAxis,
  windowCount,
  windowGradientPadding,
} from './windowShape.js'

export type { ConvDimensionNumbers, ConvLayout, ConvPadding } from './convShape.js'

/** Parameters of a convolution, one entry a spatial axis in the lists. */
export interface ConvParams {
  readonly windowStrides: readonly number[]
  /** Elements put in before and after; negative ones are taken away. */
  readonly padding: readonly Padding[]
  /** Distance of the operand's elements: zeros are put between them. */
  readonly lhsDilation: readonly number[]
  /** Distance of the kernel's elements. */
  readonly rhsDilation: readonly number[]
  /** Whether the kernel's spatial axes run backwards, as in the gradient of the operand. */
  readonly windowReversal: boolean
  readonly dimensionNumbers: ConvDimensionNumbers
  /** Groups of input features, each with output features of its own. */
  readonly featureGroupCount: number
  /** Groups of the batch, each with output features of its own. */
  readonly batchGroupCount: number
}

const name = 'conv_general_dilated'

const requirePositive = (what: string, values: readonly number[], count: number): void => {
  if (values.length !== count || values.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new ShapeError(name, `${what} ≥ 1 for each of ${count} spatial axes`, `[${values.join()}]`)
  }
}

/** The windows on each spatial axis. */
const windowAxes = (lhs: Shape, rhs: Shape, params: ConvParams): readonly WindowAxis[] => {
  const { lhsSpec, rhsSpec } = params.dimensionNumbers
  return params.windowStrides.map((stride, i) => ({
    size: lhs[lhsSpec[i + 2]!]!,
    window: rhs[rhsSpec[i + 2]!]!,
    stride,
    padding: params.padding[i]!,
    baseDilation: params.lhsDilation[i]!,
    windowDilation: params.rhsDilation[i]!,
  }))
}

const outputShape = (lhs: ShapedArray, rhs: ShapedArray, params: ConvParams): Shape => {
  const { dimensionNumbers, featureGroupCount: features, batchGroupCount: batches, padding } = params
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers
  const ndim = lhs.shape.length
  if (ndim < 2 || rhs.shape.length !== ndim) {
    throw new ShapeError(
      name,
      'an operand and a kernel of the same number of axes, at least 2',
      `${showAval(lhs)} and ${showAval(rhs)}`,
    )
  }
  for (const spec of [lhsSpec, rhsSpec, outSpec]) {
    if ([...spec].sort((a, b) => a - b).some((a, i) => a !== i) || spec.length !== ndim) {
      throw new ShapeError(name, `dimension numbers that are permutations of ${ndim} axes`, `[${spec.join()}]`)
    }
  }
  requirePositive('window strides', params.windowStrides, ndim - 2)
  requirePositive('lhs dilations', params.lhsDilation, ndim - 2)
  requirePositive('rhs dilations', params.rhsDilation, ndim - 2)
  if (padding.length !== ndim - 2 || padding.some((p) => p.length !== 2 || !p.every(Number.isInteger))) {
    throw new ShapeError(name, `a padding [low, high] for each of ${ndim - 2} spatial axes`, JSON.stringify(padding))
  }
  const [batch, inFeatures] = sizesAt(lhs.shape, lhsSpec)
  const [outFeatures, kernelFeatures] = sizesAt(rhs.shape, rhsSpec)
  const counts = [features, batches]
  if (counts.some((n) => !Number.isInteger(n) || n < 1) || (features > 1 && batches > 1)) {
    throw new ShapeError(
      name,
      'a featureGroupCount or a batchGroupCount ≥ 1, the other being 1',
      `${features} and ${batches}`,
    )
  }
  if (inFeatures !== kernelFeatures! * features) {
    throw new ShapeError(
      name,
      `as many features of the operand as ${features} times the kernel's input features`,
      `${inFeatures!} of ${showAval(lhs)} and ${kernelFeatures!} of ${showAval(rhs)}`,
    )
  }
  if (outFeatures! % features !== 0 || outFeatures! % batches !== 0) {
    throw new ShapeError(
      name,
      `output features in ${Math.max(features, batches)} equal groups`,
      `${outFeatures!} of ${showAval(rhs)}`,
    )
  }
  if (batch! % batches !== 0) {
    throw new ShapeError(name, `a batch in ${batches} equal groups`, `${batch!} of ${showAval(lhs)}`)
  }
  const result = [batch! / batches, outFeatures!, ...windowAxes(lhs.shape, rhs.shape, params).map(windowCount)]
  return range(ndim).map((axis) => result[outSpec.indexOf(axis)]!)
}

export const convGeneralDilatedP: Primitive<ConvParams> = {
  name,
  abstractEval([lhs, rhs], params) {
    if (lhs!.dtype !== rhs!.dtype || isBool(lhs!.dtype)) {
      throw new DTypeError(
        name,
        'an operand and a kernel of one dtype of numbers',
        `${showAval(lhs!)} and ${showAval(rhs!)}`,
      )
    }
    return [shaped(outputShape(lhs!, rhs!, params), lhs!.dtype, lhs!.weakType && rhs!.weakType)]
  },
  jvp([x, k], [tx, tk], params) {
    const left: Tangent = tx === zero ? zero : bind1(convGeneralDilatedP, [tx!, k!], params)
    const right: Tangent = tk === zero ? zero : bind1(convGeneralDilatedP, [x!, tk!], params)
    const tangent = left === zero ? right : right === zero ? left : add(left, right)
    return [[bind1(convGeneralDilatedP, [x!, k!], params)], [tangent]]
  },
  transpose([ct], [x, k], params) {
    const none = ct === zero || ct!.size === 0
    return x instanceof Linear
      ? [none ? zero : transposeLhs(ct!, x.aval, k as NDArray, params), null]
      : [null, none ? zero : transposeRhs(ct!, x!, (k as Linear).aval, params)]
  },
  batch([x, k], [bx, bk], params, size) {
    if (bx === null) return batchRhs(x!, k!, bk!, params, size)
    return bk === null ? batchLhs(x!, bx!, k!, params, size) : batchBoth(x!, bx!, k!, bk!, params, size)
  },
  lower: (context, inputs, params) => [lowerConv(context, inputs, params)],
}

const conv = (x: NDArray, k: NDArray, params: ConvParams): NDArray => bind1(convGeneralDilatedP, [x, k], params)

/** `axis` moved before the `into`th of the others and merged with it. */
const mergeAxis = (x: NDArray, axis: number, into: number): NDArray => {
  const others = range(x.ndim).filter((i) => i !== axis)
  const shape = others.map((i) => x.shape[i]!)
  return reshape(
    transpose(x, [...others.slice(0, into), axis, ...others.slice(into)]),
    shape.with(into, shape[into]! * x.shape[axis]!),
  )
}

/** `axis` as two, the first of `size`. */
const splitAxis = (x: NDArray, axis: number, size: number): NDArray =>
  reshape(x, [...x.shape.slice(0, axis), size, x.shape[axis]! / size, ...x.shape.slice(axis + 1)])

/** Axes of a kernel with input and output features exchanged. */
const exchanged = ([first, second, ...spatial]: readonly number[]): readonly number[] => [second!, first!, ...spatial]

/** The cotangent, its elements `stride` apart, convolved with the reversed kernel, features exchanged. */
const transposeLhs = (ct: NDArray, lhs: ShapedArray, k: NDArray, params: ConvParams): NDArray => {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers
  const { featureGroupCount, batchGroupCount } = params
  const groups = Math.max(featureGroupCount, batchGroupCount)
  const dx = conv(ct, groups === 1 ? k : mergeAxis(splitAxis(k, rhsSpec[0]!, groups), rhsSpec[0]!, rhsSpec[1]!), {
    windowStrides: params.lhsDilation,
    padding: windowAxes(lhs.shape, k.shape, params).map((a, i) =>
      operandGradientPadding(a, ct.shape[outSpec[i + 2]!]!),
    ),
    lhsDilation: params.windowStrides,
    rhsDilation: params.rhsDilation,
    windowReversal: !params.windowReversal,
    dimensionNumbers: { lhsSpec: outSpec, rhsSpec: exchanged(rhsSpec), outSpec: lhsSpec },
    featureGroupCount: groups,
    batchGroupCount: 1,
  })
  return batchGroupCount === 1 ? dx : mergeAxis(splitAxis(dx, lhsSpec[1]!, batchGroupCount), lhsSpec[1]!, lhsSpec[0]!)
}

/** The operand, batch and features exchanged, convolved with the cotangent as kernel. */
const transposeRhs = (ct: NDArray, x: NDArray, rhs: ShapedArray, params: ConvParams): NDArray => {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers
  const { featureGroupCount, batchGroupCount } = params
  const dk = conv(x, ct, {
    windowStrides: params.rhsDilation,
    padding: windowAxes(x.shape, rhs.shape, params).map((a, i) => windowGradientPadding(a, ct.shape[outSpec[i + 2]!]!)),
    lhsDilation: params.lhsDilation,
    rhsDilation: params.windowStrides,
    windowReversal: false,
    dimensionNumbers: { lhsSpec: exchanged(lhsSpec), rhsSpec: exchanged(outSpec), outSpec: exchanged(rhsSpec) },
    featureGroupCount: batchGroupCount,
    batchGroupCount: featureGroupCount,
  })
  return params.windowReversal ? rev(dk, rhsSpec.slice(2)) : dk
}

type Batched = readonly [readonly NDArray[], readonly number[]]

/** Mapped operands: examples become more of the batch, in each of its groups. */
const batchLhs = (x: NDArray, bx: number, k: NDArray, params: ConvParams, size: number): Batched => {
  const { lhsSpec, outSpec } = params.dimensionNumbers
  const [axis] = lhsSpec as readonly [number]
  const { batchGroupCount: groups } = params
  const merged = groups === 1 ? mergeAxis(x, bx, axis) : mergeInGroups(x, bx, axis, groups)
  return [[splitAxis(conv(merged, k, params), outSpec[0]!, size)], [outSpec[0]!]]
}

/** A mapped axis merged into another behind the groups that this one is made of. */
const mergeInGroups = (x: NDArray, mapped: number, axis: number, groups: number): NDArray => {
  const split = splitAxis(x, axis + (mapped <= axis ? 1 : 0), groups)
  return mergeAxis(mergeAxis(split, mapped + (axis < mapped ? 1 : 0), axis + 1), axis, axis)
}

/** Mapped kernels: examples become more output features, in each of the groups. */
const batchRhs = (x: NDArray, k: NDArray, bk: number, params: ConvParams, size: number): Batched => {
  const { rhsSpec, outSpec } = params.dimensionNumbers
  const [axis] = rhsSpec as readonly [number]
  const features = outSpec[1]!
  const groups = Math.max(params.featureGroupCount, params.batchGroupCount)
  if (groups === 1) return [[splitAxis(conv(x, mergeAxis(k, bk, axis), params), features, size)], [features]]
  const grouped = splitAxis(conv(x, mergeInGroups(k, bk, axis, groups), params), features, groups)
  return [[mergeAxis(splitAxis(grouped, features + 1, size), features, features + 1)], [features]]
}

/** Both mapped: examples become groups. */
const batchBoth = (x: NDArray, bx: number, k: NDArray, bk: number, params: ConvParams, size: number): Batched => {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers
  const ofBatch = params.batchGroupCount > 1
  const y = conv(mergeAxis(x, bx, lhsSpec[ofBatch ? 0 : 1]!), mergeAxis(k, bk, rhsSpec[0]!), {
    ...params,
    batchGroupCount: params.batchGroupCount * (ofBatch ? size : 1),
    featureGroupCount: params.featureGroupCount * (ofBatch ? 1 : size),
  })
  return [[splitAxis(y, outSpec[1]!, size)], [outSpec[1]!]]
}

export interface ConvOptions {
  /** Distance of the operand's elements on each spatial axis; default 1. */
  readonly lhsDilation?: readonly number[]
  /** Distance of the kernel's elements on each spatial axis; default 1. */
  readonly rhsDilation?: readonly number[]
  /** Layouts of operand, kernel and result; default `['NCHW', 'OIHW', 'NCHW']`. */
  readonly dimensionNumbers?: ConvLayout | ConvDimensionNumbers
  /** Groups of input features; default 1. */
  readonly featureGroupCount?: number
  /** Groups of the batch; default 1. */
  readonly batchGroupCount?: number
}

const spatialSizes = (shape: Shape, spec: readonly number[]): Shape => sizesAt(shape, spec.slice(2))

/**
 * General convolution, XLA's: dilations, groups, any layout. (A correlation: the kernel isn't reversed.)
 *
 * @param x - operand, `[batch, features, ...spatial]` in the order of `dimensionNumbers`
 * @param k - kernel, `[output features, input features / groups, ...spatial]` in the order of `dimensionNumbers`
 * @param windowStrides - one a spatial axis
 * @param padding - `[low, high]` of each spatial axis, or `'SAME'`, `'SAME_LOWER'`, `'VALID'`; negative ones crop
 * @returns `[batch, output features, ...spatial]` in the order of `dimensionNumbers`
 * @throws ShapeError if features, groups and lists don't fit
 * @see https://openxla.org/stablehlo/spec#convolution
 */
export const convGeneralDilated = (
  x: NDArray,
  k: NDArray,
  windowStrides: readonly number[],
  padding: ConvPadding,
  options: ConvOptions = {},
): NDArray => {
  requireArrays(name, [x, k])
  requireLists(name, [windowStrides])
  const ones = range(x.ndim - 2).map(() => 1)
  const { lhsDilation = ones, rhsDilation = ones, featureGroupCount = 1, batchGroupCount = 1 } = options
  const dimensionNumbers = convDimensionNumbers(x.ndim, options.dimensionNumbers)
  if (typeof padding === 'string' && lhsDilation.some((d) => d !== 1)) {
    throw new ArgumentError(name, 'a list of paddings beside lhsDilation, or convTranspose', `'${padding}'`)
  }
  if (k.ndim !== x.ndim) {
    throw new ShapeError(
      name,
      'an operand and a kernel of the same number of axes',
      `${showAval(x.aval)} and ${showAval(k.aval)}`,
    )
  }
  requirePositive('window strides', windowStrides, x.ndim - 2)
  const windows = spatialSizes(k.shape, dimensionNumbers.rhsSpec).map((n, i) => dilatedSize(n, rhsDilation[i] ?? 1))
  return conv(x, k, {
    windowStrides,
    padding: spatialPadding(padding, spatialSizes(x.shape, dimensionNumbers.lhsSpec), windows, windowStrides),
    lhsDilation,
    rhsDilation,
    windowReversal: false,
    dimensionNumbers,
    featureGroupCount,
    batchGroupCount,
  })
}

export interface ConvTransposeOptions {
  /** Distance of the kernel's elements on each spatial axis; default 1. */
  readonly rhsDilation?: readonly number[]
  /** Layouts of operand, kernel and result; default `['NHWC', 'HWIO', 'NHWC']`, for as many spatial axes as there are. */
  readonly dimensionNumbers?: ConvLayout | ConvDimensionNumbers
  /** Whether to reverse the kernel and exchange its features, as the gradient of a convolution does; default false. */
  readonly transposeKernel?: boolean
}

const channelsLast: readonly ConvLayout[] = [
  ['NC', 'IO', 'NC'],
  ['NHC', 'HIO', 'NHC'],
  ['NHWC', 'HWIO', 'NHWC'],
  ['NHWDC', 'HWDIO', 'NHWDC'],
]

/**
 * Convolution of the operand with its elements `strides` apart: upsampling.
 *
 * @param padding - `'SAME'`: a result of size times stride; `'VALID'`; or `[low, high]` of each spatial axis
 * @throws ShapeError if features and lists don't fit
 */
export const convTranspose = (
  x: NDArray,
  k: NDArray,
  strides: readonly number[],
  padding: Exclude<ConvPadding, 'SAME_LOWER'>,
  options: ConvTransposeOptions = {},
): NDArray => {
  const ones = range(x.ndim - 2).map(() => 1)
  const { rhsDilation = ones, transposeKernel = false } = options
  const numbers = convDimensionNumbers(x.ndim, options.dimensionNumbers ?? channelsLast[x.ndim - 2])
  requirePositive('strides', strides, x.ndim - 2)
  const windows = spatialSizes(k.shape, numbers.rhsSpec)
  return conv(x, k, {
    windowStrides: ones,
    padding:
      typeof padding === 'string'
        ? windows.map((n, i) => convTransposePadding(dilatedSize(n, rhsDilation[i] ?? 1), strides[i]!, padding))
        : spatialPadding(padding, ones, ones, ones),
    lhsDilation: strides,
    rhsDilation,
    windowReversal: transposeKernel,
    dimensionNumbers: transposeKernel ? { ...numbers, rhsSpec: exchanged(numbers.rhsSpec) } : numbers,
    featureGroupCount: 1,
    batchGroupCount: 1,
  })
}
