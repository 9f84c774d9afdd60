/** Keys, bits, samplers and initializers against jax.random, in both layouts. */
import test, { type ExecutionContext } from 'ava'
import { config, type DType, nn, type NDArray, np, random, vmap } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { arrayFrom, type GoldenArray, readGolden } from '../helpers/golden.js'

/** Arguments of one call. */
interface Case {
  readonly fn: string
  readonly seed: number
  readonly dtype?: DType
  readonly shape?: readonly number[]
  readonly num?: number | readonly number[]
  readonly data?: number
  readonly stride?: number
  readonly minval?: number
  readonly maxval?: number
  readonly lower?: number
  readonly upper?: number
  readonly p?: number | readonly number[]
  readonly lam?: number
  readonly b?: number
  readonly df?: number
  readonly dfnum?: number
  readonly dfden?: number
  readonly alpha?: readonly number[]
  readonly mean?: number | readonly number[]
  readonly cov?: readonly (readonly number[])[]
  readonly d?: number
  readonly n?: number
  readonly m?: number
  readonly loc?: number
  readonly scale?: number
  readonly concentration?: number
  readonly left?: number
  readonly mode?: number
  readonly right?: number
  readonly sigma?: number
  readonly x?: number | string
  readonly a?: number | string | readonly number[]
  readonly logits?: readonly (readonly number[])[]
  readonly axis?: number
  readonly independent?: boolean
  readonly replace?: boolean
  readonly initializer?: string
}

interface Golden {
  readonly cases: Readonly<Record<string, Case>>
  readonly partitionable: Readonly<Record<string, GoldenArray>>
  readonly original: Readonly<Record<string, GoldenArray>>
  readonly keys_x64: Readonly<Record<string, GoldenArray>>
}

const golden = readGolden<Golden>('random')
const layouts = ['original', 'partitionable'] as const

/** Arguments that the file names by their Python text. */
const elementsOf = (x: number | string | readonly number[]): number | NDArray => {
  if (typeof x === 'number') return x
  if (x === 'arange(12).reshape(3,4)') return np.arange(12).reshape(3, 4)
  return np.array(x as readonly number[], { dtype: 'int32' })
}

const { initializers } = nn
const initializerOf: Readonly<Record<string, nn.Initializer>> = {
  zeros: initializers.zeros,
  ones: initializers.ones,
  'constant(2.5)': initializers.constant(2.5),
  'uniform()': initializers.uniform(),
  'uniform(2)': initializers.uniform(2),
  'normal()': initializers.normal(),
  'normal(1)': initializers.normal(1),
  'truncated_normal()': initializers.truncatedNormal(),
  'truncated_normal(1,-1,3)': initializers.truncatedNormal(1, { lower: -1, upper: 3 }),
  'glorot_uniform()': initializers.glorotUniform(),
  'glorot_normal()': initializers.glorotNormal(),
  'lecun_uniform()': initializers.lecunUniform(),
  'lecun_normal()': initializers.lecunNormal(),
  'he_uniform()': initializers.heUniform(),
  'he_normal()': initializers.heNormal(),
  'variance_scaling(1,fan_in,normal,out_axis=0)': initializers.varianceScaling(1, 'fan_in', 'normal', { outAxis: 0 }),
  'variance_scaling(2,fan_out,uniform)': initializers.varianceScaling(2, 'fan_out', 'uniform'),
  'variance_scaling(3,fan_avg,truncated_normal)': initializers.varianceScaling(3, 'fan_avg', 'truncated_normal'),
  'variance_scaling(1,fan_geo_avg,truncated_normal)': initializers.varianceScaling(
    1,
    'fan_geo_avg',
    'truncated_normal',
  ),
  'orthogonal()': initializers.orthogonal(),
  'orthogonal(2,column_axis=0)': initializers.orthogonal(2, { columnAxis: 0 }),
  'delta_orthogonal()': initializers.deltaOrthogonal(),
  'lecun_normal(batch_axis=0)': initializers.lecunNormal({ batchAxis: 0 }),
  'glorot_uniform(in_axis=0,out_axis=1)': initializers.glorotUniform({ inAxis: 0, outAxis: 1 }),
}

type Call = (c: Case, k: random.PRNGKey) => NDArray

const withDtype = ({ dtype }: Case) => (dtype === undefined ? {} : { dtype })

const calls: Readonly<Record<string, Call>> = {
  key: ({ seed }) => random.keyData(random.key(seed)),
  split: ({ num }, k) => random.keyData(random.split(k, num)),
  fold_in: ({ data }, k) => random.keyData(random.foldIn(k, data!)),
  'split of split': ({ num }, k) => random.keyData(random.split(random.split(k).at(1), num)),
  'vmap fold_in': ({ num }, k) => random.keyData(vmap(random.foldIn)(random.split(k, num), np.arange(num as number))),
  'vmap normal': ({ num, shape }, k) => vmap((key: random.PRNGKey) => random.normal(key, shape))(random.split(k, num)),
  bits: (c, k) => random.bits(k, c.shape, withDtype(c)),
  uniform: (c, k) =>
    random.uniform(k, c.shape, {
      ...withDtype(c),
      ...(c.minval === undefined ? {} : { minval: c.minval, maxval: c.maxval! }),
    }),
  normal: (c, k) => random.normal(k, c.shape, withDtype(c)),
  truncated_normal: (c, k) => random.truncatedNormal(k, c.lower!, c.upper!, c.shape, withDtype(c)),
  gumbel: (c, k) => random.gumbel(k, c.shape, withDtype(c)),
  exponential: (c, k) => random.exponential(k, c.shape, withDtype(c)),
  laplace: (c, k) => random.laplace(k, c.shape, withDtype(c)),
  logistic: (c, k) => random.logistic(k, c.shape, withDtype(c)),
  cauchy: (c, k) => random.cauchy(k, c.shape, withDtype(c)),
  bernoulli: ({ p, shape }, k) => random.bernoulli(k, typeof p === 'number' ? p : np.array(p!), shape),
  randint: (c, k) => random.randint(k, c.shape!, c.minval!, c.maxval!, withDtype(c)),
  permutation: ({ x, axis = 0, independent = false }, k) =>
    random.permutation(k, elementsOf(x!), { axis, independent }),
  choice: ({ a, shape, replace = true, p = null, axis = 0 }, k) =>
    random.choice(k, elementsOf(a!), shape, { replace, p: p as readonly number[] | null, axis }),
  categorical: ({ logits, axis = -1, shape = null, replace = true }, k) =>
    random.categorical(k, np.array(logits!), { axis, shape, replace }),
  rademacher: (c, k) => random.rademacher(k, c.shape, withDtype(c)),
  poisson: (c, k) => random.poisson(k, c.lam!, c.shape),
  gamma: (c, k) => random.gamma(k, c.a as number, c.shape),
  loggamma: (c, k) => random.loggamma(k, c.a as number, c.shape),
  beta: (c, k) => random.beta(k, c.a as number, c.b!, c.shape),
  dirichlet: (c, k) => random.dirichlet(k, c.alpha!, c.shape),
  t: (c, k) => random.t(k, c.df!, c.shape),
  chisquare: (c, k) => random.chisquare(k, c.df!, c.shape),
  f: (c, k) => random.f(k, c.dfnum!, c.dfden!, c.shape),
  multivariate_normal: (c, k) => random.multivariateNormal(k, c.mean as readonly number[], c.cov!, c.shape),
  ball: (c, k) => random.ball(k, c.d!, { p: c.p as number, shape: c.shape! }),
  maxwell: (c, k) => random.maxwell(k, c.shape),
  double_sided_maxwell: (c, k) => random.doubleSidedMaxwell(k, c.loc!, c.scale!, c.shape),
  pareto: (c, k) => random.pareto(k, c.b!, c.shape),
  rayleigh: (c, k) => random.rayleigh(k, c.scale!, c.shape),
  weibull_min: (c, k) => random.weibullMin(k, c.scale!, c.concentration!, c.shape),
  triangular: (c, k) => random.triangular(k, c.left!, c.mode!, c.right!, c.shape),
  wald: (c, k) => random.wald(k, c.mean as number, c.shape),
  geometric: (c, k) => random.geometric(k, c.p as number, c.shape),
  lognormal: (c, k) => random.lognormal(k, c.sigma, c.shape),
  generalized_normal: (c, k) => random.generalizedNormal(k, c.p as number, c.shape),
  binomial: (c, k) => random.binomial(k, c.n!, c.p as number, c.shape),
  orthogonal: ({ n, m = n!, shape = [] }, k) => random.orthogonal(k, n!, { m, shape }),
  initializer: ({ initializer, shape, dtype }, k) => initializerOf[initializer!]!(k, shape!, dtype),
}

/** Relative errors that the transcendental functions of two libraries differ by. ONNX Runtime doesn't round float16 within a chain. */
const tolerance: Readonly<Partial<Record<DType, { readonly rtol: number; readonly atol: number }>>> = {
  float32: { rtol: 2e-6, atol: 1e-6 },
  float64: { rtol: 1e-13, atol: 1e-13 },
  bfloat16: { rtol: 2 ** -7, atol: 0 },
  float16: { rtol: 0.05, atol: 0.02 },
}

const compare = (t: ExecutionContext, y: NDArray, expected: GoldenArray, { stride = 1 }: Case, name: string): void => {
  t.is(y.dtype, expected.dtype, name)
  const count = expected.data.length
  const start = name.includes('[290:]') ? 290 : 0
  if (!name.includes('[:') && stride === 1 && start === 0) t.deepEqual(y.shape, expected.shape, name)
  const all = Array.from(y.data() as Iterable<number | bigint>)
  const picked = Array.from({ length: count }, (_, i) => all[start + i * stride]!)
  const bounds = tolerance[expected.dtype]
  if (bounds !== undefined) allClose(t, picked.map(Number), arrayFrom(expected), bounds, name)
  // 64-bit integers stand in the file as text.
  else t.deepEqual(picked.map(String), expected.data.map((x) => String(typeof x === 'boolean' ? Number(x) : x)), name) // prettier-ignore
}

for (const layout of layouts) {
  for (const fn of Object.keys(calls)) {
    test(`${fn}: as JAX has it, ${layout} layout`, (t) => {
      const cases = Object.entries(golden.cases).filter(([, c]) => c.fn === fn)
      t.true(cases.length > 0)
      config.using('threefryPartitionable', layout === 'partitionable', () => {
        for (const [name, c] of cases) {
          compare(t, calls[fn]!(c, random.key(c.seed)), golden[layout][name]!, c, `${name} ${layout}`)
        }
      })
    })
  }
}

test('each function of the file is called', (t) => {
  t.deepEqual(
    Object.values(golden.cases).filter(({ fn }) => !Object.hasOwn(calls, fn)),
    [],
  )
})

test('uniform of bfloat16 and float64 is exact', (t) => {
  for (const dtype of ['bfloat16', 'float64'] as const) {
    const y = random.uniform(random.key(11), [2, 3, 5], { dtype })
    allClose(t, y, arrayFrom(golden.original[`uniform((2,3,5),${dtype})`]!), { rtol: 0, atol: 0 })
  }
})

test('keys of seeds that need 64 bits are those of JAX with 64-bit integers', (t) => {
  for (const [seed, { data }] of Object.entries(golden.keys_x64)) {
    if (seed === '-1') continue // fits 32 bits: the key is that of JAX without 64-bit integers
    t.deepEqual(elements(random.keyData(random.key(BigInt(seed)))), data.map(Number), seed)
  }
})
