export { bits, type BitsOptions } from './bits.js'
export {
  cauchy,
  exponential,
  gumbel,
  laplace,
  logistic,
  normal,
  type SampleOptions,
  truncatedNormal,
  uniform,
  type UniformOptions,
} from './continuous.js'
export {
  bernoulli,
  categorical,
  type CategoricalOptions,
  type IntegerOptions,
  rademacher,
  randint,
} from './discrete.js'
export { foldIn, key, keyData, PRNGKey, split, wrapKeyData } from './key.js'
export { orthogonal, type OrthogonalOptions } from './orthogonal.js'
export { choice, type ChoiceOptions, permutation, type PermutationOptions } from './permutation.js'
