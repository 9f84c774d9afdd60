/** Products with the Hessian, diagonals of it and of Fisher's information. Deprecated in Optax. */
import type { NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { grad, jvp, vmap } from '../transforms/index.js'
import { mapArrays } from './treeMath.js'

/** A loss of params, inputs and targets. */
export type LossFn<P, I, T> = (params: P, inputs: I, targets: T) => NDArray

const ravel = (of: unknown): NDArray => {
  const parts: NDArray[] = []
  mapArrays(
    ['secondOrder', 'the params'],
    (x) => {
      parts.push(np.ravel(x))
      return x
    },
    of,
  )
  return parts.length === 0 ? np.zeros([0]) : np.concatenate(parts)
}

const unravel = <P>(like: P, vector: NDArray): P => {
  let start = 0
  return mapArrays(
    ['secondOrder', 'the params'],
    (x) => {
      const part = np.reshape(vector.slice([start, start + x.size]), x.shape)
      start += x.size
      return part
    },
    like,
  )
}

/**
 * The Hessian of a loss with respect to the params, times a vector.
 *
 * @param v - `[n]`, for the `n` elements of all params
 * @returns in the structure of the params
 * @see Pearlmutter, 1994, https://doi.org/10.1162/neco.1994.6.1.147
 * @example
 * const loss = (p: NDArray) => np.sum(p.mul(p).mul(p))
 * optax.secondOrder.hvp(loss, np.array([1, 0]), np.array([2, 3]), null, null) // => Array([12.,  0.], dtype=float32)
 */
export const hvp = <P, I, T>(loss: LossFn<P, I, T>, v: NDArray, params: P, inputs: I, targets: T): P =>
  jvp(grad((p: P) => loss(p, inputs, targets)) as (p: P) => P, [params], [unravel(params, v)])[1]

/**
 * The diagonal of the Hessian of a loss, `[n]` for the `n` elements of all params: one product for each.
 *
 * @example
 * const loss = (p: NDArray) => np.sum(p.mul(p).mul(p))
 * optax.secondOrder.hessianDiag(loss, np.array([2, 3]), null, null) // => Array([12., 18.], dtype=float32)
 */
export const hessianDiag = <P, I, T>(loss: LossFn<P, I, T>, params: P, inputs: I, targets: T): NDArray =>
  vmap((v: NDArray) => np.sum(np.multiply(v, ravel(hvp(loss, v, params, inputs, targets)))))(np.eye(ravel(params).size))

/**
 * The diagonal of Fisher's information, as the squares of the gradient of the negative log likelihood, `[n]`.
 *
 * @example
 * optax.secondOrder.fisherDiag((p: NDArray) => np.sum(p.square()), np.array([1, 2]), null, null) // => Array([ 4., 16.], dtype=float32)
 */
export const fisherDiag = <P, I, T>(
  negativeLogLikelihood: LossFn<P, I, T>,
  params: P,
  inputs: I,
  targets: T,
): NDArray => np.square(ravel(grad((p: P) => negativeLogLikelihood(p, inputs, targets))(params)))
