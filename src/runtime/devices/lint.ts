/** Placeholder until the table of kernels is there. */
import type { Device } from '../../core/index.js'
import type { ModelProto } from '../../onnx/index.js'
export const lint = (_model: ModelProto, _device: Device, _name: string): void => undefined
