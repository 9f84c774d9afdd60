/** Norms, ranks, pseudo-inverses, powers. */
import { ArgumentError, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type ArrayLike, asArray, promote, promoteInexact } from '../convert.js'
import { eye } from '../creation.js'
import { matmul } from '../linear.js'
import { moveaxis, swapaxes } from '../manipulation.js'
import { axesOf } from '../axes.js'
import * as reductions from '../reductions.js'
import { inv, solve } from './lu.js'
import { svd, svdvals } from './spectral.js'

export interface NormOptions {
  /** Vectors: any number, ±Infinity; matrices: 1, 2, -1, -2, ±Infinity, `'fro'`, `'nuc'`. Default 2, of matrices `'fro'`. */
  readonly ord?: number | 'fro' | 'nuc'
  /** Axis of vectors, or two of matrices; default: all elements as one vector, or with `ord` the array itself. */
  readonly axis?: reductions.Axis
  readonly keepdims?: boolean
}

const lengthOf = (x: NDArray, ord: number, options: reductions.ReduceOptions): NDArray => {
  const a = lax.abs(x)
  if (ord === Infinity) return reductions.max(a, options)
  if (ord === -Infinity) return reductions.min(a, options)
  if (ord === 0) return reductions.sum(lax.convertElementType(lax.ne(x, 0), x.dtype), options)
  if (ord === 1) return reductions.sum(a, options)
  if (ord === 2) return lax.sqrt(reductions.sum(lax.square(x), options))
  return lax.pow(reductions.sum(lax.pow(a, ord), options), lax.full([], 1 / ord, x.dtype))
}

const normOfMatrix = (x: NDArray, ord: number | 'fro' | 'nuc'): NDArray => {
  if (ord === 'fro') return lax.sqrt(reductions.sum(lax.square(x), { axis: [-2, -1] }))
  if (ord === 'nuc') return reductions.sum(svdvals(x), { axis: -1 })
  const extreme = ord > 0 ? reductions.max : reductions.min
  if (Math.abs(ord) === 2) return extreme(svdvals(x), { axis: -1 })
  if (Math.abs(ord) === 1) return extreme(reductions.sum(lax.abs(x), { axis: -2 }), { axis: -1 })
  if (Math.abs(ord) === Infinity) return extreme(reductions.sum(lax.abs(x), { axis: -1 }), { axis: -1 })
  throw new ArgumentError('np.linalg.norm', "1, 2, -1, -2, ±Infinity, 'fro' or 'nuc' for a matrix", String(ord))
}

/**
 * Norm of vectors or matrices.
 *
 * @throws ArgumentError, ShapeError
 * @example
 * np.linalg.norm(np.array([3, 4])) // => Array(5., dtype=float32)
 */
export const norm = (x: ArrayLike, { ord, axis = null, keepdims = false }: NormOptions = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  if (axis === null && ord === undefined) return lengthOf(a, 2, { keepdims })
  const axes = axesOf('np.linalg.norm', axis, a.ndim)
  if (axes.length === 1) {
    if (typeof ord === 'string') throw new ArgumentError('np.linalg.norm', 'a number for vectors', ord)
    return lengthOf(a, ord ?? 2, { axis: axes, keepdims })
  }
  if (axes.length !== 2) throw new ShapeError('np.linalg.norm', 'one or two axes', showAval(a.aval))
  const y = normOfMatrix(moveaxis(a, axes, [-2, -1]), ord ?? 'fro')
  return keepdims
    ? lax.reshape(
        y,
        a.shape.map((n, i) => (axes.includes(i) ? 1 : n)),
      )
    : y
}

/** Rounding of numbers of a dtype: the gap after 1. */
const epsilonOf = (x: NDArray): number =>
  ({ float64: 2 ** -52, float16: 2 ** -10, bfloat16: 2 ** -7 })[x.dtype as string] ?? 2 ** -23

/** Singular values that count as 0, beside the greatest. */
const cutoff = (a: NDArray, rtol: number | undefined): number =>
  rtol ?? 10 * Math.max(...a.shape.slice(-2)) * epsilonOf(a)

export interface ToleranceOptions {
  /** Singular values up to this share of the greatest count as 0; default 10 · max(n, m) · epsilon. */
  readonly rtol?: number
}

/** Moore's and Penrose's inverse, of any matrices. @throws ShapeError */
export const pinv = (x: ArrayLike, { rtol }: ToleranceOptions = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  const [u, s, vt] = svd(a, { fullMatrices: false })
  const greatest = lax.sliceInDim(s, 0, Math.min(1, s.shape.at(-1)!), 1, s.ndim - 1)
  const counts = lax.gt(s, lax.mul(greatest, cutoff(a, rtol)))
  const inverse = lax.select(counts, lax.full([], 0, s.dtype), lax.reciprocal(lax.select(counts, lax.full([], 1, s.dtype), s))) // prettier-ignore
  return matmul(lax.mul(swapaxes(vt, -1, -2), lax.expandDims(inverse, [s.ndim - 1])), swapaxes(u, -1, -2))
}

/** Number of singular values that aren't 0, int32. Default tolerance: max(n, m) · epsilon. @throws ShapeError */
export const matrixRank = (x: ArrayLike, { rtol }: ToleranceOptions = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  const s = svdvals(a)
  const share = rtol ?? Math.max(...a.shape.slice(-2)) * epsilonOf(a)
  const least = lax.mul(reductions.max(s, { axis: -1, keepdims: true }), share)
  return reductions.sum(lax.convertElementType(lax.gt(s, least), 'int32'), { axis: -1 })
}

/**
 * The condition number: how much a norm of the matrix times that of its inverse is; of order 2 (default) the ratio of the greatest
 * singular value to the least.
 *
 * @param options - `p`: order of the norm; others than ±2 are of square matrices
 * @throws ShapeError, ArgumentError
 */
export const cond = (x: ArrayLike, { p = 2 }: { readonly p?: number | 'fro' | 'nuc' } = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  if (a.ndim < 2 || a.shape.slice(-2).includes(0)) {
    throw new ShapeError('np.linalg.cond', 'a matrix with elements, or several', showAval(a.aval))
  }
  const ratio = (): NDArray => {
    const s = svdvals(a)
    const [greatest, least] = [reductions.max(s, { axis: -1 }), reductions.min(s, { axis: -1 })]
    return p === 2 ? lax.div(greatest, least) : lax.div(least, greatest)
  }
  if (p === 2) return ratio()
  const value = p === -2 ? ratio() : lax.mul(norm(a, { ord: p, axis: [-2, -1] }), norm(inv(a), { ord: p, axis: [-2, -1] })) // prettier-ignore
  // A singular matrix that is itself all numbers is infinitely ill.
  const isOdd = lax.and(lax.ne(value, value), lax.not(reductions.any(lax.ne(a, a), { axis: [-2, -1] })))
  return lax.select(isOdd, value, lax.full([], Infinity, a.dtype))
}

export interface VectorNormOptions {
  /** Any number, ±Infinity; default 2. */
  readonly ord?: number
  /** Default: all elements as one vector. */
  readonly axis?: reductions.Axis
  readonly keepdims?: boolean
}

/** Norm of vectors along one axis, or over several as one. @throws ArgumentError */
export const vectorNorm = (
  x: ArrayLike,
  { ord = 2, axis = null, keepdims = false }: VectorNormOptions = {},
): NDArray => {
  if (typeof ord !== 'number') throw new ArgumentError('np.linalg.vectorNorm', 'a number as order', String(ord))
  return lengthOf(promoteInexact(x)[0]!, ord, { axis, keepdims })
}

/** Norm of matrices in the last two axes; default `'fro'`. @throws ArgumentError, ShapeError */
export const matrixNorm = (
  x: ArrayLike,
  { ord = 'fro', keepdims = false }: Pick<NormOptions, 'ord' | 'keepdims'> = {},
): NDArray => norm(x, { ord, axis: [-2, -1], keepdims })

/**
 * The x for which a x comes nearest to b, of several the shortest; the sums of squared differences (empty unless the
 * rank is full and there are more rows than columns), the rank, and the singular values.
 *
 * @param a - `[n, m]`
 * @param b - `[n]` or `[n, k]`
 * @throws ShapeError
 */
export const lstsq = (
  a: ArrayLike,
  b: ArrayLike,
  { rtol }: ToleranceOptions = {},
): readonly [x: NDArray, residuals: NDArray, rank: NDArray, s: NDArray] => {
  const [matrix, right] = promoteInexact(a, b) as readonly [NDArray, NDArray]
  if (matrix.ndim !== 2 || right.ndim > 2 || right.shape[0] !== matrix.shape[0]) {
    throw new ShapeError('np.linalg.lstsq', 'a matrix, and as many rows on the right side', `${showAval(matrix.aval)} and ${showAval(right.aval)}`) // prettier-ignore
  }
  const share = rtol ?? Math.max(...matrix.shape) * epsilonOf(matrix)
  const x = matmul(pinv(matrix, { rtol: share }), right)
  const difference = lax.sub(right, matmul(matrix, x))
  const residuals = reductions.sum(lax.square(difference), { axis: 0, keepdims: right.ndim === 1 })
  return [x, residuals, matrixRank(matrix, { rtol: share }), svdvals(matrix)]
}

/** The product of n times the matrix; of its inverse for negative n. @throws ShapeError, ArgumentError */
export const matrixPower = (x: ArrayLike, n: number): NDArray => {
  const a = asArray(x)
  if (!Number.isInteger(n)) throw new ArgumentError('np.linalg.matrixPower', 'a whole number', String(n))
  const size = a.shape.at(-1)
  if (size === undefined || a.ndim < 2 || a.shape.at(-2) !== size) {
    throw new ShapeError('np.linalg.matrixPower', 'a square matrix, or several', showAval(a.aval))
  }
  if (n === 0) return lax.broadcastTo(eye(size, size, 0, { dtype: a.dtype }), a.shape)
  if (n < 0) return matrixPower(inv(a), -n)
  const root = matrixPower(a, Math.floor(n / 2))
  const even = n === 1 ? a : matmul(root, root)
  return n > 1 && n % 2 === 1 ? matmul(even, a) : even
}

/** Where to part the chain i…j so that the fewest numbers are multiplied. */
const partings = (sizes: readonly number[]): ((i: number, j: number) => number) => {
  const best = new Map<string, readonly [cost: number, at: number]>()
  const solve_ = (i: number, j: number): readonly [number, number] => {
    if (i === j) return [0, i]
    const known = best.get(`${i} ${j}`)
    if (known !== undefined) return known
    const costs = lax.range(j - i).map((d): readonly [number, number] => {
      const k = i + d
      return [solve_(i, k)[0] + solve_(k + 1, j)[0] + sizes[i]! * sizes[k + 1]! * sizes[j + 1]!, k]
    })
    const least = costs.reduce((a, b) => (b[0] < a[0] ? b : a))
    best.set(`${i} ${j}`, least)
    return least
  }
  return (i, j) => solve_(i, j)[1]
}

/**
 * The product of matrices, vectors at the ends allowed, in the order that multiplies the fewest numbers.
 *
 * @throws ArgumentError for less than two; ShapeError
 */
export const multiDot = (xs: readonly ArrayLike[]): NDArray => {
  if (xs.length < 2) throw new ArgumentError('np.linalg.multiDot', 'two matrices or more', String(xs.length))
  const arrays = promote(...xs)
  const odd = arrays.find((x, i) => x.ndim !== 2 && !(x.ndim === 1 && (i === 0 || i === arrays.length - 1)))
  if (odd !== undefined) throw new ShapeError('np.linalg.multiDot', 'matrices, or vectors at the ends', showAval(odd.aval)) // prettier-ignore
  const rows = arrays.map((x) => (x.ndim === 1 ? 1 : x.shape[0]!))
  const parting = partings([...rows, arrays.at(-1)!.shape[1] ?? 1])
  const product = (i: number, j: number): NDArray => {
    if (i === j) return arrays[i]!
    const k = parting(i, j)
    return matmul(product(i, k), product(k + 1, j))
  }
  return product(0, arrays.length - 1)
}

/** The tensor x whose contraction with a over x's axes is b. @throws ShapeError unless a, as a matrix, is square */
export const tensorsolve = (
  a: ArrayLike,
  b: ArrayLike,
  { axes }: { readonly axes?: readonly number[] } = {},
): NDArray => {
  const [given, right] = promoteInexact(a, b) as readonly [NDArray, NDArray]
  const last = (axes ?? []).map((i) => lax.canonicalAxis('np.linalg.tensorsolve', i, given.ndim))
  const moved = lax.transpose(given, [...lax.range(given.ndim).filter((i) => !last.includes(i)), ...last])
  const shape = moved.shape.slice(right.ndim)
  const n = shape.reduce((p, q) => p * q, 1)
  if (n !== right.size || moved.size !== n * n) {
    throw new ShapeError('np.linalg.tensorsolve', 'as many equations as unknowns', `${showAval(given.aval)} and ${showAval(right.aval)}`) // prettier-ignore
  }
  return lax.reshape(solve(lax.reshape(moved, [n, n]), lax.reshape(right, [n])), shape)
}

/** The tensor whose contraction with x over its first `ind` (default 2) axes is the identity. @throws ShapeError, ArgumentError */
export const tensorinv = (x: ArrayLike, { ind = 2 }: { readonly ind?: number } = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  if (!Number.isInteger(ind) || ind < 1) throw new ArgumentError('np.linalg.tensorinv', 'a whole number of axes', String(ind)) // prettier-ignore
  const [left, right] = [a.shape.slice(0, ind), a.shape.slice(ind)]
  const n = left.reduce((p, q) => p * q, 1)
  if (n * n !== a.size) throw new ShapeError('np.linalg.tensorinv', 'axes that make a square matrix', showAval(a.aval))
  return lax.reshape(inv(lax.reshape(a, [n, n])), [...right, ...left])
}
