/** Hyperparameters are inputs of a compiled step: changing them compiles nothing. */
import test from 'ava'
import { jit, type NDArray, np, optax, runtimeStats } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

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
