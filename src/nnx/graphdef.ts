/** GraphDef: the structure of an object graph, without its state. */
import { inspect } from 'node:util'
import { unguarded } from '../core/guard.js'
import { keyAux } from '../pytree/aux.js'
import type { NodeType, Step } from '../pytree/registry.js'
import type { Path, PathPart } from './filter.js'
import { describe, type Description, printValue } from './print.js'
import { toPart } from './state.js'
import type { Metadata, VariableClass } from './variable.js'

/** A module or another object with identity. */
export interface ObjectDef {
  readonly kind: 'object'
  /** Its place among all that has identity, in the order of the walk. */
  readonly index: number
  readonly prototype: object
  /** Fields, sorted. */
  readonly names: readonly string[]
  /** The same in the order in which the first such object had them: what most others have, too. */
  readonly order: readonly string[]
  readonly children: readonly NodeDef[]
}

/** A Variable. */
export interface VariableDef {
  readonly kind: 'variable'
  readonly index: number
  /** Its place among the leaves. */
  readonly leaf: number
  readonly type: VariableClass
  readonly metadata: Metadata
}

/** A bare array or key. */
export interface LeafDef {
  readonly kind: 'leaf'
  readonly leaf: number
}

/** An object or Variable met before. */
export interface RefDef {
  readonly kind: 'ref'
  readonly index: number
}

/** A setting: a number, a string, a function, … */
export interface StaticDef {
  readonly kind: 'static'
  readonly value: unknown
}

/** A list, plain object, Map or registered pytree node: without identity. */
export interface ContainerDef {
  readonly kind: 'container'
  readonly type: NodeType
  readonly steps: readonly Step[] | null
  readonly aux: unknown
  readonly children: readonly NodeDef[]
}

/** One node of a structure. */
export type NodeDef = ObjectDef | VariableDef | LeafDef | RefDef | StaticDef | ContainerDef

/** Brand of structures, by the type of the model. */
declare const graphOf: unique symbol

interface Cache {
  key: string | undefined
  paths: readonly Path[] | undefined
}

/**
 * The structure of a model of type `M`: classes, settings, kinds of Variables and which are shared, without values.
 * Frozen; `equals` compares, `key` is a text for Maps.
 */
export class GraphDef<M = unknown> {
  declare readonly [graphOf]?: M
  /** @internal */
  readonly root: NodeDef
  /** Objects and Variables with identity. */
  readonly numObjects: number
  /** Variables, and arrays outside of them. */
  readonly numLeaves: number
  readonly #cache: Cache = { key: undefined, paths: undefined }

  /** @internal */
  constructor(root: NodeDef, numObjects: number, numLeaves: number) {
    this.root = root
    this.numObjects = numObjects
    this.numLeaves = numLeaves
    Object.freeze(this)
  }

  /** A text that is the same for equal structures and differs for different ones, in this process. */
  get key(): string {
    return (this.#cache.key ??= keyOf(this.root))
  }

  /** Where the leaves are, in order; a shared Variable where it was met first. */
  get paths(): readonly Path[] {
    if (this.#cache.paths === undefined) {
      const paths = new Array<Path>(this.numLeaves)
      addPaths(this.root, [], paths)
      this.#cache.paths = paths
    }
    return this.#cache.paths
  }

  /** Whether two structures are the same. */
  equals(other: GraphDef): boolean {
    return this === (other as unknown) || (this.numLeaves === other.numLeaves && this.key === other.key)
  }

  toString(): string {
    return printValue(this)
  }
  /** @internal */
  [inspect.custom](): string {
    return printValue(this)
  }
  /** @internal */
  [describe](): Description {
    return {
      name: 'GraphDef',
      fields: [
        ['', printable(this.root)],
        ['numObjects', this.numObjects],
        ['numLeaves', this.numLeaves],
      ],
    }
  }
}

const printable = (def: NodeDef): unknown => {
  switch (def.kind) {
    case 'object': {
      const fields = [
        ['index', def.index] as const,
        ...def.children.map((child, i) => [def.names[i]!, printable(child)] as const),
      ]
      return { [describe]: () => ({ name: nameOf(def.prototype), fields }) }
    }
    case 'variable':
      return {
        [describe]: () => ({ name: def.type.name, fields: [['index', def.index], ...Object.entries(def.metadata)] }),
      }
    case 'leaf':
      return { [describe]: () => ({ name: 'Array', fields: [] }) }
    case 'ref':
      return { [describe]: () => ({ name: 'Ref', fields: [['index', def.index]] }) }
    case 'static':
      return def.value
    case 'container': {
      const steps = def.steps?.map((step) => `${typeof step === 'object' ? step.key : step}`)
      const children = def.children.map(printable)
      return steps === undefined ? children : Object.fromEntries(children.map((child, i) => [steps[i]!, child]))
    }
  }
}

const nameOf = (prototype: object): string => (prototype.constructor as { readonly name: string }).name

/** @internal The part of a path that a step is. */
export const partOf = (step: Step): PathPart =>
  typeof step === 'number' ? step : typeof step === 'string' ? toPart(step) : step.key

const addPaths = (def: NodeDef, path: Path, paths: Path[]): void => {
  if (def.kind === 'variable' || def.kind === 'leaf') paths[def.leaf] = path
  else if (def.kind === 'object') {
    def.children.forEach((child, i) => addPaths(child, [...path, toPart(def.names[i]!)], paths))
  } else if (def.kind === 'container') {
    def.children.forEach((child, i) =>
      addPaths(child, [...path, def.steps === null ? i : partOf(def.steps[i]!)], paths),
    )
  }
}

const identities = new WeakMap<object, number>()
let nextIdentity = 0
const identity = (value: object): number => {
  // A function of ours is the same, whether it checks its arguments or not.
  const own = unguarded(value) as object
  let id = identities.get(own)
  if (id === undefined) identities.set(own, (id = nextIdentity++))
  return id
}

const staticKey = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value)
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') return `#${identity(value)}`
  return Object.is(value, -0) ? '-0' : `${typeof value === 'bigint' ? 'n' : ''}${String(value)}`
}

/** @internal Metadata are plain data as a rule: equal data, equal key. */
export const metadataKey = (metadata: Metadata): string =>
  Object.keys(metadata)
    .sort()
    .map((name) => {
      const value = metadata[name]
      const plain = Array.isArray(value) && value.every((x) => typeof x !== 'object' && typeof x !== 'function')
      return `${JSON.stringify(name)}:${plain ? JSON.stringify(value) : staticKey(value)}`
    })
    .join()

const keyOf = (def: NodeDef): string => {
  switch (def.kind) {
    case 'object':
      return `O${def.index}#${identity(def.prototype)}{${def.children.map((child, i) => `${JSON.stringify(def.names[i])}:${keyOf(child)}`).join()}}`
    case 'variable':
      return `V${def.index}#${identity(def.type)}{${metadataKey(def.metadata)}}`
    case 'leaf':
      return '*'
    case 'ref':
      return `R${def.index}`
    case 'static':
      return staticKey(def.value)
    case 'container': {
      const children = def.children.map(keyOf)
      const { type, steps, aux } = def
      if (type.tag === 'class') return `C${type.label}<${keyAux(type, aux)}>[${children.join()}]`
      if (steps === null) return `[${children.join()}]`
      return `${type.tag}{${children.map((child, i) => `${JSON.stringify(steps[i])}:${child}`).join()}}`
    }
  }
}
