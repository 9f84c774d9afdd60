/**
 * Saving and restoring 400 MB of state: `node save.js [megabytes]` prints JSON.
 * The measure is a plain write of the same bytes with fsync, in turns with the saves; and what the process grows by.
 * Each starts with no file of the others there, and with nothing left for the disk to write.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { io, jit, type NDArray, np } from 'onnax'
import { time, timings } from './measure.js'

export interface SaveResult {
  readonly name: string
  readonly megabytes: number
  readonly plainMs: number
  readonly saveMs: number
  /** Median time of a save over that of a plain write; the goal is at most 1.5. */
  readonly ratio: number
  /** Processor time of each: what the ratio comes to where other programs keep the processors busy. */
  readonly plainCpuMs: number
  readonly saveCpuMs: number
  /** That of the least times. */
  readonly leastRatio: number
  /** Longest time for which a save kept the event loop. */
  readonly longestBlockMs: number
  readonly safetensorsRatio: number
  /** Growth of the largest resident memory during saves; the goal is at most 64. */
  readonly addedMegabytes: number
  readonly plainReadMs: number
  readonly restoreMs: number
  readonly restoreAddedMegabytes: number
}

const peakMegabytes = (): number => process.resourceUsage().maxRSS / 1024

const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}

/** The state of Adam on `megabytes / 12` million parameters: in matrices, each with two moments. */
const stateOf = (megabytes: number): Readonly<Record<string, readonly NDArray[]>> => {
  const layers = 10
  const rows = Math.round((megabytes * 1e6) / (4 * 3 * layers * 1000))
  const iota = jit((first: NDArray) =>
    np
      .reshape(np.arange(rows * 1000), [rows, 1000])
      .astype('float32')
      .add(first),
  )
  return Object.fromEntries(
    ['params', 'mu', 'nu'].map((name, i) => [
      name,
      Array.from({ length: layers }, (_, k) => iota(np.array(10 * i + k))),
    ]),
  )
}

const plainWrite = (path: string, arrays: readonly NDArray[]): void => {
  const fd = openSync(path, 'w')
  for (const x of arrays) {
    const { buffer, byteOffset, byteLength } = x.data({ copy: false })
    const bytes = new Uint8Array(buffer, byteOffset, byteLength)
    for (let at = 0; at < byteLength;) at += writeSync(fd, bytes, at)
  }
  fsyncSync(fd)
  closeSync(fd)
}

/** Brings to the disk what removing files left to write. */
const settle = (folder: string): void => {
  if (process.platform === 'win32') return
  const fd = openSync(folder, 'r')
  fsyncSync(fd)
  closeSync(fd)
}

/** Longest time between two turns of the event loop while `f` is under way. */
const longestBlock = async (f: () => Promise<unknown>): Promise<number> => {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  await f()
  clearInterval(timer)
  return longest
}

export const benchSave = async (megabytes = 400, repeats = 9): Promise<SaveResult> => {
  const folder = mkdtempSync(join(tmpdir(), 'onnax-bench-'))
  try {
    const state = stateOf(megabytes)
    const arrays = Object.values(state).flat()
    const bytes = arrays.reduce((sum, x) => sum + 4 * x.size, 0)
    let manager = new io.CheckpointManager(join(folder, 'checkpoints'))
    await manager.wait()
    const plain = join(folder, 'plain')
    const file = join(folder, 'file.safetensors')
    const once = (f: () => void): number => time(f, { warmup: 0, repeats: 1 }).median
    const plainMs: number[] = []
    const cpu: { readonly plain: number[]; readonly save: number[] } = { plain: [], save: [] }
    const saveMs: number[] = []
    const fileMs: number[] = []
    const blocks: number[] = []
    plainWrite(plain, arrays)
    const before = peakMegabytes()
    const clear = async (): Promise<void> => {
      for (const path of [plain, file, manager.folder]) rmSync(path, { recursive: true, force: true })
      manager = new io.CheckpointManager(manager.folder)
      await manager.wait()
      settle(folder)
    }
    for (let i = 0; i < repeats; i++) {
      await clear()
      let used = process.cpuUsage()
      plainMs.push(once(() => plainWrite(plain, arrays)))
      cpu.plain.push(cpuMs(used))
      await clear()
      fileMs.push(once(() => io.writeSafetensors(file, io.namedArrays(state))))
      await clear()
      used = process.cpuUsage()
      const start = performance.now()
      const save = async (): Promise<void> => {
        await manager.save(i, state)
        await manager.wait()
      }
      blocks.push(await longestBlock(save))
      saveMs.push(performance.now() - start)
      cpu.save.push(cpuMs(used))
    }
    plainWrite(plain, arrays)
    const addedMegabytes = peakMegabytes() - before
    const plainReadMs = once(() => void readFileSync(plain).byteLength)
    const peak = peakMegabytes()
    const resident = process.memoryUsage().rss / 2 ** 20
    let restored: unknown
    const restoreMs = once(() => {
      restored = manager.restore()
    })
    if (restored === null) throw new Error('nothing was restored')
    const [p, s, f] = [plainMs, saveMs, fileMs].map((times) => timings(times).median) as [number, number, number]
    return {
      name: 'saving a state of Adam',
      megabytes: bytes / 1e6,
      plainMs: p,
      saveMs: s,
      ratio: s / p,
      plainCpuMs: timings(cpu.plain).median,
      saveCpuMs: timings(cpu.save).median,
      leastRatio: Math.min(...saveMs) / Math.min(...plainMs),
      longestBlockMs: Math.max(...blocks),
      safetensorsRatio: f / p,
      addedMegabytes,
      plainReadMs,
      restoreMs,
      restoreAddedMegabytes: Math.max(0, peakMegabytes() - Math.max(peak, resident + bytes / 2 ** 20)),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.filename === process.argv[1]) {
  console.log(JSON.stringify([await benchSave(Number(process.argv[2] ?? 400))]))
}
