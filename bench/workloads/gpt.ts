/** W3: a transformer of two layers on batches of 16 sequences of 64 tokens under AdamW, the whole step jitted. */
import { type NDArray, nn, np, optax } from 'onnax'
import { type Batch, training } from './training.js'
import { generator, glorot, uniform } from '../data.js'

export const [vocabulary, width, heads, length, batch, batches] = [256, 128, 4, 64, 16, 5] as const

export interface Dense {
  readonly w: NDArray
  readonly b: NDArray
}
export interface Norm {
  readonly scale: NDArray
  readonly bias: NDArray
}
export interface Layer {
  readonly ln1: Norm
  readonly q: Dense
  readonly k: Dense
  readonly v: Dense
  readonly o: Dense
  readonly ln2: Norm
  readonly f: Dense
  readonly p: Dense
}
export interface Params {
  readonly tok: NDArray
  readonly pos: NDArray
  readonly layers: readonly Layer[]
  readonly ln: Norm
  readonly head: NDArray
}

const dense = (x: NDArray, { w, b }: Dense): NDArray => np.matmul(x, w).add(b)
const norm = (x: NDArray, { scale, bias }: Norm): NDArray => {
  const mean = np.mean(x, { axis: -1, keepdims: true })
  const centered = x.sub(mean)
  const variance = np.mean(np.square(centered), { axis: -1, keepdims: true })
  return centered
    .div(np.sqrt(variance.add(1e-5)))
    .mul(scale)
    .add(bias)
}

/** The weights before the first step, and the batches. */
export const start = (): { readonly params: Params; readonly inputs: readonly Batch[] } => {
  let seed = 300
  const embedding = (rows: number): NDArray => np.array(uniform(seed++, rows * width, -0.05, 0.05)).reshape(rows, width)
  const linear = (n: number, m: number): Dense => ({
    w: np.array(glorot(seed++, n, m)).reshape(n, m),
    b: np.zeros([m]),
  })
  const unit = (): Norm => ({ scale: np.ones([width]), bias: np.zeros([width]) })
  const layer = (): Layer => {
    const [q, k, v, o] = [linear(width, width), linear(width, width), linear(width, width), linear(width, width)]
    return { ln1: unit(), q, k, v, o, ln2: unit(), f: linear(width, 4 * width), p: linear(4 * width, width) }
  }
  const [tok, pos] = [embedding(vocabulary), embedding(length)]
  const layers = [layer(), layer()]
  const params: Params = { tok, pos, layers, ln: unit(), head: linear(width, vocabulary).w }
  const next = generator(3)
  const inputs = Array.from({ length: batches }, () => {
    const [x, y] = [new Int32Array(batch * length), new Int32Array(batch * length)]
    for (let s = 0; s < batch; s++) {
      let token = Math.floor(next() * 256)
      for (let i = 0; i < length; i++) {
        x[s * length + i] = token
        token = (5 * token + 17 + Math.floor(next() * 4)) % 256
        y[s * length + i] = token
      }
    }
    return { x: np.array(x).reshape(batch, length), y: np.array(y).reshape(batch, length) }
  })
  return { params, inputs }
}

/** A function that takes the next step and gives the loss before it. */
export const gpt = (): (() => number) => {
  const { params, inputs } = start()
  const split = (x: NDArray): NDArray => x.reshape(batch, length, heads, width / heads).transpose(0, 2, 1, 3)
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
  return training(loss, params, optax.adamw(3e-4, { weightDecay: 1e-2 }), inputs)
}
