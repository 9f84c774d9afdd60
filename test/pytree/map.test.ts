/** Functions of leaves on trees: map, reduce, transpose. */

import test from 'ava'
import {
  all,
  keystr,
  map,
  mapWith,
  mapWithPath,
  PytreeError,
  reduce,
  reduceAssociative,
  structure,
  transpose,
} from '../../src/pytree/index.js'
import { Pair } from './arbitraries.js'

test('map calls with the leaf alone, and with the leaves of all trees', (t) => {
  const seen: unknown[][] = []
  map((...args: unknown[]) => seen.push(args), { b: 1, a: [2] })
  map((...args: unknown[]) => seen.push(args), [1, 2], [3, 4], [5, 6])
  t.deepEqual(seen, [[2], [1], [1, 3, 5], [2, 4, 6]])
})

test('map leaves its argument alone and keeps null', (t) => {
  const tree = Object.freeze({ a: Object.freeze([1, 2]), b: null })
  t.deepEqual(
    map((x) => x + 1, tree),
    { a: [2, 3], b: null },
  )
  t.deepEqual(tree, { a: [1, 2], b: null })
})

test('the first tree may be a prefix', (t) => {
  t.deepEqual(
    map((a: number, b: unknown) => [a, b], { x: 1, y: 2 }, { y: null, x: [3, { z: 4 }] }),
    { x: [1, [3, { z: 4 }]], y: [2, null] } as never,
  )
})

test('mapWith stops where isLeaf says so', (t) => {
  const sum = (x: readonly number[] | null): number => (x ?? []).reduce((a, b) => a + b, 0)
  const isLeaf = (x: unknown): boolean => x === null || Array.isArray(x)
  t.deepEqual(mapWith({ isLeaf }, sum, { a: [1, 2], b: null }), { a: 3, b: 0 } as never)
})

test('mapWithPath gives path, then leaves', (t) => {
  t.deepEqual(
    mapWithPath((path, x, y: number) => `${keystr(path)}: ${x + y}`, { a: [1], b: 2 }, { a: [10], b: 20 }),
    { a: ["['a'][0]: 11"], b: "['b']: 22" },
  )
})

const differing: readonly (readonly [first: unknown, second: unknown, path: string, message: string])[] = [
  [
    { a: 1, b: [2, { c: 3 }] },
    { a: 1, b: [2, { d: 3 }] },
    "['b'][1]",
    "tree.map requires an object with keys 'c' at ['b'][1] of tree 2, as in tree 1, " +
      "got an object with keys 'd' (missing 'c', unexpected 'd')\n" +
      "  tree 1: PyTreeDef({'a': *, 'b': [*, {'c': *}]})\n  tree 2: PyTreeDef({'a': *, 'b': [*, {'d': *}]})",
  ],
  [
    [1, [2, 3]],
    [1, [2, 3, 4]],
    '[1]',
    'tree.map requires an array of 2 at [1] of tree 2, as in tree 1, got an array of 3\n' +
      '  tree 1: PyTreeDef([*, [*, *]])\n  tree 2: PyTreeDef([*, [*, *, *]])',
  ],
  [
    [[1]],
    [2],
    '[0]',
    'tree.map requires an array of 1 at [0] of tree 2, as in tree 1, got a leaf\n' +
      '  tree 1: PyTreeDef([[*]])\n  tree 2: PyTreeDef([*])',
  ],
  [
    null,
    {},
    '',
    'tree.map requires null at the root of tree 2, as in tree 1, got an object without keys\n' +
      '  tree 1: PyTreeDef(None)\n  tree 2: PyTreeDef({})',
  ],
  [
    { a: 1 },
    { a: undefined },
    '',
    "tree.map requires an object with keys 'a' at the root of tree 2, as in tree 1, " +
      "got an object without keys (missing 'a')\n  tree 1: PyTreeDef({'a': *})\n  tree 2: PyTreeDef({})",
  ],
  [
    [1],
    [undefined],
    '[0]',
    'tree.map requires a leaf at [0] of tree 2, as in tree 1, got undefined\n' +
      '  tree 1: PyTreeDef([*])\n  tree 2: PyTreeDef([undefined])',
  ],
  [
    new Map([[1, 1]]),
    new Map([['1', 1]]),
    '',
    'tree.map requires a Map with keys 1 at the root of tree 2, as in tree 1, ' +
      "got a Map with keys '1' (missing 1, unexpected '1')\n" +
      "  tree 1: PyTreeDef(Map({1: *}))\n  tree 2: PyTreeDef(Map({'1': *}))",
  ],
  [
    [new Pair(1, 2, 'x')],
    [new Pair(1, 2, 'y')],
    '[0]',
    "tree.map requires a Pair of static data {'tag': 'x'} at [0] of tree 2, as in tree 1, got {'tag': 'y'}\n" +
      "  tree 1: PyTreeDef([CustomNode(Pair[{'tag': 'x'}], [*, *])])\n" +
      "  tree 2: PyTreeDef([CustomNode(Pair[{'tag': 'y'}], [*, *])])",
  ],
  [
    new Pair(1, [2], 'x'),
    new Pair(1, { a: 2 }, 'x'),
    '.second',
    "tree.map requires an array of 1 at .second of tree 2, as in tree 1, got an object with keys 'a'\n" +
      "  tree 1: PyTreeDef(CustomNode(Pair[{'tag': 'x'}], [*, [*]]))\n" +
      "  tree 2: PyTreeDef(CustomNode(Pair[{'tag': 'x'}], [*, {'a': *}]))",
  ],
]

for (const [first, second, path, message] of differing)
  test(`map refuses ${structure(first)}: ${message.slice(0, 60)}`, (t) => {
    const error = t.throws(() => map((x: unknown) => x, first, second), { instanceOf: PytreeError })
    t.is(error.message, message)
    t.is(keystr(error.path), path)
    t.is(error.left, `${structure(first)}`)
    t.true(error instanceof TypeError)
    t.is(error.name, 'PytreeError')
  })

test('errors name the tree that differs, and shorten what is long', (t) => {
  const long = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`parameter${i}`, i]))
  const error = t.throws(() => map((x: unknown) => x, long, long, { ...long, extra: 1 }), { instanceOf: PytreeError })
  t.regex(error.message, /of tree 3, as in tree 1, .*\(unexpected 'extra'\)/)
  t.true(error.message.length < 2000)
  t.true(error.right!.includes("'parameter199': *"))
})

test('an error about a cyclic tree ends', (t) => {
  const cyclic: unknown[] = [1]
  cyclic.push(cyclic, cyclic)
  const error = t.throws(() => map((x: unknown) => x, [1], cyclic), { instanceOf: PytreeError })
  t.is(error.right, 'PyTreeDef([*, …, …])')
})

test('reduce folds from the left', (t) => {
  const join = (a: string, b: number | string): string => `(${a}${b})`
  t.is(reduce(join, { b: 2, a: 1, c: [3] }, ''), '(((1)2)3)')
  t.is(reduce(join, ['a', 'b', 'c']), '((ab)c)')
  t.is(reduce(join, ['a']), 'a')
  t.is(
    reduce((n: number, x: unknown) => n + (x === null ? 1 : 0), [null, 2], 0, { isLeaf: (x) => x === null }),
    1,
  )
  t.is(reduce(join, [], 'none'), 'none')
  t.throws(() => reduce(join, []), {
    instanceOf: PytreeError,
    message: 'tree.reduce requires an initial value for a tree without leaves',
  })
})

test('reduceAssociative folds in pairs', (t) => {
  const join = (a: string, b: string): string => `(${a}${b})`
  t.is(reduceAssociative(join, [...'abcdefg']), '(((ab)(cd))((ef)g))')
  t.is(reduceAssociative(join, ['a']), 'a')
  t.is(reduceAssociative(join, [] as string[], { identity: 'e' }), 'e')
  t.throws(() => reduceAssociative(join, [] as string[]), {
    instanceOf: PytreeError,
    message: 'tree.reduceAssociative requires an identity for a tree without leaves',
  })
})

test('all asks every leaf, by its value', (t) => {
  t.true(all([]))
  t.true(all({ a: 1, b: [true, null, 'x'] }))
  t.false(all({ a: 1, b: [0] }))
  class Scalar {
    constructor(readonly value: boolean) {}
    item(): boolean {
      return this.value
    }
  }
  t.true(all([new Scalar(true), new Date()]))
  t.false(all([new Scalar(true), new Scalar(false)]))
})

test('transpose swaps two levels', (t) => {
  const [outer, inner] = [structure({ x: 0, y: 0 }), structure([0, [0, null]])]
  const tree = { y: [3, [4, null]], x: [1, [2, null]] }
  const swapped = [{ x: 1, y: 3 }, [{ x: 2, y: 4 }, null]]
  t.deepEqual(transpose(outer, inner, tree), swapped)
  t.deepEqual(transpose(outer, null, tree), swapped)
  t.deepEqual(transpose(inner, outer, swapped), { x: [1, [2, null]], y: [3, [4, null]] })
  t.deepEqual(transpose(structure([]), inner, []), [[], [[], null]])
})

test('transpose says which level differs', (t) => {
  const [outer, inner] = [structure([0, 0]), structure({ a: 0 })]
  t.throws(() => transpose(outer, inner, [{ a: 1 }]), {
    instanceOf: PytreeError,
    message:
      /^tree\.transpose requires an array of 2 at the root of the tree, as in the outer treedef, got an array of 1\n/,
  })
  t.throws(() => transpose(outer, inner, [{ a: 1 }, { b: 1 }]), {
    instanceOf: PytreeError,
    message:
      /^tree\.transpose requires an object with keys 'a' at the root of inner tree 1, as in the inner treedef, got/,
  })
  t.throws(() => transpose(structure([]), null, []), {
    instanceOf: PytreeError,
    message: 'tree.transpose requires an inner treedef where the outer one has no leaves, got null',
  })
})
