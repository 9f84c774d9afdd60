/** Relatives of Adam with other second moments: of the surprise, added up slowly, or mistrusted at first. */
import * as np from '../numpy/index.js'
import { correctedMean, ratio, type ScaleByAdamState } from './adam.js'
import { GradientTransformation, type ScalarLike, type ScalarOrSchedule } from './base.js'
import { chain } from './combining.js'
import type { MaskFn, MaskOrFn } from './masking.js'
import { ofScalars, oneMinus, safeIncrement } from './numerics.js'
import {
  decay,
  decodeOptions,
  flag,
  maskOrNull,
  nonNegative,
  optionsOf,
  scalar,
  scalarOrScheduleOrNull,
} from './options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from './scaling.js'
import { fullLike } from './treeArithmetic.js'
import { biasCorrection, mapArrays, updateMoment, updateMomentPerElemNorm, zerosLike } from './treeMath.js'
import { decayOf, type WeightDecayState } from './weightDecay.js'

export interface ScaleByBeliefOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-16. */
  readonly eps?: ScalarLike
  /** Added to the second moment in each step, and kept in it; default 1e-16. */
  readonly epsRoot?: ScalarLike
  /** Whether the first moment looks one step ahead; default false. */
  readonly nesterov?: boolean
}
const beliefOptions = { b1: decay, b2: decay, eps: nonNegative, epsRoot: nonNegative, nesterov: flag }
const ScaleByBeliefOptions = optionsOf('ScaleByBeliefOptions', beliefOptions)

/** State of {@link scaleByBelief}: as that of `scaleByAdam`; `nu` is of the prediction errors. */
export interface ScaleByBeliefState extends ScaleByAdamState {}

/**
 * Updates by the belief in them: with gradients `g`, at step `t`
 *
 *     m ← (1 - b1) g + b1 m,   s ← (1 - b2) (g - m)² + b2 s + epsRoot
 *     u = m̂ / (√ŝ + eps),   m̂ = m / (1 - b1ᵗ),   ŝ = s / (1 - b2ᵗ)
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Zhuang et al., 2020, https://arxiv.org/abs/2010.07468
 * @example
 * const tx = optax.scaleByBelief()
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([ 1.1111037, -1.1111038], dtype=float32)
 */
export const scaleByBelief = (options: ScaleByBeliefOptions = {}): GradientTransformation<ScaleByBeliefState> => {
  const decoded = decodeOptions('scaleByBelief', ScaleByBeliefOptions, options)
  const { b1 = 0.9, b2 = 0.999, eps = 1e-16, epsRoot = 1e-16, nesterov = false } = decoded
  return GradientTransformation<ScaleByBeliefState>(
    (params) => ({ count: zeroCount(), mu: zerosLike(params), nu: zerosLike(params) }),
    (updates, state) => {
      const mu = updateMoment(updates, state.mu, b1, 1)
      const errors = mapArrays(
        ['scaleByBelief', 'the updates', 'the moments'],
        (g, m) => np.subtract(g, m),
        updates,
        mu,
      )
      const variances = updateMomentPerElemNorm(errors, state.nu, b2, 2)
      const nu = mapArrays(['scaleByBelief', 'the second moments'], (v) => np.add(v, epsRoot), variances)
      const count = safeIncrement(state.count)
      const muHat = correctedMean(updates, mu, b1, count, nesterov)
      return [ratio('scaleByBelief', muHat, biasCorrection(nu, b2, count), eps), { count, mu, nu }]
    },
  )
}

export interface AdabeliefOptions<
  W extends ScalarOrSchedule | null = ScalarOrSchedule | null,
  M extends MaskOrFn | null = MaskOrFn | null,
> extends ScaleByBeliefOptions {
  /** Strength of the weight decay, multiplied by the learning rate; default `null`, none. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly weightDecayMask?: M | MaskFn
}
const AdabeliefOptions = optionsOf('AdabeliefOptions', {
  ...beliefOptions,
  weightDecay: scalarOrScheduleOrNull,
  weightDecayMask: maskOrNull,
})

/** State of {@link adabelief}: the middle part only with a weight decay. */
export type AdabeliefState<L, W, M> = W extends null
  ? readonly [ScaleByBeliefState, LearningRateState<L>]
  : readonly [ScaleByBeliefState, WeightDecayState<W, M>, LearningRateState<L>]

/**
 * AdaBelief: {@link scaleByBelief}, `addDecayedWeights` if there is a weight decay, `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params where weights decay
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.adabelief
 * @example
 * const tx = optax.adabelief(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params))[0] // => Array([-0.11111037, -0.11111037], dtype=float32)
 */
export const adabelief = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule | null = null,
  M extends MaskOrFn | null = null,
>(
  learningRate: L,
  options: AdabeliefOptions<W, M> = {},
): GradientTransformation<AdabeliefState<L, W, M>> => {
  const decoded = decodeOptions('adabelief', AdabeliefOptions, options)
  const { weightDecay = null, weightDecayMask = null, ...rest } = decoded
  const [first, last] = [scaleByBelief(rest), scaleByLearningRate(learningRate)]
  const tx = weightDecay === null ? chain(first, last) : chain(first, decayOf(weightDecay, weightDecayMask), last)
  return tx as unknown as GradientTransformation<AdabeliefState<L, W, M>>
}

export interface ScaleByYogiOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-3. */
  readonly eps?: ScalarLike
  /** Added inside of the square root; default 0. */
  readonly epsRoot?: ScalarLike
  /** What both moments begin with; default 1e-6. */
  readonly initialAccumulatorValue?: ScalarLike
}
const ScaleByYogiOptions = optionsOf('ScaleByYogiOptions', {
  b1: decay,
  b2: decay,
  eps: nonNegative,
  epsRoot: nonNegative,
  initialAccumulatorValue: nonNegative,
})

/**
 * Adam's ratio with a second moment that changes by a part of the squared gradient only, whatever its own size: with
 * gradients `g`, at step `t`
 *
 *     m ← (1 - b1) g + b1 m,   v ← v - (1 - b2) sign(v - g²) g²
 *     u = m̂ / (√(v̂ + epsRoot) + eps),   m̂ = m / (1 - b1ᵗ),   v̂ = v / (1 - b2ᵗ)
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Zaheer et al., 2018, https://proceedings.neurips.cc/paper/2018/file/90365351ccc7437a1309dc64e4db32a3-Paper.pdf
 * @example
 * const tx = optax.scaleByYogi()
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([ 0.9960292, -0.9996016], dtype=float32)
 */
export const scaleByYogi = (options: ScaleByYogiOptions = {}): GradientTransformation<ScaleByAdamState> => {
  const decoded = decodeOptions('scaleByYogi', ScaleByYogiOptions, options)
  const { b1 = 0.9, b2 = 0.999, eps = 1e-3, epsRoot = 0, initialAccumulatorValue = 1e-6 } = decoded
  return GradientTransformation<ScaleByAdamState>(
    (params) => ({
      count: zeroCount(),
      mu: fullLike(params, initialAccumulatorValue),
      nu: fullLike(params, initialAccumulatorValue),
    }),
    (updates, state) => {
      const mu = updateMoment(updates, state.mu, b1, 1)
      const nu = mapArrays(
        ['scaleByYogi', 'the updates', 'the second moments'],
        (g, v) => {
          const square = np.square(g)
          return np.subtract(v, np.multiply(np.multiply(oneMinus(b2), np.sign(np.subtract(v, square))), square))
        },
        updates,
        state.nu,
      )
      const count = safeIncrement(state.count)
      const scaled = ratio('scaleByYogi', biasCorrection(mu, b1, count), biasCorrection(nu, b2, count), eps, epsRoot)
      return [scaled, { count, mu, nu }]
    },
  )
}

export type YogiOptions = Pick<ScaleByYogiOptions, 'b1' | 'b2' | 'eps'>
const YogiOptions = optionsOf('YogiOptions', { b1: decay, b2: decay, eps: nonNegative })

/**
 * Yogi: {@link scaleByYogi}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.yogi
 * @example
 * const tx = optax.yogi(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params))[0] // => Array([-0.09960292, -0.09997144], dtype=float32)
 */
export const yogi = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: YogiOptions = {},
): GradientTransformation<readonly [ScaleByAdamState, LearningRateState<L>]> =>
  chain(scaleByYogi(decodeOptions('yogi', YogiOptions, options)), scaleByLearningRate(learningRate))

export interface ScaleByRadamOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-8. */
  readonly eps?: ScalarLike
  /** Added inside of the square root; default 0. */
  readonly epsRoot?: ScalarLike
  /** Length of the average from which the second moment is trusted; default 5. */
  readonly threshold?: ScalarLike
  /** Whether the first moment looks one step ahead; default false. */
  readonly nesterov?: boolean
}
const radamOptions = {
  b1: decay,
  b2: decay,
  eps: nonNegative,
  epsRoot: nonNegative,
  threshold: scalar,
  nesterov: flag,
}
const ScaleByRadamOptions = optionsOf('ScaleByRadamOptions', radamOptions)

/** Length that the average of the second moment approaches: `2 / (1 - b2) - 1`. */
const fullLength = ofScalars<readonly [b2: ScalarLike]>(
  (b2) => 2 / (1 - b2) - 1,
  (b2) => np.subtract(np.divide(2, np.subtract(1, b2)), 1),
)
/** `(ρ∞ - 4) (ρ∞ - 2)`. */
const fullFactor = ofScalars<readonly [rho: ScalarLike]>(
  (rho) => (rho - 4) * (rho - 2),
  (rho) => np.multiply(np.subtract(rho, 4), np.subtract(rho, 2)),
)

/**
 * Adam's ratio, rectified while the average of the second moment is short: with Adam's `m̂` and `v̂`, at step `t`
 *
 *     ρ∞ = 2 / (1 - b2) - 1,   ρ = ρ∞ - 2 t b2ᵗ / (1 - b2ᵗ)
 *     r = √((ρ - 4) (ρ - 2) ρ∞ / ((ρ∞ - 4) (ρ∞ - 2) ρ))
 *     u = r m̂ / (√(v̂ + epsRoot) + eps)   if ρ ≥ threshold,   else m̂
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Liu et al., 2020, https://arxiv.org/abs/1908.03265
 * @example
 * const tx = optax.scaleByRadam()
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([ 0.49999988, -2.9999995 ], dtype=float32)
 */
export const scaleByRadam = (options: ScaleByRadamOptions = {}): GradientTransformation<ScaleByAdamState> => {
  const decoded = decodeOptions('scaleByRadam', ScaleByRadamOptions, options)
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, threshold = 5, nesterov = false } = decoded
  const rhoInf = fullLength(b2)
  return GradientTransformation<ScaleByAdamState>(
    (params) => ({ count: zeroCount(), mu: zerosLike(params), nu: zerosLike(params) }),
    (updates, state) => {
      const mu = updateMoment(updates, state.mu, b1, 1)
      const nu = updateMomentPerElemNorm(updates, state.nu, b2, 2)
      const count = safeIncrement(state.count)
      const power = np.power(b2, count)
      const lag = np.divide(np.multiply(np.multiply(2, count), power), np.subtract(1, power))
      const rho = np.subtract(rhoInf, lag)
      const short = np.multiply(np.multiply(np.subtract(rho, 4), np.subtract(rho, 2)), rhoInf)
      const rectification = np.sqrt(np.divide(short, np.multiply(fullFactor(rhoInf), rho)))
      const isLong = np.lessEqual(threshold, rho)
      const muHat = correctedMean(updates, mu, b1, count, nesterov)
      const scaled = mapArrays(
        ['scaleByRadam', 'the first moments', 'the second moments'],
        (m, v) => {
          const divisor = np.add(np.sqrt(np.add(v, epsRoot)), eps)
          return np.where(isLong, np.divide(np.multiply(np.astype(rectification, m.dtype), m), divisor), m)
        },
        muHat,
        biasCorrection(nu, b2, count),
      )
      return [scaled, { count, mu, nu }]
    },
  )
}

export type RadamOptions = ScaleByRadamOptions
const RadamOptions = optionsOf('RadamOptions', radamOptions)

/**
 * Rectified Adam: {@link scaleByRadam}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.radam
 * @example
 * const tx = optax.radam(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params))[0] // => Array([-0.04999999, -0.39999992], dtype=float32)
 */
export const radam = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: RadamOptions = {},
): GradientTransformation<readonly [ScaleByAdamState, LearningRateState<L>]> =>
  chain(scaleByRadam(decodeOptions('radam', RadamOptions, options)), scaleByLearningRate(learningRate))
