/** Layouts and paddings of convolutions. */
import { ArgumentError, type Shape, ShapeError } from '../core/index.js'
import { range } from './shape.js'
import { type Padding, type PaddingName, windowPadding } from './windowShape.js'

/** Which axis of each array is what. */
export interface ConvDimensionNumbers {
  /** Axes of the operand: batch, features, then the spatial ones. */
  readonly lhsSpec: readonly number[]
  /** Axes of the kernel: output features, input features, then the spatial ones. */
  readonly rhsSpec: readonly number[]
  /** Axes of the result: batch, features, then the spatial ones. */
  readonly outSpec: readonly number[]
}

/** Layouts of operand, kernel and result as letters: `['NHWC', 'HWIO', 'NHWC']`. */
export type ConvLayout = readonly [lhs: string, rhs: string, out: string]

const without = (spec: string, letters: string): string => [...spec].filter((a) => !letters.includes(a)).join('')

const sorted = (letters: string): string => [...letters].sort().join('')

/**
 * The axes that a layout names, for arrays of `ndim` axes; by default those of `NCHW`, `OIHW` and `NCHW`.
 *
 * @throws ArgumentError unless N and C, or O and I, stand once in each name, beside the same spatial letters
 */
export const convDimensionNumbers = (
  ndim: number,
  layout: ConvLayout | ConvDimensionNumbers | undefined,
): ConvDimensionNumbers => {
  const inOrder = range(ndim)
  if (layout === undefined) return { lhsSpec: inOrder, rhsSpec: inOrder, outSpec: inOrder }
  if ('lhsSpec' in layout) return layout
  const spatial = without(layout[1], 'OI')
  const fits = layout.every((spec, i) => {
    const named = i === 1 ? 'OI' : 'NC'
    const isWhole = spec.length === ndim && new Set(spec).size === ndim
    return isWhole && [...named].every((a) => spec.includes(a)) && sorted(without(spec, named)) === sorted(spatial)
  })
  if (!fits) {
    throw new ArgumentError(
      'conv_general_dilated',
      `layouts of ${ndim} different letters: N and C, or O and I for the kernel, beside the same spatial ones`,
      layout.join(),
    )
  }
  const positions = (spec: string, named: string): readonly number[] =>
    [...named, ...spatial].map((a) => spec.indexOf(a))
  const [lhs, rhs, out] = layout
  return { lhsSpec: positions(lhs, 'NC'), rhsSpec: positions(rhs, 'OI'), outSpec: positions(out, 'NC') }
}

/** Sizes of axes. */
export const sizesAt = (shape: Shape, axes: readonly number[]): Shape => axes.map((a) => shape[a]!)

/** A padding: `[low, high]` of each spatial axis, or a name. */
export type ConvPadding = PaddingName | readonly Padding[]

/** `[low, high]` of each spatial axis. */
export const spatialPadding = (
  padding: ConvPadding,
  sizes: Shape,
  windows: Shape,
  strides: readonly number[],
): readonly Padding[] => {
  if (typeof padding === 'string') return windowPadding(sizes, windows, strides, padding)
  if (padding.length !== strides.length) {
    const got = `[${padding.map(String).join('], [')}]`
    throw new ShapeError(
      'conv_general_dilated',
      `a padding [low, high] for each of ${strides.length} spatial axes`,
      got,
    )
  }
  return padding.map(([low, high]) => [low, high])
}

/** The padding that makes `convTranspose` the transpose of a convolution with a padding of this name. */
export const convTransposePadding = (window: number, stride: number, padding: 'SAME' | 'VALID'): Padding => {
  const valid = padding === 'VALID'
  const total = window + stride - 2 + (valid ? Math.max(window - stride, 0) : 0)
  const low = valid || stride > window - 1 ? window - 1 : Math.ceil(total / 2)
  return [low, total - low]
}
