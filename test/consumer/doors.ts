/** A user's program that goes through every door: `npm run declarations` compiles it against the types that are published. */
import { grad, io, jit, lax, type NDArray, nn, np, random, scipy, tree } from 'onnax'
import * as nnx from 'onnax/nnx'
import * as optax from 'onnax/optax'
import * as pytree from 'onnax/pytree'
import * as transforms from 'onnax/transforms'

interface Params {
  readonly w: NDArray
  readonly b: NDArray
}

const params: Params = { w: random.normal(random.key(0), [3, 2]), b: np.zeros([2]) }
const loss = ({ w, b }: Params, x: NDArray): NDArray =>
  nn
    .relu(np.add(np.dot(x, w), b))
    .mul(2)
    .sum()
const tx = optax.chain(optax.clipByGlobalNorm(1), optax.adam(1e-3))

export const step = jit((p: Params, x: NDArray): Params => {
  const grads: Params = grad(loss)(p, x)
  const [updates] = tx.update(grads, tx.init(p), p)
  return optax.applyUpdates(p, updates)
})

/** A user's own layer, with state. */
export class Block extends nnx.Module<[x: NDArray], NDArray> {
  readonly linear: nnx.Linear
  readonly calls: nnx.Variable<NDArray>

  constructor(features: number, { rngs }: { readonly rngs: nnx.Rngs }) {
    super()
    this.linear = new nnx.Linear(features, features, { rngs })
    this.calls = new nnx.BatchStat(np.zeros([], { dtype: 'int32' }))
  }

  override call(x: NDArray): NDArray {
    this.calls.value = this.calls.value.add(1)
    return this.linear(x).add(this.calls.mul(0))
  }
}

const model = new Block(4, { rngs: new nnx.Rngs(0) })
const [graphdef, state] = nnx.split(model)
export const merged: Block = nnx.merge(graphdef, state)
export const optimizer = new nnx.Optimizer(model, tx)
export const gradients = nnx.valueAndGrad((m: Block, x: NDArray) => m(x).sum())(model, np.ones([1, 4]))

/** At the end of the block the streams are as before. */
export const forked = (rngs: nnx.Rngs): NDArray => {
  using _backups = nnx.splitRngs(rngs, { splits: 2 })
  return random.uniform(rngs.params(), [2])
}

export const doubled: Params = pytree.map((x: NDArray) => x.mul(2), params)
export const leaves = tree.leaves(params)
export const primals = transforms.jvp((x: NDArray) => scipy.special.erf(x), [np.ones([2])], [np.ones([2])])
export const sum: NDArray = lax.foriLoop(0, 3, (i: NDArray, s: NDArray) => s.add(i.astype('float32')), np.zeros([]))
export const save = (file: string): void => void io.writeSafetensors(file, { w: params.w })
export const name: string = step.name

// @ts-expect-error -- types are there, and not `any`
export const wrong: string = np.zeros([2])
