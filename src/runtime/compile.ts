/** Makes native sessions: which options they get, and where their threads come from. */
import { check, created, ort, type Memory, type Pointer, systemString } from './api.js'
import { environment, threadCount } from './environment.js'
import { RuntimeError } from './errors.js'

/** How much ONNX Runtime rewrites a graph. */
export type Optimize = 'none' | 'all'

const LEVELS: Readonly<Record<Optimize, number>> = { none: 0, all: 99 }

// The runtime copies the options at each session, so one object of each kind serves the process.
const optionsByKind = new Map<string, Pointer>()
let sharedThreads = true

/** What makes a session run elsewhere than on the CPU. */
export interface ExecutionProvider {
  /** Sessions of one name have the same options. */
  readonly name: string
  /** Adds it to a session's options. @throws RuntimeError */
  configure(options: Pointer): void
  /** Options of every run. */
  readonly runOptions: Pointer | null
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

/**
 * Compiles `model` to a native session, to be released by `ReleaseSession`.
 * @throws LibraryError where ONNX Runtime cannot be loaded.
 * @throws RuntimeError where it refuses the model, naming `where`.
 */
export function compile(model: Uint8Array, settings: CompileSettings, where: string): Pointer {
  const env = environment()
  const { CreateSessionFromArray } = ort()
  const attempt = (): Pointer => {
    const options = settings.profile === undefined ? sharedOptions(settings) : makeOptions(settings)
    try {
      return created((out: Memory) => CreateSessionFromArray(env, model, model.byteLength, options, out), where)
    } finally {
      if (settings.profile !== undefined) ort().ReleaseSessionOptions(options)
    }
  }
  try {
    return attempt()
  } catch (error) {
    // Whoever used the library first in this process (onnxruntime-node) made the environment, without a common pool.
    const foreign = error instanceof RuntimeError && error.detail.includes('EnvCreatedWithGlobalThreadPools')
    if (!foreign || !sharedThreads) throw error
    sharedThreads = false
    optionsByKind.clear()
    return attempt()
  }
}

function sharedOptions(settings: CompileSettings): Pointer {
  const kind = `${settings.optimize}, folding ${settings.foldConstants ? 'on' : 'off'}, ${settings.provider?.name ?? 'CPU'}`
  let options = optionsByKind.get(kind)
  if (options === undefined) {
    options = makeOptions(settings)
    optionsByKind.set(kind, options)
  }
  return options
}

function makeOptions({ optimize, foldConstants, profile, provider }: CompileSettings): Pointer {
  const api = ort()
  const where = 'the session options'
  const options = created(api.CreateSessionOptions, where)
  const configure = (key: string, value: string): void => check(api.AddSessionConfigEntry(options, key, value), where)
  check(api.SetSessionGraphOptimizationLevel(options, LEVELS[optimize]), where)
  check(api.DisableMemPattern(options), where)
  // The fusion of a factor into a matrix product holds it as a float32, which takes the precision of doubles.
  const disabled = ['MatMulScaleFusion', ...(foldConstants ? [] : ['ConstantFolding'])]
  configure('optimization.disable_specified_optimizers', disabled.join(';'))
  if (sharedThreads) check(api.DisablePerSessionThreads(options), where)
  else {
    check(api.SetIntraOpNumThreads(options, optimize === 'none' ? 1 : threadCount()), where)
    configure('session.intra_op.allow_spinning', '0')
  }
  provider?.configure(options)
  if (profile !== undefined) check(api.EnableProfiling(options, systemString(profile)), where)
  return options
}
