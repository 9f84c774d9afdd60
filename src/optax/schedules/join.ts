/** Schedules one after another. */
import { ArgumentError, literal, literalValue, type NDArray, requireFunction } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import type { ScalarLike, Schedule } from '../base.js'
import { weak } from './arithmetic.js'

/**
 * Schedules one after another: from `boundaries[i]` on it is `schedules[i + 1]`, whose own steps begin there at 0.
 *
 * @throws ArgumentError if there isn't one boundary between each two schedules
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.join_schedules
 * @example
 * const schedule = optax.joinSchedules([optax.linearSchedule(0, 1, 2), optax.constantSchedule(1)], [2])
 * ;[0, 1, 2, 3].map((t) => schedule(t).item()) // => [0, 0.5, 1, 1]
 */
export const joinSchedules = (
  schedules: readonly ((count: ScalarLike) => ScalarLike)[],
  boundaries: readonly number[],
): Schedule => {
  if (schedules.length === 0 || boundaries.length !== schedules.length - 1) {
    throw new ArgumentError(
      'joinSchedules',
      'schedules and a boundary between each two of them',
      `${schedules.length} schedules and ${boundaries.length} boundaries`,
    )
  }
  for (const schedule of schedules) requireFunction('joinSchedules', schedule)
  return (count) =>
    typeof count === 'number' ? ofNumber(schedules, boundaries, count) : ofArray(schedules, boundaries, count)
}

const ofNumber = (
  schedules: readonly ((count: ScalarLike) => ScalarLike)[],
  boundaries: readonly number[],
  count: number,
): NDArray => {
  const values = schedules.map((schedule, i) => weak(schedule(i === 0 ? count : count - boundaries[i - 1]!)))
  const value = values[boundaries.findLastIndex((boundary) => count >= boundary) + 1]!
  // As in the graph: of the kind of all of them.
  const { dtype, weakType } = np.resultType(...values.map((x) => x.aval))
  const held = literalValue(value)
  return held === null ? lax.convertElementType(value, dtype, weakType) : literal(held, dtype, weakType)
}

const ofArray = (
  schedules: readonly ((count: ScalarLike) => ScalarLike)[],
  boundaries: readonly number[],
  count: NDArray,
): NDArray =>
  boundaries.reduce(
    (before, boundary, i) =>
      np.where(np.less(count, boundary), before, weak(schedules[i + 1]!(np.subtract(count, boundary)))),
    weak(schedules[0]!(count)),
  )
