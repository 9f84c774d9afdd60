/** Prefix trees. */

import test from 'ava'
import {
  broadcast,
  broadcastPrefix,
  equalityErrors,
  keystr,
  prefixErrors,
  PytreeError,
  structure,
} from '../../src/pytree/index.js'

const full = { a: [1, { b: 2, c: null }], d: 3, e: [] }

test('broadcast repeats the leaves of the prefix', (t) => {
  t.deepEqual(broadcast({ a: 'x', d: 'y', e: 'z' }, full), { a: ['x', { b: 'x', c: null }], d: 'y', e: [] })
  t.deepEqual(broadcast(0, full), { a: [0, { b: 0, c: null }], d: 0, e: [] })
  t.deepEqual(broadcastPrefix({ a: [1, 2], d: 3, e: [] }, full), [1, 2, 3])
})

test('isLeaf acts on both trees', (t) => {
  const isLeaf = (x: unknown): boolean => x === null
  t.deepEqual(broadcastPrefix({ a: null, d: 0, e: [] }, full, { isLeaf }), [null, null, null, 0] as never)
  t.deepEqual(broadcastPrefix([null, 0], [[1, 2], 3], { isLeaf }), [null, null, 0] as never)
})

test('null is a prefix of null alone', (t) => {
  t.throws(() => broadcastPrefix({ a: null, d: 0, e: [] }, full), {
    instanceOf: PytreeError,
    message:
      "tree.broadcastPrefix requires null at ['a'] of the full tree, as in the prefix tree, got an array of 2\n" +
      "  the prefix tree: PyTreeDef({'a': None, 'd': *, 'e': []})\n" +
      "  the full tree: PyTreeDef({'a': [*, {'b': *, 'c': None}], 'd': *, 'e': []})",
  })
})

test('flattenUpTo takes names for its error', (t) => {
  t.deepEqual(structure({ a: 0, d: 0, e: 0 }).flattenUpTo(full), [full.a, 3, []])
  const labels = { where: 'vmap', left: 'inAxes', right: 'the arguments' }
  t.throws(() => structure([0, 0]).flattenUpTo([1], labels), {
    instanceOf: PytreeError,
    message:
      'vmap requires an array of 2 at the root of the arguments, as in inAxes, got an array of 1\n' +
      '  inAxes: PyTreeDef([*, *])\n  the arguments: PyTreeDef([*])',
  })
  t.throws(() => structure([0]).flattenUpTo(1), { message: /^flattenUpTo requires .* of the tree, as in the treedef/ })
})

test('prefixErrors lists every difference, and none below one', (t) => {
  t.deepEqual(prefixErrors(0, full), [])
  const errors = prefixErrors({ a: [[1, [2]], 2], d: [3], e: 0 }, full)
  t.deepEqual(
    errors.map((error) => keystr(error.path)),
    ["['a'][0]", "['d']"],
  )
  t.true(errors.every((error) => error instanceof PytreeError))
})

test('equalityErrors also sees what is deeper than a leaf', (t) => {
  t.deepEqual(
    equalityErrors([1, 2, { a: 3 }], [[1], 2, { a: [3] }]).map((error) => error.message.split('\n')[0]),
    [
      'equalityErrors requires a leaf at [0] of tree 2, as in tree 1, got an array of 1',
      "equalityErrors requires a leaf at [2]['a'] of tree 2, as in tree 1, got an array of 1",
    ],
  )
  t.deepEqual(equalityErrors(full, full), [])
})
