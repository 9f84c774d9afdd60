/** Windows as ONNX nodes. Measurements: docs/decisions/0003. */
import { isFloat, isOn, type LowerContext, type Scalar, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { blockNode, blockOf, fromBlocks, toBlocks } from './blocks.js'
import { GraphArray } from './graphArray.js'
import { range } from './shape.js'
import type { WindowParams } from './window.js'

/** Axes on which windows do something. */
const windowedAxes = (params: WindowParams): readonly number[] =>
  range(params.windowDimensions.length).filter(
    (i) =>
      params.windowDimensions[i] !== 1 ||
      params.windowStrides[i] !== 1 ||
      params.baseDilation[i] !== 1 ||
      params.padding[i]!.some((n) => n !== 0),
  )

/** Places from [0, 0, …] to before `sizes` in row-major order, `steps` apart. */
export const places = (sizes: Shape, steps: readonly number[]): readonly (readonly number[])[] =>
  sizes.reduce<readonly (readonly number[])[]>(
    (all, n, axis) => all.flatMap((place) => range(n).map((i) => [...place, i * steps[axis]!])),
    [[]],
  )

/** The array, its elements spread and padded: windows without base dilation and padding are left. */
export const spreadAndPadded = (x: GraphArray, params: WindowParams, value: Scalar): GraphArray =>
  x.dilate(params.baseDilation, value).pad(
    params.padding.map(([low]) => low),
    params.padding.map(([, high]) => high),
    value,
  )

/** Windows of all axes are windows of one axis after the other. `combine` is associative: Add, Max, Min. */
export const separately = (
  x: GraphArray,
  params: WindowParams,
  out: Shape,
  identity: Scalar,
  combine: 'Add' | 'Max' | 'Min',
): GraphArray =>
  windowedAxes(params).reduce(
    (y, axis) => {
      const starts = y.shape.map(() => 0)
      const sizes = y.shape.with(axis, out[axis]!)
      const strides = y.shape.map((_, i) => (i === axis ? params.windowStrides[i]! : 1))
      const slices = range(params.windowDimensions[axis]!).map((i) =>
        y.slice(starts.with(axis, i * params.windowDilation[axis]!), sizes, strides),
      )
      return slices.reduce((a, b) => a.op(combine, [b], sizes))
    },
    spreadAndPadded(x, params, identity),
  )

/** AveragePool on the last of [batch, feature, ...spatial] axes. */
const withAveragePool = (x: GraphArray, params: WindowParams, out: Shape): GraphArray => {
  const spatial = windowedAxes(params)
  const others = range(x.shape.length).filter((i) => !spatial.includes(i))
  const order = [...others, ...spatial]
  const at = <T>(list: readonly T[]): readonly T[] => spatial.map((i) => list[i]!)
  const windows = at(params.windowDimensions)
  // The node's padding is less than its window, and not negative.
  const isNodes = at(params.padding).every((p, i) => p.every((n) => n >= 0 && n < windows[i]!))
  const zeros = x.shape.map(() => 0)
  const spread = isNodes ? x.dilate(params.baseDilation) : spreadAndPadded(x, params, 0)
  const [low, high] = isNodes
    ? [at(params.padding).map(([n]) => n), at(params.padding).map(([, n]) => n)]
    : [at(zeros), at(zeros)]
  const channelsFirst = spread.transpose(order)
  const lead = channelsFirst.shape.slice(0, others.length)
  const batchAndFeatures = lead.length === 2 ? lead : [sizeOf(lead.slice(0, -1)), lead.at(-1) ?? 1]
  const sizes = at(out)
  const averages = channelsFirst
    .reshape([...batchAndFeatures, ...channelsFirst.shape.slice(others.length)])
    .op('AveragePool', [], [...batchAndFeatures, ...sizes], {
      attributes: {
        kernel_shape: windows,
        strides: at(params.windowStrides),
        pads: [...low, ...high],
        count_include_pad: 1,
      },
    })
  return averages.reshape([...lead, ...sizes]).transpose(range(order.length).map((i) => order.indexOf(i)))
}

/** AveragePool over blocks of features, of images with the features second or last; `null` for others. */
const withBlocks = (x: GraphArray, params: WindowParams, out: Shape): GraphArray | null => {
  const block = blockOf(x.context)
  const [batch, second, , last] = out
  if (block === 1 || x.dtype !== 'float32' || out.length !== 4) return null
  const spatial = windowedAxes(params)
  const features = spatial.every((i) => i === 1 || i === 2) ? 'last' : spatial.every((i) => i > 1) ? 'second' : null
  if (features === null) return null
  const [count, from] = features === 'last' ? [last!, 1] : [second!, 2]
  const at = <T>(list: readonly T[]): readonly T[] => list.slice(from, from + 2)
  const windows = at(params.windowDimensions)
  const isNodes = at(params.padding).every((p, i) => p.every((n) => n >= 0 && n < windows[i]!))
  if (count % block !== 0 || !isNodes || params.baseDilation.some((d) => d !== 1)) return null
  const pads = [...at(params.padding).map(([n]) => n), ...at(params.padding).map(([, n]) => n)]
  const averages = blockNode(toBlocks(x, features), 'AveragePool', [], [batch!, count, ...at(out)], {
    kernel_shape: windows,
    strides: at(params.windowStrides),
    pads,
    count_include_pad: 1,
  })
  return fromBlocks(averages, features)
}

const averages = (x: GraphArray, params: WindowParams, out: Shape): GraphArray =>
  withBlocks(x, params, out) ?? withAveragePool(x, params, out)

/**
 * Windows that don't overlap over spread elements, as in the gradient of a pool: each element is repeated over its
 * window.
 */
const byRepetition = (x: GraphArray, params: WindowParams, out: Shape): GraphArray => {
  const axes = windowedAxes(params)
  const isPaired = (i: number): boolean => axes.includes(i)
  const paired = x.shape.flatMap((n, i) => (isPaired(i) ? [n, 1] : [n]))
  const repeated = x.shape.flatMap((n, i) => (isPaired(i) ? [n, params.windowDimensions[i]!] : [n]))
  const gaps = x.shape.flatMap((_, i) =>
    isPaired(i) ? [0, params.baseDilation[i]! - params.windowDimensions[i]!] : [0],
  )
  const merged = x.shape.map((n, i) => (isPaired(i) ? n * params.baseDilation[i]! : n))
  const blocks = x
    .reshape(paired)
    .expand(repeated)
    .pad(
      gaps.map(() => 0),
      gaps,
    )
    .reshape(merged)
  // The first element's windows begin a window before it.
  const low = merged.map((_, i) => (isPaired(i) ? params.padding[i]![0] - params.windowDimensions[i]! + 1 : 0))
  return blocks.pad(
    low,
    out.map((n, i) => n - merged[i]! - low[i]!),
  )
}

/** Whether each axis with windows is spread at least by the window, and windows move by 1. */
const isRepetition = (params: WindowParams): boolean =>
  windowedAxes(params).every(
    (i) =>
      params.windowStrides[i] === 1 &&
      params.windowDilation[i] === 1 &&
      params.baseDilation[i]! >= params.windowDimensions[i]!,
  )

const maxPoolAxes = 3

/** Whether ONNX Runtime's AveragePool takes the problem: on the CPU not of 64 bits; dilation only from opset 19 on. */
const hasAveragePool = (x: GraphArray, params: WindowParams): boolean => {
  const axes = windowedAxes(params)
  return (
    isFloat(x.dtype) &&
    (x.dtype !== 'float64' || x.context.device.startsWith('cuda')) &&
    axes.length <= maxPoolAxes &&
    axes.every((i) => params.windowDilation[i] === 1 || params.windowDimensions[i] === 1)
  )
}

/** Sums over windows, or their means. */
const lowerWindows = (
  context: LowerContext,
  inputs: readonly OnnxValue[],
  params: WindowParams,
  isMean: boolean,
): OnnxValue => {
  const { shape: out, dtype } = context.avalsOut[0]!
  const x = GraphArray.input(context, inputs, 0)
  if (sizeOf(x.shape) === 0 || sizeOf(out) === 0) return GraphArray.full(context, out, 0, dtype).value
  if (windowedAxes(params).length === 0) return inputs[0]!
  const scaled = (y: GraphArray, op: 'Mul' | 'Div'): GraphArray =>
    y.op(op, [y.constant(sizeOf(params.windowDimensions))], y.shape)
  const isRepeated = isOn('windowGradient') && isRepetition(params)
  if (!isRepeated && hasAveragePool(x, params)) {
    const means = averages(x, params, out)
    return (isMean ? means : scaled(means, 'Mul')).value
  }
  const sums = isRepeated ? byRepetition(x, params, out) : separately(x, params, out, 0, 'Add')
  return (isMean ? scaled(sums, 'Div') : sums).value
}

/** The nodes of sums over windows. */
export const lowerWindowSum = (context: LowerContext, inputs: readonly OnnxValue[], params: WindowParams): OnnxValue =>
  lowerWindows(context, inputs, params, false)

/** The nodes of sums over windows, divided by the window's size. */
export const lowerWindowMean = (context: LowerContext, inputs: readonly OnnxValue[], params: WindowParams): OnnxValue =>
  lowerWindows(context, inputs, params, true)
