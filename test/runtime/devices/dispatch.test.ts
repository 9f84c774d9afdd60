/** What a device is asked for: no copies and no waiting but where somebody reads, and kernels for every node. */
process.env['ONNAX_FAKE_DEVICES'] = '1'

import test from 'ava'
import {
  blockUntilReady,
  type Device,
  devicePut,
  devices,
  jit,
  lax,
  liveArrays,
  makeJaxpr,
  memoryStats,
  type NDArray,
  np,
  runtimeStats,
  UnsupportedNodesError,
} from '../../../src/index.js'
import { ConcreteArray, Device as DeviceClass } from '../../../src/core/index.js'
import { examine, reportText } from '../../../src/runtime/devices/doctor.js'
import { fakeDriver } from '../../../src/runtime/devices/fake.js'
import { nodesWithoutCudaKernel } from '../../../src/runtime/devices/kernelCheck.js'
import { lint } from '../../../src/runtime/devices/lint.js'
import { DeviceTarget } from '../../../src/runtime/devices/target.js'
import { EnvironmentVariableError } from '../../../src/runtime/errors.js'
import { lower } from '../../../src/transforms/index.js'

const [device] = devices('fake') as [Device]

test.serial('a chain of calls moves nothing between host and device; a read is one copy', (t) => {
  const step = jit((x: NDArray, y: NDArray) => [x.add(y), np.sum(x)] as const)
  let x = devicePut(np.ones([8]), device)
  let loss = np.zeros([])
  const before = runtimeStats()
  for (let i = 0; i < 10; i++) {
    ;[x, loss] = step(x, x)
    x = x.mul(0.5)
  }
  const moved = (): readonly number[] => {
    const now = runtimeStats()
    return [now.pinnedUploads + now.pageableUploads - before.pinnedUploads - before.pageableUploads, now.downloads - before.downloads] // prettier-ignore
  }
  // The 0.5 is a number: the runtime copies it with the run.
  t.deepEqual(moved(), [0, 0])
  t.is(loss.item(), 8)
  t.deepEqual(moved(), [0, 1])
  t.is(x.toString(), 'Array([1., 1., 1., 1., 1., 1., 1., 1.], dtype=float32)')
  t.deepEqual(moved(), [0, 2])
})

test('programs are waited for by who waits, and by nobody else', (t) => {
  const asked: string[] = []
  const driver = {
    ...fakeDriver,
    synchronize: () => void asked.push('wait'),
    copy: (from: bigint, to: bigint, byteLength: number) => {
      asked.push('read')
      fakeDriver.copy(from, to, byteLength)
    },
  }
  const target = new DeviceTarget(new DeviceClass('fake', 40), driver)
  const program = target.make(makeJaxpr((x: NDArray) => x.mul(3))(np.ones([2])), 'triple', 'all')
  const { aval } = np.ones([2])
  let x = new ConcreteArray(aval, target.memory.uploadData('float32', [2], Float32Array.of(1, 2)))
  for (let i = 0; i < 4; i++) x = new ConcreteArray(aval, program.run([x])[0]!)
  t.deepEqual(asked, [])
  blockUntilReady(x)
  t.deepEqual(asked, ['wait'])
  t.deepEqual(x.toArray(), [81, 162])
  t.deepEqual(asked, ['wait', 'read'])
})

test.serial('arrays on a device are counted with the others', (t) => {
  const x = devicePut(np.ones([3, 1234]), device)
  t.true(liveArrays().includes(x))
  t.deepEqual(
    liveArrays().filter((y) => y.device === device && y.shape.join() === '3,1234'),
    [x],
  )
  const { largest, bytesInUse } = memoryStats()
  t.true(bytesInUse >= x.size * 4)
  t.true(largest.some(({ shape }) => shape.join() === '3,1234'))
})

const modelOf = (f: (...xs: NDArray[]) => NDArray, ...xs: readonly NDArray[]) =>
  lower(makeJaxpr(f)(...xs), 'cuda').graph.toModel()
const gpu = new DeviceClass('cuda', 0)

const strictly = <T>(mode: string, f: () => T): T => {
  process.env['ONNAX_STRICT_DEVICE'] = mode
  try {
    return f()
  } finally {
    delete process.env['ONNAX_STRICT_DEVICE']
  }
}

test.serial('ONNAX_STRICT_DEVICE: nodes without kernels on CUDA are an error, a warning, or nothing', async (t) => {
  const bits = modelOf((x) => lax.bitcastConvertType(x, 'int32'), np.ones([2]))
  const fine = modelOf((x) => np.sin(x), np.ones([2]))
  t.notThrows(() => lint(bits, gpu, 'bits'))
  t.notThrows(() => strictly('0', () => lint(bits, gpu, 'bits')))
  t.notThrows(() => strictly('1', () => lint(fine, gpu, 'fine')))
  const error = t.throws(() => strictly('1', () => lint(bits, gpu, 'bits')), { instanceOf: UnsupportedNodesError })
  t.like(error, { program: 'bits', device: 'cuda:0' })
  t.deepEqual(error.nodes, [{ operator: 'BitCast', types: ['float32'], reason: 'there is no CUDA kernel', count: 1 }])
  t.regex(error.message, /^'bits' requires kernels on cuda:0 .* 1 × BitCast\(float32\): there is no CUDA kernel\. Use/)
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  strictly('warn', () => lint(bits, gpu, 'bits'))
  t.like(await warned, { name: 'DeviceWarning', message: error.message })
  t.throws(() => strictly('yes', () => lint(bits, gpu, 'bits')), { instanceOf: EnvironmentVariableError })
  // Only CUDA has a table of kernels.
  t.notThrows(() => strictly('1', () => lint(bits, device, 'bits')))
})

test('what a loop on CUDA reads by its counter is gathered: Slice would ask the host where', (t) => {
  const model = modelOf(
    (x) => lax.foriLoop(0, 3, (i: NDArray, c: NDArray) => c.add(lax.dynamicSliceInDim(x, i, 2)), np.zeros([2])),
    np.arange(6, undefined, 1, { dtype: 'float32' }),
  )
  const operators = new Set<string>()
  const visit = (graph: typeof model.graph): void => {
    for (const node of graph.node) {
      operators.add(node.opType)
      for (const { g } of node.attribute ?? []) if (g !== undefined) visit(g)
    }
  }
  visit(model.graph)
  t.true(operators.has('Loop') || operators.has('Scan'))
  t.false(operators.has('Slice'), [...operators].join())
  t.deepEqual(nodesWithoutCudaKernel(model), [])
})

test('the doctor says what works, and why the rest does not', (t) => {
  const findings = examine()
  t.deepEqual(
    findings.filter(({ isFault }) => isFault),
    [],
  )
  const of = (topic: string): string | undefined => findings.find((f) => f.topic === topic)?.text
  t.regex(of('ONNX Runtime')!, /^1\.30\.0, .*onnxruntime/)
  t.is(of('cpu'), 'CpuDevice(id=0) works')
  t.regex(of('cuda') ?? of('cuda:0')!, /cannot be used: .*\.|works/)
  t.regex(of('webgpu') ?? of('webgpu:0')!, /cannot be used: .*\.|works/)
  t.truthy(of('default'))
  t.regex(reportText(findings), /^ {2}node +v\d+/)
})
