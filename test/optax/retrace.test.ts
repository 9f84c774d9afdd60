/** Hyperparameters are inputs of a compiled step: changing them compiles nothing. */
import test from 'ava'
import { jit, type NDArray, np, optax, runtimeStats, vmap } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

test.serial('a learning rate that is an argument of a jitted step', (t) => {
  const p = np.array([1, 2])
  const s = optax.adam(0).init(p)
  const step = jit((lr: NDArray | number, p: NDArray, s: ReturnType<typeof optax.adam<number>> extends optax.GradientTransformation<infer S> ? S : never) => optax.adam(lr).update(p, s)[0]) // prettier-ignore
  step(0.5, p, s)
  const { sessionsCreated } = runtimeStats()
  for (const lr of [0.25, 0.1, 1e-5]) {
    allClose(t, step(lr, p, s), [-lr, -lr], { rtol: 1e-5, atol: 1e-12 })
  }
  t.is(step.traceCount, 1)
  t.is(runtimeStats().sessionsCreated, sessionsCreated)
  allClose(t, step(np.array(0.1), p, s), [-0.1, -0.1], { rtol: 1e-5 })
  t.is(step.traceCount, 2) // an array's dtype is strong, that of a number weak
})

test.serial('other hyperparameters, and weight decay', (t) => {
  const p = np.array([1, 2])
  const tx = (b1: NDArray | number, weightDecay: NDArray | number) => optax.adamw(1, { b1, weightDecay })
  const s = tx(0.5, 0.5).init(p)
  const step = jit((b1: NDArray | number, decay: NDArray | number) => tx(b1, decay).update(p, s, p)[0])
  allClose(t, step(0.5, 0.5), [-1.5, -2], { rtol: 1e-5 })
  const { sessionsCreated } = runtimeStats()
  allClose(t, step(0.9, 0.25), [-1.25, -1.5], { rtol: 1e-5 })
  t.deepEqual([step.traceCount, runtimeStats().sessionsCreated], [1, sessionsCreated])
})

test.serial('a schedule is part of the graph: steps compile nothing', (t) => {
  const tx = optax.sgd(optax.warmupCosineDecaySchedule(0, 1, 2, 6))
  const p = np.array([1])
  const step = jit((s: optax.StateOf<typeof tx>) => tx.update(p, s))
  let [u, s] = step(tx.init(p))
  const { sessionsCreated } = runtimeStats()
  const rates = [u.item()]
  for (let i = 1; i < 7; i++) {
    ;[u, s] = step(s)
    rates.push(u.item())
  }
  allClose(t, rates, [0, -0.5, -1, -0.8535534, -0.5, -0.1464466, 0], { atol: 1e-6 })
  t.deepEqual([step.traceCount, runtimeStats().sessionsCreated], [1, sessionsCreated])
})

type Made = optax.GradientTransformation<optax.InjectHyperparamsState>

/** Optimizers whose hyperparameters are in the state. */
const injected: Readonly<Record<string, Made>> = {
  sgd: optax.injectHyperparams(optax.sgd)(0.5, { momentum: 0.9 }),
  adam: optax.injectHyperparams(optax.adam)(0.1),
  adamw: optax.injectHyperparams(optax.adamw)({ learningRate: 0.1, weightDecay: 0.5, nesterov: true }),
  adafactor: optax.injectHyperparams(optax.adafactor)({ learningRate: 0.1, weightDecayRate: 0.1 }),
  lamb: optax.injectHyperparams(optax.lamb)(0.1, { weightDecay: 0.2 }),
  lion: optax.injectHyperparams(optax.lion)(0.1),
  rmsprop: optax.injectHyperparams(optax.rmsprop)(0.1, { momentum: 0.5, centered: true }),
  'a function of two norms': optax.injectHyperparams(
    ({ norm, learningRate }: { readonly norm: optax.ScalarLike; readonly learningRate: optax.ScalarLike }) =>
      optax.chain(optax.clipByGlobalNorm(norm), optax.sgd(learningRate)),
  )({ norm: 0.7, learningRate: 0.5 }),
}

for (const [name, tx] of Object.entries(injected))
  test.serial(`injectHyperparams of ${name}: every hyperparameter changes between steps, and is swept by vmap`, (t) => {
    const p = { w: np.array([[1, 2], [3, -4]]) } // prettier-ignore
    const g = { w: np.array([[1, -3], [0.5, 2]]) } // prettier-ignore
    const begun = tx.init(p)
    const names = Object.keys(begun.hyperparams)
    const run = (hyperparams: Readonly<Record<string, NDArray>>): NDArray => {
      const [, next] = tx.update(g, { ...begun, hyperparams }, p)
      return tx.update(g, next, p)[0].w
    }
    const step = jit(run)
    const sweep = jit(vmap(run))
    const values = (factor: number) =>
      Object.fromEntries(names.map((key) => [key, np.array(begun.hyperparams[key]!.item() * factor)]))
    const swept = (others: readonly number[]) =>
      Object.fromEntries(names.map((key) => [key, np.array(others.map((x) => (begun.hyperparams[key]!.item()) * x))])) // prettier-ignore
    const first = elements(step(values(1)))
    sweep(swept([0.5, 1]))
    const { sessionsCreated } = runtimeStats()
    for (const key of names) {
      const changed = { ...values(1), [key]: values(0.5)[key]! }
      // Zeros stay zero; all else but what is only added for stability has an effect.
      if (/^(learningRate|weightDecay|momentum|norm)$/.test(key)) t.notDeepEqual(elements(step(changed)), first, key)
      else step(changed)
    }
    const factors = [0.25, 0.75]
    const apart = factors.flatMap((factor) => elements(step(values(factor))))
    allClose(t, sweep(swept(factors)), apart, { rtol: 1e-5, atol: 1e-7 })
    t.deepEqual([step.traceCount, sweep.traceCount, runtimeStats().sessionsCreated], [1, 1, sessionsCreated])
    t.true(names.length >= 2)
  })
