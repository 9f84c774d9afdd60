/** Normalization of each example by itself: by features, groups of features or places. */
import { ArgumentError, type NDArray, ShapeError, showAval, sizeOf } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import {
  meanAndVariance,
  Normalization,
  normalize,
  type NormOptions,
  type StatisticsOptions,
  statisticsOf,
  wide,
} from './norm.js'
import { promoted } from './promote.js'

/** One axis or several. */
export type NormAxes = number | readonly number[]

export interface NormCallOptions {
  /** Elements that count for the statistics; broadcasts to the input. Default all. */
  readonly mask?: NDArray | null
}

export interface LayerNormOptions extends NormOptions {
  /** Axes over which mean and variance are taken; default the last. */
  readonly reductionAxes?: NormAxes
  /** Axes along which scale and bias differ; default the last. */
  readonly featureAxes?: NormAxes
}

/** Axes as ascending numbers from 0. @throws ArgumentError */
const sortedAxes = (where: string, axes: NormAxes, ndim: number): readonly number[] =>
  [...new Set((typeof axes === 'number' ? [axes] : axes).map((i) => lax.canonicalAxis(where, i, ndim)))].sort(
    (a, b) => a - b,
  )

/**
 * Whether ONNX's LayerNormalization does it: in single precision, over the last axes, which are those of the parameters. Of two elements
 * the result is but a sign, and its gradient the rounding that only Flax's own order of operations gives.
 */
const isOneNode = (
  x: NDArray,
  input: NDArray,
  reductionAxes: readonly number[],
  featureAxes: readonly number[],
  { mask = null, useMean = true, axisName = null }: StatisticsOptions,
): boolean =>
  mask === null &&
  useMean &&
  axisName === null &&
  input.dtype !== 'float64' &&
  reductionAxes.length > 0 &&
  reductionAxes.join() === featureAxes.join() &&
  reductionAxes[0] === x.ndim - reductionAxes.length &&
  sizeOf(x.shape.slice(reductionAxes[0])) > 2

/** What all of these layers do. */
abstract class FeatureNorm extends Normalization<[x: NDArray, options?: NormCallOptions]> {
  /** @internal Input, scale and bias in the dtype of the computation; scale and bias along the feature axes. */
  protected operands(
    where: string,
    x: NDArray,
    featureAxes: readonly number[],
  ): readonly [NDArray, NDArray | null, NDArray | null] {
    if (sizeOf(featureAxes.map((i) => x.shape[i]!)) !== this.numFeatures) {
      const expected = `${this.numFeatures} features at the axes [${featureAxes.join()}]`
      throw new ShapeError(where, expected, showAval(x.aval))
    }
    const [input, scale, bias] = promoted(this.promoteDtype, [x, ...this.parameters()], this.dtype)
    // Axes of size 1 in front broadcast of themselves.
    const shape = x.shape.map((n, i) => (featureAxes.includes(i) ? n : 1)).slice(featureAxes[0] ?? 0)
    const spread = (p: NDArray | null): NDArray | null =>
      p === null || p.shape.join() === shape.join() ? p : lax.reshape(p, shape)
    return [input, spread(scale), spread(bias)]
  }

  /** @internal The input normalized by statistics over the reduction axes. */
  protected normalized(
    where: string,
    x: NDArray,
    reductionAxes: readonly number[],
    featureAxes: readonly number[],
    statistics: StatisticsOptions,
  ): NDArray {
    const [input, scale, bias] = this.operands(where, x, featureAxes)
    if (isOneNode(x, input, reductionAxes, featureAxes, statistics)) {
      const inner = x.shape.slice(reductionAxes[0])
      const along = (p: NDArray | null, absent: number): NDArray =>
        p === null ? lax.full(inner, absent, 'float32') : wide(p)
      return lax.layerNorm(wide(input), along(scale, 1), along(bias, 0), this.epsilon).astype(input.dtype)
    }
    const [mean, variance] = meanAndVariance(input, reductionAxes, statistics)
    const spread = (y: NDArray): NDArray => lax.expandDims(y, reductionAxes)
    return normalize(input, spread(mean), spread(variance), scale, bias, this.epsilon).astype(input.dtype)
  }
}

/**
 * Layer normalization: mean 0 and variance 1 over the features of each example, then scaled and shifted.
 *
 * @see Ba, Kiros & Hinton, 2016, https://arxiv.org/abs/1607.06450
 * @example
 * const norm = new nnx.LayerNorm(2, { rngs: new nnx.Rngs(0), epsilon: 0 })
 * norm(np.array([[1, 3], [10, 30]])) // => Array([[-1., 1.], [-1., 1.]], dtype=float32)
 */
export class LayerNorm extends FeatureNorm {
  readonly reductionAxes: NormAxes
  readonly featureAxes: NormAxes

  /** @throws ArgumentError if the number of features isn't whole */
  constructor(numFeatures: number, options: LayerNormOptions) {
    super('LayerNorm', numFeatures, options)
    this.reductionAxes = options.reductionAxes ?? -1
    this.featureAxes = options.featureAxes ?? -1
  }

  /** Any shape with `numFeatures` elements along the feature axes. @throws ShapeError */
  override call(x: NDArray, { mask = null }: NormCallOptions = {}): NDArray {
    const reduced = sortedAxes('LayerNorm', this.reductionAxes, x.ndim)
    const features = sortedAxes('LayerNorm', this.featureAxes, x.ndim)
    return this.normalized('LayerNorm', x, reduced, features, { ...statisticsOf(this), mask })
  }
}

export type RMSNormOptions = Omit<LayerNormOptions, 'useBias' | 'biasInit' | 'biasMetadata'>

/**
 * Root mean square normalization: `x · rsqrt(E[x²] + epsilon) · scale`.
 *
 * @see Zhang & Sennrich, 2019, https://arxiv.org/abs/1910.07467
 * @example
 * const norm = new nnx.RMSNorm(2, { rngs: new nnx.Rngs(0), epsilon: 0 })
 * norm(np.array([[1, -1], [5, 5]])) // => Array([[ 1., -1.], [ 1.,  1.]], dtype=float32)
 */
export class RMSNorm extends FeatureNorm {
  readonly reductionAxes: NormAxes
  readonly featureAxes: NormAxes

  /** @throws ArgumentError if the number of features isn't whole */
  constructor(numFeatures: number, options: RMSNormOptions) {
    super('RMSNorm', numFeatures, { ...options, useBias: false })
    this.reductionAxes = options.reductionAxes ?? -1
    this.featureAxes = options.featureAxes ?? -1
  }

  /** Any shape with `numFeatures` elements along the feature axes. @throws ShapeError */
  override call(x: NDArray, { mask = null }: NormCallOptions = {}): NDArray {
    const reduced = sortedAxes('RMSNorm', this.reductionAxes, x.ndim)
    const features = sortedAxes('RMSNorm', this.featureAxes, x.ndim)
    return this.normalized('RMSNorm', x, reduced, features, { ...statisticsOf(this), mask, useMean: false })
  }
}

export interface InstanceNormOptions extends NormOptions {
  /** The feature axes, not the first; default the last. */
  readonly featureAxes?: NormAxes
}

/**
 * Instance normalization: mean 0 and variance 1 over the places of each feature of each example.
 *
 * @see Ulyanov et al., 2016, https://arxiv.org/abs/1607.08022
 * @example
 * const norm = new nnx.InstanceNorm(2, { rngs: new nnx.Rngs(0), epsilon: 0 })
 * norm(np.array([[[1, 10], [3, 30]]])) // => Array([[[-1., -1.], [ 1.,  1.]]], dtype=float32)
 */
export class InstanceNorm extends FeatureNorm {
  readonly featureAxes: NormAxes

  /** @throws ArgumentError if the number of features isn't whole */
  constructor(numFeatures: number, options: InstanceNormOptions) {
    super('InstanceNorm', numFeatures, options)
    this.featureAxes = options.featureAxes ?? -1
  }

  /** `[batch, ...places, features]`. @throws ArgumentError, ShapeError */
  override call(x: NDArray, { mask = null }: NormCallOptions = {}): NDArray {
    const features = sortedAxes('InstanceNorm', this.featureAxes, x.ndim)
    if (features.includes(0)) {
      throw new ArgumentError('InstanceNorm', 'feature axes without the batch axis 0', `[${features.join()}]`)
    }
    const reduced = lax.range(x.ndim).filter((i) => i > 0 && !features.includes(i))
    return this.normalized('InstanceNorm', x, reduced, features, { ...statisticsOf(this), mask })
  }
}

export interface GroupNormOptions extends NormOptions {
  /** Default 32, unless `groupSize` is given. */
  readonly numGroups?: number | null
  /** Features in a group, instead of the number of groups. */
  readonly groupSize?: number | null
  /** Axes over which mean and variance are taken, the last among them; default all but the first. */
  readonly reductionAxes?: NormAxes | null
}

/**
 * Group normalization: mean 0 and variance 1 over the places and features of each group of features.
 *
 * @see Wu & He, 2018, https://arxiv.org/abs/1803.08494
 * @example
 * const norm = new nnx.GroupNorm(4, { rngs: new nnx.Rngs(0), numGroups: 2, epsilon: 0 })
 * norm(np.array([[1, 3, 10, 30]])) // => Array([[-1., 1., -1., 1.]], dtype=float32)
 */
export class GroupNorm extends FeatureNorm {
  readonly numGroups: number
  readonly groupSize: number
  readonly reductionAxes: NormAxes | null

  /** @throws ArgumentError if the features don't fall into equal groups, or both options say which */
  constructor(numFeatures: number, options: GroupNormOptions) {
    super('GroupNorm', numFeatures, options)
    const { groupSize = null, numGroups = groupSize === null ? 32 : null, reductionAxes = null } = options
    if ((numGroups === null) === (groupSize === null)) {
      throw new ArgumentError('GroupNorm', 'either numGroups or groupSize', numGroups === null ? 'neither' : 'both')
    }
    const divisor = numGroups ?? groupSize!
    if (!Number.isInteger(divisor) || divisor <= 0 || numFeatures % divisor !== 0) {
      const what = numGroups === null ? `groups of ${divisor}` : `${divisor} equal groups`
      throw new ArgumentError('GroupNorm', `features in ${what}`, `${numFeatures}`)
    }
    this.numGroups = numGroups ?? numFeatures / divisor
    this.groupSize = groupSize ?? numFeatures / divisor
    this.reductionAxes = reductionAxes
  }

  /** `[batch, ...places, features]`. @throws ArgumentError, ShapeError */
  override call(x: NDArray, { mask = null }: NormCallOptions = {}): NDArray {
    const last = x.ndim - 1
    const axes = sortedAxes('GroupNorm', this.reductionAxes ?? lax.range(x.ndim).slice(1), x.ndim)
    if (!axes.includes(last)) {
      throw new ArgumentError('GroupNorm', 'reduction axes with the last', `[${axes.join()}]`)
    }
    const grouped = (y: NDArray): NDArray => lax.reshape(y, [...y.shape.slice(0, -1), this.numGroups, this.groupSize])
    const [input, scale, bias] = this.operands('GroupNorm', x, [last])
    const places = axes.filter((i) => i !== last)
    const statistics = meanAndVariance(grouped(input), [...places, x.ndim], {
      ...statisticsOf(this),
      mask: mask === null ? null : grouped(lax.broadcastTo(mask, x.shape)),
    })
    const shape = x.shape.map((n, i) => (places.includes(i) ? 1 : n))
    const [mean, variance] = statistics.map((y) =>
      lax.reshape(lax.broadcastTo(lax.expandDims(y, [y.ndim]), [...y.shape, this.groupSize]), shape),
    )
    return normalize(input, mean!, variance!, scale, bias, this.epsilon).astype(input.dtype)
  }
}
