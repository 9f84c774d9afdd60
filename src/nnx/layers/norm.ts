/** Normalization. */
import { ArgumentError, type DType, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import type { Rngs } from '../rngs.js'
import { BatchStat, type Metadata, Param } from '../variable.js'
import { requireSize } from './linear.js'
import { promoted, type PromoteDtype, type PromoteOptions } from './promote.js'

/** Options of normalizations whose statistics are those of several members of a mapped axis. */
export interface NamedAxisOptions {
  /** Axis of `vmap` over which the statistics are averaged too; default none. */
  readonly axisName?: string | null
  /** Members of that axis that are averaged together, in groups; default all. */
  readonly axisIndexGroups?: readonly (readonly number[])[] | null
}

/** @internal How statistics are computed. */
export interface StatisticsOptions extends NamedAxisOptions {
  /** Elements that count; broadcasts to the input. Default all. */
  readonly mask?: NDArray | null
  /** Whether the variance is `E[x²] - E[x]²`, in one pass; default true. */
  readonly useFastVariance?: boolean
  /** Whether the mean is subtracted; default true. If not, the variance is `E[x²]` and the mean 0. */
  readonly useMean?: boolean
}

/** @internal Statistics are computed in single precision at least. */
export const wide = (x: NDArray): NDArray => (x.dtype === 'float32' || x.dtype === 'float64' ? x : x.astype('float32'))

/** @internal Mean and (biased) variance over axes, in float32 or float64. */
export const meanAndVariance = (
  x: NDArray,
  axes: readonly number[],
  { mask = null, useFastVariance = true, useMean = true, axisName = null, axisIndexGroups = null }: StatisticsOptions,
): readonly [mean: NDArray, variance: NDArray] => {
  const wider = wide(x)
  const counted = mask === null ? null : lax.broadcastTo(mask.astype('bool'), x.shape)
  const count = counted === null ? null : np.sum(counted.astype(wider.dtype), { axis: axes })
  const local = (y: NDArray): NDArray =>
    counted === null || count === null
      ? np.mean(y, { axis: axes })
      : np.divide(np.sum(np.where(counted, y, 0), { axis: axes }), count)
  const average = (y: NDArray): NDArray =>
    axisName === null ? local(y) : lax.pmean(local(y), axisName, axisIndexGroups === null ? {} : { axisIndexGroups })
  if (!useMean) {
    const variance = average(np.square(wider))
    return [np.zerosLike(variance), variance]
  }
  const mean = average(wider)
  if (useFastVariance) {
    return [mean, np.maximum(0, np.subtract(average(np.square(wider)), np.square(mean)))]
  }
  return [mean, average(np.square(np.subtract(wider, lax.expandDims(mean, axes))))]
}

/** @internal `(x - mean) · (rsqrt(variance + epsilon) · scale) + bias`; statistics and parameters broadcast to `x`. */
export const normalize = (
  x: NDArray,
  mean: NDArray,
  variance: NDArray,
  scale: NDArray | null,
  bias: NDArray | null,
  epsilon: number,
): NDArray => {
  const inverse = lax.rsqrt(np.add(variance, epsilon))
  const y = np.multiply(np.subtract(x, mean), scale === null ? inverse : np.multiply(inverse, scale))
  return bias === null ? y : np.add(y, bias)
}

/** @internal The settings of a layer's statistics. */
export const statisticsOf = ({
  useFastVariance,
  axisName,
  axisIndexGroups,
}: Required<Pick<StatisticsOptions, 'useFastVariance' | 'axisName' | 'axisIndexGroups'>>): StatisticsOptions => ({
  useFastVariance,
  axisName,
  axisIndexGroups,
})

/** Options that all normalizations have. */
export interface NormOptions extends PromoteOptions, NamedAxisOptions {
  readonly rngs: Rngs
  /** Added to the variance; default 1e-6, of {@link BatchNorm} 1e-5. */
  readonly epsilon?: number
  /** Dtype of the result; default that to which input and parameters promote. */
  readonly dtype?: DType | null
  /** Dtype of the parameters; default float32. */
  readonly paramDtype?: DType
  /** Default true. */
  readonly useBias?: boolean
  /** Default true. */
  readonly useScale?: boolean
  /** Default zeros. */
  readonly biasInit?: Initializer
  /** Default ones. */
  readonly scaleInit?: Initializer
  /** Whether the variance is `E[x²] - E[x]²`, in one pass; default true. */
  readonly useFastVariance?: boolean
  readonly biasMetadata?: Metadata
  readonly scaleMetadata?: Metadata
}

/** What all normalizations hold. */
export abstract class Normalization<A extends readonly unknown[]> extends Module<A, NDArray> {
  /** `[numFeatures]` */
  readonly scale: Param | null
  /** `[numFeatures]` */
  readonly bias: Param | null
  readonly numFeatures: number
  readonly epsilon: number
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly useFastVariance: boolean
  readonly axisName: string | null
  readonly axisIndexGroups: readonly (readonly number[])[] | null
  readonly promoteDtype: PromoteDtype | null

  constructor(name: string, numFeatures: number, options: NormOptions) {
    super()
    const { rngs, epsilon = 1e-6, dtype = null, paramDtype = 'float32', useFastVariance = true } = options
    const { useBias = true, useScale = true, biasMetadata, scaleMetadata } = options
    const { biasInit = initializers.zeros, scaleInit = initializers.ones } = options
    requireSize(name, 'features', numFeatures)
    this.scale = useScale ? new Param(scaleInit(rngs.params(), [numFeatures], paramDtype), scaleMetadata) : null
    this.bias = useBias ? new Param(biasInit(rngs.params(), [numFeatures], paramDtype), biasMetadata) : null
    this.numFeatures = numFeatures
    this.epsilon = epsilon
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.useFastVariance = useFastVariance
    this.axisName = options.axisName ?? null
    this.axisIndexGroups = options.axisIndexGroups ?? null
    this.promoteDtype = options.promoteDtype ?? null
  }

  /** @internal Scale and bias, where there are any. */
  protected parameters(): readonly [scale: NDArray | null, bias: NDArray | null] {
    return [this.scale === null ? null : this.scale.value, this.bias === null ? null : this.bias.value]
  }
}

export interface BatchNormOptions extends NormOptions {
  /** Whether the running statistics are used, and not those of the batch; default false. `train()` and `eval()` set it. */
  readonly useRunningAverage?: boolean
  /** The feature axis; default -1. */
  readonly axis?: number
  /** Weight of the old running statistics, in [0, 1]; default 0.99. (PyTorch's 0.1 is 0.9 here.) */
  readonly momentum?: number
}

export interface BatchNormCallOptions {
  /** Default that of the layer. */
  readonly useRunningAverage?: boolean
  /** Elements that count for the statistics; broadcasts to the input. Default all. */
  readonly mask?: NDArray | null
}

/**
 * Batch normalization: each feature with mean 0 and variance 1 over the batch, then scaled and shifted. Keeps running
 * statistics for evaluation; the running variance is the biased one.
 *
 * @see Ioffe & Szegedy, 2015, https://arxiv.org/abs/1502.03167
 * @example
 * const norm = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0), momentum: 0.9 })
 * norm(np.array([[0, 10], [2, 30]])).shape // => [2, 2]
 * norm.mean.value // => Array([0.1, 2. ], dtype=float32)
 */
export class BatchNorm extends Normalization<[x: NDArray, options?: BatchNormCallOptions]> {
  static readonly viewOptions = {
    useRunningAverage: 'whether the running statistics are used, and not those of the batch',
  }
  /** Running mean, float32 `[features]` */
  readonly mean: BatchStat
  /** Running variance, float32 `[features]` */
  readonly var: BatchStat
  readonly useRunningAverage: boolean
  readonly axis: number
  readonly momentum: number

  /** @throws ArgumentError if the number of features isn't whole, or the momentum isn't in [0, 1] */
  constructor(numFeatures: number, options: BatchNormOptions) {
    super('BatchNorm', numFeatures, { ...options, epsilon: options.epsilon ?? 1e-5 })
    const { useRunningAverage = false, axis = -1, momentum = 0.99 } = options
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new ArgumentError('BatchNorm', 'a momentum in [0, 1]', String(momentum))
    }
    this.mean = new BatchStat(np.zeros([numFeatures]))
    this.var = new BatchStat(np.ones([numFeatures]))
    this.useRunningAverage = useRunningAverage
    this.axis = axis
    this.momentum = momentum
  }

  /** `[..., features, ...]` with the features at `axis`. @throws ShapeError */
  override call(x: NDArray, options: BatchNormCallOptions = {}): NDArray {
    const { useRunningAverage = this.useRunningAverage, mask = null } = options
    const axis = lax.canonicalAxis('BatchNorm', this.axis, x.ndim)
    if (x.shape[axis] !== this.numFeatures) {
      throw new ShapeError('BatchNorm', `${this.numFeatures} features at axis ${this.axis}`, showAval(x.aval))
    }
    const axes = lax.range(x.ndim).filter((i) => i !== axis)
    const [input, runningMean, runningVar, scale, bias] = promoted(
      this.promoteDtype,
      [x, this.mean.value, this.var.value, ...this.parameters()],
      this.dtype,
    )
    const [mean, variance] = useRunningAverage
      ? [runningMean, runningVar]
      : meanAndVariance(input, axes, { ...statisticsOf(this), mask })
    if (!useRunningAverage) {
      this.mean.value = this.running(this.mean.value, mean)
      this.var.value = this.running(this.var.value, variance)
    }
    const spread = (y: NDArray): NDArray => lax.expandDims(y, axes)
    return normalize(
      input,
      spread(mean),
      spread(variance),
      scale === null ? null : spread(scale),
      bias === null ? null : spread(bias),
      this.epsilon,
    ).astype(input.dtype)
  }

  private running(old: NDArray, batch: NDArray): NDArray {
    return np.add(np.multiply(old, this.momentum), np.multiply(batch, 1 - this.momentum)).astype(old.dtype)
  }
}
