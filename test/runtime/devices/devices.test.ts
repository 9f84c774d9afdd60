/** Devices, on two fake ones: their arrays are apart from the CPU's and from one another's. */
process.env['ONNAX_FAKE_DEVICES'] = '2'

import test from 'ava'
import type { NDArray } from '../../../src/index.js'
import {
  ArgumentError,
  blockUntilReady,
  config,
  defaultBackend,
  defaultDevice,
  type Device,
  DeletedArrayError,
  deviceCount,
  deviceGet,
  DeviceIndexError,
  DeviceMismatchError,
  devicePut,
  devices,
  grad,
  io,
  jit,
  nnx,
  NoAdapterError,
  np,
  optax,
  ProviderMissingError,
  random,
} from '../../../src/index.js'

const [first, second] = devices('fake') as [Device, Device]
const cpu = devices('cpu')[0]!

test('devices print like JAX’s, and are one object each', (t) => {
  t.is(String(cpu), 'CpuDevice(id=0)')
  t.is(String(second), 'FakeDevice(id=1)')
  t.is(JSON.stringify({ device: second }), '{"device":"fake:1"}')
  t.is(devices('fake')[1], second)
  t.is(deviceCount('fake'), 2)
  t.is(np.ones([2]).device, cpu)
  t.is(defaultDevice(), cpu)
  t.is(defaultBackend(), 'cpu')
})

test('all devices, with the reason for each platform that cannot be used', (t) => {
  const rows = devices({ all: true })
  t.deepEqual(
    rows.filter(({ device }) => device !== null && ['cpu', 'fake'].includes(device.platform)).map((row) => row.device),
    [cpu, first, second],
  )
  const cuda = rows.find(({ platform }) => platform === 'cuda')!
  if (cuda.device === null) {
    t.true(cuda.error instanceof Error)
    t.regex(cuda.reason!, /cannot be used: /)
  }
})

test('names that are no device', (t) => {
  t.throws(() => devices('tpu'), { instanceOf: ArgumentError, message: /requires cpu, cuda or webgpu, got 'tpu'/ })
  t.throws(() => devicePut(1, 'gpu:0'), { instanceOf: ArgumentError })
  const beyond = t.throws(() => devicePut(1, 'fake:7'), { instanceOf: DeviceIndexError })
  t.like(beyond, { index: 7, count: 2, device: 'fake:7' })
  t.throws(() => devicePut(1, 'cpu:1'), { instanceOf: DeviceIndexError })
  t.throws(() => devicePut('x' as never, first), { instanceOf: ArgumentError })
  t.throws(() => config.update('defaultDevice', 'fake:0' as never), { instanceOf: ArgumentError })
})

test('a call runs where its arguments are bound; all else follows', (t) => {
  const x = devicePut(np.arange(6).reshape([2, 3]), second)
  t.is(x.device, second)
  t.is(String(x), 'Array([[0, 1, 2],\n       [3, 4, 5]], dtype=int32)')
  t.is(x.mul(2).device, second)
  t.is(np.ones([2, 3]).add(x).device, second)
  const closure = np.ones([3])
  const f = jit((a: NDArray, k: number) => a.mul(k).add(closure))
  t.is(f(x, 3).device, second)
  t.deepEqual(f(x, 3).toArray(), [[1, 4, 7], [10, 13, 16]]) // prettier-ignore
  // The same function on the CPU, with what went with the other call.
  t.is(f(np.zeros([2, 3]), 1).device, cpu)
  t.is(grad((a: NDArray) => np.sum(np.sin(a)))(devicePut(np.ones([2]), first)).device, first)
})

test('arguments bound to different devices', (t) => {
  const x = devicePut(np.ones([2]), first)
  const y = devicePut(np.ones([3, 2]), second)
  const error = t.throws(() => x.add(y), { instanceOf: DeviceMismatchError })
  t.is(
    error.message,
    'add requires arguments on one device, got float32[2] on fake:0 and float32[3,2] on fake:1; ' +
      'move one with devicePut(x, device).',
  )
  const loss = (a: NDArray, b: NDArray): NDArray => a.add(b)
  t.throws(() => jit(loss)(y, x), { instanceOf: DeviceMismatchError, message: /^loss requires/ })
  t.throws(() => devicePut(x, cpu).add(y), { instanceOf: DeviceMismatchError, message: /on cpu and/ })
  t.is(devicePut(x, second).add(y).device, second)
})

test('devicePut and deviceGet of trees', (t) => {
  const tree = { w: np.ones([2]), b: [np.zeros([3]), 2] as const }
  const put = devicePut(tree, first)
  t.is(put.w.device, first)
  t.is((put.b[1] as unknown as NDArray).device, first)
  t.is(tree.w.device, cpu)
  t.is(devicePut(put, first).w, put.w)
  t.is(devicePut(put.w).device, first)
  const back = deviceGet(put)
  t.is(back.w.device, cpu)
  t.deepEqual(back.w.toArray(), [1, 1])
  // Two arrays never share memory.
  const copy = devicePut(tree.w, cpu)
  jit((a: NDArray) => a.add(1), { donateArgnums: 0 })(copy)
  t.deepEqual(tree.w.toArray(), [1, 1])
  // What was taken back is bound to nothing.
  t.is(back.w.add(devicePut(np.ones([2]), second)).device, second)
  jit((a: NDArray) => {
    t.is(devicePut(a, first), a)
    return a
  })(np.ones([1]))
})

test('another default device', (t) => {
  const inside = defaultDevice('fake:1', () => {
    t.is(defaultDevice(), second)
    t.is(defaultBackend(), 'fake')
    t.deepEqual(devices(), [first, second])
    const x = random.normal(random.key(0), [3])
    t.is(x.device, second)
    t.is(np.array(3).device, second)
    return x
  })
  t.is(defaultDevice(), cpu)
  const outside = random.normal(random.key(0), [3])
  t.deepEqual(inside.toArray(), outside.toArray())
  // It was never bound, so it follows.
  t.is(inside.add(outside).device, cpu)
  config.update('defaultDevice', first)
  t.is(np.ones([1]).device, first)
  config.update('defaultDevice', null)
  t.is(np.ones([1]).device, cpu)
})

test('an environment variable chooses the default, and errors say what is missing', (t) => {
  if (devices({ all: true }).some(({ device }) => device?.platform === 'cuda')) {
    t.pass('CUDA works here')
    return
  }
  const error = t.throws(() => devices('cuda'))
  t.true(error instanceof ProviderMissingError || error instanceof NoAdapterError)
  if (error instanceof ProviderMissingError) {
    t.regex(error.path, /onnxruntime_providers_cuda/)
    t.regex(error.repair, /npm run setup:cuda/)
  }
})

const train = (steps: number): readonly number[] => {
  const model = new nnx.Sequential(
    new nnx.Linear(3, 8, { rngs: new nnx.Rngs(0) }),
    np.tanh,
    new nnx.Linear(8, 1, { rngs: new nnx.Rngs(1) }),
  )
  const optimizer = new nnx.Optimizer(model, optax.adam(1e-2), { wrt: nnx.Param })
  const x = random.normal(random.key(2), [16, 3])
  const y = np.sum(x, { axis: 1, keepdims: true })
  const step = nnx.jit((m: typeof model, o: typeof optimizer, a: NDArray, b: NDArray) => {
    const [loss, grads] = nnx.valueAndGrad((inner: typeof model) => np.mean(inner(a).sub(b).square()))(m)
    o.update(grads)
    return loss
  })
  return Array.from({ length: steps }, () => step(model, optimizer, x, y).item())
}

test('training gives the same losses on another device', (t) => {
  t.deepEqual(
    defaultDevice(first, () => train(5)),
    train(5),
  )
})

test('donation on a device: the memory is used again, the array is gone', (t) => {
  const step = jit((x: NDArray) => x.mul(2), { donateArgnums: 0 })
  let x = devicePut(np.ones([1000]), first)
  const before = x
  x = step(x)
  t.throws(() => before.toArray(), { instanceOf: DeletedArrayError })
  t.throws(() => step(before), { instanceOf: DeletedArrayError })
  for (let i = 0; i < 10; i++) x = step(x)
  const { bytesInUse, arrays } = first.memoryStats()!
  for (let i = 0; i < 50; i++) x = step(x)
  t.like(first.memoryStats(), { bytesInUse, arrays })
  t.is(x.device, first)
})

test('asynchronous calls', async (t) => {
  const f = jit((x: NDArray) => np.sum(x.mul(x)))
  const x = devicePut(np.arange(0, 100, 1, { dtype: 'float32' }), second)
  const results = await Promise.all(Array.from({ length: 8 }, () => f.async(x)))
  t.deepEqual(
    results.map((r) => [r.item(), r.device]),
    results.map(() => [328350, second]),
  )
  const g = jit((a: NDArray) => a.add(1), { donateArgnums: 0 })
  const y = devicePut(np.zeros([4]), second)
  const running = g.async(y)
  t.throws(() => y.toArray(), { instanceOf: DeletedArrayError })
  t.deepEqual((await running).toArray(), [1, 1, 1, 1])
  t.is(blockUntilReady({ x }).x, x)
})

test('reading a scalar keeps where it is', (t) => {
  const loss = np.sum(devicePut(np.ones([4]), second))
  t.is(loss.item(), 4)
  t.is(loss.device, second)
  t.is(loss.mul(2).device, second)
  t.throws(() => loss.add(devicePut(1, first) as unknown as NDArray), { instanceOf: DeviceMismatchError })
})

test('empty arrays, scalars, booleans, and 16-bit floats are copied', (t) => {
  for (const x of [np.zeros([0, 3]), np.array(7), np.array([true, false]), np.array([1.5, 2], { dtype: 'bfloat16' })]) {
    const put = devicePut(x, second)
    t.deepEqual(put.toArray(), x.toArray())
    t.deepEqual(np.stack([put, put]).shape, [2, ...x.shape])
    t.is(put.dtype, x.dtype)
  }
})

test('saved state is read on any device', (t) => {
  const state = { w: np.arange(5) }
  const bytes = io.encodeSafetensors(devicePut(state, first))
  const read = defaultDevice(second, () => {
    const { w } = io.decodeSafetensors(bytes).tensors as typeof state
    return [w.toArray(), w.add(1).device] as const
  })
  t.deepEqual(read, [[0, 1, 2, 3, 4], second])
})
