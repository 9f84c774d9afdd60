/** Trees: nested plain data, its structure and its leaves. */

export { PytreeError, type PytreeErrorDetails } from './errors.js'
export { flatten, flattenWithPath, type FlattenOptions, type FlattenWithPathOptions } from './flatten.js'
export type { MismatchLabels } from './difference.js'
export { map, mapWith, mapWithPath } from './map.js'
export { flattenOneLevel, flattenOneLevelWithKeys } from './oneLevel.js'
export { Partial } from './partial.js'
export {
  dictKey,
  flattenedIndexKey,
  getAttrKey,
  keystr,
  sequenceKey,
  type DictKey,
  type FlattenedIndexKey,
  type GetAttrKey,
  type KeyEntry,
  type KeyPath,
  type KeystrOptions,
  type SequenceKey,
} from './path.js'
export { broadcast, broadcastPrefix, equalityErrors, prefixErrors } from './prefix.js'
export { all, reduce, reduceAssociative, type ReduceAssociativeOptions } from './reduce.js'
export {
  isNode,
  registerDataclass,
  registerNode,
  registerStatic,
  type ClassOf,
  type DataclassFields,
  type FlatNode,
  type NodeSpec,
} from './registry.js'
export { allLeaves, leaves, leavesWithPath, structure, transpose, unflatten } from './tree.js'
export { TreeDef, treedefTuple } from './treedef.js'
export { leaf, node, type Leaf, type LeafOf, type MapLeaves, type Node, type Pytree } from './types.js'
