/** Triangular factors of square matrices: equations, determinants, inverses. */
import { bind, type NDArray, type Primitive, ShapeError, showAval, zero } from '../../core/index.js'
import { customJvp, scan } from '../../control/index.js'
import * as lax from '../../lax/index.js'
import { type ArrayLike, promoteInexact } from '../convert.js'
import { eye } from '../creation.js'
import { matmul } from '../linear.js'
import { takeAlongAxis } from '../manipulation.js'
import { diagonal, trace, tril, triu } from '../matrices.js'
import { checkMatrix, decomposition } from './decomposition.js'
import { triangularSolve, triangularSolveRight } from './triangularSolve.js'

/** Column by column: the greatest element becomes the pivot, its row is taken from those below. */
const eliminate = (x: NDArray): readonly [lu: NDArray, permutation: NDArray, pivots: NDArray] => {
  const [n, m] = x.shape as readonly [number, number]
  const places = lax.iota('int32', n)
  const columns = lax.iota('int32', m)
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
      const tail = lax.select(lax.gt(columns, k), nothing, row)
      const reduced = lax.sub(rows, lax.mul(lax.expandDims(factors, [1]), lax.expandDims(tail, [0])))
      const isColumn = lax.eq(lax.expandDims(columns, [0]), k)
      const stored = lax.and(isColumn, lax.expandDims(below, [1]))
      const next = lax.select(stored, reduced, lax.broadcastTo(lax.expandDims(factors, [1]), [n, m]))
      return [[next, lax.take(order, swapped, 0, 'promise_in_bounds')] as const, pivot] as const
    },
    [x, places] as const,
    lax.iota('int32', Math.min(n, m)),
  )
  return [lu, permutation, pivots]
}

/** Rows of matrices in another order. */
const permuted = (x: NDArray, permutation: NDArray): NDArray =>
  takeAlongAxis(x, lax.broadcastTo(lax.expandDims(permutation, [permutation.ndim]), x.shape), x.ndim - 2, {
    mode: 'promise_in_bounds',
  })

/** The lower factor, square with ones on its diagonal, of `[...batch, n, m]`. */
const lowerOf = (lu: NDArray): NDArray => {
  const [n, m] = lu.shape.slice(-2) as [number, number]
  const k = Math.min(n, m)
  const left = tril(lax.sliceInDim(lu, 0, k, 1, lu.ndim - 1), -1)
  const widths = left.shape.map((_, i) => [0, i === lu.ndim - 1 ? n - k : 0, 0] as const)
  return lax.add(lax.pad(left, 0, widths), eye(n, n, 0, { dtype: lu.dtype }))
}

/** The upper factor, square, with ones on its diagonal where the matrix has no row. */
const upperOf = (lu: NDArray): NDArray => {
  const [n, m] = lu.shape.slice(-2) as [number, number]
  const k = Math.min(n, m)
  const top = triu(lax.sliceInDim(lu, 0, k, 1, lu.ndim - 2))
  const widths = top.shape.map((_, i) => [0, i === lu.ndim - 2 ? m - k : 0, 0] as const)
  const isRest = lax.ge(lax.iota('int32', m), k)
  const rest = lax.select(isRest, lax.full([], 0, lu.dtype), eye(m, m, 0, { dtype: lu.dtype }))
  return m === k ? top : lax.add(lax.pad(top, 0, widths), rest)
}

/** Both factors in one matrix, the order of rows, and the row that each step exchanged with its own. */
export const luP: Primitive<null> = decomposition<null>({
  name: 'lu',
  isSquare: false,
  outputs: (n, m) => [[n, m], [n], [Math.min(n, m)]],
  integers: [1, 2],
  run: eliminate,
  jvp([x], [t]) {
    const [lu, permutation, pivots] = bind(luP, [x!], null) as readonly [NDArray, NDArray, NDArray]
    const [l, u] = [lowerOf(lu), upperOf(lu)]
    const left = triangularSolve(l, permuted(t as NDArray, permutation), { lower: true, unitDiagonal: true })
    const inner = triangularSolveRight(u, left, { lower: false })
    const tangent = lax.add(matmul(l, tril(inner, -1)), matmul(triu(inner), u))
    return [
      [lu, permutation, pivots],
      [tangent, zero, zero],
    ]
  },
})

/** The factors of matrices, which need not be square. @throws ShapeError, DTypeError */
export const factored = (x: ArrayLike): readonly [lu: NDArray, permutation: NDArray, pivots: NDArray] =>
  bind(luP, [promoteInexact(x)[0]!], null) as unknown as readonly [NDArray, NDArray, NDArray]
export { lowerOf, permuted, upperOf }

/** @throws ShapeError */
const factors = (x: ArrayLike): readonly [NDArray, NDArray, NDArray] => {
  const a = promoteInexact(x)[0]!
  checkMatrix('lu', a.aval, true)
  return factored(a)
}

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
const parity = (pivots: NDArray, like: NDArray): NDArray => {
  const swaps = lax.convertElementType(lax.ne(pivots, lax.iota('int32', pivots.shape.at(-1)!)), 'int32')
  const isOdd = lax.eq(lax.rem(lax.reduceSum(swaps, [swaps.ndim - 1]), 2), 1)
  return lax.select(isOdd, lax.full([], 1, like.dtype), lax.full([], -1, like.dtype))
}

/**
 * The determinant and, for a right side b, the product of a's adjugate with b, which exists where a's inverse doesn't, as
 * long as the rank isn't less than n - 1; there it is taken for 0.
 */
const cofactorSolve = (a: NDArray, b: NDArray): readonly [NDArray, NDArray] => {
  const [lu, permutation, pivots] = factored(a)
  const n = lu.shape.at(-1)!
  const last = lu.ndim - 1
  const partial = lax.mul(lax.cumprod(diagonal(lu, { axis1: -2, axis2: -1 }), last - 1), lax.expandDims(parity(pivots, lu), [last - 1])) // prettier-ignore
  const at = (i: number): NDArray => lax.squeeze(lax.sliceInDim(partial, i, i + 1, 1, last - 1), [last - 1])
  const determinant = at(n - 1)
  const corner = lax.expandDims(lax.reciprocal(at(n - 2)), [last - 1, last])
  const places = [lax.broadcastedIota('int32', [n, n], 0), lax.broadcastedIota('int32', [n, n], 1)] as const
  const isCorner = lax.and(lax.eq(places[0], n - 1), lax.eq(places[1], n - 1))
  const changed = lax.select(lax.broadcastTo(isCorner, lu.shape), lu, lax.broadcastTo(corner, lu.shape))
  const probe = triangularSolve(changed, lax.full([...lu.shape.slice(0, -1), 1], 1, lu.dtype), { lower: false })
  const isDeficient = lax.reduceOr(lax.not(lax.isFinite(probe)), [last - 1, last])
  const mask = lax.broadcastInDim(isDeficient, b.shape, lax.range(last - 1))
  const cleared = (x: NDArray): NDArray => lax.select(mask, x, lax.full([], 0, x.dtype))
  const forward = triangularSolve(changed, permuted(cleared(b), permutation), { lower: true, unitDiagonal: true })
  const isLast = lax.eq(lax.broadcastedIota('int32', b.shape, last - 1), n - 1)
  const scaled = lax.select(isLast, lax.mul(forward, lax.expandDims(determinant, [last - 1, last])), forward)
  return [determinant, cleared(triangularSolve(changed, scaled, { lower: false }))]
}

const determinant = customJvp(function det(a: NDArray): NDArray {
  const [lu, , pivots] = factored(a)
  const diagonals = diagonal(lu, { axis1: -2, axis2: -1 })
  return lax.mul(lax.reduceProd(diagonals, [diagonals.ndim - 1]), parity(pivots, lu))
})
determinant.defjvp(([a], [t]) => {
  const [y, z] = cofactorSolve(a, t)
  return [y, trace(z, { axis1: -2, axis2: -1 })]
})

/**
 * The determinant. Its derivative exists for singular matrices, too.
 *
 * @throws ShapeError
 * @example
 * np.linalg.det(np.array([[1, 2], [3, 4]])) // => Array(-2., dtype=float32)
 */
export const det = (x: ArrayLike): NDArray => {
  const a = promoteInexact(x)[0]!
  const [n] = checkMatrix('det', a.aval, true)
  if (n < 2 || n > 3) return n < 2 ? lax.reduceProd(a, [a.ndim - 2, a.ndim - 1]) : determinant(a)
  const at = (i: number, j: number): NDArray => {
    const cell = lax.sliceInDim(lax.sliceInDim(a, i, i + 1, 1, a.ndim - 2), j, j + 1, 1, a.ndim - 1)
    return lax.squeeze(cell, [a.ndim - 2, a.ndim - 1])
  }
  if (n === 2) return lax.sub(lax.mul(at(0, 0), at(1, 1)), lax.mul(at(0, 1), at(1, 0)))
  // Sarrus' rule.
  const product = (i: number, step: 1 | 2): NDArray =>
    lax.mul(lax.mul(at(0, i), at(1, (i + step) % 3)), at(2, (i + 2 * step) % 3))
  const sum = (step: 1 | 2): NDArray => lax.add(lax.add(product(0, step), product(1, step)), product(2, step))
  return lax.sub(sum(1), sum(2))
}

/**
 * The determinant's sign and the logarithm of its magnitude, which over- and underflow late; 0 and -∞ of singular matrices.
 *
 * @throws ShapeError
 */
export const slogdet = (x: ArrayLike): readonly [sign: NDArray, logabsdet: NDArray] => {
  const [lu, , pivots] = factors(x)
  const diagonals = diagonal(lu, { axis1: -2, axis2: -1 })
  const axes = [diagonals.ndim - 1]
  return [
    lax.mul(lax.reduceProd(lax.sign(diagonals), axes), parity(pivots, lu)),
    lax.reduceSum(lax.log(lax.abs(diagonals)), axes),
  ]
}
