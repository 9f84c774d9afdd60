import test from 'ava'
import { ArgumentError, jit, type NDArray, nnx, np, optax, random, vmap } from '../../src/index.js'
import { elements } from '../helpers/arrays.js'
import { closeTo, inLayout, layersGolden, Model, Net } from './models.js'

const words = (key: random.PRNGKey): readonly number[] => elements(key.data)

const key = random.key(0)
const logProbabilities = np.log(np.array([0.1, 0.2, 0.7]))
/** What the sections of the golden file hold, for the key 0. */
const drawn: Readonly<Record<string, () => NDArray | random.PRNGKey>> = {
  'key(0)': () => key,
  'key(42)': () => random.key(42),
  'split(key0,2)': () => random.split(key),
  'split(key0,3)': () => random.split(key, 3),
  'split(key0,(2,2))': () => random.split(key, [2, 2]),
  ...Object.fromEntries([0, 1, 2, 3].map((i) => [`fold_in(key0,${i})`, () => random.foldIn(key, i)])),
  'bits(5)': () => random.bits(key, [5]),
  'bits(2,3)': () => random.bits(key, [2, 3]),
  'uniform(5)': () => random.uniform(key, [5]),
  'uniform(5,-1,1)': () => random.uniform(key, [5], { minval: -1, maxval: 1 }),
  'normal(5)': () => random.normal(key, [5]),
  'truncated_normal(-2,2,5)': () => random.truncatedNormal(key, -2, 2, [5]),
  'bernoulli(.3,8)': () => random.bernoulli(key, 0.3, [8]),
  'randint(8,0,10)': () => random.randint(key, [8], 0, 10),
  'permutation(8)': () => random.permutation(key, 8),
  'choice(10,(4,),replace=False)': () => random.choice(key, 10, [4], { replace: false }),
  'choice(3,(6,),p)': () => random.choice(key, 3, [6], { p: np.array([0.1, 0.2, 0.7]) }),
  'gumbel(4)': () => random.gumbel(key, [4]),
  'categorical(log[.1,.2,.7],6)': () => random.categorical(key, logProbabilities, { shape: [6] }),
  'rademacher(8)': () => random.rademacher(key, [8]),
  'exponential(4)': () => random.exponential(key, [4]),
  'laplace(4)': () => random.laplace(key, [4]),
  'logistic(4)': () => random.logistic(key, [4]),
  'init.orthogonal(key0,(2,3))': () => nnx.initializers.orthogonal()(key, [2, 3]),
}

for (const [title, partitionable] of [
  ['rng_threefry_partitionable=True (default since jax 0.5)', true],
  ['rng_threefry_partitionable=False (default before jax 0.5)', false],
] as const) {
  test(`Flax's keys; ${title}`, (t) => {
    const golden = layersGolden[title]
    inLayout(partitionable, () => {
      const one = new nnx.Rngs(0)
      const named = new nnx.Rngs(0, { params: 1, dropout: 2 })
      const fork = new nnx.Rngs(0).dropout.fork()
      const streams: Readonly<Record<string, readonly unknown[]>> = {
        'Rngs(0): 3 calls of params()': [0, 1, 2].map(() => words(one.params())),
        'Rngs(0,params=1,dropout=2): params,dropout,other(default),params': [
          named.params(),
          named.dropout(),
          named.get('foo')(),
          named.params(),
        ].map(words),
        'Rngs(0).dropout.fork(): key,count, then s(), s()': [
          words(fork.key.value),
          fork.count.value.item(),
          words(fork()),
          words(fork()),
        ],
      }
      for (const [name, values] of Object.entries(streams)) t.deepEqual(values, golden[name], name)
      for (const [name, draw] of Object.entries(drawn)) {
        const made = draw()
        if (made instanceof random.PRNGKey) t.deepEqual(words(made), golden[name].flat(2), name)
        else closeTo(t, made, golden[name], name)
      }
      // The initializers are those of test/nn/initializers.test.ts.
      const left = Object.keys(golden).filter(
        (name) => !(name in streams) && !(name in drawn) && !name.startsWith('init.'),
      )
      t.deepEqual(left, [])
    })
  })

  test(`Flax's documented optimizer; ${title}`, (t) => {
    inLayout(partitionable, () => {
      const x = random.normal(random.key(0), [1, 2])
      const model = new Model(new nnx.Rngs(0))
      const loss = (m: Model): NDArray => np.mean(np.square(m(x).sub(1)))
      const optimizer = new nnx.Optimizer(model, optax.adam(1e-3), { wrt: nnx.Param })
      const losses = [1, 2, 3].map(() => {
        const [value, grads] = nnx.valueAndGrad(loss)(model)
        optimizer.update(grads)
        return value.item()
      })
      const name = `partitionable=${partitionable ? 'True' : 'False'}`
      closeTo(t, np.array([...losses, loss(model).item()]), layersGolden['optimizer doc example'][name])
    })
  })
}

test('unknown names fall back to the default stream and advance its count', (t) => {
  const rngs = new nnx.Rngs(0)
  t.is(rngs.params, rngs.default)
  t.is((rngs as any).anything, rngs.default)
  t.deepEqual(words(rngs()), words(random.foldIn(random.key(0), 0)))
  rngs.dropout()
  t.is(rngs.default.count.value.item(), 2)
  t.is(rngs.default.count.dtype, 'uint32')
  t.true(rngs.has('default'))
  t.false(rngs.has('params'))
  t.deepEqual(
    rngs.items().map(([name]) => name),
    ['default'],
  )
})

test('without a default an unknown name is an error', (t) => {
  const rngs = new nnx.Rngs({ params: 1, dropout: random.key(2) })
  t.notThrows(() => rngs.params())
  t.throws(() => rngs.noise(), {
    instanceOf: ArgumentError,
    message: /a stream 'noise' or 'default', got only params, dropout/,
  })
  t.throws(() => rngs(), { instanceOf: ArgumentError })
  t.is((rngs as any).then, undefined, 'not a promise')
  t.deepEqual(words(rngs.dropout()), words(random.foldIn(random.key(2), 0)))
  t.throws(() => new nnx.Rngs('0' as never), {
    instanceOf: ArgumentError,
    message: /requires seeds: KeyArray | array | number | object, got '0'/,
  })
  t.throws(() => new nnx.Rngs({ params: 'x' as never }), { instanceOf: ArgumentError })
})

test('the order of fields of an Rngs, its kinds and tags', (t) => {
  const rngs = new nnx.Rngs(1, { params: 2 })
  t.deepEqual(
    nnx.toFlatState(nnx.state(rngs)).map(([path, leaf]) => [path.join('/'), leaf.type.name, leaf.metadata]),
    [
      ['default/count', 'RngCount', { tag: 'default' }],
      ['default/key', 'RngKey', { tag: 'default' }],
      ['params/count', 'RngCount', { tag: 'params' }],
      ['params/key', 'RngKey', { tag: 'params' }],
    ],
  )
  const copy = nnx.clone(rngs)
  t.deepEqual(words(copy.params()), words(rngs.params()))
  t.true(copy instanceof nnx.Rngs)
})

test('seeds: numbers, keys, words', (t) => {
  const expected = words(random.key(5))
  for (const seed of [5, random.key(5), random.key(5).data]) {
    t.deepEqual(words(new nnx.RngStream(seed).key.value), expected)
    t.deepEqual(words(new nnx.Rngs(seed).default.key.value), expected)
  }
})

test('fork and split of streams', (t) => {
  const stream = new nnx.RngStream(0, { tag: 'x' })
  const split = stream.split(3)
  t.deepEqual(elements(split.key.value.data), elements(random.split(random.foldIn(random.key(0), 0), 3).data))
  t.deepEqual(split.count.shape, [3])
  t.is(split.tag, 'x')
  t.is(stream.count.value.item(), 1)
  t.throws(() => split(), { instanceOf: ArgumentError, message: /keys of shape \[3\]; it was split/ })
  const rngs = new nnx.Rngs({ params: 0, dropout: 1 })
  const forked = rngs.fork()
  t.deepEqual(words(forked.params.key.value), words(random.foldIn(random.key(0), 0)))
  const some = rngs.split({ params: [2, 2] })
  t.deepEqual(some.params.key.shape, [2, 2])
  t.deepEqual(some.dropout.key.shape, [])
  t.deepEqual(rngs.split(4).dropout.key.shape, [4])
})

test('split keys serve a vmap', (t) => {
  const rngs = new nnx.Rngs(0)
  const keys = rngs.params.split(3).key.value
  const init = (key: random.PRNGKey) => nnx.state(new nnx.Linear(2, 3, { rngs: new nnx.Rngs(key) }))
  const state = vmap(init)(keys)
  t.deepEqual(state.kernel.value.shape, [3, 2, 3])
})

test('reseed and splitRngs', (t) => {
  const net = new Net(new nnx.Rngs({ params: 1, dropout: 2 }))
  const stream = net.dropout.rngs!
  stream()
  nnx.reseed(net, { dropout: 7, other: 1 })
  t.deepEqual(words(stream.key.value), words(random.foldIn(random.key(7), 0)))
  t.is(stream.count.value.item(), 0)
  const before = stream.key.value
  const backups = nnx.splitRngs(net, { splits: 2 })
  t.deepEqual(stream.key.shape, [2])
  t.deepEqual(elements(stream.key.value.data), elements(random.split(random.foldIn(before, 0), 2).data))
  t.throws(() => nnx.reseed(net, { dropout: 7 }), { instanceOf: ArgumentError })
  nnx.restoreRngs(backups)
  t.is(stream.key.value, before)
  t.is(stream.count.value.item(), 1)
  t.deepEqual([...nnx.splitRngs(net, { splits: 2, only: 'params' })], [])
})

test('streams inside of jit: counts come out, keys are the same as outside', (t) => {
  const [a, b] = [new nnx.Rngs(3), new nnx.Rngs(3)]
  const draw = nnx.jit((r: nnx.Rngs) => [r.normal([2]), r.uniform([2]), r.bernoulli(0.5, [4]), r.noise()] as const)
  const [n, u, c, k] = draw(a)
  t.deepEqual(elements(n), elements(b.normal([2])))
  t.deepEqual(elements(u), elements(b.uniform([2])))
  t.deepEqual(elements(c), elements(b.bernoulli(0.5, [4])))
  t.deepEqual(words(k), words(b()))
  t.is(a.default.count.value.item(), 4)
  t.notThrows(() => jit((x: random.PRNGKey) => new nnx.Rngs(x).params())(random.key(0)))
  t.is(np.asarray(a.default.count.value).dtype, 'uint32')
})
