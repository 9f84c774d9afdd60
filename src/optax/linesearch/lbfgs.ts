/** L-BFGS: the inverse of the Hessian from the last steps. */
import { scan } from '../../control/index.js'
import { ArgumentError, type NDArray } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type EmptyState,
  type ExtraArgsOf,
  GradientTransformation,
  identity,
  type Params,
  requireParams,
  type ScalarOrSchedule,
  type StateOf,
  type Updates,
} from '../base.js'
import { chain } from '../combining.js'
import { negated, safeIncrement } from '../numerics.js'
import { decodeOptions, flag, optionsOf, scalarOrScheduleOrNull, transformationOrNull, wholeSteps } from '../options.js'
import { type LearningRateState, scale as scaleBy, scaleByLearningRate, zeroCount } from '../scaling.js'
import { addScale, scale, sub, vdot, where } from '../treeArithmetic.js'
import { castLike, mapArrays, norm, zerosLike } from '../treeMath.js'
import type { LinesearchExtraArgs } from './arguments.js'
import { type ScaleByZoomLinesearchState, scaleByZoomLinesearch } from './zoomLinesearch.js'

export interface ScaleByLbfgsOptions {
  /** Steps that are remembered; default 10. */
  readonly memorySize?: number
  /** Whether the Hessian is taken to begin as a multiple of the identity that fits the last step; default true. */
  readonly scaleInitPrecond?: boolean
}
const ScaleByLbfgsOptions = optionsOf('ScaleByLbfgsOptions', { memorySize: wholeSteps, scaleInitPrecond: flag })

/** State of {@link scaleByLbfgs}. */
export interface ScaleByLBFGSState {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** The last params. */
  readonly params: Params
  /** The last gradients. */
  readonly updates: Updates
  /** Differences of params, `[memorySize, ...]`. */
  readonly diffParamsMemory: ArrayTree
  /** Differences of gradients, `[memorySize, ...]`. */
  readonly diffUpdatesMemory: ArrayTree
  /** `1 / ⟨difference of gradients, difference of params⟩`, `[memorySize]`. */
  readonly weightsMemory: NDArray
}

/** A memory with one entry replaced. */
const written = (memory: NDArray, index: NDArray, entry: NDArray): NDArray => {
  const row = np.astype(np.expandDims(entry, 0), memory.dtype)
  return lax.dynamicUpdateSlice(memory, row, [index, ...entry.shape.map(() => 0)])
}

/** One entry of a memory. */
const entryOf = (memory: ArrayTree, index: NDArray): ArrayTree =>
  mapArrays(['scaleByLbfgs', 'the memory'], (x) => np.squeeze(lax.dynamicSliceInDim(x, index, 1), 0), memory)

/**
 * Updates times an estimate of the inverse of the Hessian, made of the last `m` steps `wᵢ` of the params and `uᵢ` of the
 * gradients by the two-loop recursion:
 *
 *     ρᵢ = 1 / ⟨uᵢ, wᵢ⟩,   Hₖ₊₁ = (I - ρ w uᵀ) Hₖ (I - ρ u wᵀ) + ρ w wᵀ,   H₀ = γ I,   γ = ⟨u, w⟩ / |u|²
 *
 * At the first step `γ = min(1, 1 / |g|)`. The update needs the params.
 *
 * @throws ArgumentError if nothing is to be remembered, or in `update` without params
 * @throws OptionsError if an option is unknown
 * @see Nocedal & Wright, Numerical Optimization, 1999, algorithm 7.4
 * @example
 * const tx = optax.scaleByLbfgs({ memorySize: 2 })
 * const x = np.array([3, 4])
 * tx.update(x, tx.init(x), x)[0] // => Array([0.6, 0.8], dtype=float32)
 */
export const scaleByLbfgs = (options: ScaleByLbfgsOptions = {}): GradientTransformation<ScaleByLBFGSState> => {
  const { memorySize = 10, scaleInitPrecond = true } = decodeOptions('scaleByLbfgs', ScaleByLbfgsOptions, options)
  if (memorySize < 1) throw new ArgumentError('scaleByLbfgs', 'a memorySize of at least 1', String(memorySize))
  return GradientTransformation<ScaleByLBFGSState>(
    (params) => {
      const memory = (): ArrayTree =>
        mapArrays(['scaleByLbfgs', 'the params'], (x) => np.zeros([memorySize, ...x.shape], { dtype: x.dtype }), params)
      return {
        count: zeroCount(),
        params: zerosLike(params),
        updates: zerosLike(params),
        diffParamsMemory: memory(),
        diffUpdatesMemory: memory(),
        weightsMemory: np.zeros([memorySize]),
      }
    },
    (updates, state, givenParams) => {
      const params = requireParams('scaleByLbfgs', givenParams)
      const { count } = state
      const index = np.remainder(count, memorySize)
      const previous = np.remainder(np.subtract(count, 1), memorySize)
      const isLater = np.greater(count, 0)
      const later = (x: Updates): Updates => where(isLater, x, zerosLike(x))
      const diffParams = later(sub(params, state.params))
      const diffUpdates = later(sub(updates, state.updates))
      const product = vdot(diffUpdates, diffParams)
      const isZero = np.equal(product, 0)
      const weight = np.where(isZero, 0, np.divide(1, np.where(isZero, 1, product)))
      const write = (memory: ArrayTree, entry: ArrayTree): ArrayTree =>
        mapArrays(['scaleByLbfgs', 'the memory', 'the entry'], (m, x) => written(m, previous, x), memory, entry)
      const memories = {
        diffParamsMemory: write(state.diffParamsMemory, diffParams),
        diffUpdatesMemory: write(state.diffUpdatesMemory, diffUpdates),
        weightsMemory: written(state.weightsMemory, previous, weight),
      }
      const first = scaleInitPrecond ? initialScale(updates, diffUpdates, product, isLater) : null
      const result = twoLoops(updates, memories, first, index, memorySize)
      return [result, castLike({ count: safeIncrement(count), params, updates, ...memories }, state)]
    },
  )
}

const initialScale = (updates: Updates, diffUpdates: Updates, product: NDArray, isLater: NDArray): NDArray => {
  const squared = norm(diffUpdates, { squared: true })
  const isPositive = np.greater(squared, 0)
  const fitting = np.where(isPositive, np.divide(product, np.where(isPositive, squared, 1)), 1)
  const capped = np.minimum(1, np.divide(1, lax.stopGradient(norm(updates))))
  return np.where(isLater, fitting, capped)
}

const twoLoops = (
  updates: Updates,
  memories: Pick<ScaleByLBFGSState, 'diffParamsMemory' | 'diffUpdatesMemory' | 'weightsMemory'>,
  first: NDArray | null,
  index: NDArray,
  memorySize: number,
): Updates => {
  if (tree.leaves<unknown>(updates).length === 0) return updates
  const indices = np.remainder(np.add(index, np.astype(np.arange(memorySize), 'int32')), memorySize)
  const at = (i: NDArray) => ({
    dw: entryOf(memories.diffParamsMemory, i),
    du: entryOf(memories.diffUpdatesMemory, i),
    rho: entryOf(memories.weightsMemory, i) as NDArray,
  })
  const right = (vector: Updates, i: NDArray): readonly [Updates, NDArray] => {
    const { dw, du, rho } = at(i)
    const alpha = rho.mul(vdot(dw, vector))
    return [castLike(addScale(vector, np.negative(alpha), du), vector), alpha]
  }
  const [inner, alphas] = scan(right, updates, indices, { reverse: true })
  const middle = first === null ? inner : castLike(scale(first, inner), inner)
  const left = (vector: Updates, [i, alpha]: readonly [NDArray, NDArray]): readonly [Updates, null] => {
    const { dw, du, rho } = at(i)
    const beta = rho.mul(vdot(du, vector))
    return [castLike(addScale(vector, alpha.sub(beta), dw), vector), null]
  }
  return scan(left, middle, [indices, alphas] as const)[0]
}

/** The line search of {@link lbfgs} where none is given. */
type DefaultSearch = GradientTransformation<ScaleByZoomLinesearchState, LinesearchExtraArgs>

export interface LbfgsOptions<
  L extends ScalarOrSchedule | null = ScalarOrSchedule | null,
  T extends AnyGradientTransformation | null = AnyGradientTransformation | null,
> extends ScaleByLbfgsOptions {
  /** Step size; default `null`: 1, which the line search changes. */
  readonly learningRate?: L
  /** The line search; default `scaleByZoomLinesearch(20, { initialGuessStrategy: 'one' })`; `null`: none. */
  readonly linesearch?: T
}
const LbfgsOptions = optionsOf('LbfgsOptions', {
  learningRate: scalarOrScheduleOrNull,
  memorySize: wholeSteps,
  scaleInitPrecond: flag,
  linesearch: transformationOrNull,
})

/** The state of a line search, and of none. */
export type LinesearchState<T> = T extends null ? EmptyState : StateOf<T>

/**
 * L-BFGS: {@link scaleByLbfgs}, then a step size, then a line search.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params, or `{ value, grad, valueFn }` for the line search
 * @see Liu & Nocedal, 1989, https://doi.org/10.1007/BF01589116
 * @example
 * const f = (x: NDArray) => np.sum(x.square())
 * const tx = optax.lbfgs()
 * const x = np.array([1, 2, 3])
 * const state = tx.init(x)
 * const [value, grad] = optax.valueAndGradFromState(f)(x, state)
 * const [updates] = tx.update(grad, state, x, { value, grad, valueFn: f })
 * f(optax.applyUpdates(x, updates)).item() < 14 // => true
 */
export const lbfgs = <
  L extends ScalarOrSchedule | null = null,
  T extends AnyGradientTransformation | null = DefaultSearch,
>(
  options: LbfgsOptions<L, T> = {},
): GradientTransformation<
  readonly [ScaleByLBFGSState, LearningRateState<L>, LinesearchState<T>],
  T extends null ? object : ExtraArgsOf<T>
> => {
  const { learningRate = null, linesearch, ...rest } = decodeOptions('lbfgs', LbfgsOptions, options)
  const step = learningRate === null ? scaleBy(negated(1)) : scaleByLearningRate(learningRate)
  const search =
    linesearch === undefined
      ? scaleByZoomLinesearch(20, { initialGuessStrategy: 'one' })
      : ((linesearch ?? identity()) as AnyGradientTransformation)
  return chain(scaleByLbfgs(rest), step, search) as never
}
