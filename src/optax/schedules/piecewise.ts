/** Schedules that change at given steps. */
import { ArgumentError } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { requireScalar, type ScalarLike, type Schedule } from '../base.js'
import { decodeOptions, optionsOf, scalar } from '../options.js'
import { add, cos, divide, floating, multiply, subtract, weak } from './arithmetic.js'

/** What the value is multiplied by, by the step from which it is. */
export type BoundariesAndScales = Readonly<Record<number, number>>

/** Boundaries in their order, with their scales. @throws ArgumentError */
const sorted = (where: string, of: BoundariesAndScales): readonly (readonly [boundary: number, scale: number])[] =>
  Object.entries(of)
    .map(([step, scale]) => {
      const boundary = Number(step)
      if (!Number.isInteger(boundary)) throw new ArgumentError(where, 'boundaries that are whole numbers', `'${step}'`)
      if (!(scale >= 0)) throw new ArgumentError(where, 'scales that are not negative', `${scale} at ${step}`)
      return [boundary, scale] as const
    })
    .sort(([a], [b]) => a - b)

/** One of two values, by whether the count has reached a step. */
const from = (count: ScalarLike, step: number, later: ScalarLike, before: ScalarLike): ScalarLike =>
  typeof count === 'number' ? (count >= step ? later : before) : np.where(np.greaterEqual(count, step), later, before)

/**
 * A value that is multiplied by a scale at each boundary, and stays until the next.
 *
 * @param boundariesAndScales - `{ 10: 0.5 }` halves the value from step 10 on
 * @throws ArgumentError if a boundary isn't a whole number, or a scale is negative
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.schedules.piecewise_constant_schedule
 * @example
 * const schedule = optax.piecewiseConstantSchedule(1, { 10: 0.5, 20: 0.5 })
 * ;[0, 9, 10, 20].map((t) => schedule(t).item()) // => [1, 1, 0.5, 0.25]
 */
export const piecewiseConstantSchedule = (
  initValue: ScalarLike,
  boundariesAndScales: BoundariesAndScales = {},
): Schedule => {
  const where = 'piecewiseConstantSchedule'
  const init = requireScalar(where, 'an initial value', initValue)
  const steps = sorted(where, boundariesAndScales)
  return (count) =>
    weak(steps.reduce((value, [boundary, scale]) => from(count, boundary, multiply(value, scale), value), init))
}

type Interpolate = (start: ScalarLike, end: ScalarLike, part: ScalarLike) => ScalarLike
const interpolations: Readonly<Record<'linear' | 'cosine', Interpolate>> = {
  linear: (start, end, part) => add(multiply(subtract(end, start), part), start),
  cosine: (start, end, part) =>
    add(end, multiply(divide(subtract(start, end), 2), add(cos(multiply(Math.PI, part)), 1))),
}

/**
 * A value that passes to `scale` times itself between each boundary and the next, in a straight line or along half a
 * period of the cosine; after the last one it stays.
 *
 * @param boundariesAndScales - `{ 10: 0.5 }` reaches half of the value at step 10
 * @throws ArgumentError if the interpolation isn't known, a boundary isn't a whole number, or a scale is negative
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.schedules.piecewise_interpolate_schedule
 * @example
 * const schedule = optax.piecewiseInterpolateSchedule('linear', 1, { 4: 0.5, 8: 0 })
 * ;[0, 2, 4, 6, 8, 9].map((t) => schedule(t).item()) // => [1, 0.75, 0.5, 0.25, 0, 0]
 */
export const piecewiseInterpolateSchedule = (
  interpolateType: 'linear' | 'cosine',
  initValue: ScalarLike,
  boundariesAndScales: BoundariesAndScales = {},
): Schedule => interpolated('piecewiseInterpolateSchedule', interpolateType, initValue, sorted('piecewiseInterpolateSchedule', boundariesAndScales)) // prettier-ignore

const interpolated = (
  where: string,
  interpolateType: 'linear' | 'cosine',
  initValue: ScalarLike,
  steps: readonly (readonly [boundary: number, scale: number])[],
): Schedule => {
  const init = requireScalar(where, 'an initial value', initValue)
  if (!Object.hasOwn(interpolations, interpolateType)) {
    throw new ArgumentError(where, "an interpolation that is 'linear' or 'cosine'", `'${interpolateType as string}'`)
  }
  const interpolate = interpolations[interpolateType]
  const bounds = [0, ...steps.map(([boundary]) => boundary)]
  const values = steps.reduce<readonly ScalarLike[]>((all, [, scale]) => [...all, multiply(all[all.length - 1]!, scale)], [init]) // prettier-ignore
  return (count) => {
    const t = floating(count)
    const between = values.slice(1).map((end, i) => {
      const length = Math.max(bounds[i + 1]! - bounds[i]!, 1)
      return interpolate(values[i]!, end, divide(subtract(t, bounds[i]!), length))
    })
    // Each interval ends where the next one, or the last value, begins; before step 0 there is nothing.
    const last = [...between.slice(1), values[values.length - 1]!]
    const first = between.length === 0 ? values[0]! : between[0]!
    const value = steps.reduce((before, [boundary], i) => from(count, boundary, last[i]!, before), first)
    return weak(from(count, 0, value, 0))
  }
}

export interface OnecycleOptions {
  /** Part of the steps in which the value rises; default 0.3. */
  readonly pctStart?: number
  /** The peak is this many times the initial value; default 25. */
  readonly divFactor?: number
  /** Default 1e4; the value ends there that many times below the initial one. */
  readonly finalDivFactor?: number
}
const onecycleOptions = { pctStart: scalar, divFactor: scalar, finalDivFactor: scalar }

export interface LinearOnecycleOptions extends OnecycleOptions {
  /** Part of the steps after which the value is the initial one again; default 0.85. */
  readonly pctFinal?: number
}
const LinearOnecycleOptions = optionsOf('LinearOnecycleOptions', { ...onecycleOptions, pctFinal: scalar })
const CosineOnecycleOptions = optionsOf('CosineOnecycleOptions', onecycleOptions)

const requireSteps = (where: string, steps: number): number => {
  if (steps > 0) return steps
  throw new ArgumentError(where, 'transition steps above 0', String(steps))
}

/** A later scale of the same boundary replaces an earlier one, as in an object. */
const unique = (steps: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] =>
  [...new Map(steps)].sort(([a], [b]) => a - b)

/**
 * One cycle in straight lines: from `peak / divFactor` up to the peak at `pctStart` of the steps, down again until
 * `pctFinal`, and to `1 / finalDivFactor` of that at the end.
 *
 * @param transitionSteps - steps of the cycle, above 0
 * @throws ArgumentError if the number of steps isn't positive
 * @throws OptionsError if an option is unknown
 * @see Smith & Topin, 2018, https://arxiv.org/abs/1708.07120
 * @example
 * const schedule = optax.linearOnecycleSchedule(20, 1)
 * ;[0, 6, 17, 20].map((t) => schedule(t).item().toPrecision(2)) // => ['0.040', '1.0', '0.040', '0.0000040']
 */
export const linearOnecycleSchedule = (
  transitionSteps: number,
  peakValue: ScalarLike,
  options: LinearOnecycleOptions = {},
): Schedule => {
  const where = 'linearOnecycleSchedule'
  const total = requireSteps(where, transitionSteps)
  const { pctStart = 0.3, pctFinal = 0.85, divFactor = 25, finalDivFactor = 1e4 } = decodeOptions(where, LinearOnecycleOptions, options) as LinearOnecycleOptions // prettier-ignore
  return interpolated(
    where,
    'linear',
    divided(where, peakValue, divFactor),
    unique([
      [Math.trunc(pctStart * total), divFactor],
      [Math.trunc(pctFinal * total), 1 / divFactor],
      [total, 1 / finalDivFactor],
    ]),
  )
}

/**
 * One cycle along cosines: from `peak / divFactor` up to the peak at `pctStart` of the steps, then down to
 * `peak / (divFactor · finalDivFactor)`.
 *
 * @param transitionSteps - steps of the cycle, above 0
 * @throws ArgumentError if the number of steps isn't positive
 * @throws OptionsError if an option is unknown
 * @see Smith & Topin, 2018, https://arxiv.org/abs/1708.07120
 * @example
 * const schedule = optax.cosineOnecycleSchedule(20, 1)
 * ;[0, 6, 13, 20].map((t) => schedule(t).item().toPrecision(2)) // => ['0.040', '1.0', '0.50', '0.0000040']
 */
export const cosineOnecycleSchedule = (
  transitionSteps: number,
  peakValue: ScalarLike,
  options: OnecycleOptions = {},
): Schedule => {
  const where = 'cosineOnecycleSchedule'
  const total = requireSteps(where, transitionSteps)
  const { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = decodeOptions(where, CosineOnecycleOptions, options) as OnecycleOptions // prettier-ignore
  return interpolated(
    where,
    'cosine',
    divided(where, peakValue, divFactor),
    unique([
      [Math.trunc(pctStart * total), divFactor],
      [total, 1 / (divFactor * finalDivFactor)],
    ]),
  )
}

const divided = (where: string, peak: ScalarLike, factor: number): ScalarLike => {
  const value = requireScalar(where, 'a peak value', peak)
  return typeof value === 'number' ? value / factor : np.divide(value, factor)
}
