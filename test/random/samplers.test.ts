/** Samplers with parameters, modes and rare dtypes against jax.random, in both layouts; gradients against JAX's. */
import test, { type ExecutionContext } from 'ava'
import {
  checkGrads as checkModes,
  config,
  DifferentiationError,
  type DType,
  grad,
  jvp,
  lax,
  NDArray,
  np,
  random,
  vjp,
  vmap,
} from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { arrayFrom, type GoldenArray, readGolden } from '../helpers/golden.js'

type Argument = number | readonly number[] | GoldenArray

/** One call, as data. */
interface Case {
  readonly fn: string
  readonly seed: number
  readonly args: readonly Argument[]
  readonly shape?: readonly number[] | null
  readonly options?: Readonly<Record<string, unknown>>
  readonly vmap?: readonly [keys: number, what: 'key' | 'all']
}

type Outcome = GoldenArray | { readonly error: string }

/** A case with its gradient, and in float64 the derivative of that along sines: which JAX may have in reverse mode, too. */
interface Derivatives extends Case {
  readonly out: readonly GoldenArray[]
  readonly hvp?: readonly GoldenArray[]
  readonly reverse_twice?: boolean
}

const golden = readGolden<{
  readonly cases: Readonly<Record<string, Case>>
  readonly partitionable: Readonly<Record<string, Outcome>>
  readonly original: Readonly<Record<string, Outcome>>
  readonly grads: Readonly<Record<string, Derivatives>>
}>('random-more')

const isArray = (x: unknown): x is GoldenArray =>
  typeof x === 'object' && x !== null && !(x instanceof NDArray) && 'data' in x
const decoded = (x: unknown): unknown => (isArray(x) ? arrayFrom(x) : x)

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase())

/** Samplers whose shape is among the options; the others take it after their parameters. */
const withShapeOption: readonly string[] = ['ball', 'multinomial', 'categorical', 'choice', 'orthogonal']
/** Samplers that take no shape, or as their first argument. */
const withoutShape: readonly string[] = ['permutation', 'randint']

type AnySampler = (key: random.PRNGKey, ...args: readonly unknown[]) => NDArray

const call = (c: Case, key: random.PRNGKey, args: readonly unknown[]): NDArray => {
  const sampler = (random as unknown as Readonly<Record<string, AnySampler>>)[camelCase(c.fn)]!
  const options = Object.fromEntries(Object.entries(c.options ?? {}).map(([name, x]) => [name, decoded(x)]))
  if (c.fn === 'choice') return sampler(key, ...args, c.shape ?? [], options)
  if (withoutShape.includes(c.fn)) return sampler(key, ...args, options)
  if (withShapeOption.includes(c.fn))
    return sampler(key, ...args, c.shape === undefined ? options : { ...options, shape: c.shape })
  return sampler(key, ...args, c.shape === undefined ? undefined : c.shape, options)
}

const run = (c: Case): NDArray => {
  const args = c.args.map(decoded)
  const key = random.key(c.seed)
  if (c.vmap === undefined) return call(c, key, args)
  const [count, what] = c.vmap
  const keys = random.split(key, count)
  if (what === 'key') return vmap((k: random.PRNGKey) => call(c, k, args))(keys)
  return vmap((k: random.PRNGKey, ...xs: NDArray[]) => call(c, k, xs))(keys, ...(args as NDArray[]))
}

/** Errors of the transcendental functions of two libraries, which formulas of several of them multiply. */
const tolerance: Readonly<Partial<Record<DType, { readonly rtol: number; readonly atol: number }>>> = {
  float32: { rtol: 5e-6, atol: 1e-6 },
  float64: { rtol: 1e-12, atol: 1e-13 },
  bfloat16: { rtol: 2 ** -6, atol: 1e-3 },
  float16: { rtol: 0.02, atol: 1e-2 },
}

/** Rates at which the rounding of a logarithm of the gamma function in float32 decides what is accepted. */
const isGreat = (count: string): boolean => Number(count) > 5000

/** |x - mean| in units of the covariance: what eigenvectors of other signs leave as it is. */
const distances = (y: NDArray, { args }: Case): NDArray => {
  const [mean, cov] = args.map(decoded) as [NDArray, NDArray]
  const offsets = y.sub(mean)
  return offsets.mul(np.linalg.solve(cov, offsets.T).T).sum({ axis: -1 })
}

const compare = (t: ExecutionContext, y: NDArray, expected: GoldenArray, name: string): void => {
  const c = golden.cases[name.split(' | ')[0]!]!
  // With 64-bit types JAX's positions are int64; here they are always int32.
  const dtype = expected.dtype === 'int64' && c.options?.dtype === undefined ? 'int32' : expected.dtype
  t.deepEqual([y.dtype, y.shape], [dtype, expected.shape], name)
  // A covariance of float32 is factored in float32, whatever the samples are.
  const isFactored = c.fn === 'multivariate_normal' && c.args.some((x) => isArray(x) && x.dtype === 'float32')
  const bounds = tolerance[isFactored ? 'float32' : dtype]
  if (c.options?.method === 'eigh' || c.options?.method === 'svd') {
    allClose(t, distances(y, c), distances(arrayFrom(expected), c), { rtol: 1e-4, atol: 1e-5 }, name)
  } else if (bounds !== undefined) allClose(t, y, arrayFrom(expected), bounds, name)
  else if (c.fn === 'poisson' && expected.data.some((x) => isGreat(String(x)))) {
    const values = Array.from(y.data() as Iterable<number>, String)
    values.forEach((value, i) => {
      const x = String(expected.data[i])
      if (isGreat(x)) t.true(Math.abs(Number(value) - 1e4) < 600, name)
      else t.is(value, x, name)
    })
  } else {
    const values = Array.from(y.data() as Iterable<number | bigint>, String)
    t.deepEqual(values, expected.data.map((x) => String(typeof x === 'boolean' ? Number(x) : x)), name) // prettier-ignore
  }
}

for (const fn of new Set(Object.values(golden.cases).map((c) => c.fn))) {
  test(`${fn}: as JAX has it`, (t) => {
    for (const layout of ['partitionable', 'original'] as const) {
      config.using('threefryPartitionable', layout === 'partitionable', () => {
        for (const [name, expected] of Object.entries(golden[layout])) {
          const c = golden.cases[name]!
          if (c.fn !== fn) continue
          if ('error' in expected) t.throws(() => run(c), undefined, name)
          else compare(t, run(c), expected, `${name} | ${layout}`)
        }
      })
    }
  })
}

test('each function of random is called with golden data', (t) => {
  const called = new Set(['PRNGKey', 'keyData', 'wrapKeyData', 'keyImpl', 'keyDtype', 'clone']) // by keys.test.ts
  const cases = [...Object.values(golden.cases), ...Object.values(readGolden<typeof golden>('random').cases)]
  for (const { fn } of cases) called.add(camelCase(fn))
  t.deepEqual(
    Object.keys(random).filter((name) => !called.has(name)),
    [],
  )
})

/** A call as a function of its arrays, positional ones before options, and the point where they stand. */
const functionOf = (c: Case): readonly [f: (...xs: NDArray[]) => NDArray, at: NDArray[]] => {
  const options = Object.entries(c.options ?? {})
  const at = [...c.args, ...options.map(([, x]) => x)].filter(isArray)
  const f = (...xs: NDArray[]): NDArray => {
    const rest = [...xs]
    const filled = (x: unknown): unknown => (isArray(x) ? rest.shift() : x)
    const args = c.args.map(filled)
    return call(
      { ...c, options: Object.fromEntries(options.map(([k, x]) => [k, filled(x)])) },
      random.key(c.seed),
      args,
    )
  }
  return [f, at.map((x) => arrayFrom(x))]
}

/** sin 1, sin 2, …, as an array like x. */
const wave = (x: NDArray): NDArray => np.sin(np.arange(1, x.size + 1).astype(x.dtype)).reshape(x.shape)

const gradsOf = (f: (...xs: NDArray[]) => NDArray, count: number) =>
  grad(f, { argnums: Array.from({ length: count }, (_, i) => i) }) as unknown as (...xs: NDArray[]) => NDArray[]

for (const [name, { out, hvp, reverse_twice: reverseTwice, ...c }] of Object.entries(golden.grads)) {
  test(`derivatives of ${name}: as JAX has them`, (t) => {
    config.using('threefryPartitionable', true, () => {
      const [f, at] = functionOf(c)
      const loss = (...xs: NDArray[]): NDArray => {
        const y = f(...xs)
        return y.mul(wave(y)).sum()
      }
      const grads = gradsOf(loss, at.length)
      const expect = (xs: readonly NDArray[], expected: readonly GoldenArray[], what: string, bound: number): void => {
        const bounds = { rtol: bound, atol: Math.min(bound, 1e-5) }
        expected.forEach((g, i) => allClose(t, xs[i]!, arrayFrom(g), bounds, `${what} of ${name}, argument ${i}`))
      }
      const bound = name.includes('float64') ? 1e-9 : 1e-4
      if (hvp === undefined) {
        expect(grads(...at), out, 'gradient', bound)
        return
      }
      const directions = at.map(wave)
      const [first, second] = jvp(grads, at, directions)
      expect(first, out, 'gradient', bound)
      expect(second, hvp, 'second derivative', 1e-8)
      if (reverseTwice === true) {
        checkGrads(t, f, at)
        return
      }
      // Samples by rejection: the implicit derivative isn't that of the samples drawn with one key, so that finite
      // differences say nothing; and JAX computes it by loops that have forward mode only.
      const along = jvp((...xs: NDArray[]) => jvp(loss, xs, directions)[1], at, directions)[1]
      const curvature = hvp.reduce((sum, h, i) => sum + directions[i]!.mul(arrayFrom(h)).sum().item(), 0)
      allClose(t, along, [curvature], { rtol: 1e-8, atol: 1e-8 }, `${name}, forward over forward`)
      t.throws(() => vjp(grads, ...at)[1](directions), { instanceOf: DifferentiationError }, name)
    })
  })
}

const double = (x: number | readonly number[] | readonly (readonly number[])[]): NDArray =>
  np.array(x, { dtype: 'float64' })

type Point = readonly [f: (...xs: NDArray[]) => NDArray, ...at: NDArray[]]

const key = random.key(11)
const cov = double([
  [2, 0.3, 0.1],
  [0.3, 1, -0.2],
  [0.1, -0.2, 0.5],
])

/** Samples whose golden data would depend on signs of eigenvectors, or on the width of JAX's integers. */
const smooth: Readonly<Record<string, Point>> = {
  'multivariateNormal by eigenvectors': [
    (mean, c) => random.multivariateNormal(key, mean, c, [2], { method: 'eigh' }),
    double([1, -1, 0.5]),
    cov,
  ],
  'multivariateNormal by singular values': [
    (mean, c) => random.multivariateNormal(key, mean, c, [2], { method: 'svd' }),
    double([1, -1, 0.5]),
    cov,
  ],
  'choice of what': [(x) => random.choice(key, x, [4]).square(), double([0.5, 0.7, -0.2])],
  'choice without replacement': [
    (x) => random.choice(key, x, [2], { replace: false, p: [0.2, 0.3, 0.5] }).square(),
    double([0.5, 0.7, -0.2]),
  ],
  permutation: [(x) => random.permutation(key, x).square().mul(np.arange(3)), double([0.5, 0.7, -0.2])],
  'permutation, independent': [
    (x) => random.permutation(key, x, { axis: 1, independent: true }).square().mul(np.arange(2)),
    double([
      [0.5, 0.7],
      [-0.2, 0.1],
    ]),
  ],
}

for (const [name, [f, ...at]] of Object.entries(smooth)) {
  test(`derivatives of ${name}: those of finite differences`, (t) => {
    checkGrads(t, f, at)
  })
}

/** Counts and choices are constant between steps: JAX has zeros, not errors. */
const steps: Readonly<Record<string, Point>> = {
  bernoulli: [(p) => random.bernoulli(key, p).astype('float64'), double([0.3, 0.6])],
  binomial: [(n, p) => random.binomial(key, n, p, null, { dtype: 'float64' }), double([5, 40]), double([0.3, 0.6])],
  multinomial: [(p) => random.multinomial(key, 5, p, { dtype: 'float64' }), double([0.3, 0.7])],
  geometric: [(p) => random.geometric(key, p).astype('float64'), double([0.3, 0.6])],
  poisson: [(rate) => random.poisson(key, rate).astype('float64'), double([2.5, 30])],
  categorical: [(logits) => random.categorical(key, logits).astype('float64'), double([0.3, 0.6])],
  'choice by p': [(p) => random.choice(key, double([1, 2]), [3], { p }), double([0.3, 0.7])],
}

for (const [name, [f, ...at]] of Object.entries(steps)) {
  test(`derivatives of ${name}: zeros to second order, as JAX has them`, (t) => {
    const grads = gradsOf(
      (...xs) =>
        xs.reduce(
          (sum, x) => sum.add(x.square().sum()),
          f(...xs)
            .square()
            .sum(),
        ),
      at.length,
    )
    const [first, second] = jvp(grads, at, at.map(wave))
    at.forEach((x, i) => {
      t.deepEqual(elements(first[i]!), elements(x.mul(2)), name)
      t.deepEqual(elements(second[i]!), elements(wave(x).mul(2)), name)
    })
  })
}

test('randomGammaGrad: forward mode to second order against finite differences', (t) => {
  const [a, x] = [double([0.3, 2.5, 2.5, 20]), double([0.1, 1, 4, 25])]
  t.notThrows(() => checkModes((b, y) => lax.randomGammaGrad(b, y), [a, x], { modes: ['fwd'] }))
})

/** Functions of random without real parameters; the bounds of `randint` are whole. */
const parameterless =
  'PRNGKey bits cauchy clone exponential foldIn gumbel key keyData keyDtype keyImpl laplace logistic maxwell normal orthogonal rademacher randint split wrapKeyData'

test('each sampler with real parameters has a row of derivatives to second order', (t) => {
  const rows = new Set(parameterless.split(' '))
  for (const { fn, hvp } of Object.values(golden.grads)) if (hvp !== undefined) rows.add(camelCase(fn))
  for (const name of Object.keys({ ...smooth, ...steps })) rows.add(/^[a-zA-Z]+/.exec(name)![0])
  t.deepEqual([...rows].sort(), Object.keys(random).sort())
})
