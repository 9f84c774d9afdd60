/** Smaller steps when the loss doesn't fall any more. */
import { ArgumentError, type NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { GradientTransformation, type ScalarLike } from '../base.js'
import { oneMinus, safeIncrement } from '../numerics.js'
import { decayOrOne, decodeOptions, nonNegative, optionsOf, scalarWhere } from '../options.js'
import { zeroCount } from '../scaling.js'
import { dtype as dtypeOf } from '../treeArithmetic.js'
import { mapArrays } from '../treeMath.js'
import { lossIn, type LossValue, positiveInteger } from './estimates.js'

export interface ReduceOnPlateauOptions {
  /** By which the scale is multiplied, in (0, 1); default 0.1. */
  readonly factor?: ScalarLike
  /** Number of values without an improvement before the scale is reduced; default 10. */
  readonly patience?: ScalarLike
  /** Part of the best value by which an improvement is less, in [0, 1]; default 1e-4. */
  readonly rtol?: ScalarLike
  /** By how much else an improvement is less than the best value; default 0. */
  readonly atol?: ScalarLike
  /** Number of values after a reduction that aren't counted; default 0. */
  readonly cooldown?: ScalarLike
  /** Number of losses whose mean is one value; default 1. */
  readonly accumulationSize?: number
  /** Least scale; default 0. */
  readonly minScale?: ScalarLike
}
const count = scalarWhere('a whole number that is not negative or an array', (x) => Number.isInteger(x) && x >= 0)
const ReduceOnPlateauOptions = optionsOf('ReduceOnPlateauOptions', {
  factor: scalarWhere('a number in (0, 1) or an array', (x) => x > 0 && x < 1),
  patience: count,
  rtol: decayOrOne,
  atol: nonNegative,
  cooldown: count,
  accumulationSize: positiveInteger,
  minScale: nonNegative,
})

/** State of {@link reduceOnPlateau}. */
export interface ReduceLROnPlateauState {
  /** Factor of the updates, `[]`, in the lowest dtype of the params. */
  readonly scale: NDArray
  /** Least value so far, `[]`, in the highest dtype of the params. */
  readonly bestValue: NDArray
  /** Values since the last improvement, `int32[]`. */
  readonly plateauCount: NDArray
  /** Values that aren't counted yet, `int32[]`. */
  readonly cooldownCount: NDArray
  /** Losses of the mean so far, `int32[]`. */
  readonly count: NDArray
  /** Mean of the losses, `[]`. */
  readonly avgValue: NDArray
}

const integer = (x: ScalarLike): NDArray => np.astype(np.asarray(x), 'int32')

/**
 * Updates times a scale, which begins at 1 and is multiplied by `factor` when `patience` values of the loss in a row were
 * no improvement: a value `v` is one if `v < (1 - rtol) best - atol`. A value is the mean of `accumulationSize` losses. The
 * update that finds the plateau is scaled already.
 *
 * The update needs the loss at the params, as the extra argument `value`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError if `rtol` and `atol` are both 0; in `update`, without `value`
 * @see https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 * @example
 * const tx = optax.contrib.reduceOnPlateau({ patience: 1, factor: 0.5 })
 * const params = np.array([1])
 * const [, state] = tx.update(params, tx.init(params), params, { value: 3 })
 * tx.update(params, state, params, { value: 3 })[0] // => Array([0.5], dtype=float32)
 */
export const reduceOnPlateau = (
  options: ReduceOnPlateauOptions = {},
): GradientTransformation<ReduceLROnPlateauState, LossValue> => {
  const where = 'reduceOnPlateau'
  const decoded = decodeOptions(where, ReduceOnPlateauOptions, options)
  const {
    factor = 0.1,
    patience = 10,
    rtol = 1e-4,
    atol = 0,
    cooldown = 0,
    accumulationSize = 1,
    minScale = 0,
  } = decoded
  if (rtol === 0 && atol === 0) throw new ArgumentError(where, 'an rtol or an atol above 0', 'both 0')

  /** The state after a value, of which `isFull` says whether all of its losses are there. */
  const judge = (state: ReduceLROnPlateauState, isFull: NDArray): ReduceLROnPlateauState => {
    const { avgValue, bestValue, scale } = state
    const improves = np.less(avgValue, np.subtract(np.multiply(oneMinus(rtol), bestValue), atol))
    const waited = np.where(improves, 0, safeIncrement(state.plateauCount))
    const cooling = np.greater(state.cooldownCount, 0)
    const reduces = np.logicalAnd(np.logicalNot(cooling), np.equal(waited, patience))
    const reduced = np.maximum(np.where(reduces, np.multiply(scale, factor), scale), minScale)
    const judged: ReduceLROnPlateauState = {
      scale: np.where(cooling, scale, np.astype(reduced, scale.dtype)),
      bestValue: np.where(improves, avgValue, bestValue),
      plateauCount: np.where(np.logicalOr(cooling, reduces), integer(0), waited),
      cooldownCount: np.where(
        cooling,
        np.subtract(state.cooldownCount, 1),
        np.where(reduces, integer(cooldown), integer(0)),
      ),
      count: integer(0),
      avgValue: np.zerosLike(avgValue),
    }
    return mapArrays(
      [where, 'the state', 'the state'],
      (after, before) => np.where(isFull, after, before),
      judged as object,
      state,
    ) as ReduceLROnPlateauState
  }

  return GradientTransformation<ReduceLROnPlateauState, LossValue>(
    (params) => {
      const dtype = dtypeOf(params, 'highest')
      return {
        scale: np.ones([], { dtype: dtypeOf(params, 'lowest') }),
        bestValue: np.full([], Infinity, { dtype }),
        plateauCount: zeroCount(),
        cooldownCount: zeroCount(),
        count: zeroCount(),
        avgValue: np.zeros([], { dtype }),
      }
    },
    (updates, state, _params, extra) => {
      const { dtype } = state.avgValue
      const losses = safeIncrement(state.count)
      const total = np.add(np.multiply(state.count, state.avgValue), lossIn(where, extra, dtype))
      const avgValue = np.astype(np.divide(total, losses), dtype)
      const next = judge({ ...state, avgValue, count: losses }, np.equal(losses, accumulationSize))
      return [mapArrays([where, 'the updates'], (g) => np.multiply(next.scale, g), updates), next]
    },
  )
}
