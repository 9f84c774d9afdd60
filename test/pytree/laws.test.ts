/** Laws that hold for all trees. */

import test from 'ava'
import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import {
  broadcastPrefix,
  equalityErrors,
  flatten,
  flattenWithPath,
  isNode,
  leaves,
  map,
  mapWithPath,
  prefixErrors,
  structure,
  type TreeDef,
} from '../../src/pytree/index.js'
import { leafArbitrary, objectOf, Pair, treeArbitrary, treeOf } from './arbitraries.js'

const holds = (property: fc.IProperty<[unknown]> | fc.IProperty<[unknown, unknown]>): void =>
  fc.assert(property as fc.IProperty<[unknown]>, { numRuns: 500 })

/** A copy of a tree with its properties and Map entries in the opposite order. */
const reversed = (tree: unknown): unknown => {
  if (Array.isArray(tree)) return tree.map(reversed)
  if (tree instanceof Map) return new Map([...tree].reverse().map(([k, v]) => [k, reversed(v)]))
  if (tree instanceof Pair) return new Pair(reversed(tree.first), reversed(tree.second), tree.tag)
  if (!isNode(tree) || tree === null) return tree
  const entries = Object.entries(tree as object).reverse()
  return objectOf(
    entries.map(([k, v]) => [k, reversed(v)]),
    null,
  )
}

test('unflatten undoes flatten', (t) => {
  holds(
    fc.property(treeArbitrary, (tree) => {
      const [ls, treedef] = flatten(tree)
      return isDeepStrictEqual(treedef.unflatten(ls), tree) && isDeepStrictEqual(treedef.unflatten(ls), tree)
    }),
  )
  t.pass()
})

test('the third tree of a structure is as good as the first, and none shares data with another', (t) => {
  holds(
    fc.property(treeArbitrary, (tree) => {
      const [ls, treedef] = flatten(tree)
      const trees = [1, 2, 3, 4].map((k) => treedef.unflatten(ls.map((_, i) => 10 * k + i)))
      return trees.every((tree, k) => leaves(tree).every((leaf, i) => leaf === 10 * (k + 1) + i))
    }),
  )
  t.pass()
})

test('flatten counts: leaves, paths and numLeaves agree, leaves are no nodes', (t) => {
  holds(
    fc.property(treeArbitrary, (tree) => {
      const [pairs, treedef] = flattenWithPath(tree)
      const ls = leaves(tree)
      return (
        ls.length === treedef.numLeaves &&
        ls.every((leaf, i) => Object.is(leaf, pairs[i]![1])) &&
        !ls.some(isNode) &&
        isDeepStrictEqual(
          treedef.paths(),
          pairs.map(([path]) => path),
        ) &&
        new Set(pairs.map(([path]) => JSON.stringify(path))).size === ls.length
      )
    }),
  )
  t.pass()
})

test('map with the identity is the identity', (t) => {
  holds(
    fc.property(treeArbitrary, (tree) =>
      isDeepStrictEqual(
        map((x: unknown) => x, tree),
        tree,
      ),
    ),
  )
  t.pass()
})

test('map composes', (t) => {
  const f = (x: number): number => 3 * x + 1
  const g = (x: number): string => `<${x}>`
  holds(
    fc.property(treeOf(fc.integer()), (tree) =>
      isDeepStrictEqual(
        map((x: number) => g(f(x)), tree),
        map(g, map(f, tree)),
      ),
    ),
  )
  t.pass()
})

test('mapWithPath gives each leaf its own path', (t) => {
  holds(
    fc.property(treeArbitrary, (tree) => {
      const paths = mapWithPath((path, leaf) => new Set<unknown>([path, leaf]), tree)
      const expected = flattenWithPath(tree)[0].map((pair) => new Set<unknown>(pair))
      return isDeepStrictEqual(leaves(paths), expected)
    }),
  )
  t.pass()
})

test('the order of properties does not matter', (t) => {
  holds(
    fc.property(treeArbitrary, (tree) => {
      const other = reversed(tree)
      const [a, b] = [flatten(tree), flatten(other)]
      const found: unknown[] = []
      return (
        a[1].equals(b[1]) &&
        a[1].key === b[1].key &&
        isDeepStrictEqual(a[0], b[0]) &&
        a[1].matchInto(other, found) &&
        isDeepStrictEqual(found, a[0])
      )
    }),
  )
  t.pass()
})

/** Two trees that often have one structure. */
const twoTrees = fc.oneof(
  fc.tuple(treeArbitrary, treeArbitrary),
  treeArbitrary.map((tree) => [tree, map(() => 0, tree)] as const),
  fc.tuple(treeArbitrary, leafArbitrary).map(([tree, leaf]) => {
    const [ls, treedef] = flatten(tree)
    return [tree, treedef.unflatten(ls.map((old, i) => (i === ls.length - 1 ? [leaf] : old)))] as const
  }),
)

test('matchInto, equals, key and equalityErrors agree', (t) => {
  let same = 0
  fc.assert(
    fc.property(twoTrees, ([a, b]) => {
      const [def, other]: readonly TreeDef[] = [structure(a), structure(b)]
      const equal = def!.equals(other!)
      if (equal) same++
      const found: unknown[] = ['before']
      const matched = def!.matchInto(b, found)
      const expected = equal ? ['before', ...leaves(b)] : ['before']
      return (
        matched === equal &&
        isDeepStrictEqual(found, expected) &&
        (def!.key === other!.key) === equal &&
        (equalityErrors(a, b).length === 0) === equal &&
        other!.equals(def!) === equal &&
        (`${def}` === `${other}`) === equal
      )
    }),
    { numRuns: 2000 },
  )
  t.true(same > 100, `only ${same} pairs had one structure`)
})

test('a tree is a prefix of what its leaves become', (t) => {
  holds(
    fc.property(treeArbitrary, treeArbitrary, (tree, inner) => {
      const treedef = structure(tree)
      const full = treedef.unflatten(leaves(tree).map(() => inner))
      const { numLeaves } = structure(inner)
      return (
        prefixErrors(tree, full).length === 0 &&
        treedef.flattenUpTo(full).every((subtree) => Object.is(subtree, inner)) &&
        treedef.compose(structure(inner)).equals(structure(full)) &&
        isDeepStrictEqual(
          broadcastPrefix(tree, full),
          leaves(tree).flatMap((leaf) => Array<unknown>(numLeaves).fill(leaf)),
        )
      )
    }),
  )
  t.pass()
})
