/** Attention as Flax computes it, with dropout of the weights. */
import { ArgumentError, type DType, type NDArray, type Shape, sizeOf } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { attentionScores, attentionValues, causal, requireAttentionShapes } from '../../nn/attention.js'
import { dotProductAttention as fastAttention, softmax } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import * as random from '../../random/index.js'
import type { AnyModule } from '../module.js'
import { Intermediate } from '../variable.js'
import { combineMasks } from './masks.js'
import { promoted, type PromoteDtype } from './promote.js'

export interface AttentionOptions {
  /** Added to the scores; broadcasts to `[..., heads, T, S]`. */
  readonly bias?: NDArray | null
  /** Which keys count for a query, not 0; broadcasts to `[..., heads, T, S]`. */
  readonly mask?: NDArray | null
  /** Whether all examples and heads drop the same weights; default true. */
  readonly broadcastDropout?: boolean
  /** Key for the dropout; needed if there is one. */
  readonly dropoutRng?: random.PRNGKey | null
  /** Default 0. */
  readonly dropoutRate?: number
  /** Whether nothing is dropped; default false. */
  readonly deterministic?: boolean
  /** Dtype of the computation; default that to which the arrays promote. */
  readonly dtype?: DType | null
  /** Where the weights are kept, as an Intermediate `attentionWeights`; default nowhere. */
  readonly module?: AnyModule | null
  /** Whether a query looks at no later key; default false. */
  readonly isCausal?: boolean
  /** What brings query, key and value to a common dtype; default {@link promoteDtype}. */
  readonly promoteDtype?: PromoteDtype | null
}

/** Least finite number of each dtype: the score of keys that don't count. */
const lowest: Readonly<Partial<Record<DType, number>>> = {
  float16: -65504,
  bfloat16: -3.3895313892515355e38,
  float32: -3.4028234663852886e38,
  float64: -Number.MAX_VALUE,
}

/**
 * The weights of attention: `softmax(query / √d · key)`, some of them dropped.
 *
 * @param query - `[..., T, heads, d]`
 * @param key - `[..., S, kvHeads, d]`
 * @returns `[..., heads, T, S]`
 * @throws ShapeError, ArgumentError
 */
export const dotProductAttentionWeights = (query: NDArray, key: NDArray, options: AttentionOptions = {}): NDArray => {
  const where = 'nnx.dotProductAttentionWeights'
  const { bias = null, mask = null, broadcastDropout = true, dropoutRng = null, dropoutRate = 0 } = options
  const { deterministic = false, module = null, isCausal = false } = options
  const [q, k] = promoted(options.promoteDtype ?? null, [query, key], options.dtype ?? null)
  requireAttentionShapes(where, q, k, k)
  const { dtype } = q
  const products = attentionScores(np.divide(q, np.sqrt(q.shape[q.ndim - 1]!).astype(dtype)), k)
  const scores = bias === null ? products : np.add(products, bias)
  const [queries, keys] = [scores.shape[scores.ndim - 2]!, scores.shape[scores.ndim - 1]!]
  const triangle = isCausal ? lax.broadcastTo(causal(queries, keys), mask === null ? scores.shape : mask.shape) : null
  const counted = combineMasks(mask, triangle, { dtype: 'bool' })
  const masked = counted === null ? scores : np.where(counted, scores, lowest[dtype]!)
  const weights = softmax(masked).astype(dtype)
  if (module !== null) module.sow(Intermediate, 'attentionWeights', weights)
  if (deterministic || dropoutRate === 0) return weights
  if (dropoutRng === null) throw new ArgumentError(where, 'a dropoutRng, for there is dropout', 'none')
  const shape: Shape = broadcastDropout ? [...lax.range(weights.ndim - 2).map(() => 1), queries, keys] : weights.shape
  const keep = random.bernoulli(dropoutRng, 1 - dropoutRate, shape)
  return np.multiply(weights, np.divide(keep.astype(dtype), np.full([], 1 - dropoutRate, { dtype })))
}

/**
 * Scaled dot-product attention with dropout. Without dropout and without a module that keeps the weights it is
 * {@link nn.dotProductAttention}.
 *
 * @param query - `[..., T, heads, d]`
 * @param key - `[..., S, kvHeads, d]`
 * @param value - `[..., S, kvHeads, d]`
 * @returns `[..., T, heads, d]`
 * @throws ShapeError, ArgumentError
 * @example
 * const x = np.ones([2, 5, 4, 8])
 * nnx.dotProductAttention(x, x, x, { mask: nnx.makeCausalMask(np.ones([2, 5])) }).shape // => [2, 5, 4, 8]
 */
export const dotProductAttention = (
  query: NDArray,
  key: NDArray,
  value: NDArray,
  options: AttentionOptions = {},
): NDArray => {
  const { bias = null, mask = null, dropoutRate = 0, module = null, isCausal = false } = options
  const [q, k, v] = promoted(options.promoteDtype ?? null, [query, key, value], options.dtype ?? null)
  requireAttentionShapes('nnx.dotProductAttention', q, k, v)
  if (dropoutRate !== 0 || module !== null) {
    return attentionValues(dotProductAttentionWeights(q, k, { ...options, dtype: q.dtype }), v)
  }
  const flat = (x: NDArray): NDArray =>
    x.ndim <= 4 ? x : lax.reshape(x, [sizeOf(x.shape.slice(0, -3)), ...x.shape.slice(-3)])
  const y = fastAttention(flat(q), flat(k), flat(v), {
    bias: bias === null ? null : flat(bias),
    mask: mask === null ? null : flat(mask).astype('bool'),
    isCausal,
  })
  return lax.reshape(y, [...q.shape.slice(0, -1), y.shape[y.ndim - 1]!])
}
