/** 10,000 jitted steps: memory after warm-up and at the end, new buffers; and the bound of the session cache. */
import { jit, lax, type NDArray, np, optax, runtimeStats, sessionCacheStats, valueAndGrad } from 'onnax'
import { residentMegabytes } from './measure.js'
import { uniform } from './data.js'

const loop = (donate: boolean): object => {
  const tx = optax.adam(1e-3)
  const loss = (w: NDArray, x: NDArray): NDArray => np.mean(np.square(np.tanh(np.matmul(x, w))))
  const step = jit(
    (w: NDArray, state: ReturnType<typeof tx.init>, x: NDArray) => {
      const [value, grads] = valueAndGrad(loss)(w, x)
      const [updates, next] = tx.update(grads, state, w)
      return [optax.applyUpdates(w, updates), next, value] as const
    },
    donate ? { donateArgnums: [0, 1] } : {},
  )
  let w = np.array(uniform(1, 64 * 64, -1, 1)).reshape([64, 64])
  let state = tx.init(w)
  const x = np.array(uniform(2, 32 * 64, -1, 1)).reshape([32, 64])
  const run = (steps: number): void => {
    for (let i = 0; i < steps; i++) {
      const [newW, newState, value] = step(w, state, x)
      w = newW
      state = newState
      value.item()
    }
  }
  run(1000)
  const before = { megabytes: residentMegabytes(), ...runtimeStats() }
  run(10_000)
  const after = { megabytes: residentMegabytes(), ...runtimeStats() }
  return {
    name: `10,000 jitted steps${donate ? ', donated' : ''}`,
    megabytesBefore: before.megabytes,
    megabytesAfter: after.megabytes,
    newBuffers: after.buffersAllocated - before.buffersAllocated,
    handlesLive: after.handlesLive,
  }
}

const rows = [loop(true), loop(false)]
const before = residentMegabytes()
for (let i = 1; i <= 5000; i++) lax.reshape(np.ones([i]), [1, i])
const { eager, compiled, capacity } = sessionCacheStats()
console.log(
  JSON.stringify([
    ...rows,
    {
      name: '5,000 different eager operations',
      megabytesBefore: before,
      megabytesAfter: residentMegabytes(),
      sessions: eager + compiled,
      capacity,
    },
  ]),
)
