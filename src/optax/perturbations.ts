/** Functions made differentiable by noise on their argument. */
import * as t from 'io-ts'
import type { DType, NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import * as random from '../random/index.js'
import { vmap } from '../transforms/index.js'
import type { ScalarLike } from './base.js'
import { decodeOptions, flag, optionsOf, scalar, wholeSteps } from './options.js'
import { addScale, randomLike, scale } from './treeArithmetic.js'
import { mapArrays, sum } from './treeMath.js'

/** A distribution of noise. */
export interface Noise {
  sample(key: random.PRNGKey, shape: readonly number[], options: { readonly dtype: DType }): NDArray
  /** Up to a constant. */
  logProb(inputs: NDArray): NDArray
}

/**
 * Standard normal noise.
 *
 * @see https://optax.readthedocs.io/en/latest/api/perturbations.html#optax.perturbations.Normal
 */
export class Normal implements Noise {
  sample(key: random.PRNGKey, shape: readonly number[], options: { readonly dtype?: DType } = {}): NDArray {
    return random.normal(key, shape, options)
  }
  logProb(inputs: NDArray): NDArray {
    return np.multiply(-0.5, np.square(inputs))
  }
}

/**
 * Standard Gumbel noise.
 *
 * @see https://optax.readthedocs.io/en/latest/api/perturbations.html#optax.perturbations.Gumbel
 */
export class Gumbel implements Noise {
  sample(key: random.PRNGKey, shape: readonly number[], options: { readonly dtype?: DType } = {}): NDArray {
    return random.gumbel(key, shape, options)
  }
  logProb(inputs: NDArray): NDArray {
    return np.subtract(np.negative(inputs), np.exp(np.negative(inputs)))
  }
}

export interface PerturbedOptions {
  /** Samples of which the mean is taken; default 1000. */
  readonly numSamples?: number
  /** Size of the noise; default 0.1. */
  readonly sigma?: ScalarLike
  /** Default {@link Gumbel}. */
  readonly noise?: Noise
  /** Whether the value at the argument itself is taken from the samples in gradients, which lowers their variance; default true. */
  readonly useBaseline?: boolean
}
const PerturbedOptions = optionsOf('PerturbedOptions', {
  numSamples: wholeSteps,
  sigma: scalar,
  noise: t.unknown,
  useBaseline: flag,
})

/** 1, whose derivatives are those of a log probability times the samples. */
const magicBox = (x: NDArray): NDArray => np.exp(np.subtract(x, lax.stopGradient(x)))

/**
 * The mean of a function over noise on its argument, `E f(x + sigma Z)`, estimated by samples. It is differentiable, even
 * where `f` isn't (as `argmax`): its derivatives are estimated by those of the log probability of the noise.
 *
 * @param fun - from a tree of arrays to a tree of arrays
 * @returns a function of a key and a tree
 * @throws OptionsError if an option is unknown
 * @see Berthet et al., 2020, https://arxiv.org/abs/2002.08676
 * @see Foerster et al., 2018 (the estimator), https://arxiv.org/abs/1802.05098
 * @example
 * const best = (x: NDArray) => nn.oneHot(np.argmax(x), 2)
 * const soft = optax.perturbations.makePerturbedFun(best, { numSamples: 100, sigma: 1 })
 * const mean = soft(random.key(0), np.array([1, 0]))
 * const [first] = mean.toArray() as number[]
 * first! > 0.5 && first! < 1 // => true
 */
export const makePerturbedFun = <X, Y>(
  fun: (x: X) => Y,
  options: PerturbedOptions = {},
): ((key: random.PRNGKey, x: X) => Y) => {
  const { numSamples = 1000, sigma = 0.1, useBaseline = true } = decodeOptions('makePerturbedFun', PerturbedOptions, options) // prettier-ignore
  const { noise = new Gumbel() } = options
  const sampler = (key: random.PRNGKey, shape: readonly number[], of: { readonly dtype: DType }): NDArray =>
    noise.sample(key, shape, of)
  const fixed = <T>(of: T): T => mapArrays(['makePerturbedFun', 'the argument'], (a) => lax.stopGradient(a), of)
  const estimate = (key: random.PRNGKey, x: X, baseline: Y | null): Y => {
    const drawn = randomLike(key, x, { sampler })
    const shifted = fixed(addScale(x, sigma, drawn))
    const logProbs = mapArrays(
      ['makePerturbedFun', 'the argument', 'the samples'],
      (a, s) => noise.logProb(np.divide(np.subtract(s, a), sigma)),
      x,
      shifted,
    )
    const box = magicBox(sum(logProbs))
    const value = scale(box, fun(shifted))
    return baseline === null ? value : addScale(value, np.subtract(1, box), baseline)
  }
  return (key, x) => {
    const baseline = useBaseline ? fun(fixed(x)) : null
    const samples = vmap((k: random.PRNGKey) => estimate(k, x, baseline))(random.split(key, numSamples))
    return mapArrays(['makePerturbedFun', 'the samples'], (y) => np.mean(y, { axis: 0 }), samples)
  }
}
