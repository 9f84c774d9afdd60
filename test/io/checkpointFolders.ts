/** Folders of checkpoints for tests. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { io, np } from '../../src/index.js'

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'onnax-checkpoint-'))

export const saved = async (folder: string, steps: number, options: io.CheckpointManagerOptions = {}) => {
  const manager = new io.CheckpointManager(folder, options)
  for (let step = 1; step <= steps; step++) await manager.save(step, { w: np.full([40], step) })
  await manager.wait()
  return manager
}
