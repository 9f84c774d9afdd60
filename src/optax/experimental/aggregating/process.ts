/** Updates of single examples, one update of them, and what an optimizer makes of that. */
import { NDArray } from '../../../core/index.js'
import {
  type AnyGradientTransformation,
  type ExtraArgs,
  GradientTransformation,
  type NoExtraArgs,
  type OptState,
  type StateOf,
  type UpdateRest,
  type Updates,
} from '../../base.js'
import type { ChainExtraArgs } from '../../combining.js'
import { updateIf } from '../../conditional.js'
import { decodeOptions, flag, optionsOf } from '../../options.js'
import { get } from '../../stateTree.js'
import { zerosLike } from '../../treeMath.js'

/**
 * A transformation that aggregates: its updates have an axis of examples (or several), `[n, ...]`, which the result lacks.
 * While it only collects, a part `ready` of its state is false.
 */
export type Aggregator<S = OptState, E = NoExtraArgs> = GradientTransformation<S, E>

/**
 * An aggregator from its two functions.
 *
 * @example
 * const { Aggregator } = optax.experimental.aggregating
 * const greatest = Aggregator(optax.initEmptyState, (gs, s) => [tree.map((g: NDArray) => np.max(g, { axis: 0 }), gs), s])
 * greatest.update(np.array([1, 2, 6]), {})[0] // => Array(6., dtype=float32)
 */
export const Aggregator = GradientTransformation

/** The function of an aggregator that makes one update of those of single examples. */
export type AggregatorUpdateFn<S = OptState, E = NoExtraArgs> = Aggregator<S, E>['update']

/** An aggregator that gives more than the update: extra arguments for what follows, by name. */
export interface AggregatorWithAux<S, A, E = NoExtraArgs> extends Omit<GradientTransformation<S, E>, 'update'> {
  update<P>(
    this: void,
    perElementUpdates: P,
    state: S,
    ...rest: UpdateRest<P, E>
  ): readonly [aggregated: readonly [updates: P, aux: A], state: S]
}

export interface ProcessOptions<H extends boolean = boolean> {
  /** Whether the aggregator gives a pair: the update, and extra arguments for the last transformation; default false. */
  readonly aggregatorHasAux?: H
}
const ProcessOptions = optionsOf('ProcessOptions', { aggregatorHasAux: flag })

/** State of {@link process}: those of the three transformations. */
export type ProcessState<A, B, C> = readonly [preprocessor: A, aggregator: B, postprocessor: C]

/**
 * Three transformations one after another: one of the updates of single examples, one that aggregates them, one of the
 * aggregated update. While the aggregator isn't ready, the update is zero and the last state stays.
 *
 * @param preprocessor - of the updates of single examples, `[n, ...]`
 * @param postprocessor - of the aggregated update: an optimizer, say
 * @throws OptionsError if an option is unknown
 * @throws ArgumentError in `update`, if the aggregator's state has several parts `ready`
 * @see https://github.com/google-deepmind/optax/blob/main/optax/experimental/_aggregating.py
 * @example
 * const { averagePerElementUpdates, process } = optax.experimental.aggregating
 * const clip = vmap((g: NDArray) => optax.projections.projectionL2Ball(g))
 * const tx = process(optax.stateless((gs) => tree.map(clip, gs)), averagePerElementUpdates(), optax.sgd(1))
 * const params = np.zeros([2])
 * const perExample = np.array([[3, 4], [0, 10]])
 * tx.update(perExample, tx.init(params))[0] // => Array([-0.3, -0.9], dtype=float32)
 */
export function process<
  A extends AnyGradientTransformation,
  B extends AnyGradientTransformation,
  C extends AnyGradientTransformation,
>(
  preprocessor: A,
  aggregator: B,
  postprocessor: C,
  options?: ProcessOptions<false>,
): GradientTransformation<ProcessState<StateOf<A>, StateOf<B>, StateOf<C>>, ChainExtraArgs<readonly [A, B, C]>>
export function process<A extends AnyGradientTransformation, S, X, C extends AnyGradientTransformation>(
  preprocessor: A,
  aggregator: AggregatorWithAux<S, X>,
  postprocessor: C,
  options: ProcessOptions<true>,
): GradientTransformation<ProcessState<StateOf<A>, S, StateOf<C>>, Omit<ChainExtraArgs<readonly [A, C]>, keyof X>>
export function process(
  preprocessor: unknown,
  aggregator: unknown,
  postprocessor: AnyGradientTransformation,
  options: ProcessOptions = {},
): GradientTransformation<ProcessState<unknown, unknown, unknown>> {
  const { aggregatorHasAux = false } = decodeOptions('process', ProcessOptions, options)
  const [before, aggregate, after] = [preprocessor, aggregator, postprocessor] as readonly GradientTransformation[]
  return GradientTransformation<ProcessState<unknown, unknown, unknown>>(
    (params) => [before!.init(params), aggregate!.init(params), after!.init(params)],
    (perElement, [first, second, third], params, extra) => {
      const [prepared, nextFirst] = before!.update(perElement, first, params, extra)
      const [aggregated, nextSecond] = aggregate!.update(prepared, second, params, extra)
      const [updates, aux] = aggregatorHasAux
        ? (aggregated as unknown as readonly [Updates, ExtraArgs])
        : [aggregated, {}]
      const given = { updates, state: third, params: params, extra: { ...extra, ...aux } }
      const ready = get(nextSecond, 'ready', true)
      const [result, nextThird] =
        ready instanceof NDArray
          ? updateIf('process', ready, postprocessor, given, (u) => zerosLike(u))
          : after!.update(updates, third, params, given.extra)
      return [result, [nextFirst, nextSecond, nextThird]]
    },
  )
}
