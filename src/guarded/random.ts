/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `random`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../random/index.js'

export const random: typeof module = guarded('random', module, {
  'random.ball': 'key: KeyArray, d: number, options?: {p?: ArrayLike, shape?: number[], dtype?: DType}',
  'random.bernoulli': "key: KeyArray, p?: ArrayLike, shape?: number[] | null, options?: {mode?: 'high' | 'low'}",
  'random.beta': 'key: KeyArray, a: ArrayLike, b: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.binomial': 'key: KeyArray, n: ArrayLike, p: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.bits': 'key: KeyArray, shape?: number[], options?: {dtype?: DType}',
  'random.categorical':
    "key: KeyArray, logits: array, options?: {axis?: number, shape?: number[] | null, replace?: boolean, mode?: 'high' | 'highest' | 'low'}",
  'random.cauchy': 'key: KeyArray, shape?: number[], options?: {dtype?: DType}',
  'random.chisquare': 'key: KeyArray, df: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.choice':
    "key: KeyArray, a: array | number, shape?: number[], options?: {replace?: boolean, p?: array | number[] | null, axis?: number, mode?: 'high' | 'highest' | 'low'}",
  'random.clone': 'keys: KeyArray',
  'random.dirichlet':
    'key: KeyArray, alpha: ArrayLike | list | object, shape?: number[] | null, options?: {dtype?: DType}',
  'random.doubleSidedMaxwell':
    'key: KeyArray, loc: ArrayLike, scale: ArrayLike, shape?: number[], options?: {dtype?: DType}',
  'random.exponential': 'key: KeyArray, shape?: number[], options?: {dtype?: DType}',
  'random.f': 'key: KeyArray, dfnum: ArrayLike, dfden: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.foldIn': 'k: KeyArray, data: array | number',
  'random.gamma': 'key: KeyArray, a: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.generalizedNormal': 'key: KeyArray, p: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.geometric': 'key: KeyArray, p: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.gumbel': "key: KeyArray, shape?: number[], options?: {mode?: 'high' | 'highest' | 'low', dtype?: DType}",
  'random.key': 'seed: array | bigint | number, options?: {impl?: string, dtype?: string}',
  'random.keyData': 'keys: KeyArray',
  'random.keyDtype': 'impl?: string',
  'random.keyImpl': 'keys: KeyArray',
  'random.laplace': 'key: KeyArray, shape?: number[], options?: {dtype?: DType}',
  'random.loggamma': 'key: KeyArray, a: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.logistic': 'key: KeyArray, shape?: number[], options?: {dtype?: DType}',
  'random.lognormal': 'key: KeyArray, sigma?: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.maxwell': 'key: KeyArray, shape?: number[], options?: {dtype?: DType}',
  'random.multinomial':
    'key: KeyArray, n: ArrayLike, p: ArrayLike | list | object, options?: {shape?: number[] | null, dtype?: DType}',
  'random.multivariateNormal':
    "key: KeyArray, mean: ArrayLike | list | object, cov: ArrayLike | list | object, shape?: number[] | null, options?: {method?: 'cholesky' | 'eigh' | 'svd', dtype?: DType}",
  'random.normal': 'key: KeyArray, shape?: number[], options?: {dtype?: DType}',
  'random.orthogonal': 'key: KeyArray, n: number, options?: {shape?: number[], m?: number, dtype?: DType}',
  'random.pareto': 'key: KeyArray, b: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.permutation': 'key: KeyArray, x: array | number, options?: {axis?: number, independent?: boolean}',
  'random.poisson': 'key: KeyArray, lam: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.rademacher': 'key: KeyArray, shape?: number[], options?: {dtype?: DType}',
  'random.randint': 'key: KeyArray, shape: number[], minval: ArrayLike, maxval: ArrayLike, options?: {dtype?: DType}',
  'random.rayleigh': 'key: KeyArray, scale: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.split': 'k: KeyArray, shape?: number | number[]',
  'random.t': 'key: KeyArray, df: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.triangular':
    'key: KeyArray, left: ArrayLike, mode: ArrayLike, right: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.truncatedNormal':
    'key: KeyArray, lower: ArrayLike, upper: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.uniform':
    'key: KeyArray, shape?: number[], options?: {minval?: ArrayLike, maxval?: ArrayLike, dtype?: DType}',
  'random.wald': 'key: KeyArray, mean: ArrayLike, shape?: number[] | null, options?: {dtype?: DType}',
  'random.weibullMin':
    'key: KeyArray, scale: ArrayLike, concentration: ArrayLike, shape?: number[], options?: {dtype?: DType}',
  'random.wrapKeyData': 'data: array, options?: {impl?: string, dtype?: string}',
})

/** The types of `random`. */
export declare namespace random {
  export type BallOptions = module.BallOptions
  export type BernoulliMode = module.BernoulliMode
  export type BernoulliOptions = module.BernoulliOptions
  export type BitsOptions = module.BitsOptions
  export type CategoricalOptions = module.CategoricalOptions
  export type ChoiceOptions = module.ChoiceOptions
  export type CovarianceMethod = module.CovarianceMethod
  export type GumbelMode = module.GumbelMode
  export type GumbelOptions = module.GumbelOptions
  export type IntegerOptions = module.IntegerOptions
  export type KeyOptions = module.KeyOptions
  export type MultinomialOptions = module.MultinomialOptions
  export type MultivariateNormalOptions = module.MultivariateNormalOptions
  export type OrthogonalOptions = module.OrthogonalOptions
  export type PRNGKey = module.PRNGKey
  export type PermutationOptions = module.PermutationOptions
  export type SampleOptions = module.SampleOptions
  export type UniformOptions = module.UniformOptions
}
