/** Masks of attention: which keys a query looks at. */
import { type DType, NDArray, ShapeError } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'

export interface MaskOptions {
  /** Axes of size 1 put in front; default 0. */
  readonly extraBatchDims?: number
  /** Default float32. */
  readonly dtype?: DType
}

export interface AttentionMaskOptions extends MaskOptions {
  /** What is computed of a query's and a key's number; default their product. */
  readonly pairwiseFn?: (query: NDArray, key: NDArray) => NDArray
}

/**
 * A mask from a number for each query and each key.
 *
 * @param query - `[..., T]`
 * @param key - `[..., S]`
 * @returns `[..., 1, T, S]`
 * @example
 * nnx.makeAttentionMask(np.array([1, 0]), np.array([1, 1])) // => Array([[[1., 1.], [0., 0.]]], dtype=float32)
 */
export const makeAttentionMask = (
  query: NDArray,
  key: NDArray,
  { pairwiseFn = np.multiply, extraBatchDims = 0, dtype = 'float32' }: AttentionMaskOptions = {},
): NDArray => {
  const pairs = pairwiseFn(np.expandDims(query, -1), np.expandDims(key, -2))
  return np.expandDims(np.expandDims(pairs, -3), lax.range(extraBatchDims)).astype(dtype)
}

/**
 * A mask by which each place looks at itself and earlier ones.
 *
 * @param x - `[..., length]`; only its shape counts
 * @returns `[..., 1, length, length]`
 * @example
 * nnx.makeCausalMask(np.ones([2])) // => Array([[[1., 0.], [1., 1.]]], dtype=float32)
 */
export const makeCausalMask = (x: NDArray, options: MaskOptions = {}): NDArray => {
  const places = lax.broadcastedIota('int32', x.shape, x.ndim - 1)
  return makeAttentionMask(places, places, { ...options, pairwiseFn: np.greaterEqual })
}

/** Masks, and perhaps the options. */
export type CombineMasksArgs =
  readonly (NDArray | null)[] | readonly [...masks: (NDArray | null)[], options: Pick<MaskOptions, 'dtype'>]

/**
 * The mask that holds where all do; `null` ones are left out, and of none there is none.
 *
 * @throws ShapeError if they differ in the number of axes
 * @example
 * nnx.combineMasks(np.array([1, 1, 0]), null, np.array([0, 1, 1])) // => Array([0., 1., 0.], dtype=float32)
 */
export const combineMasks = (...args: CombineMasksArgs): NDArray | null => {
  const all: readonly CombineMasksArgs[number][] = args
  const given = all.filter((arg) => arg instanceof NDArray)
  const { dtype = 'float32' } = all.find((arg) => arg !== null && !(arg instanceof NDArray)) ?? {}
  if (given.length === 0) return null
  if (given.some((mask) => mask.ndim !== given[0]!.ndim)) {
    const counts = given.map((mask) => mask.ndim).join(', ')
    throw new ShapeError('nnx.combineMasks', 'masks of the same number of axes', counts)
  }
  return given.reduce((a, b) => np.logicalAnd(a, b)).astype(dtype)
}
