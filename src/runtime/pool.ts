/** Buffers that are free to be written again. */
import type { ElementType } from '../onnx/index.js'
import { TensorBuffer } from './buffer.js'
import { countResult } from './cHeap.js'
import { counters } from './stats.js'

const DEFAULT_CAPACITY = 1 << 30

/** Counters of one pool. */
export interface PoolStats {
  readonly bytes: number
  readonly buffers: number
  readonly hits: number
  readonly misses: number
  readonly dropped: number
}

/** What a pool recycles. */
export interface Poolable {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly byteLength: number
  /** @internal Which stack of the pool it belongs to. */
  poolKey: string | null
  /** Gives up native memory. */
  releaseHandle(): void
}

/** Recycles buffers of equal type and shape; where it holds more than its capacity, the oldest go. */
export class BufferPool<B extends Poolable = TensorBuffer> {
  /** Most bytes that wait here. */
  readonly capacity: number
  readonly #stacks = new Map<string, B[]>()
  /** All waiting buffers, the oldest first, with their keys. */
  readonly #waiting = new Map<B, string>()
  #bytes = 0
  #hits = 0
  #misses = 0
  #dropped = 0

  readonly #allocate: (type: ElementType, shape: readonly number[]) => B

  /** @param capacity in bytes; 1 GiB by default */
  constructor(capacity?: number)
  constructor(capacity: number, allocate: (type: ElementType, shape: readonly number[]) => B)
  constructor(capacity: number = DEFAULT_CAPACITY, allocate?: (type: ElementType, shape: readonly number[]) => B) {
    this.capacity = capacity
    this.#allocate = allocate ?? (allocateResult as unknown as (type: ElementType, shape: readonly number[]) => B)
  }

  /** A buffer to be written: one given back, or a new one. Its elements are not set. */
  take(type: ElementType, shape: readonly number[], key: string = poolKey(type, shape)): B {
    const reused = this.reuse(key)
    if (reused !== null) return reused
    this.#misses++
    const made = this.#allocate(type, shape)
    made.poolKey = key
    return made
  }

  /** A buffer given back, of those with this key. */
  reuse(key: string): B | null {
    const buffer = this.#stacks.get(key)?.pop()
    if (buffer === undefined) return null
    this.#waiting.delete(buffer)
    this.#count(-buffer.byteLength)
    this.#hits++
    counters.poolHits++
    return buffer
  }

  /** Hands over a buffer that nobody reads any more; giving one twice is giving it once. */
  give(buffer: B): void {
    if (this.#waiting.has(buffer)) return
    if (buffer.byteLength > this.capacity) {
      this.#dropped++
      buffer.releaseHandle()
      return
    }
    const key = (buffer.poolKey ??= poolKey(buffer.type, buffer.shape))
    const stack = this.#stacks.get(key)
    if (stack === undefined) this.#stacks.set(key, [buffer])
    else stack.push(buffer)
    this.#waiting.set(buffer, key)
    this.#count(buffer.byteLength)
    while (this.#bytes > this.capacity) this.#dropOldest()
  }

  /** Lets all waiting buffers go. */
  clear(): void {
    while (this.#waiting.size > 0) this.#dropOldest()
  }

  /** The counters as they are now. */
  stats(): PoolStats {
    return {
      bytes: this.#bytes,
      buffers: this.#waiting.size,
      hits: this.#hits,
      misses: this.#misses,
      dropped: this.#dropped,
    }
  }

  // A stack's first buffer is its oldest, so the oldest of all is the first of its stack.
  #dropOldest(): void {
    for (const [buffer, key] of this.#waiting) {
      const stack = this.#stacks.get(key)!
      stack.shift()
      if (stack.length === 0) this.#stacks.delete(key)
      this.#waiting.delete(buffer)
      this.#count(-buffer.byteLength)
      this.#dropped++
      buffer.releaseHandle()
      return
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    counters.poolBytes += bytes
  }
}

const allocateResult = (type: ElementType, shape: readonly number[]): TensorBuffer => {
  const result = TensorBuffer.allocate(type, shape)
  countResult(result.byteLength)
  return result
}

/** What buffers must share to stand for one another. */
export function poolKey(type: ElementType, shape: readonly number[]): string {
  return `${type}[${shape.join()}]`
}
