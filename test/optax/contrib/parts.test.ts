/** What the parts of `optax.contrib` do, one by one: golden numbers and properties. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, grad, jit, type NDArray, np, optax, random, tree, vmap } from '../../../src/index.js'
import { leadingSingularVectors } from '../../../src/optax/contrib/singularVectors.js'
import { allClose, elements, sample } from '../../helpers/arrays.js'

const c = optax.contrib

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
const golden = JSON.parse(readFileSync('test/golden/optax-contrib.json', 'utf8')) as {
  readonly orthogonalize: Readonly<Record<string, Encoded>> & { readonly inputs: Readonly<Record<string, Encoded>> }
  readonly privacy: Readonly<
    Record<
      string,
      { readonly updates: readonly Readonly<Record<string, readonly number[]>>[]; readonly key: readonly number[] }
    >
  > & { readonly gradients: Readonly<Record<'b' | 'w', Encoded>> }
}
const decoded = ({ dtype, shape, data }: Encoded): NDArray => np.array(data as number[], { dtype }).reshape(shape)

const input = (name: string): NDArray => decoded(golden.orthogonalize.inputs[name]!)
const standard = np.array([3.4445, -4.775, 2.0315])
const dion = np.array([
  [4.0848, -6.8946, 2.927],
  [3.9505, -6.3029, 2.6377],
  [3.7418, -5.5913, 2.3037],
  [2.8769, -3.1427, 1.2046],
  [2.8366, -3.0525, 1.2012],
])
for (const preconditioning of ['frobenius', 'spectral', 'aol', 'schatten'] as const)
  for (const name of ['wide', 'tall', 'dion wide'])
    test(`Newton-Schulz iterations, ${preconditioning} ${name}`, (t) => {
      const of = (x: NDArray) =>
        c.orthogonalizeViaNewtonSchulz(x, name.startsWith('dion') ? dion : standard, { preconditioning })
      const x = input(name.replace('dion ', ''))
      const expected = golden.orthogonalize[`${preconditioning} ${name}`]!
      for (const y of [of(x), jit(of)(x)]) {
        t.deepEqual(y.shape, expected.shape)
        allClose(t, y, expected.data, { rtol: 1e-4, atol: 2e-5 })
      }
    })

test('Newton-Schulz iterations of weights with more axes', (t) => {
  const deep = input('deep')
  for (const [name, reductionAxis, outputAxis] of [
    ['deep (1,-1)', 1, -1],
    ['deep ([1,0],[3])', [1, 0], [3]],
  ] as const) {
    const dimensionNumbers = new c.MuonDimensionNumbers({ reductionAxis, outputAxis })
    const y = c.orthogonalizeViaNewtonSchulz(deep, standard, { nsSteps: 3, dimensionNumbers })
    t.deepEqual(y.shape, deep.shape)
    allClose(t, y, golden.orthogonalize[name]!.data, { rtol: 1e-4, atol: 2e-5 })
  }
})

test('a list of more coefficients than steps: the last are taken', (t) => {
  const x = input('wide')
  const two = c.orthogonalizeViaNewtonSchulz(x, dion, { nsSteps: 2 })
  allClose(t, two, c.orthogonalizeViaNewtonSchulz(x, dion.slice([3, 5]), { nsSteps: 2 }))
  const tx = c.scaleByMuon({ nsCoeffs: 'dion', nsSteps: 2, nesterov: false })
  const [u, s] = tx.update(x, tx.init(x))
  allClose(t, s.nsCoeffs, [2.8769, -3.1427, 1.2046, 2.8366, -3.0525, 1.2012], { rtol: 1e-6 })
  allClose(t, u, two, { rtol: 1e-4, atol: 1e-5 })
})

test('scaleByShape makes updates of a consistent root mean square', (t) => {
  const x = c.orthogonalizeViaNewtonSchulz(input('wide'), np.array([1.5, -0.5, 0]), { nsSteps: 30 })
  const [u] = c.scaleByShape({ consistentRms: 0.2 }).update(x, {})
  allClose(t, np.mean(u.square()).ravel(), [0.04], { rtol: 1e-4 })
  const [wide] = c.scaleByShape().update({ w: np.ones([1, 4]), v: np.ones([4, 1]) }, {})
  t.deepEqual([elements(wide.w)[0], elements(wide.v)[0]], [2, 1])
})

test('muon: labels by dimension numbers, null leaves, bfloat16', (t) => {
  const dims = { emb: null, layers: [new c.MuonDimensionNumbers(), null] }
  const tx = c.muon(0.1, { muonWeightDimensionNumbers: dims })
  const p = { emb: sample([3, 2], 1, 'bfloat16'), layers: [sample([2, 3], 2, 'bfloat16'), null] }
  const s = tx.init(p)
  const count = (x: unknown) => tree.leaves(x as optax.ArrayTree).map((y) => y.shape.join())
  t.deepEqual(count(s.innerStates.muon), ['', '2,3', '3'])
  t.deepEqual(count(s.innerStates.adam), ['', '3,2', '3,2'])
  const [u] = tx.update(p, s, p)
  t.is(u.layers[1], null)
  allClose(t, u.emb, np.negative(np.sign(p.emb)).mul(0.14 / 0.95), { rtol: 1e-2 })
  const gram = np.matmul(u.layers[0]!.astype('float32'), np.transpose(u.layers[0]!.astype('float32'))).div(0.015)
  t.true(
    elements(gram).every((x, i) => Math.abs(x - (i % 3 === 0 ? 1 : 0)) < 0.6),
    `${elements(gram)}`,
  )
})

const reconstructed = (x: NDArray, rank: number): NDArray => {
  const [, u] = leadingSingularVectors(x, rank)
  return np.matmul(u, np.matmul(np.swapaxes(u, -1, -2), x))
}
for (const [rows, columns] of [
  [1, 1],
  [5, 1],
  [4, 4],
  [7, 5],
  [20, 12],
  [40, 33],
] as const)
  // prettier-ignore
  test(`singular vectors of ${rows} × ${columns}`, (t) => {
    const x = sample([rows, columns], rows + columns, 'float32')
    const [values, u] = jit((x: NDArray) => leadingSingularVectors(x, columns))(x)
    t.deepEqual([values.shape, u.shape], [[columns], [rows, columns]])
    allClose(t, np.matmul(np.transpose(u), u), np.eye(columns), { atol: 2e-6 })
    // Uᵀ x xᵀ U is diagonal and holds the squares, from the greatest.
    const projected = np.matmul(np.transpose(u), x)
    allClose(t, np.matmul(projected, np.transpose(projected)), np.eye(columns).mul(values.square()), { rtol: 1e-5, atol: 1e-4 }) // prettier-ignore
    t.deepEqual(elements(values), [...elements(values)].sort((a, b) => b - a))
    allClose(t, reconstructed(x, columns), x, { atol: 5e-6 })
  })

test('singular vectors of deficient, tiny, huge and batched matrices', (t) => {
  const x = np.outer(np.array([1, 2, 2]), np.array([3, 4]))
  const [values, u] = leadingSingularVectors(x, 2)
  allClose(t, values, [15, 0], { rtol: 1e-6, atol: 1e-5 })
  allClose(t, np.abs(u), [1 / 3, 0, 2 / 3, 0, 2 / 3, 0], { rtol: 1e-6 })
  t.deepEqual(elements(leadingSingularVectors(np.zeros([3, 2]), 2)[1]), [0, 0, 0, 0, 0, 0])
  for (const scale of [1e-30, 1e30]) allClose(t, reconstructed(x.mul(scale), 1).div(scale), x, { rtol: 1e-5 })
  const batch = sample([2, 4, 3], 9, 'float32')
  const [both] = leadingSingularVectors(batch, 3)
  const [mapped] = vmap((y: NDArray) => leadingSingularVectors(y, 3))(batch)
  allClose(t, both, mapped, { rtol: 1e-6 })
  allClose(t, both.slice(1), leadingSingularVectors(batch.slice(1), 3)[0], { rtol: 1e-6 })
})

const at = ({ projector }: optax.contrib.GaLoreState, k: 'b' | 'w'): NDArray =>
  (projector as Readonly<Record<'b' | 'w', NDArray>>)[k]

test('galore: weights with more axes, projections renewed only at their time', (t) => {
  const dims = new c.GaLoreDimensionNumbers({ reductionAxis: [0, 1], outputAxis: -1 })
  const tx = c.scaleByGalore({
    rank: 1,
    updateProjGap: 2,
    baseOptimizer: optax.identity(),
    weightDimensionNumbers: dims,
  })
  const p = { b: np.ones([3]), w: sample([2, 2, 3], 1, 'float32') }
  const first = tx.init(p)
  t.deepEqual([at(first, 'b').shape, at(first, 'w').shape], [[0, 0], [4, 1]]) // prettier-ignore
  const [u, second] = tx.update(p, first)
  allClose(t, u.b, p.b)
  allClose(t, u.w.reshape([4, 3]), reconstructed(p.w.reshape([4, 3]), 1), { atol: 1e-6 })
  const other = { b: p.b, w: sample([2, 2, 3], 7, 'float32') }
  const [, third] = tx.update(other, second)
  allClose(t, at(third, 'w'), at(second, 'w'))
  const [, fourth] = tx.update(other, third)
  t.true(Math.abs(np.vdot(at(fourth, 'w'), at(third, 'w')).item()) < 0.999)
  t.true(np.vdot(at(fourth, 'w'), at(third, 'w')).item() >= 0)
})

const gradients = { b: decoded(golden.privacy.gradients.b), w: decoded(golden.privacy.gradients.w) }
const zero = { b: np.zeros([3]), w: np.zeros([2, 3]) }
const private_: Readonly<Record<string, optax.GradientTransformation<unknown>>> = {
  'clip=1,noise=0': c.differentiallyPrivateAggregate(1, 0, random.key(3)),
  'clip=1.5,noise=.3': c.differentiallyPrivateAggregate(1.5, 0.3, 3),
  'clip=2,noise=.1,dpsgd(.05,momentum=.9,nesterov)': c.dpsgd(0.05, 2, 0.1, 3, { momentum: 0.9, nesterov: true }),
}
for (const [name, tx] of Object.entries(private_))
  test(`privacy: ${name}`, (t) => {
    const step = jit((s: unknown) => tx.update(gradients, s))
    let s = tx.init(zero)
    for (const expected of golden.privacy[name]!.updates) {
      const [u, next] = step(s)
      for (const k of ['b', 'w'] as const) allClose(t, u[k], expected[k]!, { rtol: 1e-5, atol: 1e-6 }, k)
      s = next
    }
    const [key] = tree.leaves(s as optax.ArrayTree)
    t.deepEqual(elements(key!), golden.privacy[name]!.key)
  })

test('privacy: an example without a gradient, noise of the right size', (t) => {
  const tx = c.differentiallyPrivateAggregate(1, 0, 0)
  allClose(t, tx.update(np.array([[0, 0], [0.5, 0]]), tx.init(np.zeros([2])))[0], [0.25, 0]) // prettier-ignore
  const noisy = c.differentiallyPrivateAggregate(2, 0.5, 0)
  const g = np.zeros([10, 4000])
  const [u] = noisy.update(g, noisy.init(np.zeros([4000])))
  allClose(t, np.std(u).ravel(), [0.1], { rtol: 0.05 })
})

test('reduceOnPlateau counts, cools down and forgets', (t) => {
  const tx = c.reduceOnPlateau({ patience: 2, factor: 0.5, cooldown: 1, minScale: 0.2, atol: 0.5 })
  const p = np.ones([1])
  let s = tx.init(p)
  const scales = [10, 9.6, 9, 9, 9, 9, 9, 9, 9, 9, 1, 1].map((value) => {
    const [u, next] = tx.update(p, s, p, { value })
    s = next
    return u.item()
  })
  allClose(t, scales, [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25])
  t.is(s.bestValue.item(), 1)
  t.is(s.cooldownCount.item(), 0)
})

test('reduceOnPlateau: a NaN is no improvement, mixed dtypes of params', (t) => {
  const tx = c.reduceOnPlateau({ patience: 1 })
  const p = { a: np.ones([1], { dtype: 'bfloat16' }), b: np.ones([1]) }
  const s = tx.init(p)
  t.deepEqual([s.scale.dtype, s.bestValue.dtype, s.avgValue.dtype], ['bfloat16', 'float32', 'float32'])
  const [u] = tx.update(p, s, p, { value: NaN })
  allClose(t, u.b, [0.1], { rtol: 1e-2 })
})

test('sam descends by the gradients at the end of the ascent', (t) => {
  const rho = 0.5
  const ascent = optax.chain(c.normalize(), optax.sgd(rho))
  const gradFn = grad((p: NDArray) => np.sum(p.square().square()))
  const start = np.array([1, -2])
  const g = gradFn(start)
  const worst = start.add(g.div(optax.globalNorm(g)).mul(rho))
  const expected = start.sub(gradFn(worst).mul(0.01))
  const opaque = c.sam(optax.sgd(0.01), ascent, { opaqueMode: true })
  const [u] = opaque.update(g, opaque.init(start), start, { gradFn })
  allClose(t, start.add(u), expected)
  const tx = c.sam(optax.sgd(0.01), ascent)
  const [up, s] = tx.update(g, tx.init(start), start)
  allClose(t, start.add(up), worst)
  const [down, end] = tx.update(gradFn(start.add(up)), s, start.add(up))
  allClose(t, start.add(up).add(down), expected)
  t.is(end.stepsSinceSync.item(), 0)
})

test("Hutchinson's estimate: the mean is the diagonal, signs are ±1 and change", (t) => {
  const a = np.array([[2, 1], [1, -3]]) // prettier-ignore
  const objFn = (p: NDArray) => np.vdot(p, np.matmul(a, p)).mul(0.5)
  const tx = c.hutchinsonEstimatorDiagHessian({ randomSeed: random.key(1) })
  const p = np.array([1, 2])
  let s = tx.init(p)
  let sum = np.zeros([2])
  const seen = new Set<number>()
  const step = jit((s: optax.contrib.HutchinsonState) => tx.update(p, s, p, { objFn }))
  for (let i = 0; i < 400; i++) {
    const [u, next] = step(s)
    seen.add(elements(u)[0]!)
    sum = sum.add(u)
    s = next
  }
  t.deepEqual([...seen].sort(), [1, 3])
  allClose(t, sum.div(400), [2, -3], { atol: 0.2 })
})

test('sophia estimates in every interval-th update only', (t) => {
  const tx = c.scaleBySophia({ updateInterval: 3, b2: 0.5 })
  const p = np.array([1, 2])
  const objFn = (q: NDArray) => np.sum(q.square())
  let s = tx.init(p)
  const diagonals = [0, 1, 2, 3].map(() => {
    ;[, s] = tx.update(p, s, p, { objFn })
    return (s.nu as NDArray).slice(0).item()
  })
  t.deepEqual(diagonals, [1, 1, 1, 1.5])
})

test('adopt: the first step only looks', (t) => {
  const tx = c.scaleByAdopt({ b1: 0.5 })
  const [first, s] = tx.update(np.array([3, -4]), tx.init(np.zeros([2])))
  t.deepEqual([elements(first).map(Math.abs), elements(s.nu as NDArray), elements(s.mu as NDArray).map(Math.abs)], [[0, 0], [9, 16], [0, 0]]) // prettier-ignore
})

test('scheduleFree: learning rates of 0 average nothing, a NaN shows', (t) => {
  const p = np.array([1])
  const from = (rate: (count: NDArray) => NDArray) => {
    const tx = c.scheduleFree(optax.sgd(0.1), rate)
    return tx.update(np.zeros([1]), tx.init(p), p)
  }
  const [u, s] = from((count) => np.maximum(count.sub(1), 0).mul(0.1))
  t.deepEqual([...elements(u).map(Math.abs), s.weightSum.item(), s.stepCount.item()], [0, 0, 2])
  t.deepEqual(elements(from((count) => count.mul(NaN))[0]), [NaN])
})

test('galore: singular vectors keep their direction when they are renewed', (t) => {
  const tx = c.scaleByGalore({ rank: 2, updateProjGap: 1 })
  const g = { b: np.ones([3]), w: sample([4, 3], 3, 'float32') }
  const [, first] = tx.update(g, tx.init(g))
  const [, second] = tx.update({ b: g.b, w: g.w.neg() }, first)
  allClose(t, at(second, 'w'), at(first, 'w'), { atol: 1e-5 })
})

test('prodigy: weights that decay by a mask', (t) => {
  const p = { b: np.array([1, -2]), w: np.array([[3, -4]]) }
  const first = (options: optax.contrib.ProdigyOptions) => {
    const tx = c.prodigy({ estimLr0: 0.01, ...options })
    return tx.update(p, tx.init(p), p)[0]
  }
  const [none, all] = [first({}), first({ weightDecay: 0.5 })]
  const some = first({ weightDecay: 0.5, weightDecayMask: { b: false, w: true } })
  allClose(t, some.b, none.b)
  allClose(t, some.w, all.w)
  // The rate of the first step is estimLr0 · √(1 - b2) / (1 - b1).
  allClose(t, some.w.sub(none.w), p.w.mul(-0.5 * 0.01 * (Math.sqrt(0.001) / 0.1)), { rtol: 1e-4 })
})

test('mechanize starts from the params of the first update', (t) => {
  const tx = c.mechanize(optax.sgd(0.1))
  const [start, p] = [np.array([1, 2]), np.array([5, -3])]
  const [u, s] = tx.update(p, tx.init(start), p)
  allClose(t, s.x0 as NDArray, p)
  t.true(elements(u).every((x) => Math.abs(x) < 1e-3))
  const [, next] = tx.update(p, s, start)
  allClose(t, next.x0 as NDArray, p)
})

test('the private optimizers have their flat names', (t) => {
  t.is(optax.dpsgd, c.dpsgd)
  t.is(optax.differentiallyPrivateAggregate, c.differentiallyPrivateAggregate)
})
