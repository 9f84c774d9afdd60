/** Triangles, diagonals, grids. */
import { ArgumentError, type DType, type NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, type ArrayOptions, asArray, fromLists } from './convert.js'
import { checkCount } from './counts.js'
import { moveaxis } from './manipulation.js'
import { sum } from './reductions.js'

/** Whether an element of the last two axes is on or below a diagonal. */
const isBelow = (shape: readonly number[], k: number): NDArray => {
  const matrix = shape.slice(-2)
  const [row, column] = [lax.broadcastedIota('int32', matrix, 0), lax.broadcastedIota('int32', matrix, 1)]
  return lax.broadcastTo(lax.ge(lax.add(row, k), column), shape)
}

const triangle = (where: string, x: ArrayLike, k: number, lower: boolean): NDArray => {
  const a = asArray(x)
  if (a.ndim < 2) throw new ShapeError(where, 'a matrix, or several', showAval(a.aval))
  const mask = isBelow(a.shape, lower ? k : k - 1)
  const zeros = lax.full([], 0, a.dtype)
  return lower ? lax.select(mask, zeros, a) : lax.select(mask, a, zeros)
}

/** The matrix with zeros above the k-th diagonal. */
export const tril = (x: ArrayLike, k = 0): NDArray => triangle('np.tril', x, k, true)
/** The matrix with zeros below the k-th diagonal. */
export const triu = (x: ArrayLike, k = 0): NDArray => triangle('np.triu', x, k, false)
/** Ones on and below the k-th diagonal; default float32. */
export const tri = (n: number, m: number = n, k = 0, { dtype = 'float32' }: ArrayOptions = {}): NDArray =>
  lax.convertElementType(isBelow([n, m], k), dtype)

const triangleIndices = (isIn: (row: number, column: number) => boolean, n: number, m: number) => {
  for (const size of [n, m]) checkCount('np.trilIndices', 'sizes', size, 2 ** 12)
  const places = lax.range(n).flatMap((i) => lax.range(m).flatMap((j) => (isIn(i, j) ? [[i, j] as const] : [])))
  const index = (k: 0 | 1): NDArray => fromLists(places.map((p) => p[k]), { dtype: 'int32' }) // prettier-ignore
  return [index(0), index(1)] as const
}
/** Rows and columns of the elements on and below the k-th diagonal of an n × m matrix (default n × n), int32. */
export const trilIndices = (n: number, k = 0, m: number = n): readonly [rows: NDArray, columns: NDArray] =>
  triangleIndices((i, j) => j - i <= k, n, m)
/** Rows and columns of the elements on and above the k-th diagonal of an n × m matrix (default n × n), int32. */
export const triuIndices = (n: number, k = 0, m: number = n): readonly [rows: NDArray, columns: NDArray] =>
  triangleIndices((i, j) => j - i >= k, n, m)

export interface DiagonalOptions {
  /** Above the main diagonal by so many; default 0. */
  readonly offset?: number
  /** Axes of rows and columns; default 0 and 1. */
  readonly axis1?: number
  readonly axis2?: number
}

/** The elements on a diagonal, as a new last axis. @throws ShapeError */
export const diagonal = (x: ArrayLike, { offset = 0, axis1 = 0, axis2 = 1 }: DiagonalOptions = {}): NDArray => {
  const a = asArray(x)
  if (a.ndim < 2) throw new ShapeError('np.diagonal', 'an array of two axes or more', showAval(a.aval))
  const last = moveaxis(a, [axis1, axis2], [-2, -1])
  const [n, m] = last.shape.slice(-2) as [number, number]
  const lead = last.shape.slice(0, -2)
  const count = Math.max(0, offset >= 0 ? Math.min(n, m - offset) : Math.min(n + offset, m))
  const start = count === 0 ? 0 : offset >= 0 ? offset : -offset * m
  const end = count === 0 ? 0 : start + (count - 1) * (m + 1) + 1
  return lax.sliceInDim(lax.reshape(last, [...lead, n * m]), start, end, m + 1, lead.length)
}

/** A matrix with a vector on its k-th diagonal, or the k-th diagonal of a matrix. @throws ShapeError */
export const diag = (x: ArrayLike, k = 0): NDArray => {
  const a = asArray(x)
  if (a.ndim === 2) return diagonal(a, { offset: k })
  if (a.ndim !== 1) throw new ShapeError('np.diag', 'a vector or a matrix', showAval(a.aval))
  const n = a.size + Math.abs(k)
  const column = lax.reshape(lax.pad(a, 0, [k < 0 ? [-k, 0, 0] : [0, k, 0]]), [n, 1])
  const [row, col] = [lax.broadcastedIota('int32', [n, n], 0), lax.broadcastedIota('int32', [n, n], 1)]
  return lax.select(lax.eq(lax.add(row, k), col), lax.full([], 0, a.dtype), column)
}
/** A matrix with the elements of an array on its k-th diagonal. */
export const diagflat = (x: ArrayLike, k = 0): NDArray => diag(lax.reshape(asArray(x), [asArray(x).size]), k)

/** Sum of a diagonal. */
export const trace = (x: ArrayLike, options: DiagonalOptions = {}): NDArray => sum(diagonal(x, options), { axis: -1 })

export interface MeshgridOptions {
  /** `'xy'` (default): the first vector runs along the second axis; `'ij'`: along the first. */
  readonly indexing?: 'xy' | 'ij'
  /** Leave axes of size 1 where a vector does not run; default false. */
  readonly sparse?: boolean
}

/** Coordinates of a grid from the coordinates along its axes. @throws ShapeError unless they are vectors */
export const meshgrid = (
  xs: readonly ArrayLike[],
  { indexing = 'xy', sparse = false }: MeshgridOptions = {},
): readonly NDArray[] => {
  const vectors = xs.map((x) => asArray(x))
  const odd = vectors.find((x) => x.ndim > 1)
  if (odd !== undefined) throw new ShapeError('np.meshgrid', 'vectors', showAval(odd.aval))
  const place = (i: number): number => (indexing === 'xy' && i < 2 && xs.length > 1 ? 1 - i : i)
  const shape = vectors.map((_, i) => vectors[place(i)]!.size)
  return vectors.map((x, i) => {
    const flat = lax.reshape(x, [x.size])
    return lax.broadcastInDim(flat, sparse ? shape.map((n, j) => (j === place(i) ? n : 1)) : shape, [place(i)])
  })
}

/** For each axis of a shape the index along it, stacked; default int32. */
export const indices = (shape: readonly number[], { dtype = 'int32' }: ArrayOptions = {}): NDArray =>
  lax.concatenate(
    shape.map((_, i) => lax.expandDims(lax.broadcastedIota(dtype, shape, i), [0])),
    0,
  )

export interface SpaceOptions {
  /** Whether `stop` is the last element; default true. */
  readonly endpoint?: boolean
  /** Default float32. */
  readonly dtype?: DType
}

const spaced = (num: number, endpoint: boolean, value: (share: number) => number, dtype: DType): NDArray => {
  checkCount('np.logspace', 'a number of points', num)
  const intervals = Math.max(1, endpoint ? num - 1 : num)
  return fromLists(
    Array.from({ length: num }, (_, i) => value(i / intervals)),
    { dtype },
  )
}

/** `num` (default 50) powers of `base` (default 10), from base^start to base^stop, evenly spaced in their exponents. */
export const logspace = (
  start: number,
  stop: number,
  num = 50,
  { endpoint = true, base = 10, dtype = 'float32' }: SpaceOptions & { readonly base?: number } = {},
): NDArray => spaced(num, endpoint, (share) => base ** (start + (stop - start) * share), dtype)

/** `num` (default 50) numbers of one sign from start to stop, each the same multiple of the one before. @throws ArgumentError */
export const geomspace = (
  start: number,
  stop: number,
  num = 50,
  { endpoint = true, dtype = 'float32' }: SpaceOptions = {},
): NDArray => {
  if (!(start * stop > 0)) throw new ArgumentError('np.geomspace', 'bounds of one sign', `${start} and ${stop}`)
  const value = (share: number): number => (share === 0 ? start : share === 1 ? stop : start * (stop / start) ** share)
  return spaced(num, endpoint, value, dtype)
}
