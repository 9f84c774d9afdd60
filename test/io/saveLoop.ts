/**
 * A training that saves at every step: it says `ready`, reads a folder and a number of steps from stdin, says the step from
 * which it goes on, and then each step with the bits of its loss. Data order, dropout and Adam depend on what is saved.
 */
import { readFileSync } from 'node:fs'
import { io, jit, nn, type NDArray, nnx, np, optax, random } from '../../src/index.js'

export interface Saved {
  readonly step: NDArray
  /** Makes the save longer, so that kills fall into it. */
  readonly ballast: NDArray
  /** From which the data are drawn. */
  readonly key: random.PRNGKey
  readonly optimizer: nnx.AnyState
}

class Net extends nnx.Module<[x: NDArray], NDArray> {
  readonly first: nnx.Linear
  readonly dropout: nnx.Dropout
  readonly last: nnx.Linear
  constructor(rngs: nnx.Rngs) {
    super()
    this.first = new nnx.Linear(4, 8, { rngs })
    this.dropout = new nnx.Dropout(0.25, { rngs })
    this.last = new nnx.Linear(8, 1, { rngs })
  }
  override call(x: NDArray): NDArray {
    return this.last(this.dropout(nn.tanh(this.first(x))))
  }
}

const optimizer = new nnx.Optimizer(new Net(new nnx.Rngs({ params: 0, dropout: 1 })), optax.adam(1e-2))
const trainStep = nnx.jit((optimizer: nnx.Optimizer<Net>, x: NDArray) => {
  const loss = (net: Net): NDArray => np.mean(np.square(net(x).sub(np.sum(x, { axis: 1, keepdims: true }))))
  const [value, grads] = nnx.valueAndGrad(loss)(optimizer.model)
  optimizer.update(grads)
  return value
})
const draw = jit((key: random.PRNGKey) => {
  const [next, now] = random.split(key)
  return [next!, random.normal(now!, [16, 4])] as const
})

const train = async (folder: string, steps: number): Promise<void> => {
  const manager = new io.CheckpointManager(folder, { keep: 2 })
  let key = random.key(7)
  const restored = manager.restore<Saved>()
  if (restored !== null) {
    key = restored.tree.key
    nnx.update(optimizer, restored.tree.optimizer)
  }
  const begin = restored?.step ?? 0
  process.stdout.write(`${begin}\n`)
  for (let step = begin + 1; step <= steps; step++) {
    const [next, x] = draw(key)
    key = next
    const loss = trainStep(optimizer, x)
    const ballast = np.full([30_000], step)
    process.stdout.write(`${step} ${Buffer.from((loss.data() as Float32Array).buffer).toString('hex')}\n`)
    await manager.save(step, { step: np.array([step]), ballast, key, optimizer: nnx.state(optimizer) })
  }
  await manager.wait()
}

if (process.argv[1]?.includes('saveLoop') === true) {
  process.stdout.write('ready\n')
  const [folder, steps] = readFileSync(0, 'utf8').split('\n')
  await train(folder!, Number(steps))
}
