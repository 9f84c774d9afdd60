/** What is a node, what is a leaf, in which order; and what is neither. */

import test from 'ava'
import { isDeepStrictEqual } from 'node:util'
import { runInNewContext } from 'node:vm'
import {
  allLeaves,
  flatten,
  flattenWithPath,
  isNode,
  flattenOneLevel,
  flattenOneLevelWithKeys,
  keystr,
  leaves,
  leavesWithPath,
  PytreeError,
  structure,
  unflatten,
} from '../../src/pytree/index.js'
import { Leaf, Pair } from './arbitraries.js'

const message = (f: () => unknown): string => {
  try {
    f()
  } catch (error) {
    if (error instanceof PytreeError) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

test('leaves come in the order of sorted keys', (t) => {
  t.deepEqual(leaves({ b: 1, a: { d: 2, c: 3 }, B: 4 }), [4, 3, 2, 1])
  t.deepEqual(leaves([3, [1, [2]]]), [3, 1, 2])
})

test('keys that are indices come first, by value', (t) => {
  const tree = { x: 'x', 10: 'ten', 2: 'two', '-1': 'minus', '01': 'octal', 4294967295: 'no index' }
  t.deepEqual(leaves(tree), ['two', 'ten', 'minus', 'octal', 'no index', 'x'])
  const [ls, treedef] = flatten(tree)
  t.deepEqual(Object.keys(unflatten(treedef, ls)), ['2', '10', '-1', '01', '4294967295', 'x'])
})

test('objects are built with their keys in order', (t) => {
  const [ls, treedef] = flatten({ c: 1, a: 2, b: 3 })
  for (let i = 0; i < 4; i++) t.deepEqual(Object.keys(treedef.unflatten(ls)), ['a', 'b', 'c'])
})

test('keys of Maps are sorted, numbers first, and keep their type', (t) => {
  const tree = new Map<string | number, number>([
    ['b', 1],
    [10, 2],
    ['10', 3],
    [9, 4],
    ['9', 5],
    [-0.5, 6],
    ['a', 7],
  ])
  const [ls, treedef] = flatten(tree)
  t.deepEqual(ls, [6, 4, 2, 5, 3, 7, 1])
  t.deepEqual([...treedef.unflatten(ls).keys()], [-0.5, 9, 10, '9', '10', 'a', 'b'])
  t.true(isDeepStrictEqual(treedef.unflatten(ls), tree))
})

test('null is a node without leaves, unless isLeaf says otherwise', (t) => {
  const [ls, treedef] = flatten([1, null, { a: null }])
  t.deepEqual(ls, [1])
  t.is(treedef.numNodes, 5)
  t.deepEqual(treedef.unflatten([2]), [2, null, { a: null }])
  t.deepEqual(leaves([1, null], { isLeaf: (x) => x === null }), [1, null])
})

test('isLeaf stops at nodes, the root included', (t) => {
  const tree = { a: [1, 2], b: [3] }
  t.deepEqual(leaves(tree, { isLeaf: Array.isArray }), [[1, 2], [3]])
  t.deepEqual(leaves(tree, { isLeaf: () => true }), [tree])
  t.is(`${structure(tree, { isLeaf: Array.isArray })}`, "PyTreeDef({'a': *, 'b': *})")
})

test('isLeaf gets the path where paths are asked for', (t) => {
  const tree = { a: [1, [2, 3]], b: [4] }
  const [pairs] = flattenWithPath(tree, { isLeaf: (_, path) => keystr(path) === "['a'][1]" })
  t.deepEqual(
    pairs.map(([path, leaf]) => [keystr(path, { simple: true }), leaf]),
    [
      ['a/0', 1],
      ['a/1', [2, 3]],
      ['b/0', 4],
    ],
  )
})

test('a property that is undefined is absent', (t) => {
  t.deepEqual(leaves({ a: undefined, b: 1 }), [1])
  t.true(structure({ a: undefined, b: 1 }).equals(structure({ b: 1 })))
  t.deepEqual(unflatten(structure({ a: undefined, b: 1 }), [2]), { b: 2 } as never)
})

test('only own enumerable string properties count', (t) => {
  const tree = Object.defineProperty({ a: 1, [Symbol('s')]: 2 }, 'hidden', { value: 3, enumerable: false })
  t.deepEqual(leaves(tree), [1])
})

test('objects without a prototype are plain; other prototypes make leaves', (t) => {
  const bare = Object.assign(Object.create(null) as object, { b: 1, a: 2 })
  t.true(structure(bare).equals(structure({ a: 0, b: 0 })))
  const derived: unknown = Object.create({ a: 1 })
  t.deepEqual(leaves(derived), [derived])
  class List extends Array<number> {}
  const list = List.of(1, 2)
  t.deepEqual(leaves([list]), [list] as never)
})

test('a key named __proto__ is a key', (t) => {
  const tree = JSON.parse('{"__proto__": {"polluted": 1}, "a": 2}') as object
  const [ls, treedef] = flatten(tree as Record<string, unknown>)
  t.deepEqual(ls, [1, 2])
  for (let i = 0; i < 4; i++) {
    const again = treedef.unflatten([3, 4])
    t.is(Object.getPrototypeOf(again), Object.prototype)
    t.is(JSON.stringify(again), '{"__proto__":{"polluted":3},"a":4}')
    t.is(again['polluted'], undefined)
  }
  t.is(({} as Record<string, unknown>)['polluted'], undefined)
})

test('everything else is a leaf', (t) => {
  const values = [0, 'text', true, 1n, Symbol('s'), Math.sin, new Float32Array(2), new Date(), /x/, new Set([1])]
  t.deepEqual(leaves([...values, new Leaf(1), Leaf, new ArrayBuffer(1)]).length, values.length + 3)
  t.false(values.some(isNode))
  t.true([[], {}, new Map(), null, new Pair(1, 2, '')].every(isNode))
  t.false(isNode(undefined))
  t.true(allLeaves(values))
  t.false(allLeaves([1, undefined]))
  t.false(allLeaves([1, null]))
  t.true(allLeaves([1, null], { isLeaf: (x) => x === null }))
})

test('undefined is not a leaf', (t) => {
  const text = (path: string): string =>
    `flatten requires leaves other than undefined, got undefined at ${path}; use null for an empty node`
  t.is(
    message(() => flatten({ a: [1, undefined] })),
    text("['a'][1]"),
  )
  t.is(
    message(() => flatten(undefined)),
    text('the root'),
  )
  t.is(
    message(() => flatten(Array<number>(2).fill(0, 0, 1))),
    text('[1]'),
  )
  t.is(
    message(() => flatten(new Map([['m', undefined]]))),
    text("['m']"),
  )
  t.is(
    message(() => flatten(new Pair(1, undefined, 'x'))),
    text('.second'),
  )
})

test('a cycle is an error that names both ends', (t) => {
  const tree: Record<string, unknown> = { a: { b: [1] } }
  ;(tree['a'] as { b: unknown[] }).b.push(tree['a'])
  t.is(
    message(() => flatten(tree)),
    "flatten requires a tree, got a cycle at ['a']['b'][1], which is the same object as ['a']",
  )
  const self: unknown[] = []
  self.push(self, self)
  const error = t.throws(() => flatten(self), { instanceOf: PytreeError })
  t.deepEqual(error.path, [{ kind: 'index', key: 0 }])
})

test('one object at two places is not a cycle', (t) => {
  const shared = { x: 1 }
  t.deepEqual(leaves([shared, { a: shared }]), [1, 1])
})

const nested = (depth: number): unknown => {
  let tree: unknown = 1
  for (let i = 0; i < depth; i++) tree = [tree]
  return tree
}

test('a thousand levels work, ten thousand are an error', (t) => {
  const [ls, treedef] = flatten(nested(1000))
  const found: unknown[] = []
  t.true(treedef.equals(structure(nested(1000))))
  t.is(treedef.key, structure(nested(1000)).key)
  t.is(`${treedef}`.length, 2012)
  t.true(treedef.matchInto(treedef.unflatten(ls), found))
  t.is(treedef.paths()[0]!.length, 1000)
  t.is(treedef.compose(structure([1, 2])).numLeaves, 2)
  t.false(treedef.matchInto(nested(10_000), found))
  t.deepEqual(found, [1])
  for (const tree of [nested(1001), nested(10_000)])
    t.regex(
      message(() => flatten(tree)),
      /^flatten requires at most 1000 levels, got more at (?:\[0\])+…(?:\[0\])+$/,
    )
  t.throws(() => structure([1, [2]]).flattenUpTo(nested(10_000)), { instanceOf: PytreeError })
})

test('a Map with other keys is an error', (t) => {
  t.is(
    message(() => flatten({ m: new Map<unknown, unknown>([[{}, 1]]) })),
    "flatten requires Map keys that are strings or numbers, got another key at ['m']",
  )
})

test('paths name the way to each leaf', (t) => {
  const pairs = leavesWithPath({ layers: [new Pair(1, { w: 2 }, 'x')], m: new Map([[3, 4]]) })
  t.deepEqual(
    pairs.map(([path, leaf]) => [keystr(path), leaf]),
    [
      ["['layers'][0].first", 1],
      ["['layers'][0].second['w']", 2],
      ["['m'][3]", 4],
    ] as never,
  )
})

test('objects of another realm are leaves, not half-understood nodes', (t) => {
  const foreign: unknown = runInNewContext('({ a: 1 })')
  t.deepEqual(leaves([foreign]), [foreign])
})

test('one level: the children of a node, with their keys', (t) => {
  const tree = { b: [1, { c: 2 }], a: null }
  const [children, treedef] = flattenOneLevel(tree)
  t.deepEqual(children, [null, [1, { c: 2 }]])
  t.deepEqual(treedef.unflatten(children), tree)
  t.deepEqual(
    flattenOneLevelWithKeys(tree)[0].map(([key]) => keystr([key])),
    ["['a']", "['b']"],
  )
  t.deepEqual(flattenOneLevel(null)[0], [])
  t.throws(() => flattenOneLevel(3), { instanceOf: PytreeError })
})
