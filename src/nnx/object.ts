/** Objects that the graph walk takes apart: plain ones, and ones that are called like functions. */
import { inspect } from 'node:util'
import { classNameOf, describe, type Description, printValue } from './print.js'

/** Brand of the classes whose instances are nodes of an object graph. */
export const graphObject: unique symbol = Symbol('onnax.nnx.object')

/**
 * Base of classes whose instances hold Variables: nodes of an object graph, with identity. `Optimizer` and the metrics
 * are such; a layer is a {@link Module}.
 *
 * Own enumerable fields are what the graph walk sees. It builds instances without calling the constructor, so `#private`
 * fields don't survive `merge`; TypeScript's `private` ones do.
 *
 * @example
 * class Counter extends nnx.Object {
 *   readonly count = new nnx.Variable(np.zeros([]))
 *   increment() {
 *     this.count.value = this.count.value.add(1)
 *   }
 * }
 * const counter = new Counter()
 * counter.increment()
 * counter.count.value.item() // => 1
 */
export abstract class GraphObject {
  declare readonly [graphObject]: true

  /** The fields, as Flax prints them. */
  toString(): string {
    return printValue(this)
  }
  /** @internal */
  [inspect.custom](): string {
    return printValue(this)
  }
  /** @internal */
  [describe](): Description {
    return { name: classNameOf(this), fields: Object.entries(this), isModule: true }
  }
}
Object.defineProperty(GraphObject.prototype, graphObject, { value: true })

/** What an instance of a class with some `call` looks like from here: its arguments are its class's affair. */
interface Called {
  call(...args: readonly unknown[]): unknown
}

/** A function with the prototype of a class: `x(...args)` is `x.call(...args)`. */
const callable = (prototype: object): object => {
  const self = (...args: readonly unknown[]): unknown => (self as Called).call(...args)
  // Own and read-only on functions: they would forbid fields of these names.
  delete (self as { name?: string }).name
  delete (self as { length?: number }).length
  return Object.setPrototypeOf(self, prototype) as object
}

/** A {@link GraphObject} whose instances are functions. */
export abstract class CallableObject extends GraphObject {
  constructor() {
    super()
    return callable(new.target.prototype) as this
  }

  /** What calling the instance does. */
  abstract call(...args: never): unknown
}

/** Whether a value is a node of an object graph: a module, an optimizer, a metric, … */
export const isGraphObject = (value: unknown): value is GraphObject =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  (value as { readonly [graphObject]?: true })[graphObject] === true

const isCallable = (prototype: object): boolean =>
  Object.prototype.isPrototypeOf.call(CallableObject.prototype, prototype)

/** @internal An instance of the class of `prototype`, without fields. */
export const createEmpty = (prototype: object): GraphObject =>
  (isCallable(prototype) ? callable(prototype) : Object.create(prototype)) as GraphObject
