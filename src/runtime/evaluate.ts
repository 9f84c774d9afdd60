/** The evaluator of the process: programs become sessions, arrays tensor buffers. */
import { createHash } from 'node:crypto'
import {
  ArgumentError,
  type Backend,
  type CompileOptions,
  ConcreteArray,
  DeletedArrayError,
  type Executable,
  Jaxpr,
  type Primitive,
  type Scalar,
  type ShapedArray,
  showAval,
  showParams,
  sourceLine,
  type TypedArray,
  Var,
} from '../core/index.js'
import { tensor } from '../onnx/index.js'
import { TensorBuffer } from './buffer.js'
import { isRecording, profiled, type Profiled, transferred } from './recording.js'
import { pool, Program } from './program.js'
import { SessionCache } from './sessionCache.js'

const maxEagerPrograms = 1024
const maxCompiledPrograms = 256

const compiledPrograms = new SessionCache<Program>(maxCompiledPrograms)

const results = (avals: readonly ShapedArray[], buffers: readonly TensorBuffer[]): readonly ConcreteArray[] =>
  avals.map((aval, i) => new ConcreteArray(aval, buffers[i]!))

/** A jitted program. Its session lives in the cache; a program that was pushed out is compiled again when it is called. */
class CompiledProgram implements Executable {
  readonly #key: string
  readonly #avalsOut: readonly ShapedArray[]
  readonly #donated: ReadonlySet<number>

  constructor(
    readonly jaxpr: Jaxpr,
    readonly name: string,
    donated: readonly number[],
  ) {
    this.#key = createHash('sha256').update(jaxpr.toString()).digest('base64')
    this.#avalsOut = jaxpr.avalsOut
    this.#donated = new Set(donated)
  }

  #program(): Program {
    const make = (profile?: string): Program => new Program(this.jaxpr, this.name, 'all', profile)
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

  #donate(donations: readonly ConcreteArray[]): void {
    for (const x of donations) {
      pool.give(x.storage as TensorBuffer)
      x.delete(this.name)
    }
  }

  run(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    const donations = this.#donations(args)
    // ONNX Runtime refuses a graph without results.
    if (this.#avalsOut.length === 0) {
      this.#donate(donations)
      return []
    }
    const outputs = this.#program().run(args)
    this.#donate(donations)
    return results(this.#avalsOut, outputs)
  }

  async runAsync(args: readonly ConcreteArray[]): Promise<readonly ConcreteArray[]> {
    if (this.#avalsOut.length === 0) return this.run(args)
    const donations = this.#donations(args)
    const running = this.#program().runAsync(args)
    const buffers = donations.map((x) => x.storage as TensorBuffer)
    donations.forEach((x) => {
      x.delete(this.name)
    })
    const outputs = await running
    buffers.forEach((buffer) => {
      pool.give(buffer)
    })
    return results(this.#avalsOut, outputs)
  }
}

/** The program of one operation. */
class EagerProgram implements Profiled {
  readonly avalsOut: readonly ShapedArray[]
  /** `null` without results: ONNX Runtime refuses a graph that has none. */
  readonly #program: Program | null

  constructor(primitive: Primitive, avals: readonly ShapedArray[], params: unknown, line?: string, profile?: string) {
    this.avalsOut = primitive.abstractEval(avals, params)
    const inputs = avals.map((aval) => new Var(aval))
    const outputs = this.avalsOut.map((aval) => new Var(aval))
    const eqn = { primitive, inputs, params, outputs, ...(line !== undefined && { source: line }) }
    const optimize = primitive.inlined === undefined ? 'none' : 'all'
    this.#program =
      outputs.length === 0 ? null : new Program(new Jaxpr(inputs, [eqn], outputs), primitive.name, optimize, profile)
  }

  run(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    return this.#program === null ? [] : results(this.avalsOut, this.#program.run(args))
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

/** ONNX Runtime on the CPU. */
export const cpuBackend: Backend = {
  defaultDevice: 'cpu',

  allocateScalar: ({ dtype, shape }: ShapedArray, value: Scalar) => {
    const { bytes } = tensor(dtype, [], [value] as readonly number[])
    return TensorBuffer.from(dtype, shape, bytes as Uint8Array<ArrayBuffer>)
  },

  recycle: (storage) => {
    const buffer = storage as TensorBuffer
    if (buffer.isPinned) return false
    pool.give(buffer)
    return true
  },

  allocate: (aval: ShapedArray, data: TypedArray) =>
    transferred(data.byteLength, () => TensorBuffer.from(aval.dtype, aval.shape, data)),

  compile: (jaxpr: Jaxpr, { name, donated = [] }: CompileOptions) => new CompiledProgram(jaxpr, name, donated),

  evaluate(primitive, args, params) {
    const key = `${primitive.name}${showParams(primitive, params)}(${args.map((x) => typeKey(x.aval)).join()})`
    const line = isRecording() ? sourceLine() : undefined
    const avals = args.map((x) => x.aval)
    const make = (profile?: string): EagerProgram => new EagerProgram(primitive, avals, params, line, profile)
    const program = line === undefined ? eager.get(key, make) : profiled(`${key} ${line}`, primitive.name, make)
    return program.run(args)
  },
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
