/** Transposed convolutions, channels last. */
import type { NDArray } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { ConvLayer, type ConvLayerOptions, explicitPadding, sizesOf } from './convLayer.js'

/**
 * What is cut off, or surrounds, the input: `'SAME'` makes the size times the stride, `'VALID'` keeps all that the kernel
 * reaches, `'CIRCULAR'` the size times the stride, what is beyond an end being added at the other; a number of zeros on
 * both sides of all axes, or for each axis a number or `[low, high]`.
 */
export type ConvTransposePadding =
  'SAME' | 'VALID' | 'CIRCULAR' | number | readonly (number | readonly [low: number, high: number])[]

export interface ConvTransposeOptions extends ConvLayerOptions {
  /** Default `'SAME'`. */
  readonly padding?: ConvTransposePadding
  /** Whether the kernel is that of the `Conv` of which this is the transpose: reversed, features exchanged; default false. */
  readonly transposeKernel?: boolean
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
export class ConvTranspose extends ConvLayer {
  readonly padding: ConvTransposePadding
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
    const { padding = 'SAME', transposeKernel = false } = options
    const sizes = sizesOf(kernelSize)
    const features = transposeKernel ? ([outFeatures, inFeatures] as const) : ([inFeatures, outFeatures] as const)
    super('ConvTranspose', inFeatures, outFeatures, sizes, features, options)
    this.padding = typeof padding === 'string' ? padding : explicitPadding('ConvTranspose', padding, sizes.length)
    this.transposeKernel = transposeKernel
  }

  /** `[...batch, ...spatial, inFeatures]` to `[...batch, ...spatial, outFeatures]`. @throws ShapeError */
  override call(x: NDArray): NDArray {
    const { kernelSize, strides, padding, transposeKernel } = this
    const edges =
      padding === 'CIRCULAR'
        ? 'VALID'
        : typeof padding === 'string'
          ? padding
          : explicitPadding('ConvTranspose', padding, kernelSize.length)
    return this.convolved('ConvTranspose', x, (input, kernel) => {
      const options = { rhsDilation: this.kernelDilation, transposeKernel }
      const y = lax.convTranspose(input, kernel, strides, edges, options)
      if (padding !== 'CIRCULAR') return y
      return strides.reduce((z, stride, i) => folded(z, i + 1, input.shape[i + 1]! * stride, transposeKernel), y)
    })
  }
}
