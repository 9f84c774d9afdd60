/** Step sizes by the strong Wolfe conditions, and gradients kept from the search. */
import * as t from 'io-ts'
import { cond } from '../../control/index.js'
import { ArgumentError, type NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { valueAndGrad } from '../../transforms/index.js'
import { GradientTransformation, requireScalar, type ScalarLike, type Updates } from '../base.js'
import { decodeOptions, nonNegative, optionsOf, scalar, scalarOrInfinity, scalarOrNull } from '../options.js'
import { zeroCount } from '../scaling.js'
import { findNodes } from '../stateTree.js'
import { scale } from '../treeArithmetic.js'
import { castLike, zerosLike } from '../treeMath.js'
import { type LinesearchExtraArgs, scalarOf, searchArguments, valueDtype } from './arguments.js'
import { zoomLinesearch } from './zoom.js'

export interface ZoomLinesearchOptions {
  /** Greatest step size; default `null`, none. */
  readonly maxLearningRate?: ScalarLike | null
  /** Tolerance of both conditions; default 0. */
  readonly tol?: ScalarLike
  /** Factor by which step sizes grow while the interval is searched; default 2. */
  readonly increaseFactor?: ScalarLike
  /** Part of the slope that the decrease must reach; default 1e-4. */
  readonly slopeRtol?: ScalarLike
  /** Part of the slope that may be left; default 0.9; Infinity: any. */
  readonly curvRtol?: ScalarLike
  /** Tolerance of the approximate decrease, as a part of the value; default 1e-6; `null`: the decrease must be exact. */
  readonly approxDecRtol?: ScalarLike | null
  /** Length of the interval at which the search ends if there is a safe step; default 1e-5. */
  readonly stepsizePrecision?: ScalarLike
  /** Where the search begins: at the last step size (`'keep'`, default) or at 1 (`'one'`). */
  readonly initialGuessStrategy?: 'keep' | 'one'
}
const ZoomLinesearchOptions = optionsOf('ZoomLinesearchOptions', {
  maxLearningRate: scalarOrNull,
  tol: nonNegative,
  increaseFactor: scalar,
  slopeRtol: scalar,
  curvRtol: scalarOrInfinity,
  approxDecRtol: scalarOrNull,
  stepsizePrecision: nonNegative,
  initialGuessStrategy: t.keyof({ keep: null, one: null }),
})

/** What a search has come to. */
export interface ZoomLinesearchInfo {
  /** Step sizes tried, `int32[]`. */
  readonly numLinesearchSteps: NDArray
  /** By how much the last one missed the decrease. */
  readonly decreaseError: NDArray
  /** By how much the last one missed the slope. */
  readonly curvatureError: NDArray
}

/** State of {@link scaleByZoomLinesearch}. */
export interface ScaleByZoomLinesearchState {
  /** The last step size. */
  readonly learningRate: NDArray
  /** The value of the function after the last step; ∞ before the first. */
  readonly value: NDArray
  /** Its gradient there. */
  readonly grad: Updates
  readonly info: ZoomLinesearchInfo
}

/**
 * Updates `u` times a step size `s` that satisfies the strong Wolfe conditions: with `φ(s) = f(p + s u)`
 *
 *     φ(s) ≤ φ(0) + slopeRtol · s φ'(0),   |φ'(s)| ≤ curvRtol · |φ'(0)|
 *
 * After `maxLinesearchSteps` the best step that satisfies the first one is taken, else the last one. The update needs
 * the params and `{ value, grad, valueFn }`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params, value, gradient or function
 * @see Nocedal & Wright, Numerical Optimization, 1999, algorithms 3.5 and 3.6
 * @see Hager & Zhang, 2006, https://doi.org/10.1145/1132973.1132979
 * @example
 * const f = (x: NDArray) => np.sum(x.square())
 * const tx = optax.chain(optax.sgd(1), optax.scaleByZoomLinesearch(15))
 * const x = np.array([1, 2])
 * const [value, grad] = valueAndGrad(f)(x)
 * const [updates] = tx.update(grad, tx.init(x), x, { value, grad, valueFn: f })
 * np.abs(optax.applyUpdates(x, updates)).lt(1e-6) // => Array([True, True], dtype=bool)
 */
export const scaleByZoomLinesearch = (
  maxLinesearchSteps: ScalarLike,
  options: ZoomLinesearchOptions = {},
): GradientTransformation<ScaleByZoomLinesearchState, LinesearchExtraArgs> => {
  const name = 'scaleByZoomLinesearch'
  const { maxLearningRate, stepsizePrecision, initialGuessStrategy = 'keep', ...rest } = decodeOptions(name, ZoomLinesearchOptions, options) // prettier-ignore
  const search = zoomLinesearch(requireScalar(name, 'a number of steps', maxLinesearchSteps), {
    ...rest,
    ...(maxLearningRate !== undefined && { maxStepsize: maxLearningRate }),
    ...(stepsizePrecision !== undefined && { intervalThreshold: stepsizePrecision }),
  })
  return GradientTransformation<ScaleByZoomLinesearchState, LinesearchExtraArgs>(
    (params) => {
      const dtype = valueDtype(params)
      const infinity = scalarOf(Infinity, 'float32')
      return {
        learningRate: scalarOf(1, dtype),
        value: scalarOf(Infinity, dtype),
        grad: zerosLike(params),
        info: { numLinesearchSteps: zeroCount(), decreaseError: infinity, curvatureError: infinity },
      }
    },
    (updates, state, params, extra) => {
      const { valueFn, ...given } = searchArguments(name, params, extra)
      const prevStepsize = state.learningRate
      const start = search.init(updates, given.params, { ...given, prevStepsize, initialGuessStrategy })
      const { last, count, decreaseError, curvatureError } = search.run(start, valueAndGrad(valueFn))
      const next: ScaleByZoomLinesearchState = {
        learningRate: last.size,
        value: last.value,
        grad: last.grad,
        info: { numLinesearchSteps: count, decreaseError, curvatureError },
      }
      return [scale(np.astype(last.size, state.learningRate.dtype), updates), castLike(next, state)]
    },
  )
}

/**
 * The value and the gradient of a function at the params, as a line search left them in the state, which saves computing
 * them; computed where there are none yet.
 *
 * @returns a function of the params and the state (of a chain, say, with one line search)
 * @throws ArgumentError if the state holds no value and gradient, or those of several line searches
 * @see https://optax.readthedocs.io/en/latest/api/utilities.html#optax.value_and_grad_from_state
 * @example
 * const f = (x: NDArray) => np.sum(x.square())
 * const tx = optax.lbfgs()
 * const x = np.array([3])
 * optax.valueAndGradFromState(f)(x, tx.init(x)) // => [Array(9., dtype=float32), Array([6.], dtype=float32)]
 */
export const valueAndGradFromState =
  <P>(valueFn: (params: P) => NDArray): ((params: P, state: unknown) => readonly [value: NDArray, grad: P]) =>
  (params, state) => {
    const found = findNodes(state, ['learningRate', 'value', 'grad', 'info']).filter(({ grad }) => grad !== null)
    const [search] = found
    if (found.length !== 1 || search === undefined) {
      throw new ArgumentError('valueAndGradFromState', 'a state with the value and the gradient of one line search', `one with ${found.length}; use scaleByZoomLinesearch, or scaleByBacktrackingLinesearch with { storeGrad: true }`) // prettier-ignore
    }
    const { value, grad } = search as { readonly value: NDArray; readonly grad: P }
    return cond(
      np.isfinite(value),
      () => [value, grad] as const,
      () => {
        const [fresh, gradient] = valueAndGrad(valueFn)(params)
        return [np.astype(fresh, value.dtype), castLike(gradient as P, grad)] as const
      },
    )
  }
