/** W2: a convolutional network on batches of 64 images of 28x28 under Adam, the whole step jitted. */
import { lax, type NDArray, nn, np, optax } from 'onnax'
import { training } from './training.js'
import { glorot, images } from '../data.js'

const batch = 64
const batches = 5

interface Params {
  readonly k0: NDArray
  readonly c0: NDArray
  readonly k1: NDArray
  readonly c1: NDArray
  readonly w0: NDArray
  readonly b0: NDArray
  readonly w1: NDArray
  readonly b1: NDArray
}

const conv = (x: NDArray, k: NDArray): NDArray =>
  lax.convGeneralDilated(x, k, [1, 1], 'SAME', { dimensionNumbers: ['NHWC', 'HWIO', 'NHWC'] })
const pool = (x: NDArray): NDArray => nn.avgPool(x, [2, 2], { strides: [2, 2] })

/** A function that takes the next step and gives the loss before it. */
export const cnn = (): (() => number) => {
  const tx = optax.adam(1e-3)
  const loss = (p: Params, x: NDArray, labels: NDArray): NDArray => {
    const h1 = pool(nn.relu(conv(x, p.k0).add(p.c0)))
    const h2 = pool(nn.relu(conv(h1, p.k1).add(p.c1)))
    const h3 = nn.relu(np.matmul(h2.reshape(batch, -1), p.w0).add(p.b0))
    return np.mean(optax.softmaxCrossEntropyWithIntegerLabels(np.matmul(h3, p.w1).add(p.b1), labels))
  }
  const data = images(2, batch * batches)
  const inputs = Array.from({ length: batches }, (_, i) => ({
    x: np.array(data.x.slice(i * batch * 784, (i + 1) * batch * 784)).reshape(batch, 28, 28, 1),
    y: np.array(data.labels.slice(i * batch, (i + 1) * batch)),
  }))
  const params: Params = {
    k0: np.array(glorot(200, 9, 288, 288)).reshape(3, 3, 1, 32),
    c0: np.zeros([32]),
    k1: np.array(glorot(201, 288, 576, 18432)).reshape(3, 3, 32, 64),
    c1: np.zeros([64]),
    w0: np.array(glorot(202, 3136, 256)).reshape(3136, 256),
    b0: np.zeros([256]),
    w1: np.array(glorot(203, 256, 10)).reshape(256, 10),
    b1: np.zeros([10]),
  }
  return training(loss, params, tx, inputs)
}
