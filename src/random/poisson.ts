/** Poisson-distributed counts. */
import {
  type DType,
  DTypeError,
  integerRange,
  isInteger,
  type NDArray,
  type Shape,
  sizeOf,
  checkOptions,
} from '../core/index.js'
import { whileLoop } from '../control/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, where } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { checkedParameter, parameter, shapeWith } from './arguments.js'
import { uniformIn } from './continuous.js'
import type { IntegerOptions } from './discrete.js'
import { checkedKey, clone, type PRNGKey, split } from './key.js'

const { abs, add, div, log, mul, neg, sub } = lax

const anyOf = (mask: NDArray): NDArray => lax.reduceOr(mask, lax.range(mask.ndim))

/** Rounds after which a loop gives up, as in JAX: the greatest number of the dtype. */
const mostRounds = (dtype: DType): number => Math.min(Number(integerRange(dtype)[1]), 2 ** 31 - 1)

/** How many uniform numbers have a product above e^-rate: exact, in time proportional to the rate. @see Knuth */
const byProducts = (k: PRNGKey, rate: NDArray, dtype: DType): NDArray => {
  const { count } = whileLoop(
    ({ round, logProduct }) => lax.and(anyOf(lax.gt(logProduct, neg(rate))), lax.lt(round, mostRounds(dtype))),
    ({ round, count, k: present, logProduct }) => {
      const [next, uniformKey] = split(present)
      const counted = where(lax.gt(logProduct, neg(rate)), add(count, 1), count)
      const u = uniformIn(uniformKey!, rate.shape, 'float32', 0, 1)
      return { round: add(round, 1), count: counted, k: next!, logProduct: add(logProduct, log(u)) }
    },
    {
      round: lax.full([], 0, 'int32'),
      count: lax.full(rate.shape, 0, dtype),
      k,
      logProduct: lax.full(rate.shape, 0, 'float32'),
    },
  )
  return sub(count, 1)
}

/** Transformed rejection, for rates from 10 on; those that are not `wanted` are done at once. @see Hörmann, 1993 */
const byRejection = (k: PRNGKey, rate: NDArray, wanted: NDArray, dtype: DType): NDArray => {
  const b = add(mul(lax.sqrt(rate), 2.53), 0.931)
  const a = add(mul(b, 0.02483), -0.059)
  const inverseAlpha = add(div(1.1328, sub(b, 3.4)), 1.1239)
  const sure = sub(0.9277, div(3.6224, sub(b, 2)))
  const { count } = whileLoop(
    ({ round, accepted }) => lax.and(anyOf(lax.not(accepted)), lax.lt(round, mostRounds(dtype))),
    ({ round, count, accepted, k: present }) => {
      const [next, uKey, vKey] = split(present, 3)
      const u = sub(uniformIn(uKey!, rate.shape, 'float32', 0, 1), 0.5)
      const v = uniformIn(vKey!, rate.shape, 'float32', 0, 1)
      const distance = sub(0.5, abs(u))
      const drawn = lax.floor(add(add(mul(add(div(mul(a, 2), distance), b), u), rate), 0.43))
      const left = log(div(mul(v, inverseAlpha), add(div(a, mul(distance, distance)), b)))
      const right = sub(add(neg(rate), mul(drawn, log(rate))), lax.lgamma(add(drawn, 1)))
      const isSure = lax.and(lax.ge(distance, 0.07), lax.le(v, sure))
      const isRefused = lax.or(lax.lt(drawn, 0), lax.and(lax.lt(distance, 0.013), lax.gt(v, distance)))
      const isAccepted = lax.or(isSure, lax.and(lax.not(isRefused), lax.le(left, right)))
      return {
        round: add(round, 1),
        count: where(isAccepted, drawn, count),
        accepted: lax.or(accepted, isAccepted),
        k: next!,
      }
    },
    {
      round: lax.full([], 0, 'int32'),
      count: lax.full(rate.shape, -1, 'float32'),
      accepted: lax.not(wanted),
      k,
    },
  )
  return lax.convertElementType(count, dtype)
}

const program = jit(
  function poisson(k: PRNGKey, shape: Shape, dtype: DType, lam: NDArray) {
    if (sizeOf(shape) === 0) return lax.full(shape, 0, dtype)
    const rate = lax.broadcastTo(lax.convertElementType(lam, 'float32'), shape)
    const isSmall = lax.or(lax.ne(rate, rate), lax.lt(rate, 10))
    const small = byProducts(k, where(isSmall, rate, 0), dtype)
    // A result is of one or of the other: the key draws once.
    const great = byRejection(clone(k), where(isSmall, 1e5, rate), lax.not(isSmall), dtype)
    return where(lax.eq(rate, 0), lax.full([], 0, dtype), where(isSmall, small, great))
  },
  { staticArgnums: [1, 2] },
)

/**
 * Poisson distribution of rate lam, computed in float32. Not a number gives -1, as in JAX.
 *
 * @param shape - default that of `lam`
 * @throws DTypeError unless the dtype is an integer one
 * @throws ShapeError unless `lam` broadcasts to the shape
 * @see Hörmann, The transformed rejection method for generating Poisson random variables, 1993
 */
export const poisson = (
  key: PRNGKey,
  lam: ArrayLike,
  shape: Shape | null = null,
  options: IntegerOptions = {},
): NDArray => {
  const name = 'random.poisson'
  checkOptions(name, options, ['dtype'])
  const { dtype = 'int32' } = options
  checkedKey(name, key)
  if (!isInteger(dtype)) throw new DTypeError(name, 'an integer dtype', dtype)
  const rate = checkedParameter(name, lam)
  return program(key, shapeWith(name, shape, [rate]), dtype, parameter(rate, 'float32'))
}
