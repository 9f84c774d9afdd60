/** The workloads in @jax-js/jax on WebAssembly; its optimizers are not on the registry, so Adam is written out. An operation consumes its arguments, `ref` keeps them. */
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import {
  adamData,
  cnnData,
  type Dense,
  gptData,
  gptSizes,
  type Mapped,
  mapTensors,
  matmulData,
  mlpData,
  oneHot,
  type Tensor,
  type Training,
} from '../data.js'

type Step = () => number

const array = ({ data, shape }: Tensor): np.Array => np.array(data).reshape([...shape])

const crossEntropy = (logits: np.Array, targets: np.Array): np.Array =>
  np.mean(nn.logSoftmax(logits, -1).mul(targets).sum(-1)).neg()

interface Rates {
  readonly rate: number
  readonly decay?: number
}

/** Adam's update, decoupled decay included: new parameters and moments. */
const updated = (
  params: any,
  mu: any,
  nu: any,
  grads: any,
  c1: np.Array,
  c2: np.Array,
  { rate, decay = 0 }: Rates,
): any => {
  const newMu: any = tree.map((m: np.Array, g: np.Array) => m.mul(0.9).add(g.mul(1 - 0.9)), mu, tree.ref(grads))
  const newNu: any = tree.map((v: np.Array, g: np.Array) => v.mul(0.999).add(g.ref.mul(g).mul(1 - 0.999)), nu, grads)
  const newParams: any = tree.map(
    (p: np.Array, m: np.Array, v: np.Array) => {
      const direction = m.mul(c1.ref).div(np.sqrt(v.mul(c2.ref)).add(1e-8))
      const step = decay === 0 ? direction : direction.add(p.ref.mul(decay))
      return p.sub(step.mul(rate))
    },
    params,
    tree.ref(newMu),
    tree.ref(newNu),
  )
  return [newParams, newMu, newNu]
}

const corrections = (i: number): readonly [np.Array, np.Array] => [
  np.array(1 / (1 - 0.9 ** i)),
  np.array(1 / (1 - 0.999 ** i)),
]

const zeros = (params: any): any => tree.map((p: np.Array) => np.zeros(p.shape), tree.ref(params))

const start = async (): Promise<void> => {
  await init('wasm')
  defaultDevice('wasm')
}

/** A function that takes the next step and gives the loss before it. */
const training = <P>(
  { params: initial, batches }: Training<P>,
  classes: number,
  loss: (params: Mapped<P, np.Array>, x: np.Array, targets: np.Array) => np.Array,
  rates: Rates,
): Step => {
  const step: any = jit((params: any, mu: any, nu: any, x: np.Array, targets: np.Array, c1: np.Array, c2: np.Array) => {
    const [value, grads]: any = valueAndGrad(loss as any)(tree.ref(params), x, targets)
    return [...updated(params, mu, nu, grads, c1, c2, rates), value]
  })
  const inputs = batches.map(({ x, y }) => [array(x), array(oneHot(y, classes))] as const)
  let params: any = mapTensors(initial, array)
  let [mu, nu] = [zeros(params), zeros(params)]
  let i = 0
  return () => {
    const [x, targets] = inputs[i % inputs.length]!
    i += 1
    const result = step(params, mu, nu, x.ref, targets.ref, ...corrections(i))
    ;[params, mu, nu] = result
    return result[3].item()
  }
}

/** W1. */
export const mlp = async (): Promise<Step> => {
  await start()
  const loss = (params: readonly Dense<np.Array>[], x: np.Array, targets: np.Array): np.Array =>
    crossEntropy(
      params.reduce((h, { w, b }, i) => {
        const y = np.matmul(h, w).add(b)
        return i < params.length - 1 ? nn.relu(y) : y
      }, x),
      targets,
    )
  return training(mlpData(), 10, loss, { rate: 1e-3 })
}

/** W2: its convolutions are NCHW and OIHW, so kernels and images are transposed. */
export const cnn = async (): Promise<Step> => {
  await start()
  const { params, batches } = cnnData()
  const block = (x: np.Array, k: np.Array, c: np.Array): np.Array => {
    const y = lax.convGeneralDilated(x, k.transpose([3, 2, 0, 1]), [1, 1], 'SAME')
    const [n, channels, h, w] = y.shape as [number, number, number, number]
    const z = nn.relu(y.add(c.reshape([channels, 1, 1])))
    return np.mean(z.reshape([n, channels, h / 2, 2, w / 2, 2]), [3, 5])
  }
  const loss = (p: Mapped<typeof params, np.Array>, x: np.Array, targets: np.Array): np.Array => {
    const h = block(block(x.transpose([0, 3, 1, 2]), p.k0, p.c0), p.k1, p.c1).transpose([0, 2, 3, 1])
    const z = nn.relu(np.matmul(h.reshape([h.shape[0]!, 3136]), p.w0).add(p.b0))
    return crossEntropy(np.matmul(z, p.w1).add(p.b1), targets)
  }
  return training({ params, batches }, 10, loss, { rate: 1e-3 })
}

/** W3. */
export const gpt = async (): Promise<Step> => {
  await start()
  const { vocabulary, width, heads, length, batch } = gptSizes
  const data = gptData()
  type Params = Mapped<(typeof data)['params'], np.Array>
  type Layer = Params['layers'][number]
  const dense = (x: np.Array, { w, b }: Dense<np.Array>): np.Array => np.matmul(x, w).add(b)
  const norm = (x: np.Array, { scale, bias }: Layer['ln1']): np.Array => {
    const centered = x.ref.sub(np.mean(x, -1, { keepdims: true }))
    const variance = np.mean(np.square(centered.ref), -1, { keepdims: true })
    return centered
      .div(np.sqrt(variance.add(1e-5)))
      .mul(scale)
      .add(bias)
  }
  const split = (x: np.Array): np.Array => x.reshape([batch, length, heads, width / heads]).transpose([0, 2, 1, 3])
  const attention = (h: np.Array, layer: Layer): np.Array => {
    const [q, k, v] = [split(dense(h.ref, layer.q)), split(dense(h.ref, layer.k)), split(dense(h, layer.v))]
    const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(width / heads))
    const weights = nn.softmax(scores.add(np.triu(np.full([length, length], -1e30), 1)), -1)
    return dense(np.matmul(weights, v).transpose([0, 2, 1, 3]).reshape([batch, length, width]), layer.o)
  }
  const loss = (params: Params, x: np.Array, targets: np.Array): np.Array => {
    let h = np.take(params.tok, x, 0).add(params.pos)
    for (const layer of params.layers) {
      h = h.ref.add(attention(norm(h, layer.ln1), layer))
      h = h.ref.add(dense(nn.gelu(dense(norm(h, layer.ln2), layer.f)), layer.p))
    }
    return crossEntropy(np.matmul(norm(h, params.ln), params.head), targets)
  }
  return training(data, vocabulary, loss, { rate: 3e-4, decay: 1e-2 })
}

/** W4. */
export const adam = async (): Promise<Step> => {
  await start()
  const data = adamData()
  const step: any = jit((params: any, mu: any, nu: any, grads: any, c1: np.Array, c2: np.Array) =>
    updated(params, mu, nu, grads, c1, c2, { rate: 1e-3 }),
  )
  let params: any = data.params.map(array)
  const grads: any = data.grads.map(array)
  let [mu, nu] = [zeros(params), zeros(params)]
  let i = 0
  return () => {
    i += 1
    ;[params, mu, nu] = step(params, mu, nu, tree.ref(grads), ...corrections(i))
    // All are there when the last one is: reading the first alone would leave the others undone.
    for (const p of params.slice(1)) p.ref.dataSync()
    return params[0].ref.dataSync()[0]
  }
}

/** W5. */
export const matmul = async (): Promise<Step> => {
  await start()
  const [a, b] = matmulData().map(array) as [np.Array, np.Array]
  const product = jit((x: np.Array, y: np.Array) => np.matmul(x, y))
  return () => product(a.ref, b.ref).dataSync()[0]!
}
