/** Momentum. */
import type { DType } from '../core/index.js'
import * as np from '../numpy/index.js'
import { type ArrayTree, GradientTransformation, requireScalar, type ScalarLike } from './base.js'
import { decodeOptions, dtypeOrNull, flag, optionsOf } from './options.js'
import { cast, mapArrays, zerosLike } from './treeMath.js'

export interface TraceOptions {
  /** Whether the step looks ahead, as Nesterov's does; default false. */
  readonly nesterov?: boolean
  /** Dtype in which the trace is kept; default that of the params, then of the gradients. */
  readonly accumulatorDtype?: DType | null
}
const TraceOptions = optionsOf('TraceOptions', { nesterov: flag, accumulatorDtype: dtypeOrNull })

/** State of {@link trace}. */
export interface TraceState {
  /** Decaying sum of the updates so far, in the structure of the params. */
  readonly trace: ArrayTree
}

/**
 * A decaying sum of the updates: `t ← g + decay · t`, which is the new update, or with `nesterov` `g + decay · t`.
 * Where an average `(1 - decay) g + decay · t` is meant, divide the learning rate.
 *
 * @throws OptionsError if an option is unknown
 * @see Sutskever et al., 2013, https://proceedings.mlr.press/v28/sutskever13.pdf
 * @example
 * const tx = optax.trace(0.5)
 * const [, state] = tx.update(np.array([1]), tx.init(np.zeros([1])))
 * tx.update(np.array([1]), state)[0] // => Array([1.5], dtype=float32)
 */
export const trace = (decay: ScalarLike, options: TraceOptions = {}): GradientTransformation<TraceState> => {
  const rate = requireScalar('trace', 'a decay', decay)
  const { nesterov = false, accumulatorDtype = null } = decodeOptions('trace', TraceOptions, options)
  const accumulate = (updates: ArrayTree, traces: ArrayTree): ArrayTree =>
    mapArrays(['trace', 'the updates', 'the trace'], (g, t) => np.add(g, np.multiply(rate, t)), updates, traces)
  return GradientTransformation<TraceState>(
    (params) => ({ trace: zerosLike(params, { dtype: accumulatorDtype }) }),
    (updates, state) => {
      const traces = accumulate(updates, state.trace)
      return [nesterov ? accumulate(updates, traces) : traces, { trace: cast(traces, accumulatorDtype) }]
    },
  )
}
