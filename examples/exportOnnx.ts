/** `npx tsx examples/exportOnnx.ts`: train, export to ONNX, run and train on with plain onnxruntime-node. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { io, type NDArray, nnx, np, optax, random, ShapeDtypeStruct, tree, valueAndGrad } from 'onnax'

const newModel = () => {
  const rngs = new nnx.Rngs(0)
  return new nnx.Sequential(new nnx.Linear(8, 64, { rngs }), nnx.tanh, new nnx.Linear(64, 1, { rngs }))
}
type Model = ReturnType<typeof newModel>

const x = random.normal(random.key(1), [128, 8])
const y = np.sin(np.sum(x, { axis: 1, keepdims: true }))
const lossOf = (model: Model, x: NDArray, y: NDArray): NDArray => np.mean(np.square(model(x).sub(y)))

const tensorOf = (a: NDArray): Tensor => new Tensor(a.dtype as 'float32', a.data() as Float32Array, [...a.shape])

/** A trained model in a file with its weights beside it, for any batch size; how far plain ONNX Runtime is from ours. */
export const exportModel = async (path: string, steps: number): Promise<number> => {
  const optimizer = new nnx.Optimizer(newModel(), optax.adam(1e-2))
  const step = nnx.jit((optimizer: nnx.Optimizer<Model>, x: NDArray, y: NDArray) => {
    optimizer.update(nnx.grad((model: Model) => lossOf(model, x, y))(optimizer.model))
  })
  for (let i = 0; i < steps; i++) step(optimizer, x, y)
  const { model } = optimizer
  const exported = io.exportOnnx((x: NDArray) => model(x), [new ShapeDtypeStruct([1, 8])], {
    names: { inputs: ['x'], outputs: ['y'], weights: nnx.state(model) },
    batch: { x: 0 },
    weights: 'external',
    location: 'model.weights',
  })
  io.writeOnnx(path, exported)
  const session = await InferenceSession.create(path)
  const results = await session.run({ x: tensorOf(x) })
  const plain = np.reshape(np.array(results['y']!.data as Float32Array), [128, 1])
  return np.max(np.abs(plain.sub(model(x)))).item()
}

/** Losses of a training step that plain ONNX Runtime runs: the state that comes out of a step goes into the next. */
export const trainInPlainRuntime = async (steps: number): Promise<readonly number[]> => {
  const [graphdef, params] = nnx.split(newModel())
  const tx = optax.adam(1e-2)
  const trainStep = (params: nnx.State<Model>, state: ReturnType<typeof tx.init>, x: NDArray, y: NDArray) => {
    const [loss, grads] = valueAndGrad((p: nnx.State<Model>) => lossOf(nnx.merge(graphdef, p), x, y))(params)
    const [updates, next] = tx.update(grads, state, params)
    return { params: optax.applyUpdates(params, updates), state: next, loss }
  }
  const args = [params, tx.init(params), x, y] as const
  const exported = io.exportOnnx(trainStep, args, { names: { inputs: ['params', 'state', 'x', 'y'] } })
  const session = await InferenceSession.create(exported.bytes)
  const first = tree.leaves(args) as readonly NDArray[]
  let feeds = Object.fromEntries(exported.inputs.map(({ name }, i) => [name, tensorOf(first[i]!)]))
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    const results = await session.run(feeds)
    losses.push(Number(results['output.loss']!.data[0]))
    feeds = Object.fromEntries(Object.entries(feeds).map(([name, old]) => [name, results[`output.${name}`] ?? old]))
  }
  return losses
}

if (import.meta.filename === process.argv[1]) {
  const folder = mkdtempSync(join(tmpdir(), 'onnax-export-'))
  const difference = await exportModel(join(folder, 'model.onnx'), 200)
  console.log(`model.onnx in plain ONNX Runtime: at most ${difference} from onnax`)
  const losses = await trainInPlainRuntime(200)
  console.log(`training step in plain ONNX Runtime: loss ${losses[0]} → ${losses.at(-1)}`)
  rmSync(folder, { recursive: true })
}
