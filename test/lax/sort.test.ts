import test from 'ava'
import {
  ArgumentError,
  DifferentiationError,
  type DType,
  grad,
  jit,
  lax,
  linearize,
  type NDArray,
  np,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { sortP } from '../../src/lax/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { operators, runLoweredFor } from '../helpers/lowering.js'

let seed = 7
const random = (): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32

/** XLA's order: NaN above all numbers, -0 equal to 0. */
const compare = (a: number, b: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}

const order = (values: readonly number[], by: (i: number, j: number) => number): number[] =>
  values.map((_, i) => i).sort((i, j) => by(i, j) || i - j)

/** Few different values, so that many are equal; with all special ones. */
const manyEqual = (n: number, dtype: DType): number[] =>
  Array.from({ length: n }, () => {
    const u = random()
    if (dtype === 'bool') return Number(u < 0.5)
    if (!dtype.includes('float')) return Math.floor(u * 10) - (dtype.startsWith('int') ? 5 : 0)
    const special = [NaN, Infinity, -Infinity, -0, 0, NaN]
    return special[Math.floor(u * 20)] ?? Math.floor(random() * 20) - 10
  })

const arrayOf = (values: readonly number[], dtype: DType): NDArray =>
  np.array([...values], { dtype: 'float64' }).astype(dtype)
const allDtypes: readonly DType[] = ['bool', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float16', 'bfloat16', 'float32', 'float64'] // prettier-ignore

for (const dtype of allDtypes) {
  test(`sort and topK of ${dtype}: stable, NaN on top, every value kept`, (t) => {
    for (const n of [1, 2, 5, 64, 257, 5000]) {
      const values = manyEqual(n, dtype)
      const x = arrayOf(values, dtype)
      const expected = order(values, (i, j) => compare(values[i]!, values[j]!))
      const [sorted, places] = lax.sort([x, np.arange(n)])
      t.deepEqual(elements(places), expected)
      t.deepEqual(
        elements(sorted),
        expected.map((i) => values[i]!),
      )
      const k = Math.ceil(n / 3)
      const top = order(values, (i, j) => compare(values[j]!, values[i]!)).slice(0, k)
      const [greatest, indices] = lax.topK(x, k)
      t.deepEqual(elements(indices), top)
      t.deepEqual(
        elements(greatest),
        top.map((i) => values[i]!),
      )
      t.is(indices.dtype, 'int32')
    }
  })
}

test('sort: 64-bit integers that no double holds', (t) => {
  const x = np.array(BigInt64Array.of(2n ** 62n + 1n, -(2n ** 63n), 2n ** 62n, 2n ** 63n - 1n))
  t.deepEqual(lax.sort(x).toArray(), [-(2n ** 63n), 2n ** 62n, 2n ** 62n + 1n, 2n ** 63n - 1n])
  const u = np.array(BigUint64Array.of(2n ** 63n + 1n, 1n, 2n ** 64n - 1n, 2n ** 63n))
  t.deepEqual(lax.sort(u).toArray(), [1n, 2n ** 63n, 2n ** 63n + 1n, 2n ** 64n - 1n])
  t.deepEqual(lax.topK(u, 2)[0].toArray(), [2n ** 64n - 1n, 2n ** 63n + 1n])
})

test('sort: several keys, several axes, empty axes', (t) => {
  const n = 400
  const [a, b] = [manyEqual(n, 'int32'), manyEqual(n, 'float32')]
  const expected = order(a, (i, j) => compare(a[i]!, a[j]!) || compare(b[i]!, b[j]!))
  const sorted = lax.sort([arrayOf(a, 'int32'), arrayOf(b, 'float32'), np.arange(n)], { numKeys: 2 })
  t.deepEqual(elements(sorted[2]), expected)
  t.deepEqual(
    elements(sorted[0]),
    expected.map((i) => a[i]!),
  )
  t.deepEqual(
    elements(sorted[1]),
    expected.map((i) => b[i]!),
  )
  const x = np.array([
    [3, 1],
    [2, 5],
    [9, 4],
  ])
  t.deepEqual(lax.sort(x, { dimension: 0 }).toArray(), [
    [2, 1],
    [3, 4],
    [9, 5],
  ])
  t.deepEqual(lax.sort(x).toArray(), [
    [1, 3],
    [2, 5],
    [4, 9],
  ])
  t.deepEqual(lax.sort(np.zeros([3, 0])).shape, [3, 0])
  t.deepEqual(
    lax.topK(x, 0).map((y) => y.shape),
    [
      [3, 0],
      [3, 0],
    ],
  )
  t.deepEqual(lax.sortKeyVal(np.array([2, 1]), np.array([5, 6]))[1].toArray(), [6, 5])
})

test('sort and topK: derivatives move with the elements, vmap is a loop, jit is eager', (t) => {
  const x = sample([4, 3], 3)
  const y = sample([4, 3], 5)
  checkGrads(t, (a) => lax.sort(a).square(), [x])
  checkGrads(t, (a, b) => lax.sort([a, b], { dimension: 0 })[1].mul(lax.sort(a, { dimension: 0 })), [x, y])
  checkGrads(t, (a) => lax.topK(a, 2)[0].square(), [x])
  const moved = grad((a: NDArray) =>
    lax
      .sort(a)
      .mul(np.array([1, 2, 3]))
      .sum(),
  )(np.array([5, 9, 7]))
  t.deepEqual(moved.toArray(), [1, 3, 2])
  const rows = (f: (row: NDArray) => NDArray): NDArray =>
    np.stack([0, 1, 2, 3].map((i) => f(lax.squeeze(lax.sliceInDim(x, i, i + 1), [0]))))
  allClose(
    t,
    vmap((a: NDArray) => lax.sort(a))(x),
    rows((a) => lax.sort(a)),
    { rtol: 0, atol: 0 },
  )
  const key = np.array([3, 1, 2], { dtype: 'float64' })
  const byShared = (a: NDArray): NDArray => lax.sort([key, a])[1]
  allClose(t, vmap(byShared)(x), rows(byShared), { rtol: 0, atol: 0 })
  const top = (a: NDArray): NDArray => lax.topK(a, 2)[0]
  allClose(t, vmap(top)(x), rows(top), { rtol: 0, atol: 0 })
  allClose(t, vmap(top, { inAxes: 1 })(lax.transpose(x, [1, 0])), rows(top), { rtol: 0, atol: 0 })
  const row = np.array([0.5, -1, 2], { dtype: 'float64' })
  allClose(t, jit(byShared)(row), byShared(row), { rtol: 0, atol: 0 })
})

test('sort: integers take one node, floats one in double precision', (t) => {
  t.deepEqual(
    operators((x) => lax.sort(x), [np.arange(5)]),
    ['TopK'],
  )
  const ofFloats = operators((x) => lax.sort(x), [np.zeros([5])])
  t.is(ofFloats.filter((op) => op === 'TopK').length, 1)
})

test('sort: what is made for CUDA is stable where its kernel is not', (t) => {
  for (const n of [5, 300]) {
    const values = manyEqual(n, 'float32')
    const expected = order(values, (i, j) => compare(values[i]!, values[j]!))
    const places = (x: NDArray): NDArray => lax.sort([x, lax.iota('int32', x.size)])[1]
    t.deepEqual(runLoweredFor('cuda', places, [arrayOf(values, 'float32')]), expected)
    const top = order(values, (i, j) => compare(values[j]!, values[i]!)).slice(0, 3)
    t.deepEqual(
      runLoweredFor('cuda', (x) => lax.topK(x, 3)[1], [arrayOf(values, 'float32')]),
      top,
    )
    const nodes = operators(places, [np.zeros([n])], 'cuda')
    t.is(nodes.filter((op) => op === 'TopK').length, n > 256 ? 2 : 1)
  }
})

test('sort and topK: errors', (t) => {
  const x = np.zeros([2, 3])
  const throws = (f: () => unknown, error: new (...args: never) => Error, message: string): void => {
    t.true(t.throws(f, { instanceOf: error })!.message.includes(message), message)
  }
  throws(() => lax.sort([x, np.zeros([3])]), ShapeError, 'sort requires arrays of one shape')
  throws(() => lax.sort(x, { dimension: 2 }), ShapeError, 'an axis in [-2, 2)')
  throws(() => lax.sort([x], { numKeys: 2 }), ArgumentError, 'sort requires a number of keys from 1 to 1, got 2')
  throws(() => lax.sort([]), ArgumentError, 'sort requires at least one array')
  throws(() => lax.topK(x, 4), ShapeError, 'top_k requires a last axis of at least k = 4 elements')
  throws(() => lax.topK(np.array(1), 1), ShapeError, 'top_k requires')
  const transposed = (): unknown => sortP.transpose([x], [x], { dimension: 0, isStable: true, numKeys: 1 })
  throws(transposed, DifferentiationError, 'sort: is not linear')
  t.notThrows(() => linearize((a: NDArray) => lax.sort(a), x))
})
