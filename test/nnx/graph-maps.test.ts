import test from 'ava'
import { ArgumentError, jit, type NDArray, nnx, np, random, TraceLevelError } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

const linear = (): nnx.Linear => new nnx.Linear(2, 2, { rngs: new nnx.Rngs(0) })

class Pair extends nnx.Module<[x: NDArray], NDArray> {
  readonly a = linear()
  readonly b = this.a
  readonly list = [this.a.kernel, new nnx.Variable(np.array(1), { tag: 'one' })]
  override call(x: NDArray): NDArray {
    return this.b(this.a(x))
  }
}

test('map makes a new model; what was shared stays so', (t) => {
  const pair = new Pair()
  const paths: string[] = []
  const made = nnx.map((path, leaf) => {
    paths.push(path.join('/'))
    const { value } = leaf as nnx.VariableState
    return path.includes('bias') ? (leaf as nnx.VariableState).replace(value.add(1)) : value.mul(2)
  }, pair)
  t.deepEqual(paths, ['a/bias', 'a/kernel', 'list/1'])
  t.is(made.a, made.b)
  t.is(made.list[0], made.a.kernel)
  t.true(made.list[1] instanceof nnx.Variable)
  t.deepEqual(made.list[1]!.metadata, { tag: 'one' })
  allClose(t, made.a.kernel.value, pair.a.kernel.value.mul(2))
  t.deepEqual([...elements(made.a.bias!.value), ...elements(pair.a.bias!.value)], [1, 1, 0, 0])
})

test('recursiveMap goes from the leaves upwards, and knows what it made', (t) => {
  const pair = new Pair()
  const order: string[] = []
  const made = nnx.recursiveMap((path, x) => {
    order.push(path.join('/'))
    return x instanceof nnx.Linear ? new nnx.Sequential(x, nnx.relu) : x
  }, pair)
  t.deepEqual(order, ['a/kernel', 'a/bias', 'a', 'list/1', 'list', ''])
  t.true((made.a as unknown) instanceof nnx.Sequential)
  t.is(made.a, made.b)
  t.true(pair.a instanceof nnx.Linear)
  allClose(t, made(np.ones([1, 2])), nnx.relu(pair.a(nnx.relu(pair.a(np.ones([1, 2]))))))
})

test('findDuplicates, setMetadata, asPure, variables', (t) => {
  const pair = new Pair()
  t.deepEqual(nnx.findDuplicates(pair), [
    [['a'], ['b']],
    [
      ['a', 'kernel'],
      ['list', 0],
    ],
  ])
  t.deepEqual(nnx.findDuplicates(pair, { only: nnx.Param }), [[['a', 'kernel'], ['list', 0]]]) // prettier-ignore
  t.deepEqual(nnx.findDuplicates(linear()), [])
  nnx.setMetadata(pair, { frozen: true }, { only: nnx.Param })
  t.deepEqual([pair.a.kernel, pair.list[1]!].map((v) => v.metadata['frozen']), [true, undefined]) // prettier-ignore
  nnx.setMetadata(pair, { seen: 1 })
  t.deepEqual(pair.list[1]!.metadata, { tag: 'one', seen: 1 })
  t.throws(() => jit((x: NDArray) => (nnx.setMetadata(pair, { k: 1 }), x))(np.ones([])), {
    instanceOf: TraceLevelError,
  })
  const pure = nnx.asPure(nnx.state(pair.a)) as { kernel: NDArray }
  t.is(pure.kernel, pair.a.kernel.value)
  const mixed = nnx.asPure({ v: pair.a.kernel, s: [nnx.state(pair.a).kernel], n: 3 }) as { v: NDArray; s: NDArray[]; n: number } // prettier-ignore
  t.is(mixed.v, pair.a.kernel.value)
  t.is(mixed.s[0], pair.a.kernel.value)
  t.is(mixed.n, 3)
  t.is(nnx.variables, nnx.state)
})

test('call is a pure call, of any method', (t) => {
  class Counter extends nnx.Object {
    readonly count = new nnx.Variable(np.array(0))
    add(n: number): NDArray {
      this.count.value = this.count.value.add(n)
      return this.count.value
    }
  }
  const counter = new Counter()
  const pair = nnx.split(counter)
  const [y, [graphdef, state]] = nnx.call(pair).add(5)
  t.is(y.item(), 5)
  t.is(nnx.merge(graphdef, state).count.value.item(), 5)
  t.is(counter.count.value.item(), 0)
  t.throws(() => (nnx.call(pair) as any).count(), { instanceOf: ArgumentError, message: /the name of a method/ })
  const m = linear()
  allClose(t, nnx.call(nnx.split(m))(np.ones([2]))[0], m(np.ones([2])))
  const [inner] = nnx.call(nnx.split({ list: [m], counter })).counter.add(2)
  t.is(inner.item(), 2)
  const [def, weights] = nnx.split(m)
  allClose(t, def.apply(weights)(np.ones([2]))[0], m(np.ones([2])))
  allClose(t, def.apply(weights).call(np.ones([2]))[0], m(np.ones([2])))
  const forward = jit((given: nnx.PureState<nnx.Linear>, x: NDArray) => nnx.call(given)(x)[0])
  allClose(t, forward([def, weights], np.ones([2])), m(np.ones([2])))
  forward(nnx.split(linear()), np.ones([2]))
  t.is(forward.traceCount, 1)
})

test('cachedPartial binds the first arguments', (t) => {
  const m = linear()
  const step = nnx.jit((m: nnx.Linear, x: NDArray) => {
    m.bias!.value = m.bias!.value.add(x)
    return m.bias!.value
  })
  const bound = nnx.cachedPartial(step, m)
  bound(np.ones([2]))
  t.deepEqual(elements(bound(np.ones([2]))), [2, 2])
  t.is(step.traceCount, 1)
})

test('names of kinds of Variables', (t) => {
  t.is(nnx.variableTypeFromName('batch_stats'), nnx.BatchStat)
  t.is(nnx.variableNameFromType(nnx.Param), 'params')
  t.throws(() => nnx.variableTypeFromName('nothing'), {
    instanceOf: ArgumentError,
    message: /params, batch_stats, cache/,
  })
  class HTTPWeightKind extends nnx.Param {}
  t.throws(() => nnx.variableNameFromType(HTTPWeightKind), { instanceOf: ArgumentError })
  t.is(nnx.variableNameFromType(HTTPWeightKind, { allowRegister: true }), 'http_weight_kind')
  t.is(nnx.variableTypeFromName('http_weight_kind'), HTTPWeightKind)
  const made = nnx.variableTypeFromName('my_stats', { base: nnx.BatchStat, allowRegister: true })
  t.is(made.name, 'my_stats')
  t.true(new (made as any)(np.ones([])) instanceof nnx.BatchStat)
  t.throws(() => nnx.registerVariableName('my_stats', nnx.Cache), { instanceOf: ArgumentError, message: /overwrite/ })
  nnx.registerVariableName('my_stats', nnx.Cache, { overwrite: true })
  t.is(nnx.variableTypeFromName('my_stats'), nnx.Cache)
})

test('withMetadata: metadata and hooks of an initializer reach the Variable', (t) => {
  const kernelInit = nnx.withMetadata(nnx.initializers.ones, {
    axes: ['in', 'out'],
    onCreateValue: ((_v: unknown, value: NDArray) => value.mul(3)) as never,
  })
  const m = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0), kernelInit })
  t.deepEqual(elements(m.kernel.value), [3, 3])
  t.deepEqual(m.kernel.metadata['axes'], ['in', 'out'])
  t.true(m.kernel.hasMetadata('axes'))
  m.kernel.delMetadata('axes')
  t.false(m.kernel.hasMetadata('axes'))
  t.deepEqual(nnx.clone(m).kernel.shape, [2, 1])
})

test('forkRngs, and splitRngs that squeezes', (t) => {
  const rngs = new nnx.Rngs(0)
  const expected = random.foldIn(random.foldIn(random.key(0), 0), 0)
  const backups = nnx.forkRngs(rngs)
  t.deepEqual(elements(random.keyData(rngs.noise())), elements(random.keyData(expected)))
  nnx.restoreRngs(backups)
  t.is(rngs.default.count.value.item(), 1)
  t.deepEqual(elements(random.keyData(rngs.default.key.value)), [0, 0])
  const next = random.split(random.foldIn(random.key(0), 1), 1)
  nnx.splitRngs(rngs, { splits: 1, squeeze: true })
  t.deepEqual(rngs.default.key.value.shape, [])
  t.deepEqual(elements(random.keyData(rngs.default.key.value)), elements(random.keyData(next)).slice(0, 2))
  t.is(rngs.default.count.value.item(), 0)
})
