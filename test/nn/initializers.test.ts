import test from 'ava'
import { ArgumentError, config, jit, nn, type NDArray, random, ShapeError, vmap } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { readGolden } from '../helpers/golden.js'

const { initializers } = nn
const key = random.key(0)

const deviation = (x: NDArray): number => x.astype('float64').std().item()

test('variances are scale / connections', (t) => {
  const shape = [60, 150]
  const expected: Readonly<Record<string, readonly [nn.Initializer, number]>> = {
    lecunNormal: [initializers.lecunNormal(), 1 / 60],
    lecunUniform: [initializers.lecunUniform(), 1 / 60],
    glorotNormal: [initializers.glorotNormal(), 2 / 210],
    glorotUniform: [initializers.glorotUniform(), 2 / 210],
    xavierNormal: [initializers.xavierNormal(), 2 / 210],
    xavierUniform: [initializers.xavierUniform(), 2 / 210],
    heNormal: [initializers.heNormal(), 2 / 60],
    heUniform: [initializers.heUniform(), 2 / 60],
    kaimingNormal: [initializers.kaimingNormal(), 2 / 60],
    kaimingUniform: [initializers.kaimingUniform(), 2 / 60],
    fanOut: [initializers.varianceScaling(3, 'fan_out', 'normal'), 3 / 150],
    geometric: [initializers.varianceScaling(1, 'fan_geo_avg', 'normal'), 1 / Math.sqrt(60 * 150)],
    swapped: [initializers.lecunNormal({ inAxis: -1, outAxis: 0 }), 1 / 150],
    normal: [initializers.normal(0.5), 0.25],
    truncatedNormal: [initializers.truncatedNormal(0.5), (0.5 * 0.8796256610342398) ** 2],
  }
  for (const [name, [initializer, variance]] of Object.entries(expected)) {
    const ratio = deviation(initializer(key, shape)) / Math.sqrt(variance)
    t.true(Math.abs(ratio - 1) < 0.03, `${name}: ${ratio}`)
  }
})

test('fans of convolutions, of several axes and of batches', (t) => {
  const ratio = (initializer: nn.Initializer, shape: readonly number[], like: nn.Initializer): number =>
    elements(initializer(key, shape))[0]! / elements(like(key, shape))[0]!
  const normal = initializers.normal(1)
  const close = (a: number, b: number): void => {
    t.true(Math.abs(a - b) < 1e-6 * b, `${a}, ${b}`)
  }
  const fanIn = (options: nn.initializers.VarianceScalingOptions): nn.Initializer =>
    initializers.varianceScaling(1, 'fan_in', 'normal', options)
  close(ratio(fanIn({}), [3, 3, 4, 8], normal), 1 / 6)
  close(ratio(fanIn({ batchAxis: 0 }), [3, 3, 4, 8], normal), 1 / Math.sqrt(12))
  close(ratio(fanIn({ inAxis: [0, 1], outAxis: [2, 3] }), [3, 3, 4, 8], normal), 1 / 3)
})

test('ranges: uniform in [0, scale), truncatedNormal inside of its bounds', (t) => {
  const u = elements(initializers.uniform(3)(key, [500]))
  t.true(u.every((x) => x >= 0 && x < 3) && Math.max(...u) > 2.9)
  const n = elements(initializers.truncatedNormal(2, { lower: -1, upper: 0.5 })(key, [500]))
  t.true(n.every((x) => x > -2 && x < 1))
})

test('dtypes: the call wins over the option', (t) => {
  const all = { zeros: initializers.zerosInit, ones: initializers.onesInit, lecun: initializers.lecunNormal, uniform: () => initializers.uniform(1, { dtype: 'float64' }) } // prettier-ignore
  for (const make of Object.values(all)) t.is(make()(key, [2, 2], 'bfloat16').dtype, 'bfloat16')
  t.is(initializers.uniform(1, { dtype: 'float64' })(key, [2]).dtype, 'float64')
  t.is(initializers.heNormal({ dtype: 'float16' })(key, [2, 2]).dtype, 'float16')
  t.is(initializers.constant(3, { dtype: 'int32' })(key, [2]).dtype, 'int32')
  t.deepEqual(initializers.constant(3)(key, [2]).toArray(), [3, 3])
})

test('under jit and vmap', (t) => {
  const initializer = initializers.heNormal()
  const draw = (k: random.PRNGKey): NDArray => initializer(k, [2, 3])
  const keys = random.split(key, 4)
  allClose(
    t,
    vmap(draw)(keys).ravel(),
    [...keys].flatMap((k) => elements(draw(k))),
    { rtol: 3e-7, atol: 1e-7 },
  )
  allClose(t, jit(draw)(key), draw(key), { rtol: 3e-7, atol: 1e-7 })
})

test('as Flax has them, in both layouts', (t) => {
  const golden = readGolden<Record<string, Record<string, readonly (readonly number[])[]>>>('nnx-rng-golden')
  const made: Readonly<Record<string, nn.Initializer>> = {
    lecun_normal: initializers.lecunNormal(),
    lecun_uniform: initializers.lecunUniform(),
    glorot_normal: initializers.glorotNormal(),
    glorot_uniform: initializers.glorotUniform(),
    he_normal: initializers.heNormal(),
    he_uniform: initializers.heUniform(),
    normal: initializers.normal(),
    uniform: initializers.uniform(),
    truncated_normal: initializers.truncatedNormal(),
    'constant(2)': initializers.constant(2),
    'variance_scaling(1,fan_in,normal,out_axis=0)': initializers.varianceScaling(1, 'fan_in', 'normal', { outAxis: 0 }),
  }
  const layouts = { 'True (default since jax 0.5)': true, 'False (default before jax 0.5)': false }
  for (const [layout, partitionable] of Object.entries(layouts)) {
    const expected = golden[`rng_threefry_partitionable=${layout}`]!
    config.using('threefryPartitionable', partitionable, () => {
      for (const [name, initializer] of Object.entries(made)) {
        const values = expected[`init.${name}(key0,(2,3))`]!.flat()
        allClose(t, initializer(key, [2, 3]), values, { rtol: 2e-6, atol: 1e-7 }, `${name} ${layout}`)
      }
    })
  }
})

test('errors', (t) => {
  t.throws(() => initializers.lecunNormal()(key, [3]), {
    instanceOf: ShapeError,
    message: /varianceScaling requires a shape of at least 2 axes \(inputs and outputs\), got \[3\]/,
  })
  t.throws(() => initializers.varianceScaling(1, 'fan_inn' as never, 'normal'), {
    instanceOf: ArgumentError,
    message: /a mode among fan_in, fan_out, fan_avg, fan_geo_avg, got fan_inn/,
  })
  t.throws(() => initializers.varianceScaling(1, 'fan_in', 'gauss' as never), {
    instanceOf: ArgumentError,
    message: /a distribution among truncated_normal, normal, uniform, got gauss/,
  })
  t.throws(() => initializers.normal()(3 as never, [2]), {
    instanceOf: ArgumentError,
    message: /a key made by random.key/,
  })
})
