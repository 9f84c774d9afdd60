/** Accumulation of gradients over several calls. */
import { ArgumentError, type DType, DTypeError, type NDArray, showAval } from '../core/index.js'
import * as np from '../numpy/index.js'
import {
  type AnyGradientTransformation,
  type ExtraArgs,
  type ExtraArgsOf,
  GradientTransformation,
  type Params,
  requireTransformation,
  type ScalarLike,
  type StateOf,
  type UpdateRest,
  type Updates,
} from './base.js'
import { updateIf } from './conditional.js'
import { safeIncrement } from './numerics.js'
import { decodeOptions, dtypeOrNull, flag, functionOrNull, optionsOf } from './options.js'
import { zeroCount } from './scaling.js'
import { castLike, mapArrays, norm, zerosLike } from './treeMath.js'

/**
 * Whether to leave out gradients, `bool[]`, and what to note about them in the state.
 *
 * @param gradientStep - updates that were made of accumulated gradients so far, `int32[]`
 */
export type ShouldSkipUpdateFunction<K = unknown> = (
  updates: Updates,
  gradientStep: NDArray,
  params: Params | null,
) => readonly [shouldSkip: NDArray, skipState: K]

export interface MultiStepsOptions<K = unknown> {
  /** Whether the mean of the gradients is taken, or their sum; default true. */
  readonly useGradMean?: boolean
  /** Which gradients are left out: {@link skipNotFinite}, {@link skipLargeUpdates} or your own; default none. */
  readonly shouldSkipUpdateFn?: ShouldSkipUpdateFunction<K> | null
  /** Dtype in which the gradients are accumulated; default float32; `null`: that of the params. */
  readonly accumulatorDtype?: DType | null
}
const MultiStepsOptions = optionsOf('MultiStepsOptions', {
  useGradMean: flag,
  shouldSkipUpdateFn: functionOrNull,
  accumulatorDtype: dtypeOrNull,
})

/** State of {@link MultiSteps}. */
export interface MultiStepsState<S = unknown, K = unknown> {
  /** Gradients accumulated since the last update, `int32[]`. */
  readonly miniStep: NDArray
  /** Updates made so far, `int32[]`. */
  readonly gradientStep: NDArray
  readonly innerOptState: S
  /** Mean or sum of the gradients since the last update, in the structure of the params. */
  readonly accGrads: Updates
  /** What the function that skips noted about the last gradients. */
  readonly skipState: K
}

const neverSkip: ShouldSkipUpdateFunction<readonly []> = () => [np.array(false), []]

/**
 * An optimizer that takes a step of the mean (or the sum) of `k` gradients, and zero steps before. Under `jit` the inner
 * update is computed at the steps only that use it.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.MultiSteps
 * @example
 * const tx = new optax.MultiSteps(optax.sgd(1), 2)
 * const p = np.array([0])
 * const [first, state] = tx.update(np.array([1]), tx.init(p), p)
 * first // => Array([0.], dtype=float32)
 * tx.update(np.array([3]), state, p)[0] // => Array([-2.], dtype=float32)
 */
export class MultiSteps<T extends AnyGradientTransformation, K = readonly []> {
  readonly #everyK: (gradientStep: NDArray) => ScalarLike
  readonly #useGradMean: boolean
  readonly #shouldSkip: ShouldSkipUpdateFunction<K>
  readonly #dtype: DType | null

  /**
   * @param everyK - how many gradients make an update: at least 1, or by the number of updates made so far
   * @throws ArgumentError if the number isn't a positive whole number
   * @throws OptionsError if an option is unknown
   */
  constructor(
    /** The optimizer that gets the accumulated gradients. */
    readonly innerOpt: T,
    everyK: number | ((gradientStep: NDArray) => ScalarLike),
    options: MultiStepsOptions<K> = {},
  ) {
    requireTransformation('MultiSteps', innerOpt)
    const decoded = decodeOptions('MultiSteps', MultiStepsOptions, options)
    if (typeof everyK !== 'function' && !(Number.isInteger(everyK) && everyK >= 1)) {
      throw new ArgumentError(
        'MultiSteps',
        'a positive whole number of gradients (or a schedule of it)',
        String(everyK),
      )
    }
    this.#everyK = typeof everyK === 'function' ? everyK : () => everyK
    this.#useGradMean = decoded.useGradMean ?? true
    this.#shouldSkip = (decoded.shouldSkipUpdateFn ?? neverSkip) as ShouldSkipUpdateFunction<K>
    this.#dtype = decoded.accumulatorDtype === undefined ? 'float32' : decoded.accumulatorDtype
  }

  /** The state before the first gradients. */
  readonly init = <P>(params: P): MultiStepsState<StateOf<T>, K> => {
    const gradientStep = zeroCount()
    const [, skipState] = this.#shouldSkip(zerosLike(params) as Updates, gradientStep, params as Params)
    return {
      miniStep: zeroCount(),
      gradientStep,
      innerOptState: (this.innerOpt as unknown as GradientTransformation<StateOf<T>>).init(params),
      accGrads: zerosLike(params, { dtype: this.#dtype }) as Updates,
      skipState,
    }
  }

  /** The step, zero between the updates, and the next state. */
  readonly update = <P>(
    updates: P,
    state: MultiStepsState<StateOf<T>, K>,
    ...rest: UpdateRest<P, ExtraArgsOf<T>>
  ): readonly [P, MultiStepsState<StateOf<T>, K>] => {
    const [params = null, extra = {}] = rest as [Params?, ExtraArgs?]
    return this.#step(updates as Updates, state, params, extra) as readonly [P, MultiStepsState<StateOf<T>, K>]
  }

  /** Whether the last gradients made an update, `bool[]`. */
  hasUpdated({ miniStep, gradientStep }: MultiStepsState): NDArray {
    return np.logicalAnd(np.equal(miniStep, 0), np.greater(gradientStep, 0))
  }

  /** The same as a transformation, for chains and optimizers. */
  gradientTransformation(): GradientTransformation<MultiStepsState<StateOf<T>, K>, ExtraArgsOf<T>> {
    return GradientTransformation<MultiStepsState<StateOf<T>, K>, ExtraArgsOf<T>>(
      (params) => this.init(params),
      (updates, state, params, extra) => this.#step(updates, state, params, extra),
    )
  }

  #step(
    updates: Updates,
    state: MultiStepsState<StateOf<T>, K>,
    params: Params | null,
    extra: ExtraArgs,
  ): readonly [Updates, MultiStepsState<StateOf<T>, K>] {
    const { miniStep, gradientStep, innerOptState, accGrads } = state
    const [skip, skipState] = this.#shouldSkip(updates, gradientStep, params)
    if (skip.dtype !== 'bool' || skip.ndim > 0) {
      throw new DTypeError('MultiSteps', 'a shouldSkipUpdateFn that gives a bool[] first', showAval(skip.aval))
    }
    const k = np.astype(np.asarray(this.#everyK(gradientStep)), 'int32')
    const names = ['MultiSteps', 'the updates', 'the accumulated gradients'] as const
    const sums = mapArrays(
      names,
      (g, acc) =>
        this.#useGradMean ? np.add(acc, np.divide(np.subtract(g, acc), np.add(miniStep, 1))) : np.add(g, acc),
      updates,
      accGrads,
    )
    const proceeds = np.logicalNot(skip)
    const emits = np.logicalAnd(proceeds, np.equal(miniStep, np.subtract(k, 1)))
    const [result, nextInner] = updateIf(
      'MultiSteps',
      emits,
      this.innerOpt,
      { updates: castLike(sums, updates), state: innerOptState, params, extra },
      (u) => zerosLike(u),
    )
    return [
      result,
      {
        miniStep: np.where(proceeds, np.remainder(safeIncrement(miniStep), k), miniStep),
        gradientStep: np.where(emits, safeIncrement(gradientStep), gradientStep),
        innerOptState: nextInner,
        accGrads: mapArrays(
          ['MultiSteps', 'the accumulated gradients', 'the sums'],
          (acc, sum) => np.astype(np.where(emits, 0, np.where(skip, acc, sum)), acc.dtype),
          accGrads,
          sums,
        ),
        skipState,
      },
    ]
  }
}

/** What {@link skipNotFinite} notes. */
export interface SkipNotFiniteState {
  /** `bool[]`. */
  readonly shouldSkip: NDArray
  /** Elements that were NaN or infinite, `int32[]`. */
  readonly numNotFinite: NDArray
}

/**
 * Skips gradients with a NaN or an infinity, for {@link MultiSteps}.
 *
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_wrappers.html#optax.skip_not_finite
 * @example
 * optax.skipNotFinite(np.array([1, NaN, Infinity]))[1].numNotFinite.item() // => 2
 */
export const skipNotFinite = (updates: Updates): readonly [NDArray, SkipNotFiniteState] => {
  let numNotFinite = zeroCount()
  mapArrays(
    ['skipNotFinite', 'the updates'],
    (g) => {
      numNotFinite = np.add(numNotFinite, np.astype(np.sum(np.logicalNot(np.isfinite(g))), 'int32'))
      return g
    },
    updates,
  )
  const shouldSkip = np.greater(numNotFinite, 0)
  return [shouldSkip, { shouldSkip, numNotFinite }]
}

/** What {@link skipLargeUpdates} notes. */
export interface SkipLargeUpdatesState {
  /** `bool[]`. */
  readonly shouldSkip: NDArray
  /** Square of the global norm. */
  readonly normSquared: NDArray
}

/**
 * Skips gradients whose squared global norm isn't less than a number, and so those with a NaN, for {@link MultiSteps}:
 * `shouldSkipUpdateFn: (updates, step, params) => optax.skipLargeUpdates(updates, step, params, 100)`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_wrappers.html#optax.skip_large_updates
 * @example
 * optax.skipLargeUpdates(np.array([3, 4]), np.array(0), null, 25)[0] // => Array(True, dtype=bool)
 */
export const skipLargeUpdates = (
  updates: Updates,
  _gradientStep: NDArray,
  _params: Params | null,
  maxSquaredNorm: ScalarLike,
): readonly [NDArray, SkipLargeUpdatesState] => {
  const normSquared = norm(updates, { squared: true })
  const shouldSkip = np.logicalNot(np.less(normSquared, maxSquaredNorm))
  return [shouldSkip, { shouldSkip, normSquared }]
}
