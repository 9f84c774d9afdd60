/** Trees of models as trees of arrays: what plain transforms take. */
import { ArgumentError } from '../core/index.js'
import type { NDArray } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { showPaths } from './build.js'
import { type ContextOptions, type MergeContext, mergeContext, type SplitContext, splitContext } from './contexts.js'
import { type Filter, filtersToPredicates, type Path, PathIn, showFilter } from './filter.js'
import { toFlatState } from './flatState.js'
import { iterGraph, state } from './graph.js'
import type { GraphDef } from './graphdef.js'
import { isGraphObject } from './object.js'
import type { AnyState } from './state.js'
import { type Axis, type AxesPrefix, StateAxes } from './transforms/axes.js'
import { Variable } from './variable.js'

/** A model as structure and states: a pytree of their arrays. */
export class NodeStates<M = unknown> {
  /** Leaves, to the types of trees. */
  declare readonly [tree.node]: NDArray

  constructor(
    readonly graphdef: GraphDef<M>,
    readonly states: readonly AnyState[],
    /** Static data of the user. */
    readonly metadata: unknown = null,
  ) {}

  /** The only state. @throws ArgumentError if there are several */
  get state(): AnyState {
    if (this.states.length === 1) return this.states[0]!
    throw new ArgumentError('NodeStates.state', 'one state', `${this.states.length}`)
  }
}

tree.registerDataclass(NodeStates, {
  dataFields: ['graphdef', 'states'],
  metaFields: ['metadata'],
})

const isModel = (x: unknown): boolean => isGraphObject(x) || x instanceof Variable

export interface ToTreeOptions extends ContextOptions {
  /** What belongs to each model, for `splitFn`: a tree that is a prefix. Default none. */
  readonly prefix?: unknown
  /** What a model becomes; default {@link NodeStates} with one state. */
  readonly splitFn?: (context: SplitContext, path: tree.KeyPath, prefix: unknown, model: unknown) => unknown
  /** Whether `splitFn` is called for other leaves too; default false. */
  readonly mapNonGraphNodes?: boolean
  /** Whether a Variable that several models share must have one prefix; default true. */
  readonly checkAliasing?: boolean
}

/** What applies to a Variable of a model. */
const prefixOf = (prefix: unknown, path: Path, variable: unknown): unknown => {
  if (!(prefix instanceof StateAxes)) return prefix
  return prefix.axes[filtersToPredicates(prefix.filters).findIndex((predicate) => predicate(path, variable))]
}

/** @throws ArgumentError */
const requireOnePrefix = (model: unknown, prefix: unknown, held: Map<unknown, readonly [Path, unknown]>): void => {
  for (const [path, value] of iterGraph(model)) {
    if (!(value instanceof Variable)) continue
    const mine = prefixOf(prefix, path, value)
    const [otherPath, other] = held.get(value) ?? [path, mine]
    if (!Object.is(mine, other)) {
      throw new ArgumentError(
        'toTree',
        `one prefix for what models share: Inconsistent aliasing detected, ${showPaths([otherPath])} has ${String(other)}`,
        `${String(mine)} at ${showPaths([path])}`,
      )
    }
    held.set(value, [path, mine])
  }
}

/** What of a prefix belongs to each leaf of a tree. */
const prefixesOf = (prefix: unknown, x: unknown, count: number, isLeaf: (x: unknown) => boolean): readonly unknown[] =>
  prefix === null
    ? Array.from({ length: count }, () => null)
    : tree.broadcastPrefix(prefix, x, { isLeaf: (p) => p === null || p instanceof StateAxes || isLeaf(p) })

/**
 * A tree with {@link NodeStates} in the place of its models and Variables: a tree of arrays, for plain transforms. What
 * models share is shared after {@link fromTree}.
 *
 * @throws ArgumentError if a shared Variable gets two prefixes
 * @example
 * const model = new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })
 * const f = jit((args: unknown) => {
 *   const [m, x] = nnx.fromTree(args) as readonly [nnx.Linear, NDArray]
 *   return m(x)
 * })
 * f(nnx.toTree([model, np.ones([2])])).shape // => [3]
 */
export const toTree = (
  x: unknown,
  {
    prefix = null,
    splitFn = (context, _path, given, model) => {
      const [graphdef, state] = context.split(model)
      return new NodeStates(graphdef, [state], given)
    },
    mapNonGraphNodes = false,
    checkAliasing = true,
    ...options
  }: ToTreeOptions = {},
): unknown => {
  const [leaves, structure] = tree.flattenWithPath(x, { isLeaf: isModel })
  const prefixes = prefixesOf(prefix, x, leaves.length, isModel)
  const held = new Map<unknown, readonly [Path, unknown]>()
  return splitContext((context) => {
    const mapped = leaves.map(([path, leaf]: readonly [tree.KeyPath, unknown], i) => {
      const mine: unknown = prefixes[i]
      if (isModel(leaf) && checkAliasing) requireOnePrefix(leaf, mine, held)
      return isModel(leaf) || mapNonGraphNodes ? splitFn(context, path, mine, leaf) : leaf
    })
    return structure.unflatten(mapped)
  }, options)
}

export interface FromTreeOptions extends ContextOptions {
  /** What belongs to each leaf, for `mergeFn`: a tree that is a prefix. Default none. */
  readonly prefix?: unknown
  /** What a leaf becomes; default the model of its {@link NodeStates}. */
  readonly mergeFn?: (context: MergeContext, path: tree.KeyPath, prefix: unknown, leaf: unknown) => unknown
  /** What is handed to `mergeFn`; default {@link NodeStates}. */
  readonly isNodeLeaf?: (x: unknown) => boolean
  /** What isn't looked into; default `isNodeLeaf`. */
  readonly isLeaf?: (x: unknown) => boolean
  /** Whether `mergeFn` is called for other leaves too; default false. */
  readonly mapNonGraphNodes?: boolean
}

const isNodeStates = (x: unknown): boolean => x instanceof NodeStates

/** The tree with models that {@link toTree} took apart. @throws ArgumentError if states don't fit their structures */
export const fromTree = (
  x: unknown,
  {
    prefix = null,
    mergeFn = (context, _path, _prefix, leaf) => {
      const { graphdef, states } = leaf as NodeStates
      const [state, ...rest] = states as readonly [AnyState, ...AnyState[]]
      return context.merge(graphdef, state, ...rest)
    },
    isNodeLeaf = isNodeStates,
    isLeaf = isNodeLeaf,
    mapNonGraphNodes = false,
    ...options
  }: FromTreeOptions = {},
): unknown => {
  const [leaves, structure] = tree.flattenWithPath(x, { isLeaf })
  const prefixes = prefixesOf(prefix, x, leaves.length, isLeaf)
  return mergeContext(
    (context) =>
      structure.unflatten(
        leaves.map(([path, leaf]: readonly [tree.KeyPath, unknown], i) =>
          isNodeLeaf(leaf) || mapNonGraphNodes ? mergeFn(context, path, prefixes[i], leaf) : leaf,
        ),
      ),
    options,
  )
}

/** Axes by path and leaf, or the first filter's that a leaf satisfies. */
export type FilterMap = ((path: Path, leaf: unknown) => Axis) | Iterable<readonly [filter: Filter, axis: Axis]>

/**
 * Axes for the `inAxes` and `outAxes` of `nnx.vmap` and `nnx.scan`, from a function or from filters: a tree in whose models
 * they are {@link StateAxes}.
 *
 * @throws ArgumentError if a leaf satisfies no filter
 * @example
 * const d = { a: new nnx.Param(np.array(2)), b: new nnx.BatchStat(np.arange(3)) }
 * const axes = nnx.prefix(d, [[nnx.Param, null], [nnx.BatchStat, 0]])
 * nnx.vmap((d: { a: nnx.Param; b: nnx.BatchStat }) => d.a.mul(d.b.value), { inAxes: [axes] })(d) // => Array([0., 2., 4.], dtype=float32)
 */
export const prefix = (x: unknown, filterMap: FilterMap): AxesPrefix => {
  const entries = typeof filterMap === 'function' ? [] : [...filterMap]
  const predicates = filtersToPredicates(entries.map(([filter]) => filter))
  const axisOf = (path: Path, leaf: unknown): Axis => {
    if (typeof filterMap === 'function') return filterMap(path, leaf)
    const at = predicates.findIndex((predicate) => predicate(path, leaf))
    if (at >= 0) return entries[at]![1]
    const filters = entries.map(([filter]) => showFilter(filter)).join(', ')
    throw new ArgumentError('nnx.prefix', `a filter for ${showPaths([path])}`, `[${filters}]`)
  }
  const [leaves, structure] = tree.flattenWithPath(x, { isLeaf: isModel })
  const axes = leaves.map(([keys, leaf]: readonly [tree.KeyPath, unknown]) => {
    const outer = keys.map(({ key }) => key)
    if (!isGraphObject(leaf)) return axisOf(outer, leaf)
    const groups = new Map<Axis, Path[]>()
    for (const [inner, value] of toFlatState(state(leaf))) {
      const axis = axisOf([...outer, ...inner], value)
      groups.set(axis, [...(groups.get(axis) ?? []), inner])
    }
    return new StateAxes([...groups].map(([axis, paths]) => [PathIn(...paths), axis]))
  })
  return structure.unflatten(axes) as AxesPrefix
}
