/** Whether a long training keeps a device's memory flat: `node flat.js <device> <steps>`. */
import { defaultDevice, devices, jit, type NDArray, np, optax, random, valueAndGrad } from 'onnax'

const [device = 'cpu', steps = '10000'] = process.argv.slice(2)

const result = defaultDevice(device, () => {
  const loss = (w: NDArray, x: NDArray): NDArray => np.mean(np.square(np.tanh(np.matmul(x, w))))
  const tx = optax.adam(1e-3)
  const train = (donate: boolean): readonly (number | null)[] => {
    const step = jit(
      (w: NDArray, state: ReturnType<typeof tx.init>, x: NDArray) => {
        const [value, grads] = valueAndGrad(loss)(w, x)
        const [updates, next] = tx.update(grads, state, w)
        return [optax.applyUpdates(w, updates), next, value] as const
      },
      donate ? { donateArgnums: [0, 1] } : {},
    )
    let w = random.normal(random.key(0), [256, 256])
    let state = tx.init(w)
    const x = random.normal(random.key(1), [64, 256])
    const bytes = (): number | null => defaultDevice().memoryStats()?.bytesInUse ?? null
    const seen: (number | null)[] = []
    for (let i = 0; i < Number(steps); i++) {
      const [nextW, nextState, value] = step(w, state, x)
      w = nextW
      state = nextState
      if (i % 100 === 0) value.item()
      if (i % Math.ceil(Number(steps) / 10) === 0) seen.push(bytes())
    }
    return [...seen, bytes()]
  }
  return { donated: train(true), plain: train(false), peak: devices(defaultDevice().platform)[0]!.memoryStats()?.peakBytesInUse } // prettier-ignore
})
console.log(JSON.stringify(result))
