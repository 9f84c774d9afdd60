/** The memory of devices: counted, limited, found again when it is dropped. */
process.env['ONNAX_FAKE_DEVICES'] = '1'

import test from 'ava'
import { devicePut, devices, jit, type NDArray, np, OutOfMemoryError } from '../../../src/index.js'
import { EnvironmentVariableError } from '../../../src/runtime/errors.js'

const [device] = devices('fake')
const stats = (): { bytesInUse: number; poolBytes: number; arrays: number; peakBytesInUse: number } =>
  device!.memoryStats()!
const MiB = 1 << 20

const limited = <T>(limit: string, f: () => T): T => {
  process.env['ONNAX_MEMORY_LIMIT'] = limit
  try {
    return f()
  } finally {
    delete process.env['ONNAX_MEMORY_LIMIT']
  }
}

test.serial('bytes in use and their peak are counted', (t) => {
  const before = stats()
  const x = devicePut(np.ones([1000]), device)
  t.is(stats().bytesInUse - before.bytesInUse, 4000)
  t.is(stats().arrays - before.arrays, 1)
  t.true(stats().peakBytesInUse >= stats().bytesInUse)
  t.is(x.shape[0], 1000)
})

test.serial('a synchronous loop that drops its arrays keeps the memory flat', (t) => {
  const step = jit((x: NDArray) => x.mul(0.5))
  let x = devicePut(np.ones([MiB]), device)
  const seen: number[] = []
  for (let i = 0; i < 200; i++) {
    x = step(x)
    seen.push(stats().bytesInUse)
  }
  // 800 MiB went through it.
  t.true(Math.max(...seen) < 150 * MiB, `${Math.max(...seen) / MiB} MiB`)
  t.is(x.shape[0], MiB)
})

test.serial('at the limit, what is dropped and what waits in the pool is released first', (t) => {
  limited('40M', () => {
    const step = jit((x: NDArray) => x.add(1))
    let x = devicePut(np.zeros([MiB]), device)
    for (let i = 0; i < 30; i++) x = step(x)
    t.is(np.max(x).item(), 30)
    t.true(stats().bytesInUse <= 40 * MiB)
    const wide = jit((y: NDArray) => np.concatenate([y, y, y, y]))(x)
    t.is(wide.shape[0], 4 * MiB)
  })
})

test.serial('beyond the limit the error lists the largest holders', (t) => {
  limited('24M', () => {
    const kept = [1, 2, 3].map(() => devicePut(np.ones([MiB]), device))
    kept.push(devicePut(np.ones([256, 1024]), device))
    const error = t.throws(() => jit((y: NDArray) => np.concatenate([y, y, y, y]))(kept[0]!), {
      instanceOf: OutOfMemoryError,
    })
    t.like(error, { device: 'fake:0', requested: 16 * MiB, bytesLimit: 24 * MiB })
    t.deepEqual(error.holders[0], { type: 'float32', shape: [MiB], count: 3, bytes: 12 * MiB })
    t.deepEqual(error.holders[1], { type: 'float32', shape: [256, 1024], count: 1, bytes: MiB })
    t.regex(error.message, /requires 16\.0 MiB on fake:0, got .* in use of 24\.0 MiB, held by 3 × float32\[1048576\]/)
    // Nothing is lost by it.
    t.is(np.sum(kept[3]!).item(), 256 * 1024)
  })
})

test.serial('what the runtime cannot allocate is the same error', (t) => {
  const error = t.throws(() => np.broadcastTo(devicePut(np.zeros([1]), device), [1 << 20, 1 << 20]), {
    instanceOf: OutOfMemoryError,
  })
  t.is(error.bytesLimit, null)
  t.true(error.cause instanceof Error)
})

test.serial('ONNAX_MEMORY_LIMIT is bytes, with K, M or G', (t) => {
  limited('0.5G', () => {
    t.is(device!.memoryStats()!.bytesLimit, 2 ** 29)
  })
  limited('1000', () => {
    t.is(device!.memoryStats()!.bytesLimit, 1000)
  })
  limited('lots', () => {
    t.throws(() => device!.memoryStats(), { instanceOf: EnvironmentVariableError })
  })
})
