/** Batches that are made while a step runs. */
import { setImmediate } from 'node:timers/promises'
import * as t from 'io-ts'
import { closed, decodeOptions, numberWhere } from '../core/index.js'

/** Options of {@link prefetch}. */
export interface PrefetchOptions {
  /** Most items that wait, at least 1; default: 2. */
  readonly size?: number
}

const options = closed(
  t.partial({ size: numberWhere('a whole number from 1 on', (x) => Number.isInteger(x) && x > 0) }),
)

type Item<T> = { readonly value: T } | { readonly error: unknown } | { readonly done: true }

/** Items that were made ahead, and whoever waits for one or for room. */
class Queue<T> {
  readonly #items: Item<T>[] = []
  #wake: (() => void) | null = null

  get length(): number {
    return this.#items.length
  }
  put(item: Item<T>): void {
    this.#items.push(item)
    this.wake()
  }
  take(): Item<T> | undefined {
    const item = this.#items.shift()
    this.wake()
    return item
  }
  wake(): void {
    this.#wake?.()
    this.#wake = null
  }
  change(): Promise<void> {
    return new Promise((resolve) => {
      const others = this.#wake
      this.#wake = () => {
        others?.()
        resolve()
      }
    })
  }
}

/**
 * The items of `source`, up to `size` of them made before they are asked for: while a step runs with `.async`, the
 * next batches are read, cut and turned into arrays.
 *
 * The order is that of `source`, and so are its errors, which are thrown where their item would come. `source` is
 * closed when the loop is left. A `source` that puts its items on a device (`devicePut`) has them there before their step.
 * An item is made without pause: one that takes longer than a step delays the step's end.
 *
 * @throws OptionsError if `size` is not a whole number from 1 on
 * @example
 * const step = jit((sum: NDArray, batch: NDArray) => sum.add(batch.sum()))
 * function* batches() {
 *   for (let i = 0; i < 3; i++) yield np.full([2], i)
 * }
 *
 * let sum = np.zeros([])
 * for await (const batch of io.prefetch(batches(), { size: 2 })) sum = await step.async(sum, batch)
 * sum.item() // => 6
 */
export async function* prefetch<T>(
  source: Iterable<T> | AsyncIterable<T>,
  given: PrefetchOptions = {},
): AsyncGenerator<T, void, void> {
  const { size = 2 } = decodeOptions('io.prefetch', options, given)
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  const queue = new Queue<T>()
  let left = false
  const produce = async (): Promise<void> => {
    while (!left) {
      if (queue.length >= size) {
        await queue.change()
        continue
      }
      const next = await iterator.next()
      if (next.done === true) {
        queue.put({ done: true })
        return
      }
      queue.put({ value: next.value })
      // Steps that ended meanwhile come before the next item.
      await setImmediate()
    }
  }
  const producing = produce().catch((error: unknown) => {
    queue.put({ error })
  })
  try {
    for (;;) {
      const item = queue.take()
      if (item === undefined) await queue.change()
      else if ('done' in item) return
      else if ('error' in item) throw item.error
      else yield item.value
    }
  } finally {
    left = true
    queue.wake()
    await producing
    await iterator.return?.()
  }
}
