/** Adan: moments of gradients and of their differences. */
import type { NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { ratio } from './adam.js'
import { type ArrayTree, GradientTransformation, type ScalarLike, type ScalarOrSchedule } from './base.js'

import type { MaskOrFn } from './masking.js'
import { oneMinus, safeIncrement } from './numerics.js'
import { decay, decodeOptions, nonNegative, optionsOf } from './options.js'
import { type LearningRateState, zeroCount } from './scaling.js'
import { biasCorrection, mapArrays, updateMoment, updateMomentPerElemNorm, zerosLike } from './treeMath.js'
import { type WeightDecayState, decayed, type DecayOptions, decayOptions } from './weightDecay.js'

export interface ScaleByAdanOptions {
  /** Decay rate of the gradients' moment, in [0, 1); default 0.98. */
  readonly b1?: ScalarLike
  /** Decay rate of the moment of their differences, in [0, 1); default 0.92. */
  readonly b2?: ScalarLike
  /** Decay rate of the moment of squares, in [0, 1); default 0.99. */
  readonly b3?: ScalarLike
  /** Added to the denominator outside of the square root; default 1e-8. */
  readonly eps?: ScalarLike
  /** Added inside of the square root; default 0, of {@link adan} 1e-8. */
  readonly epsRoot?: ScalarLike
}
const adanOptions = { b1: decay, b2: decay, b3: decay, eps: nonNegative, epsRoot: nonNegative }
const ScaleByAdanOptions = optionsOf('ScaleByAdanOptions', adanOptions)

/** State of {@link scaleByAdan}. */
export interface ScaleByAdanState {
  /** Moments of the gradients, in the structure of the params. */
  readonly m: ArrayTree
  /** Moments of the differences of gradients. */
  readonly v: ArrayTree
  /** Moments of the squares. */
  readonly n: ArrayTree
  /** The gradients before. */
  readonly g: ArrayTree
  /** Updates made so far, `int32[]`. */
  readonly t: NDArray
}

/**
 * Nesterov's momentum, adaptive: with gradients `g` and their differences `d` from those before (0 in the first step), at
 * step `t`
 *
 *     m ← (1 - b1) g + b1 m,   v ← (1 - b2) d + b2 v,   n ← (1 - b3) (g + (1 - b2) d)² + b3 n
 *     u = (m̂ + (1 - b2) v̂) / (√(n̂ + epsRoot) + eps),   x̂ = x / (1 - bᵗ)
 *
 * The decay rates are one minus those of the paper.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Xie et al., 2022, Algorithm 1, https://arxiv.org/abs/2208.06677
 * @example
 * const tx = optax.scaleByAdan()
 * tx.update(np.array([0.5, -3]), tx.init(np.zeros([2])))[0] // => Array([ 1.0000005, -1.0000005], dtype=float32)
 */
export const scaleByAdan = (options: ScaleByAdanOptions = {}): GradientTransformation<ScaleByAdanState> => {
  const decoded = decodeOptions('scaleByAdan', ScaleByAdanOptions, options)
  const { b1 = 0.98, b2 = 0.92, b3 = 0.99, eps = 1e-8, epsRoot = 0 } = decoded
  const lookAhead = (of: ArrayTree, differences: ArrayTree): ArrayTree =>
    mapArrays(
      ['scaleByAdan', 'the updates', 'their differences'],
      (g, d) => np.add(g, np.multiply(oneMinus(b2), d)),
      of,
      differences,
    )
  return GradientTransformation<ScaleByAdanState>(
    (params) => ({
      m: zerosLike(params),
      v: zerosLike(params),
      n: zerosLike(params),
      g: zerosLike(params),
      t: zeroCount(),
    }),
    (g, state) => {
      const isFirst = np.equal(state.t, 0)
      const d = mapArrays(
        ['scaleByAdan', 'the updates', 'the updates before'],
        (x, before) => np.where(isFirst, 0, np.subtract(x, before)),
        g,
        state.g,
      )
      const m = updateMoment(g, state.m, b1, 1)
      const v = updateMoment(d, state.v, b2, 1)
      const n = updateMomentPerElemNorm(lookAhead(g, d), state.n, b3, 2)
      const t = safeIncrement(state.t)
      const step = lookAhead(biasCorrection(m, b1, t), biasCorrection(v, b2, t))
      return [ratio('scaleByAdan', step, biasCorrection(n, b3, t), eps, epsRoot), { m, v, n, g, t }]
    },
  )
}

export interface AdanOptions<W extends ScalarOrSchedule = ScalarOrSchedule, M extends MaskOrFn | null = MaskOrFn | null>
  extends ScaleByAdanOptions, DecayOptions<W, M> {}
const AdanOptions = optionsOf('AdanOptions', { ...adanOptions, ...decayOptions })

/**
 * Adan: {@link scaleByAdan}, `addDecayedWeights` (default 0), `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.adan
 * @example
 * const tx = optax.adan(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params), params)[0] // => Array([-0.10000005, -0.10000005], dtype=float32)
 */
export const adan = <L extends ScalarOrSchedule, W extends ScalarOrSchedule = number, M extends MaskOrFn | null = null>(
  learningRate: L,
  options: AdanOptions<W, M> = {},
): GradientTransformation<readonly [ScaleByAdanState, WeightDecayState<W, M>, LearningRateState<L>]> => {
  const decoded = decodeOptions('adan', AdanOptions, options)
  const { weightDecay = 0, mask = null, epsRoot = 1e-8, ...rest } = decoded
  return decayed<ScaleByAdanState, L, W, M>(scaleByAdan({ ...rest, epsRoot }), learningRate, weightDecay, mask)
}
