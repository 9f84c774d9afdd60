/** Makes native sessions: which options they get, and where their threads come from. */
import { check, created, ort, type Memory, type Pointer } from './api.js'
import { environment, threadCount } from './environment.js'
import { RuntimeError } from './errors.js'

/** How much ONNX Runtime rewrites a graph. */
export type Optimize = 'none' | 'all'

const LEVELS: Readonly<Record<Optimize, number>> = { none: 0, all: 99 }

// The runtime copies the options at each session, so one object of each kind serves the process.
const optionsByKind = new Map<string, Pointer>()
let sharedThreads = true

/**
 * Compiles `model` to a native session, to be released by `ReleaseSession`.
 * @throws LibraryError where ONNX Runtime cannot be loaded.
 * @throws RuntimeError where it refuses the model, naming `where`.
 */
export function compile(model: Uint8Array, optimize: Optimize, foldConstants: boolean, where: string): Pointer {
  const env = environment()
  const { CreateSessionFromArray } = ort()
  const attempt = (): Pointer => {
    const options = sessionOptions(optimize, foldConstants)
    return created((out: Memory) => CreateSessionFromArray(env, model, model.byteLength, options, out), where)
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

function sessionOptions(optimize: Optimize, foldConstants: boolean): Pointer {
  const kind = `${optimize}, folding ${foldConstants ? 'on' : 'off'}`
  let options = optionsByKind.get(kind)
  if (options === undefined) {
    options = makeOptions(optimize, foldConstants)
    optionsByKind.set(kind, options)
  }
  return options
}

function makeOptions(optimize: Optimize, foldConstants: boolean): Pointer {
  const api = ort()
  const where = 'the session options'
  const options = created(api.CreateSessionOptions, where)
  const configure = (key: string, value: string): void => check(api.AddSessionConfigEntry(options, key, value), where)
  check(api.SetSessionGraphOptimizationLevel(options, LEVELS[optimize]), where)
  check(api.DisableMemPattern(options), where)
  if (!foldConstants) configure('optimization.disable_specified_optimizers', 'ConstantFolding')
  if (sharedThreads) check(api.DisablePerSessionThreads(options), where)
  else {
    check(api.SetIntraOpNumThreads(options, optimize === 'none' ? 1 : threadCount()), where)
    configure('session.intra_op.allow_spinning', '0')
  }
  return options
}
