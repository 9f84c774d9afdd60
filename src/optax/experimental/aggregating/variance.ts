/** Means and variances of the gradients of single examples, beside an optimizer. */
import { ArgumentError, type NDArray } from '../../../core/index.js'
import * as np from '../../../numpy/index.js'
import * as tree from '../../../pytree/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type EmptyState,
  type ExtraArgsOf,
  GradientTransformation,
  identity,
  type ScalarLike,
  type StateOf,
  type Updates,
} from '../../base.js'
import { chain } from '../../combining.js'
import { safeIncrement } from '../../numerics.js'
import { axesOnly, decay, decodeOptions, optionsOf, positiveCount } from '../../options.js'
import { zeroCount } from '../../scaling.js'
import { findNodes } from '../../stateTree.js'
import { scale } from '../../treeArithmetic.js'
import { biasCorrection, castLike, mapArrays, updateMoment, zerosLike } from '../../treeMath.js'
import { emitAt, getBatchSizeFromPerEltUpdates, movedMean, type PerEltAxis } from './averages.js'
import { type AggregatorWithAux, process, type ProcessState } from './process.js'

/** What {@link getPerElementMeanAndSumSqDiffGrads} gives besides the mean. */
export interface PerElementStatistics {
  /** Sums of the squared differences to the mean, in the structure of the params. */
  readonly sumSqDiffGrads: Updates
  /** The number of examples. */
  readonly sampleSize: ScalarLike
}

export interface PerElementMeanAndSumSqDiffGradsOptions {
  /** The axes of the examples; default 0. */
  readonly perEltAxis?: PerEltAxis
  /** Calls whose examples are taken together; default 1. */
  readonly accumulationSteps?: number
}
const perElementOptions = { perEltAxis: axesOnly, accumulationSteps: positiveCount }
const PerElementMeanAndSumSqDiffGradsOptions = optionsOf('PerElementMeanAndSumSqDiffGradsOptions', perElementOptions)

/** State of {@link getPerElementMeanAndSumSqDiffGrads}, if several calls are taken together. */
export interface PerElementMeanAndSumSqDiffGradsState {
  /** Calls since the last result, `int32[]`. */
  readonly microStep: NDArray
  /** Whether the last call made a result, `bool[]`. */
  readonly ready: NDArray
  /** Means of the gradients since the last result, in the structure of the params. */
  readonly meanGrads: Updates
  /** Sums of their squared differences to the means. */
  readonly sumSqDiffGrads: Updates
}

interface BatchStatistics {
  readonly mean: Updates
  readonly sumSqDiff: Updates
  readonly size: number
}

const statisticsOf = (perElement: Updates, axis: PerEltAxis): BatchStatistics => {
  const each = ['getPerElementMeanAndSumSqDiffGrads', 'the updates'] as const
  return {
    mean: mapArrays(each, (x) => np.mean(x, { axis }), perElement),
    sumSqDiff: mapArrays(
      each,
      (x) => np.sum(np.square(np.subtract(x, np.mean(x, { axis, keepdims: true }))), { axis }),
      perElement,
    ),
    // Updates without arrays have no examples.
    size: tree.leaves(perElement).length === 0 ? 0 : getBatchSizeFromPerEltUpdates(perElement, axis),
  }
}

/**
 * The mean `m` of the gradients of single examples, and beside it the sum of their squared differences to it,
 * `s = Σ (g - m)²`. Over several calls, a batch of `n` examples with mean `b` and sum `r` is joined to the `k` batches before by
 *
 *     s ← s + r + (b - m)² · n k / (k + 1),   m ← m + (b - m) / (k + 1)
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ShapeError in `update`, if arrays have different numbers of examples
 * @see Chan, Golub & LeVeque, 1983, https://doi.org/10.1080/00031305.1983.10483115
 * @example
 * const tx = optax.experimental.aggregating.getPerElementMeanAndSumSqDiffGrads()
 * const [[mean, { sumSqDiffGrads }]] = tx.update(np.array([1, 2, 6]), tx.init(np.array(0)))
 * mean // => Array(3., dtype=float32)
 * sumSqDiffGrads // => Array(14., dtype=float32)
 */
export const getPerElementMeanAndSumSqDiffGrads = (
  options: PerElementMeanAndSumSqDiffGradsOptions = {},
): AggregatorWithAux<EmptyState | PerElementMeanAndSumSqDiffGradsState, PerElementStatistics> => {
  const name = 'getPerElementMeanAndSumSqDiffGrads'
  const decoded = decodeOptions(name, PerElementMeanAndSumSqDiffGradsOptions, options)
  const { perEltAxis = 0, accumulationSteps = 1 } = decoded
  type State = EmptyState | PerElementMeanAndSumSqDiffGradsState
  type Result = readonly [updates: Updates, aux: PerElementStatistics]
  const erased = {
    init: (params: Updates): State =>
      accumulationSteps === 1
        ? {}
        : {
            microStep: zeroCount(),
            ready: np.array(false),
            meanGrads: zerosLike(params),
            sumSqDiffGrads: zerosLike(params),
          },
    update: (perElement: Updates, state: State): readonly [Result, State] => {
      const { mean, sumSqDiff, size } = statisticsOf(perElement, perEltAxis)
      if (!('microStep' in state)) return [[mean, { sumSqDiffGrads: sumSqDiff, sampleSize: size }], state]
      const n = np.add(state.microStep, 1)
      const meanGrads = movedMean(name, state.meanGrads, mean, n)
      const weight = np.divide(np.multiply(state.microStep, size), n)
      const sumSqDiffGrads = mapArrays(
        [name, 'the sums', 'the sums of the batch', 'the means of the batch', 'the means'],
        (s, r, b, m) => np.astype(s.add(r).add(np.multiply(np.square(b.sub(m)), weight)), s.dtype),
        state.sumSqDiffGrads,
        sumSqDiff,
        mean,
        state.meanGrads,
      )
      const statistics = { sumSqDiffGrads, sampleSize: np.multiply(n, size) }
      const result: Result = [castLike(meanGrads, mean), statistics]
      return emitAt(accumulationSteps, result, { microStep: n, ready: state.ready, meanGrads, sumSqDiffGrads })
    },
  }
  // As for all transformations: the functions map trees leaf by leaf, so they keep any type of tree.
  return erased as unknown as AggregatorWithAux<State, PerElementStatistics>
}

/** State of {@link trackPerElementMeanAndVarianceWithEma}. */
export interface PerElementMeanAndVarianceEMAState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** Decay of both averages. */
  readonly emaDecay: NDArray
  /** Moving averages of the gradients, in the structure of the params. */
  readonly meanGradsEma: ArrayTree
  /** Moving averages of their variances. */
  readonly varianceGradsEma: ArrayTree
}

/**
 * Leaves the updates as they are, and keeps moving averages of them and of the variances `s / (n - 1)` of the gradients of
 * single examples in the state. It needs what {@link getPerElementMeanAndSumSqDiffGrads} gives as extra arguments.
 *
 * @param emaDecay - in [0, 1)
 * @throws ArgumentError if the decay is out of range, or in `update` without the extra arguments
 * @example
 * const tx = optax.experimental.aggregating.trackPerElementMeanAndVarianceWithEma(0.5)
 * const statistics = { sumSqDiffGrads: np.array([6]), sampleSize: 4 }
 * const [, state] = tx.update(np.array([3]), tx.init(np.zeros([1])), null, statistics)
 * state.varianceGradsEma // => Array([1.], dtype=float32)
 */
export const trackPerElementMeanAndVarianceWithEma = (
  emaDecay: ScalarLike = 0.9,
): GradientTransformation<PerElementMeanAndVarianceEMAState, PerElementStatistics> => {
  const name = 'trackPerElementMeanAndVarianceWithEma'
  if (!decay.is(emaDecay)) throw new ArgumentError(name, decay.name, String(emaDecay))
  return GradientTransformation<PerElementMeanAndVarianceEMAState, PerElementStatistics>(
    (params) => ({
      count: zeroCount(),
      emaDecay: np.asarray(emaDecay),
      meanGradsEma: zerosLike(params),
      varianceGradsEma: zerosLike(params),
    }),
    (updates, state, _params, extra) => {
      const { sumSqDiffGrads, sampleSize } = extra as Partial<PerElementStatistics>
      if (sumSqDiffGrads === undefined || sampleSize === undefined) {
        throw new ArgumentError(name, 'the extra arguments sumSqDiffGrads and sampleSize', 'none; use it with addMeanVarianceToOpt') // prettier-ignore
      }
      const freedom = typeof sampleSize === 'number' ? 1 / (sampleSize - 1) : np.divide(1, np.subtract(sampleSize, 1))
      const variances = scale(freedom, sumSqDiffGrads)
      const { meanGradsEma, varianceGradsEma } = state
      return [
        updates,
        {
          count: safeIncrement(state.count),
          emaDecay: state.emaDecay,
          meanGradsEma: castLike(updateMoment(updates, meanGradsEma, emaDecay, 1), meanGradsEma),
          varianceGradsEma: castLike(updateMoment(variances, varianceGradsEma, emaDecay, 1), varianceGradsEma),
        },
      ]
    },
  )
}

/**
 * The averages of {@link trackPerElementMeanAndVarianceWithEma} in a state, without the bias toward the zeros that they
 * begin with.
 *
 * @throws ArgumentError if the state has none, or several
 * @example
 * const { addMeanVarianceToOpt, getUnbiasedMeanAndVarianceEma } = optax.experimental.aggregating
 * const tx = addMeanVarianceToOpt(optax.sgd(1), { emaDecay: 0.5 })
 * const [, state] = tx.update(np.array([[1], [3]]), tx.init(np.zeros([1])))
 * getUnbiasedMeanAndVarianceEma(state) // => [Array([2.], dtype=float32), Array([2.], dtype=float32)]
 */
export const getUnbiasedMeanAndVarianceEma = (state: unknown): readonly [mean: ArrayTree, variance: ArrayTree] => {
  const found = findNodes(state, ['count', 'emaDecay', 'meanGradsEma', 'varianceGradsEma'])
  const [averages] = found as unknown as readonly PerElementMeanAndVarianceEMAState[]
  if (found.length !== 1 || averages === undefined) {
    throw new ArgumentError('getUnbiasedMeanAndVarianceEma', 'a state with one PerElementMeanAndVarianceEMAState', `one with ${found.length}`) // prettier-ignore
  }
  const { count, emaDecay, meanGradsEma, varianceGradsEma } = averages
  return [biasCorrection(meanGradsEma, emaDecay, count), biasCorrection(varianceGradsEma, emaDecay, count)]
}

export interface AddMeanVarianceToOptOptions extends PerElementMeanAndSumSqDiffGradsOptions {
  /** Decay of the averages, in [0, 1); default 0.9. */
  readonly emaDecay?: ScalarLike
}
const AddMeanVarianceToOptOptions = optionsOf('AddMeanVarianceToOptOptions', { ...perElementOptions, emaDecay: decay })

/** State of {@link addMeanVarianceToOpt}. */
type MeanVarianceState<S> = ProcessState<
  EmptyState,
  EmptyState | PerElementMeanAndSumSqDiffGradsState,
  readonly [PerElementMeanAndVarianceEMAState, S]
>

/**
 * An optimizer that takes gradients of single examples, and keeps moving averages of their mean and variance in its state,
 * for {@link getUnbiasedMeanAndVarianceEma}.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @example
 * const loss = (w: NDArray, x: NDArray) => np.sum(w.sub(x).square())
 * const tx = optax.experimental.aggregating.addMeanVarianceToOpt(optax.sgd(0.5))
 * const w = np.zeros([1])
 * const perExample = vmap(grad(loss), { inAxes: [null, 0] })(w, np.array([[1], [3]]))
 * tx.update(perExample, tx.init(w))[0] // => Array([2.], dtype=float32)
 */
export const addMeanVarianceToOpt = <T extends AnyGradientTransformation>(
  opt: T,
  options: AddMeanVarianceToOptOptions = {},
): GradientTransformation<MeanVarianceState<StateOf<T>>, ExtraArgsOf<T>> => {
  const { emaDecay = 0.9, ...rest } = decodeOptions('addMeanVarianceToOpt', AddMeanVarianceToOptOptions, options)
  return process(
    identity(),
    getPerElementMeanAndSumSqDiffGrads(rest),
    chain(trackPerElementMeanAndVarianceWithEma(emaDecay), opt),
    { aggregatorHasAux: true },
  ) as unknown as GradientTransformation<MeanVarianceState<StateOf<T>>, ExtraArgsOf<T>>
}
