/** D-Adaptation: AdamW that estimates its learning rate. */
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import {
  type ArrayTree,
  GradientTransformation,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
} from '../base.js'
import { negated, oneMinus, safeIncrement } from '../numerics.js'
import { decodeOptions, nonNegative, optionsOf, scalar, scalarOrSchedule } from '../options.js'
import { zeroCount } from '../scaling.js'
import { dtype as dtypeOf, vdot } from '../treeArithmetic.js'
import { mapArrays, norm, zerosLike } from '../treeMath.js'
import { rateAt, root, scalarIn, twoDecays, weightOf } from './estimates.js'

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

/** State of {@link dadaptAdamw}. */
export interface DAdaptAdamWState {
  /** First moments of the gradients times the learning rate, in the structure of the params. */
  readonly expAvg: ArrayTree
  /** Second moments of the gradients. */
  readonly expAvgSq: ArrayTree
  /** Averages of the gradients times the learning rate, slower than the first moments. */
  readonly gradSum: ArrayTree
  /** Estimated learning rate, `[]`, in the lowest dtype of the params. */
  readonly estimLr: NDArray
  /** Numerator of the estimate, `[]`. */
  readonly numeratorWeighted: NDArray
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
}

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
    (params) => {
      const dtype = dtypeOf(params, 'lowest')
      return {
        expAvg: zerosLike(params),
        expAvgSq: zerosLike(params),
        gradSum: zerosLike(params),
        estimLr: scalarIn(estimLr0, dtype),
        numeratorWeighted: np.zeros([], { dtype }),
        count: zeroCount(),
      }
    },
    (updates, state, params) => {
      const given = requireParams(where, params)
      const count = safeIncrement(state.count)
      const { dtype } = state.numeratorWeighted
      const correction = np.divide(np.sqrt(weightOf(b2, count, dtype)), weightOf(b1, count, dtype))
      const factor = np.multiply(state.estimLr, rateAt(where, learningRate, state.count))
      const rate = np.astype(np.multiply(factor, correction), dtype)
      const scaledSum = mapArrays(
        [where, 'the sums of gradients', 'the second moments'],
        (s, v) => np.divide(s, np.add(np.sqrt(v), eps)),
        state.gradSum,
        state.expAvgSq,
      )
      const average = (of: ArrayTree, decay: ScalarLike) =>
        mapArrays(
          [where, 'the updates', 'the averages'],
          (g, m) => np.add(np.multiply(decay, m), np.multiply(np.multiply(oneMinus(decay), rate), g)),
          updates,
          of,
        )
      const expAvg = average(state.expAvg, b1)
      const gradSum = average(state.gradSum, slow)
      const expAvgSq = mapArrays(
        [where, 'the updates', 'the second moments'],
        (g, v) => np.add(np.multiply(b2, v), np.multiply(np.multiply(oneMinus(b2), g), g)),
        updates,
        state.expAvgSq,
      )
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
