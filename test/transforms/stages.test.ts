/** The stages of `jit`, names, evaluation while tracing, and the public checker of gradients. */
import test from 'ava'
import {
  ArgumentError,
  blockUntilReady,
  checkGrads,
  disableJit,
  ensureCompileTimeEval,
  grad,
  jit,
  lax,
  makeJaxpr,
  namedCall,
  namedScope,
  type NDArray,
  np,
  OptionsError,
  customJvp,
  ravelPytree,
  ShapeDtypeStruct,
  ShapeError,
  typeof as typeOf,
  vmap,
} from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'

test('a function is traced, lowered and compiled, from shapes alone', (t) => {
  const f = jit((p: { a: NDArray }, kind: string) => ({ y: kind === 'sine' ? np.sin(p.a) : p.a, n: np.sum(p.a) }), {
    staticArgnums: 1,
  })
  const lowered = f.lower({ a: new ShapeDtypeStruct([2]) }, 'sine')
  t.regex(lowered.asText(), /Sin\(i0\)/)
  t.regex(String(lowered.jaxpr), /sin a/)
  t.deepEqual(String((lowered.outInfo as { y: unknown }).y), 'ShapeDtypeStruct(shape=[2], dtype=float32)')
  const compiled = lowered.compile()
  allClose(t, compiled.call({ a: np.array([0, 1]) }, 'sine').n, [1])
  t.is(f.traceCount, 1)
  f({ a: np.array([0, 1]) }, 'sine')
  t.is(f.traceCount, 1, 'a call of this kind uses the program')
  const error = t.throws(() => compiled.call({ a: np.array([0, 1, 2]) }, 'sine'), { instanceOf: ArgumentError })
  t.regex(error.message, /requires float32\[2\], got float32\[3\]/)
  t.is(
    String((f.evalShape({ a: np.ones([3]) }, 'none') as { n: unknown }).n),
    'ShapeDtypeStruct(shape=[], dtype=float32)',
  )
  f.clearCache()
  f({ a: np.array([0, 1]) }, 'sine')
  t.is(f.traceCount, 3)
  t.is(f.trace({ a: np.array([0, 1]) }, 'sine').jaxpr.outputs.length, 2)
})

test('without jit values can be read, and loops run step by step', (t) => {
  const read: number[] = []
  const f = jit((x: NDArray) =>
    lax.whileLoop(
      (c: NDArray) => c.lt(10),
      (c) => {
        read.push(c.item())
        return c.mul(2)
      },
      x,
    ),
  )
  t.is(disableJit(() => f(np.array(3))).item(), 12)
  t.deepEqual(read, [3, 6])
  t.throws(() => f(np.array(3)), { name: 'ConcretizationError' })
  const g = jit((x: NDArray) => x.mul(ensureCompileTimeEval(() => np.sum(np.ones([3])).item())))
  t.is(g(np.array(2)).item(), 6)
})

test('names stand in jaxprs, and cost nothing', (t) => {
  const f = namedCall((x: NDArray) => np.sin(x), { name: 'wave' })
  const g = (x: NDArray): NDArray => namedScope('outer', () => f(x).mul(2))
  t.regex(String(makeJaxpr(g)(np.ones([2]))), /name=outer[^]*name=wave/)
  allClose(t, grad((x: NDArray) => np.sum(g(x)))(np.zeros([2])), [2, 2])
  t.deepEqual([typeOf(np.ones([2, 3])).shape, typeOf(3).dtype, typeOf(3).weakType], [[2, 3], 'int32', true])
  t.is(blockUntilReady(g), g)
})

test('lax.map: slices one by one, or in batches with a rest', (t) => {
  const xs = { a: sample([7, 2], 1), b: sample([7], 2) }
  const f = ({ a, b }: typeof xs) => [np.sum(a).mul(b), a] as const
  const [y, z] = vmap(f)(xs)
  for (const batchSize of [undefined, 1, 3, 7, 10]) {
    const [sums, same] = jit((v: typeof xs) => lax.map(f, v, batchSize === undefined ? {} : { batchSize }))(xs)
    allClose(t, sums, y, { rtol: 1e-13, atol: 0 })
    allClose(t, same, z, { rtol: 0, atol: 0 })
  }
  const loss = (v: NDArray): NDArray => np.sum(lax.map((r: NDArray) => np.sin(r), v, { batchSize: 2 }))
  allClose(t, grad(loss)(xs.b), np.cos(xs.b), { rtol: 1e-13, atol: 0 })
  t.throws(() => lax.map(f, xs, { batchSize: 0 }), { instanceOf: ArgumentError })
  t.throws(() => lax.map(f, { a: xs.a, b: xs.a.slice([0, 3]) }, { batchSize: 2 }), { instanceOf: ShapeError })
})

test('customRoot: derivatives of a root by what the function closes over', (t) => {
  const root = (a: NDArray): NDArray =>
    lax.customRoot(
      (x: NDArray) => x.mul(x).mul(x).sub(a),
      np.array(1, { dtype: 'float64' }),
      (f, guess) => lax.whileLoop((x: NDArray) => np.abs(f(x)).gt(1e-13), (x) => x.sub(f(x).div(x.mul(x).mul(3))), guess), // prettier-ignore
      (g, y) => y.div(g(np.array(1, { dtype: 'float64' }))),
    )
  const a = np.array(8, { dtype: 'float64' })
  allClose(t, root(a), [2], { rtol: 1e-12, atol: 0 })
  allClose(t, grad(root)(a), [1 / 12], { rtol: 1e-12, atol: 0 })
  allClose(t, jit(grad(grad(root)))(a), [(-2 / 9) * 8 ** (-5 / 3)], { rtol: 1e-10, atol: 0 })
})

test('checkGrads passes what is right and refuses what is wrong', (t) => {
  const x = sample([3], 4)
  t.notThrows(() => {
    checkGrads((v) => np.sin(v).mul(np.exp(v)), [x])
  })
  const wrong = customJvp((v: NDArray) => np.square(v))
  wrong.defjvp(([v], [d]) => [wrong(v), d.mul(v)])
  t.throws(() => checkGrads((v) => wrong(v), [x], { modes: ['fwd'] }), {
    name: 'GradientError',
    message: /forward mode/,
  })
  t.throws(() => checkGrads((v) => wrong(v), [x], { modes: ['rev'] }), {
    name: 'GradientError',
    message: /reverse mode/,
  })
  t.throws(() => checkGrads((v) => v, [x], { tol: 1 } as never), { instanceOf: OptionsError })
})

test('ravelPytree and back', (t) => {
  const tree = { a: np.array([[1, 2]], { dtype: 'float64' }), b: [np.array(3, { dtype: 'int32' })] }
  const [vector, unravel] = ravelPytree(tree)
  t.is(String(vector), 'Array([1., 2., 3.], dtype=float64)')
  const back = unravel(vector.mul(2))
  t.deepEqual([back.a.toArray(), back.b[0]!.toArray(), back.b[0]!.dtype], [[[2, 4]], 6, 'int32'])
  t.deepEqual(ravelPytree([])[0].shape, [0])
})
