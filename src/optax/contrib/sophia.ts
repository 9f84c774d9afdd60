/** Sophia: momentum divided by an estimate of the Hessian's diagonal, clipped. */
import { ArgumentError, type DType, type NDArray } from '../../core/index.js'
import { cond } from '../../control/index.js'
import * as np from '../../numpy/index.js'
import * as random from '../../random/index.js'
import { grad, jvp } from '../../transforms/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type ExtraArgsOf,
  GradientTransformation,
  type Params,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
  type StateOf,
} from '../base.js'
import { chain } from '../combining.js'
import type { MaskFn, MaskOrFn } from '../masking.js'
import { negated, safeIncrement } from '../numerics.js'
import {
  decay,
  decodeOptions,
  dtypeOrNull,
  maskOrNull,
  nonNegative,
  optionsOf,
  refine,
  scalarOrNull,
  scalarOrSchedule,
} from '../options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from '../scaling.js'
import { dtype as dtypeOf, randomLike } from '../treeArithmetic.js'
import { biasCorrection, cast, mapArrays, updateMoment, zerosLike } from '../treeMath.js'
import { decayOf, type WeightDecayState } from '../weightDecay.js'
import { positiveInteger } from './estimates.js'

export interface HutchinsonEstimatorOptions {
  /** Key of the random signs; default `random.key(0)`. */
  readonly randomSeed?: random.PRNGKey | null
}
const key = refine('a key or null', (u): u is random.PRNGKey | null => u === null || u instanceof random.PRNGKey)
const HutchinsonEstimatorOptions = optionsOf('HutchinsonEstimatorOptions', { randomSeed: key })

/** State of {@link hutchinsonEstimatorDiagHessian}. */
export interface HutchinsonState {
  /** Key of the next signs. */
  readonly key: random.PRNGKey
}

/** The function that an estimate of second derivatives needs. */
export interface ObjectiveFn {
  /** Loss by the params alone. */
  readonly objFn: (params: never) => NDArray
}

/**
 * Hutchinson's estimate of the diagonal of the Hessian in the place of the updates: `r · H r` for random signs `r`, by a
 * forward derivative of the gradient. Its mean is the diagonal.
 *
 * The update needs the params and, as the extra argument `objFn`, the loss as a function of them.
 *
 * @throws OptionsError if an option is unknown
 * @throws ArgumentError in `update`, without params or `objFn`
 * @see Hutchinson, 1990, https://doi.org/10.1080/03610919008812866
 * @example
 * const tx = optax.contrib.hutchinsonEstimatorDiagHessian()
 * const params = np.array([1, 2])
 * const objFn = (p: NDArray) => np.sum(p.mul(p).mul(p))
 * tx.update(params, tx.init(params), params, { objFn })[0] // => Array([ 6., 12.], dtype=float32)
 */
export const hutchinsonEstimatorDiagHessian = (
  options: HutchinsonEstimatorOptions = {},
): GradientTransformation<HutchinsonState, ObjectiveFn> => {
  const where = 'hutchinsonEstimatorDiagHessian'
  const { randomSeed = null } = decodeOptions(where, HutchinsonEstimatorOptions, options)
  return GradientTransformation<HutchinsonState, ObjectiveFn>(
    () => ({ key: randomSeed ?? random.key(0) }),
    (_updates, state, params, extra) => {
      const given = requireParams(where, params)
      const objective = extra.objFn as ((params: Params) => NDArray) | undefined
      if (typeof objective !== 'function') {
        throw new ArgumentError(
          where,
          'the loss as a function of the params, `objFn`',
          'none; call tx.update(updates, state, params, { objFn })',
        )
      }
      const [next, signsKey] = random.split(state.key)
      const drawn = randomLike(signsKey!, given, { sampler: random.rademacher, dtype: 'float32' })
      const signs = cast(drawn, dtypeOf(given, 'lowest'))
      const [, products] = jvp(grad(objective), [given], [signs])
      const diagonal = mapArrays([where, 'the products', 'the signs'], (h, r) => np.multiply(h, r), products, signs)
      return [diagonal, { key: next! }]
    },
  )
}

type Hutchinson = ReturnType<typeof hutchinsonEstimatorDiagHessian>

export interface ScaleBySophiaOptions<H extends AnyGradientTransformation = AnyGradientTransformation> {
  /** Decay rate of the first moment, in [0, 1); default 0.965. */
  readonly b1?: ScalarLike
  /** Decay rate of the Hessian's diagonal, in [0, 1); default 0.99. */
  readonly b2?: ScalarLike
  /** Least denominator; default 1e-8. */
  readonly eps?: ScalarLike
  /** Factor of the Hessian's diagonal; default 0.01. */
  readonly gamma?: ScalarLike
  /** Bound of the ratios; default 1, `null` for none. */
  readonly clipThreshold?: ScalarLike | null
  /** Number of updates from one estimate of the Hessian to the next; default 10. */
  readonly updateInterval?: number
  /** Transformation whose updates are the Hessian's diagonal; default {@link hutchinsonEstimatorDiagHessian}. */
  readonly hessianDiagonalFn?: H
  /** Dtype in which the first moment is kept; default that of the params, then of the gradients. */
  readonly muDtype?: DType | null
}
const sophiaOptions = {
  b1: decay,
  b2: decay,
  eps: nonNegative,
  gamma: nonNegative,
  clipThreshold: scalarOrNull,
  updateInterval: positiveInteger,
  hessianDiagonalFn: refine(
    'a transformation',
    (u): u is AnyGradientTransformation => typeof u === 'object' && u !== null && 'init' in u && 'update' in u,
  ),
  muDtype: dtypeOrNull,
}
const ScaleBySophiaOptions = optionsOf('ScaleBySophiaOptions', sophiaOptions)

/** State of {@link scaleBySophia}. */
export interface SophiaState<S = unknown> {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** First moments, in the structure of the params. */
  readonly mu: ArrayTree
  /** Averages of the Hessian's diagonal. */
  readonly nu: ArrayTree
  /** State of the estimator. */
  readonly hessianFnState: S
}

/**
 * First moments divided by the average `h` of estimates of the Hessian's diagonal, clipped: at step `t`
 *
 *     m ← (1 - b1) g + b1 m,   u = clip(m̂ / max(gamma h, eps), -clipThreshold, clipThreshold),   m̂ = m / (1 - b1ᵗ)
 *
 * and after that, in every `updateInterval`-th update from the first, `h ← (1 - b2) estimate + b2 h`.
 *
 * The update needs the params and what the estimator needs: the extra argument `objFn`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params or `objFn`
 * @see Liu et al., 2023, https://arxiv.org/abs/2305.14342
 * @example
 * const tx = optax.contrib.scaleBySophia({ gamma: 1, b2: 0 })
 * const params = np.array([1, -2])
 * const objFn = (p: NDArray) => np.sum(p.mul(p))
 * const [first, state] = tx.update(np.array([0.5, -0.5]), tx.init(params), params, { objFn })
 * first // => Array([ 1., -1.], dtype=float32)
 * state.nu // => Array([2., 2.], dtype=float32)
 */
export const scaleBySophia = <H extends AnyGradientTransformation = Hutchinson>(
  options: ScaleBySophiaOptions<H> = {},
): GradientTransformation<SophiaState<StateOf<H>>, ExtraArgsOf<H>> => {
  const where = 'scaleBySophia'
  const decoded = decodeOptions(where, ScaleBySophiaOptions, options)
  const { b1 = 0.965, b2 = 0.99, eps = 1e-8, gamma = 0.01, clipThreshold = 1, updateInterval = 10 } = decoded
  const { hessianDiagonalFn = hutchinsonEstimatorDiagHessian(), muDtype = null } = decoded
  const estimator = hessianDiagonalFn as unknown as GradientTransformation<StateOf<H>>
  return GradientTransformation<SophiaState<StateOf<H>>, ExtraArgsOf<H>>(
    (params) => ({
      count: zeroCount(),
      mu: zerosLike(params, { dtype: muDtype }),
      nu: zerosLike(params),
      hessianFnState: estimator.init(params),
    }),
    (updates, state, params, extra) => {
      const given = requireParams(where, params)
      const count = safeIncrement(state.count)
      const mu = updateMoment(updates, state.mu, b1, 1)
      const steps = mapArrays(
        [where, 'the first moments', 'the diagonal'],
        (m, h) => {
          const ratio = np.divide(m, np.maximum(np.multiply(gamma, h), eps))
          return clipThreshold === null ? ratio : np.clip(ratio, negated(clipThreshold), clipThreshold)
        },
        biasCorrection(mu, b1, count),
        state.nu,
      )
      const [hessianFnState, nu] = cond(
        np.equal(np.remainder(state.count, updateInterval), 0),
        (before: StateOf<H>, h: ArrayTree): readonly [StateOf<H>, ArrayTree] => {
          const [diagonal, after] = estimator.update(updates, before, given, extra)
          return [after, updateMoment(diagonal, h, b2, 1)]
        },
        (before: StateOf<H>, h: ArrayTree): readonly [StateOf<H>, ArrayTree] => [before, h],
        state.hessianFnState,
        state.nu,
      )
      return [steps, { count, mu: cast(mu, muDtype), nu, hessianFnState }]
    },
  )
}

export interface SophiaOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
  H extends AnyGradientTransformation = AnyGradientTransformation,
> extends ScaleBySophiaOptions<H> {
  /** Strength of the weight decay, multiplied by the learning rate; default 1e-4. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly weightDecayMask?: M | MaskFn
}
const SophiaOptions = optionsOf('SophiaOptions', {
  ...sophiaOptions,
  weightDecay: scalarOrSchedule,
  weightDecayMask: maskOrNull,
})

/**
 * Sophia: {@link scaleBySophia}, weight decay, learning rate.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params or `objFn`
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.sophia
 * @example
 * const tx = optax.contrib.sophia(0.1, { weightDecay: 0 })
 * const params = np.array([1, -2])
 * const objFn = (p: NDArray) => np.sum(p.mul(p))
 * tx.update(np.array([2, -4]), tx.init(params), params, { objFn })[0] // => Array([-0.1,  0.1], dtype=float32)
 */
export const sophia = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
  H extends AnyGradientTransformation = Hutchinson,
>(
  learningRate: L,
  options: SophiaOptions<W, M, H> = {},
): GradientTransformation<
  readonly [SophiaState<StateOf<H>>, WeightDecayState<W, M>, LearningRateState<L>],
  ExtraArgsOf<H>
> => {
  const { weightDecay = 1e-4, weightDecayMask: mask = null, ...rest } = decodeOptions('sophia', SophiaOptions, options)
  const decaying = decayOf<W, M>(weightDecay, mask)
  const scaled = scaleBySophia(rest) as unknown as GradientTransformation<SophiaState<StateOf<H>>, ExtraArgsOf<H>>
  return chain(scaled, decaying, scaleByLearningRate(learningRate)) as unknown as GradientTransformation<
    readonly [SophiaState<StateOf<H>>, WeightDecayState<W, M>, LearningRateState<L>],
    ExtraArgsOf<H>
  >
}
