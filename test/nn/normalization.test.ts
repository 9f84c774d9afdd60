import test from 'ava'
import fc from 'fast-check'
import { ArgumentError, grad, jit, nn, type NDArray, np, optax, ShapeError, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { operators } from '../helpers/lowering.js'

const x = sample([3, 4], 2)
const mask = np.array([
  [true, false, true, true],
  [true, true, true, true],
  [false, false, true, false],
])
const tight = { rtol: 1e-12, atol: 1e-14 }
const rows = (y: NDArray): number[][] => y.toArray() as number[][]

const softmaxOf = (row: readonly number[], counts: readonly boolean[] = row.map(() => true)): number[] => {
  const total = row.reduce((sum, v, i) => sum + (counts[i] === true ? Math.exp(v) : 0), 0)
  return row.map((v, i) => (counts[i] === true ? Math.exp(v) / total : 0))
}

test('softmax and logSoftmax: values along axes, with and without a mask', (t) => {
  const plain = rows(x).flatMap((row) => softmaxOf(row))
  allClose(t, nn.softmax(x), plain, tight)
  allClose(t, nn.logSoftmax(x), plain.map(Math.log), tight)
  const counts = mask.toArray() as boolean[][]
  const masked = rows(x).flatMap((row, i) => softmaxOf(row, counts[i]))
  allClose(t, nn.softmax(x, { where: mask }), masked, tight)
  allClose(t, nn.logSoftmax(x, { where: mask }), masked.map(Math.log), tight)
  allClose(t, nn.softmax(x.T, { axis: 0 }).T, plain, tight)
  allClose(t, nn.softmax(x, { axis: [0, 1] }), softmaxOf(elements(x)), tight)
  allClose(t, nn.softmax(x, { axis: null }), softmaxOf(elements(x)), tight)
  allClose(t, nn.softmax(np.array([[1e4, 1e4 - 1]])), softmaxOf([1, 0]), { rtol: 1e-6, atol: 0 })
  t.is(nn.softmax(np.arange(3)).dtype, 'float32')
})

test('softmax: sums to 1 and does not change under shifts', (t) => {
  const numbers = fc.array(fc.double({ min: -80, max: 80, noNaN: true }), { minLength: 5, maxLength: 5 })
  const property = fc.property(numbers, fc.double({ min: -100, max: 100, noNaN: true }), (values, shift) => {
    const row = np.array(values, { dtype: 'float64' })
    const y = nn.softmax(row)
    allClose(t, y.sum(), [1], { rtol: 1e-12, atol: 0 })
    allClose(t, nn.softmax(row.add(shift)), y, { rtol: 1e-10, atol: 1e-14 })
    allClose(t, nn.logSoftmax(row).exp(), y, { rtol: 1e-10, atol: 1e-14 })
  })
  fc.assert(property, { numRuns: 25 })
})

test('softmax and logSoftmax: gradients to second order, vmap, jit', (t) => {
  const counted = np.array([true, false, true, true])
  for (const f of [
    (v: NDArray) => nn.softmax(v),
    (v: NDArray) => nn.softmax(v, { axis: 0 }),
    (v: NDArray) => nn.softmax(v, { where: counted }),
    (v: NDArray) => nn.logSoftmax(v),
    (v: NDArray) => nn.logSoftmax(v, { axis: [0, 1] }),
    (v: NDArray) => np.where(counted, nn.logSoftmax(v, { where: counted }), 0),
  ]) {
    checkGrads(t, f, [x])
    allClose(t, jit(f)(x), f(x), tight)
  }
  allClose(t, vmap((v: NDArray) => nn.softmax(v))(x), nn.softmax(x), tight)
  const both = vmap((v: NDArray, where: NDArray) => nn.softmax(v, { where }))
  allClose(t, both(x, mask), nn.softmax(x, { where: mask }), tight)
  const shared = vmap((where: NDArray) => nn.softmax(np.array([1, 2, 3, 4]), { where }))
  allClose(t, shared(mask), nn.softmax(np.array([[1, 2, 3, 4]]), { where: mask }), { rtol: 1e-6, atol: 0 })
})

test('softmax and logSoftmax: one node each, in every floating dtype; a row with NaN, +∞ or nothing but -∞ is NaN', (t) => {
  const inf = Infinity
  const table = [
    [0, 1, 2, -1, 3],
    [0, NaN, 2, -1, 3],
    [0, 1, 2, -1, NaN],
    [inf, 1, 2, -1, 3],
    [-inf, 1, 2, -inf, 3],
    [-inf, -inf, -inf, -inf, -inf],
    [inf, -inf, inf, NaN, 3],
  ]
  const everywhere = np.array([true])
  for (const dtype of ['float64', 'float32', 'float16', 'bfloat16'] as const) {
    const wild = np.array(table, { dtype })
    const results = jit((v: NDArray) => [
      nn.softmax(v),
      nn.softmax(v.T, { axis: 0 }).T,
      nn.softmax(v, { where: everywhere }),
      nn.logSoftmax(v),
      nn.logSoftmax(v.T, { axis: 0 }).T,
      nn.logSoftmax(v, { where: everywhere }),
    ])(wild)
    t.true(results.every((y) => y.dtype === dtype))
    const tolerance = { float64: 1e-14, float32: 1e-6, float16: 2e-3, bfloat16: 2e-2 }[dtype]
    const [rowwise, columnwise, composed, logRowwise, logColumnwise, logComposed] = results.map((y) =>
      y.astype('float64'),
    )
    for (const y of [rowwise!, columnwise!]) {
      allClose(t, y, composed!, { rtol: tolerance, atol: tolerance }, dtype)
      t.deepEqual(rows(y).map((row) => row.some(Number.isNaN)), [false, true, true, true, false, true, true]) // prettier-ignore
      t.deepEqual(rows(y).map((row) => row.every(Number.isNaN)), [false, true, true, true, false, true, true]) // prettier-ignore
    }
    for (const y of [logRowwise!, logColumnwise!])
      allClose(t, y, logComposed!, { rtol: tolerance, atol: tolerance }, dtype)
    t.deepEqual(rows(logRowwise!)[4]!.map((v) => v === -inf), [true, false, false, true, false]) // prettier-ignore
  }
  const single = np.ones([2, 3])
  t.deepEqual(
    operators((v) => nn.softmax(v), [single]),
    ['Softmax'],
  )
  t.deepEqual(
    operators((v) => nn.logSoftmax(v, { axis: 0 }), [single]),
    ['LogSoftmax'],
  )
  t.deepEqual(
    operators((v) => nn.softmax(v, { axis: null }), [single]),
    ['Reshape', 'Softmax', 'Reshape'],
  )
  t.deepEqual(
    operators((v) => nn.softmax(v), [np.ones([2, 3], { dtype: 'float16' })]),
    ['Cast', 'Softmax', 'Cast'],
  )
  t.is(nn.softmax(np.array([[true, false]])).dtype, 'float32')
  for (const f of [nn.softmax, nn.logSoftmax]) {
    t.deepEqual(f(np.zeros([2, 0])).shape, [2, 0])
    t.deepEqual(f(np.zeros([0, 2])).shape, [0, 2])
    t.deepEqual(f(np.zeros([0, 2]), { axis: 0 }).shape, [0, 2])
    t.throws(() => f(np.zeros([2, 3]), { axis: 2 }), { instanceOf: ShapeError })
    t.throws(() => f(np.zeros([])), { instanceOf: ShapeError })
    const cube = sample([2, 3, 4], 9)
    allClose(t, f(cube, { axis: [0, 2] }), f(cube, { axis: [2, 0], where: everywhere }), tight)
    allClose(t, vmap((v: NDArray) => f(v, { axis: 0 }), { inAxes: 1, outAxes: 1 })(cube), f(cube, { axis: 0 }), tight)
    checkGrads(t, (v) => f(v, { axis: [0, 2] }), [sample([2, 2, 2], 10)])
  }
})

test('softmax: the gradient ignores elements that do not count', (t) => {
  const weights = np.array([3, 1e6, -1, 2], { dtype: 'float64' })
  const counted = np.array([true, false, true, true])
  const f = (v: NDArray): NDArray => nn.softmax(v, { where: counted }).mul(weights).sum()
  t.is(elements(grad(f)(np.array([0.5, 700, 1, 2], { dtype: 'float64' })))[1], 0)
})

test('logsumexp: values, axes, factors, signs', (t) => {
  const log = (values: readonly number[]): number => Math.log(values.reduce((sum, v) => sum + Math.exp(v), 0))
  allClose(t, nn.logsumexp(x), [log(elements(x))], tight)
  allClose(t, nn.logsumexp(x, { axis: -1 }), rows(x).map(log), tight)
  t.deepEqual(nn.logsumexp(x, { axis: 0, keepdims: true }).shape, [1, 4])
  t.deepEqual(nn.logsumexp(x, { axis: [0, 1] }).shape, [])
  const b = np.array([1, -2, 0, 3], { dtype: 'float64' })
  const sums = rows(x).map(([p, q, , s]) => Math.exp(p!) - 2 * Math.exp(q!) + 3 * Math.exp(s!))
  const expected = sums.map((s) => (s < 0 ? NaN : Math.log(s)))
  allClose(t, nn.logsumexp(x, { axis: 1, b }), expected, { rtol: 1e-11, atol: 1e-13 })
  const [value, sign] = nn.logsumexp(x, { axis: 1, b: b.neg(), returnSign: true })
  allClose(
    t,
    value,
    sums.map((s) => Math.log(Math.abs(s))),
    { rtol: 1e-11, atol: 1e-13 },
  )
  t.deepEqual(
    elements(sign),
    sums.map((s) => -Math.sign(s)),
  )
  // A factor of 0 keeps even infinity out.
  allClose(t, nn.logsumexp(np.array([1, Infinity]), { b: np.array([1, 0]) }), [1], { rtol: 1e-6, atol: 0 })
  allClose(t, nn.logsumexp(x, { axis: 1, where: mask }), rows(x).map((r, i) => log(r.filter((_, j) => (mask.toArray() as boolean[][])[i]![j]))), tight) // prettier-ignore
  t.is(nn.logsumexp(np.array([-Infinity, -Infinity])).item(), -Infinity)
  t.is(nn.logsumexp(np.array([Infinity, 1])).item(), Infinity)
  allClose(t, nn.logmeanexp(x, { axis: 0 }), nn.logsumexp(x, { axis: 0 }).sub(Math.log(3)), tight)
  allClose(t, nn.logmeanexp(x, { axis: 1, where: mask }), nn.logsumexp(x, { axis: 1, where: mask }).sub(np.log(np.array([3, 4, 1], { dtype: 'float64' }))), tight) // prettier-ignore
})

test('logsumexp: gradients to second order; no number for -∞', (t) => {
  const b = np.array([1, 2, 0.5, 3], { dtype: 'float64' })
  checkGrads(t, (v) => nn.logsumexp(v), [x])
  checkGrads(t, (v) => nn.logsumexp(v, { axis: 1 }), [x])
  checkGrads(t, (v, w) => nn.logsumexp(v, { axis: 1, b: w }), [x, b])
  checkGrads(t, (v) => nn.logsumexp(v, { axis: 1, where: mask }), [x])
  const slope = grad((v: NDArray) => nn.logsumexp(v))(np.array([0, -Infinity]))
  t.deepEqual(elements(slope), [1, 0])
  allClose(t, grad((v: NDArray) => nn.logsumexp(v))(x), nn.softmax(x, { axis: null }), tight)
})

test('standardize: mean 0 and variance 1, with a mask, with given statistics', (t) => {
  const y = nn.standardize(x, { epsilon: 0 })
  allClose(t, y.mean({ axis: -1 }), [0, 0, 0], { rtol: 0, atol: 1e-12 })
  allClose(t, y.var({ axis: -1 }), [1, 1, 1], { rtol: 1e-9, atol: 0 })
  const masked = nn.standardize(x, { where: mask, epsilon: 1e-3 })
  const counts = mask.toArray() as boolean[][]
  const expected = rows(x).flatMap((row, i) => {
    const kept = row.filter((_, j) => counts[i]![j])
    const mean = kept.reduce((a, c) => a + c, 0) / kept.length
    const variance = kept.reduce((a, c) => a + (c - mean) ** 2, 0) / kept.length
    return row.map((v) => (v - mean) / Math.sqrt(variance + 1e-3))
  })
  allClose(t, masked, expected, { rtol: 1e-9, atol: 1e-9 })
  allClose(t, nn.standardize(np.array([1, 3]), { mean: 1, variance: 4, epsilon: 0 }), [0, 1], tight)
  checkGrads(t, (v) => nn.standardize(v), [x])
  checkGrads(t, (v) => nn.standardize(v, { axis: 0 }), [x])
})

test('oneHot: any axis and dtype; zeros outside', (t) => {
  const indices = np.array([0, 2, -1, 3], { dtype: 'int32' })
  t.deepEqual(nn.oneHot(indices, 3).toArray(), [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]) // prettier-ignore
  t.deepEqual(nn.oneHot(indices, 3, { axis: 0 }).toArray(), [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]]) // prettier-ignore
  t.is(nn.oneHot(indices, 3, { dtype: 'bool' }).dtype, 'bool')
  t.deepEqual(nn.oneHot(np.zeros([2, 5], { dtype: 'int32' }), 4, { axis: 1 }).shape, [2, 4, 5])
  allClose(t, vmap((i: NDArray) => nn.oneHot(i, 3))(indices), nn.oneHot(indices, 3), { rtol: 0, atol: 0 })
  t.throws(() => nn.oneHot(indices, 2.5), { instanceOf: ArgumentError, message: /a whole number of classes, got 2.5/ })
})

test('logsumexp and cross entropy of infinities and NaN', (t) => {
  const rows = [
    [Infinity, 1, 0],
    [-Infinity, -Infinity, -Infinity],
    [-Infinity, 2, 2],
    [NaN, 1, Infinity],
    [3e38, 3e38, -3e38],
  ]
  const x = np.array(rows)
  const sums = [Infinity, -Infinity, 2 + Math.LN2, NaN, Math.fround(3e38)]
  allClose(t, nn.logsumexp(x, { axis: 1 }), sums)
  allClose(t, vmap((row: NDArray) => nn.logsumexp(row))(x), sums)
  const byColumns = vmap((column: NDArray) => nn.logsumexp(column, { axis: 0 }), { inAxes: 1 })(x)
  allClose(t, byColumns, elements(nn.logsumexp(x, { axis: 0 })))
  allClose(t, nn.logsumexp(x, { axis: [] }), rows.flat())
  allClose(t, nn.logsumexp(x.slice(2).astype('float16')), [2 + Math.LN2], { rtol: 1e-3 })
  const gradients = grad((v: NDArray) => np.sum(nn.logsumexp(v, { axis: 1 })))(x)
  allClose(
    t,
    gradients,
    [
      [NaN, 0, 0],
      [NaN, NaN, NaN],
      [0, 0.5, 0.5],
      [NaN, NaN, NaN],
      [0.5, 0.5, 0],
    ].flat(),
  )
  const labels = np.array([1, 0, 1, 1, 0], { dtype: 'int32' })
  const losses = optax.softmaxCrossEntropyWithIntegerLabels(x, labels)
  allClose(t, losses, [Infinity, NaN, Math.LN2, NaN, Math.LN2])
})
