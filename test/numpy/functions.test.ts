import test from 'ava'
import { ArgumentError, DTypeError, grad, lax, type NDArray, np, ShapeError, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

const exactly = { rtol: 0, atol: 0 }
const doubles = (...x: readonly number[]) => np.array(Float64Array.from(x))

test('functions of lax with derivatives of their own: to second order', (t) => {
  const x = sample([5], 3).mul(0.8)
  const positive = sample([5], 4).add(2)
  for (const f of [lax.exp2, lax.asin, lax.acos, lax.atan, lax.sinh, lax.cosh, lax.asinh, lax.atanh, lax.erfc]) {
    checkGrads(t, (y) => f(y), [x])
    allClose(t, vmap((y: NDArray) => f(y))(x), f(x), exactly)
  }
  for (const f of [lax.cbrt, lax.acosh, lax.lgamma, lax.digamma]) checkGrads(t, (y) => f(y), [positive.add(0.2)])
  checkGrads(t, (y) => lax.polygamma(2, y), [positive])
  checkGrads(t, (y, z) => lax.atan2(y, z), [x, positive])
  // π²/6, -2 ζ(3), and by reflection.
  allClose(t, lax.polygamma(1, doubles(1, -0.5)), [Math.PI ** 2 / 6, 8.934802200544679], { rtol: 1e-13, atol: 0 })
  allClose(t, lax.polygamma(2, doubles(1)), [-2.404113806319188], { rtol: 1e-13, atol: 0 })
  t.throws(() => lax.atan2(np.arange(2), np.arange(2)), { instanceOf: DTypeError })
})

test('atan2 knows the quadrant, zeros with signs and infinities', (t) => {
  const points = [0, -0, 1, -1, Infinity, -Infinity, 2.5].flatMap((y) => [0, -0, 1, -1, Infinity, -Infinity, 0.1].map((x) => [y, x] as const)) // prettier-ignore
  for (const dtype of ['float64', 'float32'] as const) {
    const y = np.array(points.map((p) => p[0]), { dtype }) // prettier-ignore
    const x = np.array(points.map((p) => p[1]), { dtype }) // prettier-ignore
    allClose(t, np.atan2(y, x), points.map((p) => Math.atan2(...p)), { rtol: 3e-7, atol: 0 }, dtype) // prettier-ignore
  }
})

test('running sums, differences', (t) => {
  const x = np.array([[1, 2, 3], [4, 5, 6]]) // prettier-ignore
  allClose(t, np.cumsum(x), [1, 3, 6, 10, 15, 21], exactly)
  allClose(t, np.cumsum(x, { axis: 0 }), [1, 2, 3, 5, 7, 9], exactly)
  allClose(t, np.cumprod(x, { axis: -1 }), [1, 2, 6, 4, 20, 120], exactly)
  t.is(np.cumsum(np.array([true, true])).dtype, 'int32')
  allClose(t, np.nancumsum(np.array([1, NaN, 2])), [1, 1, 3], exactly)
  allClose(t, np.diff(x, 1, { axis: 0 }), [3, 3, 3], exactly)
  allClose(t, np.diff(np.array([1, 4, 9, 16]), 2), [2, 2], exactly)
  t.throws(() => np.diff(x, -1), { instanceOf: ArgumentError })
})

test('searchsorted and interp', (t) => {
  const xs = np.array([1, 2, 2, 3])
  allClose(t, np.searchsorted(xs, np.array([0, 2, 2.5, 9, NaN])), [0, 1, 3, 4, 4], exactly)
  allClose(t, np.searchsorted(xs, np.array([0, 2, 2.5, 9]), { side: 'right' }), [0, 3, 3, 4], exactly)
  const [xp, fp] = [doubles(0, 1, 3), doubles(0, 10, 30)]
  allClose(t, np.interp(doubles(-1, 0, 0.5, 2, 3, 4), xp, fp), [0, 0, 5, 20, 30, 30])
  allClose(t, np.interp(doubles(-1, 4), xp, fp, { left: -5, right: 7 }), [-5, 7])
  checkGrads(t, (x, y) => np.interp(x, xp, y), [doubles(0.3, 1.7), fp])
  t.throws(() => np.interp(0, xp, doubles(1)), { instanceOf: ShapeError })
})

test('quantiles of several shares and axes, NaN', (t) => {
  const x = np.array([[1, 2, 3], [4, 5, 6]]) // prettier-ignore
  allClose(t, np.quantile(x, np.array([0, 0.5, 1])), [1, 3.5, 6])
  const both = np.quantile(x, np.array([0.25, 0.5]), { axis: 1, keepdims: true })
  t.deepEqual(both.shape, [2, 2, 1])
  allClose(t, both, [1.5, 4.5, 2, 5])
  allClose(t, np.percentile(x, 10, { axis: 0 }), [1.3, 2.3, 3.3])
  allClose(t, np.median(np.array([1, NaN])), [NaN])
  t.throws(() => np.median(np.zeros([0])), { instanceOf: ShapeError })
})

test('reductions that pass over NaN', (t) => {
  const x = np.array([[1, NaN, 3], [NaN, NaN, NaN]]) // prettier-ignore
  allClose(t, np.nansum(x, { axis: 1 }), [4, 0])
  allClose(t, np.nanprod(x, { axis: 1 }), [3, 1])
  allClose(t, np.nanmean(x, { axis: 1 }), [2, NaN])
  allClose(t, np.nanvar(x, { axis: 1 }), [1, NaN])
  allClose(t, np.nanstd(x, { axis: 1, ddof: 1 }), [Math.SQRT2, NaN])
  allClose(t, np.nanmax(x, { axis: 1 }), [3, NaN])
  allClose(t, np.nanmin(x, { axis: 1 }), [1, NaN])
  allClose(t, np.nanargmax(x, { axis: 1 }), [2, -1])
  allClose(t, np.nanargmin(x, { axis: 1 }), [0, -1])
  allClose(t, grad((y: typeof x) => np.nanmean(y))(np.array([1, NaN, 3])), [0.5, 0, 0.5])
})

test('weights, masks and first values', (t) => {
  const x = np.array([[1, 2], [3, 4]]) // prettier-ignore
  allClose(t, np.average(x, { axis: 1, weights: np.array([3, 1]) }), [1.25, 3.25])
  allClose(t, np.average(x, { weights: x }), [3])
  t.throws(() => np.average(x, { axis: 0, weights: np.ones([3]) }), { instanceOf: ShapeError })
  allClose(t, np.max(np.zeros([2, 0]), { axis: 1, initial: 7 }), [7, 7], exactly)
  allClose(t, np.max(x, { initial: 2.5, axis: 1 }), [2.5, 4], exactly)
  t.throws(() => np.max(x, { where: x.gt(1) }), { instanceOf: ArgumentError })
})

test('signs, whole parts, closeness', (t) => {
  const x = doubles(-0, 0, -1.7, 1.7, NaN, -Infinity)
  allClose(t, np.signbit(x), [1, 0, 1, 0, 0, 1], exactly)
  allClose(t, np.trunc(x), [0, 0, -1, 1, NaN, -Infinity], exactly)
  allClose(t, np.fmin(x, 1), [0, 0, -1.7, 1, 1, -Infinity], exactly)
  allClose(t, np.round(np.array([15, 25, -7], { dtype: 'int32' }), -1), [20, 20, -10], exactly)
  allClose(t, np.heaviside(x, 0.5), [0.5, 0.5, 0, 1, NaN, 0], exactly)
  allClose(t, np.ldexp(np.array([1, 3]), np.array([3, -1])), [8, 1.5], exactly)
  allClose(t, np.power(np.array([2, -3], { dtype: 'int32' }), np.array([10, 3], { dtype: 'int32' })), [1024, -27], exactly) // prettier-ignore
  allClose(t, np.isclose(doubles(1, NaN, Infinity, 0), doubles(1 + 1e-9, NaN, Infinity, 1e-3)), [1, 0, 1, 0], exactly)
  allClose(t, np.isclose(NaN, NaN, { equalNan: true }), [1], exactly)
  t.is(np.allclose(np.array([1, 2]), np.array([1, 2.1])).item(), 0)
  t.is(np.arrayEqual(np.array([1, 2]), np.array([1, 2])).item(), 1)
  t.is(np.arrayEqual(np.array([1, 2]), np.array([1])).item(), 0)
  t.is(np.arrayEquiv(np.array([1, 1]), 1).item(), 1)
})

test('grids and spaces', (t) => {
  allClose(t, np.indices([2, 2]), [0, 0, 1, 1, 0, 1, 0, 1], exactly)
  allClose(t, np.tri(2, 3), [1, 0, 0, 1, 1, 0], exactly)
  for (const range of [
    [0, NaN],
    [0, Infinity],
    [0, 1, 0],
    [0, 1, NaN],
    [np.array([1, 2]), 0.5, null],
  ] as unknown as readonly [number, number][]) {
    t.throws(() => np.ogrid(range), { instanceOf: ArgumentError, message: /^a grid requires/ })
  }
  t.throws(() => np.ogrid([0, 1, { count: 1.5 }]), { instanceOf: ShapeError, message: /^a grid requires/ })
  const [i, j] = np.meshgrid([np.arange(2), np.arange(3)], { indexing: 'ij', sparse: true })
  t.deepEqual([i!.shape, j!.shape], [[2, 1], [1, 3]]) // prettier-ignore
  allClose(t, np.logspace(0, 3, 4), [1, 10, 100, 1000])
  allClose(t, np.geomspace(1, 16, 4, { endpoint: false }), [1, 2, 4, 8])
  t.throws(() => np.geomspace(-1, 1), { instanceOf: ArgumentError })
  allClose(t, np.diagflat(np.array([1, 2]), -1), [0, 0, 0, 1, 0, 0, 0, 2, 0], exactly)
  t.throws(() => np.tril(np.ones([3])), { instanceOf: ShapeError })
})

test('more ways to join, split and pad', (t) => {
  const [a, b] = [np.array([1, 2]), np.array([3, 4])]
  allClose(t, np.columnStack([a, b]), [1, 3, 2, 4], exactly)
  t.deepEqual(np.dstack([a, b]).shape, [1, 2, 2])
  t.deepEqual([np.atleast1d(1).shape, np.atleast2d(a).shape, np.atleast3d(np.ones([2, 3])).shape], [[1], [1, 2], [2, 3, 1]]) // prettier-ignore
  t.deepEqual(np.arraySplit(np.arange(7), 3).map(elements), [[0, 1, 2], [3, 4], [5, 6]]) // prettier-ignore
  allClose(t, np.pad(a, [2, 3], { mode: 'reflect' }), [1, 2, 1, 2, 1, 2, 1], exactly)
  allClose(t, np.pad(a, [2, 3], { mode: 'symmetric' }), [2, 1, 1, 2, 2, 1, 1], exactly)
  allClose(t, np.pad(a, [1, 0], { constantValues: 9 }), [9, 1, 2], exactly)
  t.throws(() => np.pad(np.zeros([0]), 1, { mode: 'edge' }), { instanceOf: ShapeError })
  t.throws(() => np.repeat(a, [1, 2, 3]), { instanceOf: ShapeError })
})

test('einsum: pairs are chosen so that results stay small; gradients; vmap', (t) => {
  const [a, b, c] = [sample([2, 30], 1), sample([30, 20], 2), sample([20, 3], 3)]
  allClose(t, np.einsum('ij,jk,kl->il', a, b, c), a.matmul(b).matmul(c), { rtol: 1e-12, atol: 1e-12 })
  allClose(t, np.einsum('kl,ij,jk->il', c, a, b), a.matmul(b).matmul(c), { rtol: 1e-12, atol: 1e-12 })
  allClose(t, np.einsum('...ij->...', np.ones([4, 2, 3])), [6, 6, 6, 6])
  allClose(t, np.einsum('...i,...i->...', np.ones([4, 3]), np.ones([1, 3])), [3, 3, 3, 3])
  t.is(np.einsum('i,i->', np.array([true]), np.array([true])).dtype, 'bool')
  checkGrads(t, (x, y) => np.einsum('iij,jk->ki', x, y), [sample([2, 2, 3], 4), sample([3, 2], 5)])
  const xs = sample([3, 2, 2], 6)
  allClose(t, vmap((x: NDArray) => np.einsum('ij,jk->ik', x, x))(xs), np.matmul(xs, xs), { rtol: 1e-12, atol: 1e-12 })
})

test('methods of arrays are the functions', (t) => {
  const x = np.array([[3, 1, 2], [4, 6, 5]]) // prettier-ignore
  const pairs = [
    [x.flatten(), np.ravel(x)],
    [x.swapaxes(0, 1), x.T],
    [x.repeat(2, { axis: 1 }), np.repeat(x, 2, { axis: 1 })],
    [x.take(np.array([1, 0], { dtype: 'int32' }), { axis: 0 }), np.flip(x, 0)],
    [x.cumsum({ axis: 1 }), np.cumsum(x, { axis: 1 })],
    [x.cumprod({ axis: 0 }), np.cumprod(x, { axis: 0 })],
    [x.sort(), np.array([[1, 2, 3], [4, 5, 6]])], // prettier-ignore
    [x.argsort({ axis: 1 }), np.array([[1, 2, 0], [0, 2, 1]])], // prettier-ignore
    [np.array([1, 2]).searchsorted(1.5), np.array(1)],
    [x.ptp({ axis: 0 }), np.array([1, 5, 3])],
    [x.mul(0.26).round(1), np.round(x.mul(0.26), 1)],
    [x.dot(np.array([1, 0, 0])), np.array([3, 4])],
    [x.diagonal(), np.array([3, 6])],
    [x.trace(), np.array(9)],
  ] as const
  for (const [actual, expected] of pairs) {
    t.deepEqual(actual.shape, expected.shape)
    allClose(t, actual, expected, exactly)
  }
})
