/** ONNX Runtime's C API as a table of typed functions; with `floatingPoint.ts` the only place that knows koffi. */
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { LibraryError, RUNTIME_CODES, RuntimeError } from './errors.js'

/** An address of native memory. */
export type Pointer = bigint

/** What is passed where C takes a pointer: an address, memory of ours, or null. */
export type Memory = Pointer | ArrayBuffer | ArrayBufferView | null

/** What a C function returns that may fail: null, or an error object to be released. */
export type Status = Pointer | null

/** `OrtApi::Run`; `.async` runs it on a thread of libuv's pool and does not keep its arguments alive. */
export interface RunFunction {
  (...call: RunArguments): Status
  async(...call: [...RunArguments, callback: (error: Error | null, status: Status) => void]): void
}

/** Session, run options, input names and values with their count, output names with their count, output values. */
export type RunArguments = [Pointer, Memory, Memory, Memory, number, Memory, number, Memory]

/** The functions of the C API that onnax calls. */
export interface OrtFunctions {
  readonly GetErrorCode: (status: Pointer) => number
  readonly GetErrorMessage: (status: Pointer) => string
  readonly CreateSessionFromArray: (env: Pointer, model: Memory, size: number, options: Pointer, out: Memory) => Status
  readonly Run: RunFunction
  readonly CreateSessionOptions: (out: Memory) => Status
  readonly SetOptimizedModelFilePath: (options: Pointer, path: Memory) => Status
  readonly EnableProfiling: (options: Pointer, prefix: Memory) => Status
  readonly SessionEndProfiling: (session: Pointer, allocator: Pointer, out: Memory) => Status
  readonly GetAllocatorWithDefaultOptions: (out: Memory) => Status
  readonly AllocatorFree: (allocator: Pointer, memory: Pointer) => Status
  readonly ReleaseSessionOptions: (options: Pointer) => void
  readonly DisableMemPattern: (options: Pointer) => Status
  readonly SetSessionGraphOptimizationLevel: (options: Pointer, level: number) => Status
  readonly SetIntraOpNumThreads: (options: Pointer, count: number) => Status
  readonly CreateTensorWithDataAsOrtValue: (
    memoryInfo: Pointer,
    data: Memory,
    byteLength: number,
    shape: Memory,
    rank: number,
    type: number,
    out: Memory,
  ) => Status
  readonly CreateCpuMemoryInfo: (allocator: number, memory: number, out: Memory) => Status
  readonly ReleaseStatus: (status: Pointer) => void
  readonly ReleaseSession: (session: Pointer) => void
  readonly ReleaseValue: (value: Pointer) => void
  readonly CreateEnvWithGlobalThreadPools: (log: number, id: string, threading: Pointer, out: Memory) => Status
  readonly DisablePerSessionThreads: (options: Pointer) => Status
  readonly CreateThreadingOptions: (out: Memory) => Status
  readonly ReleaseThreadingOptions: (options: Pointer) => void
  readonly GetAvailableProviders: (out: Memory, count: Memory) => Status
  readonly ReleaseAvailableProviders: (names: Pointer, count: number) => Status
  readonly AddSessionConfigEntry: (options: Pointer, key: string, value: string) => Status
  readonly SetGlobalIntraOpNumThreads: (options: Pointer, count: number) => Status
  readonly SetGlobalInterOpNumThreads: (options: Pointer, count: number) => Status
  readonly SetGlobalSpinControl: (options: Pointer, spin: number) => Status
  readonly SetGlobalDenormalAsZero: (options: Pointer) => Status
  readonly CreateRunOptions: (out: Memory) => Status
  readonly CreateTensorAsOrtValue: (
    allocator: Pointer,
    shape: Memory,
    rank: number,
    type: number,
    out: Memory,
  ) => Status
  readonly GetTensorMutableData: (value: Pointer, out: Memory) => Status
  readonly CreateMemoryInfo: (name: string, allocator: number, id: number, memory: number, out: Memory) => Status
  readonly CreateAllocator: (session: Pointer, memoryInfo: Pointer, out: Memory) => Status
  readonly CreateArenaCfgV2: (keys: Memory, values: Memory, count: number, out: Memory) => Status
  readonly ReleaseArenaCfg: (arena: Pointer) => void
  readonly AddRunConfigEntry: (options: Pointer, key: string, value: string) => Status
  readonly SessionOptionsAppendExecutionProvider_CUDA_V2: (options: Pointer, cuda: Pointer) => Status
  readonly CreateCUDAProviderOptions: (out: Memory) => Status
  readonly UpdateCUDAProviderOptions: (cuda: Pointer, keys: Memory, values: Memory, count: number) => Status
  readonly ReleaseCUDAProviderOptions: (cuda: Pointer) => void
  readonly SessionOptionsAppendExecutionProvider: (
    options: Pointer,
    name: string,
    keys: Memory,
    values: Memory,
    count: number,
  ) => Status
  readonly GetBuildInfoString: () => string
  readonly CreateAndRegisterAllocatorV2: (
    env: Pointer,
    provider: string,
    memoryInfo: Pointer,
    arena: Pointer | null,
    keys: Memory,
    values: Memory,
    count: number,
  ) => Status
  readonly GetKeyValuePairs: (pairs: Pointer, keys: Memory, values: Memory, count: Memory) => void
  readonly ReleaseKeyValuePairs: (pairs: Pointer) => void
  readonly RegisterExecutionProviderLibrary: (env: Pointer, name: string, path: Memory) => Status
  readonly AllocatorGetStats: (allocator: Pointer, out: Memory) => Status
  /** Source and target values with their count, over a stream or null. */
  readonly CopyTensors: (env: Pointer, from: Memory, to: Memory, stream: null, count: number) => Status
}

type Signature = readonly [slot: number, result: string, ...parameters: string[]]

const P = 'void *'

// The table is append-only: a slot keeps its function in every later version.
const SIGNATURES: Readonly<Record<keyof OrtFunctions, Signature>> = {
  GetErrorCode: [1, 'int', P],
  GetErrorMessage: [2, 'str', P],
  CreateSessionFromArray: [8, P, P, P, 'size_t', P, P],
  Run: [9, P, P, P, P, P, 'size_t', P, 'size_t', P],
  CreateSessionOptions: [10, P, P],
  SetOptimizedModelFilePath: [11, P, P, P],
  EnableProfiling: [14, P, P, P],
  DisableMemPattern: [17, P, P],
  SetSessionGraphOptimizationLevel: [23, P, P, 'int'],
  SetIntraOpNumThreads: [24, P, P, 'int'],
  CreateTensorWithDataAsOrtValue: [49, P, P, P, 'size_t', P, 'size_t', 'int', P],
  CreateCpuMemoryInfo: [69, P, 'int', 'int', P],
  AllocatorFree: [76, P, P, P],
  GetAllocatorWithDefaultOptions: [78, P, P],
  ReleaseStatus: [93, 'void', P],
  ReleaseSession: [95, 'void', P],
  ReleaseValue: [96, 'void', P],
  ReleaseSessionOptions: [100, 'void', P],
  SessionEndProfiling: [110, P, P, P, P],
  CreateEnvWithGlobalThreadPools: [119, P, 'int', 'str', P, P],
  DisablePerSessionThreads: [120, P, P],
  CreateThreadingOptions: [121, P, P],
  ReleaseThreadingOptions: [122, 'void', P],
  GetAvailableProviders: [125, P, P, P],
  ReleaseAvailableProviders: [126, P, P, 'int'],
  AddSessionConfigEntry: [130, P, P, 'str', 'str'],
  SetGlobalIntraOpNumThreads: [147, P, P, 'int'],
  SetGlobalInterOpNumThreads: [148, P, P, 'int'],
  SetGlobalSpinControl: [149, P, P, 'int'],
  SetGlobalDenormalAsZero: [155, P, P],
  CreateRunOptions: [39, P, P],
  CreateTensorAsOrtValue: [48, P, P, P, 'size_t', 'int', P],
  GetTensorMutableData: [51, P, P, P],
  CreateMemoryInfo: [68, P, 'str', 'int', 'int', 'int', P],
  CreateAllocator: [131, P, P, P, P],
  ReleaseArenaCfg: [157, 'void', P],
  CreateArenaCfgV2: [164, P, P, P, 'size_t', P],
  AddRunConfigEntry: [165, P, P, 'str', 'str'],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, P, P, P],
  CreateCUDAProviderOptions: [205, P, P],
  UpdateCUDAProviderOptions: [206, P, P, P, P, 'size_t'],
  ReleaseCUDAProviderOptions: [208, 'void', P],
  SessionOptionsAppendExecutionProvider: [216, P, P, 'str', P, P, 'size_t'],
  GetBuildInfoString: [254, 'str'],
  CreateAndRegisterAllocatorV2: [259, P, P, 'str', P, P, P, P, 'size_t'],
  GetKeyValuePairs: [298, 'void', P, P, P, P],
  ReleaseKeyValuePairs: [300, 'void', P],
  RegisterExecutionProviderLibrary: [301, P, P, 'str', P],
  AllocatorGetStats: [319, P, P, P],
  CopyTensors: [386, P, P, P, P, P, 'size_t'],
}

const API_VERSION = 23
const SLOT_COUNT = 390
const REINSTALL = 'run `npm install onnxruntime-node@1.30.0`, or set ONNAX_ORT_LIBRARY to the absolute path of the file'

type Koffi = typeof import('koffi')

let koffiModule: Koffi | undefined
let functions: OrtFunctions | undefined
let versionText = ''

/** Bytes of the stacks on which koffi has native code run, on the calling thread and on others: its own 128 KiB for the latter overflow on large graphs. */
const STACKS = { sync_stack_size: 8 << 20, async_stack_size: 2 << 20 } as const
const LEAST_STACK = 1 << 19

/**
 * The foreign function interface, loaded and configured at the first call.
 * @throws LibraryError where the program has loaded a library with it before, and left it too little stack
 */
export function koffi(): Koffi {
  if (koffiModule === undefined) {
    const loaded = createRequire(import.meta.url)('koffi') as Koffi
    try {
      loaded.config(STACKS)
    } catch (cause) {
      // Its settings are fixed with the first library that is loaded.
      const stack = loaded.config().sync_stack_size!
      if (stack < LEAST_STACK) {
        const problem = `whose calls need stacks of ${LEAST_STACK} bytes, and koffi was set to ${stack}`
        throw new LibraryError(null, problem, `leave its 'sync_stack_size' as it is, or set more`, cause)
      }
    }
    koffiModule = loaded
  }
  return koffiModule
}

/** Whether calls on other threads have the stack that they need: a program that loads libraries with koffi first decides that. */
export const hasAsyncStacks = (): boolean => koffi().config().async_stack_size! >= LEAST_STACK

// A library that is garbage collected is unloaded, even while functions of it that were bound by address are in use.
const libraries: ReturnType<Koffi['load']>[] = []

/** The shared library at `path`, which then stays loaded as long as the process lives. */
export function openLibrary(path: string): ReturnType<Koffi['load']> {
  // Resolving each function at its first call, not all at once, saves 4 ms of the first step.
  const library = koffi().load(path, { lazy: true })
  libraries.push(library)
  return library
}

/** The library with C's functions of mathematics; those of its environment are found through it, too. */
export const posixLibrary = (): string => (process.platform === 'darwin' ? '/usr/lib/libSystem.B.dylib' : 'libm.so.6')

/**
 * The C API, loaded at the first call.
 * @throws LibraryError where the library is missing, cannot be loaded, or is too old.
 */
export function ort(): OrtFunctions {
  return (functions ??= loadFunctions())
}

/** The version of the library that is loaded, such as `1.30.0`. */
export function runtimeVersion(): string {
  ort()
  return versionText
}

/**
 * The file of ONNX Runtime's library: `ONNAX_ORT_LIBRARY`, or that in the folder `ONNAX_ORT_DIR`, or the one
 * onnxruntime-node brings for this platform.
 * @throws LibraryError where there is none.
 */
export function libraryPath(): string {
  const override = process.env['ONNAX_ORT_LIBRARY']
  if (override !== undefined && override !== '') return override
  const given = process.env['ONNAX_ORT_DIR']
  let folder = given ?? ''
  if (folder === '') {
    try {
      const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
      folder = join(dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch)
    } catch (cause) {
      throw new LibraryError(null, 'got no package onnxruntime-node', REINSTALL, cause)
    }
  }
  let files: readonly string[]
  try {
    files = readdirSync(folder)
  } catch (cause) {
    if (given !== undefined && given !== '') {
      throw new LibraryError(folder, `got no folder ${folder}`, 'change or unset ONNAX_ORT_DIR', cause)
    }
    const repair = 'set ONNAX_ORT_LIBRARY to the absolute path of a build of ONNX Runtime for it'
    throw new LibraryError(folder, 'got a package without a build for it', repair, cause)
  }
  const file = files.find((name) =>
    /^(libonnxruntime\.so\.1(?:\.\d+)*|libonnxruntime\.1\.dylib|onnxruntime\.dll)$/.test(name),
  )
  if (file === undefined) throw new LibraryError(folder, `got none in ${folder}`, REINSTALL)
  return join(folder, file)
}

const TELEMETRY = 'ORT_DISABLE_TELEMETRY'

/**
 * ONNX Runtime's library tells its maker of sessions, models and devices, through a database in the user's folder and a thread that
 * uploads it. Not from here, unless the user has said `ORT_DISABLE_TELEMETRY=0`. The library reads the variable once.
 */
function declineTelemetry(): void {
  if (process.env[TELEMETRY] !== undefined) return
  process.env[TELEMETRY] = '1'
  // A worker thread's `process.env` is a copy that the library does not see.
  if (isMainThread || process.platform === 'win32') return
  try {
    openLibrary(posixLibrary()).func('setenv', 'int', ['str', 'str', 'int'])(TELEMETRY, '1', 0)
  } catch {
    // A system without that library has a build of its own of ONNX Runtime, which tells nothing.
  }
}

function loadFunctions(): OrtFunctions {
  declineTelemetry()
  const path = libraryPath()
  const { proto, decode, view } = koffi()
  let base: Pointer
  try {
    base = openLibrary(path).func('OrtGetApiBase', P, [])() as Pointer
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LibraryError(path, `got a file that does not load (${path}: ${reason})`, REINSTALL, cause)
  }
  const [getApi, getVersion] = new BigUint64Array(view(base, 16))
  versionText = (decode(getVersion, proto(null, 'str', [])) as () => string)()
  const api = (decode(getApi, proto(null, P, ['uint32_t'])) as (version: number) => Pointer | null)(API_VERSION)
  if (api === null) {
    throw new LibraryError(path, `got one without version ${API_VERSION} of its C API (${path})`, REINSTALL)
  }
  const slots = new BigUint64Array(view(api, SLOT_COUNT * 8))
  const table = {}
  for (const [name, [slot, result, ...parameters]] of Object.entries(SIGNATURES)) {
    // Binding one function takes 0.1 ms at first, so each is bound when it is first read.
    Object.defineProperty(table, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value: unknown = decode(slots[slot], proto(null, result, parameters))
        Object.defineProperty(table, name, { value, enumerable: true })
        return value
      },
    })
  }
  return table as OrtFunctions
}

/**
 * Turns an error status into an exception, and releases it.
 * @throws RuntimeError with the runtime's code and words, naming `where`.
 */
export function check(status: Status, where: string): void {
  if (status !== null) throw takeError(status, where)
}

function takeError(status: Pointer, where: string): RuntimeError {
  const { GetErrorCode, GetErrorMessage, ReleaseStatus } = ort()
  const error = new RuntimeError(RUNTIME_CODES[GetErrorCode(status)] ?? 'UNKNOWN', where, GetErrorMessage(status))
  ReleaseStatus(status)
  return error
}

const result = new BigUint64Array(new ArrayBuffer(8))

/**
 * The pointer that a C function writes to the memory it is given.
 * @throws RuntimeError where the function fails.
 */
export function created(create: (out: Memory) => Status, where: string): Pointer {
  check(create(result), where)
  return result[0]!
}

/** The C string at `pointer`. */
export const readString = (pointer: Pointer): string => koffi().decode.string(pointer)

/** The strings of a C array of C strings at `pointer`. */
export function readStrings(pointer: Pointer, count: number): readonly string[] {
  const { decode, view } = koffi()
  return Array.from(new BigUint64Array(view(pointer, count * 8)), (address) => decode.string(address))
}

/** The address of `memory`; the caller keeps `memory` alive. Elements of an empty one have no address: 0. */
export function addressOf(memory: ArrayBuffer | SharedArrayBuffer): Pointer {
  return memory.byteLength === 0 ? 0n : koffi().address(new Uint8Array(memory))
}

/** Memory of the process at an address, as bytes without a copy; whoever owns it keeps it alive. */
export const bytesAt = (pointer: Pointer, byteLength: number): Uint8Array<ArrayBuffer> =>
  byteLength === 0 ? new Uint8Array(0) : new Uint8Array(koffi().view(pointer, byteLength))

/** Paths as the C API takes them: wide characters on Windows. */
export const systemString = (text: string): Uint8Array =>
  Buffer.from(`${text}\0`, process.platform === 'win32' ? 'utf16le' : 'utf8')

/** A C array of C strings, with the memory that must live as long as it is used. */
export interface StringArray {
  readonly values: BigUint64Array<ArrayBuffer>
  readonly address: Pointer
  readonly memory: readonly ArrayBuffer[]
}

/** Strings as C takes them. */
export function stringArray(strings: readonly string[]): StringArray {
  const encoded = strings.map((text) => Buffer.from(`${text}\0`, 'utf8'))
  const text = new ArrayBuffer(encoded.reduce((total, bytes) => total + bytes.length, 0))
  const own = new ArrayBuffer(strings.length * 8)
  const values = new BigUint64Array(own)
  const start = addressOf(text)
  const target = new Uint8Array(text)
  let offset = 0
  encoded.forEach((bytes, index) => {
    target.set(bytes, offset)
    values[index] = start + BigInt(offset)
    offset += bytes.length
  })
  return { values, address: addressOf(own), memory: [own, text] }
}
