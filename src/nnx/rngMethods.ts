/** Samplers and initializers as methods of random streams, which give them their keys. */
import type { DType, NDArray, Shape } from '../core/index.js'
import * as nn from '../nn/index.js'
import * as random from '../random/index.js'
import { CallableObject } from './object.js'

type PRNGKey = random.PRNGKey

/** Samplers of `random`, those with a key first: methods of streams without it. */
const samplers = [
  'ball',
  'bernoulli',
  'beta',
  'binomial',
  'bits',
  'categorical',
  'cauchy',
  'chisquare',
  'choice',
  'dirichlet',
  'doubleSidedMaxwell',
  'exponential',
  'f',
  'gamma',
  'generalizedNormal',
  'geometric',
  'gumbel',
  'laplace',
  'loggamma',
  'logistic',
  'lognormal',
  'maxwell',
  'multinomial',
  'multivariateNormal',
  'normal',
  'orthogonal',
  'pareto',
  'permutation',
  'poisson',
  'rademacher',
  'randint',
  'rayleigh',
  't',
  'triangular',
  'truncatedNormal',
  'uniform',
  'wald',
  'weibullMin',
] as const satisfies readonly (keyof typeof random)[]

/** The samplers of `random`, drawing their key from the stream. */
export type Samplers = {
  readonly [K in (typeof samplers)[number]]: (typeof random)[K] extends (key: PRNGKey, ...rest: infer A) => infer R
    ? (...rest: A) => R
    : never
}

/** Makers of initializers whose names aren't those of samplers. */
const initializers = [
  'deltaOrthogonal',
  'glorotNormal',
  'glorotUniform',
  'heNormal',
  'heUniform',
  'kaimingNormal',
  'kaimingUniform',
  'lecunNormal',
  'lecunUniform',
  'varianceScaling',
  'xavierNormal',
  'xavierUniform',
] as const satisfies readonly (keyof typeof nn.initializers)[]

/** An initializer that draws its key from a stream when it is called. */
export type KeylessInitializer = (shape: Shape, dtype?: DType) => NDArray

/** The makers of initializers of `nn`, for keys from the stream. */
export type InitializerMakers = {
  readonly [K in (typeof initializers)[number]]: (
    ...args: Parameters<(typeof nn.initializers)[K]>
  ) => KeylessInitializer
}

/** What streams have in common: they are called for a key, and have samplers and initializers as methods. */
export abstract class StreamBase extends CallableObject {
  /** The next key. */
  abstract override call(): PRNGKey
}

const define = (name: string, value: (this: StreamBase, ...args: readonly never[]) => unknown): void => {
  Object.defineProperty(StreamBase.prototype, name, { value, writable: true, configurable: true })
}

for (const name of samplers) {
  const sample = random[name] as (...args: readonly unknown[]) => unknown
  define(name, function (this: StreamBase, ...args) {
    return sample(this.call(), ...args)
  })
}

for (const name of initializers) {
  const make = nn.initializers[name] as (...args: readonly unknown[]) => nn.Initializer
  define(name, function (this: StreamBase, ...args): KeylessInitializer {
    const init = make(...args)
    return (...given) => init(this.call(), ...given)
  })
}
