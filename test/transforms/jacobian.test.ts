import test from 'ava'
import {
  ArgumentError,
  DTypeError,
  hessian,
  jacfwd,
  jacrev,
  jit,
  lax,
  type NDArray,
  np,
  vmap,
} from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'

const f = (x: NDArray): NDArray => np.stack([np.sum(np.sin(x)), np.prod(x), x.slice(0).mul(x.slice(1))])
const x = sample([3], 1).add(2)

/** Central differences: `[...result, ...argument]`. */
const differences = (g: (x: NDArray) => NDArray, at: NDArray): number[] => {
  const eps = 1e-5
  const columns = elements(at).map((_, i) => {
    const step = np.array(Float64Array.from({ length: at.size }, (_v, j) => (i === j ? eps : 0))).reshape(at.shape)
    return elements(
      g(at.add(step))
        .sub(g(at.sub(step)))
        .div(2 * eps),
    )
  })
  return columns[0]!.flatMap((_, row) => columns.map((column) => column[row]!))
}

test('forward and reverse mode agree with finite differences', (t) => {
  for (const jac of [jacfwd, jacrev]) {
    const j = jac(f)(x)
    t.deepEqual(j.shape, [3, 3])
    allClose(t, j, differences(f, x), { rtol: 1e-8, atol: 1e-8 })
    allClose(t, jit(jac(f))(x), j, { rtol: 1e-13, atol: 1e-13 })
  }
  const g = (a: NDArray): NDArray => np.matmul(a, a.T)
  const a = sample([2, 3], 2)
  t.deepEqual(jacrev(g)(a).shape, [2, 2, 2, 3])
  allClose(t, jacrev(g)(a), differences(g, a), { rtol: 1e-8, atol: 1e-8 })
  allClose(t, jacfwd(g)(a), jacrev(g)(a), { rtol: 1e-12, atol: 1e-13 })
})

test('trees of results over trees of arguments', (t) => {
  const g = (p: { a: NDArray; b: NDArray }, s: NDArray) => ({ y: p.a.mul(s), z: [np.sum(p.b)] as const })
  const p = { a: sample([2], 3), b: sample([2, 2], 4) }
  const s = sample([], 5)
  for (const jac of [jacfwd, jacrev]) {
    const j = jac(g)(p, s)
    t.deepEqual([j.y.a.shape, j.y.b.shape, j.z[0].a.shape, j.z[0].b.shape], [[2, 2], [2, 2, 2], [2], [2, 2]])
    allClose(t, j.y.a, np.eye(2, 2, 0, { dtype: 'float64' }).mul(s), { rtol: 1e-14, atol: 0 })
    t.deepEqual(j.z[0].b.toArray(), [
      [1, 1],
      [1, 1],
    ])
    const [first, second] = jac(g, { argnums: [0, 1] })(p, s).y
    allClose(t, first.a, j.y.a, { rtol: 0, atol: 0 })
    allClose(t, second, p.a, { rtol: 1e-14, atol: 0 })
  }
})

test('hessian, auxiliary results, vmap', (t) => {
  const h = (y: NDArray): NDArray => np.sum(np.exp(y.mul(np.flip(y))))
  const second = hessian(h)(x)
  allClose(
    t,
    second,
    differences((y) => jacrev(h)(y), x),
    { rtol: 1e-6, atol: 1e-6 },
  )
  allClose(t, second, lax.transpose(second, [1, 0]), { rtol: 1e-12, atol: 1e-12 })
  const [j, aux] = jacfwd((y: NDArray) => [np.square(y), y.mul(3)] as const, { hasAux: true })(x)
  t.deepEqual(j.shape, [3, 3])
  allClose(t, aux, x.mul(3), { rtol: 0, atol: 0 })
  const batch = sample([4, 3], 6)
  const mapped = vmap(jacrev(f))(batch)
  t.deepEqual(mapped.shape, [4, 3, 3])
  allClose(t, mapped.slice(2), jacrev(f)(batch.slice(2)), { rtol: 1e-12, atol: 1e-13 })
})

test('errors', (t) => {
  t.throws(() => jacfwd((y: NDArray) => y)(np.arange(3)), {
    instanceOf: DTypeError,
    message: /jacfwd requires floating point arguments/,
  })
  t.throws(() => jacrev((y: NDArray) => y, { argnums: 2 })(x), {
    instanceOf: ArgumentError,
    message: /argnums in \[0, 1\), got 2/,
  })
})
