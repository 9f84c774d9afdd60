/** Tensors in memory that JavaScript and the runtime both see. */
import type { Storage } from '../core/index.js'
import { elementArray, elementBytes, type ElementType, type TypedArray } from '../onnx/index.js'
import type { Pointer } from './api.js'
import { AllocationError, BufferSizeError } from './errors.js'
import { createHandle, releaseHandle, type HandleCell } from './handle.js'
import { counters } from './stats.js'

// Below this, zeroed memory costs no more than memory as it is.
const UNZEROED_FROM = 4096

/**
 * A dense tensor on the CPU: an off-heap `ArrayBuffer`, and a native handle made at its first use.
 * The memory is freed by the garbage collector, the handle by the ring of `handle.ts`.
 */
export class TensorBuffer implements Storage {
  readonly device = 'cpu'
  readonly type: ElementType
  readonly shape: readonly number[]
  /** Number of elements. */
  readonly size: number
  readonly byteLength: number
  /** The elements, row by row; exactly `byteLength` long. */
  readonly bytes: ArrayBuffer
  /** @internal Which stack of a pool it belongs to. */
  poolKey: string | null = null
  #cell: HandleCell | null = null
  #view: TypedArray | null = null

  private constructor(type: ElementType, shape: readonly number[], size: number, bytes: ArrayBuffer) {
    this.type = type
    this.shape = shape
    this.size = size
    this.byteLength = bytes.byteLength
    this.bytes = bytes
  }

  /** A tensor whose elements are not set. */
  static allocate(type: ElementType, shape: readonly number[]): TensorBuffer {
    const size = elementCount(shape)
    const byteLength = size * elementBytes(type)
    counters.buffersAllocated++
    counters.bytesAllocated += byteLength
    return new TensorBuffer(type, shape, size, allocateBytes(byteLength))
  }

  /** A tensor with a copy of `data`, which is stored as {@link elementArray} says (bits for 16-bit floats, bytes for bool). */
  static from(type: ElementType, shape: readonly number[], data: TypedArray): TensorBuffer {
    const expected = elementCount(shape) * elementBytes(type)
    if (data.byteLength !== expected) throw new BufferSizeError(type, shape, expected, data.byteLength)
    const buffer = TensorBuffer.allocate(type, shape)
    new Uint8Array(buffer.bytes).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return buffer
  }

  /**
   * A tensor over `bytes` itself: whoever writes to one writes to the other.
   * @throws BufferSizeError where `bytes` is not exactly as long as the tensor.
   */
  static over(type: ElementType, shape: readonly number[], bytes: ArrayBuffer): TensorBuffer {
    const size = elementCount(shape)
    const expected = size * elementBytes(type)
    if (bytes.byteLength !== expected) throw new BufferSizeError(type, shape, expected, bytes.byteLength)
    return new TensorBuffer(type, shape, size, bytes)
  }

  /** The elements as the typed array of `type`; the same array at each call, over the same memory. */
  view(): TypedArray {
    return (this.#view ??= new (elementArray(this.type))(this.bytes))
  }

  /** The elements: the memory itself. */
  read(): ArrayBuffer {
    return this.bytes
  }

  /** The native handle, marked as used by the run `epoch`; valid until another epoch begins. */
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

  /** Whether an asynchronous run uses it. */
  get isPinned(): boolean {
    return this.#cell !== null && this.#cell.pins > 0
  }

  /** Releases the native handle now, unless an asynchronous run uses it. The elements stay, and so does the use. */
  releaseHandle(): void {
    if (this.#cell !== null) releaseHandle(this.#cell)
  }

  #liveCell(): HandleCell {
    const cell = this.#cell
    if (cell !== null && cell.pointer !== 0n) return cell
    return (this.#cell = createHandle(this.type, this.shape, this.bytes))
  }
}

/** Ends one {@link TensorBuffer.pin}. */
export function unpin(cell: HandleCell): void {
  cell.pins--
}

function elementCount(shape: readonly number[]): number {
  let size = 1
  for (const length of shape) size *= length
  return size
}

// A typed array of at most 64 bytes may lie on the heap that the garbage collector moves; an ArrayBuffer never does.
function allocateBytes(byteLength: number): ArrayBuffer {
  try {
    if (byteLength < UNZEROED_FROM) return new ArrayBuffer(byteLength)
    return Buffer.allocUnsafeSlow(byteLength).buffer
  } catch (cause) {
    throw new AllocationError(byteLength, cause)
  }
}
