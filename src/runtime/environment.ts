/** The one environment of the process: its thread pool, logging, and what is compiled in. */
import { availableParallelism } from 'node:os'
import { check, created, ort, readStrings, type Pointer } from './api.js'
import { EnvironmentVariableError } from './errors.js'
import { leaveLibraryPages } from './libraryPages.js'

const LOG_LEVELS = ['verbose', 'info', 'warning', 'error', 'fatal'] as const

let environmentPointer: Pointer | undefined
let cpuMemoryPointer: Pointer | undefined

/**
 * Threads that one operator may use: `ONNAX_NUM_THREADS`, or as many as the process may run in parallel.
 * @throws EnvironmentVariableError where the variable is not a positive integer.
 */
export function threadCount(): number {
  const given = process.env['ONNAX_NUM_THREADS']
  if (given === undefined || given === '') return availableParallelism()
  const count = Number(given)
  if (!Number.isInteger(count) || count < 1) {
    throw new EnvironmentVariableError('ONNAX_NUM_THREADS', 'a positive integer', given)
  }
  return count
}

const SPIN_MICROSECONDS = 100

/**
 * How long threads without work wait awake while a program runs, in microseconds: `ONNAX_SPIN`; default 100, 0 for not at all.
 * @throws EnvironmentVariableError where the variable is no whole number from 0 to 100,000.
 */
export function spinMicroseconds(): number {
  const given = process.env['ONNAX_SPIN'] ?? ''
  if (given === '') return SPIN_MICROSECONDS
  const count = Number(given)
  if (!Number.isInteger(count) || count < 0 || count > 100_000) {
    throw new EnvironmentVariableError('ONNAX_SPIN', 'microseconds, a whole number from 0 to 100000', given)
  }
  return count
}

// Failures come back as exceptions; at level 'error' the runtime prints each of them to stderr once more.
function logLevel(): number {
  const given = process.env['ONNAX_LOG_LEVEL']
  if (given === undefined || given === '') return LOG_LEVELS.indexOf('fatal')
  const level = LOG_LEVELS.findIndex((name) => name === given)
  if (level < 0) throw new EnvironmentVariableError('ONNAX_LOG_LEVEL', `one of ${LOG_LEVELS.join(', ')}`, given)
  return level
}

/**
 * The environment, made at the first call: one thread pool for all sessions that have none of their own, which never spins and
 * flushes denormals. Never released: it ends with the process.
 * @throws LibraryError where ONNX Runtime cannot be loaded.
 */
export function environment(): Pointer {
  if (environmentPointer === undefined) {
    const api = ort()
    const where = 'the environment'
    const level = logLevel()
    const threads = threadCount()
    const options = created(api.CreateThreadingOptions, where)
    try {
      check(api.SetGlobalIntraOpNumThreads(options, threads), where)
      check(api.SetGlobalInterOpNumThreads(options, 1), where)
      check(api.SetGlobalSpinControl(options, 0), where)
      check(api.SetGlobalDenormalAsZero(options), where)
      const create = api.CreateEnvWithGlobalThreadPools
      environmentPointer = created((out) => create(level, 'onnax', options, out), where)
      leaveLibraryPages()
    } finally {
      api.ReleaseThreadingOptions(options)
    }
  }
  return environmentPointer
}

/** Describes ordinary memory of the process to the runtime. */
export function cpuMemory(): Pointer {
  const DEVICE_ALLOCATOR = 0
  const DEFAULT_MEMORY = 0
  return (cpuMemoryPointer ??= created(
    (out) => ort().CreateCpuMemoryInfo(DEVICE_ALLOCATOR, DEFAULT_MEMORY, out),
    'the description of CPU memory',
  ))
}

/**
 * The execution providers that the library was compiled with, as ONNX Runtime names them (`CPUExecutionProvider`).
 * Compiled in does not mean usable: CUDA needs further libraries and a device.
 * @throws LibraryError where ONNX Runtime cannot be loaded.
 */
export function availableProviders(): readonly string[] {
  const api = ort()
  const count = new Int32Array(new ArrayBuffer(4))
  const names = created((out) => api.GetAvailableProviders(out, count), 'the list of providers')
  const providers = readStrings(names, count[0]!)
  check(api.ReleaseAvailableProviders(names, count[0]!), 'the list of providers')
  return providers
}
