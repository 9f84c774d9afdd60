/** What is better here than in Optax: masks of any container, one dtype of moments, sweeps, minimize as one program. */
import test from 'ava'
import { jit, lax, type NDArray, nnx, np, optax, runtimeStats, tree, valueAndGrad, vmap } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

class Net extends nnx.Module<[x: NDArray], NDArray> {
  readonly layers: readonly nnx.Linear[]
  readonly scale: nnx.Param
  constructor(rngs: nnx.Rngs) {
    super()
    this.layers = [new nnx.Linear(2, 3, { rngs }), new nnx.Linear(3, 1, { rngs })]
    this.scale = new nnx.Param(np.ones([1]))
  }
  override call(x: NDArray): NDArray {
    return this.layers.reduce((y, layer) => layer(y), x).mul(this.scale.value)
  }
}

const state = () => nnx.state(new Net(new nnx.Rngs(0)), nnx.Param)
const ofKernels = (of: unknown) => tree.map((x: NDArray) => x.ndim > 1, of as optax.ArrayTree)
const pure = {
  layers: [
    { bias: false, kernel: true },
    { bias: false, kernel: true },
  ],
  scale: false,
}

test('masks are pure trees, states or functions; the same for params that are a state and for pure ones', (t) => {
  const params = state()
  const plain = nnx.toPureDict(params)
  const zeros = (of: unknown) => tree.map((x: NDArray) => np.zerosLike(x), of as optax.ArrayTree)
  const masks = {
    function: ofKernels,
    state: ofKernels(params),
    pure,
    dict: nnx.toPureDict(ofKernels(params) as never),
  }
  for (const [name, mask] of Object.entries(masks))
    for (const of of [params, plain] as unknown[]) {
      const tx = optax.adamw(1, { weightDecay: 0.5, mask: mask as optax.MaskOrFn })
      const [u] = tx.update(zeros(of), tx.init(of), of)
      const decays = tree.leaves(u as optax.ArrayTree).map((x) => elements(x).some((y) => y !== 0))
      t.deepEqual(decays, [false, true, false, true, false], name)
      t.true(tree.structure(u).equals(tree.structure(of)))
    }
  const prefix = optax.freeze({ layers: [true, false], scale: true })
  const [frozen] = prefix.update(params, prefix.init(params), params)
  t.deepEqual(tree.leaves(frozen as unknown as optax.ArrayTree).map((x) => np.any(x).item()), [0, 0, 0, 1, 0]) // prettier-ignore
})

test('labels are pure trees, states or functions', (t) => {
  const params = state()
  const labelOf = (x: NDArray) => (x.ndim > 1 ? 'matrix' : 'other')
  const labels = tree.map(labelOf, params as unknown as optax.ArrayTree)
  for (const given of [labels, nnx.toPureDict(labels as never), (of: optax.ArrayTree) => tree.map(labelOf, of)]) {
    const tx = optax.partition({ matrix: optax.scale(0), other: optax.scale(2) }, given as object)
    const [u] = tx.update(
      tree.map((x: NDArray) => np.onesLike(x), params as unknown as optax.ArrayTree),
      tx.init(params),
    )
    t.deepEqual(tree.leaves(u).map((x) => elements(x)[0]), [2, 0, 2, 0, 2]) // prettier-ignore
  }
})

test('a weight decay mask of a state, and one of plain objects, in nnx.Optimizer', (t) => {
  const train = (mask: optax.MaskOrFn) => {
    const model = new Net(new nnx.Rngs(0))
    const optimizer = new nnx.Optimizer(model, optax.adamw(0.1, { weightDecay: 0.5, mask }), { wrt: nnx.Param })
    optimizer.update(nnx.grad((m: Net) => np.sum(m(np.ones([1, 2]))))(model))
    return tree.leaves(nnx.state(model, nnx.Param) as unknown as optax.ArrayTree).flatMap(elements)
  }
  const expected = train(ofKernels)
  t.deepEqual(train(pure), expected)
  t.deepEqual(train(ofKernels(state())!), expected)
  t.notDeepEqual(train(true), expected)
})

test('errors name the path, both trees and the wrapper', (t) => {
  const params = { a: { w: np.ones([2]) }, b: np.ones([1]) }
  const message = (f: () => unknown) => (attempt(f) as Error).message
  const attempt = (f: () => unknown): unknown => {
    try {
      return f()
    } catch (error) {
      return error
    }
  }
  const inner = optax.masked(optax.adam(1), { a: { v: true }, b: true })
  const wrapped = optax.chain(optax.clip(1), optax.masked(inner, { a: true, b: false }))
  t.regex(message(() => wrapped.init(params)), /^masked requires an object with keys 'v' at \['a'\] of the params, as in the mask, got an object with keys 'w' .*\n.*the mask: .*\n.*the params: /) // prettier-ignore
  t.regex(message(() => optax.partition({ x: optax.sgd(1) }, { a: 'x', b: 'z' }).init(params)), /^partition requires a label at \['b'\] of the labels that is one of 'x', got 'z'/) // prettier-ignore
  const several = new optax.MultiSteps(optax.sgd(1), 2)
  t.regex(message(() => several.update<unknown>({ a: params.a }, several.init(params), params)), /^MultiSteps requires .* at the root of the accumulated gradients, as in the updates/) // prettier-ignore
  const injected = optax.injectHyperparams(optax.sgd)(0.1)
  t.regex(message(() => injected.update(params, { ...injected.init(params), hyperparams: {} as never })), /^injectHyperparams requires a number or an array as hyperparams\.learningRate of the state, got undefined/) // prettier-ignore
})

const optimizers: Readonly<Record<string, optax.GradientTransformation<unknown>>> = {
  adabelief: optax.adabelief(0.1),
  adadelta: optax.adadelta(1),
  adafactor: optax.adafactor(0.1, { minDimSizeToFactor: 2, momentum: 0.9 }),
  adagrad: optax.adagrad(0.1),
  adam: optax.adam(0.1),
  adan: optax.adan(0.1),
  ademamix: optax.contrib.ademamix(0.1),
  amsgrad: optax.amsgrad(0.1),
  lamb: optax.lamb(0.1),
  lion: optax.lion(0.1),
  muon: optax.contrib.muon(0.1),
  novograd: optax.novograd(0.1),
  prodigy: optax.contrib.prodigy(),
  rmsprop: optax.rmsprop(0.1, { centered: true, momentum: 0.9 }),
  sgd: optax.sgd(0.1, { momentum: 0.9 }),
  sm3: optax.sm3(0.1),
}

const dtypes = (of: unknown) => new Set(tree.leaves(of as optax.ArrayTree).map((x) => x.dtype).filter((d) => !d.startsWith('int') && d !== 'bool')) // prettier-ignore

for (const [name, inner] of Object.entries(optimizers))
  test(`one accumulator dtype for everything: ${name}`, (t) => {
    const tx = optax.withAccumulatorDtype(inner, 'float32')
    const p = { b: np.array([1, -2], { dtype: 'bfloat16' }), w: np.array([[1, 2], [3, -4]], { dtype: 'bfloat16' }) } // prettier-ignore
    const g = tree.map((x: NDArray) => x.mul(0.5), p)
    const exact = tree.map((x: NDArray) => x.astype('float32'), p)
    let [s, reference] = [tx.init(p), inner.init(exact)]
    for (let i = 0; i < 2; i++) {
      const [u, next] = tx.update(g, s, p)
      const [v, following] = inner.update(
        tree.map((x: NDArray) => x.mul(0.5), exact),
        reference,
        exact,
      )
      t.deepEqual([...dtypes(u)], ['bfloat16'])
      t.deepEqual([...dtypes(next)], ['float32'])
      t.true(tree.structure(next).equals(tree.structure(s)))
      for (const k of ['b', 'w'] as const) t.deepEqual(elements(u[k]), elements(v[k].astype('bfloat16')))
      ;[s, reference] = [next, following]
    }
  })

test('a second moment of bfloat16 stands still, that of one accumulator dtype does not', (t) => {
  const p = np.array([1], { dtype: 'bfloat16' })
  const after = (tx: optax.GradientTransformation<readonly [optax.ScaleByAdamState, unknown]>) => {
    let s = tx.init(p)
    for (let i = 0; i < 20; i++) s = tx.update(np.array([i === 0 ? 1 : 0.02], { dtype: 'bfloat16' }), s, p)[1]
    return (s[0].nu as NDArray).item()
  }
  const exact = 0.001 * 0.999 ** 19 + 0.0004 * (1 - 0.999 ** 19)
  t.true(Math.abs(after(optax.adam(0.1)) - exact) > 0.01 * exact)
  t.true(Math.abs(after(optax.withAccumulatorDtype(optax.adam(0.1), 'float32')) - exact) < 1e-3 * exact)
  t.throws(() => optax.withAccumulatorDtype(optax.adam(1), 'int32'), { name: 'ArgumentError', message: /a floating point dtype, got int32/ }) // prettier-ignore
})

test('whole trainings are swept by vmap: learning rate, decay and a schedule', (t) => {
  const target = np.array([1, -2])
  const loss = (p: NDArray) => np.sum(p.sub(target).square())
  const train = (rate: NDArray, weightDecay: NDArray): NDArray => {
    const tx = optax.adamw(optax.cosineDecaySchedule(rate, 20), { weightDecay })
    const start = np.zeros([2])
    const step = ([p, s]: readonly [NDArray, optax.StateOf<typeof tx>]) => {
      const [value, g] = valueAndGrad(loss)(p)
      const [u, next] = tx.update(g, s, p)
      return [[optax.applyUpdates(p, u), next] as const, value] as const
    }
    return loss(lax.scan(step, [start, tx.init(start)] as const, null, { length: 20 })[0][0])
  }
  const sweep = jit(vmap(train))
  const rates = np.array([0.01, 0.1, 0.5])
  const losses = sweep(rates, np.zeros([3]))
  const alone = [0.01, 0.1, 0.5].map((rate) => jit(train)(np.array(rate), np.array(0)).item())
  allClose(t, losses, alone, { rtol: 1e-4 })
  const decays = np.array([0.5, 0.5, 0.5])
  const { sessionsCreated } = runtimeStats()
  const decayed = sweep(rates, decays)
  t.is(runtimeStats().sessionsCreated, sessionsCreated)
  elements(decayed).forEach((x, i) => {
    t.true(x > elements(losses)[i]!)
  })
  t.is(sweep.traceCount, 1)
})

test('minimize is one program, whatever the start and the tolerance', (t) => {
  const quartic = (x: NDArray) => np.sum(np.power(x.sub(1), 4))
  const first = optax.minimize(quartic, np.array([3, -1]), optax.lbfgs(), { tol: 1e-4 })
  t.true(first.gradNorm.item() <= 1e-4)
  const { sessionsCreated } = runtimeStats()
  const second = optax.minimize(quartic, np.array([5, 2]), optax.lbfgs(), { tol: 1e-2, maxSteps: 30 })
  t.true(second.gradNorm.item() <= 1e-2 && second.steps.item() < first.steps.item() + 30)
  t.is(optax.minimize(quartic, np.array([5, 2]), optax.lbfgs(), { tol: 0, maxSteps: 2 }).steps.item(), 2)
  t.is(runtimeStats().sessionsCreated, sessionsCreated)
})
