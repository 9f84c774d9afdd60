import test from 'ava'
import {
  AllocationError,
  ArgumentError,
  DeletedArrayError,
  EscapedTracerError,
  grad,
  jit,
  lax,
  makeJaxpr,
  type NDArray,
  np,
  runtimeStats,
  ShapeError,
  sessionCacheStats,
  tree,
  vmap,
} from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

test('a program is traced once for each kind of arguments', (t) => {
  let traces = 0
  const f = jit((p: { a: NDArray; b: NDArray }, s: number | NDArray) => {
    traces += 1
    return { sum: p.a.add(p.b).mul(s) }
  })
  const [a, b] = [np.ones([2]), np.ones([2])]
  t.is(String(f({ a, b }, 2.5).sum), 'Array([5., 5.], dtype=float32)')
  f({ a, b }, 3.5)
  f({ b, a }, 4.5)
  t.is(traces, 1)
  t.is(f.traceCount, 1)
  f({ a, b }, 3)
  t.is(traces, 2, 'a whole number is another kind')
  f({ a: np.ones([3]), b: np.ones([3]) }, 2.5)
  f({ a: np.ones([2], { dtype: 'float64' }), b }, 2.5)
  t.is(traces, 4)
  f({ a, b }, 0.5)
  t.is(traces, 4)
})

test('another number compiles nothing', (t) => {
  const step = jit((x: NDArray, rate: number) => x.sub(x.mul(rate)))
  let x = step(np.ones([3]), 0.5)
  const { sessionsCreated } = runtimeStats()
  for (const rate of [0.1, 0.01, 0.001]) x = step(x, rate)
  t.is(runtimeStats().sessionsCreated, sessionsCreated)
  for (const rate of [0.3, 0.2]) np.ones([3]).mul(rate)
  const after = runtimeStats().sessionsCreated
  for (const rate of [0.4, 0.6]) np.ones([3]).mul(rate)
  t.is(runtimeStats().sessionsCreated, after)
  allClose(t, x, [0.5 * 0.9 * 0.99 * 0.999, 0.5 * 0.9 * 0.99 * 0.999, 0.5 * 0.9 * 0.99 * 0.999])
})

test('programs are kept for 1,024 kinds of arguments, those used last', (t) => {
  const f = jit((x: NDArray, n: number) => x.mul(n), { staticArgnums: 1 })
  const kinds = (from: number, to: number): void => {
    for (let n = from; n < to; n++) makeJaxpr((x: NDArray) => f(x, n))(np.ones([1]))
  }
  kinds(0, 1025)
  t.is(f.traceCount, 1025)
  kinds(1024, 1025)
  t.is(f.traceCount, 1025, 'the last is there')
  kinds(0, 1)
  t.is(f.traceCount, 1026, 'the first is not')
})

test('static arguments are part of the program', (t) => {
  const f = jit((x: NDArray, n: number, mode: { readonly twice: boolean }) => (mode.twice ? x.mul(2 * n) : x.mul(n)), {
    staticArgnums: [1, 2],
  })
  t.is(f(np.array(1), 3, { twice: true }).item(), 6)
  t.is(f(np.array(1), 3, { twice: false }).item(), 3)
  t.is(f(np.array(2), 3, { twice: true }).item(), 12)
  t.is(f.traceCount, 2)
})

test('what a function closes over is an input, not a copy in the program', (t) => {
  const w = np.ones([3])
  const jaxpr = makeJaxpr((x: NDArray) => x.add(w))(np.ones([3]))
  t.is(jaxpr.inputs.length, 2)
  t.is(String(jit((x: NDArray) => x.add(w))(np.ones([3]))), 'Array([2., 2., 2.], dtype=float32)')
})

test('results may be arguments, constants, or one array twice', (t) => {
  const f = jit((x: NDArray) => [x, np.zeros([2]), x, 3, x.add(1)] as const)
  const [a, zeros, b, three, c] = f(np.array([1, 2]))
  t.deepEqual(
    [a.toArray(), zeros.toArray(), b.toArray(), (three as unknown as NDArray).item(), c.toArray()],
    [[1, 2], [0, 0], [1, 2], 3, [2, 3]],
  )
  t.deepEqual(jit(() => ({ n: np.arange(3), empty: null, none: [] }))().n.toArray(), [0, 1, 2])
  t.deepEqual(jit((_x: NDArray) => [])(np.ones([2])), [], 'no results')
})

test('donated memory is reused, donated arrays are dead', (t) => {
  const step = jit((p: Record<string, NDArray>) => tree.map((x: NDArray) => x.mul(0.5), p), { donateArgnums: 0 })
  let p: Record<string, NDArray> = { a: np.ones([100]), b: np.ones([20, 5]) }
  const first = p
  p = step(p)
  p = step(p)
  const { buffersAllocated } = runtimeStats()
  for (let i = 0; i < 50; i++) p = step(p)
  t.is(runtimeStats().buffersAllocated, buffersAllocated, 'a steady loop allocates nothing')
  t.is(p['a']!.data()[0], 0.5 ** 52)
  const error = t.throws(() => first['a']!.add(1), { instanceOf: DeletedArrayError })
  t.regex(
    error.message,
    /float32\[100\] was donated to anonymous .*Use that call's result, or leave this argument out of donateArgnums/,
  )
  t.throws(() => step(first), { instanceOf: DeletedArrayError })
  const x = np.ones([3])
  t.throws(() => step({ a: x, b: x }), { instanceOf: ArgumentError, message: /each donated array once/ })
})

test('copies outlive what they are copies of', (t) => {
  const step = jit((x: NDArray) => x.mul(2), { donateArgnums: 0 })
  for (const copy of [np.copy, np.array]) {
    const x = np.arange(4)
    const kept = copy(x)
    step(x)
    t.deepEqual(kept.toArray(), [0, 1, 2, 3])
  }
  const x = np.ones([2])
  t.is(np.asarray(x), x)
})

test('a loss that is read gives its memory back, and can be used all the same', (t) => {
  const step = jit((x: NDArray) => [x.mul(0.5), np.sum(x)] as const, { donateArgnums: 0 })
  let [x, loss] = step(np.ones([4]))
  ;[x, loss] = step(x)
  const first = loss
  t.is(loss.item(), 2)
  const { buffersAllocated } = runtimeStats()
  for (let i = 0; i < 20; i++) {
    ;[x, loss] = step(x)
    loss.item()
  }
  t.is(runtimeStats().buffersAllocated, buffersAllocated)
  t.is(first.item(), 2)
  t.is(first.add(1).item(), 3)
  t.is(String(first), 'Array(2., dtype=float32)')
  const viewed = np.sum(np.ones([3]))
  const view = viewed.data({ copy: false })
  viewed.item()
  for (let i = 0; i < 5; i++) np.sum(np.zeros([3])).item()
  t.is(view[0], 3, 'a view keeps the memory')
  t.is(jit((y: NDArray) => y.mul(viewed))(np.array(2)).item(), 6)
})

test('.async gives the same results and leaves the event loop free', async (t) => {
  const f = jit((x: NDArray) => np.matmul(x, x).sum())
  const x = np.ones([64, 64])
  const pending = f.async(x)
  t.true(pending instanceof Promise)
  t.is((await pending).item(), f(x).item())
  const many = await Promise.all(Array.from({ length: 40 }, (_, i) => f.async(x.mul(i))))
  t.deepEqual(
    many.map((y) => y.item()),
    Array.from({ length: 40 }, (_, i) => 64 ** 3 * i * i),
  )
})

test('memory that an asynchronous call reads is not used again before it ends', async (t) => {
  const f = jit((x: NDArray, s: NDArray) => np.sum(np.matmul(np.matmul(x, x), x)).mul(s))
  const x = np.ones([256, 256])
  const expected = f(x, np.array(3)).item()
  const s = np.sum(np.ones([3]))
  const pending = f.async(x, s)
  t.is(s.item(), 3)
  const others = Array.from({ length: 50 }, (_, i) => np.sum(np.ones([2]).mul(i)))
  t.is((await pending).item(), expected)
  t.is(others.length, 50)
})

test('memory that an asynchronous call reads may be donated meanwhile', async (t) => {
  const slow = jit((x: NDArray) => np.sum(np.matmul(np.matmul(x, x), x)))
  const x = np.ones([256, 256])
  const expected = slow(x).item()
  const zero = jit((y: NDArray) => np.matmul(y, np.zeros([256, 256])), { donateArgnums: 0 })
  const pending = slow.async(x)
  let y = zero(x)
  for (let i = 0; i < 20; i++) y = zero(y)
  t.is((await pending).item(), expected)
  t.throws(() => x.data(), { instanceOf: DeletedArrayError })
})

test('5,000 different operations leave the session cache bounded', (t) => {
  for (let i = 1; i <= 5000; i++)
    lax.reshape(np.ones([1]), Array<number>(1 + (i % 7)).fill(1)).add(np.ones([1 + Math.floor(i / 4)]))
  const { eager, compiled, capacity } = sessionCacheStats()
  t.true(eager + compiled <= capacity)
  t.true(runtimeStats().sessionsLive <= capacity)
  t.true(runtimeStats().sessionsCreated > 1024)
})

test('programs print like those of JAX', (t) => {
  const f = (x: NDArray, y: NDArray): NDArray => np.sum(np.tanh(np.matmul(x, y).add(1)))
  t.snapshot(makeJaxpr(f)(np.ones([2, 3]), np.ones([3, 4])).toString())
  t.snapshot(makeJaxpr(grad(f))(np.ones([2, 3]), np.ones([3, 4])).toString())
  t.snapshot(makeJaxpr(vmap((x: NDArray) => jit((z: NDArray) => np.sin(z).mul(2))(x)))(np.ones([5, 2])).toString())
})

test('a tracer of another function is recognised', (t) => {
  let kept: NDArray | null = null
  jit((x: NDArray) => (kept = x))(np.ones([2]))
  t.throws(() => jit((y: NDArray) => y.add(kept!))(np.ones([2])), { instanceOf: EscapedTracerError })
})

test('sizes that no array has, and memory that there is not', (t) => {
  for (const shape of [[-1], [1.5], [NaN]]) {
    t.throws(() => np.zeros(shape), { instanceOf: ShapeError, message: /whole sizes of at least 0/ })
  }
  t.throws(() => np.zeros([1e12]), { instanceOf: AllocationError, message: /4000000000000 bytes/ })
})

test('memory that a program cannot have is an AllocationError', async (t) => {
  const f = (x: NDArray): NDArray => np.sum(lax.pad(x, 0, [[0, 2 ** 40, 0]]))
  const expected = { instanceOf: AllocationError, message: /requires 4398046511\d{3} bytes/ }
  t.throws(() => jit(f)(np.ones([3])), expected)
  await t.throwsAsync(() => jit(f).async(np.ones([3])), expected)
})

test('arrays without elements, made inside of a program', (t) => {
  const results = jit((x: NDArray) => {
    const none = lax.full([0, 2], 0, 'float32')
    return [none.add(x), none.mul(2).sub(1), np.sum(none.add(x)), np.max(lax.full([3, 0], 1, 'float32').mul(x), { axis: 0 })] // prettier-ignore
  })(np.ones([]))
  t.deepEqual(results.map((y) => [y.shape, y.toArray()]), [[[0, 2], []], [[0, 2], []], [[], 0], [[0], []]]) // prettier-ignore
})

test('errors of arguments and results', (t) => {
  t.throws(() => jit((x: unknown) => x)('text'), {
    instanceOf: ArgumentError,
    message:
      /jit\(anonymous\) requires arrays and numbers as leaves .* got string text as leaf 0; mark the argument static/,
  })
  t.throws(() => jit((_x: NDArray) => 'text')(np.ones([1])), {
    instanceOf: ArgumentError,
    message: /returns trees of arrays and numbers, got string text/,
  })
  t.throws(() => jit((x: NDArray) => x, { staticArgnums: 3 })(np.ones([1])), {
    instanceOf: ArgumentError,
    message: /argument numbers in \[0, 1\), got 3/,
  })
})
