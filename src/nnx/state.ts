/** States: the Variables of a model as immutable data, in the nesting of the model. */
import { inspect } from 'node:util'
import type { NDArray } from '../core/index.js'
import { dictKey, node, registerNode } from '../pytree/index.js'
import { compareKeys } from '../pytree/order.js'
import type { PRNGKey } from '../random/index.js'
import type { Filter, Path, PathPart } from './filter.js'
import type { GraphObject } from './object.js'
import { classNameOf, describe, type Description, printValue } from './print.js'
import type { Variable } from './variable.js'
import { VariableState } from './variableState.js'

/** Nested data of which a state is made: levels are plain objects or states. */
export interface Nested {
  readonly [key: PathPart]: unknown
}

/** Whether it is an object of no class. */
export const isPlain = (value: unknown): value is Nested => {
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

/** A state for each filter. */
export type StatesOf<M, F extends readonly Filter[]> = { readonly [K in keyof F]: State<M> }

/** The model's type of a state. */
export type ModelOf<S> = S extends { readonly [stateOf]?: infer M } ? M : unknown

/** @internal Class names of what a state holds, for errors. */
export const describeLeaf = (leaf: unknown): string =>
  leaf instanceof VariableState
    ? leaf.type.name
    : typeof leaf === 'object' && leaf !== null
      ? classNameOf(leaf)
      : typeof leaf
