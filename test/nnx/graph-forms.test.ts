/** The forms that models take on the way through pure functions. */
import test from 'ava'
import { ArgumentError, jit, type NDArray, nnx, np, tree, vmap } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

const linear = (seed = 0): nnx.Linear => new nnx.Linear(2, 2, { rngs: new nnx.Rngs(seed) })

test('flatten and unflatten, with paths or without', (t) => {
  const model = new nnx.Sequential(linear(), nnx.relu, linear(1))
  const [graphdef, flat] = nnx.flatten(model)
  t.deepEqual(flat.paths[1], ['layers', 0, 'kernel'])
  const x = np.ones([3, 2])
  for (const form of [flat, flat.toNestedState(), nnx.flatten(model, { withPaths: false })[1]]) {
    allClose(t, nnx.unflatten(graphdef, form)(x), model(x))
  }
  t.throws(() => nnx.unflatten(graphdef, flat.leaves.slice(1)), { instanceOf: ArgumentError, message: /4 leaves, got 3/ }) // prettier-ignore
  const v = new nnx.Param(np.ones([]))
  t.is(nnx.unflatten(...nnx.flatten(v)).value.item(), 1)
})

test('unpack keeps the structure with each state, also as argument of jit', (t) => {
  const norm = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0) })
  const whole = nnx.unpack(norm)
  t.true(whole instanceof nnx.GraphState)
  const [params, stats] = nnx.unpack(norm, nnx.Param, nnx.BatchStat)
  t.deepEqual(nnx.toFlatState(stats.state).paths, [['mean'], ['var']])
  const x = np.array([[1, 2], [3, 4]]) // prettier-ignore
  const forward = jit((a: typeof params, b: typeof stats, x: NDArray) => nnx.merge(a, b)(x))
  allClose(t, forward(params, stats, x), norm(x))
  const mapped = tree.map((y: NDArray) => y, whole as unknown) as typeof whole
  allClose(t, nnx.merge(mapped)(x), norm(x))
  t.regex(String(params), /^GraphState\(\n {2}graphdef=GraphDef\(/)
  forward(...nnx.unpack(new nnx.BatchNorm(2, { rngs: new nnx.Rngs(1) }), nnx.Param, nnx.BatchStat), x)
  t.is(forward.traceCount, 1)
})

test('contexts keep what several models share', (t) => {
  const shared = linear()
  const [a, b] = [{ left: shared }, { right: shared, own: linear(1) }]
  const parts = nnx.splitContext((ctx) => [ctx.split(a), ctx.split(b, nnx.PathContains('bias'), '...')] as const)
  t.is(nnx.toFlatState(parts[1][1]).length, 1)
  const [c, d] = nnx.mergeContext((ctx) => [ctx.merge(...parts[0]), ctx.merge(...parts[1])] as const)
  t.is(c.left, d.right)
  t.not(c.left, shared)
  t.throws(() => nnx.splitContext((ctx) => ctx.split(b, nnx.BatchStat)), { message: /Non-exhaustive filters/ })
  t.throws(() => nnx.currentUpdateContext('none'), { instanceOf: ArgumentError, message: /an updateContext of none/ })
})

test('an update context brings back what was done inside', (t) => {
  const model = new Holder()
  const x = np.array([[1, 2], [3, 4]]) // prettier-ignore
  const { norm } = model
  nnx.updateContext('train', () => {
    const [graphdef, state] = nnx.splitContext((ctx) => ctx.split(model), { ctxtag: 'train' })
    const [after, out] = jit((s: typeof state) => {
      const inner = nnx.mergeContext((ctx) => ctx.merge(graphdef, s), { ctxtag: 'train' })
      inner.norm(x)
      inner.extra = new nnx.Param(np.ones([1]))
      return nnx.splitContext((ctx) => ctx.split(inner), { ctxtag: 'train' })
    })(state)
    nnx.mergeContext((ctx) => ctx.merge(after, out), { ctxtag: 'train' })
  })
  t.is(model.norm, norm)
  t.deepEqual(elements(norm.mean.value), [2, 3])
  t.deepEqual(elements(model.extra!.value), [1])
})

class Holder extends nnx.Object {
  readonly norm = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0), momentum: 0 })
  extra?: nnx.Param
}

test('toTree and fromTree: plain transforms of models', (t) => {
  const m = linear()
  const args = { m, tied: [m], x: np.ones([2]) }
  const form = nnx.toTree(args) as { m: nnx.NodeStates; tied: nnx.NodeStates[] }
  t.true(form.m instanceof nnx.NodeStates)
  t.is(tree.leaves(form.tied).length, 0)
  t.is(nnx.toFlatState(form.m.state).length, 2)
  const back = nnx.fromTree(form) as typeof args
  t.is(back.m, back.tied[0]!)
  const f = vmap((given: unknown, x: NDArray) => (nnx.fromTree(given) as { m: nnx.Linear }).m(x), { inAxes: [null, 0] })
  const xs = np.array([[1, 2], [3, 4]]) // prettier-ignore
  allClose(t, f(nnx.toTree({ m }), xs), m(xs))
  const seen: unknown[] = []
  nnx.toTree(args, {
    prefix: { m: 0, tied: 0, x: 1 },
    mapNonGraphNodes: true,
    splitFn: (_ctx, _path, prefix, leaf) => (seen.push([prefix, leaf]), prefix),
  })
  t.deepEqual(seen, [[0, m], [0, m], [1, args.x]]) // prettier-ignore
  seen.length = 0
  const given = nnx.fromTree(form, {
    prefix: { m: 0, tied: 1, x: 2 },
    mapNonGraphNodes: true,
    mergeFn: (_ctx, path, prefix, leaf) => (seen.push([path.length, prefix]), leaf),
  })
  t.deepEqual(seen, [[1, 0], [2, 1], [1, 2]]) // prettier-ignore
  t.is((given as typeof form).m, form.m)
  // A level that isn't looked into is left as it is.
  const shallow = nnx.fromTree({ form, m: form.m }, { isLeaf: (x) => x === form || x instanceof nnx.NodeStates }) as { form: unknown; m: unknown } // prettier-ignore
  t.is(shallow.form, form)
  t.true(shallow.m instanceof nnx.Linear)
  t.throws(() => nnx.toTree(args, { prefix: { m: 0, tied: 1, x: null } }), {
    instanceOf: ArgumentError,
    message: /Inconsistent aliasing detected, bias has 0, got 1 at bias/,
  })
  t.notThrows(() => nnx.toTree(args, { prefix: { m: 0, tied: 1, x: null }, checkAliasing: false }))
  t.throws(() => new nnx.NodeStates(form.m.graphdef, []).state, { instanceOf: ArgumentError })
})

test('prefix makes axes of filters and functions', (t) => {
  const models = nnx.vmap((seed: NDArray) => new nnx.Linear(2, 2, { rngs: new nnx.Rngs(seed as never) }))(np.arange(3))
  const args = { m: models, x: np.ones([2]) }
  const axes = nnx.prefix(args, [[nnx.PathContains('m'), 0], ['...', null]]) // prettier-ignore
  const f = nnx.vmap(({ m, x }: typeof args) => m(x), { inAxes: [axes] })
  t.deepEqual(f(args).shape, [3, 2])
  const byFunction = nnx.prefix(args, (path) => (path[0] === 'm' ? 0 : null))
  allClose(t, nnx.vmap(({ m, x }: typeof args) => m(x), { inAxes: [byFunction] })(args), f(args))
  t.throws(() => nnx.prefix(args, [[nnx.Param, 0]]), {
    instanceOf: ArgumentError,
    message: /a filter for x, got \[Param\]/,
  })
})

test('clones that share Variables, abstract copies, children, kinds of nodes', (t) => {
  const m = new nnx.Sequential(linear(), linear(1))
  const copy = nnx.clone(m, { variables: false })
  t.not(copy.layers[0], m.layers[0])
  t.is((copy.layers[0] as nnx.Linear).kernel, (m.layers[0] as nnx.Linear).kernel)
  const abstract = nnx.asAbstract(m)
  t.is(String((abstract.layers[0] as nnx.Linear).kernel.rawValue), 'ShapeDtypeStruct(shape=[2, 2], dtype=float32)')
  t.is(nnx.pure, nnx.asPure)
  const holder = new Holder()
  t.deepEqual([...nnx.iterChildren(linear())].map(([name]) => name), ['bias', 'kernel']) // prettier-ignore
  t.deepEqual([...nnx.iterModuleChildren(holder)].map(([name]) => name), ['norm']) // prettier-ignore
  const { isGraphNode, isNode, isNodeLeaf, isPytreeNode, registerGraphNodeType } = nnx.graphlib
  const [v, x] = [new nnx.Param(np.ones([])), np.ones([])]
  t.deepEqual([m, v, x, [], 3].map(isGraphNode), [true, true, false, false, false])
  t.deepEqual([m, v, x, [], 3].map(isNode), [true, true, false, true, false])
  t.deepEqual([m, v, x, [], 3].map(isNodeLeaf), [false, true, true, false, false])
  t.deepEqual([m, v, x, [], 3].map(isPytreeNode), [false, false, false, true, false])
  class Foreign {
    readonly w = new nnx.Param(np.ones([1]))
  }
  t.throws(() => nnx.state(new Foreign()), { instanceOf: ArgumentError })
  registerGraphNodeType(Foreign)
  const foreign = new Foreign()
  nnx.jit((f: Foreign) => void (f.w.value = np.zeros([1])))(foreign)
  t.deepEqual(elements(foreign.w.value), [0])
})
