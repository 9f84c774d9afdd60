/** Where time goes: per primitive and line of the user's code, per compile, per transfer. */
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { config } from '../core/index.js'
import { peakBytes } from './memory.js'
import { startRecording, stopRecording, type TraceEvent } from './recording.js'
import { runtimeStats, type RuntimeStats } from './stats.js'

export type { TraceEvent } from './recording.js'

/** What was spent on one kind of work in one place. */
export interface ProfileRow {
  /** The primitive; in parentheses an operator that ONNX Runtime made of several; `compile` or `transfer`. */
  readonly name: string
  /** `file:line` of the user's code, '' where it is not known; of a compile the name of the function. */
  readonly source: string
  readonly calls: number
  /** Milliseconds, without what ran inside of it (the body of a loop). */
  readonly milliseconds: number
  /** Of all rows' time, 0 to 1. */
  readonly share: number
}

/** What a function did with memory; sizes in bytes. */
export interface ProfileMemory {
  /** New memory of arrays, and how often memory was used again instead. */
  readonly allocatedBytes: number
  readonly allocations: number
  readonly reuses: number
  /** Copies from JavaScript's memory to that of arrays. */
  readonly transferredBytes: number
  readonly transfers: number
  /** Most that the process has held at a time since it began, all things included. */
  readonly peakBytes: number
}

/** A finished profile. */
export interface Profile<T> {
  /** What the function returned. */
  readonly result: T
  /** The dearest first. */
  readonly rows: readonly ProfileRow[]
  /** All events, for Chrome's trace viewer (chrome://tracing) and Perfetto. */
  readonly events: readonly TraceEvent[]
  readonly memory: ProfileMemory
  /** The rows as a table of text, with a line about memory. */
  toString(): string
  /** Writes the events to a file. */
  save(path: string): void
}

class FinishedProfile<T> implements Profile<T> {
  readonly rows: readonly ProfileRow[]
  readonly memory: ProfileMemory
  constructor(
    readonly result: T,
    readonly events: readonly TraceEvent[],
    before: RuntimeStats,
  ) {
    this.rows = rowsOf(events)
    this.memory = memoryOf(events, before)
  }

  toString(): string {
    const cells = this.rows.map(({ name, source, calls, milliseconds, share }) => [
      name,
      milliseconds.toFixed(2),
      `${(share * 100).toFixed(1)} %`,
      `${calls}`,
      source === '' ? '' : relative('.', source),
    ])
    const table = [['primitive', 'ms', 'share', 'calls', 'from'], ...cells]
    const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)))
    const lines = table
      .map((row) =>
        row.map((text, i) => (i === 0 ? text.padEnd(widths[0]!) : i < 4 ? text.padStart(widths[i]!) : text)),
      )
      .map((row) => row.join('  ').trimEnd())
    return [...lines, this.#memoryLine()].join('\n')
  }

  #memoryLine(): string {
    const { allocatedBytes, allocations, reuses, transferredBytes, transfers, peakBytes: peak } = this.memory
    const size = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
    const parts = [
      `${allocations} allocations of ${size(allocatedBytes)} (${reuses} reuses)`,
      `${transfers} transfers of ${size(transferredBytes)}`,
      `most memory of the process ${size(peak)}`,
    ]
    return `memory: ${parts.join(', ')}`
  }

  save(path: string): void {
    writeFileSync(path, JSON.stringify({ traceEvents: this.events }))
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const memoryOf = (events: readonly TraceEvent[], before: RuntimeStats): ProfileMemory => {
  const after = runtimeStats()
  const transfers = events.filter(({ cat }) => cat === 'transfer')
  return {
    allocatedBytes: after.bytesAllocated - before.bytesAllocated,
    allocations: after.buffersAllocated - before.buffersAllocated,
    reuses: after.poolHits - before.poolHits,
    transferredBytes: transfers.reduce((sum, { args }) => sum + Number(args['bytes']), 0),
    transfers: transfers.length,
    peakBytes: peakBytes(),
  }
}

/** Sums over kernels, compiles and transfers; the time of nested kernels counts once. */
const rowsOf = (events: readonly TraceEvent[]): readonly ProfileRow[] => {
  const sums = new Map<string, { name: string; source: string; calls: number; microseconds: number }>()
  const open = new Map<number, { readonly event: TraceEvent; readonly sum: { microseconds: number } }[]>()
  for (const event of events) {
    if (event.cat === 'program') continue
    const isKernel = event.cat === 'kernel'
    const name = isKernel ? event.name : event.cat
    const source = event.cat === 'compile' ? event.name : textOf(event.args['source'])
    const key = `${name} ${source}`
    const sum = sums.get(key) ?? { name, source, calls: 0, microseconds: 0 }
    sums.set(key, sum)
    sum.calls++
    sum.microseconds += event.dur
    if (!isKernel) continue
    const stack = open.get(event.tid) ?? []
    open.set(event.tid, stack)
    while (stack.length > 0 && stack.at(-1)!.event.ts + stack.at(-1)!.event.dur <= event.ts) stack.pop()
    const outer = stack.at(-1)
    if (outer !== undefined) outer.sum.microseconds -= event.dur
    stack.push({ event, sum })
  }
  const total = [...sums.values()].reduce((all, { microseconds }) => all + microseconds, 0)
  return [...sums.values()]
    .map(({ name, source, calls, microseconds }) => {
      const share = total === 0 ? 0 : microseconds / total
      return { name, source, calls, milliseconds: microseconds / 1000, share }
    })
    .sort((a, b) => b.milliseconds - a.milliseconds)
}

/**
 * Run `f` and say where its time goes: per primitive and line of your code, per compile, per transfer to the device.
 *
 * Functions are traced and compiled again for it, so that each kernel knows its line; the time of a run is that of the
 * kernels, which are measured by ONNX Runtime. Of kernels that it fuses, the operator stands in parentheses.
 * `ONNAX_PROFILE=trace.json` in the environment profiles the whole process, writes the trace and prints the table.
 *
 * @throws ArgumentError inside of another profile
 * @example
 * const { rows, result } = profile(() => jit((x: NDArray) => np.sin(x).sum())(np.ones([3])).item())
 * rows.map(({ name }) => name).includes('sin') // => true
 */
export function profile<T>(f: () => Promise<T>): Promise<Profile<T>>
export function profile<T>(f: () => T): Profile<T>
export function profile<T>(f: () => T | Promise<T>): Profile<T> | Promise<Profile<T>> {
  const saved = config.get('sourceLines')
  const before = runtimeStats()
  startRecording()
  config.update('sourceLines', true)
  const stop = (): readonly TraceEvent[] => {
    config.update('sourceLines', saved)
    return stopRecording()
  }
  const finish = (result: T): Profile<T> => new FinishedProfile(result, stop(), before)
  const fail = (error: unknown): never => {
    stop()
    throw error
  }
  let result: T | Promise<T>
  try {
    result = f()
  } catch (error) {
    return fail(error)
  }
  return result instanceof Promise ? result.then(finish, fail) : finish(result)
}

const file = process.env['ONNAX_PROFILE']
if (file !== undefined && file !== '') {
  const before = runtimeStats()
  startRecording()
  config.update('sourceLines', true)
  process.once('exit', () => {
    const whole = new FinishedProfile(undefined, stopRecording(), before)
    whole.save(file)
    process.stderr.write(`${whole.toString()}\n`)
  })
}
