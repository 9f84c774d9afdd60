/** Memory that keeps its address, for programs that are recorded. */
import { DeviceBuffer } from './deviceBuffer.js'

/**
 * Memory of a program's own. A result is handed out where it is; before the program writes there again, an array that
 * somebody may still hold is moved elsewhere.
 */
export class FixedPlace {
  #holder: WeakRef<DeviceBuffer> | null = null

  /** @param buffer - the memory, which nobody else refers to */
  constructor(readonly buffer: DeviceBuffer) {}

  /** The place that an array's memory becomes; the array stands on it. */
  static under(array: DeviceBuffer): FixedPlace {
    const place = new FixedPlace(array.memory.splitOff(array))
    place.#stand(array)
    return place
  }

  #stand(array: DeviceBuffer): void {
    array.place = this
    this.#holder = new WeakRef(array)
  }

  /** Whether an array is here. */
  holds(array: DeviceBuffer): boolean {
    return array.place === this && this.#holder?.deref() === array
  }

  /** An array of what is here. */
  lend(): DeviceBuffer {
    const array = new DeviceBuffer(this.buffer.memory, this.buffer.cell)
    this.#stand(array)
    return array
  }

  /** The array, if it is here, is gone. Its object keeps the place, so that nobody takes the memory for its own. */
  leave(array: DeviceBuffer): void {
    if (this.holds(array)) this.#holder = null
  }

  /** Moves the array that is here to memory of its own: a copy. */
  vacate(): void {
    const array = this.#holder?.deref()
    if (array !== undefined) array.memory.moveOut(array)
    this.#holder = null
  }

  /** Gives the memory up: to the array that is here, or to whoever asks next. */
  surrender(): void {
    const array = this.#holder?.deref()
    const { buffer } = this
    if (array === undefined) buffer.memory.pool.give(buffer)
    else {
      array.place = null
      buffer.memory.handOver(buffer, array)
    }
    this.#holder = null
  }
}
