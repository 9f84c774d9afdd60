/** W4: Adam's update alone, on 10 million parameters. */
import { jit, type NDArray, optax } from 'onnax'
import { adamData } from '../data.js'
import { array } from './training.js'

/** A function that takes the next step and gives the first element of the first array after it. */
export const adam = (): (() => number) => {
  const tx = optax.adam(1e-3)
  const data = adamData()
  let params = data.params.map(array)
  const grads = data.grads.map(array)
  let state = tx.init(params)
  const step = jit(
    (p: readonly NDArray[], s: typeof state, g: readonly NDArray[]) => {
      const [updates, next] = tx.update(g, s, p)
      return [optax.applyUpdates(p, updates), next] as const
    },
    { donateArgnums: [0, 1] },
  )
  return () => {
    ;[params, state] = step(params, state, grads) as [NDArray[], typeof state]
    return params[0]!.data({ copy: false })[0] as number
  }
}
