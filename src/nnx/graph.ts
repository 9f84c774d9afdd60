/** Models as pairs of structure and state, and back: `split`, `merge`, `state`, `update`, `pop`, `clone`. */
import { ArgumentError } from '../core/index.js'
import { expand, nodeTypeOf } from '../pytree/registry.js'
import { Builder, leavesOfState, showPaths, stateOfDef } from './build.js'
import { type Filter, filtersToPredicates, type Path } from './filter.js'
import { type GraphDef, partOf } from './graphdef.js'
import { isGraphObject } from './object.js'
import { classNameOf } from './print.js'
import { firstMatch, nonExhaustive } from './flatState.js'
import {
  type AnyState,
  describeLeaf,
  isPlain,
  isState,
  type State,
  stateFromEntries,
  type StatesOf,
  toPart,
} from './state.js'
import { mergeState } from './stateFilters.js'
import { toVariableState, VariableState } from './variableState.js'
import { Variable } from './variable.js'
import { type Flattened, flattenGraph, isArrayLeaf } from './walk.js'

/** What can be taken apart: a module or another object with Variables, or lists, objects and Maps of them. */
const requireGraph = (where: string, node: unknown): void => {
  if (!isGraphObject(node) && !(node instanceof Variable) && (isArrayLeaf(node) || nodeTypeOf(node) === null)) {
    throw new ArgumentError(where, 'a module, a Variable, or a list or object of them', describeLeaf(node))
  }
}

const flattenNode = (where: string, node: unknown): Flattened => {
  requireGraph(where, node)
  return flattenGraph(node, true)
}

const stateLeaves = ({ leaves }: Flattened): readonly unknown[] =>
  leaves.map((leaf) => (leaf instanceof Variable ? toVariableState(leaf as Variable<unknown>) : leaf))

const empty = stateFromEntries([], [])

/** @internal The states of the groups into which filters divide the leaves, and the paths of what is in none. */
export const groupStates = (
  flattened: Flattened,
  filters: readonly Filter[],
): readonly [states: readonly AnyState[], remainder: readonly Path[]] => {
  const { def } = flattened
  const leaves = stateLeaves(flattened)
  const predicates = filtersToPredicates(filters)
  const groups = def.paths.map((path, i) => firstMatch(predicates, path, flattened.leaves[i]))
  const states = predicates.map(
    (_, group) => (stateOfDef(def.root, leaves, (i) => groups[i] === group) ?? empty) as AnyState,
  )
  return [states, def.paths.filter((_, i) => groups[i] === predicates.length)]
}

/**
 * A model as its structure and its state, the state divided by filters: each leaf goes to the first filter that it
 * satisfies. The model itself stays as it is; {@link merge} makes a new one.
 *
 * @throws ArgumentError if a leaf satisfies none of the filters
 * @example
 * const model = new nnx.BatchNorm(3, { rngs: new nnx.Rngs(0) })
 * const [graphdef, params, rest] = nnx.split(model, nnx.Param, '...')
 * nnx.toFlatState(params).map(([path]) => path[0]) // => ['bias', 'scale']
 * nnx.merge(graphdef, params, rest)(np.ones([2, 3])).shape // => [2, 3]
 */
export function split<M>(node: M): readonly [graphdef: GraphDef<M>, state: State<M>]
export function split<M, const F extends readonly Filter[]>(
  node: M,
  ...filters: F
): readonly [graphdef: GraphDef<M>, ...states: StatesOf<M, F>]
export function split(node: unknown, ...filters: readonly Filter[]): unknown {
  const flattened = flattenNode('split', node)
  if (filters.length === 0) {
    return [flattened.def, stateOfDef(flattened.def.root, stateLeaves(flattened), () => true) ?? empty]
  }
  const [states, remainder] = groupStates(flattened, filters)
  if (remainder.length > 0) throw nonExhaustive('split', filters, remainder)
  return [flattened.def, ...states]
}

/**
 * A new model from a structure and states: the inverse of {@link split}. What was shared is shared again.
 *
 * @throws ArgumentError if the states lack a leaf, or have one that the structure doesn't know
 */
export function merge<M>(graphdef: GraphDef<M>, state: AnyState, ...states: readonly AnyState[]): M
/** From the parts that {@link unpack} gives. */
export function merge<M>(...parts: readonly [PartWithDef<M>, ...PartWithDef<M>[]]): M
export function merge(first: GraphDef | PartWithDef, ...rest: readonly (AnyState | PartWithDef)[]): unknown {
  const isPart = (x: object): x is PartWithDef => 'graphdef' in x
  const graphdef = isPart(first) ? first.graphdef : first
  const states = (isPart(first) ? [first, ...rest] : rest).map((x) => (isPart(x) && !isState(x) ? x.state : x)) // prettier-ignore
  const [state, ...others] = states as unknown as readonly [AnyState, ...AnyState[]]
  return new Builder(leavesOfState(graphdef, mergeState(state, ...others))).build(graphdef.root)
}

/** A structure with a state: a {@link GraphState}. */
interface PartWithDef<M = unknown> {
  readonly graphdef: GraphDef<M>
  readonly state: AnyState
}

/**
 * The state of a model; with a filter, only what satisfies it; with several, a state for each.
 *
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })
 * nnx.state(model, nnx.PathContains('bias')).bias?.value.shape // => [3]
 */
export function state<M>(node: M): State<M>
export function state<M>(node: M, filter: Filter): State<M>
export function state<M, const F extends readonly Filter[]>(node: M, ...filters: F): StatesOf<M, F>
export function state(node: unknown, ...filters: readonly Filter[]): unknown {
  const [states] = groupStates(flattenNode('state', node), filters.length === 0 ? [true] : filters)
  return filters.length > 1 ? states : states[0]
}

/** The structure of a model. */
export const graphdef = <M>(node: M): GraphDef<M> => flattenNode('graphdef', node).def as GraphDef<M>

export interface CloneOptions {
  /** Whether the copy has Variables of its own, and not those of the model; default true. */
  readonly variables?: boolean
}

/** A copy of a model, with Variables of its own; what was shared is shared again. */
export const clone = <M>(node: M, { variables = true }: CloneOptions = {}): M => {
  const { def, objects, leaves } = flattenNode('clone', node)
  const kept = (index: number): object | undefined => {
    const object = objects[index]
    return !variables && object instanceof Variable ? object : undefined
  }
  const values = variables ? leaves : leaves.map((leaf) => (leaf instanceof Variable ? (leaf.rawValue as unknown) : leaf)) // prettier-ignore
  return new Builder(values, [], kept).build(def.root) as M
}

/** What an object or container holds at a name. */
const childOf = (holder: unknown, name: string): unknown => {
  if (holder instanceof Map) {
    const map = holder as ReadonlyMap<unknown, unknown>
    return map.has(name) ? map.get(name) : map.get(toPart(name))
  }
  if (isGraphObject(holder) || Array.isArray(holder) || isState(holder)) {
    return Object.hasOwn(holder, name) ? (holder as unknown as Readonly<Record<string, unknown>>)[name] : undefined
  }
  const type = nodeTypeOf(holder)
  if (type === null) return undefined
  const { steps, children } = expand(type, holder)
  const at = steps === null ? Number(name) : steps.findIndex((step) => `${partOf(step)}` === name)
  return children[at]
}

const setChild = (holder: unknown, name: string, value: unknown, path: Path): void => {
  if (holder instanceof Map) holder.set(holder.has(name) ? name : toPart(name), value)
  else if ((isGraphObject(holder) || Array.isArray(holder) || isPlain(holder)) && !Object.isFrozen(holder)) {
    ;(holder as Record<string, unknown>)[name] = value
  } else throw new ArgumentError('update', `a place that can be written at ${path.join('/')}`, 'one that can not')
}

const updateNode = (node: unknown, state: AnyState, path: Path): void => {
  for (const [name, value] of Object.entries(state) as readonly (readonly [string, unknown])[]) {
    const inner = [...path, toPart(name)]
    const current = childOf(node, name)
    if (current === undefined) {
      if (isState(value)) {
        throw new ArgumentError(
          'update',
          'a state of the model',
          `a subtree that the model lacks at ${inner.join('/')}`,
        )
      }
      setChild(node, name, value instanceof VariableState ? value.toVariable() : value, inner)
    } else if (current instanceof Variable) {
      updateVariable(current as Variable<unknown>, value, inner)
    } else if (isState(value)) {
      updateNode(current, value, inner)
    } else if (isArrayLeaf(current) && isArrayLeaf(value)) {
      setChild(node, name, value, inner)
    } else {
      throw new ArgumentError(
        'update',
        `a ${isArrayLeaf(current) ? 'bare array' : 'subtree'} at ${inner.join('/')}`,
        describeLeaf(value),
      )
    }
  }
}

const updateVariable = (variable: Variable<unknown>, value: unknown, path: Path): void => {
  if (isState(value)) {
    throw new ArgumentError('update', `a leaf at ${path.join('/')}, a ${classNameOf(variable)}`, 'a subtree')
  }
  const given = value instanceof Variable ? toVariableState(value as Variable<unknown>) : value
  if (!(given instanceof VariableState)) {
    variable.rawValue = given
    return
  }
  if (given.type !== variable.type) {
    throw new ArgumentError(
      'update',
      `a ${classNameOf(variable)} at ${path.join('/')}`,
      `the state of a ${given.type.name}`,
    )
  }
  variable.rawValue = given.value
  if (given.metadata !== variable.metadata) variable.setMetadata(given.metadata)
}

/**
 * Write states into the Variables of a model. What the states don't mention stays as it is; a Variable that the model
 * lacks is added.
 *
 * @throws ArgumentError if kinds or nesting don't fit
 * @throws TraceLevelError if the model belongs to another trace
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })
 * nnx.update(model, tree.map(np.zerosLike, nnx.state(model)))
 * model(np.ones([2])) // => Array([0., 0., 0.], dtype=float32)
 */
export const update = (node: unknown, state: AnyState, ...states: readonly AnyState[]): void => {
  requireGraph('update', node)
  const merged: unknown = states.length === 0 ? state : mergeState(state, ...states)
  if (node instanceof Variable) updateVariable(node as Variable<unknown>, merged, [])
  else if (isState(merged)) updateNode(node, merged, [])
  else throw new ArgumentError('update', 'a state', describeLeaf(merged))
}

/** Take Variables out of their holders. */
const removeFrom = (holder: unknown, doomed: ReadonlySet<unknown>, seen: Set<unknown>, path: Path): void => {
  if (isGraphObject(holder)) {
    if (seen.has(holder)) return
    seen.add(holder)
    for (const [name, value] of Object.entries(holder) as readonly (readonly [string, unknown])[]) {
      if (doomed.has(value)) delete (holder as unknown as Record<string, unknown>)[name]
      else removeFrom(value, doomed, seen, [...path, name])
    }
    return
  }
  const type = holder instanceof Variable || isArrayLeaf(holder) ? null : nodeTypeOf(holder)
  if (type === null) return
  const { steps, children } = expand(type, holder)
  children.forEach((value, i) => {
    const name = steps === null ? i : partOf(steps[i]!)
    if (!doomed.has(value)) removeFrom(value, doomed, seen, [...path, name])
    else if (holder instanceof Map) holder.delete(steps![i])
    else if (type.tag === 'object' && !Object.isFrozen(holder)) delete (holder as Record<string, unknown>)[name]
    else throw new ArgumentError('pop', 'Variables in fields of modules, objects or Maps', [...path, name].join('/'))
  })
}

/**
 * Take the Variables that satisfy a filter out of a model: intermediates, for example. With several filters, a state for
 * each.
 *
 * @returns their state
 * @throws ArgumentError without a filter, or if a Variable is in a list
 */
export function pop<M>(node: M, filter: Filter): State<M>
export function pop<M, const F extends readonly Filter[]>(node: M, ...filters: F): StatesOf<M, F>
export function pop(node: unknown, ...filters: readonly Filter[]): unknown {
  if (filters.length === 0) throw new ArgumentError('pop', 'at least one filter', 'none')
  const flattened = flattenNode('pop', node)
  const predicates = filtersToPredicates(filters)
  const doomed = new Set(
    flattened.leaves.filter(
      (leaf, i) =>
        leaf instanceof Variable && firstMatch(predicates, flattened.def.paths[i]!, leaf) < predicates.length,
    ),
  )
  const [states] = groupStates(
    flattened,
    predicates.map((predicate) => (path: Path, leaf: unknown) => leaf instanceof Variable && predicate(path, leaf)),
  )
  removeFrom(node, doomed, new Set(), [])
  return filters.length === 1 ? states[0] : states
}

function* walkGraph(node: unknown, path: Path, seen: Set<unknown>): IterableIterator<readonly [Path, unknown]> {
  if (isGraphObject(node)) {
    if (seen.has(node)) return
    seen.add(node)
    for (const [name, value] of Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield* walkGraph(value, [...path, toPart(name)], seen)
    }
  } else if (node instanceof Variable) {
    if (seen.has(node)) return
    seen.add(node)
  } else {
    const type = isArrayLeaf(node) ? null : nodeTypeOf(node)
    if (type !== null) {
      const { steps, children } = expand(type, node)
      for (const [i, child] of children.entries()) {
        yield* walkGraph(child, [...path, steps === null ? i : partOf(steps[i]!)], seen)
      }
      return
    }
  }
  yield [path, node]
}

/**
 * All that a model holds, with paths, children before their holder: objects, Variables and settings; shared ones once.
 *
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0), useBias: false })
 * const kinds = [...nnx.iterGraph(model)].filter(([, x]) => x instanceof nnx.Variable).map(([path]) => path)
 * kinds // => [['kernel']]
 */
export const iterGraph = (node: unknown): IterableIterator<readonly [path: Path, value: unknown]> =>
  walkGraph(node, [], new Set())

/** @internal Says which paths two lists of paths don't share; `null` if they are the same. */
export const pathDifference = (expected: readonly Path[], got: readonly Path[]): string | null => {
  const [want, have] = [expected, got].map((paths) => new Set(paths.map((path) => path.join('\u0000'))))
  const missing = expected.filter((path) => !have!.has(path.join('\u0000')))
  const extra = got.filter((path) => !want!.has(path.join('\u0000')))
  if (missing.length === 0 && extra.length === 0) return null
  return [
    missing.length > 0 ? `none for ${showPaths(missing)}` : '',
    extra.length > 0 ? `ones for ${showPaths(extra)}` : '',
  ]
    .filter((text) => text !== '')
    .join(', and ')
}
