/** Counts of successes: binomial and multinomial distributions, and the geometric one. */
import {
  bitWidth,
  type DType,
  DTypeError,
  isFloat,
  isInteger,
  limitsOf,
  NDArray,
  type Shape,
  ShapeError,
  sizeOf,
  checkOptions,
} from '../core/index.js'
import { scan, whileLoop } from '../control/index.js'
import * as lax from '../lax/index.js'
import { type ArrayData, type ArrayLike, array, asarray, moveaxis, where } from '../numpy/index.js'
import { promoteInexact } from '../numpy/convert.js'
import { jit } from '../transforms/index.js'
import { checkedParameter, parameter, shapeWith } from './arguments.js'
import { checkedSample, type SampleOptions, uniformIn } from './continuous.js'
import type { IntegerOptions } from './discrete.js'
import { checkedKey, clone, type PRNGKey, split } from './key.js'

const { abs, add, div, floor, log, mul, sub } = lax

const anyOf = (mask: NDArray): NDArray => lax.reduceOr(mask, lax.range(mask.ndim))

/** Rounds after which a loop gives up, as in JAX: the greatest number of the dtype. */
const mostRounds = (dtype: DType): number => Math.min(limitsOf(dtype).max, 2 ** 31 - 1)

/** How many geometric numbers have a sum within the count: time proportional to the mean. */
const bySums = (k: PRNGKey, count: NDArray, p: NDArray, rounds: number): NDArray => {
  // The first geometric number is beyond all counts where p is 0, whatever the sign of that zero is.
  const logFailure = where(lax.eq(p, 0), -limitsOf(p.dtype).tiny, lax.log1p(lax.neg(p)))
  const { successes } = whileLoop(
    ({ round, sum }) => lax.and(anyOf(lax.le(sum, count)), lax.lt(round, rounds)),
    ({ round, successes, sum, k: present }) => {
      const [uniformKey, next] = split(present)
      const u = uniformIn(uniformKey!, p.shape, p.dtype, 0, 1)
      return {
        round: add(round, 1),
        successes: where(lax.le(sum, count), add(successes, 1), successes),
        sum: add(sum, lax.ceil(div(log(u), logFailure))),
        k: next!,
      }
    },
    {
      round: lax.full([], 0, 'int32'),
      successes: lax.full(p.shape, 0, p.dtype),
      sum: lax.full(p.shape, 0, p.dtype),
      k,
    },
  )
  return sub(successes, 1)
}

/** log k! - Stirling's approximation, for k = 0 … 9. */
const stirlingTails = [
  0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
  0.0138761288230707, 0.0118967099458917, 0.010411265261972, 0.00925546218271273, 0.00833056343336287,
] as const

const stirlingTail = (k: NDArray): NDArray => {
  const least = lax.clamp(0, k, 9)
  const square = lax.square(add(least, 1))
  const approximation = div(sub(1 / 12, div(sub(1 / 360, div(1 / 1260, square)), square)), add(least, 1))
  const index = lax.convertElementType(where(lax.eq(k, k), floor(least), 0), 'int32')
  const exact = lax.take(array(Float64Array.from(stirlingTails), { dtype: k.dtype }), index, 0, 'clip')
  return where(lax.le(k, 9), exact, approximation)
}

/** Transformed rejection, for means above 10; those that are not `wanted` are done at once. @see Hörmann, 1993 */
const byRejection = (k: PRNGKey, count: NDArray, p: NDArray, wanted: NDArray, rounds: number): NDArray => {
  const deviation = lax.sqrt(mul(mul(count, p), sub(1, p)))
  const b = add(mul(deviation, 2.53), 1.15)
  const a = add(add(mul(b, 0.0248), -0.0873), mul(p, 0.01))
  const c = add(mul(count, p), 0.5)
  const sure = sub(0.92, div(4.2, b))
  const odds = div(p, sub(1, p))
  const alpha = mul(add(div(5.1, b), 2.83), deviation)
  const m = floor(mul(add(count, 1), p))
  const others = add(sub(count, m), 1)
  const { successes } = whileLoop(
    ({ round, accepted }) => lax.and(anyOf(lax.not(accepted)), lax.lt(round, rounds)),
    ({ round, successes, accepted, k: present }) => {
      const [next, uKey, vKey] = split(present, 3)
      const u = sub(uniformIn(uKey!, p.shape, p.dtype, 0, 1), 0.5)
      const v = uniformIn(vKey!, p.shape, p.dtype, 0, 1)
      const distance = sub(0.5, abs(u))
      const isSure = lax.and(lax.ge(distance, 0.07), lax.le(v, sure))
      const drawn = floor(add(mul(add(div(mul(a, 2), distance), b), u), c))
      const isRefused = lax.or(lax.lt(drawn, 0), lax.gt(drawn, count))
      const left = log(div(mul(v, alpha), add(div(a, mul(distance, distance)), b)))
      const failures = add(sub(count, drawn), 1)
      const terms = [
        mul(add(m, 0.5), log(div(add(m, 1), mul(odds, others)))),
        mul(add(count, 1), log(div(others, failures))),
        mul(add(drawn, 0.5), log(div(mul(odds, failures), add(drawn, 1)))),
        stirlingTail(m),
        stirlingTail(sub(count, m)),
        lax.neg(stirlingTail(drawn)),
        lax.neg(stirlingTail(sub(count, drawn))),
      ]
      const isBelow = lax.le(left, terms.reduce((sum, term) => add(sum, term))) // prettier-ignore
      const isAccepted = lax.or(isSure, lax.and(lax.not(isRefused), isBelow))
      return {
        round: add(round, 1),
        successes: where(isAccepted, drawn, successes),
        accepted: lax.or(accepted, isAccepted),
        k: next!,
      }
    },
    {
      round: lax.full([], 0, 'int32'),
      successes: lax.full(p.shape, -1, p.dtype),
      accepted: lax.not(wanted),
      k,
    },
  )
  return successes
}

/** Body of {@link binomial}, in the dtype of p. */
const binomialIn = (k: PRNGKey, shape: Shape, dtype: DType, n: NDArray, p: NDArray): NDArray => {
  if (sizeOf(shape) === 0) return lax.full(shape, 0, dtype)
  const given = lax.broadcastTo(lax.convertElementType(n, p.dtype), shape)
  const probability = lax.broadcastTo(p, shape)
  const isRare = lax.lt(probability, 0.5)
  const rarer = where(isRare, probability, sub(1, probability))
  const isNoCount = lax.or(lax.ne(given, given), lax.lt(given, 0))
  const isInfinite = lax.eq(abs(given), Infinity)
  const isNoNumber = lax.ne(rarer, rarer)
  const isNegative = lax.lt(rarer, 0)
  const q = where(lax.or(isNoNumber, isNegative), 0.01, rarer)
  // An infinite count has its result, and no draw of it would be accepted.
  const count = floor(where(isInfinite, 0, given))
  const isSmall = lax.or(isNoCount, lax.le(mul(where(isInfinite, 0, given), q), 10))
  const rounds = mostRounds(dtype)
  const small = bySums(k, where(isSmall, count, 0), q, rounds)
  // A result is of one or of the other: the key draws once.
  const great = byRejection(clone(k), where(isSmall, 1e4, count), where(isSmall, 0.5, q), lax.not(isSmall), rounds)
  const drawn = lax.convertElementType(where(isSmall, small, great), dtype)
  const isInvalid = lax.or(lax.or(isNegative, isNoNumber), isNoCount)
  const successes = where(isInvalid, NaN, where(isInfinite, Infinity, drawn))
  const isAsDrawn = lax.or(lax.or(isRare, isNoCount), lax.or(isNoNumber, isInfinite))
  return where(isAsDrawn, successes, sub(lax.convertElementType(count, dtype), successes))
}

/** A parameter in a floating dtype: its own; of a number float64 for results of 64 bits, as in JAX; else float32. */
const floating = (x: ArrayLike, dtype: DType): NDArray => {
  if (!(x instanceof NDArray)) return parameter(x, bitWidth(dtype) === 64 ? 'float64' : 'float32')
  return isFloat(x.dtype) ? x : lax.convertElementType(x, 'float32')
}

const binomialProgram = jit(
  function binomial(k: PRNGKey, shape: Shape, dtype: DType, n: NDArray, p: NDArray) {
    return binomialIn(k, shape, dtype, n, p)
  },
  { staticArgnums: [1, 2] },
)

/**
 * Binomial distribution: successes among n trials of probability p, computed in the dtype of p.
 *
 * Not a number where n is negative, or p outside of [0, 1] or not a number.
 * @param shape - default what the parameters broadcast to
 * @returns whole numbers of a floating dtype, as in JAX
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the parameters broadcast to the shape
 * @see Hörmann, The generation of binomial random variates, 1993
 */
export const binomial = (
  key: PRNGKey,
  n: ArrayLike,
  p: ArrayLike,
  shape: Shape | null = null,
  options: SampleOptions = {},
): NDArray => {
  const name = 'random.binomial'
  checkOptions(name, options, ['dtype'])
  const [trials, probability] = [checkedParameter(name, n), checkedParameter(name, p)]
  const { dtype = 'float32' } = options
  const sample = checkedSample(name, key, shapeWith(name, shape, [trials, probability]), dtype)
  return binomialProgram(...sample, floating(trials, dtype), floating(probability, dtype))
}

const multinomialProgram = jit(
  function multinomial(k: PRNGKey, shape: Shape, dtype: DType, n: NDArray, p: NDArray) {
    const [trials, probabilities] = promoteInexact(n, p) as readonly [NDArray, NDArray]
    const outcomes = lax.moveToFront(lax.broadcastTo(probabilities, shape), shape.length - 1)
    const left = lax.cumsum(outcomes, 0, true)
    const shares = div(outcomes, where(lax.eq(left, 0), 1, left))
    const [, counts] = scan(
      (remaining: NDArray, [share, shareKey]: readonly [NDArray, PRNGKey]) => {
        const count = binomialIn(shareKey, remaining.shape, remaining.dtype, remaining, lax.clamp(0, share, 1))
        return [sub(remaining, count), count]
      },
      lax.broadcastTo(trials, shape.slice(0, -1)),
      [shares, split(k, outcomes.shape[0])] as const,
    )
    return lax.convertElementType(moveaxis(counts, 0, -1), dtype)
  },
  { staticArgnums: [1, 2] },
)

export interface MultinomialOptions extends SampleOptions {
  /** Shape of the result, its last axis the outcomes; default that of `p`. */
  readonly shape?: Shape | null
}

/**
 * Multinomial distribution: how many of n trials have each of the outcomes.
 *
 * @param n - trials, which broadcast to the batch axes of the result
 * @param p - probabilities `[...batch, outcomes]`
 * @returns whole numbers of a floating dtype, as in JAX
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the parameters broadcast to the shape
 * @example
 * random.multinomial(random.key(0), 6, np.array([0.5, 0.25, 0.25])).sum() // => Array(6., dtype=float32)
 */
export const multinomial = (key: PRNGKey, n: ArrayLike, p: ArrayData, options: MultinomialOptions = {}): NDArray => {
  const name = 'random.multinomial'
  checkOptions(name, options, ['shape', 'dtype'])
  const { shape = null, dtype = 'float32' } = options
  const probabilities = floating(asarray(p), dtype)
  if (probabilities.ndim === 0) throw new ShapeError(name, 'probabilities [...batch, outcomes]', 'a scalar')
  const whole = shapeWith(name, shape, [probabilities])
  const trials = checkedParameter(name, n)
  shapeWith(name, whole.slice(0, -1), [trials])
  return multinomialProgram(
    ...checkedSample(name, key, whole, dtype),
    floating(trials, probabilities.dtype),
    probabilities,
  )
}

const geometricProgram = jit(
  function geometric(k: PRNGKey, shape: Shape, dtype: DType, p: NDArray) {
    const u = uniformIn(k, shape, p.dtype, 0, 1)
    const trials = add(floor(div(log(where(lax.eq(u, 0), 1, u)), lax.log1p(lax.neg(p)))), 1)
    return lax.convertElementType(trials, dtype)
  },
  { staticArgnums: [1, 2] },
)

/**
 * Geometric distribution: the number of trials of probability p up to the first success, 1, 2, ….
 *
 * @param shape - default that of `p`
 * @throws DTypeError unless the dtype is an integer one
 * @throws ShapeError unless `p` broadcasts to the shape
 */
export const geometric = (
  key: PRNGKey,
  p: ArrayLike,
  shape: Shape | null = null,
  options: IntegerOptions = {},
): NDArray => {
  const name = 'random.geometric'
  checkOptions(name, options, ['dtype'])
  const { dtype = 'int32' } = options
  checkedKey(name, key)
  if (!isInteger(dtype)) throw new DTypeError(name, 'an integer dtype', dtype)
  const probability = checkedParameter(name, p)
  return geometricProgram(key, shapeWith(name, shape, [probability]), dtype, floating(probability, dtype))
}
