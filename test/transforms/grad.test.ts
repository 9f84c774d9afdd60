import { readFileSync } from 'node:fs'
import test from 'ava'
import {
  ArgumentError,
  AsyncFunctionError,
  DTypeError,
  EscapedTracerError,
  grad,
  jit,
  jvp,
  lax,
  linearize,
  type NDArray,
  np,
  PytreeError,
  ShapeError,
  valueAndGrad,
  vjp,
  vmap,
} from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

void readFileSync
const f = (x: NDArray): NDArray => np.sum(np.sin(x).mul(np.exp(x.mul(0.5))))
const x = sample([3], 21)

/** Central differences of a function of vectors, one element at a time. */
const differences = (g: (x: NDArray) => NDArray, at: NDArray, eps = 1e-5): number[] =>
  elements(at).map((_, i) => {
    const step = np.array(Float64Array.from({ length: at.size }, (_v, j) => (i === j ? eps : 0))).reshape(at.shape)
    return (g(at.add(step)).item() - g(at.sub(step)).item()) / (2 * eps)
  })

test('grad of jit of grad, against finite differences', (t) => {
  const inner = jit(grad(f))
  const g = (z: NDArray): NDArray => np.sum(inner(z).mul(np.array(Float64Array.of(1, -2, 3))))
  allClose(t, grad(jit(g))(x), differences(g, x), { rtol: 1e-8, atol: 1e-8 })
  allClose(t, jit(grad(jit(g)))(x), differences(g, x), { rtol: 1e-8, atol: 1e-8 })
})

test('vmap of grad is a loop of gradients', (t) => {
  const batch = sample([4, 3], 22)
  const rows = [0, 1, 2, 3].map((i) => lax.squeeze(lax.slice(batch, [i, 0], [i + 1, 3]), [0]))
  const mapped = vmap(grad(f))(batch)
  allClose(
    t,
    mapped,
    rows.flatMap((row) => differences(f, row)),
    { rtol: 1e-8, atol: 1e-8 },
  )
  allClose(t, jit(vmap(jit(grad(jit(f)))))(batch), mapped, { rtol: 1e-13, atol: 1e-13 })
})

test('jvp of vjp, against finite differences', (t) => {
  const v = sample([3], 23)
  const gradient = (z: NDArray): NDArray => vjp(f, z)[1](np.array(Float64Array.of(1)).reshape([]))[0]
  const [, tangent] = jvp(gradient, [x], [v])
  const eps = 1e-5
  allClose(
    t,
    tangent,
    gradient(x.add(v.mul(eps)))
      .sub(gradient(x.sub(v.mul(eps))))
      .div(2 * eps),
    { rtol: 1e-8, atol: 1e-8 },
  )
  allClose(t, jit((z: NDArray) => jvp(gradient, [z], [v])[1])(x), tangent, { rtol: 1e-13, atol: 1e-13 })
})

test('third derivatives, through any mixture of transformations', (t) => {
  const scalar = (z: NDArray): NDArray => np.sin(z).mul(z).mul(z)
  const at = np.array(Float64Array.of(0.7)).reshape([])
  const third = 0.7 ** 2 * -Math.cos(0.7) - 6 * 0.7 * Math.sin(0.7) + 6 * Math.cos(0.7)
  const d =
    (g: (z: NDArray) => NDArray) =>
    (z: NDArray): NDArray =>
      jvp(g, [z], [np.onesLike(z)])[1]
  const ways: readonly ((g: (z: NDArray) => NDArray) => (z: NDArray) => NDArray)[] = [
    (g) => grad(grad(grad(g))),
    (g) => d(d(d(g))),
    (g) => grad(d(grad(g))),
    (g) => d(grad(jit(d(g)))),
    (g) => jit(grad(jit(grad(jit(grad(jit(g))))))),
  ]
  for (const way of ways) allClose(t, way(scalar)(at), [third], { rtol: 1e-12, atol: 1e-12 })
})

test('perturbations are not confused', (t) => {
  const at = np.array(Float64Array.of(3)).reshape([])
  const one = np.onesLike(at)
  const g = (z: NDArray): NDArray => z.mul(jvp((y: NDArray) => z.add(y), [one], [one])[1])
  t.is(grad(g)(at).item(), 1)
  t.is(jvp(g, [at], [one])[1].item(), 1)
  t.is(grad((z: NDArray) => grad((y: NDArray) => z.mul(y).mul(y))(z))(at).item(), 12)
})

test('linearize applies one linear program to many directions', (t) => {
  const [y, apply] = linearize((z: NDArray) => np.tanh(z), x)
  allClose(t, y, np.tanh(x), { rtol: 0, atol: 0 })
  for (const seed of [1, 2]) {
    const v = sample([3], seed)
    allClose(t, apply(v), jvp((z: NDArray) => np.tanh(z), [x], [v])[1], { rtol: 1e-14, atol: 1e-15 })
  }
})

test('trees of arguments, several arguments, auxiliary results', (t) => {
  const params = { w: sample([3, 2], 1), b: sample([2], 2), list: [sample([2], 3)] as const }
  const loss = (p: typeof params, z: NDArray): NDArray => np.sum(np.tanh(np.matmul(z, p.w).add(p.b)).mul(p.list[0]))
  const z = sample([4, 3], 4)
  const grads = grad(loss)(params, z)
  t.deepEqual(Object.keys(grads), ['b', 'list', 'w'])
  allClose(
    t,
    grads.b,
    differences((b) => loss({ ...params, b }, z), params.b),
    { rtol: 1e-8, atol: 1e-8 },
  )
  allClose(
    t,
    grads.w,
    differences((w) => loss({ ...params, w }, z), params.w),
    { rtol: 1e-8, atol: 1e-8 },
  )
  const [first, second] = grad(loss, { argnums: [0, 1] })(params, z)
  allClose(t, first.list[0], grads.list[0], { rtol: 0, atol: 0 })
  allClose(
    t,
    second,
    differences((q) => loss(params, q), z),
    { rtol: 1e-8, atol: 1e-8 },
  )
  const withAux = (p: typeof params, q: NDArray) => [loss(p, q), { norm: np.sum(q) }] as const
  const [[value, aux], g] = valueAndGrad(withAux, { hasAux: true })(params, z)
  t.is(value.item(), loss(params, z).item())
  t.is(aux.norm.item(), np.sum(z).item())
  allClose(t, g.b, grads.b, { rtol: 0, atol: 0 })
  const [only, data] = grad(withAux, { hasAux: true })(params, z)
  allClose(t, only.b, grads.b, { rtol: 0, atol: 0 })
  t.is(data.norm.item(), aux.norm.item())
})

test('what does not depend on an argument has a gradient of zeros', (t) => {
  const g = grad((p: { a: NDArray; b: NDArray }) => np.sum(p.a))({ a: x, b: sample([2, 2], 1) })
  t.deepEqual(g.b.toArray(), [
    [0, 0],
    [0, 0],
  ])
  t.is(
    grad((z: NDArray) => np.sum(lax.stopGradient(z).mul(z)))(np.array([1, 2]))
      .toArray()
      .toString(),
    '1,2',
  )
})

test('a bare number is differentiated as a real', (t) => {
  t.is(grad((z: number | NDArray) => np.multiply(z, z))(3).item(), 6)
})

test('errors: losses, arguments, cotangents, structures', (t) => {
  t.throws(() => grad((z: NDArray) => z)(np.ones([2])), {
    instanceOf: ShapeError,
    message: /grad requires a scalar loss, got float32\[2\]; sum or average it/,
  })
  const error = t.throws(() => grad((p: { n: NDArray }) => np.sum(p.n).astype('float32'))({ n: np.arange(3) }), {
    instanceOf: DTypeError,
  })
  t.regex(
    error.message,
    /floating point arguments, got int32\[3\] at \[0\]\['n'\]; cast it .* or leave it out of argnums/,
  )
  t.throws(() => grad((z: NDArray) => np.sum(z), { argnums: 1 })(np.ones([2])), {
    instanceOf: ArgumentError,
    message: /argnums in \[0, 1\), got 1/,
  })
  t.throws(() => grad((async (z: NDArray) => Promise.resolve(np.sum(z))) as never)(np.ones([2])), {
    instanceOf: AsyncFunctionError,
  })
  t.throws(() => jvp((z: NDArray) => z, [np.ones([2])], [np.ones([3])]), { instanceOf: ShapeError })
  t.throws(() => jvp((z: { a: NDArray }) => z.a, [{ a: np.ones([2]) }], [{ b: np.ones([2]) }]), {
    instanceOf: PytreeError,
  })
})

test('a tracer that escapes is recognised', (t) => {
  let kept: NDArray | null = null
  grad((z: NDArray) => {
    kept = z
    return np.sum(z)
  })(np.ones([2]))
  t.throws(() => np.sin(kept!), { instanceOf: EscapedTracerError, message: /whose transformation has ended/ })
})

test('composite functions pass the derivative check', (t) => {
  checkGrads(t, (z) => np.log(np.sum(np.exp(z))), [sample([4], 8)])
  checkGrads(t, (z, w) => np.sqrt(np.sum(np.square(np.matmul(z, w))).add(1)), [sample([2, 3], 9), sample([3, 2], 10)])
  checkGrads(t, (z) => jit((q: NDArray) => np.mean(np.tanh(q)))(z), [sample([4], 11)])
  checkGrads(t, (z) => vmap((q: NDArray) => np.sum(np.sin(q).mul(q)))(z), [sample([2, 3], 12)])
})
