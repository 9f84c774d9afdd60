/** Options of the CUDA provider. */
import { EnvironmentVariableError } from '../errors.js'

type Options = Readonly<Record<string, string>>

/** Options that can be set, with what they may be. */
const settable: Readonly<Record<string, RegExp>> = {
  use_tf32: /^[01]$/,
  arena_extend_strategy: /^(kNextPowerOfTwo|kSameAsRequested)$/,
  cudnn_conv_algo_search: /^(EXHAUSTIVE|HEURISTIC|DEFAULT)$/,
  cudnn_conv_use_max_workspace: /^[01]$/,
  cudnn_conv1d_pad_to_nc1d: /^[01]$/,
  gpu_mem_limit: /^\d+$/,
  prefer_nhwc: /^[01]$/,
  fuse_conv_bias: /^[01]$/,
  sdpa_kernel: /^\d+$/,
  enable_cuda_graph: /^(0|1|auto)$/,
}

// Of the runtime's own defaults only the arena's is another: doubling it wastes up to half of the memory.
const defaults: Options = {
  use_tf32: '1',
  arena_extend_strategy: 'kSameAsRequested',
  cudnn_conv_algo_search: 'EXHAUSTIVE',
  cudnn_conv_use_max_workspace: '1',
  enable_cuda_graph: '0',
}

/**
 * The defaults with what `ONNAX_CUDA_OPTIONS` says: `use_tf32=0,cudnn_conv_algo_search=HEURISTIC`.
 * @throws EnvironmentVariableError for an option that is unknown or can't have its value
 * @see https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html
 */
export const cudaOptions = (text = process.env['ONNAX_CUDA_OPTIONS'] ?? ''): Options => {
  const given = text
    .split(',')
    .filter((entry) => entry.trim() !== '')
    .map((entry) => {
      const [key, value, ...more] = entry.split('=').map((word) => word.trim())
      if (value === undefined || more.length > 0 || settable[key!]?.test(value) !== true) {
        const names = Object.keys(settable).join(', ')
        throw new EnvironmentVariableError('ONNAX_CUDA_OPTIONS', `name=value,… with the names ${names}`, entry)
      }
      return [key!, value] as const
    })
  return { ...defaults, ...Object.fromEntries(given) }
}
