import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { InferenceSession } from 'onnxruntime-node'
import {
  ArgumentError,
  checkpoint,
  checkpointName,
  checkpointPolicies,
  type CheckpointPolicy,
  grad,
  jit,
  jvp,
  lax,
  makeJaxpr,
  type NDArray,
  np,
  OptionsError,
  remat,
  vmap,
} from '../../src/index.js'
import { lower } from '../../src/transforms/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

const w = np.array([
  [0.5, -1],
  [2, 0.25],
])
const x = np.array([
  [1, 2],
  [-0.5, 3],
  [0, 1],
])
const block = (w: NDArray, x: NDArray): NDArray => np.tanh(np.matmul(np.sin(np.matmul(x, w)), w))
const lossOf =
  (f: typeof block) =>
  (w: NDArray, x: NDArray): NDArray =>
    np.sum(f(w, f(w, x)).mul(x))

const plain = lossOf(block)
const kept = lossOf(checkpoint(block))

/** Operators of a program, those of subgraphs with a mark. */
const operatorsOf = (f: (...xs: NDArray[]) => unknown, ...xs: NDArray[]): readonly string[] => {
  const { graph } = lower(makeJaxpr(f)(...xs), 'cpu')
  const names = (nodes: readonly any[], mark: string): readonly string[] =>
    nodes.flatMap(({ opType, attribute = [] }: any) => [
      `${mark}${opType}`,
      ...attribute.flatMap((a: any) => names(a.g?.node ?? [], `${mark}>`)),
    ])
  return names(graph.toProto().node ?? [], '')
}
const count = (names: readonly string[], name: string): number => names.filter((n) => n === name).length

test('values and gradients are those of the function, to second order, eager and compiled', (t) => {
  for (const wrap of [(f: typeof kept) => f, (f: typeof kept) => jit(f)]) {
    allClose(t, wrap(kept)(w, x), plain(w, x))
    const [dw, dx] = grad(wrap(kept), { argnums: [0, 1] })(w, x)
    const [ew, ex] = grad(plain, { argnums: [0, 1] })(w, x)
    allClose(t, dw, ew)
    allClose(t, dx, ex)
    const second = (f: typeof kept) => grad((w: NDArray) => np.sum(np.sin(grad(f)(w, x))))
    allClose(t, second(wrap(kept))(w), second(plain)(w))
  }
  checkGrads(t, kept, [w.astype('float64'), x.astype('float64')])
})

test('the forward pass is computed twice in a compiled gradient, the second time in a graph of its own', (t) => {
  const sine = (f: typeof block) => grad((w: NDArray, x: NDArray) => np.sum(f(w, x)))
  const usual = operatorsOf(sine(block), w, x)
  t.is(count(usual, 'Sin'), 1)
  t.is(count(usual, 'Tanh'), 1)
  const again = operatorsOf(jit(grad((w: NDArray, x: NDArray) => np.sum(np.sin(checkpoint(block)(w, x))))), w, x)
  t.is(count(again, 'If'), 1)
  // The value isn't asked for, but its sine's derivative needs it.
  t.is(count(again, 'Tanh'), 1)
  t.is(count(again, '>Tanh'), 1)
  t.is(count(again, 'Sin'), 1)
  t.is(count(again, '>Sin'), 1)
})

test('nothing between the arguments and the results is a residual', (t) => {
  const wide = np.ones([2, 64])
  const f = (w: NDArray, x: NDArray): NDArray => np.sum(np.sin(np.matmul(x, w)), { axis: 1 })
  const residuals = (g: typeof f): readonly string[] => {
    const jaxpr = makeJaxpr((w: NDArray, x: NDArray) => grad((w: NDArray) => np.sum(np.square(g(w, x))))(w))(wide, x)
    return jaxpr.eqns.flatMap(({ primitive, inputs }) =>
      primitive.name === 'checkpoint' ? [inputs.map((a) => a.aval.shape.join('x')).join(' ')] : [],
    )
  }
  t.deepEqual(residuals(checkpoint(f)), ['2x64 3x2', '2x64 3x2 3'])
})

test('the optimizer of the runtime keeps the second pass', async (t) => {
  const f = (w: NDArray, x: NDArray): NDArray => grad((w: NDArray) => np.sum(np.sin(checkpoint(block)(w, x))))(w)
  const { graph } = lower(makeJaxpr(f)(w, x), 'cpu')
  const folder = mkdtempSync(join(tmpdir(), 'onnax-checkpoint-'))
  const path = join(folder, 'optimized.onnx')
  const options = { graphOptimizationLevel: 'extended', optimizedModelFilePath: path } as const
  const session = await InferenceSession.create(graph.encode(), options)
  await session.release()
  // An operator's name is field 4 of a node: tag, length, text.
  t.is(readFileSync(path, 'latin1').split('"\x04Tanh').length - 1, 2)
  rmSync(folder, { recursive: true })
})

test('NaN cotangents come through, and zero-size and whole arguments work', (t) => {
  const nan = grad((x: NDArray) => checkpoint((x: NDArray) => np.sin(x))(x).mul(NaN))(np.array(1))
  t.true(Number.isNaN(nan.item()))
  const empty = grad((x: NDArray) => np.sum(checkpoint((x: NDArray) => np.sin(x))(x)))(np.zeros([0, 2]))
  t.deepEqual(empty.shape, [0, 2])
  const gather = checkpoint((x: NDArray, i: NDArray) => np.take(np.sin(x), i, { axis: 0 }))
  const at = np.array([2, 0], { dtype: 'int32' })
  const xs = np.array([1, 2, 3])
  allClose(t, grad((x: NDArray) => np.sum(gather(x, at)))(xs), [Math.cos(1), 0, Math.cos(3)])
})

test('in vmap, jvp, scan and inside of another', (t) => {
  const f = checkpoint((x: NDArray) => np.sin(x).mul(x))
  const g = (x: NDArray): NDArray => np.sin(x).mul(x)
  const xs = np.array([0.5, 1, 2])
  allClose(t, vmap(grad(f))(xs), vmap(grad(g))(xs))
  allClose(t, grad((x: NDArray) => np.sum(vmap(f)(x)))(xs), vmap(grad(g))(xs))
  const [y, dy] = jvp(f, [xs], [np.ones([3])])
  const [ey, edy] = jvp(g, [xs], [np.ones([3])])
  allClose(t, y, ey)
  allClose(t, dy, edy)
  const loop = (h: typeof g) => (x: NDArray) =>
    lax.scan((c: NDArray, d: NDArray) => [h(c).add(d), null] as const, x, np.ones([4]))[0]
  allClose(t, jit(grad(loop(f)))(np.array(0.3)), grad(loop(g))(np.array(0.3)))
  const nested = checkpoint((x: NDArray) => f(f(x)))
  allClose(t, jit(grad((x: NDArray) => np.sum(nested(x))))(xs), grad((x: NDArray) => np.sum(g(g(x))))(xs))
  allClose(t, grad(grad(nested))(np.array(0.7)), grad(grad((x: NDArray) => g(g(x))))(np.array(0.7)))
})

test('trees, constants, numbers, and errors', (t) => {
  const c = np.array([1, 2])
  const f = checkpoint(function scaled({ a, b }: { a: NDArray; b: number }) {
    return { y: [np.sin(a).mul(c).mul(b)] }
  })
  t.is(f.name, 'scaled')
  const g = grad((a: NDArray) => np.sum(f({ a, b: 3 }).y[0]!))(np.zeros([2]))
  allClose(t, g, [3, 6])
  // What is closed over is differentiated, too.
  const closed = grad((k: NDArray) => checkpoint((x: NDArray) => np.sin(x.mul(k)))(np.array(2)))(np.array(0.5))
  allClose(t, closed, [2 * Math.cos(1)])
  t.throws(() => checkpoint((s: string) => s)('a'), { instanceOf: ArgumentError, message: /checkpoint\(anonymous\)/ })
})

/** Shapes of what the staged part of a gradient takes, beside the cotangent. */
const residualsOf = (policy: CheckpointPolicy): readonly string[] => {
  const f = (w: NDArray, x: NDArray): NDArray => {
    const hidden = checkpointName(np.sin(np.matmul(x, w)), 'hidden')
    return np.sum(np.exp(np.matmul(checkpointName(np.tanh(hidden), 'squashed'), w)), { axis: 1 })
  }
  const wide = sample([2, 2], 1, 'float32')
  const g = jit(f)
  const kept = checkpoint((w: NDArray, x: NDArray) => g(w, x), { policy })
  const loss = (h: typeof f) => (w: NDArray) => np.sum(np.square(h(w, x)))
  const gradient = grad(loss(kept))
  const jaxpr = makeJaxpr(gradient)(wide)
  const last = jaxpr.eqns.findLast((eqn) => eqn.primitive.name === 'checkpoint')
  // Every policy gives the same gradient.
  const expected = grad(loss(f))(wide)
  if (!np.allclose(gradient(wide), expected, { rtol: 1e-5 }).item()) return ['wrong']
  if (!np.allclose(jit(gradient)(wide), expected, { rtol: 1e-5 }).item()) return ['wrong when compiled']
  return last === undefined ? ['none'] : last.inputs.slice(0, -1).map((a) => a.aval.shape.join('x'))
}

test('policies say what is kept', (t) => {
  const p = checkpointPolicies
  // The arguments, w and x, and in their place or beside them what is kept.
  const kept: readonly (readonly [string, CheckpointPolicy, number])[] = [
    ['nothing', p.nothingSaveable, 0],
    ['dots', p.dotsSaveable, 2],
    ['dots without batch axes', p.dotsWithNoBatchDimsSaveable, 2],
    ['one name', p.saveOnlyTheseNames('hidden'), 1],
    ['both names', p.saveOnlyTheseNames('hidden', 'squashed'), 2],
    ['other names', p.saveAnyNamesButThese('hidden'), 1],
    ['names and dots', p.saveFromBothPolicies(p.saveOnlyTheseNames('squashed'), p.dotsSaveable), 3],
  ]
  for (const [name, policy, count] of kept) {
    t.deepEqual([...residualsOf(policy)].sort(), ['2x2', ...Array.from({ length: 1 + count }, () => '3x2')], name)
  }
  t.deepEqual(residualsOf(p.everythingSaveable), ['none'])
  // Its derivative is computed from the sine, which isn't kept.
  const all = residualsOf(p.saveAnythingExceptTheseNames('hidden'))
  t.true(all.length > 3 && all.every((shape) => shape === '3x2' || shape === '2x2'), all.join())
})

test('static arguments, a backward pass that may share, and options that are not known', (t) => {
  const f = checkpoint((x: NDArray, kind: string) => (kind === 'sine' ? np.sin(x) : np.cos(x)), { staticArgnums: [1] })
  allClose(t, grad((x: NDArray) => f(x, 'sine'))(np.array(0)), [1])
  const shared = checkpoint(block, { preventCse: false })
  const names = operatorsOf(jit(grad((w: NDArray, x: NDArray) => np.sum(np.sin(shared(w, x))))), w, x)
  t.deepEqual([count(names, 'If'), count(names, 'Tanh')], [0, 1])
  t.is(remat, checkpoint)
  t.throws(() => checkpoint(block, { concrete: true } as never), { instanceOf: OptionsError })
})
