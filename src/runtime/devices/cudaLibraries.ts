/** CUDA's own libraries, as far as ONNX Runtime does not call them for us: the driver for counting, the runtime for a stream. */
import { readFileSync } from 'node:fs'
import { koffi, openLibrary, type Pointer } from '../api.js'
import { RuntimeError } from '../errors.js'
import type { Fence } from './driver.js'
import { NoAdapterError } from './errors.js'

const isWindows = process.platform === 'win32'

type Call = (...args: readonly unknown[]) => number

const call = (library: ReturnType<typeof openLibrary>, name: string, ...parameters: readonly string[]): Call =>
  library.func(name, 'int', [...parameters])

/** A GPU as the driver describes it. */
export interface CudaDescription {
  readonly name: string
  readonly bytes: number
}

/** The NVIDIA driver: the version of CUDA that it supports, and the GPUs. */
export interface CudaDriverInfo {
  readonly version: string
  readonly devices: readonly CudaDescription[]
}

const versionText = (version: number): string => `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`

let described: CudaDriverInfo | null = null

/** What the driver says. @throws NoAdapterError without a driver or a GPU */
export const cudaDriverInfo = (): CudaDriverInfo => (described ??= describe())

const describe = (): CudaDriverInfo => {
  const repair = 'Install the NVIDIA driver, and look at nvidia-smi.'
  const file = isWindows ? 'nvcuda.dll' : 'libcuda.so.1'
  let driver: ReturnType<typeof openLibrary>
  try {
    driver = openLibrary(file)
  } catch (cause) {
    throw new NoAdapterError('cuda', `there is no NVIDIA driver (${file} does not load)`, repair, cause)
  }
  const word = new Int32Array(new ArrayBuffer(4))
  const started = call(driver, 'cuInit', 'uint32_t')(0)
  if (started !== 0 || call(driver, 'cuDeviceGetCount', 'void *')(word) !== 0) {
    throw new NoAdapterError('cuda', `the NVIDIA driver does not start (error ${started})`, repair)
  }
  const count = word[0]!
  if (count === 0) throw new NoAdapterError('cuda', 'the NVIDIA driver finds no GPU', repair)
  call(driver, 'cuDriverGetVersion', 'void *')(word)
  const version = versionText(word[0]!)
  const nameOf = call(driver, 'cuDeviceGetName', 'void *', 'int', 'int')
  const bytesOf = call(driver, 'cuDeviceTotalMem_v2', 'void *', 'int')
  const devices = Array.from({ length: count }, (_, id) => {
    const text = Buffer.alloc(256)
    const bytes = new BigUint64Array(new ArrayBuffer(8))
    nameOf(text, text.length, id)
    bytesOf(bytes, id)
    return { name: text.toString('utf8', 0, Math.max(0, text.indexOf(0))), bytes: Number(bytes[0]) }
  })
  return { version, devices }
}

/** The runtime library that the provider has loaded: another one would do, but this is there. */
const runtimeFiles = (): readonly string[] => {
  if (isWindows) return ['cudart64_13.dll', 'cudart64_12.dll']
  const loaded: string[] = []
  try {
    for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
      const path = /\s(\/\S*libcudart\.so[\w.]*)$/.exec(line)?.[1]
      if (path !== undefined && !loaded.includes(path)) loaded.push(path)
    }
  } catch {
    // Only Linux has this list.
  }
  return [...loaded, 'libcudart.so.13', 'libcudart.so.12']
}

/** Which way a copy goes, as CUDA numbers it. */
export const copyKind = { toDevice: 1, withinDevice: 3 } as const

/** One stream of a GPU. */
export interface CudaStream {
  readonly pointer: Pointer
  synchronize(): void
  /** Copies between addresses after what was asked of the stream before; the host does not wait. @throws RuntimeError */
  copy(from: Pointer, to: Pointer, byteLength: number, kind: number): void
  /** Passed when all that was asked of the stream so far has ended. @throws RuntimeError */
  fence(): Fence
  /** Ends a capture that failed, so that the stream can be used again. */
  endCapture(): void
}

let runtime: ReturnType<typeof openLibrary> | null | undefined

const cudaRuntime = (): ReturnType<typeof openLibrary> | null => {
  if (runtime !== undefined) return runtime
  for (const file of runtimeFiles()) {
    try {
      return (runtime = openLibrary(file))
    } catch {
      // The next one.
    }
  }
  return (runtime = null)
}

/** The version of CUDA's runtime library that is loaded, `null` without one. */
export const cudaRuntimeVersion = (): string | null => {
  const library = cudaRuntime()
  if (library === null) return null
  const word = new Int32Array(new ArrayBuffer(4))
  return call(library, 'cudaRuntimeGetVersion', 'void *')(word) === 0 ? versionText(word[0]!) : null
}

/** Events don't measure time: that makes them cheap. */
const DISABLE_TIMING = 2

/**
 * A stream on a GPU, which copies on the default stream wait for; `null` where CUDA's runtime does not load. It lives
 * as long as the process.
 */
export const createStream = (id: number): CudaStream | null => {
  const library = cudaRuntime()
  if (library === null) return null
  const out = new BigUint64Array(new ArrayBuffer(8))
  if (call(library, 'cudaSetDevice', 'int')(id) !== 0) return null
  if (call(library, 'cudaStreamCreate', 'void *')(out) !== 0) return null
  const pointer = out[0]!
  const nameOf = library.func('cudaGetErrorName', 'str', ['int']) as (status: number) => string
  const cuda = (
    where: string,
    name: string,
    ...parameters: readonly string[]
  ): ((...args: readonly unknown[]) => void) => {
    const called = call(library, name, ...parameters)
    return (...args) => {
      const status = called(...args)
      if (status !== 0) throw new RuntimeError('FAIL', where, `CUDA failure ${status}: ${nameOf(status)}`)
    }
  }
  const copyAsync = cuda(`a copy on cuda:${id}`, 'cudaMemcpyAsync', 'void *', 'void *', 'size_t', 'int', 'void *')
  const where = `an event of cuda:${id}`
  const createEvent = cuda(where, 'cudaEventCreateWithFlags', 'void *', 'uint32_t')
  const record = cuda(where, 'cudaEventRecord', 'void *', 'void *')
  const waitFor = cuda(where, 'cudaEventSynchronize', 'void *')
  const query = call(library, 'cudaEventQuery', 'void *')
  const wait = call(library, 'cudaStreamSynchronize', 'void *')
  const end = call(library, 'cudaStreamEndCapture', 'void *', 'void *')
  // Making an event costs more than using one again.
  const idle: Pointer[] = []
  const newEvent = (): Pointer => {
    createEvent(out, DISABLE_TIMING)
    return out[0]!
  }
  return {
    pointer,
    synchronize: () => void wait(pointer),
    copy: (from, to, byteLength, kind) => {
      copyAsync(to, from, byteLength, kind, pointer)
    },
    fence: () => {
      const event = idle.pop() ?? newEvent()
      record(event, pointer)
      let passed = false
      const pass = (): true => {
        if (!passed) idle.push(event)
        return (passed = true)
      }
      return {
        isPassed: () => passed || (query(event) === 0 && pass()),
        wait: () => {
          if (passed) return
          waitFor(event)
          pass()
        },
      }
    },
    endCapture: () => void end(pointer, out),
  }
}

/** The version of cuDNN, `null` where it does not load. */
export const cudnnVersion = (): string | null => {
  for (const file of isWindows ? ['cudnn64_9.dll'] : ['libcudnn.so.9', 'libcudnn.so.8']) {
    try {
      const version = Number(koffi().load(file).func('cudnnGetVersion', 'size_t', [])())
      const major = version >= 90000 ? 10000 : 1000
      return `${Math.floor(version / major)}.${Math.floor((version % major) / 100)}.${version % 100}`
    } catch {
      // The next one.
    }
  }
  return null
}
