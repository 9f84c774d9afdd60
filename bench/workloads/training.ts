/** Training by a jitted, donating step: what the workloads share. */
import { jit, type NDArray, np, optax, valueAndGrad } from 'onnax'
import { type Mapped, mapTensors, type Tensor, type Training } from '../data.js'

/** An array of this library. */
export const array = ({ data, shape }: Tensor): NDArray => np.array(data).reshape(shape)

/** A function that takes the next step over the batches, round and round, and gives the loss before it. */
export const training = <P, S>(
  data: Training<P>,
  loss: (params: Mapped<P, NDArray>, x: NDArray, y: NDArray) => NDArray,
  tx: optax.GradientTransformation<S>,
): (() => number) => {
  type Params = Mapped<P, NDArray>
  const step = jit(
    (params: Params, state: S, x: NDArray, y: NDArray) => {
      const [value, grads] = valueAndGrad(loss)(params, x, y)
      const [updates, next] = tx.update(grads as Params, state, params)
      return [optax.applyUpdates(params, updates), next, value] as const
    },
    { donateArgnums: [0, 1] },
  )
  const batches = data.batches.map(({ x, y }) => [array(x), array(y)] as const)
  let params = mapTensors(data.params, array)
  let state = tx.init(params)
  let i = 0
  return () => {
    const [x, y] = batches[i++ % batches.length]!
    const [newParams, newState, value] = step(params, state, x, y)
    params = newParams
    state = newState
    return value.item()
  }
}
