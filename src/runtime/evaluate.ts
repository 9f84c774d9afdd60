/** The evaluator of the process: programs become sessions, arrays tensor buffers. */
import {
  ArgumentError,
  type Backend,
  type CompileOptions,
  ConcreteArray,
  config,
  cpuDevice,
  DeletedArrayError,
  evalJaxpr,
  type Executable,
  forgetTraces,
  Jaxpr,
  type Lifted,
  type Primitive,
  type Scalar,
  type ShapedArray,
  showAval,
  showParams,
  sizeOf,
  sourceLine,
  type Storage,
  type TypedArray,
  Var,
} from '../core/index.js'
import { elementArray, tensor } from '../onnx/index.js'
import { liftEffects } from '../transforms/index.js'
import { TensorBuffer } from './buffer.js'
import { channelBlock } from './channelBlock.js'
import { evaluateDirectly } from './direct.js'
import { checkValues, checksValues } from './finite.js'
import { isRecording, profiled, type Profiled, transferred } from './recording.js'
import type { Optimize } from './compile.js'
import { pool, Program } from './program.js'
import { SessionCache } from './sessionCache.js'

const maxEagerPrograms = 1024
const maxCompiledPrograms = 256

const compiledPrograms = new SessionCache<CompiledGraph>(maxCompiledPrograms)

/** A program as sessions run it. */
export interface CompiledGraph extends Profiled {
  /** The results; of `free`, memory that nobody needs afterwards, what results were put into is taken out. */
  run(args: readonly ConcreteArray[], free?: Set<Storage> | null): readonly Storage[]
  /** The same; the arguments' memory is taken at once, they may be deleted afterwards. */
  runAsync(args: readonly ConcreteArray[], free?: Set<Storage> | null): Promise<readonly Storage[]>
}

/** Where programs run: how they are made, and what becomes of memory that nobody reads any more. */
export interface Target {
  /** Tells its programs apart in the caches: '' for the CPU. */
  readonly name: string
  make(jaxpr: Jaxpr, name: string, optimize: Optimize, profile?: string): CompiledGraph
  recycle(storage: Storage): void
}

const cpuTarget: Target = {
  name: '',
  make: (jaxpr, name, optimize, profile) => new Program(jaxpr, name, optimize, profile),
  recycle: (storage) => {
    const buffer = storage as TensorBuffer
    if (!buffer.isPinned && !buffer.isShared) pool.give(buffer)
  },
}

const results = (avals: readonly ShapedArray[], buffers: readonly Storage[]): readonly ConcreteArray[] =>
  avals.map((aval, i) => new ConcreteArray(aval, buffers[i]!))

const storagesOf = (arrays: readonly ConcreteArray[]): readonly Storage[] => arrays.map((x) => x.storage)

/** A jitted program. Its session lives in the cache; a program that was pushed out is compiled again when it is called. */
export class CompiledProgram implements Executable {
  readonly #key: string
  /** The program without its effects, and what they do with its further outputs. */
  readonly #lifted: Lifted
  readonly #resultCount: number
  readonly #avalsOut: readonly ShapedArray[]
  readonly #donated: ReadonlySet<number>

  constructor(
    readonly jaxpr: Jaxpr,
    readonly name: string,
    donated: readonly number[],
    readonly target: Target = cpuTarget,
  ) {
    this.#lifted = liftEffects(jaxpr)
    this.#resultCount = jaxpr.outputs.length
    this.#key = `${target.name}${config.get('fusedLoops') ? 'fused ' : ''}${this.#lifted.jaxpr.toString()}`
    this.#avalsOut = this.#lifted.jaxpr.avalsOut
    this.#donated = new Set(donated)
  }

  #program(): CompiledGraph {
    const make = (profile?: string): CompiledGraph => this.target.make(this.#lifted.jaxpr, this.name, 'all', profile)
    return isRecording() ? profiled(this.#key, this.name, make) : compiledPrograms.get(this.#key, make)
  }

  /** The arrays that are donated, checked before anything runs. */
  #donations(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    if (this.#donated.size === 0) return []
    const given = new Set<ConcreteArray>()
    for (const i of this.#donated) {
      const x = args[i]!
      if (x.isDeleted) throw new DeletedArrayError(x.aval, `an earlier call of ${this.name}`)
      if (given.has(x)) {
        throw new ArgumentError(
          this.name,
          'each donated array once',
          `${showAval(x.aval)} twice; copy it or don't donate it`,
        )
      }
      if (x.literal === null) given.add(x)
    }
    args.forEach((x, i) => {
      if (!this.#donated.has(i) && given.has(x)) {
        throw new ArgumentError(this.name, 'donated arrays that are not also other arguments', showAval(x.aval))
      }
    })
    return [...given]
  }

  /** Marks arrays as gone; `free` is what memory of theirs was not taken for results. */
  #donate(donations: readonly ConcreteArray[], free: Iterable<Storage>): void {
    for (const storage of free) this.target.recycle(storage)
    for (const x of donations) x.delete(this.name)
  }

  /** Where the arguments are still there, one primitive after the other is run, to find the one to blame. */
  #check(outputs: readonly Storage[], args?: readonly ConcreteArray[]): void {
    checkValues(this.name, results(this.#avalsOut, outputs), () => {
      if (args !== undefined) evalJaxpr(this.#lifted.jaxpr, args)
    })
  }

  /** The results, after the effects. */
  #finished(outputs: readonly Storage[]): readonly ConcreteArray[] {
    const arrays = results(this.#avalsOut, outputs)
    if (!this.jaxpr.hasEffects) return arrays
    this.#lifted.run(arrays.slice(this.#resultCount))
    return arrays.slice(0, this.#resultCount)
  }

  run(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    const donations = this.#donations(args)
    // ONNX Runtime refuses a graph without results.
    if (this.#avalsOut.length === 0) {
      this.#donate(donations, storagesOf(donations))
      return this.#finished([])
    }
    for (const x of donations) x.readLast()
    const free = new Set(storagesOf(donations))
    // The check may run the operations again: their arguments must not be overwritten.
    const checks = checksValues()
    const outputs = this.#program().run(args, checks ? null : free)
    if (checks) this.#check(outputs, args)
    this.#donate(donations, free)
    return this.#finished(outputs)
  }

  async runAsync(args: readonly ConcreteArray[]): Promise<readonly ConcreteArray[]> {
    if (this.#avalsOut.length === 0) return this.run(args)
    const donations = this.#donations(args)
    const free = new Set(storagesOf(donations))
    const running = this.#program().runAsync(args, free)
    donations.forEach((x) => {
      x.delete(this.name)
    })
    const outputs = await running
    if (checksValues()) this.#check(outputs)
    for (const storage of free) this.target.recycle(storage)
    return this.#finished(outputs)
  }
}

/** The program of one operation. */
class EagerProgram implements Profiled {
  readonly avalsOut: readonly ShapedArray[]
  /** `null` without results: ONNX Runtime refuses a graph that has none. */
  readonly #program: CompiledGraph | null
  readonly #resultCount: number
  readonly #effects: Lifted['run'] | null
  readonly #name: string

  constructor(
    primitive: Primitive,
    avals: readonly ShapedArray[],
    params: unknown,
    target: Target,
    line?: string,
    profile?: string,
  ) {
    const inputs = avals.map((aval) => new Var(aval))
    const outputs = primitive.abstractEval(avals, params).map((aval) => new Var(aval))
    const eqn = { primitive, inputs, params, outputs, ...(line !== undefined && { source: line }) }
    const whole = new Jaxpr(inputs, [eqn], outputs)
    const { jaxpr, run } = liftEffects(whole)
    this.avalsOut = jaxpr.avalsOut
    this.#name = primitive.name
    this.#resultCount = outputs.length
    this.#effects = whole.hasEffects ? run : null
    const optimize = primitive.inlined === undefined ? 'none' : 'all'
    this.#program = jaxpr.outputs.length === 0 ? null : target.make(jaxpr, primitive.name, optimize, profile)
  }

  run(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    const arrays = this.#program === null ? [] : results(this.avalsOut, this.#program.run(args))
    if (checksValues()) checkValues(this.#name, arrays)
    if (this.#effects === null) return arrays
    this.#effects(arrays.slice(this.#resultCount))
    return arrays.slice(0, this.#resultCount)
  }

  get sources(): readonly string[] {
    return this.#program?.sources ?? []
  }
  endProfiling(): string | null {
    return this.#program?.endProfiling() ?? null
  }
  release(): void {
    this.#program?.release()
  }
}

const eager = new SessionCache<EagerProgram>(maxEagerPrograms)

const typeKey = (aval: ShapedArray): string => (aval.weakType ? `${showAval(aval)}*` : showAval(aval))

/** One operation at once. */
export const evaluateOn = (
  target: Target,
  primitive: Primitive,
  args: readonly ConcreteArray[],
  params: unknown,
): readonly ConcreteArray[] => {
  const key = `${target.name}${primitive.name}${showParams(primitive, params)}(${args.map((x) => typeKey(x.aval)).join()})`
  const line = isRecording() ? sourceLine() : undefined
  const avals = args.map((x) => x.aval)
  const make = (profile?: string): EagerProgram => new EagerProgram(primitive, avals, params, target, line, profile)
  const program = line === undefined ? eager.get(key, make) : profiled(`${key} ${line}`, primitive.name, make)
  return program.run(args)
}

/** ONNX Runtime on the CPU. */
export const cpuBackend: Backend = {
  defaultDevice: cpuDevice,

  get channelBlock() {
    return channelBlock()
  },

  allocateScalar: ({ dtype, shape }: ShapedArray, value: Scalar) => {
    const { bytes } = tensor(dtype, [], [value] as readonly number[])
    return TensorBuffer.from(dtype, shape, bytes as Uint8Array<ArrayBuffer>)
  },

  recycle: (storage) => {
    const buffer = storage as TensorBuffer
    if (buffer.isPinned || buffer.isShared) return false
    pool.give(buffer)
    return true
  },

  allocate: (aval: ShapedArray, data: TypedArray) =>
    transferred(data.byteLength, () => TensorBuffer.from(aval.dtype, aval.shape, data)),

  allocateHost: ({ dtype, shape }: ShapedArray) =>
    TensorBuffer.from(dtype, shape, new (elementArray(dtype))(sizeOf(shape))),

  compile: (jaxpr: Jaxpr, { name, donated = [] }: CompileOptions) => new CompiledProgram(jaxpr, name, donated),

  evaluate(primitive, args, params) {
    const direct = isRecording() || checksValues() ? null : evaluateDirectly(primitive, args, params)
    return direct === null ? evaluateOn(cpuTarget, primitive, args, params) : [new ConcreteArray(...direct)]
  },
}

/**
 * Let all compiled programs go; functions jitted before are traced and compiled again at their next call.
 *
 * @example
 * clearCaches()
 * sessionCacheStats().compiled // => 0
 */
export const clearCaches = (): void => {
  forgetTraces()
  compiledPrograms.clear()
  eager.clear()
}

/** Number of sessions kept for single operations and for jitted programs, and the most there may be. */
export const sessionCacheStats = (): {
  readonly eager: number
  readonly compiled: number
  readonly capacity: number
} => ({
  eager: eager.size,
  compiled: compiledPrograms.size,
  capacity: maxEagerPrograms + maxCompiledPrograms,
})
