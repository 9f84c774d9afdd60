import test from 'ava'
import fc from 'fast-check'
import { inspect } from 'node:util'
import { ArgumentError, ConcretizationError, jit, type NDArray, np, ShapeError } from '../../src/index.js'
import { dtypes } from '../../src/core/index.js'

test('arrays print as those of JAX', (t) => {
  const prints: readonly (readonly [NDArray, string])[] = [
    [np.array(1.7055722), 'Array(1.7055722, dtype=float32)'],
    [np.array([1, 2.5, -3]), 'Array([ 1. ,  2.5, -3. ], dtype=float32)'],
    [np.array([0.1, 0.25, 1000]), 'Array([1.0e-01, 2.5e-01, 1.0e+03], dtype=float32)'],
    [np.array([1, 1e10]), 'Array([1.e+00, 1.e+10], dtype=float32)'],
    [np.array([1e-6]), 'Array([1.e-06], dtype=float32)'],
    [
      np.array([
        [1, 2],
        [3, 4],
      ]),
      'Array([[1., 2.],\n       [3., 4.]], dtype=float32)',
    ],
    [np.array([true, false]), 'Array([ True, False], dtype=bool)'],
    [np.arange(3), 'Array([0, 1, 2], dtype=int32)'],
    [np.array([NaN, Infinity, -Infinity, 1]), 'Array([ nan,  inf, -inf,   1.], dtype=float32)'],
    [np.zeros([0]), 'Array([], shape=(0,), dtype=float32)'],
    [np.array([1 / 3]), 'Array([0.33333334], dtype=float32)'],
    [np.array([1 / 3], { dtype: 'float64' }), 'Array([0.33333333], dtype=float64)'],
    [np.array([1 / 3], { dtype: 'bfloat16' }), 'Array([0.334], dtype=bfloat16)'],
    [np.array([1 / 3], { dtype: 'float16' }), 'Array([0.3333], dtype=float16)'],
    [np.array([0]), 'Array([0.], dtype=float32)'],
    [np.array(5, { dtype: 'int64' }), 'Array(5, dtype=int64)'],
    [np.zeros([2, 2, 1]), 'Array([[[0.],\n        [0.]],\n\n       [[0.],\n        [0.]]], dtype=float32)'],
    [np.arange(2000), 'Array([   0,    1,    2, ..., 1997, 1998, 1999], dtype=int32)'],
  ]
  for (const [x, text] of prints) {
    t.is(String(x), text)
    t.is(inspect(x), text)
  }
})

test('what was put in comes out, for every dtype', (t) => {
  for (const dtype of dtypes) {
    const values =
      dtype === 'bool' ? [true, false, true] : dtype.endsWith('64') && dtype.includes('int') ? [1n, 2n, 3n] : [1, 2, 3]
    const x = np.array(values, { dtype })
    t.is(x.dtype, dtype)
    t.deepEqual(x.toArray(), values, dtype)
    t.deepEqual(np.array([values, values], { dtype }).toArray(), [values, values])
  }
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
      t.deepEqual(np.array(values).toArray(), values)
    }),
  )
})

test('a typed array keeps its dtype, nested lists make axes', (t) => {
  t.is(np.array(new Int8Array([1, 2])).dtype, 'int8')
  t.is(np.array(new Float64Array([1, 2])).dtype, 'float64')
  t.is(np.array(new BigInt64Array([1n])).dtype, 'int64')
  t.deepEqual(
    np.array([
      [[1], [2]],
      [[3], [4]],
    ]).shape,
    [2, 2, 1],
  )
  t.deepEqual(np.array([np.ones([2]), np.zeros([2])]).toArray(), [
    [1, 1],
    [0, 0],
  ])
  t.throws(() => np.array([[1], [1, 2]]), {
    instanceOf: ShapeError,
    message: /lists of one shape, got \[1\] at 0 and \[2\] at 1/,
  })
})

test('item, data and views', (t) => {
  t.is(np.array(3).item(), 3)
  t.is(np.array([[true]]).item(), 1)
  t.is(np.array([5n]).item(), 5)
  t.throws(() => np.array([2n ** 60n]).item(), { instanceOf: ArgumentError })
  t.throws(() => np.ones([2]).item(), {
    instanceOf: ArgumentError,
    message: /one element, got float32\[2\]; use toArray\(\)/,
  })
  const x = np.array([1, 2])
  const copy = x.data()
  copy[0] = 9
  t.deepEqual(x.toArray(), [1, 2])
  t.is(x.data({ copy: false }).buffer, x.data({ copy: false }).buffer)
  t.is(Number(np.array(2)), 2)
})

test('reading a traced value inside of jit says what to do', (t) => {
  const read = { item: (x: NDArray) => x.item(), toArray: (x: NDArray) => x.toArray(), data: (x: NDArray) => x.data() }
  for (const [name, f] of Object.entries(read)) {
    const error = t.throws(() => jit((x: NDArray) => np.array(f(x) as number))(np.ones([2])), {
      instanceOf: ConcretizationError,
    })
    t.regex(
      error.message,
      new RegExp(
        `^${name}\\(\\) requires a concrete array, got a traced float32\\[2\\] \\(argument args\\[0\\] of anonymous\\)`,
      ),
    )
    t.regex(error.message, /staticArgnums.*np\.where/)
  }
  t.throws(() => jit((x: NDArray) => np.array(Number(x)))(np.ones([])), { instanceOf: ConcretizationError })
})
