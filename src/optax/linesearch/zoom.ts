/** A search for a step size that satisfies the strong Wolfe conditions: an interval first, then into it. */
import { whileLoop } from '../../control/index.js'
import type { DType, NDArray } from '../../core/index.js'
import { literal } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { valueAndGrad } from '../../transforms/index.js'
import type { ScalarLike, Updates } from '../base.js'
import { zeroCount } from '../scaling.js'
import { addScale, vdot, where } from '../treeArithmetic.js'
import { castLike } from '../treeMath.js'
import { orInfinity, scalarOf, type SearchArguments } from './arguments.js'
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

/** @internal The state of a search. */
export interface ZoomSearch {
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

/** @internal How a step is judged, and when the search ends. */
export interface ZoomSettings {
  readonly maxSteps: ScalarLike
  readonly maxStepSize: ScalarLike | null
  readonly tol: ScalarLike
  readonly increaseFactor: ScalarLike
  readonly slopeRtol: ScalarLike
  readonly curvRtol: ScalarLike
  readonly approxDecRtol: ScalarLike | null
  readonly intervalThreshold: ScalarLike
}

const and = (x: NDArray, ...ys: readonly NDArray[]): NDArray => ys.reduce((a, b) => np.logicalAnd(a, b), x)
const or = (x: NDArray, y: NDArray): NDArray => np.logicalOr(x, y)
const not = (x: NDArray): NDArray => np.logicalNot(x)

/**
 * @internal A step size `s` along the updates `u` for which, with `φ(s) = f(p + s u)`,
 *
 *     φ(s) ≤ φ(0) + slopeRtol · s φ'(0),   |φ'(s)| ≤ curvRtol · |φ'(0)|
 *
 * the first of which may also hold approximately. Step sizes grow until an interval holds one; then the interval is
 * divided at the minimum of a cubic, of a parabola, or in the middle.
 *
 * @see Nocedal & Wright, Numerical Optimization, 1999, algorithms 3.5 and 3.6
 * @see Hager & Zhang, 2006 (approximate decrease, eq. 23), https://doi.org/10.1145/1132973.1132979
 */
export const zoomSearch = (
  updates: Updates,
  { params, value, grad, valueFn }: SearchArguments,
  guess: NDArray,
  settings: ZoomSettings,
): ZoomSearch => {
  const dtype: DType = value.dtype === 'float64' ? 'float64' : 'float32'
  const as = (x: NDArray): NDArray => np.astype(x, dtype)
  const zero = scalarOf(0, dtype)
  const start: Point = { size: zero, value: as(value), slope: as(vdot(updates, grad)) }
  const gradient = valueAndGrad(valueFn)
  const errors = errorsOf(start, settings)
  const step = (search: ZoomSearch): ZoomSearch => {
    const grown = nextSize(search, as(guess), settings)
    const size = as(np.where(search.intervalFound, middleOf(search), grown.size))
    const [newValue, newGrad] = gradient(castLike(addScale(params, size, updates), params))
    const point: Point = { size, value: as(newValue), slope: as(vdot(newGrad, updates)) }
    const { decreaseError, curvatureError } = errors(point)
    const error = np.maximum(decreaseError, curvatureError)
    const isEnough = np.lessEqual(decreaseError, settings.tol)
    // Within an interval, only a better one takes the place of a step that is known to be safe.
    const isSafer = and(isEnough, or(not(search.intervalFound), np.less(point.value, search.safe.value)))
    const last: Step = { size, value: point.value, grad: castLike(newGrad, grad) }
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
  const at = { size: zero, value: start.value }
  const given: Step = { ...at, grad }
  const none = literal(false, 'bool')
  return whileLoop(({ done, failed }: ZoomSearch) => not(or(done, failed)), step, {
    count: zeroCount(),
    last: given,
    slope: start.slope,
    decreaseError: scalarOf(Infinity, dtype),
    curvatureError: scalarOf(Infinity, dtype),
    intervalFound: none,
    done: none,
    failed: none,
    low: start,
    high: start,
    third: at,
    safe: given,
  })
}

/** By how much a point misses the two conditions; ∞ of NaN. */
const errorsOf =
  (start: Point, { slopeRtol, curvRtol, approxDecRtol }: ZoomSettings) =>
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
  { count, last }: ZoomSearch,
  guess: NDArray,
  { increaseFactor, maxStepSize }: ZoomSettings,
): { readonly size: NDArray; readonly isGreatest: NDArray } => {
  const size = np.where(np.equal(count, 0), guess, np.multiply(increaseFactor, last.size))
  if (maxStepSize === null) return { size, isGreatest: literal(false, 'bool') }
  return { size: np.minimum(size, maxStepSize), isGreatest: np.greaterEqual(size, maxStepSize) }
}

/** Where the interval is divided. */
const middleOf = ({ low, high, third }: ZoomSearch): NDArray => {
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

type Interval = Pick<ZoomSearch, 'low' | 'high' | 'third'>

/** Whether the last step and a greater one hold an interval between them. */
const widen = (
  { count, last, slope }: ZoomSearch,
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
const zoomInto = ({ low, high }: ZoomSearch, point: Point, decreaseError: NDArray): Interval => {
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
