/** MoMo: step sizes from a model of the loss that momentum makes. */
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
import { decay, decodeOptions, flag, nonNegative, optionsOf, scalar, scalarOrSchedule } from '../options.js'
import { zeroCount } from '../scaling.js'
import { dtype as dtypeOf, vdot } from '../treeArithmetic.js'
import { mapArrays, norm, zerosLike } from '../treeMath.js'
import { type LossValue, lossIn, over, plus, rateAt, scalarIn, times, weightOf } from './estimates.js'

interface BoundOptions {
  /** Lower bound of the loss; default 0. */
  readonly lowerBound?: ScalarLike
  /** Strength of the weight decay; default 0. */
  readonly weightDecay?: ScalarLike
  /** Whether the lower bound is estimated on the way, from the one given; default false. */
  readonly adaptLowerBound?: boolean
}
const boundOptions = { lowerBound: scalar, weightDecay: scalar, adaptLowerBound: flag }

export interface MomoOptions extends BoundOptions {
  /** Greatest step size, or a schedule of it; default 1. */
  readonly learningRate?: ScalarOrSchedule
  /** Decay rate of the averages, in [0, 1); default 0.9. */
  readonly beta?: ScalarLike
}
const MomoOptions = optionsOf('MomoOptions', { ...boundOptions, learningRate: scalarOrSchedule, beta: decay })

/** State of {@link momo}. */
export interface MomoState {
  /** Averages of the gradients, in the structure of the params. */
  readonly expAvg: ArrayTree
  /** Average of the loss, `[]`, in the lowest dtype of the params, as those that follow. */
  readonly barf: NDArray
  /** Average of the products of gradients and params, `[]`. */
  readonly gamma: NDArray
  /** Lower bound of the loss, `[]`. */
  readonly lb: NDArray
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
}

const first = (lowerBound: ScalarLike, params: ArrayTree) => {
  const dtype = dtypeOf(params, 'lowest')
  const zero = np.zeros([], { dtype })
  return { barf: zero, gamma: zero, lb: scalarIn(lowerBound, dtype), count: zeroCount() }
}

/** `decay · average + (1 - decay) · x`. */
const averaged = (decay: ScalarLike, average: NDArray, x: NDArray): NDArray =>
  np.add(np.multiply(decay, average), np.multiply(oneMinus(decay), x))

const averagedTree = (where: string, decay: ScalarLike, averages: ArrayTree, updates: ArrayTree): ArrayTree =>
  mapArrays([where, 'the averages', 'the updates'], (m, g) => averaged(decay, m, g), averages, updates)

/** `max(x, 0) / ‖m‖²`, 0 where the norm vanishes. */
const polyak = (x: NDArray, squaredNorm: NDArray): NDArray =>
  np.where(np.lessEqual(squaredNorm, Number.EPSILON), 0, np.divide(np.maximum(x, 0), squaredNorm))

/**
 * Momentum with Polyak's step size, from averages of the loss, of the gradients and of their products with the params:
 * with `α = learningRate` and `λ = weightDecay`, at step `t`
 *
 *     f ← (1 - β) loss + β f,   m ← (1 - β) g + β m,   γ ← (1 - β) ⟨g, p⟩ + β γ,   β = beta, 0 in the first step
 *     τ = min(α, max((1 + α λ) (f - lowerBound - γ) + ⟨m, p⟩, 0) / ‖m‖²)
 *     u = -α λ / (1 + α λ) p - τ m
 *
 * The update needs the params and, as the extra argument `value`, the loss there.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params or `value`
 * @see Schaipp et al., 2023, https://arxiv.org/abs/2305.07583
 * @example
 * const tx = optax.contrib.momo()
 * const params = np.array([3, 4])
 * tx.update(params, tx.init(params), params, { value: 12.5 })[0] // => Array([-1.5, -2. ], dtype=float32)
 */
export const momo = (options: MomoOptions = {}): GradientTransformation<MomoState, LossValue> => {
  const where = 'momo'
  const decoded = decodeOptions(where, MomoOptions, options)
  const { learningRate = 1, beta = 0.9, lowerBound = 0, weightDecay = 0, adaptLowerBound = false } = decoded
  return GradientTransformation<MomoState, LossValue>(
    (params) => ({ expAvg: zerosLike(params), ...first(lowerBound, params) }),
    (updates, state, params, extra) => {
      const given = requireParams(where, params)
      const rate = np.where(np.equal(state.count, 0), 0, beta)
      const barf = averaged(rate, state.barf, lossIn(where, extra, state.barf.dtype))
      const expAvg = averagedTree(where, rate, state.expAvg, updates)
      const gamma = averaged(rate, state.gamma, vdot(updates, given))
      const squaredNorm = norm(expAvg, { squared: true })
      const product = vdot(expAvg, given)
      const alpha = rateAt(where, learningRate, state.count)
      const shrink = plus(1, times(alpha, weightDecay))
      let bound = state.lb
      if (adaptLowerBound) {
        const cap = np.add(np.multiply(shrink, np.subtract(barf, gamma)), product)
        const lower = np.maximum(np.divide(cap, times(2, shrink)), lowerBound)
        bound = np.where(np.less(cap, np.multiply(shrink, state.lb)), lower, state.lb)
      }
      const gap = np.subtract(np.subtract(barf, bound), gamma)
      const step = np.minimum(alpha, polyak(np.add(np.multiply(shrink, gap), product), squaredNorm))
      const steps = mapArrays(
        [where, 'the averages', 'the params'],
        (m, p) => np.subtract(np.multiply(negated(over(times(alpha, weightDecay), shrink)), p), np.multiply(step, m)),
        expAvg,
        given,
      )
      const decrease = np.multiply(np.multiply(0.5, step), squaredNorm)
      const model = np.subtract(np.subtract(np.add(barf, product), gamma), decrease)
      const lb = adaptLowerBound ? np.maximum(model, lowerBound) : state.lb
      return [steps, { expAvg, barf, gamma, lb, count: safeIncrement(state.count) }]
    },
  )
}

export interface MomoAdamOptions extends BoundOptions {
  /** Greatest step size, or a schedule of it; default 0.01. */
  readonly learningRate?: ScalarOrSchedule
  /** Decay rate of the averages, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator; default 1e-8. */
  readonly eps?: ScalarLike
}
const MomoAdamOptions = optionsOf('MomoAdamOptions', {
  ...boundOptions,
  learningRate: scalarOrSchedule,
  b1: decay,
  b2: decay,
  eps: nonNegative,
})

/** State of {@link momoAdam}. */
export interface MomoAdamState extends MomoState {
  /** Averages of the squared gradients, in the structure of the params. */
  readonly expAvgSq: ArrayTree
}

/**
 * {@link momo} with Adam's preconditioner `D = eps + √(v / (1 - b2ᵗ))`: with `c = 1 - b1ᵗ`
 *
 *     f ← (1 - b1) loss + b1 f,   m ← (1 - b1) g + b1 m,   γ ← (1 - b1) ⟨g, p⟩ + b1 γ,   v ← (1 - b2) g² + b2 v
 *     τ = min(α / c, max((1 + α λ) (f - c lowerBound - γ) + ⟨m, p⟩, 0) / ⟨m, m / D⟩)
 *     u = -α λ / (1 + α λ) p - τ m / D
 *
 * The update needs the params and, as the extra argument `value`, the loss there.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params or `value`
 * @see Schaipp et al., 2023, https://arxiv.org/abs/2305.07583
 * @example
 * const tx = optax.contrib.momoAdam({ learningRate: 0.1 })
 * const params = np.array([3, -4])
 * tx.update(params, tx.init(params), params, { value: 12.5 })[0] // => Array([-0.09999934,  0.09999934], dtype=float32)
 */
export const momoAdam = (options: MomoAdamOptions = {}): GradientTransformation<MomoAdamState, LossValue> => {
  const where = 'momoAdam'
  const decoded = decodeOptions(where, MomoAdamOptions, options)
  const { learningRate = 0.01, b1 = 0.9, b2 = 0.999, eps = 1e-8 } = decoded
  const { lowerBound = 0, weightDecay = 0, adaptLowerBound = false } = decoded
  return GradientTransformation<MomoAdamState, LossValue>(
    (params) => ({ expAvg: zerosLike(params), expAvgSq: zerosLike(params), ...first(lowerBound, params) }),
    (updates, state, params, extra) => {
      const given = requireParams(where, params)
      const count = safeIncrement(state.count)
      const { dtype } = state.barf
      const barf = averaged(b1, state.barf, lossIn(where, extra, dtype))
      const expAvg = averagedTree(where, b1, state.expAvg, updates)
      const expAvgSq = mapArrays(
        [where, 'the averages', 'the updates'],
        (v, g) => np.add(np.multiply(b2, v), np.multiply(np.multiply(oneMinus(b2), g), g)),
        state.expAvgSq,
        updates,
      )
      const [c1, c2] = [b1, b2].map((b) => np.astype(weightOf(b, count, dtype), dtype)) as [NDArray, NDArray]
      const preconditioner = mapArrays(
        [where, 'the second moments'],
        (v) => np.add(eps, np.sqrt(np.divide(v, c2))),
        expAvgSq,
      )
      const weighted = mapArrays(
        [where, 'the averages', 'the preconditioner'],
        (m, d) => np.divide(m, d),
        expAvg,
        preconditioner,
      )
      const squaredNorm = vdot(expAvg, weighted)
      const gamma = averaged(b1, state.gamma, vdot(updates, given))
      const product = vdot(expAvg, given)
      const alpha = rateAt(where, learningRate, state.count)
      const shrink = plus(1, times(alpha, weightDecay))
      let bound = state.lb
      if (adaptLowerBound) {
        const cap = np.add(np.multiply(shrink, np.subtract(barf, gamma)), product)
        const lower = np.maximum(np.divide(cap, np.multiply(np.multiply(2, c1), shrink)), lowerBound)
        bound = np.where(np.less(cap, np.multiply(np.multiply(shrink, c1), state.lb)), lower, state.lb)
      }
      const gap = np.subtract(np.subtract(barf, np.multiply(c1, bound)), gamma)
      const found = polyak(np.add(np.multiply(shrink, gap), product), squaredNorm)
      const step = np.minimum(np.divide(alpha, c1), found)
      const steps = mapArrays(
        [where, 'the averages', 'the preconditioner', 'the params'],
        (m, d, p) =>
          np.subtract(
            np.multiply(negated(over(times(alpha, weightDecay), shrink)), p),
            np.divide(np.multiply(step, m), d),
          ),
        expAvg,
        preconditioner,
        given,
      )
      const decrease = np.multiply(np.multiply(0.5, step), squaredNorm)
      const model = np.divide(np.subtract(np.subtract(np.add(barf, product), gamma), decrease), c1)
      const lb = adaptLowerBound ? np.maximum(model, lowerBound) : state.lb
      return [steps, { expAvg, expAvgSq, barf, gamma, lb, count }]
    },
  )
}
