/** Adam's part: the ratio of a gradient's mean and the root of its mean square. */
import type { DType, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { type ArrayTree, GradientTransformation, type ScalarLike } from './base.js'
import { oneMinus, safeIncrement } from './numerics.js'
import { decay, decodeOptions, dtypeOrNull, flag, nonNegative, optionsOf } from './options.js'
import { zeroCount } from './scaling.js'
import {
  biasCorrection,
  cast,
  castLike,
  mapArrays,
  updateMoment,
  updateMomentPerElemNorm,
  zerosLike,
} from './treeMath.js'

export interface ScaleByAdamOptions {
  /** Decay rate of the first moment, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the second moment, in [0, 1); default 0.999. */
  readonly b2?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-8. */
  readonly eps?: ScalarLike
  /** Added inside of the square root, for gradients through the update; default 0. */
  readonly epsRoot?: ScalarLike
  /** Dtype in which the first moment is kept; default that of the params, then of the gradients. */
  readonly muDtype?: DType | null
  /** Whether the first moment looks one step ahead; default false. */
  readonly nesterov?: boolean
}

/** @internal Properties of the codec, shared with the aliases. */
export const adamOptions = {
  b1: decay,
  b2: decay,
  eps: nonNegative,
  epsRoot: nonNegative,
  muDtype: dtypeOrNull,
  nesterov: flag,
}
const ScaleByAdamOptions = optionsOf('ScaleByAdamOptions', adamOptions)

/** State of {@link scaleByAdam} and its relatives. */
export interface ScaleByAdamState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** First moments, in the structure of the params. */
  readonly mu: ArrayTree
  /** Second moments. */
  readonly nu: ArrayTree
}

/**
 * Updates divided by the root of their mean square: with gradients `g`, at step `t`
 *
 *     m ← (1 - b1) g + b1 m,   v ← (1 - b2) g² + b2 v
 *     u = m̂ / (√(v̂ + epsRoot) + eps),   m̂ = m / (1 - b1ᵗ),   v̂ = v / (1 - b2ᵗ)
 *
 * With `nesterov`, `m̂ = b1 m / (1 - b1ᵗ⁺¹) + (1 - b1) g / (1 - b1ᵗ)`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Kingma & Ba, 2015, Algorithm 1, https://arxiv.org/abs/1412.6980
 * @see Dozat, 2016 (nesterov), https://openreview.net/pdf?id=OM0jvwB8jIp57ZJjtNEZ
 * @example
 * const tx = optax.scaleByAdam()
 * const [updates, state] = tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))
 * updates // => Array([ 0.9999933, -0.9999933], dtype=float32)
 * state.count // => Array(1, dtype=int32)
 */
export const scaleByAdam = (options: ScaleByAdamOptions = {}): GradientTransformation<ScaleByAdamState> => {
  const decoded = decodeOptions('scaleByAdam', ScaleByAdamOptions, options)
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0, muDtype = null, nesterov = false } = decoded
  return GradientTransformation<ScaleByAdamState>(
    (params) => ({ count: zeroCount(), mu: zerosLike(params, { dtype: muDtype }), nu: zerosLike(params) }),
    (updates, state) => {
      const mu = updateMoment(updates, state.mu, b1, 1)
      const nu = updateMomentPerElemNorm(updates, state.nu, b2, 2)
      const count = safeIncrement(state.count)
      const muHat = correctedMean(updates, mu, b1, count, nesterov)
      // Dozat multiplies the second moment by b2 once more; Optax and others don't.
      const nuHat = biasCorrection(nu, b2, count)
      return [
        ratio('scaleByAdam', muHat, nuHat, eps, epsRoot),
        { count, mu: cast(mu, muDtype), nu: castLike(nu, state.nu) },
      ]
    },
  )
}

/** @internal `m / (√(v + epsRoot) + eps)`. */
export const ratio = (
  where: string,
  mu: ArrayTree,
  nu: ArrayTree,
  eps: ScalarLike,
  epsRoot: ScalarLike = 0,
): ArrayTree =>
  mapArrays(
    [where, 'the first moments', 'the second moments'],
    (m, v) => np.divide(m, np.add(np.sqrt(epsRoot === 0 ? v : np.add(v, epsRoot)), eps)),
    mu,
    nu,
  )

/** @internal First moments without their bias, with Nesterov's look one step ahead: `b1 m + (1 - b1) g`. */
export const correctedMean = (
  updates: ArrayTree,
  mu: ArrayTree,
  b1: ScalarLike,
  count: NDArray,
  nesterov: boolean,
): ArrayTree => {
  if (!nesterov) return biasCorrection(mu, b1, count)
  return mapArrays(
    ['correctedMean', 'the moments', 'the updates'],
    (m, g) => np.add(np.multiply(b1, m), np.multiply(oneMinus(b1), g)),
    biasCorrection(mu, b1, safeIncrement(count)),
    biasCorrection(updates, b1, count),
  )
}
