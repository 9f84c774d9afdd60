/** Averages of updates: over examples, and over calls. */
import { ArgumentError, type NDArray, requireArrays, ShapeError } from '../../../core/index.js'
import * as np from '../../../numpy/index.js'
import * as tree from '../../../pytree/index.js'
import { type EmptyState, GradientTransformation, identity, stateless, type Updates } from '../../base.js'
import { chain } from '../../combining.js'
import { zeroCount } from '../../scaling.js'
import { where } from '../../treeArithmetic.js'
import { castLike, mapArrays, zerosLike } from '../../treeMath.js'
import type { Aggregator } from './process.js'

/** The axis of the examples, or several. */
export type PerEltAxis = number | readonly number[]

/**
 * The mean of the updates of single examples.
 *
 * @param perEltAxis - the axes of the examples
 * @example
 * const { averagePerElementUpdates } = optax.experimental.aggregating
 * averagePerElementUpdates().update(np.array([[1, 2], [3, 6]]), {})[0] // => Array([2., 4.], dtype=float32)
 */
export const averagePerElementUpdates = (perEltAxis: PerEltAxis = 0): Aggregator<EmptyState> =>
  stateless((updates) =>
    mapArrays(['averagePerElementUpdates', 'the updates'], (x) => np.mean(x, { axis: perEltAxis }), updates),
  )

/** State of {@link accumulateAvgUpdates}. */
export interface AccumulateAvgUpdatesState {
  /** Updates since the last result, `int32[]`. */
  readonly microStep: NDArray
  /** Whether the last update made a result, `bool[]`. */
  readonly ready: NDArray
  /** Mean of the updates since the last result, in the structure of the params. */
  readonly avgGrad: Updates
}

/** @internal @throws ArgumentError */
export const requireSteps = (where: string, steps: number): number => {
  if (Number.isInteger(steps) && steps >= 1) return steps
  throw new ArgumentError(where, 'a positive whole number of steps', String(steps))
}

/** @internal Means `a + (x - a) / n` of `n` trees, of that of the first `n - 1`, in its dtypes. */
export const movedMean = (where: string, means: Updates, updates: Updates, n: NDArray): Updates =>
  mapArrays(
    [where, 'the means', 'the updates'],
    (a, x) => np.astype(np.add(a, np.divide(np.subtract(x, a), n)), a.dtype),
    means,
    updates,
  )

/** @internal Results and the state after the last step; before, zeros and the state so far. */
export const emitAt = <R, S extends { readonly microStep: NDArray; readonly ready: NDArray }>(
  steps: number,
  results: R,
  state: S,
): readonly [R, S] => {
  const isLast = np.equal(state.microStep, steps)
  return [where(isLast, results, zerosLike(results)), { ...where(isLast, zerosLike(state), state), ready: isLast }]
}

/**
 * The mean of the updates of some calls, at the last of them; zeros before. As the aggregator of
 * {@link aggregating.process} it leaves the optimizer alone until then.
 *
 * @param accumulationSteps - how many updates; of 1, they pass as they are, without a state
 * @throws ArgumentError if the number isn't a positive whole number
 * @example
 * const tx = optax.experimental.aggregating.accumulateAvgUpdates(2)
 * const [first, state] = tx.update(np.array([1]), tx.init(np.zeros([1])))
 * first // => Array([0.], dtype=float32)
 * tx.update(np.array([3]), state)[0] // => Array([2.], dtype=float32)
 */
export const accumulateAvgUpdates = <const N extends number>(
  accumulationSteps: N,
): GradientTransformation<N extends 1 ? EmptyState : AccumulateAvgUpdatesState> => {
  const steps = requireSteps('accumulateAvgUpdates', accumulationSteps)
  const made = (): GradientTransformation<EmptyState> | GradientTransformation<AccumulateAvgUpdatesState> =>
    steps === 1
      ? identity()
      : GradientTransformation<AccumulateAvgUpdatesState>(
          (params) => ({ microStep: zeroCount(), ready: np.array(false), avgGrad: zerosLike(params) }),
          (updates, { microStep, ready, avgGrad: means }) => {
            const n = np.add(microStep, 1)
            const avgGrad = movedMean('accumulateAvgUpdates', means, updates, n)
            const [result, state] = emitAt(steps, avgGrad, { microStep: n, ready, avgGrad })
            return [castLike(result, updates), state]
          },
        )
  return made() as unknown as GradientTransformation<N extends 1 ? EmptyState : AccumulateAvgUpdatesState>
}

/**
 * {@link averagePerElementUpdates}, then {@link accumulateAvgUpdates}; with the axis `null` only the latter.
 *
 * @throws ArgumentError if the number isn't a positive whole number
 * @example
 * const tx = optax.experimental.aggregating.averageIncrementallyUpdates(0, 2)
 * const [, state] = tx.update(np.array([1, 3]), tx.init(np.array(0)))
 * tx.update(np.array([5, 7]), state)[0] // => Array(4., dtype=float32)
 */
export const averageIncrementallyUpdates = (perEltAxis: PerEltAxis | null, accumulationSteps: number): Aggregator =>
  perEltAxis === null
    ? accumulateAvgUpdates(accumulationSteps)
    : chain(averagePerElementUpdates(perEltAxis), accumulateAvgUpdates(accumulationSteps))

/**
 * The number of examples in updates of single examples.
 *
 * @throws ShapeError if arrays have different numbers
 * @throws ArgumentError of a tree without arrays
 * @example
 * optax.experimental.aggregating.getBatchSizeFromPerEltUpdates({ w: np.zeros([8, 3]) }, 0) // => 8
 */
export const getBatchSizeFromPerEltUpdates = (perEltUpdates: unknown, perEltAxis: PerEltAxis): number => {
  const axes = typeof perEltAxis === 'number' ? [perEltAxis] : perEltAxis
  const name = 'getBatchSizeFromPerEltUpdates'
  const sizes = tree.leavesWithPath<NDArray>(perEltUpdates as never).map(([path, x]) => {
    requireArrays(name, [x])
    const outside = axes.find((axis) => axis < -x.ndim || axis >= x.ndim)
    if (outside !== undefined) {
      throw new ShapeError(name, `an axis ${outside} of the updates at ${tree.keystr(path) || 'the root'}`, `shape [${x.shape.join(', ')}]`) // prettier-ignore
    }
    return [path, axes.reduce((product, axis) => product * x.shape.at(axis)!, 1)] as const
  })
  const [first] = sizes
  if (first === undefined) throw new ArgumentError(name, 'a tree with arrays', 'none')
  const other = sizes.find(([, size]) => size !== first[1])
  if (other !== undefined) {
    throw new ShapeError(name, `one number of examples`, `${first[1]} at ${tree.keystr(first[0])} and ${other[1]} at ${tree.keystr(other[0])}`) // prettier-ignore
  }
  return first[1]
}
