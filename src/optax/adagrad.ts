/** Updates divided by all gradients so far, or by a moving mean of them. */
import type { NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { type ArrayTree, GradientTransformation, type ScalarLike, type ScalarOrSchedule } from './base.js'
import { chain } from './combining.js'
import type { MaskFn, MaskOrFn } from './masking.js'
import { decay, decodeOptions, maskOrNull, nonNegative, optionsOf, scalarOrSchedule } from './options.js'
import { type LearningRateState, scaleByLearningRate } from './scaling.js'
import { fullLike } from './treeArithmetic.js'
import { mapArrays, updateMoment, zerosLike } from './treeMath.js'
import { decayOf, type WeightDecayState } from './weightDecay.js'

export interface ScaleByRssOptions {
  /** What the sums begin with; default 0.1. */
  readonly initialAccumulatorValue?: ScalarLike
  /** Added inside of the square root; default 1e-7. */
  readonly eps?: ScalarLike
}
const rssOptions = { initialAccumulatorValue: nonNegative, eps: nonNegative }
const ScaleByRssOptions = optionsOf('ScaleByRssOptions', rssOptions)

/** State of {@link scaleByRss}. */
export interface ScaleByRssState {
  /** Sums of the squares so far, in the structure of the params. */
  readonly sumOfSquares: ArrayTree
}

/** @internal `1 / √(x + eps)` where there was anything, else 0. */
export const inverseRoot = (x: NDArray, eps: ScalarLike): NDArray =>
  np.where(np.less(0, x), lax.rsqrt(np.add(x, eps)), 0)

/**
 * Updates over the root of the sum of their squares so far: with gradients `g`
 *
 *     s ← g² + s,   u = g / √(s + eps) where s > 0, else 0
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Duchi et al., 2011, https://jmlr.org/papers/v12/duchi11a.html
 * @example
 * const tx = optax.scaleByRss()
 * const [updates, state] = tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))
 * updates // => Array([ 0.84515417, -0.9944903 ], dtype=float32)
 * state.sumOfSquares // => Array([0.35, 9.1 ], dtype=float32)
 */
export const scaleByRss = (options: ScaleByRssOptions = {}): GradientTransformation<ScaleByRssState> => {
  const { initialAccumulatorValue = 0.1, eps = 1e-7 } = decodeOptions('scaleByRss', ScaleByRssOptions, options)
  return GradientTransformation<ScaleByRssState>(
    (params) => ({ sumOfSquares: fullLike(params, initialAccumulatorValue) }),
    (updates, state) => {
      const sumOfSquares = mapArrays(
        ['scaleByRss', 'the updates', 'the sums of squares'],
        (g, s) => np.add(np.square(g), s),
        updates,
        state.sumOfSquares,
      )
      const scaled = mapArrays(
        ['scaleByRss', 'the updates', 'the sums of squares'],
        (g, s) => np.multiply(inverseRoot(s, eps), g),
        updates,
        sumOfSquares,
      )
      return [scaled, { sumOfSquares }]
    },
  )
}

export type AdagradOptions = ScaleByRssOptions
const AdagradOptions = optionsOf('AdagradOptions', rssOptions)

/**
 * Adagrad: {@link scaleByRss}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.adagrad
 * @example
 * const tx = optax.adagrad(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params))[0] // => Array([-0.08451541, -0.09968895], dtype=float32)
 */
export const adagrad = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: AdagradOptions = {},
): GradientTransformation<readonly [ScaleByRssState, LearningRateState<L>]> =>
  chain(scaleByRss(decodeOptions('adagrad', AdagradOptions, options)), scaleByLearningRate(learningRate))

export interface ScaleByAdadeltaOptions {
  /** Decay rate of both means, in [0, 1); default 0.9. */
  readonly rho?: ScalarLike
  /** Added inside of both square roots; default 1e-6. */
  readonly eps?: ScalarLike
}
const adadeltaOptions = { rho: decay, eps: nonNegative }
const ScaleByAdadeltaOptions = optionsOf('ScaleByAdadeltaOptions', adadeltaOptions)

/** State of {@link scaleByAdadelta}. */
export interface ScaleByAdaDeltaState {
  /** Mean squares of the gradients, in the structure of the params. */
  readonly eG: ArrayTree
  /** Mean squares of the updates. */
  readonly eX: ArrayTree
}

/**
 * Updates in the units of the params: with gradients `g`
 *
 *     G ← (1 - rho) g² + rho G
 *     u = √(X + eps) / √(G + eps) · g
 *     X ← (1 - rho) u² + rho X
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Zeiler, 2012, https://arxiv.org/abs/1212.5701
 * @example
 * const tx = optax.scaleByAdadelta()
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([ 0.00316221, -0.00316228], dtype=float32)
 */
export const scaleByAdadelta = (options: ScaleByAdadeltaOptions = {}): GradientTransformation<ScaleByAdaDeltaState> => {
  const { rho = 0.9, eps = 1e-6 } = decodeOptions('scaleByAdadelta', ScaleByAdadeltaOptions, options)
  return GradientTransformation<ScaleByAdaDeltaState>(
    (params) => ({ eG: zerosLike(params), eX: zerosLike(params) }),
    (updates, state) => {
      const eG = updateMoment(updates, state.eG, rho, 2)
      const scaled = mapArrays(
        ['scaleByAdadelta', 'the updates', 'the mean squares of gradients', 'the mean squares of updates'],
        (g, squares, steps) => np.multiply(np.divide(np.sqrt(np.add(steps, eps)), np.sqrt(np.add(squares, eps))), g),
        updates,
        eG,
        state.eX,
      )
      return [scaled, { eG, eX: updateMoment(scaled, state.eX, rho, 2) }]
    },
  )
}

export interface AdadeltaOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
> extends ScaleByAdadeltaOptions {
  /** Strength of the weight decay, added to the gradients before all else; default 0. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly weightDecayMask?: M | MaskFn
}
const AdadeltaOptions = optionsOf('AdadeltaOptions', {
  ...adadeltaOptions,
  weightDecay: scalarOrSchedule,
  weightDecayMask: maskOrNull,
})

/**
 * Adadelta: `addDecayedWeights`, {@link scaleByAdadelta}, then `scaleByLearningRate`.
 *
 * @param learningRate - default `null`: the updates as they are, **with the sign of the gradients**, as in Optax
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.adadelta
 * @example
 * const tx = optax.adadelta(1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params), params)[0] // => Array([-0.00316221, -0.00316228], dtype=float32)
 */
export const adadelta = <
  L extends ScalarOrSchedule | null = null,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
>(
  learningRate: L = null as L,
  options: AdadeltaOptions<W, M> = {},
): GradientTransformation<readonly [WeightDecayState<W, M>, ScaleByAdaDeltaState, LearningRateState<L>]> => {
  const { weightDecay = 0, weightDecayMask = null, ...rest } = decodeOptions('adadelta', AdadeltaOptions, options)
  return chain(decayOf<W, M>(weightDecay, weightDecayMask), scaleByAdadelta(rest), scaleByLearningRate(learningRate))
}
