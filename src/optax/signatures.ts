/**
 * What the numeric hyperparameters of Optax's functions are called, and their defaults: JavaScript doesn't tell. A test holds
 * the names to the codecs of the options, and the defaults to what the functions do without them.
 */
import { unguarded } from '../core/guard.js'
import { trace } from './accumulation.js'
import { adadelta, adagrad, scaleByAdadelta, scaleByRss } from './adagrad.js'
import { scaleByAdam } from './adam.js'
import { adan, scaleByAdan } from './adan.js'
import { adaptiveGradClip } from './adaptiveClipping.js'
import { adam, adamw, nadam, nadamw, sgd } from './aliases.js'
import { adamax, adamaxw, amsgrad, scaleByAdamax, scaleByAmsgrad } from './amsgrad.js'
import { adabelief, radam, scaleByBelief, scaleByRadam, scaleByYogi, yogi } from './belief.js'
import { clip, clipByBlockRms, clipByGlobalNorm } from './clipping.js'
import * as contrib from './contrib/index.js'
import { scaleByDistanceOverGradients } from './distance.js'
import { applyEvery, ema } from './ema.js'
import { adafactor, scaleByFactoredRms } from './factored.js'
import { lbfgs, scaleByBacktrackingLinesearch, scaleByZoomLinesearch } from './linesearch/index.js'
import { measureWithEma } from './monitoring.js'
import { addNoise, noisySgd } from './noise.js'
import { normalizeByUpdateNorm } from './norms.js'
import { novograd, scaleByNovograd } from './novograd.js'
import { optimisticAdam, optimisticAdamV2, optimisticGradientDescent, scaleByOptimisticGradient } from './optimistic.js'
import { polyakSgd, scaleByPolyak } from './polyak.js'
import { rmsprop, scaleByRms, scaleByStddev } from './rms.js'
import { rprop, scaleByRprop } from './rprop.js'
import { scale, scaleByLearningRate } from './scaling.js'
import { lion, scaleByLion, signSgd, signum } from './sign.js'
import { scaleBySm3, sm3 } from './sm3.js'
import { fromage, lamb, lars, scaleByParamBlockNorm, scaleByParamBlockRms, scaleByTrustRatio } from './trustRatio.js'
import { addDecayedWeights } from './weightDecay.js'

/** Numeric hyperparameters with their defaults; `null`: none. */
type Defaults = Readonly<Record<string, number | null>>

/** @internal The hyperparameters of a function that makes a transformation. */
export interface Signature {
  /** Names of the arguments before the options. */
  readonly positional: readonly string[]
  /** Defaults of the first of them, where they have one. */
  readonly defaults: Defaults
  /** Those that are no numbers, whatever they look like: keys, functions, transformations. */
  readonly fixed: readonly string[]
  /** Numeric hyperparameters among the options. */
  readonly options: Defaults
}

const signature = (
  positional: readonly string[],
  options: Defaults = {},
  more: Partial<Pick<Signature, 'fixed' | 'defaults'>> = {},
): Signature => ({ positional, options, fixed: [], defaults: {}, ...more })
const learningRate = (options: Defaults = {}): Signature => signature(['learningRate'], options)
const withDefault = (name: string, value: number, options: Defaults = {}): Signature =>
  signature([name], options, { defaults: { [name]: value } })
const optionsOnly = (options: Defaults): Signature => signature([], options)

const moments = { b1: 0.9, b2: 0.999, eps: 1e-8 }
const rooted = { ...moments, epsRoot: 0 }
const belief = { ...moments, eps: 1e-16, epsRoot: 1e-16 }
const adan3 = { b1: 0.98, b2: 0.92, b3: 0.99, eps: 1e-8 }
const adadelta2 = { rho: 0.9, eps: 1e-6 }
const novograd2 = { b1: 0.9, b2: 0.25, epsRoot: 0, weightDecay: 0 }
const rms = { decay: 0.9, eps: 1e-8, initialScale: 0 }
const radam4 = { ...rooted, threshold: 5 }
const rprop4 = { etaMinus: 0.5, etaPlus: 1.2, minStepSize: 1e-6, maxStepSize: 50 }
const noDecay = { weightDecay: 0 }
const two = { alpha: 1, beta: 1 }
const ademamix = { ...rooted, b3: 0.9999 }
const simplified = { b1: 0.99, b2: 0.95, alpha: 0, eps: 1e-8, epsRoot: 0 }
const adopt = { b1: 0.9, b2: 0.9999, eps: 1e-6 }
const madgrad = { momentum: 0.9, eps: 1e-6 }
const sophia = { b1: 0.965, b2: 0.99, eps: 1e-8, gamma: 0.01, clipThreshold: 1 }
const free = { b1: 0.9, weightLrPower: 2 }
const bounded = { lowerBound: 0, ...noDecay }

const signatures = new Map<unknown, Signature>([
  // Optimizers
  [adabelief, learningRate({ ...belief, weightDecay: null })],
  [adadelta, signature(['learningRate'], { ...adadelta2, ...noDecay })],
  [
    adafactor,
    learningRate({ decayRate: 0.8, clippingThreshold: 1, momentum: null, weightDecayRate: null, eps: 1e-30 }),
  ],
  [adagrad, learningRate({ initialAccumulatorValue: 0.1, eps: 1e-7 })],
  [adam, learningRate(rooted)],
  [adamax, learningRate(moments)],
  [adamaxw, learningRate({ ...moments, weightDecay: 1e-4 })],
  [adamw, learningRate({ ...rooted, weightDecay: 1e-4 })],
  [adan, learningRate({ ...adan3, epsRoot: 1e-8, ...noDecay })],
  [amsgrad, learningRate(rooted)],
  [fromage, learningRate({ minNorm: 1e-6 })],
  [lamb, learningRate({ ...rooted, eps: 1e-6, ...noDecay })],
  [lars, learningRate({ ...noDecay, trustCoefficient: 0.001, eps: 0, momentum: 0.9 })],
  [lbfgs, optionsOnly({ learningRate: null })],
  [lion, learningRate({ b1: 0.9, b2: 0.99, weightDecay: 1e-3 })],
  [nadam, learningRate(rooted)],
  [nadamw, learningRate({ ...rooted, weightDecay: 1e-4 })],
  [noisySgd, learningRate({ eta: 0.01, gamma: 0.55 })],
  [novograd, learningRate({ ...novograd2, eps: 1e-6 })],
  [optimisticAdam, learningRate({ ...rooted, optimism: null })],
  [optimisticAdamV2, learningRate({ ...rooted, ...two })],
  [optimisticGradientDescent, learningRate(two)],
  [polyakSgd, withDefault('maxLearningRate', 1, { scaling: 1, fMin: 0, eps: 0 })],
  [radam, learningRate(radam4)],
  [rmsprop, learningRate({ ...rms, momentum: null })],
  [rprop, learningRate(rprop4)],
  [sgd, learningRate({ momentum: null })],
  [signSgd, learningRate()],
  [signum, learningRate({ beta: 0.9 })],
  [sm3, learningRate({ momentum: 0.9 })],
  [yogi, learningRate({ ...moments, eps: 1e-3 })],
  // Parts
  [addDecayedWeights, withDefault('weightDecay', 0)],
  [addNoise, signature(['eta', 'gamma', 'key'], {}, { fixed: ['key'] })],
  [adaptiveGradClip, signature(['clipping'], { eps: 1e-3 })],
  [applyEvery, withDefault('k', 1)],
  [clip, signature(['maxDelta'])],
  [clipByBlockRms, signature(['threshold'])],
  [clipByGlobalNorm, signature(['maxNorm'])],
  [ema, signature(['decay'])],
  [measureWithEma, signature(['measure', 'decay'], {}, { fixed: ['measure'] })],
  [normalizeByUpdateNorm, optionsOnly({ scaleFactor: 1, eps: 1e-6 })],
  [scale, signature(['stepSize'])],
  [scaleByAdadelta, optionsOnly(adadelta2)],
  [scaleByAdam, optionsOnly(rooted)],
  [scaleByAdamax, optionsOnly(moments)],
  [scaleByAdan, optionsOnly({ ...adan3, epsRoot: 0 })],
  [scaleByAmsgrad, optionsOnly(rooted)],
  [
    scaleByBacktrackingLinesearch,
    signature(['maxBacktrackingSteps'], {
      slopeRtol: 1e-4,
      decreaseFactor: 0.8,
      increaseFactor: 1.5,
      maxLearningRate: 1,
      atol: 0,
      rtol: 0,
    }),
  ],
  [scaleByBelief, optionsOnly(belief)],
  [scaleByDistanceOverGradients, optionsOnly({ repsRel: 1e-6, eps: 1e-8, globalScale: 1 })],
  [scaleByFactoredRms, optionsOnly({ decayRate: 0.8, epsilon: 1e-30 })],
  [scaleByLearningRate, learningRate()],
  [scaleByLion, optionsOnly({ b1: 0.9, b2: 0.99, smoothBeta: 1 })],
  [scaleByNovograd, optionsOnly({ ...novograd2, eps: 1e-8 })],
  [scaleByOptimisticGradient, optionsOnly(two)],
  [scaleByParamBlockNorm, withDefault('minScale', 1e-3)],
  [scaleByParamBlockRms, withDefault('minScale', 1e-3)],
  [scaleByPolyak, optionsOnly({ fMin: 0, maxLearningRate: 1, eps: 0 })],
  [scaleByRadam, optionsOnly(radam4)],
  [scaleByRms, optionsOnly(rms)],
  [scaleByRprop, learningRate(rprop4)],
  [scaleByRss, optionsOnly({ initialAccumulatorValue: 0.1, eps: 1e-7 })],
  [scaleBySm3, optionsOnly({ b1: 0.9, b2: 1, eps: 1e-8 })],
  [scaleByStddev, optionsOnly(rms)],
  [scaleByTrustRatio, optionsOnly({ minNorm: 0, trustCoefficient: 1, eps: 0 })],
  [scaleByYogi, optionsOnly({ ...rooted, eps: 1e-3, initialAccumulatorValue: 1e-6 })],
  [
    scaleByZoomLinesearch,
    signature(['maxLinesearchSteps'], {
      maxLearningRate: null,
      tol: 0,
      increaseFactor: 2,
      slopeRtol: 1e-4,
      curvRtol: 0.9,
      approxDecRtol: 1e-6,
      stepsizePrecision: 1e-5,
    }),
  ],
  [trace, signature(['decay'])],
  // contrib
  [contrib.acprop, learningRate({ ...belief, ...noDecay })],
  [contrib.ademamix, learningRate({ ...ademamix, alpha: 5, ...noDecay })],
  [contrib.adopt, learningRate(adopt)],
  [contrib.cocob, optionsOnly({ learningRate: 1, alpha: 100, eps: 1e-8, ...noDecay })],
  [contrib.dadaptAdamw, optionsOnly({ learningRate: 1, eps: 1e-8, estimLr0: 1e-6, ...noDecay })],
  [contrib.differentiallyPrivateAggregate, signature(['l2NormClip', 'noiseMultiplier', 'key'], {}, { fixed: ['key'] })],
  [contrib.dog, optionsOnly({ learningRate: 1, eps: 1e-8, weightDecay: null })],
  [contrib.dowg, optionsOnly({ learningRate: 1, initEstimSqDist: null, eps: 1e-4, weightDecay: null })],
  [
    contrib.dpsgd,
    signature(['learningRate', 'l2NormClip', 'noiseMultiplier', 'key'], { momentum: null }, { fixed: ['key'] }),
  ],
  [contrib.galore, learningRate({ scale: 1, ...noDecay })],
  [contrib.madgrad, learningRate({ ...madgrad, ...noDecay })],
  [
    contrib.mechanize,
    signature(['baseOptimizer'], { weightDecay: 0.01, eps: 1e-8, sInit: 1e-6 }, { fixed: ['baseOptimizer'] }),
  ],
  [contrib.momo, optionsOnly({ learningRate: 1, beta: 0.9, ...bounded })],
  [contrib.momoAdam, optionsOnly({ learningRate: 0.01, ...moments, ...bounded })],
  [
    contrib.muon,
    learningRate({
      beta: 0.95,
      eps: 1e-8,
      ...noDecay,
      adamB1: 0.9,
      adamB2: 0.999,
      adamEpsRoot: 0,
      adamWeightDecay: 0,
      adamLearningRate: null,
      consistentRms: null,
    }),
  ],
  [
    contrib.prodigy,
    optionsOnly({ learningRate: 1, beta3: null, eps: 1e-8, estimLr0: 1e-6, estimLrCoef: 1, ...noDecay }),
  ],
  [contrib.reduceOnPlateau, optionsOnly({ factor: 0.1, patience: 10, rtol: 1e-4, atol: 0, cooldown: 0, minScale: 0 })],
  [contrib.scaleByAcprop, optionsOnly(belief)],
  [contrib.scaleByAdemamix, optionsOnly({ ...ademamix, alpha: 6 })],
  [contrib.scaleByAdopt, optionsOnly(adopt)],
  [contrib.scaleByCocob, optionsOnly({ alpha: 100, eps: 1e-8 })],
  [contrib.scaleByDog, signature(['initStep'], { eps: 1e-8 }, { fixed: ['initStep'] })],
  [contrib.scaleByDowg, optionsOnly({ initEstimSqDist: null, eps: 1e-4 })],
  [contrib.scaleByGalore, optionsOnly({ scale: 1 })],
  [contrib.scaleByMadgrad, learningRate(madgrad)],
  [contrib.scaleByMuon, optionsOnly({ beta: 0.95, eps: 1e-8 })],
  [contrib.scaleByShape, optionsOnly({ consistentRms: null })],
  [contrib.scaleBySimplifiedAdemamix, optionsOnly(simplified)],
  [contrib.scaleBySophia, optionsOnly(sophia)],
  [contrib.scheduleFree, signature(['baseOptimizer', 'learningRate'], free, { fixed: ['baseOptimizer'] })],
  [contrib.scheduleFreeAdamw, optionsOnly({ learningRate: 0.0025, ...free, b2: 0.999, eps: 1e-8, ...noDecay })],
  [contrib.scheduleFreeSgd, optionsOnly({ learningRate: 1, ...free, weightDecay: null })],
  [contrib.simplifiedAdemamix, learningRate({ ...simplified, ...noDecay })],
  [contrib.sophia, learningRate({ ...sophia, weightDecay: 1e-4 })],
])

/** @internal The hyperparameters of one of Optax's own functions. */
export const signatureOf = (factory: unknown): Signature | null => signatures.get(unguarded(factory)) ?? null

/** @internal Optax's functions with known hyperparameters. */
export const factoriesWithSignature = (): readonly unknown[] => [...signatures.keys()]
