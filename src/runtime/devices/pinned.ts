/**
 * Page-locked memory that copies to a device go through.
 *
 * A device reads such memory by itself: the copy is asked for, and the host goes on. It is slow to get and must not be
 * swapped out, so that blocks are kept and used again, and there is a limit to them. A block is written again only when
 * the copy out of it has ended.
 */
import { bytesAt, created, ort, type Pointer } from '../api.js'
import { RuntimeError } from '../errors.js'
import { counters } from '../stats.js'
import type { Fence, PinnedCopies } from './driver.js'
import { byteSize } from './limit.js'

const GRAIN = 1 << 12
const DEFAULT_CAPACITY = 1 << 28
/** A block is not used for less than this share of it. */
const LEAST_SHARE = 4

/** `ONNAX_PINNED_MEMORY`: most bytes, 256M by default; 0 copies out of ordinary memory. @throws EnvironmentVariableError */
export const pinnedCapacity = (): number => byteSize('ONNAX_PINNED_MEMORY') ?? DEFAULT_CAPACITY

interface Block {
  readonly value: Pointer
  readonly address: Pointer
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Passed when the last copy out of it has ended. */
  fence: Fence | null
}

/** The page-locked memory of one device. */
export class PinnedStaging {
  /** The least recently used first. */
  #blocks: readonly Block[] = []
  #bytes = 0

  /**
   * @param allocate - a tensor of so many bytes in page-locked memory
   * @param capacity - most bytes
   */
  constructor(
    private readonly copies: PinnedCopies,
    private readonly id: number,
    private readonly allocate: (byteLength: number) => Pointer,
    private readonly capacity: () => number = pinnedCapacity,
  ) {}

  /** What it holds. */
  get bytes(): number {
    return this.#bytes
  }

  /** Begins a copy to an address of the device; `false` where there is no page-locked memory for it. */
  upload(source: Uint8Array, to: Pointer): boolean {
    const block = this.#take(source.byteLength)
    if (block === null) return false
    block.bytes.set(source)
    block.fence = this.copies.begin(this.id, block.address, to, source.byteLength)
    counters.pinnedUploads++
    return true
  }

  #take(byteLength: number): Block | null {
    const capacity = this.capacity()
    const wanted = Math.ceil(byteLength / GRAIN) * GRAIN
    if (wanted > capacity) return null
    return this.#idle(wanted) ?? this.#allocated(wanted, capacity) ?? this.#awaited(wanted)
  }

  /** A block that fits, as the most recently used. */
  #use(block: Block): Block {
    this.#blocks = [...this.#blocks.filter((other) => other !== block), block]
    return block
  }

  #idle(wanted: number): Block | null {
    const fits = this.#blocks
      .filter(({ bytes }) => bytes.byteLength >= wanted && bytes.byteLength <= LEAST_SHARE * wanted)
      .sort((a, b) => a.bytes.byteLength - b.bytes.byteLength)
    const block = fits.find(isIdle)
    return block === undefined ? null : this.#use(block)
  }

  #allocated(wanted: number, capacity: number): Block | null {
    this.#release((held) => held + wanted > capacity)
    if (this.#bytes + wanted > capacity) return null
    const block = this.#create(wanted)
    if (block !== null) return block
    // The system has no more: what is not needed now goes back to it.
    this.trim()
    return this.#create(wanted)
  }

  #create(byteLength: number): Block | null {
    try {
      const value = this.allocate(byteLength)
      const address = created((out) => ort().GetTensorMutableData(value, out), 'page-locked memory')
      this.#bytes += byteLength
      return this.#use({ value, address, bytes: bytesAt(address, byteLength), fence: null })
    } catch (error) {
      if (error instanceof RuntimeError) return null
      throw error
    }
  }

  /** The block whose copy ends first, when it has ended; without one that is large enough, all are given up for a new one. */
  #awaited(wanted: number): Block | null {
    const block = this.#blocks.find(({ bytes }) => bytes.byteLength >= wanted)
    if (block !== undefined) {
      block.fence?.wait()
      return this.#use(block)
    }
    for (const { fence } of this.#blocks) fence?.wait()
    this.trim()
    return this.#create(wanted)
  }

  /** Releases idle blocks, the least recently used first, as long as `isTooMuch` says so of the bytes held. */
  #release(isTooMuch: (held: number) => boolean): void {
    for (const block of this.#blocks) {
      if (!isTooMuch(this.#bytes)) return
      if (!isIdle(block)) continue
      ort().ReleaseValue(block.value)
      this.#bytes -= block.bytes.byteLength
      this.#blocks = this.#blocks.filter((other) => other !== block)
    }
  }

  /** Gives back what no copy needs. */
  trim(): void {
    this.#release(() => true)
  }
}

const isIdle = ({ fence }: Block): boolean => fence === null || fence.isPassed()
