/** Singular values and left singular vectors by one-sided Jacobi rotations, in the graph. */
import { scan } from '../../control/index.js'
import { limitsOf, type NDArray } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'

/** Each sweep squares what is left of the angles: ten are more than double precision needs. */
const sweeps = 10

/** Rows that are no longer there are those below this part of the greatest, times their number. */
const negligible = (x: NDArray): number => limitsOf(x.dtype).eps

const halves = (x: NDArray): readonly [NDArray, NDArray] => np.split(x, 2, { axis: -2 }) as [NDArray, NDArray]

const rowsOf = (x: NDArray, start: number, end: number): NDArray => x.slice('...', [start, end], [null, null])

/** Pairs of rows `p[i]`, `q[i]` turned in their planes until they are orthogonal. */
const rotate = (p: NDArray, q: NDArray): readonly [NDArray, NDArray] => {
  const product = (x: NDArray, y: NDArray) => np.sum(np.multiply(x, y), { axis: -1, keepdims: true })
  const [pp, qq, pq] = [product(p, p), product(q, q), product(p, q)]
  const isDone = np.lessEqual(np.abs(pq), np.multiply(negligible(p) / 4, np.sqrt(np.multiply(pp, qq))))
  const zeta = np.divide(np.subtract(qq, pp), np.multiply(2, np.where(isDone, 1, pq)))
  const sign = np.where(np.greaterEqual(zeta, 0), 1, -1)
  const tangent = np.divide(sign, np.add(np.abs(zeta), np.sqrt(np.add(1, np.square(zeta)))))
  const t = np.where(isDone, 0, tangent)
  const cosine = np.reciprocal(np.sqrt(np.add(1, np.square(t))))
  const sine = np.multiply(cosine, t)
  return [
    np.subtract(np.multiply(cosine, p), np.multiply(sine, q)),
    np.add(np.multiply(sine, p), np.multiply(cosine, q)),
  ]
}

/** The next round of a tournament in which each row meets each other: the first stays, the others move on by one seat. */
const reseat = (p: NDArray, q: NDArray, h: number): NDArray =>
  h === 1
    ? np.concatenate([p, q], { axis: -2 })
    : np.concatenate([rowsOf(p, 0, 1), rowsOf(q, 0, 1), rowsOf(p, 1, h - 1), rowsOf(q, 1, h), rowsOf(p, h - 1, h)], { axis: -2 }) // prettier-ignore

/**
 * @internal The `rank` greatest singular values of matrices of no more columns than rows, from the greatest, and their left
 * singular vectors. Vectors of values that vanish are zero.
 *
 * Columns are turned in pairs until all are orthogonal: then their lengths are the singular values, their directions the
 * vectors. A `scan` over rounds with all pairs of a round at once, so that it runs inside of `jit`.
 *
 * @param x - `[...batch, rows, columns]`, rows ≥ columns
 * @returns values `[...batch, rank]`, vectors `[...batch, rows, rank]`
 * @see Hestenes, 1958, https://doi.org/10.1137/0106005
 */
export const leadingSingularVectors = (x: NDArray, rank: number): readonly [values: NDArray, vectors: NDArray] => {
  const columns = x.shape.at(-1)!
  const greatest = np.max(np.abs(x), { axis: [-2, -1], keepdims: true })
  const scale = np.where(np.greater(greatest, 0), greatest, 1)
  const rows = np.swapaxes(np.divide(x, scale), -1, -2)
  const blank = np.zeros([...rows.shape.slice(0, -2), columns % 2, x.shape.at(-2)!], { dtype: x.dtype })
  const seated = columns % 2 === 1 ? np.concatenate([rows, blank], { axis: -2 }) : rows
  const h = Math.ceil(columns / 2)
  const [turned] = scan(
    (at: NDArray) => {
      const [p, q] = rotate(...halves(at))
      return [reseat(p, q, h), null] as const
    },
    seated,
    null,
    { length: sweeps * (2 * h - 1) },
  )
  const lengths = np.sqrt(np.sum(np.square(turned), { axis: -1 }))
  const [values, order] = lax.topK(lengths, rank)
  const chosen = np.takeAlongAxis(turned, np.expandDims(order, -1), -2)
  const least = np.multiply(negligible(x) * columns, np.max(values, { axis: -1, keepdims: true }))
  const isThere = np.expandDims(np.greater(values, least), -1)
  const units = np.divide(chosen, np.where(isThere, np.expandDims(values, -1), 1))
  return [np.multiply(values, np.squeeze(scale, -1)), np.swapaxes(np.where(isThere, units, 0), -1, -2)]
}
