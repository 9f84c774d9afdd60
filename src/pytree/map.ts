/** Functions of leaves as functions of trees. */

import { flatten, type FlattenOptions } from './flatten.js'
import type { KeyPath } from './path.js'
import type { TreeDef } from './treedef.js'
import type { Leaf, LeafOf, MapLeaves, Pytree } from './types.js'

// `any`, not `unknown`: parameters without a type take theirs from here, and must be usable.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Rest = readonly any[]
type AnyFunction = (...leaves: Rest) => unknown

/**
 * A tree of the structure of the first, with `f` of the leaves of all of them. `null` stays `null`.
 * The first tree may be a prefix of the others: `f` then gets their subtrees. To stop early, use {@link mapWith}.
 * In generic code give the parameters of `f` types: the result then has the type of the tree.
 *
 * @throws PytreeError with the first differing path and both structures
 * @example
 * ```ts
 * import { map } from 'onnax/pytree'
 *
 * map((x) => x + 1, { a: 1, b: [2, null] }) // => { a: 2, b: [3, null] }
 * map((x: number, y: number) => x + y, [1, 2], [10, 20]) // => [11, 22]
 * ```
 */
export function map<T, A extends LeafOf<T>, R>(
  f: (leaf: A, ...rest: Rest) => R,
  tree: T,
  ...rest: readonly unknown[]
): MapLeaves<T, A, R>
export function map<T extends Pytree<R>, R extends Leaf>(
  f: (leaf: R, ...rest: readonly never[]) => R,
  tree: T,
  ...rest: readonly unknown[]
): T
export function map<F extends AnyFunction, T>(
  f: F,
  tree: T,
  ...rest: readonly unknown[]
): MapLeaves<T, Parameters<F>[0], ReturnType<F>>
export function map(f: AnyFunction, tree: unknown, ...rest: readonly unknown[]): unknown {
  return mapTrees('tree.map', f, flatten(tree), rest)
}

/**
 * {@link map} with options, which come first because the trees are any number.
 *
 * @example
 * ```ts
 * import { mapWith } from 'onnax/pytree'
 *
 * mapWith({ isLeaf: (x) => x === null }, (x) => x ?? 0, [1, null]) // => [1, 0]
 * ```
 */
export function mapWith<F extends AnyFunction, T>(
  options: FlattenOptions,
  f: F,
  tree: T,
  ...rest: readonly unknown[]
): MapLeaves<T, Parameters<F>[0], ReturnType<F>>
export function mapWith(options: FlattenOptions, f: AnyFunction, tree: unknown, ...rest: readonly unknown[]): unknown {
  return mapTrees('tree.mapWith', f, flatten(tree, options), rest)
}

/**
 * {@link map} whose function gets the path of the leaf first.
 *
 * @throws PytreeError with the first differing path and both structures
 * @example
 * ```ts
 * import { keystr, mapWithPath } from 'onnax/pytree'
 *
 * mapWithPath((path, x) => `${keystr(path)}=${x}`, { a: [1] }) // => { a: ["['a'][0]=1"] }
 * ```
 */
export function mapWithPath<T, A extends LeafOf<T>, R>(
  f: (path: KeyPath, leaf: A, ...rest: Rest) => R,
  tree: T,
  ...rest: readonly unknown[]
): MapLeaves<T, A, R>
export function mapWithPath<F extends (path: KeyPath, ...leaves: Rest) => unknown, T>(
  f: F,
  tree: T,
  ...rest: readonly unknown[]
): MapLeaves<T, Parameters<F>[1], ReturnType<F>>
export function mapWithPath(
  f: (path: KeyPath, ...leaves: Rest) => unknown,
  tree: unknown,
  ...rest: readonly unknown[]
): unknown {
  const [first, treedef] = flatten(tree)
  const columns = [treedef.paths(), first, ...align('tree.mapWithPath', treedef, rest)]
  return treedef.unflatten(first.map((_, i) => f(...(columns.map((column) => column[i]) as [KeyPath]))))
}

/** The leaves of the other trees, subtrees where they go deeper, in the order of the first tree's. */
const align = (where: string, treedef: TreeDef, rest: readonly unknown[]): readonly (readonly unknown[])[] =>
  rest.map((tree, i) => treedef.flattenUpTo(tree, { where, left: 'tree 1', right: `tree ${i + 2}` }))

const mapTrees = (
  where: string,
  f: AnyFunction,
  [first, treedef]: readonly [readonly unknown[], TreeDef],
  rest: readonly unknown[],
): unknown => {
  if (rest.length === 0) return treedef.unflatten(first.map((leaf) => f(leaf)))
  const columns = align(where, treedef, rest)
  return treedef.unflatten(first.map((leaf, i) => f(leaf, ...columns.map((column) => column[i]))))
}
