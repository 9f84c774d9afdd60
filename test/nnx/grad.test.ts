import test from 'ava'
import {
  ArgumentError,
  DTypeError,
  EscapedTracerError,
  grad,
  type NDArray,
  nnx,
  np,
  ShapeError,
  TraceLevelError,
  tree,
} from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { Custom, decode, inLayout, layouts, Model, optimizerGolden, sameState, WithCustom } from './models.js'

for (const { layout, partitionable } of layouts) {
  test(`Flax's gradients: Params, DiffState, several argnums; ${layout} layout`, (t) => {
    const golden = optimizerGolden[layout].value_and_grad
    const x = decode(golden.x)
    inLayout(partitionable, () => {
      const model = new WithCustom(new nnx.Rngs(7))
      const f = (m: WithCustom, x: NDArray): NDArray => np.sum(np.square(m(x)))
      sameState(t, nnx.state(model), golden.params)
      const [value, grads] = nnx.valueAndGrad(f)(model, x)
      allClose(t, [value.item()], [golden.value])
      sameState(t, grads, golden['wrt model (Param)'])
      sameState(t, nnx.grad(f, { argnums: nnx.DiffState(0, Custom) })(model, x), golden['wrt DiffState(0,Custom)'])
      const [gm, gx] = nnx.grad(f, { argnums: [0, 1] })(model, x)
      sameState(t, gm, golden['wrt (0,1)'].model)
      allClose(t, gx, decode(golden['wrt (0,1)'].x))
      const other = new Model(new nnx.Rngs(1))
      const two = (a: WithCustom, b: Model, x: NDArray): NDArray => np.sum(a(x)).add(np.mean(np.square(b(x))))
      const both = golden['two models: (DiffState(0,Custom), 1)']
      sameState(t, nnx.state(other), both.params_b)
      const [ga, gb] = nnx.grad(two, { argnums: [new nnx.DiffState(0, Custom), 1] })(model, other, x)
      sameState(t, ga, both.a)
      sameState(t, gb, both.b)
    })
  })
}

const x = np.array([
  [1, -2],
  [0.5, 3],
])

test('the gradient of a module is the gradient of the pure function of its state', (t) => {
  const model = new Model(new nnx.Rngs(0))
  const [graphdef, params] = nnx.split(model)
  const pure = (p: typeof params): NDArray => np.sum(np.square(nnx.merge(graphdef, p)(x)))
  const expected = grad(pure)(params)
  const grads = nnx.grad((m: Model) => np.sum(np.square(m(x))))(model)
  t.true(tree.structure(grads).equals(tree.structure(expected)))
  tree.leaves(grads).forEach((g, i) => allClose(t, g, tree.leaves(expected)[i]!))
})

class Stateful extends nnx.Module<[x: NDArray], NDArray> {
  readonly w = new nnx.Param(np.array([2, 3]))
  readonly seen = new nnx.BatchStat(np.zeros([2]))
  readonly calls = new nnx.Variable(np.array(0, { dtype: 'int32' }))
  override call(x: NDArray): NDArray {
    this.seen.value = this.w.value.mul(x)
    this.calls.value = this.calls.value.add(1)
    return np.sum(this.seen.value)
  }
}

test('what the loss does to other Variables comes out, as values', (t) => {
  const model = new Stateful()
  const grads = nnx.grad((m: Stateful) => m(np.array([5, 7])))(model)
  t.deepEqual(elements(grads.w.value), [5, 7])
  t.deepEqual(
    nnx.toFlatState(grads).map(([path]) => path),
    [['w']],
  )
  t.deepEqual(elements(model.seen.value), [10, 21])
  t.is(model.calls.value.item(), 1)
  t.deepEqual(elements(model.w.value), [2, 3])
})

test('aux may hold modules, arrays, numbers and nothing; a written Param is written', (t) => {
  const model = new Stateful()
  const made = nnx.valueAndGrad(
    (m: Stateful) => {
      const loss = m(np.array([1, 1]))
      m.w.value = m.w.value.mul(10)
      return [loss, { model: m, twice: loss.mul(2), none: null }] as const
    },
    { hasAux: true },
  )
  const [[loss, aux], grads] = made(model)
  t.is(loss.item(), 5)
  t.is(aux.model, model, 'a module of the arguments is that of the caller')
  t.is(aux.twice.item(), 10)
  t.is(aux.none, null)
  t.deepEqual(elements(model.w.value), [20, 30])
  t.deepEqual(elements(grads.w.value), [1, 1])
  const [g, other] = nnx.grad((m: Stateful) => [m(np.ones([2])), 7] as const, { hasAux: true })(model)
  t.is(np.asarray(other).item(), 7)
  t.deepEqual(elements(g.w.value), [1, 1])
})

test('arguments of all kinds: containers of modules, Variables, arrays, numbers', (t) => {
  const [a, b] = [new Stateful(), new Stateful()]
  const grads = nnx.grad((models: readonly Stateful[]) => models[0]!(np.ones([2])).add(models[1]!(np.array([3, 4]))))([
    a,
    b,
  ])
  t.deepEqual(elements(grads[1]!.w.value), [3, 4])
  t.is(b.calls.value.item(), 1)
  const v = new nnx.Param(np.array([1, 2]))
  const gv = nnx.grad((p: nnx.Param) => np.sum(np.square(p.value)))(v)
  t.true(gv instanceof nnx.VariableState)
  t.deepEqual(elements(gv.value), [2, 4])
  const [gd, gn] = nnx.grad((p: { w: NDArray }, k: number) => np.sum(p.w.mul(k)), { argnums: [0, 1] })(
    { w: np.array([2, 3]) },
    4,
  )
  t.deepEqual(elements(gd.w), [4, 4])
  t.is(gn.item(), 5)
  const state = nnx.state(a, nnx.Param)
  const gs = nnx.grad((s: typeof state) => np.sum(np.square(s.w.value)))(state)
  t.true(nnx.isState(gs))
  t.deepEqual(elements(gs.w.value), [4, 6])
})

class Tied extends nnx.Module<[x: NDArray], NDArray> {
  readonly a: nnx.Param
  readonly b: nnx.Param
  constructor() {
    super()
    this.a = new nnx.Param(np.array([2]))
    this.b = this.a
  }
  override call(x: NDArray): NDArray {
    return np.sum(this.a.value.mul(this.b.value).mul(x))
  }
}

test('a shared Variable has one gradient, of all its uses', (t) => {
  const model = new Tied()
  const grads = nnx.grad((m: Tied) => m(np.ones([1])))(model)
  t.deepEqual(
    nnx.toFlatState(grads).map(([path]) => path),
    [['a']],
  )
  t.deepEqual(elements(grads.a.value), [4])
  // In two arguments it is one as well, and belongs to both gradients: which is an error.
  const product = (m: Tied, n: Tied): NDArray => np.sum(m.a.value.mul(n.b.value))
  t.deepEqual(elements(nnx.grad(product)(model, model).a.value), [4])
  t.throws(() => nnx.grad(product, { argnums: [0, 1] })(model, model), {
    instanceOf: ArgumentError,
    message: /Inconsistent aliasing detected: 0\/a/,
  })
})

test('second derivatives, and gradients inside of the gradient of the pure function', (t) => {
  const model = new Stateful()
  const inner = (m: Stateful, s: NDArray): NDArray => np.sum(m.w.value.mul(m.w.value).mul(m.w.value).mul(s))
  const outer = (m: Stateful): NDArray => np.sum(nnx.grad(inner)(m, np.array([1, 2])).w.value)
  t.deepEqual(elements(nnx.grad(outer)(model).w.value), [12, 36])
  const scale = grad((s: NDArray) => np.sum(nnx.grad(inner)(model, s).w.value))(np.array([1, 1]))
  t.deepEqual(elements(scale), [12, 27])
})

test('metadata and kinds of gradients are those of the Variables', (t) => {
  class Weight extends nnx.Param {}
  const holder = { w: new Weight(np.array([1]), { sharding: 'x' }) }
  const grads = nnx.grad((h: typeof holder) => np.sum(h.w.value))(holder) as { w: nnx.VariableState }
  t.is(grads.w.type, Weight)
  t.deepEqual(grads.w.metadata, { sharding: 'x' })
})

test('errors: kinds, shapes, argument numbers, closed-over modules, escaped values', (t) => {
  const model = new Stateful()
  t.throws(() => nnx.grad((m: Stateful) => m(np.ones([2])), { argnums: nnx.DiffState(0, true) })(model), {
    instanceOf: DTypeError,
    message: /int32\[\] at args\/0\/calls/,
  })
  t.throws(() => nnx.grad((m: Stateful) => m.w.value)(model), { instanceOf: ShapeError, message: /a scalar loss/ })
  t.throws(() => nnx.grad((m: Stateful) => m(np.ones([2])), { argnums: 1 })(model), {
    instanceOf: ArgumentError,
    message: /argnums in \[0, 1\), got 1/,
  })
  t.throws(() => nnx.grad((m: Stateful) => m(np.ones([2])) as never, { hasAux: true })(model), {
    instanceOf: ArgumentError,
    message: /\[loss, aux\]/,
  })
  const closed = new Stateful()
  t.throws(() => nnx.grad((m: Stateful) => closed(m.w.value))(model), {
    instanceOf: TraceLevelError,
    message: /Cannot mutate 'BatchStat' from a different trace level/,
  })
  t.is(closed.calls.value.item(), 0)
  let kept: NDArray | null = null
  nnx.grad((m: Stateful) => {
    kept = m.w.value
    return m(np.ones([2]))
  })(model)
  t.throws(() => kept!.add(1), { instanceOf: EscapedTracerError })
})

test('a loss without Params to learn has an empty gradient', (t) => {
  const counter = new nnx.Rngs(0)
  const grads = nnx.grad((r: nnx.Rngs) => np.sum(r.normal([2])))(counter)
  t.is(nnx.toFlatState(grads).length, 0)
  t.is(counter.default.count.value.item(), 1)
})
