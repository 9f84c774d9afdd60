/** Gamma-distributed samples, and those that are made of them: differentiable in the parameter. */
import { customJvp, randomGammaGrad, whileLoop } from '../control/index.js'
import { limitsOf, type NDArray, type Shape, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, where } from '../numpy/index.js'
import { vmap } from '../transforms/index.js'
import { exponentialIn, normalIn, uniformIn } from './continuous.js'
import { type PRNGKey, split, wrapKeyData } from './key.js'
import { parametric } from './parametric.js'

const { add, div, log, mul, sub } = lax

/** One standard normal number x for which v = 1 + c·x is positive. */
const positiveNormal = (k: PRNGKey, c: NDArray): readonly [x: NDArray, v: NDArray] => {
  const { x, v } = whileLoop(
    (drawn) => lax.le(drawn.v, 0),
    (drawn) => {
      const [next, normalKey] = split(drawn.k)
      const y = normalIn(normalKey!, [], c.dtype)
      return { k: next!, x: y, v: add(mul(y, c), 1) }
    },
    { k, x: lax.full([], 0, c.dtype), v: lax.full([], -1, c.dtype) },
  )
  return [x, v]
}

/**
 * One sample, or its logarithm. Parameters below 1 are raised by 1, and the sample is lowered by a uniform number to the
 * power of 1 / alpha: with a small alpha only its logarithm doesn't vanish.
 *
 * @see Marsaglia, Tsang, A simple method for generating gamma variables, 2000
 */
const one = (k: PRNGKey, alpha: NDArray, inLogs: boolean): NDArray => {
  const { dtype } = alpha
  const isGreat = lax.ge(alpha, 1)
  const d = sub(where(isGreat, alpha, add(alpha, 1)), 1 / 3)
  const c = div(lax.full([], 1 / 3, dtype), lax.sqrt(d))
  const [loopKey, boostKey] = split(k)
  const { v } = whileLoop(
    ({ square, v, u }) => {
      const isOutside = lax.ge(u, sub(1, mul(mul(square, square), 0.0331)))
      const bound = add(mul(square, 0.5), mul(d, add(sub(1, v), log(v))))
      return lax.and(isOutside, lax.ge(log(u), bound))
    },
    (present) => {
      const [next, normalKey, uniformKey] = split(present.k, 3)
      const [x, root] = positiveNormal(normalKey!, c)
      const cube = mul(mul(root, root), root)
      return { k: next!, square: mul(x, x), v: cube, u: uniformIn(uniformKey!, [], dtype, 0, 1) }
    },
    // Refused, so that the loop begins.
    { k: loopKey!, square: lax.full([], 0, dtype), v: lax.full([], 1, dtype), u: lax.full([], 2, dtype) },
  )
  if (inLogs) {
    const logUniform = lax.neg(exponentialIn(boostKey!, [], dtype))
    const hasNoBoost = lax.or(isGreat, lax.eq(logUniform, 0))
    return add(add(log(d), log(v)), where(hasNoBoost, 0, mul(logUniform, div(1, alpha))))
  }
  const boost = where(isGreat, 1, lax.pow(sub(1, uniformIn(boostKey!, [], dtype, 0, 1)), div(1, alpha)))
  return mul(mul(d, v), boost)
}

/** A sample for each of the keys, given by their words, and parameters. */
const drawn = (inLogs: boolean) => {
  const draw = customJvp((words: NDArray, alpha: NDArray): NDArray =>
    vmap((k: PRNGKey, a: NDArray) => one(k, a, inLogs))(wrapKeyData(words), alpha),
  )
  draw.defjvp(([words, alpha], [, tangent]) => {
    const samples = draw(words, alpha)
    if (!inLogs) return [samples, mul(tangent, randomGammaGrad(alpha, samples))]
    const x = lax.exp(samples)
    const positive = where(lax.eq(x, 0), limitsOf(x.dtype).tiny, x)
    return [samples, mul(tangent, div(randomGammaGrad(alpha, positive), positive))]
  })
  return draw
}

const samplesOf = drawn(false)
const logSamplesOf = drawn(true)

/** Samples, or their logarithms, of several parameters of one shape, each with a key of its own: as one loop. */
export const gammasIn = (
  pairs: readonly (readonly [key: PRNGKey, alpha: NDArray])[],
  shape: Shape,
  inLogs: boolean,
): readonly NDArray[] => {
  const size = sizeOf(shape)
  const { dtype } = pairs[0]![1]
  if (size === 0) return pairs.map(() => lax.full(shape, 0, dtype))
  const words = pairs.map(([k]) => split(k, size).data)
  const alphas = pairs.map(([, alpha]) => lax.reshape(lax.broadcastTo(alpha, shape), [size]))
  const all = (inLogs ? logSamplesOf : samplesOf)(lax.concatenate(words, 0), lax.concatenate(alphas, 0))
  return pairs.map((_, i) => lax.reshape(lax.sliceInDim(all, i * size, (i + 1) * size), shape))
}

/** Body of {@link gamma}. */
export const gammaIn = (k: PRNGKey, shape: Shape, alpha: NDArray): NDArray => gammasIn([[k, alpha]], shape, false)[0]!

/** Body of {@link loggamma}. */
export const loggammaIn = (k: PRNGKey, shape: Shape, alpha: NDArray): NDArray => gammasIn([[k, alpha]], shape, true)[0]!

/**
 * Gamma distribution of shape parameter a and scale 1. Differentiable in a, by implicit reparameterization.
 *
 * @param shape - default that of `a`
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless `a` broadcasts to the shape
 * @see Figurnov, Mohamed, Mnih, Implicit reparameterization gradients, 2018
 * @example
 * random.gamma(random.key(0), 2.5, [3]).shape // => [3]
 */
export const gamma = parametric<[a: ArrayLike]>('gamma', (k, shape, _dtype, a) => gammaIn(k, shape, a), {
  safe: false,
})

/**
 * Logarithms of gamma-distributed numbers: finite where small parameters make the numbers themselves vanish.
 * Differentiable in a.
 *
 * @param shape - default that of `a`
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless `a` broadcasts to the shape
 */
export const loggamma = parametric<[a: ArrayLike]>('loggamma', (k, shape, _dtype, a) => loggammaIn(k, shape, a), {
  safe: false,
})

/** Chi-square samples for pairs of a key and degrees of freedom. */
const chiSquares = (pairs: readonly (readonly [PRNGKey, NDArray])[], shape: Shape): readonly NDArray[] =>
  gammasIn(
    pairs.map(([k, df]) => [k, div(df, 2)]),
    shape,
    true,
  ).map((y) => mul(lax.exp(y), 2))

/**
 * Chi-square distribution of df degrees of freedom. Differentiable in df.
 *
 * @param shape - default that of `df`
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless `df` broadcasts to the shape
 */
export const chisquare = parametric<[df: ArrayLike]>(
  'chisquare',
  (k, shape, _dtype, df) => chiSquares([[k, df]], shape)[0]!,
)

/**
 * Fisher's F distribution of dfnum and dfden degrees of freedom. Differentiable in both.
 *
 * @param shape - default what the parameters broadcast to
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the parameters broadcast to the shape
 */
export const f = parametric<[dfnum: ArrayLike, dfden: ArrayLike]>('f', (k, shape, _dtype, dfnum, dfden) => {
  const [denominatorKey, numeratorKey] = split(k)
  const pairs = [[numeratorKey!, dfnum] as const, [denominatorKey!, dfden] as const]
  const [numerator, denominator] = chiSquares(pairs, shape)
  return div(div(numerator!, dfnum), div(denominator!, dfden))
})

/**
 * Student's t distribution of df degrees of freedom. Differentiable in df.
 *
 * @param shape - default that of `df`
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless `df` broadcasts to the shape
 */
export const t = parametric<[df: ArrayLike]>('t', (k, shape, dtype, df) => {
  const [normalKey, gammaKey] = split(k)
  const half = div(df, 2)
  return mul(normalIn(normalKey!, shape, dtype), lax.sqrt(div(half, gammaIn(gammaKey!, shape, half))))
})
