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
import { type Operand, TensorBuffer } from './buffer.js'
import { BufferPool, poolKey } from './pool.js'
import { Session } from './session.js'
import { SessionCache } from './sessionCache.js'
import { Staging } from './staging.js'

const maxEagerPrograms = 1024
const maxCompiledPrograms = 256

const pool = new BufferPool()

/** A compiled program: a session, which of the arguments it takes, and the memory of what is small. */
class Program {
  readonly #session: Session
  readonly #inputs: readonly number[]
  readonly #staged: { readonly inputs: Staging; readonly outputs: Staging }
  readonly #avalsOut: readonly ShapedArray[]
  readonly #outputKeys: readonly string[]

  constructor(jaxpr: Jaxpr, name: string, optimize: 'none' | 'all') {
    const { graph, inputs, inputNames, outputNames } = lower(jaxpr, 'cpu')
    this.#session = new Session(graph.encode(), { inputs: inputNames, outputs: outputNames, optimize, name })
    this.#inputs = inputs
    this.#avalsOut = jaxpr.avalsOut
    this.#outputKeys = this.#avalsOut.map(({ dtype, shape }) => poolKey(dtype, shape))
    this.#staged = {
      inputs: new Staging(inputs.map((i) => jaxpr.inputs[i]!.aval)),
      outputs: new Staging(this.#avalsOut),
    }
  }

  run(args: readonly ConcreteArray[]): TensorBuffer[] {
    const staged = this.#staged
    const operands = new Array<Operand>(this.#inputs.length)
    for (let i = 0; i < operands.length; i++) {
      operands[i] = staged.inputs.argument(i, args[this.#inputs[i]!]!.storage as TensorBuffer)
    }
    const count = this.#avalsOut.length
    const buffers = new Array<TensorBuffer | null>(count)
    const targets = new Array<Operand>(count)
    let copies = 0
    for (let i = 0; i < count; i++) {
      const slot = staged.outputs.slot(i)
      const buffer = slot === null ? this.#take(i) : pool.reuse(this.#outputKeys[i]!)
      buffers[i] = buffer
      if (buffer === null) copies++
      targets[i] = buffer ?? slot!
    }
    this.#session.run(operands, targets)
    if (copies > 0) staged.outputs.copyOut(buffers)
    return buffers as TensorBuffer[]
  }

  async runAsync(args: readonly ConcreteArray[]): Promise<TensorBuffer[]> {
    const inputs = this.#inputs.map((i) => args[i]!.storage as TensorBuffer)
    const outputs = this.#avalsOut.map((_, i) => this.#take(i))
    await this.#session.runAsync(inputs, outputs)
    return outputs
  }

  #take(output: number): TensorBuffer {
    const { dtype, shape } = this.#avalsOut[output]!
    return pool.take(dtype, shape, this.#outputKeys[output])
  }

  release(): void {
    this.#session.release()
    this.#staged.inputs.release()
    this.#staged.outputs.release()
  }
}

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
    return compiledPrograms.get(this.#key, () => new Program(this.jaxpr, this.name, 'all'))
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
      const compiled = new Program(jaxpr, primitive.name, primitive.inlined === undefined ? 'none' : 'all')
      return {
        program: compiled,
        avalsOut: jaxpr.avalsOut,
        release: () => {
          compiled.release()
        },
      }
    })
    if (program === null) return []
    return results(avalsOut, program.run(args))
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
