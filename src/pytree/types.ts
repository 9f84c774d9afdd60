/** Types of trees: what a tree is, its leaves, and trees of other leaves. */

/** Brand of classes whose instances are leaves: see {@link Leaf}. */
export const leaf: unique symbol = Symbol('onnax.leaf')

/** Brand of registered classes whose leaves are of one type: see {@link Node}. */
export const node: unique symbol = Symbol('onnax.node')

/**
 * A class whose instances are leaves to the types of this module (at run time every class that is not registered is one).
 * Types cannot see the registry: without the brand, a class counts as an object of its fields.
 *
 * @example
 * ```ts
 * import { leaf, type Leaf } from 'onnax/pytree'
 *
 * class Weight implements Leaf {
 *   declare readonly [leaf]: true
 * }
 * ```
 */
export interface Leaf {
  readonly [leaf]: true
}

/**
 * A registered class to the types of this module: its leaves are `L`, and `map` keeps its type.
 *
 * @example
 * ```ts
 * import { node, type Node } from 'onnax/pytree'
 *
 * class Pair implements Node<number> {
 *   declare readonly [node]: number
 *   constructor(
 *     readonly a: number,
 *     readonly b: number,
 *   ) {}
 * }
 * ```
 */
export interface Node<L> {
  readonly [node]: L
}

/** Nested readonly data whose leaves are `L`. `null` is a node without leaves. */
export type Pytree<L> =
  L | null | readonly Pytree<L>[] | ReadonlyMap<string | number, Pytree<L>> | { readonly [key: string]: Pytree<L> }

/** What is a leaf whatever the class registry says. */
type Atom =
  | Leaf
  | string
  | number
  | boolean
  | bigint
  | symbol
  | ArrayBufferView
  | ArrayBufferLike
  | Date
  | RegExp
  | Promise<unknown>
  | Set<unknown>
  | ((...args: never) => unknown)
  | (abstract new (...args: never) => unknown)

type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
type IsAny<T> = 0 extends 1 & T ? true : false

/**
 * The union of the leaf types of `T`.
 * Recursive types are followed to a depth of ten.
 */
export type LeafOf<T> = IsAny<T> extends true ? T : unknown extends T ? unknown : Leaves<T, []>

type Leaves<T, Depth extends readonly unknown[]> = Depth['length'] extends 10
  ? never
  : T extends null | undefined
    ? never
    : T extends Atom
      ? T
      : T extends Node<infer L>
        ? L
        : T extends ReadonlyMap<string | number, infer V>
          ? Leaves<V, [...Depth, 0]>
          : T extends readonly (infer E)[]
            ? Leaves<E, [...Depth, 0]>
            : T extends object
              ? Leaves<T[keyof T & string], [...Depth, 0]>
              : T

/**
 * `T` with every leaf `From` replaced by `To`; tuples stay tuples, registered classes keep their type.
 * `T` itself where the leaf type stays.
 */
export type MapLeaves<T, From, To> =
  Same<From, To> extends true ? T : Same<T, Pytree<From>> extends true ? Pytree<To> : Replace<T, From, To, []>

type Replace<T, From, To, Depth extends readonly unknown[]> = Depth['length'] extends 10
  ? T
  : IsAny<T> extends true
    ? T
    : unknown extends T
      ? unknown
      : T extends null | undefined | Node<unknown>
        ? T
        : T extends Atom
          ? T extends From
            ? To
            : T
          : T extends ReadonlyMap<infer K, infer V>
            ? ReadonlyMap<K, Replace<V, From, To, [...Depth, 0]>>
            : T extends object
              ? { [K in keyof T]: Replace<T[K], From, To, [...Depth, 0]> }
              : T
