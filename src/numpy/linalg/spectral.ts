/** Eigenvalues of symmetric matrices, singular values of any. */
import { bind, type NDArray, type Primitive } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type ArrayLike, promoteInexact } from '../convert.js'
import { eye } from '../creation.js'
import { concatenate, swapaxes } from '../manipulation.js'
import { matmul } from '../linear.js'
import { diagonal } from '../matrices.js'
import { decomposition } from './decomposition.js'
import { eigenvectors, singularColumns } from './jacobi.js'
import { qr, qrP } from './qr.js'

const transposed = (x: NDArray): NDArray => swapaxes(x, -1, -2)
const row = (x: NDArray): NDArray => lax.expandDims(x, [x.ndim - 1])
const column = (x: NDArray): NDArray => lax.expandDims(x, [x.ndim])
const diagonalOf = (x: NDArray): NDArray => diagonal(x, { axis1: -2, axis2: -1 })

/** 1 / x; 0 where x is 0. */
const inverseOrZero = (x: NDArray): NDArray => {
  const isZero = lax.eq(x, 0)
  return lax.select(isZero, lax.reciprocal(lax.select(isZero, x, 1)), 0)
}

export const eighP: Primitive<null> = decomposition<null>({
  name: 'eigh',
  isSquare: true,
  outputs: (n) => [[n], [n, n]],
  run: (x) => eigenvectors(x),
  jvp([x], [t]) {
    const [w, v] = bind(eighP, [x!], null) as readonly [NDArray, NDArray]
    const inner = matmul(matmul(transposed(v), t as NDArray), v)
    const shares = inverseOrZero(lax.sub(row(w), column(w)))
    return [
      [w, v],
      [diagonalOf(inner), matmul(v, lax.mul(shares, inner))],
    ]
  },
})

/**
 * Eigenvalues, ascending, and eigenvectors (the columns) of a symmetric matrix.
 *
 * @param x - `[...batch, n, n]`; the mean of it and its transpose is taken
 * @throws ShapeError unless it is square
 * @example
 * const [values] = np.linalg.eigh(np.array([[2, 0], [0, 1]]))
 * values // => Array([1., 2.], dtype=float32)
 */
export const eigh = (x: ArrayLike): readonly [values: NDArray, vectors: NDArray] => {
  const a = promoteInexact(x)[0]!
  const symmetric = a.ndim < 2 || a.shape.at(-1) !== a.shape.at(-2) ? a : lax.mul(lax.add(a, transposed(a)), 0.5)
  return bind(eighP, [symmetric], null) as unknown as readonly [NDArray, NDArray]
}
/** Eigenvalues of a symmetric matrix, ascending. @throws ShapeError */
export const eigvalsh = (x: ArrayLike): NDArray => eigh(x)[0]

/** u, s, v of one matrix with as many rows as columns, or more; columns of u without a singular value are completed. */
const singular = (x: NDArray): readonly [NDArray, NDArray, NDArray] => {
  // Scaled, so that squares neither over- nor underflow.
  const greatest = lax.reduceMax(lax.abs(x), [0, 1])
  const scale = lax.select(lax.eq(greatest, 0), greatest, 1)
  const [columns, s, v] = singularColumns(lax.div(x, scale))
  const [q, r] = bind(qrP, [columns], { fullMatrices: false }) as readonly [NDArray, NDArray]
  const signs = lax.select(lax.lt(diagonal(r), 0), lax.full([], 1, x.dtype), lax.full([], -1, x.dtype))
  return [lax.mul(q, row(signs)), lax.mul(s, scale), v]
}

export const svdP: Primitive<null> = decomposition<null>({
  name: 'svd',
  isSquare: false,
  outputs: (n, m) => {
    const k = Math.min(n, m)
    return [[n, k], [k], [k, m]]
  },
  run(x) {
    const [n, m] = x.shape as readonly [number, number]
    if (n === 0 || m === 0) {
      return [lax.full([n, 0], 0, x.dtype), lax.full([0], 0, x.dtype), lax.full([0, m], 0, x.dtype)]
    }
    const [u, s, v] = singular(n >= m ? x : transposed(x))
    return n >= m ? [u, s, transposed(v)] : [v, s, transposed(u)]
  },
  jvp([x], [t]) {
    const [n, m] = x!.shape.slice(-2) as [number, number]
    const [u, s, vt] = bind(svdP, [x!], null) as readonly [NDArray, NDArray, NDArray]
    const dx = t as NDArray
    const [ut, v] = [transposed(u), transposed(vt)]
    const inner = matmul(matmul(ut, dx), v)
    const shares = inverseOrZero(lax.mul(lax.add(row(s), column(s)), lax.sub(row(s), column(s))))
    const [right, left] = [lax.mul(row(s), inner), lax.mul(column(s), inner)]
    let du = matmul(u, lax.mul(shares, lax.add(right, transposed(right))))
    let dv = matmul(v, lax.mul(shares, lax.add(left, transposed(left))))
    const inverse = row(inverseOrZero(s))
    /** What lies outside of the columns' space. */
    const outside = (basis: NDArray, y: NDArray): NDArray =>
      lax.mul(lax.sub(y, matmul(basis, matmul(transposed(basis), y))), inverse)
    if (n > m) du = lax.add(du, outside(u, matmul(dx, v)))
    if (m > n) dv = lax.add(dv, outside(v, matmul(transposed(dx), u)))
    return [
      [u, s, vt],
      [du, diagonalOf(inner), transposed(dv)],
    ]
  },
})

export interface SvdOptions {
  /** Whether u and vt are square; default true. Only otherwise is there a derivative, unless x is square. */
  readonly fullMatrices?: boolean
}

/**
 * Singular values s, descending, with orthonormal columns u and rows vt: x is `u · diag(s) · vt`.
 *
 * @param x - `[...batch, n, m]`
 * @throws ShapeError
 * @example
 * const [, s] = np.linalg.svd(np.array([[3, 0], [0, -4]]))
 * s // => Array([4., 3.], dtype=float32)
 */
export const svd = (
  x: ArrayLike,
  { fullMatrices = true }: SvdOptions = {},
): readonly [u: NDArray, s: NDArray, vt: NDArray] => {
  const a = promoteInexact(x)[0]!
  const [u, s, vt] = bind(svdP, [a], null) as unknown as readonly [NDArray, NDArray, NDArray]
  const [n, m] = a.shape.slice(-2) as [number, number]
  if (!fullMatrices || n === m) return [u, s, vt]
  return n > m ? [completed(u), s, vt] : [u, s, transposed(completed(transposed(vt)))]
}
/** Singular values, descending. @throws ShapeError */
export const svdvals = (x: ArrayLike): NDArray => svd(x, { fullMatrices: false })[1]

/** Orthonormal columns, and as many more as make them a basis. */
const completed = (u: NDArray): NDArray => {
  const [n, k] = u.shape.slice(-2) as [number, number]
  if (k === 0) return lax.broadcastTo(eye(n, n, 0, { dtype: u.dtype }), [...u.shape.slice(0, -2), n, n])
  const [q] = qr(u, { mode: 'complete' })
  return concatenate([u, lax.sliceInDim(q, k, n, 1, q.ndim - 1)], { axis: -1 })
}
