import test from 'ava'
import fc from 'fast-check'
import {
  ArgumentError,
  ConcretizationError,
  DTypeError,
  grad,
  jit,
  type NDArray,
  np,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

const x = np.arange(24).reshape(2, 3, 4)
const ints = (...values: number[]): NDArray => np.array(Int32Array.from(values))

test('numbers, ranges, new axes and dots, as in NumPy', (t) => {
  t.deepEqual(x.slice(1).shape, [3, 4])
  t.deepEqual(x.slice(-1, 0, -1).toArray(), 15)
  t.deepEqual(x.slice(0, [1, 3]).toArray(), [
    [4, 5, 6, 7],
    [8, 9, 10, 11],
  ])
  t.deepEqual(x.slice(0, 0, [null, null, -1]).toArray(), [3, 2, 1, 0])
  t.deepEqual(x.slice(0, 0, [3, 0, -2]).toArray(), [3, 1])
  t.deepEqual(x.slice('...', 1).toArray(), [
    [1, 5, 9],
    [13, 17, 21],
  ])
  t.deepEqual(x.slice(null, '...', null).shape, [1, 2, 3, 4, 1])
  t.deepEqual(x.slice([5, 9]).shape, [0, 3, 4])
  t.deepEqual(x.slice([-1, null], [null, -1], [1, null, 2]).toArray(), [
    [
      [13, 15],
      [17, 19],
    ],
  ])
})

test('arrays of positions: their axes stand where they stood, or in front', (t) => {
  t.deepEqual(x.slice(ints(1, 0, 1)).shape, [3, 3, 4])
  t.deepEqual(x.slice(0, ints(2, 0)).toArray(), [
    [8, 9, 10, 11],
    [0, 1, 2, 3],
  ])
  t.deepEqual(x.slice([null, null], ints(2, 0), [0, 2]).toArray(), [
    [
      [8, 9],
      [0, 1],
    ],
    [
      [20, 21],
      [12, 13],
    ],
  ])
  t.deepEqual(x.slice(ints(0, 1), ints(1, 2), ints(3, 0)).toArray(), [7, 20])
  t.deepEqual(x.slice(ints(0, 1), [null, null], ints(3, 0)).shape, [2, 3])
  t.deepEqual(x.slice(ints(0, 1), [null, null], ints(3, 0)).toArray(), [
    [3, 7, 11],
    [12, 16, 20],
  ])
  t.deepEqual(x.slice(ints(1), ints(0, 1).reshape(2, 1), [null, null, 2]).toArray(), [[[12, 14]], [[16, 18]]])
  t.deepEqual(x.slice(0, 0, ints(-1, 99)).toArray(), [3, 3], 'out of range moves inside')
})

test('a reference in plain TypeScript agrees for all ranges', (t) => {
  const bound = fc.option(fc.integer({ min: -7, max: 7 }), { nil: null })
  const step = fc.constantFrom(-3, -2, -1, 1, 2, 3)
  const line = np.arange(5)
  fc.assert(
    fc.property(bound, bound, step, (start, stop, by) => {
      const n = 5
      const clampTo = (i: number, lo: number, hi: number): number => Math.min(Math.max(i < 0 ? i + n : i, lo), hi)
      const from = start === null ? (by > 0 ? 0 : n - 1) : by > 0 ? clampTo(start, 0, n) : clampTo(start, -1, n - 1)
      const to = stop === null ? (by > 0 ? n : -1) : by > 0 ? clampTo(stop, 0, n) : clampTo(stop, -1, n - 1)
      const expected: number[] = []
      for (let i = from; by > 0 ? i < to : i > to; i += by) expected.push(i)
      t.deepEqual(line.slice([start, stop, by]).toArray(), expected)
    }),
  )
})

test('at: changes leave the array as it is', (t) => {
  const z = np.zeros([4])
  t.deepEqual(z.at(1).set(5).toArray(), [0, 5, 0, 0])
  t.deepEqual(z.at(-1).add(2).toArray(), [0, 0, 0, 2])
  t.deepEqual(z.at([1, 3]).set([1, 2].length).toArray(), [0, 2, 2, 0])
  t.deepEqual(
    z
      .at([null, null, 2])
      .set(np.array([7, 8]))
      .toArray(),
    [7, 0, 8, 0],
  )
  t.deepEqual(z.at([null, null, -1]).set(np.arange(4).astype('float32')).toArray(), [3, 2, 1, 0])
  t.deepEqual(
    z
      .at(ints(1, 1, 9))
      .add(1)
      .toArray(),
    [0, 2, 0, 0],
    'twice added twice, outside left out',
  )
  t.deepEqual(np.ones([3]).at(ints(0, 0)).mul(3).toArray(), [9, 1, 1])
  t.deepEqual(np.ones([3]).at(0).min(-1).toArray(), [-1, 1, 1])
  t.deepEqual(
    np
      .ones([3])
      .at([0, 2])
      .max(np.array([0, 4]))
      .toArray(),
    [1, 4, 1],
  )
  t.deepEqual(np.zeros([2, 3]).at(0, [1, 3]).set(1).toArray(), [
    [0, 1, 1],
    [0, 0, 0],
  ])
  t.deepEqual(
    np
      .zeros([2, 3])
      .at(ints(0, 1), ints(2, 0))
      .set(np.array([5, 6]))
      .toArray(),
    [
      [0, 0, 5],
      [6, 0, 0],
    ],
  )
  t.deepEqual(x.at(1, ints(0)).get().toArray(), [[12, 13, 14, 15]])
  t.deepEqual(z.toArray(), [0, 0, 0, 0])
  t.is(np.arange(3).at(0).set(7.9).dtype, 'int32')
})

test('iteration gives the arrays along the first axis', (t) => {
  const [a, b] = np.array([
    [1, 2],
    [3, 4],
  ])
  t.deepEqual(
    [a!.toArray(), b!.toArray()],
    [
      [1, 2],
      [3, 4],
    ],
  )
  t.throws(() => [...np.array(1)], { instanceOf: ShapeError })
})

test('gradients and vmap go through', (t) => {
  checkGrads(t, (y) => y.slice([null, null, -2], 1), [sample([3, 2], 1)])
  checkGrads(t, (y) => y.slice(ints(2, 0, 2)), [sample([3, 2], 2)])
  checkGrads(t, (y, v) => y.at(ints(2, 0)).set(v), [sample([3, 2], 3), sample([2, 2], 4)])
  checkGrads(t, (y, v) => y.at([0, 2]).add(v), [sample([3, 2], 5), sample([2, 2], 6)])
  t.deepEqual(grad((y: NDArray) => y.slice(ints(0, 0, 1)).sum())(np.zeros([3])).toArray(), [2, 1, 0])
  const rows = sample([4, 3], 7)
  allClose(
    t,
    vmap((r: NDArray, i: NDArray) => r.slice(i))(rows, ints(2, 0, 1, 2)),
    [0, 1, 2, 3].map((i) => rows.slice(i, [2, 0, 1, 2][i]!).item()),
  )
  allClose(t, jit((r: NDArray) => r.at(0).set(1).slice([0, 2]))(np.zeros([3])), [1, 0])
})

test('errors', (t) => {
  t.throws(() => x.slice(2), {
    instanceOf: ShapeError,
    message: 'indexing requires a whole number in [-2, 2) for axis 0, got 2',
  })
  t.throws(() => x.slice(0, 0, 0, 0), { instanceOf: ShapeError, message: /at most 3 indices/ })
  t.throws(() => x.slice([0, 1, 0]), { instanceOf: ArgumentError, message: /step not 0/ })
  t.throws(() => x.slice(np.array([0.5])), { instanceOf: DTypeError, message: /arrays of integers/ })
  t.throws(() => x.slice(np.array([true])), { instanceOf: ShapeError, message: /a mask of the sizes of axes 0/ })
  t.throws(() => jit((m: NDArray) => x.slice(m))(np.array([true, false])), { instanceOf: ConcretizationError })
  t.throws(
    () =>
      np
        .zeros([3])
        .at([0, 2])
        .set(np.ones([3])),
    { instanceOf: ShapeError },
  )
})

test('masks read and replace where they hold', (t) => {
  const y = np.arange(6).reshape(2, 3)
  const mask = y.mod(2).eq(1)
  t.deepEqual(y.slice(mask).toArray(), [1, 3, 5])
  t.deepEqual(y.slice(np.array([false, true])).toArray(), [[3, 4, 5]])
  t.deepEqual(y.slice([null, null], np.array([true, false, true])).toArray(), [[0, 2], [3, 5]]) // prettier-ignore
  t.deepEqual(y.at(mask).set(-1).toArray(), [[0, -1, 2], [-1, 4, -1]]) // prettier-ignore
  t.deepEqual(y.at(mask).set(np.array([7, 8, 9])).toArray(), [[0, 7, 2], [8, 4, 9]]) // prettier-ignore
  // A value for all places needs no count of them.
  t.deepEqual(jit((z: NDArray, m: NDArray) => z.at(m).add(10))(y, mask).toArray(), [[0, 11, 2], [13, 4, 15]]) // prettier-ignore
  t.deepEqual(y.at(np.array([true, false])).max(np.array([9, 0, 9])).toArray(), [[9, 1, 9], [3, 4, 5]]) // prettier-ignore
})

test('x.at: differences, quotients, powers, functions, and what stands out of range', (t) => {
  const y = np.array([1, 2, 4])
  const twice = np.array([2, 2], { dtype: 'int32' })
  t.deepEqual(y.at(twice).sub(1).toArray(), [1, 2, 2])
  t.deepEqual(y.at(twice).div(2).toArray(), [1, 2, 1])
  t.deepEqual(y.at([1, 3]).pow(2).toArray(), [1, 4, 16])
  t.deepEqual(
    y
      .at(twice)
      .apply((z) => z.mul(10))
      .toArray(),
    [1, 2, 40],
  )
  const far = np.array([0, 5], { dtype: 'int32' })
  t.deepEqual(y.at(far).get().toArray(), [1, 4])
  t.deepEqual(y.at(far).get({ mode: 'fill', fillValue: -3 }).toArray(), [1, -3])
})
