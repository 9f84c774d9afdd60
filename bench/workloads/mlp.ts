/** W1: an MLP under Adam, the whole step jitted. */
import { type NDArray, nn, np, optax } from 'onnax'
import { type Dense, mlpData } from '../data.js'
import { training } from './training.js'

const loss = (params: readonly Dense<NDArray>[], x: NDArray, labels: NDArray): NDArray => {
  const logits = params.reduce((h, { w, b }, i) => {
    const y = np.matmul(h, w).add(b)
    return i < params.length - 1 ? nn.relu(y) : y
  }, x)
  return np.mean(optax.softmaxCrossEntropyWithIntegerLabels(logits, labels))
}

/** A function that takes the next step and gives the loss before it. */
export const mlp = (): (() => number) => training(mlpData(), loss, optax.adam(1e-3))
