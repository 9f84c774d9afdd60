/** Kinds of Variables in an optimizer, and the way of Optax's states into and out of them. */
import { NDArray } from '../core/index.js'
import * as tree from '../pytree/index.js'
import { PRNGKey } from '../random/index.js'
import { toVariableState, VariableState } from './variableState.js'
import { isVariableClass, Variable } from './variable.js'

/** State of an optimizer. */
export class OptState<T = NDArray> extends Variable<T> {}
/** An array in the state of an Optax transformation: a count, for example. */
export class OptArray<T = NDArray> extends OptState<T> {}
/** The part of an Optax state that belongs to one Variable: a moment, for example. Its metadata name the `sourceType`. */
export class OptVariable<T = NDArray> extends OptState<T> {}

/**
 * An Optax state as an optimizer holds it: each array in an {@link OptArray}, each leaf that came from a Variable in an
 * {@link OptVariable}.
 */
export type Wrapped<S> = S extends NDArray
  ? OptArray
  : S extends VariableState<infer V>
    ? OptVariable<V>
    : S extends readonly unknown[] | object
      ? { readonly [K in keyof S]: Wrapped<S[K]> }
      : S

const isStateLeaf = (x: unknown): boolean => x instanceof VariableState || x instanceof PRNGKey

const wrapLeaf = (leaf: unknown): unknown => {
  if (leaf instanceof VariableState) {
    return new OptVariable<unknown>(leaf.value, { ...leaf.metadata, sourceType: leaf.type })
  }
  return leaf instanceof NDArray || leaf instanceof PRNGKey || typeof leaf === 'number'
    ? new OptArray<unknown>(leaf)
    : leaf
}

/** An Optax state with its arrays in Variables. */
export const toOptState = (state: unknown): unknown => {
  const [leaves, structure] = tree.flatten(state, { isLeaf: isStateLeaf })
  return structure.unflatten(leaves.map(wrapLeaf))
}

/** What a Variable of an optimizer was made from. */
const unwrapLeaf = (leaf: unknown): unknown => {
  if (!(leaf instanceof Variable)) return leaf
  const { sourceType, ...metadata } = leaf.metadata
  return leaf instanceof OptVariable && isVariableClass(sourceType)
    ? new VariableState(sourceType, leaf.rawValue as unknown, metadata)
    : (leaf.rawValue as unknown)
}

/** The Optax state in the Variables: the inverse of {@link toOptState}. */
export const fromOptState = (wrapped: unknown): unknown => {
  const [leaves, structure] = tree.flatten(wrapped)
  return structure.unflatten(leaves.map(unwrapLeaf))
}

/**
 * Write an Optax state into the Variables of the one before.
 *
 * @returns the state with its arrays in Variables: the same Variables, unless the structure has changed
 */
export const updateOptState = (wrapped: unknown, state: unknown): unknown => {
  const [variables, structure] = tree.flatten(wrapped)
  const [leaves, next] = tree.flatten(state, { isLeaf: isStateLeaf })
  if (!structure.equals(next)) return toOptState(state)
  leaves.forEach((leaf, i) => {
    const variable = variables[i]
    const value: unknown = leaf instanceof VariableState ? leaf.value : leaf
    if (variable instanceof Variable && variable.rawValue !== value) variable.value = value
  })
  return wrapped
}

/** The arguments of an update without Variables: states and values in their place. */
export const withoutVariables = (x: unknown): unknown => {
  if (x instanceof Variable) return toVariableState(x as Variable<unknown>).value
  if (typeof x !== 'object' || x === null || x instanceof NDArray || !tree.isNode(x)) return x
  const [leaves, structure] = tree.flatten(x)
  return structure.unflatten(
    leaves.map((leaf: unknown) => (leaf instanceof Variable ? (leaf.rawValue as unknown) : leaf)),
  )
}
