/** Kills a process while it saves, and looks at what it leaves. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { io, type NDArray, random } from '../../src/index.js'

interface Saved {
  readonly step: NDArray
  readonly weights: NDArray
  readonly key: random.PRNGKey
}

const isWhole = ({ step, tree }: io.Restored<Saved>): boolean =>
  tree.step.item() === step &&
  (tree.weights.data() as Float32Array).every((x) => x === step) &&
  random.keyData(tree.key).toString() === random.keyData(random.key(step)).toString()

/** What was found after a kill. */
export interface Aftermath {
  /** The last step whose save had begun. */
  readonly begun: number
  /** The step that was restored. */
  readonly restored: number
  /** Whether every checkpoint in the folder was whole. */
  readonly whole: boolean
  /** Whether the process died in the middle of writing a checkpoint. */
  readonly interrupted: boolean
}

/** Kill a process with SIGKILL a while after it has begun its third save. */
export const killOnce = async (folder: string, milliseconds: number): Promise<Aftermath> => {
  const child = spawn(process.execPath, ['--import=tsx', 'test/io/saveLoop.ts', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8')
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the process ended by itself')))
    child.stdout.on('data', (chunk: string) => {
      text += chunk
      if (text.split('\n').length > 3) resolve()
    })
  })
  const exit = once(child, 'exit')
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  child.kill('SIGKILL')
  await exit
  const interrupted = readdirSync(folder).some((name) => name.startsWith('.step_'))
  const manager = new io.CheckpointManager(folder, { keep: 2 })
  await manager.wait()
  const steps = manager.steps()
  const restored = manager.restore<Saved>()!
  return {
    begun: Number(text.trim().split('\n').at(-1)),
    restored: restored.step,
    whole: restored.skipped.length === 0 && steps.every((step) => isWhole(manager.restore<Saved>(step)!)),
    interrupted,
  }
}
