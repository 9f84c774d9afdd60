/**
 * The memory of fused loops: WebAssembly sees no other. First scratch memory of each thread, for blocks of arrays that are
 * elsewhere; then tensors on which loops compute where they are.
 *
 * What is allocated here comes back through a finalizer, and finalizers do not run inside a synchronous loop. So only that
 * moves in which stays: arguments that are overwritten with each call, what programs keep for themselves, what loops read
 * again and again. Where there is no room, tensors stay where they are.
 */
import { totalmem } from 'node:os'
import { markAsUntransferable } from 'node:worker_threads'
import { MAX_PAGES, PAGE_BYTES, SCRATCH_BYTES, webAssembly, type WebAssemblyMemory } from '../fusion/index.js'
import type { ElementType } from '../onnx/index.js'
import { addressOf, bytesAt, type Pointer } from './api.js'
import { TensorBuffer } from './buffer.js'
import { AllocationError } from './errors.js'
import { counters } from './stats.js'

/** Most threads that compute loops. */
export const MAX_THREADS = 8

/** Smaller tensors are copied as quickly as they are found. */
const MIN_BYTES = 16 * 1024
const GROWTH_BYTES = 64 * 1024 * 1024
const ALIGNMENT = 64
/** Between tensors, so that those of one size, a power of two, do not begin at the same place of their pages: stores would hold up loads. */
const GAP = 5 * ALIGNMENT
const SHARE_OF_MACHINE = 1 / 4

/** A part of the memory that nobody has. */
interface Span {
  readonly start: number
  readonly end: number
}

const usualLimit = (): number => Math.min(MAX_PAGES * PAGE_BYTES, totalmem() * SHARE_OF_MACHINE)

/** A memory, and which parts of it are free. */
export class LoopMemory {
  readonly memory: WebAssemblyMemory
  /** Where its first byte is in the process. */
  readonly address: Pointer
  /** Bytes that it may grow to. */
  readonly limit: number
  /** From here on there has never been a tensor. */
  #end = MAX_THREADS * SCRATCH_BYTES
  #size: number
  /** In the order of their places; no two touch. */
  #free: readonly Span[] = []
  readonly #returned = new FinalizationRegistry<Span>((span) => this.#give(span))

  /** @param limit - bytes that it may grow to: 4 GiB, or a quarter of the machine's memory */
  constructor(limit: number = usualLimit()) {
    const initial = this.#end / PAGE_BYTES
    const [memory, maximum] = reserved(initial, Math.max(initial, Math.floor(limit / PAGE_BYTES)))
    this.memory = memory
    this.limit = maximum * PAGE_BYTES
    this.#size = initial * PAGE_BYTES
    this.address = addressOf(memory.buffer)
  }

  /** A tensor in this memory, its elements not set; `null` where it is too small, or the memory too full. */
  allocate(type: ElementType, shape: readonly number[], byteLength: number): TensorBuffer | null {
    if (byteLength < MIN_BYTES) return null
    const span = this.#take(Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT + GAP)
    if (span === null) return null
    const { buffer } = bytesAt(this.address + BigInt(span.start), byteLength)
    // Views of the memory keep the buffer, not the tensor; sent to another thread, nothing here would know of them.
    this.#returned.register(buffer, span)
    markAsUntransferable(buffer)
    counters.buffersAllocated++
    counters.bytesAllocated += byteLength
    return TensorBuffer.over(type, shape, buffer, span.start)
  }

  #take(bytes: number): Span | null {
    const found = this.#free.find(({ start, end }) => end - start >= bytes)
    if (found !== undefined) {
      const span = { start: found.start, end: found.start + bytes }
      const rest = { start: span.end, end: found.end }
      this.#free = this.#free.flatMap((x) => (x !== found ? [x] : rest.start < rest.end ? [rest] : []))
      return span
    }
    const span = { start: this.#end, end: this.#end + bytes }
    if (!this.#reach(span.end)) return null
    this.#end = span.end
    return span
  }

  #reach(end: number): boolean {
    if (end <= this.#size) return true
    if (end > this.limit) return false
    const size = Math.min(this.limit, Math.ceil(end / GROWTH_BYTES) * GROWTH_BYTES)
    try {
      this.memory.grow((size - this.#size) / PAGE_BYTES)
    } catch {
      return false
    }
    this.#size = size
    return true
  }

  #give(span: Span): void {
    const spans = [...this.#free, span].sort((a, b) => a.start - b.start)
    const merged: Span[] = []
    for (const { start, end } of spans) {
      const last = merged.at(-1)
      if (last?.end === start) merged[merged.length - 1] = { start: last.start, end }
      else merged.push({ start, end })
    }
    this.#free = merged
  }
}

/** A memory that may grow to `maximum` pages, or to fewer where so much address space is not to be had. */
const reserved = (initial: number, maximum: number): readonly [WebAssemblyMemory, number] => {
  try {
    return [new webAssembly!.Memory({ initial, maximum, shared: true }), maximum]
  } catch (cause) {
    if (maximum === initial) throw new AllocationError(initial * PAGE_BYTES, cause)
    return reserved(initial, Math.max(initial, Math.floor(maximum / 4)))
  }
}

let only: LoopMemory | null | undefined

/** The memory of all loops of this thread's programs; `null` in a process that may not have WebAssembly, or its address space. */
export const loopMemory = (): LoopMemory | null => {
  if (only === undefined) {
    try {
      only = webAssembly === undefined ? null : new LoopMemory()
    } catch {
      only = null
    }
  }
  return only
}

/** A tensor in the memory of loops with the elements of `buffer`, or `buffer` itself: where it is there already, or cannot be. */
export const settled = (buffer: TensorBuffer): TensorBuffer => {
  if (buffer.loopOffset !== null) return buffer
  const moved = loopMemory()?.allocate(buffer.type, buffer.shape, buffer.byteLength)
  if (moved == null) return buffer
  moved.read().set(buffer.read())
  return moved
}
