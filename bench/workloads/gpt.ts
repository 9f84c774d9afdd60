/** W3: a transformer of two layers under AdamW, the whole step jitted. */
import { type NDArray, nn, np, optax } from 'onnax'
import { type Dense, gptData, gptSizes, type Mapped } from '../data.js'
import { training } from './training.js'

type Params = Mapped<ReturnType<typeof gptData>['params'], NDArray>
type Layer = Params['layers'][number]

const { width, heads, length, batch } = gptSizes

const dense = (x: NDArray, { w, b }: Dense<NDArray>): NDArray => np.matmul(x, w).add(b)
const norm = (x: NDArray, { scale, bias }: Layer['ln1']): NDArray => {
  const mean = np.mean(x, { axis: -1, keepdims: true })
  const centered = x.sub(mean)
  const variance = np.mean(np.square(centered), { axis: -1, keepdims: true })
  return centered
    .div(np.sqrt(variance.add(1e-5)))
    .mul(scale)
    .add(bias)
}
const split = (x: NDArray): NDArray => x.reshape(batch, length, heads, width / heads).transpose(0, 2, 1, 3)

/** A function that takes the next step and gives the loss before it. */
export const gpt = (): (() => number) => {
  const row = np.arange(length).reshape(length, 1)
  const causal = np.greaterEqual(row, np.arange(length))
  const attention = (h: NDArray, layer: Layer): NDArray => {
    const [q, k, v] = [split(dense(h, layer.q)), split(dense(h, layer.k)), split(dense(h, layer.v))]
    const scores = np.matmul(q, k.transpose(0, 1, 3, 2)).div(Math.sqrt(width / heads))
    const weights = nn.softmax(np.where(causal, scores, -1e30), { axis: -1 })
    return dense(np.matmul(weights, v).transpose(0, 2, 1, 3).reshape(batch, length, width), layer.o)
  }
  const loss = (params: Params, x: NDArray, y: NDArray): NDArray => {
    let h = np.take(params.tok, x, { axis: 0 }).add(params.pos)
    for (const layer of params.layers) {
      h = h.add(attention(norm(h, layer.ln1), layer))
      h = h.add(dense(nn.gelu(dense(norm(h, layer.ln2), layer.f)), layer.p))
    }
    const logits = np.matmul(norm(h, params.ln), params.head)
    return np.mean(optax.softmaxCrossEntropyWithIntegerLabels(logits, y))
  }
  return training(gptData(), loss, optax.adamw(3e-4, { weightDecay: 1e-2 }))
}
