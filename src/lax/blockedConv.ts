/** Convolutions over blocks of features (see blocks.ts). */
import { type Shape } from '../core/index.js'
import { blockNode, blockOf, type FeatureAxis, fromBlocks, toBlocks } from './blocks.js'
import { type Axis, type Convolution, nodePadding } from './convProblem.js'
import type { GraphArray } from './graphArray.js'

/** The kernels have two spatial axes; of one, the other is an axis of size 1 before it. */
const spatialAxes = 2

const withAxis = <T>(list: readonly T[], missing: T): readonly T[] =>
  list.length === spatialAxes ? list : [missing, ...list]

/** Fewer input features than a block are taken as they are, second. */
const isDirect = (c: Convolution, block: number): boolean => c.groups === 1 && c.inFeatures < block

/** Whether there are kernels for the problem. */
export const hasBlocks = (c: Convolution): boolean => {
  const block = blockOf(c.context)
  if (block === 1 || c.dtype !== 'float32') return false
  if (c.spatial.length !== 1 && c.spatial.length !== spatialAxes) return false
  const isDepthwise = c.groups > 1 && c.inFeatures === 1 && c.outFeatures === 1 && c.groups % block === 0
  const isWhole = c.outFeatures % block === 0 && (c.inFeatures % block === 0 || isDirect(c, block))
  return isDepthwise || isWhole
}

/** The kernel as [out / block, in / block, ...spatial, in block, out block]; input features that fill no block stay one axis. */
const blockedKernel = (c: Convolution, block: number): GraphArray => {
  const axes = c.rhsAxes
  const k = c.rhs(axes)
  const isSpatial = (a: Axis): boolean => typeof a === 'number'
  // Reversed before it is transposed: what moves are runs of features then.
  const forward = c.params.windowReversal ? k.reverse(axes.flatMap((a, i) => (isSpatial(a) ? [i] : []))) : k
  const parts = axes.flatMap((axis, i) => {
    const size = k.shape[i]!
    const sizes = !isSpatial(axis) && size % block === 0 ? [size / block, block] : [size]
    return sizes.map((n, part) => ({ axis, part, size: n }))
  })
  const at = (axis: Axis, part: number): readonly number[] =>
    parts.flatMap((p, i) => (p.axis === axis && p.part === part ? [i] : []))
  const out = axes.includes('out') ? 'out' : 'groupOut'
  const outer = [...at(out, 0), ...at('in', 0), ...c.spatial.flatMap((i) => at(i, 0))]
  return forward
    .reshape(parts.map(({ size }) => size))
    .transpose([...outer, ...at('in', 1), ...at(out, 1)])
    .reshape([c.groups * c.outFeatures, c.inFeatures, ...withAxis(c.window, 1)])
}

const featureAxis = ([batch, features]: readonly number[]): FeatureAxis =>
  batch === 0 && features === 1 ? 'second' : 'last'

const laid = <T>(batch: T, features: T, spatial: readonly T[], axis: FeatureAxis): readonly T[] =>
  axis === 'second' ? [batch, features, ...spatial] : [batch, ...spatial, features]

/** The operand, cropped, in blocks where it has whole ones; and the padding that is left to the node. */
const blockedOperand = (c: Convolution, block: number): readonly [x: GraphArray, pads: readonly number[]] => {
  const { spatial, params } = c
  const isWhole = !isDirect(c, block)
  const axis = isWhole ? featureAxis(params.dimensionNumbers.lhsSpec) : 'second'
  const order = laid<Axis>('batch', 'groupIn', spatial, axis)
  const first = order.indexOf(0)
  const around = (values: readonly number[], other: number): readonly number[] =>
    order.map((_, i) => values[i - first] ?? other)
  const spread = c.lhs(order).dilate(around(params.lhsDilation, 1))
  const { low, high, left, right } = nodePadding(c, spread.shape.slice(first, first + spatial.length))
  const cropped = spread.pad(around(low, 0), around(high, 0))
  const sizes = withAxis(cropped.shape.slice(first, first + spatial.length), 1)
  const x = cropped.reshape(laid(c.batch, c.groups * c.inFeatures, sizes, axis))
  return [isWhole ? toBlocks(x, axis) : x, [...withAxis(left, 0), ...withAxis(right, 0)]]
}

/** A convolution by these kernels; operand and result come from and go to either layout. */
export const withBlocks = (c: Convolution): GraphArray => {
  const { params, epilogue } = c
  const block = blockOf(c.context)
  const [x, pads] = blockedOperand(c, block)
  const features = c.groups * c.outFeatures
  const others = [blockedKernel(c, block), ...(epilogue.bias === null ? [] : [epilogue.bias])]
  const shape: Shape = [c.batch, features, ...withAxis(c.output, 1)]
  const y = blockNode(x, 'Conv', others, shape, {
    kernel_shape: withAxis(c.window, 1),
    strides: withAxis(params.windowStrides, 1),
    dilations: withAxis(params.rhsDilation, 1),
    pads,
    group: c.groups,
    ...(epilogue.relu ? { activation: 'Relu' } : {}),
  })
  const axis = featureAxis(params.dimensionNumbers.outSpec)
  const result = fromBlocks(y, axis).reshape(laid(c.batch, features, c.output, axis))
  return c.result(result, laid<Axis>('batch', 'groupOut', c.spatial, axis))
}
