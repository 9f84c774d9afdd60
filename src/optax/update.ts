/** What is done with updates. */
import { cond } from '../control/index.js'
import type { NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import type { ScalarLike } from './base.js'
import { oneMinus } from './numerics.js'
import { mapArrays } from './treeMath.js'

/**
 * Params after a step: `p + u`, in the dtype of `p`. `null` stays `null`.
 *
 * @throws PytreeError if the updates lack the structure of the params
 * @see https://optax.readthedocs.io/en/latest/api/apply_updates.html#optax.apply_updates
 * @example
 * optax.applyUpdates({ w: np.array([1, 2]), b: null }, { w: np.array([0.5, -1]), b: null }).w // => Array([1.5, 1. ], dtype=float32)
 */
export const applyUpdates = <P>(params: P, updates: P): P =>
  mapArrays(['applyUpdates', 'the params', 'the updates'], (p, u) => np.astype(np.add(p, u), p.dtype), params, updates)

/**
 * Averages that follow new values: `stepSize · new + (1 - stepSize) · old`.
 *
 * @see Polyak & Juditsky, 1992, https://epubs.siam.org/doi/10.1137/0330046
 * @example
 * optax.incrementalUpdate(np.array([1]), np.array([0]), 0.25) // => Array([0.25], dtype=float32)
 */
export const incrementalUpdate = <P>(newTensors: P, oldTensors: P, stepSize: ScalarLike): P =>
  mapArrays(
    ['incrementalUpdate', 'the new tensors', 'the old tensors'],
    (x, old) => np.add(np.multiply(stepSize, x), np.multiply(oneMinus(stepSize), old)),
    newTensors,
    oldTensors,
  )

/**
 * New values every `updatePeriod` steps, otherwise the old ones.
 *
 * @param steps - updates made so far, an integer
 * @see Mnih et al., 2015 (target networks), https://www.nature.com/articles/nature14236
 * @example
 * const target = (step: number) => optax.periodicUpdate(np.array([1]), np.array([0]), np.array(step, { dtype: 'int32' }), 3)
 * target(4) // => Array([0.], dtype=float32)
 * target(6) // => Array([1.], dtype=float32)
 */
export const periodicUpdate = <P>(newTensors: P, oldTensors: P, steps: NDArray, updatePeriod: ScalarLike): P =>
  cond(
    np.equal(np.remainder(steps, updatePeriod), 0),
    () => newTensors,
    () => oldTensors,
  )
