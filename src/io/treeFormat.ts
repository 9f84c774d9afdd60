/** How trees are written and read: the data say themselves what they are made of, so that no example is needed to read them. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { ArgumentError, NDArray } from '../core/index.js'
import * as nnx from '../nnx/index.js'
import { LookaheadParams, MaskedNode } from '../optax/index.js'
import type { ClassOf } from '../pytree/index.js'
import { expand, nodeTypeOf } from '../pytree/registry.js'
import { PRNGKey } from '../random/index.js'
import {
  type ArrayCodecOptions,
  type ArrayForm,
  arrayFromJson,
  arrayToJson,
  failAt,
  formCodec,
  isRecord,
  keyOfData,
  stepInto,
} from './arrayCodec.js'
import { isSafeName } from './bytes.js'
import { all, allOf, mapped } from './validation.js'

/** What `JSON.stringify` takes, and `JSON.parse` gives; with `form: 'bytes'` also bytes. */
export type Json = null | boolean | number | string | Uint8Array | readonly Json[] | { readonly [key: string]: Json }

export interface TreeCodecOptions extends ArrayCodecOptions {
  /** Registered classes of nodes that the trees hold besides Optax's, by the name under which they are written. */
  readonly nodes?: Readonly<Record<string, ClassOf<object>>>
  /** Kinds of Variables in states besides those of nnx, by the name under which they are written. */
  readonly kinds?: Readonly<Record<string, nnx.VariableClass>>
  /**
   * Codecs of your own for parts of trees, by the name under which these are written. The first whose `is` holds for a
   * node writes it and reads it again; make it one that holds for nothing else.
   */
  readonly codecs?: Readonly<Record<string, OwnCodec>>
}

/** A codec of a part of a tree, to {@link Json}. */
export type OwnCodec = t.Type<any, unknown> // eslint-disable-line @typescript-eslint/no-explicit-any

/** @internal What {@link TreeCodecOptions} may be. */
export const treeOptions = { form: formCodec, nodes: t.UnknownRecord, kinds: t.UnknownRecord, codecs: t.UnknownRecord }

/** How the arrays in a tree are written and read. */
export interface ArrayStore {
  readonly write: (x: NDArray, path: readonly string[]) => Json
  readonly read: (u: unknown, context: t.Context) => t.Validation<NDArray>
}

const ownNodes: Readonly<Record<string, ClassOf<object>>> = { MaskedNode, LookaheadParams }
const ownKinds: Readonly<Record<string, nnx.VariableClass>> = {
  Variable: nnx.Variable,
  Param: nnx.Param,
  BatchStat: nnx.BatchStat,
  Cache: nnx.Cache,
  Intermediate: nnx.Intermediate,
  Perturbation: nnx.Perturbation,
  LoRAParam: nnx.LoRAParam,
  OptState: nnx.OptState,
  OptArray: nnx.OptArray,
  OptVariable: nnx.OptVariable,
  RngState: nnx.RngState,
  RngKey: nnx.RngKey,
  RngCount: nnx.RngCount,
}

const maxDepth = 400
/** The property that tells tagged data from plain objects. */
const tag = '$'
const numbers: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 }

const where = (path: readonly string[]): string => (path.length === 0 ? 'the root' : path.join('/'))

/** @internal Arrays within the JSON itself. */
export const inlineArrays = (form: ArrayForm): ArrayStore => ({
  write: (x) => arrayToJson(x, form) as unknown as Json,
  read: arrayFromJson,
})

/** @internal Writes and reads trees. */
export class TreeFormat {
  readonly #nodes: ReadonlyMap<string, ClassOf<object>>
  readonly #kinds: ReadonlyMap<string, nnx.VariableClass>
  readonly #codecs: ReadonlyMap<string, OwnCodec>

  constructor({ nodes = {}, kinds = {}, codecs = {} }: TreeCodecOptions = {}) {
    this.#nodes = new Map(Object.entries({ ...ownNodes, ...nodes }))
    this.#kinds = new Map(Object.entries({ ...ownKinds, ...kinds }))
    this.#codecs = new Map(Object.entries(codecs))
  }

  /** @throws ArgumentError for what can't be written, with its path */
  write(value: unknown, store: ArrayStore, path: readonly string[] = []): Json {
    if (path.length > maxDepth) throw this.#refuse(path, `at most ${maxDepth} levels`, 'more')
    for (const [name, codec] of this.#codecs) {
      if (codec.is(value)) return { [tag]: 'own', codec: name, value: codec.encode(value) as Json }
    }
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number') {
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [tag]: 'number', value: Object.is(value, -0) ? '-0' : String(value) }
    }
    if (typeof value === 'bigint') return { [tag]: 'bigint', value: String(value) }
    if (value instanceof NDArray) return { [tag]: 'array', array: store.write(value, path) }
    if (value instanceof PRNGKey) {
      return { [tag]: 'key', impl: value.impl, data: store.write(value.data, [...path, 'data']) }
    }
    if (nnx.isVariableClass(value)) return { [tag]: 'kind', name: this.#nameOfKind(value, path) }
    if (value instanceof nnx.VariableState) {
      return {
        [tag]: 'variable',
        kind: this.#nameOfKind(value.type, path),
        value: this.write(value.value, store, [...path, 'value']),
        metadata: this.#record(value.metadata, store, [...path, 'metadata']),
      }
    }
    if (nnx.isState(value)) return { [tag]: 'state', entries: this.#record(value, store, path) }
    if (Array.isArray(value)) return value.map((item, i) => this.write(item, store, [...path, `${i}`]))
    const type = nodeTypeOf(value)
    if (type === null || typeof value !== 'object') {
      const got = typeof value === 'object' ? `an instance of ${value.constructor.name}` : typeof value
      throw this.#refuse(path, 'arrays, keys, numbers, text and trees of them', got)
    }
    if (type.tag === 'map') {
      const entries = [...(value as ReadonlyMap<string | number, unknown>)].map(([key, item]): Json => [
        key,
        this.write(item, store, [...path, `${key}`]),
      ])
      return { [tag]: 'map', entries }
    }
    if (type.tag === 'object') {
      const record = this.#record(value, store, path)
      return Object.hasOwn(record, tag) ? { [tag]: 'object', entries: record } : record
    }
    const name = [...this.#nodes].find(([, { prototype }]) => prototype === Object.getPrototypeOf(value))?.[0]
    if (name === undefined) throw this.#refuse(path, 'classes named in { nodes }', value.constructor.name)
    const { children, aux } = expand(type, value)
    return {
      [tag]: 'node',
      class: name,
      children: children.map((child, i) => this.write(child, store, [...path, `${i}`])),
      aux: this.write(aux, store, [...path, 'aux']),
    }
  }

  #record(value: object, store: ArrayStore, path: readonly string[]): { readonly [key: string]: Json } {
    const record: Record<string, Json> = {}
    for (const [name, item] of Object.entries(value) as readonly (readonly [string, unknown])[]) {
      if (!isSafeName(name)) throw this.#refuse(path, 'keys other than __proto__', '__proto__')
      if (item !== undefined) record[name] = this.write(item, store, [...path, name])
    }
    return record
  }

  #nameOfKind(kind: nnx.VariableClass, path: readonly string[]): string {
    for (const [name, known] of this.#kinds) if (known === kind) return name
    throw this.#refuse(path, 'kinds of Variables named in { kinds }', kind.name)
  }

  #refuse(path: readonly string[], expected: string, got: string): ArgumentError {
    return new ArgumentError(`encode at ${where(path)}`, expected, got)
  }

  read(u: unknown, store: ArrayStore, context: t.Context, depth = 0): t.Validation<unknown> {
    if (depth > maxDepth) return failAt(context, null, `requires at most ${maxDepth} levels`)
    if (u === null || typeof u === 'boolean' || typeof u === 'string' || typeof u === 'number') return t.success(u)
    if (Array.isArray(u)) return this.#readAll(u as readonly unknown[], store, context, depth)
    if (!isRecord(u)) return failAt(context, u, 'requires JSON')
    if (!Object.hasOwn(u, tag)) return this.#readRecord(u, store, context, depth)
    return this.#readTagged(u, store, context, depth)
  }

  #readTagged(
    u: Readonly<Record<string, unknown>>,
    store: ArrayStore,
    context: t.Context,
    depth: number,
  ): t.Validation<unknown> {
    const into = (name: string): t.Context => stepInto(context, name, u[name], name)
    switch (u[tag]) {
      case 'number': {
        const text = u['value']
        const known = typeof text === 'string' && Object.hasOwn(numbers, text)
        return known ? t.success(numbers[text]) : failAt(into('value'), text, 'requires NaN, Infinity, -Infinity or -0')
      }
      case 'bigint': {
        const text = u['value']
        const whole = typeof text === 'string' && /^-?\d{1,1000}$/.test(text)
        return whole ? t.success(BigInt(text)) : failAt(into('value'), text, 'requires a whole number as text')
      }
      case 'array':
        return store.read(u['array'], into('array'))
      case 'key':
        return keyOfData(u['impl'], store.read(u['data'], into('data')), context)
      case 'kind':
        return this.#readKind(u['name'], into('name'))
      case 'variable': {
        const parts = allOf({
          kind: this.#readKind(u['kind'], into('kind')),
          value: this.read(u['value'], store, into('value'), depth + 1),
          metadata: this.#readRecord(u['metadata'], store, into('metadata'), depth + 1),
        })
        return pipe(
          parts,
          E.map(({ kind, value, metadata }) => new nnx.VariableState(kind, value, metadata)),
        )
      }
      case 'state': {
        const entries = this.#readRecord(u['entries'], store, into('entries'), depth + 1)
        return E.isLeft(entries) ? entries : t.success(new nnx.State(entries.right))
      }
      case 'object':
        return this.#readRecord(u['entries'], store, into('entries'), depth + 1)
      case 'map':
        return this.#readMap(u['entries'], store, into('entries'), depth)
      case 'node':
        return this.#readNode(u, store, context, depth)
      case 'own':
        return this.#readOwn(u, context)
      default:
        return failAt(into(tag), u[tag], `requires a known kind of data under '${tag}'`)
    }
  }

  #readKind(name: unknown, context: t.Context): t.Validation<nnx.VariableClass> {
    const kind = typeof name === 'string' ? this.#kinds.get(name) : undefined
    if (kind !== undefined) return t.success(kind)
    return failAt(
      context,
      name,
      `requires a kind of Variable, one of ${[...this.#kinds.keys()].join(', ')}; name others in { kinds }`,
    )
  }

  #readOwn({ codec: name, value }: Readonly<Record<string, unknown>>, context: t.Context): t.Validation<unknown> {
    const codec = typeof name === 'string' ? this.#codecs.get(name) : undefined
    if (codec !== undefined) return codec.validate(value, stepInto(context, 'value', value, codec.name))
    const known = [...this.#codecs.keys()].join(', ') || 'none'
    return failAt(stepInto(context, 'codec', name, 'Codec'), name, `requires a codec of { codecs }; known: ${known}`)
  }

  #readAll(
    items: readonly unknown[],
    store: ArrayStore,
    context: t.Context,
    depth: number,
  ): t.Validation<readonly unknown[]> {
    const read = (item: unknown, i: number): t.Validation<unknown> =>
      this.read(item, store, stepInto(context, `${i}`, item, 'Tree'), depth + 1)
    return all(mapped(items, read))
  }

  #readRecord(
    u: unknown,
    store: ArrayStore,
    context: t.Context,
    depth: number,
  ): t.Validation<Readonly<Record<string, unknown>>> {
    if (!isRecord(u)) return failAt(context, u, 'requires an object')
    const entries = mapped(Object.entries(u), ([name, item]): t.Validation<readonly [string, unknown]> => {
      const at = stepInto(context, name, item, 'Tree')
      if (!isSafeName(name)) return failAt(at, item, 'requires keys other than __proto__')
      return pipe(
        this.read(item, store, at, depth + 1),
        E.map((value) => [name, value] as const),
      )
    })
    return pipe(
      all(entries),
      E.map((read) => Object.fromEntries(read)),
    )
  }

  #readMap(u: unknown, store: ArrayStore, context: t.Context, depth: number): t.Validation<unknown> {
    if (!Array.isArray(u)) return failAt(context, u, 'requires a list of entries')
    const keys = new Set<unknown>()
    const entries = mapped(u as readonly unknown[], (entry, i): t.Validation<readonly [string | number, unknown]> => {
      const at = stepInto(context, `${i}`, entry, 'Entry')
      const [key, item] = Array.isArray(entry) ? (entry as readonly unknown[]) : []
      if (!Array.isArray(entry) || entry.length !== 2 || (typeof key !== 'string' && typeof key !== 'number')) {
        return failAt(at, entry, 'requires [key, value] with text or a number as key')
      }
      if (keys.has(key)) return failAt(at, key, `requires each key once, got ${key} again`)
      keys.add(key)
      return pipe(
        this.read(item, store, stepInto(at, `${key}`, item, 'Tree'), depth + 1),
        E.map((value) => [key, value] as const),
      )
    })
    return pipe(
      all(entries),
      E.map((read) => new Map(read)),
    )
  }

  #readNode(
    u: Readonly<Record<string, unknown>>,
    store: ArrayStore,
    context: t.Context,
    depth: number,
  ): t.Validation<unknown> {
    const name = u['class']
    const nodeClass = typeof name === 'string' ? this.#nodes.get(name) : undefined
    const at = stepInto(context, 'class', name, 'Class')
    if (nodeClass === undefined) {
      return failAt(
        at,
        name,
        `requires a class of nodes, one of ${[...this.#nodes.keys()].join(', ')}; name others in { nodes }`,
      )
    }
    const items = u['children']
    const inChildren = stepInto(context, 'children', items, 'Children')
    if (!Array.isArray(items)) return failAt(inChildren, items, 'requires a list of children')
    const parts = allOf({
      children: this.#readAll(items as readonly unknown[], store, inChildren, depth),
      aux: this.read(u['aux'], store, stepInto(context, 'aux', u['aux'], 'Aux'), depth + 1),
    })
    if (E.isLeft(parts)) return parts
    const type = nodeTypeOf(Object.create(nodeClass.prototype as object))
    if (type === null) return failAt(at, name, 'requires a class that is registered with tree.registerNode')
    return t.success(type.spec.unflatten(parts.right.aux, parts.right.children))
  }
}
