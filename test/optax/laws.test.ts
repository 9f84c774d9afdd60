/** Laws of all transformations. */
import test from 'ava'
import { type DType, jit, type NDArray, np, optax, tree, valueAndGrad, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { all, optimizers, type Transformation } from './transformations.js'

const parabola = {
  start: [-1, 10, 1],
  end: [1, -1, 1],
  loss: (p: NDArray) => np.sum(p.sub(np.array([1, -1, 1])).square()),
}
const rosenbrock = {
  start: [0, 0],
  end: [1, 1],
  loss: (p: NDArray) => {
    const [x, y] = np.split(p, 2) as [NDArray, NDArray]
    return np.sum(np.subtract(1, x).square().add(y.sub(x.square()).square().mul(100)))
  },
}

const value = np.array(1.5)

for (const { name, make, learningRate, fails = [] } of optimizers)
  for (const [problem, { start, end, loss }] of Object.entries({ parabola, rosenbrock })) {
    if (fails.includes(problem)) continue
    test(`${name} converges: ${problem}`, (t) => {
      const tx = make(learningRate)
      const step = jit((p: NDArray, s: unknown) => {
        const [v, g] = valueAndGrad(loss)(p)
        const [u, next] = tx.update(g, s, p, { value: v })
        return [optax.applyUpdates(p, u), next] as const
      })
      let p = np.array(start)
      let s = tx.init(p)
      const distance = () => Math.max(...elements(p).map((x, i) => Math.abs(x - end[i]!)))
      for (let i = 0; i < 10_000 && (i % 500 !== 0 || distance() > 1e-2); i++) [p, s] = step(p, s)
      allClose(t, p, end, { rtol: 3e-2, atol: 3e-2 })
      t.is(step.traceCount, 1)
    })
  }

for (const { name, make, learningRate, scheduled = true } of optimizers) {
  test(`${name} under vmap over learning rates`, (t) => {
    const two = (lr: NDArray) => {
      const tx = make(lr)
      let p = np.array([1, -2])
      let s = tx.init(p)
      for (let i = 0; i < 2; i++) {
        const [u, next] = tx.update(p.mul(2), s, p, { value: np.sum(p.square()) })
        p = optax.applyUpdates(p, u)
        s = next
      }
      return p
    }
    const rates = [0.5, 1, 2].map((k) => k * learningRate)
    const rows = vmap(two)(np.array(rates))
    allClose(t, rows, rates.flatMap((lr) => elements(jit(two)(np.array(lr)))), { rtol: 1e-6 }) // prettier-ignore
    t.not(elements(rows)[0], elements(rows)[2])
  })

  if (!scheduled) continue
  test(`${name} with a schedule that is constant is the same`, (t) => {
    const [p, g] = [np.array([1, -2]), np.array([0.3, 4])]
    const first = (tx: Transformation) => tx.update(g, tx.init(p), p, { value })[0]
    allClose(t, first(make(optax.constantSchedule(0.1))), first(make(0.1)), { rtol: 1e-6 })
  })
}

const nested = (dtype: DType) => ({
  b: sample([3], 1, dtype),
  layers: [sample([2, 2], 2, dtype), { w: sample([1], 3, dtype), none: null }, []],
  names: new Map([['x', sample([], 4, dtype)]]),
})
type Nested = ReturnType<typeof nested>
const avals = (x: unknown) => tree.leaves(x as optax.ArrayTree).map((y) => `${y.dtype}[${y.shape.join()}]`)
const values = (x: unknown) => tree.leaves(x as optax.ArrayTree).flatMap(elements)

for (const [name, { tx, promotes = false }] of Object.entries(all)) {
  for (const dtype of ['float32', 'bfloat16', 'float16', 'float64'] as const)
    test(`${name}: the state and the updates keep structure and dtypes in ${dtype}`, (t) => {
      const p = nested(dtype)
      // Their squares, divided by 1000, must stay normal numbers of half precision.
      const g = tree.map((x: NDArray) => x.mul(0.5).add(3), p)
      let s = tx.init(p)
      const before = [tree.structure(s).toString(), avals(s)]
      let u: Nested = g
      for (let i = 0; i < 3; i++) {
        ;[u, s] = tx.update(g, s, p, { value })
        t.deepEqual([tree.structure(s).toString(), avals(s)], before)
        t.true(tree.structure(u).equals(tree.structure(p)))
        t.true(values(u).every(Number.isFinite))
        t.deepEqual(avals(optax.applyUpdates(p, u)), avals(p))
      }
      if (!promotes) t.deepEqual(avals(u), avals(p))
    })

  test(`${name}: jit is eager, and changes no argument`, (t) => {
    const p = nested('float32')
    const g = tree.map((x: NDArray) => x.mul(-2), p)
    const s = tx.init(p)
    const given = [values(p), values(g), values(s)]
    const jitted = jit((g: Nested, s: unknown, p: Nested) => tx.update(g, s, p, { value }))
    let [a, b] = [s, s]
    for (let i = 0; i < 3; i++) {
      const [eager, nextA] = tx.update(g, a, p, { value })
      const [compiled, nextB] = jitted(g, b, p)
      allClose(t, values(compiled), values(eager), { rtol: 1e-6, atol: 1e-7 })
      allClose(t, values(nextB), values(nextA), { rtol: 1e-6, atol: 1e-7 })
      ;[a, b] = [nextA, nextB]
    }
    t.is(jitted.traceCount, 1)
    t.deepEqual([values(p), values(g), values(s)], given)
  })

  test(`${name}: trees without arrays`, (t) => {
    for (const empty of [{}, [], [null], { a: null, b: [[]] }]) {
      const s = tx.init<unknown>(empty)
      const [u, next] = tx.update<unknown>(empty, s, empty, { value })
      t.deepEqual(u, empty)
      t.deepEqual(avals(next), avals(s))
    }
  })

  test(`${name}: extra arguments pass`, (t) => {
    const p = np.array([1, 2])
    const seen: unknown[] = []
    const spy = optax.GradientTransformation(
      () => [],
      (u, s, params, extra) => {
        seen.push(params, extra)
        return [u, s]
      },
    )
    const chained = optax.chain(spy, tx, spy)
    const extra = { value: np.array(3), anything: 'else' }
    const [u] = chained.update(p, chained.init(p), p, extra)
    t.deepEqual(seen, [p, extra, p, extra])
    allClose(t, u, tx.update(p, tx.init(p), p, extra)[0])
  })
}
