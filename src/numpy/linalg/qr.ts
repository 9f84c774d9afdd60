/** Orthogonal and triangular factors. */
import { ArgumentError, bind, DifferentiationError, type NDArray, type Primitive } from '../../core/index.js'
import { scan } from '../../control/index.js'
import * as lax from '../../lax/index.js'
import { type ArrayLike, promoteInexact } from '../convert.js'
import { eye } from '../creation.js'
import { matmul } from '../linear.js'
import { swapaxes } from '../manipulation.js'
import { tril, triu } from '../matrices.js'
import { decomposition } from './decomposition.js'
import { triangularSolveRight } from './triangularSolve.js'

interface Params {
  /** Whether q is square. */
  readonly fullMatrices: boolean
}

/** Householder's reflections, with LAPACK's signs: a column that is done already is left as it is. */
const reflect = (x: NDArray, { fullMatrices }: Params): readonly NDArray[] => {
  const [n, m] = x.shape as readonly [number, number]
  const k = Math.min(n, m)
  const places = lax.iota('int32', n)
  const column = (v: NDArray): NDArray => lax.expandDims(v, [1])
  const dot = (a: NDArray, b: NDArray): NDArray => lax.reduceSum(lax.mul(a, b), [0])
  const [[rest, q]] = scan(
    ([r, basis]: readonly [NDArray, NDArray], j: NDArray) => {
      const isPivot = lax.eq(places, j)
      const nothing = lax.full([], 0, x.dtype)
      const below = lax.select(lax.gt(places, j), nothing, lax.dynamicIndexInDim(r, j, 1, false))
      const head = lax.dynamicIndexInDim(lax.dynamicIndexInDim(r, j, 1, false), j, 0, false)
      // Scaled, so that squares neither over- nor underflow.
      const scale = lax.max(lax.reduceMax(lax.abs(below), [0]), lax.abs(head))
      const isDone = lax.eq(lax.reduceMax(lax.abs(below), [0]), 0)
      const safe = lax.select(lax.eq(scale, 0), scale, 1)
      const [h, tail] = [lax.div(head, safe), lax.div(below, safe)]
      const norm = lax.sqrt(lax.add(lax.square(h), dot(tail, tail)))
      const first = lax.select(lax.ge(h, 0), lax.sub(h, norm), lax.add(h, norm))
      const v = lax.select(isPivot, tail, first)
      const square = dot(v, v)
      const beta = lax.select(isDone, lax.div(2, lax.select(isDone, square, 1)), nothing)
      const along = lax.reduceSum(lax.mul(column(v), r), [0])
      const reflected = lax.sub(r, lax.mul(lax.mul(beta, column(v)), lax.expandDims(along, [0])))
      const turned = lax.reduceSum(lax.mul(basis, lax.expandDims(v, [0])), [1])
      return [
        [reflected, lax.sub(basis, lax.mul(lax.mul(beta, column(turned)), lax.expandDims(v, [0])))] as const,
        null,
      ] as const
    },
    [x, eye(n, n, 0, { dtype: x.dtype })] as const,
    lax.iota('int32', k),
  )
  const r = triu(rest)
  if (fullMatrices) return [q, r]
  return [lax.slice(q, [0, 0], [n, k]), lax.slice(r, [0, 0], [k, m])]
}

export const qrP: Primitive<Params> = decomposition<Params>({
  name: 'qr',
  isSquare: false,
  outputs: (n, m, { fullMatrices }) => {
    const k = fullMatrices ? n : Math.min(n, m)
    return [
      [n, k],
      [k, m],
    ]
  },
  run: reflect,
  jvp([x], [t], params) {
    const [n, m] = x!.shape.slice(-2) as [number, number]
    if (n < m || (params.fullMatrices && n !== m)) {
      throw new DifferentiationError('qr', 'has a derivative only of matrices with as many rows as columns, or more, in the mode "reduced"') // prettier-ignore
    }
    const [q, r] = bind(qrP, [x!], params) as readonly [NDArray, NDArray]
    const tr = triangularSolveRight(r, t as NDArray, { lower: false })
    const inner = matmul(swapaxes(q, -1, -2), tr)
    const lower = tril(inner, -1)
    const turn = lax.sub(lower, swapaxes(lower, -1, -2))
    const rest = lax.sub(turn, inner)
    return [
      [q, r],
      [lax.add(matmul(q, rest), tr), matmul(lax.neg(rest), r)],
    ]
  },
})

/** `'reduced'`: q has min(n, m) columns; `'complete'`: q is square; `'r'`: r only. */
export type QrMode = 'reduced' | 'complete' | 'r'

/**
 * A matrix with orthonormal columns and an upper triangular one whose product is x.
 *
 * @param x - `[...batch, n, m]`
 * @param options - `mode`, default `'reduced'`
 * @returns q and r, with the signs of LAPACK; with the mode `'r'` r only
 * @throws ShapeError, ArgumentError; DifferentiationError for the derivative of n < m, or of a complete q that isn't x's size
 * @example
 * const [q, r] = np.linalg.qr(np.array([[3, 1], [4, 2]]))
 * np.allclose(q.matmul(r), np.array([[3, 1], [4, 2]]), { atol: 1e-5 }).item() // => 1
 */
export function qr(x: ArrayLike, options: { readonly mode: 'r' }): NDArray
export function qr(
  x: ArrayLike,
  options?: { readonly mode?: 'reduced' | 'complete' },
): readonly [q: NDArray, r: NDArray]
export function qr(
  x: ArrayLike,
  { mode = 'reduced' }: { readonly mode?: QrMode } = {},
): NDArray | readonly [q: NDArray, r: NDArray] {
  if (!['reduced', 'complete', 'r'].includes(mode)) {
    throw new ArgumentError('np.linalg.qr', "the mode 'reduced', 'complete' or 'r'", mode)
  }
  const a = promoteInexact(x)[0]!
  const [q, r] = bind(qrP, [a], { fullMatrices: mode === 'complete' }) as unknown as readonly [NDArray, NDArray]
  return mode === 'r' ? r : [q, r]
}
