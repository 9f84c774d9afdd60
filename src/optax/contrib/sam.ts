/** Sharpness-aware minimization: descent by the gradients at the worst params nearby. */
import { ArgumentError, type NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import {
  type ArrayTree,
  type EmptyState,
  GradientTransformation,
  type NoExtraArgs,
  type Params,
  requireParams,
  stateless,
  type Updates,
} from '../base.js'
import { decodeOptions, flag, optionsOf } from '../options.js'
import { zeroCount } from '../scaling.js'
import { mapArrays, norm } from '../treeMath.js'
import { applyUpdates } from '../update.js'
import { positiveInteger } from './estimates.js'

/** State of {@link normalize}. */
export type NormalizeState = EmptyState

/**
 * Updates divided by their global norm; NaN if it is zero.
 *
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.normalize
 * @example
 * optax.contrib.normalize().update(np.array([3, 4]), {})[0] // => Array([0.6, 0.8], dtype=float32)
 */
export const normalize = (): GradientTransformation<NormalizeState> =>
  stateless((updates) => {
    const length = norm(updates)
    return mapArrays(['normalize', 'the updates'], (g) => np.divide(g, length), updates)
  })

export interface SamOptions<O extends boolean = boolean> {
  /** Number of updates of one step: all but the last ascend; default 2. */
  readonly syncPeriod?: number
  /** Whether each ascent begins with a new state; default true. */
  readonly resetState?: boolean
  /** Whether one update makes a whole step, with gradients from the extra argument `gradFn`; default false. */
  readonly opaqueMode?: O
}
const SamOptions = optionsOf('SamOptions', { syncPeriod: positiveInteger, resetState: flag, opaqueMode: flag })

/** State of {@link sam}. */
export interface SAMState<S = unknown, A = unknown> {
  /** Updates since the last step, `int32[]`. */
  readonly stepsSinceSync: NDArray
  /** State of the optimizer. */
  readonly optState: S
  /** State of the ascent. */
  readonly advState: A
  /** Params where the ascent began; `null` in opaque mode. */
  readonly cache: ArrayTree | null
}

/** What {@link sam} needs in opaque mode. */
export interface GradFn {
  /** Gradients at params; the second argument counts the calls of a step from 0. */
  readonly gradFn: (params: never, i: number) => unknown
}

/** The extra arguments that {@link sam} needs. */
export type SamExtraArgs<O> = O extends true ? GradFn : NoExtraArgs

const either = <T>(condition: NDArray, onTrue: T, onFalse: T): T =>
  tree.map((x: NDArray, y: NDArray) => np.where(condition, x, y), onTrue as object, onFalse) as T

const ascending = (updates: Updates): Updates => mapArrays(['sam', 'the updates'], (u) => np.negative(u), updates)

/**
 * Descent by the gradients at params to which an ascent leads: `syncPeriod - 1` steps of `advOptimizer` against its
 * direction, then a step of `optimizer` from where the ascent began, by the gradients at its end.
 *
 * An update is one of these steps, so that after `syncPeriod` of them (2 unless told otherwise) the params have made one
 * step, and in between are those of the ascent. In opaque mode each update does all of it, with gradients from the extra
 * argument `gradFn(params, i)`.
 *
 * @param advOptimizer - `chain(normalize(), sgd(rho))` for the ascent of the paper
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params, or in opaque mode without `gradFn`
 * @see Foret et al., 2020, https://arxiv.org/abs/2010.01412
 * @example
 * const ascent = optax.chain(optax.contrib.normalize(), optax.sgd(5))
 * const tx = optax.contrib.sam(optax.sgd(0.5), ascent, { opaqueMode: true })
 * const params = np.array([3, 4])
 * const gradFn = (p: NDArray) => p.mul(2)
 * tx.update(gradFn(params), tx.init(params), params, { gradFn })[0] // => Array([-6., -8.], dtype=float32)
 */
export const sam = <S, A, O extends boolean = false>(
  optimizer: GradientTransformation<S>,
  advOptimizer: GradientTransformation<A>,
  options: SamOptions<O> = {},
): GradientTransformation<SAMState<S, A>, SamExtraArgs<O>> => {
  const decoded = decodeOptions('sam', SamOptions, options)
  const { syncPeriod = 2, resetState = true, opaqueMode = false } = decoded

  const transparent = (updates: Updates, state: SAMState<S, A>, params: Params): readonly [Updates, SAMState<S, A>] => {
    const start = state.cache
    if (start === null) throw new ArgumentError('sam', 'a state with the params of the start', 'one of opaque mode')
    const isFirst = np.equal(state.stepsSinceSync, 0)
    const isLast = np.equal(state.stepsSinceSync, syncPeriod - 1)
    const [ascent, advState] = advOptimizer.update(updates, state.advState, params)
    const [descent, optState] = optimizer.update(updates, state.optState, start)
    const back = mapArrays(
      ['sam', 'the updates', 'the params of the start', 'the params'],
      (u, c, p) => np.add(np.subtract(c, p), u),
      descent,
      start,
      params,
    )
    const next = {
      stepsSinceSync: np.remainder(np.add(state.stepsSinceSync, 1), syncPeriod),
      optState: either(isLast, optState, state.optState),
      advState: either(isLast, resetState ? advOptimizer.init(params) : state.advState, advState),
      cache: either(isFirst, params, start),
    }
    return [either(isLast, back, ascending(ascent)), next]
  }

  const opaque = (
    updates: Updates,
    state: SAMState<S, A>,
    params: Params,
    gradFn: unknown,
  ): readonly [Updates, SAMState<S, A>] => {
    if (typeof gradFn !== 'function') {
      throw new ArgumentError(
        'sam',
        'gradFn in opaque mode',
        'none; call tx.update(updates, state, params, { gradFn }) with a function that returns gradients at params',
      )
    }
    let [grads, advState, at] = [updates, state.advState, params]
    for (let i = 0; i < syncPeriod - 1; i++) {
      const [ascent, nextState] = advOptimizer.update(grads, advState, at)
      advState = nextState
      at = applyUpdates(at, ascending(ascent))
      grads = (gradFn as (params: Params, i: number) => Updates)(at, i)
    }
    const [descent, optState] = optimizer.update(grads, state.optState, params)
    const next = resetState ? advOptimizer.init(params) : advState
    return [descent, { stepsSinceSync: zeroCount(), optState, advState: next, cache: null }]
  }

  return GradientTransformation<SAMState<S, A>, SamExtraArgs<O>>(
    (params) => ({
      stepsSinceSync: zeroCount(),
      optState: optimizer.init(params),
      advState: advOptimizer.init(params),
      cache: opaqueMode ? null : params,
    }),
    (updates, state, params, extra) => {
      const given = requireParams('sam', params)
      return opaqueMode
        ? opaque(updates, state, given, (extra as Partial<GradFn>).gradFn)
        : transparent(updates, state, given)
    },
  )
}
