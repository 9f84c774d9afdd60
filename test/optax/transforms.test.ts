/** Single transformations on fixed updates against real Optax, and arithmetic of trees. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, grad, jit, type NDArray, np, optax, tree } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { params, toArrays, type Weights } from './problem.js'

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
type Row = Readonly<
  Record<string, { readonly updates: Readonly<Record<'b' | 'w', Encoded>>; readonly state: readonly Encoded[] }>
>
const { transforms } = JSON.parse(readFileSync('test/golden/optax-heart.json', 'utf8')) as {
  transforms: { inputs: Readonly<Record<string, Readonly<Record<'b' | 'w', Encoded>>>> } & Readonly<Record<string, Row>>
}
const numbers = { nan: NaN, inf: Infinity, '-inf': -Infinity }
const decode = ({ dtype, shape, data }: Encoded): NDArray =>
  np.array(data.map((x) => (typeof x === 'string' ? numbers[x as 'nan'] : x)), { dtype }).reshape(shape) // prettier-ignore

const cases: Readonly<Record<string, optax.GradientTransformation<unknown>>> = {
  'clip_by_global_norm(1)': optax.clipByGlobalNorm(1),
  'clip_by_global_norm(5)': optax.clipByGlobalNorm(5),
  'clip_by_global_norm(100)': optax.clipByGlobalNorm(100),
  'clip(1)': optax.clip(1),
  'scale_by_adam()': optax.scaleByAdam(),
  'add_decayed_weights(.1)': optax.addDecayedWeights(0.1),
  'stateless(u,p->u+p)': optax.stateless((u, p) => tree.map((a: NDArray, b: NDArray) => np.add(a, b), u, p)),
}
for (const [name, tx] of Object.entries(cases))
  for (const [input, updates] of Object.entries(transforms.inputs))
    test(`${name} of ${input}`, (t) => {
      const given: Weights = { b: decode(updates.b), w: decode(updates.w) }
      const p = toArrays(params)
      for (const update of [tx.update<Weights>, jit(tx.update<Weights>)]) {
        const [u, state] = update(given, tx.init(p), p)
        const golden = transforms[name]![input]!
        allClose(t, u.b, golden.updates.b.data, { rtol: 1e-6, atol: 1e-7 }, 'b')
        allClose(t, u.w, golden.updates.w.data, { rtol: 1e-6, atol: 1e-7 }, 'w')
        const leaves = tree.leaves(state as optax.ArrayTree)
        t.is(leaves.length, golden.state.length)
        leaves.forEach((x, i) => allClose(t, x, golden.state[i]!.data, { rtol: 1e-6, atol: 1e-9 }, `state ${i}`))
      }
    })

test('clipByGlobalNorm leaves updates within the norm as they are, to the bit', (t) => {
  const g = { a: np.array([1e-30, -0, 0.1]), b: np.array([1 / 3], { dtype: 'float16' }) }
  const [u] = optax.clipByGlobalNorm(1).update(g, {})
  t.deepEqual([...u.a.data()], [...g.a.data()])
  t.deepEqual([u.b.dtype, ...u.b.data()], ['float16', ...g.b.data()])
  const [clipped] = optax.clipByGlobalNorm(np.array(0.05)).update(g, {})
  t.is(clipped.b.dtype, 'float16')
  const norm = Math.hypot(0.1, 1 / 3)
  allClose(t, clipped.a, [0, 0, (0.1 / norm) * 0.05], { rtol: 2e-4 }) // 1/3 is a half
})

test('clipByGlobalNorm divides first, then multiplies, in the dtype of the updates', (t) => {
  const g = sample([20], 1, 'float32')
  const norm = optax.globalNorm(g).item()
  const [u] = optax.clipByGlobalNorm(0.7).update(g, {})
  const { fround } = Math
  t.deepEqual(elements(u), elements(g).map((x) => fround(fround(x / norm) * fround(0.7)))) // prettier-ignore
  t.notDeepEqual(elements(u), elements(g).map((x) => fround(fround(x * fround(0.7)) / norm))) // prettier-ignore
  const at = np.array([1]) // not less than the maximum: divided, too
  t.is(optax.clipByGlobalNorm(1).update(at, {})[0].item(), 1)
})

test('schedules and learning rates: values before the count is raised, in the dtype of the updates', (t) => {
  const seen: unknown[] = []
  const tx = optax.scaleByLearningRate((count: NDArray) => {
    seen.push(count.item())
    return np.multiply(count, 0.5)
  })
  const g = np.array([2], { dtype: 'bfloat16' })
  const [first, state] = tx.update(g, tx.init(g))
  const [second, last] = tx.update(g, state)
  t.deepEqual(seen, [0, 1])
  t.deepEqual([...elements(first), ...elements(second)], [-0, -1])
  t.deepEqual([first.dtype, second.dtype, last.count.item(), last.count.dtype], ['bfloat16', 'bfloat16', 2, 'int32'])
  t.is(optax.scaleByLearningRate(0.5, { flipSign: false }).update(np.array(3), {})[0].item(), 1.5)
  t.is(optax.scaleByLearningRate(null).update(np.array(3), {})[0].item(), 3)
  t.is(
    optax
      .scaleBySchedule(() => 0.25)
      .update(np.array(4), { count: np.array(0, { dtype: 'int32' }) })[0]
      .item(),
    1,
  )
})

test('counts stay at the greatest number', (t) => {
  const greatest = { int8: 127, uint8: 255, int32: 2 ** 31 - 1, uint32: 2 ** 32 - 1, float32: 3.4028234663852886e38 }
  for (const [dtype, max] of Object.entries(greatest)) {
    const at = (n: number) => optax.safeIncrement(np.array(n, { dtype: dtype as DType }))
    t.deepEqual([at(0).item(), at(41).item(), at(max).item(), at(max).dtype], [1, 42, max, dtype as DType])
  }
  const long = optax.safeIncrement(np.array([2n ** 63n - 1n, 5n], { dtype: 'int64' }))
  t.deepEqual([...long.data()], [2n ** 63n - 1n, 6n])
  t.throws(() => optax.safeIncrement(np.array(true)), {
    name: 'DTypeError',
    message: 'safeIncrement requires a count of integers or floats, got bool[]',
  })
})

test('an optimizer whose count is saturated goes on', (t) => {
  const tx = optax.adam(0.1)
  const p = np.array([1])
  const [adam, rest] = tx.init(p)
  const late = { ...adam, count: np.array(2 ** 31 - 1, { dtype: 'int32' }) }
  const [u, [next]] = tx.update(p, [late, rest])
  t.is(next.count.item(), 2 ** 31 - 1)
  allClose(t, u, [-0.1 * (0.1 / Math.sqrt(0.001))], { rtol: 1e-4 })
})

test('norms of trees', (t) => {
  const x = { a: np.array([3, -4]), b: [np.array([[12]]), null] } // prettier-ignore
  t.is(optax.globalNorm(x).item(), 13)
  t.is(optax.tree.norm(x, { squared: true }).item(), 169)
  t.is(optax.tree.norm(x, { ord: 1 }).item(), 19)
  t.is(optax.tree.norm(x, { ord: Infinity }).item(), 12)
  t.is(optax.tree.norm(x, { ord: Infinity, squared: true }).item(), 144)
  t.is(optax.tree.norm([]).item(), 0)
  t.is(optax.tree.sum(x).item(), 11)
  t.is(optax.tree.norm([np.array([3]), np.array([4], { dtype: 'float16' })]).dtype, 'float32')
  allClose(t, grad((y: NDArray) => optax.globalNorm([y, y]))(np.array([3, 4])), [0.8485282, 1.1313709])
  t.throws(() => optax.tree.norm(x, { ord: 3 }), {
    name: 'ArgumentError',
    message: 'norm requires an order of 1, 2 or Infinity, got 3',
  })
})

test('zeros and casts', (t) => {
  const x = { a: np.ones([2], { dtype: 'float16' }), b: [np.ones([1]), null] }
  const dtypes = (y: typeof x) => [y.a.dtype, y.b[0]!.dtype]
  t.deepEqual(dtypes(optax.tree.zerosLike(x)), ['float16', 'float32'])
  t.deepEqual(dtypes(optax.tree.zerosLike(x, { dtype: 'bfloat16' })), ['bfloat16', 'bfloat16'])
  t.deepEqual(dtypes(optax.tree.cast(x, 'float64')), ['float64', 'float64'])
  t.is(optax.tree.cast(x, null), x)
  t.deepEqual(dtypes(optax.tree.castLike(optax.tree.cast(x, 'float64'), x)), ['float16', 'float32'])
})

test('the correction of a bias is computed in single precision for halves, in double for doubles', (t) => {
  const count = np.array(1, { dtype: 'int32' })
  const corrected = (dtype: DType) => optax.tree.biasCorrection(np.array([0.001], { dtype }), 0.999, count)
  t.is(corrected('bfloat16').item(), 1) // 0.999 is 1 in bfloat16: 1 - 0.999 would be 0
  allClose(t, corrected('float64'), [1], { rtol: 1e-12, atol: 0 })
  t.is(corrected('float32').dtype, 'float32')
})

test('applyUpdates keeps dtypes, null and numbers', (t) => {
  const p = { a: np.array([1], { dtype: 'bfloat16' }), b: null, c: [1] }
  const next = optax.applyUpdates<unknown>(p, { a: np.array([0.5]), b: np.array([9]), c: [np.array(0.5)] }) as {
    a: NDArray
    b: null
    c: [NDArray]
  }
  t.deepEqual([next.a.dtype, next.a.item(), next.b, next.c[0].item()], ['bfloat16', 1.5, null, 1.5])
  t.throws(() => optax.applyUpdates<unknown>({ w: np.ones([1]) }, { w: null }), {
    name: 'ArgumentError',
    message: "applyUpdates requires an array at ['w'] of the updates, got null",
  })
  const error = t.throws(() => optax.applyUpdates<unknown>({ w: np.ones([1]) }, { v: np.ones([1]) }))
  t.is(error?.name, 'PytreeError')
  t.regex(error.message, /^applyUpdates requires .* of the updates, as in the params, got /)
})

test('incrementalUpdate', (t) => {
  const [fresh, old] = [{ w: np.array([4], { dtype: 'float16' }) }, { w: np.array([0], { dtype: 'float16' }) }]
  t.deepEqual(elements(optax.incrementalUpdate(fresh, old, 0.25).w), [1])
  t.deepEqual(elements(optax.incrementalUpdate(fresh, old, np.array(0.75)).w), [3])
  t.is(optax.incrementalUpdate(fresh, old, 0.25).w.dtype, 'float16')
})

test('gradients flow through an update to a learning rate', (t) => {
  const objective = (lr: NDArray) => {
    const tx = optax.adam(lr, { epsRoot: 1e-8 })
    const p = np.array([1, 2])
    return np.sum(optax.applyUpdates(p, tx.update(p, tx.init(p))[0]))
  }
  allClose(t, grad(objective)(np.array(0.1)), [-2], { rtol: 1e-4 })
})
