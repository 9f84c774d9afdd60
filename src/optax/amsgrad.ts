/** Relatives of Adam whose second moment is a maximum. */
import type { DType } from '../core/index.js'
import * as np from '../numpy/index.js'
import { correctedMean, ratio, type ScaleByAdamState } from './adam.js'
import { type ArrayTree, GradientTransformation, type ScalarLike, type ScalarOrSchedule } from './base.js'
import { chain } from './combining.js'
import type { MaskOrFn } from './masking.js'
import { safeIncrement } from './numerics.js'
import { decay, decodeOptions, dtypeOrNull, flag, nonNegative, optionsOf } from './options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from './scaling.js'
import { updateInfinityMoment } from './treeArithmetic.js'
import { biasCorrection, cast, mapArrays, updateMoment, updateMomentPerElemNorm, zerosLike } from './treeMath.js'
import { type WeightDecayState, decayed, type DecayOptions, decayOptions } from './weightDecay.js'

export interface ScaleByAmsgradOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-8. */
  readonly eps?: ScalarLike
  /** Added inside of the square root; default 0. */
  readonly epsRoot?: ScalarLike
  /** Dtype in which the first moment is kept; default that of the params, then of the gradients. */
  readonly muDtype?: DType | null
  /** Whether the first moment is freed of its bias; default true, the paper's is false. */
  readonly biasCorrectionMu?: boolean
  /** Whether the second moment is freed of its bias before the maximum is taken; default true, the paper's is false. */
  readonly biasCorrectionNu?: boolean
}
const amsgradOptions = {
  b1: decay,
  b2: decay,
  eps: nonNegative,
  epsRoot: nonNegative,
  muDtype: dtypeOrNull,
  biasCorrectionMu: flag,
  biasCorrectionNu: flag,
}
const ScaleByAmsgradOptions = optionsOf('ScaleByAmsgradOptions', amsgradOptions)

/** State of {@link scaleByAmsgrad}. */
export interface ScaleByAmsgradState extends ScaleByAdamState {
  /** The greatest second moments so far. */
  readonly nuMax: ArrayTree
}

/**
 * Adam's ratio with the greatest second moment so far: with gradients `g`, at step `t`
 *
 *     m ← (1 - b1) g + b1 m,   v ← (1 - b2) g² + b2 v,   n ← max(n, v̂)
 *     u = m̂ / (√(n + epsRoot) + eps),   m̂ = m / (1 - b1ᵗ),   v̂ = v / (1 - b2ᵗ)
 *
 * PyTorch takes the maximum of `v` and corrects it after that.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Reddi et al., 2018, https://openreview.net/forum?id=ryQu7f-RZ
 * @example
 * const tx = optax.scaleByAmsgrad()
 * const [, state] = tx.update(np.array([4]), tx.init(np.zeros([1])))
 * const [updates, last] = tx.update(np.array([0.5]), state)
 * updates // => Array([0.5394701], dtype=float32)
 * last.nuMax // => Array([16.000206], dtype=float32)
 */
export const scaleByAmsgrad = (options: ScaleByAmsgradOptions = {}): GradientTransformation<ScaleByAmsgradState> => {
  const decoded = decodeOptions('scaleByAmsgrad', ScaleByAmsgradOptions, options)
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, muDtype = null } = decoded
  const { biasCorrectionMu = true, biasCorrectionNu = true } = decoded
  return GradientTransformation<ScaleByAmsgradState>(
    (params) => ({
      count: zeroCount(),
      mu: zerosLike(params, { dtype: muDtype }),
      nu: zerosLike(params),
      nuMax: zerosLike(params),
    }),
    (updates, state) => {
      const mu = updateMoment(updates, state.mu, b1, 1)
      const nu = updateMomentPerElemNorm(updates, state.nu, b2, 2)
      const count = safeIncrement(state.count)
      const muHat = biasCorrectionMu ? biasCorrection(mu, b1, count) : mu
      const nuHat = biasCorrectionNu ? biasCorrection(nu, b2, count) : nu
      const nuMax = mapArrays(
        ['scaleByAmsgrad', 'the second moments', 'the greatest second moments'],
        (v, greatest) => np.maximum(greatest, v),
        nuHat,
        state.nuMax,
      )
      return [ratio('scaleByAmsgrad', muHat, nuMax, eps, epsRoot), { count, mu: cast(mu, muDtype), nu, nuMax }]
    },
  )
}

export type AmsgradOptions = ScaleByAmsgradOptions
const AmsgradOptions = optionsOf('AmsgradOptions', amsgradOptions)

/**
 * AMSGrad: {@link scaleByAmsgrad}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.amsgrad
 * @example
 * const tx = optax.amsgrad(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params))[0] // => Array([-0.09999933, -0.09999933], dtype=float32)
 */
export const amsgrad = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: AmsgradOptions = {},
): GradientTransformation<readonly [ScaleByAmsgradState, LearningRateState<L>]> =>
  chain(scaleByAmsgrad(decodeOptions('amsgrad', AmsgradOptions, options)), scaleByLearningRate(learningRate))

export interface ScaleByAdamaxOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the greatest gradient, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the size of each new gradient; default 1e-8. */
  readonly eps?: ScalarLike
}
const adamaxOptions = { b1: decay, b2: decay, eps: nonNegative }
const ScaleByAdamaxOptions = optionsOf('ScaleByAdamaxOptions', adamaxOptions)

/**
 * Adam with the norm of infinity: with gradients `g`, at step `t`
 *
 *     m ← (1 - b1) g + b1 m,   v ← max(|g| + eps, b2 v)
 *     u = m / (1 - b1ᵗ) / v
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Kingma & Ba, 2015, Algorithm 2, https://arxiv.org/abs/1412.6980
 * @example
 * const tx = optax.scaleByAdamax()
 * const [updates, state] = tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))
 * updates // => Array([ 0.99999976, -0.9999998 ], dtype=float32)
 * state.nu // => Array([0.5, 3. ], dtype=float32)
 */
export const scaleByAdamax = (options: ScaleByAdamaxOptions = {}): GradientTransformation<ScaleByAdamState> => {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8 } = decodeOptions('scaleByAdamax', ScaleByAdamaxOptions, options)
  return GradientTransformation<ScaleByAdamState>(
    (params) => ({ count: zeroCount(), mu: zerosLike(params), nu: zerosLike(params) }),
    (updates, state) => {
      const count = safeIncrement(state.count)
      const mu = updateMoment(updates, state.mu, b1, 1)
      const nu = updateInfinityMoment(updates, state.nu, b2, eps)
      const scaled = mapArrays(
        ['scaleByAdamax', 'the first moments', 'the greatest gradients'],
        (m, v) => np.divide(m, v),
        correctedMean(updates, mu, b1, count, false),
        nu,
      )
      return [scaled, { count, mu, nu }]
    },
  )
}

export type AdamaxOptions = ScaleByAdamaxOptions
const AdamaxOptions = optionsOf('AdamaxOptions', adamaxOptions)

/**
 * Adamax: {@link scaleByAdamax}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.adamax
 * @example
 * const tx = optax.adamax(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params))[0] // => Array([-0.09999998, -0.09999998], dtype=float32)
 */
export const adamax = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: AdamaxOptions = {},
): GradientTransformation<readonly [ScaleByAdamState, LearningRateState<L>]> =>
  chain(scaleByAdamax(decodeOptions('adamax', AdamaxOptions, options)), scaleByLearningRate(learningRate))

export interface AdamaxWOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
>
  extends ScaleByAdamaxOptions, DecayOptions<W, M> {}
const AdamaxWOptions = optionsOf('AdamaxWOptions', { ...adamaxOptions, ...decayOptions })

/**
 * Adamax with decoupled weight decay: {@link scaleByAdamax}, `addDecayedWeights` (default 1e-4), `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Loshchilov & Hutter, 2019, https://arxiv.org/abs/1711.05101
 * @example
 * const tx = optax.adamaxw(0.1, { weightDecay: 0.01 })
 * const params = np.array([1, -2])
 * tx.update(np.array([0, 4]), tx.init(params), params)[0] // => Array([-0.001     , -0.09799998], dtype=float32)
 */
export const adamaxw = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
>(
  learningRate: L,
  options: AdamaxWOptions<W, M> = {},
): GradientTransformation<readonly [ScaleByAdamState, WeightDecayState<W, M>, LearningRateState<L>]> => {
  const { weightDecay = 1e-4, mask = null, ...rest } = decodeOptions('adamaxw', AdamaxWOptions, options)
  return decayed<ScaleByAdamState, L, W, M>(scaleByAdamax(rest), learningRate, weightDecay, mask)
}
