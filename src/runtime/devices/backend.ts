/** The evaluator of the process: each call runs on the device of its arguments. */
import type { Backend, CompileOptions, ConcreteArray, Device, Executable, Jaxpr } from '../../core/index.js'
import { CompiledProgram, cpuBackend, evaluateOn } from '../evaluate.js'
import { transferred } from '../recording.js'
import { DeviceBuffer } from './deviceBuffer.js'
import { gather, type Place, placeOf, scatter } from './placement.js'
import { currentDevice, isCpuOnly, targetOf } from './registry.js'

/** A program, compiled for each device that it is called on. */
class PlacedProgram implements Executable {
  readonly #cpu: Executable
  readonly #others = new Map<Device, Executable>()

  constructor(
    private readonly jaxpr: Jaxpr,
    private readonly options: CompileOptions,
  ) {
    this.#cpu = cpuBackend.compile(jaxpr, options)
  }

  #on({ device, target }: Place): Executable {
    if (target === null) return this.#cpu
    let executable = this.#others.get(device)
    if (executable === undefined) {
      const { name, donated = [] } = this.options
      this.#others.set(device, (executable = new CompiledProgram(this.jaxpr, name, donated, target)))
    }
    return executable
  }

  run(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    if (isCpuOnly()) return this.#cpu.run(args)
    const place = placeOf(this.options.name, args)
    gather(args, place)
    return scatter(this.#on(place).run(args), place)
  }

  async runAsync(args: readonly ConcreteArray[]): Promise<readonly ConcreteArray[]> {
    if (isCpuOnly()) return this.#cpu.runAsync(args)
    const place = placeOf(this.options.name, args)
    gather(args, place)
    return scatter(await this.#on(place).runAsync(args), place)
  }
}

/** ONNX Runtime on all of its devices. */
export const deviceBackend: Backend = {
  get defaultDevice() {
    return currentDevice()
  },

  get channelBlock() {
    return cpuBackend.channelBlock
  },

  // The memory of a number is the host's until a program on a device takes it.
  allocateScalar: (aval, value) => cpuBackend.allocateScalar(aval, value),
  allocateHost: (aval) => cpuBackend.allocateHost(aval),

  recycle(storage) {
    if (!(storage instanceof DeviceBuffer)) return cpuBackend.recycle(storage)
    if (storage.isPinned || storage.committed) return false
    storage.memory.recycle(storage)
    return true
  },

  allocate(aval, data) {
    const target = isCpuOnly() ? null : targetOf(currentDevice())
    if (target === null) return cpuBackend.allocate(aval, data)
    return transferred(data.byteLength, () => target.memory.uploadData(aval.dtype, aval.shape, data))
  },

  compile: (jaxpr, options) => new PlacedProgram(jaxpr, options),

  evaluate(primitive, args, params) {
    if (isCpuOnly()) return cpuBackend.evaluate(primitive, args, params)
    const place = placeOf(primitive.name, args)
    gather(args, place)
    const results =
      place.target === null
        ? cpuBackend.evaluate(primitive, args, params)
        : evaluateOn(place.target, primitive, args, params)
    return scatter(results, place)
  },
}
