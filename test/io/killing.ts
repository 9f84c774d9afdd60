/** Kills a training while it saves, looks at what it leaves, and lets it go on. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { io, nnx, random } from '../../src/index.js'
import type { Saved } from './saveLoop.js'

/** What was found after a kill. */
export interface Aftermath {
  /** Steps whose loss the process said, of which the last save may have failed. */
  readonly losses: ReadonlyMap<number, string>
  /** The step from which it had begun. */
  readonly resumed: number
  /** The step that was restored afterwards; 0 without a checkpoint. */
  readonly restored: number
  /** Whether every checkpoint in the folder was whole. */
  readonly whole: boolean
  /** Whether the process died in the middle of writing a checkpoint. */
  readonly interrupted: boolean
}

const isWhole = ({ step, tree, skipped }: io.Restored<Saved>): boolean =>
  skipped.length === 0 &&
  tree.step.item() === step &&
  (tree.ballast.data() as Float32Array).every((x) => x === step) &&
  random.keyData(tree.key).shape[0] === 2 &&
  nnx.isState(tree.optimizer)

/** A process that trains and saves at every step, ready to begin: compiled code is loaded, nothing is read yet. */
export class Trainer {
  readonly #child
  readonly #ready: Promise<void>
  readonly #lines: string[] = []
  #onLine: (() => void) | null = null

  constructor(readonly program: readonly string[]) {
    const child = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop()!
      this.#lines.push(...lines)
      this.#onLine?.()
    })
    this.#child = child
    this.#ready = this.#until(1)
  }

  async #until(lines: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.#lines.length >= lines) resolve()
      }
      this.#onLine = look
      this.#child.once('exit', () => reject(new Error('the process ended by itself')))
      look()
    })
    this.#onLine = null
  }

  /** Train in a folder up to a step; its losses, as text that tells all bits, by step. */
  async run(folder: string, steps: number): Promise<ReadonlyMap<number, string>> {
    await this.#ready
    const exit = once(this.#child, 'exit')
    this.#child.stdin.end(`${folder}\n${steps}\n`)
    await exit
    return this.#losses()
  }

  /** Train in a folder, and kill the process with SIGKILL a while after it has said so many losses. */
  async kill(folder: string, milliseconds: number, losses = 2): Promise<Aftermath> {
    await this.#ready
    const exit = once(this.#child, 'exit')
    this.#child.stdin.end(`${folder}\nInfinity\n`)
    await this.#until(2 + losses)
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    this.#child.kill('SIGKILL')
    await exit
    const interrupted = readdirSync(folder).some((name) => name.startsWith('.step_'))
    const manager = new io.CheckpointManager(folder)
    await manager.wait()
    const steps = manager.steps()
    const restored = manager.restore<Saved>()
    return {
      losses: this.#losses(),
      resumed: Number(this.#lines[1]),
      restored: restored?.step ?? 0,
      whole: (restored?.skipped ?? []).length === 0 && steps.every((step) => isWhole(manager.restore<Saved>(step)!)),
      interrupted,
    }
  }

  #losses(): ReadonlyMap<number, string> {
    return new Map(
      this.#lines.slice(2).map((line) => {
        const [step, loss] = line.split(' ')
        return [Number(step), loss!]
      }),
    )
  }
}
