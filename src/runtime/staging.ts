/**
 * Fixed memory for the small tensors of one program.
 *
 * Making and releasing a native handle costs as much as running a small kernel, and so does an `ArrayBuffer`. What is
 * small goes through memory that the program keeps, with handles made once: results are copied out of it together,
 * arguments that have no handle yet are copied into it.
 */
import { elementBytes, type ElementType } from '../onnx/index.js'
import type { Pointer } from './api.js'
import { TensorBuffer, type Operand } from './buffer.js'
import { createHandle, releaseHandle, type HandleCell } from './handle.js'
import { counters } from './stats.js'

// Copying more costs more than a handle.
const MAX_BYTES = 256
// A cache line: no two tensors share one.
const ALIGNMENT = 64
// What lives on copies of a chunk keeps the whole of it.
const CHUNK_BYTES = 4096
// An argument that comes more often than this is worth a handle.
const MAX_STAGINGS = 2

/** Type and shape of a tensor. */
export interface StagingSpec {
  readonly dtype: ElementType
  readonly shape: readonly number[]
}

/** One tensor's place. */
class Slot implements Operand {
  readonly #spec: StagingSpec
  readonly #byteLength: number
  #cell: HandleCell | null = null

  constructor(
    spec: StagingSpec,
    byteLength: number,
    readonly chunk: number,
    readonly byteOffset: number,
  ) {
    this.#spec = spec
    this.#byteLength = byteLength
  }

  get words(): number {
    return (this.#byteLength + 3) >> 2
  }

  /** Makes the handle, in the chunk's memory. */
  open(memory: ArrayBuffer): void {
    const { dtype, shape } = this.#spec
    this.#cell = createHandle(dtype, shape, memory, this.byteOffset, this.#byteLength)
    this.#cell.pins++
  }

  use(): Pointer {
    return this.#cell!.pointer
  }

  close(): void {
    if (this.#cell === null) return
    this.#cell.pins--
    releaseHandle(this.#cell)
    this.#cell = null
  }

  tensor(words: Int32Array<ArrayBuffer>): TensorBuffer {
    return TensorBuffer.within(this.#spec.dtype, this.#spec.shape, words, this.byteOffset)
  }
}

/** The places of those of a program's arguments, or of its results, that are small. */
export class Staging {
  readonly #slots: (Slot | null)[] = []
  readonly #chunks: Int32Array<ArrayBuffer>[] = []

  constructor(specs: readonly StagingSpec[]) {
    const sizes: number[] = []
    let used = CHUNK_BYTES
    for (const spec of specs) {
      const byteLength = spec.shape.reduce((product, size) => product * size, elementBytes(spec.dtype))
      if (byteLength === 0 || byteLength > MAX_BYTES) {
        this.#slots.push(null)
        continue
      }
      if (used + byteLength > CHUNK_BYTES) {
        sizes.push(0)
        used = 0
      }
      this.#slots.push(new Slot(spec, byteLength, sizes.length - 1, used))
      sizes[sizes.length - 1] = used + Math.ceil(byteLength / 8) * 8
      used += Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT
    }
    this.#chunks = sizes.map((size) => new Int32Array(new ArrayBuffer(size)))
    for (const slot of this.#slots) slot?.open(this.#chunks[slot.chunk]!.buffer)
  }

  /** The place of tensor `index`, or `null` where it is not small. */
  slot(index: number): Operand | null {
    return this.#slots[index]!
  }

  /** The place of an argument, with its elements; the argument itself where it has a handle or is worth one. */
  argument(index: number, buffer: TensorBuffer): Operand {
    if (buffer.hasHandle || buffer.stagings >= MAX_STAGINGS) return buffer
    const slot = this.#slots[index]!
    const source = slot === null ? null : buffer.words()
    if (slot === null || source === null) return buffer
    buffer.stagings++
    const target = this.#chunks[slot.chunk]!
    const to = slot.byteOffset >> 2
    const from = buffer.byteOffset >> 2
    for (let word = slot.words - 1; word >= 0; word--) target[to + word] = source[from + word]!
    return slot
  }

  /** Puts copies of the results that were written here where `results` has none yet. */
  copyOut(results: (TensorBuffer | null)[]): void {
    const copies: (Int32Array<ArrayBuffer> | undefined)[] = []
    for (let index = 0; index < results.length; index++) {
      if (results[index] !== null) continue
      const slot = this.#slots[index]!
      results[index] = slot.tensor((copies[slot.chunk] ??= this.#copy(slot.chunk)))
    }
  }

  #copy(chunk: number): Int32Array<ArrayBuffer> {
    // An ArrayBuffer is never on the heap that the garbage collector moves; a small typed array may be.
    const { buffer } = this.#chunks[chunk]!
    counters.buffersAllocated++
    counters.bytesAllocated += buffer.byteLength
    return new Int32Array(buffer.slice(0))
  }

  /** Releases the handles. */
  release(): void {
    for (const slot of this.#slots) slot?.close()
  }
}
