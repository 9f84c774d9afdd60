/** Samplers with parameters, modes and rare dtypes against jax.random, in both layouts; gradients against JAX's. */
import test, { type ExecutionContext } from 'ava'
import { config, type DType, grad, type NDArray, np, random, vmap } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
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

const golden = readGolden<{
  readonly cases: Readonly<Record<string, Case>>
  readonly partitionable: Readonly<Record<string, Outcome>>
  readonly original: Readonly<Record<string, Outcome>>
  readonly grads: Readonly<Record<string, Case & { readonly out: readonly GoldenArray[] }>>
}>('random-more')

const isArray = (x: unknown): x is GoldenArray => typeof x === 'object' && x !== null && 'data' in x
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

for (const [name, { out, ...c }] of Object.entries(golden.grads)) {
  test(`gradient of ${name}: as JAX has it`, (t) => {
    config.using('threefryPartitionable', true, () => {
      const args = c.args.map(decoded) as NDArray[]
      const loss = (...xs: NDArray[]): NDArray => {
        const y = call(c, random.key(c.seed), xs)
        return y.mul(np.sin(np.arange(1, y.size + 1).astype(y.dtype)).reshape(y.shape)).sum()
      }
      const grads = grad(loss, { argnums: args.map((_, i) => i) })(...args)
      const bounds = name.includes('float64') ? { rtol: 1e-9, atol: 1e-9 } : { rtol: 1e-4, atol: 1e-5 }
      out.forEach((g, i) => allClose(t, grads[i]!, arrayFrom(g), bounds, `${name}, argument ${i}`))
    })
  })
}
