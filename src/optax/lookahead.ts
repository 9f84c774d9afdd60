/** Lookahead: slow weights that follow fast ones. */
import { ArgumentError, type NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { getAttrKey, registerNode } from '../pytree/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type ExtraArgs,
  type GradientTransformation,
  requireScalar,
  type ScalarLike,
  type StateOf,
} from './base.js'
import { oneMinus } from './numerics.js'
import { decodeOptions, flag, optionsOf } from './options.js'
import { zeroCount } from './scaling.js'
import { where } from './treeArithmetic.js'
import { mapArrays } from './treeMath.js'

/**
 * Parameters, or updates of them, for {@link lookahead}.
 *
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_wrappers.html#optax.LookaheadParams
 */
export class LookaheadParams<P = ArrayTree> {
  constructor(
    /** What the loss is computed with, and its gradient. */
    readonly fast: P,
    /** What is looked ahead from, and evaluated. */
    readonly slow: P,
  ) {}

  /** Fast and slow parameters that are the same. */
  static initSynced<P>(params: P): LookaheadParams<P> {
    return new LookaheadParams(params, params)
  }
}
registerNode(LookaheadParams as new (fast: unknown, slow: unknown) => LookaheadParams<unknown>, {
  flatten: ({ fast, slow }) => ({ children: [fast, slow], keys: [getAttrKey('fast'), getAttrKey('slow')], aux: null }),
  unflatten: (_, [fast, slow]) => new LookaheadParams<unknown>(fast, slow),
})

/** State of {@link lookahead}. */
export interface LookaheadState<S = unknown> {
  readonly fastState: S
  /** Updates since slow and fast parameters met, `int32[]`. */
  readonly stepsSinceSync: NDArray
}

/** A transformation of the gradients of the fast parameters into updates of the fast and the slow ones. */
export interface LookaheadTransformation<S> {
  /** The state before the first update. */
  init<P>(this: void, params: LookaheadParams<P> | P): LookaheadState<S>
  /** Updates of both, for `applyUpdates`, and the next state. */
  update<P>(
    this: void,
    updates: P,
    state: LookaheadState<S>,
    params: LookaheadParams<P>,
    extra?: ExtraArgs,
  ): readonly [LookaheadParams<P>, LookaheadState<S>]
}

export interface LookaheadOptions {
  /** Whether the fast optimizer begins anew when fast and slow parameters meet; default false. */
  readonly resetState?: boolean
}
const LookaheadOptions = optionsOf('LookaheadOptions', { resetState: flag })

/**
 * The fast optimizer, and every `syncPeriod` updates a step of slow parameters towards the fast ones, which go on from
 * there: with the step `u` of the fast parameters `f`, `s ← s + slowStepSize (f + u - s)`, `f ← s`.
 *
 * @param syncPeriod - at least 1
 * @throws ArgumentError if the period isn't positive, or in `update` if the params aren't {@link LookaheadParams}
 * @throws OptionsError if an option is unknown
 * @see Zhang et al., 2019, https://arxiv.org/abs/1907.08610
 * @example
 * const tx = optax.lookahead(optax.sgd(1), 1, 0.5)
 * const params = optax.LookaheadParams.initSynced(np.array([1]))
 * const [updates] = tx.update(np.array([1]), tx.init(params), params)
 * optax.applyUpdates(params, updates).slow // => Array([0.5], dtype=float32)
 */
export const lookahead = <T extends AnyGradientTransformation>(
  fastOptimizer: T,
  syncPeriod: ScalarLike,
  slowStepSize: ScalarLike,
  options: LookaheadOptions = {},
): LookaheadTransformation<StateOf<T>> => {
  const { resetState = false } = decodeOptions('lookahead', LookaheadOptions, options)
  const period = requireScalar('lookahead', 'a period', syncPeriod)
  const rate = requireScalar('lookahead', 'a step size', slowStepSize)
  if (typeof period === 'number' && !(period >= 1)) {
    throw new ArgumentError('lookahead', 'a period of at least 1', String(period))
  }
  const tx = fastOptimizer as unknown as GradientTransformation<StateOf<T>>
  return {
    init: (params) => ({
      fastState: tx.init(params instanceof LookaheadParams ? params.fast : params),
      stepsSinceSync: zeroCount(),
    }),
    update: (updates, { fastState, stepsSinceSync }, params, extra) => {
      if (!(params instanceof LookaheadParams)) {
        throw new ArgumentError(
          'lookahead',
          'LookaheadParams',
          `other params; make them with LookaheadParams.initSynced`,
        )
      }
      const [steps, next] = tx.update(updates, fastState, params.fast, extra)
      const meets = np.equal(stepsSinceSync, np.subtract(period, 1))
      const names = ['lookahead', 'the updates', 'the fast params', 'the slow params'] as const
      const fast = mapArrays(
        names,
        (u, f, s) => {
          const back = np.multiply(oneMinus(rate), np.subtract(np.add(f, u), s))
          return np.where(meets, np.subtract(u, back), u)
        },
        steps,
        params.fast,
        params.slow,
      )
      const slow = mapArrays(
        names,
        (u, f, s) => {
          const towards = np.multiply(rate, np.subtract(np.add(f, u), s))
          return np.where(meets, towards, 0)
        },
        steps,
        params.fast,
        params.slow,
      )
      const state = resetState ? where(meets, tx.init(params.fast), next) : next
      const count = np.astype(np.remainder(np.add(stepsSinceSync, 1), period), 'int32')
      return [new LookaheadParams(fast, slow), { fastState: state, stepsSinceSync: count }]
    },
  }
}
