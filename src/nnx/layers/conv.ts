/** Convolutions of images, sequences and volumes, channels last. */
import { ArgumentError, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { ConvLayer, type ConvLayerOptions, explicitPadding, forAxes, sizesOf } from './convLayer.js'
import { requireSize } from './linear.js'

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

export interface ConvOptions extends ConvLayerOptions {
  /** Default `'SAME'`. */
  readonly padding?: ConvPadding
  /** Distance of the input's elements: zeros are put between them; default 1. */
  readonly inputDilation?: number | readonly number[]
  /** Groups of features, each convolved on its own; default 1. */
  readonly featureGroupCount?: number
  /** What convolves; default `lax.convGeneralDilated`. */
  readonly convGeneralDilated?: typeof lax.convGeneralDilated | null
}

/** Arrays have no more axes in NumPy either. */
const maxRank = 64

/**
 * A padding in full: names stay, numbers become `[low, high]` of each spatial axis.
 *
 * @throws ArgumentError if a list has another length than there are axes, or `rank` is no number of axes
 * @example
 * nnx.canonicalizePadding([1, [0, 2]], 2) // => [[1, 1], [0, 2]]
 */
export const canonicalizePadding = (
  padding: ConvPadding,
  rank: number,
): Extract<ConvPadding, string> | readonly (readonly [low: number, high: number])[] => {
  requireSize('canonicalizePadding', 'spatial axes', rank)
  if (rank > maxRank) throw new ArgumentError('canonicalizePadding', `at most ${maxRank} spatial axes`, String(rank))
  return typeof padding === 'string' ? padding : explicitPadding('canonicalizePadding', padding, rank)
}

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
export class Conv extends ConvLayer {
  readonly padding: ConvPadding
  readonly inputDilation: readonly number[]
  readonly featureGroupCount: number
  readonly convGeneralDilated: typeof lax.convGeneralDilated | null

  /**
   * @param kernelSize - one number a spatial axis; a number for one axis
   * @throws ArgumentError if sizes, lists and groups don't fit
   */
  constructor(inFeatures: number, outFeatures: number, kernelSize: number | readonly number[], options: ConvOptions) {
    const { padding = 'SAME', inputDilation = 1, featureGroupCount = 1 } = options
    const sizes = sizesOf(kernelSize)
    if (padding === 'CAUSAL' && sizes.length !== 1) {
      throw new ArgumentError('Conv', 'one spatial axis for CAUSAL padding', `a kernel of [${sizes.join()}]`)
    }
    if (inFeatures % featureGroupCount !== 0) {
      throw new ArgumentError('Conv', `input features in ${featureGroupCount} equal groups`, `${inFeatures}`)
    }
    super('Conv', inFeatures, outFeatures, sizes, [inFeatures / featureGroupCount, outFeatures], options)
    this.padding = typeof padding === 'string' ? padding : explicitPadding('Conv', padding, sizes.length)
    this.inputDilation = forAxes('Conv', 'input dilations', inputDilation, sizes.length)
    this.featureGroupCount = featureGroupCount
    this.convGeneralDilated = options.convGeneralDilated ?? null
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
    const convolve = this.convGeneralDilated ?? lax.convGeneralDilated
    return this.convolved('Conv', x, (input, kernel) => {
      const [surrounded, padding] = this.padded(input)
      return convolve(surrounded, kernel, this.strides, padding, {
        lhsDilation: this.inputDilation,
        rhsDilation: this.kernelDilation,
        dimensionNumbers: layouts[this.kernelSize.length - 1]!,
        featureGroupCount: this.featureGroupCount,
      })
    })
  }
}
