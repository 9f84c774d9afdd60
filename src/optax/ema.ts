/** Averages and sums of updates. */
import type { DType, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { type ArrayTree, GradientTransformation, requireScalar, type ScalarLike } from './base.js'
import { ofScalars, safeIncrement } from './numerics.js'
import { decodeOptions, dtypeOrNull, flag, optionsOf } from './options.js'
import { zeroCount } from './scaling.js'
import { biasCorrection, cast, mapArrays, updateMoment, zerosLike } from './treeMath.js'

export interface EmaOptions {
  /** Whether the average is freed of the bias toward the zeros it begins with; default true. The state keeps it biased. */
  readonly debias?: boolean
  /** Dtype in which the average is kept; default that of the params, then of the gradients. */
  readonly accumulatorDtype?: DType | null
}
const EmaOptions = optionsOf('EmaOptions', { debias: flag, accumulatorDtype: dtypeOrNull })

/** State of {@link ema}. */
export interface EmaState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** The average, with its bias, in the structure of the params. */
  readonly ema: ArrayTree
}

/**
 * The exponential moving average of the updates: at step `t`, `e ← (1 - decay) g + decay e`, and with `debias` the new
 * update is `e / (1 - decayᵗ)`.
 *
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.ema
 * @example
 * const tx = optax.ema(0.5)
 * const [, state] = tx.update(np.array([1]), tx.init(np.zeros([1])))
 * tx.update(np.array([4]), state)[0] // => Array([3.], dtype=float32)
 */
export const ema = (decay: ScalarLike, options: EmaOptions = {}): GradientTransformation<EmaState> => {
  const rate = requireScalar('ema', 'a decay', decay)
  const { debias = true, accumulatorDtype = null } = decodeOptions('ema', EmaOptions, options)
  return GradientTransformation<EmaState>(
    (params) => ({ count: zeroCount(), ema: zerosLike(params, { dtype: accumulatorDtype }) }),
    (updates, state) => {
      const average = updateMoment(updates, state.ema, rate, 1)
      const count = safeIncrement(state.count)
      const next = { count, ema: cast(average, accumulatorDtype) }
      return [debias ? biasCorrection(average, rate, count) : average, next]
    },
  )
}

/** State of {@link applyEvery}. */
export interface ApplyEvery {
  /** Updates since the last ones that passed, `int32[]`. */
  readonly count: NDArray
  /** Their sum, in the structure of the params. */
  readonly gradAcc: ArrayTree
}

const minusOne = ofScalars<readonly [k: ScalarLike]>(
  (k) => k - 1,
  (k) => np.subtract(k, 1),
)

/**
 * The **sum** of `k` updates every `k` steps, zeros in the others. `MultiSteps` also keeps the states of what follows.
 *
 * @param k - default 1, each step
 * @see https://optax.readthedocs.io/en/latest/api/transformations.html#optax.apply_every
 * @example
 * const tx = optax.applyEvery(2)
 * const [first, state] = tx.update(np.array([1]), tx.init(np.zeros([1])))
 * first // => Array([0.], dtype=float32)
 * tx.update(np.array([4]), state)[0] // => Array([5.], dtype=float32)
 */
export const applyEvery = (k: ScalarLike = 1): GradientTransformation<ApplyEvery> => {
  const period = requireScalar('applyEvery', 'a number of steps', k)
  return GradientTransformation<ApplyEvery>(
    (params) => ({ count: zeroCount(), gradAcc: zerosLike(params) }),
    (updates, state) => {
      const count = np.remainder(state.count, period)
      const goesOn = np.notEqual(count, 0)
      const gradAcc = mapArrays(
        ['applyEvery', 'the updates', 'their sum'],
        (g, sum) => np.add(np.where(goesOn, sum, 0), g),
        updates,
        state.gradAcc,
      )
      const isLast = np.equal(count, minusOne(period))
      const emitted = mapArrays(['applyEvery', 'the sum'], (sum) => np.where(isLast, sum, 0), gradAcc)
      return [emitted, { count: np.astype(np.remainder(safeIncrement(count), period), 'int32'), gradAcc }]
    },
  )
}
