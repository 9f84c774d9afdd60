import { setImmediate, setTimeout } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { io, jit, type NDArray, np } from '../../src/index.js'
import { OptionsError } from '../../src/core/index.js'

const collect = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

function* counting(log: number[], end = 100): Generator<number, void, void> {
  try {
    for (let i = 0; i < end; i++) {
      log.push(i)
      yield i
    }
  } finally {
    log.push(-1)
  }
}

test('the same items in the same order, from any iterable, at any size and pace', async (t) => {
  const pauses = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(pauses, fc.integer({ min: 1, max: 4 }), fc.boolean(), async (items, size, slow) => {
      async function* late(): AsyncGenerator<number> {
        for (const item of items) {
          if (item === 1) await setTimeout(1)
          yield item
        }
      }
      const got: number[] = []
      for await (const item of io.prefetch(slow ? late() : items, { size })) {
        if (item === 2) await setTimeout(1)
        got.push(item)
      }
      t.deepEqual(got, items)
    }),
    { numRuns: 30 },
  )
})

test('items are made ahead while a step runs, no more than there is room for', async (t) => {
  const log: number[] = []
  const step = jit((x: NDArray, y: number) => x.add(y))
  let x = np.zeros([])
  for await (const i of io.prefetch(counting(log, 10), { size: 3 })) {
    x = await step.async(x, i)
    for (let turn = 0; turn < 10; turn++) await setImmediate()
    t.is(log.filter((made) => made >= 0).length, Math.min(10, i + 4))
  }
  t.is(x.item(), 45)
})

test('the source is closed when the loop is left', async (t) => {
  const log: number[] = []
  for await (const i of io.prefetch(counting(log))) if (i === 3) break
  t.is(log.at(-1), -1)
  t.true(log.length < 10)
})

test('errors come at their place, once the items before them were read', async (t) => {
  function* failing(): Generator<number> {
    yield 1
    yield 2
    throw new RangeError('unreadable')
  }
  const got: number[] = []
  const read = async (): Promise<void> => {
    for await (const i of io.prefetch(failing(), { size: 4 })) got.push(i)
  }
  await t.throwsAsync(read, { instanceOf: RangeError, message: 'unreadable' })
  t.deepEqual(got, [1, 2])
  await t.throwsAsync(() => collect(io.prefetch([1], { size: 0 })), { instanceOf: OptionsError, message: /from 1 on/ })
})
