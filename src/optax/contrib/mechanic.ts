/** Mechanic: a learning rate for any optimizer, tuned while it runs. */
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type ExtraArgsOf,
  GradientTransformation,
  requireParams,
  type ScalarLike,
  type StateOf,
} from '../base.js'
import { safeIncrement } from '../numerics.js'
import { decodeOptions, nonNegative, optionsOf, scalar } from '../options.js'
import { zeroCount } from '../scaling.js'
import { dtype as dtypeOf, vdot } from '../treeArithmetic.js'
import { mapArrays, norm } from '../treeMath.js'
import { over, positiveInteger } from './estimates.js'

export interface MechanizeOptions {
  /** Strength of the weight decay; default 0.01. */
  readonly weightDecay?: ScalarLike
  /** Keeps divisors from zero; default 1e-8. */
  readonly eps?: ScalarLike
  /** First factor of the steps; default 1e-6. */
  readonly sInit?: ScalarLike
  /** Number of tuners, with decay rates 0.9, 0.99, …; default 6. */
  readonly numBetas?: number
}
const MechanizeOptions = optionsOf('MechanizeOptions', {
  weightDecay: scalar,
  eps: nonNegative,
  sInit: nonNegative,
  numBetas: positiveInteger,
})

/** State of {@link mechanize}. */
export interface MechanicState<S = unknown> {
  /** State of the base optimizer. */
  readonly baseOptimizerState: S
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** Rewards of the tuners, `[numBetas]`, in the lowest dtype of the params, as those that follow. */
  readonly r: NDArray
  /** Greatest absolute products `h`, decaying. */
  readonly m: NDArray
  /** Sums of the squares of `h`, decaying. */
  readonly v: NDArray
  /** Factors of the tuners, whose sum is the factor of the steps. */
  readonly s: NDArray
  /** Params of the start. */
  readonly x0: ArrayTree
}

/**
 * The base optimizer's steps, summed from the params of the start `x₀` and times a factor that is tuned by what the
 * steps won: with the step `u`, `n` tuners with decay rates `βᵢ = 1 - 10⁻ⁱ` and factors `sᵢ`, whose sum is `S`
 *
 *     Δ = (x₀ - x) / (S + eps),   h = ⟨g + weightDecay S ‖g‖ / (‖x‖ + eps) x, Δ⟩
 *     rᵢ ← βᵢ rᵢ + clip(h, -mᵢ, mᵢ) sᵢ,   mᵢ ← max(βᵢ mᵢ, |h| + eps),   vᵢ ← βᵢ² vᵢ + h²
 *     sᵢ ← (sInit mᵢ / n + max(rᵢ, 0)) / (√vᵢ + eps),   x ← x₀ - S (Δ - u)
 *
 * The update needs the params.
 *
 * @param baseOptimizer - with a learning rate that needs no tuning but keeps its schedule
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Cutkosky et al., 2023, https://arxiv.org/abs/2306.00144
 * @example
 * const tx = optax.contrib.mechanize(optax.sgd(0.1), { sInit: 0.5, numBetas: 1, weightDecay: 0 })
 * const params = np.array([1])
 * const [, state] = tx.update(np.array([2]), tx.init(params), params)
 * state.s // => Array([0.5], dtype=float32)
 */
export const mechanize = <T extends AnyGradientTransformation>(
  baseOptimizer: T,
  options: MechanizeOptions = {},
): GradientTransformation<MechanicState<StateOf<T>>, ExtraArgsOf<T>> => {
  const where = 'mechanize'
  const decoded = decodeOptions(where, MechanizeOptions, options)
  const { weightDecay = 0.01, eps = 1e-8, sInit = 1e-6, numBetas = 6 } = decoded
  const base = baseOptimizer as unknown as GradientTransformation<StateOf<T>>
  const rates = Array.from({ length: numBetas }, (_, i) => 1 - 0.1 ** (i + 1))
  return GradientTransformation<MechanicState<StateOf<T>>, ExtraArgsOf<T>>(
    (params) => {
      const dtype = dtypeOf(params, 'lowest')
      const zeros = np.zeros([numBetas], { dtype })
      const s = np.multiply(np.ones([numBetas], { dtype }), sInit)
      return { baseOptimizerState: base.init(params), count: zeroCount(), r: zeros, m: zeros, v: zeros, s, x0: params }
    },
    (updates, state, params, extra) => {
      const given = requireParams(where, params)
      const [steps, baseOptimizerState] = base.update(updates, state.baseOptimizerState, given, extra)
      const isFirst = np.equal(state.count, 0)
      const x0 = mapArrays(
        [where, 'the params', 'the params of the start'],
        (x, start) => np.where(isFirst, x, start),
        given,
        state.x0,
      )
      const total = np.sum(state.s)
      const decay = np.divide(np.multiply(np.multiply(weightDecay, total), norm(updates)), np.add(norm(given), eps))
      const decayed = mapArrays(
        [where, 'the updates', 'the params'],
        (g, x) => np.add(g, np.multiply(decay, x)),
        updates,
        given,
      )
      const travelled = mapArrays(
        [where, 'the params', 'the params of the start'],
        (x, start) => np.divide(np.subtract(start, x), np.add(total, eps)),
        given,
        x0,
      )
      const h = vdot(decayed, travelled)
      const betas = np.array(rates, { dtype: state.s.dtype })
      const m = np.maximum(np.multiply(betas, state.m), np.add(np.abs(h), eps))
      const v = np.add(np.multiply(np.square(betas), state.v), np.square(h))
      const r = np.add(np.multiply(betas, state.r), np.multiply(np.clip(h, np.negative(state.m), state.m), state.s))
      const wealth = np.add(np.multiply(over(sInit, numBetas), m), np.maximum(0, r))
      const s = np.divide(wealth, np.add(np.sqrt(v), eps))
      const nextTotal = np.sum(s)
      const tuned = mapArrays(
        [where, 'the params', 'the params of the start', 'the way travelled', 'the steps'],
        (x, start, way, step) => np.subtract(np.subtract(start, np.multiply(nextTotal, np.subtract(way, step))), x),
        given,
        x0,
        travelled,
        steps,
      )
      return [tuned, { baseOptimizerState, count: safeIncrement(state.count), r, m, v, s, x0 }]
    },
  )
}
