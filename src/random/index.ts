export { bits, type BitsOptions } from './bits.js'
export {
  cauchy,
  exponential,
  laplace,
  logistic,
  normal,
  type SampleOptions,
  truncatedNormal,
  uniform,
  type UniformOptions,
} from './continuous.js'
export { gumbel, type GumbelMode, type GumbelOptions } from './gumbel.js'
export {
  bernoulli,
  type BernoulliMode,
  type BernoulliOptions,
  categorical,
  type CategoricalOptions,
  type IntegerOptions,
  rademacher,
  randint,
} from './discrete.js'
export { clone, foldIn, key, keyData, keyDtype, keyImpl, type KeyOptions, PRNGKey, split, wrapKeyData } from './key.js'
export { orthogonal, type OrthogonalOptions } from './orthogonal.js'
export { choice, type ChoiceOptions, permutation, type PermutationOptions } from './permutation.js'
export {
  doubleSidedMaxwell,
  lognormal,
  maxwell,
  pareto,
  rayleigh,
  triangular,
  wald,
  weibullMin,
} from './transformed.js'
export { ball, type BallOptions, generalizedNormal } from './ball.js'
export { beta, dirichlet } from './beta.js'
export { chisquare, f, gamma, loggamma, t } from './gamma.js'
export { binomial, geometric, multinomial, type MultinomialOptions } from './binomial.js'
export { type CovarianceMethod, multivariateNormal, type MultivariateNormalOptions } from './multivariateNormal.js'
export { poisson } from './poisson.js'
