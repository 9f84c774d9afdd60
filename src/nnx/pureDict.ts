/** States as nested plain objects of values: what other formats can hold. */
import { ArgumentError } from '../core/index.js'
import type { Path } from './filter.js'
import { type AnyState, isState, stateFromEntries, toPart } from './state.js'
import { Variable } from './variable.js'
import { VariableState } from './variableState.js'

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
