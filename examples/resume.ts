/** `npx tsx examples/resume.ts`: a training that is stopped, and goes on from its newest checkpoint bit for bit. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { io, jit, type NDArray, nnx, np, optax, random } from 'onnax'

class Mlp extends nnx.Module<[x: NDArray], NDArray> {
  readonly first: nnx.Linear
  readonly dropout: nnx.Dropout
  readonly last: nnx.Linear
  constructor(rngs: nnx.Rngs) {
    super()
    this.first = new nnx.Linear(2, 32, { rngs })
    this.dropout = new nnx.Dropout(0.1, { rngs })
    this.last = new nnx.Linear(32, 1, { rngs })
  }
  override call(x: NDArray): NDArray {
    return this.last(this.dropout(nnx.gelu(this.first(x))))
  }
}

/** All that a training needs to go on: the model with its random state, Adam's moments, and the key of the data. */
interface Saved {
  readonly optimizer: nnx.AnyState
  readonly key: random.PRNGKey
}

const trainStep = nnx.jit(
  (optimizer: nnx.Optimizer<Mlp>, x: NDArray) => {
    const target = np.sin(np.sum(x, { axis: 1, keepdims: true }))
    const [loss, grads] = nnx.valueAndGrad((model: Mlp) => np.mean(np.square(model(x).sub(target))))(optimizer.model)
    optimizer.update(grads)
    return loss
  },
  { donateArgnums: 0 },
)
const draw = jit((key: random.PRNGKey) => {
  const [next, now] = random.split(key)
  return [next!, random.uniform(now!, [64, 2], { minval: -2, maxval: 2 })] as const
})

/** Train up to `steps`, from the newest checkpoint in `folder` if there is one. @returns the losses of its steps */
export const train = async (folder: string, steps: number): Promise<readonly number[]> => {
  const model = new Mlp(new nnx.Rngs({ params: 0, dropout: 1 }))
  const optimizer = new nnx.Optimizer(model, optax.adam(3e-3))
  let key = random.key(2)
  const manager = new io.CheckpointManager(folder, { everySteps: 10, keep: 2, best: { metric: 'loss' } })
  const restored = manager.restore<Saved>()
  if (restored !== null) {
    nnx.update(optimizer, restored.tree.optimizer)
    key = restored.tree.key
  }
  const losses: number[] = []
  for (let step = (restored?.step ?? 0) + 1; step <= steps; step++) {
    const [next, x] = draw(key)
    key = next
    const loss = trainStep(optimizer, x).item()
    losses.push(loss)
    await manager.save(step, { optimizer: nnx.state(optimizer), key }, { metrics: { loss } })
  }
  await manager.wait()
  return losses
}

if (import.meta.filename === process.argv[1]) {
  const folder = mkdtempSync(join(tmpdir(), 'onnax-resume-'))
  const through = await train(join(folder, 'through'), 100)
  await train(join(folder, 'stopped'), 55)
  const resumed = await train(join(folder, 'stopped'), 100)
  console.log(`100 steps at once: loss ${through.at(-1)}`)
  console.log(`stopped at 55, resumed from 50: loss ${resumed.at(-1)}, after ${resumed.length} steps`)
  rmSync(folder, { recursive: true })
}
