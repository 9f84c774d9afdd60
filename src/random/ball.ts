/** Generalized normal distributions, and the balls they fill evenly. */
import { ArgumentError, type DType, type NDArray, type Shape, checkOptions } from '../core/index.js'
import * as lax from '../lax/index.js'
import type { ArrayLike } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { checkedParameter, parameter } from './arguments.js'
import { checkedSample, exponentialIn } from './continuous.js'
import { rademacherIn } from './discrete.js'
import { gammaIn } from './gamma.js'
import { type PRNGKey, split } from './key.js'
import { parametric } from './parametric.js'

const generalizedNormalIn = (k: PRNGKey, shape: Shape, dtype: DType, p: NDArray): NDArray => {
  const [lengthKey, signKey] = split(k)
  const power = lax.div(1, p)
  const lengths = gammaIn(lengthKey!, shape, power)
  return lax.mul(rademacherIn(signKey!, shape, dtype), lax.pow(lengths, power))
}

/**
 * Generalized normal distribution, of density proportional to e^(-|x|^p): Laplace's for p = 1, a normal one of variance
 * 1/2 for p = 2. Differentiable in p.
 *
 * @param shape - default that of `p`
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless `p` broadcasts to the shape
 */
export const generalizedNormal = parametric<[p: ArrayLike]>(
  'generalizedNormal',
  (k, shape, dtype, p) => generalizedNormalIn(k, shape, dtype, p),
  { safe: false },
)

const ballProgram = jit(
  function ball(k: PRNGKey, shape: Shape, dtype: DType, d: number, p: NDArray) {
    const [directionKey, radiusKey] = split(k)
    const exponent = lax.convertElementType(p, dtype)
    const g = generalizedNormalIn(directionKey!, [...shape, d], dtype, exponent)
    const sum = lax.reduceSum(lax.pow(lax.abs(g), exponent), [shape.length])
    const radius = lax.pow(lax.add(sum, exponentialIn(radiusKey!, shape, dtype)), lax.div(1, exponent))
    return lax.div(g, lax.expandDims(radius, [shape.length]))
  },
  { staticArgnums: [1, 2, 3] },
)

export interface BallOptions {
  /** The norm that measures the ball, p > 0; default 2. */
  readonly p?: ArrayLike
  /** Shape of the array of points; default [], one. */
  readonly shape?: Shape
  /** A floating dtype; default float32. */
  readonly dtype?: DType
}

/**
 * Points uniformly distributed in the unit ball of d dimensions: |x_1|^p + … + |x_d|^p < 1.
 *
 * @returns `[...shape, d]`
 * @throws ArgumentError unless d is a whole number
 * @throws DTypeError unless the dtype is floating
 * @see Barthe, Guédon, Mendelson, Naor, A probabilistic approach to the geometry of the l_p^n-ball, 2005
 */
export const ball = (key: PRNGKey, d: number, options: BallOptions = {}): NDArray => {
  const where = 'random.ball'
  checkOptions(where, options, ['p', 'shape', 'dtype'])
  if (!Number.isInteger(d) || d < 0 || d >= 2 ** 32) {
    throw new ArgumentError(where, 'a whole number of dimensions, fewer than 2³²', String(d))
  }
  const { p = 2, shape = [], dtype = 'float32' } = options
  return ballProgram(...checkedSample(where, key, shape, dtype), d, parameter(checkedParameter(where, p), dtype))
}
