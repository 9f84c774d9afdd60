import test from 'ava'
import { DifferentiationError, jit, lax, type NDArray, np, ShapeError, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

const eye = (n: number): NDArray => np.eye(n, n, 0, { dtype: 'float64' })
const exact = { rtol: 1e-11, atol: 1e-11 }

/** Symmetric with eigenvalues around 1, …, n. */
const symmetric = (n: number, seed: number): NDArray => {
  const x = sample([n, n], seed)
  return x
    .add(x.T)
    .mul(0.3)
    .add(np.diag(np.arange(1, n + 1).astype('float64')))
}
const definite = (n: number, seed: number): NDArray => {
  const x = sample([n, n], seed)
  return x.matmul(x.T).add(eye(n).mul(0.5))
}

test('cholesky: its product with its transpose is the matrix', (t) => {
  for (const n of [1, 2, 5, 9]) {
    const x = definite(n, n)
    const l = np.linalg.cholesky(x)
    allClose(t, l.matmul(l.T), x, exact, `n = ${n}`)
    allClose(t, np.triu(l, 1), np.zeros([n, n]), { rtol: 0, atol: 0 })
    t.is(np.diagonal(l).gt(0).all().item(), 1)
  }
  checkGrads(t, (x) => np.linalg.cholesky(x), [definite(4, 3)])
  t.true(elements(np.linalg.cholesky(np.array([[1, 2], [2, 1]]))).every(Number.isNaN)) // prettier-ignore
  t.throws(() => np.linalg.cholesky(np.ones([2, 3])), { instanceOf: ShapeError })
})

test('solve, inv: products with the matrix give the right side', (t) => {
  for (const n of [1, 2, 5, 8]) {
    const a = sample([n, n], n + 20).add(eye(n).mul(0.3))
    const b = sample([n, 3], n)
    allClose(t, a.matmul(np.linalg.solve(a, b)), b, exact, `n = ${n}`)
    allClose(t, a.matmul(np.linalg.inv(a)), eye(n), exact, `n = ${n}`)
    allClose(t, a.matmul(np.linalg.solve(a, b.slice([0, n], 0))), b.slice([0, n], 0), exact, 'a vector')
  }
  // Without an exchange of rows there is no pivot.
  allClose(t, np.linalg.solve(np.array([[0, 1], [2, 0]]), np.array([3, 4])), [2, 3]) // prettier-ignore
  const a = sample([3, 3], 31).add(eye(3))
  checkGrads(t, (x, y) => np.linalg.solve(x, y), [a, sample([3, 2], 32)])
  checkGrads(t, (x) => np.linalg.inv(x), [a])
  t.throws(() => np.linalg.solve(np.ones([2, 2]), np.ones([3, 1])), { instanceOf: ShapeError })
})

test('det and slogdet', (t) => {
  allClose(t, np.linalg.det(np.array([[1, 2], [3, 4]])), [-2]) // prettier-ignore
  allClose(t, np.linalg.det(np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])), [1]) // prettier-ignore
  allClose(t, np.linalg.det(np.array([[1, 2], [2, 4]])), [0]) // prettier-ignore
  const x = sample([4, 4], 41)
  const [sign, log] = np.linalg.slogdet(x)
  allClose(t, sign.mul(np.exp(log)), np.linalg.det(x), exact)
  allClose(t, np.linalg.det(x.matmul(x)), np.square(np.linalg.det(x)), exact)
  checkGrads(t, (y) => np.linalg.det(y), [x])
  checkGrads(t, (y) => np.linalg.slogdet(y)[1], [x])
})

test('qr: orthonormal columns, a triangle, the signs of LAPACK', (t) => {
  for (const [n, m] of [
    [3, 3],
    [5, 2],
    [2, 5],
    [1, 1],
    [6, 6],
  ] as const) {
    const x = sample([n, m], 10 * n + m)
    const [q, r] = np.linalg.qr(x)
    t.deepEqual(q.shape, [n, Math.min(n, m)])
    allClose(t, q.matmul(r), x, exact, `${n} × ${m}`)
    allClose(t, q.T.matmul(q), eye(Math.min(n, m)), exact, `${n} × ${m}`)
    allClose(t, np.tril(r, -1), np.zeros(r.shape), { rtol: 0, atol: 0 })
    const [full, tall] = np.linalg.qr(x, { mode: 'complete' })
    allClose(t, full.matmul(tall), x, exact)
    allClose(t, full.matmul(full.T), eye(n), exact)
  }
  // As numpy.linalg.qr has it.
  const [q, r] = np.linalg.qr(np.array([[3, 1], [4, 2]])) // prettier-ignore
  allClose(t, q, [-0.6, -0.8, -0.8, 0.6])
  allClose(t, r, [-5, -2.2, 0, 0.4])
  checkGrads(t, (x) => np.linalg.qr(x)[0], [sample([4, 3], 51)])
  checkGrads(t, (x) => np.linalg.qr(x)[1], [sample([3, 3], 52)])
  t.throws(() => checkGrads(t, (x) => np.linalg.qr(x)[0], [sample([2, 3], 53)]), { instanceOf: DifferentiationError })
})

test('eigh: vectors are orthonormal and stretched by the values, which ascend', (t) => {
  for (const n of [1, 2, 3, 6, 7]) {
    const x = symmetric(n, n)
    const [w, v] = np.linalg.eigh(x)
    allClose(t, x.matmul(v), v.mul(w), { rtol: 1e-10, atol: 1e-10 }, `n = ${n}`)
    allClose(t, v.T.matmul(v), eye(n), exact, `n = ${n}`)
    allClose(t, np.sort(w), w, { rtol: 0, atol: 0 })
  }
  // Equal values, and a matrix that is diagonal already.
  allClose(t, np.linalg.eigvalsh(np.ones([3, 3])), [0, 0, 3], { rtol: 1e-5, atol: 1e-5 })
  allClose(t, np.linalg.eigh(np.diag(np.array([2, 1, 3])))[0], [1, 2, 3])
  const x = symmetric(4, 61)
  checkGrads(t, (y) => np.linalg.eigvalsh(y), [x])
  // Vectors are determined up to signs.
  checkGrads(t, (y) => np.square(np.linalg.eigh(y)[1]), [x], { tol: 1e-4 })
})

test('svd: the product of its factors is the matrix', (t) => {
  for (const [n, m] of [
    [1, 1],
    [3, 3],
    [5, 2],
    [2, 5],
    [4, 3],
  ] as const) {
    const x = sample([n, m], 7 * n + m)
    const [u, s, vt] = np.linalg.svd(x, { fullMatrices: false })
    allClose(t, u.mul(s).matmul(vt), x, exact, `${n} × ${m}`)
    allClose(t, u.T.matmul(u), eye(Math.min(n, m)), exact)
    allClose(t, vt.matmul(vt.T), eye(Math.min(n, m)), exact)
    allClose(t, np.sort(s, { descending: true }), s, { rtol: 0, atol: 0 })
    const [fullU, , fullV] = np.linalg.svd(x)
    allClose(t, fullU.T.matmul(fullU), eye(n), exact)
    allClose(t, fullV.T.matmul(fullV), eye(m), exact)
  }
  // Rank 1: the other columns are completed.
  const [u, s] = np.linalg.svd(np.ones([3, 3], { dtype: 'float64' }))
  allClose(t, s, [3, 0, 0], { rtol: 1e-12, atol: 1e-12 })
  allClose(t, u.T.matmul(u), eye(3), exact)
  checkGrads(t, (x) => np.linalg.svdvals(x), [sample([3, 2], 71)])
  checkGrads(t, (x) => np.square(np.linalg.svd(x, { fullMatrices: false })[0]), [sample([4, 2], 72)], { tol: 1e-4 })
  checkGrads(t, (x) => np.square(np.linalg.svd(x, { fullMatrices: false })[2]), [sample([2, 3], 73)], { tol: 1e-4 })
})

test('leading axes are a batch, as vmap and as a loop have it', (t) => {
  const xs = np.stack([1, 2, 3].map((seed) => definite(3, seed)))
  const functions: Readonly<Record<string, (x: NDArray) => NDArray>> = {
    cholesky: (x) => np.linalg.cholesky(x),
    inv: (x) => np.linalg.inv(x),
    det: (x) => np.linalg.det(x),
    qr: (x) => np.linalg.qr(x)[1],
    eigh: (x) => np.linalg.eigvalsh(x),
    svd: (x) => np.linalg.svdvals(x),
    pinv: (x) => np.linalg.pinv(x),
    norm: (x) => np.linalg.norm(x, { ord: 2, axis: [-2, -1] }),
  }
  for (const [name, f] of Object.entries(functions)) {
    const loop = np.stack([0, 1, 2].map((i) => f(xs.slice(i))))
    allClose(t, f(xs), loop, { rtol: 1e-12, atol: 1e-12 }, name)
    allClose(t, vmap(f)(xs), loop, { rtol: 1e-12, atol: 1e-12 }, name)
    allClose(t, jit(f)(xs), loop, { rtol: 1e-12, atol: 1e-12 }, name)
  }
  const b = sample([3, 2], 81)
  const solved = vmap((x: NDArray) => np.linalg.solve(x, b))(xs)
  allClose(t, xs.matmul(solved), np.broadcastTo(b, [3, 3, 2]), exact)
})

test('pinv, lstsq, ranks, powers, norms', (t) => {
  const tall = sample([5, 3], 91)
  allClose(t, np.linalg.pinv(tall).matmul(tall), eye(3), exact)
  allClose(t, tall.T.matmul(np.linalg.pinv(tall.T)), tall.T.matmul(np.linalg.pinv(tall.T)).T, exact)
  const b = sample([5], 92)
  const [x, residual, rank, s] = np.linalg.lstsq(tall, b)
  // What remains is orthogonal to all columns.
  allClose(t, tall.T.matmul(b.sub(tall.matmul(x))), [0, 0, 0], exact)
  allClose(
    t,
    residual,
    [
      np
        .square(b.sub(tall.matmul(x)))
        .sum()
        .item(),
    ],
    exact,
  )
  t.is(rank.item(), 3)
  allClose(t, s, np.linalg.svdvals(tall), exact)
  t.is(np.linalg.matrixRank(np.ones([4, 4])).item(), 1)
  const a = sample([3, 3], 93)
  allClose(t, np.linalg.matrixPower(a, 5), a.matmul(a).matmul(a).matmul(a).matmul(a), exact)
  allClose(t, np.linalg.matrixPower(a, -2).matmul(a).matmul(a), eye(3), { rtol: 1e-8, atol: 1e-8 })
  const m = np.array([[1, -2], [3, 4]]) // prettier-ignore
  const norms = {
    1: 6,
    [-1]: 4,
    Infinity: 7,
    [-Infinity]: 3,
    2: 5.116672736016927,
    fro: 5.477225575051661,
    nuc: 7.0710678,
  }
  for (const [ord, expected] of Object.entries(norms)) {
    const given = ord === 'fro' || ord === 'nuc' ? ord : Number(ord)
    allClose(t, np.linalg.norm(m, { ord: given }), [expected], { rtol: 1e-6, atol: 1e-6 }, ord)
  }
  checkGrads(t, (y) => np.linalg.pinv(y), [tall], { order: 1, tol: 1e-4 })
  t.throws(() => np.linalg.norm(m, { ord: 7 }), { message: /for a matrix, got 7/ })
})

test('single and half precision', (t) => {
  const x = definite(6, 5).astype('float32')
  const l = np.linalg.cholesky(x)
  allClose(t, l.matmul(l.T), x, { rtol: 1e-5, atol: 1e-5 })
  const [w, v] = np.linalg.eigh(x)
  allClose(t, x.matmul(v), v.mul(w), { rtol: 1e-4, atol: 1e-5 })
  const [u, s, vt] = np.linalg.svd(x.mul(1e20))
  allClose(t, u.mul(s.div(1e20)).matmul(vt), x, { rtol: 1e-4, atol: 1e-5 })
  t.is(np.linalg.qr(x.astype('bfloat16'))[0].dtype, 'bfloat16')
  t.is(lax.isFinite(np.linalg.inv(x)).all().item(), 1)
})
