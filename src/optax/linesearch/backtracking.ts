/** Step sizes made smaller until the function decreases enough. */
import { cond, whileLoop } from '../../control/index.js'
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { valueAndGrad } from '../../transforms/index.js'
import { GradientTransformation, requireScalar, type ScalarLike, type Updates } from '../base.js'
import { decodeOptions, flag, nonNegative, optionsOf, scalar, scalarOrInfinity } from '../options.js'
import { zeroCount } from '../scaling.js'
import { addScale, scale, vdot } from '../treeArithmetic.js'
import { castLike, zerosLike } from '../treeMath.js'
import { type LinesearchExtraArgs, orInfinity, scalarOf, searchArguments, valueDtype } from './arguments.js'

export interface BacktrackingLinesearchOptions {
  /** Part of the slope that the decrease must reach; default 1e-4. */
  readonly slopeRtol?: ScalarLike
  /** Factor of the step size after each step that isn't accepted; default 0.8. */
  readonly decreaseFactor?: ScalarLike
  /** Factor of the last step size from which the next search begins; default 1.5; Infinity: at `maxLearningRate`. */
  readonly increaseFactor?: ScalarLike
  /** Greatest step size; default 1. */
  readonly maxLearningRate?: ScalarLike
  /** Absolute tolerance of the decrease; default 0. */
  readonly atol?: ScalarLike
  /** Tolerance of the decrease, as a part of the value; default 0. */
  readonly rtol?: ScalarLike
  /** Whether the gradient at the accepted step is kept in the state, for {@link valueAndGradFromState}; default false. */
  readonly storeGrad?: boolean
}
const BacktrackingLinesearchOptions = optionsOf('BacktrackingLinesearchOptions', {
  slopeRtol: scalar,
  decreaseFactor: scalar,
  increaseFactor: scalarOrInfinity,
  maxLearningRate: scalarOrInfinity,
  atol: nonNegative,
  rtol: nonNegative,
  storeGrad: flag,
})

/** What a search has come to. */
export interface BacktrackingLinesearchInfo {
  /** Step sizes tried, `int32[]`. */
  readonly numLinesearchSteps: NDArray
  /** By how much the decrease was missed at the last one. */
  readonly decreaseError: NDArray
}

/** State of {@link scaleByBacktrackingLinesearch}. */
export interface ScaleByBacktrackingLinesearchState {
  /** The last step size. */
  readonly learningRate: NDArray
  /** The value of the function after the last step; ∞ before the first. */
  readonly value: NDArray
  /** Its gradient there, if it is stored. */
  readonly grad: Updates | null
  readonly info: BacktrackingLinesearchInfo
}

/** The state of one search. */
interface Search {
  readonly learningRate: NDArray
  readonly newValue: NDArray
  readonly newGrad: Updates | null
  readonly decreaseError: NDArray
  readonly iterNum: NDArray
}

/**
 * Updates times the greatest of the step sizes `s₀, d s₀, d² s₀, …` that decreases the function enough:
 *
 *     f(p + s u) ≤ (1 + rtol) f(p) + slopeRtol · s ⟨u, ∇f(p)⟩ + atol
 *
 * `s₀` is `increaseFactor` times the last step size, at most `maxLearningRate`; `d` is `decreaseFactor`. After
 * `maxBacktrackingSteps` the last one is taken, or 0 where the function isn't finite. The update needs the params and
 * `{ value, grad, valueFn }`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params, value, gradient or function
 * @see Nocedal & Wright, Numerical Optimization, 1999, section 3.1
 * @example
 * const f = (x: NDArray) => np.sum(x.square())
 * const tx = optax.chain(optax.sgd(1), optax.scaleByBacktrackingLinesearch(15))
 * const x = np.array([1, 2])
 * const [value, grad] = valueAndGrad(f)(x)
 * const [updates, state] = tx.update(grad, tx.init(x), x, { value, grad, valueFn: f })
 * state[1].info.numLinesearchSteps // => Array(2, dtype=int32)
 * optax.applyUpdates(x, updates) // => Array([-0.6, -1.2], dtype=float32)
 */
export const scaleByBacktrackingLinesearch = (
  maxBacktrackingSteps: ScalarLike,
  options: BacktrackingLinesearchOptions = {},
): GradientTransformation<ScaleByBacktrackingLinesearchState, LinesearchExtraArgs> => {
  const name = 'scaleByBacktrackingLinesearch'
  const maxSteps = requireScalar(name, 'a number of steps', maxBacktrackingSteps)
  const decoded = decodeOptions(name, BacktrackingLinesearchOptions, options)
  const { slopeRtol = 1e-4, decreaseFactor = 0.8, increaseFactor = 1.5, maxLearningRate = 1 } = decoded
  const { atol = 0, rtol = 0, storeGrad = false } = decoded

  const decreaseError = (stepSize: NDArray, slope: NDArray, value: NDArray, newValue: NDArray): NDArray => {
    const bound = typeof rtol === 'number' ? 1 + rtol : np.add(1, rtol)
    const missed = np.subtract(newValue, np.multiply(bound, value))
    return np.maximum(orInfinity(np.subtract(missed, np.multiply(np.multiply(stepSize, slopeRtol), slope))), 0)
  }
  const isEnough = (error: NDArray): NDArray => np.lessEqual(error, atol)

  return GradientTransformation<ScaleByBacktrackingLinesearchState, LinesearchExtraArgs>(
    (params) => {
      const dtype = valueDtype(params)
      return {
        learningRate: scalarOf(1, dtype),
        value: scalarOf(Infinity, dtype),
        grad: storeGrad ? zerosLike(params) : null,
        info: { numLinesearchSteps: zeroCount(), decreaseError: scalarOf(Infinity, dtype) },
      }
    },
    (updates, state, givenParams, extra) => {
      const { params, value, grad, valueFn } = searchArguments(name, givenParams, extra)
      const slope = vdot(updates, grad)
      const attempt = (search: Search): Search => {
        const isFirst = np.equal(search.iterNum, 0)
        const smaller = np.multiply(decreaseFactor, search.learningRate)
        const learningRate = np.astype(np.where(isFirst, search.learningRate, smaller), search.learningRate.dtype)
        const at = castLike(addScale(params, learningRate, updates), params)
        const errorOf = (newValue: NDArray): NDArray => decreaseError(learningRate, slope, value, newValue)
        if (search.newGrad === null) {
          const newValue = valueFn(at)
          return next(search, learningRate, newValue, errorOf(newValue), null)
        }
        const newValue = valueFn(at)
        const error = errorOf(newValue)
        // The gradient of the accepted step only.
        const isLast = np.logicalOr(isEnough(error), np.equal(search.iterNum, maxSteps))
        const newGrad = cond(
          isLast,
          () => castLike(valueAndGrad(valueFn)(at)[1], params),
          () => search.newGrad!,
        )
        return next(search, learningRate, newValue, error, newGrad)
      }
      const next = (
        search: Search,
        learningRate: NDArray,
        newValue: NDArray,
        error: NDArray,
        newGrad: Updates | null,
      ): Search => ({
        learningRate,
        newValue: np.astype(newValue, search.newValue.dtype),
        newGrad,
        decreaseError: np.astype(error, search.decreaseError.dtype),
        iterNum: np.add(search.iterNum, 1),
      })
      const first = np.minimum(np.multiply(increaseFactor, state.learningRate), maxLearningRate)
      const found = whileLoop<Search>(
        ({ decreaseError: error, iterNum }) =>
          np.logicalAnd(np.logicalNot(isEnough(error)), np.lessEqual(iterNum, maxSteps)),
        attempt,
        {
          learningRate: np.astype(first, state.learningRate.dtype),
          newValue: np.astype(value, value.dtype),
          newGrad: storeGrad ? zerosLike(params) : null,
          decreaseError: scalarOf(Infinity, 'float32'),
          iterNum: zeroCount(),
        },
      )
      const learningRate = np.where(np.isinf(found.decreaseError), 0, found.learningRate)
      const nextState: ScaleByBacktrackingLinesearchState = {
        learningRate,
        value: found.newValue,
        grad: found.newGrad,
        info: { numLinesearchSteps: found.iterNum, decreaseError: found.decreaseError },
      }
      return [scale(learningRate, updates), castLike(nextState, state)]
    },
  )
}
