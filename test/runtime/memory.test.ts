/** Which arrays there are and what they hold; also as a profile says it. */
import test from 'ava'
import { ConcreteArray } from '../../src/core/index.js'
import { jit, liveArrays, memoryStats, type NDArray, np, profile } from '../../src/index.js'

/** The arrays of a shape that no other test makes. */
const ofShape = (...shape: readonly number[]): readonly NDArray[] =>
  liveArrays().filter((x) => x.shape.join() === shape.join())
const areSame = (xs: readonly NDArray[], ys: readonly NDArray[]): boolean =>
  xs.length === ys.length && ys.every((y) => xs.includes(y))

test.serial('liveArrays are those that something refers to, the largest first', (t) => {
  const kept = np.ones([613, 7])
  const twice = jit((x: NDArray) => x.mul(2))
  const result = twice(kept)
  const make = (): number => np.ones([613, 7]).add(1).size
  t.is(make(), 4291)
  t.true(areSame(ofShape(613, 7), [kept, result]))
  const donated = jit((x: NDArray) => x.mul(2), { donateArgnums: 0 })
  const next = donated(result)
  t.true(areSame(ofShape(613, 7), [kept, next]), 'donated arrays hold nothing')
  const live = liveArrays()
  t.false(live.some((x) => x instanceof ConcreteArray && x.isDeleted))
  const sizes = live.filter((x) => x.dtype === 'float32').map((x) => x.size)
  t.deepEqual(
    sizes,
    sizes.toSorted((a, b) => b - a),
  )
})

test.serial('memoryStats: bytes once, the largest kinds, the peak', (t) => {
  const before = memoryStats()
  const xs = Array.from({ length: 3 }, (_, i) => np.full([500, 501], i))
  const same = xs[0]!
  const { arrays, bytesInUse, largest, peakBytes } = memoryStats()
  t.is(arrays, before.arrays + 3)
  t.is(bytesInUse - before.bytesInUse, 3 * 500 * 501 * 4)
  t.deepEqual(largest[0], { dtype: 'int32', shape: [500, 501], count: 3, bytes: 3 * 500 * 501 * 4 })
  t.true(peakBytes > bytesInUse && peakBytes >= before.peakBytes)
  t.is(same.size, 250_500)
  t.is(xs.length, 3)
})

test.serial('a profile counts allocations, transfers and the peak, and prints them', (t) => {
  const f = jit((x: NDArray) => x.add(1), { donateArgnums: 0 })
  let x = f(f(np.ones([300, 400])))
  const steady = profile(() => {
    for (let i = 0; i < 5; i++) x = f(x)
  })
  t.like(steady.memory, { transfers: 0, transferredBytes: 0, allocations: 0, reuses: 5 })
  const { memory, ...loaded } = profile(() => np.array(new Float32Array(1e6)))
  t.like(memory, { transfers: 1, transferredBytes: 4e6, allocations: 1, allocatedBytes: 4e6 })
  t.true(memory.peakBytes > 4e6)
  t.is(loaded.result.size, 1e6)
  const text = profile(() => np.array(new Float32Array(1e6))).toString()
  t.regex(
    text,
    /\nmemory: 1 allocations of 4\.0 MB \(0 reuses\), 1 transfers of 4\.0 MB, most memory of the process \d+\.\d MB$/,
  )
})
