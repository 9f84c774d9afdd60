/** `CheckpointManager`: saves a training run now and then, keeps the last and the best, and finds the newest whole one. */
import { mkdirSync, readdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as t from 'io-ts'
import { ArgumentError, closed, DecodeError, decodeOptions } from '../core/index.js'
import { checkpointInfo, type CheckpointInfo, readCheckpoint, writeCheckpoint } from './checkpoint.js'
import { CheckpointError } from './errors.js'
import { temporaryBeside } from './files.js'
import { fit } from './like.js'
import { type Metrics, type Snapshot, takeSnapshot } from './snapshot.js'
import { TreeFormat, type TreeCodecOptions } from './treeFormat.js'

export interface CheckpointManagerOptions extends Pick<TreeCodecOptions, 'nodes' | 'kinds'> {
  /** How many of the last checkpoints are kept; default 3. */
  readonly keep?: number
  /** Save at steps that are multiples of this. With neither this nor `everySeconds`, every call of `save` saves. */
  readonly everySteps?: number
  /** Save when so much time has passed since the last save. */
  readonly everySeconds?: number
  /** Keep the best by a metric, too: a loss, or (`mode: 'max'`) an accuracy. */
  readonly best?: {
    readonly metric: string
    /** Default `min`. */
    readonly mode?: 'min' | 'max'
    /** How many; default 1. */
    readonly keep?: number
  }
}

export interface SaveOptions {
  readonly metrics?: Metrics
  /** Save whatever `everySteps` and `everySeconds` say. */
  readonly force?: boolean
}

export interface RestoreOptions<T> {
  /** A tree that the one read must be like, in structure, shapes and dtypes; `ShapeDtypeStruct`s may stand for arrays. */
  readonly like?: T
}

/** A checkpoint that was read. */
export interface Restored<T> extends CheckpointInfo {
  readonly tree: T
  /** Newer checkpoints that were not whole, and why. */
  readonly skipped: readonly CheckpointError[]
}

const managerOptions = closed(
  t.partial({
    keep: t.number,
    everySteps: t.number,
    everySeconds: t.number,
    best: closed(t.partial({ metric: t.string, mode: t.keyof({ min: null, max: null }), keep: t.number })),
    nodes: t.UnknownRecord,
    kinds: t.UnknownRecord,
  }),
)
const restoreOptions = closed(t.partial({ like: t.unknown }))
const saveOptions = closed(t.partial({ metrics: t.record(t.string, t.number), force: t.boolean }))

const folderName = (step: number): string => `step_${String(step).padStart(10, '0')}`
const folderPattern = /^step_(\d{10,16})$/
const leftBehind = /^\.(?:step|trash)_.*\.tmp-(\d+)-[0-9a-f]{8}$/

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const requireCount = (name: string, n: number | undefined, least: number): void => {
  if (n !== undefined && !(n >= least && (name === 'everySeconds' || Number.isInteger(n)))) {
    throw new ArgumentError('CheckpointManager', `${name} of at least ${least}`, `${n}`)
  }
}

/**
 * Checkpoints of a run in a folder. Each is a folder of its own, which appears there whole or not at all: it is written
 * beside, brought to the disk and renamed. Trees say themselves what they are made of: params, states of Optax, keys,
 * `nnx.state(optimizer)`.
 *
 * @example
 * import { mkdtempSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 *
 * const folder = mkdtempSync(join(tmpdir(), 'onnax-'))
 * const manager = new io.CheckpointManager(folder, { everySteps: 10, keep: 2, best: { metric: 'loss' } })
 * for (let step = 1; step <= 40; step++) {
 *   await manager.save(step, { w: np.array([step]), key: random.key(step) }, { metrics: { loss: (step - 20) ** 2 } })
 * }
 * await manager.wait()
 * manager.list().map(({ step }) => step) // => [20, 30, 40]
 * manager.restore<{ w: NDArray }>()!.tree.w // => Array([40.], dtype=float32)
 * manager.best()!.step // => 20
 */
export class CheckpointManager {
  readonly #format: TreeFormat
  readonly #options: CheckpointManagerOptions
  #lastSaved = performance.now()
  /** Calls of `save` take turns. */
  #turn: Promise<unknown> = Promise.resolve()
  #writing: Promise<void> = Promise.resolve()
  #failure: { readonly error: unknown } | null = null

  /**
   * @param folder - made if there is none
   * @throws CheckpointError if it can't be made or read
   */
  constructor(
    readonly folder: string,
    options: CheckpointManagerOptions = {},
  ) {
    decodeOptions('io.CheckpointManager', managerOptions, options)
    requireCount('keep', options.keep, 1)
    requireCount('everySteps', options.everySteps, 1)
    requireCount('everySeconds', options.everySeconds, 0)
    requireCount('best.keep', options.best?.keep, 1)
    this.#options = options
    this.#format = new TreeFormat(options)
    try {
      mkdirSync(folder, { recursive: true })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new CheckpointError('CheckpointManager', `a folder at ${folder}`, code!, error)
    }
    this.#writing = this.#clean()
  }

  /** Removes what processes left that were killed while they saved. */
  async #clean(): Promise<void> {
    for (const name of this.#names()) {
      const [, pid] = leftBehind.exec(name) ?? []
      if (pid !== undefined && !isAlive(Number(pid))) {
        await rm(join(this.folder, name), { recursive: true, force: true }).catch(() => undefined)
      }
    }
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.folder)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new CheckpointError('CheckpointManager', `a folder that can be read, ${this.folder}`, code!, error)
    }
  }

  /** Steps of which there is a checkpoint, ascending. */
  steps(): readonly number[] {
    return this.#names()
      .flatMap((name) => folderPattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
  }

  #path(step: number): string {
    return join(this.folder, folderName(step))
  }

  /** Whether it is time to save. */
  isDue(step: number): boolean {
    const { everySteps, everySeconds } = this.#options
    if (everySteps === undefined && everySeconds === undefined) return true
    if (everySteps !== undefined && step % everySteps === 0) return true
    return everySeconds !== undefined && performance.now() - this.#lastSaved >= 1000 * everySeconds
  }

  /**
   * Save a tree if it is time. Resolves when its writing has begun, which waits for the save before: a loop that awaits it
   * has one old state in memory at most. Nothing is copied but what is donated before it is written. {@link wait} waits
   * for the writing.
   *
   * @returns whether it saves; `false` also if there is a checkpoint of the step
   * @throws CheckpointError if the save before failed, for lack of room for example
   * @throws ArgumentError if the tree holds what can't be saved, naming the path
   */
  async save(step: number, tree: unknown, options: SaveOptions = {}): Promise<boolean> {
    const { metrics = {}, force = false } = decodeOptions('CheckpointManager.save', saveOptions, options)
    if (!Number.isSafeInteger(step) || step < 0) throw new ArgumentError('save', 'a step from 0', `${step}`)
    if (!force && !this.isDue(step)) return false
    const turn = this.#turn.then(() => this.#begin(step, tree, metrics))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #begin(step: number, tree: unknown, metrics: Metrics): Promise<boolean> {
    await this.#written()
    const isThere = this.steps().includes(step)
    if (isThere && this.#infoOf(step) !== null) return false
    const snapshot = takeSnapshot(this.#format, step, tree, metrics)
    this.#lastSaved = performance.now()
    this.#writing = this.#write(snapshot, isThere).catch((error: unknown) => {
      this.#failure = { error }
    })
    return true
  }

  async #write(snapshot: Snapshot, isThere: boolean): Promise<void> {
    if (isThere) await this.#remove(snapshot.step)
    await writeCheckpoint(this.#path(snapshot.step), snapshot)
    for (const step of this.#superfluous()) await this.#remove(step)
  }

  /** Resolves when all that was saved is on the disk. @throws CheckpointError if it could not be written */
  async wait(): Promise<void> {
    await this.#turn
    await this.#written()
  }

  async #written(): Promise<void> {
    await this.#writing
    const failure = this.#failure
    this.#failure = null
    if (failure !== null) throw failure.error
  }

  /** A folder goes at once, too: it is renamed before it is emptied. */
  async #remove(step: number): Promise<void> {
    const trash = temporaryBeside(join(this.folder, `.trash_${step}`))
    try {
      await rename(this.#path(step), trash)
      await rm(trash, { recursive: true, force: true })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new CheckpointError('removing a checkpoint', `a folder that can be written, ${this.folder}`, code!, error)
    }
  }

  #infoOf(step: number): CheckpointInfo | null {
    try {
      return checkpointInfo(this.#path(step), this.#format)
    } catch (error) {
      if (error instanceof CheckpointError) return null
      throw error
    }
  }

  /** The checkpoints whose manifests are whole, by step. The arrays are checked when they are read. */
  list(): readonly CheckpointInfo[] {
    return this.steps().flatMap((step) => this.#infoOf(step) ?? [])
  }

  #ranked(): readonly CheckpointInfo[] {
    const { best } = this.#options
    if (best === undefined) return []
    const sign = best.mode === 'max' ? -1 : 1
    const worth = ({ metrics }: CheckpointInfo): number => sign * (metrics[best.metric] ?? NaN)
    // Of equal ones the newer is better; one without the metric, or with NaN, is none.
    return this.list()
      .filter((info) => !Number.isNaN(worth(info)))
      .sort((a, b) => worth(a) - worth(b) || b.step - a.step)
  }

  /** The best checkpoint by the metric of the options; `null` if there is none. */
  best(): CheckpointInfo | null {
    return this.#ranked()[0] ?? null
  }

  #superfluous(): readonly number[] {
    const { keep = 3, best } = this.#options
    const steps = this.steps()
    const kept = new Set([
      ...steps.slice(-keep),
      ...this.#ranked()
        .slice(0, best?.keep ?? 1)
        .map(({ step }) => step),
    ])
    return steps.filter((step) => !kept.has(step))
  }

  /**
   * The newest checkpoint that is whole, or that of a step.
   *
   * @returns `null` if there is none; without `like` the type of the tree is the caller's word
   * @throws CheckpointError if that of the step is missing or not whole, or if there are some and none is whole
   * @throws DecodeError if the tree is not like `like`, naming the path
   */
  restore<T = unknown>(options?: RestoreOptions<T>): Restored<T> | null
  restore<T = unknown>(step: number | undefined, options?: RestoreOptions<T>): Restored<T> | null
  restore<T = unknown>(first?: number | RestoreOptions<T>, second: RestoreOptions<T> = {}): Restored<T> | null {
    const [step, options] = typeof first === 'object' ? [undefined, first] : [first, second]
    const { like } = decodeOptions('CheckpointManager.restore', restoreOptions, options)
    const read = (at: number, skipped: readonly CheckpointError[]): Restored<T> => {
      const info = checkpointInfo(this.#path(at), this.#format)
      if (info.step !== at) throw new CheckpointError(info.path, `a checkpoint of step ${at}`, `one of ${info.step}`)
      const tree = readCheckpoint(this.#path(at), this.#format)
      const faults = like === undefined ? [] : fit(like, tree, [])
      if (faults.length > 0) throw new DecodeError(info.path, faults)
      return { ...info, tree: tree as T, skipped }
    }
    if (step !== undefined) return read(step, [])
    const skipped: CheckpointError[] = []
    for (const at of [...this.steps()].reverse()) {
      try {
        return read(at, skipped)
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error
        skipped.push(error)
      }
    }
    if (skipped.length > 0) throw skipped[0]!
    return null
  }
}
