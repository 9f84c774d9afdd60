/** Variables as immutable data: the leaves of states. */
import { inspect } from 'node:util'
import type { NDArray } from '../core/index.js'
import { getAttrKey, node, registerNode } from '../pytree/index.js'
import { describe, type Description, printValue } from './print.js'
import { frozenMetadata, type Metadata, printedKind, Variable, type VariableClass } from './variable.js'

declare module './variable.js' {
  interface Variable<T> {
    /** The leaf of a state that the Variable leaves behind. */
    toState(): VariableState<T>
  }
}

/** A Variable taken out of its model: an immutable leaf of a {@link State}. A pytree node whose child is the value. */
export class VariableState<T = NDArray> {
  /** Leaves, to the types of trees. */
  declare readonly [node]: NDArray
  /** Data beside the value; frozen. */
  readonly metadata: Metadata

  constructor(
    /** The kind of the Variable. */
    readonly type: VariableClass,
    readonly value: T,
    metadata: Metadata = {},
  ) {
    this.metadata = frozenMetadata(metadata)
  }

  /** The same kind and metadata with another value. */
  replace<V>(value: V): VariableState<V> {
    return new VariableState(this.type, value, this.metadata)
  }

  /** A new Variable of this kind, value and metadata. */
  toVariable(): Variable<T> {
    return Variable.fromMetadata(this.type, this.value, this.metadata)
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
    return {
      name: 'VariableState',
      fields: [['type', this.type], ['value', this.value], ...Object.entries(this.metadata)],
      holds: [printedKind(this.type), this.value],
    }
  }
}

const valueKey = [getAttrKey('value')]

registerNode<VariableState<unknown>, readonly [VariableClass, Metadata]>(VariableState, {
  flatten: ({ type, value, metadata }) => ({ children: [value], keys: valueKey, aux: [type, metadata] }),
  unflatten: ([type, metadata], [value]) => new VariableState(type, value, metadata),
  printAux: ([type]) => type.name,
})

/** The leaf of a state that `variable` leaves behind. */
export const toVariableState = <T>(variable: Variable<T>): VariableState<T> =>
  new VariableState(variable.type, variable.rawValue, variable.metadata)

Object.defineProperty(Variable.prototype, 'toState', {
  value(this: Variable<unknown>) {
    return toVariableState(this)
  },
  writable: true,
  configurable: true,
})
