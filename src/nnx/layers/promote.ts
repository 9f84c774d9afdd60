/** Common dtypes of inputs and parameters, and how layers make products of them. */
import { type DType, DTypeError, isFloat, type NDArray, promoteTypes } from '../../core/index.js'
import type * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'

export interface InexactOptions {
  /** Whether the dtype must be floating point; default true. */
  readonly inexact?: boolean
}

/**
 * The dtype that arrays are computed in: the given one, or the floating point dtype that they promote to.
 *
 * @param arrays - `null` ones don't count
 * @throws DTypeError if the given dtype isn't floating point
 */
export const canonicalizeDtype = (
  arrays: readonly (NDArray | null)[],
  dtype: DType | null = null,
  { inexact = true }: InexactOptions = {},
): DType => {
  if (dtype !== null) {
    if (!inexact || isFloat(dtype)) return dtype
    throw new DTypeError('canonicalizeDtype', 'a floating point dtype, or inexact: false', dtype)
  }
  const common = np.resultType(...arrays.filter((x) => x !== null)).dtype
  return !inexact || isFloat(common) ? common : 'float32'
}

/**
 * Arrays in `dtype`, or in the floating point dtype that they promote to; `null` stays.
 *
 * @throws DTypeError if the given dtype isn't floating point
 * @example
 * nnx.promoteDtype([np.array([1], { dtype: 'int32' }), np.ones([1])]).map((x) => x.dtype) // => ['float32', 'float32']
 */
export const promoteDtype = <const T extends readonly (NDArray | null)[]>(
  arrays: T,
  dtype: DType | null = null,
  options: InexactOptions = {},
): { readonly [K in keyof T]: T[K] } => {
  const common = canonicalizeDtype(arrays, dtype, options)
  return arrays.map((x) => (x === null || x.dtype === common ? x : x.astype(common))) as unknown as T
}

/** Brings inputs and parameters to a common dtype, as {@link promoteDtype} does. */
export type PromoteDtype = (arrays: readonly (NDArray | null)[], dtype: DType | null) => readonly (NDArray | null)[]

/** A product of two arrays, as `lax.dotGeneral` is one. */
export type DotGeneral = typeof lax.dotGeneral

export interface PromoteOptions {
  /** What brings inputs and parameters to a common dtype; default {@link promoteDtype}. */
  readonly promoteDtype?: PromoteDtype | null
}

/** How a layer multiplies. (Products are in the full precision of their dtype: there is no `precision`.) */
export interface ProductOptions extends PromoteOptions {
  /** Dtype of sums and of the product; default that of the operands. */
  readonly preferredElementType?: DType | null
  /** What multiplies; default `lax.dotGeneral`. */
  readonly dotGeneral?: DotGeneral | null
}

/** @internal Arrays in a common dtype, by a layer's own way if it has one. */
export const promoted = <const T extends readonly (NDArray | null)[]>(
  hook: PromoteDtype | null,
  arrays: T,
  dtype: DType | null,
): { readonly [K in keyof T]: T[K] } =>
  (hook === null ? promoteDtype(arrays, dtype) : hook(arrays, dtype)) as { readonly [K in keyof T]: T[K] }

/** @internal The options of a product with a preferred dtype. */
export const preferring = (preferredElementType: DType | null): { readonly preferredElementType?: DType } =>
  preferredElementType === null ? {} : { preferredElementType }

/**
 * @internal A product in a preferred dtype, by a function that has no such option: sums are in the wider of both dtypes.
 */
export const inPreferred = (
  preferred: DType | null,
  product: (a: NDArray, b: NDArray) => NDArray,
  a: NDArray,
  b: NDArray,
): NDArray => {
  if (preferred === null || preferred === a.dtype) return product(a, b)
  const wide = promoteTypes({ dtype: a.dtype, weakType: false }, { dtype: preferred, weakType: false }).dtype
  return product(a.astype(wide), b.astype(wide)).astype(preferred)
}
