/** What a checkpoint is written from: the arrays of a tree as they were at one moment. */
import type { ConcreteArray, NDArray } from '../core/index.js'
import { bytesOfArray } from './bytes.js'
import type { PieceSource } from './pieces.js'
import { writeHeader } from './safetensorsHeader.js'
import { collectTensors } from './tensorStore.js'
import { type ArrayStore, inlineArrays, type Json, type TreeFormat } from './treeFormat.js'

/** Numbers by name: what a checkpoint was worth. */
export type Metrics = Readonly<Record<string, number>>

/**
 * The memory of an array until it is released. Arrays don't change, so nothing is copied, unless the array is donated
 * before: its memory is then copied at that moment.
 */
class Held {
  readonly byteLength: number
  #bytes: Uint8Array
  readonly #end: () => void

  constructor(x: NDArray) {
    this.#bytes = bytesOfArray(x)
    this.byteLength = this.#bytes.byteLength
    this.#end = (x as ConcreteArray).beforeDelete(() => {
      this.#bytes = this.#bytes.slice()
    })
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  release(): void {
    this.#end()
    this.#bytes = new Uint8Array()
  }
}

/** @internal A file of arrays, which are held until they are written. */
export class HeldFile implements PieceSource {
  readonly byteLength: number
  readonly #parts: readonly Held[]
  /** Where each part begins. */
  readonly #starts: readonly number[]
  /** The first part that is still held. */
  #first = 0

  constructor(
    readonly header: Uint8Array,
    arrays: readonly NDArray[],
  ) {
    this.#parts = arrays.map((x) => new Held(x))
    let end = header.byteLength
    this.#starts = this.#parts.map(({ byteLength }) => (end += byteLength) - byteLength)
    this.byteLength = end
  }

  parts(position: number, length: number): readonly Uint8Array[] {
    const end = position + length
    const parts = position < this.header.byteLength ? [this.header.subarray(position, end)] : []
    for (let i = this.#first; i < this.#parts.length && this.#starts[i]! < end; i++) {
      const start = this.#starts[i]!
      const part = this.#parts[i]!.bytes.subarray(Math.max(0, position - start), end - start)
      if (part.byteLength > 0) parts.push(part)
    }
    return parts
  }

  release(position = Infinity): void {
    for (; this.#first < this.#parts.length; this.#first++) {
      const part = this.#parts[this.#first]!
      if (this.#starts[this.#first]! + part.byteLength > position) return
      part.release()
    }
  }
}

/** @internal What is to be written. */
export interface Snapshot {
  readonly step: number
  readonly metrics: Json
  readonly tree: Json
  readonly arrays: HeldFile
}

const inline = inlineArrays('base64')

/** @internal @throws ArgumentError for what can't be written */
export const takeSnapshot = (format: TreeFormat, step: number, value: unknown, metrics: Metrics): Snapshot => {
  const tensors = new Map<string, NDArray>()
  const { write } = collectTensors(tensors)
  const store: ArrayStore = {
    ...inline,
    write: (x, path) => {
      // Refuses traced and donated arrays before any is held.
      bytesOfArray(x)
      const text = path.map((part) => part.replaceAll(/\p{Surrogate}/gu, '\ufffd'))
      return write(x, text)
    },
  }
  const tree = format.write(value, store)
  const [header, order] = writeHeader(Object.fromEntries(tensors), {})
  const arrays = order.map((name) => tensors.get(name)!)
  return { step, metrics: format.write(metrics, inline), tree, arrays: new HeldFile(header, arrays) }
}
