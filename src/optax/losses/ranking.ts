/** Losses of orders, and of maxima. */
import type { NDArray } from '../../core/index.js'
import * as nn from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import { vmap } from '../../transforms/index.js'
import { decodeOptions, functionOrNull, maskArrayOrNull, optionsOf } from '../options.js'
import { floats } from './arguments.js'

/** How losses `[...batch]` of lists become one; `where` says which of them are lists, `null`: all. */
export type ReduceFn = (x: NDArray, where: NDArray | null) => NDArray

export interface RankingSoftmaxOptions {
  /** Which items are in the list, in the shape of the logits; default all. */
  readonly where?: ArrayLike | null
  /** Weights of the items; default 1. */
  readonly weights?: ArrayLike | null
  /** How the losses of the lists become one; default their mean; `null`: not at all. */
  readonly reduceFn?: ReduceFn | null
}
const RankingSoftmaxOptions = optionsOf('RankingSoftmaxOptions', {
  where: maskArrayOrNull,
  weights: maskArrayOrNull,
  reduceFn: functionOrNull,
})

/**
 * The softmax loss of a ranking, ListNet's: `-Σᵢ labelsᵢ log softmax(logits)ᵢ` of each list, and the mean over the lists.
 *
 * @param logits - `[...batch, list]`, scores of the items
 * @param labels - `[...batch, list]`, relevance of the items
 * @throws DTypeError if the logits aren't floating point
 * @throws OptionsError if an option is unknown
 * @see Cao et al., 2007, https://doi.org/10.1145/1273496.1273513
 * @example
 * optax.losses.rankingSoftmaxLoss(np.array([0, 0]), np.array([1, 0])) // => Array(0.6931472, dtype=float32)
 */
export const rankingSoftmaxLoss = (
  logits: ArrayLike,
  labels: ArrayLike,
  options: RankingSoftmaxOptions = {},
): NDArray => {
  const name = 'rankingSoftmaxLoss'
  const { where = null, weights = null, reduceFn = meanOfLists } = decodeOptions(name, RankingSoftmaxOptions, options)
  const x = floats(name, 'logits', logits)
  const mask = where === null ? null : np.asarray(where)
  const relevance = np.astype(np.asarray(labels), x.dtype)
  const counted = mask === null ? relevance : np.where(mask, relevance, 0)
  const weighted = weights === null ? counted : np.multiply(counted, weights)
  const logs = nn.logSoftmax(x, { where: mask })
  const terms = np.multiply(weighted, mask === null ? logs : np.where(mask, logs, 0))
  const loss = np.negative(np.sum(terms, { axis: -1 }))
  const isList = mask === null ? null : np.any(mask, { axis: -1 })
  if (reduceFn === null) return isList === null ? loss : np.where(isList, loss, 0)
  return (reduceFn as ReduceFn)(loss, isList)
}

/** The mean over the lists; 0 of none. */
const meanOfLists: ReduceFn = (loss, isList) => {
  if (isList === null) return np.mean(loss)
  const count = np.sum(np.astype(isList, loss.dtype))
  return np.divide(np.sum(np.where(isList, loss, 0)), np.maximum(count, 1))
}

/**
 * A loss whose minimum is where a regularized argmax of the scores gives the targets: `max(scores) - ⟨targets, scores⟩`.
 *
 * @param maxFun - a differentiable maximum of scores `[n]`, a scalar: `nn.logsumexp` gives the cross entropy
 * @returns a loss of scores `[...batch, n]` and targets in their shape, `[...batch]`
 * @see Blondel et al., 2020, https://arxiv.org/abs/1901.02324
 * @example
 * const loss = optax.losses.makeFenchelYoungLoss((x) => nn.logsumexp(x))
 * loss(np.array([0, 0]), np.array([1, 0])) // => Array(0.6931472, dtype=float32)
 */
export const makeFenchelYoungLoss =
  (maxFun: (scores: NDArray) => NDArray) =>
  (scores: ArrayLike, targets: ArrayLike): NDArray => {
    const x = floats('fenchelYoungLoss', 'scores', scores)
    const rows = np.reshape(x, [-1, x.shape[x.ndim - 1]!])
    const maxima = np.reshape(vmap((row: NDArray) => maxFun(row))(rows), x.shape.slice(0, -1))
    return np.subtract(maxima, np.sum(np.multiply(targets, x), { axis: -1 }))
  }
