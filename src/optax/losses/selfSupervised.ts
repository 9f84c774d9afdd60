/** Losses of embeddings. */
import { limitsOf, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'
import type { ScalarLike } from '../base.js'
import { decodeOptions, nonNegative, optionsOf, scalar, wholeSteps } from '../options.js'
import { floats } from './arguments.js'
import { cosineSimilarity } from './regression.js'

export interface NtxentOptions {
  /** What cosines are divided by; default 0.07. */
  readonly temperature?: ScalarLike
}
const NtxentOptions = optionsOf('NtxentOptions', { temperature: scalar })

/**
 * Normalized temperature scaled cross entropy: embeddings of one label are to be nearer than others. The mean over all
 * pairs `i, j` of one label of `-log(exp(sᵢⱼ) / (exp(sᵢⱼ) + Σₖ exp(sᵢₖ)))`, with `k` over the embeddings of other labels
 * and `s` the cosine divided by the temperature.
 *
 * @param embeddings - `[batch, dim]`
 * @param labels - `[batch]`
 * @returns a scalar; NaN if no two labels are the same
 * @throws DTypeError if the embeddings aren't floating point
 * @throws ShapeError if there isn't one label for each embedding
 * @throws OptionsError if an option is unknown
 * @see Chen et al., 2020, https://arxiv.org/abs/2002.05709
 * @example
 * const embeddings = np.array([[1, 0], [1, 0], [0, 1]])
 * optax.ntxent(embeddings, np.array([0, 0, 1]), { temperature: 1 }).item().toFixed(4) // => '0.3133'
 */
export const ntxent = (embeddings: ArrayLike, labels: ArrayLike, options: NtxentOptions = {}): NDArray => {
  const { temperature = 0.07 } = decodeOptions('ntxent', NtxentOptions, options)
  const x = floats('ntxent', 'embeddings', embeddings)
  const y = np.asarray(labels)
  if (x.ndim !== 2 || y.ndim !== 1 || y.shape[0] !== x.shape[0]) {
    throw new ShapeError('ntxent', 'embeddings [batch, dim] and labels [batch]', `${showAval(x.aval)} and ${showAval(y.aval)}`) // prettier-ignore
  }
  const { epsilon } = precisionOf(x)
  const cosines = cosineSimilarity(np.expandDims(x, 0), np.expandDims(x, 1), { epsilon })
  const similarities = np.divide(cosines, temperature)
  const isSame = np.equal(np.expandDims(y, 1), np.expandDims(y, 0))
  const isPair = np.logicalAnd(isSame, np.logicalNot(np.astype(np.eye(x.shape[0]!), 'bool')))
  const isCounted = np.logicalOr(isPair, np.logicalNot(isSame))
  const greatest = np.max(np.where(isCounted, similarities, -Infinity), { axis: 1, keepdims: true })
  const shifted = np.subtract(similarities, lax.stopGradient(np.where(np.isfinite(greatest), greatest, 0)))
  // What doesn't count is made harmless first: the gradient of a great power would be NaN.
  const powers = (mask: NDArray): NDArray => np.where(mask, np.exp(np.where(mask, shifted, 0)), 0)
  const others = np.sum(powers(np.logicalNot(isSame)), { axis: 1, keepdims: true })
  const total = np.where(isPair, np.add(others, powers(isPair)), 1)
  const logs = np.where(isPair, np.subtract(shifted, np.log(total)), 0)
  return np.negative(np.divide(np.sum(logs), np.sum(np.astype(isPair, x.dtype))))
}

/** The distance from 1 to the next number. */
const precisionOf = (x: NDArray): { readonly epsilon: number } => ({ epsilon: limitsOf(x.dtype).eps })

export interface TripletMarginOptions {
  /** Axis of the embeddings, which vanishes; default the last. */
  readonly axis?: number
  /** Degree of the norm; default 2. */
  readonly normDegree?: number
  /** By how much farther the negatives are to be; default 1. */
  readonly margin?: ScalarLike
  /** Added inside of the root; default 1e-6. */
  readonly eps?: ScalarLike
}
const TripletMarginOptions = optionsOf('TripletMarginOptions', {
  axis: wholeSteps,
  normDegree: scalar,
  margin: scalar,
  eps: nonNegative,
})

/**
 * `max(d(anchor, positive) - d(anchor, negative) + margin, 0)` with `d(x, y) = (Σ (x - y)ⁿ + eps)^(1/n)`. Of odd degrees
 * that may be the root of a negative number, NaN.
 *
 * @param anchors - `[...batch, dim]`, and so the others
 * @returns `[...batch]`
 * @throws DTypeError if an argument isn't floating point
 * @throws OptionsError if an option is unknown
 * @see Schroff et al., 2015, https://arxiv.org/abs/1503.03832
 * @example
 * optax.losses.tripletMarginLoss(np.array([0, 0]), np.array([3, 4]), np.array([0, 5.5])).item().toFixed(3) // => '0.500'
 */
export const tripletMarginLoss = (
  anchors: ArrayLike,
  positives: ArrayLike,
  negatives: ArrayLike,
  options: TripletMarginOptions = {},
): NDArray => {
  const name = 'tripletMarginLoss'
  const decoded = decodeOptions(name, TripletMarginOptions, options)
  const { axis = -1, margin = 1, eps = 1e-6 } = decoded
  const degree = (decoded.normDegree ?? 2) as number
  const a = floats(name, 'anchors', anchors)
  const distance = (x: NDArray): NDArray =>
    np.power(np.add(np.sum(np.power(np.subtract(a, x), degree), { axis }), eps), 1 / degree)
  const near = distance(floats(name, 'positives', positives))
  const far = distance(floats(name, 'negatives', negatives))
  return np.maximum(np.add(np.subtract(near, far), margin), 0)
}
