/** Novograd: one second moment for each array. */
import type { DType, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import {
  type ArrayTree,
  GradientTransformation,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
} from './base.js'
import { chain } from './combining.js'
import { rootSumSquare } from './norms.js'
import { oneMinus, safeIncrement } from './numerics.js'
import { decay, decodeOptions, dtypeOrNull, nonNegative, optionsOf, scalar } from './options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from './scaling.js'
import { cast, mapArrays, zerosLike } from './treeMath.js'

export interface ScaleByNovogradOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.25. */
  readonly b2?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-8, of {@link novograd} 1e-6. */
  readonly eps?: ScalarLike
  /** Added inside of the square root; default 0. */
  readonly epsRoot?: ScalarLike
  /** Strength of the weight decay, inside of the momentum; default 0. */
  readonly weightDecay?: ScalarLike
  /** Dtype in which the first moment is kept; default that of the params, then of the gradients. */
  readonly muDtype?: DType | null
}
const novogradOptions = { b1: decay, b2: decay, eps: nonNegative, epsRoot: nonNegative, weightDecay: scalar }
const ScaleByNovogradOptions = optionsOf('ScaleByNovogradOptions', { ...novogradOptions, muDtype: dtypeOrNull })

/** State of {@link scaleByNovograd}. */
export interface ScaleByNovogradState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** First moments, in the structure of the params. */
  readonly mu: ArrayTree
  /** Second moments: a scalar for each array. */
  readonly nu: ArrayTree
}

/**
 * Momentum of gradients over their norms: of each array, with gradients `g` and params `p`,
 *
 *     v ← (1 - b2) ‖g‖² + b2 v        (‖g‖² in the first step)
 *     m ← g / (√(v + epsRoot) + eps) + weightDecay p + b1 m        (without b1 m in the first step)
 *     u = m
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Ginsburg et al., 2019, https://arxiv.org/abs/1905.11286
 * @example
 * const tx = optax.scaleByNovograd()
 * const params = np.zeros([2])
 * const [updates, state] = tx.update(np.array([3, 4]), tx.init(params), params)
 * updates // => Array([0.6, 0.8], dtype=float32)
 * state.nu // => Array(25., dtype=float32)
 */
export const scaleByNovograd = (options: ScaleByNovogradOptions = {}): GradientTransformation<ScaleByNovogradState> => {
  const decoded = decodeOptions('scaleByNovograd', ScaleByNovogradOptions, options)
  const { b1 = 0.9, b2 = 0.25, eps = 1e-8, epsRoot = 0, weightDecay = 0, muDtype = null } = decoded
  return GradientTransformation<ScaleByNovogradState>(
    (params) => ({
      count: zeroCount(),
      mu: zerosLike(params, { dtype: muDtype }),
      nu: mapArrays(['scaleByNovograd', 'the params'], (p) => np.zeros([], { dtype: p.dtype }), params),
    }),
    (updates, state, given) => {
      const params = requireParams('scaleByNovograd', given)
      const count = safeIncrement(state.count)
      const isFirst = np.equal(count, 1)
      const nu = mapArrays(
        ['scaleByNovograd', 'the updates', 'the second moments'],
        (g, v) => {
          const square = np.square(rootSumSquare(g))
          const next = np.add(np.multiply(oneMinus(b2), square), np.multiply(b2, v))
          return np.astype(np.where(isFirst, square, next), v.dtype)
        },
        updates,
        state.nu,
      )
      const mu = mapArrays(
        ['scaleByNovograd', 'the updates', 'the params', 'the first moments', 'the second moments'],
        (g, p, m, v) => {
          const direction = np.divide(g, np.add(np.sqrt(np.add(v, epsRoot)), eps))
          const decayed = np.add(direction, np.multiply(weightDecay, p))
          return np.where(isFirst, decayed, np.add(np.multiply(b1, m), decayed))
        },
        updates,
        params,
        state.mu,
        nu,
      )
      const kept = cast(mu, muDtype)
      return [kept, { count, mu: kept, nu }]
    },
  )
}

export type NovogradOptions = Omit<ScaleByNovogradOptions, 'muDtype'>
const NovogradOptions = optionsOf('NovogradOptions', novogradOptions)

/**
 * Novograd: {@link scaleByNovograd}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.novograd
 * @example
 * const tx = optax.novograd(0.1)
 * const params = np.zeros([2])
 * tx.update(np.array([3, 4]), tx.init(params), params)[0] // => Array([-0.05999999, -0.07999998], dtype=float32)
 */
export const novograd = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: NovogradOptions = {},
): GradientTransformation<readonly [ScaleByNovogradState, LearningRateState<L>]> => {
  const { eps = 1e-6, ...rest } = decodeOptions('novograd', NovogradOptions, options)
  return chain(scaleByNovograd({ ...rest, eps }), scaleByLearningRate(learningRate))
}
