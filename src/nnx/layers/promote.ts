/** Common dtypes of inputs and parameters. */
import { type DType, isFloat, type NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'

/**
 * The dtype that arrays are computed in: the given one, or the floating point dtype that they promote to.
 *
 * @param arrays - `null` ones don't count
 */
export const canonicalizeDtype = (arrays: readonly (NDArray | null)[], dtype: DType | null = null): DType => {
  if (dtype !== null) return dtype
  const common = np.resultType(...arrays.filter((x) => x !== null)).dtype
  return isFloat(common) ? common : 'float32'
}

/**
 * Arrays in `dtype`, or in the floating point dtype that they promote to; `null` stays.
 *
 * @example
 * nnx.promoteDtype([np.array([1], { dtype: 'int32' }), np.ones([1])]).map((x) => x.dtype) // => ['float32', 'float32']
 */
export const promoteDtype = <const T extends readonly (NDArray | null)[]>(
  arrays: T,
  dtype: DType | null = null,
): { readonly [K in keyof T]: T[K] } => {
  const common = canonicalizeDtype(arrays, dtype)
  return arrays.map((x) => (x === null || x.dtype === common ? x : x.astype(common))) as unknown as T
}
