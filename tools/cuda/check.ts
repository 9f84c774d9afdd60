/**
 * Whether the table of CUDA kernels says of every primitive what ONNX Runtime's provider does with it: a session of
 * which no node may run on the CPU is made, or refused; and whether it records what we think it can. Needs the CUDA
 * provider; its libraries may be stand-ins.
 */
import { primitiveCases } from '../../bench/gpu/primitives.js'
import * as onnax from '../../src/index.js'
import { check, ort } from '../../src/runtime/api.js'
import { compile, type ExecutionProvider } from '../../src/runtime/compile.js'
import { cudaDriver } from '../../src/runtime/devices/cuda.js'
import { nodesWithoutCudaKernel } from '../../src/runtime/devices/kernelCheck.js'
import { lower } from '../../src/transforms/index.js'

const cuda = cudaDriver.provider(0)
const recorded = cudaDriver.graphs!(0)!
const strict: ExecutionProvider = {
  name: 'strict',
  runOptions: null,
  configure: (options) => {
    cuda.configure(options)
    check(ort().AddSessionConfigEntry(options, 'session.disable_cpu_ep_fallback', '1'), 'the options')
  },
}
const isTaken = (model: Uint8Array, optimize: 'none' | 'all', provider = strict): boolean => {
  try {
    ort().ReleaseSession(compile(model, { optimize, foldConstants: false, provider }, 'the case').pointer)
    return true
  } catch {
    return false
  }
}

let count = 0
for (const { name, dtypes, args, f } of primitiveCases(onnax)) {
  for (const dtype of dtypes) {
    const jaxpr = onnax.makeJaxpr(f)(...args(dtype))
    let graph: ReturnType<typeof lower>['graph']
    try {
      graph = lower(jaxpr, 'cuda').graph
    } catch (error) {
      console.log(`${name} ${dtype}: ${String(error)}`)
      continue
    }
    const expected = nodesWithoutCudaKernel(graph.toModel()).length === 0
    const [plain, optimized] = [isTaken(graph.encode(), 'none'), isTaken(graph.encode(), 'all')]
    const canBeRecorded = isTaken(graph.encode(), 'all', recorded.provider(0))
    if (canBeRecorded !== (recorded.obstacles(graph.toModel()).length === 0)) {
      console.log(`${name} ${dtype}: the provider ${canBeRecorded ? 'records it' : 'does not record it'}`)
    }
    count++
    if (plain !== expected || optimized !== expected) {
      console.log(`${name} ${dtype}: the table says ${expected}, the provider ${plain}, optimized ${optimized}`)
      process.exitCode = 1
    }
  }
}
console.log(`${count} programs`)
