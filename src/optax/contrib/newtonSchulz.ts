/** Matrices with the singular vectors of others and singular values near 1, by products alone. */
import { ArgumentError, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import type { ScalarLike } from '../base.js'
import { decodeOptions, nonNegative, optionsOf, refine } from '../options.js'
import { asMatrices, DimensionNumbers } from './dimensionNumbers.js'
import { positiveInteger } from './estimates.js'
import { leadingSingularVectors } from './singularVectors.js'

/** How matrices are scaled so that the iteration converges. */
export type Preconditioning = 'frobenius' | 'spectral' | 'aol' | 'schatten'
const preconditionings: readonly unknown[] = ['frobenius', 'spectral', 'aol', 'schatten']
/** @internal */
export const preconditioning = refine("'frobenius', 'spectral', 'aol' or 'schatten'", (u): u is Preconditioning =>
  preconditionings.includes(u),
)

export interface NewtonSchulzOptions {
  /** Number of iterations; default 5. A list of coefficients has as many rows. */
  readonly nsSteps?: number
  /** How matrices are scaled; default `'frobenius'`. */
  readonly preconditioning?: Preconditioning
  /** Added to the norm; default 1e-8. */
  readonly eps?: ScalarLike
  /** Which axes make the matrices; needed unless there are two. */
  readonly dimensionNumbers?: DimensionNumbers | null
}
const NewtonSchulzOptions = optionsOf('NewtonSchulzOptions', {
  nsSteps: positiveInteger,
  preconditioning,
  eps: nonNegative,
  dimensionNumbers: refine(
    'dimension numbers or null',
    (u): u is DimensionNumbers | null => u === null || u instanceof DimensionNumbers,
  ),
})

type Coefficients = readonly [NDArray, NDArray, NDArray]
const transposed = (x: NDArray): NDArray => np.swapaxes(x, -1, -2)

/** `a x + (b A + c A²) x`, `A = x xᵀ`. */
const step = ([a, b, c]: Coefficients, x: NDArray, gram: NDArray): NDArray => {
  const polynomial = np.add(np.multiply(b, gram), np.matmul(np.multiply(c, gram), gram))
  return np.add(np.multiply(a, x), np.matmul(polynomial, x))
}

const rsqrt = (x: NDArray): NDArray => np.reciprocal(np.sqrt(np.maximum(x, 1e-8)))
const frobenius = (x: NDArray): NDArray => np.sqrt(np.sum(np.square(x), { axis: [-2, -1], keepdims: true }))

/** The first matrix of the iteration and its products. */
const start = (kind: Preconditioning, x: NDArray, eps: ScalarLike): readonly [x: NDArray, gram: NDArray] => {
  switch (kind) {
    case 'frobenius':
    case 'spectral': {
      const size = kind === 'frobenius' ? frobenius(x) : np.expandDims(leadingSingularVectors(transposed(x), 1)[0], -1)
      const scaled = np.divide(x, np.add(size, eps))
      return [scaled, np.matmul(scaled, transposed(scaled))]
    }
    case 'aol': {
      const gram = np.matmul(x, transposed(x))
      const s = rsqrt(np.sum(np.abs(gram), { axis: -1, keepdims: true }))
      return [np.multiply(x, s), np.multiply(np.multiply(gram, s), transposed(s))]
    }
    case 'schatten': {
      const gram = np.matmul(x, transposed(x))
      const s = rsqrt(frobenius(gram))
      return [np.multiply(x, s), np.multiply(gram, np.square(s))]
    }
  }
}

/**
 * Matrices as near to orthogonal ones as some iterations of Newton and Schulz bring them, without a decomposition: from
 * `x / (‖x‖ + eps)`, with coefficients `a, b, c`
 *
 *     x ← a x + (b A + c A²) x,   A = x xᵀ
 *
 * of the transposed matrix if it has fewer columns than rows. `'spectral'` divides by the greatest singular value; `'aol'` and
 * `'schatten'` scale by bounds that the first `A` gives for free.
 *
 * @param nsCoeffs - `[3]`, or `[nsSteps, 3]` for others in each iteration
 * @throws ShapeError if there are other than two axes and no dimension numbers, or coefficients of another shape
 * @throws OptionsError if an option is unknown or out of range
 * @see Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/
 * @see Prach & Lampert, 2022 (aol), https://arxiv.org/abs/2208.03160
 * @example
 * const x = np.array([[3, 0], [0, -3]])
 * optax.contrib.orthogonalizeViaNewtonSchulz(x, np.array([1.5, -0.5, 0]), { preconditioning: 'spectral' })
 * // => Array([[ 1.,  0.], [ 0., -1.]], dtype=float32)
 */
export const orthogonalizeViaNewtonSchulz = (
  x: NDArray,
  nsCoeffs: NDArray,
  options: NewtonSchulzOptions = {},
): NDArray => {
  const where = 'orthogonalizeViaNewtonSchulz'
  const decoded = decodeOptions(where, NewtonSchulzOptions, options)
  const { nsSteps = 5, preconditioning: kind = 'frobenius', eps = 1e-8, dimensionNumbers = null } = decoded
  if (x.ndim !== 2 && dimensionNumbers === null) {
    throw new ShapeError(where, 'a matrix (or dimension numbers)', showAval(x.aval))
  }
  const [matrices, back] = asMatrices(where, x, x.ndim === 2 ? new DimensionNumbers() : dimensionNumbers!)
  const rows = coefficientsOf(where, nsCoeffs, nsSteps).map((row) => np.astype(row, x.dtype))
  const isTall = matrices.shape[1]! > matrices.shape[2]!
  let [at, gram] = start(kind, isTall ? transposed(matrices) : matrices, eps)
  rows.forEach((row, i) => {
    if (i > 0) gram = np.matmul(at, transposed(at))
    at = step([row.slice(0), row.slice(1), row.slice(2)], at, gram)
  })
  return back(isTall ? transposed(at) : at)
}

/** The coefficients of each iteration. */
const coefficientsOf = (where: string, of: NDArray, steps: number): readonly NDArray[] => {
  if (of.ndim < 1 || of.ndim > 2 || of.shape.at(-1) !== 3) {
    throw new ShapeError(where, 'coefficients [3] or [n, 3]', showAval(of.aval))
  }
  if (of.ndim === 1) return Array.from({ length: steps }, () => of)
  const n = of.shape[0]!
  if (n < steps) throw new ArgumentError(where, `coefficients for ${steps} iterations`, `${n} rows`)
  return Array.from({ length: steps }, (_, i) => of.slice(n - steps + i))
}
