/** Typed errors of devices. */
import { type Device, type ShapedArray, showAval } from '../../core/index.js'
import type { ElementType } from '../../onnx/index.js'

/** A device that cannot be used, and why. */
export class DeviceUnavailableError extends Error {
  override readonly name: string = 'DeviceUnavailableError'
  constructor(
    /** `cuda:0`, or a platform as a whole: `cuda`. */
    readonly device: string,
    readonly reason: string,
    readonly repair: string,
    cause?: unknown,
  ) {
    super(`The device ${device} cannot be used: ${reason}. ${repair}`, { cause })
  }
}

/** ONNX Runtime's library for a platform is not there. */
export class ProviderMissingError extends DeviceUnavailableError {
  override readonly name = 'ProviderMissingError'
  constructor(
    device: string,
    /** The file that is missing. */
    readonly path: string,
    repair: string,
  ) {
    super(device, `requires ONNX Runtime's provider library, got no file ${path}`, repair)
  }
}

/** ONNX Runtime's library for CUDA could not be fetched. */
export class ProviderFetchError extends Error {
  override readonly name = 'ProviderFetchError'
  constructor(
    readonly reason: string,
    readonly repair: string,
  ) {
    super(`The CUDA provider of ONNX Runtime could not be fetched from NuGet: ${reason}. ${repair}`)
  }
}

/** A library that the provider needs does not load, or is of another version. */
export class DeviceLibraryError extends DeviceUnavailableError {
  override readonly name = 'DeviceLibraryError'
  constructor(
    device: string,
    /** The library, with the version that is asked for: `libcublasLt.so.13`. */
    readonly library: string,
    reason: string,
    repair: string,
    cause?: unknown,
  ) {
    super(device, reason, repair, cause)
  }
}

/** There is no hardware of the platform, or its driver does not answer. */
export class NoAdapterError extends DeviceUnavailableError {
  override readonly name = 'NoAdapterError'
}

/** A device number beyond what the machine has. */
export class DeviceIndexError extends DeviceUnavailableError {
  override readonly name = 'DeviceIndexError'
  constructor(
    device: string,
    readonly index: number,
    readonly count: number,
  ) {
    const range = count === 1 ? 'the only index is 0' : `indices are 0 to ${count - 1}`
    super(device, `this machine has ${count} of its platform; ${range}`, 'Choose one of devices().')
  }
}

/** Arguments of one call are bound to different devices. */
export class DeviceMismatchError extends TypeError {
  override readonly name = 'DeviceMismatchError'
  constructor(
    readonly where: string,
    readonly first: Device,
    readonly second: Device,
    firstAval: ShapedArray,
    secondAval: ShapedArray,
  ) {
    super(
      `${where} requires arguments on one device, got ${showAval(firstAval)} on ${first.name} and ` +
        `${showAval(secondAval)} on ${second.name}; move one with devicePut(x, device).`,
    )
  }
}

/** Arrays of one type and shape that hold memory. */
export interface MemoryHolder {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly count: number
  /** Of all of them. */
  readonly bytes: number
}

const size = (bytes: number): string => (bytes < 1 << 20 ? `${bytes} bytes` : `${(bytes / (1 << 20)).toFixed(1)} MiB`)

/** A device's memory is used up; `holders` are the largest first. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError'
  constructor(
    readonly device: string,
    /** What was asked for: an array, or a program whose intermediate values did not fit. */
    readonly where: string,
    readonly requested: number | null,
    readonly bytesInUse: number,
    readonly bytesLimit: number | null,
    readonly holders: readonly MemoryHolder[],
    cause?: unknown,
  ) {
    const held = holders.map((h) => `${h.count} × ${h.type}[${h.shape.join(',')}] (${size(h.bytes)})`)
    super(
      `${where} requires ${requested === null ? 'more memory' : size(requested)} on ${device}, got ` +
        `${size(bytesInUse)} in use${bytesLimit === null ? '' : ` of ${size(bytesLimit)}`}, ` +
        `held by ${held.length === 0 ? 'no arrays' : held.join(', ')}; ` +
        'donate what is no longer needed, or make the batch smaller.',
      { cause },
    )
  }
}

/** A node that would run on the CPU in a program for a GPU. */
export interface UnsupportedNode {
  /** `com.microsoft.FusedMatMul`, `BitwiseAnd`. */
  readonly operator: string
  /** Types of the inputs. */
  readonly types: readonly string[]
  readonly reason: string
  readonly count: number
}

const listed = (nodes: readonly UnsupportedNode[]): string =>
  nodes
    .map(({ operator, types, reason, count }) => {
      const inputs = types.length === 0 ? '' : `(${types.join(', ')})`
      return `${count} × ${operator}${inputs}: ${reason}`
    })
    .join('; ')

/** `ONNAX_STRICT_DEVICE=1`, and a program has nodes that its device has no kernel for. */
export class UnsupportedNodesError extends Error {
  override readonly name = 'UnsupportedNodesError'
  constructor(
    readonly program: string,
    readonly device: string,
    readonly nodes: readonly UnsupportedNode[],
  ) {
    super(
      `'${program}' requires kernels on ${device} for all of its nodes, got none for ${listed(nodes)}. ` +
        'Use other dtypes, or unset ONNAX_STRICT_DEVICE to have them run on the CPU.',
    )
  }
}

/** `enable_cuda_graph=1`, and a program's runs can't be recorded. */
export class GraphCaptureError extends Error {
  override readonly name = 'GraphCaptureError'
  constructor(
    readonly program: string,
    readonly device: string,
    /** What keeps them from it; none where the device refused. */
    readonly nodes: readonly UnsupportedNode[],
    cause?: unknown,
  ) {
    const found = nodes.length > 0 ? listed(nodes) : cause instanceof Error ? cause.message : 'a failure'
    super(
      `'${program}' requires nothing but kernels on ${device} for its runs to be recorded, got ${found}. ` +
        'Set enable_cuda_graph=auto to run such programs without.',
      { cause },
    )
  }
}
