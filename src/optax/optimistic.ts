/** Optimistic gradients, for games: what the gradient does next is guessed from what it did. */
import type { NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { adamOptions, scaleByAdam, type ScaleByAdamOptions, type ScaleByAdamState } from './adam.js'
import {
  type ArrayTree,
  type EmptyState,
  GradientTransformation,
  requireScalar,
  type ScalarLike,
  type ScalarOrSchedule,
} from './base.js'
import { chain } from './combining.js'
import { ofScalars } from './numerics.js'
import { decodeOptions, optionsOf, scalar, scalarOrNull } from './options.js'
import { type LearningRateState, scaleByLearningRate } from './scaling.js'
import { mapArrays, zerosLike } from './treeMath.js'

export interface ScaleByOptimisticGradientOptions {
  /** Weight of the gradient; default 1. */
  readonly alpha?: ScalarLike
  /** Weight of its difference from the one before; default 1. */
  readonly beta?: ScalarLike
}
const optimisticOptions = { alpha: scalar, beta: scalar }
const ScaleByOptimisticGradientOptions = optionsOf('ScaleByOptimisticGradientOptions', optimisticOptions)

/** State of {@link scaleByOptimisticGradient}. */
export interface ScaleByOptimisticGradientState {
  /** Whether there was no gradient yet, `bool[]`. */
  readonly isInitialStep: NDArray
  /** The gradient before, in the structure of the params. */
  readonly previousGradient: ArrayTree
}

const total = ofScalars<readonly [x: ScalarLike, y: ScalarLike]>((x, y) => x + y, np.add)

/**
 * Gradients with what they changed by: `(alpha + beta) g - beta g₋₁`, in the first step `alpha g`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Mokhtari et al., 2019, https://arxiv.org/abs/1901.08511
 * @example
 * const tx = optax.scaleByOptimisticGradient()
 * const [, state] = tx.update(np.array([1]), tx.init(np.zeros([1])))
 * tx.update(np.array([3]), state)[0] // => Array([5.], dtype=float32)
 */
export const scaleByOptimisticGradient = (
  options: ScaleByOptimisticGradientOptions = {},
): GradientTransformation<ScaleByOptimisticGradientState> => {
  const decoded = decodeOptions('scaleByOptimisticGradient', ScaleByOptimisticGradientOptions, options)
  const { alpha = 1, beta = 1 } = decoded
  return GradientTransformation<ScaleByOptimisticGradientState>(
    (params) => ({ isInitialStep: np.array(true), previousGradient: zerosLike(params) }),
    (updates, state) => {
      const scaled = mapArrays(
        ['scaleByOptimisticGradient', 'the updates', 'the updates before'],
        (g, before) => {
          const previous = np.where(state.isInitialStep, g, before)
          return np.subtract(np.multiply(total(alpha, beta), g), np.multiply(beta, previous))
        },
        updates,
        state.previousGradient,
      )
      return [scaled, { isInitialStep: np.array(false), previousGradient: updates }]
    },
  )
}

export type OptimisticGradientDescentOptions = ScaleByOptimisticGradientOptions
const OptimisticGradientDescentOptions = optionsOf('OptimisticGradientDescentOptions', optimisticOptions)

/**
 * Optimistic gradient descent: {@link scaleByOptimisticGradient}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.optimistic_gradient_descent
 * @example
 * const tx = optax.optimisticGradientDescent(0.1)
 * const [, state] = tx.update(np.array([1]), tx.init(np.zeros([1])))
 * tx.update(np.array([3]), state)[0] // => Array([-0.5], dtype=float32)
 */
export const optimisticGradientDescent = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: OptimisticGradientDescentOptions = {},
): GradientTransformation<readonly [ScaleByOptimisticGradientState, LearningRateState<L>]> =>
  chain(
    scaleByOptimisticGradient(decodeOptions('optimisticGradientDescent', OptimisticGradientDescentOptions, options)),
    scaleByLearningRate(learningRate),
  )

export interface OptimisticAdamOptions extends ScaleByAdamOptions {
  /** Weight of the difference of two steps; default `null`, the learning rate. */
  readonly optimism?: ScalarLike | null
}
const OptimisticAdamOptions = optionsOf('OptimisticAdamOptions', { optimism: scalarOrNull, ...adamOptions })

/** The state of the optimistic relatives of Adam. */
export type OptimisticAdamState<L> = readonly [ScaleByAdamState, ScaleByOptimisticGradientState, LearningRateState<L>]

/**
 * Optimistic Adam: `scaleByAdam` (`nesterov` by default), {@link scaleByOptimisticGradient} with the learning rate as
 * `alpha` and the optimism as `beta`, then the change of sign. Deprecated in Optax: {@link optimisticAdamV2} also takes
 * schedules.
 *
 * @param learningRate - a number or an array, no schedule
 * @throws OptionsError if an option is unknown or out of range
 * @see Daskalakis et al., 2017, https://arxiv.org/abs/1711.00141
 * @example
 * const tx = optax.optimisticAdam(0.1)
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([-0.14736743,  0.14736743], dtype=float32)
 */
export const optimisticAdam = (
  learningRate: ScalarLike,
  options: OptimisticAdamOptions = {},
): GradientTransformation<readonly [ScaleByAdamState, ScaleByOptimisticGradientState, EmptyState]> => {
  const alpha = requireScalar('optimisticAdam', 'a learning rate', learningRate)
  const decoded = decodeOptions('optimisticAdam', OptimisticAdamOptions, options)
  const { optimism = null, nesterov = true, ...rest } = decoded
  return chain(
    scaleByAdam({ ...rest, nesterov }),
    scaleByOptimisticGradient({ alpha, beta: optimism ?? alpha }),
    scaleByLearningRate(1),
  )
}

export interface OptimisticAdamV2Options extends ScaleByAdamOptions, ScaleByOptimisticGradientOptions {}
const OptimisticAdamV2Options = optionsOf('OptimisticAdamV2Options', { ...optimisticOptions, ...adamOptions })

/**
 * Optimistic Adam: `scaleByAdam` (`nesterov` by default), {@link scaleByOptimisticGradient}, `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Daskalakis et al., 2017, https://arxiv.org/abs/1711.00141
 * @example
 * const tx = optax.optimisticAdamV2(0.1)
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([-0.14736743,  0.14736743], dtype=float32)
 */
export const optimisticAdamV2 = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: OptimisticAdamV2Options = {},
): GradientTransformation<OptimisticAdamState<L>> => {
  const decoded = decodeOptions('optimisticAdamV2', OptimisticAdamV2Options, options)
  const { alpha = 1, beta = 1, nesterov = true, ...rest } = decoded
  return chain(
    scaleByAdam({ ...rest, nesterov }),
    scaleByOptimisticGradient({ alpha, beta }),
    scaleByLearningRate(learningRate),
  )
}
