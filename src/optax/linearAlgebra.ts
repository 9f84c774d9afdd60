/** Eigenvectors, roots of matrices, least squares. */
import * as t from 'io-ts'
import { foriLoop, whileLoop } from '../control/index.js'
import { ArgumentError, type NDArray, ShapeError, showAval } from '../core/index.js'
import * as np from '../numpy/index.js'
import * as random from '../random/index.js'
import type { ScalarLike } from './base.js'
import { decodeOptions, nonNegative, optionsOf, scalarOrNull, wholeSteps } from './options.js'
import { zeroCount } from './scaling.js'
import { scale, sub, vdot } from './treeArithmetic.js'
import { norm } from './treeMath.js'

const iterationOptions = { numIters: wholeSteps, errorTolerance: nonNegative }

export interface PowerIterationOptions<T = NDArray> {
  /** Where the iteration begins; default random numbers of `key`. Needed if the matrix is a function. */
  readonly v0?: T | null
  /** Iterations at most; default 100. */
  readonly numIters?: number
  /** Relative residual at which the iteration ends; default 1e-6. */
  readonly errorTolerance?: ScalarLike
  /** Default `random.key(0)`. */
  readonly key?: random.PRNGKey | null
}
const PowerIterationOptions = optionsOf('PowerIterationOptions', { ...iterationOptions, v0: t.unknown, key: t.unknown })

const normalized = <T>(x: T): T => scale(np.divide(1, norm(x)), x)

/**
 * The eigenvalue of the greatest absolute value of a symmetric matrix, and its eigenvector.
 *
 * @param matrix - `[n, n]`, or its product with a vector (a tree)
 * @throws ArgumentError if the matrix is a function, and `v0` isn't given
 * @throws OptionsError if an option is unknown or out of range
 * @see https://en.wikipedia.org/wiki/Power_iteration
 * @example
 * const [eigenvalue, vector] = optax.powerIteration(np.array([[2, 0], [0, 1]]))
 * eigenvalue.item().toFixed(4) // => '2.0000'
 * np.abs(vector).gt(0.5) // => Array([ True, False], dtype=bool)
 */
export const powerIteration = <T = NDArray>(
  matrix: NDArray | ((v: T) => T),
  options: PowerIterationOptions<T> = {},
): readonly [eigenvalue: NDArray, eigenvector: T] => {
  const decoded = decodeOptions('powerIteration', PowerIterationOptions, options)
  const { numIters = 100, errorTolerance = 1e-6 } = decoded
  const { v0 = null, key = null } = options
  const product = typeof matrix === 'function' ? matrix : (v: T): T => np.matmul(matrix, v as NDArray) as T
  if (v0 === null && typeof matrix === 'function') {
    throw new ArgumentError('powerIteration', 'v0 for a matrix that is a function', 'none')
  }
  const start = normalized((v0 ?? startOf(matrix as NDArray, key)) as T)
  interface Carry {
    readonly unit: T
    readonly next: T
    readonly eigenvalue: NDArray
    readonly iteration: NDArray
  }
  const first = product(start)
  const end = whileLoop<Carry>(
    ({ unit, next, eigenvalue, iteration }) => {
      const residual = norm(sub(next, scale(eigenvalue, unit)))
      const isNear = np.less(np.abs(np.divide(residual, eigenvalue)), errorTolerance)
      return np.logicalAnd(np.logicalNot(isNear), np.less(iteration, numIters))
    },
    ({ next, eigenvalue, iteration }) => {
      const unit = normalized(next)
      const image = product(unit)
      const value = np.astype(vdot(unit, image), eigenvalue.dtype)
      return { unit, next: image, eigenvalue: value, iteration: np.add(iteration, 1) }
    },
    {
      unit: start,
      next: first,
      eigenvalue: np.astype(np.multiply(vdot(start, first), 0), 'float32'),
      iteration: zeroCount(),
    },
  )
  return [end.eigenvalue, normalized(end.next)]
}

const startOf = (matrix: NDArray, key: random.PRNGKey | null): NDArray =>
  random.uniform(key ?? random.key(0), matrix.shape.slice(-1), { dtype: matrix.dtype, minval: -1, maxval: 1 })

export interface MatrixInversePthRootOptions {
  /** Iterations at most; default 100. */
  readonly numIters?: number
  /** What is added to the diagonal, as a part of the greatest eigenvalue; default 1e-6. */
  readonly ridgeEpsilon?: ScalarLike
  /** Error at which the iteration ends; default 1e-6. */
  readonly errorTolerance?: ScalarLike
}
const MatrixInversePthRootOptions = optionsOf('MatrixInversePthRootOptions', {
  ...iterationOptions,
  ridgeEpsilon: nonNegative,
})

/**
 * `A^(-1/p)` of a positive definite matrix, by Newton's iteration coupled with one for the error.
 *
 * @param matrix - `[n, n]`
 * @param p - 1, 2, 4 or 8
 * @returns the root, and the greatest error of `root^p A` as computed
 * @throws ShapeError if the matrix isn't square
 * @throws ArgumentError if `p` is another number
 * @throws OptionsError if an option is unknown or out of range
 * @see Guo & Higham, 2006, https://doi.org/10.1137/050643374
 * @see Anil et al., 2020 (Shampoo), https://arxiv.org/abs/2002.09018
 * @example
 * const [root] = optax.matrixInversePthRoot(np.array([[4, 0], [0, 16]]), 2)
 * np.round(root.mul(1000)) // => Array([[500.,   0.], [  0., 250.]], dtype=float32)
 */
export const matrixInversePthRoot = (
  matrix: NDArray,
  p: number,
  options: MatrixInversePthRootOptions = {},
): readonly [root: NDArray, error: NDArray] => {
  const name = 'matrixInversePthRoot'
  const { numIters = 100, ridgeEpsilon = 1e-6, errorTolerance = 1e-6 } = decodeOptions(name, MatrixInversePthRootOptions, options) // prettier-ignore
  const n = matrix.shape[0]!
  if (matrix.ndim !== 2 || n !== matrix.shape[1]) throw new ShapeError(name, 'a square matrix', showAval(matrix.aval))
  if (![1, 2, 4, 8].includes(p)) throw new ArgumentError(name, 'a power p of 1, 2, 4 or 8', String(p))
  const [greatest] = powerIteration(matrix)
  const ridge = np.multiply(ridgeEpsilon, np.maximum(greatest, 1e-16))
  if (n === 1) return [np.power(np.add(matrix, ridge), -1 / p), np.array(0)]
  const identity = np.eye(n)
  const damped = np.add(np.astype(matrix, 'float32'), np.multiply(ridge, identity))
  const z = np.divide((1 + p) / 2, np.sqrt(np.sum(np.square(damped))))
  const errorOf = (m: NDArray): NDArray => np.max(np.abs(np.subtract(m, identity)))
  const powered = (m: NDArray): NDArray => {
    let power = m
    for (let k = 1; k < p; k *= 2) power = np.matmul(power, power)
    return power
  }
  interface Carry {
    readonly i: NDArray
    readonly m: NDArray
    readonly h: NDArray
    readonly before: NDArray
    readonly error: NDArray
    readonly improves: NDArray
  }
  const m0 = np.multiply(damped, z)
  const h0 = np.multiply(identity, np.power(z, 1 / p))
  const end = whileLoop<Carry>(
    ({ i, error, improves }) =>
      np.logicalAnd(np.less(i, numIters), np.logicalAnd(np.greater(error, errorTolerance), improves)),
    ({ i, m, h, error }) => {
      const step = np.add(np.multiply(1 + 1 / p, identity), np.multiply(-1 / p, m))
      const next = np.matmul(powered(step), m)
      const newError = errorOf(next)
      const improves = np.less(newError, np.multiply(error, 1.2))
      return { i: np.add(i, 1), m: next, h: np.matmul(h, step), before: h, error: newError, improves }
    },
    { i: zeroCount(), m: m0, h: h0, before: h0, error: errorOf(m0), improves: np.array(true) },
  )
  return [np.astype(np.where(end.improves, end.h, end.before), matrix.dtype), errorOf(end.m)]
}

export interface NnlsOptions {
  /** Bound of the greatest eigenvalue of `AᵀA`; default the least of two norms. */
  readonly L?: ScalarLike | null
}
const NnlsOptions = optionsOf('NnlsOptions', { L: scalarOrNull })

/**
 * Least squares with solutions that aren't negative: `x ≥ 0` that minimizes `|A x - b|`, by accelerated gradient steps.
 *
 * @param A - `[m, n]`
 * @param b - `[m]`, or `[m, k]` for several
 * @returns `[n]` or `[n, k]`
 * @throws ShapeError if the shapes aren't so
 * @see Beck & Teboulle, 2009, https://doi.org/10.1137/080716542
 * @example
 * optax.nnls(np.array([[1, 0], [0, 1]]), np.array([2, -1]), 20) // => Array([2., 0.], dtype=float32)
 */
export const nnls = (A: NDArray, b: NDArray, iters: number, options: NnlsOptions = {}): NDArray => {
  const { L: given = null } = decodeOptions('nnls', NnlsOptions, options)
  if (A.ndim !== 2 || (b.ndim !== 1 && b.ndim !== 2) || b.shape[0] !== A.shape[0]) {
    throw new ShapeError('nnls', 'A [m, n] and b [m] or [m, k]', `${showAval(A.aval)} and ${showAval(b.aval)}`)
  }
  const transposed = np.transpose(A)
  const square = np.matmul(transposed, A)
  const right = np.matmul(transposed, b)
  const frobenius = (): NDArray => np.sqrt(np.sum(np.square(square)))
  const bound = given ?? np.minimum(frobenius(), np.max(np.sum(np.abs(square), { axis: 0 })))
  const L = np.where(np.equal(bound, 0), 1, bound)
  const zero = np.zeros(right.shape, { dtype: right.dtype })
  const [x] = foriLoop<readonly [NDArray, NDArray, NDArray]>(
    0,
    iters,
    (_, [before, p, c]) => {
      const cn = np.divide(np.add(1, np.sqrt(np.add(1, np.multiply(4, np.square(c))))), 2)
      const gradient = np.divide(np.subtract(np.matmul(square, p), right), L)
      const next = np.maximum(np.subtract(p, gradient), 0)
      const momentum = np.divide(np.subtract(c, 1), cn)
      return [next, np.add(next, np.multiply(momentum, np.subtract(next, before))), cn]
    },
    [zero, zero, np.zeros([], { dtype: right.dtype })],
  )
  return x
}
