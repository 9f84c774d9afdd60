/** io-ts codecs of structures of models, and of whole models and optimizers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { ArgumentError, closed, decodeOptions } from '../core/index.js'
import { unguarded } from '../core/guard.js'
import * as lax from '../lax/index.js'
import type { NodeDef } from '../nnx/graphdef.js'
import * as nnx from '../nnx/index.js'
import { concatenateFeatures } from '../nnx/layers/recurrent.js'
import { kernels } from '../nnx/layers/reparametrize.js'
import * as np from '../numpy/index.js'
import type { ClassOf } from '../pytree/index.js'
import { arrayType, mapType, nodeTypeOf, type NodeType, nullType, objectType, type Step } from '../pytree/registry.js'
import { failAt, isRecord, stepInto } from './arrayCodec.js'
import { stateCodec } from './treeCodec.js'
import { inlineArrays, type Json, type TreeCodecOptions, TreeFormat, treeOptions } from './treeFormat.js'
import { all, allOf, mapped } from './validation.js'

export interface GraphDefCodecOptions extends TreeCodecOptions {
  /** Classes of modules besides those of nnx, by the name under which they are written. */
  readonly classes?: Readonly<Record<string, ClassOf<object>>>
  /**
   * Functions and other settings that are no data, by name; of plain objects the functions in them: `{ tx }` for the
   * transformation of an optimizer. The functions of nnx, np and lax are known.
   */
  readonly values?: Readonly<Record<string, unknown>>
}

const graphOptions = closed(t.partial({ ...treeOptions, classes: t.UnknownRecord, values: t.UnknownRecord }))

type Obj = Readonly<Record<string, unknown>>
type Def = { readonly [key: string]: Json }
const inline = inlineArrays('base64')
const maxDepth = 200
const plainTypes = new Map<unknown, NodeType>([
  ['array', arrayType],
  ['record', objectType],
  ['map', mapType],
  ['null', nullType],
])
const where = (path: readonly string[]): string => (path.length === 0 ? 'the root' : path.join('/'))
const isModuleClass = (value: unknown): value is ClassOf<object> =>
  typeof value === 'function' && value.prototype instanceof nnx.Object

/** Functions that layers have by default and that are no activation. */
const defaults: Obj = { 'Bidirectional.mergeFn': concatenateFeatures, 'WeightNorm.variableFilter': kernels }
const functionsOf = (prefix: string, namespace: Obj): Obj =>
  Object.fromEntries(Object.entries(namespace).map(([name, value]) => [`${prefix}.${name}`, value]))

const namedValues = (values: Obj): ReadonlyMap<string, unknown> => {
  const named = new Map<string, unknown>()
  const known = { ...nnx, ...functionsOf('np', np), ...functionsOf('lax', lax), ...defaults }
  for (const [name, value] of Object.entries<unknown>({ ...known, ...values })) {
    named.set(name, value)
    if (typeof value !== 'object' || value === null || !Object.hasOwn(values, name)) continue
    for (const [key, inner] of Object.entries(value))
      if (typeof inner === 'function') named.set(`${name}.${key}`, inner)
  }
  return named
}

/** What reading counts: objects and leaves must come in the order in which they are found. */
interface Counts {
  objects: number
  leaves: number
  /** Whether a node could not be read, so that what is in it is not counted. */
  isLost: boolean
}

class GraphFormat {
  readonly #trees: TreeFormat
  readonly #classes: ReadonlyMap<string, ClassOf<object>>
  readonly #nodes: ReadonlyMap<string, ClassOf<object>>
  readonly #values: ReadonlyMap<string, unknown>

  constructor({ classes = {}, values = {}, ...options }: GraphDefCodecOptions) {
    this.#trees = new TreeFormat(options)
    const own = Object.entries<unknown>({ ...nnx, ...nnx.metrics }).flatMap(([name, value]) =>
      isModuleClass(value) ? [[name, value] as const] : [],
    )
    this.#classes = new Map([...own, ...Object.entries(classes)])
    this.#nodes = new Map<string, ClassOf<object>>([['State', nnx.State], ...Object.entries(options.nodes ?? {})])
    this.#values = namedValues(values)
  }

  write(def: NodeDef, path: readonly string[] = []): Json {
    switch (def.kind) {
      case 'object': {
        const children = def.children.map((child, i) => this.write(child, [...path, def.names[i]!]))
        const { index, names, order } = def
        return { kind: 'object', index, class: this.#className(def.prototype, path), names, order, children }
      }
      case 'variable': {
        const kind = this.#trees.write(def.type, inline, path)
        const metadata = this.#trees.write(def.metadata, inline, [...path, 'metadata'])
        return { kind: 'variable', index: def.index, leaf: def.leaf, type: kind, metadata }
      }
      case 'leaf':
        return { kind: 'leaf', leaf: def.leaf }
      case 'ref':
        return { kind: 'ref', index: def.index }
      case 'static':
        return this.#writeStatic(def.value, path)
      case 'container': {
        const children = def.children.map((child, i) => this.write(child, [...path, `${i}`]))
        if (def.type.tag !== 'class') {
          const kind = def.type.tag === 'object' ? 'record' : def.type.tag
          return { kind, steps: (def.steps ?? []) as readonly (string | number)[], children }
        }
        const steps = (def.steps ?? []).map((step): Json => (typeof step === 'object' ? { ...step } : step))
        const node = [...this.#nodes].find(
          ([, { prototype }]) => nodeTypeOf(Object.create(prototype as object)) === def.type,
        )
        if (node === undefined) {
          throw new ArgumentError(`encode at ${where(path)}`, 'classes named in { nodes }', def.type.label)
        }
        return { kind: 'node', class: node[0], steps, aux: this.#trees.write(def.aux, inline, path), children }
      }
    }
  }

  #className(prototype: object, path: readonly string[]): string {
    for (const [name, known] of this.#classes) if (known.prototype === prototype) return name
    const got = (prototype.constructor as { readonly name: string }).name
    throw new ArgumentError(`encode at ${where(path)}`, 'classes named in { classes }', got)
  }

  #writeStatic(value: unknown, path: readonly string[]): Def {
    if (value === undefined) return { kind: 'absent' }
    const isData =
      (typeof value !== 'object' && typeof value !== 'function') || value === null || nnx.isVariableClass(value)
    if (isData) return { kind: 'static', value: this.#trees.write(value, inline, path) }
    const own = unguarded(value)
    for (const [name, known] of this.#values) if (known === value || known === own) return { kind: 'value', name }
    if (typeof value === 'object') return { kind: 'static', value: this.#trees.write(value, inline, path) }
    throw new ArgumentError(`encode at ${where(path)}`, 'functions named in { values }', value.name || 'a function')
  }

  read(u: unknown, context: t.Context, counts: Counts, depth = 0): t.Validation<NodeDef> {
    const lost = (result: t.Validation<never>): t.Validation<never> => {
      counts.isLost = true
      return result
    }
    if (depth > maxDepth) return lost(failAt(context, null, `requires at most ${maxDepth} levels`))
    if (!isRecord(u)) return lost(failAt(context, u, 'requires a node of a structure'))
    const into = (name: string): t.Context => stepInto(context, name, u[name], name)
    switch (u['kind']) {
      case 'object':
        return this.#readObject(u, context, counts, depth)
      case 'variable':
        return this.#readVariable(u, context, counts)
      case 'leaf': {
        const leaf = counts.leaves++
        return pipe(
          this.#counted(u, 'leaf', leaf, counts, context),
          E.map(() => ({ kind: 'leaf', leaf }) as const),
        )
      }
      case 'ref': {
        const index = u['index']
        const least = counts.isLost ? Infinity : counts.objects
        return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < least
          ? t.success({ kind: 'ref', index })
          : failAt(into('index'), index, `requires one of the ${counts.objects} objects before`)
      }
      case 'absent':
        return t.success({ kind: 'static', value: undefined })
      case 'value': {
        const name = u['name']
        return typeof name === 'string' && this.#values.has(name)
          ? t.success({ kind: 'static', value: this.#values.get(name) })
          : failAt(into('name'), name, 'requires the name of a function; name it in { values }')
      }
      case 'static':
        return pipe(
          this.#trees.read(u['value'], inline, into('value')),
          E.map((value) => ({ kind: 'static', value }) as const),
        )
      default:
        return this.#readContainer(u, context, counts, depth)
    }
  }

  /** A number that must be the one that is counted. */
  #counted(u: Obj, name: string, expected: number, counts: Counts, context: t.Context): t.Validation<null> {
    if (u[name] === expected || (counts.isLost && typeof u[name] === 'number')) return t.success(null)
    return failAt(stepInto(context, name, u[name], name), u[name], `requires ${expected}: the order of a walk`)
  }

  #readVariable(u: Obj, context: t.Context, counts: Counts): t.Validation<NodeDef> {
    const into = (name: string): t.Context => stepInto(context, name, u[name], name)
    const [index, leaf] = [counts.objects++, counts.leaves++]
    const parts = allOf({
      index: this.#counted(u, 'index', index, counts, context),
      leaf: this.#counted(u, 'leaf', leaf, counts, context),
      type: pipe(
        this.#trees.read(u['type'], inline, into('type')),
        E.chain((type) =>
          nnx.isVariableClass(type) ? t.success(type) : failAt(into('type'), u['type'], 'requires a kind of Variable'),
        ),
      ),
      metadata: pipe(
        this.#trees.read(u['metadata'], inline, into('metadata')),
        E.chain((metadata) =>
          isRecord(metadata) ? t.success(metadata) : failAt(into('metadata'), u['metadata'], 'requires an object'),
        ),
      ),
    })
    return pipe(
      parts,
      E.map(({ type, metadata }) => ({ kind: 'variable', index, leaf, type, metadata: Object.freeze(metadata) })),
    )
  }

  #readChildren(
    u: Obj,
    context: t.Context,
    counts: Counts,
    depth: number,
    count: number | null,
  ): t.Validation<readonly NodeDef[]> {
    const items = u['children']
    const at = stepInto(context, 'children', items, 'Children')
    if (!Array.isArray(items)) {
      counts.isLost = true
      return failAt(at, items, count === null ? 'requires a list' : `requires a list of ${count}`)
    }
    const children = all(
      mapped(items as readonly unknown[], (item, i) =>
        this.read(item, stepInto(at, `${i}`, item, 'NodeDef'), counts, depth + 1),
      ),
    )
    if (count === null || items.length === count) return children
    return all([children, failAt(at, items, `requires a list of ${count}`)]) as t.Validation<never>
  }

  #readObject(u: Obj, context: t.Context, counts: Counts, depth: number): t.Validation<NodeDef> {
    const into = (name: string): t.Context => stepInto(context, name, u[name], name)
    const { class: className, names, order } = u
    const index = counts.objects++
    const known = typeof className === 'string' ? this.#classes.get(className) : undefined
    const parts = allOf({
      index: this.#counted(u, 'index', index, counts, context),
      prototype:
        known === undefined
          ? failAt(into('class'), className, 'requires the name of a class; name it in { classes }')
          : t.success(known.prototype as object),
      names: isNames(names) ? t.success(names) : failAt(into('names'), names, 'requires names of fields, each once'),
      order:
        isNames(order) && (!isNames(names) || [...order].sort().join('\n') === [...names].sort().join('\n'))
          ? t.success(order)
          : failAt(into('order'), order, 'requires the names of the fields'),
      children: this.#readChildren(u, context, counts, depth, isNames(names) ? names.length : null),
    })
    return pipe(
      parts,
      E.map(({ prototype, names, order, children }) => ({ kind: 'object', index, prototype, names, order, children })),
    )
  }

  #readContainer(u: Obj, context: t.Context, counts: Counts, depth: number): t.Validation<NodeDef> {
    const into = (name: string): t.Context => stepInto(context, name, u[name], name)
    const { kind, class: className, steps: given } = u
    const node = typeof className === 'string' ? this.#nodes.get(className) : undefined
    const type =
      kind === 'node' && node !== undefined
        ? nodeTypeOf(Object.create(node.prototype as object))
        : (plainTypes.get(kind) ?? null)
    const isStepless = type === arrayType || type === nullType
    const areSteps = Array.isArray(given) && given.every(isStep)
    const parts = allOf({
      type:
        type === null
          ? failAt(into(kind === 'node' ? 'class' : 'kind'), kind, 'requires a known kind of node')
          : t.success(type),
      steps: areSteps
        ? t.success(isStepless ? null : (given as readonly Step[]))
        : failAt(into('steps'), given, 'requires steps to children'),
      children: this.#readChildren(u, context, counts, depth, areSteps && !isStepless ? given.length : null),
      aux: kind === 'node' ? this.#trees.read(u['aux'], inline, into('aux')) : t.success(null),
    })
    return pipe(
      parts,
      E.map(({ type, steps, children, aux }) => ({ kind: 'container', type, steps, aux, children })),
    )
  }
}

const isNames = (u: unknown): u is readonly string[] =>
  Array.isArray(u) &&
  u.every((name) => typeof name === 'string' && name !== '__proto__') &&
  new Set(u).size === u.length

const stepKinds: readonly unknown[] = ['key', 'index', 'attr', 'flat']
const isStep = (u: unknown): boolean =>
  typeof u === 'number' ||
  (typeof u === 'string' && u !== '__proto__') ||
  (isRecord(u) &&
    stepKinds.includes(u['kind']) &&
    u['key'] !== '__proto__' &&
    ['string', 'number'].includes(typeof u['key']))

/**
 * The codec of structures of models. With {@link stateCodec} for the state, it saves a model so that no code has to build
 * it first. What is no data has names: classes of your own in `classes`, functions in `values`.
 *
 * @example
 * const model = new nnx.Sequential(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }), nnx.relu)
 * const [graphdef, state] = nnx.split(model)
 * const codec = io.graphDefCodec<typeof model>()
 * const saved = JSON.stringify(codec.encode(graphdef))
 * const again = nnx.merge(io.decodeOrThrow('model.json', codec, JSON.parse(saved)), state)
 * again(np.ones([1, 2])).shape // => [1, 3]
 */
export const graphDefCodec = <M = unknown>(options: GraphDefCodecOptions = {}): t.Type<nnx.GraphDef<M>, Json> => {
  decodeOptions('io.graphDefCodec', graphOptions, options)
  const format = new GraphFormat(options)
  return new t.Type<nnx.GraphDef<M>, Json, unknown>(
    'GraphDef',
    (u): u is nnx.GraphDef<M> => u instanceof nnx.GraphDef,
    (u, context) => {
      const counts = { objects: 0, leaves: 0, isLost: false }
      const root = format.read(u, context, counts)
      return E.isLeft(root) ? root : t.success(new nnx.GraphDef<M>(root.right, counts.objects, counts.leaves))
    },
    ({ root }) => format.write(root),
  )
}

/** A model as JSON. */
export interface ModelJson {
  readonly graphdef: Json
  readonly state: Json
}

/**
 * The codec of whole models, `nnx.Optimizer`s among them: structure and state. Decoding makes a new model.
 *
 * @example
 * const tx = optax.adam(1e-3)
 * const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const codec = io.modelCodec<nnx.Optimizer<nnx.Linear>>({ values: { tx } })
 * const optimizer = new nnx.Optimizer(model, tx)
 * optimizer.update(nnx.grad((m: nnx.Linear) => np.sum(m(np.ones([1, 2]))))(model))
 * const saved = JSON.stringify(codec.encode(optimizer))
 * io.decodeOrThrow('optimizer.json', codec, JSON.parse(saved)).step.value // => Array(1, dtype=uint32)
 */
export const modelCodec = <M>(options: GraphDefCodecOptions = {}): t.Type<M, ModelJson> => {
  decodeOptions('io.modelCodec', graphOptions, options)
  const { classes: _, values: __, ...ofTrees } = options
  const graphdefs = graphDefCodec<M>(options)
  const states = stateCodec<M>(ofTrees)
  return new t.Type<M, ModelJson, unknown>(
    'Model',
    (u): u is M => nnx.isGraphObject(u),
    (u, context) => {
      if (!isRecord(u)) return failAt(context, u, 'requires a model as { graphdef, state }')
      const at = stepInto(context, 'state', u['state'], 'State')
      const parts = allOf({
        graphdef: graphdefs.validate(u['graphdef'], stepInto(context, 'graphdef', u['graphdef'], 'GraphDef')),
        state: states.validate(u['state'], at),
      })
      if (E.isLeft(parts)) return parts
      try {
        return t.success(nnx.merge(parts.right.graphdef, parts.right.state))
      } catch (error) {
        // Paths of the state that the structure lacks, or the other way around.
        if (error instanceof ArgumentError) return failAt(at, u['state'], error.message)
        throw error
      }
    },
    (model) => {
      const [graphdef, state] = nnx.split(model)
      return { graphdef: graphdefs.encode(graphdef), state: states.encode(state) }
    },
  )
}
