import test from 'ava'
import { ArgumentError, DTypeError, type NDArray, nnx, np, ShapeError } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { decode, layersGolden, optimizerGolden } from './models.js'

const { Accuracy, Average, Welford } = nnx.metrics
const int = (xs: readonly number[]): NDArray => np.array(xs, { dtype: 'int32' })
const golden = optimizerGolden.original.metrics

test('Flax: Average, Accuracy, Welford and their dtypes', (t) => {
  const { metrics } = layersGolden
  const average = new Average()
  average.update({ values: np.array([1, 2, 3, 4]) })
  average.update({ values: 2 })
  t.deepEqual(
    [average.compute().item(), average.total.dtype, average.count.dtype].map(String),
    metrics.Average.map((x: unknown) => String(typeof x === 'number' ? Math.fround(x) : x)),
  )
  t.true(Number.isNaN(new Average().compute().item()))
  const welford = new Welford()
  welford.update({ values: np.array([1, 2, 3, 4]) })
  welford.update({ values: np.array([5, 6]) })
  const { mean, standardErrorOfMean, standardDeviation } = welford.compute()
  allClose(t, [mean.item(), standardErrorOfMean.item(), standardDeviation.item()], metrics.Welford.slice(0, 3))
  t.is(welford.count.dtype, metrics.Welford[3])
  welford.reset()
  t.is(welford.count.dtype, metrics['Welford count dtype after reset'])
  const accuracy = new Accuracy()
  accuracy.update({
    logits: np.array([
      [1, 2],
      [3, 1],
      [0, 1],
    ]),
    labels: int([1, 1, 1]),
  })
  allClose(t, accuracy.compute(), [metrics.Accuracy])
})

test('Flax: a group, masks, Welford step by step', (t) => {
  const { logits, labels, computed } = golden.multi
  const [x, y] = [decode(logits), decode(labels)]
  const multi = new nnx.MultiMetric({ accuracy: new Accuracy(), loss: new Average() })
  const check = (i: number): void => {
    const { accuracy, loss } = multi.compute()
    allClose(t, [accuracy.item(), loss.item()], [computed[i].accuracy, computed[i].loss])
  }
  for (const i of [0, 1]) {
    multi.update({ logits: x.mul(i === 0 ? 1 : -1), labels: y, values: np.array([1.5, 0.5]).mul(i + 1) })
    check(i)
  }
  multi.reset()
  multi.update({ logits: x, labels: y, values: 3 })
  check(2)
  t.is(multi.loss.total.value.item(), 3)
  t.deepEqual(Object.keys(multi.compute()), ['accuracy', 'loss'])
  const masked = new Average()
  masked.update({ values: np.array([1, 2, 3]), mask: np.array([true, false, true]) })
  t.is(masked.compute().item(), golden.average_masked)
  const welford = new Welford('x')
  const rows = [[1, 2, 4], [0.5], [-3, 8]].map((xs) => {
    welford.update({ x: np.array(xs) })
    const c = welford.compute()
    return [c.mean, c.standardErrorOfMean, c.standardDeviation].map((v) => v.item())
  })
  rows.forEach((row, i) => allClose(t, row, golden['welford [1,2,4],[.5],[-3,8]: mean, sem, std'][i], { rtol: 2e-6 }))
})

test('metrics keep their dtypes whatever they are fed, so that one program serves them', (t) => {
  const average = new Average()
  const update = nnx.jit((m: nnx.metrics.Average, values: NDArray) => m.update({ values }))
  update(average, np.array([1, 2], { dtype: 'float64' }))
  update(average, np.array([true, false]))
  t.is(average.total.dtype, 'float32')
  t.is(average.count.dtype, 'int32')
  t.is(average.compute().item(), 1)
  const one = nnx.jit((m: nnx.metrics.Average, values: NDArray) => m.update({ values, mask: np.greater(values, 0) }))
  average.reset()
  for (let i = 0; i < 3; i++) one(average, np.array([i, -1]))
  t.is(one.traceCount, 1)
  t.is(average.compute().item(), 1.5)
})

test('Accuracy with a threshold, with a mask, and what it refuses', (t) => {
  const binary = new Accuracy({ threshold: 0.5 })
  binary.update({ logits: np.array([0.4, 0.6, 0.5]), labels: int([0, 1, 0]) })
  allClose(t, binary.compute(), [2 / 3])
  const accuracy = new Accuracy()
  accuracy.update({ logits: np.eye(3), labels: int([0, 2, 2]), mask: np.array([true, true, false]) })
  t.is(accuracy.compute().item(), 0.5)
  accuracy.update({ logits: np.eye(3), labels: np.array([0, 1, 2], { dtype: 'int64' }) })
  t.is(accuracy.compute().item(), np.divide(4, 5).item())
  t.throws(() => accuracy.update({ logits: np.eye(3), labels: np.eye(3) }), {
    instanceOf: ShapeError,
    message: /one axis more/,
  })
  t.throws(() => binary.update({ logits: np.eye(3), labels: int([0]) }), { instanceOf: ShapeError })
  t.throws(() => accuracy.update({ logits: np.eye(3), labels: np.ones([3]) }), {
    instanceOf: DTypeError,
    message: /labels of dtype int32, got float32/,
  })
  t.throws(() => accuracy.update({ labels: int([0]) }), {
    instanceOf: ArgumentError,
    message: /'logits', got only labels/,
  })
  t.throws(() => new Average('loss').update({ values: 1 }), {
    instanceOf: ArgumentError,
    message: /'loss', got only values/,
  })
})

test('a group: inputs by name, masks by metric, names that are taken', (t) => {
  const group = new nnx.MultiMetric({ b: new Average('x'), a: new Average('y') })
  group.update({ x: np.array([1, 3]), y: np.array([1, 3]), mask: { a: np.array([false, true]) } })
  const { a, b } = group.compute()
  t.is(a.item(), 3)
  t.is(b.item(), 2)
  t.deepEqual(Object.keys(nnx.clone(group).compute()), ['b', 'a'], 'the order of the constructor')
  t.throws(() => new nnx.MultiMetric({ update: new Average() }), { instanceOf: ArgumentError, message: /'update'/ })
  const [graphdef, state] = group.split() as unknown as ReturnType<typeof nnx.split<typeof group>>
  t.is(nnx.merge(graphdef, state).compute().a.item(), 3)
  t.true(nnx.toFlatState(state).leaves.every((leaf) => leaf.type === nnx.metrics.MetricState))
})
