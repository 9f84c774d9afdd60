/** DoG and DoWG: step sizes from how far the params have come and how large the gradients were. */
import { dtype as dtypeOf } from '../treeArithmetic.js'
import { ArgumentError, type NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import {
  type ArrayTree,
  type EmptyState,
  GradientTransformation,
  identity,
  requireParams,
  type ScalarLike,
  type ScalarOrSchedule,
} from '../base.js'
import { chain } from '../combining.js'
import type { MaskFn, MaskOrFn } from '../masking.js'
import {
  decodeOptions,
  maskOrNull,
  nonNegative,
  optionsOf,
  refine,
  scalarOrNull,
  scalarOrSchedule,
} from '../options.js'
import { type LearningRateState, scaleByLearningRate } from '../scaling.js'

import { mapArrays, norm } from '../treeMath.js'
import { addDecayedWeights, type WeightDecayState } from '../weightDecay.js'
import { scalarIn } from './estimates.js'

/**
 * How the first step is found: by a distance that it is taken for, a learning rate, or a distance of that fraction of
 * `1 + ‖params‖`.
 */
export type InitStep = readonly [kind: 'distance' | 'learning_rate' | 'heuristic', value: ScalarLike]

const kinds: readonly unknown[] = ['distance', 'learning_rate', 'heuristic']
const initStep = refine(
  "a pair of 'distance', 'learning_rate' or 'heuristic' and a number",
  (u): u is InitStep => Array.isArray(u) && u.length === 2 && kinds.includes(u[0]) && nonNegative.is(u[1]),
)

const distance = (where: string, params: ArrayTree | null, initParams: ArrayTree): ArrayTree =>
  mapArrays(
    [where, 'the params of the start', 'the params'],
    (p0, p) => np.subtract(p0, p),
    initParams,
    requireParams(where, params),
  )

const scaled = (where: string, size: NDArray, updates: ArrayTree): ArrayTree =>
  mapArrays([where, 'the updates'], (g) => np.multiply(size, g), updates)

export interface ScaleByDogOptions {
  /** Added inside of the square root; default 1e-8. */
  readonly eps?: ScalarLike
}
const ScaleByDogOptions = optionsOf('ScaleByDogOptions', { eps: nonNegative })

/** State of {@link scaleByDog}. */
export interface DoGState {
  /** Whether there was no update yet, `bool[]`. */
  readonly isInitStep: NDArray
  /** Params of the start. */
  readonly initParams: ArrayTree
  /** Greatest distance from the start, `[]`, in the lowest dtype of the params. */
  readonly maxDist: NDArray
  /** Sum of the squared norms of the gradients, `[]`. */
  readonly sumSqNormGrads: NDArray
}

/**
 * Updates times the greatest distance from the start over the root of the gradients' squares:
 *
 *     r ← max(r, ‖p - p₀‖),   G ← G + ‖g‖²,   u = g r / √(G + eps)
 *
 * The update needs the params.
 *
 * @param initStep - how large the first step is
 * @throws ArgumentError if the first step isn't one of the kinds; in `update`, without params
 * @throws OptionsError if an option is unknown or out of range
 * @see Ivgi et al., 2023, https://arxiv.org/abs/2302.12022
 * @example
 * const tx = optax.contrib.scaleByDog(['distance', 0.5])
 * const params = np.array([1, 2])
 * tx.update(np.array([3, 4]), tx.init(params), params)[0] // => Array([0.3, 0.4], dtype=float32)
 */
export const scaleByDog = (firstStep: InitStep, options: ScaleByDogOptions = {}): GradientTransformation<DoGState> => {
  const where = 'scaleByDog'
  const { eps = 1e-8 } = decodeOptions(where, ScaleByDogOptions, options)
  if (!initStep.is(firstStep)) throw new ArgumentError(where, initStep.name, JSON.stringify(firstStep))
  const [kind, value] = firstStep
  return GradientTransformation<DoGState>(
    (params) => {
      const dtype = dtypeOf(params, 'lowest')
      const firstDist =
        kind === 'heuristic' ? np.multiply(value, np.add(1, norm(params))) : kind === 'distance' ? value : 0
      return {
        isInitStep: np.full([], true, { dtype: 'bool' }),
        initParams: params,
        maxDist: scalarIn(firstDist, dtype),
        sumSqNormGrads: np.zeros([], { dtype }),
      }
    },
    (updates, state, params) => {
      const { initParams } = state
      const maxDist = np.maximum(state.maxDist, norm(distance(where, params, initParams)))
      const sumSqNormGrads = np.add(state.sumSqNormGrads, norm(updates, { squared: true }))
      const size = np.divide(maxDist, np.sqrt(np.add(sumSqNormGrads, eps)))
      const steps = scaled(where, kind === 'learning_rate' ? np.where(state.isInitStep, value, size) : size, updates)
      const isInitStep = np.full([], false, { dtype: 'bool' })
      return [steps, { isInitStep, initParams, maxDist, sumSqNormGrads }]
    },
  )
}

/** The state of a weight decay that may be left out. */
export type OptionalDecayState<W, M> = W extends null ? EmptyState : WeightDecayState<W, M>

interface Decaying<L, W, M> {
  /** Factor of the steps, or a schedule of it; default 1. */
  readonly learningRate?: L
  /** Strength of the weight decay, added to the gradients; default `null`, none. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly mask?: M | MaskFn
}
const decaying = { learningRate: scalarOrSchedule, weightDecay: scalarOrNull, mask: maskOrNull }

const decayBefore = <W, M>(
  weightDecay: ScalarLike | null,
  mask: MaskOrFn | null,
): GradientTransformation<OptionalDecayState<W, M>> =>
  (weightDecay === null ? identity() : addDecayedWeights(weightDecay, { mask })) as unknown as GradientTransformation<
    OptionalDecayState<W, M>
  >

export interface DogOptions<
  L extends ScalarOrSchedule = ScalarOrSchedule,
  W extends ScalarLike | null = ScalarLike | null,
  M extends MaskOrFn | null = MaskOrFn | null,
>
  extends ScaleByDogOptions, Decaying<L, W, M> {
  /** How large the first step is; default `['heuristic', 1e-6]`. */
  readonly initStep?: InitStep
}
const DogOptions = optionsOf('DogOptions', { ...decaying, eps: nonNegative, initStep })

/**
 * Distance over gradients: weight decay if there is any, {@link scaleByDog}, learning rate.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.dog
 * @example
 * const tx = optax.contrib.dog({ initStep: ['learning_rate', 0.1] })
 * const params = np.array([1, 2])
 * tx.update(np.array([3, 4]), tx.init(params), params)[0] // => Array([-0.3, -0.4], dtype=float32)
 */
export const dog = <
  L extends ScalarOrSchedule = number,
  W extends ScalarLike | null = null,
  M extends MaskOrFn | null = null,
>(
  options: DogOptions<L, W, M> = {},
): GradientTransformation<readonly [OptionalDecayState<W, M>, DoGState, LearningRateState<L>]> => {
  const decoded = decodeOptions('dog', DogOptions, options)
  const {
    learningRate = 1,
    initStep: firstStep = ['heuristic', 1e-6],
    weightDecay = null,
    mask = null,
    ...rest
  } = decoded
  return chain(
    decayBefore<W, M>(weightDecay, mask),
    scaleByDog(firstStep, rest),
    scaleByLearningRate(learningRate as L),
  )
}

export interface ScaleByDowgOptions {
  /** First estimate of the squared distance; default `null`, that of `eps`. */
  readonly initEstimSqDist?: ScalarLike | null
  /** Added to the denominator; default 1e-4. */
  readonly eps?: ScalarLike
}
const dowgOptions = { initEstimSqDist: scalarOrNull, eps: nonNegative }
const ScaleByDowgOptions = optionsOf('ScaleByDowgOptions', dowgOptions)

/** State of {@link scaleByDowg}. */
export interface DoWGState {
  /** Params of the start. */
  readonly initParams: ArrayTree
  /** Sum of the squared norms of the gradients, each times the squared distance then, `[]`. */
  readonly weightedSqNormGrads: NDArray
  /** Greatest squared distance from the start, `[]`, in the lowest dtype of the params. */
  readonly estimSqDist: NDArray
}

/**
 * Updates times the greatest squared distance from the start over the root of the gradients' squares, weighted by it:
 *
 *     r² ← max(r², ‖p - p₀‖²),   G ← G + r² ‖g‖²,   u = g r² / (√G + eps)
 *
 * The update needs the params.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Khaled et al., 2023, https://arxiv.org/abs/2305.16284
 * @example
 * const tx = optax.contrib.scaleByDowg({ initEstimSqDist: 0.25, eps: 0 })
 * const params = np.array([1, 2])
 * tx.update(np.array([3, 4]), tx.init(params), params)[0] // => Array([0.3, 0.4], dtype=float32)
 */
export const scaleByDowg = (options: ScaleByDowgOptions = {}): GradientTransformation<DoWGState> => {
  const where = 'scaleByDowg'
  const { initEstimSqDist = null, eps = 1e-4 } = decodeOptions(where, ScaleByDowgOptions, options)
  return GradientTransformation<DoWGState>(
    (params) => {
      const dtype = dtypeOf(params, 'lowest')
      return {
        initParams: params,
        weightedSqNormGrads: np.zeros([], { dtype }),
        estimSqDist: scalarIn(initEstimSqDist ?? eps, dtype),
      }
    },
    (updates, state, params) => {
      const { initParams } = state
      const current = norm(distance(where, params, initParams), { squared: true })
      const estimSqDist = np.maximum(state.estimSqDist, current)
      const weighted = np.multiply(estimSqDist, norm(updates, { squared: true }))
      const weightedSqNormGrads = np.add(weighted, state.weightedSqNormGrads)
      const size = np.divide(estimSqDist, np.add(np.sqrt(weightedSqNormGrads), eps))
      return [scaled(where, size, updates), { initParams, weightedSqNormGrads, estimSqDist }]
    },
  )
}

export interface DowgOptions<
  L extends ScalarOrSchedule = ScalarOrSchedule,
  W extends ScalarLike | null = ScalarLike | null,
  M extends MaskOrFn | null = MaskOrFn | null,
>
  extends ScaleByDowgOptions, Decaying<L, W, M> {}
const DowgOptions = optionsOf('DowgOptions', { ...decaying, ...dowgOptions })

/**
 * Distance over weighted gradients: weight decay if there is any, {@link scaleByDowg}, learning rate.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.dowg
 * @example
 * const tx = optax.contrib.dowg({ initEstimSqDist: 0.25, eps: 0 })
 * const params = np.array([1, 2])
 * tx.update(np.array([3, 4]), tx.init(params), params)[0] // => Array([-0.3, -0.4], dtype=float32)
 */
export const dowg = <
  L extends ScalarOrSchedule = number,
  W extends ScalarLike | null = null,
  M extends MaskOrFn | null = null,
>(
  options: DowgOptions<L, W, M> = {},
): GradientTransformation<readonly [OptionalDecayState<W, M>, DoWGState, LearningRateState<L>]> => {
  const { learningRate = 1, weightDecay = null, mask = null, ...rest } = decodeOptions('dowg', DowgOptions, options)
  return chain(decayBefore<W, M>(weightDecay, mask), scaleByDowg(rest), scaleByLearningRate(learningRate as L))
}
