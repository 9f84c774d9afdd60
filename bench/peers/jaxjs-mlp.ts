/** W1 in @jax-js/jax on WebAssembly; its optimizers are not on the registry, so Adam is written out. */
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { glorot, images } from '../data.js'

const sizes = [784, 512, 512, 10] as const
const batch = 128
const batches = 10

type Params = { w: np.Array; b: np.Array }[]

const loss = (params: Params, x: np.Array, oneHot: np.Array): np.Array => {
  const logits = params.reduce((h, { w, b }, i) => {
    const y = np.matmul(h, w).add(b)
    return i < params.length - 1 ? nn.relu(y) : y
  }, x)
  return np.mean(nn.logSoftmax(logits, -1).mul(oneHot).sum(-1)).neg()
}

/** A function that takes the next step and gives the loss before it. */
export const mlp = async (): Promise<() => number> => {
  await init('wasm')
  defaultDevice('wasm')

  const step: any = jit(
    (params: Params, mu: Params, nu: Params, x: np.Array, oneHot: np.Array, c1: np.Array, c2: np.Array) => {
      const [value, grads] = valueAndGrad(loss)(tree.ref(params), x, oneHot)
      const newMu: Params = tree.map((m: np.Array, g: np.Array) => m.mul(0.9).add(g.mul(1 - 0.9)), mu, tree.ref(grads))
      const newNu: Params = tree.map(
        (v: np.Array, g: np.Array) => v.mul(0.999).add(g.ref.mul(g).mul(1 - 0.999)),
        nu,
        grads,
      )
      const newParams: Params = tree.map(
        (p: np.Array, m: np.Array, v: np.Array) =>
          p.sub(
            m
              .mul(c1.ref)
              .div(np.sqrt(v.mul(c2.ref)).add(1e-8))
              .mul(1e-3),
          ),
        params,
        tree.ref(newMu),
        tree.ref(newNu),
      )
      return [newParams, newMu, newNu, value]
    },
  )
  const data = images(1, batch * batches)
  const inputs = Array.from({ length: batches }, (_, i) => ({
    x: np.array(data.x.slice(i * batch * 784, (i + 1) * batch * 784)).reshape([batch, 784]),
    oneHot: np
      .array(
        Float32Array.from({ length: batch * 10 }, (_v, j) =>
          data.labels[i * batch + Math.floor(j / 10)] === j % 10 ? 1 : 0,
        ),
      )
      .reshape([batch, 10]),
  }))
  let params: Params = sizes.slice(1).map((n, i) => ({
    w: np.array(glorot(100 + i, sizes[i]!, n)).reshape([sizes[i]!, n]),
    b: np.zeros([n]),
  }))
  let mu: Params = params.map(({ w, b }) => ({ w: np.zeros(w.shape), b: np.zeros(b.shape) }))
  let nu: Params = params.map(({ w, b }) => ({ w: np.zeros(w.shape), b: np.zeros(b.shape) }))
  let i = 0
  return () => {
    const { x, oneHot } = inputs[i % batches]!
    i += 1
    const result = step(
      params,
      mu,
      nu,
      x.ref,
      oneHot.ref,
      np.array(1 / (1 - 0.9 ** i)),
      np.array(1 / (1 - 0.999 ** i)),
    ) as [Params, Params, Params, np.Array]
    ;[params, mu, nu] = result
    return result[3].item()
  }
}
