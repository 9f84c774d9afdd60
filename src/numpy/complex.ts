/** Complex numbers, as pairs of arrays: ONNX Runtime has no kernels for complex dtypes. */
import { NDArray, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promoteInexact } from './convert.js'
import { hypot } from './trigonometry.js'

/** An array of complex numbers: two real ones of one shape and dtype. A plain object, and so a pytree. */
export interface Complex {
  readonly real: NDArray
  readonly imag: NDArray
}

/** A complex array, or a real one, whose imaginary part is 0. */
export type ComplexLike = ArrayLike | Complex

export const isComplex = (x: unknown): x is Complex =>
  typeof x === 'object' &&
  x !== null &&
  (x as Partial<Complex>).real instanceof NDArray &&
  (x as Partial<Complex>).imag instanceof NDArray

/** Both parts, in one floating dtype. @throws ShapeError if they differ in shape */
export const partsOf = (where: string, x: ComplexLike): Complex => {
  if (!isComplex(x)) {
    const [real] = promoteInexact(asArray(x, where))
    return { real: real!, imag: lax.full(real!.shape, 0, real!.dtype) }
  }
  const [real, imag] = promoteInexact(x.real, x.imag) as readonly [NDArray, NDArray]
  if (real.shape.join() !== imag.shape.join()) {
    throw new ShapeError(where, 'parts of one shape', `${showAval(real.aval)} and ${showAval(imag.aval)}`)
  }
  return { real, imag }
}

/** The real part. */
export const real = (x: ComplexLike): NDArray => (isComplex(x) ? x.real : asArray(x))
/** The imaginary part; 0 of a real array. */
export const imag = (x: ComplexLike): NDArray =>
  isComplex(x) ? x.imag : lax.full(asArray(x).shape, 0, asArray(x).dtype)

/** The complex conjugate; a real array as it is. */
export function conj(x: ArrayLike): NDArray
export function conj(x: Complex): Complex
export function conj(x: ComplexLike): NDArray | Complex {
  return isComplex(x) ? { real: x.real, imag: lax.neg(x.imag) } : asArray(x)
}
export { conj as conjugate }

/** The angle to the positive real axis, in radians, or with `deg` in degrees. */
export const angle = (x: ComplexLike, { deg = false }: { readonly deg?: boolean } = {}): NDArray => {
  const parts = partsOf('np.angle', x)
  const radians = lax.atan2(parts.imag, parts.real)
  return deg ? lax.mul(radians, 180 / Math.PI) : radians
}

/** Where the imaginary part is 0: everywhere of a real array. */
export const isreal = (x: ComplexLike): NDArray =>
  isComplex(x) ? lax.eq(x.imag, 0) : lax.full(asArray(x).shape, true, 'bool')

/** Whether it is a real array, not a pair of them. */
export const isrealobj = (x: ComplexLike): boolean => !isComplex(x)

/** |z| of complex numbers. */
export const magnitude = (x: ComplexLike): NDArray => {
  const parts = partsOf('a magnitude', x)
  return hypot(parts.real, parts.imag)
}
