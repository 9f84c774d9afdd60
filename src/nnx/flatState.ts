/** The leaves of states with their paths, as a list. */
import { inspect } from 'node:util'
import { ArgumentError } from '../core/index.js'
import { flattenedIndexKey, registerNode } from '../pytree/index.js'
import { type Filter, filtersToPredicates, type Path, type Predicate, showFilter } from './filter.js'
import { describe, type Description, printValue } from './print.js'
import { type AnyState, isState, State, toPart } from './state.js'
import type { VariableState } from './variableState.js'

/** A path, and the leaf that is there. (A bare array of the model is its own leaf, which the type leaves out.) */
export type FlatEntry<V = VariableState> = readonly [path: Path, leaf: V]

/** @internal Which of several predicates is the first to hold; their number if none does. */
export const firstMatch = (predicates: readonly Predicate[], path: Path, leaf: unknown): number => {
  for (let i = 0; i < predicates.length; i++) if (predicates[i]!(path, leaf)) return i
  return predicates.length
}

/** @internal Flax's error for filters that leave something out. */
export const nonExhaustive = (where: string, filters: readonly Filter[], paths: readonly Path[]): ArgumentError =>
  new ArgumentError(
    where,
    "filters that match everything; use '...' or true as the last filter",
    `[${filters.map(showFilter).join(', ')}]: Non-exhaustive filters, got a non-empty remainder: ` +
      paths
        .slice(0, 8)
        .map((path) => path.join('/'))
        .join(', ') +
      (paths.length > 8 ? `, … (${paths.length} in all)` : ''),
  )

/** Entries for each filter, and those that satisfy none. */
const grouped = <V>(
  entries: readonly FlatEntry<V>[],
  filters: readonly Filter[],
): readonly [groups: readonly FlatState<V>[], rest: readonly FlatEntry<V>[]] => {
  const predicates = filtersToPredicates(filters)
  const groups: FlatEntry<V>[][] = [...predicates, null].map(() => [])
  for (const entry of entries) groups[firstMatch(predicates, ...entry)]!.push(entry)
  return [groups.slice(0, -1).map((group) => new FlatState(group)), groups.at(-1)!]
}

/**
 * The leaves of a state with their paths, in the order of the state. Frozen, iterable, a pytree of the leaves.
 *
 * @example
 * const flat = nnx.toFlatState(nnx.state(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) })))
 * flat.paths // => [['bias'], ['kernel']]
 * flat.filter(nnx.PathContains('bias')).length // => 1
 */
export class FlatState<V = VariableState> implements Iterable<FlatEntry<V>> {
  readonly #entries: readonly FlatEntry<V>[]

  /** @param entries - in their order */
  constructor(entries: Iterable<FlatEntry<V>>) {
    this.#entries = [...entries]
    Object.freeze(this)
  }

  get length(): number {
    return this.#entries.length
  }
  /** Where the leaves are. */
  get paths(): readonly Path[] {
    return this.#entries.map(([path]) => path)
  }
  get leaves(): readonly V[] {
    return this.#entries.map(([, leaf]) => leaf)
  }
  /** Path and leaf of a place, counted from the end if negative. */
  at(index: number): FlatEntry<V> | undefined {
    return this.#entries.at(index)
  }
  [Symbol.iterator](): IterableIterator<FlatEntry<V>> {
    return this.#entries.values()
  }
  /** What a function makes of each path and leaf, as a list. */
  map<R>(f: (entry: FlatEntry<V>, index: number) => R): R[] {
    return this.#entries.map(f)
  }

  /** The leaves that satisfy the filter; with several filters, a list for each: a leaf goes to the first that it satisfies. */
  filter(filter: Filter): FlatState<V>
  filter(...filters: readonly Filter[]): readonly FlatState<V>[]
  filter(...filters: readonly Filter[]): unknown {
    const [groups] = grouped(this.#entries, filters)
    return filters.length === 1 ? groups[0] : groups
  }

  /** As {@link filter}, of all leaves. @throws ArgumentError if a leaf satisfies no filter */
  split(filter: Filter): FlatState<V>
  split(...filters: readonly Filter[]): readonly FlatState<V>[]
  split(...filters: readonly Filter[]): unknown {
    const [groups, rest] = grouped(this.#entries, filters)
    if (rest.length > 0) throw nonExhaustive('FlatState.split', filters, rest.map(([path]) => path)) // prettier-ignore
    return filters.length === 1 ? groups[0] : groups
  }

  /** The leaves of several lists, in the order of a state. @throws ArgumentError if two are at one path */
  static merge<V>(...states: readonly Iterable<FlatEntry<V>>[]): FlatState<V> {
    return toFlatState(fromFlatState(states.flatMap((state) => [...state]))) as unknown as FlatState<V>
  }

  /** The state of these leaves. */
  toNestedState(): State {
    return fromFlatState(this)
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
    const fields = this.#entries.map(([path, leaf]) => [path.join('/'), leaf] as const)
    return { name: 'FlatState', fields, brackets: ['([', '])'], separator: ': ' }
  }
}

registerNode<FlatState<unknown>, readonly Path[]>(FlatState, {
  flatten: ({ leaves, paths }) => ({ children: leaves, keys: paths.map((_, i) => flattenedIndexKey(i)), aux: paths }),
  unflatten: (paths, children) => new FlatState(paths.map((path, i) => [path, children[i]])),
  printAux: (paths) => paths.map((path) => path.join('/')).join(', '),
})

const addFlat = (state: object, path: Path, flat: FlatEntry[]): void => {
  for (const [name, value] of Object.entries(state) as readonly (readonly [string, unknown])[]) {
    const inner = [...path, toPart(name)]
    if (isState(value)) addFlat(value, inner, flat)
    else flat.push([inner, value as VariableState])
  }
}

/**
 * The leaves of a state with their paths.
 *
 * @example
 * const state = nnx.state(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }))
 * nnx.toFlatState(state).map(([path]) => path) // => [['bias'], ['kernel']]
 */
export const toFlatState = (state: AnyState): FlatState => {
  const flat: FlatEntry[] = []
  addFlat(state, [], flat)
  return new FlatState(flat)
}

/** The state of these leaves. @throws ArgumentError if one path leads through the leaf at another */
export const fromFlatState = <M = unknown>(flat: Iterable<readonly [path: Path, leaf: unknown]>): State<M> => {
  const root: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  const levels = new WeakSet<object>([root])
  for (const [path, leaf] of flat) {
    let level = root
    path.forEach((part, i) => {
      const name = `${part}`
      const last = i === path.length - 1
      const held = level[name]
      const isLevel = typeof held === 'object' && held !== null && levels.has(held)
      if (held !== undefined && (last || !isLevel)) {
        throw new ArgumentError('fromFlatState', 'paths none of which leads through another', path.join('/'))
      }
      if (last) level[name] = leaf
      else if (isLevel) level = held as Record<string, unknown>
      else {
        const inner = Object.create(null) as Record<string, unknown>
        levels.add(inner)
        level[name] = inner
        level = inner
      }
    })
  }
  return new State<M>(root)
}
