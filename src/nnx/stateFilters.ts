/** Parts of states, and states of parts. */
import { type Filter, filtersToPredicates, type Path, PathIn, type Predicate } from './filter.js'
import { firstMatch, nonExhaustive, toFlatState } from './flatState.js'
import { type AnyState, isState, type ModelOf, State, stateFromEntries, type StatesOf, toPart } from './state.js'
import { VariableState } from './variableState.js'

/** @internal The state of the leaves for which `keep` holds; `null` if there are none. */
const select = (state: AnyState, keep: (leaf: unknown, path: Path) => boolean, path: Path): AnyState | null => {
  const names: string[] = []
  const values: unknown[] = []
  for (const [name, value] of Object.entries(state)) {
    const inner = [...path, toPart(name)]
    const kept: unknown = isState(value) ? select(value, keep, inner) : keep(value, inner) ? value : null
    if (kept === null) continue
    names.push(name)
    values.push(kept)
  }
  return names.length === 0 ? null : stateFromEntries(names, values)
}

const groups = (state: AnyState, filters: readonly Filter[]): readonly [readonly AnyState[], readonly Path[]] => {
  const predicates = filtersToPredicates(filters)
  const found = new Map<unknown, number>()
  const remainder: Path[] = []
  const keyed = toFlatState(state).map(([path, leaf]) => {
    const group = firstMatch(predicates, path, leaf)
    if (group === predicates.length) remainder.push(path)
    return [path.join('\u0000'), group] as const
  })
  for (const [key, group] of keyed) found.set(key, group)
  const states = predicates.map(
    (_, i) => select(state, (_leaf, path) => found.get(path.join('\u0000')) === i, []) ?? stateFromEntries([], []),
  )
  return [states, remainder]
}

/** One state for each filter; each leaf goes to the first that it satisfies. @throws ArgumentError if a leaf satisfies none */
export const splitState = <S extends AnyState, const F extends readonly Filter[]>(
  state: S,
  ...filters: F
): StatesOf<ModelOf<S>, F> => {
  const [states, remainder] = groups(state, filters)
  if (remainder.length > 0) throw nonExhaustive('splitState', filters, remainder)
  return states as StatesOf<ModelOf<S>, F>
}

/** The leaves that satisfy the filter; with several filters, a state for each, as {@link splitState} without the rest. */
export function filterState<S extends AnyState>(state: S, filter: Filter): S
export function filterState<S extends AnyState, const F extends readonly Filter[]>(
  state: S,
  ...filters: F
): StatesOf<ModelOf<S>, F>
export function filterState(state: AnyState, ...filters: readonly Filter[]): unknown {
  const [states] = groups(state, filters)
  return filters.length === 1 ? states[0] : states
}

const mergeTwo = (a: AnyState, b: AnyState): AnyState => {
  const [x, y] = [a, b] as unknown as readonly Readonly<Record<string, unknown>>[]
  const merged: Record<string, unknown> = { ...x }
  for (const [name, value] of Object.entries(y!)) {
    const held = merged[name]
    merged[name] = isState(held) && isState(value) ? mergeTwo(held, value) : value
  }
  return new State(merged)
}

/** All leaves of several states; of leaves at one path the last. */
export const mergeState = <S extends AnyState>(state: S, ...states: readonly AnyState[]): S =>
  states.reduce<AnyState>(mergeTwo, state) as S

/**
 * The leaves of a state that are at no path of another.
 *
 * @example
 * const state = nnx.state(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }))
 * nnx.toFlatState(nnx.statelib.diff(state, nnx.filterState(state, nnx.PathContains('bias')))).paths // => [['kernel']]
 */
export const diff = <S extends AnyState>(state: S, other: AnyState): S => {
  const known = new Set(toFlatState(other).paths.map((path) => path.join('\u0000')))
  return (select(state, (_leaf, path) => !known.has(path.join('\u0000')), []) ?? stateFromEntries([], [])) as S
}

/** For each value that is in a state, the filter of the paths at which it is. */
export const createPathFilters = (state: AnyState): ReadonlyMap<unknown, Predicate> => {
  const paths = new Map<unknown, Path[]>()
  for (const [path, leaf] of toFlatState(state)) {
    const value: unknown = leaf instanceof VariableState ? leaf.value : leaf
    const held = paths.get(value)
    if (held === undefined) paths.set(value, [path])
    else held.push(path)
  }
  return new Map([...paths].map(([value, found]) => [value, PathIn(...found)]))
}
