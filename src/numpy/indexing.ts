/** `x.slice(...)` and `x.at(...)`: NumPy's indexing, basic and by arrays. */
import {
  ArgumentError,
  DTypeError,
  isBool,
  isInteger,
  NDArray,
  ShapeError,
  type Shape,
  showAval,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray } from './convert.js'
import { nonzero } from './selecting.js'
import { add, divide, maximum, minimum, multiply, power } from './ufuncs.js'

/**
 * One index: a number; `[start, stop]` or `[start, stop, step]` with `null` for open; `null` for a new axis; `'...'` for
 * the axes that aren't mentioned; an array of integers for the elements at these positions; an array of booleans, of the
 * shape of the axes that it stands for, for the elements where it holds.
 */
export type Index =
  number | readonly [start: number | null, stop: number | null, step?: number | null] | null | '...' | NDArray

/** What one axis of the array, with new axes put in, is indexed by. */
type AxisIndex =
  | { readonly kind: 'number'; readonly at: number }
  | {
      readonly kind: 'range'
      readonly start: number
      readonly step: number
      readonly count: number
      readonly isNew: boolean
    }
  | { readonly kind: 'array'; readonly positions: NDArray }

const where = 'indexing'

/** Python's `slice.indices`. */
const rangeOf = (index: readonly (number | null | undefined)[], n: number): AxisIndex => {
  const step = index[2] ?? 1
  if (index.length < 2 || index.length > 3 || step === 0 || !index.every((i) => i == null || Number.isInteger(i))) {
    throw new ArgumentError(
      where,
      '[start, stop] or [start, stop, step] of whole numbers or null, step not 0',
      `[${index.join()}]`,
    )
  }
  const bound = (i: number | null | undefined, open: number): number => {
    if (i == null) return open
    const at = i < 0 ? i + n : i
    return step > 0 ? Math.min(Math.max(at, 0), n) : Math.min(Math.max(at, -1), n - 1)
  }
  const start = bound(index[0], step > 0 ? 0 : n - 1)
  const stop = bound(index[1], step > 0 ? n : -1)
  return { kind: 'range', start, step, count: Math.max(0, Math.ceil((stop - start) / step)), isNew: false }
}

const axisIndex = (index: Exclude<Index, null | '...'>, n: number, axis: number): AxisIndex => {
  if (typeof index === 'number') {
    if (!Number.isInteger(index) || index < -n || index >= n) {
      throw new ShapeError(where, `a whole number in [${-n}, ${n}) for axis ${axis}`, `${index}`)
    }
    return { kind: 'number', at: index < 0 ? index + n : index }
  }
  if (index instanceof NDArray) {
    if (!isInteger(index.dtype)) {
      throw new DTypeError(where, 'arrays of integers', `${showAval(index.aval)}; for a condition use np.where`)
    }
    return { kind: 'array', positions: index }
  }
  return rangeOf(index, n)
}

interface Indexed {
  /** The array with new axes put in. */
  readonly x: NDArray
  /** One for each of its axes. */
  readonly axes: readonly AxisIndex[]
}

/** Masks as the positions where they hold: how many that are must be known, so masks must be concrete. */
const withoutMasks = (x: NDArray, indices: readonly Index[]): readonly Index[] => {
  if (!indices.some((i) => i instanceof NDArray && isBool(i.dtype))) return indices
  const consumed = (i: Index): number =>
    i === null || i === '...' ? 0 : i instanceof NDArray && isBool(i.dtype) ? i.ndim : 1
  const total = indices.reduce<number>((n, i) => n + consumed(i), 0)
  let axis = 0
  return indices.flatMap((i): readonly Index[] => {
    if (i === '...') axis += x.ndim - total
    const at = axis
    axis += consumed(i)
    if (!(i instanceof NDArray) || !isBool(i.dtype)) return [i]
    if (i.ndim === 0 || i.shape.some((n, d) => n !== x.shape[at + d])) {
      throw new ShapeError(
        where,
        `a mask of the sizes of axes ${at} and following of ${showAval(x.aval)}`,
        showAval(i.aval),
      )
    }
    return nonzero(i)
  })
}

const parse = (x: NDArray, given: readonly Index[]): Indexed => {
  const indices = withoutMasks(x, given)
  const consumed = indices.filter((i) => i !== null && i !== '...').length
  if (indices.filter((i) => i === '...').length > 1 || consumed > x.ndim) {
    throw new ShapeError(where, `at most ${x.ndim} indices and one '...' for ${showAval(x.aval)}`, `${indices.length}`)
  }
  const rest = Array.from({ length: x.ndim - consumed }, (): Index => [null, null])
  const dots = indices.indexOf('...')
  const full = dots < 0 ? [...indices, ...rest] : [...indices.slice(0, dots), ...rest, ...indices.slice(dots + 1)]
  let axis = 0
  const axes = full.map((index): AxisIndex => {
    if (index === null) return { kind: 'range', start: 0, step: 1, count: 1, isNew: true }
    const parsed = axisIndex(index as Exclude<Index, null | '...'>, x.shape[axis]!, axis)
    axis += 1
    return parsed
  })
  const added = axes.flatMap((a, i) => (a.kind === 'range' && a.isNew ? [i] : []))
  return { x: added.length === 0 ? x : lax.expandDims(x, added), axes }
}

/** Numbers and ranges only: no gather. */
const basic = ({ x, axes }: Indexed): NDArray => {
  const bounds = axes.map((a): readonly [number, number, number] => {
    if (a.kind === 'number') return [a.at, a.at + 1, 1]
    const { start, step, count } = a as Extract<AxisIndex, { kind: 'range' }>
    if (count === 0) return [0, 0, 1]
    const last = start + (count - 1) * step
    return step > 0 ? [start, last + 1, step] : [last, start + 1, -step]
  })
  const sliced = lax.slice(
    x,
    bounds.map(([start]) => start),
    bounds.map(([, limit]) => limit),
    bounds.map(([, , step]) => step),
  )
  const reversed = axes.flatMap((a, i) => (a.kind === 'range' && a.step < 0 && a.count > 1 ? [i] : []))
  const dropped = axes.flatMap((a, i) => (a.kind === 'number' ? [i] : []))
  return lax.squeeze(reversed.length > 0 ? lax.rev(sliced, reversed) : sliced, dropped)
}

/** How windows of the array are addressed by arrays of positions. */
interface Windows {
  /** `[...batch, components]`, int32 */
  readonly starts: NDArray
  readonly startIndexMap: readonly number[]
  readonly collapsed: readonly number[]
  readonly sizes: readonly number[]
  /** Axes of the result that run over the windows. */
  readonly offsetDims: readonly number[]
  readonly shape: Shape
}

const windowsOf = ({ x, axes }: Indexed): Windows => {
  const isWindow = (a: AxisIndex): boolean => a.kind === 'range' && a.step === 1
  // A range with a step is addressed by its positions, each along a batch axis of its own.
  const strided = axes.flatMap((a, i) => (a.kind === 'range' && a.step !== 1 ? [i] : []))
  const arrays = axes.flatMap((a) => (a.kind === 'array' ? [a.positions] : []))
  const joint = lax.broadcastShapes(
    where,
    arrays.map((p) => p.shape),
  )
  const shapeOfArrays = arrays.length === 0 ? [] : joint
  const batch = [...shapeOfArrays, ...strided.map((i) => (axes[i] as { readonly count: number }).count)]
  const positions = (a: AxisIndex, axis: number): NDArray => {
    if (a.kind === 'number') return lax.full(batch, a.at, 'int32')
    if (a.kind === 'array') {
      const p = lax.convertElementType(lax.broadcastTo(a.positions, shapeOfArrays), 'int32')
      return lax.broadcastInDim(p, batch, lax.range(shapeOfArrays.length))
    }
    if (isWindow(a)) return lax.full(batch, a.start, 'int32')
    const line = lax.add(lax.mul(lax.iota('int32', a.count), a.step), a.start)
    return lax.broadcastInDim(line, batch, [shapeOfArrays.length + strided.indexOf(axis)])
  }
  const addressed = axes.flatMap((a, i) => (isWindow(a) && a.kind === 'range' && a.count === x.shape[i] ? [] : [i]))
  const components = addressed.map((i) => lax.expandDims(positions(axes[i]!, i), [batch.length]))
  const windows = axes.flatMap((a, i) => (isWindow(a) ? [i] : []))
  return {
    starts: components.length === 0 ? lax.full([...batch, 0], 0, 'int32') : lax.concatenate(components, batch.length),
    startIndexMap: addressed,
    collapsed: axes.flatMap((a, i) => (isWindow(a) ? [] : [i])),
    sizes: axes.map((a) => (a.kind === 'range' && isWindow(a) ? a.count : 1)),
    offsetDims: windows.map((_, i) => batch.length + i),
    shape: [...batch, ...windows.map((i) => (axes[i] as { readonly count: number }).count)],
  }
}

/**
 * Where each axis of a gathered result belongs in NumPy's result: the arrays' axes stand where the arrays stood side by
 * side, else in front.
 */
const resultOrder = ({ axes }: Indexed, arrayNdim: number): readonly number[] => {
  const strided = axes.flatMap((a, i) => (a.kind === 'range' && a.step !== 1 ? [i] : []))
  const windows = axes.flatMap((a, i) => (a.kind === 'range' && a.step === 1 ? [i] : []))
  // Beside an array a number counts as an array of one.
  const advanced = axes.flatMap((a, i) => (a.kind === 'range' ? [] : [i]))
  const together = advanced.every((axis, i) => axis === advanced[0]! + i)
  const arrayAxes = lax.range(arrayNdim)
  const kept = axes.flatMap((a, i) => (a.kind === 'range' ? [i] : []))
  const placeOf = (axis: number): number =>
    strided.includes(axis) ? arrayNdim + strided.indexOf(axis) : arrayNdim + strided.length + windows.indexOf(axis)
  if (!together) return [...arrayAxes, ...kept.map(placeOf)]
  const before = kept.filter((i) => advanced.length > 0 && i < advanced[0]!)
  const after = kept.filter((i) => !before.includes(i))
  return [...before.map(placeOf), ...arrayAxes, ...after.map(placeOf)]
}

const arrayNdim = ({ axes }: Indexed): number =>
  Math.max(0, ...axes.map((a) => (a.kind === 'array' ? a.positions.ndim : 0)))

const gathered = (x: NDArray, indices: readonly Index[], { mode = 'clip', fillValue }: GetOptions = {}): NDArray => {
  const indexed = parse(x, indices)
  if (!indexed.axes.some((a) => a.kind === 'array')) return basic(indexed)
  const { starts, startIndexMap, collapsed, sizes, offsetDims } = windowsOf(indexed)
  const result = lax.gather(indexed.x, starts, { offsetDims, collapsedSliceDims: collapsed, startIndexMap }, sizes, {
    mode,
    wrapNegative: true,
    ...(fillValue === undefined ? {} : { fillValue }),
  })
  return lax.transpose(result, resultOrder(indexed, arrayNdim(indexed)))
}

/**
 * Elements at indices. Positions in arrays that are out of range are moved inside.
 *
 * @throws ShapeError, DTypeError if an index doesn't fit
 * @example
 * np.arange(6).reshape(2, 3).slice(1, [null, null, -1]) // => Array([5, 4, 3], dtype=int32)
 */
export const slice = (x: NDArray, ...indices: readonly Index[]): NDArray => gathered(x, indices)

type Scatter = typeof lax.scatter

export interface GetOptions {
  /** What positions out of range give: `'clip'` (default): the nearest element; `'fill'`: `fillValue`. */
  readonly mode?: 'clip' | 'fill' | 'promise_in_bounds'
  /** Default NaN, of integers the least (unsigned: greatest) number. */
  readonly fillValue?: number
}

/** The places of an array that indices select, to be read or replaced. */
export interface IndexUpdate {
  /** The array with `value` there. Of positions that come twice any value may stay. */
  set(value: ArrayLike): NDArray
  /** The array with `value` added there, once for each time that a position comes. */
  add(value: ArrayLike): NDArray
  sub(value: ArrayLike): NDArray
  mul(value: ArrayLike): NDArray
  div(value: ArrayLike): NDArray
  pow(value: ArrayLike): NDArray
  min(value: ArrayLike): NDArray
  max(value: ArrayLike): NDArray
  /** The array with the elements there replaced by a function of them, once whether a position comes twice or not. */
  apply(f: (x: NDArray) => NDArray): NDArray
  /** The elements there. */
  get(options?: GetOptions): NDArray
}

/** Elements of the array that a mask selects, by a value for all of them: the shape is known even if the mask is traced. */
const whereMasked = (x: NDArray, indices: readonly Index[], value: NDArray): NDArray | null => {
  const [mask, ...others] = indices
  if (!(mask instanceof NDArray) || !isBool(mask.dtype) || others.length > 0) return null
  const inner = x.ndim - mask.ndim
  if (mask.shape.some((n, d) => n !== x.shape[d]) || value.ndim > inner) return null
  return lax.broadcastInDim(mask, x.shape, lax.range(mask.ndim))
}

/**
 * An array with changes at indices; the array itself stays as it is. Positions out of range are left out.
 *
 * @throws ShapeError if a value doesn't broadcast to the places; ConcretizationError for a traced mask with a value of its own for each place
 * @example
 * np.zeros([3]).at(1).set(5) // => Array([0., 5., 0.], dtype=float32)
 */
export const at = (x: NDArray, ...indices: readonly Index[]): IndexUpdate => {
  const scattered = (scatter: Scatter, operand: NDArray, given: NDArray): NDArray => {
    const indexed = parse(operand, indices)
    const { starts, startIndexMap, collapsed, offsetDims, shape } = windowsOf(indexed)
    const order = resultOrder(indexed, arrayNdim(indexed))
    const target = order.map((i) => shape[i]!)
    const updates = lax.broadcastTo(lax.convertElementType(given, operand.dtype), target)
    const inverse = lax.range(order.length).map((i) => order.indexOf(i))
    const result = scatter(
      indexed.x,
      starts,
      lax.transpose(updates, inverse),
      { updateWindowDims: offsetDims, insertedWindowDims: collapsed, scatterDimsToOperandDims: startIndexMap },
      { mode: 'drop', wrapNegative: true },
    )
    return lax.reshape(result, operand.shape)
  }
  const update =
    (scatter: Scatter, combine: (x: NDArray, value: NDArray) => NDArray) =>
    (value: ArrayLike): NDArray => {
      const given = asArray(value, 'x.at')
      const mask = whereMasked(x, indices, given)
      if (mask === null) return scattered(scatter, x, given)
      const cast = lax.broadcastTo(lax.convertElementType(given, x.dtype), x.shape)
      return lax.select(mask, x, combine(x, cast))
    }
  const mul = update(lax.scatterMul, multiply)
  // Where positions come twice, so do their factors.
  const factors = (value: ArrayLike): NDArray =>
    at(lax.full(x.shape, 1, x.dtype), ...indices).mul(lax.convertElementType(asArray(value, 'x.at'), x.dtype))
  return {
    set: update(lax.scatter, (_x, value) => value),
    add: update(lax.scatterAdd, add),
    sub: (value) => update(lax.scatterAdd, add)(lax.neg(lax.convertElementType(asArray(value, 'x.at'), x.dtype))),
    mul,
    div: (value) => lax.convertElementType(divide(x, factors(value)), x.dtype),
    pow: (value) => power(x, factors(value)),
    min: update(lax.scatterMin, minimum),
    max: update(lax.scatterMax, maximum),
    apply(f) {
      const mask = whereMasked(x, indices, lax.full([], 0, x.dtype))
      const isThere = mask ?? scattered(lax.scatter, lax.full(x.shape, 0, 'int32'), lax.full([], 1, 'int32'))
      const changed = lax.convertElementType(asArray(f(x)), x.dtype)
      if (changed.shape.join() !== x.shape.join()) throw new ShapeError('x.at(…).apply', 'a function that keeps shapes', showAval(changed.aval)) // prettier-ignore
      return lax.select(isBool(isThere.dtype) ? isThere : lax.ne(isThere, 0), x, changed)
    },
    get: (options) => gathered(x, indices, options),
  }
}

/** The arrays along the first axis. @throws ShapeError for a scalar */
export function* iterate(x: NDArray): Generator<NDArray, void, undefined> {
  if (x.ndim === 0) throw new ShapeError('iteration', 'an array of at least one axis', showAval(x.aval))
  for (let i = 0; i < x.shape[0]!; i++) yield slice(x, i)
}
