/** Systems of equations with a triangular matrix. */
import {
  bind1,
  DTypeError,
  Linear,
  type NDArray,
  type Primitive,
  ShapeError,
  type ShapedArray,
  showAval,
  type Tangent,
  withShape,
  zero,
} from '../../core/index.js'
import { scan } from '../../control/index.js'
import * as lax from '../../lax/index.js'
import { swapaxes } from '../manipulation.js'
import { tril, triu } from '../matrices.js'
import { matmul } from '../linear.js'
import { checkMatrix, program } from './decomposition.js'

export interface TriangularSolveOptions {
  /** Whether the matrix is what is on and below the diagonal; default true. What is on the other side is not read. */
  readonly lower?: boolean
  /** Solve with the transposed matrix; default false. */
  readonly transposeA?: boolean
  /** Take the diagonal for ones; default false. */
  readonly unitDiagonal?: boolean
}
type Params = Required<TriangularSolveOptions>

/** Row by row: what a solved row contributes is taken from all rows. */
const substitute = (a: NDArray, b: NDArray, { lower, transposeA, unitDiagonal }: Params): NDArray => {
  const n = a.shape[0]!
  const places = lax.iota('int32', n)
  // Row j of `columns` is column j of the matrix that is solved with.
  const columns = transposeA ? a : lax.transpose(a, [1, 0])
  const [, rows] = scan(
    (rest: NDArray, [column, j]: readonly [NDArray, NDArray]) => {
      const row = lax.dynamicIndexInDim(rest, j, 0, false)
      const x = unitDiagonal ? row : lax.div(row, lax.dynamicIndexInDim(column, j, 0, false))
      return [lax.sub(rest, lax.mul(lax.expandDims(column, [1]), lax.expandDims(x, [0]))), x] as const
    },
    b,
    [columns, places] as const,
    { reverse: lower === transposeA },
  )
  return rows
}

/** The part of a matrix that is read. */
const triangle = (a: NDArray, { lower, unitDiagonal }: Params): NDArray =>
  lower ? tril(a, unitDiagonal ? -1 : 0) : triu(a, unitDiagonal ? 1 : 0)

export const triangularSolveP: Primitive<Params> = {
  name: 'triangular_solve',
  abstractEval([a, b]) {
    const [n] = checkMatrix('triangular_solve', a!, true)
    checkMatrix('triangular_solve', b!, false)
    const lead = (x: ShapedArray): string => x.shape.slice(0, -2).join()
    if (b!.shape.at(-2) !== n || lead(a!) !== lead(b!)) {
      throw new ShapeError('triangular_solve', 'as many rows on the right side as in the matrix', `${showAval(a!)} and ${showAval(b!)}`) // prettier-ignore
    }
    if (a!.dtype !== b!.dtype) {
      throw new DTypeError('triangular_solve', 'arrays of one dtype', `${showAval(a!)} and ${showAval(b!)}`)
    }
    return [withShape(b!, b!.shape)]
  },
  jvp([a, b], [ta, tb], params) {
    const x = bind1(triangularSolveP, [a!, b!], params)
    let right: Tangent = tb!
    if (ta !== zero) {
      const part = triangle(ta!, params)
      const change = lax.neg(matmul(params.transposeA ? swapaxes(part, -1, -2) : part, x))
      right = right === zero ? change : lax.add(right, change)
    }
    return [[x], [right === zero ? zero : bind1(triangularSolveP, [a!, right], params)]]
  },
  transpose([ct], [a], params) {
    if (a instanceof Linear)
      throw new DTypeError('triangular_solve', 'to be linear in the right side only', 'the matrix')
    if (ct === zero) return [null, zero]
    return [null, bind1(triangularSolveP, [a!, ct!], { ...params, transposeA: !params.transposeA })]
  },
  batch(args, axes, params, size) {
    const [a, b] = args.map((x, i) => {
      const axis = axes[i]!
      return axis === null ? lax.broadcastTo(x, [size, ...x.shape]) : lax.moveToFront(x, axis)
    })
    return [[bind1(triangularSolveP, [a!, b!], params)], [0]]
  },
  lower: ({ inline, avalsIn }, inputs, params) =>
    inline(
      program('triangular_solve', (a, b) => [substitute(a, b, params)], avalsIn),
      inputs,
    ),
}

/**
 * The matrix x with a x = b, for a triangular a.
 *
 * @param a - `[...batch, n, n]`
 * @param b - `[...batch, n, m]`
 * @throws ShapeError, DTypeError
 */
export const triangularSolve = (
  a: NDArray,
  b: NDArray,
  { lower = true, transposeA = false, unitDiagonal = false }: TriangularSolveOptions = {},
): NDArray => bind1(triangularSolveP, [a, b], { lower, transposeA, unitDiagonal })

/** The matrix x with x a = b. */
export const triangularSolveRight = (a: NDArray, b: NDArray, options: TriangularSolveOptions = {}): NDArray =>
  swapaxes(triangularSolve(a, swapaxes(b, -1, -2), { ...options, transposeA: options.transposeA !== true }), -1, -2)
