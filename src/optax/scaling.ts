/** Steps of a size: constant, by a schedule, by a learning rate. */
import { literal, type NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import {
  type EmptyState,
  GradientTransformation,
  identity,
  initEmptyState,
  isSchedule,
  requireScalar,
  type ScalarLike,
  type ScalarOrSchedule,
  type ScheduleFn,
} from './base.js'
import { negated, safeIncrement } from './numerics.js'
import { decodeOptions, optionsOf, flag } from './options.js'
import { mapArrays } from './treeMath.js'

/**
 * Updates times a number. A JS number keeps the dtype of the updates; an array promotes with them.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.scale
 * @example
 * optax.scale(-0.5).update(np.array([1, 2]), {})[0] // => Array([-0.5, -1. ], dtype=float32)
 */
export const scale = (stepSize: ScalarLike): GradientTransformation<EmptyState> => {
  const size = requireScalar('scale', 'a step size', stepSize)
  return GradientTransformation(initEmptyState, (updates, state) => [
    mapArrays(['scale', 'the updates'], (g) => np.multiply(size, g), updates),
    state,
  ])
}

/** State of {@link scaleBySchedule}. */
export interface ScaleByScheduleState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
}

/** @internal The count before the first update. */
export const zeroCount = (): NDArray => np.zeros([], { dtype: 'int32' })

/**
 * Updates times the value of a schedule at the number of updates made before, in the dtype of the updates.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.scale_by_schedule
 * @example
 * const tx = optax.scaleBySchedule(optax.linearSchedule(1, 0, 4))
 * tx.update(np.array([2]), { count: np.array(1, { dtype: 'int32' }) })[0] // => Array([1.5], dtype=float32)
 */
export const scaleBySchedule = (stepSizeFn: ScheduleFn): GradientTransformation<ScaleByScheduleState> =>
  GradientTransformation<ScaleByScheduleState>(
    () => ({ count: zeroCount() }),
    (updates, { count }) => {
      const size = stepSizeFn(count)
      const scaled = mapArrays(
        ['scaleBySchedule', 'the updates'],
        (g) => np.multiply(typeof size === 'number' ? literal(size, g.dtype) : np.astype(size, g.dtype), g),
        updates,
      )
      return [scaled, { count: safeIncrement(count) }]
    },
  )

export interface ScaleByLearningRateOptions {
  /** Whether the updates change their sign, so that adding them descends; default true. */
  readonly flipSign?: boolean
}
const ScaleByLearningRateOptions = optionsOf('ScaleByLearningRateOptions', { flipSign: flag })

/** The state that a learning rate needs: a count for a schedule. */
export type LearningRateState<L> = L extends ScheduleFn ? ScaleByScheduleState : EmptyState

/**
 * Updates times the negative learning rate: {@link scale} of a number or an array, {@link scaleBySchedule} of a schedule,
 * nothing of `null`.
 *
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.scale_by_learning_rate
 * @example
 * optax.scaleByLearningRate(0.1).update(np.array([1]), {})[0] // => Array([-0.1], dtype=float32)
 */
export const scaleByLearningRate = <L extends ScalarOrSchedule | null>(
  learningRate: L,
  options: ScaleByLearningRateOptions = {},
): GradientTransformation<LearningRateState<L>> => {
  const { flipSign = true } = decodeOptions('scaleByLearningRate', ScaleByLearningRateOptions, options)
  const signed = (x: ScalarLike): ScalarLike => (flipSign ? negated(x) : x)
  const made = (): GradientTransformation<EmptyState> | GradientTransformation<ScaleByScheduleState> => {
    if (learningRate === null) return identity()
    if (isSchedule(learningRate)) return scaleBySchedule((count) => signed(learningRate(count)))
    return scale(signed(requireScalar('scaleByLearningRate', 'a learning rate (or a schedule)', learningRate)))
  }
  return made() as unknown as GradientTransformation<LearningRateState<L>>
}
