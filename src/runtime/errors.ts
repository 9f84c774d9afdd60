/** Typed errors of the runtime. */
import type { ElementType } from '../onnx/index.js'

/** The error codes of ONNX Runtime's C API, by their numbers. */
export const RUNTIME_CODES = [
  'OK',
  'FAIL',
  'INVALID_ARGUMENT',
  'NO_SUCHFILE',
  'NO_MODEL',
  'ENGINE_ERROR',
  'RUNTIME_EXCEPTION',
  'INVALID_PROTOBUF',
  'MODEL_LOADED',
  'NOT_IMPLEMENTED',
  'INVALID_GRAPH',
  'EP_FAIL',
  'MODEL_LOAD_CANCELED',
  'MODEL_REQUIRES_COMPILATION',
  'NOT_FOUND',
] as const

/** A code of {@link RuntimeError}; `UNKNOWN` for one that a later runtime adds. */
export type RuntimeCode = (typeof RUNTIME_CODES)[number] | 'UNKNOWN'

/** ONNX Runtime refused a call or failed in it. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  readonly code: RuntimeCode
  /** The call: `session 'add'`, `run of 'add'`. */
  readonly where: string
  /** The runtime's own words. */
  readonly detail: string
  constructor(code: RuntimeCode, where: string, detail: string) {
    super(`ONNX Runtime failed in ${where} (${code}): ${detail.trim()}`)
    this.code = code
    this.where = where
    this.detail = detail
  }
}

/** The native library of ONNX Runtime cannot be used. */
export class LibraryError extends Error {
  override readonly name = 'LibraryError'
  /** The file that was tried, or null where none was found. */
  readonly path: string | null
  readonly platform: string
  constructor(path: string | null, problem: string, repair: string, cause?: unknown) {
    const platform = `${process.platform}/${process.arch}`
    super(`onnax requires the ONNX Runtime library for ${platform}, ${problem}; ${repair}.`, { cause })
    this.path = path
    this.platform = platform
  }
}

/** An environment variable of onnax with a value it cannot have. */
export class EnvironmentVariableError extends TypeError {
  override readonly name = 'EnvironmentVariableError'
  readonly variable: string
  readonly got: string
  constructor(variable: string, expected: string, got: string) {
    super(`the environment variable ${variable} requires ${expected}, got '${got}'; change or unset it.`)
    this.variable = variable
    this.got = got
  }
}

/** A session that was released and is used again. */
export class SessionReleasedError extends ReferenceError {
  override readonly name = 'SessionReleasedError'
  readonly session: string
  constructor(session: string) {
    super(`run requires a live session, got '${session}' after its release; create a new session.`)
    this.session = session
  }
}

/** A run with too few or too many buffers. */
export class SessionArityError extends TypeError {
  override readonly name = 'SessionArityError'
  readonly session: string
  readonly kind: 'inputs' | 'outputs'
  readonly expected: number
  readonly got: number
  constructor(session: string, kind: 'inputs' | 'outputs', expected: number, got: number) {
    super(
      `run of '${session}' requires ${expected} ${kind}, got ${got}; ` +
        `pass one buffer for each of the session's ${kind}, in order.`,
    )
    this.session = session
    this.kind = kind
    this.expected = expected
    this.got = got
  }
}

/** Memory that does not fit the tensor it is given to. */
export class BufferSizeError extends TypeError {
  override readonly name = 'BufferSizeError'
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly expected: number
  readonly got: number
  constructor(type: ElementType, shape: readonly number[], expected: number, got: number) {
    super(
      `a buffer of ${type}[${shape.join(',')}] requires ${expected} bytes, got ${got}; ` +
        'pass memory of that size, or another shape.',
    )
    this.type = type
    this.shape = shape
    this.expected = expected
    this.got = got
  }
}

/** Memory that could not be had. */
export class AllocationError extends Error {
  override readonly name = 'AllocationError'
  readonly byteLength: number
  constructor(byteLength: number, cause: unknown) {
    super(
      `an array requires ${byteLength} bytes of memory, which could not be had (one array may have 4 GiB); ` +
        'make it smaller, or donate what is no longer needed.',
      { cause },
    )
    this.byteLength = byteLength
  }
}

/** Whether a failure of the runtime is that of an allocation, on the CPU or on a device. */
export const isOutOfMemory = (error: unknown): error is RuntimeError =>
  error instanceof RuntimeError &&
  /failed to allocate memory|out of memory|available memory of \d+ is smaller/i.test(error.detail)
