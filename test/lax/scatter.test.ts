/** Scatters whose windows overlap, or do not: values and derivatives. */
import test from 'ava'
import { DifferentiationError, grad, type NDArray, np } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { operators } from '../helpers/lowering.js'
import { range, ints, row, rows, pointWrites, has } from './gathered.js'

test('64-bit integers scatter in their own order', (t) => {
  const big = (1n << 63n) + 5n
  const x = np.array(new BigUint64Array([big, 3n]))
  const u = np.array(new BigUint64Array([7n, big + 1n]))
  t.deepEqual(lax.scatterMax(x, ints([0, 1], [2, 1]), u, pointWrites).toArray(), [big, big + 1n])
  t.deepEqual(lax.scatterMin(x, ints([0, 1], [2, 1]), u, pointWrites).toArray(), [7n, 3n])
})

test('NaN wins in min and max, whether it was there or comes', (t) => {
  for (const f of [lax.scatterMin, lax.scatterMax]) {
    const y = f(np.array([NaN, 1, 2, 3]), ints([0, 1, 1, 2], [4, 1]), np.array([0, NaN, 5, 2]), pointWrites)
    t.deepEqual(elements(y), [NaN, NaN, 2, 3])
  }
})

// ONNX Runtime's ScatterND writes rows on several threads, which lose updates of one row.
const shared: readonly (readonly [string, rows: number, width: number, count: number, op: string])[] = [
  ['one node', 7, 64, 1500, 'ScatterND'],
  ['chunks', 7, 64, 20011, 'Scan'],
  ['chunks of one row', 3, 120_000, 5, 'Scan'],
  ['elements', 20_000, 64, 3000, 'ScatterElements'],
]

for (const [name, length, width, count, op] of shared) {
  test(`rows that several windows share get all of their updates: ${name}`, (t) => {
    const hits = Math.min(length, 7)
    const i = lax.rem(np.arange(count), hits)
    const updates = lax.broadcastInDim(np.arange(count).astype('float32'), [count, width], [0])
    const zeros = np.zeros([length, width])
    const by =
      (f: typeof lax.scatter) =>
      (x: NDArray, k: NDArray, u: NDArray): NDArray =>
        f(x, lax.reshape(k, [count, 1]), u, rows, { mode: 'promise_in_bounds' })
    t.true(operators(by(lax.scatterAdd), [zeros, i, updates]).includes(op))
    const of = (k: number): number[] => range(count).filter((v) => v % hits === k)
    const expected = (f: (values: readonly number[]) => number): number[] => range(hits).map((k) => f(of(k)))
    const firsts = (y: NDArray): number[] => elements(lax.slice(y, [0, 0], [hits, 1]))
    const lasts = (y: NDArray): number[] => elements(lax.slice(y, [0, width - 1], [hits, width]))
    for (const _ of range(3)) {
      const ones = by(lax.scatterAdd)(zeros, i, np.ones([count, width]))
      t.deepEqual(
        elements(lax.reduceSum(ones, [1])),
        range(length).map((k) => (k < hits ? of(k).length * width : 0)),
      )
    }
    const last = expected((values) => values.at(-1)!)
    for (const y of [by(lax.scatter)(zeros, i, updates), by(lax.scatterMax)(zeros, i, updates)]) {
      t.deepEqual(firsts(y), last)
      t.deepEqual(lasts(y), last)
    }
    const half = by(lax.scatterAdd)(zeros.astype('float16'), i, np.ones([count, width], { dtype: 'float16' }))
    t.is(half.dtype, 'float16')
    t.deepEqual(lasts(half), elements(np.array(expected((values) => values.length)).astype('float16')))
  })
}

test('windows that are promised not to overlap take one node', (t) => {
  const [x, i, u] = [np.zeros([5000, 64]), np.arange(5000).reshape([5000, 1]), np.ones([5000, 64])]
  const f =
    (uniqueIndices: boolean) =>
    (a: NDArray, k: NDArray, b: NDArray): NDArray =>
      lax.scatterAdd(a, k, b, rows, { mode: 'promise_in_bounds', uniqueIndices })
  t.true(operators(f(true), [x, i, u]).includes('ScatterND'))
  t.true(operators(f(false), [x, i, u]).includes('Scan'))
  t.is(
    elements(f(true)(x, i, u)).every((v) => v === 1),
    true,
  )
  // Dropped ones are added, as zeros, to rows of others.
  const dropping = (a: NDArray, k: NDArray, b: NDArray): NDArray =>
    lax.scatterAdd(a, k, b, rows, { uniqueIndices: true })
  t.true(operators(dropping, [x, i, u]).includes('Scan'))
})

test('points in several axes that may be one: linear where one node would race', (t) => {
  const dims = { updateWindowDims: [1], insertedWindowDims: [0, 1], scatterDimsToOperandDims: [0, 1] }
  const count = 2500
  const i = lax.rem(np.arange(2 * count), 2).reshape([count, 2])
  const f = (x: NDArray, k: NDArray, u: NDArray): NDArray => lax.scatterAdd(x, k, u, dims)
  const args = [np.zeros([2, 2, 64]), i, np.ones([count, 64])] as const
  t.true(operators(f, args).includes('Scan'))
  t.deepEqual(elements(lax.reduceSum(f(...args), [2])), [0, count * 64, 0, 0])
})

test('more windows than a constant should list', (t) => {
  const n = 20000
  const x = np.arange(2 * n).reshape([n, 2])
  const along = lax.takeAlongAxis(x, lax.rem(np.arange(n), 2).reshape([n, 1]), 1)
  t.deepEqual(elements(along).slice(-3), [2 * n - 5, 2 * n - 4, 2 * n - 1])
  const dims = {
    offsetDims: [1],
    collapsedSliceDims: [],
    startIndexMap: [1],
    operandBatchingDims: [0],
    startIndicesBatchingDims: [0],
  }
  const windows = lax.gather(x, np.zeros([n, 1], { dtype: 'int32' }), dims, [1, 1])
  t.deepEqual(elements(windows).slice(-2), [2 * n - 4, 2 * n - 2])
})

test('scatter: derivatives with unlike windows, and of the winners where windows overlap', (t) => {
  const [x, u] = [sample([4, 3], 1), sample([3, 3], 2)]
  const square = (a: NDArray): NDArray => a.mul(a)
  for (const options of [{ uniqueIndices: true }, {}]) {
    const f = (a: NDArray, b: NDArray): NDArray =>
      lax.scatter(square(a), ints([2, 7, 0], [3, 1]), square(b), rows, options)
    checkGrads(t, f, [x, u])
  }
  const overlapping = ints([1, 1, 3], [3, 1])
  const f = (a: NDArray, b: NDArray): NDArray => lax.scatter(a, overlapping, b, rows)
  checkGrads(t, f, [x, u])
  const written = elements(f(x, u)).slice(3, 6)
  const winner = range(2).find((k) => elements(row(u, k)).every((v, c) => v === written[c]))
  t.not(winner, undefined)
  const gradient = grad((b: NDArray) => f(x, b).sum())(u)
  t.deepEqual(gradient.toArray(), range(3).map((k) => Array(3).fill(k === 2 || k === winner ? 1 : 0)) as never)
})

test('scatterMul: derivatives by both where windows do not overlap, by the operand always', (t) => {
  const [x, u] = [sample([4, 3], 1), sample([3, 3], 2)]
  checkGrads(t, (a, b) => lax.scatterMul(a, ints([2, 9, 0], [3, 1]), b, rows, { uniqueIndices: true }), [x, u])
  checkGrads(t, (a) => lax.scatterMul(a, ints([1, 1, 0], [3, 1]), u, rows), [x])
  t.throws(() => grad((b: NDArray) => lax.scatterMul(x, ints([1, 1, 0], [3, 1]), b, rows).sum())(u), {
    instanceOf: DifferentiationError,
    message: /uniqueIndices/,
  })
})

test('scatterMin and scatterMax: derivatives, shared by those that tie', (t) => {
  const [x, u] = [sample([4, 3], 1), sample([3, 3], 2)]
  for (const f of [lax.scatterMin, lax.scatterMax]) {
    checkGrads(t, (a, b) => f(a, ints([2, 2, 7], [3, 1]), b, rows), [x, u])
  }
  const [gx, gu] = grad((a: NDArray, b: NDArray) => lax.scatterMax(a, ints([0, 0, 1], [3, 1]), b, pointWrites).sum(), {
    argnums: [0, 1],
  })(np.array([2, 1, 5]), np.array([2, 2, 3]))
  allClose(t, gx, [1 / 3, 0, 1])
  allClose(t, gu, [1 / 3, 1 / 3, 1])
})

test('one update at a place of its own needs no slot for those that are dropped', (t) => {
  const x = np.ones([6, 5])
  const put = (a: NDArray, k: NDArray, u: NDArray): NDArray => lax.scatter(a, k, u, rows)
  t.false(has(operators(put, [x, ints([1], [1, 1]), np.ones([1, 5])]), 'Concat'))
  t.true(has(operators(put, [x, ints([1, 2], [2, 1]), np.ones([2, 5])]), 'Concat'))
  const trusted = (a: NDArray, k: NDArray, u: NDArray): NDArray =>
    lax.scatter(a, k, u, rows, { mode: 'promise_in_bounds' })
  t.deepEqual(operators(trusted, [x, ints([1, 2], [2, 1]), np.ones([2, 5])]), ['Cast', 'ScatterND'])
})
