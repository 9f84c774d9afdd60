/** Saves checkpoints as fast as it can until it is killed, saying on stdout when each is begun. */
import { io, np, random } from '../../src/index.js'

const manager = new io.CheckpointManager(process.argv[2]!, { keep: 2 })
const first = (manager.steps().at(-1) ?? 0) + 1
for (let step = first; ; step++) {
  await manager.save(step, { step: np.array([step]), weights: np.full([30_000], step), key: random.key(step) })
  process.stdout.write(`${step}\n`)
}
