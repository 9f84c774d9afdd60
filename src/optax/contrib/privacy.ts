/** Differential privacy: gradients of single examples are clipped, summed and blurred. */
import { ArgumentError } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import * as random from '../../random/index.js'
import { GradientTransformation, identity, requireScalar, type ScalarLike, type ScalarOrSchedule } from '../base.js'
import { type MomentumState } from '../aliases.js'
import { trace } from '../accumulation.js'
import { chain } from '../combining.js'
import { decodeOptions, flag, optionsOf, scalarOrNull } from '../options.js'
import { type LearningRateState, scaleByLearningRate } from '../scaling.js'
import { perExampleGlobalNormClip } from '../perExample.js'
import { mapArrays } from '../treeMath.js'
import { times } from './estimates.js'

/** State of {@link differentiallyPrivateAggregate}. */
export interface DifferentiallyPrivateAggregateState {
  /** Key of the next noise. */
  readonly rngKey: random.PRNGKey
}

/**
 * Means of gradients that tell little of any one example: those of each example are clipped to a global norm of
 * `l2NormClip`, summed, and get normal noise of `l2NormClip · noiseMultiplier`; the sum is divided by their number.
 *
 * Updates are gradients of each example: the first axis of all leaves is that of the examples, as `vmap(grad(loss))` makes it.
 *
 * @param key - a key, or the seed of one; each leaf and each update has noise of its own
 * @throws ShapeError in `update`, if a leaf has no axis of examples, or their numbers differ
 * @throws ArgumentError if the key isn't one
 * @see Abadi et al., 2016, https://arxiv.org/abs/1607.00133
 * @example
 * const tx = optax.contrib.differentiallyPrivateAggregate(1, 0, 0)
 * const perExample = np.array([[3, 4], [0, 0.5]])
 * tx.update(perExample, tx.init(np.zeros([2])))[0] // => Array([0.3 , 0.65], dtype=float32)
 */
export const differentiallyPrivateAggregate = (
  l2NormClip: ScalarLike,
  noiseMultiplier: ScalarLike,
  key: random.PRNGKey | number,
): GradientTransformation<DifferentiallyPrivateAggregateState> => {
  const where = 'differentiallyPrivateAggregate'
  const bound = requireScalar(where, 'a norm', l2NormClip)
  const deviation = times(bound, requireScalar(where, 'a noise multiplier', noiseMultiplier))
  if (typeof key !== 'number' && !(key instanceof random.PRNGKey)) {
    throw new ArgumentError(where, 'a key or a seed', key === null ? 'null' : typeof key)
  }
  const first = typeof key === 'number' ? random.key(key) : key
  return GradientTransformation<DifferentiallyPrivateAggregateState>(
    () => ({ rngKey: first }),
    (updates, { rngKey }) => {
      const leaves = tree.leaves(updates)
      if (leaves.length === 0) return [updates, { rngKey }]
      const [sums] = perExampleGlobalNormClip(updates, bound)
      const examples = leaves[0]!.shape[0]!
      const [next, ...keys] = random.split(rngKey, leaves.length + 1)
      const ofLeaf = keys.values()
      const noised = mapArrays(
        [where, 'the updates', 'the sums'],
        (g, sum) => {
          const noise = random.normal(ofLeaf.next().value!, sum.shape, { dtype: g.dtype })
          return np.divide(np.add(np.astype(sum, g.dtype), np.multiply(deviation, noise)), examples)
        },
        updates,
        sums,
      )
      return [noised, { rngKey: next! }]
    },
  )
}

export interface DpsgdOptions<D extends ScalarLike | null = ScalarLike | null> {
  /** Decay of the momentum; default `null`, none. */
  readonly momentum?: D
  /** Whether the momentum looks ahead; default false. */
  readonly nesterov?: boolean
}
const DpsgdOptions = optionsOf('DpsgdOptions', { momentum: scalarOrNull, nesterov: flag })

/**
 * Differentially private gradient descent: {@link differentiallyPrivateAggregate}, momentum if there is any, learning rate.
 *
 * @param key - a key, or the seed of one
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.dpsgd
 * @example
 * const tx = optax.contrib.dpsgd(0.1, 1, 0, 0)
 * const perExample = np.array([[3, 4], [0, 0.5]])
 * tx.update(perExample, tx.init(np.zeros([2])))[0] // => Array([-0.03 , -0.065], dtype=float32)
 */
export const dpsgd = <L extends ScalarOrSchedule, D extends ScalarLike | null = null>(
  learningRate: L,
  l2NormClip: ScalarLike,
  noiseMultiplier: ScalarLike,
  key: random.PRNGKey | number,
  options: DpsgdOptions<D> = {},
): GradientTransformation<readonly [DifferentiallyPrivateAggregateState, MomentumState<D>, LearningRateState<L>]> => {
  const { momentum = null, nesterov = false } = decodeOptions('dpsgd', DpsgdOptions, options)
  const momentous = momentum === null ? identity() : trace(momentum, { nesterov })
  return chain(
    differentiallyPrivateAggregate(l2NormClip, noiseMultiplier, key),
    momentous as GradientTransformation<MomentumState<D>>,
    scaleByLearningRate(learningRate),
  )
}
