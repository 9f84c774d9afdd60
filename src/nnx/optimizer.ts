/** `nnx.Optimizer`: a shell around Optax that rebinds the state after each step. */
import { ArgumentError } from '../core/index.js'
import * as np from '../numpy/index.js'
import { applyUpdates, type GradientTransformation } from '../optax/index.js'
import { type Filter, showFilter } from './filter.js'
import { pathDifference, state, update } from './graph.js'
import { GraphObject } from './object.js'
import { fromOptState, OptState, toOptState, updateOptState, withoutVariables, type Wrapped } from './optState.js'
import { classNameOf } from './print.js'
import { toFlatState } from './flatState.js'
import { type AnyState, isState, type State } from './state.js'
import { filterState } from './stateFilters.js'
import { Param } from './variable.js'

export interface OptimizerOptions {
  /** Which Variables are optimized; default `nnx.Param`. Their gradients are those of `nnx.DiffState(argnum, wrt)`. */
  readonly wrt?: Filter
}

/** Arguments of `tx.update` after the params: what line searches and others ask for. */
export type UpdateExtra = Readonly<Record<string, unknown>>

/** Gradients in an object, with other things that subclasses take. */
export interface NamedGrads<M> {
  readonly grads: State<M>
}

const isNamed = (x: unknown): x is NamedGrads<unknown> =>
  typeof x === 'object' && x !== null && !isState(x) && Object.getPrototypeOf(x) === Object.prototype && 'grads' in x

/**
 * A model with an Optax transformation and its state. `update(grads)` does by hand what a pure training step does:
 *
 * ```
 * const params = nnx.state(model, wrt)
 * const [updates, optState] = tx.update(grads, this.optState, params)
 * nnx.update(model, optax.applyUpdates(params, updates))
 * ```
 *
 * Can be extended, split and merged, and passed to `nnx.jit`.
 *
 * @example
 * const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const optimizer = new nnx.Optimizer(model, optax.sgd(0.1), { wrt: nnx.Param })
 * const grads = nnx.grad((model: nnx.Linear) => np.sum(model(np.ones([1, 2]))))(model)
 * optimizer.update(grads)
 * model.bias!.value // => Array([-0.1], dtype=float32)
 * optimizer.step.value // => Array(1, dtype=uint32)
 */
export class Optimizer<M = unknown, S = unknown> extends GraphObject {
  /** Updates made, `uint32[]`. */
  readonly step: OptState
  readonly model: M
  readonly tx: GradientTransformation<S, never>
  /** The state of `tx`, its arrays in `OptArray` and `OptVariable` Variables. */
  optState: Wrapped<S>
  /** Which Variables are optimized. */
  readonly wrt: Filter

  constructor(model: M, tx: GradientTransformation<S, never>, { wrt = Param }: OptimizerOptions = {}) {
    super()
    this.step = new OptState(np.zeros([], { dtype: 'uint32' }))
    this.model = model
    this.tx = tx
    this.wrt = wrt
    this.optState = toOptState(tx.init(state(model, wrt))) as Wrapped<S>
  }

  /**
   * One step: `update(grads)`, `update({ grads })`, or `update(model, grads)`, each with extra arguments for `tx.update` as
   * the last.
   *
   * @param grads - of the Variables selected by `wrt`; those of others are left out
   * @returns what was added to the Variables
   * @throws ArgumentError if gradients of selected Variables are missing
   */
  update(first: State<M> | NamedGrads<M> | M, second?: State<M> | UpdateExtra, third?: UpdateExtra): State<M> {
    const [model, grads, extra] = this.arguments(first, second, third)
    const params = state(model, this.wrt)
    const chosen = this.requireGrads(grads, params)
    const before = fromOptState(this.optState) as S
    const transform = this.tx.update as unknown as (
      updates: AnyState,
      state: S,
      params: AnyState,
      extra: UpdateExtra,
    ) => readonly [AnyState, S]
    const pure = Object.fromEntries(Object.entries(extra).map(([name, value]) => [name, withoutVariables(value)]))
    const [updates, after] = transform(chosen, before, params, pure)
    update(model, applyUpdates<AnyState>(params, updates))
    this.optState = updateOptState(this.optState, after) as Wrapped<S>
    this.step.value = np.add(this.step.value, 1)
    return updates as State<M>
  }

  /** Tells the call styles apart. @throws ArgumentError */
  private arguments(first: unknown, second: unknown, third: unknown): readonly [M, AnyState, UpdateExtra] {
    if (isNamed(first)) {
      const { grads, ...extra } = first as NamedGrads<unknown> & UpdateExtra
      return [this.model, grads, { ...extra, ...(second as UpdateExtra | undefined) }]
    }
    if (isState(first)) return [this.model, first, (second ?? {}) as UpdateExtra]
    if (isState(second)) return [first as M, second, (third ?? {}) as UpdateExtra]
    const got = typeof first === 'object' && first !== null ? classNameOf(first) : typeof first
    throw new ArgumentError(
      `${classNameOf(this)}.update`,
      'gradients as nnx.grad gives them: update(grads), update({ grads }) or update(model, grads)',
      got,
    )
  }

  /** The gradients of the selected Variables, all of them. @throws ArgumentError */
  private requireGrads(grads: AnyState, params: AnyState): AnyState {
    const chosen = filterState(grads, this.wrt)
    const [want, got] = [params, chosen].map((tree) => toFlatState(tree).map(([path]) => path))
    const difference = pathDifference(want!, got!)
    if (difference === null) return chosen
    throw new ArgumentError(
      `${classNameOf(this)}.update`,
      `gradients of the Variables selected by wrt, ${showFilter(this.wrt)}`,
      `${difference}; differentiate with { argnums: nnx.DiffState(0, ${showFilter(this.wrt)}) }`,
    )
  }
}
