/** Settings: what they forbid, and what they tell. */
import test from 'ava'
import {
  ArgumentError,
  config,
  customJvp,
  DTypeError,
  grad,
  jit,
  KeyReuseError,
  lax,
  LeakedTracerError,
  type NDArray,
  nnx,
  np,
  random,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { elements } from '../helpers/arrays.js'

/** What is told on the console while `f` runs. */
const told = (f: () => unknown): readonly string[] => {
  const lines: string[] = []
  const saved = console.warn
  console.warn = (line: string) => lines.push(line)
  try {
    f()
  } finally {
    console.warn = saved
  }
  return lines
}

test.serial('settings and values that are not known are refused; scoped ones end', (t) => {
  t.throws(() => config.update('debugNaNs' as 'debugNans', true), { instanceOf: ArgumentError })
  t.throws(() => config.update('numpyRankPromotion', 'throw' as 'raise'), {
    message: /one of "allow", "warn", "raise"/,
  })
  t.throws(() => config.update('logCompiles', 1 as never), { instanceOf: ArgumentError })
  t.is(config.using('numpyRankPromotion', 'warn', () => config.get('numpyRankPromotion')), 'warn') // prettier-ignore
  t.is(config.get('numpyRankPromotion'), 'allow')
})

test.serial('strict promotion: numbers adapt to arrays, and arrays to nothing', (t) => {
  const [f, i, b] = [np.ones([2]), np.ones([2], { dtype: 'int32' }), np.array([true, false])]
  config.using('numpyDtypePromotion', 'strict', () => {
    t.is(np.add(f, f).dtype, 'float32')
    t.is(f.mul(2).add(0.5).dtype, 'float32')
    t.is(i.mul(2).dtype, 'int32')
    t.is(f.astype('float64').add(0.5).dtype, 'float64')
    t.is(np.sin(i).dtype, 'float32')
    const refused = [() => np.add(f, i), () => i.add(0.5), () => f.mul(b), () => np.add(f, f.astype('float64')), () => np.where(b, f, i), () => np.concatenate([f, i])] // prettier-ignore
    for (const call of refused) t.throws(call, { instanceOf: DTypeError, message: /numpyDtypePromotion/ })
    t.throws(() => np.promoteTypes('int8', 'int16'), { instanceOf: DTypeError })
    t.throws(() => jit((x: NDArray, y: NDArray) => x.add(y))(f, i), { instanceOf: DTypeError })
  })
  t.is(np.add(f, i).dtype, 'float32')
})

test.serial('ranks that differ are refused, or told', (t) => {
  const [row, matrix] = [np.ones([3]), np.ones([2, 3])]
  const f = jit((x: NDArray, y: NDArray) => x.add(y))
  f(matrix, row)
  config.using('numpyRankPromotion', 'raise', () => {
    const refused = [() => np.add(matrix, row), () => row.mul(matrix), () => np.where(matrix.gt(0), row, 0), () => f(matrix, row), () => np.power(matrix, row)] // prettier-ignore
    for (const call of refused) t.throws(call, { instanceOf: ShapeError, message: /numpyRankPromotion/ })
    t.deepEqual(np.add(matrix, np.expandDims(row, 0)).mul(2).sub(np.array(1)).shape, [2, 3])
  })
  const lines = config.using('numpyRankPromotion', 'warn', () => told(() => np.add(matrix, row)))
  t.is(lines.length, 1)
  t.regex(lines[0]!, /float32\[2,3\] and float32\[3\]/)
})

test.serial('traces, compilations and cache misses are told', (t) => {
  const f = jit(function scaled(x: NDArray, how: string) { return how === 'twice' ? x.mul(2) : x }, { staticArgnums: 1 }) // prettier-ignore
  const lines = config.using('logCompiles', true, () => told(() => f(np.array([1, 2, 3, 4, 5]), 'twice')))
  t.regex(
    lines.join('\n'),
    /finished tracing scaled in [\d.e-]+ s\nonnax: finished compiling scaled for float32\[5\] in/,
  )
  t.deepEqual(config.using('logCompiles', true, () => told(() => f(np.array([1, 2, 3, 4, 6]), 'twice'))), []) // prettier-ignore
  const reasons = config
    .using('explainCacheMisses', true, () =>
      told(() => {
        f(np.array([1, 2, 3, 4, 5]), 'twice')
        f(np.array([1, 2]), 'twice')
        f(np.array([1, 2]), 'once')
        f({ a: np.array(1) } as never, 'once')
        const layer = nnx.jit((m: nnx.Linear, x: NDArray) => m(x))
        const linear = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
        layer(linear, np.ones([1, 2]))
        layer(linear, np.ones([3, 2]))
        vmap((v: NDArray) => f(v, 'once'), { axisName: 'i' })(np.ones([2, 2]))
      }),
    )
    .filter((line) => /scaled|nnx/.test(line))
  t.regex(reasons[0]!, /cache miss of scaled: args\[0\] is float32\[2\], seen float32\[5\]/)
  t.regex(reasons[1]!, /static arguments string:once, seen string:twice/)
  t.regex(reasons[2]!, /arguments of structure .*, seen/)
  t.regex(reasons[3]!, /nnx.jit.*: the function was not traced before/)
  t.regex(reasons[4]!, /args\/1 is float32\[3,2\], seen float32\[1,2\]/)
  t.is(reasons.length, 5)
})

const reused = { instanceOf: KeyReuseError }
const draw = (k: random.PRNGKey): NDArray => random.normal(k, [2])

test.serial('keys that are used twice are refused: eager, traced, across compiled functions', (t) => {
  const key = (seed = 0): random.PRNGKey => random.key(seed)
  const fine: Readonly<Record<string, () => unknown>> = {
    'two keys': () => random.split(key()).at(0) && [...random.split(key())].map(draw),
    'folded in': () => {
      const k = key()
      return [random.foldIn(k, 1), random.foldIn(k, 2), k].map(draw)
    },
    clone: () => {
      const k = key()
      return [draw(random.clone(k)), draw(random.clone(k)), draw(k)]
    },
    branches: () => {
      const k = key()
      return lax.cond(np.array(true), draw, (j: random.PRNGKey) => random.uniform(j, [2]), k)
    },
    'new keys in each step': () => lax.scan((k: random.PRNGKey) => { const [a, b] = random.split(k); return [a!, draw(b!)] as const }, key(), null, { length: 3 }), // prettier-ignore
    'a key for each step': () => lax.scan((c: null, k: random.PRNGKey) => [c, draw(k)] as const, null, random.split(key(), 3)), // prettier-ignore
    'a batch of keys': () => vmap(draw)(random.split(key(), 3)),
    samplers: () => {
      const k = random.split(key(), 9)
      return [random.gamma(k.at(0), 2), random.poisson(k.at(1), 3), random.binomial(k.at(2), 9, 0.3), random.beta(k.at(3), 1, 2), random.choice(k.at(4), 5, [2]), random.permutation(k.at(5), 5), random.t(k.at(6), 3), random.truncatedNormal(k.at(7), -1, 1), random.multivariateNormal(k.at(8), np.zeros([2]), np.eye(2))] // prettier-ignore
    },
    streams: () => {
      const rngs = new nnx.Rngs(0)
      return nnx.jit((m: nnx.Dropout, x: NDArray) => m(m(x)))(new nnx.Dropout(0.5, { rngs }), np.ones([4]))
    },
  }
  const wrong: Readonly<Record<string, () => unknown>> = {
    'drawn twice': () => { const k = key(); return [draw(k), draw(k)] }, // prettier-ignore
    'split and drawn': () => { const k = key(); return [random.split(k), draw(k)] }, // prettier-ignore
    'another sampler': () => { const k = key(); return [draw(k), random.uniform(k)] }, // prettier-ignore
    'one of several, twice': () => { const ks = random.split(key()); return [draw(ks.at(0)), draw(ks.at(0))] }, // prettier-ignore
    'one of several, then all': () => { const ks = random.split(key()); return [draw(ks.at(0)), vmap(draw)(ks)] }, // prettier-ignore
    'inside of jit': () => jit((k: random.PRNGKey) => draw(k).add(random.uniform(k, [2])))(key()),
    'compiled function, called twice': () => { const f = jit(draw); const k = key(); return [f(k), f(k)] }, // prettier-ignore
    'closed over, called twice': () => { const k = key(); const f = jit((x: NDArray) => x.add(draw(k))); return [f(np.ones([2])), f(np.ones([2]))] }, // prettier-ignore
    'in and after a compiled function': () => { const k = key(); return [jit(draw)(k), draw(k)] }, // prettier-ignore
    'in a function inside': () => jit((k: random.PRNGKey) => jit(draw)(k).add(draw(k)))(key()),
    'in every step': () => { const k = key(); return lax.scan((c: NDArray) => [c.add(draw(k)), null] as const, np.zeros([2]), null, { length: 2 }) }, // prettier-ignore
    'carried on': () => lax.scan((k: random.PRNGKey) => [k, draw(k)] as const, key(), null, { length: 2 }),
    'in a loop': () => lax.foriLoop(0, np.array(2, { dtype: 'int32' }), (_i, c: readonly [random.PRNGKey, NDArray]) => [c[0], draw(c[0])] as const, [key(), np.zeros([2])] as const), // prettier-ignore
    'a branch, and after it': () => { const k = key(); return [lax.cond(np.array(true), draw, () => np.ones([2]), k), draw(k)] }, // prettier-ignore
    'a batch of keys, twice': () => { const ks = random.split(key()); return [vmap(draw)(ks), vmap(draw)(ks)] }, // prettier-ignore
    'under grad': () => { const k = key(); return [grad((x: NDArray) => np.sum(draw(k).mul(x)))(np.ones([2])), draw(k)] }, // prettier-ignore
  }
  for (const f of [...Object.values(fine), ...Object.values(wrong)]) t.notThrows(f)
  config.using('debugKeyReuse', true, () => {
    for (const [what, f] of Object.entries(fine)) t.notThrows(f, what)
    for (const [what, f] of Object.entries(wrong)) t.throws(() => void f(), reused, what)
    const error = t.throws(wrong['another sampler']!, { instanceOf: KeyReuseError })
    t.regex(error.message, /^uniform requires a key that is not used yet, got one used by normal/)
  })
})

test.serial('values that outlive their trace are refused', (t) => {
  const kept: NDArray[] = []
  const leak = (x: NDArray): NDArray => {
    kept.push(x.mul(2))
    return x.add(1)
  }
  const custom = customJvp((x: NDArray) => x.mul(3))
  custom.defjvp(([x], [d]) => [custom(x), d.mul(3)])
  const linear = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
  const x = np.ones([2])
  const clean: Readonly<Record<string, () => unknown>> = {
    'vmap, jit, closures': () => vmap((v: NDArray) => jit((u: NDArray) => u.mul(v))(v))(x),
    'grad, scan, customJvp': () =>
      grad((y: NDArray) => np.sum(lax.scan((c: NDArray, v: NDArray) => [custom(c).mul(v), c] as const, np.array(1), y)[0]))(x), // prettier-ignore
    nnx: () => nnx.jit(nnx.grad((m: nnx.Linear, y: NDArray) => np.sum(m(y))))(linear, np.ones([1, 2])),
  }
  const leaking: Readonly<Record<string, () => unknown>> = {
    jit: () => jit(leak)(x),
    'grad of vmap': () => grad((y: NDArray) => np.sum(vmap(leak)(y)))(x),
  }
  config.using('checkTracerLeaks', true, () => {
    for (const [what, f] of Object.entries(clean)) t.notThrows(f, what)
    for (const [what, f] of Object.entries(leaking)) {
      t.throws(f, { instanceOf: LeakedTracerError }, what)
      kept.length = 0
    }
  })
  t.notThrows(() => jit(leak)(x))
  t.deepEqual(elements(jit((y: NDArray) => y.add(1))(x)), [2, 2])
})
