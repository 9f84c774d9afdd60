/** The kinds of nodes: the built-in ones and registered classes. */

import { compareKeys, sortedNames } from './order.js'
import { PytreeError } from './errors.js'
import { dictKey, flattenedIndexKey, getAttrKey, sequenceKey, type KeyEntry, type KeyPath } from './path.js'

/** A node taken apart: its children in order, and what else is needed to build it again. */
export interface FlatNode<A = unknown> {
  readonly children: readonly unknown[]
  /** The step to each child. Default: flat indices. */
  readonly keys?: readonly KeyEntry[]
  /** Static data: takes part in the equality of structures. */
  readonly aux: A
}

/** How instances of a class are taken apart and built again. */
export interface NodeSpec<T, A> {
  readonly flatten: (value: T) => FlatNode<A>
  /** Inverse of `flatten`. The children may be anything, not only what `flatten` gave. */
  readonly unflatten: (aux: A, children: readonly unknown[]) => T
  /** Default: equality of plain data (arrays, plain objects, Maps, primitives), identity of the rest. */
  readonly equalAux?: (a: A, b: A) => boolean
  /** A text that tells different `aux` apart and is the same for equal ones. Default: made from `equalAux`. */
  readonly keyAux?: (aux: A) => string
  /** `aux` in a printed structure. Default: plain data as JSON-like text, other values by class name. */
  readonly printAux?: (aux: A) => string
  /** Whether subclasses are nodes of this kind too, unless registered themselves. Default `false`. */
  readonly subclasses?: boolean
}

/** A class, abstract or not. */
export type ClassOf<T> = abstract new (...args: never) => T

/** A kind of node. */
export interface NodeType {
  readonly tag: 'null' | 'array' | 'object' | 'map' | 'class'
  /** Unique among the registered classes. */
  readonly label: string
  readonly spec: NodeSpec<unknown, unknown>
}

const noSpec: NodeSpec<unknown, unknown> = {
  flatten: (value) => ({ children: [], aux: value }),
  unflatten: (aux) => aux,
}
const builtin = (tag: NodeType['tag']): NodeType => ({ tag, label: tag, spec: noSpec })

/** @internal */
export const nullType = builtin('null')
/** @internal */
export const arrayType = builtin('array')
/** @internal */
export const objectType = builtin('object')
/** @internal */
export const mapType = builtin('map')

const registered = new Map<object, NodeType>([
  [Array.prototype, arrayType],
  [Object.prototype, objectType],
  [Map.prototype, mapType],
])
const labels = new Set<string>()

/** Prototypes already looked up, those of leaves included. */
let known = new WeakMap<object, NodeType | null>(registered)
/** Most leaves of a tree are of one class: the last prototype found to be that of a leaf. */
let lastLeaf: object | null = null

/** @internal The kind of node of a value; `null` for leaves, and for `undefined`. */
export const nodeTypeOf = (value: unknown): NodeType | null => {
  if (typeof value !== 'object') {
    if (typeof value !== 'function') return null
  } else if (value === null) return nullType
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === null) return typeof value === 'object' ? objectType : null
  if (prototype === lastLeaf) return null
  if (prototype === Object.prototype) return objectType
  const type = known.get(prototype)
  if (type !== undefined) {
    if (type === null) lastLeaf = prototype
    return type
  }
  return lookUp(prototype)
}

const lookUp = (prototype: object): NodeType | null => {
  let found = registered.get(prototype) ?? null
  for (let p = Object.getPrototypeOf(prototype) as object | null; found === null && p !== null;) {
    const inherited = registered.get(p)
    if (inherited?.spec.subclasses === true) found = inherited
    p = Object.getPrototypeOf(p) as object | null
  }
  known.set(prototype, found)
  return found
}

/**
 * Make the instances of a class nodes. Subclasses stay leaves unless `subclasses` is set or they are registered too.
 *
 * @throws PytreeError if the class is registered already, as arrays, plain objects and `Map` are
 * @example
 * ```ts
 * import { getAttrKey, map, registerNode } from 'onnax/pytree'
 *
 * class Point {
 *   constructor(
 *     readonly x: unknown,
 *     readonly y: unknown,
 *   ) {}
 * }
 * registerNode(Point, {
 *   flatten: ({ x, y }) => ({ children: [x, y], keys: [getAttrKey('x'), getAttrKey('y')], aux: null }),
 *   unflatten: (_, [x, y]) => new Point(x, y),
 * })
 * map((v: number) => v * 2, new Point(1, 2)) // => Point { x: 2, y: 4 }
 * ```
 */
export const registerNode = <T extends object, A = unknown>(type: ClassOf<T>, spec: NodeSpec<T, A>): void => {
  const prototype = type.prototype as object
  const name = type.name === '' ? 'anonymous' : type.name
  if (registered.has(prototype) || (prototype as unknown) === Function.prototype)
    throw new PytreeError(`registerNode requires a class that is not a node yet, got ${name}`)
  let label = name.replace(/[^\w$]/g, '_')
  for (let i = 2; labels.has(label); i++) label = `${name}~${i}`
  labels.add(label)
  registered.set(prototype, { tag: 'class', label, spec: spec as unknown as NodeSpec<unknown, unknown> })
  known = new WeakMap(registered)
  lastLeaf = null
}

/**
 * Make the instances of a class nodes without leaves: they belong to the structure.
 *
 * @param equal - when two instances are one structure. Default: identity
 * @throws PytreeError if the class is registered already
 */
export const registerStatic = <T extends object>(type: ClassOf<T>, equal: (a: T, b: T) => boolean = Object.is): void =>
  registerNode<T, T>(type, {
    flatten: (aux) => ({ children: [], keys: [], aux }),
    unflatten: (aux) => aux,
    equalAux: equal,
  })

/** The fields of a class, for {@link registerDataclass}. */
export interface DataclassFields<T> {
  /** Fields that are children, in this order. */
  readonly dataFields: readonly (keyof T & string)[]
  /** Static fields, part of the structure. Default: none. */
  readonly metaFields?: readonly (keyof T & string)[]
}

/**
 * Make the instances of a class nodes by naming their fields. `unflatten` sets the fields without calling the
 * constructor, so the class must not have `#private` ones.
 *
 * @throws PytreeError if the class is registered already
 * @example
 * ```ts
 * import { leaves, registerDataclass } from 'onnax/pytree'
 *
 * class Normal {
 *   readonly kind = 'normal'
 *   constructor(
 *     readonly mean: number,
 *     readonly scale: number,
 *   ) {}
 * }
 * registerDataclass(Normal, { dataFields: ['mean', 'scale'], metaFields: ['kind'] })
 * leaves(new Normal(0, 1)) // => [0, 1]
 * ```
 */
export const registerDataclass = <T extends object>(
  type: ClassOf<T>,
  { dataFields, metaFields = [] }: DataclassFields<T>,
): void => {
  const keys = dataFields.map(getAttrKey)
  registerNode<T, readonly unknown[]>(type, {
    flatten: (value) => ({
      children: dataFields.map((field) => value[field]),
      keys,
      aux: metaFields.map((field) => value[field]),
    }),
    unflatten: (aux, children) => {
      const value = Object.create(type.prototype as object) as T
      const set = (field: string, content: unknown): void => {
        Object.defineProperty(value, field, { value: content, enumerable: true, writable: true, configurable: true })
      }
      dataFields.forEach((field, i) => set(field, children[i]))
      metaFields.forEach((field, i) => set(field, aux[i]))
      return value
    },
  })
}

/** @internal One level of a tree. Steps are positions in arrays, names in objects and Maps, entries in classes. */
export interface Level {
  readonly steps: readonly Step[] | null
  readonly children: readonly unknown[]
  readonly aux: unknown
}

/** A step to a child: a position, a name, or an entry of a class. */
export type Step = string | number | KeyEntry

/** @internal Take one node apart. Keys of a Map are not checked. */
export const expand = (type: NodeType, value: unknown): Level => {
  switch (type.tag) {
    case 'null':
      return { steps: null, children: [], aux: null }
    case 'array':
      return { steps: null, children: value as readonly unknown[], aux: null }
    case 'object': {
      const steps = sortedNames(value as object)
      return { steps, children: steps.map((name) => (value as Readonly<Record<string, unknown>>)[name]), aux: null }
    }
    case 'map': {
      const map = value as ReadonlyMap<string | number, unknown>
      const steps = [...map.keys()].sort(compareKeys)
      return { steps, children: steps.map((key) => map.get(key)), aux: null }
    }
    case 'class': {
      const { children, keys, aux } = type.spec.flatten(value)
      if (keys === undefined) return { steps: children.map((_, i) => flattenedIndexKey(i)), children, aux }
      if (keys.length !== children.length)
        throw new PytreeError(
          `registerNode requires one key for each child of ${type.label}, got ${keys.length} keys for ${children.length} children`,
        )
      return { steps: keys, children, aux }
    }
  }
}

/** @internal A step as an entry of a key path. */
export const entryOf = (type: NodeType, step: Step): KeyEntry =>
  typeof step === 'object' ? step : type === arrayType ? sequenceKey(step as number) : dictKey(step)

/** @internal The path of a node from the nodes above it and the steps between them. */
export const pathOf = (nodes: readonly unknown[], steps: readonly Step[]): KeyPath =>
  steps.map((step, i) => entryOf(nodeTypeOf(nodes[i])!, step))

/**
 * Whether a value is a node: an array, a plain object, a `Map`, `null` or an instance of a registered class.
 * Everything else is a leaf, but for `undefined`, which is neither.
 */
export const isNode = (value: unknown): boolean => nodeTypeOf(value) !== null
