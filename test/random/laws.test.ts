/** What holds for samplers beside their numbers: transformations, ranges, distributions, sessions, errors. */
import test from 'ava'
import {
  ArgumentError,
  config,
  DTypeError,
  grad,
  jit,
  lax,
  nn,
  type NDArray,
  np,
  random,
  runtimeStats,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

type Sampler = (key: random.PRNGKey) => NDArray

const table = np.arange(12).reshape(4, 3)

const samplers: Readonly<Record<string, Sampler>> = {
  bits: (k) => random.bits(k, [3, 5]),
  'bits of 8': (k) => random.bits(k, [3, 5], { dtype: 'uint8' }),
  'bits of 64': (k) => random.bits(k, [5], { dtype: 'uint64' }),
  uniform: (k) => random.uniform(k, [3, 5]),
  'uniform of float64': (k) => random.uniform(k, [5], { dtype: 'float64', minval: -1 }),
  normal: (k) => random.normal(k, [3, 5]),
  truncatedNormal: (k) => random.truncatedNormal(k, -1, 2, [5]),
  bernoulli: (k) => random.bernoulli(k, 0.3, [7]),
  randint: (k) => random.randint(k, [7], -3, 11),
  rademacher: (k) => random.rademacher(k, [7]),
  categorical: (k) => random.categorical(k, np.array([0, 1, 2]), { shape: [6] }),
  'categorical without replacement': (k) => random.categorical(k, np.array([0, 1, 2]), { shape: [2], replace: false }),
  gumbel: (k) => random.gumbel(k, [4]),
  exponential: (k) => random.exponential(k, [4]),
  laplace: (k) => random.laplace(k, [4]),
  logistic: (k) => random.logistic(k, [4]),
  cauchy: (k) => random.cauchy(k, [4]),
  permutation: (k) => random.permutation(k, 9),
  'permutation of rows': (k) => random.permutation(k, table),
  choice: (k) => random.choice(k, 10, [4]),
  'choice without replacement': (k) => random.choice(k, 10, [4], { replace: false }),
  'weighted choice': (k) => random.choice(k, 3, [4], { p: [0.2, 0.5, 0.3] }),
  split: (k) => random.keyData(random.split(k, 3)),
  foldIn: (k) => random.keyData(random.foldIn(k, 5)),
  lecunNormal: (k) => nn.initializers.lecunNormal()(k, [3, 4]),
}

for (const [name, sampler] of Object.entries(samplers)) {
  test(`${name}: one session; none for another key; jit is eager; vmap over keys is a loop, in both layouts`, (t) => {
    const own = runtimeStats().sessionsCreated
    const first = sampler(random.key(3))
    t.true(runtimeStats().sessionsCreated <= own + 2, 'at most one session for each step')
    const before = runtimeStats().sessionsCreated
    sampler(random.key(4))
    t.is(runtimeStats().sessionsCreated, before)
    t.deepEqual(elements(sampler(random.key(3))), elements(first))
    for (const partitionable of [false, true]) {
      config.using('threefryPartitionable', partitionable, () => {
        const keys = random.split(random.key(8), 3)
        const loop = [...keys].map(sampler)
        allClose(t, vmap(sampler)(keys), np.stack(loop), { rtol: 3e-7, atol: 1e-6 }, `vmap, ${partitionable}`)
        allClose(t, jit(sampler)(keys.at(1)), loop[1]!, { rtol: 3e-7, atol: 1e-6 }, `jit, ${partitionable}`)
      })
    }
  })
}

test('a sampler is one session, whatever its numbers are', (t) => {
  const count = (f: () => unknown): number => {
    const before = runtimeStats().sessionsCreated
    f()
    return runtimeStats().sessionsCreated - before
  }
  const key = random.key(0)
  t.is(
    count(() => random.normal(key, [2, 17])),
    1,
  )
  t.is(
    count(() => random.uniform(key, [2, 17], { minval: 3 })),
    1,
  )
  t.is(
    count(() => random.uniform(key, [2, 17], { minval: 2.5, maxval: 7 })),
    0,
  )
  t.is(
    count(() => random.truncatedNormal(key, -2, 2, [17])),
    1,
  )
  t.is(
    count(() => random.truncatedNormal(key, -1.5, 0.25, [17])),
    0,
  )
  t.is(
    count(() => random.bernoulli(key, 0.25, [17])),
    1,
  )
  t.is(
    count(() => random.bernoulli(key, 1, [17])),
    0,
  )
  t.is(
    count(() => random.randint(key, [17], 0, 10)),
    1,
  )
  t.is(
    count(() => random.randint(key, [17], -5, 100)),
    0,
  )
  t.is(
    count(() => nn.initializers.heNormal()(key, [4, 17])),
    1,
  )
  t.is(
    count(() => nn.initializers.glorotNormal()(key, [4, 17])),
    0,
  )
  const keys = random.split(key, 40)
  t.is(
    count(() => [...keys]),
    0,
    'taking keys apart',
  )
})

test('layouts differ, and a change of the setting takes effect', (t) => {
  const draw = (): number[] => elements(random.uniform(random.key(0), [4]))
  const original = draw()
  t.notDeepEqual(config.using('threefryPartitionable', true, draw), original)
  t.deepEqual(draw(), original)
})

test('samples without elements', (t) => {
  const none = [3, 0]
  const key = random.key(0)
  t.deepEqual(random.normal(key, none).data().length, 0)
  const signed = random.doubleSidedMaxwell(key, np.ones([1, 1]), np.zeros([0], { dtype: 'int8' }))
  t.deepEqual([signed.shape, signed.data().length], [[1, 0, 1, 0], 0])
})

test('binomial: infinitely many trials end', (t) => {
  const counts = random.binomial(random.key(0), np.array([Infinity, Infinity, -1, 7]), np.array([0, 1, 0.5, 1]))
  t.deepEqual(elements(counts), [Infinity, Infinity, NaN, 7])
})

test('keys: at, iteration and reshaped splits agree with traced ones', (t) => {
  const keys = random.split(random.key(1), [2, 3])
  t.deepEqual(keys.shape, [2, 3])
  t.deepEqual(elements(keys.data), elements(random.keyData(random.split(random.key(1), 6))))
  const flat = random.split(random.key(1), 6)
  const traced = jit((k: random.PRNGKey) => k.at(4).data)
  t.deepEqual(elements(flat.at(4).data), elements(traced(flat)))
  t.deepEqual(elements(flat.at(-2).data), elements(flat.at(4).data))
  t.deepEqual(elements(keys.at(1).at(1).data), elements(flat.at(4).data))
  t.is([...flat].length, 6)
})

test('foldIn: numbers are taken modulo 2^32, arrays and traced numbers as numbers', (t) => {
  const key = random.key(0)
  const words = (k: random.PRNGKey): number[] => elements(random.keyData(k))
  t.deepEqual(words(random.foldIn(key, -1)), words(random.foldIn(key, 2 ** 32 - 1)))
  t.deepEqual(words(random.foldIn(key, np.array(7).astype('int32'))), words(random.foldIn(key, 7)))
  t.deepEqual(words(jit((n: NDArray | number) => random.foldIn(key, n))(7)), words(random.foldIn(key, 7)))
})

test('uniform: the slope in maxval is the uniform number', (t) => {
  const key = random.key(2)
  const u = random.uniform(key, [3, 2], { dtype: 'float64' })
  const slope = grad((maxval: NDArray) => random.uniform(key, [3, 2], { dtype: 'float64', maxval }).sum())
  allClose(t, slope(np.array(2, { dtype: 'float64' })), u.sum(), { rtol: 1e-12, atol: 0 })
})

test('uniform: within [minval, maxval), minval itself where the interval is empty', (t) => {
  const u = elements(random.uniform(random.key(5), [5000], { minval: -2, maxval: -1.5 }))
  t.true(u.every((x) => x >= -2 && x < -1.5))
  t.deepEqual(elements(random.uniform(random.key(5), [2], { minval: 4, maxval: 4 })), [4, 4])
  t.deepEqual(random.uniform(random.key(0), [2, 0]).shape, [2, 0])
  t.deepEqual(random.normal(random.key(0)).shape, [])
})

test('truncatedNormal: strictly inside of the bounds, also of narrow, infinite and zero ones', (t) => {
  const inside = (lower: number, upper: number, dtype: 'float32' | 'float64' | 'bfloat16'): void => {
    const x = elements(random.truncatedNormal(random.key(6), lower, upper, [4000], { dtype }))
    t.true(
      x.every((v) => v > lower && v < upper && Number.isFinite(v)),
      `(${lower}, ${upper}) ${dtype}`,
    )
  }
  for (const dtype of ['float32', 'float64', 'bfloat16'] as const) {
    inside(-2, 2, dtype)
    inside(-Infinity, 0, dtype)
    inside(0, Infinity, dtype)
    inside(-Infinity, Infinity, dtype)
    inside(4, 4.0625, dtype)
  }
})

test('truncatedNormal: the bounds are the next numbers', (t) => {
  // So far in the tail erf is 1, and all samples would be infinite.
  const x = elements(random.truncatedNormal(random.key(6), 7, 8, [100]))
  t.deepEqual([...new Set(x)], [8 - 2 ** -21])
  const y = elements(random.truncatedNormal(random.key(6), -8, -7, [100], { dtype: 'float32' }))
  t.deepEqual([...new Set(y)], [-8 + 2 ** -21])
})

const moments = (x: NDArray): readonly [mean: number, variance: number] => [
  x.astype('float64').mean().item(),
  x.astype('float64').var().item(),
]

test('samples have the means and variances of their distributions', (t) => {
  const n = 20000
  const euler = 0.5772156649
  const expected: Readonly<Record<string, readonly [NDArray, mean: number, variance: number]>> = {
    uniform: [random.uniform(random.key(1), [n]), 1 / 2, 1 / 12],
    normal: [random.normal(random.key(1), [n]), 0, 1],
    truncatedNormal: [random.truncatedNormal(random.key(1), -2, 2, [n]), 0, 0.8796256610342398 ** 2],
    gumbel: [random.gumbel(random.key(1), [n]), euler, Math.PI ** 2 / 6],
    exponential: [random.exponential(random.key(1), [n]), 1, 1],
    laplace: [random.laplace(random.key(1), [n]), 0, 2],
    logistic: [random.logistic(random.key(1), [n]), 0, Math.PI ** 2 / 3],
    bernoulli: [random.bernoulli(random.key(1), 0.3, [n]), 0.3, 0.21],
    rademacher: [random.rademacher(random.key(1), [n]), 0, 1],
    randint: [random.randint(random.key(1), [n], 0, 7), 3, 4],
    choice: [random.choice(random.key(1), 3, [n], { p: [0.2, 0.5, 0.3] }), 1.1, 0.49],
    categorical: [random.categorical(random.key(1), np.log(np.array([0.2, 0.5, 0.3])), { shape: [n] }), 1.1, 0.49],
  }
  for (const [name, [x, mean, variance]] of Object.entries(expected)) {
    const [m, v] = moments(x)
    t.true(Math.abs(m - mean) < 5 * Math.sqrt(variance / n), `mean of ${name}: ${m}`)
    t.true(Math.abs(v - variance) < 0.08 * variance, `variance of ${name}: ${v}`)
  }
})

test('randint: bounds that are arrays give what numbers give', (t) => {
  const key = random.key(9)
  const int = (
    values: number | readonly number[] | readonly (readonly number[])[],
    dtype: 'int32' | 'int64' | 'uint8' = 'int32',
  ): NDArray => np.array(values, { dtype })
  for (const [low, high] of [
    [0, 10],
    [-5, 5],
    [5, 2],
    [3, 3],
  ] as const) {
    t.deepEqual(elements(random.randint(key, [9], int(low), int(high))), elements(random.randint(key, [9], low, high)))
  }
  for (const dtype of ['uint8', 'int8', 'int16'] as const) {
    const numbers = random.randint(key, [50], -1000, 1000, { dtype })
    t.deepEqual(elements(random.randint(key, [50], int(-1000), int(1000), { dtype })), elements(numbers))
  }
  const wide = random.randint(key, [50], int(0, 'int64'), int(2 ** 32, 'int64'), { dtype: 'uint32' })
  t.deepEqual(elements(wide), elements(random.randint(key, [50], 0, 2 ** 32, { dtype: 'uint32' })))
  const rows = random.randint(key, [2, 3], int([[0], [100]]), int([[10], [110]]))
  t.true(elements(rows).every((x, i) => (i < 3 ? x >= 0 && x < 10 : x >= 100 && x < 110)))
})

test('randint: every number of a small range occurs, and no other', (t) => {
  t.deepEqual(
    [...new Set(elements(random.randint(random.key(0), [300], -2, 3)))].sort((a, b) => a - b),
    [-2, -1, 0, 1, 2],
  )
  const bytes = new Set(elements(random.randint(random.key(0), [4000], 0, 256, { dtype: 'uint8' })))
  t.true(bytes.size > 250 && bytes.has(255) && bytes.has(0))
})

test('permutation: the same elements; rows are kept together unless independent', (t) => {
  for (const n of [0, 1, 2, 300, 2000]) {
    const p = elements(random.permutation(random.key(1), n))
    t.deepEqual(
      [...p].sort((a, b) => a - b),
      Array.from({ length: n }, (_, i) => i),
    )
    if (n > 2)
      t.notDeepEqual(
        p,
        [...p].sort((a, b) => a - b),
      )
  }
  const x = np.arange(20).reshape(4, 5)
  const rows = random.permutation(random.key(1), x, { axis: 1 }).toArray() as number[][]
  t.deepEqual(
    rows.map((r) => r.map((v) => v % 5)),
    Array.from({ length: 4 }, () => rows[0]),
  )
  const loose = random.permutation(random.key(1), x, { axis: -1, independent: true }).toArray() as number[][]
  t.deepEqual(
    loose.map((r) => [...r].sort((a, b) => a - b)),
    x.toArray() as number[][],
  )
})

test('choice: from axes of arrays, without replacement all different, probability 0 never', (t) => {
  const x = np.arange(24).reshape(2, 4, 3)
  t.deepEqual(random.choice(random.key(0), x, [5, 2], { axis: 1 }).shape, [2, 5, 2, 3])
  t.deepEqual(random.choice(random.key(0), x, [2, 2], { axis: 1, replace: false }).shape, [2, 2, 2, 3])
  t.is(new Set(elements(random.choice(random.key(0), 50, [50], { replace: false }))).size, 50)
  const p = [0, 0.5, 0, 0.5, 0]
  const drawn = new Set(elements(random.choice(random.key(0), 5, [200], { p })))
  t.deepEqual([...drawn].sort(), [1, 3])
  const both = elements(random.choice(random.key(0), 5, [2], { p, replace: false }))
  t.deepEqual([...both].sort(), [1, 3])
  t.deepEqual(random.choice(random.key(0), 5, [0, 2]).shape, [0, 2])
})

test('choice: positions are those of a search in the cumulative probabilities, for any number of elements', (t) => {
  for (const n of [1, 2, 3, 7, 8, 9, 100]) {
    const p = np.array(Float32Array.from({ length: n }, (_, i) => (i % 3) + 0.5))
    const cumulative = elements(lax.cumsum(p, 0))
    const u = elements(random.uniform(random.key(n), [50]))
    const expected = u.map((v) => {
      const r = Math.fround(cumulative.at(-1)! * Math.fround(1 - v))
      return cumulative.findIndex((c) => c >= r)
    })
    t.deepEqual(elements(random.choice(random.key(n), n, [50], { p })), expected)
  }
})

test('errors name the sampler, what it requires and what it got', (t) => {
  const key = random.key(0)
  const keys = random.split(key, 3)
  const throws = (f: () => unknown, error: new (...args: never) => Error, message: string): void => {
    t.true(t.throws(f, { instanceOf: error })!.message.includes(message), message)
  }
  throws(
    () => random.normal(keys, [2]),
    ShapeError,
    'random.normal requires a single key, got PRNGKey<threefry2x32>[3]',
  )
  throws(
    () => random.normal(7 as never),
    ArgumentError,
    'random.normal requires key: KeyArray, got 7; make one with random.key(seed)',
  )
  throws(() => random.normal(key, [2, -1]), ShapeError, 'random.normal requires a shape: an array of whole sizes')
  throws(
    () => random.uniform(key, 3 as never),
    ArgumentError,
    'random.uniform requires shape: number[], got 3; write [3]',
  )
  throws(() => random.normal(key, [2], { dtype: 'int32' }), DTypeError, 'random.normal requires a floating dtype')
  throws(() => random.bits(key, [2], { dtype: 'int32' }), DTypeError, 'random.bits requires an unsigned dtype')
  throws(() => random.uniform(key, [2], { minval: np.zeros([3]) }), ShapeError, '[3] for samples of shape [2]')
  throws(() => random.randint(key, [2], 0, 1.5), ArgumentError, 'random.randint requires whole numbers as bounds')
  throws(() => random.randint(key, [2], 0, np.array(1.5)), DTypeError, 'random.randint requires integers as bounds')
  throws(() => random.randint(key, [2], 0, 2, { dtype: 'float32' }), DTypeError, 'random.randint requires an integer')
  throws(() => random.bernoulli(key, np.array([1], { dtype: 'int32' })), DTypeError, 'a floating probability')
  throws(() => random.permutation(key, 2.5), ArgumentError, 'a whole number of elements')
  throws(() => random.permutation(key, np.array(3)), ShapeError, 'an array with axes')
  throws(() => random.choice(key, 0, [1]), ArgumentError, 'elements to draw from, got none')
  throws(() => random.choice(key, 3, [4], { replace: false }), ArgumentError, 'at most 3 draws without replacement')
  throws(() => random.choice(key, 3, [4], { p: [0.5, 0.5] }), ShapeError, '3 probabilities')
  throws(() => random.categorical(key, np.zeros([2, 3]), { shape: [3] }), ShapeError, 'ends with the other axes [2]')
  throws(() => random.categorical(key, np.zeros([3]), { shape: [4], replace: false }), ShapeError, 'at most 3 draws')
  throws(() => random.categorical(key, np.arange(3)), DTypeError, 'random.categorical requires a floating dtype')
})

test('derivatives by parameters beyond all reason end', (t) => {
  const slope = grad((a: NDArray) => np.sum(random.gamma(random.key(0), a)))
  t.true(Number.isFinite(slope(np.array([1e30])).item()))
})

test('more elements than threefry counts are refused', (t) => {
  t.throws(() => random.split(random.key(0), 2 ** 40), { instanceOf: ShapeError })
  t.throws(() => random.bits(random.key(0), [2 ** 20, 2 ** 20]), { instanceOf: ShapeError })
})
