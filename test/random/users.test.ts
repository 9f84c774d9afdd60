/** Which sampler, with which key, each initializer, layer and optimizer draws from: inventory 4.3. */
import test from 'ava'
import { nn, nnx, type NDArray, np, optax, random } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

const { initializers } = nn
const key = random.key(4)
const truncated = 0.87962566103423978

/** What is drawn, and the same by its sampler. */
const draws: Readonly<Record<string, () => readonly [drawn: NDArray, expected: NDArray]>> = {
  'normal(0.5)': () => [initializers.normal(0.5)(key, [2, 3]), random.normal(key, [2, 3]).mul(0.5)],
  'uniform(2)': () => [initializers.uniform(2)(key, [2, 3]), random.uniform(key, [2, 3]).mul(2)],
  'varianceScaling of normal': () => [
    initializers.varianceScaling(2, 'fan_in', 'normal')(key, [2, 3]),
    random.normal(key, [2, 3]),
  ],
  'heUniform, which lies around 0': () => [
    initializers.heUniform()(key, [2, 3]),
    random.uniform(key, [2, 3], { minval: -1 }).mul(Math.sqrt(3)),
  ],
  'lecunNormal, which is truncated': () => [
    initializers.lecunNormal()(key, [4, 3]),
    random.truncatedNormal(key, -2, 2, [4, 3]).mul(0.5 / truncated),
  ],
  'orthogonal of a row, a normal one made a unit vector': () => {
    const x = random.normal(key, [3, 1])
    return [initializers.orthogonal()(key, [1, 3]), x.T.div(np.sqrt(x.square().sum()))]
  },
  Linear: () => [
    new nnx.Linear(4, 3, { rngs: new nnx.Rngs(5) }).kernel.value,
    initializers.lecunNormal()(random.foldIn(random.key(5), 0), [4, 3]),
  ],
  Embed: () => [
    new nnx.Embed(3, 4, { rngs: new nnx.Rngs(5) }).embedding.value,
    random.normal(random.foldIn(random.key(5), 0), [3, 4]).mul(0.5),
  ],
  'Dropout, of a fork of its stream': () => [
    new nnx.Dropout(0.25, { rngs: new nnx.Rngs(5) })(np.ones([20])).ne(0),
    random.bernoulli(random.foldIn(random.foldIn(random.key(5), 0), 0), 0.75, [20]),
  ],
  'LoRA, its first matrix': () => [
    new nnx.LoRA(3, 2, 4, { rngs: new nnx.Rngs(5) }).loraA.value,
    initializers.heUniform()(random.foldIn(random.key(5), 0), [3, 2]),
  ],
  'SpectralNorm, its vector': () => {
    const rngs = new nnx.Rngs(5)
    const layer = new nnx.SpectralNorm(new nnx.Linear(3, 4, { rngs }), { rngs })
    const drawn = layer.batchStats['kernel/u']!.value
    return [drawn, random.normal(random.foldIn(random.key(5), 2), [1, 4]).mul(0.01)]
  },
  'addNoise, a key for each array': () => {
    const zeros = { a: np.zeros([3]), b: np.zeros([2]) }
    const { init, update } = optax.addNoise(4, 0, key)
    const noisy = update(zeros, init(zeros))[0]
    const [, sampleKey] = random.split(key)
    const [, keyOfB] = random.split(sampleKey!, 2)
    return [noisy.b, random.normal(keyOfB!, [2]).mul(2)]
  },
  'perturbations.Normal': () => [new optax.perturbations.Normal().sample(key, [3]), random.normal(key, [3])],
  'perturbations.Gumbel': () => [new optax.perturbations.Gumbel().sample(key, [3]), random.gumbel(key, [3])],
  'randomLike of signs, as Sophia draws them': () => [
    optax.tree.randomLike(key, { a: np.zeros([9]) }, { sampler: random.rademacher, dtype: 'float32' }).a,
    random.rademacher(random.split(key, 1).at(0), [9], { dtype: 'float32' }),
  ],
  'powerIteration, whose start is random.key(0)': () => {
    const matrix = np.array([[2, 0.5], [0.5, 1]]) // prettier-ignore
    const start = random.uniform(random.key(0), [2], { minval: -1 })
    return [
      optax.powerIteration(matrix, { numIters: 3 })[1],
      optax.powerIteration(matrix, { numIters: 3, v0: start })[1],
    ]
  },
}

test('initializers, layers and optimizers draw from these samplers', (t) => {
  for (const [name, draw] of Object.entries(draws)) {
    const [drawn, expected] = draw()
    t.deepEqual(drawn.shape, expected.shape, name)
    allClose(t, drawn, expected, { rtol: 2e-6, atol: 1e-7 }, name)
  }
})

test('zeros, ones and constants draw nothing, but their keys are used up', (t) => {
  for (const init of [initializers.zeros, initializers.ones, initializers.constant(2)]) {
    t.deepEqual(elements(init(key, [2])), elements(init(random.key(5), [2])))
  }
  const rngs = new nnx.Rngs(0)
  new nnx.Linear(2, 3, { rngs })
  t.is(rngs.default.count.value.item(), 2)
  new nnx.Linear(2, 3, { rngs, useBias: false })
  t.is(rngs.default.count.value.item(), 3)
})
