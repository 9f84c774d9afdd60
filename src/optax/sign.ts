/** Signs of updates. */
import type { DType, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import {
  type ArrayTree,
  type EmptyState,
  GradientTransformation,
  type ScalarLike,
  type ScalarOrSchedule,
  stateless,
} from './base.js'
import { chain } from './combining.js'
import { ema, type EmaState } from './ema.js'
import type { MaskFn, MaskOrFn } from './masking.js'
import { oneMinus, safeIncrement } from './numerics.js'
import { decay, decodeOptions, dtypeOrNull, oneOf, optionsOf, scalar } from './options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from './scaling.js'
import { cast, mapArrays, updateMoment, zerosLike } from './treeMath.js'
import { type WeightDecayState, decayed, decayOptions } from './weightDecay.js'

/**
 * The signs of the updates: -1, 0, 1.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.scale_by_sign
 * @example
 * optax.scaleBySign().update(np.array([-3, 0, 0.5]), {})[0] // => Array([-1.,  0.,  1.], dtype=float32)
 */
export const scaleBySign = (): GradientTransformation<EmptyState> =>
  stateless((updates) => mapArrays(['scaleBySign', 'the updates'], (g) => np.sign(g), updates))

/**
 * Descent by signs: {@link scaleBySign}, then `scaleByLearningRate`.
 *
 * @see Bernstein et al., 2018, https://arxiv.org/abs/1802.04434
 * @example
 * const tx = optax.signSgd(0.1)
 * tx.update(np.array([-3, 0.5]), tx.init(np.zeros([2])))[0] // => Array([ 0.1, -0.1], dtype=float32)
 */
export const signSgd = <L extends ScalarOrSchedule>(
  learningRate: L,
): GradientTransformation<readonly [EmptyState, LearningRateState<L>]> =>
  chain(scaleBySign(), scaleByLearningRate(learningRate))

export interface SignumOptions {
  /** Decay rate of the average, in [0, 1); default 0.9. */
  readonly beta?: ScalarLike
  /** Dtype in which the average is kept; default that of the params, then of the gradients. */
  readonly accumulatorDtype?: DType | null
}
const SignumOptions = optionsOf('SignumOptions', { beta: decay, accumulatorDtype: dtypeOrNull })

/**
 * Descent by the signs of an average: `ema`, {@link scaleBySign}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Bernstein et al., 2018, Algorithm 2, https://arxiv.org/abs/1802.04434
 * @example
 * const tx = optax.signum(0.1)
 * const [, state] = tx.update(np.array([-3, 0.5]), tx.init(np.zeros([2])))
 * tx.update(np.array([1, 0.5]), state)[0] // => Array([ 0.1, -0.1], dtype=float32)
 */
export const signum = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: SignumOptions = {},
): GradientTransformation<readonly [EmaState, EmptyState, LearningRateState<L>]> => {
  const { beta = 0.9, accumulatorDtype = null } = decodeOptions('signum', SignumOptions, options)
  return chain(ema(beta, { debias: false, accumulatorDtype }), scaleBySign(), scaleByLearningRate(learningRate))
}

export interface ScaleByLionOptions {
  /** Weight of the momentum in the step, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the momentum, in [0, 1); default 0.99. */
  readonly b2?: ScalarLike
  /** Dtype in which the momentum is kept; default that of the params, then of the gradients. */
  readonly muDtype?: DType | null
  /** What becomes of `x`: its sign (`'hard'`, default), `tanh(smoothBeta x)`, or `x` between -1 and 1. */
  readonly mode?: 'hard' | 'smooth' | 'refined'
  /** Steepness of `'smooth'`; default 1. */
  readonly smoothBeta?: ScalarLike
}
const lionOptions = { b1: decay, b2: decay, muDtype: dtypeOrNull }
const ScaleByLionOptions = optionsOf('ScaleByLionOptions', {
  ...lionOptions,
  mode: oneOf('hard', 'smooth', 'refined'),
  smoothBeta: scalar,
})

/** State of {@link scaleByLion}. */
export interface ScaleByLionState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** Momentum, in the structure of the params. */
  readonly mu: ArrayTree
}

/**
 * Signs of a mix of gradient and momentum: `u = sign((1 - b1) g + b1 m)`, then `m ← (1 - b2) g + b2 m`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Chen et al., 2023, https://arxiv.org/abs/2302.06675
 * @example
 * const tx = optax.scaleByLion()
 * const [updates, state] = tx.update(np.array([-3, 0.5]), tx.init(np.zeros([2])))
 * updates // => Array([-1.,  1.], dtype=float32)
 * state.mu // => Array([-0.03 ,  0.005], dtype=float32)
 */
export const scaleByLion = (options: ScaleByLionOptions = {}): GradientTransformation<ScaleByLionState> => {
  const decoded = decodeOptions('scaleByLion', ScaleByLionOptions, options)
  const { b1 = 0.9, b2 = 0.99, muDtype = null, mode = 'hard', smoothBeta = 1 } = decoded
  const step = {
    hard: np.sign,
    smooth: (x: NDArray) => np.tanh(np.multiply(smoothBeta, x)),
    refined: (x: NDArray) => np.where(np.less(np.abs(x), 1), x, np.sign(x)),
  }[mode]
  return GradientTransformation<ScaleByLionState>(
    (params) => ({ count: zeroCount(), mu: zerosLike(params, { dtype: muDtype }) }),
    (updates, state) => {
      const scaled = mapArrays(
        ['scaleByLion', 'the updates', 'the momentum'],
        (g, m) => step(np.add(np.multiply(oneMinus(b1), g), np.multiply(b1, m))),
        updates,
        state.mu,
      )
      const mu = cast(updateMoment(updates, state.mu, b2, 1), muDtype)
      return [scaled, { count: safeIncrement(state.count), mu }]
    },
  )
}

export interface LionOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
> extends Omit<ScaleByLionOptions, 'mode' | 'smoothBeta'> {
  /** Strength of the weight decay, multiplied by the learning rate; default 1e-3. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly mask?: M | MaskFn
}
const LionOptions = optionsOf('LionOptions', { ...lionOptions, ...decayOptions })

/**
 * Lion: {@link scaleByLion}, `addDecayedWeights`, `scaleByLearningRate`. Learning rates are 3 to 10 times smaller than
 * Adam's, weight decays as much larger.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.lion
 * @example
 * const tx = optax.lion(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params), params)[0] // => Array([-0.1001    , -0.09980001], dtype=float32)
 */
export const lion = <L extends ScalarOrSchedule, W extends ScalarOrSchedule = number, M extends MaskOrFn | null = null>(
  learningRate: L,
  options: LionOptions<W, M> = {},
): GradientTransformation<readonly [ScaleByLionState, WeightDecayState<W, M>, LearningRateState<L>]> => {
  const { weightDecay = 1e-3, mask = null, ...rest } = decodeOptions('lion', LionOptions, options)
  return decayed<ScaleByLionState, L, W, M>(scaleByLion(rest), learningRate, weightDecay, mask)
}
