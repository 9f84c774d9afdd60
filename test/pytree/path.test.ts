/** Key paths as text. */

import test from 'ava'
import { dictKey, flattenedIndexKey, getAttrKey, keystr, sequenceKey } from '../../src/pytree/index.js'

const path = [dictKey('params'), sequenceKey(0), getAttrKey('kernel'), dictKey(3), flattenedIndexKey(1)]

test('keystr prints code', (t) => {
  t.is(keystr(path), "['params'][0].kernel[3][<flat index 1>]")
  t.is(keystr(path, { separator: ' ' }), "['params'] [0] .kernel [3] [<flat index 1>]")
  t.is(keystr([]), '')
})

test('keystr prints names', (t) => {
  t.is(keystr(path, { simple: true }), 'params/0/kernel/3/1')
  t.is(keystr(path, { simple: true, separator: '.' }), 'params.0.kernel.3.1')
})

test('keystr escapes what would end the text', (t) => {
  t.is(keystr([dictKey("it's a \\ and\na line")]), String.raw`['it\'s a \\ and\na line']`)
})
