/** Training by a jitted, donating step: what the workloads share. */
import { jit, type NDArray, optax, valueAndGrad } from 'onnax'

/** One batch: inputs and labels. */
export interface Batch {
  readonly x: NDArray
  readonly y: NDArray
}

/** A function that takes the next step over the batches, round and round, and gives the loss before it. */
export const training = <P, S>(
  loss: (params: P, x: NDArray, y: NDArray) => NDArray,
  initial: P,
  tx: optax.GradientTransformation<S>,
  batches: readonly Batch[],
): (() => number) => {
  const step = jit(
    (params: P, state: S, x: NDArray, y: NDArray) => {
      const [value, grads] = valueAndGrad(loss)(params, x, y)
      const [updates, next] = tx.update(grads as P, state, params)
      return [optax.applyUpdates(params, updates), next, value] as const
    },
    { donateArgnums: [0, 1] },
  )
  let params = initial
  let state = tx.init(params)
  let i = 0
  return () => {
    const { x, y } = batches[i++ % batches.length]!
    const [newParams, newState, value] = step(params, state, x, y)
    params = newParams
    state = newState
    return value.item()
  }
}
