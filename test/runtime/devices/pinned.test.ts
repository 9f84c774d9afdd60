/** Page-locked memory that copies to a device go through: kept, used again, limited, done without. */
process.env['ONNAX_FAKE_DEVICES'] = '1'

import test from 'ava'
import {
  type Device,
  devicePut,
  devices,
  defaultDevice,
  io,
  jit,
  type NDArray,
  np,
  runtimeStats,
} from '../../../src/index.js'
import { created, ort, type Pointer } from '../../../src/runtime/api.js'
import type { Fence, PinnedCopies } from '../../../src/runtime/devices/driver.js'
import { createTensor } from '../../../src/runtime/devices/deviceMemory.js'
import { PinnedStaging } from '../../../src/runtime/devices/pinned.js'
import { EnvironmentVariableError, RuntimeError } from '../../../src/runtime/errors.js'

const KiB = 1 << 10
const MiB = 1 << 20

interface Copy extends Fence {
  readonly from: Pointer
  readonly byteLength: number
  isOver: boolean
  waits: number
}

/** A device whose copies end when the test says so, or when they are waited for. */
const slowDevice = (most = Infinity) => {
  const copies: Copy[] = []
  let held = 0
  let allocations = 0
  const driver: PinnedCopies = {
    memoryInfo: () => 0n,
    begin: (_id, from, _to, byteLength) => {
      const copy: Copy = {
        from,
        byteLength,
        isOver: false,
        waits: 0,
        isPassed: () => copy.isOver,
        wait: () => {
          copy.waits++
          // Copies end in their order.
          for (const earlier of copies.slice(0, copies.indexOf(copy) + 1)) earlier.isOver = true
        },
      }
      copies.push(copy)
      return copy
    },
  }
  const allocator = created(ort().GetAllocatorWithDefaultOptions, 'the allocator')
  const allocate = (byteLength: number): Pointer => {
    if (held + byteLength > most) throw new RuntimeError('FAIL', 'page-locked memory', 'CUDA failure 2: out of memory')
    allocations++
    return createTensor(allocator, 'uint8', [byteLength], 'page-locked memory')
  }
  return {
    driver,
    allocate,
    copies,
    allocations: () => allocations,
    hold: (bytes: number) => (held = bytes),
    endAll: () => copies.forEach((copy) => (copy.isOver = true)),
  }
}

const staging = (capacity: number, slow = slowDevice()) => ({
  ...slow,
  pinned: new PinnedStaging(slow.driver, 0, slow.allocate, () => capacity),
})

test('blocks are used again when their copies have ended', (t) => {
  const { pinned, copies, allocations, endAll } = staging(MiB)
  const data = new Uint8Array(22 * KiB).fill(7)
  t.true(pinned.upload(data, 0n))
  t.true(pinned.upload(data, 0n))
  t.is(allocations(), 2)
  t.not(copies[0]!.from, copies[1]!.from)
  endAll()
  for (let i = 0; i < 10; i++) {
    t.true(pinned.upload(data, 0n))
    endAll()
  }
  t.is(allocations(), 2)
  t.is(pinned.bytes, 48 * KiB)
  // What is much smaller does not take a large block away.
  pinned.upload(data.subarray(0, 100), 0n)
  t.is(allocations(), 3)
  t.is(copies.at(-1)!.byteLength, 100)
})

test('at the limit the oldest copy is waited for', (t) => {
  const { pinned, copies, allocations } = staging(64 * KiB)
  const data = new Uint8Array(16 * KiB)
  for (let i = 0; i < 9; i++) t.true(pinned.upload(data, 0n))
  t.is(allocations(), 4)
  t.is(pinned.bytes, 64 * KiB)
  // Each wait ends one copy, whose block is the next.
  t.deepEqual(copies.map(({ waits }) => waits), [1, 1, 1, 1, 1, 0, 0, 0, 0]) // prettier-ignore
  t.deepEqual(copies.slice(4).map(({ from }) => from), [...copies.slice(0, 4), copies[0]!].map(({ from }) => from)) // prettier-ignore
  // A larger one than any block: all are given up for it.
  t.true(pinned.upload(new Uint8Array(60 * KiB), 0n))
  t.is(pinned.bytes, 60 * KiB)
  t.false(pinned.upload(new Uint8Array(65 * KiB), 0n))
})

test('blocks that nobody uses make room', (t) => {
  const { pinned, allocations, endAll } = staging(64 * KiB)
  for (let i = 0; i < 8; i++) pinned.upload(new Uint8Array(8 * KiB), 0n)
  endAll()
  t.true(pinned.upload(new Uint8Array(40 * KiB), 0n))
  t.is(pinned.bytes, 64 * KiB)
  t.is(allocations(), 9)
  endAll()
  pinned.trim()
  t.is(pinned.bytes, 0)
})

test('where the system has no more, idle blocks go back, and then ordinary memory is used', (t) => {
  const slow = slowDevice(64 * KiB)
  const { pinned, hold, endAll } = staging(MiB, slow)
  t.true(pinned.upload(new Uint8Array(16 * KiB), 0n))
  endAll()
  hold(50 * KiB)
  t.false(pinned.upload(new Uint8Array(32 * KiB), 0n))
  t.is(pinned.bytes, 0)
  hold(0)
  t.true(pinned.upload(new Uint8Array(32 * KiB), 0n))
})

const [device] = devices('fake') as [Device]

const uploads = (f: () => void): readonly [pinned: number, pageable: number] => {
  const before = runtimeStats()
  f()
  const after = runtimeStats()
  return [after.pinnedUploads - before.pinnedUploads, after.pageableUploads - before.pageableUploads]
}

test.serial('arrays go to a device through it', (t) => {
  t.deepEqual(uploads(() => devicePut({ a: np.ones([1000]), b: [np.zeros([3]), 2] }, device)), [3, 0]) // prettier-ignore
  // Data of the host, arguments that follow others, and numbers.
  t.deepEqual(uploads(() => defaultDevice(device, () => np.array(Float32Array.of(1, 2, 3)))), [1, 0]) // prettier-ignore
  const x = devicePut(np.ones([4]), device)
  const host = np.ones([4])
  t.deepEqual(uploads(() => jit((a: NDArray, b: NDArray) => a.add(b))(x, host)), [1, 0]) // prettier-ignore
  t.deepEqual(uploads(() => devicePut(np.zeros([0]), device)), [0, 0]) // prettier-ignore
  const { pinnedBytes } = device.memoryStats()!
  t.true(pinnedBytes > 0 && pinnedBytes < MiB)
})

test.serial('ONNAX_PINNED_MEMORY limits it', (t) => {
  const put = (bytes: number): NDArray => devicePut(np.full([bytes / 4], 5), device)
  process.env['ONNAX_PINNED_MEMORY'] = '1M'
  try {
    t.deepEqual(uploads(() => void put(MiB)), [1, 0]) // prettier-ignore
    t.deepEqual(uploads(() => void put(2 * MiB)), [0, 1]) // prettier-ignore
    t.is(np.sum(put(2 * MiB)).item(), (5 * MiB) / 2)
    t.true(device.memoryStats()!.pinnedBytes <= MiB)
    process.env['ONNAX_PINNED_MEMORY'] = '0'
    t.deepEqual(uploads(() => t.deepEqual(put(16).toArray(), [5, 5, 5, 5])), [0, 1]) // prettier-ignore
    process.env['ONNAX_PINNED_MEMORY'] = 'much'
    t.throws(() => put(16), { instanceOf: EnvironmentVariableError, message: /ONNAX_PINNED_MEMORY requires bytes/ })
  } finally {
    delete process.env['ONNAX_PINNED_MEMORY']
  }
})

test.serial('batches that are put on the device ahead of their step', async (t) => {
  const step = jit((sum: NDArray, batch: NDArray) => sum.add(np.sum(batch)))
  function* batches() {
    for (let i = 0; i < 12; i++) yield devicePut(np.full([64, KiB], i), device)
  }
  const before = runtimeStats().pinnedUploads
  let sum = devicePut(np.zeros([]), device)
  const held: number[] = []
  for await (const batch of io.prefetch(batches(), { size: 2 })) {
    t.is(batch.device, device)
    sum = await step.async(sum, batch)
    held.push(device.memoryStats()!.pinnedBytes)
  }
  t.is(sum.item(), 66 * 64 * KiB)
  t.is(runtimeStats().pinnedUploads - before, 13)
  // A few blocks, for all batches.
  t.true(Math.max(...held) <= 4 * 256 * KiB + MiB, `${Math.max(...held)}`)
  t.is(held.at(-1), held.at(-5))
})
