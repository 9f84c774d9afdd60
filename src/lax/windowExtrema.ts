/** Extrema over windows: max and min pooling. The gradient goes to the first extremum of each window, as in XLA. */
import {
  type BatchAxis,
  bind1,
  DifferentiationError,
  type NDArray,
  type Primitive,
  ShapeError,
  equalShapes,
  showAval,
  withShape,
  zero,
} from '../core/index.js'
import { broadcastInDim, moveToFront, range } from './shape.js'
import { batchedWindows, windowedAval, type WindowOptions, type WindowParams, windowParams } from './window.js'
import { type Extremum, lowerGather, lowerScatter, lowerWindowExtremum } from './windowSelect.js'
import type { Padding, PaddingName } from './windowShape.js'

/** Windows, and which of their elements is chosen. */
interface ChoiceParams extends WindowParams {
  readonly select: Extremum
}

const mapped = (x: NDArray, axis: BatchAxis, size: number): NDArray =>
  axis === null
    ? broadcastInDim(
        x,
        [size, ...x.shape],
        range(x.ndim).map((i) => i + 1),
      )
    : moveToFront(x, axis)

const batchedChoice = (params: ChoiceParams): ChoiceParams => ({ ...batchedWindows(params, 0), select: params.select })

/** Rules of what is linear in its first argument and takes the second only to choose. */
const chosen = (
  primitive: () => Primitive<ChoiceParams>,
  transposed: () => Primitive<ChoiceParams>,
): Pick<Primitive<ChoiceParams>, 'jvp' | 'transpose' | 'batch'> => ({
  jvp: ([t, x], [dt], params) => [
    [bind1(primitive(), [t!, x!], params)],
    [dt === zero ? zero : bind1(primitive(), [dt!, x!], params)],
  ],
  transpose: ([ct], [, x], params) => [ct === zero ? zero : bind1(transposed(), [ct!, x as NDArray], params), null],
  batch: (args, axes, params, size) => [
    [
      bind1(
        primitive(),
        args.map((x, i) => mapped(x, axes[i]!, size)),
        batchedChoice(params),
      ),
    ],
    [0],
  ],
})

/** Of the first array, the elements at the places of the second array's extrema. */
export const selectAndGatherAddP: Primitive<ChoiceParams> = {
  name: 'select_and_gather_add',
  abstractEval([t, x], params) {
    if (!equalShapes(t!.shape, x!.shape)) {
      throw new ShapeError('select_and_gather_add', 'two arrays of one shape', `${showAval(t!)} and ${showAval(x!)}`)
    }
    return [withShape(t!, windowedAval('select_and_gather_add', x!, params).shape)]
  },
  ...chosen(
    () => selectAndGatherAddP,
    () => selectAndScatterAddP,
  ),
  lower: (context, inputs, params) => [lowerGather(context, inputs, params, params.select)],
}

/** Sums, at each place of the second array, of the first array's elements for windows whose extremum is there. */
export const selectAndScatterAddP: Primitive<ChoiceParams> = {
  name: 'select_and_scatter_add',
  abstractEval([source, x], params) {
    const windows = windowedAval('select_and_scatter_add', x!, params)
    if (!equalShapes(source!.shape, windows.shape)) {
      const expected = `one element for each of the [${windows.shape.join()}] windows`
      throw new ShapeError('select_and_scatter_add', expected, showAval(source!))
    }
    return [withShape(source!, x!.shape)]
  },
  ...chosen(
    () => selectAndScatterAddP,
    () => selectAndGatherAddP,
  ),
  lower: (context, inputs, params) => [lowerScatter(context, inputs, params, params.select)],
}

const extremum = (name: string, select: Extremum): Primitive<WindowParams> => {
  const primitive: Primitive<WindowParams> = {
    name,
    abstractEval: ([x], params) => [windowedAval(name, x!, params)],
    jvp([x], [t], params) {
      const y = bind1(primitive, [x!], params)
      if (t === zero) return [[y], [zero]]
      if (params.baseDilation.some((d) => d !== 1)) {
        throw new DifferentiationError(name, 'base dilation has no derivative; pad the array with `lax.pad` instead')
      }
      return [[y], [bind1(selectAndGatherAddP, [t!, x!], { ...params, select })]]
    },
    transpose() {
      throw new DifferentiationError(name, 'it is not linear, so it has no transpose')
    },
    batch: ([x], [axis], params) => [[bind1(primitive, [x!], batchedWindows(params, axis!))], [axis!]],
    lower: (context, inputs, params) => [lowerWindowExtremum(context, inputs, params, select)],
  }
  return primitive
}

export const reduceWindowMaxP = extremum('reduce_window_max', 'max')
export const reduceWindowMinP = extremum('reduce_window_min', 'min')

/** {@link WindowOptions} of a function of windows. */
type WindowFunction = (
  x: NDArray,
  windowDimensions: readonly number[],
  windowStrides: readonly number[],
  padding: PaddingName | readonly Padding[],
  options?: WindowOptions,
) => NDArray

const windowed =
  (primitive: Primitive<WindowParams>): WindowFunction =>
  (x, windowDimensions, windowStrides, padding, options = {}) =>
    bind1(primitive, [x], windowParams(x, windowDimensions, windowStrides, padding, options))

/**
 * Greatest elements of windows, XLA's reduce_window with the maximum; NaN where the window has one.
 *
 * Padding counts as the least value of the dtype. The gradient goes to the first of equal elements.
 *
 * @param windowDimensions - size of the window on each axis; 1 on batch and feature axes
 * @param windowStrides - distance of the windows on each axis
 * @param padding - `[low, high]` of each axis, or `'SAME'`, `'SAME_LOWER'`, `'VALID'`
 * @throws ShapeError if a list does not fit the axes
 */
export const reduceWindowMax: WindowFunction = windowed(reduceWindowMaxP)

/** Least elements of windows: {@link reduceWindowMax} with the minimum. */
export const reduceWindowMin: WindowFunction = windowed(reduceWindowMinP)
