/** Whole numbers and the parts of floating ones. */
import {
  ArgumentError,
  DTypeError,
  isBool,
  isFloat,
  isInteger,
  isUnsigned,
  type NDArray,
  showAval,
} from '../core/index.js'
import { whileLoop } from '../control/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, broadcastable, promote, promoteInexact } from './convert.js'
import { moveaxis, ravel } from './manipulation.js'
import { type Binary, inexactBinary } from './promoted.js'
import { pad } from './padding.js'

const magnitudes = (where: string, x: ArrayLike, y: ArrayLike): readonly [NDArray, NDArray] => {
  const [a, b] = broadcastable(promote(x, y)) as readonly [NDArray, NDArray]
  if (!isInteger(a.dtype)) throw new DTypeError(where, 'integers', `${showAval(a.aval)} and ${showAval(b.aval)}`)
  const shape = lax.broadcastShapes(where, [a.shape, b.shape])
  const positive = (z: NDArray): NDArray => lax.broadcastTo(isUnsigned(z.dtype) ? z : lax.abs(z), shape)
  return [positive(a), positive(b)]
}

/**
 * The greatest common divisor, by Euclid; of 0 and x it is |x|.
 *
 * @throws DTypeError unless both are integers
 * @example
 * np.gcd(np.array([12, 18], { dtype: 'int32' }), 8) // => Array([4, 2], dtype=int32)
 */
export const gcd: Binary = (x, y) => {
  const [a, b] = magnitudes('np.gcd', x, y)
  const strong = (z: NDArray): NDArray => lax.convertElementType(z, z.dtype, false)
  const [divisor] = whileLoop(
    ([, rest]: readonly [NDArray, NDArray]) => lax.reduceOr(lax.ne(rest, 0), lax.range(rest.ndim)),
    ([p, q]: readonly [NDArray, NDArray]) => {
      const isDone = lax.eq(q, 0)
      return [lax.select(isDone, q, p), lax.select(isDone, lax.rem(p, lax.select(isDone, q, 1)), q)] as const
    },
    [strong(a), strong(b)] as const,
  )
  return divisor
}

/** The least common multiple; 0 if one of them is. @throws DTypeError unless both are integers */
export const lcm: Binary = (x, y) => {
  const [a, b] = magnitudes('np.lcm', x, y)
  const divisor = gcd(a, b)
  const isZero = lax.eq(divisor, 0)
  return lax.select(isZero, lax.mul(a, lax.div(b, lax.select(isZero, divisor, 1))), 0)
}

/** 2^n of whole n, exactly: a product of powers, chosen by the bits of n. */
const powerOf2 = (n: NDArray, dtype: 'float64'): NDArray => {
  const magnitude = lax.abs(n)
  const one = lax.full([], 1, 'int32')
  let product = lax.full(n.shape, 1, dtype)
  for (let bit = 0; bit < 10; bit++) {
    const isSet = lax.ne(lax.and(lax.shiftRightLogical(magnitude, lax.full([], bit, 'int32')), one), 0)
    product = lax.select(isSet, product, lax.mul(product, 2 ** (2 ** bit)))
  }
  return lax.select(lax.lt(n, 0), product, lax.reciprocal(product))
}

/**
 * A mantissa m with 1/2 ≤ |m| < 1 and an exponent e, int32: x is m · 2^e. Of 0, NaN and infinities the exponent is 0.
 *
 * @example
 * const [m, e] = np.frexp(np.array([8, -3]))
 * m // => Array([ 0.5 , -0.75], dtype=float32)
 */
export const frexp = (x: ArrayLike): readonly [mantissa: NDArray, exponent: NDArray] => {
  const a = promoteInexact(x)[0]!
  const wide = lax.convertElementType(lax.stopGradient(a), 'float64')
  const isPlain = lax.and(lax.isFinite(wide), lax.ne(wide, 0))
  const magnitude = lax.abs(lax.select(isPlain, lax.full([], 1, 'float64'), wide))
  const guess = lax.clamp(
    -1021,
    lax.convertElementType(lax.floor(lax.div(lax.log(magnitude), Math.LN2)), 'int32'),
    1023,
  )
  // The logarithm may be off by its rounding: once up or down.
  const tried = lax.div(magnitude, powerOf2(guess, 'float64'))
  const exact = lax.add(guess, lax.sub(lax.convertElementType(lax.ge(tried, 2), 'int32'), lax.convertElementType(lax.lt(tried, 1), 'int32'))) // prettier-ignore
  // In two steps, as 2^-1024 is no normal number.
  const mantissa = lax.mul(lax.div(wide, powerOf2(exact, 'float64')), 0.5)
  return [
    lax.select(isPlain, a, lax.convertElementType(mantissa, a.dtype)),
    lax.select(isPlain, lax.full([], 0, 'int32'), lax.add(exact, 1)),
  ]
}

export interface BitOptions {
  /** The axis along which bits stand; default: of the flattened array. */
  readonly axis?: number
  /** Whether the first bit of a byte is the greatest (`'big'`, default) or the least. */
  readonly bitorder?: 'big' | 'little'
}

const weights = (where: string, bitorder: string): NDArray => {
  if (bitorder !== 'big' && bitorder !== 'little') throw new ArgumentError(where, "'big' or 'little'", bitorder)
  const places = lax.iota('uint8', 8)
  return bitorder === 'big' ? lax.rev(places, [0]) : places
}

const front = (where: string, x: NDArray, axis: number | undefined): readonly [NDArray, number] =>
  axis === undefined ? [ravel(x), 0] : [moveaxis(x, lax.canonicalAxis(where, axis, x.ndim), -1), axis]

/** Eight truth values in one byte, uint8; zeros are put in at the end. @throws DTypeError for floating arrays */
export const packbits = (x: ArrayLike, { axis, bitorder = 'big' }: BitOptions = {}): NDArray => {
  const a = asArray(x)
  if (isFloat(a.dtype)) throw new DTypeError('np.packbits', 'integers or booleans', showAval(a.aval))
  const [last, along] = front('np.packbits', isBool(a.dtype) ? a : lax.ne(a, 0), axis)
  const n = last.shape.at(-1)!
  const bytes = Math.ceil(n / 8)
  const full = pad(lax.convertElementType(last, 'uint8'), last.shape.map((_, i) => [0, i === last.ndim - 1 ? bytes * 8 - n : 0] as const)) // prettier-ignore
  const bits = lax.shiftLeft(
    lax.reshape(full, [...last.shape.slice(0, -1), bytes, 8]),
    weights('np.packbits', bitorder),
  )
  const sum = lax.reduceSum(lax.convertElementType(bits, 'int32'), [bits.ndim - 1])
  return moveaxis(lax.convertElementType(sum, 'uint8'), -1, along)
}

/** The bits of bytes, uint8; `count` keeps so many of them, negative drops so many at the end. @throws DTypeError unless they are uint8 */
export const unpackbits = (
  x: ArrayLike,
  { axis, bitorder = 'big', count }: BitOptions & { readonly count?: number } = {},
): NDArray => {
  const a = asArray(x)
  if (a.dtype !== 'uint8') throw new DTypeError('np.unpackbits', 'uint8', showAval(a.aval))
  const [last, along] = front('np.unpackbits', a, axis)
  const bits = lax.and(
    lax.shiftRightLogical(lax.expandDims(last, [last.ndim]), weights('np.unpackbits', bitorder)),
    lax.full([], 1, 'uint8'),
  )
  const n = last.shape.at(-1)! * 8
  const flat = lax.reshape(bits, [...last.shape.slice(0, -1), n])
  const wanted = count === undefined ? n : count < 0 ? Math.max(0, n + count) : count
  const kept = wanted <= n ? lax.sliceInDim(flat, 0, wanted, 1, flat.ndim - 1) : pad(flat, flat.shape.map((_, i) => [0, i === flat.ndim - 1 ? wanted - n : 0] as const)) // prettier-ignore
  return moveaxis(kept, -1, along)
}

/** The next number from x towards y; x where they are equal, NaN beside NaN. */
export const nextafter: Binary = inexactBinary((x, y) => lax.nextafter(x, y))
