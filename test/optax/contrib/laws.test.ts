/** Laws of `optax.contrib`: a new transformation is a new row. */
import test from 'ava'
import { type DType, jit, type NDArray, np, optax, tree, valueAndGrad, vmap } from '../../../src/index.js'
import { allClose, elements, sample } from '../../helpers/arrays.js'
import { loss, params, toArrays, type Weights } from '../problem.js'
import type { AnyTx } from './variations.js'

const c = optax.contrib
type Rate = NDArray | number
type Tx = optax.GradientTransformation<unknown>

interface Row {
  readonly name: string
  readonly make: (learningRate: Rate) => AnyTx
  /** Learning rate with which the distance to the minimum falls below 0.03. */
  readonly learningRate: number
  /** Steps it takes; default 3000. */
  readonly steps?: number
  /** Whether steps don't depend on the size of the gradients, which is all that its learning rate changes. */
  readonly scaleFree?: boolean
}

const ascent = optax.chain(c.normalize(), optax.sgd(1e-3))
const rows: readonly Row[] = [
  { name: 'acprop', make: (lr) => c.acprop(lr), learningRate: 1e-2 },
  { name: 'ademamix', make: (lr) => c.ademamix(lr, { b3: 0.99 }), learningRate: 1e-2 },
  { name: 'simplifiedAdemamix', make: (lr) => c.simplifiedAdemamix(lr, { alpha: 1 }), learningRate: 1e-3 },
  { name: 'adopt', make: (lr) => c.adopt(lr), learningRate: 1e-2 },
  { name: 'adopt, nesterov', make: (lr) => c.adopt(lr, { nesterov: true, useClipping: false }), learningRate: 1e-2 },
  { name: 'cocob', make: (lr) => c.cocob({ learningRate: lr }), learningRate: 1, steps: 6000, scaleFree: true },
  { name: 'dadaptAdamw', make: (lr) => c.dadaptAdamw({ learningRate: lr }), learningRate: 0.3 },
  { name: 'dog', make: (lr) => c.dog({ learningRate: lr }), learningRate: 1 },
  { name: 'dog, learning rate', make: (lr) => c.dog({ learningRate: lr, initStep: ['learning_rate', 1e-3] }), learningRate: 1 }, // prettier-ignore
  { name: 'dowg', make: (lr) => c.dowg({ learningRate: lr }), learningRate: 1 },
  { name: 'galore', make: (lr) => c.galore(lr, { rank: 1, updateProjGap: 20 }), learningRate: 1e-2 },
  { name: 'madgrad', make: (lr) => c.madgrad(lr), learningRate: 1e-1 },
  {
    name: 'mechanize',
    make: (lr) => c.mechanize(optax.sgd(lr), { weightDecay: 0, sInit: 1e-3 }),
    learningRate: 0.1,
  },
  { name: 'momo', make: (lr) => c.momo({ learningRate: lr }), learningRate: 0.1 },
  { name: 'momo, bound', make: (lr) => c.momo({ learningRate: lr, lowerBound: -1, adaptLowerBound: true }), learningRate: 0.1 }, // prettier-ignore
  { name: 'momoAdam', make: (lr) => c.momoAdam({ learningRate: lr }), learningRate: 0.1 },
  { name: 'momoAdam, bound', make: (lr) => c.momoAdam({ learningRate: lr, adaptLowerBound: true }), learningRate: 0.1 },
  { name: 'muon', make: (lr) => c.muon(lr), learningRate: 1e-2 },
  { name: 'prodigy', make: (lr) => c.prodigy({ learningRate: lr }), learningRate: 0.3 },
  { name: 'reduceOnPlateau', make: (lr) => optax.chain(optax.sgd(lr), c.reduceOnPlateau()), learningRate: 0.05 },
  { name: 'sam', make: (lr) => c.sam(optax.sgd(lr), ascent), learningRate: 0.05 },
  { name: 'sam, opaque', make: (lr) => c.sam(optax.sgd(lr), ascent, { opaqueMode: true }), learningRate: 0.05 },
  { name: 'scheduleFree', make: (lr) => c.scheduleFree(optax.sgd(lr), lr), learningRate: 0.1 },
  { name: 'scheduleFreeSgd', make: (lr) => c.scheduleFreeSgd({ learningRate: lr }), learningRate: 0.1 },
  { name: 'scheduleFreeAdamw', make: (lr) => c.scheduleFreeAdamw({ learningRate: lr }), learningRate: 0.05 },
  { name: 'sophia', make: (lr) => c.sophia(lr), learningRate: 1e-2 },
]

/** What updates need beyond the params; the same for all. */
const extras = <P>(value: NDArray, objective: (p: P) => NDArray) => ({
  value,
  objFn: objective,
  gradFn: (p: P) => valueAndGrad(objective)(p)[1],
})
const erased = (tx: AnyTx): Tx => tx as unknown as Tx

for (const { name, make, learningRate, steps = 3000, scaleFree = false } of rows) {
  test(`${name} converges on a parabola`, (t) => {
    const tx = erased(make(learningRate))
    const step = jit((p: Weights, s: unknown) => {
      const [value, g] = valueAndGrad(loss)(p)
      const [u, next] = tx.update(g, s, p, extras(value, loss))
      return [optax.applyUpdates(p, u), next] as const
    })
    let p = toArrays(params)
    let s = tx.init(p)
    for (let i = 0; i < steps; i++) [p, s] = step(p, s)
    t.true(loss(p).item() < 1e-2, `the loss is ${loss(p).item()}`)
    t.is(step.traceCount, 1)
  })

  test(`${name} under vmap over learning rates`, (t) => {
    const start = { m: sample([3, 2], 5, 'float32'), v: np.array([1, -2]) }
    const objective = (p: typeof start): NDArray => np.sum(p.m.square()).add(np.sum(p.v.square()))
    const three = (lr: NDArray) => {
      const tx = erased(make(lr))
      let p = start
      let s = tx.init(p)
      for (let i = 0; i < 3; i++) {
        const [value, g] = valueAndGrad(objective)(p)
        const [u, next] = tx.update(g, s, p, extras(value, objective))
        p = optax.applyUpdates(p, u)
        s = next
      }
      return np.concatenate([p.m.ravel(), p.v])
    }
    const rates = [0.5, 1, 2].map((k) => k * learningRate)
    const mapped = vmap(three)(np.array(rates))
    allClose(t, mapped, rates.flatMap((lr) => elements(jit(three)(np.array(lr)))), { rtol: 1e-5, atol: 1e-6 }) // prettier-ignore
    if (scaleFree) allClose(t, elements(mapped).slice(0, 8), elements(mapped).slice(16))
    else t.notDeepEqual(elements(mapped).slice(0, 8), elements(mapped).slice(16))
  })
}

const nested = (dtype: DType) => ({
  b: sample([3], 1, dtype),
  layers: [sample([2, 2], 2, dtype), { w: sample([1], 3, dtype), none: null }, []],
  names: new Map([['x', sample([3, 2], 4, dtype)]]),
})
type Nested = ReturnType<typeof nested>
const leaves = (x: unknown): readonly NDArray[] => tree.leaves(x as optax.ArrayTree)
const avals = (x: unknown) => leaves(x).map((y) => `${y.dtype}[${y.shape.join()}]`)
const values = (x: unknown) => leaves(x).flatMap(elements)
const objective = (p: Nested): NDArray =>
  leaves(p).reduce((sum: NDArray, x) => sum.add(np.sum(x.astype('float32').square())), np.array(0))

const parts: Readonly<Record<string, AnyTx>> = {
  ...Object.fromEntries(rows.map(({ name, make, learningRate }) => [name, make(learningRate)])),
  normalize: c.normalize(),
  scaleByAcprop: c.scaleByAcprop(),
  scaleByAdemamix: c.scaleByAdemamix(),
  scaleBySimplifiedAdemamix: c.scaleBySimplifiedAdemamix(),
  scaleByAdopt: c.scaleByAdopt(),
  scaleByCocob: c.scaleByCocob(),
  scaleByDog: c.scaleByDog(['distance', 0.1]),
  scaleByDowg: c.scaleByDowg(),
  scaleByGalore: c.scaleByGalore({ rank: 1 }),
  scaleByMadgrad: c.scaleByMadgrad(0.1),
  scaleBySophia: c.scaleBySophia({ updateInterval: 2 }),
  'prodigy, decay': c.prodigy({ weightDecay: 0.1, weightDecayMask: (p: optax.ArrayTree) => tree.map((x: NDArray) => x.ndim > 1, p) }), // prettier-ignore
  'sam, three': c.sam(optax.adam(0.1), ascent, { syncPeriod: 3, resetState: false }),
  hutchinson: c.hutchinsonEstimatorDiagHessian(),
}

/** In half precision their eps, or the square of their first estimate, is 0, in Optax as well: 0 / 0. */
const underflowing = ['adopt, nesterov', 'dadaptAdamw', 'mechanize', 'prodigy', 'prodigy, decay']

for (const [name, any] of Object.entries(parts)) {
  const tx = erased(any)
  const known = extras(np.array(3), objective)
  for (const dtype of ['float32', 'bfloat16', 'float16', 'float64'] as const)
    test(`${name}: the state and the updates keep structure and dtypes in ${dtype}`, (t) => {
      const p = nested(dtype)
      const g = tree.map((x: NDArray) => x.mul(0.5).add(3), p)
      let s = tx.init(p)
      const before = [tree.structure(s).toString(), avals(s)]
      let u: Nested = g
      for (let i = 0; i < 3; i++) {
        ;[u, s] = tx.update(g, s, p, known)
        t.deepEqual([tree.structure(s).toString(), avals(s)], before)
        t.true(tree.structure(u).equals(tree.structure(p)))
        if (dtype !== 'float16' || !underflowing.includes(name))
          t.true(values(u).every(Number.isFinite), `${values(u)}`)
        t.deepEqual(avals(u), avals(p))
      }
    })

  test(`${name}: jit is eager, and changes no argument`, (t) => {
    const p = nested('float32')
    const g = tree.map((x: NDArray) => x.mul(-2), p)
    const s = tx.init(p)
    const given = [values(p), values(g), values(s)]
    const jitted = jit((g: Nested, s: unknown, p: Nested) => tx.update(g, s, p, known))
    let [a, b] = [s, s]
    for (let i = 0; i < 3; i++) {
      const [eager, nextA] = tx.update(g, a, p, known)
      const [compiled, nextB] = jitted(g, b, p)
      allClose(t, values(compiled), values(eager), { rtol: 1e-5, atol: 1e-6 })
      allClose(t, values(nextB), values(nextA), { rtol: 1e-5, atol: 1e-6 })
      ;[a, b] = [nextA, nextB]
    }
    t.is(jitted.traceCount, 1)
    t.deepEqual([values(p), values(g), values(s)], given)
  })

  test(`${name}: trees without arrays`, (t) => {
    for (const empty of [{}, [], [null], { a: null, b: [[]] }]) {
      const s = tx.init<unknown>(empty)
      const [u, next] = tx.update<unknown>(empty, s, empty, { ...known, objFn: () => np.array(0), gradFn: () => empty })
      t.deepEqual(u, empty)
      t.deepEqual(avals(next), avals(s))
    }
  })
}
