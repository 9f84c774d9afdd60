/** D-Adaptation: AdamW that estimates its learning rate. */
import * as np from '../../numpy/index.js'
import {
  type ArrayTree,
  GradientTransformation,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
} from '../base.js'
import { negated, oneMinus } from '../numerics.js'
import { decodeOptions, nonNegative, optionsOf, scalar, scalarOrSchedule } from '../options.js'
import { vdot } from '../treeArithmetic.js'
import { mapArrays, norm } from '../treeMath.js'
import { decayed, decayedSquares, estimatedRate, type EstimatedRateState, firstEstimate } from './estimatedRate.js'
import { root, twoDecays } from './estimates.js'

export interface DadaptAdamwOptions {
  /** Factor of the estimated learning rate, or a schedule of it; default 1. */
  readonly learningRate?: ScalarOrSchedule
  /** Decay rates of the first and the second moment, in [0, 1); default `[0.9, 0.999]`. */
  readonly betas?: readonly [ScalarLike, ScalarLike]
  /** Added to the denominator; default 1e-8. */
  readonly eps?: ScalarLike
  /** First estimate of the learning rate; default 1e-6. */
  readonly estimLr0?: ScalarLike
  /** Strength of the weight decay, multiplied by the estimated learning rate; default 0. */
  readonly weightDecay?: ScalarLike
}
const DadaptAdamwOptions = optionsOf('DadaptAdamwOptions', {
  learningRate: scalarOrSchedule,
  betas: twoDecays,
  eps: nonNegative,
  estimLr0: nonNegative,
  weightDecay: scalar,
})

/** State of {@link dadaptAdamw}: the first moments and the sums are of the gradients times the learning rate. */
export type DAdaptAdamWState = EstimatedRateState

/**
 * AdamW whose learning rate is a growing estimate `d` of the distance to the solution: at step `t`, with
 * `β = √b2` and `γ = d · learningRate · √(1 - b2ᵗ) / (1 - b1ᵗ)`,
 *
 *     r ← β r + (1 - β) γ ⟨g, s / (√v + eps)⟩,   s ← β s + (1 - β) γ g
 *     m ← b1 m + (1 - b1) γ g,   v ← b2 v + (1 - b2) g²,   d ← max(d, r / ((1 - β) ‖s‖₁))
 *     u = -weightDecay γ p - m / (√v + eps)
 *
 * The update needs the params.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Defazio & Mishchenko, 2023, Algorithm 5, https://arxiv.org/abs/2301.07733
 * @example
 * const tx = optax.contrib.dadaptAdamw({ estimLr0: 0.01 })
 * const params = np.array([1, 2])
 * const [updates, state] = tx.update(np.array([2, 4]), tx.init(params), params)
 * updates // => Array([-0.00999993, -0.00999993], dtype=float32)
 * state.estimLr // => Array(0.01, dtype=float32)
 */
export const dadaptAdamw = (options: DadaptAdamwOptions = {}): GradientTransformation<DAdaptAdamWState> => {
  const where = 'dadaptAdamw'
  const decoded = decodeOptions(where, DadaptAdamwOptions, options)
  const { learningRate = 1, betas = [0.9, 0.999], eps = 1e-8, estimLr0 = 1e-6, weightDecay = 0 } = decoded
  const [b1, b2] = betas
  const slow = root(b2)
  return GradientTransformation<DAdaptAdamWState>(
    (params) => firstEstimate(params, estimLr0),
    (updates, state, params) => {
      const given = requireParams(where, params)
      const { count, rate } = estimatedRate(where, state, learningRate, betas)
      const scaledSum = mapArrays(
        [where, 'the sums of gradients', 'the second moments'],
        (s, v) => np.divide(s, np.add(np.sqrt(v), eps)),
        state.gradSum,
        state.expAvgSq,
      )
      const average = (of: ArrayTree, decay: ScalarLike) =>
        decayed(where, updates, of, decay, np.multiply(oneMinus(decay), rate))
      const expAvg = average(state.expAvg, b1)
      const gradSum = average(state.gradSum, slow)
      const expAvgSq = decayedSquares(where, updates, state.expAvgSq, b2)
      const numeratorWeighted = np.add(
        np.multiply(slow, state.numeratorWeighted),
        np.multiply(np.multiply(oneMinus(slow), rate), vdot(updates, scaledSum)),
      )
      const estimate = np.divide(numeratorWeighted, np.multiply(oneMinus(slow), norm(gradSum, { ord: 1 })))
      const steps = mapArrays(
        [where, 'the first moments', 'the second moments', 'the params'],
        (m, v, p) =>
          np.subtract(np.multiply(np.multiply(negated(weightDecay), rate), p), np.divide(m, np.add(np.sqrt(v), eps))),
        expAvg,
        expAvgSq,
        given,
      )
      const estimLr = np.maximum(state.estimLr, estimate)
      return [steps, { expAvg, expAvgSq, gradSum, estimLr, numeratorWeighted, count }]
    },
  )
}
