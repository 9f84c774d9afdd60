/** Layers whose parameters are normalized before each use. */
import { ArgumentError, type DType, type NDArray, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { type Filter, type Path, PathContains, type Predicate, toPredicate } from '../filter.js'
import { iterGraph } from '../graph.js'
import { Module } from '../module.js'
import type { Rngs } from '../rngs.js'
import { BatchStat, Param } from '../variable.js'
import type { NormAxes } from './layerNorm.js'
import { canonicalizeDtype } from './promote.js'

/** The parameters of a layer by path. */
const paramsOf = (layer: unknown): readonly (readonly [path: Path, param: Param])[] =>
  [...iterGraph(layer)].flatMap(([path, value]) => (value instanceof Param ? [[path, value as Param] as const] : []))

/** `x · rsqrt(Σ x² + epsilon)`, the sum over axes. */
const l2Normalized = (x: NDArray, axes: readonly number[], epsilon: number): NDArray =>
  np.multiply(x, lax.rsqrt(np.add(np.sum(np.multiply(x, x), { axis: axes, keepdims: true }), epsilon)))

/** Whichever module of one array, with more arguments perhaps. */
type Wrapped<A extends readonly unknown[]> = Module<readonly [x: NDArray, ...rest: A], NDArray>

/** @internal The parameters that are normalized by default: one predicate, so that structures are equal. */
export const kernels = PathContains('kernel')

export interface WeightNormOptions {
  readonly rngs: Rngs
  /** Axes along which the norms are taken apart; `null`: one norm of all; default the last. */
  readonly featureAxes?: NormAxes | null
  /** Whether the normalized parameters are scaled; default true. */
  readonly useScale?: boolean
  /** Default ones. */
  readonly scaleInit?: Initializer
  /** Added to the squared norm; default 1e-12. */
  readonly epsilon?: number
  /** Dtype of the normalized parameters; default that to which parameter and scale promote. */
  readonly dtype?: DType | null
  /** Dtype of the scales; default float32. */
  readonly paramDtype?: DType
  /** Which parameters are normalized; default those with `kernel` in their path. */
  readonly variableFilter?: Filter
}

/**
 * Weight normalization: before each call the parameters of a layer become `scale · w / |w|`. The layer holds the
 * normalized ones from then on.
 *
 * @see Salimans & Kingma, 2016, https://arxiv.org/abs/1602.07868
 * @example
 * const rngs = new nnx.Rngs(0)
 * const layer = new nnx.WeightNorm(new nnx.Linear(3, 4, { rngs }), { rngs })
 * layer(np.ones([2, 3])).shape // => [2, 4]
 */
export class WeightNorm<A extends readonly unknown[] = []> extends Module<readonly [x: NDArray, ...rest: A], NDArray> {
  readonly layerInstance: Wrapped<A>
  /** Scales by path of the parameter, its parts joined by `/`. */
  readonly scales: Readonly<Record<string, NDArray>> | null
  readonly featureAxes: NormAxes | null
  readonly useScale: boolean
  readonly epsilon: number
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly variableFilter: Predicate

  constructor(layerInstance: Wrapped<A>, options: WeightNormOptions) {
    super()
    const { rngs, featureAxes = -1, useScale = true, scaleInit = initializers.ones, epsilon = 1e-12 } = options
    const { dtype = null, paramDtype = 'float32', variableFilter = kernels } = options
    this.layerInstance = layerInstance
    this.featureAxes = featureAxes
    this.useScale = useScale
    this.epsilon = epsilon
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.variableFilter = toPredicate(variableFilter)
    this.scales = useScale
      ? Object.fromEntries(
          this.chosen().map(([path, param]) => {
            const shape = this.axesOf(param).map((i) => param.shape[i]!)
            // Flax draws no key here: layers made afterwards have theirs.
            const scale = scaleInit === initializers.ones ? np.ones(shape, { dtype: paramDtype }) : null
            return [path.join('/'), scale ?? scaleInit(rngs.params(), shape, paramDtype)]
          }),
        )
      : null
  }

  private chosen(): readonly (readonly [path: Path, param: Param])[] {
    return paramsOf(this.layerInstance).filter(([path, param]) => this.variableFilter(path, param))
  }

  private axesOf(param: Param): readonly number[] {
    const axes = this.featureAxes ?? []
    return (typeof axes === 'number' ? [axes] : axes).map((i) => lax.canonicalAxis('WeightNorm', i, param.ndim))
  }

  /** What the layer does, with normalized parameters. @throws ArgumentError if the layer has other parameters than before */
  override call(x: NDArray, ...rest: A): NDArray {
    for (const [path, param] of this.chosen()) {
      const features = this.axesOf(param)
      const { value } = param
      const normalized = l2Normalized(
        value,
        lax.range(param.ndim).filter((i) => !features.includes(i)),
        this.epsilon,
      )
      const scale = this.scales === null ? null : this.scales[path.join('/')]
      if (scale === undefined) {
        throw new ArgumentError('WeightNorm', 'the parameters that the layer had', `a new one at ${path.join('/')}`)
      }
      const spread =
        scale === null
          ? null
          : lax.reshape(
              scale,
              value.shape.map((n, i) => (features.includes(i) ? n : 1)),
            )
      const result = spread === null ? normalized : np.multiply(normalized, spread)
      param.value = result.astype(canonicalizeDtype([value, spread], this.dtype))
    }
    return this.layerInstance(x, ...rest)
  }
}

export interface SpectralNormOptions {
  readonly rngs: Rngs
  /** Steps of the power iteration before each use; default 1. */
  readonly nSteps?: number
  /** Added to squared norms; default 1e-12. */
  readonly epsilon?: number
  /** Dtype of the normalized parameters; default that to which parameter and statistics promote. */
  readonly dtype?: DType | null
  /** Dtype of the statistics; default float32. */
  readonly paramDtype?: DType
  /** Whether parameters of more than 2 axes are an error, and not matrices of all but the last axis; default false. */
  readonly errorOnNonMatrix?: boolean
  /** Whether calls advance the power iteration; default true. */
  readonly updateStats?: boolean
}

export interface SpectralNormCallOptions {
  /** Default that of the layer, which `train()` and `eval()` set. */
  readonly updateStats?: boolean
}

/**
 * Spectral normalization: before each call the matrices of a layer are divided by an estimate of their largest singular
 * value. The layer holds the normalized ones from then on.
 *
 * @see Miyato et al., 2018, https://arxiv.org/abs/1802.05957
 * @example
 * const rngs = new nnx.Rngs(0)
 * const layer = new nnx.SpectralNorm(new nnx.Linear(3, 4, { rngs }), { rngs })
 * layer(np.ones([2, 3])).shape // => [2, 4]
 */
export class SpectralNorm extends Module<readonly [x: NDArray, options?: SpectralNormCallOptions], NDArray> {
  readonly layerInstance: Wrapped<[]>
  /** By path of the parameter, its parts joined by `/`, and `/u` (a singular vector) or `/sigma` (the singular value). */
  readonly batchStats: Readonly<Record<string, BatchStat>>
  readonly nSteps: number
  readonly epsilon: number
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly errorOnNonMatrix: boolean
  /** Whether calls leave the statistics as they are. */
  readonly useRunningAverage: boolean

  /** @throws ArgumentError for a parameter of more than 2 axes, if that's an error */
  constructor(layerInstance: Wrapped<[]>, options: SpectralNormOptions) {
    super()
    const { rngs, nSteps = 1, epsilon = 1e-12, dtype = null, paramDtype = 'float32' } = options
    const { errorOnNonMatrix = false, updateStats = true } = options
    this.layerInstance = layerInstance
    this.nSteps = nSteps
    this.epsilon = epsilon
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.errorOnNonMatrix = errorOnNonMatrix
    this.useRunningAverage = !updateStats
    this.batchStats = Object.fromEntries(
      this.matrices().flatMap(([path, param]) => {
        const key = rngs.params()
        const shape = [1, param.shape[param.ndim - 1]!]
        return [
          [`${path}/u`, new BatchStat(initializers.normal()(key, shape, paramDtype))],
          [`${path}/sigma`, new BatchStat(initializers.ones(key, [], paramDtype))],
        ]
      }),
    )
  }

  private matrices(): readonly (readonly [path: string, param: Param])[] {
    if (this.nSteps < 1) return []
    return paramsOf(this.layerInstance).flatMap(([path, param]) => {
      if (param.ndim > 2 && this.errorOnNonMatrix) {
        throw new ArgumentError('SpectralNorm', 'matrices', `${showAval(param.value.aval)} at ${path.join('/')}`)
      }
      return param.ndim > 1 ? [[path.join('/'), param] as const] : []
    })
  }

  /** What the layer does, with normalized parameters. @throws ArgumentError if the layer has other parameters than before */
  override call(x: NDArray, { updateStats = !this.useRunningAverage }: SpectralNormCallOptions = {}): NDArray {
    for (const [path, param] of this.matrices()) this.normalizeInPlace(path, param, updateStats)
    return this.layerInstance(x)
  }

  private normalizeInPlace(path: string, param: Param, updateStats: boolean): void {
    const [heldU, heldSigma] = [this.batchStats[`${path}/u`], this.batchStats[`${path}/sigma`]]
    if (heldU === undefined || heldSigma === undefined) {
      throw new ArgumentError('SpectralNorm', 'the parameters that the layer had', `a new one at ${path}`)
    }
    const { value } = param
    const matrix = value.ndim === 2 ? value : np.reshape(value, [-1, value.shape[value.ndim - 1]!])
    const step = (u: NDArray): readonly [NDArray, NDArray] => {
      const v = l2Normalized(np.matmul(u, np.transpose(matrix)), [0, 1], this.epsilon)
      return [l2Normalized(np.matmul(v, matrix), [0, 1], this.epsilon), v]
    }
    const [lastU, lastV] = lax
      .range(this.nSteps - 1)
      .reduce(([u]) => step(u), step(heldU.value))
      .map((y) => lax.stopGradient(y)) as [NDArray, NDArray]
    const sigma = lax.reshape(np.matmul(np.matmul(lastV, matrix), np.transpose(lastU)), [])
    const normalized = lax.reshape(np.divide(matrix, np.where(np.notEqual(sigma, 0), sigma, 1)), value.shape)
    if (updateStats) {
      heldU.value = lastU
      heldSigma.value = sigma
    }
    param.value = normalized.astype(canonicalizeDtype([normalized, lastU, lastV, sigma], this.dtype))
  }
}
