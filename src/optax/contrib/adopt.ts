/** ADOPT: Adam that divides by the second moment of the steps before. */
import type { DType, NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { GradientTransformation, type ScalarLike, type ScalarOrSchedule } from '../base.js'
import type { ScaleByAdamState } from '../adam.js'
import { chain } from '../combining.js'
import { negated, safeIncrement } from '../numerics.js'
import { decay, decodeOptions, dtypeOrNull, flag, nonNegative, optionsOf } from '../options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from '../scaling.js'
import { cast, mapArrays, updateMoment, updateMomentPerElemNorm, zerosLike } from '../treeMath.js'
import { functionOf } from './estimates.js'

export interface ScaleByAdoptOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.9999. */
  readonly b2?: ScalarLike
  /** Least value of the denominator; default 1e-6. */
  readonly eps?: ScalarLike
  /** Dtype in which the first moment is kept; default that of the params, then of the gradients. */
  readonly muDtype?: DType | null
  /** Whether the first moment looks one step ahead; default false. */
  readonly nesterov?: boolean
  /** Whether the ratios are clipped; default true. */
  readonly useClipping?: boolean
  /** Bound of the ratios by the updates made before, `int32[]`; default their fourth root. */
  readonly clipValueFn?: (count: NDArray) => ScalarLike
}
const adoptOptions = {
  b1: decay,
  b2: decay,
  eps: nonNegative,
  muDtype: dtypeOrNull,
  nesterov: flag,
  useClipping: flag,
  clipValueFn: functionOf<(count: NDArray) => ScalarLike>(),
}
const ScaleByAdoptOptions = optionsOf('ScaleByAdoptOptions', adoptOptions)

const fourthRoot = (count: NDArray): NDArray => np.power(count, 0.25)

/**
 * Averages of the updates divided by the second moment of the steps before: with `c = clipValueFn(t - 1)`, at step `t`
 *
 *     r = clip(g / max(√v, eps), -c, c),   m ← (1 - b1) r + b1 m,   v ← (1 - b2) g² + b2 v
 *     u = m,   with nesterov (1 - b1) r + b1 m
 *
 * In the first step `b2 = 0` and `b1 = 1`: it only sees the size of the gradients, and all updates are zero.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Taniguchi et al., 2024, https://arxiv.org/abs/2411.02853
 * @example
 * const tx = optax.contrib.scaleByAdopt({ b1: 0.5 })
 * const [first, state] = tx.update(np.array([0.5]), tx.init(np.zeros([1])))
 * first // => Array([0.], dtype=float32)
 * tx.update(np.array([-0.25]), state)[0] // => Array([-0.25], dtype=float32)
 */
export const scaleByAdopt = (options: ScaleByAdoptOptions = {}): GradientTransformation<ScaleByAdamState> => {
  const decoded = decodeOptions('scaleByAdopt', ScaleByAdoptOptions, options)
  const { b1 = 0.9, b2 = 0.9999, eps = 1e-6, muDtype = null, nesterov = false } = decoded
  const { useClipping = true, clipValueFn = fourthRoot } = decoded
  return GradientTransformation<ScaleByAdamState>(
    (params) => ({ count: zeroCount(), mu: zerosLike(params, { dtype: muDtype }), nu: zerosLike(params) }),
    (updates, state) => {
      const isLater = np.greater(state.count, 0)
      const [d1, d2] = [np.where(isLater, b1, 1), np.where(isLater, b2, 0)]
      const bound = useClipping ? clipValueFn(state.count) : null
      const ratios = mapArrays(
        ['scaleByAdopt', 'the updates', 'the second moments'],
        (g, v) => {
          const ratio = np.divide(g, np.maximum(np.sqrt(v), eps))
          return bound === null ? ratio : np.clip(ratio, negated(bound), bound)
        },
        updates,
        state.nu,
      )
      const mu = updateMoment(ratios, state.mu, d1, 1)
      const scaled = nesterov ? updateMoment(ratios, mu, d1, 1) : mu
      const nu = updateMomentPerElemNorm(updates, state.nu, d2, 2)
      return [scaled, { count: safeIncrement(state.count), mu: cast(mu, muDtype), nu }]
    },
  )
}

export type AdoptOptions = ScaleByAdoptOptions
const AdoptOptions = optionsOf('AdoptOptions', adoptOptions)

/**
 * ADOPT: {@link scaleByAdopt}, learning rate.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.adopt
 * @example
 * const tx = optax.contrib.adopt(0.1, { b1: 0 })
 * const [, state] = tx.update(np.array([2]), tx.init(np.zeros([1])))
 * tx.update(np.array([1]), state)[0] // => Array([-0.05], dtype=float32)
 */
export const adopt = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: AdoptOptions = {},
): GradientTransformation<readonly [ScaleByAdamState, LearningRateState<L>]> =>
  chain(scaleByAdopt(decodeOptions('adopt', AdoptOptions, options)), scaleByLearningRate(learningRate))
