/** NVIDIA's GPUs, through ONNX Runtime's CUDA provider. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { check, created, libraryPath, ort, type Pointer, stringArray, systemString } from '../api.js'
import { environment } from '../environment.js'
import { copyByRuntime } from './copy.js'
import { explainCuda } from './cudaErrors.js'
import { copyKind, createStream, type CudaStream, cudaDriverInfo } from './cudaLibraries.js'
import { cudaOptions } from './cudaOptions.js'
import type { Driver, GraphCapture, PinnedCopies } from './driver.js'
import { ProviderMissingError } from './errors.js'
import { controlFlow, nodesWithoutCudaKernel } from './kernelCheck.js'
import { memoryLimit } from './limit.js'

const isWindows = process.platform === 'win32'
const providerName = 'CUDAExecutionProvider'
/** Numbers of the C API. */
const ARENA = 1
const PLAIN = 0
const DEVICE_MEMORY = 0
const HOST_MEMORY = -1
const SAME_AS_REQUESTED = 1n

const file = (name: string): string => (isWindows ? `onnxruntime_${name}.dll` : `libonnxruntime_${name}.so`)

/** Where the provider's library must be: beside ONNX Runtime's. */
export const cudaLibrary = (): string => join(dirname(libraryPath()), file('providers_cuda'))

const repair =
  'Run `npx onnax setup:cuda` (in a copy of the repository `npm run setup:cuda`), or set ONNAX_ORT_DIR to a folder with ONNX Runtime 1.30.0 for CUDA ' +
  '(onnxruntime/capi of the Python package onnxruntime-gpu).'

let isRegistered = false

/** Loads the provider, and with it the copies from and to its devices, which sessions alone don't bring. */
const register = (device: string): void => {
  if (isRegistered) return
  const library = cudaLibrary()
  for (const path of [library, join(dirname(library), file('providers_shared'))]) {
    if (!existsSync(path)) throw new ProviderMissingError(device, path, repair)
  }
  try {
    const call = ort().RegisterExecutionProviderLibrary
    check(call(environment(), 'onnax.cuda', systemString(library)), 'the CUDA provider')
  } catch (error) {
    throw explainCuda(device, error as Error) ?? error
  }
  isRegistered = true
}

const described = (name: string, allocator: number, id: number, memory: number): Pointer => {
  const create = ort().CreateMemoryInfo
  return created((out) => create(name, allocator, id, memory, out), 'the description of CUDA memory')
}

/** The limit in force: of arrays and of what programs need while they run, together. */
const limit = (): number | null => {
  const option = cudaOptions()['gpu_mem_limit']
  return option === undefined ? memoryLimit() : Number(option)
}

/** One arena of a GPU for all sessions; without it each session would keep memory of its own. */
const shareArena = (id: number): void => {
  const api = ort()
  const where = `the memory of cuda:${id}`
  const strategy = cudaOptions()['arena_extend_strategy'] === 'kSameAsRequested' ? SAME_AS_REQUESTED : 0n
  const bytes = limit()
  const settings: readonly (readonly [string, bigint])[] = [
    ['arena_extend_strategy', strategy],
    ...(bytes === null ? [] : [['max_mem', BigInt(bytes)] as const]),
  ]
  const keys = stringArray(settings.map(([key]) => key))
  const values = BigUint64Array.from(settings.map(([, value]) => value))
  const arena = created((out) => api.CreateArenaCfgV2(keys.address, values, settings.length, out), where)
  const options = stringArray(['device_id', `${id}`])
  const info = described('Cuda', ARENA, id, DEVICE_MEMORY)
  const call = api.CreateAndRegisterAllocatorV2
  const [key, value] = [options.values.subarray(0, 1), options.values.subarray(1, 2)]
  check(call(environment(), providerName, info, arena, key, value, 1), where)
  api.ReleaseArenaCfg(arena)
}

const streams = new Map<number, CudaStream | null>()

/** Makes one of each number. */
const memoized = <T>(make: (id: number) => T): ((id: number) => T) => {
  const made = new Map<number, T>()
  return (id) => {
    const known = made.get(id)
    if (known !== undefined) return known
    const value = make(id)
    made.set(id, value)
    return value
  }
}

const runOptions = (entries: Readonly<Record<string, string>>): Pointer => {
  const api = ort()
  const options = created(api.CreateRunOptions, 'the options of runs')
  for (const [key, value] of Object.entries(entries)) {
    check(api.AddRunConfigEntry(options, key, value), 'the options of runs')
  }
  return options
}

/** Runs end when they are on their way: what reads their results waits. */
const unsynchronized = { disable_synchronize_execution_providers: '1' }
/** The number of runs that are not recorded. */
const ORDINARY = '-1'

const configure = (options: Pointer, id: number, isRecorded: boolean): void => {
  const api = ort()
  const where = 'the CUDA provider'
  const stream = streams.get(id)
  const { gpu_mem_limit: _limit, enable_cuda_graph: _graph, ...given } = cudaOptions()
  const settings: Readonly<Record<string, string>> = {
    device_id: `${id}`,
    ...given,
    ...(stream != null && { user_compute_stream: `${stream.pointer}` }),
    ...(isRecorded && { enable_cuda_graph: '1' }),
  }
  const keys = stringArray(Object.keys(settings))
  const values = stringArray(Object.values(settings))
  const cuda = created(api.CreateCUDAProviderOptions, where)
  try {
    check(api.UpdateCUDAProviderOptions(cuda, keys.address, values.address, keys.values.length), where)
    check(api.SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda), where)
    // A recorded run writes its intermediate values to the same addresses for ever: nobody else may get that memory.
    if (!isRecorded) check(api.AddSessionConfigEntry(options, 'session.use_env_allocators', '1'), where)
  } finally {
    api.ReleaseCUDAProviderOptions(cuda)
  }
}

const addressOfTensor = (value: Pointer): Pointer =>
  created((out) => ort().GetTensorMutableData(value, out), 'the address of a tensor')

const streamOf = (id: number): CudaStream => streams.get(id)!

const pinned: PinnedCopies = {
  memoryInfo: (id) => described('CudaPinned', PLAIN, id, HOST_MEMORY),
  begin: (id, from, to, byteLength) => {
    const stream = streamOf(id)
    stream.copy(from, to, byteLength, copyKind.toDevice)
    return stream.fence()
  },
}

/** Options of the runs of one number; sessions count for themselves, so they share them. */
const graphOptions = new Map<number, Pointer>()

const graphs: GraphCapture = {
  mode: () =>
    (({ '0': 'off', '1': 'required', auto: 'auto' }) as const)[
      cudaOptions()['enable_cuda_graph'] as '0' | '1' | 'auto'
    ],
  provider: memoized((id) => ({
    name: `cuda:${id}, recorded`,
    configure: (options) => {
      configure(options, id, true)
    },
    runOptions: runOptions({ ...unsynchronized, gpu_graph_id: ORDINARY }),
    waitingOptions: runOptions({ gpu_graph_id: ORDINARY }),
  })),
  obstacles: (model) => [...controlFlow(model), ...nodesWithoutCudaKernel(model)],
  run: (_id, session, graph, inputs, outputs) => {
    let options = graphOptions.get(graph)
    if (options === undefined) {
      graphOptions.set(graph, (options = runOptions({ ...unsynchronized, gpu_graph_id: `${graph}` })))
    }
    session.run(inputs, outputs, options)
  },
  abandon: (id) => {
    streamOf(id).endCapture()
  },
}

/** The driver of CUDA. */
export const cudaDriver: Driver = {
  platform: 'cuda',
  lowering: 'cuda',
  concurrent: true,
  releases: true,
  count: () => {
    register('cuda')
    return cudaDriverInfo().devices.length
  },
  provider: memoized((id) => {
    register(`cuda:${id}`)
    shareArena(id)
    // One stream for all sessions of a GPU: what is asked of it first ends first, whichever session it was.
    const stream = createStream(id)
    streams.set(id, stream)
    return {
      name: `cuda:${id}`,
      configure: (options) => {
        configure(options, id, false)
      },
      runOptions: stream === null ? null : runOptions(unsynchronized),
    }
  }),
  memoryInfo: (id) => described('Cuda', PLAIN, id, DEVICE_MEMORY),
  bytesLimit: limit,
  copy: copyByRuntime,
  // The runtime's own copy would wait for all programs.
  copyWithin: (id, from, to, byteLength) => {
    const stream = streams.get(id)
    if (stream == null) copyByRuntime(from, to)
    else stream.copy(addressOfTensor(from), addressOfTensor(to), byteLength, copyKind.withinDevice)
  },
  pinned: (id) => (streams.get(id) == null ? null : pinned),
  graphs: (id) => (streams.get(id) == null ? null : graphs),
  synchronize: (id) => {
    streams.get(id)?.synchronize()
  },
  explain: explainCuda,
}
