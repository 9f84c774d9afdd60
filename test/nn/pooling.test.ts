import test from 'ava'
import { nn, type NDArray, np, ShapeError, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { readGolden } from '../helpers/golden.js'

test('as Flax has them', (t) => {
  const golden = readGolden<Record<string, Record<string, never>>>('nnx-rng-golden')
  const layers = golden['layers (partitionable=True, Rngs(0), x=arange(12).reshape(3,4)/10-0.5)']!
  const expected = (name: string): number[] => (layers[name] as unknown as number[]).flat(4)
  const x = np.arange(16, undefined, 1, { dtype: 'float32' }).reshape(1, 4, 4, 1)
  const tolerance = { rtol: 1e-6, atol: 0 }
  allClose(t, nn.maxPool(x, [2, 2], { strides: [2, 2] }), expected('max_pool 2x2'), tolerance)
  allClose(t, nn.avgPool(x, [3, 3], { padding: 'SAME' }), expected('avg_pool 3x3 SAME'), tolerance)
  allClose(
    t,
    nn.avgPool(x, [3, 3], { padding: 'SAME', countIncludePad: false }),
    expected('avg_pool 3x3 SAME nopad-count'),
    tolerance,
  )
})

test('strides default to 1; padding lists; any number of batch and spatial axes', (t) => {
  const x = sample([2, 3, 6, 2], 4)
  t.deepEqual(nn.maxPool(x, [2, 2]).shape, [2, 2, 5, 2])
  t.deepEqual(nn.avgPool(x, [3], { strides: [2], padding: [[1, 0]] }).shape, [2, 3, 3, 2])
  t.deepEqual(nn.avgPool(sample([5, 2], 1), [2]).shape, [4, 2])
  const padded = nn.maxPool(np.full([1, 3, 1], -5), [2], { padding: [[1, 1]] })
  t.deepEqual(elements(padded), [-5, -5, -5, -5], 'padding is -∞, not 0')
  allClose(t, nn.minPool(x, [2, 3]), nn.maxPool(x.neg(), [2, 3]).neg(), { rtol: 0, atol: 0 })
  const row = np.array([1, 2, 4]).reshape(1, 3, 1)
  allClose(t, nn.avgPool(row, [2], { padding: [[1, 0]] }), [0.5, 1.5, 3], { rtol: 1e-6, atol: 0 })
  allClose(t, nn.avgPool(row, [2], { padding: [[1, 0]], countIncludePad: false }), [1, 1.5, 3], { rtol: 1e-6, atol: 0 })
})

test('gradients, and vmap is a loop', (t) => {
  const x = sample([2, 4, 5, 2], 6)
  const pools: readonly ((v: NDArray) => NDArray)[] = [
    (v) => nn.avgPool(v, [2, 3], { strides: [2, 1], padding: 'SAME' }),
    (v) => nn.avgPool(v, [2, 3], { padding: 'SAME', countIncludePad: false }),
    (v) => nn.maxPool(v, [2, 2], { strides: [2, 2] }),
    (v) => nn.minPool(v, [3, 2], { padding: 'SAME' }),
  ]
  for (const f of pools) {
    checkGrads(t, f, [x])
    allClose(t, vmap(f)(x), f(x), { rtol: 1e-14, atol: 1e-15 })
  }
})

test('errors', (t) => {
  const x = np.zeros([1, 4, 4, 1])
  t.throws(() => nn.maxPool(np.zeros([4, 4]), [2, 2]), { instanceOf: ShapeError, message: /nn.maxPool requires .* 2 spatial axes/ }) // prettier-ignore
  t.throws(() => nn.avgPool(x, [2, 2], { strides: [2] }), { instanceOf: ShapeError, message: /strides \[2\]/ })
  t.throws(() => nn.avgPool(x, [2, 2], { padding: [[0, 0]] }), { instanceOf: ShapeError, message: /a padding for each of 2/ }) // prettier-ignore
})
