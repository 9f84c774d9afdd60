/** What a profile records while it runs: programs compiled for it, transfers, and what the runtime measured. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ArgumentError } from '../core/index.js'

/** One event of a trace, as Chrome's trace viewer and Perfetto read them; times in microseconds. */
export interface TraceEvent {
  readonly name: string
  /** `kernel`, `program` (a run of one), `compile`, `transfer`, or what the runtime calls its own steps. */
  readonly cat: string
  readonly ph: 'X'
  readonly ts: number
  readonly dur: number
  readonly pid: number
  readonly tid: number
  readonly args: Readonly<Record<string, unknown>>
}

/** A program whose kernels the runtime measures. */
export interface Profiled {
  readonly sources: readonly string[]
  /** Stops measuring: the file of what was measured, `null` where nothing runs. */
  endProfiling(): string | null
  release(): void
}

interface Entry {
  readonly name: string
  readonly program: Profiled
  /** When the runtime began to count, by our clock. */
  readonly start: number
}

const MICROSECONDS = 1000

/** One recording; there is one at a time. */
class Recording {
  readonly #folder = mkdtempSync(join(tmpdir(), 'onnax-profile-'))
  readonly #start = performance.now()
  readonly #programs = new Map<string, Entry>()
  readonly #events: TraceEvent[] = []

  program(key: string, name: string, make: (prefix: string) => Profiled): Profiled {
    const known = this.#programs.get(key)
    if (known !== undefined) return known.program
    const start = performance.now()
    const program = make(join(this.#folder, `${this.#programs.size}`))
    this.add('compile', name, start, {})
    this.#programs.set(key, { name, program, start })
    return program
  }

  add(cat: string, name: string, start: number, args: Readonly<Record<string, unknown>>): void {
    const [ts, dur] = [start - this.#start, performance.now() - start].map((ms) => ms * MICROSECONDS)
    this.#events.push({ name, cat, ph: 'X', ts: ts!, dur: dur!, pid: process.pid, tid: process.pid, args })
  }

  /** Releases the programs, and gives all events in the order of their beginnings. */
  finish(): readonly TraceEvent[] {
    try {
      for (const entry of this.#programs.values()) this.#collect(entry)
    } finally {
      rmSync(this.#folder, { recursive: true, force: true })
    }
    return this.#events.sort((a, b) => a.ts - b.ts || b.dur - a.dur)
  }

  #collect({ name, program, start }: Entry): void {
    const file = program.endProfiling()
    program.release()
    if (file === null) return
    const offset = (start - this.#start) * MICROSECONDS
    for (const event of JSON.parse(readFileSync(file, 'utf8')) as readonly TraceEvent[]) {
      if (event.ph !== 'X') continue
      const ts = event.ts + offset
      if (event.cat === 'Node') this.#events.push({ ...event, ...kernel(event, program.sources), ts })
      else if (event.name === 'model_run') this.#events.push({ ...event, name, cat: 'program', ts })
    }
  }
}

/** The kernel's primitive and line, from the label that its node was given. */
const kernel = (event: TraceEvent, sources: readonly string[]): Pick<TraceEvent, 'name' | 'cat' | 'args'> => {
  const operator = String(event.args['op_name'])
  const [, primitive, index] = /(\w+)@(\d+)#/.exec(event.name) ?? []
  // What the runtime adds or fuses has a name of its own.
  if (primitive === undefined) return { name: `(${operator})`, cat: 'kernel', args: { ...event.args, source: '' } }
  return { name: primitive, cat: 'kernel', args: { ...event.args, source: sources[Number(index)] ?? '' } }
}

let recording: Recording | null = null

/** Whether a profile is being recorded. */
export const isRecording = (): boolean => recording !== null

/** Begins a recording. @throws ArgumentError during another one */
export const startRecording = (): void => {
  if (recording !== null) throw new ArgumentError('profile', 'one profile at a time', 'one inside of another')
  recording = new Recording()
}

/** Ends the recording. */
export const stopRecording = (): readonly TraceEvent[] => {
  const ended = recording!
  recording = null
  return ended.finish()
}

/** The program of a key, compiled for this recording at its first use. */
export const profiled = <P extends Profiled>(key: string, name: string, make: (prefix: string) => P): P =>
  recording!.program(key, name, make) as P

/** What `f` gives, recorded as an event. */
export const recorded = <T>(cat: string, name: string, args: TraceEvent['args'], f: () => T): T => {
  if (recording === null) return f()
  const start = performance.now()
  const result = f()
  recording.add(cat, name, start, args)
  return result
}

/** What `copy` gives, recorded as a transfer. */
export const transferred = <T>(bytes: number, copy: () => T): T =>
  recorded('transfer', 'host to device', { bytes }, copy)
