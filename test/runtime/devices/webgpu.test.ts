/** The device path on a real provider, where there is a WebGPU adapter: Mesa's lavapipe needs no GPU. */
import test from 'ava'
import {
  type Device,
  DeletedArrayError,
  deviceGet,
  DeviceMismatchError,
  devicePut,
  devices,
  DeviceUnavailableError,
  grad,
  jit,
  type NDArray,
  nnx,
  np,
  optax,
  random,
} from '../../../src/index.js'
import { allClose } from '../../helpers/arrays.js'

const adapter = (): Device | null => {
  try {
    return devices('webgpu')[0]!
  } catch (error) {
    if (error instanceof DeviceUnavailableError) return null
    throw error
  }
}

const gpu = adapter()

if (gpu === null) {
  test('WebGPU has no adapter here, and says so', (t) => {
    t.log('no WebGPU adapter: its tests are skipped (on Linux, Mesa’s lavapipe is one)')
    t.throws(() => devices('webgpu'), { instanceOf: DeviceUnavailableError, message: /WebGPU/ })
  })
} else {
  test.serial('arrays go to the device and come back', (t) => {
    const x = devicePut(np.arange(0, 12, 1, { dtype: 'float32' }).reshape([3, 4]), gpu)
    t.is(String(x.device), 'WebGpuDevice(id=0)')
    t.deepEqual(deviceGet(x).toArray(), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]) // prettier-ignore
    t.is(x.device.memoryStats()!.bytesInUse >= 48, true)
  })

  test.serial('chained calls stay on the device; donated memory is used again', (t) => {
    const step = jit((x: NDArray) => np.matmul(x, x).mul(0.01).add(1), { donateArgnums: 0 })
    const plain = jit((x: NDArray) => np.matmul(x, x).mul(0.01).add(1))
    let x = devicePut(np.ones([16, 16]), gpu)
    let y = np.ones([16, 16])
    const before = x
    for (let i = 0; i < 5; i++) [x, y] = [step(x), plain(y)]
    const { bytesInUse } = gpu.memoryStats()!
    for (let i = 0; i < 5; i++) [x, y] = [step(x), plain(y)]
    t.is(gpu.memoryStats()!.bytesInUse, bytesInUse)
    t.is(x.device, gpu)
    allClose(t, x, y, { rtol: 1e-4 })
    t.throws(() => before.toArray(), { instanceOf: DeletedArrayError })
  })

  test.serial('a training step gives the losses of the CPU', async (t) => {
    const losses = async (device: Device | string): Promise<readonly number[]> => {
      const model = new nnx.Linear(4, 1, { rngs: new nnx.Rngs(0) })
      const [graphdef, params] = nnx.split(model)
      const tx = optax.sgd(0.1)
      const x = devicePut(random.normal(random.key(1), [8, 4]), device)
      let state = devicePut(params, device)
      let opt = tx.init(state)
      const step = jit((p: typeof params, o: typeof opt, a: NDArray) => {
        const [loss, grads] = nnx.valueAndGrad((m: typeof model) => np.mean(m(a).square()))(nnx.merge(graphdef, p))
        const [updates, next] = tx.update(grads, o, p)
        return [optax.applyUpdates(p, updates), next, loss] as const
      })
      const values: number[] = []
      for (let i = 0; i < 3; i++) {
        const [p, o, loss] = await step.async(state, opt, x)
        state = p
        opt = o
        t.is(loss.device, x.device)
        values.push(loss.item())
      }
      return values
    }
    allClose(t, await losses(gpu), await losses('cpu'), { rtol: 1e-4 })
  })

  test.serial('mixing with arrays of the CPU', (t) => {
    const x = devicePut(np.ones([2]), gpu)
    t.throws(() => x.add(devicePut(np.ones([2]), 'cpu')), { instanceOf: DeviceMismatchError, message: /webgpu:0 and/ })
    t.is(x.add(np.ones([2])).device, gpu)
    t.throws(() => devicePut(x, 'webgpu:1'), { message: /the only index is 0/ })
  })

  test.serial('rows of every dtype that are set', (t) => {
    const at = np.array([1, 0, 1], { dtype: 'int32' })
    const set = jit((x: NDArray, y: NDArray) => x.at(at).set(y))
    for (const dtype of ['float32', 'int32', 'int8', 'uint8', 'int64', 'float16'] as const) {
      const [x, y] = devicePut([np.zeros([3, 2], { dtype }), np.ones([3, 2], { dtype })] as const, gpu)
      t.deepEqual(deviceGet(set(x, y)).astype('float32').toArray(), [[1, 1], [1, 1], [0, 0]], dtype) // prettier-ignore
    }
  })

  test.serial('the gradient of a normalized sum, which the runtime would fuse without its further results', (t) => {
    const norm = new nnx.LayerNorm(8, { rngs: new nnx.Rngs(0) })
    const f = jit(grad((x: NDArray, y: NDArray) => np.sum(np.sin(norm(x.add(y))))))
    const [x, y] = [1, 2].map((i) => random.normal(random.key(i), [2, 3, 8])) as [NDArray, NDArray]
    allClose(t, deviceGet(f(devicePut(x, gpu), devicePut(y, gpu))), f(x, y), { atol: 1e-5 })
  })
}
