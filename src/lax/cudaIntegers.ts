/**
 * Integers on the kernels that the CUDA provider has: none for bits and shifts, no matrix product, and reductions that
 * go through float32, which holds whole numbers up to 2^24 only. All of this is exact, and wraps.
 */
import { bitWidth, type DType, isSigned, type LowerContext, type Shape } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { castTo, kernel } from './kernels.js'

/** Whether a program is lowered for CUDA. */
export const isOnCuda = ({ device }: LowerContext): boolean => device.startsWith('cuda')

/** The word that narrow integers are computed in: there are kernels for all of its arithmetic. */
const wordOf = (dtype: DType): 'uint32' | 'uint64' => (bitWidth(dtype) === 64 ? 'uint64' : 'uint32')

/**
 * The bits of an integer in a word, zeros above; and back. Not two casts in a row: ONNX Runtime makes one of them, which
 * loses what the cast in between was for.
 */
const toWord = (context: LowerContext, x: OnnxValue, dtype: DType): OnnxValue => {
  const word = wordOf(dtype)
  const wide = castTo(context, x, dtype, word)
  return isSigned(dtype) && bitWidth(dtype) < bitWidth(word) ? lowBits(context, wide, word, bitWidth(dtype)) : wide
}
const fromWord = (context: LowerContext, x: OnnxValue, dtype: DType): OnnxValue =>
  castTo(context, x, wordOf(dtype), dtype)

const lowBits = ({ graph }: LowerContext, x: OnnxValue, word: DType, bits: number): OnnxValue =>
  graph.op('Mod', [x, graph.scalar(word, 2n ** BigInt(bits))])

/** `count` digits of a word in base 2^bits, the lowest first. */
const digits = (
  context: LowerContext,
  x: OnnxValue,
  word: DType,
  bits: number,
  count: number,
): readonly OnnxValue[] => {
  const { graph } = context
  return Array.from({ length: count }, (_, i) => {
    const above = i === 0 ? x : graph.op('Div', [x, graph.scalar(word, 2n ** BigInt(bits * i))])
    // Nothing is above the highest digit.
    return bits * (i + 1) === bitWidth(word) ? above : lowBits(context, above, word, bits)
  })
}

const sum = ({ graph }: LowerContext, xs: readonly OnnxValue[]): OnnxValue =>
  xs.reduce((a, b) => graph.op('Add', [a, b]))

/** Both bits of two bytes: a table of 2^16 entries. */
const andTable = (): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: 65536 }, (_, i) => (i >> 8) & (i & 255))

const andOfWords = (context: LowerContext, x: OnnxValue, y: OnnxValue, word: DType, bytes: number): OnnxValue => {
  const { graph } = context
  const table = graph.constant('uint8', [65536], andTable())
  const [left, right] = [x, y].map((v) => digits(context, v, word, 8, bytes)) as [OnnxValue[], OnnxValue[]]
  return sum(
    context,
    left.map((a, i) => {
      const pair = graph.op('Add', [graph.op('Mul', [a, graph.scalar(word, 256)]), right[i]!])
      const both = castTo(context, graph.op('Gather', [table, castTo(context, pair, word, 'int64')]), 'uint8', word)
      return i === 0 ? both : graph.op('Mul', [both, graph.scalar(word, 2n ** BigInt(8 * i))])
    }),
  )
}

/** x & y from a table; x | y = x + y - (x & y), x ^ y = x + y - 2 (x & y). */
export const lowerBitwise = (
  context: LowerContext,
  op: 'BitwiseAnd' | 'BitwiseOr' | 'BitwiseXor',
  inputs: readonly OnnxValue[],
  dtype: DType,
): OnnxValue => {
  const { graph } = context
  const word = wordOf(dtype)
  const [x, y] = inputs.map((v) => toWord(context, v, dtype)) as [OnnxValue, OnnxValue]
  const both = andOfWords(context, x, y, word, bitWidth(dtype) / 8)
  if (op === 'BitwiseAnd') return fromWord(context, both, dtype)
  const taken = op === 'BitwiseOr' ? both : graph.op('Add', [both, both])
  return fromWord(context, graph.op('Sub', [graph.op('Add', [x, y]), taken]), dtype)
}

/** ~x = -1 - x. */
export const lowerComplement = (context: LowerContext, x: OnnxValue, dtype: DType): OnnxValue => {
  const word = wordOf(dtype)
  const ones = context.graph.scalar(word, 2n ** BigInt(bitWidth(word)) - 1n)
  return fromWord(context, context.graph.op('Sub', [ones, toWord(context, x, dtype)]), dtype)
}

/** Products with, or quotients by, a power of 2 from a table, whose last entry stands for shifts of the whole width. */
export const lowerShift = (
  context: LowerContext,
  direction: 'LEFT' | 'RIGHT',
  [x, y]: readonly OnnxValue[],
  dtype: DType,
): OnnxValue => {
  const { graph } = context
  const width = bitWidth(dtype)
  const word = wordOf(dtype)
  const distance = graph.op('Min', [toWord(context, y!, dtype), graph.scalar(word, width)])
  const at = castTo(context, distance, word, 'int64')
  const powers = Array.from({ length: width }, (_, i) => 2n ** BigInt(i))
  const gather = (last: bigint): OnnxValue => {
    const entries = [...powers, last]
    const data = word === 'uint64' ? entries : entries.map(Number)
    return graph.op('Gather', [graph.constant(word, [width + 1], data), at])
  }
  const bits = toWord(context, x!, dtype)
  if (direction === 'LEFT') return fromWord(context, graph.op('Mul', [bits, gather(0n)]), dtype)
  const moved = graph.op('Div', [bits, gather(1n)])
  const isWithin = castTo(context, graph.op('Less', [distance, graph.scalar(word, width)]), 'bool', word)
  return fromWord(context, graph.op('Mul', [moved, isWithin]), dtype)
}

/**
 * A matrix product of integers by products of digits in float64, each of which is exact: digits have 16 bits, so up to
 * 2^21 of them may be summed.
 */
export const lowerIntegerProduct = (
  context: LowerContext,
  x: OnnxValue,
  y: OnnxValue,
  dtype: DType,
  product: (x: OnnxValue, y: OnnxValue) => OnnxValue,
): OnnxValue => {
  const word = wordOf(dtype)
  const count = Math.max(1, bitWidth(dtype) / 16)
  const [left, right] = [x, y].map((v) =>
    digits(context, toWord(context, v, dtype), word, 16, count).map((d) => castTo(context, d, word, 'float64')),
  ) as [OnnxValue[], OnnxValue[]]
  const parts: OnnxValue[] = []
  for (let i = 0; i < count; i++) {
    for (let j = 0; i + j < count; j++) {
      const exact = castTo(context, product(left[i]!, right[j]!), 'float64', 'uint64')
      const power = context.graph.scalar('uint64', 2n ** BigInt(16 * (i + j)))
      parts.push(i + j === 0 ? exact : context.graph.op('Mul', [exact, power]))
    }
  }
  const total = sum(context, parts)
  const low = bitWidth(dtype) === 64 ? total : lowBits(context, total, 'uint64', bitWidth(dtype))
  return castTo(context, low, 'uint64', dtype)
}

/** A reduction of integers by halving its axes: log n steps of an elementwise operation. */
export const lowerHalving = (
  context: LowerContext,
  op: 'Add' | 'Mul' | 'Max' | 'Min',
  x: OnnxValue,
  shape: Shape,
  axes: readonly number[],
  dtype: DType,
): OnnxValue => {
  const { graph } = context
  let v = x
  for (const axis of axes) {
    const part = (from: number, to: number): OnnxValue =>
      graph.op('Slice', [v, graph.ints([from]), graph.ints([to]), graph.ints([axis])])
    for (let n = shape[axis]!; n > 1; n = Math.ceil(n / 2)) {
      const half = Math.floor(n / 2)
      const joined = kernel(context, op, [part(0, half), part(half, 2 * half)], dtype)
      v = n % 2 === 0 ? joined : graph.op('Concat', [joined, part(n - 1, n)], { axis })
    }
  }
  return graph.op('Squeeze', [v, graph.ints(axes)])
}
