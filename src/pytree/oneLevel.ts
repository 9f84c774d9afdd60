/** One node of a tree, taken apart. */

import { PytreeError } from './errors.js'
import { flattenWithPath } from './flatten.js'
import type { KeyEntry } from './path.js'
import { isNode } from './registry.js'
import type { TreeDef } from './treedef.js'

/**
 * The children of a node, each with its key, and the structure that has them as its leaves.
 *
 * @throws PytreeError if the value is a leaf
 */
export const flattenOneLevelWithKeys = <T>(
  tree: T,
): readonly [children: readonly (readonly [key: KeyEntry, child: unknown])[], treedef: TreeDef<T>] => {
  if (tree !== null && !isNode(tree)) throw new PytreeError('flattenOneLevel requires a node, got a leaf')
  const [pairs, treedef] = flattenWithPath<T>(tree, { isLeaf: (x: unknown) => x !== tree })
  return [pairs.map(([path, child]) => [path[0]!, child] as const), treedef]
}

/**
 * The children of a node, and the structure that has them as its leaves.
 *
 * @throws PytreeError if the value is a leaf
 * @example
 * ```ts
 * import { flattenOneLevel } from 'onnax/pytree'
 *
 * flattenOneLevel({ b: [1, 2], a: 3 })[0] // => [3, [1, 2]]
 * ```
 */
export const flattenOneLevel = <T>(tree: T): readonly [children: readonly unknown[], treedef: TreeDef<T>] => {
  const [pairs, treedef] = flattenOneLevelWithKeys(tree)
  return [pairs.map(([, child]) => child), treedef]
}
