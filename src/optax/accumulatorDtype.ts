/** One dtype for all that an optimizer keeps. */
import { ArgumentError, type DType, isFloat, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as tree from '../pytree/index.js'
import { type AnyGradientTransformation, type ExtraArgsOf, GradientTransformation, type StateOf } from './base.js'
import { castLike } from './treeMath.js'

/**
 * A transformation that computes in a dtype and keeps all of its moments, traces and averages in it, whatever the dtypes of
 * the params and the gradients are; the updates have those of the gradients. So that a second moment of `bfloat16` params
 * doesn't stand still once `(1 - b2) g²` is less than its last digit, as in Optax, whose `mu_dtype` is for the first moment only.
 *
 * @param accumulatorDtype - a floating point dtype; integers and booleans in the trees stay
 * @throws ArgumentError if the dtype isn't one
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_wrappers.html#optax.with_accumulator_dtype
 * @example
 * const tx = optax.withAccumulatorDtype(optax.adam(0.1), 'float32')
 * const params = np.array([1, 2], { dtype: 'bfloat16' })
 * const [updates, state] = tx.update(params, tx.init(params))
 * updates // => Array([-0.1, -0.1], dtype=bfloat16)
 * state[0].nu // => Array([0.001, 0.004], dtype=float32)
 */
export const withAccumulatorDtype = <T extends AnyGradientTransformation>(
  inner: T,
  accumulatorDtype: DType,
): GradientTransformation<StateOf<T>, ExtraArgsOf<T>> => {
  if (!isFloat(accumulatorDtype)) {
    throw new ArgumentError('withAccumulatorDtype', 'a floating point dtype', accumulatorDtype)
  }
  const tx = inner as unknown as GradientTransformation<StateOf<T>>
  const cast = <P>(of: P): P =>
    tree.map(
      (x: unknown) => (x instanceof NDArray && isFloat(x.dtype) ? np.astype(x, accumulatorDtype) : x),
      of as never,
    )
  return GradientTransformation<StateOf<T>, ExtraArgsOf<T>>(
    (params) => tx.init(cast(params)),
    (updates, state, params, extra) => {
      const [transformed, next] = tx.update(cast(updates), state, params === null ? null : cast(params), extra)
      return [castLike(transformed, updates), next]
    },
  )
}
