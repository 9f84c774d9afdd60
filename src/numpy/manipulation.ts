/** Shapes: rearrange, join, split. */
import { ArgumentError, type NDArray, type Shape, ShapeError, showAval, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promote } from './convert.js'
import { checkCount } from './counts.js'

/** The same elements in another shape, of which one size may be -1. @throws ShapeError */
export const reshape = (x: ArrayLike, shape: Shape | number): NDArray => {
  const a = asArray(x)
  const sizes = typeof shape === 'number' ? [shape] : shape
  const open = sizes.indexOf(-1)
  if (open < 0) return lax.reshape(a, sizes)
  const rest = sizeOf(sizes.filter((_, i) => i !== open))
  if (sizes.includes(-1, open + 1) || rest === 0 || a.size % rest !== 0) {
    throw new ShapeError(
      'np.reshape',
      `sizes whose product divides ${a.size}, at most one of them -1`,
      `[${sizes.join()}] for ${showAval(a.aval)}`,
    )
  }
  return lax.reshape(
    a,
    sizes.map((n) => (n === -1 ? a.size / rest : n)),
  )
}

/** The elements in one axis. */
export const ravel = (x: ArrayLike): NDArray => {
  const a = asArray(x)
  return lax.reshape(a, [a.size])
}

/** Axes in another order; default reversed. */
export const transpose = (x: ArrayLike, axes?: readonly number[]): NDArray => {
  const a = asArray(x)
  return lax.transpose(
    a,
    axes === undefined
      ? [...lax.range(a.ndim)].reverse()
      : axes.map((i) => lax.canonicalAxis('np.transpose', i, a.ndim)),
  )
}
export const permuteDims = transpose

/** An axis moved to another place. */
export const moveaxis = (
  x: ArrayLike,
  source: number | readonly number[],
  destination: number | readonly number[],
): NDArray => {
  const a = asArray(x)
  const canonical = (axes: number | readonly number[]): readonly number[] =>
    (typeof axes === 'number' ? [axes] : axes).map((i) => lax.canonicalAxis('np.moveaxis', i, a.ndim))
  const from = canonical(source)
  const to = canonical(destination)
  if (from.length !== to.length)
    throw new ArgumentError('np.moveaxis', 'as many destinations as sources', `${from.length} and ${to.length}`)
  const order: number[] = lax.range(a.ndim).filter((i) => !from.includes(i))
  to.map((place, i) => [place, from[i]!] as const)
    .sort(([p], [q]) => p - q)
    .forEach(([place, axis]) => order.splice(place, 0, axis))
  return lax.transpose(a, order)
}

/** Two axes exchanged. */
export const swapaxes = (x: ArrayLike, axis1: number, axis2: number): NDArray => {
  const a = asArray(x)
  const [i, j] = [lax.canonicalAxis('np.swapaxes', axis1, a.ndim), lax.canonicalAxis('np.swapaxes', axis2, a.ndim)]
  return lax.transpose(
    a,
    lax.range(a.ndim).map((k) => (k === i ? j : k === j ? i : k)),
  )
}

/** Axes of size 1 put in. */
export const expandDims = (x: ArrayLike, axis: number | readonly number[]): NDArray =>
  lax.expandDims(asArray(x), typeof axis === 'number' ? [axis] : axis)

/** Axes of size 1 taken out; default all of them. @throws ShapeError if one isn't of size 1 */
export const squeeze = (x: ArrayLike, axis?: number | readonly number[]): NDArray => {
  const a = asArray(x)
  return lax.squeeze(
    a,
    axis === undefined ? lax.range(a.ndim).filter((i) => a.shape[i] === 1) : typeof axis === 'number' ? [axis] : axis,
  )
}

/** The array repeated, by NumPy's rule, to a shape. */
export const broadcastTo = (x: ArrayLike, shape: Shape): NDArray => lax.broadcastTo(asArray(x), shape)

/** Arrays broadcast against each other. */
export const broadcastArrays = (...xs: readonly ArrayLike[]): readonly NDArray[] => {
  const arrays = xs.map((x) => asArray(x))
  const shape = lax.broadcastShapes(
    'np.broadcastArrays',
    arrays.map((x) => x.shape),
  )
  return arrays.map((x) => lax.broadcastTo(x, shape))
}

/** Arrays joined along an axis that they have. */
export const concatenate = (xs: readonly ArrayLike[], { axis = 0 }: { readonly axis?: number } = {}): NDArray => {
  if (xs.length === 0) throw new ArgumentError('np.concatenate', 'at least one array', 'none')
  const arrays = promote(...xs)
  return lax.concatenate(arrays, lax.canonicalAxis('np.concatenate', axis, arrays[0]!.ndim))
}

/** Arrays joined along a new axis. */
export const stack = (xs: readonly ArrayLike[], { axis = 0 }: { readonly axis?: number } = {}): NDArray => {
  if (xs.length === 0) throw new ArgumentError('np.stack', 'at least one array', 'none')
  const arrays = promote(...xs)
  const at = lax.canonicalAxis('np.stack', axis, arrays[0]!.ndim + 1)
  return lax.concatenate(
    arrays.map((x) => lax.expandDims(x, [at])),
    at,
  )
}
/** Arrays joined along the first axis; vectors become rows. */
export const vstack = (xs: readonly ArrayLike[]): NDArray => concatenate(xs.map((x) => atLeast2d(asArray(x))))
/** Arrays joined along the second axis; vectors along the only one. */
export const hstack = (xs: readonly ArrayLike[]): NDArray => concatenate(xs, { axis: asArray(xs[0]!).ndim > 1 ? 1 : 0 })

const atLeast2d = (x: NDArray): NDArray => (x.ndim >= 2 ? x : lax.reshape(x, [1, x.size]))

/** An array cut, along an axis, into equal parts or at indices. @throws ShapeError */
export const split = (
  x: ArrayLike,
  parts: number | readonly number[],
  { axis = 0 }: { readonly axis?: number } = {},
): readonly NDArray[] => {
  const a = asArray(x)
  const at = lax.canonicalAxis('np.split', axis, a.ndim)
  const n = a.shape[at]!
  if (typeof parts === 'number') checkCount('np.split', 'a number of parts', parts, 2 ** 16)
  if (typeof parts === 'number' && n % parts !== 0) {
    throw new ShapeError('np.split', `an axis that ${parts} divides`, `${n} in ${showAval(a.aval)}`)
  }
  const bounds = typeof parts === 'number' ? lax.range(parts - 1).map((i) => ((i + 1) * n) / parts) : parts
  return [0, ...bounds].map((from, i) =>
    lax.slice(
      a,
      a.shape.map((_, k) => (k === at ? from : 0)),
      a.shape.map((size, k) => (k === at ? (bounds[i] ?? n) : size)),
    ),
  )
}

/** The order of elements reversed along axes; default all. */
export const flip = (x: ArrayLike, axis?: number | readonly number[]): NDArray => {
  const a = asArray(x)
  const axes = axis === undefined ? lax.range(a.ndim) : typeof axis === 'number' ? [axis] : axis
  return lax.rev(
    a,
    axes.map((i) => lax.canonicalAxis('np.flip', i, a.ndim)),
  )
}

/** The array repeated as a block. */
export const tile = (x: ArrayLike, reps: number | readonly number[]): NDArray => {
  const a = asArray(x)
  const given = typeof reps === 'number' ? [reps] : reps
  const ndim = Math.max(a.ndim, given.length)
  const shape = [...lax.range(ndim - a.ndim).map(() => 1), ...a.shape]
  const counts = [...lax.range(ndim - given.length).map(() => 1), ...given]
  const spread = lax.broadcastInDim(
    a,
    shape.flatMap((n, i) => [counts[i]!, n]),
    lax.range(a.ndim).map((i) => 2 * (i + ndim - a.ndim) + 1),
  )
  return lax.reshape(
    spread,
    shape.map((n, i) => n * counts[i]!),
  )
}

/** Elements at positions along an axis; default: of the flattened array. Positions out of range give NaN by default. */
export const take = (
  x: ArrayLike,
  indices: ArrayLike,
  { axis, mode = 'fill' }: { readonly axis?: number; readonly mode?: lax.TakeMode } = {},
): NDArray => lax.take(axis === undefined ? ravel(x) : asArray(x), asArray(indices), axis ?? 0, mode)

/** Elements at positions along an axis, the other axes of both running along. */
export const takeAlongAxis = (
  x: ArrayLike,
  indices: ArrayLike,
  axis: number,
  { mode = 'fill' }: { readonly mode?: lax.TakeMode } = {},
): NDArray => lax.takeAlongAxis(asArray(x), asArray(indices), axis, mode)
