import test from 'ava'
import fc from 'fast-check'
import { DTypeError, jit, lax, makeJaxpr, type NDArray, np, ShapeError, vmap } from '../../src/index.js'
import { lower } from '../../src/transforms/index.js'
import type { DotDims } from '../../src/lax/dot.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

const plain: DotDims = { contract: [[1], [0]], batch: [[], []] }

interface Case {
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly dims: DotDims
}

const cases: readonly Case[] = [
  { x: [2, 3], y: [3, 4], dims: plain },
  { x: [3, 2], y: [4, 3], dims: { contract: [[0], [1]], batch: [[], []] } },
  { x: [5, 2, 3], y: [3, 5, 4], dims: { contract: [[2], [0]], batch: [[0], [1]] } },
  {
    x: [2, 3, 4],
    y: [4, 2],
    dims: {
      contract: [
        [2, 0],
        [0, 1],
      ],
      batch: [[], []],
    },
  },
  { x: [2, 3], y: [4, 5], dims: { contract: [[], []], batch: [[], []] } },
  { x: [6], y: [6], dims: { contract: [[0], [0]], batch: [[], []] } },
  {
    x: [2, 3, 4, 5],
    y: [3, 2, 5, 6],
    dims: {
      contract: [[3], [2]],
      batch: [
        [1, 0],
        [0, 1],
      ],
    },
  },
  { x: [2, 1, 3], y: [2, 3, 1], dims: { contract: [[2], [1]], batch: [[0], [0]] } },
  { x: [2, 0], y: [0, 3], dims: { contract: [[1], [0]], batch: [[], []] } },
]

/** The contraction by its definition, index by index. */
const reference = (x: NDArray, y: NDArray, { contract, batch }: DotDims): number[] => {
  const free = (n: number, used: readonly number[]): number[] => [...Array(n).keys()].filter((i) => !used.includes(i))
  const [xFree, yFree] = [free(x.ndim, [...contract[0], ...batch[0]]), free(y.ndim, [...contract[1], ...batch[1]])]
  const indices = (sizes: readonly number[]): number[][] =>
    sizes.reduce<number[][]>((all, n) => all.flatMap((index) => [...Array(n).keys()].map((i) => [...index, i])), [[]])
  const at = (z: NDArray, index: ReadonlyMap<number, number>): number =>
    elements(z)[z.shape.reduce((offset, n, axis) => offset * n + index.get(axis)!, 0)]!
  const sizes = (z: NDArray, axes: readonly number[]): number[] => axes.map((a) => z.shape[a]!)
  return indices(sizes(x, batch[0])).flatMap((b) =>
    indices(sizes(x, xFree)).flatMap((i) =>
      indices(sizes(y, yFree)).map((j) =>
        indices(sizes(x, contract[0])).reduce((sum, k) => {
          const xi = new Map([
            ...batch[0].map((a, n) => [a, b[n]!] as const),
            ...xFree.map((a, n) => [a, i[n]!] as const),
            ...contract[0].map((a, n) => [a, k[n]!] as const),
          ])
          const yi = new Map([
            ...batch[1].map((a, n) => [a, b[n]!] as const),
            ...yFree.map((a, n) => [a, j[n]!] as const),
            ...contract[1].map((a, n) => [a, k[n]!] as const),
          ])
          return sum + at(x, xi) * at(y, yi)
        }, 0),
      ),
    ),
  )
}

for (const { x, y, dims } of cases) {
  const title = `[${x.join()}] · [${y.join()}] over ${JSON.stringify(dims)}`
  test(`dot_general ${title}: values and gradients`, (t) => {
    const [a, b] = [sample(x, 1), sample(y, 2)]
    allClose(t, lax.dotGeneral(a, b, dims), reference(a, b, dims), { rtol: 1e-13, atol: 1e-14 })
    checkGrads(t, (p, q) => lax.dotGeneral(p, q, dims), [a, b])
  })
  test(`dot_general ${title}: vmap is a loop`, (t) => {
    const [a, b] = [sample([3, ...x], 3), sample([3, ...y], 4)]
    const row = (z: NDArray, i: number): NDArray =>
      lax.squeeze(
        lax.slice(
          z,
          z.shape.map((_, k) => (k === 0 ? i : 0)),
          z.shape.map((n, k) => (k === 0 ? i + 1 : n)),
        ),
        [0],
      )
    const f = (p: NDArray, q: NDArray): NDArray => lax.dotGeneral(p, q, dims)
    const loop = (g: (i: number) => NDArray): NDArray => np.stack([0, 1, 2].map(g))
    allClose(
      t,
      vmap(f)(a, b),
      loop((i) => f(row(a, i), row(b, i))),
      { rtol: 1e-12, atol: 1e-13 },
    )
    allClose(
      t,
      vmap(f, { inAxes: [0, null] })(a, row(b, 0)),
      loop((i) => f(row(a, i), row(b, 0))),
      { rtol: 1e-12, atol: 1e-13 },
    )
    allClose(
      t,
      vmap(f, { inAxes: [null, 0] })(row(a, 0), b),
      loop((i) => f(row(a, 0), row(b, i))),
      { rtol: 1e-12, atol: 1e-13 },
    )
  })
}

test('integers, and sums in a wider dtype', (t) => {
  const [x, y] = [np.array([[1, 2]], { dtype: 'int8' }), np.array([[100], [100]], { dtype: 'int8' })]
  t.is(lax.dotGeneral(x, y, plain, { preferredElementType: 'int32' }).item(), 300)
  t.is(lax.dotGeneral(x.astype('uint32'), y.astype('uint32'), plain).item(), 300)
  const half = np.ones([1, 4096], { dtype: 'bfloat16' })
  const product = lax.dotGeneral(half, half.T, plain, { preferredElementType: 'float32' })
  t.is(product.dtype, 'float32')
  t.is(product.item(), 4096)
})

const nodesOf = (f: (x: NDArray, y: NDArray) => NDArray, x: NDArray, y: NDArray): string[] =>
  lower(makeJaxpr(f)(x, y), 'cpu')
    .graph.text()
    .split('\n')
    .flatMap((line) => /= ([\w.]+)\(/.exec(line)?.[1] ?? [])

test('a product of matrices is one MatMul, a transposed operand a Transpose before it', (t) => {
  const [x, y] = [np.ones([2, 3]), np.ones([3, 4])]
  t.deepEqual(
    nodesOf((a, b) => np.matmul(a, b), x, y),
    ['MatMul'],
  )
  t.deepEqual(
    nodesOf((a, b) => np.matmul(a, b.T), x, np.ones([4, 3])),
    ['Transpose', 'MatMul'],
  )
  t.deepEqual(
    nodesOf((a, b) => np.matmul(a, b), np.ones([5, 2, 3]), y),
    ['Reshape', 'MatMul', 'Reshape'],
  )
})

test('matmul and dot by shape', (t) => {
  const shape = (x: readonly number[], y: readonly number[]): readonly number[] =>
    np.matmul(np.ones(x), np.ones(y)).shape
  t.deepEqual(shape([3], [3]), [])
  t.deepEqual(shape([2, 3], [3]), [2])
  t.deepEqual(shape([3], [3, 4]), [4])
  t.deepEqual(shape([5, 2, 3], [3, 4]), [5, 2, 4])
  t.deepEqual(shape([2, 3], [5, 3, 4]), [5, 2, 4])
  t.deepEqual(shape([5, 1, 2, 3], [6, 3, 4]), [5, 6, 2, 4])
  t.deepEqual(shape([5, 2, 3], [3]), [5, 2])
  t.deepEqual(shape([3], [5, 3, 4]), [5, 4])
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      (a, b) => {
        const ok = [...a]
          .reverse()
          .every((n, i) => n === 1 || (b[b.length - 1 - i] ?? 1) === 1 || b[b.length - 1 - i] === n)
        if (!ok) return
        const [x, y] = [sample([...a, 2, 3], 5), sample([...b, 3, 2], 6)]
        const z = np.matmul(x, y)
        const sums = np.sum(np.expandDims(x, -1).mul(np.expandDims(y, -3)), { axis: -2 })
        t.deepEqual(z.shape, sums.shape)
        allClose(t, z, sums, { rtol: 1e-13, atol: 1e-13 })
      },
    ),
    { numRuns: 40 },
  )
})

test('paired axes must have one size, operands one dtype', (t) => {
  t.throws(() => lax.dotGeneral(np.ones([2, 3]), np.ones([4, 5]), plain), {
    instanceOf: ShapeError,
    message: 'dot_general requires paired axes of one size for [1] and [0], got float32[2,3] and float32[4,5]',
  })
  t.throws(() => lax.dotGeneral(np.ones([2, 3]), np.ones([3, 2], { dtype: 'float64' }), plain), {
    instanceOf: DTypeError,
  })
  t.throws(() => np.matmul(np.ones([2, 3]), np.ones([4, 5])), { instanceOf: ShapeError })
})

test('jit: the product of a scaled matrix of doubles is that of doubles', (t) => {
  const x = sample([3, 3], 1)
  const scaled = (a: NDArray, b: NDArray): NDArray => a.mul(0.1).matmul(b).div(3)
  allClose(t, jit(scaled)(x, x), scaled(x, x), { rtol: 1e-14, atol: 1e-15 })
})
