/** Trajectories of real Optax, eager and jitted: values, params, first updates, states. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, type NDArray, np, optax, tree } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { describe, run, type RunOptions } from './problem.js'

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
interface Run {
  readonly dtype: DType
  readonly init: unknown
  readonly after1: unknown
  readonly updates1: Readonly<Record<'b' | 'w', Encoded>>
  readonly steps: readonly { readonly value: number; readonly params: Readonly<Record<'b' | 'w', readonly number[]>> }[]
  readonly final: readonly Encoded[]
}
const heart = JSON.parse(readFileSync('test/golden/optax-heart.json', 'utf8')) as {
  runs: Readonly<Record<string, Run>>
}
const original = JSON.parse(readFileSync('test/golden/optax-golden.json', 'utf8')) as {
  optimizers: Readonly<Record<string, readonly { readonly value: number; readonly params: readonly number[] }[]>>
}

const lr = 0.05
const mask = { b: false, w: true }
const warm = optax.warmupCosineDecaySchedule(0, 0.1, 2, 6, { endValue: 0.01 })
const cosine = optax.cosineDecaySchedule(0.1, 5)
const isMatrix = (p: optax.ArrayTree) => tree.map((x: NDArray) => x.ndim > 1, p)
const inverse = (scale: number) => (count: NDArray) => np.divide(scale, np.add(count, 1))

const named: Readonly<Record<string, optax.GradientTransformation<unknown>>> = {
  'sgd(.05)': optax.sgd(lr),
  'sgd(.05,momentum=.9)': optax.sgd(lr, { momentum: 0.9 }),
  'sgd(.05,momentum=.9,nesterov)': optax.sgd(lr, { momentum: 0.9, nesterov: true }),
  'sgd(.05,momentum=.5,accumulator_dtype=bfloat16)': optax.sgd(lr, { momentum: 0.5, accumulatorDtype: 'bfloat16' }),
  'sgd(.05,momentum=0)': optax.sgd(lr, { momentum: 0 }),
  'sgd(constant_schedule(.05))': optax.sgd(optax.constantSchedule(lr)),
  'sgd(cosine_decay(.1,5))': optax.sgd(cosine),
  'sgd(warmup_cosine(0,.1,2,6,.01),momentum=.9)': optax.sgd(warm, { momentum: 0.9 }),
  'sgd(count->.1/(count+1))': optax.sgd(inverse(0.1)),
  'adam(.05)': optax.adam(lr),
  'adam(.05,b1=.8,b2=.95)': optax.adam(lr, { b1: 0.8, b2: 0.95 }),
  'adam(.05,b1=0)': optax.adam(lr, { b1: 0 }),
  'adam(.05,eps=1e-3)': optax.adam(lr, { eps: 1e-3 }),
  'adam(.05,eps=.1,eps_root=.01)': optax.adam(lr, { eps: 0.1, epsRoot: 0.01 }),
  'adam(.05,nesterov)': optax.adam(lr, { nesterov: true }),
  'adam(.05,mu_dtype=bfloat16)': optax.adam(lr, { muDtype: 'bfloat16' }),
  'adam(.05,nesterov,mu_dtype=bfloat16)': optax.adam(lr, { nesterov: true, muDtype: 'bfloat16' }),
  'adam(constant_schedule(.05))': optax.adam(optax.constantSchedule(lr)),
  'adam(cosine_decay(.1,5))': optax.adam(cosine),
  'adam(warmup_cosine(0,.1,2,6,.01))': optax.adam(warm),
  'adamw(.05)': optax.adamw(lr),
  'adamw(.05,weight_decay=.1)': optax.adamw(lr, { weightDecay: 0.1 }),
  'adamw(.05,weight_decay=.1,mask={b:false,w:true})': optax.adamw(lr, { weightDecay: 0.1, mask }),
  'adamw(.05,weight_decay=.1,mask=ndim>1)': optax.adamw(lr, { weightDecay: 0.1, mask: isMatrix }),
  'adamw(.05,weight_decay=0)': optax.adamw(lr, { weightDecay: 0 }),
  'adamw(.05,b1=.7,b2=.9,eps=1e-4,eps_root=1e-6,weight_decay=.05,nesterov)': optax.adamw(lr, {
    b1: 0.7,
    b2: 0.9,
    eps: 1e-4,
    epsRoot: 1e-6,
    weightDecay: 0.05,
    nesterov: true,
  }),
  'adamw(.05,weight_decay=.1,mu_dtype=bfloat16)': optax.adamw(lr, { weightDecay: 0.1, muDtype: 'bfloat16' }),
  'adamw(warmup_cosine(0,.1,2,6,.01),weight_decay=.1)': optax.adamw(warm, { weightDecay: 0.1 }),
  'chain(clip_by_global_norm(1),adam(.05))': optax.chain(optax.clipByGlobalNorm(1), optax.adam(lr)),
  'chain(clip_by_global_norm(1e6),sgd(.05))': optax.chain(optax.clipByGlobalNorm(1e6), optax.sgd(lr)),
  'chain(clip_by_global_norm(.5),adamw(.05,weight_decay=.1))': optax.chain(
    optax.clipByGlobalNorm(0.5),
    optax.adamw(lr, { weightDecay: 0.1 }),
  ),
  'chain(clip(1),sgd(.05))': optax.chain(optax.clip(1), optax.sgd(lr)),
  'chain(add_decayed_weights(.1),sgd(.05))': optax.chain(optax.addDecayedWeights(0.1), optax.sgd(lr)),
  'chain(add_decayed_weights(.1,mask),sgd(.05))': optax.chain(optax.addDecayedWeights(0.1, { mask }), optax.sgd(lr)),
  'chain(add_decayed_weights(constant_schedule(.1)),sgd(.05))': optax.chain(
    optax.addDecayedWeights(optax.constantSchedule(0.1)),
    optax.sgd(lr),
  ),
  'chain(scale_by_adam(),scale_by_schedule(count->-.1/(count+1)))': optax.chain(
    optax.scaleByAdam(),
    optax.scaleBySchedule(inverse(-0.1)),
  ),
  'chain(trace(.9),scale(-.05))': optax.chain(optax.trace(0.9), optax.scale(-lr)),
  'chain(trace(.9,nesterov),scale(-.05))': optax.chain(optax.trace(0.9, { nesterov: true }), optax.scale(-lr)),
  'chain(trace(.9,accumulator_dtype=float32),scale(-.05))': optax.chain(
    optax.trace(0.9, { accumulatorDtype: 'float32' }),
    optax.scale(-lr),
  ),
  'chain(identity(),chain(scale(2),scale_by_learning_rate(.05)))': optax.chain(
    optax.identity(),
    optax.chain(optax.scale(2), optax.scaleByLearningRate(lr)),
  ),
  'masked(sgd(.05),{b:false,w:true})': optax.masked(optax.sgd(lr), mask),
}

/** Runs in other dtypes, by their names in the file. */
const typed: Readonly<Record<string, readonly [optax.GradientTransformation<unknown>, RunOptions]>> = {
  ...Object.fromEntries(
    Object.keys(heart.runs)
      .filter((name) => name.startsWith('bfloat16 ') && name.slice(9) in named)
      .map((name) => [name, [named[name.slice(9)]!, { dtype: 'bfloat16' }]]),
  ),
  ...Object.fromEntries(
    Object.keys(heart.runs)
      .filter((name) => name.startsWith('bfloat16 params, float32 gradients '))
      .map((name) => [
        name,
        [named[name.replace('bfloat16 params, float32 gradients ', '')]!, { dtype: 'bfloat16', gradDtype: 'float32' }],
      ]),
  ),
  'bfloat16 adam(.05,mu_dtype=float32)': [optax.adam(lr, { muDtype: 'float32' }), { dtype: 'bfloat16' }],
  'float16 adam(.05,eps=1e-4)': [optax.adam(lr, { eps: 1e-4 }), { dtype: 'float16' }],
  'float64 adam(.05)': [optax.adam(lr), { dtype: 'float64' }],
  'float64 adamw(.05,weight_decay=.1)': [optax.adamw(lr, { weightDecay: 0.1 }), { dtype: 'float64' }],
}

/** A state tree of Optax as ours: no class names, camelCase fields. */
const asOurs = (x: unknown): unknown => {
  if (Array.isArray(x)) return x.map(asOurs)
  if (typeof x !== 'object' || x === null) return x
  return Object.fromEntries(
    Object.entries(x)
      .filter(([key]) => key !== 'class')
      .map(([key, value]) => [key.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()), asOurs(value)]),
  )
}

/** Golden runs are eager XLA: its powers and roots differ from ONNX Runtime's in the last bit. Half precision doubles bits. */
const tolerances: Readonly<Partial<Record<DType, { readonly rtol: number; readonly atol: number }>>> = {
  float64: { rtol: 1e-12, atol: 1e-12 },
  float32: { rtol: 1e-6, atol: 1e-6 },
  bfloat16: { rtol: 2 ** -7, atol: 1e-5 },
  float16: { rtol: 2 ** -10, atol: 1e-5 },
}

const cases: readonly (readonly [string, optax.GradientTransformation<unknown>, RunOptions])[] = [
  ...Object.entries(named).map(([name, tx]) => [name, tx, {}] as const),
  ...Object.entries(typed).map(([name, [tx, options]]) => [name, tx, options] as const),
]
for (const [name, tx, options] of cases)
  for (const jitted of [false, true])
    test(`${jitted ? 'jit' : 'eager'} ${name}`, (t) => {
      const golden = heart.runs[name]!
      const [init, steps] = run(tx, { ...options, jitted })
      const tolerance = tolerances[options.dtype ?? 'float32']!
      t.deepEqual(describe(init), asOurs(golden.init))
      t.deepEqual(describe(steps[0]!.state), asOurs(golden.after1))
      for (const k of ['b', 'w'] as const) {
        const { dtype, shape, data } = golden.updates1[k]
        t.is(steps[0]!.updates[k].dtype, dtype)
        t.deepEqual(steps[0]!.updates[k].shape, shape)
        allClose(t, steps[0]!.updates[k], data, tolerance, `first update of ${k}`)
      }
      golden.steps.forEach(({ value, params }, i) => {
        allClose(t, steps[i]!.value.ravel(), [value], { rtol: Math.max(2e-6, tolerance.rtol) }, `value ${i}`)
        for (const k of ['b', 'w'] as const) {
          t.is(steps[i]!.params[k].dtype, golden.dtype)
          allClose(t, steps[i]!.params[k], params[k], tolerance, `${k} after ${i + 1} steps`)
        }
      })
      const leaves = tree.leaves(steps.at(-1)!.state as optax.ArrayTree)
      t.deepEqual(leaves.map((x) => [x.dtype, x.shape]), golden.final.map(({ dtype, shape }) => [dtype, shape])) // prettier-ignore
      leaves.forEach((x, i) => {
        // A moment's dtype may be coarser than that of the run.
        const own = tolerances[x.dtype] ?? { rtol: 0, atol: 0 }
        const rtol = Math.max(own.rtol, x.dtype.startsWith('int') ? 0 : tolerance.rtol)
        allClose(t, x, golden.final[i]!.data, { rtol: 4 * rtol, atol: tolerance.atol }, `state leaf ${i}`)
      })
    })

const trajectories: Readonly<Record<string, optax.GradientTransformation<unknown>>> = {
  sgd: optax.sgd(lr),
  sgd_momentum: optax.sgd(lr, { momentum: 0.9 }),
  sgd_nesterov: optax.sgd(lr, { momentum: 0.9, nesterov: true }),
  adam: optax.adam(lr),
  adam_eps_root: optax.adam(lr, { epsRoot: 1e-8 }),
  nadam: optax.adam(lr, { nesterov: true }),
  adamw: optax.adamw(lr, { weightDecay: 0.01 }),
  nadamw: optax.adamw(lr, { weightDecay: 0.01, nesterov: true }),
  clip_global_norm_1_sgd: optax.chain(optax.clipByGlobalNorm(1), optax.sgd(lr)),
}
for (const [name, tx] of Object.entries(trajectories))
  for (const jitted of [false, true])
    test(`${jitted ? 'jit' : 'eager'} trajectory of ${name}`, (t) => {
      const [, steps] = run(tx, { jitted })
      original.optimizers[name]!.forEach(({ value, params }, i) => {
        allClose(t, steps[i]!.value.ravel(), [value], { rtol: 2e-6 }, `value ${i}`)
        allClose(
          t,
          np.concatenate([steps[i]!.params.b, steps[i]!.params.w.ravel()]),
          params,
          tolerances.float32,
          `${i}`,
        )
      })
    })

test('injected hyperparameters are float32 arrays: another trajectory than that of numbers', (t) => {
  const array = (x: number) => np.array(x)
  const options = { b1: array(0.9), b2: array(0.999), eps: array(1e-8), epsRoot: array(0) }
  const [, injected] = run(optax.adam(array(lr), options), { jitted: true })
  const [, plain] = run(optax.adam(lr), { jitted: true })
  const golden = (name: string) => original.optimizers[name]![4]!.params
  const all = ({ b, w }: (typeof plain)[0]['params']) => np.concatenate([b, w.ravel()])
  allClose(t, all(injected[4]!.params), golden('inject_hyperparams_adam'), { rtol: 1e-6, atol: 3e-7 })
  allClose(t, all(plain[4]!.params), golden('adam'), { rtol: 1e-6, atol: 3e-7 })
  t.true(Math.abs(golden('adam')[0]! - golden('inject_hyperparams_adam')[0]!) > 1e-6)
})
