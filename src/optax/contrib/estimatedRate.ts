/** What D-Adaptation and Prodigy share: AdamW's moments beside an estimate of the learning rate. */
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayTree, Params, ScalarLike, ScalarOrSchedule } from '../base.js'
import { oneMinus, safeIncrement } from '../numerics.js'
import { zeroCount } from '../scaling.js'
import { dtype as dtypeOf } from '../treeArithmetic.js'
import { mapArrays, zerosLike } from '../treeMath.js'
import { rateAt, scalarIn, weightOf } from './estimates.js'

/** State of an optimizer that estimates its learning rate. */
export interface EstimatedRateState {
  /** First moments, in the structure of the params. */
  readonly expAvg: ArrayTree
  /** Second moments. */
  readonly expAvgSq: ArrayTree
  /** Decaying sums of the gradients. */
  readonly gradSum: ArrayTree
  /** Estimated learning rate, `[]`, in the lowest dtype of the params. */
  readonly estimLr: NDArray
  /** Numerator of the estimate, `[]`. */
  readonly numeratorWeighted: NDArray
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
}

/** @internal The state before the first update. */
export const firstEstimate = (params: Params, estimLr0: ScalarLike): EstimatedRateState => {
  const dtype = dtypeOf(params, 'lowest')
  return {
    expAvg: zerosLike(params),
    expAvgSq: zerosLike(params),
    gradSum: zerosLike(params),
    estimLr: scalarIn(estimLr0, dtype),
    numeratorWeighted: np.zeros([], { dtype }),
    count: zeroCount(),
  }
}

/** @internal The next count `t`, and the rate `γ = d · learningRate · √(1 - b2ᵗ) / (1 - b1ᵗ)` of the estimate `d`. */
export const estimatedRate = (
  where: string,
  { estimLr, count }: EstimatedRateState,
  learningRate: ScalarOrSchedule,
  [b1, b2]: readonly [ScalarLike, ScalarLike],
): { readonly count: NDArray; readonly rate: NDArray } => {
  const next = safeIncrement(count)
  const { dtype } = estimLr
  const correction = np.divide(np.sqrt(weightOf(b2, next, dtype)), weightOf(b1, next, dtype))
  const factor = np.multiply(estimLr, rateAt(where, learningRate, count))
  return { count: next, rate: np.astype(np.multiply(factor, correction), dtype) }
}

/** @internal `decay · m + weight · g`. */
export const decayed = (where: string, updates: ArrayTree, of: ArrayTree, decay: ScalarLike, weight: ScalarLike) =>
  mapArrays(
    [where, 'the updates', 'the averages'],
    (g, m) => np.add(np.multiply(decay, m), np.multiply(weight, g)),
    updates,
    of,
  )

/** @internal `decay · v + (1 - decay) · g²`. */
export const decayedSquares = (where: string, updates: ArrayTree, of: ArrayTree, decay: ScalarLike) =>
  mapArrays(
    [where, 'the updates', 'the second moments'],
    (g, v) => np.add(np.multiply(decay, v), np.multiply(np.multiply(oneMinus(decay), g), g)),
    updates,
    of,
  )
