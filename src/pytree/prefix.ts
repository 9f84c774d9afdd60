/** Prefix trees: one leaf for a whole subtree of another tree. */

import { mismatches } from './difference.js'
import type { PytreeError } from './errors.js'
import { flatten, type FlattenOptions } from './flatten.js'
import type { LeafOf } from './types.js'

/**
 * For each leaf of `full`, in order, the leaf of `prefix` that stands for it.
 *
 * @param options - stops in `prefix` and in `full`
 * @throws PytreeError with the first differing path and both structures
 * @example
 * ```ts
 * import { broadcastPrefix } from 'onnax/pytree'
 *
 * broadcastPrefix({ a: 1, b: 2 }, { a: [0, 0], b: 0 }) // => [1, 1, 2]
 * ```
 */
export const broadcastPrefix = <P>(prefix: P, full: unknown, options?: FlattenOptions): LeafOf<P>[] =>
  spread('tree.broadcastPrefix', prefix, full, options)

/**
 * A tree of the structure of `full` with the leaves of `prefix`.
 *
 * @param options - stops in `prefix` and in `full`
 * @throws PytreeError with the first differing path and both structures
 * @example
 * ```ts
 * import { broadcast } from 'onnax/pytree'
 *
 * broadcast({ a: 1, b: 2 }, { a: [0, 0], b: 0 }) // => { a: [1, 1], b: 2 }
 * ```
 */
export const broadcast = (prefix: unknown, full: unknown, options?: FlattenOptions): unknown =>
  flatten(full, options)[1].unflatten(spread('tree.broadcast', prefix, full, options))

const spread = <P>(where: string, prefix: P, full: unknown, options?: FlattenOptions): LeafOf<P>[] => {
  const [values, treedef] = flatten(prefix, options)
  const subtrees = treedef.flattenUpTo(full, { where, left: 'the prefix tree', right: 'the full tree' })
  return subtrees.flatMap((subtree, i) => {
    const { numLeaves } = flatten(subtree, options)[1]
    return Array.from({ length: numLeaves }, () => values[i]!)
  })
}

/**
 * Why `prefix` is not a prefix of `full`: an error for each difference, none if it is one.
 *
 * @example
 * ```ts
 * import { keystr, prefixErrors } from 'onnax/pytree'
 *
 * prefixErrors({ a: 1, b: [1] }, { a: [0, 0], b: 0 }).map((error) => keystr(error.path)) // => ["['b']"]
 * ```
 */
export const prefixErrors = (prefix: unknown, full: unknown, options?: FlattenOptions): readonly PytreeError[] =>
  mismatches(flatten(prefix, options)[1], full, true, {
    where: 'prefixErrors',
    left: 'the prefix tree',
    right: 'the full tree',
  })

/**
 * How the structure of `b` differs from that of `a`: an error for each difference, none if they are the same.
 *
 * @example
 * ```ts
 * import { equalityErrors } from 'onnax/pytree'
 *
 * equalityErrors([1, { a: 2 }], [3, { a: 4 }]) // => []
 * equalityErrors([1, 2], [1, [2]]).length // => 1
 * ```
 */
export const equalityErrors = (a: unknown, b: unknown, options?: FlattenOptions): readonly PytreeError[] =>
  mismatches(flatten(a, options)[1], b, false, { where: 'equalityErrors', left: 'tree 1', right: 'tree 2' })
