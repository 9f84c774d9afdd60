/** Transformations that are made on a condition only. */
import { literal, type NDArray } from '../core/index.js'
import { cond } from '../control/index.js'
import * as np from '../numpy/index.js'
import {
  type AnyGradientTransformation,
  type ExtraArgs,
  type ExtraArgsOf,
  GradientTransformation,
  type Params,
  requireScalar,
  type StateOf,
  type Updates,
} from './base.js'
import { safeIncrement } from './numerics.js'
import { decodeOptions, flag, optionsOf } from './options.js'
import { zeroCount } from './scaling.js'
import { mapArrays, zerosLike } from './treeMath.js'

/** @internal What an update is made of. */
export interface UpdateArguments<S> {
  readonly updates: Updates
  readonly state: S
  readonly params: Params | null
  readonly extra: ExtraArgs
}

/**
 * @internal The update of a transformation where a condition holds; elsewhere `rejected` and the state as it was. Under
 * `jit` only the branch taken is computed. The updates keep their dtypes, for both branches must agree on them.
 */
export const updateIf = <S>(
  where: string,
  condition: NDArray,
  inner: AnyGradientTransformation,
  { updates, state, params, extra }: UpdateArguments<S>,
  rejected: (updates: Updates) => Updates,
): readonly [Updates, S] => {
  const tx = inner as unknown as GradientTransformation<S>
  return cond(
    condition,
    (): readonly [Updates, S] => {
      const [transformed, next] = tx.update(updates, state, params, extra)
      return [
        inDtypesOf([where, 'the updates', 'the transformed updates'], updates, transformed),
        inDtypesOf([where, 'the state', 'the next state'], state, next),
      ]
    },
    () => [rejected(updates), state],
  )
}

const inDtypesOf = <T>(names: readonly [string, string, string], like: T, of: T): T =>
  mapArrays(names, (x, y) => np.astype(y, x.dtype), like, of)

/** @internal Whether all elements of a tree are finite, `bool[]`. */
export const allFinite = (of: Updates): NDArray => {
  const verdicts: NDArray[] = []
  mapArrays(
    ['allFinite', 'the updates'],
    (x) => {
      verdicts.push(np.all(np.isfinite(x)))
      return x
    },
    of,
  )
  return verdicts.reduce((a, b) => np.logicalAnd(a, b), literal(true, 'bool'))
}

/** Whether to transform at a step: of the count of updates made before, `int32[]`, and the extra arguments. */
export type ConditionFn = (step: NDArray, extra: ExtraArgs) => NDArray | boolean

export interface ConditionOptions {
  /** Whether the condition gets the extra arguments of the update; default false. */
  readonly forwardExtraArgs?: boolean
}
const ConditionOptions = optionsOf('ConditionOptions', { forwardExtraArgs: flag })

/** State of {@link conditionallyTransform}. */
export interface ConditionallyTransformState<S = unknown> {
  readonly innerState: S
  /** Updates made so far, `int32[]`. */
  readonly step: NDArray
}

/** State of {@link conditionallyMask}. */
export interface ConditionallyMaskState<S = unknown> {
  /** Updates made so far, `int32[]`. */
  readonly step: NDArray
  readonly innerState: S
}

const conditionally = <T extends AnyGradientTransformation>(
  where: string,
  inner: T,
  shouldTransform: ConditionFn,
  options: ConditionOptions,
  rejected: (updates: Updates) => Updates,
): GradientTransformation<ConditionallyTransformState<StateOf<T>>, ExtraArgsOf<T>> => {
  const { forwardExtraArgs = false } = decodeOptions(where, ConditionOptions, options)
  const tx = inner as unknown as GradientTransformation<StateOf<T>>
  return GradientTransformation<ConditionallyTransformState<StateOf<T>>, ExtraArgsOf<T>>(
    (params) => ({ innerState: tx.init(params), step: zeroCount() }),
    (updates, { innerState, step }, params, extra) => {
      const verdict = shouldTransform(step, forwardExtraArgs ? extra : {})
      const condition = typeof verdict === 'boolean' ? literal(verdict, 'bool') : verdict
      const given = { updates, state: innerState, params, extra }
      const [result, next] = updateIf(where, condition, inner, given, rejected)
      return [result, { innerState: next, step: safeIncrement(step) }]
    },
  )
}

/**
 * The inner transformation at the steps for which a condition holds; at the others the updates pass as they are, and the
 * inner state stays.
 *
 * @param shouldTransform - of the step, which counts all updates from 0
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.conditionally_transform
 * @example
 * const tx = optax.conditionallyTransform(optax.scale(10), (step) => step.ge(1))
 * const g = np.array([1])
 * const [first, state] = tx.update(g, tx.init(g))
 * first // => Array([1.], dtype=float32)
 * tx.update(g, state)[0] // => Array([10.], dtype=float32)
 */
export const conditionallyTransform = <T extends AnyGradientTransformation>(
  inner: T,
  shouldTransform: ConditionFn,
  options: ConditionOptions = {},
): GradientTransformation<ConditionallyTransformState<StateOf<T>>, ExtraArgsOf<T>> =>
  conditionally('conditionallyTransform', inner, shouldTransform, options, (updates) => updates)

/**
 * As {@link conditionallyTransform}, but the updates are zero at the steps for which the condition doesn't hold.
 *
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.conditionally_mask
 * @example
 * const tx = optax.conditionallyMask(optax.scale(10), (step) => step.ge(1))
 * const g = np.array([1])
 * tx.update(g, tx.init(g))[0] // => Array([0.], dtype=float32)
 */
export const conditionallyMask = <T extends AnyGradientTransformation>(
  inner: T,
  shouldTransform: ConditionFn,
  options: ConditionOptions = {},
): GradientTransformation<ConditionallyMaskState<StateOf<T>>, ExtraArgsOf<T>> =>
  conditionally('conditionallyMask', inner, shouldTransform, options, (updates) => zerosLike(updates))

/** State of {@link applyIfFinite}. */
export interface ApplyIfFiniteState<S = unknown> {
  /** Updates with a NaN or an infinity in a row, up to the last one, `int32[]`. */
  readonly notfiniteCount: NDArray
  /** Whether the last updates were finite, `bool[]`. */
  readonly lastFinite: NDArray
  /** Updates with a NaN or an infinity in all, `int32[]`. */
  readonly totalNotfinite: NDArray
  readonly innerState: S
}

/**
 * The inner transformation of updates that are finite; others become zeros and leave the inner state as it is, unless
 * more than `maxConsecutiveErrors` come in a row: then they are let through.
 *
 * @throws ArgumentError if the number is none
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.apply_if_finite
 * @example
 * const tx = optax.applyIfFinite(optax.sgd(1), 2)
 * const p = np.array([1, 2])
 * const [updates, state] = tx.update(np.array([NaN, 1]), tx.init(p))
 * updates // => Array([0., 0.], dtype=float32)
 * state.totalNotfinite // => Array(1, dtype=int32)
 */
export const applyIfFinite = <T extends AnyGradientTransformation>(
  inner: T,
  maxConsecutiveErrors: number | NDArray,
): GradientTransformation<ApplyIfFiniteState<StateOf<T>>, ExtraArgsOf<T>> => {
  const most = requireScalar('applyIfFinite', 'a number of errors', maxConsecutiveErrors)
  const tx = inner as unknown as GradientTransformation<StateOf<T>>
  return GradientTransformation<ApplyIfFiniteState<StateOf<T>>, ExtraArgsOf<T>>(
    (params) => ({
      notfiniteCount: zeroCount(),
      lastFinite: np.array(true),
      totalNotfinite: zeroCount(),
      innerState: tx.init(params),
    }),
    (updates, state, params, extra) => {
      const lastFinite = allFinite(updates)
      const notfiniteCount = np.where(lastFinite, zeroCount(), safeIncrement(state.notfiniteCount))
      const [result, innerState] = updateIf(
        'applyIfFinite',
        np.logicalOr(lastFinite, np.greater(notfiniteCount, most)),
        inner,
        { updates, state: state.innerState, params, extra },
        (u) => zerosLike(u),
      )
      const totalNotfinite = np.where(lastFinite, state.totalNotfinite, safeIncrement(state.totalNotfinite))
      return [result, { notfiniteCount, lastFinite, totalNotfinite, innerState }]
    },
  )
}
