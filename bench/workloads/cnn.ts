/** W2: a convolutional network under Adam, the whole step jitted. */
import { lax, type NDArray, nn, np, optax } from 'onnax'
import { cnnData, type Mapped } from '../data.js'
import { training } from './training.js'

type Params = Mapped<ReturnType<typeof cnnData>['params'], NDArray>

const conv = (x: NDArray, k: NDArray): NDArray =>
  lax.convGeneralDilated(x, k, [1, 1], 'SAME', { dimensionNumbers: ['NHWC', 'HWIO', 'NHWC'] })
const pool = (x: NDArray): NDArray => nn.avgPool(x, [2, 2], { strides: [2, 2] })

const loss = (p: Params, x: NDArray, labels: NDArray): NDArray => {
  const h1 = pool(nn.relu(conv(x, p.k0).add(p.c0)))
  const h2 = pool(nn.relu(conv(h1, p.k1).add(p.c1)))
  const h3 = nn.relu(np.matmul(h2.reshape(x.shape[0]!, -1), p.w0).add(p.b0))
  return np.mean(optax.softmaxCrossEntropyWithIntegerLabels(np.matmul(h3, p.w1).add(p.b1), labels))
}

/** A function that takes the next step and gives the loss before it. */
export const cnn = (): (() => number) => training(cnnData(), loss, optax.adam(1e-3))
