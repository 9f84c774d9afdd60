import test from 'ava'
import { TensorBuffer, unpin } from '../../src/runtime/buffer.js'
import { BufferSizeError } from '../../src/runtime/errors.js'
import { beginEpoch } from '../../src/runtime/handle.js'
import { runtimeStats } from '../../src/runtime/stats.js'
import { empty, floats, sessionOf, values } from './fixtures.js'

const negate = sessionOf([['n']], ['n'], (graph, x) => graph.op('Neg', [x]))

test('sizes of every kind of shape', (t) => {
  const sizes: readonly (readonly [readonly number[], number])[] = [
    [[], 1],
    [[0], 0],
    [[3, 0, 2], 0],
    [[2, 3], 6],
    [[100, 100], 10000],
  ]
  for (const [shape, size] of sizes) {
    const buffer = TensorBuffer.allocate('float64', shape)
    t.is(buffer.size, size)
    t.is(buffer.byteLength, size * 8)
    t.is(buffer.read().byteLength, size * 8)
    t.is(buffer.view().length, size)
    t.is(buffer.view().buffer, buffer.memory)
  }
})

test('from copies, over shares, both check the size', (t) => {
  const data = Float32Array.of(1, 2, 3, 4)
  const copy = TensorBuffer.from('float32', [2], data.subarray(1, 3))
  const shared = TensorBuffer.over('float32', [2, 2], data.buffer)
  data.fill(9)
  t.deepEqual(values(copy), [2, 3])
  t.deepEqual(values(shared), [9, 9, 9, 9])
  const error = t.throws(() => TensorBuffer.from('int64', [3], data), { instanceOf: BufferSizeError })
  t.like(error, { type: 'int64', expected: 24, got: 16 })
  t.throws(() => TensorBuffer.over('int8', [15], data.buffer), { instanceOf: BufferSizeError })
})

test.serial('a buffer keeps its handle over runs', (t) => {
  const [input, output] = [floats(1, 2), empty([2])]
  negate.run([input], [output])
  const { handlesCreated } = runtimeStats()
  for (let run = 0; run < 10; run++) negate.run([input], [output])
  t.is(runtimeStats().handlesCreated, handlesCreated)
})

test.serial('200,000 buffers made and used in one synchronous stretch: handles and memory stay bounded', (t) => {
  const kept = floats(1, 2, 3)
  const keptOutput = empty([3])
  const start = process.memoryUsage.rss()
  for (let count = 0; count < 100_000; count++) {
    const output = empty([64])
    negate.run([TensorBuffer.from('float32', [64], new Float32Array(64).fill(count))], [output])
    if (output.view()[63] !== -count) t.fail(`run ${count}`)
  }
  const { handlesLive, handlesCreated } = runtimeStats()
  t.true(handlesCreated >= 200_000)
  t.true(handlesLive <= 8192, `${handlesLive} handles`)
  const grown = (process.memoryUsage.rss() - start) / 2 ** 20
  t.true(grown < 60, `${grown.toFixed(0)} MiB more`)
  negate.run([kept], [keptOutput])
  t.deepEqual(values(keptOutput), [-1, -2, -3])
})

test.serial('pinned handles and those of the current run outlive any number of others', (t) => {
  const pinned = floats(1)
  const cell = pinned.pin()
  const current = floats(2)
  const epoch = beginEpoch()
  const pointer = current.use(epoch)
  const others = Array.from({ length: 20_000 }, () => empty([1]))
  const pointers = new Set(others.map((other) => other.use(epoch)))
  t.is(pointers.size, 20_000)
  t.is(current.use(epoch), pointer)
  t.is(pinned.pin(), cell)
  t.not(cell.pointer, 0n)

  for (let count = 0; count < 100_000; count++) empty([1]).use(beginEpoch())
  t.not(cell.pointer, 0n)
  unpin(cell)
  unpin(cell)
  pinned.releaseHandle()
  t.is(cell.pointer, 0n)
})

test.serial('a handle that was released is made again at the next use', (t) => {
  const buffer = floats(5)
  const output = empty([1])
  negate.run([buffer], [output])
  const { handlesLive } = runtimeStats()
  buffer.releaseHandle()
  buffer.releaseHandle()
  t.is(runtimeStats().handlesLive, handlesLive - 1)
  negate.run([buffer], [output])
  t.deepEqual(values(output), [-5])
})

test.serial('an asynchronous run pins its handles until it ends', async (t) => {
  const [input, output] = [floats(4), empty([1])]
  const running = negate.runAsync([input], [output])
  const cell = input.pin()
  unpin(cell)
  input.releaseHandle()
  t.not(cell.pointer, 0n)
  await running
  t.deepEqual(values(output), [-4])
  input.releaseHandle()
  t.is(cell.pointer, 0n)
})
