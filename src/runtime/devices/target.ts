/** An opened device: its memory, and how programs are made for it. */
import type { Device } from '../../core/index.js'
import { type Storage } from '../../core/index.js'
import { GraphBuilder } from '../../onnx/index.js'
import { created, ort, type Pointer } from '../api.js'
import type { TensorBuffer } from '../buffer.js'
import { compile, type ExecutionProvider } from '../compile.js'
import type { Target } from '../evaluate.js'
import { DeviceBuffer } from './deviceBuffer.js'
import { createTensor, DeviceMemory } from './deviceMemory.js'
import { DeviceProgram } from './deviceProgram.js'
import type { Driver } from './driver.js'
import { PinnedStaging } from './pinned.js'

/** A device that works. */
export class DeviceTarget implements Target {
  readonly name: string
  readonly memory: DeviceMemory
  readonly #provider: ExecutionProvider

  /** @throws DeviceUnavailableError, or what the runtime says */
  constructor(
    readonly device: Device,
    driver: Driver,
  ) {
    this.name = `${device.name} `
    const provider = driver.provider(device.id)
    // The device exists for the runtime as long as a session does.
    const settings = { optimize: 'none', foldConstants: false, provider } as const
    const { pointer: session } = compile(probe(), settings, `the device ${device.name}`)
    const info = driver.memoryInfo(device.id)
    const { CreateAllocator } = ort()
    const where = `the memory of ${device.name}`
    const allocator = (of: Pointer): Pointer => created((out) => CreateAllocator(session, of, out), where)
    const pinned = driver.pinned?.(device.id) ?? null
    let staging: PinnedStaging | null = null
    if (pinned !== null) {
      const locked = allocator(pinned.memoryInfo(device.id))
      const create = (byteLength: number): Pointer =>
        createTensor(locked, 'uint8', [byteLength], `page-locked memory for ${device.name}`)
      staging = new PinnedStaging(pinned, device.id, create)
    }
    this.#provider = provider
    this.memory = new DeviceMemory(device, driver, allocator(info), staging)
  }

  readonly make: Target['make'] = (jaxpr, name, optimize, profile) =>
    new DeviceProgram(this.memory, this.#provider, jaxpr, name, optimize, profile)

  recycle(storage: Storage): void {
    if (storage instanceof DeviceBuffer && storage.memory === this.memory && !storage.isPinned) {
      this.memory.recycle(storage)
    }
  }

  upload(host: TensorBuffer): DeviceBuffer {
    return this.memory.upload(host)
  }
}

const probe = (): Uint8Array => {
  const graph = new GraphBuilder()
  graph.output(graph.op('Add', [graph.input('float32', [1]), graph.scalar('float32', 1)]), 'float32', [1])
  return graph.encode()
}
