/** Updates in proportion to the params. */
import * as np from '../numpy/index.js'
import { trace, type TraceState } from './accumulation.js'
import { scaleByAdam, type ScaleByAdamState } from './adam.js'
import {
  type EmptyState,
  type GradientTransformation,
  isSchedule,
  requireParams,
  requireScalar,
  type ScalarLike,
  type ScalarOrSchedule,
  stateless,
} from './base.js'
import { chain } from './combining.js'
import { masked, type MaskedState, type MaskFn, type MaskOrFn } from './masking.js'
import { ofScalars } from './numerics.js'
import { decay, decodeOptions, flag, maskOrNull, nonNegative, optionsOf, scalar, scalarOrSchedule } from './options.js'
import { safeNorm, safeRootMeanSquares } from './safeNorms.js'
import { type LearningRateState, scaleByLearningRate } from './scaling.js'
import { mapArrays } from './treeMath.js'
import { decayOf, type WeightDecayState } from './weightDecay.js'

export interface ScaleByTrustRatioOptions {
  /** Least norm of the params and of the updates; default 0. */
  readonly minNorm?: ScalarLike
  /** Factor of the ratio; default 1. */
  readonly trustCoefficient?: ScalarLike
  /** Added to the norm of the updates; default 0. */
  readonly eps?: ScalarLike
}
const ScaleByTrustRatioOptions = optionsOf('ScaleByTrustRatioOptions', {
  minNorm: nonNegative,
  trustCoefficient: scalar,
  eps: nonNegative,
})

/**
 * Updates of each array times the ratio of the norms of params and updates:
 * `u · trustCoefficient · max(‖p‖, minNorm) / (max(‖u‖, minNorm) + eps)`, where neither norm is 0.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see You et al., 2020, https://arxiv.org/abs/1904.00962
 * @example
 * optax.scaleByTrustRatio().update(np.array([0, 2]), {}, np.array([3, 4]))[0] // => Array([0., 5.], dtype=float32)
 */
export const scaleByTrustRatio = (options: ScaleByTrustRatioOptions = {}): GradientTransformation<EmptyState> => {
  const decoded = decodeOptions('scaleByTrustRatio', ScaleByTrustRatioOptions, options)
  const { minNorm = 0, trustCoefficient = 1, eps = 0 } = decoded
  return stateless((updates, params) =>
    mapArrays(
      ['scaleByTrustRatio', 'the updates', 'the params'],
      (u, p) => {
        const [paramNorm, updateNorm] = [safeNorm(p, minNorm), safeNorm(u, minNorm)]
        const ratio = np.divide(np.multiply(trustCoefficient, paramNorm), np.add(updateNorm, eps))
        const isZero = np.logicalOr(np.equal(paramNorm, 0), np.equal(updateNorm, 0))
        return np.multiply(u, np.where(isZero, 1, ratio))
      },
      updates,
      requireParams('scaleByTrustRatio', params),
    ),
  )
}

/**
 * Updates of each array times the norm of its params: `u · max(‖p‖, minScale)`.
 *
 * @param minScale - least factor; default 1e-3
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.scale_by_param_block_norm
 * @example
 * optax.scaleByParamBlockNorm().update(np.array([0, 2]), {}, np.array([3, 4]))[0] // => Array([ 0., 10.], dtype=float32)
 */
export const scaleByParamBlockNorm = (minScale: ScalarLike = 1e-3): GradientTransformation<EmptyState> => {
  const least = requireScalar('scaleByParamBlockNorm', 'a least factor', minScale)
  return stateless((updates, params) =>
    mapArrays(
      ['scaleByParamBlockNorm', 'the updates', 'the params'],
      (u, p) => np.multiply(u, safeNorm(p, least)),
      updates,
      requireParams('scaleByParamBlockNorm', params),
    ),
  )
}

/**
 * Updates of each array times the root of the mean square of its params: `u · max(√mean p², minScale)`.
 *
 * @param minScale - least factor; default 1e-3
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.scale_by_param_block_rms
 * @example
 * optax.scaleByParamBlockRms().update(np.array([0, 2]), {}, np.array([1, 7]))[0] // => Array([ 0., 10.], dtype=float32)
 */
export const scaleByParamBlockRms = (minScale: ScalarLike = 1e-3): GradientTransformation<EmptyState> => {
  const least = requireScalar('scaleByParamBlockRms', 'a least factor', minScale)
  return stateless((updates, params) =>
    mapArrays(
      ['scaleByParamBlockRms', 'the updates', 'the params'],
      (u, p) => np.multiply(u, safeRootMeanSquares(p, least)),
      updates,
      requireParams('scaleByParamBlockRms', params),
    ),
  )
}

export interface LambOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
> {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-6. */
  readonly eps?: ScalarLike
  /** Added inside of the square root; default 0. */
  readonly epsRoot?: ScalarLike
  /** Strength of the weight decay, multiplied by trust ratio and learning rate; default 0. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly mask?: M | MaskFn
}
const LambOptions = optionsOf('LambOptions', {
  b1: decay,
  b2: decay,
  eps: nonNegative,
  epsRoot: nonNegative,
  weightDecay: scalarOrSchedule,
  mask: maskOrNull,
})

/**
 * LAMB, for large batches: `scaleByAdam`, `addDecayedWeights`, {@link scaleByTrustRatio}, `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see You et al., 2020, https://arxiv.org/abs/1904.00962
 * @example
 * const tx = optax.lamb(0.1)
 * const params = np.array([3, -4])
 * tx.update(np.array([0.5, 4]), tx.init(params), params)[0] // => Array([-0.35355306, -0.35355368], dtype=float32)
 */
export const lamb = <L extends ScalarOrSchedule, W extends ScalarOrSchedule = number, M extends MaskOrFn | null = null>(
  learningRate: L,
  options: LambOptions<W, M> = {},
): GradientTransformation<readonly [ScaleByAdamState, WeightDecayState<W, M>, EmptyState, LearningRateState<L>]> => {
  const { weightDecay = 0, mask = null, eps = 1e-6, ...rest } = decodeOptions('lamb', LambOptions, options)
  return chain(
    scaleByAdam({ ...rest, eps }),
    decayOf<W, M>(weightDecay, mask),
    scaleByTrustRatio(),
    scaleByLearningRate(learningRate),
  )
}

export interface LarsOptions<W extends ScalarOrSchedule = ScalarOrSchedule> {
  /** Strength of the weight decay, multiplied by trust ratio and learning rate; default 0. */
  readonly weightDecay?: W
  /** Which weights decay; default `true`, all. */
  readonly weightDecayMask?: MaskOrFn
  /** Factor of the trust ratio; default 0.001. */
  readonly trustCoefficient?: ScalarLike
  /** Added to the norm of the updates; default 0. */
  readonly eps?: ScalarLike
  /** Whose updates are scaled by their trust ratio; default `true`, all. */
  readonly trustRatioMask?: MaskOrFn
  /** Decay of the momentum, after the learning rate; default 0.9. */
  readonly momentum?: ScalarLike
  /** Whether the momentum looks ahead; default false. */
  readonly nesterov?: boolean
}
const LarsOptions = optionsOf('LarsOptions', {
  weightDecay: scalarOrSchedule,
  weightDecayMask: maskOrNull,
  trustCoefficient: scalar,
  eps: nonNegative,
  trustRatioMask: maskOrNull,
  momentum: scalar,
  nesterov: flag,
})

/**
 * LARS, for large batches: `addDecayedWeights`, {@link scaleByTrustRatio}, `scaleByLearningRate`, `trace`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see You et al., 2017, https://arxiv.org/abs/1708.03888
 * @example
 * const tx = optax.lars(1, { trustCoefficient: 0.1 })
 * const params = np.array([3, -4])
 * tx.update(np.array([0, 2]), tx.init(params), params)[0] // => Array([ 0. , -0.5], dtype=float32)
 */
export const lars = <L extends ScalarOrSchedule, W extends ScalarOrSchedule = number>(
  learningRate: L,
  options: LarsOptions<W> = {},
): GradientTransformation<
  readonly [WeightDecayState<W, true>, MaskedState<EmptyState>, LearningRateState<L>, TraceState]
> => {
  const decoded = decodeOptions('lars', LarsOptions, options)
  const { weightDecay = 0, weightDecayMask, trustRatioMask, momentum = 0.9, nesterov = false } = decoded
  const { trustCoefficient = 0.001, eps = 0 } = decoded
  return chain(
    decayOf<W, true>(weightDecay, weightDecayMask ?? true),
    masked(scaleByTrustRatio({ trustCoefficient, eps }), trustRatioMask ?? true),
    scaleByLearningRate(learningRate),
    trace(momentum, { nesterov }),
  )
}

export interface FromageOptions {
  /** Least norm of the params and of the updates; default 1e-6. */
  readonly minNorm?: ScalarLike
}
const FromageOptions = optionsOf('FromageOptions', { minNorm: nonNegative })

/** `1 / √(1 + lr²)`. */
const shrinkage = ofScalars<readonly [learningRate: ScalarLike]>(
  (lr) => 1 / Math.sqrt(1 + lr ** 2),
  (lr) => np.divide(1, np.power(np.add(1, np.power(lr, 2)), 0.5)),
)
const product = ofScalars<readonly [x: ScalarLike, y: ScalarLike]>((x, y) => x * y, np.multiply)
const minusOne = ofScalars<readonly [x: ScalarLike]>(
  (x) => x - 1,
  (x) => np.subtract(x, 1),
)

/**
 * Frobenius matched descent: {@link scaleByTrustRatio}, `scaleByLearningRate` of `lr · c`, `addDecayedWeights` of `c - 1`,
 * with `c = 1 / √(1 + lr²)`: the norm of the params stays where the steps are perpendicular to them.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Bernstein et al., 2020, https://arxiv.org/abs/2002.03432
 * @example
 * const tx = optax.fromage(0.1)
 * const params = np.array([3, -4])
 * tx.update(np.array([0, 2]), tx.init(params), params)[0] // => Array([-0.01488843, -0.47766736], dtype=float32)
 */
export const fromage = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: FromageOptions = {},
): GradientTransformation<readonly [EmptyState, LearningRateState<L>, WeightDecayState<L, null>]> => {
  const { minNorm = 1e-6 } = decodeOptions('fromage', FromageOptions, options)
  const at = (f: (lr: ScalarLike) => ScalarLike): ScalarOrSchedule => {
    if (isSchedule(learningRate)) return (count) => f(learningRate(count))
    return f(requireScalar('fromage', 'a learning rate (or a schedule)', learningRate))
  }
  const tx = chain(
    scaleByTrustRatio({ minNorm }),
    scaleByLearningRate(at((lr) => product(lr, shrinkage(lr)))),
    decayOf<L, null>(
      at((lr) => minusOne(shrinkage(lr))),
      null,
    ),
  )
  return tx as unknown as GradientTransformation<readonly [EmptyState, LearningRateState<L>, WeightDecayState<L, null>]>
}
