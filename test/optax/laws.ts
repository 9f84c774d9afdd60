/** Laws of every transformation. */
import test from 'ava'
import { type DType, jit, lax, type NDArray, np, optax, random, tree, valueAndGrad, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { survivesCodecs } from './stateLaws.js'
import { type Extras, type Row, txOf } from './table/index.js'

/** Params with all kinds of nodes, `null`, empty ones, a scalar and matrices. */
export const nested = (dtype: DType) => ({
  b: sample([3], 1, dtype),
  layers: [sample([3, 2], 2, dtype), { w: sample([1], 3, dtype), none: null }, []],
  names: new Map([['x', sample([], 4, dtype)]]),
})
export type Nested = ReturnType<typeof nested>

const leaves = (x: unknown): readonly NDArray[] => tree.leaves(x as optax.ArrayTree)
export const avals = (x: unknown): readonly string[] =>
  leaves(x).map((y) => `${y.dtype}[${y.shape.join()}]${y.weakType ? ' weak' : ''}`)
const values = (x: unknown) => leaves(x).flatMap(elements)
const shapeOf = (x: unknown) => [tree.structure(x).toString(), avals(x)]

const objective = (p: unknown): NDArray =>
  leaves(p).reduce((sum: NDArray, x) => sum.add(np.sum(x.astype('float32').square())), np.array(0))

/** What updates may need, for gradients that needn't be those of the objective. */
export const extrasFor = (grad: unknown): Extras => ({
  value: np.array(3),
  grad,
  valueFn: objective,
  objFn: objective,
  gradFn: (p: Nested) => valueAndGrad(objective as (p: Nested) => NDArray)(p)[1],
})

/** The state after the first steps, and gradients. */
export const begun = (row: Row, dtype: DType = 'float32') => {
  const tx = txOf(row)
  const p = nested(dtype)
  const g = tree.map((x: NDArray) => x.mul(0.5).add(3), p)
  let s = tx.init(p)
  for (let i = 0; i < (row.settles ?? 0); i++) s = tx.update(g, s, p, extrasFor(g))[1]
  return { tx, p, g, s }
}

const keeps = (row: Row): void => {
  for (const dtype of ['float32', 'bfloat16', 'float16', 'float64'] as const)
    test(`${row.name}: the state and the updates keep structure and dtypes in ${dtype}`, (t) => {
      const { tx, p, g, s: first } = begun(row, dtype)
      const before = shapeOf(first)
      let s = first
      let u: Nested = g
      for (let i = 0; i < 3; i++) {
        ;[u, s] = tx.update(g, s, p, extrasFor(g))
        t.deepEqual(shapeOf(s), before)
        t.true(tree.structure(u).equals(tree.structure(p)))
        if (dtype !== 'float16' || row.underflows !== true) t.true(values(u).every(Number.isFinite), `${values(u)}`)
        t.deepEqual(avals(optax.applyUpdates(p, u)), avals(p))
      }
      const [got, expected] = [avals(u), avals(p)]
      if (row.promotes !== true) t.deepEqual(got, expected)
      else t.deepEqual(got.map((x) => x.replace(/^\w+/, '')), expected.map((x) => x.replace(/^\w+/, ''))) // prettier-ignore
    })
}

/** One update, and one and three more in a program: compiled once for all laws of a row. */
const compiledFor = (row: Row) => {
  const { tx, p, s } = begun(row)
  const g = tree.map((x: NDArray) => x.mul(-2), p)
  const update = (s: unknown, g: Nested, p: Nested) => {
    const [u, next] = tx.update(g, s, p, extrasFor(g))
    return [next, u] as const
  }
  const both = jit((s: unknown, g: Nested, p: Nested) => [
    update(s, g, p),
    lax.scan((c: unknown) => update(c, g, p), s, null, { length: 3 }),
  ] as const) // prettier-ignore
  return { p, s, g, update, both }
}

const compiles = (row: Row, fixture: () => ReturnType<typeof compiledFor>): void => {
  test(`${row.name}: under jit and inside scan it is as without, and changes no argument`, (t) => {
    const { p, g, s, update, both } = fixture()
    const given = [values(p), values(g), values(s)]
    let [eagerly, compiled] = [s, s]
    let last: unknown = null
    const all: number[][] = []
    for (let i = 0; i < 3; i++) {
      const [nextEager, u] = update(eagerly, g, p)
      const [[nextCompiled, v], scanned] = both(compiled, g, p)
      allClose(t, values(v), values(u), { rtol: 1e-5, atol: 1e-6 })
      allClose(t, values(nextCompiled), values(nextEager), { rtol: 1e-5, atol: 1e-6 })
      ;[eagerly, compiled] = [nextEager, nextCompiled]
      all.push(values(u))
      last ??= scanned
    }
    const [end, us] = last as readonly [unknown, unknown]
    allClose(t, values(end), values(eagerly), { rtol: 1e-5, atol: 1e-6 }, 'the state after a scan')
    const steps = leaves(us).flatMap((u) => elements(u.reshape([3, -1])))
    const bySteps = leaves(us).flatMap((u, k) => all.flatMap((row) => row.slice(...rangeOf(leaves(us), k, u))))
    allClose(t, steps, bySteps, { rtol: 1e-5, atol: 1e-6 }, 'the updates of a scan')
    t.is(both.traceCount, 1)
    t.deepEqual([values(p), values(g), values(s)], given)
  })
}

/** Where the elements of leaf `k` are among those of one step. */
const rangeOf = (all: readonly NDArray[], k: number, u: NDArray): readonly [number, number] => {
  const start = all.slice(0, k).reduce((n, x) => n + x.size / 3, 0)
  return [start, start + u.size / 3]
}

const maps = (row: Row): void => {
  const { learningRate } = row
  test(`${row.name}: under vmap over seeds${learningRate === undefined ? '' : ' and over learning rates'}`, (t) => {
    const p0 = [sample([2, 3, 2], 5, 'float32'), sample([2, 2], 6, 'float32')] as const
    const run = (lr: NDArray, key: random.PRNGKey, m: NDArray, v: NDArray): NDArray => {
      const tx = txOf(row, learningRate === undefined ? 0.1 : lr, key)
      let p = { m, v }
      const loss = ({ m, v }: typeof p): NDArray => np.sum(m.square()).add(np.sum(v.square().mul(3)))
      let s = tx.init(p)
      for (let i = 0; i < 2; i++) {
        const [value, grad] = valueAndGrad(loss)(p)
        const gradFn = (q: typeof p) => valueAndGrad(loss)(q)[1]
        const [u, next] = tx.update(grad, s, p, { value, grad, valueFn: loss, objFn: loss, gradFn })
        p = optax.applyUpdates(p, u)
        s = next
      }
      return np.concatenate([p.m.ravel(), p.v])
    }
    const rates = learningRate === undefined ? [0.1] : [0.5 * learningRate, learningRate]
    const keys = random.split(random.key(3), 2)
    const mapped = jit(vmap(vmap(run, { inAxes: [0, null, null, null] }), { inAxes: [null, 0, 0, 0] }))
    const one = jit(run)
    const expected = [0, 1].flatMap((seed) =>
      rates.map((lr) => elements(one(np.array(lr), keys.at(seed), p0[0].at(seed).get(), p0[1].at(seed).get()))),
    )
    allClose(t, mapped(np.array(rates), keys, ...p0), expected.flat(), { rtol: 1e-5, atol: 1e-6 })
    t.notDeepEqual(expected[0], expected.at(-1))
    if (learningRate === undefined) return
    if (row.scaleFree === true) allClose(t, expected[0]!, expected[1]!)
    else t.notDeepEqual(expected[0], expected[1])
  })
}

const acceptsTrees = (row: Row): void => {
  test(`${row.name}: trees without arrays, masked leaves`, (t) => {
    const tx = txOf(row)
    for (const empty of [{}, [], [null], { a: null, b: [[]] }]) {
      const extra = { ...extrasFor(empty), gradFn: () => empty }
      const s = tx.init<unknown>(empty)
      const [u, next] = tx.update<unknown>(empty, s, empty, extra)
      t.deepEqual(u, empty)
      if (row.settles === undefined) t.deepEqual(avals(next), avals(s))
    }
    const mask = { b: true, layers: [false, true, []], names: false }
    const { p, g } = begun(row)
    const masked = optax.masked(tx, mask, { maskCompatibleExtraArgs: true })
    const s = masked.init(p)
    const [u, next] = masked.update(g, s, p, extrasFor(g))
    if (row.settles === undefined) t.deepEqual(shapeOf(next), shapeOf(s))
    t.true(tree.structure(u).equals(tree.structure(p)))
    t.deepEqual([u.layers[0], u.names], [g.layers[0], g.names])
    t.true(values(u).every(Number.isFinite))
  })
}

const passesExtras = (row: Row): void => {
  test(`${row.name}: extra arguments pass`, (t) => {
    const tx = txOf(row)
    const p = { m: np.array([[1, 2], [3, 4]]) } // prettier-ignore
    const seen: unknown[] = []
    const spy = optax.GradientTransformation(
      () => [],
      (u, s, params, extra) => {
        seen.push(params, extra)
        return [u, s]
      },
    )
    const chained = optax.chain(spy, tx, spy)
    const extra = { ...extrasFor(p), anything: 'else' }
    const [u] = chained.update(p, chained.init(p), p, extra)
    t.deepEqual(seen, [p, extra, p, extra])
    allClose(t, u.m, tx.update(p, tx.init(p), p, extra)[0].m)
  })
}

const takesSchedules = (row: Row): void => {
  if (row.learningRate === undefined || row.scheduled === false) return
  test(`${row.name}: a schedule that is constant is the same`, (t) => {
    const [p, g] = [np.array([1, -2]), np.array([0.3, 4])]
    const first = (tx: optax.GradientTransformation<unknown>) => tx.update(g, tx.init(p), p, extrasFor(g))[0]
    const rate = row.learningRate!
    allClose(t, first(txOf(row, optax.constantSchedule(rate))), first(txOf(row, rate)), { rtol: 1e-6 })
  })
}

const memoized = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | null = null
  return () => (made ??= { value: make() }).value
}

/** Tests of all laws for these. */
export const holdFor = (rows: readonly Row[]): void => {
  for (const row of rows) {
    for (const law of [keeps, maps, acceptsTrees, passesExtras, takesSchedules]) law(row)
    const fixture = memoized(() => compiledFor(row))
    compiles(row, fixture)
    survivesCodecs(row.name, () => {
      const { p, g, s, both } = fixture()
      const after = (state: unknown) => both(state, g, p)[0]
      return { like: s, state: after(after(s)[0])[0], after }
    })
  }
}
