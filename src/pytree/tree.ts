/** Structures and leaves of trees, and trees of trees. */

import { PytreeError } from './errors.js'
import { flatten, flattenWithPath, type FlattenOptions, type FlattenWithPathOptions } from './flatten.js'
import type { KeyPath } from './path.js'
import { nodeTypeOf } from './registry.js'
import type { TreeDef } from './treedef.js'
import type { LeafOf } from './types.js'

/** Build a tree from its structure and leaves: the inverse of `flatten`. @throws PytreeError if the count differs */
export const unflatten = <T>(treedef: TreeDef<T>, leaves: readonly unknown[]): T => treedef.unflatten(leaves)

/** The structure of a tree. @throws PytreeError as `flatten` does */
export const structure = <T>(tree: T, options?: FlattenOptions): TreeDef<T> => flatten(tree, options)[1]

/** The leaves of a tree, in order. @throws PytreeError as `flatten` does */
export const leaves = <T>(tree: T, options?: FlattenOptions): LeafOf<T>[] => flatten(tree, options)[0]

/** The leaves of a tree, in order, each with its path. @throws PytreeError as `flatten` does */
export const leavesWithPath = <T>(
  tree: T,
  options?: FlattenWithPathOptions,
): (readonly [path: KeyPath, leaf: LeafOf<T>])[] => flattenWithPath(tree, options)[0]

/**
 * Whether every value is a leaf: none is a node, `null` or `undefined`, unless `isLeaf` says so.
 *
 * @example
 * ```ts
 * import { allLeaves } from 'onnax/pytree'
 *
 * allLeaves([1, 'a', new Float32Array(2)]) // => true
 * allLeaves([1, [2]]) // => false
 * ```
 */
export const allLeaves = (values: Iterable<unknown>, { isLeaf }: FlattenOptions = {}): boolean => {
  for (const value of values)
    if (value === undefined || !(isLeaf?.(value) === true || nodeTypeOf(value) === null)) return false
  return true
}

/**
 * Swap two levels: a tree of structure `outer` with trees of structure `inner` at its leaves becomes the reverse.
 *
 * @param inner - `null`: the structure of the first inner tree
 * @throws PytreeError if `tree` is not such a tree, or `inner` is `null` and `outer` has no leaves
 * @example
 * ```ts
 * import { structure, transpose } from 'onnax/pytree'
 *
 * transpose(structure([0, 0]), structure({ a: 0, b: 0 }), [{ a: 1, b: 2 }, { a: 3, b: 4 }]) // => { a: [1, 3], b: [2, 4] }
 * ```
 */
export const transpose = (outer: TreeDef, inner: TreeDef | null, tree: unknown): unknown => {
  const subtrees = outer.flattenUpTo(tree, { where: 'tree.transpose', left: 'the outer treedef', right: 'the tree' })
  if (inner === null && subtrees.length === 0)
    throw new PytreeError('tree.transpose requires an inner treedef where the outer one has no leaves, got null')
  const innerDef = inner ?? structure(subtrees[0])
  const rows = subtrees.map((subtree, i) =>
    innerDef.flattenUpTo(subtree, { where: 'tree.transpose', left: 'the inner treedef', right: `inner tree ${i}` }),
  )
  const columns = Array.from({ length: innerDef.numLeaves }, (_, j) => outer.unflatten(rows.map((row) => row[j])))
  return innerDef.unflatten(columns)
}
