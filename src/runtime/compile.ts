/** Makes native sessions: which options they get, and where their threads come from. */
import { isOn } from '../core/index.js'
import { check, created, ort, type Memory, type Pointer, systemString } from './api.js'
import { environment, spinMicroseconds, threadCount } from './environment.js'
import { RuntimeError } from './errors.js'
import { flushDenormals, restoreDenormals } from './floatingPoint.js'
import { leaveLibraryPages } from './libraryPages.js'
import { cachePlace, discard, keepCached, readCached } from './modelCache.js'
import { giveThreads, takeThreads } from './ownThreads.js'

/** How much ONNX Runtime rewrites a graph. */
export type Optimize = 'none' | 'all'

const LEVELS: Readonly<Record<Optimize, number>> = { none: 0, all: 99 }

// The runtime copies the options at each session, so one object of each kind serves the process.
const optionsByKind = new Map<string, Pointer>()
let sharedThreads = true
let hasStarted = false

/** What makes a session run elsewhere than on the CPU. */
export interface ExecutionProvider {
  /** Sessions of one name have the same options. */
  readonly name: string
  /** Adds it to a session's options. @throws RuntimeError */
  configure(options: Pointer): void
  /** Options of every run on the thread of the caller. */
  readonly runOptions: Pointer | null
  /** Options of runs on other threads, which wait for the device. */
  readonly waitingOptions?: Pointer
}

/** How a native session is made. */
export interface CompileSettings {
  /** Where it runs; by default on the CPU. */
  readonly provider?: ExecutionProvider | undefined
  readonly optimize: Optimize
  readonly foldConstants: boolean
  /** Where the runtime writes what it measures: the beginning of a file name. */
  readonly profile?: string | undefined
}

interface ThreadSettings {
  /** Threads that the session alone uses, to be given back. */
  readonly ownThreads: number
}

/** A native session, to be released by `ReleaseSession`. */
export interface Compiled extends ThreadSettings {
  readonly pointer: Pointer
}

interface FileSettings extends ThreadSettings {
  /** Where the runtime writes the model as it has optimized it. */
  readonly saveTo?: string
  /** Whether the model is one that it has optimized. */
  readonly isOptimized?: boolean
}

/**
 * Compiles `model` to a native session. What another process has optimized is taken from the
 * folder of the setting `compilationCacheDir`.
 * @throws LibraryError where ONNX Runtime cannot be loaded.
 * @throws RuntimeError where it refuses the model, naming `where`.
 */
export function compile(model: Uint8Array, settings: CompileSettings, where: string): Compiled {
  const { provider, optimize } = settings
  const ownThreads = provider === undefined && optimize === 'all' ? takeThreads() : 0
  try {
    return { pointer: compileWith(model, { ...settings, ownThreads }, where), ownThreads }
  } catch (error) {
    giveThreads(ownThreads)
    throw error
  }
}

function compileWith(model: Uint8Array, settings: CompileSettings & ThreadSettings, where: string): Pointer {
  // Models optimized for a device hold what its provider compiled.
  const isOnCpu = settings.provider === undefined
  const isCacheable = isOnCpu && settings.optimize === 'all' && settings.profile === undefined
  const place = isCacheable ? cachePlace(model, kindOf(settings)) : null
  if (place === null) return createSession(model, settings, where)
  const optimized = readCached(place)
  try {
    if (optimized !== null) return createSession(optimized, { ...settings, isOptimized: true }, where)
    const session = createSession(model, { ...settings, saveTo: place.temporary }, where)
    keepCached(place)
    return session
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error
    // The file is not what the runtime takes, or can't be written: as if there were none.
    discard(optimized === null ? place.temporary : place.path)
    return createSession(model, settings, where)
  }
}

function createSession(model: Uint8Array, settings: CompileSettings & FileSettings, where: string): Pointer {
  const env = environment()
  const { CreateSessionFromArray } = ort()
  const isOnce = settings.profile !== undefined || settings.saveTo !== undefined
  const attempt = (): Pointer => {
    const options = isOnce ? makeOptions(settings) : sharedOptions(settings)
    try {
      flushDenormals()
      return created((out: Memory) => CreateSessionFromArray(env, model, model.byteLength, options, out), where)
    } finally {
      // The first session that has its threads flush denormals has the calling thread do it, too.
      restoreDenormals()
      if (isOnce) ort().ReleaseSessionOptions(options)
    }
  }
  try {
    const session = attempt()
    if (!hasStarted) leaveLibraryPages()
    hasStarted = true
    return session
  } catch (error) {
    // Whoever used the library first in this process (onnxruntime-node) made the environment, without a common pool.
    const foreign = error instanceof RuntimeError && error.detail.includes('EnvCreatedWithGlobalThreadPools')
    if (!foreign || !sharedThreads) throw error
    sharedThreads = false
    optionsByKind.clear()
    return attempt()
  }
}

const kindOf = ({ optimize, foldConstants, provider, isOptimized = false }: CompileSettings & FileSettings): string =>
  isOptimized
    ? 'optimized before'
    : `${optimize}, folding ${foldConstants ? 'on' : 'off'}, ${provider === undefined ? 'CPU' : provider.name}`

function sharedOptions(settings: CompileSettings & FileSettings): Pointer {
  const kind = `${kindOf(settings)}, ${settings.ownThreads} threads`
  let options = optionsByKind.get(kind)
  if (options === undefined) {
    options = makeOptions(settings)
    optionsByKind.set(kind, options)
  }
  return options
}

function makeOptions(settings: CompileSettings & FileSettings): Pointer {
  const { optimize, foldConstants, profile, provider, saveTo, ownThreads, isOptimized = false } = settings
  const api = ort()
  const where = 'the session options'
  const options = created(api.CreateSessionOptions, where)
  const configure = (key: string, value: string): void => check(api.AddSessionConfigEntry(options, key, value), where)
  check(api.SetSessionGraphOptimizationLevel(options, LEVELS[isOptimized ? 'none' : optimize]), where)
  check(api.DisableMemPattern(options), where)
  // The fusion of a factor into a matrix product holds it as a float32, which takes the precision of doubles.
  // The elimination of products with 1 leaves some graphs with nodes that take what is gone.
  const disabled = ['MatMulScaleFusion', 'NoopElimination', ...(foldConstants ? [] : ['ConstantFolding'])]
  // The CPU's Gemm first fills its result with the bias, on one thread: that takes longer than adding it to the product.
  if (provider === undefined && isOn('addedBias')) disabled.push('MatMulAddFusion')
  // On GPUs a sum that is fused with the LayerNormalization after it gives no mean and deviation, which gradients need.
  if (provider !== undefined) disabled.push('SkipLayerNormFusion')
  configure('optimization.disable_specified_optimizers', disabled.join(';'))
  configure('session.force_spinning_stop', '1')
  if (sharedThreads && ownThreads === 0) check(api.DisablePerSessionThreads(options), where)
  else {
    const spin = spinMicroseconds()
    check(api.SetIntraOpNumThreads(options, optimize === 'none' ? 1 : threadCount()), where)
    configure('session.intra_op.allow_spinning', spin > 0 ? '1' : '0')
    configure('session.intra_op.spin_duration_us', `${spin}`)
    configure('session.set_denormal_as_zero', '1')
  }
  provider?.configure(options)
  if (saveTo !== undefined) check(api.SetOptimizedModelFilePath(options, systemString(saveTo)), where)
  if (profile !== undefined) check(api.EnableProfiling(options, systemString(profile)), where)
  return options
}
