/** How windows lie on an axis: counts, paddings, and the paddings of gradients. */
import { type Shape, ShapeError } from '../core/index.js'

/** Elements put in before and after an axis; negative ones are taken away. */
export type Padding = readonly [low: number, high: number]

/** Paddings that depend on the sizes: as many windows as strides fit into the axis, or only whole windows. */
export type PaddingName = 'SAME' | 'SAME_LOWER' | 'VALID'

/** The size of an axis whose elements lie `dilation` apart. */
export const dilatedSize = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1)

/**
 * The paddings that a name stands for: `'VALID'` none, `'SAME'` those that give ⌈size / stride⌉ windows, the odd one
 * after the axis, `'SAME_LOWER'` before it.
 *
 * @param sizes - of the axes
 * @param windows - sizes of the windows, dilation included
 * @throws ShapeError if the lists differ in length or the name is unknown
 */
export const windowPadding = (
  sizes: Shape,
  windows: Shape,
  strides: readonly number[],
  padding: PaddingName,
): readonly Padding[] => {
  if (windows.length !== sizes.length || strides.length !== sizes.length) {
    throw new ShapeError(
      'windowPadding',
      `a window and a stride for each of ${sizes.length} axes`,
      `windows [${windows.join()}] and strides [${strides.join()}]`,
    )
  }
  if (padding === 'VALID') return sizes.map(() => [0, 0])
  if (padding !== 'SAME' && padding !== 'SAME_LOWER') {
    throw new ShapeError('windowPadding', "a padding 'SAME', 'SAME_LOWER', 'VALID' or a list", `'${String(padding)}'`)
  }
  return sizes.map((n, i) => {
    const stride = strides[i]!
    const total = Math.max((Math.ceil(n / stride) - 1) * stride + windows[i]! - n, 0)
    const less = Math.floor(total / 2)
    return padding === 'SAME' ? [less, total - less] : [total - less, less]
  })
}

/** Windows on one axis. */
export interface WindowAxis {
  readonly size: number
  readonly window: number
  readonly stride: number
  readonly padding: Padding
  /** Distance of the axis' elements. */
  readonly baseDilation: number
  /** Distance of the window's elements. */
  readonly windowDilation: number
}

/** Number of windows on an axis. */
export const windowCount = ({ size, window, stride, padding, baseDilation, windowDilation }: WindowAxis): number => {
  const free = dilatedSize(size, baseDilation) + padding[0] + padding[1] - dilatedSize(window, windowDilation)
  return Math.max(0, Math.floor(free / stride) + 1)
}

/** The padding with which windows over the results' cotangent, `stride` apart, give that of the axis. */
export const operandGradientPadding = (a: WindowAxis, count: number): Padding => {
  const window = dilatedSize(a.window, a.windowDilation)
  const low = window - a.padding[0] - 1
  return [low, dilatedSize(a.size, a.baseDilation) + window - 1 - dilatedSize(count, a.stride) - low]
}

/** The padding with which the results' cotangent as a window over the axis gives that of the window. */
export const windowGradientPadding = (a: WindowAxis, count: number): Padding => {
  const spare = dilatedSize(count, a.stride) - dilatedSize(a.size, a.baseDilation)
  return [a.padding[0], spare + dilatedSize(a.window, a.windowDilation) - a.padding[0] - 1]
}
