/** Schedule-free learning: averages of the iterates in the place of a decaying learning rate. */
import { ArgumentError, type DType, NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type ExtraArgsOf,
  GradientTransformation,
  isSchedule,
  requireParams,
  requireScalar,
  type ScalarLike,
  type ScalarOrSchedule,
  type StateOf,
} from '../base.js'
import { sgd } from '../aliases.js'
import { chain } from '../combining.js'
import { oneMinus, safeIncrement } from '../numerics.js'
import { decay, decodeOptions, dtypeOrNull, nonNegative, optionsOf, refine, scalar, scalarOrNull } from '../options.js'
import { scaleByRms } from '../rms.js'
import { scaleByLearningRate } from '../scaling.js'
import { warmupConstantSchedule } from '../schedules/warmup.js'
import { dtype as dtypeOf } from '../treeArithmetic.js'
import { cast, mapArrays } from '../treeMath.js'
import { addDecayedWeights } from '../weightDecay.js'
import { scalarIn } from './estimates.js'

export interface ScheduleFreeOptions {
  /** How much of the average the params hold at which gradients are taken, in (0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Power of the greatest learning rate so far that weighs an iterate in the average; default 2. */
  readonly weightLrPower?: ScalarLike
  /** Dtype in which the base optimizer's iterates are kept; default that of the params. */
  readonly stateDtype?: DType | null
}
const averaging = {
  b1: refine('a number in (0, 1) or an array', (u): u is ScalarLike => decay.is(u) && u !== 0),
  weightLrPower: scalar,
  stateDtype: dtypeOrNull,
}
const ScheduleFreeOptions = optionsOf('ScheduleFreeOptions', averaging)

/** State of {@link scheduleFree}. */
export interface ScheduleFreeState<S = unknown> {
  /** The option, `[]`, in the lowest dtype of the params, as those that follow. */
  readonly b1: NDArray
  /** Sum of the weights of the iterates, `[]`. */
  readonly weightSum: NDArray
  /** Updates made so far and one, `int32[]`. */
  readonly stepCount: NDArray
  /** Greatest learning rate so far, `[]`. */
  readonly maxLr: NDArray
  /** State of the base optimizer. */
  readonly baseOptimizerState: S
  /** Iterates of the base optimizer, in the structure of the params. */
  readonly z: ArrayTree
}

/** The average: `(y - (1 - b1) z) / b1`. */
const averageOf = (params: ArrayTree, z: ArrayTree, b1: ScalarLike): ArrayTree =>
  mapArrays(
    ['scheduleFree', 'the params', 'the iterates'],
    (y, x) => np.divide(np.subtract(y, np.multiply(oneMinus(b1), x)), b1),
    params,
    z,
  )

/**
 * Params to evaluate a model with: the averages `x`, while gradients are taken at the params `y` of the training.
 *
 * @param state - of {@link scheduleFree}, not one of a chain around it
 * @throws ArgumentError if the state is another
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.schedule_free_eval_params
 * @example
 * const tx = optax.contrib.scheduleFreeSgd({ learningRate: 0.5 })
 * const params = np.array([1])
 * const [updates, state] = tx.update(np.array([1]), tx.init(params), params)
 * optax.contrib.scheduleFreeEvalParams(state, optax.applyUpdates(params, updates)) // => Array([0.5], dtype=float32)
 */
export const scheduleFreeEvalParams = <P>(state: ScheduleFreeState, params: P): P => {
  const { b1, z } = state
  if (!(b1 instanceof NDArray) || z === undefined) {
    throw new ArgumentError(
      'scheduleFreeEvalParams',
      'a state of scheduleFree',
      'another; pick it out of that of a chain',
    )
  }
  return averageOf(params as ArrayTree, z, b1) as P
}

/**
 * Any optimizer on iterates `z`, with gradients taken at params `y` between them and their average `x`: with the greatest
 * learning rate so far `γ`
 *
 *     z ← z + base step,   w = γ^weightLrPower,   W ← W + w,   c = w / W
 *     x ← (1 - c) x + c z,   y ← b1 x + (1 - b1) z
 *
 * The base optimizer has no momentum of its own (`b1` is in its place). Evaluate with {@link scheduleFreeEvalParams}. The
 * update needs the params.
 *
 * @param baseOptimizer - with the same learning rate
 * @param learningRate - of the base optimizer
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Defazio et al., 2024, https://arxiv.org/abs/2405.15682
 * @example
 * const tx = optax.contrib.scheduleFree(optax.sgd(0.5), 0.5)
 * const params = np.array([1, 2])
 * tx.update(np.array([1, 4]), tx.init(params), params)[0] // => Array([-0.5, -2. ], dtype=float32)
 */
export const scheduleFree = <T extends AnyGradientTransformation>(
  baseOptimizer: T,
  learningRate: ScalarOrSchedule,
  options: ScheduleFreeOptions = {},
): GradientTransformation<ScheduleFreeState<StateOf<T>>, ExtraArgsOf<T>> => {
  const where = 'scheduleFree'
  const { b1 = 0.9, weightLrPower = 2, stateDtype = null } = decodeOptions(where, ScheduleFreeOptions, options)
  const base = baseOptimizer as unknown as GradientTransformation<StateOf<T>>
  return GradientTransformation<ScheduleFreeState<StateOf<T>>, ExtraArgsOf<T>>(
    (params) => {
      const dtype = dtypeOf(params, 'lowest')
      const zero = np.zeros([], { dtype })
      return {
        b1: scalarIn(b1, dtype),
        weightSum: zero,
        stepCount: np.ones([], { dtype: 'int32' }),
        maxLr: zero,
        baseOptimizerState: base.init(params),
        z: cast(params, stateDtype),
      }
    },
    (updates, state, params, extra) => {
      const given = requireParams(where, params)
      const { dtype } = state.maxLr
      const rate = isSchedule(learningRate)
        ? scalarIn(learningRate(state.stepCount), dtype)
        : requireScalar(where, 'a learning rate (or a schedule)', learningRate)
      const maxLr = np.maximum(state.maxLr, rate)
      const weight = np.power(maxLr, weightLrPower)
      const weightSum = np.add(state.weightSum, weight)
      const share = np.divide(weight, weightSum)
      // 0 / 0 is no share: a schedule may begin with learning rates of 0.
      const isEmpty = np.logicalAnd(np.isnan(share), np.logicalNot(np.isnan(weightSum)))
      const part = np.where(isEmpty, 0, share)
      const [steps, baseOptimizerState] = base.update(updates, state.baseOptimizerState, given, extra)
      const z = mapArrays(
        [where, 'the iterates', 'the steps'],
        (x, u) => np.astype(np.add(x, u), x.dtype),
        state.z,
        steps,
      )
      const next = mapArrays(
        [where, 'the averages', 'the iterates', 'the params'],
        (average, x, y) => {
          const x1 = np.add(np.multiply(np.subtract(1, part), average), np.multiply(part, x))
          return np.subtract(np.add(np.multiply(b1, x1), np.multiply(oneMinus(b1), x)), y)
        },
        averageOf(given, state.z, b1),
        z,
        given,
      )
      return [
        next,
        { b1: state.b1, weightSum, stepCount: safeIncrement(state.stepCount), maxLr, baseOptimizerState, z },
      ]
    },
  )
}

const warmed = (learningRate: ScalarLike, warmupSteps: number | null): ScalarOrSchedule =>
  warmupSteps === null ? learningRate : warmupConstantSchedule(0, learningRate, warmupSteps)

interface Warmup extends ScheduleFreeOptions {
  /** Number of steps in which the learning rate grows from 0; default `null`, none. */
  readonly warmupSteps?: number | null
}
const warmup = {
  warmupSteps: refine('a whole number or null', (u): u is number | null => u === null || Number.isInteger(u)),
}

export interface ScheduleFreeSgdOptions extends Warmup {
  /** Learning rate after the warm-up; default 1. */
  readonly learningRate?: ScalarLike
  /** Strength of the weight decay, added to the gradients; default `null`, none. */
  readonly weightDecay?: ScalarLike | null
}
const ScheduleFreeSgdOptions = optionsOf('ScheduleFreeSgdOptions', {
  ...averaging,
  ...warmup,
  learningRate: scalar,
  weightDecay: scalarOrNull,
})

/**
 * {@link scheduleFree} gradient descent.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.schedule_free_sgd
 * @example
 * const tx = optax.contrib.scheduleFreeSgd({ learningRate: 0.5 })
 * const params = np.array([1, 2])
 * tx.update(np.array([1, 4]), tx.init(params), params)[0] // => Array([-0.5, -2. ], dtype=float32)
 */
export const scheduleFreeSgd = (options: ScheduleFreeSgdOptions = {}): GradientTransformation<ScheduleFreeState> => {
  const decoded = decodeOptions('scheduleFreeSgd', ScheduleFreeSgdOptions, options)
  const { learningRate = 1, warmupSteps = null, weightDecay = null, ...rest } = decoded
  const rate = warmed(learningRate, warmupSteps)
  const base = sgd(rate)
  return scheduleFree(
    weightDecay === null ? base : chain(addDecayedWeights(weightDecay as ScalarOrSchedule), base),
    rate,
    rest,
  )
}

export interface ScheduleFreeAdamwOptions extends Warmup {
  /** Learning rate after the warm-up; default 0.0025. */
  readonly learningRate?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator; default 1e-8. */
  readonly eps?: ScalarLike
  /** Strength of the weight decay, multiplied by the learning rate; default 0. */
  readonly weightDecay?: ScalarLike
}
const ScheduleFreeAdamwOptions = optionsOf('ScheduleFreeAdamwOptions', {
  ...averaging,
  ...warmup,
  learningRate: scalar,
  b2: decay,
  eps: nonNegative,
  weightDecay: scalar,
})

/**
 * {@link scheduleFree} AdamW: RMSProp with bias correction and weight decay as the base.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.schedule_free_adamw
 * @example
 * const tx = optax.contrib.scheduleFreeAdamw({ learningRate: 0.5 })
 * const params = np.array([1, 2])
 * tx.update(np.array([1, -4]), tx.init(params), params)[0] // => Array([-0.49999678,  0.49999666], dtype=float32)
 */
export const scheduleFreeAdamw = (
  options: ScheduleFreeAdamwOptions = {},
): GradientTransformation<ScheduleFreeState> => {
  const decoded = decodeOptions('scheduleFreeAdamw', ScheduleFreeAdamwOptions, options)
  const { learningRate = 0.0025, warmupSteps = null, b2 = 0.999, eps = 1e-8, weightDecay = 0, ...rest } = decoded
  const rate = warmed(learningRate, warmupSteps)
  const base = chain(
    scaleByRms({ decay: b2, eps, epsInSqrt: false, biasCorrection: true }),
    addDecayedWeights(weightDecay as ScalarOrSchedule),
    scaleByLearningRate(rate),
  )
  return scheduleFree(base, rate, rest)
}
