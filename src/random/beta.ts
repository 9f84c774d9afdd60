/** Shares of a whole: beta and Dirichlet distributions. */
import { type DType, type NDArray, type Shape, ShapeError, showAval, checkOptions } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayData, type ArrayLike, asarray } from '../numpy/index.js'
import { jit } from '../transforms/index.js'
import { shapeWith } from './arguments.js'
import { checkedSample, type SampleOptions } from './continuous.js'
import { gammasIn, loggammaIn } from './gamma.js'
import { type PRNGKey, split } from './key.js'
import { parametric } from './parametric.js'

/**
 * Beta distribution of a and b, on (0, 1). Differentiable in both.
 *
 * @param shape - default what the parameters broadcast to
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless the parameters broadcast to the shape
 */
export const beta = parametric<[a: ArrayLike, b: ArrayLike]>('beta', (k, shape, _dtype, a, b) => {
  const [keyOfA, keyOfB] = split(k)
  const pairs = [[keyOfA!, a] as const, [keyOfB!, b] as const]
  const [logA, logB] = gammasIn(pairs, shape, true)
  // Scaled by the greater, so that not both vanish.
  const greater = lax.max(logA!, logB!)
  const [shareA, shareB] = [lax.exp(lax.sub(logA!, greater)), lax.exp(lax.sub(logB!, greater))]
  return lax.div(shareA, lax.add(shareA, shareB))
})

const dirichletProgram = jit(
  function dirichlet(k: PRNGKey, shape: Shape, dtype: DType, alpha: NDArray) {
    const logs = loggammaIn(k, shape, lax.convertElementType(alpha, dtype))
    const last = [shape.length - 1]
    const greatest = lax.stopGradient(lax.expandDims(lax.reduceMax(logs, last), last))
    const shares = lax.exp(lax.sub(logs, greatest))
    return lax.div(shares, lax.expandDims(lax.reduceSum(shares, last), last))
  },
  { staticArgnums: [1, 2] },
)

/**
 * Dirichlet distribution: positive shares that sum to 1. Differentiable in alpha.
 *
 * @param alpha - concentrations `[...batch, n]`, n > 0
 * @param shape - default the batch axes of `alpha`, which must broadcast to it
 * @returns `[...shape, n]`
 * @throws DTypeError unless the dtype is floating
 * @throws ShapeError unless alpha has an axis, and its batch axes broadcast to the shape
 */
export const dirichlet = (
  key: PRNGKey,
  alpha: ArrayData,
  shape: Shape | null = null,
  options: SampleOptions = {},
): NDArray => {
  const where = 'random.dirichlet'
  checkOptions(where, options, ['dtype'])
  const concentrations = asarray(alpha)
  if (concentrations.ndim === 0 || concentrations.shape.at(-1) === 0) {
    throw new ShapeError(where, 'concentrations [...batch, n] with n > 0', showAval(concentrations.aval))
  }
  const n = concentrations.shape.at(-1)!
  const lead = shapeWith(where, shape, [{ shape: concentrations.shape.slice(0, -1) }])
  const sample = checkedSample(where, key, [...lead, n], options.dtype ?? 'float32')
  return dirichletProgram(...sample, concentrations)
}
