/** Programs on a device: arguments and results stay in its memory. */
import type { ConcreteArray, Jaxpr, ShapedArray, Storage } from '../../core/index.js'
import { lower } from '../../transforms/index.js'
import type { PinnableOperand, TensorBuffer } from '../buffer.js'
import type { ExecutionProvider, Optimize } from '../compile.js'
import type { CompiledGraph } from '../evaluate.js'
import { poolKey } from '../pool.js'
import { Session } from '../session.js'
import type { DeviceBuffer } from './deviceBuffer.js'
import type { DeviceMemory } from './deviceMemory.js'
import { lint } from './lint.js'

/** Sessions that live as long as the process. */
const kept: Session[] = []

/** A compiled program: a session of the device's provider, and which of the arguments it takes. */
export class DeviceProgram implements CompiledGraph {
  readonly sources: readonly string[]
  readonly #session: Session
  readonly #inputs: readonly number[]
  readonly #avalsOut: readonly ShapedArray[]
  readonly #outputKeys: readonly string[]

  /**
   * @param profile - where the runtime writes what it measures: the beginning of a file name
   * @throws UnsupportedNodesError where `ONNAX_STRICT_DEVICE=1` and a node would run on the CPU
   */
  constructor(
    private readonly memory: DeviceMemory,
    provider: ExecutionProvider,
    jaxpr: Jaxpr,
    name: string,
    optimize: Optimize,
    profile?: string,
  ) {
    const { driver, device } = memory
    const { graph, inputs, inputNames, outputNames, sources } = lower(jaxpr, driver.lowering, profile !== undefined)
    if (device.platform === 'cuda') lint(graph.toModel(), device, name)
    const options = { inputs: inputNames, outputs: outputNames, optimize, name, provider }
    this.#session = memory.withRelief(
      `the program '${name}'`,
      null,
      () => new Session(graph.encode(), profile === undefined ? options : { ...options, profile }),
    )
    this.sources = sources
    this.#inputs = inputs
    this.#avalsOut = jaxpr.avalsOut
    this.#outputKeys = this.#avalsOut.map(({ dtype, shape }) => poolKey(dtype, shape))
  }

  run(args: readonly ConcreteArray[]): readonly Storage[] {
    const operands = this.#operands(args)
    return this.memory.withRelief(`a run of '${this.#session.name}'`, null, () => {
      const outputs = this.#targets()
      try {
        this.#session.run(operands, outputs)
      } catch (error) {
        for (const output of outputs) this.memory.pool.give(output)
        const { driver, device } = this.memory
        throw (error instanceof Error ? driver.explain?.(device.name, error) : null) ?? error
      }
      return outputs
    })
  }

  async runAsync(args: readonly ConcreteArray[]): Promise<readonly Storage[]> {
    if (!this.memory.driver.concurrent) return this.run(args)
    const outputs = this.#targets()
    await this.#session.runAsync(this.#operands(args), outputs)
    return outputs
  }

  /** What is on the host is a scalar, which the runtime copies with the run. */
  #operands(args: readonly ConcreteArray[]): readonly PinnableOperand[] {
    return this.#inputs.map((i) => args[i]!.storage as DeviceBuffer | TensorBuffer)
  }

  #targets(): readonly DeviceBuffer[] {
    return this.#avalsOut.map(({ dtype, shape }, i) => this.memory.pool.take(dtype, shape, this.#outputKeys[i]))
  }

  endProfiling(): string {
    return this.#session.endProfiling()
  }

  release(): void {
    if (this.memory.driver.releases) this.#session.release()
    else kept.push(this.#session)
  }
}
