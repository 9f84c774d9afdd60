/** States: the Variables of a model as immutable data, in the nesting of the model. */
import { inspect } from 'node:util'
import { ArgumentError, type NDArray } from '../core/index.js'
import { dictKey, node, registerNode } from '../pytree/index.js'
import { compareKeys } from '../pytree/order.js'
import type { PRNGKey } from '../random/index.js'
import { type Filter, filtersToPredicates, type Path, type PathPart, type Predicate, showFilter } from './filter.js'
import type { GraphObject } from './object.js'
import { classNameOf, describe, type Description, printValue } from './print.js'
import { Variable } from './variable.js'
import { VariableState } from './variableState.js'

/** Nested data of which a state is made: levels are plain objects or states. */
export interface Nested {
  readonly [key: PathPart]: unknown
}

const isPlain = (value: unknown): value is Nested => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

class StateNode implements AnyState {
  declare readonly [node]: NDArray

  constructor(mapping: Nested) {
    const entries = this as unknown as Record<string, unknown>
    for (const name of Object.keys(mapping).sort(compareKeys)) {
      const value = mapping[name]
      if (value !== undefined) entries[name] = isPlain(value) ? new StateNode(value) : value
    }
    Object.freeze(this)
  }
}
Object.defineProperties(StateNode.prototype, {
  toString: {
    value(this: object) {
      return printValue(this)
    },
  },
  [inspect.custom]: {
    value(this: object) {
      return printValue(this)
    },
  },
  [describe]: {
    value(this: object): Description {
      return { name: 'State', fields: fieldsOf(this), brackets: ['({', '})'], separator: ': ' }
    },
  },
})
const braces = ['{', '}'] as const
const showName = (name: string): string => (typeof toPart(name) === 'number' ? name : `'${name}'`)
const fieldsOf = (state: object): readonly (readonly [string, unknown])[] =>
  Object.entries(state).map(([name, value]) => [
    showName(name),
    isState(value)
      ? { [describe]: () => ({ name: '', fields: fieldsOf(value), brackets: braces, separator: ': ' }) }
      : value,
  ])

registerNode<AnyState, readonly string[]>(StateNode, {
  flatten: (state) => {
    const names = Object.keys(state)
    return { children: Object.values(state), keys: names.map((name) => dictKey(toPart(name))), aux: names }
  },
  unflatten: (names, children) => stateFromEntries(names, children),
  printAux: () => '',
})

/** @internal A level of a state from its names, which are sorted. */
export const stateFromEntries = (names: readonly string[], values: readonly unknown[]): AnyState => {
  const state = Object.create(StateNode.prototype) as Record<string, unknown>
  for (let i = 0; i < names.length; i++) state[names[i]!] = values[i]
  return Object.freeze(state) as unknown as AnyState
}

/** @internal Names that are indices become numbers. */
export const toPart = (name: string): PathPart => {
  const first = name.charCodeAt(0)
  if (first < 48 || first > 57) return name
  return /^(?:0|[1-9]\d{0,9})$/.test(name) ? Number(name) : name
}

/** What has Variables or arrays inside, to the type of a state. Methods and settings have not. */
type Stateful<T> = [T] extends [never]
  ? false
  : T extends string | number | boolean | bigint | symbol
    ? false
    : T extends GraphObject | Variable<unknown> | NDArray | PRNGKey
      ? true
      : T extends (...args: never) => unknown
        ? false
        : T extends abstract new (...args: never) => unknown
          ? false
          : true

/** What a field is in a state. */
type StateField<T> =
  T extends VariableState<infer V>
    ? VariableState<V>
    : T extends Variable<infer V>
      ? VariableState<V>
      : T extends NDArray | PRNGKey
        ? T
        : T extends null
          ? undefined
          : State<T>

/** The fields of the state of an object, a list, a Map or an object of them. */
type StateFields<M> = unknown extends M
  ? unknown
  : M extends readonly (infer E)[]
    ? { readonly [index: number]: StateField<E> }
    : M extends ReadonlyMap<string | number, infer E>
      ? { readonly [key: string]: StateField<E> }
      : { readonly [K in keyof M & string as Stateful<NonNullable<M[K]>> extends false ? never : K]: StateField<M[K]> }

/** Brand of states, by the type of the model. */
declare const stateOf: unique symbol

/** A state of whatever model. */
export interface AnyState {
  readonly [node]: NDArray
  readonly [stateOf]?: unknown
}

/**
 * The state of a model of type `M`: nested, sorted by name, frozen. Its leaves are {@link VariableState}s (arrays where the
 * model holds bare arrays). A pytree whose leaves are the arrays: `tree.map` gives a state, Optax takes and gives
 * states.
 *
 * Which Variables are in it depends on filters, which the type doesn't know: it has all that the model has.
 *
 * @example
 * const state = nnx.state(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(0) }))
 * tree.map(np.zerosLike, state).kernel.value.shape // => [2, 3]
 */
export type State<M = unknown> = AnyState & { readonly [stateOf]?: M } & StateFields<M>

/** The class of states. The constructor takes nested plain objects whose leaves are anything but plain objects. */
export const State = StateNode as unknown as new <M = unknown>(mapping: Nested) => State<M>

/** Whether a value is a state, or a level of one. */
export const isState = (value: unknown): value is AnyState => value instanceof StateNode

/** Leaves of a state with their paths, sorted. (A bare array of the model is its own leaf, which the type leaves out.) */
export type FlatState = readonly (readonly [path: Path, leaf: VariableState])[]

const addFlat = (state: object, path: Path, flat: (readonly [Path, VariableState])[]): void => {
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
  const flat: (readonly [Path, VariableState])[] = []
  addFlat(state, [], flat)
  return flat
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

const mapLeaves = (f: (leaf: unknown, path: Path) => unknown, state: AnyState, path: Path): AnyState => {
  const names = Object.keys(state)
  const values = Object.values(state).map((value: unknown, i) => {
    const inner = [...path, toPart(names[i]!)]
    return isState(value) ? mapLeaves(f, value, inner) : f(value, inner)
  })
  return stateFromEntries(names, values)
}

/** A state with `f(path, leaf)` for each leaf; the leaves are {@link VariableState}s and arrays. */
export const mapState = <S extends AnyState>(f: (path: Path, leaf: unknown) => unknown, state: S): S =>
  mapLeaves((leaf, path) => f(path, leaf), state, []) as S

const valueOf = (leaf: unknown): unknown =>
  leaf instanceof VariableState ? leaf.value : leaf instanceof Variable ? (leaf.rawValue as unknown) : leaf

/** Nested plain objects of the values in a state. */
export interface PureDict {
  readonly [key: string]: unknown
}

/**
 * Nested plain objects of the values: what other formats can hold.
 *
 * @param extract - of a leaf, default its value
 */
export const toPureDict = (state: AnyState, extract: (leaf: unknown) => unknown = valueOf): PureDict =>
  Object.fromEntries(
    Object.entries(state).map(([name, value]: [string, unknown]) => [
      name,
      isState(value) ? toPureDict(value, extract) : extract(value),
    ]),
  )

/**
 * A state with the values of nested plain objects in the place of its own. (Flax writes them into the state; ours are
 * immutable.)
 *
 * @param replace - of a leaf and its new value, default the leaf with the value
 * @throws ArgumentError if a key isn't in the state
 */
export const replaceByPureDict = <S extends AnyState>(
  state: S,
  pureDict: PureDict,
  replace: (leaf: unknown, value: unknown) => unknown = (leaf, value) =>
    leaf instanceof VariableState ? leaf.replace(value) : value,
): S => replaceLevel(state, pureDict, replace, []) as S

const replaceLevel = (
  state: AnyState,
  pureDict: PureDict,
  replace: (leaf: unknown, value: unknown) => unknown,
  path: Path,
): AnyState => {
  for (const name of Object.keys(pureDict)) {
    if (!Object.hasOwn(state, name)) {
      throw new ArgumentError('replaceByPureDict', 'keys that are in the state', [...path, name].join('/'))
    }
  }
  const names = Object.keys(state)
  const values = Object.values(state).map((value: unknown, i) => {
    const name = names[i]!
    if (!Object.hasOwn(pureDict, name)) return value
    const given = pureDict[name]
    if (!isState(value)) return replace(value, given)
    if (typeof given !== 'object' || given === null) {
      throw new ArgumentError('replaceByPureDict', `an object at ${[...path, name].join('/')}`, typeof given)
    }
    return replaceLevel(value, given as PureDict, replace, [...path, toPart(name)])
  })
  return stateFromEntries(names, values)
}

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

/** A state for each filter. */
export type StatesOf<M, F extends readonly Filter[]> = { readonly [K in keyof F]: State<M> }

/** The model's type of a state. */
export type ModelOf<S> = S extends { readonly [stateOf]?: infer M } ? M : unknown

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
  return new StateNode(merged)
}

/** All leaves of several states; of leaves at one path the last. */
export const mergeState = <S extends AnyState>(state: S, ...states: readonly AnyState[]): S =>
  states.reduce<AnyState>(mergeTwo, state) as S

/** @internal Class names of what a state holds, for errors. */
export const describeLeaf = (leaf: unknown): string =>
  leaf instanceof VariableState
    ? leaf.type.name
    : typeof leaf === 'object' && leaf !== null
      ? classNameOf(leaf)
      : typeof leaf
