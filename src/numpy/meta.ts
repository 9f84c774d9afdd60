/** Shapes and dtypes of values, asked without computing. */
import {
  ArgumentError,
  bitWidth,
  type DType,
  DTypeError,
  dtypes,
  floatLimits,
  integerRange,
  isBool,
  isFloat,
  isInteger,
  isSigned,
  isUnsigned,
  NDArray,
  type Shape,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, joined } from './convert.js'
import { axesOf } from './axes.js'

/** Sizes of the axes. */
export const shape = (x: ArrayLike): Shape => asArray(x).shape
/** Number of axes. */
export const ndim = (x: ArrayLike): number => asArray(x).ndim
/** Number of elements; with axes, along these. */
export const size = (x: ArrayLike, axis?: number | readonly number[]): number =>
  axesOf('np.size', axis, asArray(x).ndim).reduce((n, i) => n * asArray(x).shape[i]!, 1)

/**
 * The shape of the result of an operation on arrays of these shapes.
 *
 * @throws ShapeError if they don't broadcast
 * @example
 * np.broadcastShapes([2, 1], [3]) // => [2, 3]
 */
export const broadcastShapes = (...shapes: readonly Shape[]): Shape => lax.broadcastShapes('np.broadcastShapes', shapes)

/** Limits of a floating dtype. */
export interface FloatInfo {
  readonly dtype: DType
  readonly bits: number
  readonly max: number
  readonly min: number
  /** Least positive normal number. */
  readonly tiny: number
  readonly smallestNormal: number
  /** Least positive number; ONNX Runtime counts it as 0. */
  readonly smallestSubnormal: number
  /** Distance from 1 to the next number. */
  readonly eps: number
  /** Distance from 1 to the previous number. */
  readonly epsneg: number
  /** Exponents of `eps` and of `epsneg`. */
  readonly machep: number
  readonly negep: number
  /** Least exponent of a normal number, and the first that is too great. */
  readonly minexp: number
  readonly maxexp: number
  /** Bits of the exponent and of the mantissa. */
  readonly nexp: number
  readonly nmant: number
  /** Decimal digits that are kept, and the distance of numbers with so many. */
  readonly precision: number
  readonly resolution: number
}

const dtypeOf = (x: DType | ArrayLike): DType =>
  typeof x === 'string' && dtypes.includes(x) ? x : asArray(x as ArrayLike).dtype

/**
 * Limits of a floating dtype.
 *
 * @throws DTypeError if it isn't one
 * @example
 * np.finfo('float32').eps // => 1.1920928955078125e-7
 */
export const finfo = (dtype: DType | ArrayLike): FloatInfo => {
  const given = dtypeOf(dtype)
  if (!isFloat(given)) throw new DTypeError('np.finfo', 'a floating dtype', given)
  const { max, tiny, eps, epsneg, nmant } = floatLimits[given as keyof typeof floatLimits]
  const bits = bitWidth(given)
  const precision = Math.floor(-Math.log10(eps))
  return {
    dtype: given,
    bits,
    max,
    min: -max,
    tiny,
    smallestNormal: tiny,
    smallestSubnormal: given === 'float64' ? Number.MIN_VALUE : tiny * eps,
    eps,
    epsneg,
    machep: -nmant,
    negep: -nmant - 1,
    minexp: Math.round(Math.log2(tiny)),
    maxexp: 2 - Math.round(Math.log2(tiny)),
    nexp: bits - nmant - 1,
    nmant,
    precision,
    resolution: 10 ** -precision,
  }
}

/** Limits of an integer dtype; `min` and `max` of 64 bits are bigints. */
export interface IntegerInfo {
  readonly dtype: DType
  readonly bits: number
  readonly min: number | bigint
  readonly max: number | bigint
}

/**
 * Limits of an integer dtype.
 *
 * @throws DTypeError if it isn't one
 * @example
 * np.iinfo('int8').max // => 127
 */
export const iinfo = (dtype: DType | ArrayLike): IntegerInfo => {
  const given = dtypeOf(dtype)
  if (!isInteger(given)) throw new DTypeError('np.iinfo', 'an integer dtype', given)
  const [min, max] = integerRange(given)
  const bits = bitWidth(given)
  return bits === 64 ? { dtype: given, bits, min, max } : { dtype: given, bits, min: Number(min), max: Number(max) }
}

const kinds = {
  generic: () => true,
  number: (d: DType) => !isBool(d),
  integer: isInteger,
  signedinteger: isSigned,
  unsignedinteger: isUnsigned,
  inexact: isFloat,
  floating: isFloat,
  complexfloating: () => false,
  bool: isBool,
} as const satisfies Readonly<Record<string, (d: DType) => boolean>>

/** A set of dtypes, by NumPy's name. */
export type DTypeKind = keyof typeof kinds

/**
 * Whether a dtype is another, or of a kind.
 *
 * @throws ArgumentError if there is no such dtype or kind
 * @example
 * np.issubdtype('int8', 'signedinteger') // => true
 */
export const issubdtype = (dtype: DType, kind: DType | DTypeKind): boolean => {
  if (!dtypes.includes(dtype)) throw new ArgumentError('np.issubdtype', `one of ${dtypes.join(', ')}`, dtype)
  if ((dtypes as readonly string[]).includes(kind)) return dtype === kind
  if (!Object.hasOwn(kinds, kind)) {
    throw new ArgumentError('np.issubdtype', `a dtype or one of ${Object.keys(kinds).join(', ')}`, kind)
  }
  return kinds[kind as DTypeKind](dtype)
}

/**
 * The dtype of the result of an operation on arrays of two dtypes.
 *
 * @example
 * np.promoteTypes('uint8', 'int8') // => 'int16'
 */
export const promoteTypes = (a: DType, b: DType): DType => {
  for (const dtype of [a, b]) {
    if (!dtypes.includes(dtype)) throw new ArgumentError('np.promoteTypes', `one of ${dtypes.join(', ')}`, dtype)
  }
  return joined({ dtype: a, weakType: false }, { dtype: b, weakType: false }).dtype
}

/** How strictly {@link canCast} asks. */
export type Casting = 'no' | 'equiv' | 'safe' | 'same_kind' | 'unsafe'

const rank = (d: DType): number => (isBool(d) ? 0 : isUnsigned(d) ? 1 : isSigned(d) ? 2 : 3)
/** Whole numbers up to 2^digits are exact, at the least. */
const digits = (d: DType): number =>
  isBool(d)
    ? 1
    : isFloat(d)
      ? floatLimits[d as keyof typeof floatLimits].nmant + 1
      : bitWidth(d) - (isSigned(d) ? 1 : 0)

const isSafe = (from: DType, to: DType): boolean => {
  if (from === to || isBool(from)) return true
  if (rank(from) > rank(to)) return false
  if (isFloat(from)) return to !== 'bfloat16' && from !== 'bfloat16' ? bitWidth(from) <= bitWidth(to) : bitWidth(to) >= 32 && from === 'bfloat16' // prettier-ignore
  // NumPy lets 64-bit integers be doubles.
  if (isFloat(to)) return digits(from) <= digits(to) || to === 'float64'
  return digits(from) <= digits(to)
}

/**
 * Whether values of a dtype may be cast to another: `'safe'` (default) keeps every value, `'same_kind'` allows narrower ones.
 *
 * @example
 * np.canCast('int32', 'float32') // => false
 */
export const canCast = (from: DType, to: DType, { casting = 'safe' }: { readonly casting?: Casting } = {}): boolean => {
  for (const dtype of [from, to]) {
    if (!dtypes.includes(dtype)) throw new ArgumentError('np.canCast', `one of ${dtypes.join(', ')}`, dtype)
  }
  if (casting === 'unsafe' || from === to) return true
  if (casting === 'no' || casting === 'equiv') return false
  return isSafe(from, to) || (casting === 'same_kind' && rank(from) <= rank(to))
}

/** Whether it is a number, boolean or array without axes. */
export const isscalar = (x: unknown): boolean =>
  x instanceof NDArray ? x.ndim === 0 : ['number', 'boolean', 'bigint'].includes(typeof x)
