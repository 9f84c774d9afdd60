/** MADGRAD: dual averaging with the cube root of the squares of the gradients. */
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import {
  type ArrayTree,
  GradientTransformation,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
} from '../base.js'
import { chain } from '../combining.js'
import { oneMinus, safeIncrement } from '../numerics.js'
import { decay, decodeOptions, nonNegative, optionsOf, scalarOrSchedule } from '../options.js'
import { zeroCount } from '../scaling.js'
import { mapArrays, zerosLike } from '../treeMath.js'
import { decayOf, type WeightDecayState } from '../weightDecay.js'
import { plus, rateAt } from './estimates.js'

export interface ScaleByMadgradOptions {
  /** How much of the params stays in a step, in [0, 1); default 0.9. */
  readonly momentum?: ScalarLike
  /** Added to the learning rate and to the cube root; default 1e-6. */
  readonly eps?: ScalarLike
}
const madgradOptions = { momentum: decay, eps: nonNegative }
const ScaleByMadgradOptions = optionsOf('ScaleByMadgradOptions', madgradOptions)

/** State of {@link scaleByMadgrad}. */
export interface MadgradState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** Weighted sums of the squares of the gradients, in the structure of the params. */
  readonly gradSumSq: ArrayTree
  /** Weighted sums of the gradients. */
  readonly s: ArrayTree
  /** Params of the start. */
  readonly x0: ArrayTree
}

/**
 * Steps from the params `x` toward those that dual averaging finds from the start `x₀`: at step `t`
 *
 *     λ = (learningRate + eps) √t,   G ← G + λ g²,   s ← s + λ g
 *     u = (1 - momentum) (x₀ - s / (∛G + eps)) + momentum x - x
 *
 * They point downhill, at the learning rate given. The update needs the params.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Defazio & Jelassi, 2021, https://arxiv.org/abs/2101.11075
 * @example
 * const tx = optax.contrib.scaleByMadgrad(1, { momentum: 0, eps: 0 })
 * const params = np.array([1, 2])
 * tx.update(np.array([1, -8]), tx.init(params), params)[0] // => Array([-1.,  2.], dtype=float32)
 */
export const scaleByMadgrad = (
  learningRate: ScalarOrSchedule,
  options: ScaleByMadgradOptions = {},
): GradientTransformation<MadgradState> => {
  const where = 'scaleByMadgrad'
  const { momentum = 0.9, eps = 1e-6 } = decodeOptions(where, ScaleByMadgradOptions, options)
  return GradientTransformation<MadgradState>(
    (params) => ({ count: zeroCount(), gradSumSq: zerosLike(params), s: zerosLike(params), x0: params }),
    (updates, state, params) => {
      const given = requireParams(where, params)
      const rate = plus(rateAt(where, learningRate, state.count), eps)
      const weight = np.multiply(rate, np.sqrt(np.add(state.count, 1)))
      const gradSumSq = mapArrays(
        [where, 'the updates', 'the sums of squares'],
        (g, sum) => np.add(sum, np.astype(np.multiply(weight, np.square(g)), g.dtype)),
        updates,
        state.gradSumSq,
      )
      const s = mapArrays(
        [where, 'the updates', 'the sums'],
        (g, sum) => np.add(sum, np.astype(np.multiply(weight, g), g.dtype)),
        updates,
        state.s,
      )
      const steps = mapArrays(
        [where, 'the sums', 'the sums of squares', 'the params of the start', 'the params'],
        (sum, squares, x0, x) => {
          const averaged = np.subtract(x0, np.divide(sum, np.add(np.power(squares, 1 / 3), eps)))
          return np.subtract(np.add(np.multiply(oneMinus(momentum), averaged), np.multiply(momentum, x)), x)
        },
        s,
        gradSumSq,
        state.x0,
        given,
      )
      return [steps, { count: safeIncrement(state.count), gradSumSq, s, x0: state.x0 }]
    },
  )
}

export interface MadgradOptions<W extends ScalarOrSchedule = ScalarOrSchedule> extends ScaleByMadgradOptions {
  /** Strength of the weight decay, added to the gradients; default 0. */
  readonly weightDecay?: W
}
const MadgradOptions = optionsOf('MadgradOptions', { ...madgradOptions, weightDecay: scalarOrSchedule })

/**
 * MADGRAD: weight decay, {@link scaleByMadgrad}.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.madgrad
 * @example
 * const tx = optax.contrib.madgrad(1, { momentum: 0.5, eps: 0 })
 * const params = np.array([1, 2])
 * tx.update(np.array([1, -8]), tx.init(params), params)[0] // => Array([-0.5,  1. ], dtype=float32)
 */
export const madgrad = <W extends ScalarOrSchedule = number>(
  learningRate: ScalarOrSchedule,
  options: MadgradOptions<W> = {},
): GradientTransformation<readonly [WeightDecayState<W, null>, MadgradState]> => {
  const { weightDecay = 0, ...rest } = decodeOptions('madgrad', MadgradOptions, options)
  const decaying = decayOf<W, null>(weightDecay, null)
  return chain(decaying, scaleByMadgrad(learningRate, rest))
}
