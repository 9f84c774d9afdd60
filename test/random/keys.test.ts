/** Keys: their words, names and copies. Their numbers are in golden.test.ts. */
import test from 'ava'
import {
  ArgumentError,
  OptionsError,
  DTypeError,
  jit,
  type NDArray,
  np,
  random,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { elements } from '../helpers/arrays.js'

const key = random.key(42)

test('keyImpl, keyDtype and the fields of keys name threefry', (t) => {
  t.is(random.keyImpl(random.split(key, 3)), 'threefry2x32')
  t.is(random.keyDtype(), 'key<fry>')
  t.is(random.keyDtype('threefry2x32'), key.dtype)
  t.is(key.impl, random.keyImpl(key))
  for (const options of [{ impl: 'threefry2x32' }, { dtype: 'key<fry>' }, {}]) {
    t.deepEqual(elements(random.keyData(random.key(42, options))), [0, 42])
    t.deepEqual(elements(random.wrapKeyData(key.data, options).data), [0, 42])
  }
  for (const f of [
    () => random.key(0, { impl: 'rbg' }),
    () => random.key(0, { impl: 'threefry2x32', dtype: 'key<fry>' }),
    () => random.wrapKeyData(key.data, { impl: 'unsafe_rbg' }),
    () => random.keyDtype('rbg'),
    () => random.keyImpl(7 as never),
    () => random.keyData(np.zeros([2]) as never),
    () => random.clone(null as never),
  ]) {
    t.throws(f, { instanceOf: ArgumentError })
  }
  t.throws(() => random.key(0, { name: 'fry' } as never), { instanceOf: OptionsError })
})

test('PRNGKey(seed) is key(seed), and the class of keys', (t) => {
  const made = random.PRNGKey(42)
  t.deepEqual(elements(made.data), [0, 42])
  t.true(made instanceof random.PRNGKey)
  t.true(new random.PRNGKey(key.data) instanceof random.PRNGKey)
  t.true(jit((k: random.PRNGKey) => random.split(k))(made) instanceof random.PRNGKey)
})

test('clone: the same keys in another object', (t) => {
  const copy = random.clone(key)
  t.not(copy, key)
  t.deepEqual(elements(copy.data), elements(key.data))
})

test('words of keys of any shape come back as keys', (t) => {
  const keys = random.split(key, [2, 3])
  t.deepEqual(random.wrapKeyData(random.keyData(keys)).shape, [2, 3])
  const each = vmap((words) => random.keyData(random.foldIn(random.wrapKeyData(words as NDArray), 1)))(
    random.split(key, 3).data,
  )
  t.deepEqual(elements(each.slice(1)), elements(random.foldIn(random.split(key, 3).at(1), 1).data))
  t.deepEqual(random.split(key, 0).shape, [0])
})

test('errors of keys', (t) => {
  t.throws(() => random.split(key, 1.5), { instanceOf: ShapeError })
  t.throws(() => random.split(key, [2, -1]), { instanceOf: ShapeError })
  t.throws(() => random.split(random.split(key)), { instanceOf: ShapeError, message: /use vmap/ })
  t.throws(() => random.foldIn(key, np.zeros([2], { dtype: 'int32' })), { instanceOf: ShapeError })
  t.throws(() => random.foldIn(key, np.array(1)), { instanceOf: DTypeError })
  t.throws(() => random.foldIn(key, 1.5), { instanceOf: ArgumentError })
  t.throws(() => random.wrapKeyData(np.zeros([2])), { instanceOf: ShapeError })
})
