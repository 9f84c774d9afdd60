/** Updates divided by a moving root of their mean square. */
import type { NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { trace, type TraceState } from './accumulation.js'
import {
  type ArrayTree,
  type EmptyState,
  GradientTransformation,
  identity,
  type ScalarLike,
  type ScalarOrSchedule,
} from './base.js'
import { chain } from './combining.js'
import { safeIncrement } from './numerics.js'
import { decay as decayRate, decodeOptions, flag, nonNegative, optionsOf, scalarOrNull } from './options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from './scaling.js'
import { fullLike } from './treeArithmetic.js'
import { biasCorrection as corrected, mapArrays, updateMoment, updateMomentPerElemNorm, zerosLike } from './treeMath.js'

export interface ScaleByRmsOptions<B extends boolean = boolean> {
  /** Decay rate of the moments, in [0, 1); default 0.9. */
  readonly decay?: ScalarLike
  /** Added to the denominator; default 1e-8. */
  readonly eps?: ScalarLike
  /** What the mean square begins with; default 0. */
  readonly initialScale?: ScalarLike
  /** Whether `eps` is added inside of the square root; default true. PyTorch and Keras add it outside. */
  readonly epsInSqrt?: boolean
  /** Whether moments are freed of the bias toward what they begin with; default false. The state then has a count. */
  readonly biasCorrection?: B
}
const rmsOptions = {
  decay: decayRate,
  eps: nonNegative,
  initialScale: nonNegative,
  epsInSqrt: flag,
  biasCorrection: flag,
}
const ScaleByRmsOptions = optionsOf('ScaleByRmsOptions', rmsOptions)

/** State of {@link scaleByRms}. */
export interface ScaleByRmsState {
  /** Mean squares, in the structure of the params. */
  readonly nu: ArrayTree
}

/** State of {@link scaleByRms} with `biasCorrection`. */
export interface ScaleByRmsWithCountState extends ScaleByRmsState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
}

/** The state that {@link scaleByRms} needs. */
export type RmsState<B extends boolean> = B extends true ? ScaleByRmsWithCountState : ScaleByRmsState

/** Each update over the root of its mean square. */
const over = (where: string, updates: ArrayTree, squares: ArrayTree, eps: ScalarLike, inSqrt: boolean): ArrayTree =>
  mapArrays(
    [where, 'the updates', 'the mean squares'],
    (g, v) => {
      const scaling = inSqrt ? lax.rsqrt(np.add(v, eps)) : np.divide(1, np.add(np.sqrt(v), eps))
      return np.multiply(scaling, g)
    },
    updates,
    squares,
  )

/**
 * Updates over the root of their mean square: with gradients `g`
 *
 *     v ← (1 - decay) g² + decay v
 *     u = g / √(v + eps),   or, unless `epsInSqrt`, g / (√v + eps)
 *
 * With `biasCorrection`, `v / (1 - decayᵗ)` stands for `v`; with `epsInSqrt: false` this is then `scaleByAdam` with
 * `b1 = 0`, without the memory of a first moment.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Hinton, 2012, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf
 * @example
 * const tx = optax.scaleByRms()
 * const [updates, state] = tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))
 * updates // => Array([ 3.162277 , -3.1622777], dtype=float32)
 * state.nu // => Array([0.025     , 0.90000004], dtype=float32)
 */
export const scaleByRms = <B extends boolean = false>(
  options: ScaleByRmsOptions<B> = {},
): GradientTransformation<RmsState<B>> => {
  const decoded = decodeOptions('scaleByRms', ScaleByRmsOptions, options)
  const { decay = 0.9, eps = 1e-8, initialScale = 0, epsInSqrt = true, biasCorrection = false } = decoded
  const begin = (params: ArrayTree): ScaleByRmsState => ({ nu: fullLike(params, initialScale) })
  const next = (updates: ArrayTree, state: ScaleByRmsState): ArrayTree =>
    updateMomentPerElemNorm(updates, state.nu, decay, 2)
  const tx = biasCorrection
    ? GradientTransformation<ScaleByRmsWithCountState>(
        (params) => ({ count: zeroCount(), ...begin(params) }),
        (updates, state) => {
          const nu = next(updates, state)
          const count = safeIncrement(state.count)
          return [over('scaleByRms', updates, corrected(nu, decay, count), eps, epsInSqrt), { count, nu }]
        },
      )
    : GradientTransformation<ScaleByRmsState>(begin, (updates, state) => {
        const nu = next(updates, state)
        return [over('scaleByRms', updates, nu, eps, epsInSqrt), { nu }]
      })
  return tx as unknown as GradientTransformation<RmsState<B>>
}

export type ScaleByStddevOptions<B extends boolean = boolean> = ScaleByRmsOptions<B>
const ScaleByStddevOptions = optionsOf('ScaleByStddevOptions', rmsOptions)

/** State of {@link scaleByStddev}. */
export interface ScaleByRStdDevState {
  /** Means, in the structure of the params. */
  readonly mu: ArrayTree
  /** Mean squares. */
  readonly nu: ArrayTree
}

/** State of {@link scaleByStddev} with `biasCorrection`. */
export interface ScaleByRStdDevWithCountState extends ScaleByRStdDevState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
}

/** The state that {@link scaleByStddev} needs. */
export type StddevState<B extends boolean> = B extends true ? ScaleByRStdDevWithCountState : ScaleByRStdDevState

/**
 * Updates over their standard deviation: {@link scaleByRms} with `v - m²` for `v`, where `m` is the moving mean of the
 * gradients. Rounding can make the difference negative, and the update NaN, where `eps` is very small or outside of the
 * square root.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Graves, 2013, https://arxiv.org/abs/1308.0850
 * @example
 * const tx = optax.scaleByStddev()
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([ 3.3333325, -3.333333 ], dtype=float32)
 */
export const scaleByStddev = <B extends boolean = false>(
  options: ScaleByStddevOptions<B> = {},
): GradientTransformation<StddevState<B>> => {
  const decoded = decodeOptions('scaleByStddev', ScaleByStddevOptions, options)
  const { decay = 0.9, eps = 1e-8, initialScale = 0, epsInSqrt = true, biasCorrection = false } = decoded
  const begin = (params: ArrayTree): ScaleByRStdDevState => ({
    mu: zerosLike(params),
    nu: fullLike(params, initialScale),
  })
  const next = (updates: ArrayTree, state: ScaleByRStdDevState): ScaleByRStdDevState => ({
    mu: updateMoment(updates, state.mu, decay, 1),
    nu: updateMomentPerElemNorm(updates, state.nu, decay, 2),
  })
  const scaled = (updates: ArrayTree, mu: ArrayTree, nu: ArrayTree): ArrayTree => {
    const variances = mapArrays(
      ['scaleByStddev', 'the mean squares', 'the means'],
      (v, m) => np.subtract(v, np.square(m)),
      nu,
      mu,
    )
    return over('scaleByStddev', updates, variances, eps, epsInSqrt)
  }
  const tx = biasCorrection
    ? GradientTransformation<ScaleByRStdDevWithCountState>(
        (params) => ({ count: zeroCount(), ...begin(params) }),
        (updates, state) => {
          const { mu, nu } = next(updates, state)
          const count = safeIncrement(state.count)
          return [scaled(updates, corrected(mu, decay, count), corrected(nu, decay, count)), { count, mu, nu }]
        },
      )
    : GradientTransformation<ScaleByRStdDevState>(begin, (updates, state) => {
        const { mu, nu } = next(updates, state)
        return [scaled(updates, mu, nu), { mu, nu }]
      })
  return tx as unknown as GradientTransformation<StddevState<B>>
}

export interface RmspropOptions<
  C extends boolean = boolean,
  B extends boolean = boolean,
  D extends ScalarLike | null = ScalarLike | null,
> extends ScaleByRmsOptions<B> {
  /** Whether updates are divided by the standard deviation, not by the root of the mean square; default false. */
  readonly centered?: C
  /** Decay of `trace`, after the learning rate; default `null`, no momentum and no state for it. */
  readonly momentum?: D
  /** Whether the momentum looks ahead; default false. */
  readonly nesterov?: boolean
}
const RmspropOptions = optionsOf('RmspropOptions', {
  ...rmsOptions,
  centered: flag,
  momentum: scalarOrNull,
  nesterov: flag,
})

/** State of {@link rmsprop}. */
export type RmspropState<L, C extends boolean, B extends boolean, D> = readonly [
  C extends true ? StddevState<B> : RmsState<B>,
  LearningRateState<L>,
  D extends null ? EmptyState : TraceState,
]

/**
 * RMSProp: {@link scaleByRms}, or {@link scaleByStddev} if it is centered, then `scaleByLearningRate`, then `trace` if there
 * is momentum. `sgd` has its momentum before the learning rate, and PyTorch its `eps` outside of the square root.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.rmsprop
 * @example
 * const tx = optax.rmsprop(0.1, { momentum: 0.9 })
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params))[0] // => Array([-0.3162277 , -0.31622776], dtype=float32)
 */
export const rmsprop = <
  L extends ScalarOrSchedule,
  C extends boolean = false,
  B extends boolean = false,
  D extends ScalarLike | null = null,
>(
  learningRate: L,
  options: RmspropOptions<C, B, D> = {},
): GradientTransformation<RmspropState<L, C, B, D>> => {
  const decoded = decodeOptions('rmsprop', RmspropOptions, options)
  const { centered = false, momentum = null, nesterov = false, ...rest } = decoded
  const tx = chain(
    centered ? scaleByStddev<boolean>(rest) : scaleByRms<boolean>(rest),
    scaleByLearningRate(learningRate),
    momentum === null ? identity() : trace(momentum, { nesterov }),
  )
  return tx as unknown as GradientTransformation<RmspropState<L, C, B, D>>
}
