/** Decay of the weights. */
import type { NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import {
  type EmptyState,
  GradientTransformation,
  initEmptyState,
  isSchedule,
  type Params,
  requireParams,
  requireScalar,
  type ScalarLike,
  type ScalarOrSchedule,
  type ScheduleFn,
  type Updates,
} from './base.js'
import { chain } from './combining.js'
import { masked, type MaskedState, type MaskFn, type MaskOrFn } from './masking.js'
import { safeIncrement } from './numerics.js'
import { decodeOptions, maskOrNull, optionsOf, scalarOrSchedule } from './options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from './scaling.js'
import { mapArrays } from './treeMath.js'

export interface AddDecayedWeightsOptions<M extends MaskOrFn | null = MaskOrFn | null> {
  /** Which weights decay: a tree of booleans or a function that makes one; default all, `null`. */
  readonly mask?: M | MaskFn
}
const AddDecayedWeightsOptions = optionsOf('AddDecayedWeightsOptions', { mask: maskOrNull })

/** State of {@link addDecayedWeights} with a schedule. */
export interface WeightDecaySchedule {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
}

/** The state that a weight decay needs: a count for a schedule, inside a {@link MaskedState} if there is a mask. */
export type WeightDecayState<W, M> = M extends null
  ? DecayState<W>
  : M extends MaskOrFn
    ? MaskedState<DecayState<W>>
    : never
type DecayState<W> = W extends ScheduleFn ? WeightDecaySchedule : EmptyState

/**
 * Updates plus decayed weights: `g + weightDecay · p`. The update needs the params.
 *
 * @param weightDecay - a number (default 0, which adds nothing), an array, or a schedule
 * @throws ArgumentError in `update`, without params
 * @throws OptionsError if an option is unknown
 * @see Loshchilov & Hutter, 2019, https://arxiv.org/abs/1711.05101
 * @example
 * const tx = optax.addDecayedWeights(0.1)
 * tx.update(np.array([1, 1]), {}, np.array([10, -10]))[0] // => Array([2., 0.], dtype=float32)
 */
export const addDecayedWeights = <W extends ScalarOrSchedule = number, M extends MaskOrFn | null = null>(
  weightDecay: W = 0 as W,
  options: AddDecayedWeightsOptions<M> = {},
): GradientTransformation<WeightDecayState<W, M>> => {
  const { mask = null } = decodeOptions('addDecayedWeights', AddDecayedWeightsOptions, options)
  const decaying = isSchedule(weightDecay)
    ? decayBySchedule(weightDecay)
    : decayBy(requireScalar('addDecayedWeights', 'a weight decay (or a schedule)', weightDecay))
  return (mask === null ? decaying : masked(decaying, mask)) as unknown as GradientTransformation<
    WeightDecayState<W, M>
  >
}

const add = (updates: Updates, decay: ScalarLike, params: Params): Updates =>
  mapArrays(
    ['addDecayedWeights', 'the updates', 'the params'],
    (g, p) => np.add(g, np.multiply(decay, p)),
    updates,
    params,
  )

const decayBy = (decay: ScalarLike): GradientTransformation<EmptyState> =>
  GradientTransformation(initEmptyState, (updates, state, params) => {
    const given = requireParams('addDecayedWeights', params)
    return [decay === 0 ? updates : add(updates, decay, given), state]
  })

const decayBySchedule = (schedule: ScheduleFn): GradientTransformation<WeightDecaySchedule> =>
  GradientTransformation<WeightDecaySchedule>(
    () => ({ count: zeroCount() }),
    (updates, { count }, params) => [
      add(updates, schedule(count), requireParams('addDecayedWeights', params)),
      { count: safeIncrement(count) },
    ],
  )

/** Options of optimizers whose weights decay after the steps are scaled. */
export interface DecayOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
> {
  /** Strength of the weight decay, multiplied by the learning rate; the optimizer says its default. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly mask?: M | MaskFn
}
/** @internal */
export const decayOptions = { weightDecay: scalarOrSchedule, mask: maskOrNull }

/** @internal Scaled steps, weight decay, learning rate. */
export const decayed = <S, L extends ScalarOrSchedule, W, M>(
  scaled: GradientTransformation<S>,
  learningRate: L,
  weightDecay: ScalarOrSchedule,
  mask: MaskOrFn | null,
): GradientTransformation<readonly [S, WeightDecayState<W, M>, LearningRateState<L>]> =>
  chain(scaled, decayOf<W, M>(weightDecay, mask), scaleByLearningRate(learningRate))

/** @internal {@link addDecayedWeights} of options that were decoded, which loses the types of their values. */
export const decayOf = <W, M>(
  weightDecay: ScalarOrSchedule,
  mask: MaskOrFn | null,
): GradientTransformation<WeightDecayState<W, M>> =>
  addDecayedWeights(weightDecay, { mask }) as unknown as GradientTransformation<WeightDecayState<W, M>>
