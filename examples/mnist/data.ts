/** 10,000 handwritten digits of MNIST, in a fixed order: 8,000 to train, 2,000 to test. */
import { createRequire } from 'node:module'
import { type NDArray, np, random } from 'onnax'

const pixels = 28 * 28
const trainCount = 8000

interface Digit {
  readonly length: number
  /** The pixels of all samples, in [0, 1]. */
  readonly raw: readonly number[]
}

export interface Examples {
  /** `[count, 28, 28, 1]`, in [0, 1] */
  readonly images: Float32Array
  readonly labels: Int32Array
  readonly count: number
}

export interface Batch {
  /** `[batch, 28, 28, 1]` */
  readonly images: NDArray
  /** `[batch]`, int32 */
  readonly labels: NDArray
}

const gather = ({ images, labels }: Examples, indices: ArrayLike<number>): Examples => {
  const count = indices.length
  const chosen = { images: new Float32Array(count * pixels), labels: new Int32Array(count), count }
  for (let i = 0; i < count; i++) {
    const from = indices[i]! * pixels
    chosen.images.set(images.subarray(from, from + pixels), i * pixels)
    chosen.labels[i] = labels[indices[i]!]!
  }
  return chosen
}

/** The digits of the package `mnist`, shuffled by a fixed key and split. */
export const loadDigits = (): { readonly train: Examples; readonly test: Examples } => {
  const digits = createRequire(import.meta.url)('mnist') as readonly Digit[]
  const counts = digits.map((d) => Math.floor(d.raw.length / pixels))
  const count = counts.reduce((a, b) => a + b, 0)
  const all = { images: new Float32Array(count * pixels), labels: new Int32Array(count), count }
  let offset = 0
  digits.forEach(({ raw }, label) => {
    all.images.set(raw.slice(0, counts[label]! * pixels), offset * pixels)
    all.labels.fill(label, offset, offset + counts[label]!)
    offset += counts[label]!
  })
  const order = random.permutation(random.key(0), count).data() as Int32Array
  return { train: gather(all, order.subarray(0, trainCount)), test: gather(all, order.subarray(trainCount)) }
}

/** Whole batches of examples in the order of `indices`; the rest is left out. */
export function* batches(examples: Examples, indices: Int32Array, size: number): Generator<Batch> {
  for (let i = 0; i + size <= indices.length; i += size) {
    const { images, labels } = gather(examples, indices.subarray(i, i + size))
    yield { images: np.array(images).reshape([size, 28, 28, 1]), labels: np.array(labels) }
  }
}
