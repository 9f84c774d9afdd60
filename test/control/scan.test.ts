import test from 'ava'
import { ArgumentError, grad, jit, jvp, lax, makeJaxpr, type NDArray, np, ShapeError, vmap } from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

/** An RNN by a scan, and by a loop. */
const rnn = (w: NDArray, h: NDArray, xs: NDArray): NDArray => {
  const [last, ys] = lax.scan(
    (c: NDArray, x: NDArray): readonly [NDArray, NDArray] => {
      const next = np.tanh(np.matmul(c, w).add(x))
      return [next, np.sum(next)]
    },
    h,
    xs,
  )
  return np.sum(last).add(np.sum(np.square(ys)))
}
const unrolled = (w: NDArray, h: NDArray, xs: NDArray): NDArray => {
  const sums: NDArray[] = []
  let c = h
  for (const x of xs) {
    c = np.tanh(np.matmul(c, w).add(x))
    sums.push(np.sum(c))
  }
  return np.sum(c).add(np.sum(np.square(np.stack(sums))))
}
const args = [sample([3, 3], 1), sample([3], 2), sample([5, 3], 3)] as const

test('a scan is its loop: values, gradients, both modes, second order', (t) => {
  allClose(t, rnn(...args), unrolled(...args), { rtol: 1e-13, atol: 1e-13 })
  const argnums = [0, 1, 2] as const
  const expected = grad(unrolled, { argnums })(...args)
  grad(rnn, { argnums })(...args).forEach((g, i) => {
    allClose(t, g, expected[i]!, { rtol: 1e-11, atol: 1e-12 })
  })
  jit(grad(jit(rnn), { argnums }))(...args).forEach((g, i) => {
    allClose(t, g, expected[i]!, { rtol: 1e-11, atol: 1e-12 })
  })
  checkGrads(t, rnn, args)
})

test('cumulative sums, forwards and backwards', (t) => {
  const step = (c: NDArray, x: NDArray): readonly [NDArray, NDArray] => [c.add(x), c.add(x)]
  const [sum, sums] = lax.scan(step, np.array(0), np.array([1, 2, 3]))
  t.deepEqual([sum.item(), sums.toArray()], [6, [1, 3, 6]])
  const [, reversed] = lax.scan(step, np.array(0), np.array([1, 2, 3]), { reverse: true })
  t.deepEqual(reversed.toArray(), [6, 5, 3])
  checkGrads(t, (x) => lax.scan(step, np.zeros([], { dtype: 'float64' }), x, { reverse: true })[1], [sample([4], 4)])
})

test('trees of carries and of results, counters beside reals', (t) => {
  const f = (xs: NDArray) =>
    lax.scan(
      (c: { n: NDArray; s: NDArray }, x: NDArray) =>
        [
          { n: c.n.add(1), s: c.s.add(x.mul(c.n)) },
          { twice: x.mul(2), n: c.n },
        ] as const,
      { n: np.zeros([], { dtype: 'int32' }), s: np.zeros([], { dtype: 'float64' }) },
      xs,
    )
  const [carry, ys] = f(np.array(Float64Array.of(1, 2, 3)))
  t.deepEqual([carry.n.item(), carry.s.item(), ys.twice.toArray(), ys.n.toArray()], [3, 8, [2, 4, 6], [0, 1, 2]])
  allClose(t, grad((xs: NDArray) => f(xs)[0].s)(np.array(Float64Array.of(1, 2, 3))), [0, 1, 2])
  checkGrads(t, (xs) => np.square(f(xs)[0].s).add(np.sum(f(xs)[1].twice)), [sample([3], 5)])
})

test('no xs, no steps', (t) => {
  const [last] = lax.scan((c: NDArray) => [c.mul(2), null] as const, np.array(1), null, { length: 10 })
  t.is(last.item(), 1024)
  const [same, ys] = lax.scan((c: NDArray, x: NDArray) => [c.add(x), x] as const, np.array(7), np.zeros([0]))
  t.deepEqual([same.item(), ys.shape], [7, [0]])
  const g = grad((x: NDArray) => lax.scan((c: NDArray) => [c.mul(x), null] as const, x, null, { length: 3 })[0])
  t.is(g(np.array(2)).item(), 4 * 2 ** 3)
})

test('vmap over each argument is a loop', (t) => {
  const [w, h, xs] = [sample([2, 3, 3], 6), sample([2, 3], 7), sample([2, 5, 3], 8)]
  const loop = (g: (i: number) => NDArray): NDArray => np.stack([0, 1].map(g))
  const options = { rtol: 1e-12, atol: 1e-12 }
  allClose(
    t,
    vmap(rnn)(w, h, xs),
    loop((i) => unrolled(w.slice(i), h.slice(i), xs.slice(i))),
    options,
  )
  allClose(t, vmap(rnn, { inAxes: [null, 0, null] })(args[0], h, args[2]), loop((i) => unrolled(args[0], h.slice(i), args[2])), options) // prettier-ignore
  allClose(t, vmap(rnn, { inAxes: [0, null, null] })(w, args[1], args[2]), loop((i) => unrolled(w.slice(i), args[1], args[2])), options) // prettier-ignore
  allClose(t, vmap(rnn, { inAxes: [null, null, 1] })(args[0], args[1], np.moveaxis(xs, 0, 1)), loop((i) => unrolled(args[0], args[1], xs.slice(i))), options) // prettier-ignore
  const gradients = vmap(grad(rnn))(w, h, xs)
  allClose(
    t,
    gradients,
    loop((i) => grad(unrolled)(w.slice(i), h.slice(i), xs.slice(i))),
    { rtol: 1e-10, atol: 1e-11 },
  )
})

test('forward mode, and a weak first carry', (t) => {
  const [, tangent] = jvp((w: NDArray) => rnn(w, args[1], args[2]), [args[0]], [np.onesLike(args[0])])
  const [, expected] = jvp((w: NDArray) => unrolled(w, args[1], args[2]), [args[0]], [np.onesLike(args[0])])
  allClose(t, tangent, expected, { rtol: 1e-12, atol: 1e-12 })
  const [c] = lax.scan((s: NDArray | number, x: NDArray) => [np.add(s, x), null] as const, 0, np.array([1, 2.5]))
  t.is((c as NDArray).item(), 3.5)
})

test('what depends on constants alone is not computed in the loop, nor stacked', (t) => {
  const g = grad((w: NDArray) => {
    const e = np.exp(w)
    return lax.scan((c: NDArray, x: NDArray) => [np.sin(c).add(np.exp(e).mul(x)), null] as const, np.zeros([], { dtype: 'float64' }), np.arange(6).astype('float64'))[0] // prettier-ignore
  })
  const text = makeJaxpr(g)(np.array(Float64Array.of(0.1)).reshape([])).toString()
  const stacked = [...text.matchAll(/f64\[6\]/g)].length
  t.true(stacked > 0 && stacked <= 8, `${stacked} stacked values in\n${text}`)
  t.false(/ = scan\[[^]*?exp [^]*?\] /.test(text), text)
})

test('a scan of nothing but steps', (t) => {
  t.deepEqual(
    lax.scan((c: readonly never[]) => [c, null] as const, [], null, { length: 3 }),
    [[], null],
  )
  t.deepEqual(
    jit(
      (x: NDArray) => [lax.scan((c: readonly never[]) => [c, null] as const, [], null, { length: 3 })[0], x] as const,
    )(np.array(1))[0],
    [],
  )
})

test('errors', (t) => {
  t.throws(() => lax.scan((c: NDArray) => [c, null] as const, np.array(1), null), { instanceOf: ArgumentError })
  t.throws(() => lax.scan((c: NDArray, x: NDArray) => [np.stack([c, x]), x] as const, np.array(1), np.ones([3])), {
    instanceOf: ShapeError,
    message: /a carry that keeps its type \(float32\[\]\), got float32\[2\] for leaf 0/,
  })
  t.throws(() => lax.scan((c: NDArray, x: { a: NDArray; b: NDArray }) => [c.add(x.a), x.b] as const, np.array(1), { a: np.ones([3]), b: np.ones([2]) }), { instanceOf: ShapeError, message: /first axes of one size/ }) // prettier-ignore
})
