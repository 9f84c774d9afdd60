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
  type TypedArray,
  Var,
} from '../core/index.js'
import { tensor } from '../onnx/index.js'
import { lower } from '../transforms/index.js'
import { TensorBuffer } from './buffer.js'
import { BufferPool, poolKey } from './pool.js'
import { Session } from './session.js'
import { SessionCache } from './sessionCache.js'

const maxEagerPrograms = 1024
const maxCompiledPrograms = 256

const pool = new BufferPool()

/** What a session needs to run: which arguments it takes. */
class Program {
  constructor(
    readonly session: Session,
    readonly inputs: readonly number[],
  ) {}
  release(): void {
    this.session.release()
  }
}

const compile = (jaxpr: Jaxpr, name: string, optimize: 'none' | 'all'): Program => {
  const { graph, inputs, inputNames, outputNames } = lower(jaxpr, 'cpu')
  const session = new Session(graph.encode(), { inputs: inputNames, outputs: outputNames, optimize, name })
  return new Program(session, inputs)
}

const compiledPrograms = new SessionCache<Program>(maxCompiledPrograms)

const results = (avals: readonly ShapedArray[], buffers: readonly TensorBuffer[]): readonly ConcreteArray[] =>
  avals.map((aval, i) => new ConcreteArray(aval, buffers[i]!))

/** A jitted program. Its session lives in the cache; a program that was pushed out is compiled again when it is called. */
class CompiledProgram implements Executable {
  readonly #key: string
  readonly #avalsOut: readonly ShapedArray[]
  readonly #outputKeys: readonly string[]
  readonly #donated: ReadonlySet<number>

  constructor(
    readonly jaxpr: Jaxpr,
    readonly name: string,
    donated: readonly number[],
  ) {
    this.#key = createHash('sha256').update(jaxpr.toString()).digest('base64')
    this.#avalsOut = jaxpr.avalsOut
    this.#outputKeys = this.#avalsOut.map(({ dtype, shape }) => poolKey(dtype, shape))
    this.#donated = new Set(donated)
  }

  #program(): Program {
    return compiledPrograms.get(this.#key, () => compile(this.jaxpr, this.name, 'all'))
  }

  #outputs(): TensorBuffer[] {
    const outputs = new Array<TensorBuffer>(this.#avalsOut.length)
    for (let i = 0; i < outputs.length; i++) {
      const { dtype, shape } = this.#avalsOut[i]!
      outputs[i] = pool.take(dtype, shape, this.#outputKeys[i])
    }
    return outputs
  }

  #inputs(program: Program, args: readonly ConcreteArray[]): TensorBuffer[] {
    const inputs = new Array<TensorBuffer>(program.inputs.length)
    for (let i = 0; i < inputs.length; i++) inputs[i] = args[program.inputs[i]!]!.storage as TensorBuffer
    return inputs
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
    const program = this.#program()
    const inputs = this.#inputs(program, args)
    const outputs = this.#outputs()
    program.session.run(inputs, outputs)
    this.#donate(donations)
    return results(this.#avalsOut, outputs)
  }

  async runAsync(args: readonly ConcreteArray[]): Promise<readonly ConcreteArray[]> {
    if (this.#avalsOut.length === 0) return this.run(args)
    const donations = this.#donations(args)
    const program = this.#program()
    const inputs = this.#inputs(program, args)
    const outputs = this.#outputs()
    const buffers = donations.map((x) => x.storage as TensorBuffer)
    donations.forEach((x) => {
      x.delete(this.name)
    })
    await program.session.runAsync(inputs, outputs)
    buffers.forEach((buffer) => {
      pool.give(buffer)
    })
    return results(this.#avalsOut, outputs)
  }
}

/** The program of one operation. */
const singleEqn = (primitive: Primitive, avals: readonly ShapedArray[], params: unknown): Jaxpr => {
  const inputs = avals.map((aval) => new Var(aval))
  const outputs = primitive.abstractEval(avals, params).map((aval) => new Var(aval))
  return new Jaxpr(inputs, [{ primitive, inputs, params, outputs }], outputs)
}

interface EagerProgram {
  /** `null` without results: ONNX Runtime refuses a graph that has none. */
  readonly program: Program | null
  readonly avalsOut: readonly ShapedArray[]
  release(): void
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

  allocate: (aval: ShapedArray, data: TypedArray) => TensorBuffer.from(aval.dtype, aval.shape, data),

  compile: (jaxpr: Jaxpr, { name, donated = [] }: CompileOptions) => new CompiledProgram(jaxpr, name, donated),

  evaluate(primitive, args, params) {
    const key = `${primitive.name}${showParams(primitive, params)}(${args.map((x) => typeKey(x.aval)).join()})`
    const { program, avalsOut } = eager.get(key, () => {
      const jaxpr = singleEqn(
        primitive,
        args.map((x) => x.aval),
        params,
      )
      if (jaxpr.outputs.length === 0) return { program: null, avalsOut: [], release: () => undefined }
      const compiled = compile(jaxpr, primitive.name, primitive.inlined === undefined ? 'none' : 'all')
      return {
        program: compiled,
        avalsOut: jaxpr.avalsOut,
        release: () => {
          compiled.release()
        },
      }
    })
    if (program === null) return []
    const inputs = program.inputs.map((i) => args[i]!.storage as TensorBuffer)
    const outputs = avalsOut.map(({ dtype, shape }) => pool.take(dtype, shape))
    program.session.run(inputs, outputs)
    return results(avalsOut, outputs)
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
