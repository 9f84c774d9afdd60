/** Samples that are a formula of uniform or normal ones. */
import { checkOptions, type DType, type NDArray, type Shape } from '../core/index.js'
import * as lax from '../lax/index.js'
import { add, type ArrayLike, divide, multiply, power, where } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { checkedParameter, parameter, shapeWith } from './arguments.js'
import { checkedSample, exponentialIn, normalIn, type SampleOptions, standard, uniformIn } from './continuous.js'
import { rademacherIn } from './discrete.js'
import { type PRNGKey, split } from './key.js'
import { parametric } from './parametric.js'

/**
 * Log-normal distribution: e to the power of normal numbers of standard deviation sigma, by default 1.
 *
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless sigma broadcasts to the shape
 */
export const lognormal = parametric<[sigma?: ArrayLike]>(
  'lognormal',
  (k, shape, dtype, sigma) => lax.exp(lax.mul(normalIn(k, shape, dtype), sigma)),
  { defaults: [1] },
)

/**
 * Pareto distribution of tail index b, on [1, ∞).
 *
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless b broadcasts to the shape
 */
export const pareto = parametric<[b: ArrayLike]>('pareto', (k, shape, dtype, b) =>
  lax.exp(lax.div(exponentialIn(k, shape, dtype), b)),
)

/**
 * Rayleigh distribution: the length of a vector of two normal numbers of standard deviation `scale`.
 *
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the scale broadcasts to the shape
 */
export const rayleigh = parametric<[scale: ArrayLike]>('rayleigh', (k, shape, dtype, scale) =>
  lax.mul(scale, lax.sqrt(lax.mul(lax.log(uniformIn(k, shape, dtype, 0, 1)), -2))),
)

/**
 * Triangular distribution on [left, right] with its peak at `mode`.
 *
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the parameters broadcast to the shape
 */
export const triangular = parametric<[left: ArrayLike, mode: ArrayLike, right: ArrayLike]>(
  'triangular',
  (k, shape, dtype, left, mode, right) => {
    const u = uniformIn(k, shape, dtype, 0, 1)
    const width = lax.sub(right, left)
    const rise = lax.sub(mode, left)
    const lower = lax.add(left, lax.sqrt(lax.mul(lax.mul(u, width), rise)))
    const fall = lax.mul(lax.mul(lax.sub(1, u), width), lax.sub(right, mode))
    return where(lax.lt(u, lax.div(rise, width)), lower, lax.sub(right, lax.sqrt(fall)))
  },
)

/**
 * Wald's distribution, the inverse Gaussian one, of a mean and scale 1.
 *
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the mean broadcasts to the shape
 * @see Michael, Schucany, Haas, Generating random variates using transformations with multiple roots, 1976
 */
export const wald = parametric<[mean: ArrayLike]>('wald', (k, shape, dtype, mean) => {
  const [normalKey, uniformKey] = split(k)
  const y = lax.square(normalIn(normalKey!, shape, dtype))
  const z = uniformIn(uniformKey!, shape, dtype, 0, 1)
  const meanSquare = lax.square(mean)
  const root = lax.sqrt(lax.add(lax.mul(lax.mul(mean, 4), y), lax.mul(meanSquare, lax.square(y))))
  const x = lax.sub(lax.add(mean, lax.div(lax.mul(meanSquare, y), 2)), lax.mul(lax.div(mean, 2), root))
  return where(lax.le(z, lax.div(mean, lax.add(mean, x))), x, lax.div(meanSquare, x))
})

/** Lengths of vectors of three normal numbers. */
const maxwellIn = (k: PRNGKey, shape: Shape, dtype: DType): NDArray =>
  lax.sqrt(lax.reduceSum(lax.square(normalIn(k, [...shape, 3], dtype)), [shape.length]))

/** Maxwell's distribution: the length of a vector of three normal numbers. */
export const maxwell = standard('maxwell', maxwellIn)

const doubleSidedMaxwellProgram = jit(
  function double_sided_maxwell(k: PRNGKey, shape: Shape, dtype: DType, loc: NDArray, scale: NDArray) {
    const [lengthKey, signKey] = split(k)
    const signed = lax.mul(rademacherIn(signKey!, shape, dtype), maxwellIn(lengthKey!, shape, dtype))
    return add(multiply(signed, scale), loc)
  },
  { staticArgnums: [1, 2] },
)

/**
 * Maxwell's distribution with random signs, times `scale`, around `loc`.
 *
 * @param shape - default what the parameters broadcast to
 * @returns `[...shape, ...(what the parameters broadcast to)]`, as in JAX; of the common dtype of samples and parameters
 * @throws DTypeError unless the dtype is floating
 */
export const doubleSidedMaxwell = (
  key: PRNGKey,
  loc: ArrayLike,
  scale: ArrayLike,
  shape: Shape = [],
  options: SampleOptions = {},
): NDArray => {
  const name = 'random.doubleSidedMaxwell'
  checkOptions(name, options, ['dtype'])
  const parameters = shapeWith(name, null, [checkedParameter(name, loc), checkedParameter(name, scale)])
  const whole = [...(shape.length === 0 ? parameters : shape), ...parameters]
  const { dtype = 'float32' } = options
  const sample = checkedSample(name, key, whole, dtype)
  return doubleSidedMaxwellProgram(...sample, parameter(loc, dtype), parameter(scale, dtype))
}

const weibullMinProgram = jit(
  function weibull_min(k: PRNGKey, shape: Shape, dtype: DType, scale: NDArray, concentration: NDArray) {
    return multiply(power(exponentialIn(k, shape, dtype), divide(1, concentration)), scale)
  },
  { staticArgnums: [1, 2] },
)

/**
 * Weibull's distribution, of least values.
 *
 * @param shape - default a scalar: parameters that are arrays then scale one and the same draw, as in JAX
 * @returns what shape and parameters broadcast to, of the common dtype of samples and parameters
 * @throws DTypeError unless the dtype is floating
 */
export const weibullMin = (
  key: PRNGKey,
  scale: ArrayLike,
  concentration: ArrayLike,
  shape: Shape = [],
  options: SampleOptions = {},
): NDArray => {
  const name = 'random.weibullMin'
  checkOptions(name, options, ['dtype'])
  const { dtype = 'float32' } = options
  const sample = checkedSample(name, key, shape, dtype)
  const [factor, exponent] = [checkedParameter(name, scale), checkedParameter(name, concentration)]
  return weibullMinProgram(...sample, parameter(factor, dtype), parameter(exponent, dtype))
}
