/** Noise. */
import type { NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as random from '../random/index.js'
import { GradientTransformation, requireScalar, type ScalarLike, type ScalarOrSchedule } from './base.js'
import { chain } from './combining.js'
import { safeIncrement } from './numerics.js'
import { decodeOptions, keyOrSeed, nonNegative, optionsOf, scalar } from './options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from './scaling.js'
import { randomLike } from './treeArithmetic.js'
import { mapArrays } from './treeMath.js'

/** A key, or the seed of one. */
export type KeyOrSeed = random.PRNGKey | number | bigint | NDArray

/** State of {@link addNoise}. */
export interface AddNoiseState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** The key of the next step. */
  readonly rngKey: random.PRNGKey
}

/**
 * Updates plus normal noise of the variance `eta / tᵞ`, `gamma = γ`, at step `t`. Each step splits its key in two, one for the
 * next step, one that is split for the leaves in their order.
 *
 * @param eta - variance of the noise of the first step
 * @param gamma - how fast it falls
 * @param key - a key, or the seed of one
 * @see Neelakantan et al., 2015, https://arxiv.org/abs/1511.06807
 * @example
 * const tx = optax.addNoise(0.01, 0.55, random.key(0))
 * tx.update(np.array([1, 2]), tx.init(np.zeros([2])))[0] // => Array([1.0627849, 1.9876631], dtype=float32)
 */
export const addNoise = (eta: ScalarLike, gamma: ScalarLike, key: KeyOrSeed): GradientTransformation<AddNoiseState> => {
  const variance = requireScalar('addNoise', 'a variance', eta)
  const exponent = requireScalar('addNoise', 'an exponent', gamma)
  return GradientTransformation<AddNoiseState>(
    () => ({ count: zeroCount(), rngKey: key instanceof random.PRNGKey ? key : random.key(key) }),
    (updates, state) => {
      const count = safeIncrement(state.count)
      const deviation = np.sqrt(np.divide(variance, np.power(count, exponent)))
      const [rngKey, sampleKey] = random.split(state.rngKey)
      const noise = randomLike(sampleKey!, updates)
      const noisy = mapArrays(
        ['addNoise', 'the updates', 'the noise'],
        (g, n) => np.add(g, np.multiply(deviation, n)),
        updates,
        noise,
      )
      return [noisy, { count, rngKey: rngKey! }]
    },
  )
}

export interface NoisySgdOptions {
  /** Variance of the noise of the first step; default 0.01. */
  readonly eta?: ScalarLike
  /** How fast it falls; default 0.55. */
  readonly gamma?: ScalarLike
  /** A key, or the seed of one; default 0, the same noise in each run. */
  readonly key?: KeyOrSeed
}
const NoisySgdOptions = optionsOf('NoisySgdOptions', { eta: nonNegative, gamma: scalar, key: keyOrSeed })

/**
 * Gradient descent with noise: {@link addNoise}, then `scaleByLearningRate`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.noisy_sgd
 * @example
 * const tx = optax.noisySgd(0.1, { key: random.key(0) })
 * tx.update(np.array([1, 2]), tx.init(np.zeros([2])))[0] // => Array([-0.10627849, -0.19876632], dtype=float32)
 */
export const noisySgd = <L extends ScalarOrSchedule>(
  learningRate: L,
  options: NoisySgdOptions = {},
): GradientTransformation<readonly [AddNoiseState, LearningRateState<L>]> => {
  const { eta = 0.01, gamma = 0.55, key = 0 } = decodeOptions('noisySgd', NoisySgdOptions, options)
  return chain(addNoise(eta, gamma, key), scaleByLearningRate(learningRate))
}
