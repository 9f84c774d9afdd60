/** General reductions, patches, grouped products and selections against JAX's results. */
import test from 'ava'
import { ArgumentError, DTypeError, grad, jit, lax, type NDArray, np, ShapeError, vmap } from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { arrayFrom, type GoldenArray, readGolden } from '../helpers/golden.js'

type Group = Readonly<Record<string, GoldenArray>>
const golden = readGolden<Readonly<Record<'windows' | 'reductions' | 'patches' | 'products', Group>>>('lax')
const exact = { rtol: 1e-13, atol: 1e-14 }
const is = (t: Parameters<typeof allClose>[0], y: NDArray, expected: GoldenArray, what: string): void => {
  t.deepEqual(y.shape, expected.shape, what)
  allClose(t, y, expected.data, exact, what)
}
const root = (a: NDArray, b: NDArray): NDArray => np.sqrt(np.square(a).add(np.square(b)))

const windows: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  product: (x) => lax.reduceWindow(x, 1, lax.mul, [1, 3, 2], [1, 2, 1], 'SAME'),
  'product, dilated': (x) =>
    lax.reduceWindow(x, 1, lax.mul, [1, 2, 2], [1, 1, 2], [[0, 0], [1, 0], [0, 2]], { baseDilation: [1, 2, 1], windowDilation: [1, 1, 2] }), // prettier-ignore
  'sum of squares under a root': (x) => lax.reduceWindow(x, 0, root, [1, 2, 3]),
  sum: (x) => lax.reduceWindow(x, 0, lax.add, [1, 2, 2], [1, 2, 2]),
  greatest: (x) => lax.reduceWindow(x, -Infinity, lax.max, [2, 2, 2], [1, 2, 2], 'SAME'),
  'greatest, at least 1': (x) => lax.reduceWindow(x, 1, lax.max, [1, 2, 2], [1, 2, 2], 'SAME'),
}

test('reduceWindow: any function, with gradients', (t) => {
  const x = arrayFrom(golden.windows['x']!)
  for (const [name, f] of Object.entries(windows)) {
    const y = jit(f)(x)
    is(t, y, golden.windows[name]!, name)
    allClose(t, vmap(f)(np.stack([x, x])).slice(1), y, exact, name)
  }
  checkGrads(t, windows['product, dilated']!, [sample([1, 3, 4], 1).add(2)], { order: 1 })
  t.deepEqual(lax.reduceWindow(x, 0, root, [1, 9, 1]).shape, [2, 0, 5])
  t.throws(() => lax.reduceWindow(x, np.array(0), root, [1, 1, 1]), { instanceOf: DTypeError })
})

test('reduce: any function of one array, or of several at once', (t) => {
  const { x: encoded, hypot, product, argmax } = golden.reductions
  const x = arrayFrom(encoded!)
  is(t, lax.reduce(x, 0, root, [0, 2]), hypot!, 'hypot')
  is(t, lax.reduce(x, 1, lax.mul, [1]), product!, 'product')
  is(t, lax.reduce(x, 1, lax.add, [0, 1, 2]), golden.reductions['sum from 1']!, 'sum from 1')
  const places = np.arange(60).reshape([3, 4, 5])
  const best = ([a, i]: readonly NDArray[], [b, j]: readonly NDArray[]): readonly NDArray[] => {
    const takes = a!.ge(b!)
    return [np.where(takes, a!, b!), np.where(takes, i!, j!)]
  }
  const both = lax.reduce([x, places], [-Infinity, -1], best, [0, 2])
  both.forEach((y, k) => {
    is(t, y, (argmax as unknown as readonly GoldenArray[])[k]!, 'argmax')
  })
  allClose(t, lax.reduce(np.zeros([0, 2]), 3, root, [0]), [3, 3])
  checkGrads(t, (a) => lax.reduce(a, 0, root, [0]), [sample([5, 2], 2)])
  t.throws(() => lax.reduce([x], [], best, [0]), { instanceOf: ArgumentError })
})

test('patches of convolutions', (t) => {
  const x = arrayFrom(golden.patches['x']!)
  is(t, lax.convGeneralDilatedPatches(x, [2, 3], [1, 2], 'SAME'), golden.patches['NCHW']!, 'NCHW')
  const dimensionNumbers = ['NHWC', 'HWIO', 'NHWC'] as const
  const last = lax.convGeneralDilatedPatches(np.transpose(x, [0, 2, 3, 1]), [2, 2], [2, 1], [[1, 0], [0, 1]], { rhsDilation: [2, 1], dimensionNumbers }) // prettier-ignore
  is(t, last, golden.patches['NHWC']!, 'NHWC')
  const k = sample([4, 3, 2, 2], 3)
  allClose(t, lax.conv(x, k, [1, 1], 'SAME'), lax.convGeneralDilated(x, k, [1, 1], 'SAME'), exact)
  t.deepEqual(lax.convDimensionNumbers([1, 2, 3, 4], [1, 2, 3, 4], dimensionNumbers).rhsSpec, [3, 2, 0, 1])
  t.deepEqual(lax.padtypeToPads([5, 6], [3, 2], [2, 2], 'SAME'), [[1, 1], [0, 0]]) // prettier-ignore
})

test('grouped and batched products', (t) => {
  const { x: ex, y: ey, grads } = golden.products
  const [x, y] = [arrayFrom(ex!), arrayFrom(ey!)]
  const sizes = (...n: readonly number[]): NDArray => np.array(n, { dtype: 'int32' })
  is(t, lax.raggedDot(x, y, sizes(2, 0, 3)), golden.products['ragged [2,0,3]']!, 'ragged')
  is(t, jit(lax.raggedDot)(x, y, sizes(1, 4, 1)), golden.products['ragged [1,4,1]']!, 'ragged')
  const loss = (a: NDArray, b: NDArray): NDArray => np.sum(np.sin(lax.raggedDot(a, b, sizes(2, 0, 3))))
  grad(loss, { argnums: [0, 1] })(x, y).forEach((g, i) => {
    is(t, g, (grads as unknown as readonly GoldenArray[])[i]!, 'gradient')
  })
  const [a, b] = [sample([2, 3, 4], 4), sample([2, 4, 5], 5)]
  allClose(t, lax.batchMatmul(a, b), np.matmul(a, b), exact)
  t.throws(() => lax.batchMatmul(a, b.slice(0)), { instanceOf: ShapeError })
  t.throws(() => lax.raggedDot(x, y, sizes(1, 1)), { instanceOf: ShapeError })
})

test('selectN, fullLike, the k greatest and least', (t) => {
  const cases = [np.array([1, 2, 3]), np.array([10, 20, 30]), np.array([100, 200, 300])] as const
  const which = np.array([2, 0, 1], { dtype: 'int32' })
  allClose(t, lax.selectN(which, ...cases), [100, 2, 30])
  allClose(t, lax.selectN(np.array([true, false, true]), cases[0], cases[1]), [10, 2, 30])
  allClose(t, lax.selectN(which, cases[0]), [1, 2, 3])
  allClose(t, grad((a: NDArray) => np.sum(lax.selectN(which, cases[0], a, cases[2]).mul(3)))(cases[1]), [0, 0, 3])
  t.throws(() => lax.selectN(np.array([true, false, true]), ...cases), { instanceOf: ArgumentError })
  t.throws(() => lax.selectN(cases[0], ...cases), { instanceOf: DTypeError })
  t.is(String(lax.fullLike(which, 7, { shape: [2] })), 'Array([7, 7], dtype=int32)')
  const m = np.array([[3, 1], [2, 5], [4, 0]]) // prettier-ignore
  const [values, places] = lax.approxMinK(m, 2, { reductionDimension: 0 })
  t.deepEqual([values.toArray(), places.toArray()], [[[2, 0], [3, 1]], [[1, 2], [0, 0]]]) // prettier-ignore
  t.deepEqual(lax.approxMaxK(m, 1)[0].toArray(), [[3], [5], [4]])
})

test('sums of integers wrap, over any axes and in any dtype', (t) => {
  const values = Int32Array.from({ length: 120 }, (_, i) => Math.imul(i + 1, 0x9e3779b1))
  const x = np.array(values).reshape([2, 3, 4, 5])
  const sums = jit((v: NDArray) => [[0], [1, 2], [3], [0, 3], [0, 1, 2, 3]].map((axes) => lax.reduceSum(v, axes)))(x)
  const wide = [[0], [1, 2], [3], [0, 3], [0, 1, 2, 3]].map((axes) => lax.reduceSum(x.astype('float64'), axes))
  sums.forEach((y, i) => {
    const expected = Array.from(wide[i]!.data() as Float64Array, (v) => Number(BigInt.asIntN(32, BigInt(v))))
    allClose(t, y, expected, { rtol: 0, atol: 0 })
  })
  const of = (data: readonly (number | bigint)[], dtype: 'uint8' | 'int16' | 'uint32' | 'int64'): string =>
    String(lax.reduceSum(np.array(data, { dtype }), [0]))
  t.is(of([200, 100], 'uint8'), 'Array(44, dtype=uint8)')
  t.is(of([32767, 2], 'int16'), 'Array(-32767, dtype=int16)')
  t.is(of([4294967295, 3], 'uint32'), 'Array(2, dtype=uint32)')
  t.is(of([2n ** 63n - 1n, 2n], 'int64'), `Array(${-(2n ** 63n) + 1n}, dtype=int64)`)
  t.is(String(lax.integerPow(np.array([0, NaN, 2]), 0)), 'Array([1., 1., 1.], dtype=float32)')
})

test('sums over leading axes, in groups of rows or as a product with ones', (t) => {
  const shapes: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
    [
      [8, 16, 3, 20],
      [0, 1],
    ],
    [[97, 64], [0]],
    [[2, 4096], [0]],
    [[7, 1024], [0]],
    [
      [13, 11, 31, 2],
      [0, 1, 2],
    ],
  ]
  const sum = jit((...xs: readonly NDArray[]) => xs.map((x, i) => lax.reduceSum(x, shapes[i % shapes.length]![1])))
  const xs = shapes.map(([shape], i) => sample(shape, 20 + i, 'float32'))
  const wide = xs.map((x) => x.astype('float64'))
  const sums = sum(...xs, ...wide)
  const axesOf = (i: number): readonly number[] => shapes[i % shapes.length]![1]
  const expected = wide.map((x, i) => {
    const kept = x.shape.slice(axesOf(i).length).reduce((n, m) => n * m, 1)
    const totals = new Float64Array(kept)
    x.data().forEach((v, j) => (totals[j % kept] = totals[j % kept]! + Number(v)))
    return totals
  })
  sums.forEach((y, i) => {
    const [shape] = shapes[i % shapes.length]!
    t.deepEqual(y.shape, shape.slice(axesOf(i).length))
    const tolerance = i < xs.length ? 2e-5 : 1e-12
    allClose(t, y, [...expected[i % xs.length]!], { rtol: tolerance, atol: tolerance })
  })
  // What isn't finite stays in its column.
  const special = xs[1]!.at(50, 3).set(Infinity).at(60, 4).set(NaN)
  const columns = [special, np.concatenate([special, special])].map((x) => np.sum(x, { axis: 0 }).data())
  for (const column of columns) {
    t.deepEqual([...column].flatMap((v, i) => (Number.isFinite(v) ? [] : [[i, v]])), [[3, Infinity], [4, NaN]]) // prettier-ignore
  }
})
