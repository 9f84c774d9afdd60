/** Schedules against real Optax: by numbers, by arrays, in the graph. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { jit, type NDArray, np, optax, runtimeStats, vmap } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

const original = JSON.parse(readFileSync('test/golden/optax-golden.json', 'utf8')) as {
  schedules_steps_0_to_23: Readonly<Record<string, readonly number[]>>
}
const { schedules: heart } = JSON.parse(readFileSync('test/golden/optax-heart.json', 'utf8')) as {
  schedules: { counts: readonly number[] } & Readonly<
    Record<string, { values: { data: readonly number[] }; traced: readonly [string, boolean] }>
  >
}

const steps = Array.from({ length: 24 }, (_, i) => i)
const ofOriginal: Readonly<Record<string, optax.Schedule>> = {
  'constant(0.1)': optax.constantSchedule(0.1),
  'linear(1,0,10)': optax.linearSchedule(1, 0, 10),
  'polynomial(1,0.1,2,10,begin=3)': optax.polynomialSchedule(1, 0.1, 2, 10, { transitionBegin: 3 }),
  'cosine_decay(1,10)': optax.cosineDecaySchedule(1, 10),
  'cosine_decay(1,10,alpha=.1,exp=2)': optax.cosineDecaySchedule(1, 10, { alpha: 0.1, exponent: 2 }),
  'exponential_decay(1,5,.5)': optax.exponentialDecay(1, 5, 0.5),
  'exponential_decay(1,5,.5,begin=2,staircase,end=.3)': optax.exponentialDecay(1, 5, 0.5, {
    transitionBegin: 2,
    staircase: true,
    endValue: 0.3,
  }),
  'piecewise_constant(1,{5:.5,10:.1})': optax.piecewiseConstantSchedule(1, { 5: 0.5, 10: 0.1 }),
  'piecewise_interpolate(linear,1,{5:.5,10:.1})': optax.piecewiseInterpolateSchedule('linear', 1, { 5: 0.5, 10: 0.1 }),
  'piecewise_interpolate(cosine,1,{5:.5,10:.1})': optax.piecewiseInterpolateSchedule('cosine', 1, { 5: 0.5, 10: 0.1 }),
  'linear_onecycle(20,1)': optax.linearOnecycleSchedule(20, 1),
  'cosine_onecycle(20,1)': optax.cosineOnecycleSchedule(20, 1),
  'warmup_exponential_decay(0,1,5,5,.5)': optax.warmupExponentialDecaySchedule(0, 1, 5, 5, 0.5),
  'sgdr([{0,1,2,8},{0,.5,2,8}])': optax.sgdrSchedule([
    { initValue: 0, peakValue: 1, warmupSteps: 2, decaySteps: 8 },
    { initValue: 0, peakValue: 0.5, warmupSteps: 2, decaySteps: 8 },
  ]),
  'warmup_constant(0,1,5)': optax.warmupConstantSchedule(0, 1, 5),
  'warmup_cosine_decay(0,1,5,20,end=.1)': optax.warmupCosineDecaySchedule(0, 1, 5, 20, { endValue: 0.1 }),
  'join([const1,const.1],[7])': optax.joinSchedules([optax.constantSchedule(1), optax.constantSchedule(0.1)], [7]),
}
const ofHeart: Readonly<Record<string, optax.Schedule>> = {
  'constant(.1)': optax.constantSchedule(0.1),
  'cosine_decay(1,10)': optax.cosineDecaySchedule(1, 10),
  'cosine_decay(.5,10,alpha=.1,exponent=2)': optax.cosineDecaySchedule(0.5, 10, { alpha: 0.1, exponent: 2 }),
  'warmup_cosine(0,1,5,20,.1)': optax.warmupCosineDecaySchedule(0, 1, 5, 20, { endValue: 0.1 }),
  'warmup_cosine(.1,1,3,10,0,exponent=2)': optax.warmupCosineDecaySchedule(0.1, 1, 3, 10, { exponent: 2 }),
  'warmup_constant(0,1,5)': optax.warmupConstantSchedule(0, 1, 5),
  'linear(1,0,10)': optax.linearSchedule(1, 0, 10),
  'linear(1,.1,10,5)': optax.linearSchedule(1, 0.1, 10, { transitionBegin: 5 }),
}

const cases = [
  ...Object.entries(ofOriginal).map(([name, f]) => [name, f, steps, original.schedules_steps_0_to_23[name]!] as const),
  ...Object.entries(ofHeart).map(([name, f]) => [`heart ${name}`, f, heart.counts, heart[name]!.values.data] as const),
]
for (const [name, schedule, counts, golden] of cases)
  test(name, (t) => {
    const close = { rtol: 1e-6, atol: 3e-7 }
    const before = runtimeStats().runs
    const values = counts.map((n) => schedule(n).item())
    t.is(runtimeStats().runs, before, 'numbers run nothing')
    allClose(t, values, golden, close, 'by number')
    const traced = jit((n: NDArray) => schedule(n))
    allClose(t, counts.map((n) => traced(np.array(n, { dtype: 'int32' })).item()), golden, close, 'jit') // prettier-ignore
    t.is(traced.traceCount, 1)
    allClose(t, vmap((n: NDArray) => schedule(n))(np.array(counts, { dtype: 'int32' })), golden, close, 'vmap')
  })

for (const [name, schedule] of Object.entries(ofHeart))
  test(`dtype and weakness of ${name}`, (t) => {
    const [dtype, weak] = heart[name]!.traced
    for (const y of [schedule(3), schedule(np.array(3, { dtype: 'int32' }))]) {
      t.deepEqual([y.dtype, y.weakType, y.shape], [dtype, weak, []])
    }
  })

test('all schedules of the golden file are here', (t) => {
  t.deepEqual(Object.keys(ofOriginal).sort(), Object.keys(original.schedules_steps_0_to_23).sort())
})

test('hyperparameters may be arrays, also mapped ones', (t) => {
  const peaks = np.array([1, 2])
  const count = np.array(2, { dtype: 'int32' })
  const at = (f: (peak: NDArray) => optax.Schedule) => elements(vmap((peak: NDArray) => f(peak)(count))(peaks))
  t.deepEqual(at((peak) => optax.linearSchedule(0, peak, 4)), [0.5, 1]) // prettier-ignore
  allClose(t, at((peak) => optax.cosineDecaySchedule(peak, 4)), [0.5, 1], {}, 'cosine') // prettier-ignore
  allClose(t, at((peak) => optax.warmupCosineDecaySchedule(0, peak, 1, 3, { endValue: 0.5 })), [0.75, 1.25]) // prettier-ignore
  t.deepEqual(elements(optax.warmupCosineDecaySchedule(0, np.array([0]), 1, 3)(2)), [0])
})

test('counts beyond what float32 holds exactly', (t) => {
  const late = optax.linearSchedule(1, 0, 4, { transitionBegin: 2 ** 30 + 1 })
  const at = (n: number) => [late(n).item(), late(np.array(n, { dtype: 'int32' })).item()]
  t.deepEqual([2 ** 30 + 1, 2 ** 30 + 3, 2 ** 30 + 5].map(at), [[1, 1], [0.5, 0.5], [0, 0]]) // prettier-ignore
  t.is(
    optax
      .cosineDecaySchedule(
        1,
        2 ** 40,
      )(np.array(2 ** 30, { dtype: 'int32' }))
      .item() > 0.99,
    true,
  )
})

test('degenerate transitions', (t) => {
  t.is(optax.linearSchedule(0.3, 1, 0)(5).item(), 0.3)
  t.is(optax.linearSchedule(1, 0, 4, { transitionBegin: -3 })(0).item(), 1)
  t.is(optax.warmupCosineDecaySchedule(0, 0, 2, 4)(3).item(), 0)
})

test('scales may be zero, boundaries come in any order, and nothing is before step 0', (t) => {
  const off = optax.piecewiseConstantSchedule(2, { 8: 3, 4: 0 })
  t.deepEqual([0, 3, 4, 9].map((n) => off(n).item()), [2, 2, 0, 0]) // prettier-ignore
  const later = optax.piecewiseConstantSchedule(2, { 10: 3, 9: 0.5 })
  t.deepEqual([8, 9, 10].map((n) => later(n).item()), [2, 1, 3]) // prettier-ignore
  const line = optax.piecewiseInterpolateSchedule('linear', 2)
  t.deepEqual([-1, 0, 5].map((n) => line(n).item()), [0, 2, 2]) // prettier-ignore
  const mapped = vmap((peak: NDArray) => optax.piecewiseInterpolateSchedule('linear', peak, { 2: 0 })(1))(np.array([2, 4])) // prettier-ignore
  t.deepEqual(elements(mapped), [1, 2])
  t.is(optax.exponentialDecay(3, 0, 0.5)(9).item(), 3)
  t.is(optax.exponentialDecay(3, 5, 0)(9).item(), 3)
  t.is(optax.exponentialDecay(1, 1, 2, { endValue: 5 })(9).item(), 5)
})

test('errors', (t) => {
  const refused: readonly (readonly [() => unknown, string])[] = [
    [() => optax.piecewiseConstantSchedule(1, { 5: -1 }), 'piecewiseConstantSchedule requires scales that are not negative, got -1 at 5'],
    [() => optax.piecewiseConstantSchedule(1, { 0.5: 1 }), "piecewiseConstantSchedule requires boundaries that are whole numbers, got '0.5'"],
    [() => optax.piecewiseInterpolateSchedule('cubic' as 'cosine', 1), "piecewiseInterpolateSchedule requires an interpolation that is 'linear' or 'cosine', got 'cubic'"],
    [() => optax.linearOnecycleSchedule(0, 1), 'linearOnecycleSchedule requires transition steps above 0, got 0'],
    [() => optax.cosineOnecycleSchedule(-1, 1), 'cosineOnecycleSchedule requires transition steps above 0, got -1'],
    [() => optax.sgdrSchedule([]), 'sgdrSchedule requires at least one cycle, got none'],
    [() => optax.exponentialDecay(1, 2, np.array(0.5), { endValue: 0.1 }), 'exponentialDecay requires a decay rate that is a number, to know on which side of it endValue lies, got Array(0.5, dtype=float32)'],
  ] // prettier-ignore
  for (const [make, message] of refused) t.throws(make, { name: 'ArgumentError', message })
  t.throws(() => optax.cosineDecaySchedule(1, 0), {
    name: 'ArgumentError',
    message: 'cosineDecaySchedule requires decay steps above 0, got 0',
  })
  t.throws(() => optax.warmupCosineDecaySchedule(0, 1, 5, 5), {
    name: 'ArgumentError',
    message: 'warmupCosineDecaySchedule requires more steps in all than the 5 of the rise, got 5',
  })
  t.throws(() => optax.joinSchedules([optax.constantSchedule(1)], [3]), {
    name: 'ArgumentError',
    message:
      'joinSchedules requires schedules and a boundary between each two of them, got 1 schedules and 1 boundaries',
  })
  t.throws(() => optax.linearSchedule(1, 0, 4, { begin: 1 } as object), {
    name: 'OptionsError',
    message: 'linearSchedule: unknown option begin; known: transitionBegin',
  })
  t.throws(() => optax.constantSchedule('fast' as unknown as number), {
    name: 'ArgumentError',
    message: 'constantSchedule requires a value that is a number or an array, got string',
  })
})
