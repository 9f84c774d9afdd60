/** Clipping of the gradients of single examples, for differential privacy. */
import { type NDArray, requireArrays, ShapeError, showAval } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as tree from '../pytree/index.js'
import { type ArrayTree, requireScalar, type ScalarLike } from './base.js'
import { ofScalars } from './numerics.js'
import { decodeOptions, flag, optionsOf } from './options.js'
import { mapArrays } from './treeMath.js'

/** The arrays of a tree, with one batch. @throws ShapeError */
const batched = (where: string, grads: unknown): readonly NDArray[] => {
  const leaves = tree.leaves(grads as ArrayTree)
  requireArrays(where, leaves)
  const size = leaves[0]?.shape[0]
  if (leaves.some((g) => g.ndim === 0 || g.shape[0] !== size)) {
    const got = leaves.map((g) => showAval(g.aval)).join(', ')
    throw new ShapeError(where, 'gradients with one batch as first axis', `${got}; they are made by vmap(grad(loss))`)
  }
  return leaves
}

/** `Σ x²` of each example. */
const squares = (g: NDArray): NDArray => np.sum(np.square(g), { axis: g.shape.slice(1).map((_, i) => i + 1) })

/**
 * The sum over a batch of gradients, each of them with a global norm of at most `l2NormClip`, and the number of those that
 * were clipped, `int32[]`.
 *
 * @param grads - a tree of gradients `[batch, ...]`, one for each example
 * @throws ShapeError if arrays lack the batch
 * @see Abadi et al., 2016, https://arxiv.org/abs/1607.00133
 * @example
 * const [sum, clipped] = optax.perExampleGlobalNormClip({ w: np.array([[3, 4], [0.3, 0.4]]) }, 1)
 * sum // => { w: Array([0.90000004, 1.2       ], dtype=float32) }
 * clipped // => Array(1, dtype=int32)
 */
export const perExampleGlobalNormClip = <P>(
  grads: P,
  l2NormClip: ScalarLike,
): readonly [sum: P, numClipped: NDArray] => {
  const where = 'perExampleGlobalNormClip'
  const max = requireScalar(where, 'a norm', l2NormClip)
  const leaves = batched(where, grads)
  if (leaves.length === 0) return [grads, np.array(0)]
  const norms = np.sqrt(leaves.map(squares).reduce((a, b) => np.add(a, b)))
  // An example whose gradient is zero has no direction: 0 / 0, nothing to clip.
  const factors = np.nanToNum(np.minimum(np.divide(max, norms), 1), { nan: 1 })
  const sum = mapArrays([where, 'the gradients'], (g) => np.tensordot(factors, g, 1), grads)
  return [sum, np.sum(np.less(factors, 1))]
}

export interface PerExampleLayerNormClipOptions {
  /** Whether all arrays have the same norm at most; default true. Else it goes with the root of their sizes. */
  readonly uniform?: boolean
}
const PerExampleLayerNormClipOptions = optionsOf('PerExampleLayerNormClipOptions', { uniform: flag })

const share = ofScalars<readonly [norm: ScalarLike, part: ScalarLike]>((norm, part) => norm * part, np.multiply)

/**
 * As {@link perExampleGlobalNormClip}, array by array: each has a bound of its own, whose squares add up to that of
 * `globalL2NormClip`. Returns sums and numbers of clipped examples in the structure of the gradients.
 *
 * @param grads - a tree of gradients `[batch, ...]`, one for each example
 * @throws OptionsError if an option is unknown
 * @throws ShapeError if arrays lack the batch
 * @see McMahan et al., 2018, https://arxiv.org/abs/1710.06963
 * @example
 * const grads = { a: np.array([[3, 4]]), b: np.array([[0, 0.5]]) }
 * const [sum, clipped] = optax.perExampleLayerNormClip(grads, Math.SQRT2)
 * sum.a // => Array([0.6, 0.8], dtype=float32)
 * clipped // => { a: Array(1, dtype=int32), b: Array(0, dtype=int32) }
 */
export const perExampleLayerNormClip = <P>(
  grads: P,
  globalL2NormClip: ScalarLike,
  options: PerExampleLayerNormClipOptions = {},
): readonly [sum: P, numClipped: P] => {
  const where = 'perExampleLayerNormClip'
  const max = requireScalar(where, 'a norm', globalL2NormClip)
  const { uniform = true } = decodeOptions(where, PerExampleLayerNormClipOptions, options)
  const leaves = batched(where, grads)
  const sizeOf = (g: NDArray): number => g.shape.slice(1).reduce((a, b) => a * b, 1)
  const total = leaves.reduce((sum, g) => sum + sizeOf(g), 0)
  const results = leaves.map((g) =>
    perExampleGlobalNormClip(g, share(max, Math.sqrt(uniform ? 1 / leaves.length : sizeOf(g) / total))),
  )
  const treedef = tree.structure(grads)
  const [sums, counts] = [0, 1].map((i) => treedef.unflatten(results.map((result) => result[i]!))) as [P, P]
  return [sums, counts]
}
