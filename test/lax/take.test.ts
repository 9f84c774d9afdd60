/** `take` and `takeAlongAxis`. */
import test from 'ava'
import { grad, jit, jvp, type NDArray, np, vmap } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import { elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { range, ints, row } from './gathered.js'

test('take: positions of any shape, axis and mode', (t) => {
  const x = np.arange(12).reshape([3, 4]).astype('float32')
  const i = ints([1, -1, 7, -9], [2, 2])
  t.deepEqual(lax.take(x, i, 1).shape, [3, 2, 2])
  t.deepEqual(elements(row(lax.take(x, i, 1), 1)), [5, 7, NaN, NaN])
  t.deepEqual(elements(row(lax.take(x, i, 1, 'clip'), 1)), [5, 4, 7, 4])
  t.deepEqual(elements(row(lax.take(x, i, 1, 'wrap'), 1)), [5, 7, 7, 7])
  t.deepEqual(elements(lax.take(x, np.array(-1, { dtype: 'int32' }), 0)), [8, 9, 10, 11])
  t.deepEqual(elements(lax.take(x, ints([2, 0]), -2, 'promise_in_bounds')), [8, 9, 10, 11, 0, 1, 2, 3])
  t.deepEqual(lax.take(x, ints([], [0]), 0).shape, [0, 4])
  t.deepEqual(lax.take(np.zeros([0, 2]), ints([], [0]), 0).shape, [0, 2])
  t.deepEqual(elements(lax.take(x, ints([3, 250], [2], 'uint8'), 1, 'wrap')), [3, 2, 7, 6, 11, 10])
})

test('takeAlongAxis: the other axes run along, or broadcast', (t) => {
  const x = np.arange(24).reshape([2, 3, 4]).astype('float32')
  const i = lax.rem(np.arange(12).reshape([2, 3, 2]), 4)
  const y = lax.takeAlongAxis(x, i, 2)
  for (const a of range(2)) {
    for (const b of range(3)) {
      t.deepEqual(elements(row(row(y, a), b)), elements(lax.take(row(row(x, a), b), row(row(i, a), b), 0)))
    }
  }
  // Positions that don't vary along an axis, and an array that doesn't.
  const few = ints([0, 3, -1, 8], [2, 1, 2])
  const expected = lax.takeAlongAxis(x, lax.broadcastTo(few, [2, 3, 2]), 2)
  t.deepEqual(lax.takeAlongAxis(x, few, 2).toArray(), expected.toArray())
  const thin = lax.slice(x, [0, 0, 0], [1, 3, 4])
  const wide = lax.takeAlongAxis(lax.broadcastInDim(thin, [2, 3, 4], [0, 1, 2]), i, 2)
  t.deepEqual(lax.takeAlongAxis(thin, i, 2).toArray(), wide.toArray())
  t.deepEqual(
    elements(lax.takeAlongAxis(x, ints([1, 0, 1], [1, 3, 1]), 0)),
    range(3).flatMap((b) => range(4).map((c) => ((b + 1) % 2) * 12 + b * 4 + c)),
  )
  const [positions, values] = [lax.argmax(x, 1), lax.reduceMax(x, [1])]
  t.deepEqual(elements(lax.takeAlongAxis(x, positions.reshape([2, 1, 4]), 1)), elements(values))
})

test('take and takeAlongAxis: derivatives, jit and vmap', (t) => {
  const x = sample([3, 4], 1)
  const i = ints([1, 1, -1, 9], [4])
  const square = (a: NDArray): NDArray => a.mul(a)
  checkGrads(t, (a) => lax.take(square(a), i, 1, 'clip'), [x])
  checkGrads(t, (a) => lax.takeAlongAxis(square(a), ints([0, 3, 1, 1, -2, 9], [3, 2]), 1, 'clip'), [x])
  const gradient = grad((a: NDArray) => lax.take(a, i, 1).sum())(x)
  t.deepEqual(row(gradient, 0).toArray(), [0, 2, 0, 1])
  const f = (a: NDArray, k: NDArray): NDArray => lax.take(a, k, 0)
  t.deepEqual(jit(f)(x, i).toArray(), f(x, i).toArray())
  const mapped = vmap(f, { inAxes: [1, 0] })(x, ints([0, 2, 1, 0, 2, 2, 9, 1], [4, 2]))
  t.deepEqual(mapped.shape, [4, 2])
  t.is(elements(mapped)[1], elements(x)[8])
})

test('embedding rows: the gradient of a take adds up', (t) => {
  const table = sample([5, 3], 1)
  const ids = ints([4, 0, 4, 4], [2, 2])
  const g = grad((w: NDArray) => lax.take(w, ids, 0).sum())(table)
  t.deepEqual(g.toArray(), [1, 0, 0, 0, 3].map((n) => [n, n, n]) as never)
  const [, tangent] = jvp((w: NDArray) => lax.take(w, ids, 0), [table], [table])
  t.deepEqual(tangent.toArray(), lax.take(table, ids, 0).toArray())
})
