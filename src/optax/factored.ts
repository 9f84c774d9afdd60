/** Adafactor: second moments of matrices by their rows and columns. */
import type { DType, NDArray, Shape } from '../core/index.js'
import * as np from '../numpy/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  GradientTransformation,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
} from './base.js'
import { clipByBlockRms } from './clipping.js'
import { chain } from './combining.js'
import { ema } from './ema.js'
import type { MaskOrFn } from './masking.js'
import { negated, oneMinus, safeIncrement } from './numerics.js'
import {
  decodeOptions,
  dtypeOrNull,
  flag,
  functionOnly,
  maskOrNull,
  nonNegative,
  optionsOf,
  positiveCount,
  scalar,
  scalarOrNull,
  scalarOrScheduleOrNull,
  wholeSteps,
} from './options.js'
import { scale, scaleByLearningRate, zeroCount } from './scaling.js'
import { mapArrays } from './treeMath.js'
import { scaleByParamBlockRms } from './trustRatio.js'
import { addDecayedWeights } from './weightDecay.js'

/** The decay rate of a step, `int32[]`, from an exponent. */
export type DecayRateFn = (step: NDArray, exponent: ScalarLike) => ScalarLike

/** `1 - (step + 1)^-exponent`: all is new in the first step. */
const powerDecay: DecayRateFn = (step, exponent) =>
  np.subtract(1, np.power(np.astype(np.add(step, 1), 'float32'), negated(exponent)))

export interface ScaleByFactoredRmsOptions {
  /** Whether second moments are factored at all; default true. */
  readonly factored?: boolean
  /** Exponent of the decay rate `1 - (step + 1)^-decayRate`; default 0.8. */
  readonly decayRate?: ScalarLike
  /** Step at which the decay begins; default 0. */
  readonly stepOffset?: number
  /** Least size of the second largest dimension of an array that is factored; default 128. */
  readonly minDimSizeToFactor?: number
  /** Added to squared gradients; default 1e-30. */
  readonly epsilon?: ScalarLike
  /** Another decay rate, from the step and `decayRate`. */
  readonly decayRateFn?: DecayRateFn
}
const ScaleByFactoredRmsOptions = optionsOf('ScaleByFactoredRmsOptions', {
  factored: flag,
  decayRate: scalar,
  stepOffset: wholeSteps,
  minDimSizeToFactor: positiveCount,
  epsilon: nonNegative,
  decayRateFn: functionOnly<DecayRateFn>('a function of the step and the decay rate'),
})

/** State of {@link scaleByFactoredRms}. What an array doesn't need is a zero of shape `[1]`. */
export interface FactoredState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** Mean squares of arrays that are factored, without their largest dimension. */
  readonly vRow: ArrayTree
  /** Mean squares of arrays that are factored, without their second largest dimension. */
  readonly vCol: ArrayTree
  /** Mean squares of the others. */
  readonly v: ArrayTree
}

/** The second largest and the largest axis, of equal ones the later is larger; `null` for an array not to be factored. */
const factoredAxes = (shape: Shape, leastSize: number): readonly [number, number] | null => {
  if (shape.length < 2) return null
  const [second, first] = shape.map((_, i) => i).sort((i, j) => shape[i]! - shape[j]!).slice(-2) as [number, number] // prettier-ignore
  return shape[second]! < leastSize ? null : [second, first]
}

const without = (shape: Shape, axis: number): Shape => shape.filter((_, i) => i !== axis)

/**
 * Updates over the root of their mean square, which arrays of two or more large dimensions keep as a product of a row and a
 * column: with gradients `g` and `d = 1 - (t - stepOffset)^-decayRate` at step `t`
 *
 *     R ← d R + (1 - d) mean(g² + epsilon, largest axis),   C ← d C + (1 - d) mean(g² + epsilon, second largest axis)
 *     u = g · √(mean R / R) · √(1 / C)
 *
 * and of other arrays `v ← d v + (1 - d) (g² + epsilon)`, `u = g / √v`.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Shazeer & Stern, 2018, https://arxiv.org/abs/1804.04235
 * @example
 * const tx = optax.scaleByFactoredRms({ minDimSizeToFactor: 2 })
 * const params = np.ones([2, 3])
 * const [updates, state] = tx.update(np.array([[1, 2, 3], [4, 5, 6]]), tx.init(params), params)
 * updates.shape // => [2, 3]
 * state.vRow // => Array([ 4.6666665, 25.666666 ], dtype=float32)
 */
export const scaleByFactoredRms = (options: ScaleByFactoredRmsOptions = {}): GradientTransformation<FactoredState> => {
  const decoded = decodeOptions('scaleByFactoredRms', ScaleByFactoredRmsOptions, options)
  const { factored = true, decayRate = 0.8, stepOffset = 0, minDimSizeToFactor = 128, epsilon = 1e-30 } = decoded
  const { decayRateFn = powerDecay } = decoded
  const axesOf = (p: NDArray) => (factored ? factoredAxes(p.shape, minDimSizeToFactor) : null)
  const none = (p: NDArray): NDArray => np.zeros([1], { dtype: p.dtype })
  const initial = (params: ArrayTree, shapeOf: (p: NDArray, axes: readonly [number, number] | null) => Shape | null) =>
    mapArrays(
      ['scaleByFactoredRms', 'the params'],
      (p) => np.zeros(shapeOf(p, axesOf(p)) ?? [1], { dtype: p.dtype }),
      params,
    )
  return GradientTransformation<FactoredState>(
    (params) => ({
      count: zeroCount(),
      vRow: initial(params, (p, axes) => axes && without(p.shape, axes[1])),
      vCol: initial(params, (p, axes) => axes && without(p.shape, axes[0])),
      v: initial(params, (p, axes) => (axes === null ? p.shape : null)),
    }),
    (updates, state, given) => {
      const params = requireParams('scaleByFactoredRms', given)
      const rate = decayRateFn(stepOffset === 0 ? state.count : np.subtract(state.count, stepOffset), decayRate)
      const squares = mapArrays(['scaleByFactoredRms', 'the updates'], (g) => np.add(np.square(g), epsilon), updates)
      const moment = (old: NDArray, fresh: NDArray, p: NDArray): NDArray =>
        np.astype(np.add(np.multiply(rate, old), np.multiply(oneMinus(rate), fresh)), p.dtype)
      const along = (which: 0 | 1, name: string, moments: ArrayTree): ArrayTree =>
        mapArrays(
          ['scaleByFactoredRms', 'the updates', name, 'the params'],
          (square, m, p) => {
            const axes = axesOf(p)
            return axes === null ? none(p) : moment(m, np.mean(square, { axis: axes[which] }), p)
          },
          squares,
          moments,
          params,
        )
      const vRow = along(1, 'the means of rows', state.vRow)
      const vCol = along(0, 'the means of columns', state.vCol)
      const v = mapArrays(
        ['scaleByFactoredRms', 'the updates', 'the mean squares', 'the params'],
        (square, m, p) => (axesOf(p) === null ? moment(m, square, p) : none(p)),
        squares,
        state.v,
        params,
      )
      const scaled = mapArrays(
        ['scaleByFactoredRms', 'the updates', 'the means of rows', 'the means of columns', 'the mean squares', 'the params'], // prettier-ignore
        (g, row, col, square, p) => {
          const axes = axesOf(p)
          if (axes === null) return np.multiply(g, np.power(square, -0.5))
          const [second, first] = axes
          const mean = np.mean(row, { axis: second > first ? second - 1 : second, keepdims: true })
          const rowFactor = np.expandDims(np.power(np.divide(row, mean), -0.5), first)
          return np.multiply(np.multiply(g, rowFactor), np.expandDims(np.power(col, -0.5), second))
        },
        updates,
        vRow,
        vCol,
        v,
        params,
      )
      return [scaled, { count: safeIncrement(state.count), vRow, vCol, v }]
    },
  )
}

export interface AdafactorOptions {
  /** Least size of the second largest dimension of an array that is factored; default 128. */
  readonly minDimSizeToFactor?: number
  /** Exponent of the decay rate; default 0.8. */
  readonly decayRate?: ScalarLike
  /** Step at which the decay begins; default 0. */
  readonly decayOffset?: number
  /** Whether steps are multiplied by the root of the mean square of each array of params; default true. */
  readonly multiplyByParameterScale?: boolean
  /** Greatest root of the mean square of an array's updates, before the learning rate; default 1, `null` for none. */
  readonly clippingThreshold?: ScalarLike | null
  /** Decay rate of an average of the steps; default `null`, none. */
  readonly momentum?: ScalarLike | null
  /** Dtype in which that average is kept; default float32. */
  readonly dtypeMomentum?: DType | null
  /** Strength of the weight decay, **not** multiplied by the learning rate; default `null`, none. */
  readonly weightDecayRate?: ScalarOrSchedule | null
  /** Added to squared gradients; default 1e-30. */
  readonly eps?: ScalarLike
  /** Whether second moments are factored at all; default true. */
  readonly factored?: boolean
  /** Which weights decay; default all. */
  readonly weightDecayMask?: MaskOrFn | null
}
const AdafactorOptions = optionsOf('AdafactorOptions', {
  minDimSizeToFactor: positiveCount,
  decayRate: scalar,
  decayOffset: wholeSteps,
  multiplyByParameterScale: flag,
  clippingThreshold: scalarOrNull,
  momentum: scalarOrNull,
  dtypeMomentum: dtypeOrNull,
  weightDecayRate: scalarOrScheduleOrNull,
  eps: nonNegative,
  factored: flag,
  weightDecayMask: maskOrNull,
})

/** State of {@link adafactor}: one part for each step that its options ask for. */
export type AdafactorState = readonly [FactoredState, ...unknown[]]

/**
 * Adafactor: {@link scaleByFactoredRms}, `clipByBlockRms`, the learning rate, `scaleByParamBlockRms`, `ema`,
 * `addDecayedWeights` and the change of sign, each unless its option leaves it out.
 *
 * @param learningRate - default `null`: 1
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.adafactor
 * @example
 * const tx = optax.adafactor(0.1)
 * const params = np.array([1, -2])
 * tx.update(np.array([0.5, 4]), tx.init(params), params)[0] // => Array([-0.15811388, -0.15811388], dtype=float32)
 */
export const adafactor = (
  learningRate: ScalarOrSchedule | null = null,
  options: AdafactorOptions = {},
): GradientTransformation<AdafactorState> => {
  const decoded = decodeOptions('adafactor', AdafactorOptions, options)
  const { minDimSizeToFactor, decayRate, decayOffset: stepOffset, eps: epsilon, factored } = decoded
  const { multiplyByParameterScale = true, clippingThreshold = 1, momentum = null } = decoded
  const { dtypeMomentum: accumulatorDtype = 'float32', weightDecayRate = null, weightDecayMask: mask = null } = decoded
  const second = { minDimSizeToFactor, decayRate, stepOffset, epsilon, factored }
  const parts: readonly (AnyGradientTransformation | null)[] = [
    scaleByFactoredRms(Object.fromEntries(Object.entries(second).filter(([, x]) => x !== undefined))),
    clippingThreshold === null ? null : clipByBlockRms(clippingThreshold),
    learningRate === null ? null : scaleByLearningRate(learningRate, { flipSign: false }),
    multiplyByParameterScale ? scaleByParamBlockRms() : null,
    momentum === null ? null : ema(momentum, { debias: false, accumulatorDtype }),
    weightDecayRate === null ? null : addDecayedWeights(weightDecayRate, { mask }),
    scale(-1),
  ]
  const tx = chain(...parts.filter((part) => part !== null))
  return tx as unknown as GradientTransformation<AdafactorState>
}
