/** Measurements of updates on their way, kept in the state. */
import type { DType, NDArray } from '../core/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type EmptyState,
  GradientTransformation,
  initEmptyState,
  requireScalar,
  type ScalarLike,
  stateless,
  type Updates,
  requireTransformation,
} from './base.js'
import { safeIncrement } from './numerics.js'
import { decodeOptions, dtypeOrNull, flag, optionsOf } from './options.js'
import { zeroCount } from './scaling.js'
import { biasCorrection, cast, updateMoment, zerosLike } from './treeMath.js'

/** What is measured of updates: an array or a tree of arrays. */
export type Measure<T = unknown> = (updates: Updates) => T

/** State of {@link snapshot}. */
export interface SnapshotState<N extends string = string, T = unknown> {
  /** The last measurement, by its name; before the first update that of the params. */
  readonly measurement: Readonly<Record<N, T>>
}

/**
 * Leaves the updates as they are, and keeps a measurement of them in the state.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.snapshot
 * @example
 * const tx = optax.chain(optax.snapshot('norm', (updates) => optax.globalNorm(updates)), optax.sgd(1))
 * const [, state] = tx.update(np.array([3, 4]), tx.init(np.zeros([2])))
 * state[0].measurement.norm // => Array(5., dtype=float32)
 */
export const snapshot = <const N extends string, T>(
  measureName: N,
  measure: Measure<T>,
): GradientTransformation<SnapshotState<N, T>> =>
  GradientTransformation<SnapshotState<N, T>>(
    (params) => ({ measurement: { [measureName]: measure(params) } as Record<N, T> }),
    (updates) => [updates, { measurement: { [measureName]: measure(updates) } as Record<N, T> }],
  )

/** State of {@link monitor}. */
export interface MonitorState<N extends string = string> {
  /** The last measurements, by their names; empty before the first update, so that a jitted step is traced twice. */
  readonly measurements: Readonly<Record<N, unknown>>
  /** States of the measures, in their order. */
  readonly measureStates: readonly unknown[]
}

/**
 * Leaves the updates as they are, and keeps measurements of them in the state. A measure is a function of the updates, or a
 * transformation whose updates are the measurement.
 *
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.monitor
 * @example
 * const tx = optax.monitor({ norm: (updates) => optax.globalNorm(updates), signs: optax.clip(1) })
 * const [, { measurements }] = tx.update(np.array([3, 4]), tx.init(np.zeros([2])))
 * measurements // => { norm: Array(5., dtype=float32), signs: Array([1., 1.], dtype=float32) }
 */
export const monitor = <N extends string>(
  measures: Readonly<Record<N, Measure | AnyGradientTransformation>>,
): GradientTransformation<MonitorState<N>> => {
  const txs = Object.entries<Measure | AnyGradientTransformation>(measures).map(([name, measure]) => {
    const tx = typeof measure === 'function' ? stateless((u) => measure(u) as Updates) : measure
    requireTransformation('monitor', tx)
    return [name, tx as unknown as GradientTransformation] as const
  })
  return GradientTransformation<MonitorState<N>>(
    (params) => ({ measurements: {} as Record<N, unknown>, measureStates: txs.map(([, tx]) => tx.init(params)) }),
    (updates, { measureStates }, params, extra) => {
      const measured = txs.map(([name, tx], i) => {
        const update = tx.update
        return [name, update(updates, measureStates[i], params, extra)] as const
      })
      return [
        updates,
        {
          measurements: Object.fromEntries(measured.map(([name, [measurement]]) => [name, measurement])) as Record<
            N,
            unknown
          >,
          measureStates: measured.map(([, [, state]]) => state),
        },
      ]
    },
  )
}

export interface MeasureWithEmaOptions {
  /** Whether the average is freed of the bias toward the zeros it begins with; default true. */
  readonly debias?: boolean
  /** Dtype in which the average is kept; default that of the measurement. */
  readonly accumulatorDtype?: DType | null
}
const MeasureWithEmaOptions = optionsOf('MeasureWithEmaOptions', { debias: flag, accumulatorDtype: dtypeOrNull })

/** State of {@link measureWithEma}. */
export type MeasureEmaState = readonly [EmptyState, { readonly count: NDArray; readonly ema: ArrayTree }]

/**
 * The exponential moving average of a measurement, for {@link monitor}: its updates are the average.
 *
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.measure_with_ema
 * @example
 * const tx = optax.monitor({ norm: optax.measureWithEma((updates) => optax.globalNorm(updates), 0.5) })
 * const [, first] = tx.update(np.array([3]), tx.init(np.zeros([1])))
 * const [, { measurements }] = tx.update(np.array([6]), first)
 * measurements.norm // => Array(5., dtype=float32)
 */
export const measureWithEma = (
  measure: Measure,
  decay: ScalarLike,
  options: MeasureWithEmaOptions = {},
): GradientTransformation<MeasureEmaState> => {
  const rate = requireScalar('measureWithEma', 'a decay', decay)
  const { debias = true, accumulatorDtype = null } = decodeOptions('measureWithEma', MeasureWithEmaOptions, options)
  return GradientTransformation<MeasureEmaState>(
    (params) => [
      initEmptyState(),
      { count: zeroCount(), ema: zerosLike(measure(params) as ArrayTree, { dtype: accumulatorDtype }) },
    ],
    (updates, [empty, state]) => {
      const ema = updateMoment(measure(updates), state.ema, rate, 1)
      const count = safeIncrement(state.count)
      const average = debias ? biasCorrection(ema, rate, count) : ema
      return [average, [empty, { count, ema: cast(ema, accumulatorDtype) }]]
    },
  )
}
