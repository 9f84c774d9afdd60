/** The walk over an object graph: taking it apart, and checking that another has the same structure. */
import { NDArray } from '../core/index.js'
import { equalAux } from '../pytree/aux.js'
import { sortedNames } from '../pytree/order.js'
import { expand, type NodeType, nodeTypeOf } from '../pytree/registry.js'
import { PRNGKey } from '../random/index.js'
import {
  type ContainerDef,
  GraphDef,
  type LeafDef,
  metadataKey,
  type NodeDef,
  type ObjectDef,
  type RefDef,
  type VariableDef,
} from './graphdef.js'
import { type GraphObject, isGraphObject } from './object.js'
import { type Metadata, Variable } from './variable.js'

/** @internal A Variable, or an array outside of Variables. */
export type Leaf = unknown

const equalMetadata = (a: Metadata, b: Metadata): boolean => a === b || metadataKey(a) === metadataKey(b)

const sameOrder = (a: readonly string[], b: readonly string[]): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** @internal A bare array or key, which is part of the state. */
export const isArrayLeaf = (value: unknown): value is NDArray | PRNGKey =>
  value instanceof NDArray || value instanceof PRNGKey

/**
 * @internal Walks a value along the structure that it should have, and collects what the structure says is there. The fast
 * path of the transforms: no paths, no text, no closures.
 */
export class Matcher {
  /** What has identity, by index. */
  readonly objects: object[] = []
  readonly leaves: Leaf[] = []
  readonly #seen = new Set<object>()

  /** Whether the value has the structure. `inObject`: whether the value is inside of a graph object. */
  match(def: NodeDef, value: unknown, inObject: boolean): boolean {
    switch (def.kind) {
      case 'variable':
        if (!(value instanceof Variable) || !this.#enter(def.index, value)) return false
        if (value.constructor !== def.type || !equalMetadata(def.metadata, value.metadata)) return false
        this.leaves.push(value)
        return true
      case 'object':
        return this.#matchObject(def, value)
      case 'container':
        return this.#matchContainer(def, value, inObject)
      case 'leaf':
        if (inObject ? !isArrayLeaf(value) : !isArgumentLeaf(value)) return false
        this.leaves.push(value)
        return true
      case 'ref':
        return this.objects[def.index] === value
      case 'static':
        return Object.is(def.value, value)
    }
  }

  #enter(index: number, value: object): boolean {
    if (this.#seen.has(value)) return false
    this.#seen.add(value)
    this.objects[index] = value
    return true
  }

  #matchObject(def: ObjectDef, value: unknown): boolean {
    if (!isGraphObject(value) || Object.getPrototypeOf(value) !== def.prototype) return false
    if (!this.#enter(def.index, value)) return false
    const { names, order, children } = def
    const usual = order.length === names.length && sameOrder(Object.keys(value), order)
    if (!usual && !sameOrder(sortedNames(value), names)) return false
    const fields = value as unknown as Readonly<Record<string, unknown>>
    for (let i = 0; i < names.length; i++) if (!this.match(children[i]!, fields[names[i]!], true)) return false
    return true
  }

  #matchContainer({ type, steps, aux, children }: ContainerDef, value: unknown, inObject: boolean): boolean {
    if (nodeTypeOf(value) !== type || value instanceof Variable) return false
    const level = expand(type, value)
    if (level.children.length !== children.length) return false
    if (type.tag === 'class') {
      if (!equalAux(type, aux, level.aux)) return false
    } else if (steps !== null && !sameOrder(steps as readonly string[], level.steps as readonly string[])) return false
    for (let i = 0; i < children.length; i++) {
      if (!this.match(children[i]!, level.children[i], inObject)) return false
    }
    return true
  }
}

/** @internal What is a leaf among arguments, outside of graph objects: all but nodes and functions. */
export const isArgumentLeaf = (value: unknown): boolean =>
  isArrayLeaf(value) ||
  (value !== undefined &&
    value !== null &&
    !(value instanceof Variable) &&
    !isGraphObject(value) &&
    nodeTypeOf(value) === null)

/** @internal A node as it is on the way: what the walk found. */
export interface Flattened {
  readonly def: GraphDef
  /** What has identity, by index. */
  readonly objects: readonly object[]
  readonly leaves: readonly Leaf[]
}

/** Deep enough for any model, and shallow enough for the stack. */
const maxDepth = 1000

/** @internal Takes values apart; values taken apart by one walk share references. */
export class Walk {
  readonly objects: object[] = []
  readonly leaves: Leaf[] = []
  readonly #indices = new Map<object, number>()
  #depth = 0

  /** @param known - objects that were taken apart before, by index */
  constructor(known: readonly object[] = []) {
    for (const object of known) this.#enter(object)
  }

  #enter(value: object): number {
    const index = this.objects.length
    this.#indices.set(value, index)
    this.objects.push(value)
    return index
  }

  /** The structure of a value. `inObject`: whether the value is inside of a graph object, where numbers are settings. */
  visit(value: unknown, inObject: boolean): NodeDef {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
      return inObject || value === null || value === undefined ? { kind: 'static', value } : this.#leaf(value)
    }
    if (value instanceof Variable) return this.#variable(value)
    if (isArrayLeaf(value)) return this.#leaf(value)
    if (isGraphObject(value)) return this.#object(value)
    const type = nodeTypeOf(value)
    if (type !== null) return this.#container(type, value, inObject)
    return inObject ? { kind: 'static', value } : this.#leaf(value)
  }

  #leaf(value: unknown): LeafDef {
    return { kind: 'leaf', leaf: this.leaves.push(value) - 1 }
  }

  #variable(value: Variable<unknown>): VariableDef | RefDef {
    const met = this.#indices.get(value)
    if (met !== undefined) return { kind: 'ref', index: met }
    const index = this.#enter(value)
    return { kind: 'variable', index, leaf: this.leaves.push(value) - 1, type: value.type, metadata: value.metadata }
  }

  #object(value: GraphObject): ObjectDef | RefDef {
    const met = this.#indices.get(value)
    if (met !== undefined) return { kind: 'ref', index: met }
    const index = this.#enter(value)
    const names = sortedNames(value)
    const fields = value as unknown as Readonly<Record<string, unknown>>
    this.#descend()
    const children = names.map((name) => this.visit(fields[name], true))
    this.#depth--
    return {
      kind: 'object',
      index,
      prototype: Object.getPrototypeOf(value) as object,
      names,
      order: Object.keys(value),
      children,
    }
  }

  #container(type: NodeType, value: unknown, inObject: boolean): ContainerDef {
    const { steps, aux, children } = expand(type, value)
    this.#descend()
    const defs = children.map((child) => this.visit(child, inObject))
    this.#depth--
    return { kind: 'container', type, steps, aux, children: defs }
  }

  #descend(): void {
    if (++this.#depth > maxDepth) {
      throw new RangeError(
        `nnx requires models of at most ${maxDepth} levels, got more: a list or plain object that contains itself?`,
      )
    }
  }

  /** What was found, with `root` as the structure. */
  finish(root: NodeDef): Flattened {
    return {
      def: new GraphDef(root, this.objects.length, this.leaves.length),
      objects: this.objects,
      leaves: this.leaves,
    }
  }
}

/** @internal Take an object graph apart. `inObject` as in {@link Walk.visit}. */
export const flattenGraph = (value: unknown, inObject: boolean): Flattened => {
  const walk = new Walk()
  return walk.finish(walk.visit(value, inObject))
}
