/** Programs as sessions: which arguments they take, and the memory of their results. */
import type { ConcreteArray, Jaxpr, ShapedArray } from '../core/index.js'
import { lower } from '../transforms/index.js'
import type { Operand, TensorBuffer } from './buffer.js'
import type { Optimize } from './compile.js'
import { BufferPool, poolKey } from './pool.js'
import { Session } from './session.js'
import { Staging } from './staging.js'

/** Memory that is free to be written again. */
export const pool = new BufferPool()

/** A compiled program: a session, which of the arguments it takes, and the memory of what is small. */
export class Program {
  readonly #session: Session
  readonly #inputs: readonly number[]
  readonly #staged: { readonly inputs: Staging; readonly outputs: Staging }
  readonly #avalsOut: readonly ShapedArray[]
  readonly #outputKeys: readonly string[]

  /** Where the labels of its nodes come from, if it is profiled. */
  readonly sources: readonly string[]

  /** @param profile - where the runtime writes what it measures: the beginning of a file name */
  constructor(jaxpr: Jaxpr, name: string, optimize: Optimize, profile?: string) {
    const { graph, inputs, inputNames, outputNames, sources } = lower(jaxpr, 'cpu', profile !== undefined)
    const options = { inputs: inputNames, outputs: outputNames, optimize, name }
    this.#session = new Session(graph.encode(), profile === undefined ? options : { ...options, profile })
    this.sources = sources
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

  /** Stops measuring: the file of what was measured. */
  endProfiling(): string {
    return this.#session.endProfiling()
  }

  release(): void {
    this.#session.release()
    this.#staged.inputs.release()
    this.#staged.outputs.release()
  }
}
