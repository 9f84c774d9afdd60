/** GPUs through WebGPU, whose provider is part of the library that onnxruntime-node brings. Experimental. */
import { check, created, ort, type Pointer } from '../api.js'
import { copyByRuntime } from './copy.js'
import type { Driver } from './driver.js'
import { DeviceUnavailableError, NoAdapterError } from './errors.js'
import { memoryLimit } from './limit.js'

let info: Pointer | null = null

/** The driver of WebGPU; there is one device, the adapter that the system prefers. */
export const webGpuDriver: Driver = {
  platform: 'webgpu',
  lowering: 'webgpu',
  // Its context is used by one thread at a time.
  concurrent: false,
  // After some sessions of ONNX Runtime 1.30 were released, the next run of another one ends the process.
  releases: false,
  count: () => 1,
  provider: () => ({
    name: 'webgpu:0',
    configure: (options) => {
      const append = ort().SessionOptionsAppendExecutionProvider
      check(append(options, 'WebGPU', null, null, 0), 'the provider of WebGPU')
    },
    runOptions: null,
  }),
  memoryInfo: () => {
    const create = ort().CreateMemoryInfo
    return (info ??= created((out) => create('WebGPU_Buffer', 0, 0, 0, out), 'the description of WebGPU memory'))
  },
  bytesLimit: memoryLimit,
  copy: copyByRuntime,
  copyWithin: (_id, from, to) => {
    copyByRuntime(from, to)
  },
  explain: (device, error) => {
    if (/Failed to get a WebGPU adapter|wgpu::RequestAdapterStatus/.test(error.message)) {
      const repair = 'Install a driver for Vulkan (Linux), Metal or Direct3D 12; Mesa’s lavapipe works without a GPU.'
      return new NoAdapterError(device, 'the system has no WebGPU adapter', repair, error)
    }
    if (/not supported in this build|Unknown provider name/.test(error.message)) {
      const reason = 'this build of ONNX Runtime has no WebGPU provider'
      return new DeviceUnavailableError(device, reason, 'Use the library that onnxruntime-node brings.', error)
    }
    return null
  },
}
