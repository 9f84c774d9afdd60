/** 10,000 handwritten digits of MNIST, in a fixed order: 8,000 to train, 2,000 to test. */
import { createRequire } from 'node:module'
import { type NDArray, np, random } from 'onnax'

const side = 28
const pixels = side * side
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

/** Pictures turned, scaled and moved, each its own way, by up to 0.2 radians, 15 % and 1.5 pixels. */
const varied = (images: Float32Array, count: number, key: random.PRNGKey): Float32Array => {
  const draws = random.uniform(key, [count, 4], { minval: -1, maxval: 1 }).data() as Float32Array
  const result = new Float32Array(images.length)
  const middle = (side - 1) / 2
  for (let i = 0; i < count; i++) {
    const picture = images.subarray(i * pixels, (i + 1) * pixels)
    const at = (row: number, column: number): number =>
      row < 0 || column < 0 || row >= side || column >= side ? 0 : picture[row * side + column]!
    const [turn, zoom, down, right] = draws.subarray(4 * i, 4 * i + 4) as unknown as readonly number[]
    const [sin, cos] = [Math.sin, Math.cos].map((f) => f(0.2 * turn!) * (1 + 0.15 * zoom!)) as [number, number]
    for (let p = 0; p < pixels; p++) {
      const [y, x] = [Math.floor(p / side) - middle, (p % side) - middle]
      const row = cos * y - sin * x + middle + 1.5 * down!
      const column = sin * y + cos * x + middle + 1.5 * right!
      const [r, c] = [Math.floor(row), Math.floor(column)]
      const [dr, dc] = [row - r, column - c]
      const upper = (1 - dc) * at(r, c) + dc * at(r, c + 1)
      const lower = (1 - dc) * at(r + 1, c) + dc * at(r + 1, c + 1)
      result[i * pixels + p] = (1 - dr) * upper + dr * lower
    }
  }
  return result
}

/** The examples at `indices`; with a key, no two pictures of them are the same. */
export const batchOf = (examples: Examples, indices: Int32Array, key: random.PRNGKey | null = null): Batch => {
  const { images, labels, count } = gather(examples, indices)
  const pictures = key === null ? images : varied(images, count, key)
  return { images: np.array(pictures).reshape([count, side, side, 1]), labels: np.array(labels) }
}
