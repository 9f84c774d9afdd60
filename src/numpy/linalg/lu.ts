/** Triangular factors of square matrices: equations, determinants, inverses. */
import { bind, type NDArray, type Primitive, ShapeError, showAval, zero } from '../../core/index.js'
import { scan } from '../../control/index.js'
import * as lax from '../../lax/index.js'
import { type ArrayLike, promoteInexact } from '../convert.js'
import { eye } from '../creation.js'
import { matmul } from '../linear.js'
import { takeAlongAxis } from '../manipulation.js'
import { diagonal, tril, triu } from '../matrices.js'
import { decomposition } from './decomposition.js'
import { triangularSolve, triangularSolveRight } from './triangularSolve.js'

/** Column by column: the greatest element becomes the pivot, its row is taken from those below. */
const eliminate = (x: NDArray): readonly [lu: NDArray, permutation: NDArray, swaps: NDArray] => {
  const n = x.shape[0]!
  const places = lax.iota('int32', n)
  const nothing = lax.full([], 0, x.dtype)
  const [[lu, permutation], pivots] = scan(
    ([rest, order]: readonly [NDArray, NDArray], k: NDArray) => {
      const below = lax.gt(places, k)
      const magnitude = lax.abs(lax.dynamicIndexInDim(rest, k, 1, false))
      const candidates = lax.select(lax.ge(places, k), lax.full([], -1, x.dtype), magnitude)
      const pivot = lax.argmax(candidates, 0)
      const swapped = lax.select(lax.eq(places, k), lax.select(lax.eq(places, pivot), places, k), pivot)
      const rows = lax.take(rest, swapped, 0, 'promise_in_bounds')
      const column = lax.dynamicIndexInDim(rows, k, 1, false)
      const row = lax.dynamicIndexInDim(rows, k, 0, false)
      const head = lax.dynamicIndexInDim(column, k, 0, false)
      const isZero = lax.eq(head, 0)
      const factors = lax.select(below, nothing, lax.div(column, lax.select(isZero, head, 1)))
      const tail = lax.select(below, nothing, row)
      const reduced = lax.sub(rows, lax.mul(lax.expandDims(factors, [1]), lax.expandDims(tail, [0])))
      const isColumn = lax.eq(lax.expandDims(places, [0]), k)
      const stored = lax.and(isColumn, lax.expandDims(below, [1]))
      const next = lax.select(stored, reduced, lax.broadcastTo(lax.expandDims(factors, [1]), [n, n]))
      return [[next, lax.take(order, swapped, 0, 'promise_in_bounds')] as const, pivot] as const
    },
    [x, places] as const,
    places,
  )
  return [lu, permutation, lax.convertElementType(lax.ne(pivots, places), 'int32')]
}

/** Rows of matrices in another order. */
const permuted = (x: NDArray, permutation: NDArray): NDArray =>
  takeAlongAxis(x, lax.broadcastTo(lax.expandDims(permutation, [permutation.ndim]), x.shape), x.ndim - 2, {
    mode: 'promise_in_bounds',
  })

/** Both factors in one matrix, the order of rows, and which steps exchanged two rows. */
export const luP: Primitive<null> = decomposition<null>({
  name: 'lu',
  isSquare: true,
  outputs: (n) => [[n, n], [n], [n]],
  integers: [1, 2],
  run: eliminate,
  jvp([x], [t]) {
    const [lu, permutation, swaps] = bind(luP, [x!], null) as readonly [NDArray, NDArray, NDArray]
    const unit = { lower: true, unitDiagonal: true }
    const left = triangularSolve(lu, permuted(t as NDArray, permutation), unit)
    const inner = triangularSolveRight(lu, left, { lower: false })
    const n = lu.shape.at(-1)!
    const l = lax.add(tril(lu, -1), eye(n, n, 0, { dtype: lu.dtype }))
    const tangent = lax.add(matmul(l, tril(inner, -1)), matmul(triu(inner), triu(lu)))
    return [
      [lu, permutation, swaps],
      [tangent, zero, zero],
    ]
  },
})

/** @throws ShapeError */
const factors = (x: ArrayLike): readonly [NDArray, NDArray, NDArray] =>
  bind(luP, [promoteInexact(x)[0]!], null) as unknown as readonly [NDArray, NDArray, NDArray]

/**
 * The solution x of a x = b.
 *
 * @param a - `[...batch, n, n]`
 * @param b - `[n]`, or `[...batch, n, m]`
 * @throws ShapeError
 * @example
 * np.linalg.solve(np.array([[2, 0], [0, 4]]), np.array([2, 2])) // => Array([1. , 0.5], dtype=float32)
 */
export const solve = (a: ArrayLike, b: ArrayLike): NDArray => {
  const [matrix, right] = promoteInexact(a, b) as readonly [NDArray, NDArray]
  const [lu, permutation] = factors(matrix)
  if (right.ndim === 1) return lax.squeeze(solve(matrix, lax.expandDims(right, [1])), [matrix.ndim - 1])
  const lead = lax.broadcastShapes('np.linalg.solve', [matrix.shape.slice(0, -2), right.shape.slice(0, -2)])
  const full = (x: NDArray, kept: number): NDArray =>
    lax.broadcastTo(x, [...lead, ...(kept === 0 ? [] : x.shape.slice(-kept))])
  if (right.shape.at(-2) !== lu.shape.at(-1)) {
    throw new ShapeError('np.linalg.solve', 'as many rows on the right side as in the matrix', `${showAval(matrix.aval)} and ${showAval(right.aval)}`) // prettier-ignore
  }
  const [f, p, r] = [full(lu, 2), full(permutation, 1), full(right, 2)]
  const forward = triangularSolve(f, permuted(r, p), { lower: true, unitDiagonal: true })
  return triangularSolve(f, forward, { lower: false })
}

/** The matrix whose product with x is the identity; infinite or NaN if there is none. @throws ShapeError */
export const inv = (x: ArrayLike): NDArray => {
  const a = promoteInexact(x)[0]!
  const n = a.shape.at(-1) ?? 0
  return solve(a, lax.broadcastTo(eye(n, n, 0, { dtype: a.dtype }), a.shape))
}

/** 1 or -1: whether an even or odd number of rows were exchanged. */
const parity = (swaps: NDArray, like: NDArray): NDArray => {
  const isOdd = lax.eq(lax.rem(lax.reduceSum(swaps, [swaps.ndim - 1]), 2), 1)
  return lax.select(isOdd, lax.full([], 1, like.dtype), lax.full([], -1, like.dtype))
}

/** The determinant. @throws ShapeError */
export const det = (x: ArrayLike): NDArray => {
  const [lu, , swaps] = factors(x)
  const pivots = diagonal(lu, { axis1: -2, axis2: -1 })
  return lax.mul(lax.reduceProd(pivots, [pivots.ndim - 1]), parity(swaps, lu))
}

/**
 * The determinant's sign and the logarithm of its magnitude, which over- and underflow late.
 *
 * @throws ShapeError
 */
export const slogdet = (x: ArrayLike): readonly [sign: NDArray, logabsdet: NDArray] => {
  const [lu, , swaps] = factors(x)
  const pivots = diagonal(lu, { axis1: -2, axis2: -1 })
  const axes = [pivots.ndim - 1]
  return [
    lax.mul(lax.reduceProd(lax.sign(pivots), axes), parity(swaps, lu)),
    lax.reduceSum(lax.log(lax.abs(pivots)), axes),
  ]
}
