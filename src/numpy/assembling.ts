/** Arrays put together from parts, and taken apart. */
import { ArgumentError, isBool, isInteger, NDArray, type Shape, ShapeError, showAval, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import { another, type ArrayLike, asArray, fromElements, promote } from './convert.js'
import { concatenate, flip, moveaxis, ravel, reshape, swapaxes, tile } from './manipulation.js'

/** The last two axes exchanged. @throws ShapeError for less than two axes */
export const matrixTranspose = (x: ArrayLike): NDArray => {
  const a = asArray(x)
  if (a.ndim < 2) throw new ShapeError('np.matrixTranspose', 'two axes or more', showAval(a.aval))
  return swapaxes(a, -1, -2)
}

/** Arrays joined along an axis that they have. */
export const concat = concatenate

/** The arrays along an axis (default the first). @throws ShapeError for a scalar */
export const unstack = (x: ArrayLike, { axis = 0 }: { readonly axis?: number } = {}): readonly NDArray[] => {
  const a = asArray(x)
  if (a.ndim === 0) throw new ShapeError('np.unstack', 'an array of at least one axis', showAval(a.aval))
  const at = lax.canonicalAxis('np.unstack', axis, a.ndim)
  return lax.range(a.shape[at]!).map((i) => lax.squeeze(lax.sliceInDim(a, i, i + 1, 1, at), [at]))
}

/** The order along the second axis reversed. */
export const fliplr = (x: ArrayLike): NDArray => flip(x, 1)
/** The order along the first axis reversed. */
export const flipud = (x: ArrayLike): NDArray => flip(x, 0)

/** An axis moved to stand before another; default to the front. */
export const rollaxis = (x: ArrayLike, axis: number, start = 0): NDArray => {
  const a = asArray(x)
  const from = lax.canonicalAxis('np.rollaxis', axis, a.ndim)
  const to = start < 0 ? start + a.ndim : start
  if (!Number.isInteger(to) || to < 0 || to > a.ndim) {
    throw new ArgumentError('np.rollaxis', `a place from ${-a.ndim} to ${a.ndim}`, String(start))
  }
  return moveaxis(a, from, from < to ? to - 1 : to)
}

/** The elements in a new shape: repeated from the start where there are too few. */
export const resize = (x: ArrayLike, shape: Shape | number): NDArray => {
  const flat = ravel(x)
  const sizes = typeof shape === 'number' ? [shape] : shape
  if (sizes.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError('np.resize', 'sizes that are whole numbers', `[${sizes.join()}]`)
  }
  const size = sizeOf(sizes)
  if (size === 0) return lax.full(sizes, 0, flat.dtype)
  if (flat.size === 0) return lax.full(sizes, 0, flat.dtype)
  const whole = flat.size >= size ? flat : tile(flat, Math.ceil(size / flat.size))
  return lax.reshape(lax.sliceInDim(whole, 0, size), sizes)
}

/** Values after the array; default both flattened. */
export const append = (x: ArrayLike, values: ArrayLike, { axis }: { readonly axis?: number } = {}): NDArray =>
  axis === undefined ? concatenate([ravel(x), ravel(values)]) : concatenate([x, values], { axis })

const axisOf = (where: string, x: ArrayLike, axis: number | undefined): readonly [NDArray, number] => {
  const a = asArray(x)
  return axis === undefined ? [ravel(a), 0] : [a, lax.canonicalAxis(where, axis, a.ndim)]
}

/** Places of an axis that are known now. @throws ArgumentError if one is out of range; ConcretizationError if they are traced */
const placesOf = (
  where: string,
  at: number | readonly number[] | NDArray,
  n: number,
  isOpen: boolean,
): readonly number[] => {
  // prettier-ignore
  if (at instanceof NDArray && isBool(at.dtype)) {
    return Array.from(at.data() as Uint8Array).flatMap((isThere, i) => (isThere === 0 ? [] : [i]))
  }
  if (at instanceof NDArray && !isInteger(at.dtype)) throw new ArgumentError(where, 'places of integers', at.dtype)
  const given = at instanceof NDArray ? Array.from(at.data() as Int32Array, Number) : typeof at === 'number' ? [at] : at
  return given.map((i) => {
    const place = i < 0 ? i + n : i
    if (!Number.isInteger(place) || place < 0 || place > (isOpen ? n : n - 1)) {
      throw new ArgumentError(where, `places in an axis of ${n} elements`, String(i))
    }
    return place
  })
}

/**
 * Without the elements at places of an axis; default: of the flattened array.
 *
 * @param at - one place, several, or a mask; concrete, as the shape of the result depends on them
 * @throws ArgumentError if a place is out of range
 * @example
 * np.delete(np.array([1, 2, 3]), 1) // => Array([1., 3.], dtype=float32)
 */
const withoutPlaces = (
  x: ArrayLike,
  at: number | readonly number[] | NDArray,
  { axis }: { readonly axis?: number } = {},
): NDArray => {
  const [a, along] = axisOf('np.delete', x, axis)
  const dropped = new Set(placesOf('np.delete', at, a.shape[along]!, false))
  const rest = lax.range(a.shape[along]!).filter((i) => !dropped.has(i))
  return lax.take(a, fromElements(rest, [rest.length], 'int32'), along, 'promise_in_bounds')
}
export { withoutPlaces as delete }

/**
 * With values put before places of an axis; default: of the flattened array.
 *
 * @param at - one place, or one for each value; they count in the array as it was
 * @throws ArgumentError if a place is out of range; ShapeError
 * @example
 * np.insert(np.array([1, 2, 3]), 1, 9) // => Array([1., 9., 2., 3.], dtype=float32)
 */
export const insert = (
  x: ArrayLike,
  at: number | readonly number[] | NDArray,
  values: ArrayLike,
  { axis }: { readonly axis?: number } = {},
): NDArray => {
  const [a, along] = axisOf('np.insert', x, axis)
  const n = a.shape[along]!
  const places = placesOf('np.insert', at, n, true)
  const given = lax.convertElementType(asArray(values), a.dtype)
  const isOne = typeof at === 'number' || (at instanceof NDArray && at.ndim === 0)
  // At one place all values go, along the axis; at several, one to each.
  const shaped = isOne && given.ndim > 0 ? moveaxis(expanded(given, a.ndim), 0, along) : given
  const count = isOne ? (shaped.ndim === a.ndim ? shaped.shape[along]! : 1) : places.length
  const full = lax.broadcastTo(
    shaped,
    a.shape.map((size, i) => (i === along ? count : size)),
  )
  const all = isOne ? lax.range(count).map(() => places[0]!) : places
  const order = lax
    .range(n + count)
    .map((i) => [i < n ? i : all[i - n]!, i < n ? 1 : 0, i] as const)
    .sort((p, q) => p[0] - q[0] || p[1] - q[1] || p[2] - q[2])
    .map(([, , i]) => i)
  return lax.take(concatenate([a, full], { axis: along }), fromElements(order, [order.length], 'int32'), along, 'promise_in_bounds') // prettier-ignore
}

const expanded = (x: NDArray, ndim: number): NDArray =>
  x.ndim >= ndim ? x : reshape(x, [...lax.range(ndim - x.ndim).map(() => 1), ...x.shape])

/** Arrays in nested lists: the innermost lists are joined along the last axis, the next along the one before. */
export type Blocks = ArrayLike | readonly Blocks[]

const depthOf = (blocks: Blocks): number => {
  if (!Array.isArray(blocks)) return 0
  const depths = new Set((blocks as readonly Blocks[]).map(depthOf))
  if (depths.size !== 1) throw new ArgumentError('np.block', 'lists of one depth, none empty', `${depths.size} depths`)
  return 1 + [...depths][0]!
}

/**
 * An array from blocks.
 *
 * @throws ArgumentError if lists are empty or differ in depth; ShapeError if blocks don't fit
 * @example
 * np.block([[np.eye(2), np.zeros([2, 1])]]).shape // => [2, 3]
 */
export const block = (blocks: Blocks): NDArray => {
  const depth = depthOf(blocks)
  const leaves = (b: Blocks): readonly ArrayLike[] => (Array.isArray(b) ? (b as readonly Blocks[]).flatMap(leaves) : [b as ArrayLike]) // prettier-ignore
  const ndim = Math.max(depth, ...leaves(blocks).map((x) => asArray(x).ndim))
  const join = (b: Blocks, level: number): NDArray =>
    Array.isArray(b)
      ? concatenate(
          (b as readonly Blocks[]).map((c) => join(c, level - 1)),
          { axis: ndim - level },
        )
      : expanded(asArray(b as ArrayLike), ndim)
  return join(blocks, depth)
}

/**
 * The array with a value on its main diagonal, `wrap`ped around in tall matrices; the array itself stays.
 *
 * @throws ShapeError for less than two axes, or more than two of unlike sizes
 */
export const fillDiagonal = (
  x: ArrayLike,
  value: ArrayLike,
  { wrap = false }: { readonly wrap?: boolean } = {},
): NDArray => {
  const a = asArray(x)
  if (a.ndim < 2 || (a.ndim > 2 && new Set(a.shape).size > 1)) {
    throw new ShapeError('np.fillDiagonal', 'a matrix, or more axes of one size', showAval(a.aval))
  }
  const places = lax.range(a.ndim).map((i) => lax.broadcastedIota('int32', a.shape, i))
  const [row, column] = places as [NDArray, NDArray]
  const period = (a.shape[1] ?? 0) + 1
  const index = wrap && a.ndim === 2 ? lax.rem(row, period) : row
  const isOn = places.slice(1).reduce<NDArray>((on, p) => lax.and(on, lax.eq(index, p)), lax.eq(index, column))
  const given = lax.convertElementType(asArray(value), a.dtype)
  if (given.ndim === 0) return lax.select(isOn, a, given)
  // One value for each element of the diagonal, from the start again where there are too few.
  const count = wrap ? a.shape[0]! : Math.min(...a.shape)
  const line = resize(given, [count])
  const along = wrap ? lax.sub(row, lax.div(row, period)) : row
  return lax.select(isOn, a, lax.take(line, along, 0, 'clip'))
}

/** An array of the same elements, which lives on when the other one is donated. */
export const copy = (x: ArrayLike): NDArray => another(promote(x)[0]!)
