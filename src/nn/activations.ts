/** Activation functions, element by element. */
import { type NDArray, ShapeError, showAval } from '../core/index.js'
import { customJvp } from '../control/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import type { ArrayLike } from '../numpy/index.js'
import { floating } from './floating.js'

/** A function of one array, element by element. */
export type Activation = (x: ArrayLike) => NDArray

const zeroWhereNot = (condition: NDArray, t: NDArray): NDArray => lax.select(condition, 0, t)

const reluWithRule = customJvp(function relu(x: ArrayLike): NDArray {
  return np.maximum(x, 0)
})
reluWithRule.defjvp(([x], [t]) => [reluWithRule(x), zeroWhereNot(lax.gt(x as NDArray, 0), t as NDArray)])

/**
 * max(x, 0), with derivative 0 at 0.
 *
 * @see Bertoin et al., Numerical influence of ReLU'(0) on backpropagation, 2021
 * @example
 * nn.relu(np.array([-1, 0, 2])) // => Array([0., 0., 2.], dtype=float32)
 * grad(nn.relu)(np.array(0)) // => Array(0., dtype=float32)
 */
export const relu: Activation = reluWithRule

const relu6WithRule = customJvp(function relu6(x: ArrayLike): NDArray {
  return np.minimum(np.maximum(x, 0), 6)
})
relu6WithRule.defjvp(([x], [t]) => {
  const inside = lax.and(lax.gt(x as NDArray, 0), lax.lt(x as NDArray, 6))
  return [relu6WithRule(x), zeroWhereNot(inside, t as NDArray)]
})

/** min(max(x, 0), 6), with derivative 0 at 0 and at 6. */
export const relu6: Activation = relu6WithRule

/**
 * 1 / (1 + e^-x), accurate also where it is small.
 *
 * @example
 * nn.sigmoid(np.array([0, 2])) // => Array([0.5      , 0.8807971], dtype=float32)
 */
export const sigmoid: Activation = (x) => lax.logistic(floating(x))

const softplusWithRule = customJvp(function softplus(x: ArrayLike): NDArray {
  const a = floating(x)
  return lax.add(lax.max(a, 0), lax.log1p(lax.exp(lax.neg(lax.abs(a)))))
})
// The formula's own derivatives are those of |x| at 0 from the second on.
softplusWithRule.defjvp(([x], [t]) => [softplusWithRule(x), lax.mul(t as NDArray, lax.logistic(x as NDArray))])

/**
 * log(1 + e^x), without overflow.
 *
 * @example
 * nn.softplus(np.array([0, 100])) // => Array([  0.6931472, 100.       ], dtype=float32)
 */
export const softplus: Activation = (x) => softplusWithRule(floating(x))

/** log(sigmoid(x)) = -softplus(-x). */
export const logSigmoid: Activation = (x) => lax.neg(softplus(lax.neg(floating(x))))

/**
 * x · sigmoid(x).
 *
 * @see Elfwing, Uchibe, Doya, Sigmoid-weighted linear units, 2017
 */
export const silu: Activation = (x) => lax.mul(floating(x), sigmoid(x))
/** {@link silu}. */
export const swish = silu

/** x · tanh(softplus(x)). @see Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019 */
export const mish: Activation = (x) => lax.mul(floating(x), lax.tanh(softplus(x)))

export interface EluOptions {
  /** What the negative branch is scaled by; default 1. */
  readonly alpha?: ArrayLike
}

/** x where it is positive, else alpha · (e^x - 1). */
export const elu = (x: ArrayLike, { alpha = 1 }: EluOptions = {}): NDArray => {
  const a = floating(x)
  const isPositive = lax.gt(a, 0)
  // Where x is large its exponential isn't finite, and would make the gradient NaN.
  return np.where(isPositive, a, np.multiply(alpha, lax.expm1(lax.select(isPositive, a, 0))))
}

/** max(x, 0) + alpha · (e^(min(x, 0) / alpha) - 1). @see Barron, Continuously Differentiable Exponential Linear Units, 2017 */
export const celu = (x: ArrayLike, { alpha = 1 }: EluOptions = {}): NDArray => {
  const a = floating(x)
  return np.add(lax.max(a, 0), np.multiply(alpha, np.expm1(np.divide(lax.min(a, 0), alpha))))
}

/** The {@link elu} that keeps mean 0 and variance 1. @see Klambauer et al., Self-Normalizing Neural Networks, 2017 */
export const selu: Activation = (x) => lax.mul(elu(x, { alpha: 1.6732632423543772 }), 1.0507009873554805)

export interface LeakyReluOptions {
  /** Slope for negative numbers; default 0.01. */
  readonly negativeSlope?: ArrayLike
}

/** x where it isn't negative, else negativeSlope · x. */
export const leakyRelu = (x: ArrayLike, { negativeSlope = 0.01 }: LeakyReluOptions = {}): NDArray => {
  const a = floating(x)
  return np.where(lax.ge(a, 0), a, np.multiply(negativeSlope, a))
}

export interface GeluOptions {
  /** Whether the normal distribution function is approximated by tanh; default true. */
  readonly approximate?: boolean
}

/**
 * x · Φ(x), where Φ is the distribution function of the normal distribution.
 *
 * @see Hendrycks, Gimpel, Gaussian Error Linear Units (GELUs), 2016
 * @example
 * nn.gelu(np.array([-1, 0, 1])) // => Array([-0.158808,  0.      ,  0.841192], dtype=float32)
 */
export const gelu = (x: ArrayLike, { approximate = true }: GeluOptions = {}): NDArray => {
  const a = floating(x)
  if (!approximate) return lax.mul(lax.mul(a, 0.5), lax.add(lax.erf(lax.mul(a, Math.SQRT1_2)), 1))
  const inner = lax.mul(lax.add(a, lax.mul(lax.integerPow(a, 3), 0.044715)), Math.sqrt(2 / Math.PI))
  return lax.mul(a, lax.mul(lax.add(lax.tanh(inner), 1), 0.5))
}

/** Hyperbolic tangent. */
export const tanh: Activation = (x) => lax.tanh(floating(x))

/** x within [-1, 1]. */
export const hardTanh: Activation = (x) => {
  const a = floating(x)
  return lax.select(lax.gt(a, 1), lax.select(lax.lt(a, -1), a, -1), 1)
}

/** relu6(x + 3) / 6. */
export const hardSigmoid: Activation = (x) => lax.div(relu6(lax.add(floating(x), 3)), 6)

/** x · hardSigmoid(x). */
export const hardSilu: Activation = (x) => lax.mul(floating(x), hardSigmoid(x))
/** {@link hardSilu}. */
export const hardSwish = hardSilu

/** x / (|x| + 1). */
export const softSign: Activation = (x) => {
  const a = floating(x)
  return lax.div(a, lax.add(lax.abs(a), 1))
}

export interface SquareplusOptions {
  /** Size of the smooth part; default 4. */
  readonly b?: ArrayLike
}

/** (x + √(x² + b)) / 2. @see Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021 */
export const squareplus = (x: ArrayLike, { b = 4 }: SquareplusOptions = {}): NDArray => {
  const a = floating(x)
  return np.divide(np.add(a, np.sqrt(np.add(lax.square(a), b))), 2)
}

/** 0 up to -1, x from 1 on, a parabola between. @see Blondel, Martins, Niculae, Learning with Fenchel-Young Losses, 2019 */
export const sparsePlus: Activation = (x) => {
  const a = floating(x)
  const between = lax.div(lax.square(lax.add(a, 1)), 4)
  return lax.select(lax.le(a, -1), lax.select(lax.ge(a, 1), between, a), 0)
}

/** 0 up to -1, 1 from 1 on, linear between: the derivative of {@link sparsePlus}. */
export const sparseSigmoid: Activation = (x) => lax.mul(lax.clamp(0, lax.add(floating(x), 1), 2), 0.5)

/** log(1 - e^-x) for positive x, without cancellation. */
export const log1mexp: Activation = (x) => {
  const a = floating(x)
  const isSmall = lax.lt(a, Math.LN2)
  // Each branch is given numbers in its own domain, so that the other's derivative stays finite.
  const small = lax.log(lax.neg(lax.expm1(lax.neg(lax.select(isSmall, 1, a)))))
  const large = lax.log1p(lax.neg(lax.exp(lax.neg(lax.select(isSmall, a, 1)))))
  return lax.select(isSmall, large, small)
}

/** The argument as an array. */
export const identity: Activation = (x) => np.asarray(x)

export interface GluOptions {
  /** The axis that is halved; default the last. */
  readonly axis?: number
}

/**
 * The first half along an axis times the sigmoid of the second.
 *
 * @throws ShapeError if the axis has an odd size
 * @see Dauphin et al., Language Modeling with Gated Convolutional Networks, 2016
 */
export const glu = (x: ArrayLike, { axis = -1 }: GluOptions = {}): NDArray => {
  const a = floating(x)
  const along = lax.canonicalAxis('nn.glu', axis, a.ndim)
  if (a.shape[along]! % 2 !== 0) throw new ShapeError('nn.glu', `an even size of axis ${along}`, showAval(a.aval))
  const [value, gate] = np.split(a, 2, { axis: along })
  return lax.mul(value!, lax.logistic(gate!))
}
