/** Jacobi's rotations, all disjoint pairs of columns at a time: eigenvalues and singular values. */
import type { NDArray } from '../../core/index.js'
import { scan } from '../../control/index.js'
import * as lax from '../../lax/index.js'
import { eye } from '../creation.js'
import { diagonal } from '../matrices.js'

/** Times that each pair is turned: the rate of convergence is quadratic in the end. */
const sweepsOf = (x: NDArray): number => (x.dtype === 'float64' ? 12 : 9)

/**
 * Of 2h columns column i is paired with column i + h. Where each comes from for the next pairs: all but the first move
 * one place around; after 2h - 1 times each was paired with each, and is back.
 */
const tournament = (h: number): readonly number[] => {
  if (h === 1) return [0, 1]
  const top = lax.range(h).map((i) => (i === 0 ? 0 : i === 1 ? h : i - 1))
  const bottom = lax.range(h).map((i) => (i < h - 1 ? h + i + 1 : h - 1))
  return [...top, ...bottom]
}

interface Rotation {
  readonly c: NDArray
  readonly s: NDArray
}

/** The rotations that make the products `pq` of pairs 0. */
const rotation = (pp: NDArray, qq: NDArray, pq: NDArray): Rotation => {
  const isDone = lax.eq(pq, 0)
  const tau = lax.div(lax.sub(qq, pp), lax.mul(lax.select(isDone, pq, 1), 2))
  const a = lax.abs(tau)
  const isHuge = lax.gt(a, 1e15)
  const safe = lax.select(isHuge, a, 1)
  const positive = lax.select(
    isHuge,
    lax.reciprocal(lax.add(safe, lax.sqrt(lax.add(lax.square(safe), 1)))),
    lax.div(0.5, a),
  )
  const t = lax.select(isDone, lax.select(lax.ge(tau, 0), lax.neg(positive), positive), 0)
  const c = lax.rsqrt(lax.add(lax.square(t), 1))
  return { c, s: lax.mul(t, c) }
}

const half = (x: NDArray, which: 0 | 1, axis: number): NDArray => {
  const h = x.shape[axis]! / 2
  return lax.sliceInDim(x, which * h, (which + 1) * h, 1, axis)
}

/** Columns (axis 1) or rows (axis 0) turned in their pairs, in the order of the next pairs. */
const turn = (x: NDArray, { c, s }: Rotation, axis: 0 | 1, order: NDArray): NDArray => {
  const [p, q] = [half(x, 0, axis), half(x, 1, axis)]
  const [cos, sin] = [lax.expandDims(c, [1 - axis]), lax.expandDims(s, [1 - axis])]
  const pair = [lax.sub(lax.mul(cos, p), lax.mul(sin, q)), lax.add(lax.mul(sin, p), lax.mul(cos, q))]
  return lax.take(lax.concatenate(pair, axis), order, axis, 'promise_in_bounds')
}

/** An even number of columns, and of rows. */
const padded = (x: NDArray, axes: readonly number[]): NDArray =>
  lax.pad(
    x,
    0,
    x.shape.map((n, i) => [0, axes.includes(i) ? n % 2 : 0, 0]),
  )

const orderOf = (size: number): NDArray => {
  const places = tournament(size / 2)
  // One iota and a few selections instead of a constant, which a program can't close over.
  return places.reduce<NDArray>(
    (order, from, i) => lax.select(lax.eq(lax.iota('int32', size), i), order, from),
    lax.iota('int32', size),
  )
}

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix, in ascending order. */
export const eigenvectors = (x: NDArray): readonly [values: NDArray, vectors: NDArray] => {
  const n = x.shape[0]!
  if (n <= 1) return [lax.reshape(x, [n]), lax.full([n, n], 1, x.dtype)]
  const even = padded(x, [0, 1])
  const size = even.shape[0]!
  const order = orderOf(size)
  const [[a, v]] = scan(
    ([m, vectors]: readonly [NDArray, NDArray]) => {
      const d = diagonal(m)
      const r = rotation(half(d, 0, 0), half(d, 1, 0), diagonal(m, { offset: size / 2 }))
      return [[turn(turn(m, r, 1, order), r, 0, order), turn(vectors, r, 1, order)] as const, null] as const
    },
    [even, eye(size, size, 0, { dtype: x.dtype })] as const,
    null,
    { length: sweepsOf(x) * (size - 1) },
  )
  const values = lax.sliceInDim(diagonal(a), 0, n)
  const [sorted, places] = lax.sortKeyVal(values, lax.iota('int32', n))
  return [sorted, lax.take(lax.slice(v, [0, 0], [n, n]), places, 1, 'promise_in_bounds')]
}

/**
 * Singular values in descending order, and the columns to which the rotations turn those of x `[n, m]`, n ≥ m: those
 * of u, times the singular values. v holds the rotations.
 */
export const singularColumns = (x: NDArray): readonly [columns: NDArray, values: NDArray, v: NDArray] => {
  const m = x.shape[1]!
  const finish = (columns: NDArray, v: NDArray): readonly [NDArray, NDArray, NDArray] => {
    const norms = lax.sqrt(lax.reduceSum(lax.square(columns), [0]))
    const [sorted, places] = lax.sortKeyVal(lax.neg(norms), lax.iota('int32', m))
    const picked = (y: NDArray): NDArray => lax.take(y, places, 1, 'promise_in_bounds')
    return [picked(columns), lax.neg(sorted), picked(v)]
  }
  if (m <= 1) return finish(x, lax.full([m, m], 1, x.dtype))
  const even = padded(x, [1])
  const size = even.shape[1]!
  const order = orderOf(size)
  const [[columns, v]] = scan(
    ([y, vectors]: readonly [NDArray, NDArray]) => {
      const [p, q] = [half(y, 0, 1), half(y, 1, 1)]
      const dot = (a: NDArray, b: NDArray): NDArray => lax.reduceSum(lax.mul(a, b), [0])
      const r = rotation(dot(p, p), dot(q, q), dot(p, q))
      return [[turn(y, r, 1, order), turn(vectors, r, 1, order)] as const, null] as const
    },
    [even, eye(size, size, 0, { dtype: x.dtype })] as const,
    null,
    { length: sweepsOf(x) * (size - 1) },
  )
  return finish(lax.slice(columns, [0, 0], [x.shape[0]!, m]), lax.slice(v, [0, 0], [m, m]))
}
