/** Linear algebra with SciPy's names: factors, and solutions from them. */
import { ArgumentError, type NDArray, requireArrays, ShapeError, showAval } from '../core/index.js'
import { customJvp } from '../control/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promote, promoteInexact } from '../numpy/convert.js'
import { factored, lowerOf, permuted, upperOf } from '../numpy/linalg/lu.js'
import { triangularSolve } from '../numpy/linalg/triangularSolve.js'
import * as np from '../numpy/index.js'

export { det, inv } from '../numpy/linalg/index.js'

const transposed = (x: NDArray): NDArray => np.swapaxes(x, -1, -2)

/** Matrix and right side in one dtype, with the same leading axes; a vector is a column. */
const system = (where: string, a: ArrayLike, b: ArrayLike, solve: (a: NDArray, b: NDArray) => NDArray): NDArray => {
  const [matrix, right] = promoteInexact(a, b) as readonly [NDArray, NDArray]
  if (matrix.ndim < 2 || matrix.shape.at(-1) !== matrix.shape.at(-2) || right.ndim < 1) {
    throw new ShapeError(where, 'a square matrix and a right side', `${showAval(matrix.aval)} and ${showAval(right.aval)}`) // prettier-ignore
  }
  if (right.ndim === 1) return lax.squeeze(system(where, matrix, lax.expandDims(right, [1]), solve), [-1])
  const lead = lax.broadcastShapes(where, [matrix.shape.slice(0, -2), right.shape.slice(0, -2)])
  const full = (x: NDArray): NDArray => lax.broadcastTo(x, [...lead, ...x.shape.slice(-2)])
  return solve(full(matrix), full(right))
}

export interface SolveTriangularOptions {
  /** Whether the matrix is what is on and below the diagonal; default false. */
  readonly lower?: boolean
  /** Solve with the transposed matrix; default false. */
  readonly trans?: boolean
  /** Take the diagonal for ones; default false. */
  readonly unitDiagonal?: boolean
}

/**
 * The solution x of a x = b for a triangular a.
 *
 * @param b - `[n]`, or `[...batch, n, m]`
 * @throws ShapeError
 * @example
 * scipy.linalg.solveTriangular(np.array([[2, 1], [0, 4]]), np.array([4, 8])) // => Array([1., 2.], dtype=float32)
 */
export const solveTriangular = (
  a: ArrayLike,
  b: ArrayLike,
  { lower = false, trans = false, unitDiagonal = false }: SolveTriangularOptions = {},
): NDArray =>
  system('scipy.linalg.solveTriangular', a, b, (matrix, right) =>
    triangularSolve(matrix, right, { lower, transposeA: trans, unitDiagonal }),
  )

export interface LowerOptions {
  /** Give, or read, the lower factor; default false. */
  readonly lower?: boolean
}

/** Cholesky's factor of symmetric, positive definite matrices: the upper one, unless `lower`; one triangle is read. @throws ShapeError */
export const cholesky = (x: ArrayLike, { lower = false }: LowerOptions = {}): NDArray =>
  np.linalg.cholesky(x, { upper: !lower, symmetrizeInput: false })

/** Cholesky's factor with what {@link choSolve} needs to know of it. */
export type ChoFactor = readonly [factor: NDArray, lower: boolean]
/** Cholesky's factor for {@link choSolve}. @throws ShapeError */
export const choFactor = (x: ArrayLike, { lower = false }: LowerOptions = {}): ChoFactor => [
  cholesky(x, { lower }),
  lower,
]
/** The solution x of a x = b from a's factor. @throws ShapeError */
export const choSolve = ([factor, lower]: ChoFactor, b: ArrayLike): NDArray =>
  system('scipy.linalg.choSolve', factor, b, (matrix, right) => {
    const first = triangularSolve(matrix, right, { lower, transposeA: !lower })
    return triangularSolve(matrix, first, { lower, transposeA: lower })
  })

/** Both factors in one matrix, and the row that each step exchanged with its own. @throws ShapeError */
export const luFactor = (x: ArrayLike): readonly [lu: NDArray, pivots: NDArray] => {
  const [lu, , pivots] = factored(x)
  return [lu, pivots]
}

/** The order of rows that a sequence of exchanges makes; pivots beyond the rows are the nearest row. */
const orderOf = (given: NDArray, n: number): NDArray => {
  const pivots = np.clip(given, 0, n - 1)
  const lead = pivots.shape.slice(0, -1)
  const start = lax.broadcastedIota('int32', [...lead, n], lead.length)
  return lax.range(pivots.shape.at(-1)!).reduce<NDArray>((order, i) => {
    const pivot = lax.sliceInDim(pivots, i, i + 1, 1, pivots.ndim - 1)
    const place = lax.broadcastedIota('int32', order.shape, lead.length)
    const isHere = lax.eq(place, i)
    const isThere = lax.eq(place, pivot)
    const here = lax.sliceInDim(order, i, i + 1, 1, lead.length)
    const there = np.takeAlongAxis(order, pivot, lead.length, { mode: 'promise_in_bounds' })
    const swapped = lax.select(isThere, order, lax.broadcastTo(here, order.shape))
    return lax.select(isHere, swapped, lax.broadcastTo(there, order.shape))
  }, start)
}

/** The solution x of a x = b, or with `trans` of aᵀ x = b, from {@link luFactor}. @throws ShapeError */
export const luSolve = (
  [lu, pivots]: readonly [NDArray, NDArray],
  b: ArrayLike,
  { trans = false }: { readonly trans?: boolean } = {},
): NDArray =>
  system('scipy.linalg.luSolve', lu, b, (f, right) => {
    requireArrays('scipy.linalg.luSolve', [pivots])
    const order = lax.broadcastTo(orderOf(pivots, f.shape.at(-1)!), right.shape.slice(0, -1))
    const unit = { lower: true, unitDiagonal: true }
    if (!trans) return triangularSolve(f, triangularSolve(f, permuted(right, order), unit), { lower: false })
    const y = triangularSolve(f, triangularSolve(f, right, { lower: false, transposeA: true }), { ...unit, transposeA: true }) // prettier-ignore
    return permuted(y, np.argsort(order))
  })

/**
 * Matrices p, l, u with x = p l u: a permutation, a lower one with ones on its diagonal, an upper one.
 *
 * @param x - `[...batch, n, m]`
 * @throws ShapeError
 */
export const lu = (x: ArrayLike): readonly [p: NDArray, l: NDArray, u: NDArray] => {
  const [f, order] = factored(x)
  const [n, m] = f.shape.slice(-2) as [number, number]
  const k = Math.min(n, m)
  const place = lax.broadcastedIota('int32', [...order.shape, n], order.ndim)
  const p = transposed(lax.convertElementType(lax.eq(lax.expandDims(order, [order.ndim]), place), f.dtype))
  const l = lax.sliceInDim(lowerOf(f), 0, k, 1, f.ndim - 1)
  return [p, l, lax.sliceInDim(upperOf(f), 0, k, 1, f.ndim - 2)]
}

/** By Cholesky; the derivative is that of any matrix, not of the triangle that is read. */
const definite = customJvp(function solve_pos(a: NDArray, b: NDArray): NDArray {
  return choSolve(choFactor(a), b)
})
definite.defjvp(([a, b], [ta, tb]) => {
  const x = definite(a, b)
  return [x, definite(a, lax.sub(tb, np.matmul(ta, x)))]
})

/** The solution x of a x = b; with `assumeA: 'pos'` of symmetric, positive definite a by Cholesky. @throws ShapeError, ArgumentError */
export const solve = (
  a: ArrayLike,
  b: ArrayLike,
  { assumeA = 'gen' }: { readonly assumeA?: 'gen' | 'sym' | 'pos' } = {},
): NDArray => {
  if (assumeA === 'pos') return system('scipy.linalg.solve', a, b, definite)
  if (assumeA !== 'gen' && assumeA !== 'sym') {
    throw new ArgumentError('scipy.linalg.solve', "'gen', 'sym' or 'pos'", String(assumeA))
  }
  return np.linalg.solve(a, b)
}

/** A matrix with the arrays as blocks on its diagonal, zeros elsewhere. @throws ShapeError for more than two axes */
export const blockDiag = (...xs: readonly ArrayLike[]): NDArray => {
  const blocks = (xs.length === 0 ? [lax.full([1, 0], 0, 'float32')] : promote(...xs)).map((x) => {
    if (x.ndim > 2) throw new ShapeError('scipy.linalg.blockDiag', 'matrices', showAval(x.aval))
    return np.atleast2d(x)
  })
  const width = blocks.reduce((n, x) => n + x.shape[1]!, 0)
  let before = 0
  const rows = blocks.map((x) => {
    const after = width - before - x.shape[1]!
    const row = lax.pad(x, lax.full([], 0, x.dtype), [[0, 0, 0], [before, after, 0]]) // prettier-ignore
    before += x.shape[1]!
    return row
  })
  return lax.concatenate(rows, 0)
}

/** A matrix with constant diagonals, from its first column and, by default the same, first row. */
export const toeplitz = (column: ArrayLike, row: ArrayLike = column): NDArray => {
  const [c, r] = promote(np.ravel(asArray(column)), np.ravel(asArray(row))) as readonly [NDArray, NDArray]
  const [n, m] = [c.size, r.size]
  if (n === 0 || m === 0) return lax.full([n, m], 0, c.dtype)
  const line = lax.concatenate([lax.rev(c, [0]), lax.sliceInDim(r, 1, m)], 0)
  const shape = [n, m]
  const at = lax.add(lax.sub(lax.broadcastedIota('int32', shape, 1), lax.broadcastedIota('int32', shape, 0)), n - 1)
  return lax.take(line, at, 0, 'promise_in_bounds')
}
