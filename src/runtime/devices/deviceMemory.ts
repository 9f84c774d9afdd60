/** The memory of one device: allocated, copied, counted, and found again when it is dropped. */
import type { Device, MemoryStats } from '../../core/index.js'
import { elementBytes, elementCode, type ElementType, type TypedArray } from '../../onnx/index.js'
import { created, ort, type Pointer } from '../api.js'
import { TensorBuffer, unpin } from '../buffer.js'
import { BufferSizeError, isOutOfMemory } from '../errors.js'
import { BufferPool } from '../pool.js'
import { counters } from '../stats.js'
import { DeviceBuffer, type DeviceCell } from './deviceBuffer.js'
import type { Driver } from './driver.js'
import { type MemoryHolder, OutOfMemoryError } from './errors.js'
import type { PinnedStaging } from './pinned.js'
import { collectGarbage } from './reclaim.js'

/** Least bytes, and number of arrays, that are allocated before the dropped ones are looked for. */
const sweepBytes = 1 << 26
const sweepCount = 1 << 15
const maxHolders = 5

/** A tensor whose elements are not set, in memory of an allocator of the runtime. @throws RuntimeError */
export const createTensor = (
  allocator: Pointer,
  type: ElementType,
  shape: readonly number[],
  where: string,
): Pointer => {
  const sizes = new BigInt64Array(new ArrayBuffer(Math.max(1, shape.length) * 8))
  shape.forEach((length, axis) => (sizes[axis] = BigInt(length)))
  const create = ort().CreateTensorAsOrtValue
  return created((out) => create(allocator, sizes, shape.length, elementCode(type), out), where)
}

/** Something that holds memory for itself, and can do without. */
export interface Relievable {
  relieve(): void
}

/** Arrays of one device. */
export class DeviceMemory {
  /** Buffers that are free to be written again. */
  readonly pool: BufferPool<DeviceBuffer>
  /** Whoever holds memory that is not an array's. */
  readonly relievable = new Set<Relievable>()
  /** Number of asynchronous runs under way, on all devices. */
  static runsUnderWay = 0
  readonly #cells = new Map<DeviceCell, WeakRef<DeviceBuffer>>()
  readonly #dropped: FinalizationRegistry<DeviceCell>
  #bytes = 0
  #peak = 0
  #sinceSweep = 0
  #countSinceSweep = 0
  #keptBySweep = 0

  constructor(
    readonly device: Device,
    readonly driver: Driver,
    /** The runtime's allocator of the device. */
    private readonly allocator: Pointer,
    /** Page-locked memory of the host, where the device has a use for it. */
    private readonly pinned: PinnedStaging | null = null,
  ) {
    this.#dropped = new FinalizationRegistry((cell) => {
      this.release(cell)
    })
    this.pool = new BufferPool<DeviceBuffer>(Infinity, (type, shape) => this.allocate(type, shape))
  }

  /**
   * A tensor whose elements are not set.
   * @throws OutOfMemoryError where there is no memory, with what holds it
   */
  allocate(type: ElementType, shape: readonly number[]): DeviceBuffer {
    const byteLength = shape.reduce((product, length) => product * length, elementBytes(type))
    if (this.#isSweepDue(byteLength)) this.reclaim()
    const limit = this.driver.bytesLimit()
    if (limit !== null && this.#bytes + byteLength > limit) {
      this.#relieve()
      if (this.#bytes + byteLength > limit) throw this.#outOfMemory(`an array ${type}[${shape.join()}]`, byteLength)
    }
    const pointer = this.withRelief(`an array ${type}[${shape.join()}]`, byteLength, () => this.#create(type, shape))
    const cell: DeviceCell = { pointer, byteLength, type, shape, pins: 0 }
    const buffer = new DeviceBuffer(this, cell)
    this.#cells.set(cell, new WeakRef(buffer))
    this.#dropped.register(buffer, cell, cell)
    this.#bytes += byteLength
    this.#peak = Math.max(this.#peak, this.#bytes)
    this.#sinceSweep += byteLength
    this.#countSinceSweep++
    return buffer
  }

  /** A tensor to be written: one that is free, or a new one. @throws OutOfMemoryError */
  take(type: ElementType, shape: readonly number[], key?: string): DeviceBuffer {
    const buffer = this.pool.take(type, shape, key)
    buffer.renew()
    return buffer
  }

  /** Hands over a tensor that nobody reads any more. */
  recycle(buffer: DeviceBuffer): void {
    if (buffer.place === null) this.pool.give(buffer)
    else buffer.place.leave(buffer)
  }

  #create(type: ElementType, shape: readonly number[]): Pointer {
    return createTensor(this.allocator, type, shape, `an allocation on ${this.device.name}`)
  }

  /**
   * What `attempt` gives; if the device has no memory for it, once more after what is not needed was released.
   * @throws OutOfMemoryError where that did not help
   */
  withRelief<T>(where: string, requested: number | null, attempt: () => T): T {
    try {
      return attempt()
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
    }
    this.#relieve()
    try {
      return attempt()
    } catch (error) {
      throw isOutOfMemory(error) ? this.#outOfMemory(where, requested, error) : error
    }
  }

  #relieve(): void {
    this.synchronize()
    for (const holder of this.relievable) holder.relieve()
    this.pool.clear()
    this.reclaim()
    this.pinned?.trim()
  }

  #isSweepDue(byteLength: number): boolean {
    const due = Math.max(sweepBytes, this.#keptBySweep)
    return this.#sinceSweep + byteLength > due || this.#countSinceSweep >= sweepCount
  }

  /** Releases what nobody holds any more. */
  reclaim(): void {
    collectGarbage()
    for (const [cell, reference] of this.#cells) if (reference.deref() === undefined) this.release(cell)
    this.#sinceSweep = 0
    this.#countSinceSweep = 0
    this.#keptBySweep = this.#bytes
  }

  /** Gives the memory of a tensor back, unless an asynchronous run uses it. */
  release(cell: DeviceCell): void {
    if (cell.pointer === 0n || cell.pins > 0) return
    ort().ReleaseValue(cell.pointer)
    cell.pointer = 0n
    this.#cells.delete(cell)
    this.#dropped.unregister(cell)
    this.#bytes -= cell.byteLength
  }

  /** The memory of a tensor as another object, which lives on without it. */
  splitOff(buffer: DeviceBuffer): DeviceBuffer {
    const other = new DeviceBuffer(this, buffer.cell)
    other.poolKey = buffer.poolKey
    this.#entrust(buffer.cell, other)
    return other
  }

  /** Gives the memory of one object to another. */
  handOver(from: DeviceBuffer, to: DeviceBuffer): void {
    to.settle(from.cell)
    to.poolKey = from.poolKey
    this.#entrust(from.cell, to)
  }

  /** Puts the elements of a tensor on a place into memory of its own. */
  moveOut(buffer: DeviceBuffer): void {
    const fresh = this.take(buffer.type, buffer.shape)
    this.copyWithin(buffer, fresh)
    buffer.place = null
    this.handOver(fresh, buffer)
  }

  /** Whose end is the memory's end. */
  #entrust(cell: DeviceCell, buffer: DeviceBuffer): void {
    this.#cells.set(cell, new WeakRef(buffer))
    this.#dropped.unregister(cell)
    this.#dropped.register(buffer, cell, cell)
  }

  /** Copies the elements of one tensor to another, in the order of the programs. */
  copyWithin(from: DeviceBuffer, to: DeviceBuffer): void {
    if (from.byteLength > 0) this.driver.copyWithin(this.device.id, from.use(), to.use(), from.byteLength)
  }

  /** A tensor with a copy of what is in the host's memory. */
  upload(host: TensorBuffer): DeviceBuffer {
    const buffer = this.take(host.type, host.shape)
    this.write(host, buffer)
    return buffer
  }

  /** A tensor with a copy of data of the host. */
  uploadData(type: ElementType, shape: readonly number[], data: TypedArray): DeviceBuffer {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const buffer = this.take(type, shape)
    if (bytes.byteLength !== buffer.byteLength)
      throw new BufferSizeError(type, shape, buffer.byteLength, bytes.byteLength)
    if (!this.#stage(bytes, buffer)) this.#writeOrdinary(TensorBuffer.from(type, shape, data), buffer)
    return buffer
  }

  /** Copies what is in the host's memory to a tensor. */
  write(host: TensorBuffer, buffer: DeviceBuffer): void {
    if (!this.#stage(host.read(), buffer)) this.#writeOrdinary(host, buffer)
  }

  #stage(bytes: Uint8Array, buffer: DeviceBuffer): boolean {
    if (this.pinned === null || bytes.byteLength === 0) return false
    const where = `the memory of ${this.device.name}`
    return this.pinned.upload(
      bytes,
      created((out) => ort().GetTensorMutableData(buffer.use(), out), where),
    )
  }

  #writeOrdinary(host: TensorBuffer, buffer: DeviceBuffer): void {
    if (host.byteLength > 0) counters.pageableUploads++
    this.#copy(host, (pointer) => {
      this.driver.copy(pointer, buffer.use(), host.byteLength)
    })
  }

  /** Another tensor of the same elements. */
  duplicate(buffer: DeviceBuffer): DeviceBuffer {
    const copy = this.take(buffer.type, buffer.shape)
    this.copyWithin(buffer, copy)
    return copy
  }

  /** A copy in the host's memory, when what computes it has ended. */
  download(buffer: DeviceBuffer): TensorBuffer {
    const host = TensorBuffer.allocate(buffer.type, buffer.shape)
    counters.downloads++
    this.#copy(host, (pointer) => {
      this.driver.copy(buffer.use(), pointer, host.byteLength)
    })
    return host
  }

  #copy(host: TensorBuffer, copy: (pointer: Pointer) => void): void {
    if (host.byteLength === 0) return
    const handle = host.pin()
    try {
      copy(handle.pointer)
    } finally {
      unpin(handle)
      host.releaseHandle()
    }
  }

  /** Waits for all programs of the device. */
  synchronize(): void {
    this.driver.synchronize?.(this.device.id)
  }

  stats(): MemoryStats {
    return {
      bytesInUse: this.#bytes,
      peakBytesInUse: this.#peak,
      poolBytes: this.pool.stats().bytes,
      bytesLimit: this.driver.bytesLimit(),
      arrays: this.#cells.size,
      pinnedBytes: this.pinned?.bytes ?? 0,
    }
  }

  /** Counts the peak from now on. */
  resetPeak(): void {
    this.#peak = this.#bytes
  }

  /** What holds the memory, the largest first. */
  holders(): readonly MemoryHolder[] {
    const byKind = new Map<string, { type: ElementType; shape: readonly number[]; count: number; bytes: number }>()
    for (const { type, shape, byteLength } of this.#cells.keys()) {
      const key = `${type}[${shape.join()}]`
      const holder = byKind.get(key) ?? { type, shape, count: 0, bytes: 0 }
      holder.count++
      holder.bytes += byteLength
      byKind.set(key, holder)
    }
    return [...byKind.values()].sort((a, b) => b.bytes - a.bytes).slice(0, maxHolders)
  }

  #outOfMemory(where: string, requested: number | null, cause?: unknown): OutOfMemoryError {
    const { name } = this.device
    return new OutOfMemoryError(name, where, requested, this.#bytes, this.driver.bytesLimit(), this.holders(), cause)
  }
}
