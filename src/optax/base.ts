/** The protocol of Optax: pairs of pure functions on trees. */
import { ArgumentError, NDArray } from '../core/index.js'
import type { Pytree } from '../pytree/index.js'

/** A tree of arrays, as seen by code that doesn't know the user's type. */
export type ArrayTree = Pytree<NDArray>

/** Trees of parameters. Functions on them are generic and keep the user's own type. */
export type Params = ArrayTree

/** Trees of gradients or of the steps made of them, in the structure of the parameters. */
export type Updates = ArrayTree

/** A state whose type isn't known: a tree of arrays. */
export type OptState = unknown

/** The state of a transformation that remembers nothing. */
export type EmptyState = Readonly<Record<string, never>>

/** A hyperparameter: a number is rounded to the dtype of the arrays it meets, an array promotes with them. */
export type ScalarLike = number | NDArray

/** A hyperparameter by the number of updates made so far, `int32[]`, which inside `jit` is traced. */
export type ScheduleFn = (count: NDArray) => ScalarLike

/** What the makers of schedules return: evaluated without the runtime for a number, in the graph for an array. */
export type Schedule = (count: ScalarLike) => NDArray

/** A hyperparameter that is the same in all steps, or a schedule of it. */
export type ScalarOrSchedule = ScalarLike | ScheduleFn

/** Whether a hyperparameter changes with the step count. */
export const isSchedule = (x: unknown): x is ScheduleFn => typeof x === 'function'

/** Arguments of `update` after the params; each transformation takes those that it knows. */
export type ExtraArgs = Readonly<Record<string, unknown>>

/** No extra arguments are needed. */
export interface NoExtraArgs {}

/** The last arguments of `update`: both optional, unless the transformation needs extra arguments. */
export type UpdateRest<P, E> = NoExtraArgs extends E
  ? [params?: P | null, extra?: E & ExtraArgs]
  : [params: P | null, extra: E & ExtraArgs]

/** Carries the type of the needed extra arguments; never there at run time. */
declare const neededArgs: unique symbol

/**
 * Two pure functions: `init` makes a state for parameters, `update` turns gradients and the state into steps and the
 * next state. `S` is the type of the state, `E` that of the extra arguments that `update` can't do without: a call that
 * leaves one out doesn't compile.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.GradientTransformation
 */
export interface GradientTransformation<S = OptState, E = NoExtraArgs> {
  /** The state before the first update. */
  init<P>(this: void, params: P): S

  /**
   * Steps and the next state.
   *
   * @param updates - gradients, or what the transformations before made of them
   * @param rest - the parameters (some transformations need them), and extra arguments by name
   */
  update<P>(this: void, updates: P, state: S, ...rest: UpdateRest<P, E>): readonly [updates: P, state: S]

  readonly [neededArgs]?: (extra: E) => void
}

/** The same: here every transformation takes extra arguments, and leaves out those that it doesn't know. */
export type GradientTransformationExtraArgs<S = OptState, E = NoExtraArgs> = GradientTransformation<S, E>

/** The function of a transformation that makes its state. */
export type TransformInitFn<S = OptState> = GradientTransformation<S>['init']

/** The function of a transformation that makes its steps, without extra arguments that it needs. */
export type TransformUpdateFn<S = OptState> = GradientTransformation<S>['update']

/** The function of a transformation that makes its steps and needs extra arguments. */
export type TransformUpdateExtraArgsFn<S = OptState, E = NoExtraArgs> = GradientTransformation<S, E>['update']

/** A transformation of whatever state and extra arguments. */
export type AnyGradientTransformation = GradientTransformation<unknown, never>

/** The type of the state of a transformation. */
export type StateOf<T> = T extends GradientTransformation<infer S, never> ? S : never

/** The type of the extra arguments that a transformation needs. */
export type ExtraArgsOf<T> = T extends { readonly [neededArgs]?: (extra: infer E) => void } ? E : NoExtraArgs

/**
 * A transformation from its two functions, which get the trees without the user's types. A plain object
 * `{ init, update }` is one, too.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.GradientTransformation
 * @example
 * const halve = optax.GradientTransformation(
 *   () => ({ calls: np.array(0) }),
 *   (updates, state) => [tree.map((g: NDArray) => g.mul(0.5), updates), { calls: state.calls.add(1) }],
 * )
 * const [updates, state] = halve.update({ w: np.array([2, 4]) }, halve.init({ w: np.zeros([2]) }))
 * updates // => { w: Array([1., 2.], dtype=float32) }
 */
export const GradientTransformation = <S, E = NoExtraArgs>(
  init: (params: Params) => S,
  update: (updates: Updates, state: S, params: Params | null, extra: E & ExtraArgs) => readonly [Updates, S],
): GradientTransformation<S, E> => {
  const erased = {
    init,
    update: (updates: Updates, state: S, params: Params | null = null, extra = {} as E & ExtraArgs) =>
      update(updates, state, params, extra),
  }
  // The functions map trees leaf by leaf, so they keep any type of tree; TypeScript can't see that.
  return erased as unknown as GradientTransformation<S, E>
}

/**
 * The same as {@link GradientTransformation}.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.GradientTransformationExtraArgs
 */
export const GradientTransformationExtraArgs = GradientTransformation

/**
 * The state of stateless transformations.
 *
 * @example
 * optax.initEmptyState() // => {}
 */
export const initEmptyState = (): EmptyState => ({})

/**
 * A transformation without a state, from a function of the updates and the params.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.stateless
 * @example
 * const shrink = optax.stateless((updates) => tree.map((g: NDArray) => g.mul(0.1), updates))
 * shrink.update(np.array([10]), {})[0] // => Array([1.], dtype=float32)
 */
export const stateless = (
  f: (updates: Updates, params: Params | null) => Updates,
): GradientTransformation<EmptyState> =>
  GradientTransformation(initEmptyState, (updates, state, params) => [f(updates, params), state])

/**
 * Leaves the updates as they are.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.identity
 * @example
 * optax.identity().update(np.array([1, 2]), {})[0] // => Array([1., 2.], dtype=float32)
 */
export const identity = (): GradientTransformation<EmptyState> => stateless((updates) => updates)

/** @internal The params, for transformations that can't do without. @throws ArgumentError */
export const requireParams = (where: string, params: Params | null): Params => {
  if (params === null) {
    throw new ArgumentError(where, 'the params', 'none; call tx.update(updates, state, params)')
  }
  return params
}

/** @internal A scalar hyperparameter. @throws ArgumentError */
export const requireScalar = (where: string, what: string, x: unknown): ScalarLike => {
  if (typeof x === 'number' || x instanceof NDArray) return x
  throw new ArgumentError(where, `${what} that is a number or an array`, x === null ? 'null' : typeof x)
}

/** @throws ArgumentError unless it is a pair of `init` and `update` */
export const requireTransformation = (where: string, tx: unknown): void => {
  const { init, update } = (tx ?? {}) as { readonly init?: unknown; readonly update?: unknown }
  if (typeof init === 'function' && typeof update === 'function') return
  throw new ArgumentError(where, 'transformations of gradients: { init, update }', tx === null ? 'null' : typeof tx)
}
