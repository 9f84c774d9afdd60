/** Attention: averages of values, weighted by how well queries and keys agree. */
import { ArgumentError, NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { softmax } from './normalization.js'

/** @internal Inner products `[..., heads, T, S]` of queries `[..., T, heads, d]` and keys `[..., S, kvHeads, d]`. */
export const attentionScores = (query: NDArray, key: NDArray): NDArray => {
  const { ndim, shape } = query
  const [batch, length, heads, depth] = [shape.slice(0, -3), shape[ndim - 3]!, shape[ndim - 2]!, shape[ndim - 1]!]
  const kvHeads = key.shape[ndim - 2]!
  const rows = lax.reshape(np.swapaxes(query, -3, -2), [...batch, kvHeads, (heads / kvHeads) * length, depth])
  const lead = lax.range(ndim - 2)
  const scores = lax.dotGeneral(rows, np.swapaxes(key, -3, -2), {
    contract: [[ndim - 1], [ndim - 1]],
    batch: [lead, lead],
  })
  return lax.reshape(scores, [...batch, heads, length, key.shape[ndim - 3]!])
}

/** @internal Averages `[..., T, heads, d]` of values `[..., S, kvHeads, d]` by weights `[..., heads, T, S]`. */
export const attentionValues = (weights: NDArray, value: NDArray): NDArray => {
  const { ndim, shape } = weights
  const [batch, heads, length, keys] = [shape.slice(0, -3), shape[ndim - 3]!, shape[ndim - 2]!, shape[ndim - 1]!]
  const kvHeads = value.shape[ndim - 2]!
  const rows = lax.reshape(weights, [...batch, kvHeads, (heads / kvHeads) * length, keys])
  const lead = lax.range(ndim - 2)
  const sums = lax.dotGeneral(rows, np.swapaxes(value, -3, -2), {
    contract: [[ndim - 1], [ndim - 2]],
    batch: [lead, lead],
  })
  return np.swapaxes(lax.reshape(sums, [...batch, heads, length, value.shape[ndim - 1]!]), -3, -2)
}

/** @internal Check that queries, keys and values belong together. @throws ShapeError */
export const requireAttentionShapes = (where: string, query: NDArray, key: NDArray, value: NDArray): void => {
  const odd = [query, key, value].find((x: unknown) => !(x instanceof NDArray))
  if (odd !== undefined) throw new ArgumentError(where, 'arrays', typeof odd)
  const got = [query, key, value].map((x) => showAval(x.aval)).join(', ')
  const { ndim } = query
  if (ndim < 3 || [key, value].some((x) => x.ndim !== ndim)) {
    throw new ShapeError(where, 'query, key and value of the same number of axes, at least 3', got)
  }
  if ([key, value].some((x) => x.shape.slice(0, -3).join() !== query.shape.slice(0, -3).join())) {
    throw new ShapeError(where, 'query, key and value of the same batch axes', got)
  }
  if (key.shape[ndim - 1] !== query.shape[ndim - 1]) throw new ShapeError(where, 'query and key of one depth', got)
  if (key.shape[ndim - 3] !== value.shape[ndim - 3]) throw new ShapeError(where, 'a value for each key', got)
  if (key.shape[ndim - 2] !== value.shape[ndim - 2])
    throw new ShapeError(where, 'keys and values of the same heads', got)
  if (query.shape[ndim - 2]! % key.shape[ndim - 2]! !== 0) {
    throw new ShapeError(where, 'a multiple of the heads of the keys as heads of the query', got)
  }
}

/** @internal Whether query t may look at key s: `[T, S]`, s ≤ t. */
export const causal = (queries: number, keys: number): NDArray =>
  lax.ge(lax.broadcastedIota('int32', [queries, keys], 0), lax.broadcastedIota('int32', [queries, keys], 1))

/** Whether query t is less than `right` before and `left` after key s: `[T, S]`. */
const inWindow = (queries: number, keys: number, [left, right]: readonly [number, number]): NDArray => {
  const distance = lax.sub(
    lax.broadcastedIota('int32', [queries, keys], 0),
    lax.broadcastedIota('int32', [queries, keys], 1),
  )
  return lax.and(lax.le(distance, left), lax.ge(distance, -right))
}

/** Whether places are before the ends of the sequences: `[B, n]`. */
const before = (lengths: NDArray, n: number): NDArray =>
  lax.lt(
    lax.broadcastedIota('int32', [lengths.shape[0]!, n], 1),
    lax.broadcastInDim(lengths.astype('int32'), [lengths.shape[0]!, n], [0]),
  )

export interface DotProductAttentionOptions {
  /** Added to the scores; broadcasts to `[B, heads, T, S]`. */
  readonly bias?: NDArray | null
  /** bool: which keys count for a query; broadcasts to `[B, heads, T, S]`. */
  readonly mask?: NDArray | null
  /** Factor of the inner products; default 1 / √d. */
  readonly scale?: number | null
  /** Whether a query looks at no later key; default false. */
  readonly isCausal?: boolean
  /** int32 `[B]`: how many queries of each sequence count; the result is 0 for the others. */
  readonly querySeqLengths?: NDArray | null
  /** int32 `[B]`: how many keys of each sequence count. */
  readonly keyValueSeqLengths?: NDArray | null
  /** How many keys before and after its own place a query looks at. */
  readonly localWindowSize?: number | readonly [left: number, right: number] | null
}

/** Score of keys that don't count: finite, so that a query without keys gets the mean of all. */
const largeNegative = -0.7 * 3.4028234663852886e38

/**
 * Scaled dot-product attention: `softmax(query · key / √d) · value`, the softmax in float32. Several heads of the query
 * may share one of the keys and values (grouped-query attention).
 *
 * @param query - `[B, T, heads, d]` or `[T, heads, d]`
 * @param key - `[B, S, kvHeads, d]` or `[S, kvHeads, d]`
 * @param value - of the key's shape
 * @returns of the query's shape
 * @throws ShapeError, ArgumentError
 * @see Vaswani et al., 2017, https://arxiv.org/abs/1706.03762
 * @example
 * const x = random.normal(random.key(0), [2, 5, 4, 8])
 * nn.dotProductAttention(x, x, x, { isCausal: true }).shape // => [2, 5, 4, 8]
 */
export const dotProductAttention = (
  query: NDArray,
  key: NDArray,
  value: NDArray,
  options: DotProductAttentionOptions = {},
): NDArray => {
  const where = 'nn.dotProductAttention'
  const { bias = null, mask = null, isCausal = false, querySeqLengths = null, keyValueSeqLengths = null } = options
  requireAttentionShapes(where, query, key, value)
  if (query.ndim > 4) throw new ShapeError(where, 'arrays of 3 or 4 axes', showAval(query.aval))
  if (key.dtype !== query.dtype || value.dtype !== query.dtype) {
    throw new ArgumentError(where, 'one dtype', `${query.dtype}, ${key.dtype} and ${value.dtype}`)
  }
  if (mask !== null && mask.dtype !== 'bool') throw new ArgumentError(where, 'a mask of bool', showAval(mask.aval))
  const batched = (x: NDArray): NDArray => (x.ndim === 4 ? x : lax.expandDims(x, lax.range(4 - x.ndim)))
  const [q, k, v] = [batched(query), batched(key), batched(value)]
  const wide = q.dtype === 'float64' ? 'float64' : 'float32'
  const scale = options.scale ?? 1 / Math.sqrt(q.shape[3]!)
  const products = lax.mul(attentionScores(q.astype(wide), k.astype(wide)), scale)
  const scores = bias === null ? products : np.add(products, batched(bias)).astype(wide)
  const [, , queries, keys] = scores.shape as readonly [number, number, number, number]
  const window = options.localWindowSize ?? null
  const masks = [
    ...(mask === null ? [] : [batched(mask)]),
    ...(isCausal ? [causal(queries, keys)] : []),
    ...(window === null ? [] : [inWindow(queries, keys, typeof window === 'number' ? [window, window] : window)]),
    ...(querySeqLengths === null ? [] : [lax.expandDims(before(querySeqLengths, queries), [1, 3])]),
    ...(keyValueSeqLengths === null ? [] : [lax.expandDims(before(keyValueSeqLengths, keys), [1, 2])]),
  ]
  const masked =
    masks.length === 0
      ? scores
      : np.where(
          masks.reduce((a, b) => np.logicalAnd(a, b)),
          scores,
          largeNegative,
        )
  const weights = softmax(masked.astype('float32')).astype(k.dtype)
  const averages = attentionValues(weights, v)
  const counted =
    querySeqLengths === null
      ? averages
      : np.multiply(averages, lax.expandDims(before(querySeqLengths, queries), [2, 3]).astype(averages.dtype))
  return lax.reshape(counted, [...query.shape.slice(0, -1), value.shape[value.ndim - 1]!])
}
