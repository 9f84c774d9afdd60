/**
 * What `nnx.jit` of modules and an `nnx.Optimizer` costs more than `jit` of the same step over their states: W1 and W3, with
 * layers of `nnx` in both. The two take turns, and their losses must be those of the workloads.
 */
import { jit, type NDArray, nnx, np, optax, valueAndGrad } from 'onnax'
import { compare } from './measure.js'
import { requireValues, type Row } from './runs.js'
import { type Dense, gptData, gptSizes, type Mapped, mapTensors, mlpData, type Training } from './data.js'
import { array } from './workloads/training.js'

interface Batch {
  readonly x: NDArray
  readonly y: NDArray
}
type Weights = Mapped<ReturnType<typeof gptData>['params'], NDArray>
const { width, heads, length, vocabulary } = gptSizes

type Model = nnx.Module<[x: NDArray], NDArray>
interface Workload {
  readonly name: 'w1' | 'w3'
  readonly model: () => Model
  readonly tx: optax.GradientTransformation<unknown>
  readonly inputs: readonly Batch[]
  readonly steps: number
}

/** A linear layer with weights of a workload. */
const dense = ({ w, b }: Dense<NDArray>): nnx.Linear => {
  const [from, to] = w.shape as readonly [number, number]
  const layer = new nnx.Linear(from, to, { rngs: new nnx.Rngs(0) })
  layer.kernel.value = w
  layer.bias!.value = b
  return layer
}

class Mlp extends nnx.Module<[x: NDArray], NDArray> {
  readonly layers: readonly nnx.Linear[]
  constructor(params: readonly Dense<NDArray>[]) {
    super()
    this.layers = params.map(dense)
  }
  override call(x: NDArray): NDArray {
    return this.layers.reduce((h, layer, i) => (i < this.layers.length - 1 ? nnx.relu(layer(h)) : layer(h)), x)
  }
}

/** Scale and bias begin as one and zero, as those of the workload. */
const norm = (): nnx.LayerNorm =>
  new nnx.LayerNorm(width, { epsilon: 1e-5, useFastVariance: false, rngs: new nnx.Rngs(0) })

class Block extends nnx.Module<[x: NDArray], NDArray> {
  readonly ln1 = norm()
  readonly attention: nnx.MultiHeadAttention
  readonly ln2 = norm()
  readonly wide: nnx.Linear
  readonly narrow: nnx.Linear
  constructor({ q, k, v, o, f, p }: Weights['layers'][number]) {
    super()
    this.attention = new nnx.MultiHeadAttention(heads, width, { decode: false, rngs: new nnx.Rngs(0) })
    const { query, key, value, out } = this.attention
    for (const [layer, { w }] of [
      [query, q],
      [key, k],
      [value, v],
      [out, o],
    ] as const) {
      // prettier-ignore
      layer.kernel.value = w.reshape(layer.kernel.shape)
    }
    this.wide = dense(f)
    this.narrow = dense(p)
  }
  override call(x: NDArray): NDArray {
    const h = x.add(this.attention(this.ln1(x), { isCausal: true }))
    return h.add(this.narrow(nnx.gelu(this.wide(this.ln2(h)))))
  }
}

class Gpt extends nnx.Module<[x: NDArray], NDArray> {
  readonly tok: nnx.Embed
  readonly pos: nnx.Embed
  readonly blocks: readonly Block[]
  readonly ln = norm()
  readonly head: nnx.Linear
  constructor(params: Weights) {
    super()
    const rngs = new nnx.Rngs(0)
    this.tok = new nnx.Embed(vocabulary, width, { rngs })
    this.pos = new nnx.Embed(length, width, { rngs })
    this.tok.embedding.value = params.tok
    this.pos.embedding.value = params.pos
    this.blocks = params.layers.map((layer) => new Block(layer))
    this.head = new nnx.Linear(width, vocabulary, { useBias: false, rngs })
    this.head.kernel.value = params.head
  }
  override call(x: NDArray): NDArray {
    const embedded = this.tok(x).add(this.pos(np.arange(length)))
    return this.head(this.ln(this.blocks.reduce((h, block) => block(h), embedded)))
  }
}

const lossOf = (model: Model, x: NDArray, y: NDArray): NDArray =>
  np.mean(optax.softmaxCrossEntropyWithIntegerLabels(model(x), y))

type Step = (batch: Batch) => number

/** As one writes it with `nnx`. */
const withModules = ({ model, tx }: Workload): Step => {
  const optimizer = new nnx.Optimizer(model(), tx, { wrt: nnx.Param })
  const step = nnx.jit(
    (optimizer: nnx.Optimizer<Model>, x: NDArray, y: NDArray) => {
      const [loss, grads] = nnx.valueAndGrad(lossOf)(optimizer.model, x, y)
      optimizer.update(grads)
      return loss
    },
    { donateArgnums: 0 },
  )
  return ({ x, y }) => step(optimizer, x, y).item()
}

/** As one writes it without: states go in and out. */
const withStates = ({ model, tx }: Workload): Step => {
  const [graphdef, initial] = nnx.split(model())
  let params = initial
  let optState = tx.init(params)
  const step = jit(
    (params: nnx.State<Model>, optState: unknown, x: NDArray, y: NDArray) => {
      const [loss, grads] = valueAndGrad((p: nnx.State<Model>) => lossOf(nnx.merge(graphdef, p), x, y))(params)
      const [updates, next] = tx.update(grads, optState, params)
      return [optax.applyUpdates(params, updates), next, loss] as const
    },
    { donateArgnums: [0, 1] },
  )
  return ({ x, y }) => {
    const [newParams, next, loss] = step(params, optState, x, y)
    params = newParams
    optState = next
    return loss.item()
  }
}

const batchesOf = ({ batches }: Training<unknown>): readonly Batch[] =>
  batches.map(({ x, y }) => ({ x: array(x), y: array(y) }))

// A step gives the memory of its weights away: each model begins with its own.
const workloads: readonly Workload[] = [
  {
    name: 'w1',
    model: () => new Mlp(mapTensors(mlpData().params, array)),
    tx: optax.adam(1e-3),
    inputs: batchesOf(mlpData()),
    steps: 300,
  },
  {
    name: 'w3',
    model: () => new Gpt(mapTensors(gptData().params, array)),
    tx: optax.adamw(3e-4, { weightDecay: 1e-2 }),
    inputs: batchesOf(gptData()),
    steps: 100,
  },
]
/** A row for each workload. */
export const stepRows = (): readonly Row[] =>
  workloads.map((workload) => {
    const { name, inputs, steps } = workload
    const losses: [number[], number[]] = [[], []]
    const [modules, states] = [withModules(workload), withStates(workload)].map(
      (step, kind) => (i: number) => void losses[kind]!.push(step(inputs[i % inputs.length]!)),
    ) as [(i: number) => void, (i: number) => void]
    const times = compare(modules, states, { repeats: steps })
    for (const values of losses) requireValues(name, 'onnax.nnx', values)
    return { name: `${name.toUpperCase()}, a step of nnx.Optimizer`, ...times }
  })
