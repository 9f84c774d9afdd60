/** Updates that keep to something: no NaN, params that stay positive, no change at all. */
import type { ArrayTree } from './base.js'
import * as np from '../numpy/index.js'
import { type EmptyState, GradientTransformation, requireParams, stateless } from './base.js'
import { mapArrays, zerosLike } from './treeMath.js'

/**
 * Zeros, in the place of whatever the updates were.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.set_to_zero
 * @example
 * optax.setToZero().update(np.array([1, NaN]), {})[0] // => Array([0., 0.], dtype=float32)
 */
export const setToZero = (): GradientTransformation<EmptyState> => stateless((updates) => zerosLike(updates))

/**
 * Updates that leave no param negative: `-p` where `p + u < 0`. Params must not be negative before.
 *
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.keep_params_nonnegative
 * @example
 * optax.keepParamsNonnegative().update(np.array([-2, -2]), {}, np.array([1, 3]))[0] // => Array([-1., -2.], dtype=float32)
 */
export const keepParamsNonnegative = (): GradientTransformation<EmptyState> =>
  stateless((updates, params) =>
    mapArrays(
      ['keepParamsNonnegative', 'the updates', 'the params'],
      (u, p) => np.where(np.less(np.add(p, u), 0), np.negative(p), u),
      updates,
      requireParams('keepParamsNonnegative', params),
    ),
  )

/** State of {@link zeroNans}. */
export interface ZeroNansState {
  /** Whether each array of the last updates held a NaN, `bool[]` each. */
  readonly foundNan: ArrayTree
}

/**
 * Zeros in the place of NaN. Infinities stay.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.zero_nans
 * @example
 * const tx = optax.zeroNans()
 * const [updates, state] = tx.update(np.array([1, NaN]), tx.init(np.zeros([2])))
 * updates // => Array([1., 0.], dtype=float32)
 * state.foundNan // => Array(True, dtype=bool)
 */
export const zeroNans = (): GradientTransformation<ZeroNansState> =>
  GradientTransformation<ZeroNansState>(
    (params) => ({ foundNan: mapArrays(['zeroNans', 'the params'], () => np.array(false), params) }),
    (updates) => [
      mapArrays(['zeroNans', 'the updates'], (g) => np.where(np.isnan(g), 0, g), updates),
      { foundNan: mapArrays(['zeroNans', 'the updates'], (g) => np.any(np.isnan(g)), updates) },
    ],
  )
