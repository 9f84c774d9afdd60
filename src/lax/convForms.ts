/** Forms of convolution: plain, and the patches that a kernel sees. */
import { type NDArray, type Shape, sizeOf } from '../core/index.js'
import { convGeneralDilated, type ConvOptions } from './conv.js'
import { convDimensionNumbers as dimensionNumbersOf, type ConvDimensionNumbers, type ConvLayout } from './convShape.js'
import { convertElementType, eq } from './compare.js'
import { broadcastedIota } from './iota.js'
import { inversePermutation, reshape, transpose } from './shape.js'
import type { ConvPadding } from './convShape.js'
import { type Padding, type PaddingName, windowPadding } from './windowShape.js'

/**
 * Convolution of `[batch, features, ...spatial]` with a kernel `[output features, input features, ...spatial]`.
 *
 * @throws ShapeError
 */
export const conv = (x: NDArray, k: NDArray, windowStrides: readonly number[], padding: ConvPadding): NDArray =>
  convGeneralDilated(x, k, windowStrides, padding)

/**
 * The axes of operand, kernel and result that a layout names, as in `['NHWC', 'HWIO', 'NHWC']`.
 *
 * @param layout - default `['NCHW', 'OIHW', 'NCHW']`, with as many spatial axes as the shapes have
 * @throws ArgumentError
 */
export const convDimensionNumbers = (
  lhsShape: Shape,
  _rhsShape: Shape,
  layout?: ConvLayout | ConvDimensionNumbers,
): ConvDimensionNumbers => dimensionNumbersOf(lhsShape.length, layout)

/**
 * The patches of the operand that windows of a convolution see, as features: of each input feature one after the other,
 * the elements of the window in their order.
 *
 * @param filterShape - sizes of the window on the spatial axes
 * @returns `[batch, features · window size, ...spatial]` in the order of `dimensionNumbers`
 * @throws ShapeError
 */
export const convGeneralDilatedPatches = (
  x: NDArray,
  filterShape: Shape,
  windowStrides: readonly number[],
  padding: ConvPadding,
  options: Pick<ConvOptions, 'lhsDilation' | 'rhsDilation' | 'dimensionNumbers'> = {},
): NDArray => {
  const numbers = dimensionNumbersOf(x.ndim, options.dimensionNumbers)
  const [features, n] = [x.shape[numbers.lhsSpec[1]!]!, sizeOf(filterShape)]
  const shape = [features * n, n]
  // A kernel for each element of the window: 1 there, 0 elsewhere, the same for all features.
  const row = broadcastedIota('int32', [features, n, n], 1)
  const isOwn = eq(row, broadcastedIota('int32', [features, n, n], 2))
  const kernels = reshape(convertElementType(reshape(isOwn, shape), x.dtype), [shape[0]!, 1, ...filterShape])
  return convGeneralDilated(x, transpose(kernels, inversePermutation(numbers.rhsSpec)), windowStrides, padding, {
    ...options,
    featureGroupCount: features,
  })
}

/** The `[low, high]` of each axis that a padding's name stands for; a list as it is. @throws ShapeError */
export const padtypeToPads = (
  inShape: Shape,
  windowShape: Shape,
  windowStrides: readonly number[],
  padding: PaddingName | readonly Padding[],
): readonly Padding[] =>
  typeof padding === 'string' ? windowPadding(inShape, windowShape, windowStrides, padding) : padding
