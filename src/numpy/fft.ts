/** Fourier transforms. Complex arrays are `{ real, imag }`. */
import { ArgumentError, type NDArray, type Shape, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type Complex, type ComplexLike, partsOf } from './complex.js'
import { type ArrayLike, type ArrayOptions, asArray, promoteInexact } from './convert.js'
import { moveaxis } from './manipulation.js'
import { roll } from './rearranging.js'

/** Where the factor 1 / n stands: with the inverse (`'backward'`, default), with the other, or its root with both. */
export type FftNorm = 'backward' | 'forward' | 'ortho'

export interface FftOptions {
  /** Points that are transformed: the axis is cut or filled with zeros; default its size. */
  readonly n?: number
  /** Default the last. */
  readonly axis?: number
  readonly norm?: FftNorm
}

export interface FftnOptions {
  /** Points along each axis; default the sizes. */
  readonly s?: Shape
  /** Default all, or the last as many as `s` has; of the functions with 2 the last two. */
  readonly axes?: readonly number[]
  readonly norm?: FftNorm
}

type Direction = 'forward' | 'inverse'

const factorOf = (where: string, n: number, direction: Direction, norm: FftNorm): number => {
  if (norm === 'ortho') return 1 / Math.sqrt(n)
  if (norm !== 'backward' && norm !== 'forward') {
    throw new ArgumentError(where, "the norm 'backward', 'forward' or 'ortho'", String(norm))
  }
  return (norm === 'forward') === (direction === 'forward') ? 1 / n : 1
}

const checkLength = (where: string, n: number): void => {
  if (!Number.isInteger(n) || n < 1) throw new ArgumentError(where, 'one point or more', String(n))
}

/** The last axis cut, or filled with zeros. */
const fitted = (x: NDArray, n: number): NDArray => {
  const size = x.shape.at(-1)!
  if (size >= n) return lax.sliceInDim(x, 0, n, 1, x.ndim - 1)
  return lax.pad(x, lax.full([], 0, x.dtype), x.shape.map((_, i) => [0, i === x.ndim - 1 ? n - size : 0, 0])) // prettier-ignore
}

const mapParts = ({ real, imag }: Complex, f: (x: NDArray) => NDArray): Complex => ({ real: f(real), imag: f(imag) })

/** One axis of a complex array transformed. */
const transformed = (
  where: string,
  z: Complex,
  direction: Direction,
  { n, axis = -1, norm = 'backward' }: FftOptions,
): Complex => {
  const at = lax.canonicalAxis(where, axis, z.real.ndim)
  const points = n ?? z.real.shape[at]!
  checkLength(where, points)
  const { real, imag } = mapParts(z, (x) => fitted(moveaxis(x, at, -1), points))
  const [a, b] = direction === 'forward' ? lax.fft(real, imag) : [...lax.fft(imag, real)].reverse()
  const factor = factorOf(where, points, direction, norm)
  return mapParts({ real: a, imag: b }, (x) => moveaxis(factor === 1 ? x : lax.mul(x, factor), -1, at))
}

/**
 * The discrete Fourier transform along an axis.
 *
 * @throws ArgumentError, ShapeError
 * @example
 * np.fft.fft(np.array([1, 0, 0, 0])).real // => Array([1., 1., 1., 1.], dtype=float32)
 */
export const fft = (x: ComplexLike, options: FftOptions = {}): Complex =>
  transformed('np.fft.fft', partsOf('np.fft.fft', x), 'forward', options)

/** The inverse of {@link fft}. */
export const ifft = (x: ComplexLike, options: FftOptions = {}): Complex =>
  transformed('np.fft.ifft', partsOf('np.fft.ifft', x), 'inverse', options)

/** The first half of the transform of a real array, `n / 2 + 1` numbers: the others are their conjugates. */
export const rfft = (x: ArrayLike, options: FftOptions = {}): Complex => {
  const a = promoteInexact(asArray(x, 'np.fft.rfft'))[0]!
  const at = lax.canonicalAxis('np.fft.rfft', options.axis ?? -1, a.ndim)
  const whole = transformed('np.fft.rfft', partsOf('np.fft.rfft', a), 'forward', { ...options, axis: at })
  const half = Math.floor(whole.real.shape[at]! / 2) + 1
  return mapParts(whole, (y) => lax.sliceInDim(y, 0, half, 1, at))
}

/** The real array whose transform begins with x: the inverse of {@link rfft}; `n` defaults to an even number. */
export const irfft = (x: ComplexLike, options: FftOptions = {}): NDArray => {
  const z = partsOf('np.fft.irfft', x)
  const at = lax.canonicalAxis('np.fft.irfft', options.axis ?? -1, z.real.ndim)
  const n = options.n ?? 2 * (z.real.shape[at]! - 1)
  checkLength('np.fft.irfft', n)
  const half = Math.floor(n / 2) + 1
  const { real, imag } = mapParts(z, (y) => fitted(moveaxis(y, at, -1), half))
  const last = real.ndim - 1
  const mirrored = (y: NDArray): NDArray => lax.rev(lax.sliceInDim(y, 1, n - half + 1, 1, last), [last])
  const whole = {
    real: lax.concatenate([real, mirrored(real)], last),
    imag: lax.concatenate([imag, lax.neg(mirrored(imag))], last),
  }
  const result = transformed('np.fft.irfft', whole, 'inverse', { norm: options.norm ?? 'backward' })
  return moveaxis(result.real, -1, at)
}

/** The transform of a signal whose transform is real: of x and what it is the first half of. */
export const hfft = (x: ComplexLike, options: FftOptions = {}): NDArray => {
  const z = partsOf('np.fft.hfft', x)
  const n = options.n ?? 2 * (z.real.shape[lax.canonicalAxis('np.fft.hfft', options.axis ?? -1, z.real.ndim)]! - 1)
  return irfft({ real: z.real, imag: lax.neg(z.imag) }, { ...options, n, norm: swapped(options.norm) })
}
/** The inverse of {@link hfft}. */
export const ihfft = (x: ArrayLike, options: FftOptions = {}): Complex => {
  const { real, imag } = rfft(x, { ...options, norm: swapped(options.norm) })
  return { real, imag: lax.neg(imag) }
}
const swapped = (norm: FftNorm = 'backward'): FftNorm =>
  norm === 'backward' ? 'forward' : norm === 'forward' ? 'backward' : norm

interface Plan {
  readonly axes: readonly number[]
  readonly s: readonly (number | undefined)[]
}

const planOf = (where: string, x: NDArray, { s, axes }: FftnOptions): Plan => {
  const chosen = axes ?? lax.range(s?.length ?? x.ndim).map((i) => i - (s?.length ?? x.ndim))
  const at = chosen.map((i) => lax.canonicalAxis(where, i, x.ndim))
  if ((s !== undefined && s.length !== at.length) || new Set(at).size !== at.length) {
    throw new ShapeError(where, 'different axes, and points for each', `${at.join()} for ${showAval(x.aval)}`)
  }
  return { axes: at, s: at.map((_, i) => s?.[i]) }
}

const overAxes = (where: string, x: ComplexLike, direction: Direction, options: FftnOptions): Complex => {
  const z = partsOf(where, x)
  const { axes, s } = planOf(where, z.real, options)
  const { norm = 'backward' } = options
  return axes.reduceRight<Complex>(
    (y, axis, i) => transformed(where, y, direction, { axis, norm, ...(s[i] === undefined ? {} : { n: s[i] }) }),
    z,
  )
}

/** The transform along several axes. */
export const fftn = (x: ComplexLike, options: FftnOptions = {}): Complex =>
  overAxes('np.fft.fftn', x, 'forward', options)
/** The inverse of {@link fftn}. */
export const ifftn = (x: ComplexLike, options: FftnOptions = {}): Complex =>
  overAxes('np.fft.ifftn', x, 'inverse', options)

/** {@link fftn} of a real array: half of the last axis, as {@link rfft} has it. */
export const rfftn = (x: ArrayLike, options: FftnOptions = {}): Complex => {
  const a = promoteInexact(asArray(x, 'np.fft.rfftn'))[0]!
  const { axes, s } = planOf('np.fft.rfftn', a, options)
  if (axes.length === 0) throw new ShapeError('np.fft.rfftn', 'at least one axis', 'none')
  const { norm = 'backward' } = options
  const last = axes.length - 1
  const half = rfft(a, { axis: axes[last]!, norm, ...(s[last] === undefined ? {} : { n: s[last] }) })
  const rest = axes.slice(0, last)
  return rest.reduceRight<Complex>((y, axis, i) => transformed('np.fft.rfftn', y, 'forward', { axis, norm, ...(s[i] === undefined ? {} : { n: s[i] }) }), half) // prettier-ignore
}
/** The inverse of {@link rfftn}. */
export const irfftn = (x: ComplexLike, options: FftnOptions = {}): NDArray => {
  const z = partsOf('np.fft.irfftn', x)
  const { axes, s } = planOf('np.fft.irfftn', z.real, options)
  if (axes.length === 0) throw new ShapeError('np.fft.irfftn', 'at least one axis', 'none')
  const { norm = 'backward' } = options
  const last = axes.length - 1
  const y = axes.slice(0, last).reduce<Complex>((w, axis, i) => transformed('np.fft.irfftn', w, 'inverse', { axis, norm, ...(s[i] === undefined ? {} : { n: s[i] }) }), z) // prettier-ignore
  return irfft(y, { axis: axes[last]!, norm, ...(s[last] === undefined ? {} : { n: s[last] }) })
}

const lastTwo = { axes: [-2, -1] } as const
/** {@link fftn} along two axes, default the last two. */
export const fft2 = (x: ComplexLike, options: FftnOptions = {}): Complex => fftn(x, { ...lastTwo, ...options })
/** {@link ifftn} along two axes, default the last two. */
export const ifft2 = (x: ComplexLike, options: FftnOptions = {}): Complex => ifftn(x, { ...lastTwo, ...options })
/** {@link rfftn} along two axes, default the last two. */
export const rfft2 = (x: ArrayLike, options: FftnOptions = {}): Complex => rfftn(x, { ...lastTwo, ...options })
/** {@link irfftn} along two axes, default the last two. */
export const irfft2 = (x: ComplexLike, options: FftnOptions = {}): NDArray => irfftn(x, { ...lastTwo, ...options })

/** The frequencies of {@link fft}'s n numbers, of points a distance d (default 1) apart; default float32. @throws ArgumentError */
export const fftfreq = (n: number, d = 1, { dtype = 'float32' }: ArrayOptions = {}): NDArray => {
  checkLength('np.fft.fftfreq', n)
  const index = lax.iota('int32', n)
  const half = Math.floor((n - 1) / 2)
  const signed = lax.select(lax.gt(index, half), index, lax.sub(index, n))
  return lax.div(lax.convertElementType(signed, dtype), n * d)
}
/** The frequencies of {@link rfft}'s numbers of n points a distance d (default 1) apart; default float32. @throws ArgumentError */
export const rfftfreq = (n: number, d = 1, { dtype = 'float32' }: ArrayOptions = {}): NDArray => {
  checkLength('np.fft.rfftfreq', n)
  return lax.div(lax.iota(dtype, Math.floor(n / 2) + 1), n * d)
}

const rolled = (
  where: string,
  x: NDArray,
  axes: number | readonly number[] | undefined,
  by: (n: number) => number,
): NDArray => {
  // prettier-ignore
  const at = (axes === undefined ? lax.range(x.ndim) : typeof axes === 'number' ? [axes] : axes).map((i) => lax.canonicalAxis(where, i, x.ndim)) // prettier-ignore
  return at.length === 0 ? x : roll(x, at.map((i) => by(x.shape[i]!)), at) // prettier-ignore
}

/** The zero frequency moved to the middle of axes (default all). */
export const fftshift = (x: ArrayLike, axes?: number | readonly number[]): NDArray =>
  rolled('np.fft.fftshift', asArray(x), axes, (n) => Math.floor(n / 2))
/** The inverse of {@link fftshift}. */
export const ifftshift = (x: ArrayLike, axes?: number | readonly number[]): NDArray =>
  rolled('np.fft.ifftshift', asArray(x), axes, (n) => -Math.floor(n / 2))
