/** `lax.map`: a function of one slice after the other. */
import { ArgumentError, checkOptions, type NDArray, ShapeError, showAval } from '../core/index.js'
import { concatenate, reshape, sliceInDim } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, vmap } from '../transforms/index.js'
import { scan } from './scan.js'

export interface MapOptions {
  /** Number of slices that are computed at once, by `vmap`; default: one after the other. */
  readonly batchSize?: number
}

/**
 * A function of each slice along the first axes of a tree, its results stacked: in the memory of one, or of `batchSize`,
 * of them.
 *
 * @throws ShapeError if first axes differ in size
 * @throws ArgumentError unless `batchSize` is a whole number from 1 on
 * @example
 * lax.map((x: NDArray) => x.mul(x), np.array([1, 2, 3]), { batchSize: 2 }) // => Array([1., 4., 9.], dtype=float32)
 */
export const map = <X, Y>(f: (x: X) => Y, xs: X, options: MapOptions = {}): Y => {
  checkOptions('lax.map', options, ['batchSize'])
  const { batchSize } = options
  const oneByOne = (g: (x: X) => Y, of: X): Y => scan((_: null, x: X) => [null, g(x)] as const, null, of)[1]
  if (batchSize === undefined) return oneByOne(f, xs)
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ArgumentError('lax.map', 'a batchSize from 1 on', `${batchSize}`)
  }
  const [leaves, treedef] = tree.flatten<unknown>(xs)
  const arrays = leaves.map((x, i) => arrayLeaf('lax.map', x, i))
  const sizes = new Set(arrays.map((x) => x.shape[0] ?? -1))
  const [size] = sizes
  if (size === undefined || sizes.size > 1 || size < 0) {
    throw new ShapeError('lax.map', 'first axes of one size', arrays.map((x) => showAval(x.aval)).join(', '))
  }
  const [batches, rest] = [Math.floor(size / batchSize), size % batchSize]
  const part = (change: (x: NDArray) => NDArray): X => treedef.unflatten(arrays.map(change)) as X
  const whole = (): Y => {
    const chunked = part((x) =>
      reshape(sliceInDim(x, 0, batches * batchSize), [batches, batchSize, ...x.shape.slice(1)]),
    )
    const results = oneByOne(vmap(f), chunked)
    return joined((y) => reshape(y, [batches * batchSize, ...y.shape.slice(2)]), results)
  }
  const last = (): Y => vmap(f)(part((x) => sliceInDim(x, batches * batchSize, size)))
  if (rest === 0) return whole()
  return batches === 0 ? last() : joined((...ys) => concatenate(ys, 0), whole(), last())
}

const joined = <Y>(f: (...ys: readonly NDArray[]) => NDArray, first: Y, ...others: readonly Y[]): Y => {
  const [leaves, treedef] = tree.flatten<unknown>(first)
  const rest = others.map((other) => treedef.flattenUpTo(other) as readonly NDArray[])
  return treedef.unflatten(leaves.map((y, i) => f(y as NDArray, ...rest.map((list) => list[i]!)))) as Y
}
