import test from 'ava'
import fc from 'fast-check'
import { ArgumentError, jit, type NDArray, nnx, np, random, TraceLevelError, tree } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { Custom, Model, Net, WithCustom } from './models.js'

const rngs = (): nnx.Rngs => new nnx.Rngs(0)
const paths = (state: nnx.AnyState): readonly string[] => nnx.toFlatState(state).map(([path]) => path.join('/'))

/** A model with all that can be in one: shared layers, a cycle, containers, arrays, keys, settings. */
class Zoo extends nnx.Module<[x: NDArray], NDArray> {
  readonly layers: readonly nnx.Linear[]
  readonly tied: nnx.Linear
  readonly byName: { readonly a: nnx.Variable; readonly options: { readonly deep: readonly number[] } }
  readonly map: ReadonlyMap<string | number, nnx.Param>
  readonly table = np.array([1, 2, 3])
  readonly key = random.key(3)
  readonly activation: (x: NDArray) => NDArray
  readonly self: Zoo
  readonly none = null
  override readonly name = 'zoo'
  readonly big = 12n
  override readonly length = -0

  constructor(streams: nnx.Rngs) {
    super()
    this.layers = [new nnx.Linear(2, 2, { rngs: streams }), new nnx.Linear(2, 2, { rngs: streams, useBias: false })]
    this.tied = this.layers[0]!
    this.byName = { a: new Custom(np.array([7]), { tag: 'special' }), options: { deep: [1, 2] } }
    this.map = new Map<string | number, nnx.Param>([
      ['k', new nnx.Param(np.array([1]))],
      [2, new nnx.Param(np.array([2]))],
    ])
    this.activation = nnx.relu
    this.self = this
  }
  override call(x: NDArray): NDArray {
    return this.layers.reduce((y, layer) => this.activation(layer(y)), x).mul(this.byName.a.value)
  }
}

test('split and merge give an equal model of its own, shared references and cycles included', (t) => {
  const zoo = new Zoo(rngs())
  const [graphdef, state] = nnx.split(zoo)
  t.deepEqual(paths(state), [
    'byName/a',
    'key',
    'layers/0/bias',
    'layers/0/kernel',
    'layers/1/kernel',
    'map/2',
    'map/k',
    'table',
  ])
  const copy = nnx.merge(graphdef, state)
  t.true(copy instanceof Zoo)
  t.not(copy, zoo)
  t.is(copy.tied, copy.layers[0]!)
  t.is(copy.self, copy)
  t.is(copy.activation, nnx.relu)
  t.is(copy.none, null)
  t.is(copy.name, 'zoo')
  t.is(copy.big, 12n)
  t.is(copy.length, -0)
  t.deepEqual(copy.byName.options.deep, [1, 2])
  t.true(copy.map instanceof Map)
  t.is(copy.map.get(2)!.value, zoo.map.get(2)!.value)
  t.is(copy.key, zoo.key)
  t.true(copy.byName.a instanceof Custom)
  t.deepEqual(copy.byName.a.metadata, { tag: 'special' })
  t.not(copy.byName.a, zoo.byName.a)
  allClose(t, copy(np.ones([2])), zoo(np.ones([2])))
  t.true(nnx.graphdef(copy).equals(graphdef))
  t.is(nnx.graphdef(copy).key, graphdef.key)
})

test('a copy is independent: writes to it are not seen', (t) => {
  const zoo = new Zoo(rngs())
  const copy = nnx.clone(zoo)
  const before = elements(zoo.tied.kernel.value)
  copy.tied.kernel.value = np.zeros([2, 2])
  t.deepEqual(elements(zoo.tied.kernel.value), before)
  t.deepEqual(elements(copy.layers[0]!.kernel.value), [0, 0, 0, 0])
})

test('filters divide the state; the first that holds counts; the parts merge in any order', (t) => {
  const net = new Net(rngs())
  const [graphdef, params, stats, rest] = nnx.split(net, nnx.Param, nnx.BatchStat, '...')
  t.deepEqual(paths(stats), ['bn/mean', 'bn/var'])
  t.deepEqual(paths(rest), ['dropout/rngs/count', 'dropout/rngs/key'])
  t.is(paths(params).length, 6)
  net.eval()
  const merged = nnx.merge(graphdef, rest, params, stats)
  t.false(merged.bn.useRunningAverage, 'settings are those of the split')
  const x = np.ones([1, 4, 4, 1])
  net.train()
  allClose(t, merged(x), net(x))
  const [first, second] = nnx.state(net, nnx.PathContains('bias'), nnx.Param)
  t.true(paths(first).every((p) => p.endsWith('bias')))
  t.true(paths(second).every((p) => !p.endsWith('bias')))
  t.deepEqual(paths(nnx.state(new Net(new nnx.Rngs({ params: 1, dropout: 2 })), 'dropout')), [
    'dropout/rngs/count',
    'dropout/rngs/key',
  ])
})

test("filters that leave something out are Flax's error", (t) => {
  const error = t.throws(() => nnx.split(new Net(rngs()), nnx.Param), { instanceOf: ArgumentError })
  t.regex(error.message, /Non-exhaustive filters, got a non-empty remainder: bn\/mean, bn\/var, dropout\/rngs\/count/)
  t.throws(() => nnx.split(new Net(rngs()), '...', nnx.Param), { message: /'\.\.\.' or true only as the last filter/ })
})

test('merge refuses states with missing and with unknown leaves', (t) => {
  const [graphdef, params] = nnx.split(new Model(rngs()), nnx.PathContains('linear1'), '...')
  t.throws(() => nnx.merge(graphdef, params), {
    instanceOf: ArgumentError,
    message: /none for linear2\/bias, linear2\/kernel/,
  })
  const [small] = nnx.split(new nnx.Linear(2, 3, { rngs: rngs() }))
  const other = nnx.state(new nnx.BatchNorm(2, { rngs: rngs() }))
  t.throws(() => nnx.merge(small, other), { message: /none for kernel/ })
  const state = nnx.state(new nnx.Linear(2, 3, { rngs: rngs() }))
  t.throws(() => nnx.merge(small, nnx.mergeState(state, other)), { message: /unexpected mean, scale, var/ })
  t.throws(() => nnx.split(3 as never), { instanceOf: ArgumentError, message: /split requires a module/ })
})

test('update writes what the state holds, adds what the model lacks, and checks kinds', (t) => {
  const model = new WithCustom(rngs())
  const zeros = tree.map(np.zerosLike, nnx.state(model, nnx.Param))
  nnx.update(model, zeros)
  t.deepEqual(elements(model.linear.kernel.value), [0, 0, 0, 0, 0, 0])
  t.deepEqual(elements(model.scale.value), [1, -0.5, 2])
  nnx.update(model, new nnx.State({ scale: np.array([1, 1, 1]) }), new nnx.State({ shift: np.array([2, 2, 2]) }))
  t.deepEqual([...elements(model.scale.value), ...elements(model.shift.value)], [1, 1, 1, 2, 2, 2])
  nnx.update(model, new nnx.State({ extra: new nnx.VariableState(nnx.Cache, np.ones([1])) }))
  t.true((model as any).extra instanceof nnx.Cache)
  const param = new nnx.VariableState(nnx.Param, np.ones([3]))
  for (const holder of [null, undefined, 1, 'a', Object.freeze({})]) {
    t.throws(() => nnx.update(holder, new nnx.State({ scale: param })), { instanceOf: ArgumentError })
  }
  t.throws(() => nnx.update(model, new nnx.State({ scale: param })), {
    message: /a Custom at scale, got the state of a Param/,
  })
  t.throws(() => nnx.update(model, new nnx.State({ linear: param })), { message: /a subtree at linear, got Param/ })
  t.throws(() => nnx.update(model, new nnx.State({ scale: { a: param } })), { message: /a leaf at scale/ })
  t.throws(() => nnx.update(model, new nnx.State({ nowhere: { a: param } })), { message: /lacks at nowhere/ })
})

test('update reaches lists, Maps and bare arrays', (t) => {
  const zoo = new Zoo(rngs())
  const state = nnx.state(zoo, nnx.Not(nnx.PathContains('key')))
  nnx.update(zoo, tree.map(np.zerosLike, state))
  t.deepEqual(elements(zoo.table), [0, 0, 0])
  t.deepEqual(elements(zoo.map.get(2)!.value), [0])
  t.deepEqual(elements(zoo.layers[1]!.kernel.value), [0, 0, 0, 0])
})

test('pop takes Variables out', (t) => {
  const net = new Net(rngs())
  net.sow(nnx.Intermediate, 'h', np.ones([1]))
  net.bn.sow(nnx.Intermediate, 'h', np.zeros([1]))
  const popped = nnx.pop(net, nnx.Intermediate)
  t.deepEqual(paths(popped), ['bn/h', 'h'])
  t.false('h' in net)
  t.false('h' in net.bn)
  t.is(nnx.toFlatState(nnx.pop(net, nnx.Intermediate)).length, 0)
  const holder = { inner: { v: new nnx.Cache(np.ones([1])) }, map: new Map([['v', new nnx.Cache(np.ones([1]))]]) }
  const [caches, none] = nnx.pop(holder, nnx.Cache, nnx.Param)
  t.is(nnx.toFlatState(caches).length, 2)
  t.is(nnx.toFlatState(none).length, 0)
  t.deepEqual(holder, { inner: {} as never, map: new Map() })
  t.throws(() => nnx.pop([new nnx.Cache(np.ones([1]))], nnx.Cache), {
    message: /in fields of modules, objects or Maps, got 0/,
  })
  t.throws(() => nnx.pop(net, ...([] as unknown as [nnx.Filter])), { message: /at least one filter/ })
})

test('GraphDef: equal for equal structures, different for settings, kinds, metadata and sharing', (t) => {
  const make = (options: object = {}) => nnx.graphdef(new nnx.Linear(2, 3, { rngs: rngs(), ...options }))
  t.true(make().equals(make()))
  t.not(make(), make())
  t.false(make().equals(make({ useBias: false })))
  t.false(make().equals(make({ kernelMetadata: { sharding: 'x' } })))
  t.true(make({ kernelMetadata: { axes: ['x'] } }).equals(make({ kernelMetadata: { axes: ['x'] } })))
  const v = () => new nnx.Param(np.ones([1]))
  const shared = v()
  t.false(nnx.graphdef([shared, shared]).equals(nnx.graphdef([v(), v()])))
  t.false(nnx.graphdef([v()]).equals(nnx.graphdef([new nnx.Cache(np.ones([1]))])))
  t.false(nnx.graphdef({ a: v() }).equals(nnx.graphdef({ b: v() })))
  t.true(Object.isFrozen(make()))
  t.is(make().numLeaves, 2)
  t.deepEqual(make().paths, [['bias'], ['kernel']])
  t.regex(make().toString(), /GraphDef\(\n {2}Linear\(\n {4}index=0,\n {4}bias=Param\(\n {6}index=1/)
})

test('iterGraph and iterModules: children first, shared ones once', (t) => {
  const model = new Model(rngs())
  t.deepEqual(
    [...nnx.iterModules(model)].map(([path, m]) => [path.join('/'), m.constructor.name]),
    [
      ['linear1', 'Linear'],
      ['linear2', 'Linear'],
      ['', 'Model'],
    ],
  )
  const zoo = new Zoo(rngs())
  t.is([...nnx.iterModules(zoo)].length, 3)
  t.is([...nnx.iterGraph(zoo)].filter(([, v]) => v === zoo.tied).length, 1)
  t.deepEqual(
    [...nnx.iterChildren(zoo)].map(([name]) => name),
    ['self', 'tied'],
  )
})

test('a list that contains itself is an error, not a crash', (t) => {
  const list: unknown[] = []
  list.push(list)
  t.throws(() => nnx.split({ list } as never), { instanceOf: RangeError, message: /contains itself/ })
})

/** A random nest of modules, containers and Variables, some of them shared. */
class Node extends nnx.Object {
  readonly children: unknown
  constructor(children: unknown) {
    super()
    this.children = children
  }
}
const nests = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: -3, max: 3 }).map((i) => new nnx.Param(np.array([i]))),
    fc.integer(),
    fc.constant(null),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '1', '10'), tie('node'), { noNullPrototype: true }),
    tie('node').map((child) => new Node(child)),
    tie('node').map((child) => new Node([child, child])),
  ),
})).node

test('split, merge and clone of any nest: equal structure, equal state, nothing shared with the original', (t) => {
  fc.assert(
    fc.property(nests, (nest) => {
      const root = new Node(nest)
      const [graphdef, state] = nnx.split(root)
      const copy = nnx.merge(graphdef, state)
      const [again, stateAgain] = nnx.split(copy)
      t.true(again.equals(graphdef))
      t.true(tree.structure(stateAgain).equals(tree.structure(state)))
      t.deepEqual(tree.leaves(stateAgain), tree.leaves(state))
      const own = new Set(
        [...nnx.iterGraph(root)].map(([, v]) => v).filter((v) => v instanceof nnx.Variable || v instanceof Node),
      )
      t.false([...nnx.iterGraph(copy)].some(([, v]) => own.has(v as Node)))
    }),
    { numRuns: 60, seed: 1 },
  )
})

test('a state is data for pure functions: split outside, merge inside of jit', (t) => {
  const net = new Net(rngs())
  const [graphdef, state] = nnx.split(net)
  const x = np.ones([2, 4, 4, 1])
  const forward = jit((s: typeof state, x: NDArray) => {
    const model = nnx.merge(graphdef, s)
    const y = model(x)
    return [y, nnx.state(model)] as const
  })
  const [y, after] = forward(state, x)
  allClose(t, y, net(x))
  allClose(t, after.bn.mean.value, net.bn.mean.value)
  t.is(after.dropout.rngs?.count.value.item(), 1)
})

test('update of a model from outside inside of jit is refused', (t) => {
  const model = new nnx.Linear(2, 3, { rngs: rngs() })
  t.throws(
    () =>
      jit((x: NDArray) => {
        nnx.update(model, new nnx.State({ bias: x }))
        return x
      })(np.ones([3])),
    { instanceOf: TraceLevelError },
  )
})

test('update writes bare arrays of lists, plain objects and Maps in their places', (t) => {
  class Holder extends nnx.Module<[], NDArray> {
    readonly held = { list: [np.zeros([1]), { inner: np.zeros([1]) }], map: new Map([['a', np.zeros([1])]]) }
    readonly frozen = Object.freeze({ x: np.zeros([1]) })
    override call(): NDArray {
      return this.held.list[0] as NDArray
    }
  }
  const model = new Holder()
  const { held, frozen } = model
  const ones = tree.map(np.onesLike, nnx.state(model, nnx.PathContains('held')))
  nnx.update(model, ones)
  t.is(model.held, held)
  t.deepEqual(nnx.toFlatState(nnx.state(model)).map(([path, x]) => [path.join('/'), elements(x as never)[0]]), [
    ['frozen/x', 0],
    ['held/list/0', 1],
    ['held/list/1/inner', 1],
    ['held/map/a', 1],
  ]) // prettier-ignore
  const rest = nnx.state(model, nnx.PathContains('frozen'))
  t.throws(() => nnx.update(model, rest), { instanceOf: ArgumentError, message: /can be written at frozen\/x/ })
  t.is(model.frozen, frozen)
})
