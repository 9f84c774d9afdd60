/** What the hyperparameters of the named optimizers are called, and their defaults: JavaScript doesn't tell. */
import { adadelta, adagrad } from './adagrad.js'
import { adan } from './adan.js'
import { adaptiveGradClip } from './adaptiveClipping.js'
import { adam, adamw, nadam, nadamw, sgd } from './aliases.js'
import { adamax, adamaxw, amsgrad } from './amsgrad.js'
import { adabelief, radam, yogi } from './belief.js'
import { trace } from './accumulation.js'
import { scaleByAdam } from './adam.js'
import { clip, clipByBlockRms, clipByGlobalNorm } from './clipping.js'
import { ema } from './ema.js'
import { adafactor } from './factored.js'
import { noisySgd } from './noise.js'
import { novograd } from './novograd.js'
import { optimisticAdam, optimisticAdamV2, optimisticGradientDescent } from './optimistic.js'
import { polyakSgd } from './polyak.js'
import { rmsprop } from './rms.js'
import { rprop } from './rprop.js'
import { scale, scaleByLearningRate } from './scaling.js'
import { lion, signSgd, signum } from './sign.js'
import { sm3 } from './sm3.js'
import { fromage, lamb, lars } from './trustRatio.js'
import { addDecayedWeights } from './weightDecay.js'

/** @internal The hyperparameters of a function that makes a transformation. */
export interface Signature {
  /** Names of the arguments before the options. */
  readonly positional: readonly string[]
  /** Numeric hyperparameters among the options, with their defaults; `null`: none. */
  readonly options: Readonly<Record<string, number | null>>
}

const moments = { b1: 0.9, b2: 0.999, eps: 1e-8, epsRoot: 0 }
const learningRate = (options: Signature['options'] = {}): Signature => ({ positional: ['learningRate'], options })
const one = (name: string): Signature => ({ positional: [name], options: {} })

const noDecay = { weightDecay: null }

const signatures = new Map<unknown, Signature>([
  [adabelief, learningRate({ ...moments, eps: 1e-16, epsRoot: 1e-16, ...noDecay })],
  [adadelta, learningRate({ rho: 0.9, eps: 1e-6, ...noDecay })],
  [adagrad, learningRate({ initialAccumulatorValue: 0.1, eps: 1e-7 })],
  [adam, learningRate(moments)],
  [adamax, learningRate({ b1: 0.9, b2: 0.999, eps: 1e-8 })],
  [adamaxw, learningRate({ b1: 0.9, b2: 0.999, eps: 1e-8, weightDecay: 1e-4 })],
  [adamw, learningRate({ ...moments, weightDecay: 1e-4 })],
  [adan, learningRate({ b1: 0.98, b2: 0.92, b3: 0.99, eps: 1e-8, epsRoot: 1e-8, ...noDecay })],
  [amsgrad, learningRate(moments)],
  [
    adafactor,
    learningRate({ decayRate: 0.8, clippingThreshold: 1, momentum: null, weightDecayRate: null, eps: 1e-30 }),
  ],
  [fromage, learningRate({ minNorm: 1e-6 })],
  [lamb, learningRate({ ...moments, eps: 1e-6, ...noDecay })],
  [lars, learningRate({ ...noDecay, trustCoefficient: 0.001, eps: 0, momentum: 0.9 })],
  [lion, learningRate({ b1: 0.9, b2: 0.99, weightDecay: 1e-3 })],
  [nadam, learningRate(moments)],
  [nadamw, learningRate({ ...moments, weightDecay: 1e-4 })],
  [noisySgd, learningRate({ eta: 0.01, gamma: 0.55 })],
  [novograd, learningRate({ b1: 0.9, b2: 0.25, eps: 1e-6, epsRoot: 0, ...noDecay })],
  [optimisticAdam, { positional: ['learningRate'], options: { ...moments, optimism: null } }],
  [optimisticAdamV2, learningRate({ ...moments, alpha: 1, beta: 1 })],
  [optimisticGradientDescent, learningRate({ alpha: 1, beta: 1 })],
  [polyakSgd, { positional: ['maxLearningRate'], options: { scaling: 1, fMin: 0, eps: 0 } }],
  [radam, learningRate({ ...moments, threshold: 5 })],
  [rmsprop, learningRate({ decay: 0.9, eps: 1e-8, initialScale: 0, momentum: null })],
  [rprop, learningRate({ etaMinus: 0.5, etaPlus: 1.2, minStepSize: 1e-6, maxStepSize: 50 })],
  [sgd, learningRate({ momentum: null })],
  [signSgd, learningRate()],
  [signum, learningRate({ beta: 0.9 })],
  [sm3, learningRate({ momentum: 0.9 })],
  [yogi, learningRate({ b1: 0.9, b2: 0.999, eps: 1e-3 })],
  [scaleByAdam, { positional: [], options: moments }],
  [addDecayedWeights, one('weightDecay')],
  [adaptiveGradClip, { positional: ['clipping'], options: { eps: 1e-3 } }],
  [clip, one('maxDelta')],
  [clipByBlockRms, one('threshold')],
  [clipByGlobalNorm, one('maxNorm')],
  [ema, one('decay')],
  [scale, one('stepSize')],
  [scaleByLearningRate, one('learningRate')],
  [trace, one('decay')],
])

/** @internal The hyperparameters of one of Optax's own functions. */
export const signatureOf = (factory: unknown): Signature | null => signatures.get(factory) ?? null
