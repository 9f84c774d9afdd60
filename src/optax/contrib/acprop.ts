/** ACProp: momentum of the prediction error, one step late. */
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { type ArrayTree, GradientTransformation, type ScalarLike, type ScalarOrSchedule } from '../base.js'

import type { MaskOrFn } from '../masking.js'
import { safeIncrement } from '../numerics.js'
import { decay, decodeOptions, nonNegative, optionsOf } from '../options.js'
import { type LearningRateState, zeroCount } from '../scaling.js'
import { biasCorrection, mapArrays, updateMoment, updateMomentPerElemNorm, zerosLike } from '../treeMath.js'
import { type WeightDecayState, decayed, type DecayOptions, decayOptions } from '../weightDecay.js'

export interface ScaleByAcpropOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-16. */
  readonly eps?: ScalarLike
  /** Added to the second moment; default 1e-16. */
  readonly epsRoot?: ScalarLike
}
const acpropOptions = { b1: decay, b2: decay, eps: nonNegative, epsRoot: nonNegative }
const ScaleByAcpropOptions = optionsOf('ScaleByAcpropOptions', acpropOptions)

/** State of {@link scaleByAcprop}. */
export interface ScaleByAcpropState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** First moments, in the structure of the params. */
  readonly mu: ArrayTree
  /** Second moments of the prediction errors. */
  readonly nu: ArrayTree
}

/**
 * Updates divided by the root mean square of the prediction errors of the steps before: at step `t`
 *
 *     u = g / (√v̂ + eps),   v̂ = v / (1 - b2ᵗ⁻¹), 1 in the first step
 *     v ← (1 - b2) (g - m)² + b2 v + epsRoot,   m ← (1 - b1) g + b1 m
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Zhuang et al., 2021, https://arxiv.org/abs/2110.05454
 * @example
 * const tx = optax.contrib.scaleByAcprop()
 * const [updates] = tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))
 * updates // => Array([ 0.5, -3. ], dtype=float32)
 */
export const scaleByAcprop = (options: ScaleByAcpropOptions = {}): GradientTransformation<ScaleByAcpropState> => {
  const decoded = decodeOptions('scaleByAcprop', ScaleByAcpropOptions, options)
  const { b1 = 0.9, b2 = 0.999, eps = 1e-16, epsRoot = 1e-16 } = decoded
  return GradientTransformation<ScaleByAcpropState>(
    (params) => ({ count: zeroCount(), mu: zerosLike(params), nu: zerosLike(params) }),
    (updates, state) => {
      const errors = mapArrays(
        ['scaleByAcprop', 'the updates', 'the first moments'],
        (g, m) => np.subtract(g, m),
        updates,
        state.mu,
      )
      const nu = mapArrays(
        ['scaleByAcprop', 'the second moments'],
        (v) => np.add(v, epsRoot),
        updateMomentPerElemNorm(errors, state.nu, b2, 2),
      )
      const isFirst = np.equal(state.count, 0)
      const scaled = mapArrays(
        ['scaleByAcprop', 'the updates', 'the second moments'],
        (g, v) => np.divide(g, np.add(np.sqrt(np.where(isFirst, 1, v)), eps)),
        updates,
        biasCorrection(state.nu, b2, np.maximum(state.count, 1)),
      )
      return [scaled, { count: safeIncrement(state.count), mu: updateMoment(updates, state.mu, b1, 1), nu }]
    },
  )
}

export interface AcpropOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
>
  extends ScaleByAcpropOptions, DecayOptions<W, M> {}
const AcpropOptions = optionsOf('AcpropOptions', { ...acpropOptions, ...decayOptions })

/**
 * ACProp: {@link scaleByAcprop}, weight decay (default 0), learning rate.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.acprop
 * @example
 * const tx = optax.contrib.acprop(0.1)
 * const params = np.array([1, 2])
 * tx.update(np.array([2, 4]), tx.init(params), params)[0] // => Array([-0.2, -0.4], dtype=float32)
 */
export const acprop = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
>(
  learningRate: L,
  options: AcpropOptions<W, M> = {},
): GradientTransformation<readonly [ScaleByAcpropState, WeightDecayState<W, M>, LearningRateState<L>]> => {
  const { weightDecay = 0, mask = null, ...rest } = decodeOptions('acprop', AcpropOptions, options)
  return decayed<ScaleByAcpropState, L, W, M>(scaleByAcprop(rest), learningRate, weightDecay, mask)
}
