/** A convolution as its lowering sees it: sizes by what they mean, arrays in any order of named axes. */
import { type DType, type LowerContext, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import type { ConvParams } from './conv.js'
import { sizesAt } from './convShape.js'
import { GraphArray } from './graphArray.js'
import { range } from './shape.js'

/** What an axis is; numbers are spatial axes, `groupIn` is the group's axis and the one of input features as one. */
export type Axis = 'batch' | 'group' | 'in' | 'out' | 'groupBatch' | 'groupIn' | 'groupOut' | number

const partsOf = (axis: Axis): readonly Axis[] => {
  switch (axis) {
    case 'groupBatch':
      return ['group', 'batch']
    case 'groupIn':
      return ['group', 'in']
    case 'groupOut':
      return ['group', 'out']
    default:
      return [axis]
  }
}

/** The axis at each position of an array, by a specification of where two axes and the spatial ones are. */
const axesOf = (spec: readonly number[], first: Axis, second: Axis): readonly Axis[] => {
  const meanings: readonly Axis[] = [first, second, ...range(spec.length - 2)]
  return range(spec.length).map((position) => meanings[spec.indexOf(position)]!)
}

/** What is done with each element of the result. */
export interface Epilogue {
  /** Added, one number a feature. */
  readonly bias: GraphArray | null
  /** Whether negative elements become 0; NaN stays. */
  readonly relu: boolean
}

/** Operands, sizes and layouts of one convolution. Groups of features and of the batch are one thing here. */
export class Convolution {
  readonly groups: number
  /** Examples, input and output features of each group. */
  readonly batch: number
  readonly inFeatures: number
  readonly outFeatures: number
  /** Sizes of the spatial axes. */
  readonly window: Shape
  readonly output: Shape
  /** Padding before and after each spatial axis. */
  readonly low: readonly number[]
  readonly high: readonly number[]
  readonly spatial: readonly number[]
  readonly dtype: DType
  readonly epilogue: Epilogue

  readonly #lhs: GraphArray
  readonly #rhs: GraphArray

  constructor(
    readonly context: LowerContext,
    inputs: readonly OnnxValue[],
    readonly params: ConvParams,
    relu = false,
  ) {
    const { rhsSpec, outSpec } = params.dimensionNumbers
    this.#lhs = GraphArray.input(context, inputs, 0)
    this.#rhs = GraphArray.input(context, inputs, 1)
    this.dtype = this.#lhs.dtype
    this.epilogue = { bias: inputs.length > 2 ? GraphArray.input(context, inputs, 2) : null, relu }
    this.groups = Math.max(params.featureGroupCount, params.batchGroupCount)
    const [batch, , ...output] = sizesAt(context.avalsOut[0]!.shape, outSpec)
    const [outFeatures, inFeatures, ...window] = sizesAt(this.#rhs.shape, rhsSpec)
    this.batch = batch!
    this.inFeatures = inFeatures!
    this.outFeatures = outFeatures! / this.groups
    this.window = window
    this.output = output
    this.low = params.padding.map(([low]) => low)
    this.high = params.padding.map(([, high]) => high)
    this.spatial = range(window.length)
  }

  /** The group's axis is there only if there are several groups. */
  #present(axes: readonly Axis[]): readonly Axis[] {
    return this.groups > 1 ? axes : axes.map((a) => partsOf(a).at(-1)!).filter((a) => a !== 'group')
  }

  #arrange(x: GraphArray, from: readonly Axis[], to: readonly Axis[]): GraphArray {
    if (to.every((a) => from.includes(a))) return x.transpose(to.map((a) => from.indexOf(a)))
    const parts = from.flatMap(partsOf)
    const sizes = from.flatMap((a, i) =>
      partsOf(a).length > 1 ? [this.groups, x.shape[i]! / this.groups] : [x.shape[i]!],
    )
    const wanted = to.flatMap(partsOf)
    const merged = to.map((a) => sizeOf(partsOf(a).map((part) => sizes[parts.indexOf(part)]!)))
    return x
      .reshape(sizes)
      .transpose(wanted.map((a) => parts.indexOf(a)))
      .reshape(merged)
  }

  /** The axes of the kernel as it lies. */
  get rhsAxes(): readonly Axis[] {
    return this.#present(axesOf(this.params.dimensionNumbers.rhsSpec, 'groupOut', 'in'))
  }

  /** The operand with its axes in this order. */
  lhs(order: readonly Axis[]): GraphArray {
    const { dimensionNumbers, batchGroupCount } = this.params
    const [batch, features]: readonly Axis[] = batchGroupCount > 1 ? ['groupBatch', 'in'] : ['batch', 'groupIn']
    return this.#arrange(
      this.#lhs,
      this.#present(axesOf(dimensionNumbers.lhsSpec, batch!, features!)),
      this.#present(order),
    )
  }

  /** The kernel with its axes in this order. */
  rhs(order: readonly Axis[]): GraphArray {
    const axes = axesOf(this.params.dimensionNumbers.rhsSpec, 'groupOut', 'in')
    return this.#arrange(this.#rhs, this.#present(axes), this.#present(order))
  }

  /** The result from an array whose axes are in this order. */
  result(y: GraphArray, order: readonly Axis[]): GraphArray {
    const axes = axesOf(this.params.dimensionNumbers.outSpec, 'batch', 'groupOut')
    return this.#arrange(y, this.#present(order), this.#present(axes))
  }
}

/** What of the padding is cropped from an operand (not positive), and what is left to a node. */
export interface NodePadding {
  readonly low: readonly number[]
  readonly high: readonly number[]
  readonly left: readonly number[]
  readonly right: readonly number[]
}

/** The padding where nodes take no negative one, for a dilated operand whose spatial axes have these sizes. */
export const nodePadding = (c: Convolution, sizes: Shape): NodePadding => {
  // What is cropped may lie in the padding of the other side.
  const isLong = sizes.map((n, i) => n + Math.min(c.low[i]!, 0) + Math.min(c.high[i]!, 0) > 0)
  const cropped = (pads: readonly number[]): readonly number[] => pads.map((n, i) => (isLong[i]! ? Math.min(n, 0) : n))
  const left = (pads: readonly number[]): readonly number[] => pads.map((n, i) => (isLong[i]! ? Math.max(n, 0) : 0))
  return { low: cropped(c.low), high: cropped(c.high), left: left(c.low), right: left(c.high) }
}
