/** Elements as bits: reinterpretation, counts of bits, neighbouring floats, reduced precision. */
import {
  ArgumentError,
  bind1,
  bitWidth,
  type DType,
  DTypeError,
  isBool,
  isFloat,
  isInteger,
  literal,
  type LowerContext,
  type NDArray,
  type Primitive,
  ShapeError,
  shaped,
  showAval,
  withShape,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { add } from './arithmetic.js'
import { and, convertElementType, eq, gt, ne, not, or, select, shiftLeft, shiftRightLogical } from './compare.js'
import { type Operand, unary } from './elementwise.js'
import { isOnCuda, lowerBitwise, lowerShift } from './cudaIntegers.js'
import { castTo, elementCode } from './kernels.js'
import { broadcastedIota } from './iota.js'
import { broadcastShapes, broadcastTo, reduceSum, reshape } from './shape.js'

const unsignedOf = (dtype: DType): DType => `uint${bitWidth(dtype)}` as DType

/** The bits of a value as another dtype of the same width. */
const castBits = (context: LowerContext, x: OnnxValue, from: DType, to: DType): OnnxValue => {
  if (from === to) return x
  // Casts between integers of one width keep the bits, in the default set of operators.
  if (isInteger(from) && isInteger(to)) return castTo(context, x, from, to)
  return context.graph.op('BitCast', [x], { to: elementCode(to) })
}

// bitcast_convert_type

interface Bitcast {
  readonly newDtype: DType
}

const bitcastP: Primitive<Bitcast> = {
  name: 'bitcast_convert_type',
  abstractEval([x], { newDtype }) {
    if (isBool(x!.dtype) || isBool(newDtype)) {
      throw new DTypeError('bitcast_convert_type', 'dtypes of numbers', `${showAval(x!)} to ${newDtype}`)
    }
    return [shaped(x!.shape, newDtype)]
  },
  jvp: ([x], _tangents, params) => [[bind1(bitcastP, [x!], params)], [zero]],
  transpose: () => [null],
  batch: ([x], [axis], params) => [[bind1(bitcastP, [x!], params)], [axis!]],
  lower: (context, [x], { newDtype }) => [castBits(context, x!, context.avalsIn[0]!.dtype, newDtype)],
}

const sameWidth = (x: NDArray, newDtype: DType): NDArray =>
  x.dtype === newDtype ? x : bind1(bitcastP, [x], { newDtype })

/** How far each of `count` parts of `width` bits lies from the lowest bit, in a word's dtype: `[count]`. */
const offsets = (word: DType, count: number, width: number): NDArray =>
  shiftLeft(broadcastedIota(word, [count], 0), literal(Math.log2(width), word))

/**
 * The bits of `x` as another dtype. A narrower one adds a last axis for the parts, the lowest bits first; a wider one
 * takes that axis away. It has no derivative.
 *
 * @throws DTypeError for booleans
 * @throws ShapeError unless the last axis holds the parts of a wider dtype
 * @example
 * lax.bitcastConvertType(np.array([1, -2]), 'int32') // => Array([ 1065353216, -1073741824], dtype=int32)
 */
export const bitcastConvertType = (x: NDArray, newDtype: DType): NDArray => {
  const [from, to] = [bitWidth(x.dtype), bitWidth(newDtype)]
  if (from === to || isBool(x.dtype) || isBool(newDtype)) return sameWidth(x, newDtype)
  const [narrow, wide] = [`uint${Math.min(from, to)}`, `uint${Math.max(from, to)}`] as [DType, DType]
  const count = Math.max(from, to) / Math.min(from, to)
  const places = offsets(wide, count, Math.min(from, to))
  if (from > to) {
    const words = reshape(sameWidth(x, wide), [...x.shape, 1])
    const parts = shiftRightLogical(broadcastTo(words, [...x.shape, count]), places)
    const mask = literal(2n ** BigInt(to) - 1n, wide)
    return sameWidth(convertElementType(and(parts, mask), narrow), newDtype)
  }
  if (x.shape.at(-1) !== count) {
    throw new ShapeError('bitcast_convert_type', `a last axis of ${count} parts of ${newDtype}`, showAval(x.aval))
  }
  const parts = convertElementType(sameWidth(x, narrow), wide)
  // The parts don't overlap, so that their sum is their union.
  return sameWidth(reduceSum(shiftLeft(parts, places), [x.ndim - 1]), newDtype)
}

// counts

/** An unsigned integer in a word that has shifts, and the way back. */
const word = (context: LowerContext, x: OnnxValue, dtype: DType): readonly [OnnxValue, DType] => {
  const unsigned = unsignedOf(dtype)
  const type: DType = unsigned === 'uint64' ? 'uint64' : 'uint32'
  return [castTo(context, castTo(context, x, dtype, unsigned), unsigned, type), type]
}

const bitAnd = (context: LowerContext, x: OnnxValue, y: OnnxValue, type: DType): OnnxValue =>
  isOnCuda(context) ? lowerBitwise(context, 'BitwiseAnd', [x, y], type) : context.graph.op('BitwiseAnd', [x, y])
const bitOr = (context: LowerContext, x: OnnxValue, y: OnnxValue, type: DType): OnnxValue =>
  isOnCuda(context) ? lowerBitwise(context, 'BitwiseOr', [x, y], type) : context.graph.op('BitwiseOr', [x, y])
const shiftRight = (context: LowerContext, x: OnnxValue, distance: number | bigint, type: DType): OnnxValue => {
  const by = context.graph.scalar(type, distance)
  return isOnCuda(context)
    ? lowerShift(context, 'RIGHT', [x, by], type)
    : context.graph.op('BitShift', [x, by], { direction: 'RIGHT' })
}

/** Sums of neighbouring bits, of pairs, of fours and so on (Warren, Hacker's Delight, 5-1). */
const lowerPopulation = (context: LowerContext, x: OnnxValue, type: DType): OnnxValue => {
  const { graph } = context
  const bits = BigInt(bitWidth(type))
  let v = x
  for (let width = 1n; width < bits; width *= 2n) {
    let mask = 0n
    for (let at = 0n; at < bits; at += 2n * width) mask |= ((1n << width) - 1n) << at
    const low = bitAnd(context, v, graph.scalar(type, mask), type)
    const shifted = shiftRight(context, v, width, type)
    v = graph.op('Add', [low, bitAnd(context, shifted, graph.scalar(type, mask), type)])
  }
  return v
}

/** The number of bits that are 1, in the dtype of `x`. @throws DTypeError unless integers */
export const populationCount = unary(
  'population_count',
  (c, [x], dtype) => {
    const [bits, type] = word(c, x!, dtype)
    return castTo(c, lowerPopulation(c, bits, type), type, dtype)
  },
  null,
  { accepts: 'integer' },
)

/** The number of highest bits that are 0, in the dtype of `x`. @throws DTypeError unless integers */
export const clz = unary(
  'clz',
  (c, [x], dtype) => {
    const { graph } = c
    const [bits, type] = word(c, x!, dtype)
    let v = bits
    for (let distance = 1; distance < bitWidth(dtype); distance *= 2) {
      v = bitOr(c, v, shiftRight(c, v, distance, type), type)
    }
    const zeros = graph.op('Sub', [graph.scalar(type, bitWidth(dtype)), lowerPopulation(c, v, type)])
    return castTo(c, zeros, type, dtype)
  },
  null,
  { accepts: 'integer' },
)

// neighbours

const likeEach = (x: Operand, y: Operand): readonly [NDArray, NDArray] => {
  const model = typeof x === 'number' ? y : x
  if (typeof model === 'number') throw new ArgumentError('nextafter', 'an array among the operands', 'numbers')
  const of = (v: Operand): NDArray => (typeof v === 'number' ? literal(v, model.dtype, true) : v)
  return [of(x), of(y)]
}

/**
 * The float next to `x` in the direction of `y`; `y` where they are equal. It has no derivative.
 *
 * @throws DTypeError unless floats of one dtype
 * @example
 * lax.nextafter(np.array([1, -1, 2]), np.array([2, -2, 2])) // => Array([ 1.0000001, -1.0000001,  2.       ], dtype=float32)
 */
export const nextafter = (x: Operand, y: Operand): NDArray => {
  const [from, to] = likeEach(x, y)
  if (!isFloat(from.dtype) || from.dtype !== to.dtype) {
    throw new DTypeError('nextafter', 'floats of one dtype', `${showAval(from.aval)} and ${showAval(to.aval)}`)
  }
  const shape = broadcastShapes('nextafter', [from.shape, to.shape])
  const [a, b] = [broadcastTo(from, shape), broadcastTo(to, shape)]
  const bits = unsignedOf(a.dtype)
  const [ia, ib] = [sameWidth(a, bits), sameWidth(b, bits)]
  const constant = (value: bigint): NDArray => literal(value, bits)
  const sign = constant(1n << BigInt(bitWidth(bits) - 1))
  const magnitude = (i: NDArray): NDArray => and(i, not(sign))
  const isNegative = (i: NDArray): NDArray => ne(and(i, sign), constant(0n))
  const [ma, mb] = [magnitude(ia), magnitude(ib)]
  // Toward zero where the other is nearer to it or of the other sign. All on bits, for denormals count as zero in floats.
  const isInward = or(gt(ma, mb), ne(isNegative(ia), isNegative(ib)))
  const step = select(isInward, constant(1n), constant((1n << BigInt(bitWidth(bits))) - 1n))
  const moved = select(eq(ma, constant(0n)), add(ia, step), or(and(ib, sign), constant(1n)))
  const isSame = or(eq(ia, ib), and(eq(ma, constant(0n)), eq(mb, constant(0n))))
  const isNaN = or(ne(a, a), ne(b, b))
  const quiet = sameWidth(literal(NaN, a.dtype), bits)
  return sameWidth(select(isNaN, select(isSame, moved, ib), quiet), a.dtype)
}

// reduce_precision

interface Precision {
  readonly exponentBits: number
  readonly mantissaBits: number
}

/** Layout of a float: bits of its exponent and of its mantissa. */
const layoutOf = (dtype: DType): readonly [exponent: number, mantissa: number] =>
  dtype === 'float64' ? [11, 52] : [8, 23]

/** XLA's steps on the bits: round the mantissa to nearest even, overflow to infinity, underflow to zero. */
const lowerPrecision = (context: LowerContext, x: OnnxValue, dtype: DType, p: Precision): OnnxValue => {
  const { graph } = context
  const float: DType = dtype === 'float64' ? 'float64' : 'float32'
  const bits = unsignedOf(float)
  const [exponent, mantissa] = layoutOf(float)
  const value = castTo(context, x, dtype, float)
  const constant = (v: bigint): OnnxValue => graph.scalar(bits, v)
  const op = (name: string, ...inputs: readonly OnnxValue[]): OnnxValue => graph.op(name, inputs)
  const original = castBits(context, value, float, bits)
  const all = (1n << BigInt(1 + exponent + mantissa)) - 1n
  let v = original
  if (p.mantissaBits < mantissa) {
    const dropped = BigInt(mantissa - p.mantissaBits)
    const last = 1n << dropped
    const odd = graph.op('BitShift', [op('BitwiseAnd', v, constant(last)), constant(dropped)], { direction: 'RIGHT' })
    const rounded = op('Add', v, op('Add', odd, constant((last >> 1n) - 1n)))
    v = op('BitwiseAnd', rounded, constant(all ^ (last - 1n)))
  }
  const where = (condition: OnnxValue, onTrue: OnnxValue, onFalse: OnnxValue): OnnxValue => {
    // Bits are chosen as signed integers, for which there is a kernel.
    const [signed, a, b] = [`int${1 + exponent + mantissa}` as DType, onTrue, onFalse]
    const chosen = op('Where', condition, castTo(context, a, bits, signed), castTo(context, b, bits, signed))
    return castTo(context, chosen, signed, bits)
  }
  if (p.exponentBits < exponent) {
    const mask = ((1n << BigInt(exponent)) - 1n) << BigInt(mantissa)
    const bias = (1n << BigInt(exponent - 1)) - 1n
    const reduced = (1n << BigInt(p.exponentBits - 1)) - 1n
    const power = op('BitwiseAnd', v, constant(mask))
    const sign = op('BitwiseAnd', v, constant(1n << BigInt(exponent + mantissa)))
    const overflows = op('Greater', power, constant((bias + reduced) << BigInt(mantissa)))
    const underflows = op('LessOrEqual', power, constant((bias - reduced) << BigInt(mantissa)))
    v = where(overflows, op('BitwiseOr', sign, constant(mask)), v)
    v = where(underflows, sign, v)
  }
  const isNaN = op('Not', op('Equal', value, value))
  return castTo(context, castBits(context, where(isNaN, original, v), bits, float), float, dtype)
}

const reducePrecisionP: Primitive<Precision> = {
  name: 'reduce_precision',
  abstractEval([x], { exponentBits, mantissaBits }) {
    if (!isFloat(x!.dtype)) throw new DTypeError('reduce_precision', 'a floating point array', showAval(x!))
    if (!Number.isInteger(exponentBits) || exponentBits < 1 || !Number.isInteger(mantissaBits) || mantissaBits < 0) {
      const got = `exponentBits ${exponentBits} and mantissaBits ${mantissaBits}`
      throw new ArgumentError('reduce_precision', 'at least 1 bit of exponent and 0 of mantissa', got)
    }
    return [withShape(x!, x!.shape)]
  },
  jvp: ([x], [t], params) => [
    [bind1(reducePrecisionP, [x!], params)],
    [t === zero ? zero : bind1(reducePrecisionP, [t!], params)],
  ],
  transpose: ([ct], _args, params) => [ct === zero ? zero : bind1(reducePrecisionP, [ct!], params)],
  batch: ([x], [axis], params) => [[bind1(reducePrecisionP, [x!], params)], [axis!]],
  lower: (context, [x], params) => [lowerPrecision(context, x!, context.avalsIn[0]!.dtype, params)],
}

/**
 * `x` rounded to what a float of fewer bits can hold, in its own dtype: to nearest, ties to even; what is too large
 * becomes infinite, what is too small 0. Tangents are rounded, too.
 *
 * @throws DTypeError, ArgumentError
 * @example
 * lax.reducePrecision(np.array([1.2345]), 8, 7) // => Array([1.234375], dtype=float32)
 */
export const reducePrecision = (x: NDArray, exponentBits: number, mantissaBits: number): NDArray =>
  bind1(reducePrecisionP, [x], { exponentBits, mantissaBits })
