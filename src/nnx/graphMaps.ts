/** Functions over whole models: maps, shared references, metadata. */
import { NDArray } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { arrayType, expand, nodeTypeOf, objectType } from '../pytree/registry.js'
import { ShapeDtypeStruct } from '../transforms/index.js'
import { Builder } from './build.js'
import { type Filter, type Path, toPredicate } from './filter.js'
import { iterGraph, state } from './graph.js'
import { partOf } from './graphdef.js'
import { createEmpty, isGraphObject } from './object.js'
import { isState, mapState, toPart } from './state.js'
import { VariableState } from './variableState.js'
import { type Metadata, Variable } from './variable.js'
import { flattenGraph, isArrayLeaf } from './walk.js'

/** Flax's other name of {@link state}. */
export const variables = state

/**
 * A new model with `f(path, leaf)` in the place of each leaf; the leaves are states of Variables and bare arrays. What was
 * shared is shared again.
 *
 * @param f - gives a state of a Variable, or just its value
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })
 * const zeros = nnx.map((_path, leaf) => np.zerosLike((leaf as nnx.VariableState).value), model)
 * zeros(np.ones([2])) // => Array([0., 0., 0.], dtype=float32)
 */
export const map = <M>(f: (path: Path, leaf: unknown) => unknown, node: M): M => {
  const { def, leaves } = flattenGraph(node, true)
  const values = leaves.map((leaf, i) => {
    const given = leaf instanceof Variable ? new VariableState(leaf.type, leaf.rawValue, leaf.metadata) : leaf
    return f(def.paths[i]!, given)
  })
  return new Builder(values).build(def.root) as M
}

/**
 * A model rebuilt from its leaves upwards: `f(path, node)` takes the place of each Variable, array, list and module, whose
 * fields are done already. The model itself stays as it is, with the Variables that `f` hands on shared by both.
 *
 * @example
 * const model = new nnx.Sequential(new nnx.Linear(2, 2, { rngs: new nnx.Rngs(0) }), nnx.relu)
 * const doubled = nnx.recursiveMap((_path, x) => (x instanceof nnx.Linear ? new nnx.Sequential(x, x) : x), model)
 * doubled(np.ones([1, 2])).shape // => [1, 2]
 */
export const recursiveMap = <M>(f: (path: Path, node: unknown) => unknown, node: M): M => {
  const made = new Map<unknown, unknown>()
  const visit = (value: unknown, path: Path): unknown => {
    if (value === null || value === undefined) return value
    if (made.has(value)) return made.get(value)
    if (value instanceof Variable || isArrayLeaf(value)) {
      const result = f(path, value)
      if (value instanceof Variable) made.set(value, result)
      return result
    }
    if (isGraphObject(value)) {
      const copy = createEmpty(Object.getPrototypeOf(value) as object)
      made.set(value, copy)
      const fields = copy as unknown as Record<string, unknown>
      for (const [name, item] of Object.entries(value)) fields[name] = visit(item, [...path, toPart(name)])
      const result = f(path, copy)
      made.set(value, result)
      return result
    }
    const type = nodeTypeOf(value)
    if (type === null) return value
    const { steps, aux, children } = expand(type, value)
    const items = children.map((item, i) => visit(item, [...path, steps === null ? i : partOf(steps[i]!)]))
    if (type === arrayType) return f(path, items)
    if (type === objectType) return f(path, Object.fromEntries(items.map((item, i) => [steps![i], item])))
    if (type.tag === 'map') return f(path, new Map(items.map((item, i) => [steps![i], item])))
    return f(path, type.spec.unflatten(aux, items))
  }
  return visit(node, []) as M
}

export interface OnlyOptions {
  /** Which Variables and objects; default all. */
  readonly only?: Filter
}

/**
 * The paths of what a model holds in several places: modules and Variables, each with all of its paths.
 *
 * @example
 * const tied = new nnx.Linear(2, 2, { rngs: new nnx.Rngs(0) })
 * nnx.findDuplicates({ encoder: tied, decoder: tied }) // => [[['decoder'], ['encoder']]]
 */
export const findDuplicates = (node: unknown, { only = true }: OnlyOptions = {}): readonly (readonly Path[])[] => {
  const predicate = toPredicate(only)
  const found = new Map<object, Path[]>()
  const visit = (value: unknown, path: Path): void => {
    const hasIdentity = value instanceof Variable || isGraphObject(value)
    if (hasIdentity && predicate(path, value)) {
      const paths = found.get(value)
      if (paths !== undefined) paths.push(path)
      else found.set(value, [path])
    }
    if (value instanceof Variable || isArrayLeaf(value)) return
    if (isGraphObject(value)) {
      if (opened.has(value)) return
      opened.add(value)
      const names = Object.keys(value).sort()
      for (const name of names) visit((value as unknown as Readonly<Record<string, unknown>>)[name], [...path, toPart(name)]) // prettier-ignore
      return
    }
    const type = nodeTypeOf(value)
    if (type === null) return
    const { steps, children } = expand(type, value)
    children.forEach((item, i) => {
      visit(item, [...path, steps === null ? i : partOf(steps[i]!)])
    })
  }
  const opened = new Set<object>()
  visit(node, [])
  return [...found.values()].filter((paths) => paths.length > 1)
}

/**
 * Set metadata of the Variables of a model.
 *
 * @throws TraceLevelError if the model belongs to another trace
 */
export const setMetadata = (node: unknown, metadata: Metadata, { only = Variable }: OnlyOptions = {}): void => {
  const predicate = toPredicate(only)
  for (const [path, value] of iterGraph(node)) {
    if (value instanceof Variable && predicate(path, value)) value.setMetadata(metadata)
  }
}

/**
 * A tree with values in the place of Variables and of their states: a state stays a state, of arrays.
 *
 * @example
 * const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * nnx.asPure({ bias: model.bias }) // => { bias: Array([0.], dtype=float32) }
 */
export const asPure = (x: unknown): unknown => {
  const valueOf = (leaf: unknown): unknown =>
    leaf instanceof VariableState ? leaf.value : leaf instanceof Variable ? (leaf.value as unknown) : leaf
  if (isState(x)) return mapState((_path, leaf) => valueOf(leaf), x)
  const [leaves, structure] = tree.flatten(x, { isLeaf: (leaf: unknown) => leaf instanceof VariableState })
  return structure.unflatten((leaves as readonly unknown[]).map(valueOf))
}

/**
 * A function with its first arguments given. (Flax's saves a walk over them; ours compares them with the structure that
 * `nnx.jit` knows.)
 */
export const cachedPartial =
  <A extends readonly unknown[], B extends readonly unknown[], R>(
    f: (...args: readonly [...A, ...B]) => R,
    ...cached: A
  ): ((...args: B) => R) =>
  (...args) =>
    f(...cached, ...args)

/** Flax's older name of {@link asPure}. */
export const pure = asPure

/**
 * A model with a `ShapeDtypeStruct` in the place of each array: what {@link evalShape} gives.
 *
 * @example
 * nnx.asAbstract(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })).kernel.shape // => [2, 3]
 */
export const asAbstract = <M>(node: M): M => {
  const { def, leaves } = flattenGraph(node, true)
  const abstract = (x: unknown): unknown =>
    tree.map((y: unknown) => (y instanceof NDArray ? new ShapeDtypeStruct(y.shape, y.dtype) : y), x)
  const values = leaves.map((leaf) => abstract(leaf instanceof Variable ? leaf.rawValue : leaf))
  return new Builder(values).build(def.root) as M
}
