/** Cholesky's decomposition. */
import { bind1, type NDArray, type Primitive } from '../../core/index.js'
import { scan } from '../../control/index.js'
import * as lax from '../../lax/index.js'
import { type ArrayLike, promoteInexact } from '../convert.js'
import { matmul } from '../linear.js'
import { swapaxes } from '../manipulation.js'
import { tril } from '../matrices.js'
import { decomposition } from './decomposition.js'
import { triangularSolve, triangularSolveRight } from './triangularSolve.js'

/** Column by column: what it explains is taken from the rest. */
const factor = (a: NDArray): NDArray => {
  const places = lax.iota('int32', a.shape[0]!)
  const [, columns] = scan(
    (rest: NDArray, j: NDArray) => {
      const column = lax.dynamicIndexInDim(rest, j, 1, false)
      const pivot = lax.sqrt(lax.dynamicIndexInDim(column, j, 0, false))
      const scaled = lax.select(lax.ge(places, j), lax.full([], 0, a.dtype), lax.div(column, pivot))
      const explained = lax.mul(lax.expandDims(scaled, [1]), lax.expandDims(scaled, [0]))
      return [lax.sub(rest, explained), scaled] as const
    },
    a,
    places,
  )
  const isOdd = lax.reduceOr(lax.ne(columns, columns), [0, 1])
  const lower = tril(lax.transpose(columns, [1, 0]))
  return lax.select(isOdd, lower, lax.full([], NaN, a.dtype))
}

/** The lower triangle with half of the diagonal. */
const halved = (x: NDArray): NDArray => lax.mul(lax.add(tril(x), tril(x, -1)), 0.5)

export const choleskyP: Primitive<null> = decomposition<null>({
  name: 'cholesky',
  isSquare: true,
  outputs: (n) => [[n, n]],
  run: (x) => [factor(x)],
  jvp([x], [t]) {
    const l = bind1(choleskyP, [x!], null)
    const inner = triangularSolveRight(l, triangularSolve(l, t as NDArray), { transposeA: true })
    return [[l], [matmul(l, halved(inner))]]
  },
})

export interface CholeskyOptions {
  /** Give the upper factor, the lower one transposed; default false. */
  readonly upper?: boolean
  /** Take the mean of the matrix and its transpose (default), or read one triangle only. */
  readonly symmetrizeInput?: boolean
}

/**
 * The lower triangular matrix L with L Lᵀ = x, for a symmetric, positive definite x; NaN if it isn't definite.
 *
 * @param x - `[...batch, n, n]`
 * @throws ShapeError unless it is square
 * @example
 * np.linalg.cholesky(np.array([[4, 2], [2, 5]])).ravel() // => Array([2., 0., 1., 2.], dtype=float32)
 */
export const cholesky = (x: ArrayLike, { upper = false, symmetrizeInput = true }: CholeskyOptions = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  if (a.ndim < 2 || a.shape.at(-1) !== a.shape.at(-2)) return bind1(choleskyP, [a], null)
  const part = (): NDArray => (upper ? swapaxes(a, -1, -2) : a)
  const symmetric = symmetrizeInput ? lax.mul(lax.add(a, swapaxes(a, -1, -2)), 0.5) : part()
  const lower = bind1(choleskyP, [symmetric], null)
  return upper ? swapaxes(lower, -1, -2) : lower
}
