/** Samples of discrete distributions: coins, whole numbers, categories. */
import {
  ArgumentError,
  bitWidth,
  type DType,
  DTypeError,
  integerRange,
  isFloat,
  isInteger,
  limitsOf,
  literal,
  NDArray,
  type Shape,
  ShapeError,
  showAval,
  sizeOf,
  checkOptions,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import type { ArrayLike } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { checkedShape, shapeWith } from './arguments.js'
import { randomBits } from './bits.js'
import { checkedSample, uniformIn } from './continuous.js'
import { checkedMode, gumbelIn, type GumbelMode } from './gumbel.js'
import { checkedKey, type PRNGKey, split } from './key.js'

/** Resolution of the comparison with the probability: that of one uniform number, or of two. */
export type BernoulliMode = 'low' | 'high'

const bernoulliProgram = jit(
  function bernoulli(k: PRNGKey, p: NDArray, shape: Shape, mode: BernoulliMode) {
    if (mode === 'low') return lax.lt(uniformIn(k, shape, p.dtype, 0, 1), p)
    const both = uniformIn(k, [2, ...shape], p.dtype, 0, 1)
    const row = (i: number): NDArray => lax.squeeze(lax.sliceInDim(both, i, i + 1), [0])
    return lax.lt(lax.mul(row(1), 2 ** -limitsOf(p.dtype).nmant), lax.sub(p, row(0)))
  },
  { staticArgnums: [2, 3] },
)

export interface BernoulliOptions {
  /** `high` also tells probabilities below 1e-7 apart, for twice the bits; default `low`. */
  readonly mode?: BernoulliMode
}

/**
 * Booleans that are true with probability p.
 *
 * @param p - a number or a floating array that broadcasts to the shape; default 0.5
 * @param shape - default that of `p`
 * @throws DTypeError if `p` is an array that isn't floating
 * @throws ShapeError unless `p` broadcasts to the shape
 * @example
 * random.bernoulli(random.key(0), 0.7, [4]) // => Array([False,  True,  True,  True], dtype=bool)
 */
export const bernoulli = (
  key: PRNGKey,
  p: ArrayLike = 0.5,
  shape: Shape | null = null,
  options: BernoulliOptions = {},
): NDArray => {
  checkOptions('random.bernoulli', options, ['mode'])
  const { mode = 'low' } = options
  if (mode !== 'low' && mode !== 'high') {
    throw new ArgumentError('random.bernoulli', 'a mode among low, high', String(mode))
  }
  const probability = p instanceof NDArray ? p : literal(Number(p), 'float32')
  if (!isFloat(probability.dtype)) {
    throw new DTypeError('random.bernoulli', 'a floating probability', showAval(probability.aval))
  }
  checkedKey('random.bernoulli', key)
  return bernoulliProgram(key, probability, shapeWith('random.bernoulli', shape, [p]), mode)
}

/** Body of {@link rademacher}. For a dtype of 64 bits the numbers that decide have as many, as in JAX. */
export const rademacherIn = (k: PRNGKey, shape: Shape, dtype: DType): NDArray => {
  const heads = lax.lt(uniformIn(k, shape, bitWidth(dtype) === 64 ? 'float64' : 'float32', 0, 1), 0.5)
  return lax.sub(lax.mul(lax.convertElementType(heads, dtype), 2), 1)
}

const rademacherProgram = jit(
  function rademacher(k: PRNGKey, shape: Shape, dtype: DType) {
    return rademacherIn(k, shape, dtype)
  },
  { staticArgnums: [1, 2] },
)

export interface IntegerOptions {
  /** Default int32. */
  readonly dtype?: DType
}

/** 1 or -1, each with probability 1/2. */
export const rademacher = (key: PRNGKey, shape: Shape = [], options: IntegerOptions = {}): NDArray => {
  checkOptions('random.rademacher', options, ['dtype'])
  const { dtype = 'int32' } = options
  if (!isFloat(dtype) && !isInteger(dtype)) throw new DTypeError('random.rademacher', 'a dtype of numbers', dtype)
  checkedKey('random.rademacher', key)
  return rademacherProgram(key, checkedShape('random.rademacher', shape), dtype)
}

const unsignedOf = (dtype: DType): DType => `uint${bitWidth(dtype)}` as DType

/** minval + (a number of twice the bits) mod span; a span of 0 stands for all numbers of the dtype. */
const integersIn = (k: PRNGKey, shape: Shape, minval: NDArray, span: NDArray): NDArray => {
  const { dtype } = span
  if (sizeOf(shape) === 0) return lax.full(shape, 0, minval.dtype)
  const [highKey, lowKey] = split(k)
  const high = randomBits(highKey!, dtype, shape)
  const low = randomBits(lowKey!, dtype, shape)
  const half = lax.rem(literal(2n ** BigInt(bitWidth(dtype) / 2), dtype), span)
  // (high · 2^bits + low) mod span, without leaving the dtype.
  const multiplier = lax.rem(lax.mul(half, half), span)
  const offset = lax.rem(lax.add(lax.mul(lax.rem(high, span), multiplier), lax.rem(low, span)), span)
  return lax.add(minval, lax.convertElementType(offset, minval.dtype))
}

/** Integers as another dtype, within its range. */
const clipped = (x: NDArray, [least, greatest]: readonly [bigint, bigint], dtype: DType): NDArray => {
  const [own, ownGreatest] = integerRange(x.dtype)
  const low = literal(own > least ? own : least, x.dtype)
  const high = literal(ownGreatest < greatest ? ownGreatest : greatest, x.dtype)
  return lax.convertElementType(lax.clamp(low, x, high), dtype)
}

/** The dtype that integers are drawn in: small ones as int32, to reduce the bias. */
const drawnAs = (dtype: DType): DType => (bitWidth(dtype) < 32 ? 'int32' : dtype)

const randintProgram = jit(
  function randint(k: PRNGKey, shape: Shape, dtype: DType, minval: NDArray, span: NDArray) {
    return lax.convertElementType(integersIn(k, shape, minval, span), dtype)
  },
  { staticArgnums: [1, 2] },
)

const randintOfArrays = jit(
  function randint(k: PRNGKey, shape: Shape, dtype: DType, minval: NDArray, maxval: NDArray) {
    const drawn = drawnAs(dtype)
    const [least, greatest] = integerRange(dtype)
    const low = clipped(minval, [least, greatest], drawn)
    const top = clipped(maxval, [least, drawn === dtype ? greatest : greatest + 1n], drawn)
    const isNonempty = lax.gt(top, low)
    // What small dtypes are drawn as holds one more than their greatest number.
    const last = literal(integerRange(drawn)[1], drawn)
    const isBeyond =
      drawn === dtype ? lax.gt(maxval, clipped(last, integerRange(maxval.dtype), maxval.dtype)) : literal(false, 'bool')
    const unsigned = unsignedOf(drawn)
    const width = lax.convertElementType(lax.sub(top, low), unsigned)
    // Where every number of the dtype from minval on may occur, there is one more than the difference says.
    const span = lax.select(isNonempty, 1, lax.add(width, lax.convertElementType(isBeyond, unsigned)))
    return lax.convertElementType(integersIn(k, shape, low, span), dtype)
  },
  { staticArgnums: [1, 2] },
)

const clip = (x: bigint, least: bigint, greatest: bigint): bigint => (x < least ? least : x > greatest ? greatest : x)

/** Bounds that are numbers, as arguments of the program. */
const rangeOf = (minval: bigint, maxval: bigint, dtype: DType): readonly [minval: NDArray, span: NDArray] => {
  const drawn = drawnAs(dtype)
  const [least, greatest] = integerRange(dtype)
  const low = clip(minval, least, greatest)
  const width = clip(maxval, least, greatest + 1n) - low
  const span = width <= 0n ? 1n : BigInt.asUintN(bitWidth(drawn), width)
  return [literal(low, drawn), literal(span, unsignedOf(drawn))]
}

const wholeBound = (x: number | bigint | boolean): bigint => {
  if (typeof x === 'number' && !Number.isInteger(x)) {
    throw new ArgumentError('random.randint', 'whole numbers as bounds', String(x))
  }
  return BigInt(x)
}

/** A bound as an array of integers. */
const integerBound = (x: ArrayLike): NDArray => {
  if (!(x instanceof NDArray)) {
    const value = wholeBound(x)
    return literal(value, value === BigInt.asIntN(32, value) ? 'int32' : 'int64')
  }
  if (!isInteger(x.dtype)) throw new DTypeError('random.randint', 'integers as bounds', showAval(x.aval))
  return x
}

/**
 * Uniformly distributed integers in [minval, maxval); minval where that is empty.
 *
 * @param minval - an integer, or an array of them that broadcasts to the shape
 * @throws DTypeError unless dtype and bounds are integers
 * @throws ShapeError unless the bounds broadcast to the shape
 * @example
 * random.randint(random.key(0), [5], 0, 10) // => Array([8, 1, 3, 8, 8], dtype=int32)
 */
export const randint = (
  key: PRNGKey,
  shape: Shape,
  minval: ArrayLike,
  maxval: ArrayLike,
  options: IntegerOptions = {},
): NDArray => {
  checkOptions('random.randint', options, ['dtype'])
  const { dtype = 'int32' } = options
  checkedKey('random.randint', key)
  if (!isInteger(dtype)) throw new DTypeError('random.randint', 'an integer dtype', dtype)
  shapeWith('random.randint', shape, [minval, maxval])
  if (minval instanceof NDArray || maxval instanceof NDArray) {
    return randintOfArrays(key, shape, dtype, integerBound(minval), integerBound(maxval))
  }
  return randintProgram(key, shape, dtype, ...rangeOf(wholeBound(minval), wholeBound(maxval), dtype))
}

const categoricalProgram = jit(
  function categorical(k: PRNGKey, logits: NDArray, axis: number, shape: Shape, mode: GumbelMode) {
    const batch = logits.ndim - 1
    const prefix = shape.slice(0, shape.length - batch)
    const noise = gumbelIn(
      k,
      [...prefix, ...shape.slice(prefix.length).toSpliced(axis, 0, logits.shape[axis]!)],
      logits.dtype,
      mode,
    )
    return lax.argmax(lax.add(noise, logits), prefix.length + axis)
  },
  { staticArgnums: [2, 3, 4] },
)

const categoricalWithoutReplacement = jit(
  function categorical(k: PRNGKey, logits: NDArray, axis: number, shape: Shape, mode: GumbelMode) {
    const count = sizeOf(shape.slice(0, shape.length - logits.ndim + 1))
    const noisy = lax.add(logits, gumbelIn(k, logits.shape, logits.dtype, mode))
    const others = lax.range(logits.ndim).filter((i) => i !== axis)
    const [, indices] = lax.topK(lax.transpose(noisy, [...others, axis]), count)
    return lax.reshape(lax.moveToFront(indices, logits.ndim - 1), shape)
  },
  { staticArgnums: [2, 3, 4] },
)

export interface CategoricalOptions {
  /** The axis of the categories; default the last. */
  readonly axis?: number
  /** Shape of the result, which the other axes of the logits are the end of; default these. */
  readonly shape?: Shape | null
  /** Whether a category may be drawn more than once for the same logits; default true. */
  readonly replace?: boolean
  /** Resolution of the Gumbel-distributed scores; default `low`. */
  readonly mode?: GumbelMode
}

/**
 * Categories, drawn with probabilities softmax(logits), by the greatest of Gumbel-distributed scores.
 *
 * @returns int32 positions along the axis
 * @throws DTypeError unless the logits are floating
 * @throws ShapeError unless the other axes broadcast to the end of the shape, or if more categories than there are
 * should be drawn without replacement
 * @example
 * random.categorical(random.key(0), np.array([0, 5, 0]), { shape: [4] }) // => Array([1, 1, 1, 1], dtype=int32)
 */
export const categorical = (key: PRNGKey, logits: NDArray, options: CategoricalOptions = {}): NDArray => {
  checkOptions('random.categorical', options, ['axis', 'shape', 'replace', 'mode'])
  const { axis = -1, shape = null, replace = true } = options
  const mode = checkedMode('random.categorical', options.mode ?? 'low')
  const along = lax.canonicalAxis('random.categorical', axis, logits.ndim)
  const batch = lax.withoutAxes(logits.shape, [along])
  const [k, sizes] = checkedSample('random.categorical', key, shape ?? batch, logits.dtype)
  const fits = batch.every((n, i) => {
    const size = sizes[i + sizes.length - batch.length]
    return n === size || (replace && n === 1 && size !== undefined)
  })
  if (!fits) {
    const expected = `a shape that ends with the other axes [${batch.join()}] of the logits`
    throw new ShapeError('random.categorical', expected, `[${sizes.join()}]`)
  }
  if (replace) return categoricalProgram(k, logits, along, sizes, mode)
  const [count, known] = [sizeOf(sizes.slice(0, sizes.length - batch.length)), logits.shape[along]!]
  if (count > known) {
    const expected = `at most ${known} draws without replacement from ${known} categories`
    throw new ShapeError('random.categorical', expected, `${count}`)
  }
  return categoricalWithoutReplacement(k, logits, along, sizes, mode)
}
