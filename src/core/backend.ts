/** The evaluator, installed by `runtime` so that `core` needs no ONNX Runtime. */
import type { ConcreteArray, Scalar, TypedArray } from './array.js'
import type { ShapedArray } from './aval.js'
import type { Device } from './device.js'
import type { Jaxpr } from './jaxpr.js'
import type { Primitive } from './primitive.js'

/** Memory that holds the elements of one array. */
export interface Storage {
  readonly device: Device
  /** The elements on the host: a view without a copy where the memory is the host's. */
  read(): Uint8Array<ArrayBuffer>
  /** Waits for what writes to the memory, where programs end later than the call that runs them. */
  ready?(): void
}

/** A compiled program. */
export interface Executable {
  /** Results of a call; the arguments at `donated` positions are dead afterwards. */
  run(args: readonly ConcreteArray[]): readonly ConcreteArray[]
  /** The same on a worker thread of the runtime. */
  runAsync(args: readonly ConcreteArray[]): Promise<readonly ConcreteArray[]>
}

export interface CompileOptions {
  /** For messages and profiles. */
  readonly name: string
  /** Argument positions whose memory may be reused for results. */
  readonly donated?: readonly number[]
}

/** What runs programs and holds arrays. */
export interface Backend {
  /** Where programs run whose arguments are bound to no device. */
  readonly defaultDevice: Device
  /** Features that lie beside each other in the arrays of the CPU's blocked convolutions; 1 where there are none. */
  readonly channelBlock: number
  allocateScalar(aval: ShapedArray, value: Scalar): Storage
  /** Hand memory over that nobody reads any more, to be used again; `false` if it is in use after all. */
  recycle(storage: Storage): boolean
  /** A copy of host data; float16 and bfloat16 as bits. */
  allocate(aval: ShapedArray, data: TypedArray): Storage
  /** Memory of the host, of zeros, for the caller to fill through `read`. */
  allocateHost(aval: ShapedArray): Storage
  compile(jaxpr: Jaxpr, options: CompileOptions): Executable
  /** One operation at once. */
  evaluate(primitive: Primitive, args: readonly ConcreteArray[], params: unknown): readonly ConcreteArray[]
}

let installed: Backend | null = null

/** The installed evaluator. */
export const backend = (): Backend => {
  if (installed === null)
    throw new Error("No evaluator is installed: import from 'onnax', which installs ONNX Runtime.")
  return installed
}

/** Make `b` the evaluator of the process. */
export const installBackend = (b: Backend): void => {
  installed = b
}
