/** Programs as sessions and loops: which arguments they take, and the memory of their results. */
import {
  type ConcreteArray,
  config,
  type Jaxpr,
  type ShapedArray,
  showAval,
  type Storage,
  timed,
} from '../core/index.js'
import { partition } from '../fusion/index.js'
import { elementBytes } from '../onnx/index.js'
import { lower } from '../transforms/index.js'
import { type Operand, TensorBuffer } from './buffer.js'
import type { Optimize } from './compile.js'
import { AllocationError, isOutOfMemory } from './errors.js'
import { loopMemory } from './loopMemory.js'
import { Loops } from './loops.js'
import { BufferPool, poolKey } from './pool.js'
import { recorded } from './recording.js'
import { Session } from './session.js'
import { Staging } from './staging.js'

/** Memory that is free to be written again. */
export const pool = new BufferPool()

/** Memory of what sessions hand to loops. */
const between = new BufferPool(1 << 30, (type, shape) => {
  const bytes = shape.reduce((size, length) => size * length, elementBytes(type))
  return loopMemory()?.allocate(type, shape, bytes) ?? TensorBuffer.allocate(type, shape)
})

const storagesOf = (args: readonly ConcreteArray[]): readonly TensorBuffer[] =>
  args.map((x) => x.storage as TensorBuffer)

/** What failed, as an error of memory where that is what lacked. */
const allocationOf = (error: unknown): unknown => {
  const size = isOutOfMemory(error) ? /of size (\d+)/.exec(error.detail)?.[1] : undefined
  return size === undefined ? error : new AllocationError(Number(size), error)
}

/** A compiled program: a session, which of the arguments it takes, the memory of what is small, and the loops after it. */
export class Program {
  /** `null` where everything is done by loops. */
  readonly #session: Session | null
  readonly #inputs: readonly number[]
  readonly #staged: { readonly inputs: Staging; readonly outputs: Staging }
  readonly #avalsOut: readonly ShapedArray[]
  readonly #outputKeys: readonly string[]
  readonly #loops: Loops | null

  /** Where the labels of its nodes come from, if it is profiled. */
  readonly sources: readonly string[]

  /** @param profile - where the runtime writes what it measures: the beginning of a file name */
  constructor(program: Jaxpr, name: string, optimize: Optimize, profile?: string) {
    const where = `compiling ${name} for ${program.avalsIn.map(showAval).join(', ')}`
    const [jaxpr, loops, session, { inputs, sources }] = timed(where, () => {
      const parts = optimize === 'all' && config.get('fusedLoops') && loopMemory() !== null ? partition(program) : null
      const head = parts?.head ?? program
      const lowered = lower(head, 'cpu', profile !== undefined)
      const options = { inputs: lowered.inputNames, outputs: lowered.outputNames, optimize, name }
      const made =
        head.outputs.length === 0
          ? null
          : new Session(lowered.graph.encode(), profile === undefined ? options : { ...options, profile })
      return [head, parts === null ? null : new Loops(parts, program.avalsOut), made, lowered] as const
    })
    this.#session = session
    this.#loops = loops
    this.sources = sources
    this.#inputs = inputs
    this.#avalsOut = jaxpr.avalsOut
    this.#outputKeys = this.#avalsOut.map(({ dtype, shape }) => poolKey(dtype, shape))
    this.#staged = {
      inputs: new Staging(inputs.map((i) => jaxpr.inputs[i]!.aval)),
      outputs: new Staging(this.#avalsOut),
    }
  }

  /** The results; of `free`, arguments that nobody needs afterwards, those are taken out whose memory results were put into. */
  run(args: readonly ConcreteArray[], free: Set<Storage> | null = null): TensorBuffer[] {
    const buffers = this.#session === null ? [] : this.#runSession(this.#session, args)
    return this.#loops === null ? buffers : this.#finish(this.#loops, args, storagesOf(args), buffers, free)
  }

  #runSession(session: Session, args: readonly ConcreteArray[]): TensorBuffer[] {
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
      const buffer = slot === null ? this.#take(i) : this.#poolOf(i).reuse(this.#outputKeys[i]!)
      buffers[i] = buffer
      if (buffer === null) copies++
      targets[i] = buffer ?? slot!
    }
    try {
      session.run(operands, targets)
    } catch (error) {
      throw allocationOf(error)
    }
    if (copies > 0) staged.outputs.copyOut(buffers)
    return buffers as TensorBuffer[]
  }

  async runAsync(args: readonly ConcreteArray[], free: Set<Storage> | null = null): Promise<TensorBuffer[]> {
    const outputs = this.#avalsOut.map((_, i) => this.#take(i))
    const storages = storagesOf(args)
    const loops = this.#loops
    if (this.#session !== null) {
      const running = this.#session.runAsync(
        this.#inputs.map((i) => storages[i]!),
        outputs,
      )
      if (loops !== null) for (const storage of storages) storage.hold()
      try {
        await running
      } catch (error) {
        throw allocationOf(error)
      } finally {
        if (loops !== null) for (const storage of storages) storage.letGo()
      }
    }
    return loops === null ? outputs : this.#finish(loops, args, storages, outputs, free)
  }

  #finish(
    loops: Loops,
    args: readonly ConcreteArray[],
    storages: readonly TensorBuffer[],
    head: readonly TensorBuffer[],
    free: Set<Storage> | null,
  ): TensorBuffer[] {
    const source = { op_name: 'loop', source: '' }
    return recorded('kernel', 'fused loops', source, () => loops.run(args, storages, head, free, pool, between))
  }

  #take(output: number): TensorBuffer {
    const { dtype, shape } = this.#avalsOut[output]!
    return this.#poolOf(output).take(dtype, shape, this.#outputKeys[output])
  }

  #poolOf(output: number): BufferPool {
    return this.#loops === null || output < this.#loops.headResults ? pool : between
  }

  /** Stops measuring: the file of what was measured, `null` where no session ran. */
  endProfiling(): string | null {
    return this.#session?.endProfiling() ?? null
  }

  release(): void {
    this.#session?.release()
    this.#staged.inputs.release()
    this.#staged.outputs.release()
  }
}
