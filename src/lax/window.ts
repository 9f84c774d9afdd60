/** Sums over windows that move over an array: pooling. */
import {
  bind1,
  DTypeError,
  isBool,
  type NDArray,
  type Primitive,
  type Shape,
  ShapeError,
  type ShapedArray,
  showAval,
  withShape,
  zero,
  requireArrays,
  requireLists,
} from '../core/index.js'
import { lowerWindowSum } from './windowLowering.js'
import {
  dilatedSize,
  operandGradientPadding,
  type Padding,
  type PaddingName,
  type WindowAxis,
  windowCount,
  windowPadding,
} from './windowShape.js'

export { type Padding, type PaddingName, windowPadding } from './windowShape.js'

/** Windows over an array; one entry an axis in each list. */
export interface WindowParams {
  readonly windowDimensions: readonly number[]
  readonly windowStrides: readonly number[]
  /** Elements put in before and after; negative ones are taken away. */
  readonly padding: readonly Padding[]
  /** Distance of the array's elements: nothing lies between them. */
  readonly baseDilation: readonly number[]
  /** Distance of the window's elements. */
  readonly windowDilation: readonly number[]
}

/** The windows on each axis of an array. */
export const windowAxes = (shape: Shape, params: WindowParams): readonly WindowAxis[] =>
  shape.map((size, i) => ({
    size,
    window: params.windowDimensions[i]!,
    stride: params.windowStrides[i]!,
    padding: params.padding[i]!,
    baseDilation: params.baseDilation[i]!,
    windowDilation: params.windowDilation[i]!,
  }))

/** The shape of one element a window. @throws ShapeError, DTypeError */
export const windowedAval = (name: string, x: ShapedArray, params: WindowParams): ShapedArray => {
  const ndim = x.shape.length
  const { windowDimensions, windowStrides, padding, baseDilation, windowDilation } = params
  for (const [what, list] of Object.entries({ windowDimensions, windowStrides, baseDilation, windowDilation })) {
    if (list.length !== ndim || list.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new ShapeError(name, `${what} ≥ 1 for each axis of ${showAval(x)}`, `[${list.join()}]`)
    }
  }
  if (padding.length !== ndim || padding.some((p) => p.length !== 2 || !p.every(Number.isInteger))) {
    throw new ShapeError(name, `a padding [low, high] for each axis of ${showAval(x)}`, JSON.stringify(padding))
  }
  if (isBool(x.dtype)) throw new DTypeError(name, 'arrays of numbers', showAval(x))
  return withShape(x, windowAxes(x.shape, params).map(windowCount))
}

/** The windows of a mapped array: one element each on the mapped axis. */
export const batchedWindows = (params: WindowParams, axis: number): WindowParams => {
  const insert = <T>(list: readonly T[], value: T): readonly T[] => [...list.slice(0, axis), value, ...list.slice(axis)]
  return {
    windowDimensions: insert(params.windowDimensions, 1),
    windowStrides: insert(params.windowStrides, 1),
    padding: insert<Padding>(params.padding, [0, 0]),
    baseDilation: insert(params.baseDilation, 1),
    windowDilation: insert(params.windowDilation, 1),
  }
}

export interface WindowOptions {
  /** Distance of the array's elements on each axis; default 1. */
  readonly baseDilation?: readonly number[]
  /** Distance of the window's elements on each axis; default 1. */
  readonly windowDilation?: readonly number[]
}

/** Parameters with the paddings that a name stands for, and the defaults. */
export const windowParams = (
  x: NDArray,
  windowDimensions: readonly number[],
  windowStrides: readonly number[],
  padding: PaddingName | readonly Padding[],
  options: WindowOptions,
): WindowParams => {
  requireArrays('reduce_window', [x])
  requireLists('reduce_window', [windowDimensions, windowStrides])
  const ones = x.shape.map(() => 1)
  const { baseDilation = ones, windowDilation = ones } = options
  const sizes = x.shape.map((n, i) => dilatedSize(n, baseDilation[i] ?? 1))
  const windows = windowDimensions.map((n, i) => dilatedSize(n, windowDilation[i] ?? 1))
  return {
    windowDimensions,
    windowStrides,
    padding: typeof padding === 'string' ? windowPadding(sizes, windows, windowStrides, padding) : padding,
    baseDilation,
    windowDilation,
  }
}

export const reduceWindowSumP: Primitive<WindowParams> = {
  name: 'reduce_window_sum',
  abstractEval: ([x], params) => [windowedAval('reduce_window_sum', x!, params)],
  jvp: ([x], [t], params) => [
    [bind1(reduceWindowSumP, [x!], params)],
    [t === zero ? zero : bind1(reduceWindowSumP, [t!], params)],
  ],
  // Each element is in the windows that begin up to a window before it: sums over windows of the spread cotangent.
  transpose([ct], [x], params) {
    if (ct === zero) return [zero]
    if (ct!.size === 0) return [zero]
    const axes = windowAxes(x!.aval.shape, params)
    return [
      bind1(reduceWindowSumP, [ct!], {
        windowDimensions: params.windowDimensions,
        windowStrides: params.baseDilation,
        padding: axes.map((a, i) => operandGradientPadding(a, ct!.shape[i]!)),
        baseDilation: params.windowStrides,
        windowDilation: params.windowDilation,
      }),
    ]
  },
  batch: ([x], [axis], params) => [[bind1(reduceWindowSumP, [x!], batchedWindows(params, axis!))], [axis!]],
  lower: (context, inputs, params) => [lowerWindowSum(context, inputs, params)],
}

/**
 * Sums over windows, XLA's reduce_window with addition.
 *
 * @param windowDimensions - size of the window on each axis; 1 on batch and feature axes
 * @param windowStrides - distance of the windows on each axis
 * @param padding - `[low, high]` zeros of each axis, or `'SAME'`, `'SAME_LOWER'`, `'VALID'`
 * @throws ShapeError if a list does not fit the axes
 * @see https://openxla.org/stablehlo/spec#reduce_window
 */
export const reduceWindowSum = (
  x: NDArray,
  windowDimensions: readonly number[],
  windowStrides: readonly number[],
  padding: PaddingName | readonly Padding[],
  options: WindowOptions = {},
): NDArray => bind1(reduceWindowSumP, [x], windowParams(x, windowDimensions, windowStrides, padding, options))
