/** What belongs to a model, lists and objects of their own, training as data. */
import test from 'ava'
import { ArgumentError, grad, jit, type NDArray, nnx, np, optax } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

const linear = (seed = 0): nnx.Linear => new nnx.Linear(2, 2, { rngs: new nnx.Rngs(seed) })

test('data and settings', (t) => {
  class Mixed extends nnx.Pytree {
    readonly table = nnx.static(np.arange(3))
    readonly count = nnx.data(3)
    readonly list = nnx.data([linear()])
    readonly size = 3
  }
  const mixed = new Mixed()
  t.deepEqual(nnx.toFlatState(nnx.state(mixed)).paths, [['count'], ['list', 0, 'bias'], ['list', 0, 'kernel']])
  t.is(mixed.table.value.size, 3)
  t.true(nnx.merge(...nnx.split(mixed)).table instanceof nnx.Static)
  const v = new nnx.Param(np.ones([]))
  t.deepEqual([v, v.value, linear(), 3, 'a', [v]].map(nnx.isData), [true, true, true, false, false, false])
  t.deepEqual(nnx.hasData({ a: [v, 3], b: new Map([['c', v.value]]) }), [v, v.value])
  t.deepEqual(nnx.hasData([3, 'x', null]), [])
})

test('checkPytree finds state that hides in settings', (t) => {
  class Hidden extends nnx.Object {
    readonly layers: unknown = new Set([linear()])
  }
  t.throws(() => nnx.checkPytree(new Hidden()), {
    instanceOf: ArgumentError,
    message: /data in static attribute layers: a Set with a Linear/,
  })
  class Config extends nnx.Object {
    readonly config = new (class Settings {
      readonly scale = np.ones([2])
    })()
  }
  t.throws(() => nnx.checkPytree(new Config()), { message: /config: a Settings with a array/ })
  t.notThrows(() => nnx.checkPytree(new nnx.Sequential(linear(), nnx.relu)))
})

test('List: a list with identity', (t) => {
  const [a, b, c] = [linear(0), linear(1), linear(2)]
  const list = new nnx.List([a])
  list.append(c)
  list.insert(1, b)
  t.deepEqual([...list], [a, b, c])
  t.deepEqual([list.length, list[1], list.at(-1)], [3, b, c] as unknown[])
  t.is(list.pop(0), a)
  list.extend([a])
  t.deepEqual(list.map((x) => x === a), [false, false, true]) // prettier-ignore
  t.throws(() => list.pop(9), { instanceOf: ArgumentError, message: /one of 3 items, got 9/ })
  t.deepEqual(nnx.toFlatState(nnx.state(list, nnx.PathContains('bias'))).paths, [[0, 'bias'], [1, 'bias'], [2, 'bias']]) // prettier-ignore
  const model = { list, again: list }
  const copy = nnx.clone(model)
  t.is(copy.list, copy.again)
  t.true(copy.list instanceof nnx.List)
  nnx.jit((m: typeof model) => void m.list.pop())(model)
  t.is(list.length, 2)
  list.reverse()
  t.deepEqual([...list], [c, b])
  t.is(list.indexOf(b), 1)
  list.remove(c)
  t.deepEqual([...list], [b])
  t.throws(() => list.remove(c), { instanceOf: ArgumentError, message: /an item of the list/ })
  list.clear()
  t.is(list.length, 0)
})

test('Dict: an object with identity', (t) => {
  const dict = new nnx.Dict({ a: linear(), act: nnx.relu })
  t.is(dict.act, nnx.relu)
  const [graphdef, state] = nnx.split(dict)
  t.deepEqual(nnx.toFlatState(state).paths, [['a', 'bias'], ['a', 'kernel']]) // prettier-ignore
  t.deepEqual(nnx.merge(graphdef, state).a.kernel.shape, [2, 2])
})

test('TrainState: steps as data, compiled, and pure calls', (t) => {
  const [graphdef, params] = nnx.split(linear(), nnx.Param)
  const x = np.ones([3, 2])
  const loss = (p: typeof params): NDArray => np.sum(np.square(graphdef.apply(p)(x)[0]))
  const start = nnx.TrainState.create(graphdef, { params, tx: optax.adam(0.1) })
  const step = jit((state: typeof start) => state.applyGradients(grad(loss)(state.params)))
  const next = step(step(start))
  t.is(next.step.item(), 2)
  t.is(step.traceCount, 1)
  t.true(loss(next.params).item() < loss(params).item())
  t.is(start.step.item(), 0)
  allClose(t, start.apply('params')(x)[0], nnx.merge(graphdef, params)(x))
  t.throws(() => start.apply('step'), { instanceOf: ArgumentError, message: /names of fields that are, got step/ })
  t.is(start.replace({ step: np.array(5) }).step.item(), 5)
})

test('views share Variables and have other modes', (t) => {
  class Block extends nnx.Module<[x: NDArray], NDArray> {
    readonly norm = new nnx.BatchNorm(2, { rngs: new nnx.Rngs(0) })
    readonly drop = new nnx.Dropout(0.5, { rngs: new nnx.Rngs(0) })
    override call(x: NDArray): NDArray {
      return this.drop(this.norm(x))
    }
  }
  const block = new Block()
  const view = nnx.view(block, { deterministic: true, useRunningAverage: true })
  t.deepEqual([view.drop.deterministic, view.norm.useRunningAverage], [true, true])
  t.deepEqual([block.drop.deterministic, block.norm.useRunningAverage], [false, false])
  t.is(view.norm.scale, block.norm.scale)
  t.false(nnx.view(block, { deterministic: true }, { only: nnx.BatchNorm, raiseIfNotFound: false }).drop.deterministic)
  t.throws(() => nnx.view(block, { unknown: 1 }), { instanceOf: ArgumentError, message: /got unknown/ })
  t.is(nnx.viewInfo(block).split('\n')[0], 'BatchNorm:')
  t.regex(nnx.viewInfo(block), /\nDropout:\n {2}deterministic: .*\n {2}rngs: /)
  const attention = new nnx.MultiHeadAttention(2, 4, { rngs: new nnx.Rngs(0) })
  const decoding = nnx.view(attention, { decode: true, batchSize: 3, maxLength: 5 })
  t.deepEqual(decoding.cachedKey?.shape, [3, 5, 2, 2])
  t.is(attention.cachedKey, null)
  t.throws(() => nnx.view(attention, { batchSize: 3 }), { message: /both of batchSize and maxLength/ })
  const changed = nnx.withAttributes(block, { rate: 0.1 })
  t.deepEqual([changed.drop.rate, block.drop.rate], [0.1, 0.5])
  t.is(changed.norm.bias, block.norm.bias)
  t.throws(() => nnx.withAttributes(block, { nothing: 1 }), { instanceOf: ArgumentError, message: /got nothing/ })
  const keyed = nnx.view(new nnx.Dropout(0.5), { rngs: new nnx.Rngs(1) })
  t.true(keyed.rngs instanceof nnx.RngStream)
})

class Inner extends nnx.Module<[x: NDArray], NDArray> {
  readonly linear = linear()
  override call(x: NDArray): NDArray {
    const h = this.features(x)
    this.sow(nnx.Intermediate, 'h', h)
    return this.perturb('dh', h).mul(3)
  }
  features(x: NDArray): NDArray {
    return this.linear(x)
  }
}
class Outer extends nnx.Module<[x: NDArray], NDArray> {
  readonly inner = new Inner()
  override call(x: NDArray): NDArray {
    this.sow('metrics', 'mean', np.mean(x), {
      reduce: (a: NDArray, b: NDArray) => np.add(a, b),
      init: () => np.zeros([]),
    })
    return this.inner(this.inner(x))
  }
}

test('capture gives what is sown, by kind, and leaves nothing behind', (t) => {
  const model = new Outer()
  const x = np.ones([1, 2])
  const [y, sown, zeros] = nnx.capture(model, [nnx.Intermediate, nnx.Perturbation])(x)
  t.deepEqual(nnx.toFlatState(sown!).paths, [['inner', 'h']])
  const pair = (nnx.toPureDict(sown!) as { inner: { h: NDArray[] } }).inner.h
  t.is(pair.length, 2)
  allClose(t, y, pair[1]!.mul(3))
  t.deepEqual(nnx.toFlatState(zeros!).paths, [['inner', 'dh']])
  t.deepEqual(nnx.toFlatState(nnx.state(model)).length, 2)
  const [, means] = nnx.capture((m: Outer, z: NDArray) => nnx.jit((n: Outer, w: NDArray) => n(w))(m, z), nnx.variableTypeFromName('metrics'))(model, x) // prettier-ignore
  t.deepEqual(elements((nnx.toPureDict(means!) as { mean: NDArray }).mean), [1])
  // What isn't captured is dropped.
  t.is(nnx.toFlatState(nnx.capture(model, nnx.Cache)(x)[1]!).length, 0)
  t.throws(() => nnx.capture(() => 1, nnx.Cache)(), {
    instanceOf: ArgumentError,
    message: /a module, or a function of one/,
  })
  const failing = (m: Outer): never => {
    m(x)
    throw new RangeError('inside')
  }
  t.throws(() => nnx.capture(failing, nnx.Intermediate)(model), { instanceOf: RangeError })
  t.is(nnx.toFlatState(nnx.state(model)).length, 2)
})

test('capture of the results of methods, and gradients of activations', (t) => {
  const model = new Inner()
  const x = np.ones([1, 2])
  const [y, outputs] = nnx.capture(model, nnx.Intermediate, { methodOutputs: nnx.Intermediate })(x)
  t.deepEqual(nnx.toFlatState(outputs!).paths, [['call'], ['features'], ['h'], ['linear', 'call']])
  allClose(t, (nnx.toPureDict(outputs!) as { call: NDArray[] }).call[0]!, y)
  const zeros = nnx.capture(model, nnx.Perturbation)(x)[1]!
  const loss = (m: Inner, init: nnx.AnyState) => {
    const [z, sown] = nnx.capture(m, nnx.Intermediate, { init })(x)
    return [np.sum(np.square(z)), sown] as const
  }
  const [[grads, ofActivations], sown] = nnx.grad(loss, { argnums: [0, 1], hasAux: true })(model, zeros)
  t.deepEqual(grads.linear.kernel.value.shape, [2, 2])
  const h = (nnx.toPureDict(sown as nnx.AnyState) as { h: NDArray[] }).h[0]!
  allClose(t, (nnx.toPureDict(ofActivations) as { dh: NDArray }).dh, h.mul(18))
})
