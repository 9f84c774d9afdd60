/** Polynomials by their coefficients, the highest power first, and convolutions. */
import { ArgumentError, type NDArray, ShapeError, showAval } from '../core/index.js'
import { scan } from '../control/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promote, promoteInexact } from './convert.js'
import { checkCount } from './counts.js'
import { lstsq } from './linalg/norms.js'
import { concatenate, flip } from './manipulation.js'
import { atleast1d } from './rearranging.js'
import { sum } from './reductions.js'

export type ConvolveMode = 'full' | 'same' | 'valid'

const convolution = (where: string, a: NDArray, v: NDArray, mode: ConvolveMode): NDArray => {
  if (a.ndim !== 1 || v.ndim !== 1 || a.size === 0 || v.size === 0) {
    throw new ShapeError(where, 'two vectors with elements', `${showAval(a.aval)} and ${showAval(v.aval)}`)
  }
  const n = v.size
  const pads = { full: [n - 1, n - 1], same: [Math.floor(n / 2), n - Math.floor(n / 2) - 1], valid: [0, 0] } as const
  if (!Object.hasOwn(pads, mode)) throw new ArgumentError(where, "'full', 'same' or 'valid'", mode)
  const [signal, kernel] = [lax.reshape(a, [1, 1, a.size]), lax.reshape(v, [1, 1, n])]
  const [low, high] = pads[mode]
  return lax.reshape(lax.convGeneralDilated(signal, kernel, [1], [[low, high]]), [low + high + a.size - n + 1])
}

/**
 * The sums of products of one vector with the other, reversed and moved along it.
 *
 * @param mode - `'full'` (default): all overlaps; `'same'`: as many as the longer one; `'valid'`: whole overlaps only
 * @throws ShapeError unless both are vectors with elements
 * @example
 * np.convolve(np.array([1, 2, 3]), np.array([0, 1, 0.5])) // => Array([0. , 1. , 2.5, 4. , 1.5], dtype=float32)
 */
export const convolve = (
  x: ArrayLike,
  v: ArrayLike,
  { mode = 'full' }: { readonly mode?: ConvolveMode } = {},
): NDArray => {
  // prettier-ignore
  const [a, b] = promote(x, v) as readonly [NDArray, NDArray]
  const [long, short] = a.size < b.size ? [b, a] : [a, b]
  return convolution('np.convolve', long, short.ndim === 1 ? lax.rev(short, [0]) : short, mode)
}

/** The sums of products of one vector with the other, moved along it; default mode `'valid'`. @throws ShapeError */
export const correlate = (
  x: ArrayLike,
  v: ArrayLike,
  { mode = 'valid' }: { readonly mode?: ConvolveMode } = {},
): NDArray => {
  // prettier-ignore
  const [a, b] = promote(x, v) as readonly [NDArray, NDArray]
  if (a.size >= b.size) return convolution('np.correlate', a, b, mode)
  return lax.rev(convolution('np.correlate', b, a, mode), [0])
}

const vector = (where: string, p: ArrayLike): NDArray => {
  const a = atleast1d(p)
  if (a.ndim !== 1) throw new ShapeError(where, 'a vector of coefficients', showAval(a.aval))
  return a
}

/**
 * The value of a polynomial at points, by Horner.
 *
 * @param p - coefficients, the highest power first: a vector, or vectors along the first axis
 * @example
 * np.polyval(np.array([3, 0, 1]), 5) // => Array(76., dtype=float32)
 */
export const polyval = (p: ArrayLike, x: ArrayLike): NDArray => {
  const [coefficients, at] = promote(p, x) as readonly [NDArray, NDArray]
  if (coefficients.ndim === 0) throw new ShapeError('np.polyval', 'coefficients along an axis', showAval(coefficients.aval)) // prettier-ignore
  const shape = lax.broadcastShapes('np.polyval', [at.shape, coefficients.shape.slice(1)])
  const strong = lax.convertElementType(at, at.dtype, false)
  const start = lax.full(shape, 0, at.dtype)
  return scan((y: NDArray, c: NDArray) => [lax.add(lax.mul(y, strong), c), null] as const, start, lax.convertElementType(coefficients, coefficients.dtype, false))[0] // prettier-ignore
}

/** Columns of powers of the elements, the highest first, or with `increasing` last. @throws ShapeError unless x is a vector */
export const vander = (
  x: ArrayLike,
  n?: number,
  { increasing = false }: { readonly increasing?: boolean } = {},
): NDArray => {
  const a = asArray(x)
  if (a.ndim !== 1) throw new ShapeError('np.vander', 'a vector', showAval(a.aval))
  const count = n ?? a.size
  checkCount('np.vander', 'a number of columns', count, 2 ** 12)
  if (count === 0) return lax.full([a.size, 0], 0, a.dtype)
  const columns = lax.range(count).map((i) => lax.expandDims(lax.integerPow(a, increasing ? i : count - 1 - i), [1]))
  return lax.concatenate(columns, 1)
}

export interface PolyfitOptions {
  /** Singular values up to this share of the greatest count as 0; default points · epsilon. */
  readonly rcond?: number
  /** Weights of the points' distances; default 1. */
  readonly w?: ArrayLike
}

/**
 * The polynomial that comes nearest to points in the sense of least squares.
 *
 * @param y - values `[n]`, or `[n, k]` for k polynomials
 * @returns coefficients, the highest power first: `[degree + 1]` or `[degree + 1, k]`
 * @throws ShapeError, ArgumentError
 */
export const polyfit = (x: ArrayLike, y: ArrayLike, degree: number, { rcond, w }: PolyfitOptions = {}): NDArray => {
  const [at, values] = promoteInexact(x, y) as readonly [NDArray, NDArray]
  checkCount('np.polyfit', 'a degree', degree, 2 ** 10)
  if (at.ndim !== 1 || at.size === 0 || values.ndim < 1 || values.ndim > 2 || values.shape[0] !== at.size) {
    throw new ShapeError('np.polyfit', 'a vector of points with as many values', `${showAval(at.aval)} and ${showAval(values.aval)}`) // prettier-ignore
  }
  const epsilon = { float64: 2 ** -52, float16: 2 ** -10, bfloat16: 2 ** -7 }[at.dtype as string] ?? 2 ** -23
  let left = vander(at, degree + 1)
  let right = values
  if (w !== undefined) {
    const weights = lax.convertElementType(asArray(w), at.dtype)
    if (weights.ndim !== 1 || weights.size !== at.size) throw new ShapeError('np.polyfit', `${at.size} weights`, showAval(weights.aval)) // prettier-ignore
    left = lax.mul(left, lax.expandDims(weights, [1]))
    right = lax.mul(right, right.ndim === 1 ? weights : lax.expandDims(weights, [1]))
  }
  const scale = lax.sqrt(sum(lax.square(left), { axis: 0 }))
  const [solution] = lstsq(lax.div(left, scale), right, { rtol: rcond ?? at.size * epsilon })
  return lax.div(solution, right.ndim === 1 ? scale : lax.expandDims(scale, [1]))
}

/** The sum of two polynomials. */
export const polyadd = (p: ArrayLike, q: ArrayLike): NDArray => {
  const [a, b] = promote(vector('np.polyadd', p), vector('np.polyadd', q)) as readonly [NDArray, NDArray]
  const n = Math.max(a.size, b.size)
  const wide = (v: NDArray): NDArray => concatenate([lax.full([n - v.size], 0, v.dtype), v])
  return lax.add(wide(a), wide(b))
}
/** The difference of two polynomials. */
export const polysub = (p: ArrayLike, q: ArrayLike): NDArray => polyadd(p, lax.neg(vector('np.polysub', q)))
/** The product of two polynomials. */
export const polymul = (p: ArrayLike, q: ArrayLike): NDArray =>
  convolve(vector('np.polymul', p), vector('np.polymul', q))

const order = (where: string, m: number): void => {
  checkCount(where, 'a number of times', m, 2 ** 10)
}

/** The m-th derivative (default the first) of a polynomial. @throws ArgumentError */
export const polyder = (p: ArrayLike, m = 1): NDArray => {
  order('np.polyder', m)
  let a = promoteInexact(vector('np.polyder', p))[0]!
  for (let i = 0; i < m; i++) {
    const n = a.size
    if (n === 0) break
    a = lax.mul(lax.sliceInDim(a, 0, n - 1), flip(lax.add(lax.iota(a.dtype, n - 1), 1)))
  }
  return a
}

/** The m-th integral (default the first) of a polynomial, with a constant of integration `k` (default 0) at each time. @throws ArgumentError */
export const polyint = (p: ArrayLike, m = 1, { k = 0 }: { readonly k?: number | readonly number[] } = {}): NDArray => {
  order('np.polyint', m)
  let a = promoteInexact(vector('np.polyint', p))[0]!
  for (let i = 0; i < m; i++) {
    const constant = typeof k === 'number' ? k : (k[i] ?? 0)
    const raised = lax.div(a, flip(lax.add(lax.iota(a.dtype, a.size), 1)))
    a = concatenate([raised, lax.full([1], constant, a.dtype)])
  }
  return a
}

/** Coefficients of the polynomial with these roots, the highest first. @throws ShapeError unless they are a vector */
export const poly = (roots: ArrayLike): NDArray => {
  const a = promoteInexact(vector('np.poly', roots))[0]!
  return lax.range(a.size).reduce<NDArray>(
    (p, i) => {
      const root = lax.sliceInDim(a, i, i + 1)
      return concatenate([p, lax.full([1], 0, a.dtype)]).sub(concatenate([lax.full([1], 0, a.dtype), lax.mul(p, root)]))
    },
    lax.full([1], 1, a.dtype),
  )
}
