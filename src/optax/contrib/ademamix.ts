/** AdEMAMix: Adam with a second, slower average of the gradients. */
import type { DType, NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { ratio } from '../adam.js'
import { type ArrayTree, GradientTransformation, type ScalarLike, type ScalarOrSchedule } from '../base.js'

import type { MaskOrFn } from '../masking.js'
import { safeIncrement } from '../numerics.js'
import { decay, decodeOptions, dtypeOrNull, nonNegative, optionsOf, scalarOrSchedule } from '../options.js'
import { type LearningRateState, zeroCount } from '../scaling.js'
import { addScale } from '../treeArithmetic.js'
import { biasCorrection, mapArrays, updateMoment, updateMomentPerElemNorm, zerosLike } from '../treeMath.js'
import { type WeightDecayState, decayed, type DecayOptions, decayOptions } from '../weightDecay.js'
import { rateAt } from './estimates.js'

export interface ScaleByAdemamixOptions {
  /** Decay rate of the fast average, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Decay rate of the slow average, or a schedule of it; default 0.9999. */
  readonly b3?: ScalarOrSchedule
  /** Weight of the slow average, or a schedule of it; default 6 here, 5 in {@link ademamix}. */
  readonly alpha?: ScalarOrSchedule
  /** Added to the denominator outside of the square root; default 1e-8. */
  readonly eps?: ScalarLike
  /** Added inside of the square root; default 0. */
  readonly epsRoot?: ScalarLike
  /** Dtype in which all moments begin; default that of the params. */
  readonly muDtype?: DType | null
}
const ademamixOptions = {
  b1: decay,
  b2: decay,
  b3: scalarOrSchedule,
  alpha: scalarOrSchedule,
  eps: nonNegative,
  epsRoot: nonNegative,
  muDtype: dtypeOrNull,
}
const ScaleByAdemamixOptions = optionsOf('ScaleByAdemamixOptions', ademamixOptions)

/** State of {@link scaleByAdemamix}. */
export interface ScaleByAdemamixState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** Updates of the slow average so far, `int32[]`. */
  readonly countM2: NDArray
  /** Fast averages, in the structure of the params. */
  readonly m1: ArrayTree
  /** Slow averages. */
  readonly m2: ArrayTree
  /** Second moments. */
  readonly nu: ArrayTree
}

/**
 * Adam's ratio with a slow average in its numerator, too: at step `t`
 *
 *     m₁ ← (1 - b1) g + b1 m₁,   m₂ ← (1 - b3) g + b3 m₂,   v ← (1 - b2) g² + b2 v
 *     u = (m̂₁ + alpha m₂) / (√(v̂ + epsRoot) + eps),   m̂₁ = m₁ / (1 - b1ᵗ),   v̂ = v / (1 - b2ᵗ)
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Pagliardini et al., 2024, https://arxiv.org/abs/2409.03137
 * @example
 * const tx = optax.contrib.scaleByAdemamix({ b3: 0.5, alpha: 2 })
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([ 1.9999869, -1.999987 ], dtype=float32)
 */
export const scaleByAdemamix = (options: ScaleByAdemamixOptions = {}): GradientTransformation<ScaleByAdemamixState> => {
  const decoded = decodeOptions('scaleByAdemamix', ScaleByAdemamixOptions, options)
  const { b1 = 0.9, b2 = 0.999, b3 = 0.9999, alpha = 6, eps = 1e-8, epsRoot = 0, muDtype = null } = decoded
  return GradientTransformation<ScaleByAdemamixState>(
    (params) => ({
      count: zeroCount(),
      countM2: zeroCount(),
      m1: zerosLike(params, { dtype: muDtype }),
      m2: zerosLike(params, { dtype: muDtype }),
      nu: zerosLike(params, { dtype: muDtype }),
    }),
    (updates, state) => {
      const weight = rateAt('scaleByAdemamix', alpha, state.countM2)
      const m1 = updateMoment(updates, state.m1, b1, 1)
      const m2 = updateMoment(updates, state.m2, rateAt('scaleByAdemamix', b3, state.countM2), 1)
      const nu = updateMomentPerElemNorm(updates, state.nu, b2, 2)
      const count = safeIncrement(state.count)
      const mixed = addScale(biasCorrection(m1, b1, count), weight, m2)
      const scaled = ratio('scaleByAdemamix', mixed, biasCorrection(nu, b2, count), eps, epsRoot)
      return [scaled, { count, countM2: safeIncrement(state.countM2), m1, m2, nu }]
    },
  )
}

export interface AdemamixOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
>
  extends ScaleByAdemamixOptions, DecayOptions<W, M> {}
const AdemamixOptions = optionsOf('AdemamixOptions', { ...ademamixOptions, ...decayOptions })

/**
 * AdEMAMix: {@link scaleByAdemamix} with an `alpha` of 5, weight decay (default 0), learning rate.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.ademamix
 * @example
 * const tx = optax.contrib.ademamix(0.1)
 * const params = np.array([1, 2])
 * tx.update(np.array([2, 4]), tx.init(params), params)[0] // => Array([-0.1000493, -0.1000493], dtype=float32)
 */
export const ademamix = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
>(
  learningRate: L,
  options: AdemamixOptions<W, M> = {},
): GradientTransformation<readonly [ScaleByAdemamixState, WeightDecayState<W, M>, LearningRateState<L>]> => {
  const { weightDecay = 0, mask = null, alpha = 5, ...rest } = decodeOptions('ademamix', AdemamixOptions, options)
  return decayed<ScaleByAdemamixState, L, W, M>(scaleByAdemamix({ ...rest, alpha }), learningRate, weightDecay, mask)
}

export interface ScaleBySimplifiedAdemamixOptions {
  /** Decay rate of the sum of gradients, in [0, 1); default 0.99. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.95. */
  readonly b2?: ScalarLike
  /** Weight of the present gradient, or a schedule of it; default 0. */
  readonly alpha?: ScalarOrSchedule
  /** Added to the denominator outside of the square root; default 1e-8. */
  readonly eps?: ScalarLike
  /** Added inside of the square root; default 0. */
  readonly epsRoot?: ScalarLike
}
const simplifiedOptions = { b1: decay, b2: decay, alpha: scalarOrSchedule, eps: nonNegative, epsRoot: nonNegative }
const ScaleBySimplifiedAdemamixOptions = optionsOf('ScaleBySimplifiedAdemamixOptions', simplifiedOptions)

/** State of {@link scaleBySimplifiedAdemamix}. */
export interface ScaleBySimplifiedAdEMAMixState {
  /** Updates made so far, `int32[]`. */
  readonly t: NDArray
  /** Decaying sums of the gradients, in the structure of the params. */
  readonly m: ArrayTree
  /** Second moments. */
  readonly n: ArrayTree
}

/**
 * AdEMAMix with one average, of which the present gradient gets an extra weight: at step `t`
 *
 *     m ← g + b1 m,   n ← (1 - b2) g² + b2 n
 *     u = (alpha g + m) / (√(n / (1 - b2ᵗ) + epsRoot) + eps)
 *
 * The sum isn't divided by its weight: learning rates are those of Adam times `1 - b1`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Morwani et al., 2025, https://arxiv.org/abs/2502.02431
 * @example
 * const tx = optax.contrib.scaleBySimplifiedAdemamix({ alpha: 2 })
 * tx.update(np.array([0.5, -4]), tx.init(np.zeros([2])))[0] // => Array([ 3., -3.], dtype=float32)
 */
export const scaleBySimplifiedAdemamix = (
  options: ScaleBySimplifiedAdemamixOptions = {},
): GradientTransformation<ScaleBySimplifiedAdEMAMixState> => {
  const decoded = decodeOptions('scaleBySimplifiedAdemamix', ScaleBySimplifiedAdemamixOptions, options)
  const { b1 = 0.99, b2 = 0.95, alpha = 0, eps = 1e-8, epsRoot = 0 } = decoded
  return GradientTransformation<ScaleBySimplifiedAdEMAMixState>(
    (params) => ({ t: zeroCount(), m: zerosLike(params), n: zerosLike(params) }),
    (updates, state) => {
      const weight = rateAt('scaleBySimplifiedAdemamix', alpha, state.t)
      const where = 'scaleBySimplifiedAdemamix'
      const m = mapArrays([where, 'the updates', 'the sums'], (g, s) => np.add(g, np.multiply(b1, s)), updates, state.m)
      const n = mapArrays(
        [where, 'the updates', 'the second moments'],
        (g, v) => {
          const square = np.square(g)
          return np.add(square, np.multiply(b2, np.subtract(v, square)))
        },
        updates,
        state.n,
      )
      const t = safeIncrement(state.t)
      const scaled = ratio(where, addScale(m, weight, updates), biasCorrection(n, b2, t), eps, epsRoot)
      return [scaled, { t, m, n }]
    },
  )
}

export interface SimplifiedAdemamixOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
>
  extends ScaleBySimplifiedAdemamixOptions, DecayOptions<W, M> {}
const SimplifiedAdemamixOptions = optionsOf('SimplifiedAdemamixOptions', { ...simplifiedOptions, ...decayOptions })

/**
 * Simplified AdEMAMix: {@link scaleBySimplifiedAdemamix}, weight decay (default 0), learning rate.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.simplified_ademamix
 * @example
 * const tx = optax.contrib.simplifiedAdemamix(0.1, { alpha: 1 })
 * const params = np.array([1, 2])
 * tx.update(np.array([2, 4]), tx.init(params), params)[0] // => Array([-0.2, -0.2], dtype=float32)
 */
export const simplifiedAdemamix = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
>(
  learningRate: L,
  options: SimplifiedAdemamixOptions<W, M> = {},
): GradientTransformation<readonly [ScaleBySimplifiedAdEMAMixState, WeightDecayState<W, M>, LearningRateState<L>]> => {
  const {
    weightDecay = 0,
    mask = null,
    ...rest
  } = decodeOptions('simplifiedAdemamix', SimplifiedAdemamixOptions, options)
  return decayed<ScaleBySimplifiedAdEMAMixState, L, W, M>(
    scaleBySimplifiedAdemamix(rest),
    learningRate,
    weightDecay,
    mask,
  )
}
