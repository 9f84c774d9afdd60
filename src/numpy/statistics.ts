/** Covariance and histograms. */
import { ArgumentError, isFloat, NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { diff } from './accumulation.js'
import { type ArrayLike, asArray, fromLists, promoteInexact } from './convert.js'
import { matmul } from './linear.js'
import { concatenate, ravel, transpose } from './manipulation.js'
import { diagonal } from './matrices.js'
import { average, mean, sum } from './reductions.js'
import { searchsorted } from './sorting.js'

export interface CovOptions {
  /** Whether each row is a variable (default), or each column. */
  readonly rowvar?: boolean
  /** Divide by the number of observations, not by one less; default false. */
  readonly bias?: boolean
  /** Subtracted from the number of observations; default 1, with `bias` 0. */
  readonly ddof?: number
  /** How often each observation counts; default once. */
  readonly fweights?: ArrayLike
  /** Weights of the observations; default 1. */
  readonly aweights?: ArrayLike
}

const weightVector = (where: string, w: ArrayLike, like: NDArray): NDArray => {
  const a = lax.convertElementType(asArray(w), like.dtype)
  if (a.ndim !== 1 || a.size !== like.shape[1]) {
    throw new ShapeError(where, `${like.shape[1]!} weights`, showAval(a.aval))
  }
  return a
}

/**
 * Covariances of variables, each a row of observations.
 *
 * @param x - `[variables, observations]`, or `[observations]`
 * @param y - more variables
 * @throws ShapeError, ArgumentError
 * @example
 * np.cov(np.array([[1, 2, 3], [3, 2, 1]])).ravel() // => Array([ 1., -1., -1.,  1.], dtype=float32)
 */
export const cov = (
  x: ArrayLike,
  y: ArrayLike | null = null,
  { rowvar = true, bias = false, ddof = bias ? 0 : 1, fweights, aweights }: CovOptions = {},
): NDArray => {
  if (!Number.isInteger(ddof)) throw new ArgumentError('np.cov', 'a whole number as ddof', String(ddof))
  const rows = (z: ArrayLike): NDArray => {
    const a = asArray(z)
    if (a.ndim > 2) throw new ShapeError('np.cov', 'a vector or matrix', showAval(a.aval))
    const matrix = a.ndim === 2 ? a : lax.reshape(a, [1, a.size])
    return a.ndim === 2 && !rowvar && matrix.shape[0] !== 1 ? transpose(matrix) : matrix
  }
  const given = y === null ? promoteInexact(x) : promoteInexact(x, y)
  const a = given.length === 1 ? rows(given[0]!) : concatenate(given.map(rows))
  const f = fweights === undefined ? null : weightVector('np.cov', fweights, a)
  const w = aweights === undefined ? null : weightVector('np.cov', aweights, a)
  const weights = f === null ? w : w === null ? f : lax.mul(f, w)
  if (weights === null) {
    const centered = lax.sub(a, mean(a, { axis: 1, keepdims: true }))
    const product = matmul(centered, transpose(centered))
    return squeezed(lax.div(product, a.shape[1]! - ddof))
  }
  const total = sum(weights)
  const factor =
    ddof === 0
      ? total
      : w === null
        ? lax.sub(total, ddof)
        : lax.sub(total, lax.div(lax.mul(sum(lax.mul(weights, w)), ddof), total))
  const row = lax.expandDims(weights, [0])
  const centered = lax.sub(a, lax.expandDims(average(a, { axis: 1, weights }), [1]))
  return squeezed(lax.div(matmul(lax.mul(centered, row), transpose(centered)), factor))
}

const squeezed = (x: NDArray): NDArray => lax.squeeze(x, lax.range(x.ndim).filter((i) => x.shape[i] === 1)) // prettier-ignore

/** Correlations of variables, each a row of observations; within [-1, 1]. @throws ShapeError */
export const corrcoef = (
  x: ArrayLike,
  y: ArrayLike | null = null,
  { rowvar = true }: { readonly rowvar?: boolean } = {},
): NDArray => {
  const c = cov(x, y, { rowvar })
  if (c.ndim === 0) return lax.div(c, c)
  const deviation = lax.sqrt(diagonal(c))
  const scaled = lax.div(lax.div(c, lax.expandDims(deviation, [1])), lax.expandDims(deviation, [0]))
  return lax.clamp(-1, scaled, 1)
}

/** The number of bins of one width, or their ascending edges. */
export type Bins = number | NDArray | readonly number[]

export interface HistogramOptions {
  /** Least and greatest value that count; default those of the array. Not for edges. */
  readonly range?: readonly [number, number]
  /** What each value counts; default 1. */
  readonly weights?: ArrayLike
  /** Whether the integral is 1; default false. */
  readonly density?: boolean
}

/** The edges of {@link histogram}'s bins: one more than bins. @throws ArgumentError, ShapeError */
export const histogramBinEdges = (
  x: ArrayLike,
  bins: Bins = 10,
  { range }: Pick<HistogramOptions, 'range'> = {},
): NDArray => {
  const a = ravel(promoteInexact(x)[0]!)
  if (typeof bins !== 'number') {
    const given = bins instanceof NDArray ? bins : fromLists(bins, { dtype: a.dtype })
    if (given.ndim !== 1 || given.size < 2) throw new ShapeError('np.histogram', 'two edges or more', showAval(given.aval)) // prettier-ignore
    return isFloat(given.dtype) ? given : lax.convertElementType(given, a.dtype)
  }
  if (!Number.isInteger(bins) || bins < 1 || bins >= 2 ** 31) {
    throw new ArgumentError('np.histogram', 'a number of bins from 1 to 2³¹ - 1, which int32 counts', String(bins))
  }
  if (range !== undefined && !(range[0] <= range[1])) {
    throw new ArgumentError('np.histogram', 'a range whose bounds ascend', `[${range.join()}]`)
  }
  const bound = (i: 0 | 1): NDArray => {
    if (range !== undefined) return lax.full([], range[i], a.dtype)
    if (a.size === 0) return lax.full([], i, a.dtype)
    return i === 0 ? lax.reduceMin(a, [0]) : lax.reduceMax(a, [0])
  }
  const [low, high] = [bound(0), bound(1)]
  const isPoint = lax.eq(low, high)
  const half = lax.select(isPoint, lax.full([], 0, a.dtype), lax.full([], 0.5, a.dtype))
  const [from, to] = [lax.sub(low, half), lax.add(high, half)]
  const share = lax.div(lax.iota(a.dtype, bins), bins)
  const inner = lax.add(lax.mul(lax.sub(1, share), from), lax.mul(share, to))
  return lax.concatenate([inner, lax.reshape(to, [1])], 0)
}

/** The place of each value among the bins, the last of which holds its right edge; `bins` for values outside. */
const placeIn = (x: NDArray, edges: NDArray): NDArray => {
  const n = edges.size - 1
  const last = lax.squeeze(lax.sliceInDim(edges, n, n + 1), [0])
  const place = lax.sub(searchsorted(edges, x, { side: 'right' }), 1)
  const inside = lax.select(lax.eq(x, last), place, lax.full([], n - 1, 'int32'))
  return lax.select(lax.and(lax.ge(inside, 0), lax.lt(inside, n)), lax.full([], n, 'int32'), inside)
}

const weightsOf = (where: string, weights: ArrayLike | undefined, count: number, like: NDArray): NDArray => {
  if (weights === undefined) return lax.full([count], 1, like.dtype)
  const w = ravel(promoteInexact(weights)[0]!)
  if (w.size !== count) throw new ShapeError(where, `${count} weights`, showAval(w.aval))
  return w
}

/** Weights added up at places; those at `size` are left out. */
const tally = (places: NDArray, weights: NDArray, size: number): NDArray =>
  lax.scatterAdd(
    lax.full([size], 0, weights.dtype),
    lax.expandDims(places, [1]),
    weights,
    { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] },
    { mode: 'drop' },
  )

/**
 * How many values each bin holds, and the edges of the bins; the last bin holds its right edge.
 *
 * @throws ArgumentError, ShapeError
 * @example
 * np.histogram(np.array([1, 2, 2, 4]), 3)[0] // => Array([1., 2., 1.], dtype=float32)
 */
export const histogram = (
  x: ArrayLike,
  bins: Bins = 10,
  { range, weights, density = false }: HistogramOptions = {},
): readonly [counts: NDArray, edges: NDArray] => {
  const a = ravel(promoteInexact(x)[0]!)
  const edges = histogramBinEdges(a, bins, range === undefined ? {} : { range })
  const value = lax.convertElementType(a, edges.dtype)
  const counts = tally(placeIn(value, edges), weightsOf('np.histogram', weights, a.size, edges), edges.size - 1)
  if (!density) return [counts, edges]
  return [lax.div(lax.div(counts, lax.convertElementType(diff(edges), counts.dtype)), sum(counts)), edges]
}

export interface HistogramddOptions {
  /** A range for each axis. */
  readonly range?: readonly (readonly [number, number])[]
  readonly weights?: ArrayLike
  readonly density?: boolean
}

/**
 * How many points each cell of a grid holds, and the edges along each axis.
 *
 * @param points - `[points, axes]`
 * @param bins - those of all axes, or a list of those of each
 * @throws ArgumentError, ShapeError
 */
export const histogramdd = (
  points: ArrayLike,
  bins: number | readonly Bins[] = 10,
  { range, weights, density = false }: HistogramddOptions = {},
): readonly [counts: NDArray, edges: readonly NDArray[]] => {
  const a = promoteInexact(points)[0]!
  if (a.ndim !== 2) throw new ShapeError('np.histogramdd', 'points as rows', showAval(a.aval))
  const [n, d] = a.shape as readonly [number, number]
  const given = typeof bins === 'number' ? lax.range(d).map(() => bins) : bins
  if (given.length !== d || (range !== undefined && range.length !== d)) {
    throw new ArgumentError('np.histogramdd', `bins and ranges of ${d} axes`, `${given.length}`)
  }
  const columns = lax.range(d).map((i) => lax.squeeze(lax.sliceInDim(a, i, i + 1, 1, 1), [1]))
  const edges = columns.map((c, i) => histogramBinEdges(c, given[i], range === undefined ? {} : { range: range[i]! }))
  const sizes = edges.map((e) => e.size - 1)
  const cells = sizes.reduce((p, q) => p * q, 1)
  const places = columns.map((c, i) => placeIn(lax.convertElementType(c, edges[i]!.dtype), edges[i]!))
  const flat = places.reduce<NDArray>((f, p, i) => lax.add(lax.mul(f, sizes[i]!), p), lax.full([n], 0, 'int32'))
  const isOut = places.reduce<NDArray>((out, p, i) => lax.or(out, lax.eq(p, sizes[i]!)), lax.full([n], false, 'bool'))
  const inside = lax.select(isOut, flat, lax.full([], cells, 'int32'))
  const counts = lax.reshape(
    tally(
      inside,
      weights === undefined ? lax.full([n], 1, 'int32') : weightsOf('np.histogramdd', weights, n, a),
      cells,
    ),
    sizes,
  )
  if (!density) return [counts, edges]
  const shares = promoteInexact(counts)[0]!
  const volume = edges.reduce<NDArray>((v, e, i) => lax.mul(v, lax.reshape(lax.convertElementType(diff(e), shares.dtype), sizes.map((_, j) => (j === i ? sizes[i]! : 1)))), lax.full(sizes, 1, shares.dtype)) // prettier-ignore
  return [lax.div(lax.div(shares, volume), sum(shares)), edges]
}

/** As {@link histogramdd}, of points given by two vectors. @throws ArgumentError, ShapeError */
export const histogram2d = (
  x: ArrayLike,
  y: ArrayLike,
  bins: number | readonly [Bins, Bins] = 10,
  options: HistogramddOptions = {},
): readonly [counts: NDArray, xEdges: NDArray, yEdges: NDArray] => {
  const columns = promoteInexact(x, y).map((v) => lax.expandDims(ravel(v), [1]))
  const [counts, edges] = histogramdd(concatenate(columns, { axis: 1 }), bins, options)
  return [counts, edges[0]!, edges[1]!]
}
