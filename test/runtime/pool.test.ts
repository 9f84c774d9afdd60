import test from 'ava'
import { BufferPool } from '../../src/runtime/pool.js'
import { runtimeStats } from '../../src/runtime/stats.js'

test.serial('a given buffer comes back for its type and shape only', (t) => {
  const pool = new BufferPool()
  const buffer = pool.take('float32', [2, 3])
  pool.give(buffer)
  t.not(pool.take('float32', [3, 2]), buffer)
  t.not(pool.take('int32', [2, 3]), buffer)
  t.is(pool.take('float32', [2, 3]), buffer)
  t.not(pool.take('float32', [2, 3]), buffer)
  t.like(pool.stats(), { hits: 1, misses: 4, bytes: 0, buffers: 0 })
})

test.serial('giving a buffer twice hands it out once', (t) => {
  const pool = new BufferPool()
  const buffer = pool.take('float32', [4])
  pool.give(buffer)
  pool.give(buffer)
  t.is(pool.stats().bytes, 16)
  t.is(pool.take('float32', [4]), buffer)
  t.not(pool.take('float32', [4]), buffer)
})

test.serial('beyond the capacity the oldest go, and what is larger than it never stays', (t) => {
  const pool = new BufferPool(100)
  const [first, second, third] = [pool.take('int8', [40]), pool.take('int8', [40]), pool.take('int8', [30])]
  for (const buffer of [first, second, third]) pool.give(buffer)
  t.like(pool.stats(), { bytes: 70, buffers: 2, dropped: 1 })
  t.is(pool.take('int8', [40]), second)
  t.is(pool.take('int8', [30]), third)
  t.not(pool.take('int8', [40]), first)
  pool.give(pool.take('int8', [101]))
  t.like(pool.stats(), { bytes: 0, buffers: 0, dropped: 2 })
})

test.serial('the process counts what waits in pools, and hits', (t) => {
  const before = runtimeStats()
  const pool = new BufferPool()
  pool.give(pool.take('float64', [10]))
  t.is(runtimeStats().poolBytes, before.poolBytes + 80)
  pool.give(pool.take('float64', [10]))
  t.is(runtimeStats().poolHits, before.poolHits + 1)
  pool.clear()
  t.is(runtimeStats().poolBytes, before.poolBytes)
  t.is(pool.stats().buffers, 0)
})
