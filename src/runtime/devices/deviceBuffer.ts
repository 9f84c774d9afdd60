/** Tensors in the memory of a device. */
import type { Device, Storage } from '../../core/index.js'
import type { ElementType } from '../../onnx/index.js'
import type { Pointer } from '../api.js'
import type { Pin, PinnableOperand } from '../buffer.js'
import type { DeviceMemory } from './deviceMemory.js'
import type { FixedPlace } from './fixedPlace.js'

/** A tensor's value in the runtime, which may outlive the object that stands for it. */
export interface DeviceCell extends Pin {
  /** 0 once it is released. */
  pointer: Pointer
  readonly byteLength: number
  readonly type: ElementType
  readonly shape: readonly number[]
}

let stamps = 0

/** A dense tensor on a device; reading it copies. Made by {@link DeviceMemory}. */
export class DeviceBuffer implements Storage, PinnableOperand {
  /** @internal Which stack of the pool it belongs to. */
  poolKey: string | null = null
  /** @internal Whether its array is bound to the device. */
  committed = false
  /** @internal The place that it stands on, whose memory is not its own. */
  place: FixedPlace | null = null
  #stamp = ++stamps
  #cell: DeviceCell

  constructor(
    readonly memory: DeviceMemory,
    cell: DeviceCell,
  ) {
    this.#cell = cell
  }

  get device(): Device {
    return this.memory.device
  }
  get type(): ElementType {
    return this.#cell.type
  }
  get shape(): readonly number[] {
    return this.#cell.shape
  }
  get byteLength(): number {
    return this.#cell.byteLength
  }
  /** @internal */
  get cell(): DeviceCell {
    return this.#cell
  }

  /** @internal Tells apart what was in it: two equal stamps are the same elements. */
  get stamp(): number {
    return this.#stamp
  }

  /** @internal It is written anew, for another array. */
  renew(): void {
    this.#stamp = ++stamps
    this.committed = false
  }

  /** @internal Its elements are in other memory now. */
  settle(cell: DeviceCell): void {
    this.#cell = cell
  }

  use(): Pointer {
    return this.#cell.pointer
  }

  pin(): Pin {
    this.#cell.pins++
    return this.#cell
  }

  /** Whether an asynchronous run uses it. */
  get isPinned(): boolean {
    return this.#cell.pins > 0
  }

  read(): Uint8Array<ArrayBuffer> {
    return this.memory.download(this).read()
  }

  ready(): void {
    this.memory.synchronize()
  }

  /** Gives the memory back to the device now. */
  releaseHandle(): void {
    this.memory.release(this.#cell)
  }
}
