/** Functions with some arguments bound, as nodes whose leaves are those arguments. */

import { registerNode } from './registry.js'
import { sequenceKey } from './path.js'
import type { Node } from './types.js'

/** A function of the remaining arguments, made by `new Partial(f, …)`. */
export interface Partial<A extends readonly unknown[], R> extends Node<unknown> {
  (...args: A): R
  /** The function of all arguments. */
  readonly f: (...args: never) => R
  /** The bound arguments. */
  readonly args: readonly unknown[]
}

class BoundFunction {
  declare readonly f: (...args: readonly unknown[]) => unknown
  declare readonly args: readonly unknown[]

  constructor(f: (...args: readonly unknown[]) => unknown, ...args: readonly unknown[]) {
    const self = (...rest: readonly unknown[]): unknown => f(...args, ...rest)
    Object.defineProperties(self, { f: { value: f }, args: { value: Object.freeze(args) } })
    return Object.setPrototypeOf(self, new.target.prototype) as BoundFunction
  }
}

/**
 * A function with its first arguments bound. It is a node: the bound arguments are its children, the function is part of
 * the structure, so that it can be passed through a transformation.
 *
 * @example
 * ```ts
 * import { leaves, map, Partial } from 'onnax/pytree'
 *
 * const add2 = new Partial((a: number, b: number) => a + b, 2)
 * add2(3) // => 5
 * leaves(add2) // => [2]
 * map((x) => Number(x) * 10, add2)(3) // => 23
 * ```
 */
export const Partial = BoundFunction as unknown as new <B extends readonly unknown[], A extends readonly unknown[], R>(
  f: (...args: [...B, ...A]) => R,
  ...args: B
) => Partial<A, R>

registerNode(BoundFunction, {
  flatten: ({ f, args }) => ({ children: args, keys: args.map((_, i) => sequenceKey(i)), aux: f }),
  unflatten: (f, args) => new BoundFunction(f, ...args),
  equalAux: Object.is,
})
