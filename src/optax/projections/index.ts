/** The nearest points of sets: after an update, they keep parameters inside. */
import { cond } from '../../control/index.js'
import { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import type { ScalarLike } from '../base.js'
import { addScale, mul, scale as scaled, vdot } from '../treeArithmetic.js'
import { mapArrays, norm } from '../treeMath.js'
import { unitSimplex } from './simplex.js'

/** Bounds in the structure of a tree: a number or one array stands for all leaves. */
const boundsLike = (of: unknown, bound: unknown): unknown =>
  typeof bound === 'number' || bound instanceof NDArray
    ? mapArrays(['projectionBox', 'the tree'], () => np.asarray(bound), of)
    : bound

/**
 * Numbers that aren't negative: `max(x, 0)`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_non_negative
 * @example
 * optax.projections.projectionNonNegative(np.array([-1, 2])) // => Array([0., 2.], dtype=float32)
 */
export const projectionNonNegative = <T>(of: T): T =>
  mapArrays(['projectionNonNegative', 'the tree'], (x) => np.maximum(x, 0), of)

/**
 * Numbers between two bounds.
 *
 * @param lower - a number, an array for all leaves, or a tree of them
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_box
 * @example
 * optax.projections.projectionBox({ a: np.array([-3, 0.5]) }, -1, 1) // => { a: Array([-1. ,  0.5], dtype=float32) }
 */
export const projectionBox = <T>(of: T, lower: unknown, upper: unknown): T => box('projectionBox', of, lower, upper)

const box = <T>(where: string, of: T, lower: unknown, upper: unknown): T =>
  mapArrays(
    [where, 'the tree', 'the lower bounds', 'the upper bounds'],
    (x, low, high) => np.clip(x, low, high),
    of,
    boundsLike(of, lower),
    boundsLike(of, upper),
  )

/**
 * Numbers between 0 and `scale` (a number, an array, or a tree).
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_hypercube
 */
export const projectionHypercube = <T>(of: T, scale: unknown = 1): T => box('projectionHypercube', of, 0, scale)

/** A tree as one vector, and how to get back. */
const raveled = <T>(of: T): readonly [NDArray, (vector: NDArray) => T] => {
  const parts: NDArray[] = []
  mapArrays(
    ['projectionSimplex', 'the tree'],
    (x) => {
      parts.push(np.ravel(x))
      return x
    },
    of,
  )
  const vector = parts.length === 0 ? np.zeros([0]) : np.concatenate(parts)
  return [
    vector,
    (projected) => {
      let start = 0
      return mapArrays(
        ['projectionSimplex', 'the tree'],
        (x) => {
          const part = projected.slice([start, start + x.size])
          start += x.size
          return np.astype(np.reshape(part, x.shape), x.dtype)
        },
        of,
      )
    },
  ]
}

/**
 * The nearest numbers that aren't negative and sum to `scale`, over all leaves.
 *
 * @see Duchi et al., 2008, https://doi.org/10.1145/1390156.1390176
 * @example
 * optax.projections.projectionSimplex(np.array([1, 0.5, -1])) // => Array([0.75, 0.25, 0.  ], dtype=float32)
 */
export const projectionSimplex = <T>(of: T, scale: ScalarLike = 1): T => {
  const [vector, unravel] = raveled(of)
  if (vector.size === 0) return of
  return unravel(np.multiply(scale, unitSimplex(np.divide(vector, scale))))
}

/**
 * The nearest tree whose absolute values sum to `scale`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_l1_sphere
 */
export const projectionL1Sphere = <T>(of: T, scale: ScalarLike = 1): T => {
  const sizes = mapArrays(['projectionL1Sphere', 'the tree'], (x) => np.abs(x), of)
  const signs = mapArrays(['projectionL1Sphere', 'the tree'], (x) => np.sign(x), of)
  return mul(signs, projectionSimplex(sizes, scale))
}

/**
 * The nearest tree whose absolute values sum to at most `scale`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_l1_ball
 * @example
 * optax.projections.projectionL1Ball(np.array([2, -1])) // => Array([ 1., -0.], dtype=float32)
 */
export const projectionL1Ball = <T>(of: T, scale: ScalarLike = 1): T =>
  cond(
    np.lessEqual(norm(of, { ord: 1 }), scale),
    () => of,
    () => projectionL1Sphere(of, scale),
  )

/**
 * The nearest tree whose norm is `scale`. Of zeros, NaN.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_l2_sphere
 * @example
 * optax.projections.projectionL2Sphere(np.array([3, 4])) // => Array([0.6, 0.8], dtype=float32)
 */
export const projectionL2Sphere = <T>(of: T, scale: ScalarLike = 1): T => scaled(np.divide(scale, norm(of)), of)

/**
 * The nearest tree whose norm is at most `scale`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_l2_ball
 * @example
 * optax.projections.projectionL2Ball(np.array([0.3, 0.4])) // => Array([0.3, 0.4], dtype=float32)
 */
export const projectionL2Ball = <T>(of: T, scale: ScalarLike = 1): T => {
  const most = typeof scale === 'number' ? scale ** 2 : np.square(scale)
  return scaled(np.divide(scale, np.sqrt(np.maximum(norm(of, { squared: true }), most))), of)
}

/**
 * The nearest tree of numbers between `-scale` and `scale`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_linf_ball
 */
export const projectionLinfBall = <T>(of: T, scale: ScalarLike = 1): T =>
  mapArrays(
    ['projectionLinfBall', 'the tree'],
    (x) => np.clip(x, typeof scale === 'number' ? -scale : np.negative(scale), scale),
    of,
  )

/**
 * The nearest multiple of a vector `a`, a tree of the same structure.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_vector
 */
export const projectionVector = <T>(x: T, a: T): T => scaled(np.divide(vdot(x, a), vdot(a, a)), a)

const distance = (x: unknown, a: unknown, b: ScalarLike): NDArray => np.divide(np.subtract(b, vdot(x, a)), vdot(a, a))

/**
 * The nearest point with `⟨x, a⟩ = b`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_hyperplane
 * @example
 * optax.projections.projectionHyperplane(np.array([1, 1]), np.array([1, 0]), 3) // => Array([3., 1.], dtype=float32)
 */
export const projectionHyperplane = <T>(x: T, a: T, b: ScalarLike): T => addScale(x, distance(x, a, b), a)

/**
 * The nearest point with `⟨x, a⟩ ≤ b`.
 *
 * @see https://optax.readthedocs.io/en/latest/api/projections.html#optax.projections.projection_halfspace
 * @example
 * optax.projections.projectionHalfspace(np.array([1, 1]), np.array([1, 0]), 3) // => Array([1., 1.], dtype=float32)
 */
export const projectionHalfspace = <T>(x: T, a: T, b: ScalarLike): T => addScale(x, np.minimum(distance(x, a, b), 0), a)
