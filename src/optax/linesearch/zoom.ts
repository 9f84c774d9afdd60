/** A search for a step size that satisfies the strong Wolfe conditions: an interval first, then into it. */
import { whileLoop } from '../../control/index.js'
import type { DType, NDArray } from '../../core/index.js'
import { literal } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { type Params, requireScalar, type ScalarLike, type Updates } from '../base.js'
import { decodeOptions, nonNegative, optionsOf, scalar, scalarOrInfinity, scalarOrNull } from '../options.js'
import { zeroCount } from '../scaling.js'
import { addScale, vdot, where } from '../treeArithmetic.js'
import { castLike } from '../treeMath.js'
import { orInfinity, scalarOf } from './arguments.js'
import { cubicMinimum, quadraticMinimum } from './interpolation.js'

/** A point on the line: step size, value of the function, slope along the updates. */
interface Point {
  readonly size: NDArray
  readonly value: NDArray
  readonly slope: NDArray
}

/** A step that decreases the function enough, and what is known of it. */
export interface Step {
  readonly size: NDArray
  readonly value: NDArray
  readonly grad: Updates
}

/** What changes in a search. */
interface Search {
  /** Step sizes tried, `int32[]`. */
  readonly count: NDArray
  /** The last step tried. */
  readonly last: Step
  readonly slope: NDArray
  /** By how much the last one missed the decrease, and the curvature. */
  readonly decreaseError: NDArray
  readonly curvatureError: NDArray
  readonly intervalFound: NDArray
  readonly done: NDArray
  readonly failed: NDArray
  /** Ends of the interval: `low` is the better one, and may be the greater. */
  readonly low: Point
  readonly high: Point
  /** A third point, for cubics. */
  readonly third: { readonly size: NDArray; readonly value: NDArray }
  /** The best step with sufficient decrease; of size 0 if there is none. */
  readonly safe: Step
}

/** The line of a search, which doesn't change. */
interface Line {
  readonly params: Params
  readonly updates: Updates
  /** The first step size tried. */
  readonly guess: NDArray
  /** The value and the slope at the params. */
  readonly start: Point
}

/** State of {@link zoomLinesearch}. */
export interface ZoomLinesearchState extends Line, Search {}

export interface ZoomLinesearchSearchOptions {
  /** Greatest step size; default `null`, none. */
  readonly maxStepsize?: ScalarLike | null
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
  readonly intervalThreshold?: ScalarLike
}
const ZoomLinesearchSearchOptions = optionsOf('ZoomLinesearchSearchOptions', {
  maxStepsize: scalarOrNull,
  tol: nonNegative,
  increaseFactor: scalar,
  slopeRtol: scalar,
  curvRtol: scalarOrInfinity,
  approxDecRtol: scalarOrNull,
  intervalThreshold: nonNegative,
})

/** How a step is judged, and when the search ends. */
interface Settings {
  readonly maxSteps: ScalarLike
  readonly maxStepsize: ScalarLike | null
  readonly tol: ScalarLike
  readonly increaseFactor: ScalarLike
  readonly slopeRtol: ScalarLike
  readonly curvRtol: ScalarLike
  readonly approxDecRtol: ScalarLike | null
  readonly intervalThreshold: ScalarLike
}

/** What a search begins with. */
export interface ZoomLinesearchStart {
  /** The value of the function at the params, a scalar. */
  readonly value: NDArray
  /** Its gradient there, in the structure of the params. */
  readonly grad: Updates
  /** The step size of the search before; default 1. */
  readonly prevStepsize?: ScalarLike
  /** Where the search begins: at 1 (`'one'`, default) or at the step size before (`'keep'`). */
  readonly initialGuessStrategy?: 'keep' | 'one'
}

/** The functions of {@link zoomLinesearch}. */
export interface ZoomLinesearch {
  /** The state before the first step size. */
  init(this: void, updates: Updates, params: Params, start: ZoomLinesearchStart): ZoomLinesearchState
  /** The state after one more step size. */
  step(this: void, state: ZoomLinesearchState, valueAndGradFn: ValueAndGradFn): ZoomLinesearchState
  /** Whether to go on, `bool[]`. */
  cond(this: void, state: ZoomLinesearchState): NDArray
  /** All steps: {@link cond} and {@link step} in a compiled loop. */
  run(this: void, state: ZoomLinesearchState, valueAndGradFn: ValueAndGradFn): ZoomLinesearchState
}

/** The value and the gradient at params. */
export type ValueAndGradFn = (params: never) => readonly [value: NDArray, grad: unknown]

const and = (x: NDArray, ...ys: readonly NDArray[]): NDArray => ys.reduce((a, b) => np.logicalAnd(a, b), x)
const or = (x: NDArray, y: NDArray): NDArray => np.logicalOr(x, y)
const not = (x: NDArray): NDArray => np.logicalNot(x)

/**
 * A search for a step size `s` along the updates `u` for which, with `φ(s) = f(p + s u)`,
 *
 *     φ(s) ≤ φ(0) + slopeRtol · s φ'(0),   |φ'(s)| ≤ curvRtol · |φ'(0)|
 *
 * the first of which may also hold approximately. Step sizes grow until an interval holds one; then the interval is
 * divided at the minimum of a cubic, of a parabola, or in the middle. The state's part `last` is the step found.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Nocedal & Wright, Numerical Optimization, 1999, algorithms 3.5 and 3.6
 * @see Hager & Zhang, 2006 (approximate decrease, eq. 23), https://doi.org/10.1145/1132973.1132979
 * @example
 * const f = valueAndGrad((x: NDArray) => np.sum(x.square()))
 * const x = np.array([3])
 * const [value, grad] = f(x)
 * const { init, step, cond } = optax.zoomLinesearch(10)
 * let state = init(np.negative(grad), x, { value, grad })
 * while (cond(state).item()) state = step(state, f)
 * state.last.size // => Array(0.5, dtype=float32)
 * state.count // => Array(2, dtype=int32)
 */
export const zoomLinesearch = (
  maxLinesearchSteps: ScalarLike,
  options: ZoomLinesearchSearchOptions = {},
): ZoomLinesearch => {
  const decoded = decodeOptions('zoomLinesearch', ZoomLinesearchSearchOptions, options)
  const settings: Settings = {
    maxSteps: requireScalar('zoomLinesearch', 'a number of steps', maxLinesearchSteps),
    maxStepsize: decoded.maxStepsize ?? null,
    tol: decoded.tol ?? 0,
    increaseFactor: decoded.increaseFactor ?? 2,
    slopeRtol: decoded.slopeRtol ?? 1e-4,
    curvRtol: decoded.curvRtol ?? 0.9,
    approxDecRtol: decoded.approxDecRtol === undefined ? 1e-6 : decoded.approxDecRtol,
    intervalThreshold: decoded.intervalThreshold ?? 1e-5,
  }
  const goesOn = ({ done, failed }: Pick<Search, 'done' | 'failed'>): NDArray => not(or(done, failed))
  const linesOf = ({ params, updates, guess, start, ...search }: ZoomLinesearchState): readonly [Line, Search] => [
    { params, updates, guess, start },
    search,
  ]
  return {
    init: startOf,
    cond: goesOn,
    step: (state, f) => {
      const [line, search] = linesOf(state)
      return { ...line, ...stepOf(line, f, settings)(search) }
    },
    run: (state, f) => {
      const [line, search] = linesOf(state)
      return { ...line, ...whileLoop<Search>(goesOn, stepOf(line, f, settings), search) }
    },
  }
}

const startOf: ZoomLinesearch['init'] = (updates, params, given) => {
  const { value, grad, prevStepsize = 1, initialGuessStrategy = 'one' } = given
  const dtype: DType = value.dtype === 'float64' ? 'float64' : 'float32'
  const zero = scalarOf(0, dtype)
  const slope = np.astype(vdot(updates, grad), dtype)
  const start: Point = { size: zero, value: np.astype(value, dtype), slope }
  const at = { size: zero, value: start.value }
  const none: Step = { ...at, grad }
  const no = literal(false, 'bool')
  return {
    params,
    updates,
    guess: np.astype(np.asarray(initialGuessStrategy === 'keep' ? prevStepsize : 1), dtype),
    start,
    count: zeroCount(),
    last: none,
    slope,
    decreaseError: scalarOf(Infinity, dtype),
    curvatureError: scalarOf(Infinity, dtype),
    intervalFound: no,
    done: no,
    failed: no,
    low: start,
    high: start,
    third: at,
    safe: none,
  }
}

const stepOf = (
  { params, updates, guess, start }: Line,
  valueAndGradFn: ValueAndGradFn,
  settings: Settings,
): ((search: Search) => Search) => {
  const as = (x: NDArray): NDArray => np.astype(x, start.value.dtype)
  const errors = errorsOf(start, settings)
  return (search) => {
    const grown = nextSize(search, guess, settings)
    const size = as(np.where(search.intervalFound, middleOf(search), grown.size))
    const [newValue, newGrad] = valueAndGradFn(castLike(addScale(params, size, updates), params) as never)
    const point: Point = { size, value: as(newValue), slope: as(vdot(newGrad, updates)) }
    const { decreaseError, curvatureError } = errors(point)
    const error = np.maximum(decreaseError, curvatureError)
    const isEnough = np.lessEqual(decreaseError, settings.tol)
    // Within an interval, only a better one takes the place of a step that is known to be safe.
    const isSafer = and(isEnough, or(not(search.intervalFound), np.less(point.value, search.safe.value)))
    const last: Step = { size, value: point.value, grad: castLike(newGrad as Updates, search.last.grad) }
    const safe = where(isSafer, last, search.safe)
    const isDone = np.lessEqual(error, settings.tol)
    const isLastStep = np.greaterEqual(np.add(search.count, 1), settings.maxSteps)
    const inInterval = zoomInto(search, point, decreaseError)
    const searching = widen(search, point, decreaseError)
    const found = or(searching.intervalFound, isDone)
    const doneSearching = or(isDone, and(grown.isGreatest, not(found)))
    const tooSmall = np.lessEqual(np.abs(search.high.size.sub(search.low.size)), settings.intervalThreshold)
    const givenUp = or(isLastStep, and(search.intervalFound, tooSmall, np.greater(safe.size, 0)))
    const done = np.where(search.intervalFound, isDone, doneSearching)
    const failed = and(givenUp, not(done))
    // A search that fails takes what is safe; where the function isn't finite, that may be no step at all.
    const retreats = and(failed, or(np.greater(safe.size, 0), np.isinf(decreaseError)))
    return {
      count: np.add(search.count, 1),
      last: where(retreats, safe, last),
      slope: point.slope,
      decreaseError,
      curvatureError,
      intervalFound: or(search.intervalFound, found),
      done,
      failed,
      ...where(search.intervalFound, inInterval, { low: searching.low, high: searching.high, third: searching.third }),
      safe,
    }
  }
}

/** By how much a point misses the two conditions; ∞ of NaN. */
const errorsOf =
  (start: Point, { slopeRtol, curvRtol, approxDecRtol }: Settings) =>
  ({ size, value, slope }: Point): { readonly decreaseError: NDArray; readonly curvatureError: NDArray } => {
    const decrease = value.sub(start.value).sub(np.multiply(np.multiply(slopeRtol, size), start.slope))
    const missed = np.maximum(approxDecRtol === null ? decrease : np.minimum(approximate(approxDecRtol), decrease), 0)
    const curvature = np.abs(slope).sub(np.multiply(curvRtol, np.abs(start.slope)))
    return {
      decreaseError: np.astype(orInfinity(missed), value.dtype),
      curvatureError: np.astype(orInfinity(np.maximum(curvature, 0)), value.dtype),
    }
    function approximate(rtol: ScalarLike): NDArray {
      const factor = typeof slopeRtol === 'number' ? 2 * slopeRtol - 1 : np.subtract(np.multiply(2, slopeRtol), 1)
      const bySlope = slope.sub(np.multiply(factor, start.slope))
      return np.maximum(bySlope, value.sub(start.value).sub(np.multiply(rtol, np.abs(start.value))))
    }
  }

/** The next step size while there is no interval, and whether it is the greatest one. */
const nextSize = (
  { count, last }: Search,
  guess: NDArray,
  { increaseFactor, maxStepsize }: Settings,
): { readonly size: NDArray; readonly isGreatest: NDArray } => {
  const size = np.where(np.equal(count, 0), guess, np.multiply(increaseFactor, last.size))
  if (maxStepsize === null) return { size, isGreatest: literal(false, 'bool') }
  return { size: np.minimum(size, maxStepsize), isGreatest: np.greaterEqual(size, maxStepsize) }
}

/** Where the interval is divided. */
const middleOf = ({ low, high, third }: Search): NDArray => {
  const length = np.abs(high.size.sub(low.size))
  const left = np.minimum(high.size, low.size)
  const right = np.maximum(high.size, low.size)
  // NaN is in no interval.
  const isWithin = (x: NDArray, margin: number): NDArray =>
    and(np.greater(x, left.add(np.multiply(margin, length))), np.less(x, right.sub(np.multiply(margin, length))))
  const cubic = cubicMinimum(low.size, low.value, low.slope, high.size, high.value, third.size, third.value)
  const quadratic = quadraticMinimum(low.size, low.value, low.slope, high.size, high.value)
  const middle = np.divide(low.size.add(high.size), 2)
  return np.where(isWithin(cubic, 0.2), cubic, np.where(isWithin(quadratic, 0.1), quadratic, middle))
}

type Interval = Pick<Search, 'low' | 'high' | 'third'>

/** Whether the last step and a greater one hold an interval between them. */
const widen = (
  { count, last, slope }: Search,
  point: Point,
  decreaseError: NDArray,
): Interval & { readonly intervalFound: NDArray } => {
  const before: Point = { size: last.size, value: last.value, slope }
  const isHigh = or(np.greater(decreaseError, 0), and(np.greaterEqual(point.value, before.value), np.greater(count, 0)))
  const isLow = and(np.greaterEqual(point.slope, 0), not(isHigh))
  const low = where(isLow, point, before)
  const high = where(isLow, before, point)
  return { low, high, third: { size: low.size, value: low.value }, intervalFound: or(isHigh, isLow) }
}

/** The part of an interval on which to go on, divided at a point. */
const zoomInto = ({ low, high }: Search, point: Point, decreaseError: NDArray): Interval => {
  const isHigh = or(np.greater(decreaseError, 0), np.greaterEqual(point.value, low.value))
  const isRising = np.greaterEqual(point.slope.mul(high.size.sub(low.size)), 0)
  const lowIsHigh = and(isRising, not(isHigh))
  const third = where(
    or(isHigh, lowIsHigh),
    { size: high.size, value: high.value },
    { size: low.size, value: low.value },
  )
  return { low: where(isHigh, low, point), high: where(lowIsHigh, low, where(isHigh, point, high)), third }
}
