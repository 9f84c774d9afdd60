/** COCOB: coin betting instead of a learning rate. */
import * as np from '../../numpy/index.js'
import {
  type ArrayTree,
  GradientTransformation,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
} from '../base.js'
import { chain } from '../combining.js'
import type { MaskFn, MaskOrFn } from '../masking.js'
import { decodeOptions, maskOrNull, nonNegative, optionsOf, scalarOrSchedule } from '../options.js'
import { type LearningRateState, scaleByLearningRate } from '../scaling.js'
import { mapArrays, zerosLike } from '../treeMath.js'
import { decayOf, type WeightDecayState } from '../weightDecay.js'

export interface ScaleByCocobOptions {
  /** How much of the greatest gradient the denominator is at least: what a first bet may move; default 100. */
  readonly alpha?: ScalarLike
  /** First bound of the gradients; default 1e-8. */
  readonly eps?: ScalarLike
}
const cocobOptions = { alpha: nonNegative, eps: nonNegative }
const ScaleByCocobOptions = optionsOf('ScaleByCocobOptions', cocobOptions)

/** State of {@link scaleByCocob}, each tree in the structure of the params. */
export interface COCOBState {
  /** Params of the start. */
  readonly initParticles: ArrayTree
  /** Negative sums of the gradients. */
  readonly cumulativeGradients: ArrayTree
  /** Greatest absolute gradients. */
  readonly scale: ArrayTree
  /** Sums of absolute gradients. */
  readonly subgradients: ArrayTree
  /** What the bets have won. */
  readonly reward: ArrayTree
}

/**
 * Steps to where a bettor on the signs of the gradients stands, element by element, from the params `p` and those of the
 * start `p₀`:
 *
 *     L ← max(L, |g|),   G ← G + |g|,   R ← max(R - g (p - p₀), 0),   C ← C - g
 *     u = p₀ + C (L + R) / (L max(G + L, alpha L)) - p
 *
 * They point downhill as they are. The update needs the params.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Orabona & Tommasi, 2017, https://arxiv.org/abs/1705.07795
 * @example
 * const tx = optax.contrib.scaleByCocob()
 * const params = np.array([1, 2])
 * tx.update(np.array([3, -5]), tx.init(params), params)[0] // => Array([-0.00999999,  0.00999999], dtype=float32)
 */
export const scaleByCocob = (options: ScaleByCocobOptions = {}): GradientTransformation<COCOBState> => {
  const { alpha = 100, eps = 1e-8 } = decodeOptions('scaleByCocob', ScaleByCocobOptions, options)
  const where = 'scaleByCocob'
  return GradientTransformation<COCOBState>(
    (params) => ({
      initParticles: params,
      cumulativeGradients: zerosLike(params),
      scale: mapArrays([where, 'the params'], (p) => np.multiply(eps, np.onesLike(p)), params),
      subgradients: zerosLike(params),
      reward: zerosLike(params),
    }),
    (updates, state, params) => {
      const given = requireParams(where, params)
      const { initParticles } = state
      const from = (name: string, f: (g: np.ArrayLike, x: np.ArrayLike) => ReturnType<typeof np.add>, of: ArrayTree) =>
        mapArrays([where, 'the updates', name], f, updates, of)
      const scale = from('the scale', (g, l) => np.maximum(l, np.abs(g)), state.scale)
      const subgradients = from('the subgradients', (g, s) => np.add(s, np.abs(g)), state.subgradients)
      const reward = mapArrays(
        [where, 'the updates', 'the reward', 'the params', 'the params of the start'],
        (g, r, p, p0) => np.maximum(np.subtract(r, np.multiply(g, np.subtract(p, p0))), 0),
        updates,
        state.reward,
        given,
        initParticles,
      )
      const cumulativeGradients = from('the gradients', (g, c) => np.subtract(c, g), state.cumulativeGradients)
      const steps = mapArrays(
        [
          where,
          'the gradients',
          'the scale',
          'the subgradients',
          'the reward',
          'the params',
          'the params of the start',
        ],
        (c, l, s, r, p, p0) => {
          const denominator = np.multiply(l, np.maximum(np.add(s, l), np.multiply(alpha, l)))
          return np.add(np.negative(p), np.add(p0, np.multiply(np.divide(c, denominator), np.add(l, r))))
        },
        cumulativeGradients,
        scale,
        subgradients,
        reward,
        given,
        initParticles,
      )
      return [steps, { initParticles, cumulativeGradients, scale, subgradients, reward }]
    },
  )
}

export interface CocobOptions<
  L extends ScalarOrSchedule = ScalarOrSchedule,
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
> extends ScaleByCocobOptions {
  /** Factor of the gradients, or a schedule of it; default 1. */
  readonly learningRate?: L
  /** Strength of the weight decay, added to the gradients; default 0. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly mask?: M | MaskFn
}
const CocobOptions = optionsOf('CocobOptions', {
  ...cocobOptions,
  learningRate: scalarOrSchedule,
  weightDecay: scalarOrSchedule,
  mask: maskOrNull,
})

/**
 * COCOB: weight decay, a factor of the gradients that keeps their sign, {@link scaleByCocob}. There is nothing to tune.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.cocob
 * @example
 * const tx = optax.contrib.cocob()
 * const params = np.array([2])
 * tx.update(np.array([4]), tx.init(params), params)[0] // => Array([-0.00999999], dtype=float32)
 */
export const cocob = <
  L extends ScalarOrSchedule = number,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
>(
  options: CocobOptions<L, W, M> = {},
): GradientTransformation<readonly [WeightDecayState<W, M>, LearningRateState<L>, COCOBState]> => {
  const decoded = decodeOptions('cocob', CocobOptions, options)
  const { learningRate = 1, weightDecay = 0, mask = null, ...rest } = decoded
  const decaying = decayOf<W, M>(weightDecay, mask)
  return chain(decaying, scaleByLearningRate(learningRate as L, { flipSign: false }), scaleByCocob(rest))
}
