import test from 'ava'
import {
  ArgumentError,
  AsyncFunctionError,
  config,
  grad,
  jit,
  type NDArray,
  nnx,
  np,
  random,
  TraceLevelError,
  vmap,
} from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { Model } from './models.js'

const rngs = (): nnx.Rngs => new nnx.Rngs(0)

class Counter extends nnx.Object {
  readonly count = new nnx.Variable(np.zeros([]))
  readonly limit: number
  constructor(limit = 10) {
    super()
    this.limit = limit
  }
}

test('compiled and eager agree, and writes reach the Variables of the caller', (t) => {
  const [a, b] = [new nnx.BatchNorm(2, { rngs: rngs() }), new nnx.BatchNorm(2, { rngs: rngs() })]
  const x = np.array([
    [1, 2],
    [3, 5],
  ])
  const forward = nnx.jit((m: nnx.BatchNorm, x: NDArray) => m(x))
  for (let i = 0; i < 3; i++) allClose(t, forward(a, x), b(x))
  allClose(t, a.mean.value, b.mean.value)
  allClose(t, a.var.value, b.var.value)
  t.is(forward.traceCount, 1)
  t.is(forward.name, 'anonymous')
})

test('a program for each structure, setting, kind of argument and static argument', (t) => {
  const f = nnx.jit(
    function scaled(c: Counter, x: NDArray, k: number, mode: string) {
      c.count.value = c.count.value.add(1)
      return mode === 'double' ? x.mul(2).mul(k) : x.mul(k).add(c.limit)
    },
    { staticArgnums: [3] },
  )
  t.is(f.name, 'scaled')
  const c = new Counter()
  t.deepEqual(elements(f(c, np.ones([1]), 3, '')), [13])
  t.deepEqual(elements(f(c, np.array([2]), 5, '')), [20])
  t.is(f.traceCount, 1)
  t.deepEqual(elements(f(new Counter(), np.ones([1]), 3, '')), [13])
  t.is(f.traceCount, 1, 'another object of the same structure')
  t.deepEqual(elements(f(new Counter(1), np.ones([1]), 3, '')), [4])
  t.is(f.traceCount, 2, 'a setting')
  t.deepEqual(elements(f(c, np.ones([2]), 3, '')), [13, 13])
  t.is(f.traceCount, 3, 'a shape')
  t.deepEqual(elements(f(c, np.ones([1]), 3, 'double')), [6])
  t.is(f.traceCount, 4, 'a static argument')
  t.deepEqual(elements(f(c, np.ones([1]), 0.5, '')), [10.5])
  t.is(f.traceCount, 5, 'a number that is not whole')
  f(c, np.ones([1]), 3, '')
  t.is(f.traceCount, 5)
  t.is(c.count.value.item(), 6)
})

test('a change of a global setting compiles anew', (t) => {
  const streams = rngs()
  const draw = nnx.jit((r: nnx.Rngs) => r.uniform([3]))
  const original = elements(draw(streams))
  const partitionable = config.using('threefryPartitionable', true, () => elements(draw(new nnx.Rngs(0))))
  t.notDeepEqual(original, partitionable)
  t.deepEqual(elements(draw(new nnx.Rngs(0))), original)
})

test('what arguments share is shared inside, and comes out once', (t) => {
  const shared = new Counter()
  const f = nnx.jit((a: Counter, b: Counter) => {
    a.count.value = a.count.value.add(1)
    b.count.value = b.count.value.mul(10)
    return a === b ? np.array(1) : np.array(0)
  })
  t.is(f(shared, shared).item(), 1)
  t.is(shared.count.value.item(), 10)
  const [a, b] = [new Counter(), new Counter()]
  t.is(f(a, b).item(), 0)
  t.deepEqual([a.count.value.item(), b.count.value.item()], [1, 0])
  t.is(f.traceCount, 2, 'sharing is part of the structure')
  f(shared, shared)
  f(b, a)
  t.is(f.traceCount, 2)
  t.is(shared.count.value.item(), 110)
})

test('results hold new modules, modules of the caller, and nothing', (t) => {
  const linear = new nnx.Linear(2, 3, { rngs: rngs() })
  const f = nnx.jit((m: nnx.Linear) => ({
    same: m,
    copy: nnx.clone(m),
    loss: np.sum(m.kernel.value),
    none: null,
    half: 0.5,
  }))
  const { same, copy, loss, none, half } = f(linear)
  t.is(same, linear)
  t.true(copy instanceof nnx.Linear)
  t.not(copy.kernel, linear.kernel)
  allClose(t, copy(np.ones([2])), linear(np.ones([2])))
  t.is(copy.inFeatures, 2)
  t.is(loss.shape.length, 0)
  t.is(none, null)
  t.is(np.asarray(half).item(), 0.5)
  t.is(nnx.jit((m: nnx.Linear) => void m(np.ones([2])))(linear), undefined)
  const made = nnx.jit((key: random.PRNGKey) => new nnx.Linear(2, 3, { rngs: new nnx.Rngs(key) }))(random.key(0))
  allClose(t, made.kernel.value, linear.kernel.value)
  made.kernel.value = np.zeros([2, 3])
  t.deepEqual(elements(made(np.ones([2]))), [0, 0, 0])
})

test('fields and Variables that the function adds, replaces and removes', (t) => {
  class Box extends nnx.Module<[x: NDArray], NDArray> {
    readonly w = new nnx.Param(np.array([2]))
    cache: nnx.Cache | null = null
    steps = 0
    extra?: nnx.Variable
    override call(x: NDArray): NDArray {
      this.sow(nnx.Intermediate, 'h', x)
      this.cache ??= new nnx.Cache(x)
      this.steps += 1
      if (this.extra !== undefined) delete this.extra
      return x.mul(this.w.value)
    }
  }
  const box = new Box()
  box.extra = new nnx.Variable(np.ones([]))
  const { w } = box
  const f = nnx.jit((b: Box, x: NDArray) => b(x))
  t.deepEqual(elements(f(box, np.array([3]))), [6])
  t.is(box.w, w)
  t.deepEqual(elements(box.cache!.value), [3])
  t.is(box.steps, 1)
  t.false('extra' in box)
  f(box, np.array([4]))
  t.is(box.steps, 2)
  const { h } = nnx.pop(box, nnx.Intermediate) as unknown as { h: nnx.VariableState<readonly NDArray[]> }
  t.deepEqual(
    h.value.map((x) => x.item()),
    [3, 4],
  )
  t.false('h' in box)
  t.deepEqual(elements(box.cache!.value), [3])
})

test('bare arrays in modules are inputs, and can be replaced', (t) => {
  class Bare extends nnx.Object {
    table: NDArray
    readonly nested: { list: NDArray[] }
    constructor() {
      super()
      this.table = np.array([1, 2])
      this.nested = { list: [np.array([3])] }
    }
  }
  const bare = new Bare()
  const f = nnx.jit((b: Bare) => {
    b.table = b.table.mul(2)
    return np.sum(b.table).add(b.nested.list[0]!)
  })
  t.deepEqual(elements(f(bare)), [9])
  t.deepEqual(elements(bare.table), [2, 4])
  bare.nested.list[0] = np.array([10])
  t.deepEqual(elements(f(bare)), [22])
  t.is(f.traceCount, 1)
})

test('closed-over modules can be read, not written', (t) => {
  const model = new Model(rngs())
  const x = np.ones([1, 2])
  allClose(t, nnx.jit((v: NDArray) => model(v))(x), model(x))
  const norm = new nnx.BatchNorm(2, { rngs: rngs() })
  t.throws(() => nnx.jit((v: NDArray) => norm(v))(x), {
    instanceOf: TraceLevelError,
    message: /Cannot mutate 'BatchStat' from a different trace level.*Pass the module as an argument/s,
  })
  t.deepEqual(elements(norm.mean.value), [0, 0])
})

test('Variables and values that are swapped or handed on', (t) => {
  class Pair extends nnx.Object {
    a = new nnx.Variable(np.array([1]))
    b = new nnx.Variable(np.array([2]))
  }
  const values = new Pair()
  nnx.jit((p: Pair) => {
    const { value } = p.a
    p.a.value = p.b.value
    p.b.value = value
  })(values)
  t.deepEqual([...elements(values.a.value), ...elements(values.b.value)], [2, 1])
  const pair = new Pair()
  const { a, b } = pair
  nnx.jit((p: Pair) => {
    const { a } = p
    p.a = p.b
    p.b = a
  })(pair)
  t.is(pair.a, b)
  t.is(pair.b, a)
})

test('inside of jit, grad and vmap', (t) => {
  const model = new Stat()
  const inner = nnx.jit((m: Stat, x: NDArray) => m(x))
  const outer = nnx.jit((m: Stat, x: NDArray) => inner(m, x).add(inner(m, x)))
  t.deepEqual(elements(outer(model, np.array([2]))), [12])
  t.is(model.calls.value.item(), 2)
  const g = nnx.grad((m: Stat, x: NDArray) => np.sum(inner(m, x)))(model, np.array([5]))
  t.deepEqual(elements(g.w.value), [5])
  t.is(model.calls.value.item(), 3)
  t.deepEqual(elements(grad((x: NDArray) => np.sum(inner(nnx.clone(model), x)))(np.array([1]))), [3])
  t.deepEqual(elements(vmap((x: NDArray) => inner(nnx.clone(model), x))(np.array([1, 2]).reshape(2, 1))), [3, 6])
  t.deepEqual(elements(jit((x: NDArray) => inner(nnx.clone(model), x))(np.array([1]))), [3])
})

class Stat extends nnx.Module<[x: NDArray], NDArray> {
  readonly w = new nnx.Param(np.array([3]))
  readonly calls = new nnx.Variable(np.zeros([]))
  override call(x: NDArray): NDArray {
    this.calls.value = this.calls.value.add(1)
    return this.w.value.mul(x)
  }
}

test('donation: written Variables and arrays of the argument, not what stays', (t) => {
  const model = new Stat()
  const [w, calls] = [model.w.value, np.add(np.ones([]), model.calls.value)]
  model.calls.value = calls
  const x = np.array([2, 3]).add(0)
  const f = nnx.jit((m: Stat, x: NDArray) => m(x), { donateArgnums: [0, 1] })
  t.deepEqual(elements(f(model, x)), [6, 9])
  t.is(model.w.value, w)
  t.deepEqual(elements(w), [3])
  t.true((calls as any).isDeleted)
  t.true((x as any).isDeleted)
  t.is(model.calls.value.item(), 2)
  const returned = np.array([1]).add(0)
  const [same, more] = nnx.jit((y: NDArray) => [y, y.add(1)] as const, { donateArgnums: 0 })(returned)
  t.is(same, returned)
  t.deepEqual([...elements(same), ...elements(more)], [1, 2])
  t.false((returned as any).isDeleted)
})

test('keys and trees as values of Variables, Variables and containers as arguments', (t) => {
  const v = new nnx.Variable({ key: random.key(1), xs: [np.array([1]), np.array([2])] })
  const f = nnx.jit((args: { v: typeof v; y: NDArray }) => {
    const { key, xs } = args.v.value
    args.v.value = { key: random.foldIn(key, 1), xs: xs.map((x) => x.add(args.y)) }
    return random.uniform(key, [2])
  })
  const expected = random.uniform(random.key(1), [2])
  allClose(t, f({ v, y: np.array([10]) }), expected)
  t.deepEqual(elements(v.value.xs[1]!), [12])
  t.deepEqual(elements(v.value.key.data), elements(random.foldIn(random.key(1), 1).data))
  f({ v, y: np.array([10]) })
  t.is(f.traceCount, 1)
})

test('errors', async (t) => {
  t.throws(() => nnx.jit((s: string) => s)('a'), { instanceOf: ArgumentError, message: /arrays and numbers as leaves/ })
  t.throws(() => nnx.jit((x: NDArray) => [x, 'text'])(np.ones([])), {
    instanceOf: ArgumentError,
    message: /modules, arrays, numbers/,
  })
  t.throws(() => nnx.jit((x: NDArray) => x, { donateArgnums: 1 })(np.ones([])), {
    instanceOf: ArgumentError,
    message: /argument numbers in \[0, 1\)/,
  })
  t.throws(() => nnx.jit((x: NDArray) => Promise.resolve(x))(np.ones([])), { instanceOf: AsyncFunctionError })
  const f = nnx.jit((x: NDArray) => x.add(1))
  t.is((await f.async(np.ones([]))).item(), 2)
  const inside: Promise<NDArray>[] = []
  jit((x: NDArray) => {
    inside.push(f.async(x))
    return x
  })(np.ones([]))
  await t.throwsAsync(Promise.all(inside), { instanceOf: ArgumentError, message: /outside of other transformations/ })
})

test('jit of a module compiles its call', (t) => {
  const linear = new nnx.Linear(2, 3, { rngs: rngs() })
  const f = nnx.jit(linear)
  allClose(t, f(np.ones([2])), linear(np.ones([2])))
})
