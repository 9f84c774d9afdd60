/** Transposed convolutions, channels last. */
import { ArgumentError, type DType, type NDArray, type Shape, ShapeError, showAval, sizeOf } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import type { Rngs } from '../rngs.js'
import { type Metadata, Param } from '../variable.js'
import { explicitPadding, forAxes } from './conv.js'
import { defaultKernelInit, requireSize } from './linear.js'
import { promoteDtype } from './promote.js'

/**
 * What is cut off, or surrounds, the input: `'SAME'` makes the size times the stride, `'VALID'` keeps all that the kernel
 * reaches, `'CIRCULAR'` the size times the stride, what is beyond an end being added at the other; a number of zeros on
 * both sides of all axes, or for each axis a number or `[low, high]`.
 */
export type ConvTransposePadding =
  'SAME' | 'VALID' | 'CIRCULAR' | number | readonly (number | readonly [low: number, high: number])[]

export interface ConvTransposeOptions {
  readonly rngs: Rngs
  /** Distance of the input's elements in the result, on all spatial axes or each; default 1. */
  readonly strides?: number | readonly number[]
  /** Default `'SAME'`. */
  readonly padding?: ConvTransposePadding
  /** Distance of the kernel's elements; default 1. */
  readonly kernelDilation?: number | readonly number[]
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
  /** Whether the kernel is that of the `Conv` of which this is the transpose: reversed, features exchanged; default false. */
  readonly transposeKernel?: boolean
  readonly kernelMetadata?: Metadata
  readonly biasMetadata?: Metadata
}

/** An axis folded onto its first (or, padded before, some other) `period` elements: the sum of all that are congruent. */
const folded = (y: NDArray, axis: number, period: number, transposed: boolean): NDArray => {
  const difference = (((period - y.shape[axis]!) % (2 * period)) + 2 * period) % (2 * period)
  const [less, more] = [Math.floor(difference / 2), Math.ceil(difference / 2)]
  const edges = y.shape.map((_, i) => {
    if (i !== axis) return [0, 0, 0] as const
    return transposed ? ([less, more, 0] as const) : ([more, less, 0] as const)
  })
  const whole = lax.pad(y, 0, edges)
  const copies = [...y.shape.slice(0, axis), whole.shape[axis]! / period, period, ...y.shape.slice(axis + 1)]
  return lax.reduceSum(lax.reshape(whole, copies), [axis])
}

/**
 * Transposed convolution over 1 to 3 spatial axes: upsampling by `strides`.
 *
 * @example
 * const up = new nnx.ConvTranspose(8, 3, [3, 3], { rngs: new nnx.Rngs(0), strides: 2 })
 * up(np.ones([4, 7, 7, 8])).shape // => [4, 14, 14, 3]
 */
export class ConvTranspose extends Module<[x: NDArray], NDArray> {
  /** `[...kernelSize, inFeatures, outFeatures]`, the features exchanged if `transposeKernel` */
  readonly kernel: Param
  /** `[outFeatures]` */
  readonly bias: Param | null
  readonly inFeatures: number
  readonly outFeatures: number
  readonly kernelSize: readonly number[]
  readonly strides: readonly number[]
  readonly padding: ConvTransposePadding
  readonly kernelDilation: readonly number[]
  readonly useBias: boolean
  readonly mask: NDArray | null
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly transposeKernel: boolean

  /**
   * @param kernelSize - one number a spatial axis; a number for one axis
   * @throws ArgumentError if sizes and lists don't fit
   */
  constructor(
    inFeatures: number,
    outFeatures: number,
    kernelSize: number | readonly number[],
    options: ConvTransposeOptions,
  ) {
    super()
    const { rngs, strides = 1, padding = 'SAME', kernelDilation = 1, transposeKernel = false } = options
    const { useBias = true, mask = null, dtype = null, paramDtype = 'float32' } = options
    const { kernelInit = defaultKernelInit, biasInit = initializers.zeros, kernelMetadata, biasMetadata } = options
    const sizes = typeof kernelSize === 'number' ? [kernelSize] : kernelSize
    if (sizes.length < 1 || sizes.length > 3) {
      throw new ArgumentError('ConvTranspose', 'a kernel of 1 to 3 spatial axes', `[${sizes.join()}]`)
    }
    for (const size of [inFeatures, outFeatures, ...sizes]) {
      requireSize('ConvTranspose', 'features or kernel elements', size)
    }
    const features = transposeKernel ? [outFeatures, inFeatures] : [inFeatures, outFeatures]
    const shape: Shape = [...sizes, ...features]
    if (mask !== null && mask.shape.join() !== shape.join()) {
      throw new ShapeError('ConvTranspose', `a mask of the kernel's shape [${shape.join()}]`, showAval(mask.aval))
    }
    this.kernel = new Param(kernelInit(rngs.params(), shape, paramDtype), kernelMetadata)
    this.bias = useBias ? new Param(biasInit(rngs.params(), [outFeatures], paramDtype), biasMetadata) : null
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.kernelSize = sizes
    this.strides = forAxes('ConvTranspose', 'strides', strides, sizes.length)
    this.padding = typeof padding === 'string' ? padding : explicitPadding('ConvTranspose', padding, sizes.length)
    this.kernelDilation = forAxes('ConvTranspose', 'kernel dilations', kernelDilation, sizes.length)
    this.useBias = useBias
    this.mask = mask
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.transposeKernel = transposeKernel
  }

  /** `[...batch, ...spatial, inFeatures]` to `[...batch, ...spatial, outFeatures]`. @throws ShapeError */
  override call(x: NDArray): NDArray {
    const { kernelSize, strides, padding, transposeKernel, bias: held } = this
    const rank = kernelSize.length + 1
    if (x.ndim < rank || x.shape[x.ndim - 1] !== this.inFeatures) {
      throw new ShapeError(
        'ConvTranspose',
        `inputs of ${kernelSize.length} spatial axes and ${this.inFeatures} features`,
        showAval(x.aval),
      )
    }
    const batch = x.shape.slice(0, x.ndim - rank)
    const one = batch.length === 1 ? x : lax.reshape(x, [sizeOf(batch), ...x.shape.slice(x.ndim - rank)])
    const masked = this.mask === null ? this.kernel.value : np.multiply(this.kernel.value, this.mask)
    const [input, kernel, bias] = promoteDtype([one, masked, held === null ? null : held.value], this.dtype)
    const edges =
      padding === 'CIRCULAR'
        ? 'VALID'
        : typeof padding === 'string'
          ? padding
          : explicitPadding('ConvTranspose', padding, kernelSize.length)
    const convolved = lax.convTranspose(input, kernel, strides, edges, {
      rhsDilation: this.kernelDilation,
      transposeKernel,
    })
    const y =
      padding === 'CIRCULAR'
        ? strides.reduce((z, stride, i) => folded(z, i + 1, one.shape[i + 1]! * stride, transposeKernel), convolved)
        : convolved
    const sum = bias === null ? y : np.add(y, bias)
    return batch.length === 1 ? sum : lax.reshape(sum, [...batch, ...sum.shape.slice(1)])
  }
}
