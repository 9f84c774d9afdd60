/** GaLore: an optimizer on projections of the gradients to few dimensions. */
import { type NDArray, ShapeError, showAval } from '../../core/index.js'
import { cond } from '../../control/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import { scaleByAdam, type ScaleByAdamState } from '../adam.js'
import {
  type AnyGradientTransformation,
  type ArrayTree,
  type ExtraArgsOf,
  GradientTransformation,
  type ScalarLike,
  type ScalarOrSchedule,
  type StateOf,
} from '../base.js'
import { chain } from '../combining.js'
import type { MaskFn, MaskOrFn } from '../masking.js'
import { safeIncrement } from '../numerics.js'
import { decodeOptions, optionsOf, refine, scalar } from '../options.js'
import { type LearningRateState, scaleByLearningRate, zeroCount } from '../scaling.js'
import { decayOf, type WeightDecayState, decayOptions } from '../weightDecay.js'
import {
  asMatrices,
  DimensionNumbers,
  type DimensionNumbersOrFn,
  dimensionNumbersOf,
  mapLeaves,
} from './dimensionNumbers.js'
import { positiveInteger } from './estimates.js'
import { leadingSingularVectors } from './singularVectors.js'

/** Axes of a weight that GaLore takes for rows and columns of a matrix. */
export class GaLoreDimensionNumbers extends DimensionNumbers {}

export interface ScaleByGaloreOptions<T extends AnyGradientTransformation = AnyGradientTransformation> {
  /** Dimensions of the projections, at most; default 128. */
  readonly rank?: number
  /** Number of updates from one choice of the dimensions to the next; default 200. */
  readonly updateProjGap?: number
  /** Factor of the updates; default 1. */
  readonly scale?: ScalarLike
  /** Transformation of the projected gradients; default `scaleByAdam()`. */
  readonly baseOptimizer?: T
  /**
   * Which axes make the matrix of each weight, `null` where gradients aren't projected. One for all is for those of at
   * least two axes. Default: weights of two axes, and no others.
   */
  readonly weightDimensionNumbers?: DimensionNumbersOrFn | null
}
const galoreOptions = {
  rank: positiveInteger,
  updateProjGap: positiveInteger,
  scale: scalar,
  baseOptimizer: refine(
    'a transformation',
    (u): u is AnyGradientTransformation => typeof u === 'object' && u !== null && 'init' in u && 'update' in u,
  ),
  weightDimensionNumbers: refine(
    'dimension numbers, a tree of them, a function that makes one, or null',
    (u): u is DimensionNumbersOrFn | null => u === null || typeof u === 'object' || typeof u === 'function',
  ),
}
const ScaleByGaloreOptions = optionsOf('ScaleByGaloreOptions', galoreOptions)

/** State of {@link scaleByGalore}. */
export interface GaLoreState<S = unknown> {
  /** Updates made so far, `int32[]`. */
  readonly count: NDArray
  /** State of the base optimizer, for projected params. */
  readonly baseOptimizerState: S
  /** Orthonormal columns on which gradients are projected; `[0, 0]` where they aren't. */
  readonly projector: ArrayTree
}

interface Shape {
  readonly matrix: NDArray
  readonly back: (y: NDArray) => NDArray
  readonly isTall: boolean
  readonly rank: number
}

/**
 * Gradients of matrices projected on their leading singular vectors, transformed there by another optimizer, whose state
 * thus is small, and projected back: for a gradient of no more columns than rows, with `P` its `rank` leading left singular
 * vectors every `updateProjGap` updates,
 *
 *     u = scale · P base(Pᵀ g)
 *
 * and from the other side for others. The sign of a singular vector is that which turns it toward the one before, and those of
 * singular values that vanish are zero; Optax takes what comes for both.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ShapeError if dimension numbers leave out an axis, or a weight has fewer than two
 * @see Zhao et al., 2024, https://arxiv.org/abs/2403.03507
 * @example
 * const tx = optax.contrib.scaleByGalore({ rank: 1, baseOptimizer: optax.identity() })
 * const grads = np.array([[3, 0], [0, 1]])
 * tx.update(grads, tx.init(grads))[0] // => Array([[3., 0.], [0., 0.]], dtype=float32)
 */
export const scaleByGalore = <T extends AnyGradientTransformation = GradientTransformation<ScaleByAdamState>>(
  options: ScaleByGaloreOptions<T> = {},
): GradientTransformation<GaLoreState<StateOf<T>>, ExtraArgsOf<T>> => {
  const where = 'scaleByGalore'
  const decoded = decodeOptions(where, ScaleByGaloreOptions, options)
  const { rank = 128, updateProjGap = 200, scale = 1, weightDimensionNumbers = null } = decoded
  const base = (decoded.baseOptimizer ?? scaleByAdam()) as unknown as GradientTransformation<StateOf<T>>

  const shapesOf = (of: ArrayTree): readonly (Shape | null)[] => {
    const leaves = tree.leaves(of)
    const dims =
      weightDimensionNumbers === null
        ? leaves.map((x) => (x.ndim === 2 ? new GaLoreDimensionNumbers() : null))
        : weightDimensionNumbers instanceof DimensionNumbers
          ? leaves.map((x) => (x.ndim >= 2 ? weightDimensionNumbers : null))
          : dimensionNumbersOf(where, weightDimensionNumbers, of)
    return leaves.map((x, i) => {
      const d = dims[i]
      if (d === null || d === undefined) return null
      const [[matrices, back], named] = [asMatrices(where, x, d), [d.reductionAxis, d.outputAxis].flat()]
      if (named.length !== x.ndim) throw new ShapeError(where, 'dimension numbers with all axes', `${named} of ${showAval(x.aval)}`) // prettier-ignore
      const [, rows, columns] = matrices.shape as readonly [number, number, number]
      const matrix = np.squeeze(matrices, 0)
      const least = Math.min(rows, columns)
      return { matrix, back: (y) => back(np.expandDims(y, 0)), isTall: rows >= columns, rank: Math.min(rank, least) }
    })
  }

  const projectorOf = ({ matrix, isTall, rank }: Shape, before: NDArray): NDArray => {
    const single = np.astype(isTall ? matrix : np.transpose(matrix), 'float32')
    const vectors = np.astype(leadingSingularVectors(single, rank)[1], matrix.dtype)
    // Singular vectors have no sign of their own: that of those before keeps the meaning of the base optimizer's state.
    const agreement = np.sum(np.multiply(vectors, before), { axis: 0 })
    return np.where(np.less(agreement, 0), np.negative(vectors), vectors)
  }

  return GradientTransformation<GaLoreState<StateOf<T>>, ExtraArgsOf<T>>(
    (params) => {
      const shapes = shapesOf(params)
      const projector = mapLeaves(params, (p, i) => {
        const shape = shapes[i]!
        if (shape === null) return np.zeros([0, 0], { dtype: p.dtype })
        return np.zeros([Math.max(...shape.matrix.shape), shape.rank], { dtype: p.dtype })
      })
      const projected = mapLeaves(params, (p, i) => {
        const shape = shapes[i]!
        if (shape === null) return np.zeros(p.shape, { dtype: p.dtype })
        const least = Math.min(...shape.matrix.shape)
        return np.zeros(shape.isTall ? [shape.rank, least] : [least, shape.rank], { dtype: p.dtype })
      })
      return { count: zeroCount(), baseOptimizerState: base.init(projected), projector }
    },
    (updates, state, _params, extra) => {
      const shapes = shapesOf(updates)
      const renews = np.equal(np.remainder(state.count, updateProjGap), 0)
      const before = tree.leaves(state.projector)
      const projectors = shapes.map((shape, i) =>
        shape === null
          ? before[i]!
          : cond(
              renews,
              (p: NDArray) => projectorOf(shape, p),
              (p: NDArray) => p,
              before[i]!,
            ),
      )
      const projected = mapLeaves(updates, (g, i) => {
        const [shape, p] = [shapes[i]!, projectors[i]!]
        if (shape === null) return g
        return shape.isTall ? np.matmul(np.transpose(p), shape.matrix) : np.matmul(shape.matrix, p)
      })
      const [steps, baseOptimizerState] = base.update(projected, state.baseOptimizerState, null, extra)
      const full = mapLeaves(steps, (u, i) => {
        const [shape, p] = [shapes[i]!, projectors[i]!]
        if (shape === null) return u
        const back = shape.back(shape.isTall ? np.matmul(p, u) : np.matmul(u, np.transpose(p)))
        return np.astype(np.multiply(scale, back), shape.matrix.dtype)
      })
      const projector = mapLeaves(updates, (_, i) => projectors[i]!)
      return [full, { count: safeIncrement(state.count), baseOptimizerState, projector }]
    },
  )
}

export interface GaloreOptions<
  W extends ScalarOrSchedule = ScalarOrSchedule,
  M extends MaskOrFn | null = MaskOrFn | null,
  T extends AnyGradientTransformation = AnyGradientTransformation,
> extends ScaleByGaloreOptions<T> {
  /** Strength of the weight decay, multiplied by the learning rate; default 0. */
  readonly weightDecay?: W
  /** Which weights decay; default all. */
  readonly mask?: M | MaskFn
}
const GaloreOptions = optionsOf('GaloreOptions', { ...galoreOptions, ...decayOptions })

/**
 * GaLore: {@link scaleByGalore}, weight decay, learning rate.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @throws ShapeError if dimension numbers leave out an axis, or a weight has fewer than two
 * @see https://optax.readthedocs.io/en/latest/api/contrib.html#optax.contrib.galore
 * @example
 * const tx = optax.contrib.galore(0.1, { rank: 1, baseOptimizer: optax.identity() })
 * const params = np.array([[3, 0], [0, 1]])
 * tx.update(params, tx.init(params), params)[0] // => Array([[-0.3, -0. ], [-0. , -0. ]], dtype=float32)
 */
export const galore = <
  L extends ScalarOrSchedule,
  W extends ScalarOrSchedule = number,
  M extends MaskOrFn | null = null,
  T extends AnyGradientTransformation = GradientTransformation<ScaleByAdamState>,
>(
  learningRate: L,
  options: GaloreOptions<W, M, T> = {},
): GradientTransformation<
  readonly [GaLoreState<StateOf<T>>, WeightDecayState<W, M>, LearningRateState<L>],
  ExtraArgsOf<T>
> => {
  const { weightDecay = 0, mask = null, ...rest } = decodeOptions('galore', GaloreOptions, options)
  const decaying = decayOf<W, M>(weightDecay, mask)
  const projecting = scaleByGalore(rest) as unknown as GradientTransformation<GaLoreState<StateOf<T>>, ExtraArgsOf<T>>
  return chain(projecting, decaying, scaleByLearningRate(learningRate)) as unknown as GradientTransformation<
    readonly [GaLoreState<StateOf<T>>, WeightDecayState<W, M>, LearningRateState<L>],
    ExtraArgsOf<T>
  >
}
