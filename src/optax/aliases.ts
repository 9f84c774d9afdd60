/** Optimizers by name: compositions of the parts. */
import {
  type GradientTransformation,
  identity,
  type EmptyState,
  type ScalarLike,
  type ScalarOrSchedule,
} from './base.js'
import { type TraceOptions, type TraceState, trace } from './accumulation.js'
import { adamOptions, scaleByAdam, type ScaleByAdamOptions, type ScaleByAdamState } from './adam.js'
import { chain } from './combining.js'
import type { MaskOrFn } from './masking.js'
import { decodeOptions, dtypeOrNull, flag, optionsOf, scalarOrNull } from './options.js'
import { type LearningRateState, scaleByLearningRate } from './scaling.js'
import { type WeightDecayState, decayed, type DecayOptions, decayOptions } from './weightDecay.js'

export interface SgdOptions<D extends ScalarLike | null = ScalarLike | null> extends TraceOptions {
  /** Decay of {@link trace}; default `null`, no momentum and no state for it. */
  readonly momentum?: D
}
const SgdOptions = optionsOf('SgdOptions', {
  momentum: scalarOrNull,
  nesterov: flag,
  accumulatorDtype: dtypeOrNull,
})

/** The state that momentum needs. */
export type MomentumState<D> = D extends null ? EmptyState : TraceState

/**
 * Stochastic gradient descent: {@link trace} if there is momentum, then {@link scaleByLearningRate}.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.sgd
 * @example
 * const tx = optax.sgd(0.1)
 * const params = np.array([1, 2])
 * const [updates] = tx.update(params.mul(2), tx.init(params))
 * optax.applyUpdates(params, updates) // => Array([0.8, 1.6], dtype=float32)
 */
export const sgd = <L extends ScalarOrSchedule, D extends ScalarLike | null = null>(
  learningRate: L,
  options: SgdOptions<D> = {},
): GradientTransformation<readonly [MomentumState<D>, LearningRateState<L>]> => {
  const { momentum = null, ...rest } = decodeOptions('sgd', SgdOptions, options)
  const first = (momentum === null ? identity() : trace(momentum, rest)) as GradientTransformation<MomentumState<D>>
  return chain(first, scaleByLearningRate(learningRate))
}

export type AdamOptions = ScaleByAdamOptions
const AdamOptions = optionsOf('AdamOptions', adamOptions)

/**
 * Adam: {@link scaleByAdam}, then {@link scaleByLearningRate}.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.adam
 * @example
 * const tx = optax.adam(0.1)
 * const params = { w: np.array([1, -2]) }
 * const [updates] = tx.update({ w: np.array([0.5, 4]) }, tx.init(params))
 * optax.applyUpdates(params, updates) // => { w: Array([ 0.9000007, -2.0999994], dtype=float32) }
 */
export const adam = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: AdamOptions = {},
): GradientTransformation<readonly [ScaleByAdamState, LearningRateState<L>]> =>
  chain(scaleByAdam(decodeOptions('adam', AdamOptions, options)), scaleByLearningRate(learningRate))

export interface AdamWOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
>
  extends ScaleByAdamOptions, DecayOptions<W, M> {}
const AdamWOptions = optionsOf('AdamWOptions', { ...adamOptions, ...decayOptions })

/**
 * Adam with decoupled weight decay: {@link scaleByAdam}, `addDecayedWeights`, {@link scaleByLearningRate}. The decay
 * is thus multiplied by the learning rate; PyTorch's default is 1e-2 where this one is 1e-4.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Loshchilov & Hutter, 2019, https://arxiv.org/abs/1711.05101
 * @example
 * const tx = optax.adamw(0.1, { weightDecay: 0.01, mask: { b: false, w: true } })
 * const params = { b: np.array([1]), w: np.array([1]) }
 * const [updates] = tx.update({ b: np.array([0]), w: np.array([0]) }, tx.init(params), params)
 * updates // => { b: Array([-0.], dtype=float32), w: Array([-0.001], dtype=float32) }
 */
export const adamw = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
>(
  learningRate: L,
  options: AdamWOptions<W, M> = {},
): GradientTransformation<readonly [ScaleByAdamState, WeightDecayState<W, M>, LearningRateState<L>]> => {
  const { weightDecay = 1e-4, mask = null, ...rest } = decodeOptions('adamw', AdamWOptions, options)
  return decayed<ScaleByAdamState, L, W, M>(scaleByAdam(rest), learningRate, weightDecay, mask)
}

export type NadamOptions = Omit<ScaleByAdamOptions, 'nesterov'>
const { nesterov: _, ...nadamOptions } = adamOptions
const NadamOptions = optionsOf('NadamOptions', nadamOptions)

/**
 * {@link adam} with Nesterov's momentum.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Dozat, 2016, https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ
 * @example
 * const tx = optax.nadam(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params))[0] // => Array([-0.14736743, -0.14736743], dtype=float32)
 */
export const nadam = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: NadamOptions = {},
): GradientTransformation<readonly [ScaleByAdamState, LearningRateState<L>]> =>
  adam(learningRate, { ...decodeOptions('nadam', NadamOptions, options), nesterov: true })

export type NadamWOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
> = Omit<AdamWOptions<W, M>, 'nesterov'>
const NadamWOptions = optionsOf('NadamWOptions', { ...nadamOptions, ...decayOptions })

/**
 * {@link adamw} with Nesterov's momentum.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Dozat, 2016, https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ
 * @example
 * const tx = optax.nadamw(0.1, { weightDecay: 0.01 })
 * const params = np.array([1, -2])
 * tx.update(np.array([0, 4]), tx.init(params), params)[0] // => Array([-0.001     , -0.14536743], dtype=float32)
 */
export const nadamw = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
>(
  learningRate: L,
  options: NadamWOptions<W, M> = {},
): GradientTransformation<readonly [ScaleByAdamState, WeightDecayState<W, M>, LearningRateState<L>]> => {
  const decoded = decodeOptions('nadamw', NadamWOptions, options) as NadamWOptions<W, M>
  return adamw<L, W, M>(learningRate, { ...decoded, nesterov: true })
}
