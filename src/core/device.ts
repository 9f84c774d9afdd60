/** Devices: where arrays are and programs run. */
import { inspect } from 'node:util'

/** A kind of device; `fake` is a second memory of the host, for tests. */
export type Platform = 'cpu' | 'cuda' | 'webgpu' | 'fake'

const classNames: Readonly<Record<Platform, string>> = {
  cpu: 'CpuDevice',
  cuda: 'CudaDevice',
  webgpu: 'WebGpuDevice',
  fake: 'FakeDevice',
}

/** Bytes of one device's memory. */
export interface MemoryStats {
  /** Of arrays that live, and of those that wait to be used again. */
  readonly bytesInUse: number
  /** The most that `bytesInUse` was. */
  readonly peakBytesInUse: number
  /** Of `bytesInUse`, what waits to be used again. */
  readonly poolBytes: number
  /** The most there may be; `null` where only the device itself is the limit. */
  readonly bytesLimit: number | null
  /** Arrays that have memory of their own. */
  readonly arrays: number
  /** Page-locked memory of the host, which copies to the device go through. */
  readonly pinnedBytes: number
}

/** One device; there is one object of each. */
export class Device {
  /** @internal Use `devices()`. */
  constructor(
    readonly platform: Platform,
    /** 0 for the first of its platform. */
    readonly id: number,
    /** @internal */
    readonly stats: () => MemoryStats | null = () => null,
  ) {}

  /** What `ONNAX_DEVICE` and `devicePut` call it: `cpu`, `cuda:1`. */
  get name(): string {
    return this.platform === 'cpu' ? 'cpu' : `${this.platform}:${this.id}`
  }

  /** Memory of its arrays; `null` on the CPU, where it is the garbage collector's, and before the device's first use. */
  memoryStats(): MemoryStats | null {
    return this.stats()
  }

  toString(): string {
    return `${classNames[this.platform]}(id=${this.id})`
  }

  /** @internal */
  [inspect.custom](): string {
    return this.toString()
  }

  toJSON(): string {
    return this.name
  }
}

/** The host. */
export const cpuDevice = new Device('cpu', 0)
