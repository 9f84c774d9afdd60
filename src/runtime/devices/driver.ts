/** What tells one kind of device from another; all else is the same code. */
import type { Platform } from '../../core/index.js'
import type { Pointer } from '../api.js'
import type { ExecutionProvider } from '../compile.js'

/** How a platform's devices are found, run programs and hold memory. */
export interface Driver {
  readonly platform: Platform
  /** What programs are lowered for: which kernels there are. */
  readonly lowering: string
  /** Whether runs may overlap on different threads. */
  readonly concurrent: boolean
  /** Whether sessions may be released while others of the platform live. */
  readonly releases: boolean
  /** Number of devices. @throws DeviceUnavailableError where there is none that works */
  count(): number
  /** Makes sessions run on device `id`. @throws DeviceUnavailableError */
  provider(id: number): ExecutionProvider
  /** Describes its memory to the runtime. */
  memoryInfo(id: number): Pointer
  /** The most bytes that there may be; `null` without a limit. */
  bytesLimit(): number | null
  /** Copies tensors between it and the host, after what was asked of the device before. */
  copy(from: Pointer, to: Pointer, byteLength: number): void
  /** Memory of the host that it copies from without a copy in between, if it has any. */
  pinnedInfo?(id: number): Pointer
  /** Waits for its programs. */
  synchronize?(id: number): void
  /** A failure in its own words as the error it is, or `null` where it says nothing of the device. */
  explain?(device: string, error: Error): Error | null
}
