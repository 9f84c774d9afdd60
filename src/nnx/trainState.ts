/** `nnx.TrainState`: a training as immutable data. */
import { ArgumentError, type NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { applyUpdates, type GradientTransformation } from '../optax/index.js'
import { registerDataclass } from '../pytree/index.js'
import type { PureCaller } from './functionalCall.js'
import type { GraphDef } from './graphdef.js'
import { type AnyState, isState, type State } from './state.js'

/** What is needed to begin. */
export interface TrainStateOptions<M, S> {
  readonly params: State<M>
  readonly tx: GradientTransformation<S, never>
  /** Updates made before; default 0. */
  readonly step?: number
}

/**
 * Structure, parameters and optimizer state of a training: a pytree, for plain `jit`. Nothing in it changes; steps give
 * new ones.
 *
 * @example
 * const [graphdef, params] = nnx.split(new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) }), nnx.Param)
 * const state = nnx.TrainState.create(graphdef, { params, tx: optax.sgd(0.1) })
 * const grads = grad((p: typeof params) => np.sum(graphdef.apply(p)(np.ones([1, 2]))[0]))(state.params)
 * const next = state.applyGradients(grads)
 * next.step // => Array(1, dtype=int32)
 * next.params.bias?.value // => Array([-0.1], dtype=float32)
 */
export class TrainState<M = unknown, S = unknown> {
  constructor(
    readonly graphdef: GraphDef<M>,
    readonly params: State<M>,
    readonly optState: S,
    /** Updates made, `int32[]`. */
    readonly step: NDArray,
    readonly tx: GradientTransformation<S, never>,
  ) {}

  static create<M, S>(graphdef: GraphDef<M>, { params, tx, step = 0 }: TrainStateOptions<M, S>): TrainState<M, S> {
    return new TrainState(graphdef, params, tx.init(params), np.array(step, { dtype: 'int32' }), tx)
  }

  /** One step: update, new parameters, one more in the count. */
  applyGradients(grads: State<M>): TrainState<M, S> {
    const update = this.tx.update as unknown as (grads: State<M>, state: S, params: State<M>) => readonly [State<M>, S]
    const [updates, optState] = update(grads, this.optState, this.params)
    const params = applyUpdates<AnyState>(this.params, updates) as State<M>
    return this.replace({ params, optState, step: np.add(this.step, 1) })
  }

  /** A state with other fields. */
  replace(
    fields: Partial<Pick<TrainState<M, S>, 'graphdef' | 'params' | 'optState' | 'step' | 'tx'>>,
  ): TrainState<M, S> {
    return Object.assign(Object.create(Object.getPrototypeOf(this) as object) as TrainState<M, S>, this, fields)
  }

  /** Pure calls of the model with states, or with fields of this that are states. @throws ArgumentError */
  apply(...states: readonly (AnyState | string)[]): PureCaller<M, M> {
    const [first, ...rest] = states.map((state) => {
      const value: unknown = typeof state === 'string' ? (this as unknown as Record<string, unknown>)[state] : state
      if (isState(value)) return value
      throw new ArgumentError(
        'TrainState.apply',
        'states, or names of fields that are',
        typeof state === 'string' ? state : typeof state,
      )
    }) as unknown as readonly [AnyState, ...AnyState[]]
    return this.graphdef.apply(first, ...rest)
  }
}

registerDataclass(TrainState as unknown as abstract new () => TrainState, {
  dataFields: ['graphdef', 'params', 'optState', 'step'],
  metaFields: ['tx'],
})
