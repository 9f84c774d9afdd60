import test from 'ava'
import {
  customJvp,
  customVjp,
  DifferentiationError,
  grad,
  jit,
  jvp,
  type NDArray,
  np,
  ShapeError,
  vmap,
  vjp,
  ArgumentError,
} from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

const scalar = (value: number): NDArray => np.array(value, { dtype: 'float64' })

/** log(1 + e^x), whose derivative is given in a stable form. */
const softplus = customJvp((x: NDArray) => np.log1p(np.exp(x)))
softplus.defjvp(([x], [t]) => [softplus(x), t.mul(np.divide(1, np.exp(x.neg()).add(1)))])

test('customJvp: the rule is used in both modes, under jit, vmap and to second order', (t) => {
  t.is(grad(softplus)(scalar(1000)).item(), 1)
  t.is(jit(grad(jit(softplus)))(scalar(1000)).item(), 1)
  t.is(jvp(softplus, [scalar(1000)], [scalar(2)])[1].item(), 2)
  allClose(t, vmap(grad(softplus))(np.array([0, 1000])), [0.5, 1])
  allClose(t, grad((x: NDArray) => vmap(softplus)(x).sum())(np.array([0, 1000])), [0.5, 1])
  checkGrads(t, softplus, [sample([3], 1)])
  const twice = customJvp((x: NDArray) => x.mul(3))
  twice.defjvp(([x], [t_]) => [twice(x), t_.mul(10)])
  t.is(grad(twice)(scalar(1)).item(), 10, 'the rule, not the truth')
})

test('customJvp: trees, arguments that are not differentiated, errors', (t) => {
  const f = customJvp((p: { a: NDArray; b: NDArray }) => ({ y: p.a.mul(p.b) }))
  f.defjvp(([p], [d]) => [f(p), { y: d.a.mul(p.b).add(p.a.mul(d.b)) }])
  checkGrads(t, (a, b) => f({ a, b }).y, [sample([2], 1), sample([2], 2)])
  const power = customJvp((n: number, x: NDArray) => np.power(x, n), { nondiffArgnums: [0] })
  power.defjvp(
    (n: number, [x]: readonly NDArray[], [d]: readonly NDArray[]) =>
      [power(n, x!), d!.mul(n).mul(np.power(x!, n - 1))] as const,
  )
  t.is(grad((x: NDArray) => power(3, x))(scalar(2)).item(), 12)
  const missing = customJvp((x: NDArray) => x)
  t.is(missing(scalar(1)).item(), 1)
  t.throws(() => grad(missing)(scalar(1)), { instanceOf: DifferentiationError, message: /call its defjvp/ })
  t.throws(
    () =>
      grad((w: NDArray) => {
        const g = customJvp((x: NDArray) => x.mul(w))
        g.defjvp(([x], [d]) => [g(x), d])
        return g(scalar(1))
      })(scalar(2)),
    { instanceOf: DifferentiationError, message: /closes over a value that is differentiated/ },
  )
  const wrong = customJvp((x: NDArray) => x)
  wrong.defjvp(([x], [d]) => [x, np.stack([d, d])])
  t.throws(() => grad(wrong)(scalar(1)), { instanceOf: ShapeError })
})

/** The identity, whose gradient is clipped. */
const clipped = customVjp((x: NDArray) => x)
clipped.defvjp(
  (x) => [x, null],
  (_residuals, ct) => [np.clip(ct, -1, 1)],
)

/** x · y with residuals. */
const product = customVjp((x: NDArray, y: NDArray) => x.mul(y))
product.defvjp(
  (x, y) => [x.mul(y), { x, y }],
  ({ x, y }, ct) => [ct.mul(y), ct.mul(x)],
)

test('customVjp: the rule is used, under jit and vmap, and to second order', (t) => {
  const f = (x: NDArray): NDArray => clipped(x).mul(5)
  t.is(f(scalar(2)).item(), 10)
  t.is(grad(f)(scalar(2)).item(), 1)
  t.is(jit(grad(jit(f)))(scalar(2)).item(), 1)
  allClose(t, vmap(grad(f))(np.array([1, 2])), [1, 1])
  allClose(t, grad((x: NDArray) => vmap(f)(x).sum())(np.array([1, 2])), [1, 1])
  allClose(
    t,
    grad((x: NDArray) => vmap((y: NDArray) => clipped(x).mul(y).sum())(np.array([0.25, 0.5])).sum())(np.array([1, 2])),
    [0.75, 0.75],
  )
  const [x, y] = [sample([3], 1), sample([3], 2)]
  allClose(t, grad((a: NDArray) => np.sum(np.sin(product(a, y))))(x), np.cos(x.mul(y)).mul(y), { rtol: 1e-13, atol: 0 })
  const second = grad((a: NDArray) => np.sum(grad((b: NDArray) => np.sum(np.sin(product(b, y))))(a)))(x)
  allClose(t, second, np.sin(x.mul(y)).mul(y).mul(y).neg(), { rtol: 1e-13, atol: 0 })
  const shared = vmap((a: NDArray) => product(a, y).sum())
  allClose(t, grad((z: NDArray) => vmap((a: NDArray) => product(a, z).sum())(np.stack([x, x])).sum())(y), x.mul(2), {
    rtol: 1e-13,
    atol: 0,
  })
  t.deepEqual(shared(np.stack([x, x])).shape, [2])
})

test('customVjp: null cotangents, structures, errors', (t) => {
  const first = customVjp((x: NDArray, y: NDArray) => x.add(y))
  first.defvjp(
    (x, y) => [x.add(y), null],
    (_r, ct) => [ct, null],
  )
  t.deepEqual(
    vjp(first, scalar(1), scalar(2))[1](scalar(3)).map((c) => c.item()),
    [3, 0],
  )
  t.throws(() => jvp(clipped, [scalar(1)], [scalar(1)]), {
    instanceOf: DifferentiationError,
    message: /no forward mode; use customJvp/,
  })
  const missing = customVjp((x: NDArray) => x)
  t.throws(() => grad(missing)(scalar(1)), { instanceOf: DifferentiationError, message: /call its defvjp/ })
  const few = customVjp((x: NDArray, y: NDArray) => x.add(y))
  few.defvjp(
    (x, y) => [x.add(y), null],
    (_r, ct) => [ct],
  )
  t.throws(() => grad(few)(scalar(1), scalar(2)), {
    instanceOf: ArgumentError,
    message: /an array of 2 cotangents, got 1/,
  })
  const wrong = customVjp((x: NDArray) => x)
  wrong.defvjp(
    (x) => [x, null],
    (_r, ct) => [np.stack([ct, ct])],
  )
  t.throws(() => grad(wrong)(scalar(1)), {
    instanceOf: ShapeError,
    message: /a cotangent of its argument's shape \(float64\[\]\), got float64\[2\]/,
  })
})
