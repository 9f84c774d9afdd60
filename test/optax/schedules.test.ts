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

test('errors', (t) => {
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
