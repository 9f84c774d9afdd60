/** Trajectories of real Optax, eager and jitted: values, params, first updates, states. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { config, type NDArray, np, optax, random, tree } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { run, type RunOptions } from './problem.js'
import { matchesRun, type Run, tolerances } from './recorded.js'

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

const cases: readonly (readonly [string, optax.GradientTransformation<unknown>, RunOptions])[] = [
  ...Object.entries(named).map(([name, tx]) => [name, tx, {}] as const),
  ...Object.entries(typed).map(([name, [tx, options]]) => [name, tx, options] as const),
]
for (const [name, tx, options] of cases)
  for (const jitted of [false, true])
    test(`${jitted ? 'jit' : 'eager'} ${name}`, (t) => {
      matchesRun(t, tx, heart.runs[name]!, { ...options, jitted })
    })

const factored = { minDimSizeToFactor: 2 }
const trajectories: Readonly<Record<string, optax.GradientTransformation<unknown, { readonly value: NDArray }>>> = {
  sgd: optax.sgd(lr),
  sgd_momentum: optax.sgd(lr, { momentum: 0.9 }),
  sgd_nesterov: optax.sgd(lr, { momentum: 0.9, nesterov: true }),
  adam: optax.adam(lr),
  adam_eps_root: optax.adam(lr, { epsRoot: 1e-8 }),
  nadam: optax.nadam(lr),
  adamw: optax.adamw(lr, { weightDecay: 0.01 }),
  nadamw: optax.nadamw(lr, { weightDecay: 0.01 }),
  adabelief: optax.adabelief(lr),
  adabelief_wd: optax.adabelief(lr, { weightDecay: 0.01 }),
  adadelta: optax.adadelta(1),
  adafactor: optax.adafactor(lr),
  adafactor_factored_min2: optax.adafactor(lr, factored),
  adagrad: optax.adagrad(lr),
  adamax: optax.adamax(lr),
  adamaxw: optax.adamaxw(lr, { weightDecay: 0.01 }),
  adan: optax.adan(lr),
  amsgrad: optax.amsgrad(lr),
  fromage: optax.fromage(lr),
  lamb: optax.lamb(lr, { weightDecay: 0.01 }),
  lars: optax.lars(lr, { weightDecay: 0.01 }),
  lion: optax.lion(lr),
  noisy_sgd_key0: optax.noisySgd(lr, { key: random.key(0) }),
  novograd: optax.novograd(lr),
  optimistic_gradient_descent: optax.optimisticGradientDescent(lr),
  optimistic_adam_v2: optax.optimisticAdamV2(lr),
  polyak_sgd: optax.polyakSgd(),
  radam: optax.radam(lr),
  radam_nesterov: optax.radam(lr, { nesterov: true }),
  rmsprop: optax.rmsprop(lr),
  rmsprop_centered_momentum: optax.rmsprop(lr, { centered: true, momentum: 0.9, nesterov: true }),
  rmsprop_eps_out_bias: optax.rmsprop(lr, { epsInSqrt: false, biasCorrection: true }),
  rprop: optax.rprop(lr),
  sign_sgd: optax.signSgd(lr),
  signum: optax.signum(lr),
  sm3: optax.sm3(lr),
  yogi: optax.yogi(lr),
  clip_global_norm_1_sgd: optax.chain(optax.clipByGlobalNorm(1), optax.sgd(lr)),
  agc_sgd: optax.chain(optax.adaptiveGradClip(0.01), optax.sgd(lr)),
  ema_debias_sgd: optax.chain(optax.ema(0.9), optax.scale(-lr)),
  centralize_sgd: optax.chain(optax.centralize(), optax.sgd(lr)),
}
for (const [name, tx] of Object.entries(trajectories))
  for (const jitted of [false, true])
    test(`${jitted ? 'jit' : 'eager'} trajectory of ${name}`, (t) => {
      // Noise: JAX's own layout of random bits.
      const [, steps] = config.using('threefryPartitionable', true, () => run(tx, { jitted }))
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
