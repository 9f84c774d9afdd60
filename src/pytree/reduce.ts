/** Folds over the leaves of a tree. */

import { PytreeError } from './errors.js'
import { flatten, type FlattenOptions } from './flatten.js'
import type { LeafOf } from './types.js'

/**
 * Left fold over the leaves, from `initial` or, without it, from the first leaf.
 *
 * @throws PytreeError without leaves and without `initial`
 * @example
 * ```ts
 * import { reduce } from 'onnax/pytree'
 *
 * reduce((sum, x) => sum + x, { a: 1, b: [2, 3] }) // => 6
 * reduce((text, x) => text + x, [1, 2], '>') // => '>12'
 * ```
 */
export function reduce<T>(f: (total: LeafOf<T>, leaf: LeafOf<T>) => LeafOf<T>, tree: T): LeafOf<T>
export function reduce<T, A>(f: (total: A, leaf: LeafOf<T>) => A, tree: T, initial: A, options?: FlattenOptions): A
export function reduce<L, A = L>(f: (total: A, leaf: L) => A, tree: unknown, initial?: A, options?: FlattenOptions): A
export function reduce(
  f: (total: unknown, leaf: never) => unknown,
  tree: unknown,
  initial?: unknown,
  options?: FlattenOptions,
): unknown {
  const leaves = flatten(tree, options)[0] as never[]
  if (initial !== undefined) return leaves.reduce<unknown>(f, initial)
  if (leaves.length === 0) throw new PytreeError('tree.reduce requires an initial value for a tree without leaves')
  return leaves.reduce<unknown>((total, leaf, i) => (i === 0 ? leaf : f(total, leaf)), leaves[0])
}

/** Options of {@link reduceAssociative}. */
export interface ReduceAssociativeOptions<L> extends FlattenOptions {
  /** The result for a tree without leaves. Default: none, an error. */
  readonly identity?: L
}

/**
 * Fold over the leaves by an associative function, in pairs: the depth is the logarithm of their number.
 *
 * @throws PytreeError without leaves and without `identity`
 * @example
 * ```ts
 * import { reduceAssociative } from 'onnax/pytree'
 *
 * reduceAssociative((a, b) => `(${a}${b})`, ['a', 'b', 'c']) // => '((ab)c)'
 * ```
 */
export const reduceAssociative = <T>(
  f: (a: LeafOf<T>, b: LeafOf<T>) => LeafOf<T>,
  tree: T,
  { identity, ...options }: ReduceAssociativeOptions<LeafOf<T>> = {},
): LeafOf<T> => {
  let row = flatten(tree, options)[0]
  if (row.length === 0) {
    if (identity !== undefined) return identity
    throw new PytreeError('tree.reduceAssociative requires an identity for a tree without leaves')
  }
  while (row.length > 1)
    row = Array.from({ length: Math.ceil(row.length / 2) }, (_, i) =>
      2 * i + 1 < row.length ? f(row[2 * i]!, row[2 * i + 1]!) : row[2 * i]!,
    )
  return row[0]!
}

/**
 * Whether every leaf is true. A leaf with a method `item`, such as an array of one element, counts as what it returns.
 *
 * @example
 * ```ts
 * import { all } from 'onnax/pytree'
 *
 * all({ a: true, b: [1, null] }) // => true
 * all([true, { item: () => false }], { isLeaf: (x) => typeof x === 'object' && x !== null && 'item' in x }) // => false
 * ```
 */
export const all = (tree: unknown, options?: FlattenOptions): boolean => flatten(tree, options)[0].every(truth)

const truth = (leaf: unknown): boolean => Boolean(hasItem(leaf) ? leaf.item() : leaf)

const hasItem = (leaf: unknown): leaf is { item(): unknown } =>
  typeof leaf === 'object' && leaf !== null && 'item' in leaf && typeof leaf.item === 'function'
