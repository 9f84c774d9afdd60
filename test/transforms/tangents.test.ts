/** `jvp`, `linearize`, `vjp`, `linearTranspose`, and what shows their parts. */
import test from 'ava'
import {
  closureConvert,
  customGradient,
  customJvp,
  customVjp,
  DifferentiationError,
  DTypeError,
  fwdAndBwd,
  grad,
  hessian,
  jacfwd,
  jacobian,
  jacrev,
  jit,
  jvp,
  lax,
  linearize,
  linearizeWithAux,
  linearTranspose,
  type NDArray,
  np,
  OptionsError,
  ShapeDtypeStruct,
  ShapeError,
  tree,
  vjp,
  vjpWithAux,
  vmap,
} from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { arrayFrom, type GoldenArray, readGolden } from '../helpers/golden.js'

const exact = { rtol: 1e-13, atol: 1e-14 }
const x = sample([3], 1)
const v = sample([3], 2)

test('auxiliary data come beside values and derivatives', (t) => {
  const f = (a: NDArray) => [np.sin(a), { cube: np.power(a, 3), n: np.arange(2) }] as const
  const [y, dy, aux] = jvp(f, [x], [v], { hasAux: true })
  allClose(t, y, np.sin(x), exact)
  allClose(t, dy, np.cos(x).mul(v), exact)
  allClose(t, aux.cube, np.power(x, 3), exact)
  const [, pullback, { n }] = vjpWithAux(f, x)
  allClose(t, pullback(v)[0], np.cos(x).mul(v), exact)
  t.is(n.dtype, 'int32')
  const [, pushforward, again] = linearizeWithAux(f, x)
  allClose(t, pushforward(v), np.cos(x).mul(v), exact)
  allClose(t, again.cube, aux.cube, exact)
})

test('integers among the arguments have no derivative', (t) => {
  const f = (p: { a: NDArray; i: NDArray }): NDArray => np.sum(np.take(np.square(p.a), p.i))
  const p = { a: x, i: np.array([0, 2, 2], { dtype: 'int32' }) }
  const [, pullback] = vjp(f, p)
  const [ct] = pullback(np.array(1, { dtype: 'float64' }))
  allClose(t, ct.a, [2, 0, 4].map((k, i) => k * (x.toArray() as number[])[i]!), exact) // prettier-ignore
  t.is(String(ct.i), 'Array([0, 0, 0], dtype=int32)')
  const [, lin] = linearize(f, p)
  const direction = { a: v, i: p.i }
  allClose(t, lin(direction), np.sum(ct.a.mul(v)), exact)
  allClose(t, grad(f, { allowInt: true })(p).a, ct.a, exact)
  t.is(grad(f, { allowInt: true })(p).i.dtype, 'int32')
  t.throws(() => grad(f)(p), { instanceOf: DTypeError, message: /int32\[3\] at \['i'\]|int32\[3\] at/ })
})

test('pullbacks and pushforwards are trees of their residuals: compiled functions return and take them', (t) => {
  const f = (a: NDArray): NDArray => np.sin(a).mul(a)
  const forward = jit((a: NDArray) => vjp(f, a))
  const backward = jit((pullback: (ct: NDArray) => readonly [NDArray], ct: NDArray) => pullback(ct))
  const expected = np.cos(x).mul(x).add(np.sin(x)).mul(v)
  for (let i = 0; i < 2; i++) {
    const [y, pullback] = forward(x)
    allClose(t, y, f(x), exact)
    allClose(t, backward(pullback, v)[0], expected, exact)
    t.true(tree.leaves(pullback).length > 0)
  }
  t.deepEqual([forward.traceCount, backward.traceCount], [1, 1])
  const pushed = jit((a: NDArray) => linearize(f, a)[1])(x)
  allClose(t, pushed(v), expected, exact)
})

test('fwdAndBwd: both parts compiled once', (t) => {
  const f = (s: NDArray, p: { w: NDArray }) => [np.sum(np.exp(p.w.mul(s))), s] as const
  const [forward, backward] = fwdAndBwd(f, { argnums: [0, 1], hasAux: true })
  const s = np.array(0.5, { dtype: 'float64' })
  const [y, residuals, aux] = forward(s, { w: x })
  allClose(t, y, np.sum(np.exp(x.mul(s))), exact)
  allClose(t, aux, s, exact)
  const [ds, dp] = backward(residuals, np.array(2, { dtype: 'float64' }))
  allClose(t, ds, np.sum(np.exp(x.mul(s)).mul(x)).mul(2), exact)
  allClose(t, dp.w, np.exp(x.mul(s)).mul(s).mul(2), exact)
  const [plain, plainBackward] = fwdAndBwd((a: NDArray) => np.sin(a), { jitted: false })
  const [, kept] = plain(x)
  allClose(t, plainBackward(kept, v), np.cos(x).mul(v), exact)
  t.throws(() => fwdAndBwd(f, { argNums: 1 } as never), { instanceOf: OptionsError, message: /unknown option argNums/ })
})

test('linearTranspose is the adjoint, of trees, from shapes alone', (t) => {
  const m = sample([2, 3], 4)
  const f = (p: { a: NDArray; b: NDArray }) => [np.matmul(m, p.a).add(p.b), np.sum(p.a).mul(3)] as const
  const float = (shape: readonly number[]) => new ShapeDtypeStruct(shape, 'float64')
  const transposed = linearTranspose(f, { a: float([3]), b: float([2]) })
  const ct = [sample([2], 5), sample([], 6)] as const
  const [back] = transposed(ct)
  const p = { a: sample([3], 7), b: sample([2], 8) }
  const [y0, y1] = f(p)
  const inner = (a: NDArray, b: NDArray): number => np.sum(a.mul(b)).item()
  t.true(Math.abs(inner(y0, ct[0]) + inner(y1, ct[1]) - inner(p.a, back.a) - inner(p.b, back.b)) < 1e-13)
  allClose(t, jit((c: NDArray) => transposed([c, c.slice(0)])[0].a)(ct[0]), transposed([ct[0], ct[0].slice(0)])[0].a, exact) // prettier-ignore
  t.throws(() => linearTranspose((a: NDArray) => a, new ShapeDtypeStruct([2], 'int32')), { instanceOf: DTypeError })
  t.throws(() => linearTranspose((a: NDArray) => np.sum(a), float([2]))(np.ones([2])), { instanceOf: ShapeError })
  t.throws(() => linearTranspose((a: NDArray) => np.max(a), float([2]))(np.array(1, { dtype: 'float64' })), { instanceOf: DifferentiationError }) // prettier-ignore
})

test('closureConvert: a rule may use what its function closes over', (t) => {
  const root = (scale: NDArray): NDArray => {
    const [f, closedOver] = closureConvert((a: NDArray) => np.square(a).mul(scale).add(x), x)
    t.is(closedOver.length, 1)
    const own = customVjp((a: NDArray, ...rest: readonly NDArray[]) => f(a, ...rest))
    own.defvjp(
      (a, ...rest) => [f(a, ...rest), [a, ...rest] as readonly NDArray[]],
      ([a, ...rest], ct) => vjp((...all: readonly [NDArray, ...NDArray[]]) => f(...all), a!, ...rest)[1](ct),
    )
    return np.sum(own(x, ...closedOver))
  }
  const at = np.array(2, { dtype: 'float64' })
  allClose(t, grad(root)(at), np.sum(np.square(x)), exact)
  t.deepEqual(closureConvert((a: NDArray) => a.add(x), x)[1], [])
})

test('customGradient: the pullback may close over values of the forward pass', (t) => {
  const f = customGradient((a: NDArray, b: NDArray) => {
    const s = np.sin(a)
    return [s.mul(b), (ct: NDArray) => [ct.mul(np.cos(a)).mul(b), ct.mul(s)]] as const
  })
  allClose(t, grad((a: NDArray, b: NDArray) => np.sum(f(a, b)), { argnums: 1 })(x, v), np.sin(x), exact)
  allClose(t, jit(vmap(grad((a: NDArray, b: NDArray) => f(a, b))))(x, v), np.cos(x).mul(v), exact)
  const doubled = customGradient((p: { a: NDArray }) => [p.a, (ct: NDArray) => ({ a: ct.mul(2) })] as const)
  allClose(t, grad((p: { a: NDArray }) => np.sum(doubled(p)))({ a: x }).a, [2, 2, 2], exact)
})

test('defjvps: a derivative by each argument', (t) => {
  const f = customJvp((a: NDArray, b: NDArray) => np.sin(a).mul(b))
  f.defjvps((d, _y, a, b) => d.mul(np.cos(a)).mul(b), null)
  allClose(t, grad((a: NDArray) => np.sum(f(a, v)))(x), np.cos(x).mul(v), exact)
  allClose(t, grad((b: NDArray) => np.sum(f(x, b)))(v), [0, 0, 0], exact)
  f.defjvps(
    (d, _y, a, b) => d.mul(np.cos(a)).mul(b),
    (d, y, _a, b) => d.mul(y.div(b)),
  )
  checkGrads(t, f, [x, v])
})

test('Jacobians and Hessians of trees of any rank are those of JAX', (t) => {
  const { mlp } = readGolden<{ readonly mlp: Readonly<Record<string, GoldenArray | readonly (readonly GoldenArray[])[]>> }>('transforms') // prettier-ignore
  const [a, b, point] = ['A', 'b', 'x'].map((key) => arrayFrom(mlp[key] as GoldenArray)) as [NDArray, NDArray, NDArray]
  const f = (p: NDArray, q: NDArray, r: NDArray): NDArray => np.sum(np.square(np.tanh(np.matmul(r, p).add(q))))
  const wanted = mlp['hessian argnums (0,2): [[AA, Ax], [xA, xx]]'] as readonly (readonly GoldenArray[])[]
  const blocks = hessian(f, { argnums: [0, 2] })(a, b, point) as unknown as readonly (readonly NDArray[])[]
  wanted.forEach((row, i) => {
    row.forEach((block, j) => {
      t.deepEqual(blocks[i]![j]!.shape, block.shape)
      allClose(t, blocks[i]![j]!, block.data, { rtol: 1e-9, atol: 1e-10 })
    })
  })
  const g = (p: { w: NDArray; b: NDArray }) => ({ outer: np.outer(p.b, p.b).mul(np.sum(p.w)), scalar: np.sum(p.w) })
  const p = { w: sample([2, 1, 2], 3), b: sample([2], 4) }
  const [forward, reverse] = [jacfwd(g)(p), jacobian(g)(p)]
  t.deepEqual(reverse.outer.w.shape, [2, 2, 2, 1, 2])
  t.deepEqual(reverse.scalar.b.shape, [2])
  tree.map((l: NDArray, r: NDArray) => allClose(t, l, r, exact), forward, reverse)
  const [second, aux] = hessian((r: NDArray) => [np.sum(np.power(r, 3)), r.mul(2)] as const, { hasAux: true })(x) // prettier-ignore
  allClose(t, second, np.diag(x.mul(6)), exact)
  allClose(t, aux, x.mul(2), exact)
  t.is(jacobian, jacrev)
  t.deepEqual(jacfwd((r: NDArray) => r.mul(2))(np.zeros([0])).shape, [0, 0])
  t.deepEqual(jacrev((r: NDArray) => np.stack([r, r]))(np.zeros([2, 0])).shape, [2, 2, 0, 2, 0])
  t.throws(() => jacrev(f, { allowInt: true } as never), { instanceOf: OptionsError })
})

test('a loop keeps no derivative of what it does not carry', (t) => {
  const f = (a: NDArray): NDArray => lax.foriLoop(0, 3, (_i, c: NDArray) => c.mul(a), np.onesLike(a))
  const [y, lin] = linearize(f, x)
  allClose(t, y, np.power(x, 3), exact)
  allClose(t, lin(v), np.square(x).mul(3).mul(v), exact)
})
