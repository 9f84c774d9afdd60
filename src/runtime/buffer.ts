/** Tensors in memory that JavaScript and the runtime both see. */
import { cpuDevice, type Storage } from '../core/index.js'
import { elementArray, elementBytes, type ElementType, type TypedArray } from '../onnx/index.js'
import { addressOf, type Pointer } from './api.js'
import { discard } from './discard.js'
import { AllocationError, BufferSizeError } from './errors.js'
import { createHandle, releaseHandle, type HandleCell } from './handle.js'
import { counters } from './stats.js'

// Below this, zeroed memory costs no more than memory as it is.
const UNZEROED_FROM = 4096

/** What a run can take as an input or an output. */
export interface Operand {
  /** The native handle, marked as used by the run `epoch`; valid until another epoch begins. */
  use(epoch: number): Pointer
}

/** An operand whose handle can be kept while other runs begin. */
export interface PinnableOperand extends Operand {
  /** The native handle, kept until {@link unpin}. */
  pin(): Pin
}

/** A native handle that is in use. */
export interface Pin {
  readonly pointer: Pointer
  /** How many asynchronous runs use it. */
  pins: number
}

/**
 * A dense tensor on the CPU: off-heap memory, and a native handle made at its first use.
 * The memory is freed by the garbage collector, the handle by the ring of `handle.ts`.
 */
export class TensorBuffer implements Storage, PinnableOperand {
  readonly device = cpuDevice
  readonly type: ElementType
  readonly shape: readonly number[]
  /** Number of elements. */
  readonly size: number
  readonly byteLength: number
  /** Where the elements are, row by row, from `byteOffset` on; small tensors may share it. */
  readonly memory: ArrayBuffer
  readonly byteOffset: number
  /** @internal Which stack of a pool it belongs to. */
  poolKey: string | null = null
  /** @internal How often a run copied it rather than make a handle. */
  stagings = 0
  /** @internal How often loops have read it without overwriting it. */
  loopReads = 0
  /** @internal Where it begins in the memory of fused loops; `null` where it is elsewhere. */
  readonly loopOffset: number | null
  /** Asynchronous calls that will read it after their session has ended. */
  #holds = 0
  #owner: TensorBuffer | null = null
  #isShared = false
  #cell: HandleCell | null = null
  #view: TypedArray | null = null
  #words: Int32Array | null = null
  #address: Pointer | null = null

  private constructor(
    type: ElementType,
    shape: readonly number[],
    size: number,
    byteLength: number,
    memory: ArrayBuffer,
    byteOffset: number,
    loopOffset: number | null = null,
  ) {
    this.type = type
    this.shape = shape
    this.size = size
    this.byteLength = byteLength
    this.memory = memory
    this.byteOffset = byteOffset
    this.loopOffset = loopOffset
  }

  /** A tensor whose elements are not set. */
  static allocate(type: ElementType, shape: readonly number[]): TensorBuffer {
    return TensorBuffer.#made(type, shape, allocateBytes)
  }

  /** A tensor of zeros. Where there are many, the system gives its pages when they are written. */
  static zeros(type: ElementType, shape: readonly number[]): TensorBuffer {
    return TensorBuffer.#made(type, shape, zeroedBytes)
  }

  static #made(type: ElementType, shape: readonly number[], bytes: (byteLength: number) => ArrayBuffer): TensorBuffer {
    const size = elementCount(shape)
    const byteLength = size * elementBytes(type)
    counters.buffersAllocated++
    counters.bytesAllocated += byteLength
    return new TensorBuffer(type, shape, size, byteLength, bytes(byteLength), 0)
  }

  /** A tensor with a copy of `data`, which is stored as {@link elementArray} says (bits for 16-bit floats, bytes for bool). */
  static from(type: ElementType, shape: readonly number[], data: TypedArray): TensorBuffer {
    const expected = elementCount(shape) * elementBytes(type)
    if (data.byteLength !== expected) throw new BufferSizeError(type, shape, expected, data.byteLength)
    const buffer = TensorBuffer.allocate(type, shape)
    new Uint8Array(buffer.memory).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return buffer
  }

  /**
   * A tensor over `bytes` itself: whoever writes to one writes to the other. `loopOffset` says where they are in the memory of loops.
   * @throws BufferSizeError where `bytes` is not exactly as long as the tensor.
   */
  static over(
    type: ElementType,
    shape: readonly number[],
    bytes: ArrayBuffer,
    loopOffset: number | null = null,
  ): TensorBuffer {
    const size = elementCount(shape)
    const expected = size * elementBytes(type)
    if (bytes.byteLength !== expected) throw new BufferSizeError(type, shape, expected, bytes.byteLength)
    return new TensorBuffer(type, shape, size, expected, bytes, 0, loopOffset)
  }

  /** A tensor in a part of `words`, from `byteOffset` on, a multiple of 8. The caller sees to it that it fits. */
  static within(type: ElementType, shape: readonly number[], words: Int32Array<ArrayBuffer>, byteOffset: number) {
    const size = elementCount(shape)
    const buffer = new TensorBuffer(type, shape, size, size * elementBytes(type), words.buffer, byteOffset)
    buffer.#words = words
    return buffer
  }

  /** The same elements in another shape. From now on nobody may write to either. */
  reshaped(shape: readonly number[]): TensorBuffer {
    const { type, size, byteLength, memory, byteOffset, loopOffset } = this
    const result = new TensorBuffer(type, shape, size, byteLength, memory, byteOffset, loopOffset)
    result.#owner = this.owner
    this.owner.#isShared = true
    return result
  }

  /** The tensor that had the memory first. */
  get owner(): TensorBuffer {
    return this.#owner ?? this
  }

  /** Whether others may have the same memory: it is not to be written again. */
  get isShared(): boolean {
    return this.owner.#isShared
  }

  /** The elements as the typed array of `type`; the same array at each call, over the same memory. */
  view(): TypedArray {
    return (this.#view ??= new (elementArray(this.type))(this.memory, this.byteOffset, this.size))
  }

  /** Where the elements are in the process, for other threads; the caller keeps the tensor alive. */
  get address(): Pointer {
    return (this.#address ??= addressOf(this.memory) + BigInt(this.byteOffset))
  }

  /** The elements: the memory itself. */
  read(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory, this.byteOffset, this.byteLength)
  }

  /** The memory in words of 4 bytes, the first of this tensor at `byteOffset / 4`; `null` where they don't cover it. */
  words(): Int32Array | null {
    if (this.#words !== null) return this.#words
    if (this.memory.byteLength % 4 !== 0) return null
    return (this.#words = new Int32Array(this.memory))
  }

  /** Whether it has a native handle now. */
  get hasHandle(): boolean {
    return this.#cell !== null && this.#cell.pointer !== 0n
  }

  use(epoch: number): Pointer {
    const cell = this.#liveCell()
    cell.used = true
    cell.epoch = epoch
    return cell.pointer
  }

  /** The native handle's cell, kept until {@link unpin}. */
  pin(): HandleCell {
    const cell = this.#liveCell()
    cell.used = true
    cell.pins++
    return cell
  }

  /** Whether an asynchronous call uses it. */
  get isPinned(): boolean {
    return this.#holds > 0 || (this.#cell !== null && this.#cell.pins > 0)
  }

  /** Nobody writes to it until {@link letGo}. */
  hold(): void {
    this.#holds++
  }

  /** Ends one {@link hold}. */
  letGo(): void {
    this.#holds--
  }

  /** Releases the native handle now, unless an asynchronous run uses it. The elements stay, and so does the use. */
  releaseHandle(): void {
    if (this.#cell !== null) releaseHandle(this.#cell)
  }

  /**
   * Gives the memory back now rather than at some garbage collection, unless an asynchronous run or another tensor uses it. Nobody may read the
   * tensor afterwards; views of it have no elements.
   */
  discard(): void {
    if (this.isPinned || this.isShared || this.loopOffset !== null || this.memory.byteLength !== this.byteLength) return
    this.releaseHandle()
    discard(this.memory)
  }

  #liveCell(): HandleCell {
    const cell = this.#cell
    if (cell !== null && cell.pointer !== 0n) return cell
    return (this.#cell = createHandle(this.type, this.shape, this.memory, this.byteOffset, this.byteLength))
  }
}

/** Ends one {@link TensorBuffer.pin}. */
export function unpin(cell: Pin): void {
  cell.pins--
}

function elementCount(shape: readonly number[]): number {
  let size = 1
  for (const length of shape) size *= length
  return size
}

// A typed array of at most 64 bytes may lie on the heap that the garbage collector moves; an ArrayBuffer never does.
// Whole words, so that what is small can be copied word by word.
function allocateBytes(byteLength: number): ArrayBuffer {
  if (byteLength < UNZEROED_FROM) return zeroedBytes(byteLength)
  try {
    return Buffer.allocUnsafeSlow(byteLength).buffer
  } catch (cause) {
    throw new AllocationError(byteLength, cause)
  }
}

function zeroedBytes(byteLength: number): ArrayBuffer {
  try {
    return new ArrayBuffer(byteLength < UNZEROED_FROM ? (byteLength + 3) & ~3 : byteLength)
  } catch (cause) {
    throw new AllocationError(byteLength, cause)
  }
}
