/** `nnx.graphlib`: models as graphs. */
import { ArgumentError } from '../core/index.js'
import { isNode as isTreeNode, registerNode } from '../pytree/index.js'
import { graphObject, isGraphObject } from './object.js'
import { Variable } from './variable.js'
import { isArrayLeaf } from './walk.js'

export { MergeContext, mergeContext, SplitContext, splitContext, UpdateContext, updateContext } from './contexts.js'
export { call } from './functionalCall.js'
export { clone, graphdef, iterGraph, merge, pop, split, state, update } from './graph.js'
export { GraphDef } from './graphdef.js'
export { asPure, cachedPartial, findDuplicates, map, recursiveMap, setMetadata, variables } from './graphMaps.js'
export { flatten, GraphState, unflatten, unpack } from './graphState.js'
export { iterChildren, iterModuleChildren } from './module.js'

/** Whether a value is a node of a model with identity: a module or another object, or a Variable. */
export const isGraphNode = (x: unknown): boolean => isGraphObject(x) || x instanceof Variable

/** Whether a value is a list, plain object, Map or registered class, which belong to models without identity. */
export const isPytreeNode = (x: unknown): boolean => !isGraphNode(x) && !isArrayLeaf(x) && isTreeNode(x)

/** Whether a value is a node of models: with identity, or a tree. */
export const isNode = (x: unknown): boolean => isGraphNode(x) || isPytreeNode(x)

/** Whether a value is a leaf of models: a Variable, an array or a key. */
export const isNodeLeaf = (x: unknown): boolean => x instanceof Variable || isArrayLeaf(x)

/**
 * Make the instances of a class nodes of models, with identity: their own enumerable fields are what they hold. A class
 * of yours just extends `nnx.Object`.
 *
 * @throws ArgumentError if it is no class
 * @example
 * class Foreign {
 *   w = new nnx.Param(np.ones([2]))
 * }
 * nnx.graphlib.registerGraphNodeType(Foreign)
 * nnx.toFlatState(nnx.state(new Foreign())).paths // => [['w']]
 */
export const registerGraphNodeType = (type: abstract new (...args: never) => object): void => {
  const prototype: unknown = type.prototype
  if (typeof prototype !== 'object' || prototype === null) {
    throw new ArgumentError('registerGraphNodeType', 'a class', `the function ${type.name}, which makes no objects`)
  }
  Object.defineProperty(prototype, graphObject, { value: true, configurable: true })
}

/** `tree.registerNode`: instances of a class are taken apart, without identity. */
export const registerPytreeNodeType = registerNode
