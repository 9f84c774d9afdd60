/** Samples of continuous distributions. Each sampler is one compiled program for a shape and a dtype. */
import {
  bitWidth,
  type DType,
  DTypeError,
  isFloat,
  limitsOf,
  literal,
  NDArray,
  type Shape,
  checkOptions,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import type { ArrayLike } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { checkedShape, parameter, shapeWith } from './arguments.js'
import { randomBits } from './bits.js'
import { checkedKey, type PRNGKey } from './key.js'

export interface SampleOptions {
  /** A floating dtype; default float32. */
  readonly dtype?: DType
}

/** The arguments of a sampler's program. @throws ArgumentError, ShapeError, DTypeError */
export const checkedSample = (
  where: string,
  key: PRNGKey,
  shape: Shape,
  dtype: DType,
): readonly [PRNGKey, Shape, DType] => {
  checkedKey(where, key)
  if (!isFloat(dtype)) throw new DTypeError(where, 'a floating dtype', dtype)
  return [key, checkedShape(where, shape), dtype]
}

/** Operand of a dtype inside of a program. */
const typed = (x: NDArray | number, dtype: DType): NDArray =>
  x instanceof NDArray ? lax.convertElementType(x, dtype) : literal(x, dtype)

/** Numbers in [0, 1), multiples of the distance of the numbers in [1, 2). */
const unitUniform = (k: PRNGKey, shape: Shape, dtype: DType): NDArray => {
  const { nmant, eps } = limitsOf(dtype)
  // bfloat16 has fewer than 8 bits of mantissa: JAX draws bytes.
  const width = nmant < 8 ? 8 : bitWidth(dtype)
  const words = randomBits(k, `uint${width}` as DType, shape)
  return lax.mul(lax.convertElementType(lax.shiftRightLogical(words, width - nmant), dtype), eps)
}

/** Body of {@link uniform}, for programs of other samplers. */
export const uniformIn = (
  k: PRNGKey,
  shape: Shape,
  dtype: DType,
  minval: NDArray | number,
  maxval: NDArray | number,
): NDArray => {
  const u = unitUniform(k, shape, dtype)
  if (minval === 0 && maxval === 1) return u
  const [low, high] = [typed(minval, dtype), typed(maxval, dtype)]
  return lax.max(low, lax.add(lax.mul(u, lax.sub(high, low)), low))
}

/** Body of {@link normal}. */
export const normalIn = (k: PRNGKey, shape: Shape, dtype: DType): NDArray => {
  const afterMinusOne = limitsOf(dtype).epsneg - 1
  return lax.mul(lax.erfInv(uniformIn(k, shape, dtype, afterMinusOne, 1)), Math.SQRT2)
}

/**
 * The next number above x, or below it, of the dtype; from 0 the least normal number.
 *
 * @see Rump, Zimmermann, Boldo, Melquiond, Computing predecessor and successor in rounding to nearest, 2009
 */
export const neighbour = (x: NDArray, direction: 'above' | 'below'): NDArray => {
  const { eps, tiny, max } = limitsOf(x.dtype)
  const finite = lax.clamp(-max, x, max)
  const step = lax.max(lax.mul(lax.abs(finite), (eps / 2) * (1 + eps)), tiny)
  return direction === 'above' ? lax.add(finite, step) : lax.sub(finite, step)
}

/** Body of {@link truncatedNormal}. */
export const truncatedNormalIn = (
  k: PRNGKey,
  shape: Shape,
  dtype: DType,
  lower: NDArray | number,
  upper: NDArray | number,
): NDArray => {
  const [low, high] = [typed(lower, dtype), typed(upper, dtype)]
  const probability = (bound: NDArray): NDArray => lax.erf(lax.div(bound, Math.SQRT2))
  const u = uniformIn(k, shape, dtype, probability(low), probability(high))
  const samples = lax.mul(lax.erfInv(u), Math.SQRT2)
  // Rounding must not leave the open interval.
  const least = neighbour(lax.stopGradient(low), 'above')
  const greatest = neighbour(lax.stopGradient(high), 'below')
  return lax.min(lax.max(samples, least), greatest)
}

export interface UniformOptions extends SampleOptions {
  /** Least value; broadcasts to the shape; default 0. */
  readonly minval?: ArrayLike
  /** Values are below; broadcasts to the shape; default 1. */
  readonly maxval?: ArrayLike
}

const standardUniformProgram = jit(
  function uniform(k: PRNGKey, shape: Shape, dtype: DType) {
    return uniformIn(k, shape, dtype, 0, 1)
  },
  { staticArgnums: [1, 2] },
)

const uniformProgram = jit(
  function uniform(k: PRNGKey, shape: Shape, dtype: DType, minval: NDArray, maxval: NDArray) {
    return uniformIn(k, shape, dtype, minval, maxval)
  },
  { staticArgnums: [1, 2] },
)

/**
 * Uniformly distributed numbers in [minval, maxval). Differentiable in the bounds.
 *
 * @param shape - default a scalar
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the bounds broadcast to the shape
 * @example
 * random.uniform(random.key(0), [3], { minval: -1 }) // => Array([ 0.93064284, -0.3706367 ,  0.26605988], dtype=float32)
 */
export const uniform = (key: PRNGKey, shape: Shape = [], options: UniformOptions = {}): NDArray => {
  checkOptions('random.uniform', options, ['dtype', 'minval', 'maxval'])
  const { dtype = 'float32', minval = 0, maxval = 1 } = options
  const sample = checkedSample('random.uniform', key, shape, dtype)
  if (minval === 0 && maxval === 1) return standardUniformProgram(...sample)
  shapeWith('random.uniform', shape, [minval, maxval])
  return uniformProgram(...sample, parameter(minval, dtype), parameter(maxval, dtype))
}

/** A sampler without parameters. */
export const standard = (
  where: string,
  body: (k: PRNGKey, shape: Shape, dtype: DType) => NDArray,
): ((key: PRNGKey, shape?: Shape, options?: SampleOptions) => NDArray) => {
  const named = { [where]: (k: PRNGKey, shape: Shape, dtype: DType): NDArray => body(k, shape, dtype) }[where]!
  const program = jit(named, { staticArgnums: [1, 2] })
  return (key, shape = [], options = {}) => {
    checkOptions(`random.${where}`, options, ['dtype'])
    return program(...checkedSample(`random.${where}`, key, shape, options.dtype ?? 'float32'))
  }
}

/**
 * Normally distributed numbers of mean 0 and variance 1.
 *
 * @throws DTypeError unless the dtype is floating
 * @example
 * random.normal(random.key(0), [2]) // => Array([-0.78476596,  0.85644484], dtype=float32)
 */
export const normal = standard('normal', normalIn)

const truncatedNormalProgram = jit(
  function truncated_normal(k: PRNGKey, shape: Shape, dtype: DType, lower: NDArray, upper: NDArray) {
    return truncatedNormalIn(k, shape, dtype, lower, upper)
  },
  { staticArgnums: [1, 2] },
)

/**
 * Normally distributed numbers of which only those in the open interval (lower, upper) occur. Differentiable in the
 * bounds.
 *
 * @param shape - default what the bounds broadcast to
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the bounds broadcast to the shape
 * @example
 * random.truncatedNormal(random.key(0), -2, 2, [2]) // => Array([-0.7414709 ,  0.80741525], dtype=float32)
 */
export const truncatedNormal = (
  key: PRNGKey,
  lower: ArrayLike,
  upper: ArrayLike,
  shape: Shape | null = null,
  options: SampleOptions = {},
): NDArray => {
  checkOptions('random.truncatedNormal', options, ['dtype'])
  const { dtype = 'float32' } = options
  const sample = checkedSample(
    'random.truncatedNormal',
    key,
    shapeWith('random.truncatedNormal', shape, [lower, upper]),
    dtype,
  )
  return truncatedNormalProgram(...sample, parameter(lower, dtype), parameter(upper, dtype))
}

/** Body of {@link exponential}. */
export const exponentialIn = (k: PRNGKey, shape: Shape, dtype: DType): NDArray =>
  lax.neg(lax.log1p(lax.neg(uniformIn(k, shape, dtype, 0, 1))))

/** Exponential distribution of rate 1. */
export const exponential = standard('exponential', exponentialIn)

/** Laplace distribution of mean 0 and scale 1. */
export const laplace = standard('laplace', (k, shape, dtype) => {
  const u = uniformIn(k, shape, dtype, limitsOf(dtype).epsneg - 1, 1)
  return lax.mul(lax.sign(u), lax.log1p(lax.neg(lax.abs(u))))
})

/** Logistic distribution of mean 0 and scale 1. */
export const logistic = standard('logistic', (k, shape, dtype) => {
  const u = uniformIn(k, shape, dtype, limitsOf(dtype).tiny, 1)
  return lax.sub(lax.log(u), lax.log1p(lax.neg(u)))
})

/** Cauchy distribution of location 0 and scale 1. */
export const cauchy = standard('cauchy', (k, shape, dtype) => {
  const u = uniformIn(k, shape, dtype, limitsOf(dtype).eps, 1)
  return lax.tan(lax.mul(lax.sub(u, 0.5), Math.PI))
})
