/** Rprop: a step size for each weight. */
import * as np from '../numpy/index.js'
import { type ArrayTree, type EmptyState, GradientTransformation, requireScalar, type ScalarLike } from './base.js'
import { chain } from './combining.js'
import { decodeOptions, nonNegative, optionsOf } from './options.js'
import { scale } from './scaling.js'
import { fullLike } from './treeArithmetic.js'
import { mapArrays, zerosLike } from './treeMath.js'

export interface ScaleByRpropOptions {
  /** Factor of the step size where the sign of the gradient changes; default 0.5. */
  readonly etaMinus?: ScalarLike
  /** Factor of the step size where the sign stays; default 1.2. */
  readonly etaPlus?: ScalarLike
  /** Least step size; default 1e-6. */
  readonly minStepSize?: ScalarLike
  /** Greatest step size; default 50. */
  readonly maxStepSize?: ScalarLike
}
const rpropOptions = {
  etaMinus: nonNegative,
  etaPlus: nonNegative,
  minStepSize: nonNegative,
  maxStepSize: nonNegative,
}
const ScaleByRpropOptions = optionsOf('ScaleByRpropOptions', rpropOptions)

/** State of {@link scaleByRprop}. */
export interface ScaleByRpropState {
  /** A step size for each weight, in the structure of the params. */
  readonly stepSizes: ArrayTree
  /** Steps that were made of the gradients before. */
  readonly prevUpdates: ArrayTree
}

/**
 * Steps of sizes that grow while the sign of the gradient stays and shrink when it changes: with gradients `g`, the steps
 * before `p` and step sizes `s`, which begin as the learning rate,
 *
 *     s ← clip(s · etaPlus if g p > 0, s · etaMinus if g p < 0, else s)
 *     u = 0 where g p < 0, else p;   p ← 0 where g p < 0, else s · sign(g)
 *
 * The updates are those of **the step before**, the first ones zero, as in Optax.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Riedmiller & Braun, 1993, https://ieeexplore.ieee.org/document/298623
 * @example
 * const tx = optax.scaleByRprop(0.1)
 * const [first, state] = tx.update(np.array([-3, 0.5]), tx.init(np.zeros([2])))
 * first // => Array([0., 0.], dtype=float32)
 * tx.update(np.array([-1, -1]), state)[0] // => Array([-0.1,  0. ], dtype=float32)
 */
export const scaleByRprop = (
  learningRate: ScalarLike,
  options: ScaleByRpropOptions = {},
): GradientTransformation<ScaleByRpropState> => {
  const first = requireScalar('scaleByRprop', 'a learning rate', learningRate)
  const decoded = decodeOptions('scaleByRprop', ScaleByRpropOptions, options)
  const { etaMinus = 0.5, etaPlus = 1.2, minStepSize = 1e-6, maxStepSize = 50 } = decoded
  return GradientTransformation<ScaleByRpropState>(
    (params) => ({ stepSizes: fullLike(params, first), prevUpdates: zerosLike(params) }),
    (updates, state) => {
      const agreement = mapArrays(
        ['scaleByRprop', 'the updates', 'the updates before'],
        (g, before) => np.multiply(g, before),
        updates,
        state.prevUpdates,
      )
      const stepSizes = mapArrays(
        ['scaleByRprop', 'the agreement', 'the step sizes'],
        (a, size) => {
          const changed = np.multiply(size, np.where(np.less(0, a), etaPlus, etaMinus))
          const next = np.where(np.equal(a, 0), size, np.clip(changed, minStepSize, maxStepSize))
          return np.astype(next, size.dtype)
        },
        agreement,
        state.stepSizes,
      )
      const prevUpdates = mapArrays(
        ['scaleByRprop', 'the updates', 'the agreement', 'the step sizes'],
        (g, a, size) => np.where(np.less(a, 0), 0, np.multiply(size, np.sign(g))),
        updates,
        agreement,
        stepSizes,
      )
      const emitted = mapArrays(
        ['scaleByRprop', 'the agreement', 'the updates before'],
        (a, before) => np.where(np.less(a, 0), 0, before),
        agreement,
        state.prevUpdates,
      )
      return [emitted, { stepSizes, prevUpdates }]
    },
  )
}

export type RpropOptions = ScaleByRpropOptions
const RpropOptions = optionsOf('RpropOptions', rpropOptions)

/**
 * Resilient back-propagation: {@link scaleByRprop}, then the change of sign. For gradients of all data, not of batches.
 *
 * @param learningRate - the first step size, a number or an array
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.rprop
 * @example
 * const tx = optax.rprop(0.1)
 * const [, state] = tx.update(np.array([-3, 0.5]), tx.init(np.zeros([2])))
 * tx.update(np.array([-1, 1]), state)[0] // => Array([ 0.1, -0.1], dtype=float32)
 */
export const rprop = (
  learningRate: ScalarLike,
  options: RpropOptions = {},
): GradientTransformation<readonly [ScaleByRpropState, EmptyState]> =>
  chain(
    scaleByRprop(
      requireScalar('rprop', 'a learning rate', learningRate),
      decodeOptions('rprop', RpropOptions, options),
    ),
    scale(-1),
  )
