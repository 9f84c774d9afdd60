/** What of a program would run on the CPU though it is for a GPU, said before its session is made. */
import type { Device } from '../../core/index.js'
import type { ModelProto } from '../../onnx/index.js'
import { EnvironmentVariableError } from '../errors.js'
import { UnsupportedNodesError } from './errors.js'
import { nodesWithoutCudaKernel } from './kernelCheck.js'

const variable = 'ONNAX_STRICT_DEVICE'

/**
 * Looks for nodes that the device has no kernel for. `ONNAX_STRICT_DEVICE`: `1` makes them an error, `warn` a warning
 * of the process; by default they run on the CPU, with copies.
 *
 * @throws UnsupportedNodesError, EnvironmentVariableError
 */
export const lint = (model: ModelProto, device: Device, name: string): void => {
  const mode = process.env[variable] ?? ''
  if (!['', '0', '1', 'warn'].includes(mode)) throw new EnvironmentVariableError(variable, '0, 1 or warn', mode)
  if (mode === '' || mode === '0' || device.platform !== 'cuda') return
  const nodes = nodesWithoutCudaKernel(model)
  if (nodes.length === 0) return
  const error = new UnsupportedNodesError(name, device.name, nodes)
  if (mode === '1') throw error
  process.emitWarning(error.message, 'DeviceWarning')
}
