/** Convolutions of images, sequences and volumes, channels last. */
import { ArgumentError, type DType, type NDArray, type Shape, ShapeError, showAval, sizeOf } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import type { Rngs } from '../rngs.js'
import { type Metadata, Param } from '../variable.js'
import { defaultKernelInit, requireSize } from './linear.js'
import { promoteDtype } from './promote.js'

/**
 * What surrounds the input: `'SAME'` keeps the size (divided by the stride), `'VALID'` nothing, `'CIRCULAR'` the other
 * end, `'REFLECT'` the mirror image, `'CAUSAL'` (one spatial axis) zeros on the left only; a number of zeros on both sides
 * of all axes, or for each axis a number or `[low, high]`.
 */
export type ConvPadding =
  | 'SAME'
  | 'VALID'
  | 'CIRCULAR'
  | 'REFLECT'
  | 'CAUSAL'
  | number
  | readonly (number | readonly [low: number, high: number])[]

export interface ConvOptions {
  readonly rngs: Rngs
  /** Distance of the windows, on all spatial axes or each; default 1. */
  readonly strides?: number | readonly number[]
  /** Default `'SAME'`. */
  readonly padding?: ConvPadding
  /** Distance of the input's elements: zeros are put between them; default 1. */
  readonly inputDilation?: number | readonly number[]
  /** Distance of the kernel's elements; default 1. */
  readonly kernelDilation?: number | readonly number[]
  /** Groups of features, each convolved on its own; default 1. */
  readonly featureGroupCount?: number
  /** Default true. */
  readonly useBias?: boolean
  /** Multiplied with the kernel before each use; of its shape. Default none. */
  readonly mask?: NDArray | null
  /** Dtype of the computation; default that to which input and parameters promote. */
  readonly dtype?: DType | null
  /** Dtype of the parameters; default float32. */
  readonly paramDtype?: DType
  /** Default LeCun normal. */
  readonly kernelInit?: Initializer
  /** Default zeros. */
  readonly biasInit?: Initializer
  readonly kernelMetadata?: Metadata
  readonly biasMetadata?: Metadata
}

/** @internal A number for each spatial axis. @throws ArgumentError */
export const forAxes = (
  where: string,
  what: string,
  given: number | readonly number[],
  count: number,
): readonly number[] => {
  const list = typeof given === 'number' ? Array.from({ length: count }, () => given) : given
  if (list.length !== count) throw new ArgumentError(where, `${what} for ${count} spatial axes`, `[${list.join()}]`)
  return list
}

/** @internal Edges of each spatial axis. @throws ArgumentError */
export const explicitPadding = (
  where: string,
  padding: number | readonly (number | readonly [number, number])[],
  count: number,
): readonly (readonly [number, number])[] => {
  const list = typeof padding === 'number' ? Array.from({ length: count }, () => padding) : padding
  if (list.length !== count) {
    throw new ArgumentError(where, `a padding for ${count} spatial axes`, JSON.stringify(padding))
  }
  return list.map((p) => (typeof p === 'number' ? [p, p] : p))
}

/**
 * A padding in full: names stay, numbers become `[low, high]` of each spatial axis.
 *
 * @throws ArgumentError if a list has another length than there are axes
 * @example
 * nnx.canonicalizePadding([1, [0, 2]], 2) // => [[1, 1], [0, 2]]
 */
export const canonicalizePadding = (
  padding: ConvPadding,
  rank: number,
): Extract<ConvPadding, string> | readonly (readonly [low: number, high: number])[] =>
  typeof padding === 'string' ? padding : explicitPadding('canonicalizePadding', padding, rank)

/** An axis extended by its other end, as often as needed. */
const wrapped = (x: NDArray, axis: number, low: number, high: number): NDArray => {
  const size = x.shape[axis]!
  const before = Math.ceil(low / size)
  const copies = 1 + before + Math.ceil(high / size)
  const row = lax.concatenate(
    Array.from({ length: copies }, () => x),
    axis,
  )
  return lax.sliceInDim(row, before * size - low, (before + 1) * size + high, 1, axis)
}

/** An axis extended by its mirror image, the edge not repeated. @throws ShapeError */
const reflected = (x: NDArray, axis: number, low: number, high: number): NDArray => {
  const size = x.shape[axis]!
  if (low >= size || high >= size) {
    throw new ShapeError('Conv', `axes longer than the REFLECT padding ${Math.max(low, high)}`, showAval(x.aval))
  }
  const mirror = (from: number, to: number): NDArray => lax.rev(lax.sliceInDim(x, from, to, 1, axis), [axis])
  return lax.concatenate(
    [...(low > 0 ? [mirror(1, low + 1)] : []), x, ...(high > 0 ? [mirror(size - 1 - high, size - 1)] : [])],
    axis,
  )
}

const layouts: readonly lax.ConvLayout[] = [
  ['NHC', 'HIO', 'NHC'],
  ['NHWC', 'HWIO', 'NHWC'],
  ['NHWDC', 'HWDIO', 'NHWDC'],
]

/**
 * Convolution over 1 to 3 spatial axes: `conv(x, kernel) + bias`.
 *
 * @example
 * const conv = new nnx.Conv(1, 8, [3, 3], { rngs: new nnx.Rngs(0), strides: 2 })
 * conv(np.ones([4, 28, 28, 1])).shape // => [4, 14, 14, 8]
 */
export class Conv extends Module<[x: NDArray], NDArray> {
  /** `[...kernelSize, inFeatures / featureGroupCount, outFeatures]` */
  readonly kernel: Param
  /** `[outFeatures]` */
  readonly bias: Param | null
  readonly inFeatures: number
  readonly outFeatures: number
  readonly kernelSize: readonly number[]
  readonly strides: readonly number[]
  readonly padding: ConvPadding
  readonly inputDilation: readonly number[]
  readonly kernelDilation: readonly number[]
  readonly featureGroupCount: number
  readonly useBias: boolean
  readonly mask: NDArray | null
  readonly dtype: DType | null
  readonly paramDtype: DType

  /**
   * @param kernelSize - one number a spatial axis; a number for one axis
   * @throws ArgumentError if sizes, lists and groups don't fit
   */
  constructor(inFeatures: number, outFeatures: number, kernelSize: number | readonly number[], options: ConvOptions) {
    super()
    const {
      rngs,
      strides = 1,
      padding = 'SAME',
      inputDilation = 1,
      kernelDilation = 1,
      featureGroupCount = 1,
    } = options
    const { useBias = true, mask = null, dtype = null, paramDtype = 'float32' } = options
    const { kernelInit = defaultKernelInit, biasInit = initializers.zeros, kernelMetadata, biasMetadata } = options
    const sizes = typeof kernelSize === 'number' ? [kernelSize] : kernelSize
    if (sizes.length < 1 || sizes.length > 3) {
      throw new ArgumentError('Conv', 'a kernel of 1 to 3 spatial axes', `[${sizes.join()}]`)
    }
    for (const size of [inFeatures, outFeatures, ...sizes]) requireSize('Conv', 'features or kernel elements', size)
    if (padding === 'CAUSAL' && sizes.length !== 1) {
      throw new ArgumentError('Conv', 'one spatial axis for CAUSAL padding', `a kernel of [${sizes.join()}]`)
    }
    if (inFeatures % featureGroupCount !== 0) {
      throw new ArgumentError('Conv', `input features in ${featureGroupCount} equal groups`, `${inFeatures}`)
    }
    const shape: Shape = [...sizes, inFeatures / featureGroupCount, outFeatures]
    if (mask !== null && mask.shape.join() !== shape.join()) {
      throw new ShapeError('Conv', `a mask of the kernel's shape [${shape.join()}]`, showAval(mask.aval))
    }
    this.kernel = new Param(kernelInit(rngs.params(), shape, paramDtype), kernelMetadata)
    this.bias = useBias ? new Param(biasInit(rngs.params(), [outFeatures], paramDtype), biasMetadata) : null
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.kernelSize = sizes
    this.strides = forAxes('Conv', 'strides', strides, sizes.length)
    this.padding = typeof padding === 'string' ? padding : explicitPadding('Conv', padding, sizes.length)
    this.inputDilation = forAxes('Conv', 'input dilations', inputDilation, sizes.length)
    this.kernelDilation = forAxes('Conv', 'kernel dilations', kernelDilation, sizes.length)
    this.featureGroupCount = featureGroupCount
    this.useBias = useBias
    this.mask = mask
    this.dtype = dtype
    this.paramDtype = paramDtype
  }

  /** The input with what surrounds it, and the zeros that are left to the convolution. */
  private padded(x: NDArray): readonly [NDArray, lax.ConvPadding] {
    const { padding, kernelSize, kernelDilation } = this
    const sizes = kernelSize.map((k, i) => (k - 1) * kernelDilation[i]! + 1)
    switch (padding) {
      case 'SAME':
      case 'VALID':
        return [x, padding]
      case 'CAUSAL':
        return [x, [[sizes[0]! - 1, 0]]]
      case 'CIRCULAR':
      case 'REFLECT': {
        const extend = padding === 'CIRCULAR' ? wrapped : reflected
        const edges = sizes.map((k) => [Math.floor((k - 1) / 2), Math.floor(k / 2)] as const)
        return [edges.reduce((y, [low, high], i) => (low + high > 0 ? extend(y, i + 1, low, high) : y), x), 'VALID']
      }
      default:
        return [x, explicitPadding('Conv', padding, kernelSize.length)]
    }
  }

  /** `[...batch, ...spatial, inFeatures]` to `[...batch, ...spatial, outFeatures]`. @throws ShapeError */
  override call(x: NDArray): NDArray {
    const { kernelSize, bias: held } = this
    const rank = kernelSize.length + 1
    if (x.ndim < rank || x.shape[x.ndim - 1] !== this.inFeatures) {
      throw new ShapeError(
        'Conv',
        `inputs of ${kernelSize.length} spatial axes and ${this.inFeatures} features`,
        showAval(x.aval),
      )
    }
    const batch = x.shape.slice(0, x.ndim - rank)
    const one = batch.length === 1 ? x : lax.reshape(x, [sizeOf(batch), ...x.shape.slice(x.ndim - rank)])
    const masked = this.mask === null ? this.kernel.value : np.multiply(this.kernel.value, this.mask)
    const [input, kernel, bias] = promoteDtype([one, masked, held === null ? null : held.value], this.dtype)
    const [surrounded, padding] = this.padded(input)
    const y = lax.convGeneralDilated(surrounded, kernel, this.strides, padding, {
      lhsDilation: this.inputDilation,
      rhsDilation: this.kernelDilation,
      dimensionNumbers: layouts[kernelSize.length - 1]!,
      featureGroupCount: this.featureGroupCount,
    })
    const sum = bias === null ? y : np.add(y, bias)
    return batch.length === 1 ? sum : lax.reshape(sum, [...batch, ...sum.shape.slice(1)])
  }
}
