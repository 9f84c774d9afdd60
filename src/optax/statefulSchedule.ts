/** Schedules that remember something, and hear the extra arguments of the update. */
import type { NDArray } from '../core/index.js'
import type { ExtraArgs, ScalarLike, ScheduleFn } from './base.js'
import { safeIncrement } from './numerics.js'
import { zeroCount } from './scaling.js'

/**
 * A hyperparameter by a state of its own and the extra arguments of the update, for {@link injectHyperparams}.
 *
 * @see https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html#optax.schedules.StatefulSchedule
 */
export interface StatefulSchedule<S = unknown> {
  /** The state before the first update. */
  init(): S
  /** The next state. */
  update(state: S, extra: ExtraArgs): S
  /** The value. */
  call(state: S, extra: ExtraArgs): ScalarLike
}

/** State of {@link WrappedSchedule}. */
export interface WrappedScheduleState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
}

/**
 * A schedule of the step count as a {@link StatefulSchedule}.
 *
 * @example
 * const schedule = new optax.WrappedSchedule(optax.linearSchedule(1, 0, 4))
 * schedule.call(schedule.update(schedule.init(), {})) // => Array(0.75, dtype=float32)
 */
export class WrappedSchedule implements StatefulSchedule<WrappedScheduleState> {
  constructor(readonly scheduleFn: ScheduleFn) {}

  init(): WrappedScheduleState {
    return { count: zeroCount() }
  }
  update(state: WrappedScheduleState, _extra: ExtraArgs = {}): WrappedScheduleState {
    return { count: safeIncrement(state.count) }
  }
  call(state: WrappedScheduleState, _extra: ExtraArgs = {}): ScalarLike {
    return this.scheduleFn(state.count)
  }
}

/** @internal Whether a value is a {@link StatefulSchedule}. */
export const isStatefulSchedule = (x: unknown): x is StatefulSchedule =>
  x instanceof WrappedSchedule ||
  (typeof x === 'object' &&
    x !== null &&
    ['init', 'update', 'call'].every((name) => typeof (x as Record<string, unknown>)[name] === 'function'))
