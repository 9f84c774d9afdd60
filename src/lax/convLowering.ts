/** Convolutions as ONNX nodes: of the equivalent forms the fastest, by the measurements in docs/decisions/0003. */
import { isFloat, isOn, type LowerContext, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import type { ConvParams } from './conv.js'
import { hasBlocks, withBlocks } from './blockedConv.js'
import { Convolution, nodePadding } from './convProblem.js'
import { GraphArray } from './graphArray.js'
import { isOnHost } from './kernels.js'
import { places } from './windowLowering.js'

const grow = (n: number): number => Math.max(n, 0)

/** ONNX Runtime's Conv: features before the spatial axes. */
const withConv = (c: Convolution): GraphArray => {
  const { spatial, params } = c
  const x = c.lhs(['batch', 'groupIn', ...spatial]).dilate([1, 1, ...params.lhsDilation])
  const k = c.rhs(['groupOut', 'in', ...spatial])
  const { bias, relu } = c.epilogue
  const { low, high, left, right } = nodePadding(c, x.shape.slice(2))
  const y = x
    .pad([0, 0, ...low], [0, 0, ...high])
    .op(
      'Conv',
      [params.windowReversal ? k.reverse(spatial.map((i) => i + 2)) : k, ...(bias === null ? [] : [bias])],
      [c.batch, c.groups * c.outFeatures, ...c.output],
      {
        attributes: {
          kernel_shape: c.window,
          strides: params.windowStrides,
          dilations: params.rhsDilation,
          pads: [...left, ...right],
          group: c.groups,
        },
      },
    )
  return c.result(relu ? rectified(y) : y, ['batch', 'groupOut', ...spatial])
}

const atLeastZero = (y: GraphArray): GraphArray => y.op('Max', [y.constant(0)], y.shape)

/** The same where ONNX Runtime makes it part of the Conv before it: on CPUs, where Relu keeps NaN. */
const rectified = (y: GraphArray): GraphArray => (isOnHost(y.context) ? y.op('Relu', [], y.shape) : atLeastZero(y))

/**
 * ONNX Runtime's ConvTranspose, for windows that move by 1. It spreads each element over the kernel from the element's
 * place on: a convolution with the reversed kernel.
 */
const withConvTranspose = (c: Convolution): GraphArray => {
  const { spatial, params } = c
  const x = c.lhs(['batch', 'groupIn', ...spatial])
  const k = c.rhs(['groupIn', 'out', ...spatial])
  // The node's whole result is longer than the dilated operand by the window's reach; padding short of that crops it.
  const reach = c.window.map((n, i) => (n - 1) * params.rhsDilation[i]!)
  const low = c.low.map((n, i) => n - reach[i]!)
  const high = c.high.map((n, i) => n - reach[i]!)
  const outputPadding = high.map((n, i) => Math.min(grow(n), params.lhsDilation[i]! - 1))
  const cropped = (pads: readonly number[]): readonly number[] => pads.map((n) => grow(-n))
  // CUDA's kernel takes the same pads on both sides only; what is more on one is cropped afterwards.
  const both = low.map((n, i) => Math.min(grow(-n), grow(-high[i]!)))
  const isSymmetric = c.context.device.startsWith('cuda')
  const [padLow, padHigh] = isSymmetric ? [both, both] : [cropped(low), cropped(high)]
  const before = low.map((n, i) => n + padLow[i]!)
  const after = high.map((n, i) => n + padHigh[i]! - outputPadding[i]!)
  const y = x.op(
    'ConvTranspose',
    [params.windowReversal ? k : k.reverse(spatial.map((i) => i + 2))],
    [c.batch, c.groups * c.outFeatures, ...c.output.map((n, i) => n - before[i]! - after[i]!)],
    {
      attributes: {
        kernel_shape: c.window,
        strides: params.lhsDilation,
        dilations: params.rhsDilation,
        pads: [...padLow, ...padHigh],
        output_padding: outputPadding,
        group: c.groups,
      },
    },
  )
  return c.result(y.pad([0, 0, ...before], [0, 0, ...after]), ['batch', 'groupOut', ...spatial])
}

/** Slices of the operand, dilated and padded: `sizes` elements `steps` apart from each place on. */
const slicesAt = (
  c: Convolution,
  operand: GraphArray,
  firstSpatial: number,
  from: readonly (readonly number[])[],
  sizes: Shape,
  steps: readonly number[],
): readonly GraphArray[] => {
  const spread = (values: readonly number[], others: readonly number[]): readonly number[] =>
    others.map((n, i) => values[i - firstSpatial] ?? n)
  const zeros = operand.shape.map(() => 0)
  const ones = operand.shape.map(() => 1)
  const dilated = operand.dilate(spread(c.params.lhsDilation, ones))
  // Of the padding behind only what the slices take.
  const high = sizes.map((n, i) => {
    const end = Math.max(...from.map((place) => place[i]!)) + (n - 1) * steps[i]! + 1
    return grow(end - dilated.shape[i + firstSpatial]! - c.low[i]!)
  })
  const x = dilated.pad(spread(c.low, zeros), spread(high, zeros))
  return from.map((place) => x.slice(spread(place, zeros), spread(sizes, x.shape), spread(steps, ones)))
}

/** One matrix product of all patches with the kernel: for each place in the window a slice of the operand. */
const withPatches = (c: Convolution): GraphArray => {
  const { spatial, params } = c
  const lead = c.groups > 1 ? [c.groups] : []
  const inWindow = places(c.window, params.rhsDilation)
  const x = c.lhs(['group', 'batch', ...spatial, 'in'])
  const from = params.windowReversal ? inWindow.toReversed() : inWindow
  const slices = slicesAt(c, x, lead.length + 1, from, c.output, params.windowStrides)
  const rows = c.batch * sizeOf(c.output)
  const columns = sizeOf(c.window) * c.inFeatures
  const patches = GraphArray.concat(slices, x.shape.length - 1).reshape([...lead, rows, columns])
  const k = c.rhs(['group', ...spatial, 'in', 'out']).reshape([...lead, columns, c.outFeatures])
  const y = patches.op('MatMul', [k], [...lead, rows, c.outFeatures])
  return c.result(y.reshape([...lead, c.batch, ...c.output, c.outFeatures]), ['group', 'batch', ...spatial, 'out'])
}

/**
 * One matrix product for each place of the result: for few windows as large as the operand, which is what the gradient
 * of a kernel is.
 */
const perPlace = (c: Convolution): GraphArray => {
  const { spatial, params } = c
  const lead = c.groups > 1 ? [c.groups] : []
  const depth = c.inFeatures * sizeOf(c.window)
  const k = c.rhs(['group', 'out', 'in', ...spatial])
  const x = c.lhs(['group', 'in', ...spatial, 'batch'])
  const forward = params.windowReversal ? k.reverse(spatial.map((i) => lead.length + 2 + i)) : k
  const matrix = forward.reshape([...lead, c.outFeatures, depth])
  const from = places(c.output, params.windowStrides)
  const shape = [...lead, c.outFeatures, c.batch]
  const products = slicesAt(c, x, lead.length + 1, from, c.window, params.rhsDilation).map((slice) =>
    matrix.op('MatMul', [slice.reshape([...lead, depth, c.batch])], shape).reshape([1, ...shape]),
  )
  const y = GraphArray.concat(products, 0).reshape([...c.output, ...shape])
  return c.result(y, [...spatial, 'group', 'out', 'batch'])
}

/** {@link perPlace} in one product, the slices one below the other: for slices of few rows. */
const perPlaceAtOnce = (c: Convolution): GraphArray => {
  const { spatial, params } = c
  const lead = c.groups > 1 ? [c.groups] : []
  const depth = c.inFeatures * sizeOf(c.window)
  const k = c.rhs(['group', 'in', ...spatial, 'out'])
  const x = c.lhs(['group', 'batch', 'in', ...spatial])
  const forward = params.windowReversal ? k.reverse(spatial.map((i) => lead.length + 1 + i)) : k
  const from = places(c.output, params.windowStrides)
  const slices = slicesAt(c, x, lead.length + 2, from, c.window, params.rhsDilation)
  const rows = GraphArray.concat(
    slices.map((slice) => slice.reshape([...lead, c.batch, depth])),
    lead.length,
  )
  const matrix = forward.reshape([...lead, depth, c.outFeatures])
  const y = rows.op('MatMul', [matrix], [...lead, from.length * c.batch, c.outFeatures])
  return c.result(y.reshape([...lead, ...c.output, c.batch, c.outFeatures]), ['group', ...spatial, 'batch', 'out'])
}

/** {@link perPlace} for groups of one operand row each, as depthwise kernels have: sums of products. */
const perPlaceDepthwise = (c: Convolution): GraphArray => {
  const { spatial, params } = c
  const depth = c.inFeatures * sizeOf(c.window)
  const k = c.rhs(['in', ...spatial, 'group', 'out'])
  const x = c.lhs(['in', ...spatial, 'batch', 'group'])
  const forward = params.windowReversal ? k.reverse(spatial.map((i) => i + 1)) : k
  const factors = forward.reshape([depth, c.groups, c.outFeatures])
  const from = places(c.output, params.windowStrides)
  const shape = [1, c.groups, c.outFeatures]
  const sums = slicesAt(c, x, 1, from, c.window, params.rhsDilation).map((slice) => {
    const products = factors.op('Mul', [slice.reshape([depth, c.groups, 1])], factors.shape)
    return products.sumFirst().reshape(shape)
  })
  const y = GraphArray.concat(sums, 0).reshape([...c.output, c.groups, c.outFeatures, 1])
  return c.result(y, [...spatial, 'group', 'out', 'batch'])
}

/** A window of one element, without groups: a matrix product of features, of the elements that the strides leave. */
const pointwise = (c: Convolution): GraphArray => {
  const { lhsDilation, windowStrides } = c.params
  if (windowStrides.some((s) => s > 1) || lhsDilation.every((d) => d === 1)) return withPatches(c)
  // Zeros between the elements and around them stay zeros: they are put in after the product.
  const x = c.lhs(['batch', ...c.spatial, 'in'])
  const k = c.rhs(['in', 'out', ...c.spatial]).reshape([c.inFeatures, c.outFeatures])
  const y = x.op('MatMul', [k], [...x.shape.slice(0, -1), c.outFeatures])
  const spread = y.dilate([1, ...lhsDilation, 1]).pad([0, ...c.low, 0], [0, ...c.high, 0])
  return c.result(spread, ['batch', ...c.spatial, 'out'])
}

/** Whether ONNX Runtime's Conv takes the problem: floats on 1 to 3 spatial axes, on the CPU not of 64 bits. */
const hasKernel = ({ context, dtype, spatial }: Convolution): boolean =>
  isFloat(dtype) &&
  (dtype !== 'float64' || context.device.startsWith('cuda')) &&
  spatial.length >= 1 &&
  spatial.length <= 3

/** Whether padding leaves results that windows over the operand give. */
const reachesInput = ({ params, low, high, window, output }: Convolution): boolean =>
  output.every((n, i) => {
    const reach = (window[i]! - 1) * params.rhsDilation[i]!
    return n - grow(low[i]! - reach) - grow(high[i]! - reach) > 0
  })

/** More places than this would be too many nodes. */
const maxPlaces = 128

/** Matrices with fewer rows, or columns, than this are slow. */
const narrow = 8

/** What transposing an element of a kernel costs on the CPU, in elements of patches copied. */
const transposeCost = 12

/** Whether operand and kernel have their features last, as NHWC and HWIO do: then patches need no Transpose. */
const hasFeaturesLast = ({ params }: Convolution): boolean => {
  const { lhsSpec, rhsSpec } = params.dimensionNumbers
  const [, features, ...spatial] = lhsSpec
  const [outFeatures, inFeatures, ...inWindow] = rhsSpec
  return (
    spatial.every((axis) => axis < features!) && inWindow.every((axis) => axis < outFeatures! && axis < inFeatures!)
  )
}

const formOf = (c: Convolution): ((c: Convolution) => GraphArray) => {
  const { lhsDilation, windowStrides } = c.params
  const isCpu = !c.context.device.startsWith('cuda')
  const results = sizeOf(c.output)
  const window = sizeOf(c.window)
  const isDilated = lhsDilation.some((d) => d > 1)
  if (c.groups === 1 && hasFeaturesLast(c)) {
    if (window === 1) return pointwise
    // Conv takes the kernel transposed, which costs more than the patches of few elements.
    const isDeep = c.batch * results < transposeCost * c.outFeatures
    if (isCpu && isDeep && !isDilated && window <= maxPlaces) return withPatches
  }
  const areFew = results < window && (results <= maxPlaces || !hasKernel(c))
  if (isOn('perPlace') && (areFew || (results <= narrow + 1 && c.batch >= narrow))) {
    if (c.groups > 1 && c.batch === 1) return perPlaceDepthwise
    return c.batch < narrow ? perPlaceAtOnce : perPlace
  }
  if (!hasKernel(c)) return withPatches
  const isStep = windowStrides.every((s) => s === 1) && reachesInput(c)
  const isNarrow = c.outFeatures <= narrow && c.inFeatures >= 2 * c.outFeatures
  return isOn('dilatedConv') && isStep && (isDilated || (isCpu && isNarrow && c.groups === 1))
    ? withConvTranspose
    : hasBlocks(c)
      ? withBlocks
      : withConv
}

/** What of a result is still to be done where its form has no place for it. */
const finished = ({ params, epilogue: { bias, relu } }: Convolution, y: GraphArray): GraphArray => {
  const axis = params.dimensionNumbers.outSpec[1]!
  const added = bias === null ? y : y.op('Add', [bias.reshape([bias.shape[0]!, ...y.shape.slice(axis + 1).map(() => 1)])], y.shape) // prettier-ignore
  return relu ? atLeastZero(added) : added
}

/** The nodes of a convolution; a third input is added to each feature, and with `relu` negative elements become 0. */
export const lowerConv = (
  context: LowerContext,
  inputs: readonly OnnxValue[],
  params: ConvParams,
  relu = false,
): OnnxValue => {
  const { shape, dtype } = context.avalsOut[0]!
  const c = new Convolution(context, inputs, params, relu)
  if ([...context.avalsIn.slice(0, 2), ...context.avalsOut].some((a) => sizeOf(a.shape) === 0)) {
    return finished(c, GraphArray.full(context, shape, 0, dtype)).value
  }
  const form = formOf(c)
  const y = form(c)
  return (form === withConv || form === withBlocks ? y : finished(c, y)).value
}
