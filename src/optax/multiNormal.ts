/** Normal distributions with independent elements, by their parameters. */
import type { NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import * as random from '../random/index.js'
import * as scipy from '../scipy/index.js'

/** A normal distribution with a diagonal covariance. */
export class MultiNormalDiagFromLogScale {
  readonly #loc: NDArray
  readonly #scale: NDArray
  readonly #shape: readonly number[]
  /** Logarithms of the standard deviations. */
  readonly logScale: NDArray

  /** @throws ShapeError if the shapes don't broadcast */
  constructor(loc: np.ArrayLike, logScale: np.ArrayLike) {
    this.#loc = np.asarray(loc)
    this.logScale = np.asarray(logScale)
    this.#scale = np.exp(this.logScale)
    this.#shape = lax.broadcastShapes('multiNormal', [this.#loc.shape, this.#scale.shape])
  }

  /** The means and the logarithms of the standard deviations. */
  get params(): readonly [loc: NDArray, logScale: NDArray] {
    return [this.#loc, this.logScale]
  }

  /** Samples, `[...shape, ...]` before the shape of the parameters; differentiable with respect to these. */
  sample(shape: readonly number[], key: random.PRNGKey): NDArray {
    const standard = random.normal(key, [...shape, ...this.#shape])
    return np.add(np.multiply(standard, this.#scale), this.#loc)
  }

  /** Logarithm of the density, `[...]` without the last axes, those of the parameters. */
  logProb(x: np.ArrayLike): NDArray {
    const each = scipy.stats.norm.logpdf(x, this.#loc, this.#scale)
    return np.sum(each, { axis: this.#shape.map((_, i) => -(i + 1)) })
  }
}

/**
 * A normal distribution of vectors whose elements are independent.
 *
 * @param loc - means
 * @param logScale - logarithms of the standard deviations
 * @throws ShapeError if the shapes don't broadcast
 * @see https://optax.readthedocs.io/en/latest/api/utilities.html#optax.multi_normal
 * @example
 * const normal = optax.multiNormal(np.array([0, 1]), np.zeros([2]))
 * normal.logProb(np.array([0, 1])) // => Array(-1.837877, dtype=float32)
 * normal.sample([5], random.key(0)).shape // => [5, 2]
 */
export const multiNormal = (loc: np.ArrayLike, logScale: np.ArrayLike): MultiNormalDiagFromLogScale =>
  new MultiNormalDiagFromLogScale(loc, logScale)
