/**
 * Runs of one program that a device records and replays.
 *
 * What is recorded reads and writes the same addresses at each replay, while a jitted function is called with whatever
 * arrays there are. So each argument gets a place:
 *
 * - *paired*: it was a result of the call before. The two change places from call to call, for which two recordings are
 *   made; where it is donated, nothing is copied;
 * - *borrowed*: the same array came with each call so far. It is read where it is;
 * - *copied*: all others, and numbers. They are copied to memory of the program, if they are not in it already.
 *
 * Results stand on the program's memory until it writes there again; what somebody may still hold is then moved away.
 */
import type { Storage } from '../../core/index.js'
import { TensorBuffer } from '../buffer.js'
import { counters } from '../stats.js'
import type { Session } from '../session.js'
import type { StagingSpec } from '../staging.js'
import { DeviceBuffer, type DeviceCell } from './deviceBuffer.js'
import { DeviceMemory, type Relievable } from './deviceMemory.js'
import type { GraphCapture } from './driver.js'
import { OutOfMemoryError } from './errors.js'
import { FixedPlace } from './fixedPlace.js'

/** The calls before the first recording: they show which arguments come again. */
const WATCHED = 1
/** So often borrowed arguments may turn out to change, each time some of them; then all are copied. */
const MAX_CHANGES = 2
/** So often the memory may be taken away before the program is not recorded any more. */
const MAX_RELIEFS = 3
/** Of a number: it is compared, to copy it only when it is another. */
const COMPARED_BYTES = 64

type Argument = DeviceBuffer | TensorBuffer

interface Paired {
  readonly kind: 'paired'
  readonly output: number
  /** Where the argument is in calls of the first and of the second recording; the result is at the other one. */
  readonly places: readonly [FixedPlace, FixedPlace]
}
interface Borrowed {
  readonly kind: 'borrowed'
  readonly cell: DeviceCell
}
interface Copied {
  readonly kind: 'copied'
  readonly place: FixedPlace
  /** What was copied last. */
  stamp: number | null
  bytes: Uint8Array | null
}
type Slot = Paired | Borrowed | Copied

type Turn = 0 | 1

interface Plan {
  slots: readonly Slot[]
  /** By recording. */
  readonly outputs: readonly [readonly FixedPlace[], readonly FixedPlace[]]
  /** Numbers of the recordings; `null` where there is none yet. */
  graphs: readonly [number | null, number | null]
}

/** What a program is called with and gives. */
export interface Signature {
  readonly inputs: readonly StagingSpec[]
  readonly outputs: readonly StagingSpec[]
}

/** Thrown where a recording failed, with the reason. */
export class RecordingFailure extends Error {
  constructor(readonly reason: unknown) {
    super('a recording failed', { cause: reason })
  }
}

/** The places and recordings of one program. */
export class RecordedRuns implements Relievable {
  #plan: Plan | null = null
  #calls = 0
  #changes = 0
  #reliefs = 0
  #lastGraph = 0
  #isRunning = false
  #cells: readonly (DeviceCell | null)[] = []
  /** Which result an array was. */
  readonly #origins = new WeakMap<DeviceBuffer, number>()

  constructor(
    private readonly memory: DeviceMemory,
    private readonly session: Session,
    private readonly graphs: GraphCapture,
    private readonly signature: Signature,
  ) {}

  /**
   * The results of a call, or `null` where it must run in the ordinary way.
   * @param free - arguments that nobody needs afterwards; those whose memory stays the program's are taken out
   * @throws RecordingFailure where the device can't record it
   */
  run(args: readonly Argument[], free: Set<Storage> | null): readonly DeviceBuffer[] | null {
    if (this.#calls < WATCHED || this.#reliefs >= MAX_RELIEFS) return null
    this.#isRunning = true
    try {
      return this.#run(args, free)
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error
      // The ordinary way needs less.
      this.#reliefs++
      this.release()
      return null
    } finally {
      this.#isRunning = false
    }
  }

  #run(args: readonly Argument[], free: Set<Storage> | null): readonly DeviceBuffer[] | null {
    // Other threads must not ask any device for anything during a recording.
    const mayRecord = DeviceMemory.runsUnderWay === 0
    if (this.#plan === null) {
      if (!mayRecord) return null
      this.memory.relievable.add(this)
      this.#plan = this.#planned(args, free)
    }
    const plan = this.#plan
    this.#adjust(plan, args)
    const turn = turnOf(plan, args)
    if (plan.graphs[turn] === null && !mayRecord) return null
    const outputs = plan.outputs[turn]
    if (!this.#prepare(plan, turn, args)) return null
    const inputs = plan.slots.map((slot, k) => (slot.kind === 'borrowed' ? args[k]! : placeOf(slot, turn).buffer))
    const buffers = outputs.map(({ buffer }) => buffer)
    this.#launch(plan, turn, inputs, buffers)
    for (const x of args) {
      if (free?.has(x) !== true || !(x instanceof DeviceBuffer) || x.place === null) continue
      x.place.leave(x)
      free.delete(x)
    }
    return this.#results(outputs)
  }

  #results(outputs: readonly FixedPlace[]): readonly DeviceBuffer[] {
    return outputs.map((place, j) => {
      const result = place.lend()
      this.#origins.set(result, j)
      return result
    })
  }

  /** Sees an ordinary call. */
  watch(args: readonly Argument[], results: readonly DeviceBuffer[]): void {
    if (this.#plan !== null) return
    this.#calls++
    this.#cells = args.map((x) => (x instanceof DeviceBuffer ? x.cell : null))
    results.forEach((result, j) => this.#origins.set(result, j))
  }

  #planned(args: readonly Argument[], free: Set<Storage> | null): Plan {
    const { inputs, outputs } = this.signature
    const taken = new Set<number>()
    const slots = args.map((x, k): Slot => {
      const { dtype, shape } = inputs[k]!
      if (x instanceof DeviceBuffer) {
        const output = this.#origins.get(x)
        const of = output === undefined ? undefined : outputs[output]
        const isAlike = of?.dtype === dtype && of.shape.join() === shape.join()
        if (isAlike && x.place === null && !x.isPinned && !taken.has(output!)) {
          taken.add(output!)
          // Asked for first: if there is no memory for it, nothing has changed.
          const other = new FixedPlace(this.memory.take(dtype, shape))
          return { kind: 'paired', output: output!, places: [FixedPlace.under(x), other] }
        }
        if (free?.has(x) !== true && x.cell === this.#cells[k]) return { kind: 'borrowed', cell: x.cell }
      }
      return this.#copied(inputs[k]!)
    })
    const single = outputs.map((spec, j) => (taken.has(j) ? null : this.#place(spec)))
    const pairOf = new Map(slots.flatMap((slot) => (slot.kind === 'paired' ? [[slot.output, slot] as const] : [])))
    const at = (turn: Turn): readonly FixedPlace[] =>
      single.map((place, j) => place ?? pairOf.get(j)!.places[turn === 0 ? 1 : 0])
    return { slots, outputs: [at(0), at(1)], graphs: [null, null] }
  }

  #place({ dtype, shape }: StagingSpec): FixedPlace {
    return new FixedPlace(this.memory.take(dtype, shape))
  }

  #copied(spec: StagingSpec): Copied {
    return { kind: 'copied', place: this.#place(spec), stamp: null, bytes: null }
  }

  /** Arguments that were borrowed and are others now are copied from here on, which takes new recordings. */
  #adjust(plan: Plan, args: readonly Argument[]): void {
    const isOther = (slot: Slot, k: number): boolean =>
      slot.kind === 'borrowed' && (args[k] as DeviceBuffer).cell !== slot.cell
    if (!plan.slots.some(isOther)) return
    const all = ++this.#changes > MAX_CHANGES
    const { inputs } = this.signature
    plan.slots = plan.slots.map((slot, k) =>
      isOther(slot, k) || (all && slot.kind === 'borrowed') ? this.#copied(inputs[k]!) : slot,
    )
    plan.graphs = [null, null]
  }

  /** Puts the arguments where they are read, and empties what is written; `false` where an asynchronous run is in the way. */
  #prepare(plan: Plan, turn: Turn, args: readonly Argument[]): boolean {
    const copies = plan.slots.flatMap((slot, k) => {
      const x = args[k]!
      if (slot.kind === 'borrowed' || isThere(slot, turn, x)) return []
      return [{ slot, x, place: placeOf(slot, turn) }]
    })
    const written = [...copies.map(({ place }) => place), ...plan.outputs[turn]]
    if (written.some(({ buffer }) => buffer.isPinned)) return false
    for (const place of written) place.vacate()
    for (const { slot, x, place } of copies) {
      if (x instanceof TensorBuffer) this.memory.write(x, place.buffer)
      else this.memory.copyWithin(x, place.buffer)
      if (slot.kind === 'paired') continue
      slot.stamp = x instanceof TensorBuffer ? null : x.stamp
      slot.bytes = x instanceof TensorBuffer && x.byteLength <= COMPARED_BYTES ? x.read().slice() : null
    }
    return true
  }

  #launch(plan: Plan, turn: Turn, inputs: readonly Argument[], outputs: readonly DeviceBuffer[]): void {
    const { memory, graphs, session } = this
    const known = plan.graphs[turn]
    const graph = known ?? ++this.#lastGraph
    try {
      graphs.run(memory.device.id, session, graph, inputs, outputs)
    } catch (error) {
      if (known !== null) throw error
      graphs.abandon(memory.device.id)
      throw new RecordingFailure(error)
    }
    if (known === null) plan.graphs = turn === 0 ? [graph, plan.graphs[1]] : [plan.graphs[0], graph]
    else counters.replays++
  }

  /** Gives up the memory, unless it is being used; the next calls are watched again. */
  relieve(): void {
    if (this.#isRunning || this.#plan === null) return
    this.#reliefs++
    this.release()
  }

  /** Gives up the memory. Arrays that stand on it keep it. */
  release(): void {
    this.memory.relievable.delete(this)
    const plan = this.#plan
    if (plan === null) return
    this.#plan = null
    this.#calls = 0
    const places = new Set(plan.outputs.flat())
    for (const slot of plan.slots) {
      if (slot.kind === 'copied') places.add(slot.place)
    }
    for (const place of places) place.surrender()
  }
}

const placeOf = (slot: Paired | Copied, turn: Turn): FixedPlace =>
  slot.kind === 'paired' ? slot.places[turn] : slot.place

/** Whether the elements of an argument are where they are read. */
const isThere = (slot: Paired | Copied, turn: Turn, x: Argument): boolean => {
  if (x instanceof TensorBuffer) {
    const bytes = slot.kind === 'copied' ? slot.bytes : null
    return bytes !== null && Buffer.compare(bytes, x.read()) === 0
  }
  return slot.kind === 'paired' ? slot.places[turn].holds(x) : slot.stamp === x.stamp
}

/** The recording for which less must be copied. */
const turnOf = ({ slots }: Plan, args: readonly Argument[]): Turn => {
  let gain = 0
  slots.forEach((slot, k) => {
    const x = args[k]!
    if (slot.kind !== 'paired' || !(x instanceof DeviceBuffer)) return
    if (slot.places[1].holds(x)) gain += 1 + x.byteLength
    else if (slot.places[0].holds(x)) gain -= 1 + x.byteLength
  })
  return gain > 0 ? 1 : 0
}
