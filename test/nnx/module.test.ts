import { inspect } from 'node:util'
import test from 'ava'
import { ArgumentError, type NDArray, nnx, np } from '../../src/index.js'
import { elements } from '../helpers/arrays.js'
import { Model, Net } from './models.js'

const rngs = (): nnx.Rngs => new nnx.Rngs(0)

class Scale extends nnx.Module<[x: NDArray, k?: number], NDArray> {
  override readonly name = 'scale'
  override readonly length = 3
  #calls = 0
  override call(x: NDArray, k = 2): NDArray {
    this.#calls += 1
    return x.mul(k)
  }
  get calls(): number {
    return this.#calls
  }
}

test('an instance is a function, with the fields and methods of its class', (t) => {
  const scale = new Scale()
  t.is(typeof scale, 'function')
  t.true(scale instanceof Scale)
  t.true(scale instanceof nnx.Module)
  t.true(scale instanceof nnx.Object)
  t.deepEqual(elements(scale(np.array([1, 2]))), [2, 4])
  t.deepEqual(elements(scale.call(np.array([1]), 3)), [3])
  t.is(scale.calls, 2)
  t.is(scale.name, 'scale')
  t.is(scale.length, 3)
  t.deepEqual(Object.keys(scale), ['name', 'length'])
  t.deepEqual([np.ones([1])].map((x) => scale(x)).map(elements), [[2]])
  t.false('prototype' in scale)
  t.true(nnx.isGraphObject(scale))
  t.false(nnx.isGraphObject(Scale))
  t.false(nnx.isGraphObject(() => 1))
  t.is(scale.constructor, Scale)
})

test('a subclass overrides call', (t) => {
  class Twice extends Scale {
    override call(x: NDArray): NDArray {
      return super.call(super.call(x))
    }
  }
  t.deepEqual(elements(new Twice()(np.array([1]))), [4])
})

test('train, eval and setAttributes reach all modules that have the attribute', (t) => {
  const net = new Net(rngs())
  net.eval()
  t.deepEqual([net.bn.useRunningAverage, net.dropout.deterministic], [true, true])
  t.false('useRunningAverage' in net.conv)
  net.train()
  t.deepEqual([net.bn.useRunningAverage, net.dropout.deterministic], [false, false])
  net.eval({ momentum: 0.5 })
  t.is(net.bn.momentum, 0.5)
  net.setAttributes({ rate: 0.9 })
  t.is(net.dropout.rate, 0.9)
  net.setAttributes({ deterministic: false, useRunningAverage: false }, [nnx.Dropout], { raiseIfNotFound: false })
  t.deepEqual([net.bn.useRunningAverage, net.dropout.deterministic], [true, false])
  t.throws(() => net.setAttributes({ nothing: 1 }), {
    instanceOf: ArgumentError,
    message: /names of attributes of the modules, got nothing/,
  })
  t.throws(() => net.setAttributes({ rate: 1 }, [nnx.PathContains('bn')]), { message: /got rate/ })
})

test('sow appends, reduces, and refuses fields that are taken', (t) => {
  const model = new Model(rngs())
  t.true(model.sow(nnx.Intermediate, 'h', 1))
  model.sow(nnx.Intermediate, 'h', 2)
  t.deepEqual((model as any).h.value, [1, 2])
  model.sow(nnx.Intermediate, 'sum', 2, { init: () => 0, reduce: (a: number, b: number) => a + b })
  model.sow(nnx.Intermediate, 'sum', 3, { init: () => 0, reduce: (a: number, b: number) => a + b })
  t.is((model as any).sum.value, 5)
  t.throws(() => model.sow(nnx.Intermediate, 'linear1', 1), {
    instanceOf: ArgumentError,
    message: /'linear1' to be free/,
  })
  t.throws(() => model.sow(nnx.Cache, 'h', 1), {
    instanceOf: ArgumentError,
    message: /'h' to be free, or a Cache, got Intermediate/,
  })
})

test('perturb: the gradient with respect to the zero is that of the activation', (t) => {
  class Squared extends nnx.Module<[x: NDArray], NDArray> {
    override call(x: NDArray): NDArray {
      return np.sum(np.square(this.perturb('h', x.mul(3))))
    }
  }
  const model = new Squared()
  t.is(model(np.array([1, 2])).item(), 45)
  const grads = nnx.grad((m: Squared, x: NDArray) => m(x), { argnums: nnx.DiffState(0, nnx.Perturbation) })(
    model,
    np.array([1, 2]),
  )
  t.deepEqual(elements((nnx.toPureDict(grads) as { h: NDArray }).h), [6, 12])
})

test('printing, cycles included', (t) => {
  class Cyclic extends nnx.Module<[], null> {
    readonly w = new nnx.Param(np.array([1]))
    readonly sizes = [1, 2]
    readonly act = nnx.relu
    readonly none = null
    readonly self: Cyclic
    constructor() {
      super()
      this.self = this
    }
    override call(): null {
      return null
    }
  }
  const text = inspect(new Cyclic())
  t.true(
    text.startsWith(
      'Cyclic( # Param: 1 (4 B)\n  w=Param( # 1 (4 B)\n    value=Array(shape=[1], dtype=float32)\n  ),\n  sizes=[1, 2],\n  act=',
    ),
  )
  t.true(text.endsWith('  none=null,\n  self=Cyclic(...)\n)'))
  t.is(new nnx.Linear(1, 1, { rngs: rngs(), useBias: false }).toString().split('\n').at(-1), ')')
})

test('printing tells sizes by kind, and shapes in modules', (t) => {
  const net = new nnx.Sequential(
    new nnx.BatchNorm(256, { rngs: rngs(), dtype: 'float16' }),
    new nnx.Dropout(0.5, { rngs: rngs() }),
  )
  const lines = inspect(net).split('\n')
  t.is(
    lines[0],
    'Sequential( # Param: 512 (2.0 KB), BatchStat: 512 (2.0 KB), RngState: 2 (12 B), Total: 1,026 (4.1 KB)',
  )
  t.true(lines.includes('      mean=BatchStat( # 256 (1.0 KB)'))
  t.true(lines.includes('        value=Array(shape=[256], dtype=float32)'))
  t.true(lines.includes('          value=Array(0, dtype=uint32),'))
  const tied = new nnx.Linear(2, 2, { rngs: rngs(), useBias: false })
  t.is(inspect(new nnx.Sequential(tied, tied)).split('\n')[0], 'Sequential( # Param: 4 (16 B)')
  const abstract = nnx.evalShape(() => new nnx.Linear(2000, 3000, { rngs: rngs() }))
  t.is(inspect(abstract).split('\n')[0], 'Linear( # Param: 6,003,000 (24.0 MB)')
  t.regex(inspect(nnx.graphdef(tied)), /^GraphDef\(\n {2}Linear\(\n {4}index=0,[^]*numObjects=2,\n {2}numLeaves=1\n\)$/)
})
