/** Random streams against Flax's: keys and counts after each operation, in both layouts. */
import test, { type ExecutionContext } from 'ava'
import { config, nnx, np, random } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { arrayFrom, type GoldenArray, readGolden } from '../helpers/golden.js'

type Nested = number | readonly Nested[]
/** The words of the key, and the count. */
type Held = readonly [words: Nested, count: Nested]
type State = Readonly<Record<string, Held>>
type Scenarios = Readonly<Record<'streams' | 'rngs' | 'with_rngs' | 'in_place' | 'reseeded', readonly State[]>>

const golden = readGolden<{
  readonly partitionable: Scenarios
  readonly original: Scenarios
  readonly initializers: Readonly<Record<string, GoldenArray>>
}>('nnx-streams')

const held = (stream: nnx.RngStream): Held => [
  random.keyData(stream.key.value).toArray() as Nested,
  stream.count.value.toArray() as Nested,
]
const state = (rngs: nnx.Rngs): State => Object.fromEntries(rngs.items().map(([name, stream]) => [name, held(stream)]))

/** default has given no key, params one, dropout two. */
const fresh = (): nnx.Rngs => {
  const rngs = new nnx.Rngs(0, { params: 1, dropout: 2 })
  rngs.params()
  rngs.dropout()
  rngs.dropout()
  return rngs
}

const scenarios: Readonly<Record<keyof Scenarios, () => readonly State[]>> = {
  streams() {
    const s = new nnx.RngStream(7, { tag: 'x' })
    s()
    const parts = [s.fork(), s.split(2), s.split([2, 2]), s.broadcast(2), s.broadcast([1, 2]), s.fork({ split: 3 })]
    return [s, ...parts, s].map((part) => ({ x: held(part) }))
  },
  rngs() {
    const r = fresh()
    const named = { params: 2, dropout: null, '...': [1, 2] }
    return [
      r.split(2),
      r.split({ params: 2 }),
      r.split(named),
      r.broadcast(2),
      r.broadcast({ params: [2, 1] }),
      r.broadcast(named),
      r.fork(),
      r.fork({ split: { params: 3 } }),
      r.fork({ split: 2 }),
      new nnx.Rngs({ default: r.params }),
      new nnx.Rngs({ a: r.params, b: 5 }),
      r,
    ].map(state)
  },
  with_rngs() {
    const r = fresh()
    const rules: readonly nnx.WithRngsOptions[] = [
      { split: { params: 2 }, fork: 'dropout' },
      { split: 2, fork: 'params' },
      { broadcast: 3, only: 'default' },
      { broadcast: { params: 2 }, fork: '...' },
      { split: new Map([[nnx.WithTag('params'), 2]]), fork: ['dropout', 'default'] },
      { fork: nnx.Not('params') },
    ]
    return rules.flatMap((options) => [state(nnx.withRngs(r, options)), state(r)])
  },
  in_place() {
    const r = fresh()
    const changes: readonly (() => nnx.SplitBackups)[] = [
      () => nnx.splitRngs(r, { splits: 2 }),
      () => nnx.splitRngs(r, { splits: [2, 1], only: 'params' }),
      () => nnx.splitRngs(r, { splits: 1, squeeze: true }),
      () => nnx.splitRngs(r, { splits: 2, only: nnx.RngKey }),
      () => nnx.forkRngs(r),
      () => nnx.forkRngs(r, { split: { params: 2, dropout: null } }),
      () => nnx.forkRngs(r, { split: 3 }),
    ]
    return changes.flatMap((change) => {
      const backups = change()
      const inside = state(r)
      nnx.restoreRngs(backups)
      return [inside, state(r)]
    })
  },
  reseeded() {
    const rngs = new nnx.Rngs(0)
    const m = { a: new nnx.Dropout(0.5, { rngs }), b: new nnx.Dropout(0.5, { rngs }) }
    const states: State[] = []
    const note = (): unknown => states.push({ a: held(m.a.rngs!), b: held(m.b.rngs!) })
    note()
    nnx.reseed(m, { dropout: 5 })
    note()
    nnx.reseed(m, { dropout: random.key(6), params: 1 })
    note()
    nnx.splitRngs(m, { splits: 2 })
    nnx.reseed(m, { dropout: 5 }, { policy: 'match_shape' })
    note()
    nnx.reseed(m, { dropout: 5 }, { policy: (_path, key, shape) => random.split(key, [...shape, 2]) })
    note()
    return states
  },
}

const check = (t: ExecutionContext, name: keyof Scenarios, layout: 'partitionable' | 'original'): void => {
  const found = config.using('threefryPartitionable', layout === 'partitionable', scenarios[name])
  const expected = golden[layout][name]
  t.is(found.length, expected.length)
  found.forEach((x, i) => t.deepEqual(x, expected[i], `${name} ${i}, ${layout}`))
}

for (const name of Object.keys(scenarios) as readonly (keyof Scenarios)[]) {
  test(`${name}: as Flax has it`, (t) => {
    check(t, name, 'partitionable')
    check(t, name, 'original')
  })
}

test('streams make initializers without a key, each call with the next one', (t) => {
  config.using('threefryPartitionable', true, () => {
    const r = new nnx.Rngs(3)
    const made = {
      delta_orthogonal: r.deltaOrthogonal()([1, 2, 3]),
      glorot_normal: r.glorotNormal()([2, 3]),
      glorot_uniform: r.glorotUniform()([2, 3]),
      he_normal: r.heNormal()([2, 3]),
      he_uniform: r.heUniform()([2, 3]),
      kaiming_normal: r.kaimingNormal()([2, 3]),
      kaiming_uniform: r.kaimingUniform()([2, 3]),
      lecun_normal: r.lecunNormal()([2, 3]),
      lecun_uniform: r.lecunUniform()([2, 3]),
      xavier_normal: r.xavierNormal()([2, 3]),
      xavier_uniform: r.xavierUniform()([2, 3]),
      variance_scaling: r.varianceScaling(2, 'fan_out', 'uniform')([2, 3], 'float32'),
    }
    t.deepEqual(Object.keys(made), Object.keys(golden.initializers))
    for (const [name, x] of Object.entries(made)) {
      allClose(t, x, arrayFrom(golden.initializers[name]!), { rtol: 5e-6, atol: 1e-6 }, name)
    }
  })
})

test('samplers of streams are those of random, with the next key', (t) => {
  const stream = new nnx.RngStream(5)
  const key = (n: number): random.PRNGKey => random.foldIn(random.key(5), n)
  t.deepEqual(stream.t(3, [2]).toArray(), random.t(key(0), 3, [2]).toArray())
  t.deepEqual(stream.binomial(9, 0.5, [2]).toArray(), random.binomial(key(1), 9, 0.5, [2]).toArray())
  t.deepEqual(stream.ball(2).toArray(), random.ball(key(2), 2).toArray())
  t.deepEqual(stream.randint([2], 0, 9).toArray(), random.randint(key(3), [2], 0, 9).toArray())
  const notSamplers = ['clone', 'foldIn', 'key', 'keyData', 'keyDtype', 'keyImpl', 'PRNGKey', 'split', 'wrapKeyData']
  for (const name of Object.keys(random).filter((n) => !notSamplers.includes(n))) {
    t.is(typeof (stream as unknown as Readonly<Record<string, unknown>>)[name], 'function', name)
    t.is(typeof Object.getPrototypeOf(nnx.RngStream.prototype)[name], 'function', `${name} of Rngs`)
  }
})

test('Rngs have names: iteration, size, items, has', (t) => {
  const rngs = new nnx.Rngs(0, { params: 1 })
  t.deepEqual([...rngs], ['params', 'default'])
  t.is(rngs.size, 2)
  t.deepEqual(
    rngs.items().map(([name, stream]) => [name, stream.tag]),
    [
      ['params', 'params'],
      ['default', 'default'],
    ],
  )
  t.deepEqual([rngs.has('params'), rngs.has('dropout')], [true, false])
})

test('functions that split, fork or replace the streams of their arguments while they run', (t) => {
  const rngs = fresh()
  const shapes = (r: nnx.Rngs, x: number) => [r.params.key.shape, r.dropout.key.shape, x] as const
  t.deepEqual(nnx.splitRngs({ splits: 2, only: 'params' })(shapes)(rngs, 7), [[2], [], 7])
  t.deepEqual(nnx.forkRngs(undefined, { split: { dropout: 3 } })(shapes)(rngs, 7), [[], [3], 7])
  t.deepEqual(nnx.withRngs({ broadcast: { params: 4 } })(shapes)(rngs, 7), [[4], [], 7])
  t.deepEqual(shapes(rngs, 0), [[], [], 0])
  const fails = nnx.splitRngs({ splits: 2 })((r: nnx.Rngs) => r.params())
  t.throws(() => fails(rngs), { message: /it was split/ })
  t.deepEqual(shapes(rngs, 0), [[], [], 0], 'restored after an error, too')
})

test('backups bring keys back, with and without counts', (t) => {
  const rngs = fresh()
  const before = state(rngs)
  const keys = nnx.backupKeys(rngs)
  nnx.splitRngs(rngs, { splits: 2 }).restore()
  nnx.reseed(rngs, { params: 8 })
  nnx.restoreRngs(keys)
  t.deepEqual(state(rngs).params![0], before.params![0])
  t.is(rngs.params.count.value.item(), 0)
  const backups = nnx.forkRngs(rngs)
  t.is([...backups].length, 3)
  backups[Symbol.dispose]()
  t.deepEqual(state(rngs).params![0], before.params![0])
})

test('errors of streams say what was expected', (t) => {
  const rngs = fresh()
  t.throws(() => nnx.splitRngs(rngs, { splits: 2, squeeze: true }), { message: /splits: 1 with squeeze: true, got 2/ })
  t.throws(() => nnx.withRngs(rngs, { split: { params: 2 }, fork: 'params' }), {
    message: /one rule for the stream at params, got 'params' and 'params'/,
  })
  t.throws(() => nnx.reseed(rngs, { params: 1 }, { policy: 'any' as never }), {
    message: /a policy among scalars_only/,
  })
  nnx.splitRngs(rngs, { splits: 2 })
  t.throws(() => nnx.reseed(rngs, { params: 1 }), {
    message: /policy: 'match_shape', got keys of shape \[2\] at params/,
  })
  t.throws(() => nnx.splitRngs(rngs, { splits: 2 }), { message: /it was split/ })
  t.deepEqual(np.asarray(rngs.params.count.value).shape, [2])
})
