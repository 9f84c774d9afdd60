/** W1: an MLP 784-512-512-10 on batches of 128 under Adam, the whole step jitted. */
import { type NDArray, nn, np, optax } from 'onnax'
import { type Batch, training } from './training.js'
import { glorot, images } from '../data.js'

const sizes = [784, 512, 512, 10] as const
const batch = 128
const batches = 10

export type Params = readonly { readonly w: NDArray; readonly b: NDArray }[]

/** The weights before the first step, and the batches. */
export const start = (): { readonly params: Params; readonly inputs: readonly Batch[] } => {
  const data = images(1, batch * batches)
  const inputs = Array.from({ length: batches }, (_, i) => ({
    x: np.array(data.x.slice(i * batch * 784, (i + 1) * batch * 784)).reshape([batch, 784]),
    y: np.array(data.labels.slice(i * batch, (i + 1) * batch)),
  }))
  const params = sizes.slice(1).map((n, i) => ({
    w: np.array(glorot(100 + i, sizes[i]!, n)).reshape([sizes[i]!, n]),
    b: np.zeros([n]),
  }))
  return { params, inputs }
}

/** A function that takes the next step and gives the loss before it. */
export const mlp = (): (() => number) => {
  const { params, inputs } = start()
  const loss = (params: Params, x: NDArray, labels: NDArray): NDArray => {
    const logits = params.reduce((h, { w, b }, i) => {
      const y = np.matmul(h, w).add(b)
      return i < params.length - 1 ? nn.relu(y) : y
    }, x)
    return np.mean(optax.softmaxCrossEntropyWithIntegerLabels(logits, labels))
  }
  return training(loss, params, optax.adam(1e-3), inputs)
}
