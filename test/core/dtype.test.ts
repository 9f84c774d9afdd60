import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { type DType, np } from '../../src/index.js'
import { dtypes, promoteTypes, type TypeOfValue } from '../../src/core/index.js'

type Typed = readonly [DType, boolean]
const golden = JSON.parse(readFileSync('test/golden/promotion.json', 'utf8')) as {
  readonly add: Readonly<Record<string, Readonly<Record<string, Typed>>>>
}

const parse = (name: string): TypeOfValue => {
  const weak = /^weak (\w+)$/.exec(name)?.[1]
  if (weak === 'bool') return { dtype: 'bool', weakType: false }
  return weak === undefined
    ? { dtype: name as DType, weakType: false }
    : { dtype: weak === 'int' ? 'int32' : 'float32', weakType: true }
}

test('promotion of every pair of types is that of JAX', (t) => {
  let pairs = 0
  for (const [a, row] of Object.entries(golden.add)) {
    for (const [b, [dtype, weakType]] of Object.entries(row)) {
      const actual = promoteTypes(parse(a), parse(b))
      // With 64 bit types switched on JAX's weak types have 64 bits; ours always have 32.
      const expected = weakType ? dtype.replace('64', '32') : dtype
      t.deepEqual([actual.dtype, actual.weakType], [expected, weakType], `${a} with ${b}`)
      pairs += 1
    }
  }
  t.is(pairs, 256)
})

const anyType = fc.record({ dtype: fc.constantFrom(...dtypes), weakType: fc.constant(false) })

test('promotion commutes, associates but for JAX exceptions, and is idempotent', (t) => {
  fc.assert(
    fc.property(anyType, anyType, (a, b) => {
      t.deepEqual(promoteTypes(a, b), promoteTypes(b, a))
      t.deepEqual(promoteTypes(a, a), a)
      t.deepEqual(promoteTypes(promoteTypes(a, b), b), promoteTypes(a, b))
    }),
  )
})

test('a number takes the dtype of the array it meets', (t) => {
  for (const dtype of ['float16', 'bfloat16', 'float32', 'float64', 'int8', 'uint32', 'int64'] as const) {
    t.is(np.ones([2], { dtype }).mul(2).dtype, dtype)
  }
  t.is(np.ones([2], { dtype: 'int32' }).mul(0.5).dtype, 'float32')
  t.is(np.ones([2], { dtype: 'int8' }).div(2).dtype, 'float32')
  t.is(np.array([true]).add(1).dtype, 'int32')
  t.is(np.ones([2], { dtype: 'bfloat16' }).add(np.ones([2])).dtype, 'float32')
  t.is(np.ones([2], { dtype: 'bfloat16' }).add(np.ones([2], { dtype: 'float16' })).dtype, 'float32')
})
