/** What tells one kind of device from another; all else is the same code. */
import type { Platform } from '../../core/index.js'
import type { Pointer } from '../api.js'
import type { ExecutionProvider } from '../compile.js'
import type { PinnableOperand } from '../buffer.js'
import type { Session } from '../session.js'
import type { UnsupportedNode } from './errors.js'
import type { ModelProto } from '../../onnx/index.js'

/** A point in the order of what was asked of a device. */
export interface Fence {
  /** Whether all before it has ended. */
  isPassed(): boolean
  /** Returns when it has. @throws RuntimeError */
  wait(): void
}

/** Copies out of page-locked memory of the host, which a device reads by itself while the host goes on. */
export interface PinnedCopies {
  /** Describes that memory to the runtime. */
  memoryInfo(id: number): Pointer
  /** Begins a copy to an address of the device, before all programs that are run later. @throws RuntimeError */
  begin(id: number, from: Pointer, to: Pointer, byteLength: number): Fence
}

/** Which programs are recorded: none, those that can be, or all, so that one that can't be is an error. */
export type GraphMode = 'off' | 'auto' | 'required'

/** Runs that are recorded once and replayed: one launch instead of one for each kernel, always at the same addresses. */
export interface GraphCapture {
  /** @throws EnvironmentVariableError */
  mode(): GraphMode
  /** Makes sessions whose runs can be recorded. */
  provider(id: number): ExecutionProvider
  /** The nodes of a program that keep its runs from being recorded. */
  obstacles(model: ModelProto): readonly UnsupportedNode[]
  /**
   * Runs a session. The first run of a number is recorded, the later ones are replayed, whatever memory they name.
   * @throws RuntimeError
   */
  run(
    id: number,
    session: Session,
    graph: number,
    inputs: readonly PinnableOperand[],
    outputs: readonly PinnableOperand[],
  ): void
  /** After a recording that failed. */
  abandon(id: number): void
}

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
  /** Copies between two tensors of it, in the order of its programs. */
  copyWithin(id: number, from: Pointer, to: Pointer, byteLength: number): void
  /** Page-locked memory of the host, where it has any. */
  pinned?(id: number): PinnedCopies | null
  /** Recorded runs, where it can. */
  graphs?(id: number): GraphCapture | null
  /** Waits for its programs. */
  synchronize?(id: number): void
  /** A failure in its own words as the error it is, or `null` where it says nothing of the device. */
  explain?(device: string, error: Error): Error | null
}
