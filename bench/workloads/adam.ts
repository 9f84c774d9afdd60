/** W4: Adam's update alone, on 20 arrays of 500 x 1000. */
import { jit, type NDArray, np, optax } from 'onnax'
import { uniform } from '../data.js'

const shape = [500, 1000] as const

/** A function that takes the next step and gives the first element of the first array after it. */
export const adam = (): (() => number) => {
  const tx = optax.adam(1e-3)
  const arrays = (seed: number): readonly NDArray[] =>
    Array.from({ length: 20 }, (_, i) => np.array(uniform(seed + i, 500_000, -1, 1)).reshape(shape))
  let params = arrays(400)
  const grads = arrays(500)
  let state = tx.init(params)
  const step = jit(
    (p: readonly NDArray[], s: typeof state, g: readonly NDArray[]) => {
      const [updates, next] = tx.update(g, s, p)
      return [optax.applyUpdates(p, updates), next] as const
    },
    { donateArgnums: [0, 1] },
  )
  return () => {
    ;[params, state] = step(params, state, grads)
    return params[0]!.data({ copy: false })[0] as number
  }
}
