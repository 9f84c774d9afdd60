/** Programs on a device: arguments and results stay in its memory. */
import type { ConcreteArray, Device, Jaxpr, ShapedArray, Storage } from '../../core/index.js'
import type { ModelProto } from '../../onnx/index.js'
import { lower } from '../../transforms/index.js'
import type { TensorBuffer } from '../buffer.js'
import type { ExecutionProvider, Optimize } from '../compile.js'
import { isOutOfMemory, RuntimeError } from '../errors.js'
import type { CompiledGraph } from '../evaluate.js'
import { poolKey } from '../pool.js'
import { Session } from '../session.js'
import type { DeviceBuffer } from './deviceBuffer.js'
import { DeviceMemory } from './deviceMemory.js'
import type { GraphCapture } from './driver.js'
import { GraphCaptureError } from './errors.js'
import { lint } from './lint.js'
import { RecordedRuns, RecordingFailure } from './recordedRuns.js'

/** Sessions that live as long as the process. */
const kept: Session[] = []

/** What records runs on a device, if it is switched on. */
const capture = ({ driver, device }: DeviceMemory): GraphCapture | null => {
  const graphs = driver.graphs?.(device.id) ?? null
  return graphs === null || graphs.mode() === 'off' ? null : graphs
}

/** A session whose runs can be recorded, or `null` where they can't be. @throws GraphCaptureError where they must be */
const recordable = (
  graphs: GraphCapture,
  device: Device,
  name: string,
  model: ModelProto,
  session: (provider: ExecutionProvider) => Session,
): Session | null => {
  const isRequired = graphs.mode() === 'required'
  const obstacles = graphs.obstacles(model)
  if (obstacles.length > 0) {
    if (isRequired) throw new GraphCaptureError(name, device.name, obstacles)
    return null
  }
  try {
    return session(graphs.provider(device.id))
  } catch (error) {
    // The runtime may put a node on the host that has a kernel on the device.
    if (!(error instanceof RuntimeError) || !error.detail.includes('the graph capture feature')) throw error
    if (isRequired) throw new GraphCaptureError(name, device.name, [], error)
    return null
  }
}

/** A compiled program: a session of the device's provider, and which of the arguments it takes. */
export class DeviceProgram implements CompiledGraph {
  readonly sources: readonly string[]
  readonly #session: Session
  readonly #inputs: readonly number[]
  readonly #avalsOut: readonly ShapedArray[]
  readonly #outputKeys: readonly string[]
  /** `null` where its runs are not recorded. */
  #recorded: RecordedRuns | null = null

  /**
   * @param profile - where the runtime writes what it measures: the beginning of a file name
   * @throws UnsupportedNodesError where `ONNAX_STRICT_DEVICE=1` and a node would run on the CPU
   * @throws GraphCaptureError where all programs must be recorded and this one cannot be
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
    const options = {
      inputs: inputNames,
      outputs: outputNames,
      optimize,
      name,
      ...(profile !== undefined && { profile }),
    }
    const session = (on: ExecutionProvider): Session =>
      memory.withRelief(`the program '${name}'`, null, () => new Session(graph.encode(), { ...options, provider: on }))
    // Single operations have other arguments at each call, and a profile is of kernels, not of recordings.
    const graphs = optimize === 'all' && profile === undefined ? capture(memory) : null
    const recording = graphs === null ? null : recordable(graphs, device, name, graph.toModel(), session)
    this.#session = recording ?? session(provider)
    this.sources = sources
    this.#inputs = inputs
    this.#avalsOut = jaxpr.avalsOut
    this.#outputKeys = this.#avalsOut.map(({ dtype, shape }) => poolKey(dtype, shape))
    if (graphs === null || recording === null) return
    const signature = { inputs: inputs.map((i) => jaxpr.inputs[i]!.aval), outputs: this.#avalsOut }
    this.#recorded = new RecordedRuns(memory, recording, graphs, signature)
  }

  run(args: readonly ConcreteArray[], free: Set<Storage> | null = null): readonly Storage[] {
    const operands = this.#operands(args)
    return this.memory.withRelief(`a run of '${this.#session.name}'`, null, () => {
      try {
        const results = this.#replay(operands, free)
        if (results !== null) return results
      } catch (error) {
        throw this.#explained(error)
      }
      const outputs = this.#targets()
      try {
        this.#session.run(operands, outputs)
      } catch (error) {
        for (const output of outputs) this.memory.pool.give(output)
        throw this.#explained(error)
      }
      this.#recorded?.watch(operands, outputs)
      return outputs
    })
  }

  #replay(operands: readonly (DeviceBuffer | TensorBuffer)[], free: Set<Storage> | null): readonly Storage[] | null {
    const recorded = this.#recorded
    if (recorded === null) return null
    try {
      return recorded.run(operands, free)
    } catch (error) {
      if (!(error instanceof RecordingFailure)) throw error
      const { reason } = error
      if (isOutOfMemory(reason)) throw reason
      this.#recorded = null
      recorded.release()
      const { driver, device } = this.memory
      if (driver.graphs!(device.id)!.mode() !== 'required') return null
      throw new GraphCaptureError(this.#session.name, device.name, [], reason)
    }
  }

  #explained(error: unknown): unknown {
    const { driver, device } = this.memory
    return (error instanceof Error ? driver.explain?.(device.name, error) : null) ?? error
  }

  async runAsync(args: readonly ConcreteArray[]): Promise<readonly Storage[]> {
    const { memory } = this
    if (!memory.driver.concurrent) return this.run(args)
    const outputs = this.#targets()
    DeviceMemory.runsUnderWay++
    try {
      await this.#session.runAsync(this.#operands(args), outputs)
    } finally {
      DeviceMemory.runsUnderWay--
    }
    return outputs
  }

  /** What is on the host is a scalar, which the runtime copies with the run. */
  #operands(args: readonly ConcreteArray[]): readonly (DeviceBuffer | TensorBuffer)[] {
    return this.#inputs.map((i) => args[i]!.storage as DeviceBuffer | TensorBuffer)
  }

  #targets(): readonly DeviceBuffer[] {
    return this.#avalsOut.map(({ dtype, shape }, i) => this.memory.take(dtype, shape, this.#outputKeys[i]))
  }

  endProfiling(): string {
    return this.#session.endProfiling()
  }

  release(): void {
    this.#recorded?.release()
    this.#recorded = null
    if (this.memory.driver.releases) this.#session.release()
    else kept.push(this.#session)
  }
}
