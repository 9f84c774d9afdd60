/** Prodigy: AdamW that estimates its learning rate, faster than D-Adaptation. */
import * as np from '../../numpy/index.js'
import {
  type ArrayTree,
  GradientTransformation,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
} from '../base.js'
import { type MaskOrFn } from '../masking.js'
import { negated, oneMinus } from '../numerics.js'
import {
  decay,
  decodeOptions,
  flag,
  maskOrNull,
  nonNegative,
  optionsOf,
  refine,
  scalar,
  scalarOrSchedule,
} from '../options.js'
import { vdot } from '../treeArithmetic.js'
import { mapArrays, norm } from '../treeMath.js'
import { addDecayedWeights } from '../weightDecay.js'
import { decayed, decayedSquares, estimatedRate, type EstimatedRateState, firstEstimate } from './estimatedRate.js'
import { over, root, twoDecays } from './estimates.js'

export interface ProdigyOptions {
  /** Factor of the estimated learning rate, or a schedule of it; default 1. */
  readonly learningRate?: ScalarOrSchedule
  /** Decay rates of the first and the second moment, in [0, 1); default `[0.9, 0.999]`. */
  readonly betas?: readonly [ScalarLike, ScalarLike]
  /** Decay rate of the estimate's sums, in [0, 1); default `null`, the root of that of the second moment. */
  readonly beta3?: ScalarLike | null
  /** Added to the denominator, times the estimate; default 1e-8. */
  readonly eps?: ScalarLike
  /** First estimate of the learning rate; default 1e-6. */
  readonly estimLr0?: ScalarLike
  /** Factor of later estimates; default 1. */
  readonly estimLrCoef?: ScalarLike
  /** Strength of the weight decay, multiplied by the estimated learning rate; default 0. */
  readonly weightDecay?: ScalarLike
  /** Whether the denominator of the estimate leaves out the factor, for warm-ups; default false. */
  readonly safeguardWarmup?: boolean
  /** Which weights decay; default all. */
  readonly weightDecayMask?: MaskOrFn | null
}
const ProdigyOptions = optionsOf('ProdigyOptions', {
  learningRate: scalarOrSchedule,
  betas: twoDecays,
  beta3: refine('a number in [0, 1), an array or null', (u): u is ScalarLike | null => u === null || decay.is(u)),
  eps: nonNegative,
  estimLr0: nonNegative,
  estimLrCoef: scalar,
  weightDecay: scalar,
  safeguardWarmup: flag,
  weightDecayMask: maskOrNull,
})

/** State of {@link prodigy}: the moments and the sums are of the gradients times the estimate. */
export interface ProdigyState extends EstimatedRateState {
  /** Params of the start. */
  readonly params0: ArrayTree
}

/**
 * AdamW whose learning rate is a growing estimate `d` of the distance to the solution: at step `t`, with
 * `γ = d · learningRate · √(1 - b2ᵗ) / (1 - b1ᵗ)` and the params of the start `p₀`,
 *
 *     m ← b1 m + (1 - b1) d g,   v ← b2 v + (1 - b2) (d g)²
 *     r ← beta3 r + (d / estimLr0) γ ⟨g, p₀ - p⟩,   s ← beta3 s + (d / estimLr0) γ g
 *     d' = max(d, estimLrCoef r / ‖s‖₁)
 *     u = -weightDecay γ p - γ m / (√v + d' eps)
 *
 * With `safeguardWarmup` the sum `s` takes `d` in the place of `γ`. The update needs the params.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Mishchenko & Defazio, 2023, Algorithm 4, https://arxiv.org/abs/2306.06101
 * @example
 * const tx = optax.contrib.prodigy({ estimLr0: 0.01 })
 * const params = np.array([1, 2])
 * const [updates, state] = tx.update(np.array([2, 4]), tx.init(params), params)
 * updates // => Array([-0.00999993, -0.00999993], dtype=float32)
 * state.estimLr // => Array(0.01, dtype=float32)
 */
export const prodigy = (options: ProdigyOptions = {}): GradientTransformation<ProdigyState> => {
  const where = 'prodigy'
  const decoded = decodeOptions(where, ProdigyOptions, options)
  const { learningRate = 1, betas = [0.9, 0.999], eps = 1e-8, estimLr0 = 1e-6, estimLrCoef = 1 } = decoded
  const { weightDecay = 0, safeguardWarmup = false, weightDecayMask = null } = decoded
  const [b1, b2] = betas
  const b3 = decoded.beta3 ?? root(b2)
  return GradientTransformation<ProdigyState>(
    (params) => ({ ...firstEstimate(params, estimLr0), params0: params }),
    (updates, state, params) => {
      const given = requireParams(where, params)
      const { params0, estimLr: d } = state
      const { count, rate } = estimatedRate(where, state, learningRate, betas)
      const scaled = mapArrays([where, 'the updates'], (g) => np.multiply(d, g), updates)
      const distances = mapArrays(
        [where, 'the params of the start', 'the params'],
        (p0, p) => np.subtract(p0, p),
        params0,
        given,
      )
      const expAvg = decayed(where, scaled, state.expAvg, b1, oneMinus(b1))
      const expAvgSq = decayedSquares(where, scaled, state.expAvgSq, b2)
      const gradSum = mapArrays(
        [where, 'the updates', 'the sums of gradients'],
        (g, s) => np.add(np.multiply(b3, s), np.divide(np.multiply(safeguardWarmup ? d : rate, g), estimLr0)),
        scaled,
        state.gradSum,
      )
      const numeratorWeighted = np.add(
        np.multiply(b3, state.numeratorWeighted),
        np.multiply(np.multiply(over(d, estimLr0), rate), vdot(updates, distances)),
      )
      const estimate = np.divide(np.multiply(estimLrCoef, numeratorWeighted), norm(gradSum, { ord: 1 }))
      const estimLr = np.maximum(d, estimate)
      const steps = mapArrays(
        [where, 'the first moments', 'the second moments'],
        (m, v) => np.negative(np.divide(np.multiply(rate, m), np.add(np.sqrt(v), np.multiply(estimLr, eps)))),
        expAvg,
        expAvgSq,
      )
      const next = { expAvg, expAvgSq, gradSum, params0, estimLr, numeratorWeighted, count }
      if (weightDecay === 0) return [steps, next]
      const decaying = addDecayedWeights(np.multiply(negated(weightDecay), rate), { mask: weightDecayMask })
      return [(decaying as GradientTransformation).update(steps, decaying.init(given), given)[0], next]
    },
  )
}
