/** Slices at computed positions. */
import test from 'ava'
import fc from 'fast-check'
import type { NDArray } from '../../src/index.js'
import { grad, jvp, np, vjp, vmap } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { runLoweredFor } from '../helpers/lowering.js'
import { range, counted, indices, offset, start } from './counted.js'

const clampStart = (start: number, n: number, size: number): number =>
  Math.min(Math.max(start < 0 ? start + n : start, 0), n - size)

const dynamicAxis = fc
  .integer({ min: 1, max: 5 })
  .chain((n) => fc.tuple(fc.constant(n), fc.nat({ max: n }), fc.integer({ min: -9, max: 9 })))

test('dynamicSlice and dynamicUpdateSlice clamp their starts', (t) => {
  fc.assert(
    fc.property(fc.array(dynamicAxis, { minLength: 1, maxLength: 3 }), fc.boolean(), (axes, known) => {
      const x = counted(axes.map(([n]) => n))
      const sizes = axes.map(([, size]) => size)
      const starts = axes.map(([, , s]) => (known ? s : np.array(s, { dtype: 'int32' })))
      const from = axes.map(([n, size, s]) => clampStart(s, n, size))
      const positions = indices(sizes).map((index) =>
        offset(
          x.shape,
          index.map((i, d) => i + from[d]!),
        ),
      )
      const y = lax.dynamicSlice(x, starts, sizes)
      t.deepEqual(y.shape, sizes)
      t.deepEqual(elements(y), positions)

      const update = counted(sizes).neg()
      const expected = elements(x)
      positions.forEach((p, i) => {
        expected[p] = -i
      })
      t.deepEqual(
        elements(lax.dynamicUpdateSlice(x, update, starts)).map((v) => v + 0),
        expected.map((v) => v + 0),
      )
      const cuda = runLoweredFor('cuda', (a, ...s) => lax.dynamicSlice(a, s, sizes), [
        x,
        ...axes.map(([, , s]) => np.array(s, { dtype: 'int32' })),
      ])
      t.deepEqual(cuda, positions)
    }),
    { numRuns: 60 },
  )
})

test('slices of one axis at a computed position', (t) => {
  const x = counted([3, 4])
  const i = np.array(1, { dtype: 'int32' })
  t.deepEqual(elements(lax.dynamicSliceInDim(x, i, 2, 1)), [1, 2, 5, 6, 9, 10])
  t.deepEqual(elements(lax.dynamicSliceInDim(x, -1, 2)), [4, 5, 6, 7, 8, 9, 10, 11])
  t.deepEqual(lax.dynamicIndexInDim(x, i).toArray(), [[4, 5, 6, 7]])
  t.deepEqual(lax.dynamicIndexInDim(x, i, -1, false).toArray(), [1, 5, 9])
  const zeros = np.zeros([3, 4])
  t.deepEqual(elements(lax.dynamicUpdateSliceInDim(zeros, np.ones([3, 2]), i, 1)), [0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0])
  t.deepEqual(elements(lax.dynamicUpdateIndexInDim(zeros, np.ones([4]), 2, 0)), [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
  t.deepEqual(
    elements(lax.dynamicUpdateIndexInDim(zeros, np.ones([3, 1]), 3, -1)),
    [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1],
  )
})

test('starts of any integer dtype; the greatest uint64 is the end', (t) => {
  const x = counted([5])
  for (const dtype of ['int8', 'int64', 'uint8', 'uint32', 'uint64'] as const) {
    t.deepEqual(elements(lax.dynamicSlice(x, [np.array(2, { dtype })], [2])), [2, 3], dtype)
  }
  const far = np.array(new BigUint64Array([(1n << 64n) - 1n])).reshape([])
  t.deepEqual(elements(lax.dynamicSlice(x, [far], [2])), [3, 4])
})

test('dynamicUpdateSlice of more rows than a constant should list', (t) => {
  const x = np.zeros([200, 3, 100])
  const y = lax.dynamicUpdateSlice(x, np.ones([150, 2, 90]), [
    np.array(20, { dtype: 'int32' }),
    1,
    np.array(5, { dtype: 'int32' }),
  ])
  t.is(
    elements(y).reduce((a, b) => a + b),
    150 * 2 * 90,
  )
  t.deepEqual(elements(lax.slice(y, [19, 0, 4], [21, 3, 6])), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1])
})

test('dynamic slices: vmap over starts, alone and with the operand', (t) => {
  const x = counted([3, 4, 5])
  const update = counted([3, 2, 2]).neg()
  const starts = np.array([0, 2, 9], { dtype: 'int32' })
  const one = lax.squeeze(lax.slice(x, [0, 0, 0], [1, 4, 5]), [0])
  const cut = (a: NDArray, s: NDArray): NDArray => lax.dynamicSlice(a, [s, 1], [2, 3])
  const put = (a: NDArray, u: NDArray, s: NDArray): NDArray => lax.dynamicUpdateSlice(a, u, [s, s])
  const row = (a: NDArray, i: number): NDArray => lax.squeeze(lax.sliceInDim(a, i, i + 1), [0])
  const both = vmap(cut)(x, starts)
  const shared = vmap(cut, { inAxes: [null, 0] })(one, starts)
  const written = vmap(put)(x, update, starts)
  const writtenShared = vmap(put, { inAxes: [null, null, 0] })(one, row(update, 1), starts)
  for (const i of range(3)) {
    t.deepEqual(elements(row(both, i)), elements(cut(row(x, i), row(starts, i))))
    t.deepEqual(elements(row(shared, i)), elements(cut(one, row(starts, i))))
    t.deepEqual(elements(row(written, i)), elements(put(row(x, i), row(update, i), row(starts, i))))
    t.deepEqual(elements(row(writtenShared, i)), elements(put(one, row(update, 1), row(starts, i))))
  }
  checkGrads(t, (a, u) => vmap(put)(a, u, starts), [sample([3, 4, 5], 1), sample([3, 2, 2], 2)], { order: 1 })
  checkGrads(t, (a) => vmap(cut, { inAxes: [null, 0] })(a, starts), [sample([4, 5], 1)], { order: 1 })
})

test('integers have no tangents: starts are passed by', (t) => {
  const x = sample([4], 1)
  const [, tangent] = jvp(
    (a: NDArray) => lax.dynamicSlice(a, [start(1)], [2]),
    [x],
    [np.ones([4], { dtype: 'float64' })],
  )
  t.deepEqual(elements(tangent), [1, 1])
  const [, pullback] = vjp((a: NDArray) => lax.dynamicSlice(a, [start(1)], [2]), x)
  t.deepEqual(elements(pullback(np.ones([2], { dtype: 'float64' }))[0]), [0, 1, 1, 0])
  const g = grad((a: NDArray) => lax.pad(a, 3, [[1, 1, 0]]).sum())(x)
  allClose(t, g, [1, 1, 1, 1])
})
