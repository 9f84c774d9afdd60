/** 10,000 handwritten digits of MNIST, in a fixed order: 8,000 to train, 2,000 to test. */
import { createRequire } from 'node:module'
import { image, jit, type NDArray, np, random } from 'onnax'

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

/** How pictures are varied. */
export interface Variation {
  readonly key: random.PRNGKey
  /** In [0, 1]. */
  readonly strength: number
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

/** By how much pictures are varied at most. */
const most = {
  /** In radians. */
  turn: 0.18,
  /** In height and width, as part of them. */
  zoom: 0.1,
  /** In height, and the contrary in width. */
  stretch: 0.08,
  /** To the side, for each row away from the middle. */
  shear: 0.2,
  /** In pixels. */
  shift: 1,
  /** Of the points of a grid over the picture, in pixels; between them the picture bends. */
  bend: 1.5,
}

/** Pictures `[count, 28, 28]` between their pixels, at rows and columns of that shape; 0 outside. */
const between = (images: NDArray, rows: NDArray, columns: NDArray): NDArray => {
  const count = images.shape[0]!
  const edged = np.pad(images, [[0, 0], [1, 1], [1, 1]]).reshape([-1]) // prettier-ignore
  const first = np.arange(count).reshape([count, 1, 1])
  const place = (x: NDArray): NDArray => np.clip(x.add(1), 0, side + 1)
  const at = (r: NDArray, c: NDArray): NDArray => {
    const index = first.mul(side + 2).add(place(r)).mul(side + 2).add(place(c)) // prettier-ignore
    return np.take(edged, index.astype('int32'))
  }
  const [r, c] = [np.floor(rows), np.floor(columns)]
  const [dr, dc] = [rows.sub(r), columns.sub(c)]
  const along = (r: NDArray): NDArray =>
    at(r, c)
      .mul(np.subtract(1, dc))
      .add(at(r, c.add(1)).mul(dc))
  return along(r)
    .mul(np.subtract(1, dr))
    .add(along(r.add(1)).mul(dr))
}

/** Pictures `[count, 28, 28]` turned, scaled, sheared, moved and bent, each its own way, by `strength` of {@link most}. */
const varied = jit((images: NDArray, key: random.PRNGKey, strength: number) => {
  const count = images.shape[0]!
  const [own, ofGrid] = random.split(key) as unknown as readonly [random.PRNGKey, random.PRNGKey]
  const draw = (key: random.PRNGKey, shape: readonly number[]): NDArray =>
    random.uniform(key, shape, { minval: -1, maxval: 1 }).mul(strength)
  const [turn, zoom, stretch, shear, down, right] = draw(own, [6, count, 1, 1]) as unknown as readonly NDArray[]
  const bends = image.resize(draw(ofGrid, [2, count, 5, 5]).mul(most.bend), [2, count, side, side], 'linear')
  const middle = (side - 1) / 2
  const places = np.arange(side).sub(middle)
  const scale = zoom!.mul(most.zoom).add(1)
  const y = scale.add(stretch!.mul(most.stretch)).mul(places.reshape([side, 1]))
  const x = scale.sub(stretch!.mul(most.stretch)).mul(places).add(y.mul(shear!).mul(most.shear)) // prettier-ignore
  const [sin, cos] = [np.sin(turn!.mul(most.turn)), np.cos(turn!.mul(most.turn))]
  const rows = y.mul(cos).sub(x.mul(sin)).add(down!.mul(most.shift).add(middle)).add(bends.slice(0)) // prettier-ignore
  const columns = y.mul(sin).add(x.mul(cos)).add(right!.mul(most.shift).add(middle)).add(bends.slice(1)) // prettier-ignore
  return between(images, rows, columns)
})

/** The examples at `indices`; varied, no two pictures of them are the same. */
export const batchOf = (examples: Examples, indices: Int32Array, variation: Variation | null = null): Batch => {
  const { images, labels, count } = gather(examples, indices)
  const pictures = np.array(images).reshape([count, side, side])
  const shown = variation === null ? pictures : varied(pictures, variation.key, variation.strength)
  return { images: shown.reshape([count, side, side, 1]), labels: np.array(labels) }
}
