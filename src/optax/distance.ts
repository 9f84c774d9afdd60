/** Step sizes from the distance gone. */
import type { DType, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { type ArrayTree, GradientTransformation, requireParams, type ScalarLike } from './base.js'
import { rootSumSquare } from './norms.js'
import { decodeOptions, dtypeOnly, nonNegative, optionsOf, scalar } from './options.js'
import { cast, mapArrays } from './treeMath.js'

export interface ScaleByDistanceOverGradientsOptions {
  /** The first distance over one plus the norm of the params; default 1e-6. */
  readonly repsRel?: ScalarLike
  /** Added to the sum of squares; default 1e-8. */
  readonly eps?: ScalarLike
  /** Dtype in which the first params are kept; default float32. */
  readonly paramDtype?: DType
  /** Factor of all steps; default 1. */
  readonly globalScale?: ScalarLike
}
const ScaleByDistanceOverGradientsOptions = optionsOf('ScaleByDistanceOverGradientsOptions', {
  repsRel: nonNegative,
  eps: nonNegative,
  paramDtype: dtypeOnly,
  globalScale: scalar,
})

/** State of {@link scaleByDistanceOverGradients}. */
export interface ScaleByDistanceOverGradientsState {
  /** Greatest distance of each array of params from its first value, `[]` each. */
  readonly maxDist: ArrayTree
  /** Sums of the squares of each array of gradients, `float32[1]` each. */
  readonly gradSumOfSquares: ArrayTree
  /** The first params. */
  readonly initParams: ArrayTree
}

/**
 * Steps by distance over gradients (DoG), for each array: with params `p`, the first ones `p₀` and gradients `g`
 *
 *     d ← max(d, ‖p - p₀‖),   s ← s + Σ g²,   u = globalScale · d / √(s + eps) · g
 *
 * where `d` begins as `repsRel (1 + ‖p₀‖)`. `contrib.dog` is the newer one.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without params
 * @see Ivgi et al., 2023, https://arxiv.org/abs/2302.12022
 * @example
 * const tx = optax.scaleByDistanceOverGradients({ repsRel: 0.5 })
 * const params = np.array([3, 4])
 * tx.update(np.array([0, 2]), tx.init(params), params)[0] // => Array([0., 3.], dtype=float32)
 */
export const scaleByDistanceOverGradients = (
  options: ScaleByDistanceOverGradientsOptions = {},
): GradientTransformation<ScaleByDistanceOverGradientsState> => {
  const where = 'scaleByDistanceOverGradients'
  const decoded = decodeOptions(where, ScaleByDistanceOverGradientsOptions, options)
  const { repsRel = 1e-6, eps = 1e-8, paramDtype = 'float32', globalScale = 1 } = decoded
  // Distances are of params and first params: in the wider of both dtypes from the start, so that states keep theirs.
  const distanceDtype = (p: NDArray): DType => np.resultType(p.aval, { dtype: paramDtype, weakType: false }).dtype
  return GradientTransformation<ScaleByDistanceOverGradientsState>(
    (params) => ({
      maxDist: mapArrays(
        [where, 'the params'],
        (p) => np.astype(np.multiply(repsRel, np.add(1, rootSumSquare(p))), distanceDtype(p)),
        params,
      ),
      gradSumOfSquares: mapArrays([where, 'the params'], () => np.zeros([1]), params),
      initParams: cast(params, paramDtype),
    }),
    (updates, state, given) => {
      const maxDist = mapArrays(
        [where, 'the params', 'the first params', 'the distances'],
        (p, first, d) => np.maximum(d, rootSumSquare(np.subtract(p, first))),
        requireParams(where, given),
        state.initParams,
        state.maxDist,
      )
      const gradSumOfSquares = mapArrays(
        [where, 'the updates', 'the sums of squares'],
        (g, sum) => np.astype(np.add(sum, np.sum(np.square(g))), sum.dtype),
        updates,
        state.gradSumOfSquares,
      )
      const scaled = mapArrays(
        [where, 'the updates', 'the distances', 'the sums of squares'],
        (g, d, sum) => {
          const size = np.multiply(globalScale, np.divide(d, np.sqrt(np.add(sum, eps))))
          return np.multiply(np.reshape(size, []), g)
        },
        updates,
        maxDist,
        gradSumOfSquares,
      )
      return [scaled, { maxDist, gradSumOfSquares, initParams: state.initParams }]
    },
  )
}
