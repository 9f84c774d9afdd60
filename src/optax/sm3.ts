/** SM3: second moments by the slices of an array. */
import { ArgumentError, type NDArray, requireArrays, showAval } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as tree from '../pytree/index.js'
import { type ArrayTree, type EmptyState, GradientTransformation, requireScalar, type ScalarLike } from './base.js'
import { inverseRoot } from './adagrad.js'
import { chain } from './combining.js'
import { negated } from './numerics.js'
import { decay, decayOrOne, decodeOptions, nonNegative, optionsOf } from './options.js'
import { scale } from './scaling.js'
import { mapArrays, updateMoment, zerosLike } from './treeMath.js'

export interface ScaleBySm3Options {
  /** Decay rate of the average of the steps, in [0, 1); default 0.9. */
  readonly b1?: ScalarLike
  /** Decay rate of the accumulators, in [0, 1]; default 1: they are sums. */
  readonly b2?: ScalarLike
  /** Added inside of the square root; default 1e-8. */
  readonly eps?: ScalarLike
}
const ScaleBySm3Options = optionsOf('ScaleBySm3Options', { b1: decay, b2: decayOrOne, eps: nonNegative })

/** State of {@link scaleBySm3}. */
export interface ScaleBySM3State {
  /** In the place of each array a list of accumulators, one for each axis `[size of the axis]`; of a scalar one `[]`. */
  readonly mu: ArrayTree
  /** Averages of the steps, in the structure of the params. */
  readonly nu: ArrayTree
}

/** The axes of an array, each with the others. A scalar has none, and one accumulator. */
const axesOf = (x: NDArray): readonly (readonly [axis: number | null, others: readonly number[]])[] => {
  requireArrays('sm3', [x])
  const axes = x.shape.map((_, i) => i)
  return x.ndim === 0 ? [[null, []]] : axes.map((axis) => [axis, axes.filter((other) => other !== axis)])
}

/** An accumulator along its axis. */
const along = (x: NDArray, axis: number | null, accumulator: NDArray): NDArray =>
  axis === null ? accumulator : np.reshape(accumulator, x.shape.map((n, i) => (i === axis ? n : 1))) // prettier-ignore

/**
 * Updates over the root of the sum of their squares, which is bounded from sums along each axis: with gradients `g` and
 * an accumulator `μᵢ` for each axis
 *
 *     ν = g² + min μᵢ   (with b2 < 1: (1 - b2) g² + b2 min μᵢ)
 *     u ← (1 - b1) g / √(ν + eps) + b1 u
 *     μᵢ ← max ν over the other axes
 *
 * A scalar has one accumulator; Optax refuses scalars.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @see Anil et al., 2019, https://arxiv.org/abs/1901.11150
 * @example
 * const tx = optax.scaleBySm3()
 * const [updates, state] = tx.update(np.array([[3, 4], [0, 1]]), tx.init(np.zeros([2, 2])))
 * updates // => Array([[0.1, 0.1], [0. , 0.1]], dtype=float32)
 * state.mu // => [ Array([16.,  1.], dtype=float32), Array([ 9., 16.], dtype=float32) ]
 */
export const scaleBySm3 = (options: ScaleBySm3Options = {}): GradientTransformation<ScaleBySM3State> => {
  const { b1 = 0.9, b2 = 1, eps = 1e-8 } = decodeOptions('scaleBySm3', ScaleBySm3Options, options)
  const fresh = typeof b2 === 'number' ? (b2 === 1 ? 1 : 1 - b2) : np.where(np.equal(b2, 1), 1, np.subtract(1, b2))
  const accumulators = (of: ArrayTree, f: (x: NDArray, others: readonly number[]) => NDArray): ArrayTree =>
    tree.map((x: NDArray) => axesOf(x).map(([, others]) => f(x, others)), of)
  return GradientTransformation<ScaleBySM3State>(
    (params) => ({
      mu: accumulators(params, (p, others) =>
        np.zeros(
          p.shape.filter((_, i) => !others.includes(i)),
          { dtype: p.dtype },
        ),
      ),
      nu: zerosLike(params),
    }),
    (updates, state) => {
      const [leaves, treedef] = tree.flatten<unknown>(updates)
      const gradients = leaves as readonly NDArray[]
      const before = treedef.flattenUpTo(state.mu, {
        where: 'scaleBySm3',
        left: 'the updates',
        right: 'the accumulators',
      })
      const squares = gradients.map((g, i) => {
        const kept = before[i] as readonly NDArray[] | null
        const axes = axesOf(g)
        if (kept?.length !== axes.length) {
          const got = `${showAval(g.aval)} for ${kept?.length ?? 0} accumulators`
          throw new ArgumentError('scaleBySm3', 'updates of the shapes of the parameters', got)
        }
        const bounds = axes.map(([axis], j) => along(g, axis, kept[j]!))
        const least = bounds.reduce((a, b) => np.minimum(a, b))
        return np.add(np.multiply(fresh, np.square(g)), np.multiply(b2, least))
      })
      const bounded = treedef.unflatten(squares) as ArrayTree
      const scaled = mapArrays(
        ['scaleBySm3', 'the updates', 'the sums of squares'],
        (g, sum) => np.multiply(g, inverseRoot(sum, eps)),
        updates,
        bounded,
      )
      const nu = updateMoment(scaled, state.nu, b1, 1)
      const mu = accumulators(bounded, (sum, others) => (others.length === 0 ? sum : np.max(sum, { axis: others })))
      return [nu, { mu, nu }]
    },
  )
}

export interface Sm3Options {
  /** Decay rate of the average of the steps, in [0, 1); default 0.9. */
  readonly momentum?: ScalarLike
}
const Sm3Options = optionsOf('Sm3Options', { momentum: decay })

/**
 * SM3: {@link scaleBySm3}, then the negative learning rate.
 *
 * @param learningRate - a number or an array
 * @throws OptionsError if an option is unknown or out of range
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.sm3
 * @example
 * const tx = optax.sm3(0.1)
 * tx.update(np.array([[3, 4], [0, 1]]), tx.init(np.zeros([2, 2])))[0] // => Array([[-0.01, -0.01], [-0.  , -0.01]], dtype=float32)
 */
export const sm3 = (
  learningRate: ScalarLike,
  options: Sm3Options = {},
): GradientTransformation<readonly [ScaleBySM3State, EmptyState]> => {
  const rate = requireScalar('sm3', 'a learning rate', learningRate)
  const { momentum = 0.9 } = decodeOptions('sm3', Sm3Options, options)
  return chain(scaleBySm3({ b1: momentum }), scale(negated(rate)))
}
