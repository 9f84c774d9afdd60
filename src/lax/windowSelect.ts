/** Extrema of windows, and where they are, as ONNX nodes. Measurements: docs/decisions/0003. */
import { type LowerContext, type Scalar, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { GraphArray } from './graphArray.js'
import { extremeOf } from './reduce.js'
import { range } from './shape.js'
import type { WindowParams } from './window.js'
import { places, separately, spreadAndPadded } from './windowLowering.js'

/** Which element of a window is chosen. */
export type Extremum = 'max' | 'min'

const identityOf = (x: GraphArray, select: Extremum): Scalar =>
  extremeOf(x.dtype, select === 'max' ? 'least' : 'greatest')

const extremaOf = (x: GraphArray, params: WindowParams, out: Shape, select: Extremum): GraphArray =>
  separately(x, params, out, identityOf(x, select), select === 'max' ? 'Max' : 'Min')

/** The nodes of extrema. MaxPool would be twice as fast, but ignores NaN and has no -∞. */
export const lowerWindowExtremum = (
  context: LowerContext,
  inputs: readonly OnnxValue[],
  params: WindowParams,
  select: Extremum,
): OnnxValue => {
  const { shape } = context.avalsOut[0]!
  const x = GraphArray.input(context, inputs, 0)
  if (sizeOf(shape) === 0 || sizeOf(x.shape) === 0) {
    return GraphArray.full(context, shape, identityOf(x, select), x.dtype).value
  }
  return extremaOf(x, params, shape, select).value
}

/** One element of each window: those at `place` in it. */
const elementsAt = (padded: GraphArray, place: readonly number[], params: WindowParams, out: Shape): GraphArray =>
  padded.slice(place, out, params.windowStrides)

/** For each place in the windows, in row-major order, the windows that have their extremum there. */
const extremaMasks = (x: GraphArray, params: WindowParams, out: Shape, select: Extremum): readonly GraphArray[] => {
  const extrema = extremaOf(x, params, out, select)
  const padded = spreadAndPadded(x, params, identityOf(x, select))
  return places(params.windowDimensions, params.windowDilation).map((place) =>
    elementsAt(padded, place, params, out).equals(extrema),
  )
}

/** Masks of which only the first that holds is kept. */
const firstOf = (masks: readonly GraphArray[]): readonly GraphArray[] => {
  let seen: GraphArray | null = null
  return masks.map((mask, i) => {
    const first = seen === null ? mask : mask.op('And', [seen.op('Not', [], mask.shape)], mask.shape)
    if (i < masks.length - 1) seen = seen === null ? mask : seen.op('Or', [mask], mask.shape)
    return first
  })
}

/** The nodes that take, for each window of the second array, the first array's element at the extremum. */
export const lowerGather = (
  context: LowerContext,
  inputs: readonly OnnxValue[],
  params: WindowParams,
  select: Extremum,
): OnnxValue => {
  const { shape } = context.avalsOut[0]!
  const t = GraphArray.input(context, inputs, 0)
  const x = GraphArray.input(context, inputs, 1)
  if (sizeOf(shape) === 0 || sizeOf(x.shape) === 0) return GraphArray.full(context, shape, 0, t.dtype).value
  const padded = spreadAndPadded(t, params, 0)
  const masks = extremaMasks(x, params, shape, select)
  const from = places(params.windowDimensions, params.windowDilation)
  // From the last to the first, so that the first stands.
  return range(masks.length)
    .toReversed()
    .reduce((y, i) => elementsAt(padded, from[i]!, params, shape).where(masks[i]!, y), t.constant(0)).value
}

/** Where the elements at one place of all windows lie: `phase + stride · (shift + window)` on each axis. */
const phaseOf = (place: readonly number[], strides: readonly number[]) => ({
  phase: place.map((n, i) => n % strides[i]!),
  shift: place.map((n, i) => Math.floor(n / strides[i]!)),
})

/** Arrays of every phase, by row-major phase, put between each other: element j of phase p becomes j · stride + p. */
const interleaved = (phases: readonly GraphArray[], strides: readonly number[], axis: number): GraphArray => {
  if (axis === strides.length) return phases[0]!
  const count = phases.length / strides[axis]!
  const parts = range(strides[axis]!).map((p) =>
    interleaved(phases.slice(p * count, (p + 1) * count), strides, axis + 1),
  )
  const { shape } = parts[0]!
  const paired = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]
  const side = GraphArray.concat(
    parts.map((a) => (parts.length === 1 ? a : a.reshape(paired))),
    axis + 1,
  )
  return side.reshape(shape.with(axis, shape[axis]! * strides[axis]!))
}

/** The nodes that add each element of the first array at the extremum of its window of the second array. */
export const lowerScatter = (
  context: LowerContext,
  inputs: readonly OnnxValue[],
  params: WindowParams,
  select: Extremum,
): OnnxValue => {
  const source = GraphArray.input(context, inputs, 0)
  const x = GraphArray.input(context, inputs, 1)
  const { windowStrides, padding } = params
  if (sizeOf(source.shape) === 0 || sizeOf(x.shape) === 0) {
    return GraphArray.full(context, x.shape, 0, source.dtype).value
  }
  const masks = firstOf(extremaMasks(x, params, source.shape, select))
  const from = places(params.windowDimensions, params.windowDilation).map((place) => phaseOf(place, windowStrides))
  const reach = windowStrides.map((_, axis) => Math.max(...from.map(({ shift }) => shift[axis]!)))
  const sums = new Map<string, GraphArray>()
  masks.forEach((mask, i) => {
    const { phase, shift } = from[i]!
    const chosen = source.where(mask, source.constant(0)).pad(
      shift,
      shift.map((n, axis) => reach[axis]! - n),
    )
    const sum = sums.get(phase.join())
    sums.set(phase.join(), sum === undefined ? chosen : sum.op('Add', [chosen], chosen.shape))
  })
  const size = source.shape.map((n, i) => n + reach[i]!)
  const phases = places(
    windowStrides,
    windowStrides.map(() => 1),
  ).map((phase) => sums.get(phase.join()) ?? GraphArray.full(context, size, 0, source.dtype))
  const all = interleaved(phases, windowStrides, 0)
  const low = padding.map(([n]) => -n)
  return all.pad(
    low,
    x.shape.map((n, i) => n - all.shape[i]! - low[i]!),
  ).value
}
