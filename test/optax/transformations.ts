/** What the laws hold for: a new transformation is a new row. */
import { type NDArray, np, optax, tree } from '../../src/index.js'

/** A transformation that needs the value of the loss, or nothing. */
export type Transformation = optax.GradientTransformation<unknown, { readonly value: NDArray }>

export interface OptimizerRow {
  readonly name: string
  readonly make: (learningRate: optax.ScalarOrSchedule) => Transformation
  /** Learning rate with which it converges within 10,000 steps on a parabola and on Rosenbrock's function. */
  readonly learningRate: number
  /** Problems that a constant learning rate doesn't solve, or where steps are too small. */
  readonly fails?: readonly string[]
  /** Whether its learning rate may be a schedule; default true. */
  readonly scheduled?: boolean
}

/** A learning rate of optimizers that take no schedule. */
const fixed = (learningRate: optax.ScalarOrSchedule): optax.ScalarLike => learningRate as optax.ScalarLike

/** Optimizers by name, with their options. */
export const optimizers: readonly OptimizerRow[] = [
  { name: 'sgd', make: (lr) => optax.sgd(lr), learningRate: 1e-3 },
  { name: 'sgd, momentum', make: (lr) => optax.sgd(lr, { momentum: 0.9 }), learningRate: 1e-3 },
  { name: 'sgd, nesterov', make: (lr) => optax.sgd(lr, { momentum: 0.9, nesterov: true }), learningRate: 1e-3 },
  { name: 'adam', make: (lr) => optax.adam(lr), learningRate: 1e-1 },
  { name: 'adam, nesterov', make: (lr) => optax.adam(lr, { nesterov: true }), learningRate: 1e-2 },
  { name: 'adamw', make: (lr) => optax.adamw(lr), learningRate: 1e-1 },
  {
    name: 'adamw, options',
    make: (lr) => optax.adamw(lr, { weightDecay: optax.constantSchedule(1e-5), epsRoot: 1e-10, mask: always }),
    learningRate: 1e-1,
  },
  { name: 'nadam', make: (lr) => optax.nadam(lr), learningRate: 1e-2 },
  { name: 'nadamw', make: (lr) => optax.nadamw(lr), learningRate: 1e-2 },
  { name: 'adabelief', make: (lr) => optax.adabelief(lr), learningRate: 1e-2 },
  {
    name: 'adabelief, weight decay',
    make: (lr) => optax.adabelief(lr, { weightDecay: 1e-5, weightDecayMask: always, nesterov: true }),
    learningRate: 1e-2,
  },
  { name: 'adadelta', make: (lr) => optax.adadelta(lr), learningRate: 1e-1 },
  { name: 'adafactor', make: (lr) => optax.adafactor(lr), learningRate: 5e-3 },
  { name: 'adagrad', make: (lr) => optax.adagrad(lr), learningRate: 1 },
  { name: 'adamax', make: (lr) => optax.adamax(lr), learningRate: 1e-1 },
  { name: 'adamaxw', make: (lr) => optax.adamaxw(lr), learningRate: 1e-1 },
  { name: 'adan', make: (lr) => optax.adan(lr), learningRate: 1e-1 },
  { name: 'amsgrad', make: (lr) => optax.amsgrad(lr), learningRate: 1e-1 },
  { name: 'fromage', make: (lr) => optax.fromage(lr), learningRate: 5e-3 },
  { name: 'lamb', make: (lr) => optax.lamb(lr), learningRate: 1e-3 },
  { name: 'lars', make: (lr) => optax.lars(lr), learningRate: 1 },
  { name: 'lion', make: (lr) => optax.lion(lr, { weightDecay: 1e-4 }), learningRate: 1e-2 },
  { name: 'noisySgd', make: (lr) => optax.noisySgd(lr, { eta: 1e-4 }), learningRate: 1e-3 },
  { name: 'novograd', make: (lr) => optax.novograd(lr), learningRate: 1e-3 },
  {
    name: 'optimisticAdam',
    make: (lr) => optax.optimisticAdam(fixed(lr)),
    learningRate: 2e-3,
    scheduled: false,
  },
  { name: 'optimisticAdamV2', make: (lr) => optax.optimisticAdamV2(lr), learningRate: 2e-3 },
  {
    name: 'optimisticGradientDescent',
    make: (lr) => optax.optimisticGradientDescent(lr, { alpha: 0.7, beta: 0.1 }),
    learningRate: 2e-3,
  },
  { name: 'polyakSgd', make: (lr) => optax.polyakSgd(fixed(lr)), learningRate: 0.1, scheduled: false },
  { name: 'radam', make: (lr) => optax.radam(lr), learningRate: 5e-3 },
  { name: 'rmsprop', make: (lr) => optax.rmsprop(lr), learningRate: 5e-3 },
  { name: 'rmsprop, momentum', make: (lr) => optax.rmsprop(lr, { momentum: 0.9 }), learningRate: 5e-3 },
  {
    name: 'rmsprop, centered',
    make: (lr) => optax.rmsprop(lr, { centered: true, eps: 1e-2 }),
    learningRate: 5e-3,
  },
  { name: 'rprop', make: (lr) => optax.rprop(fixed(lr)), learningRate: 1e-1, scheduled: false },
  { name: 'signSgd', make: (lr) => optax.signSgd(lr), learningRate: 1e-2, fails: ['rosenbrock'] },
  { name: 'signum', make: (lr) => optax.signum(lr), learningRate: 1e-2, fails: ['rosenbrock'] },
  { name: 'sm3', make: (lr) => optax.sm3(fixed(lr)), learningRate: 1, scheduled: false },
  { name: 'yogi', make: (lr) => optax.yogi(lr), learningRate: 1e-1 },
]

const always = (of: optax.ArrayTree): unknown => tree.map((): boolean => true, of)
const fewer = (count: NDArray): NDArray => np.divide(0.5, np.add(count, 1))

export interface Row {
  readonly tx: Transformation
  /** Whether it holds arrays of a dtype of its own, with which those of the updates join. */
  readonly promotes?: boolean
}

/** Parts. */
const parts: Readonly<Record<string, Row>> = {
  identity: { tx: optax.identity() },
  stateless: { tx: optax.stateless((updates) => tree.map((g: NDArray) => g.mul(2), updates)) },
  statelessWithTreeMap: { tx: optax.statelessWithTreeMap((g, p) => np.subtract(g, p ?? 0)) },
  scale: { tx: optax.scale(0.5) },
  'scale by an array': { tx: optax.scale(np.array(0.5, { dtype: 'bfloat16' })), promotes: true },
  scaleByLearningRate: { tx: optax.scaleByLearningRate(0.5) },
  scaleBySchedule: { tx: optax.scaleBySchedule(fewer) },
  'scaleByLearningRate of a schedule': { tx: optax.scaleByLearningRate(optax.warmupCosineDecaySchedule(0.1, 1, 2, 8)) },
  trace: { tx: optax.trace(0.9) },
  'trace, nesterov': { tx: optax.trace(0.9, { nesterov: true }) },
  'trace in bfloat16': { tx: optax.trace(0.9, { accumulatorDtype: 'bfloat16' }), promotes: true },
  scaleByAdam: { tx: optax.scaleByAdam() },
  'scaleByAdam, nesterov': { tx: optax.scaleByAdam({ nesterov: true }) },
  'scaleByAdam in float32': { tx: optax.scaleByAdam({ muDtype: 'float32' }), promotes: true },
  addDecayedWeights: { tx: optax.addDecayedWeights(0.1) },
  'addDecayedWeights, none': { tx: optax.addDecayedWeights() },
  'addDecayedWeights by a schedule': {
    tx: optax.addDecayedWeights(optax.linearSchedule(0.1, 0, 4), { mask: always }),
    promotes: true,
  },
  clip: { tx: optax.clip(0.1) },
  clipByGlobalNorm: { tx: optax.clipByGlobalNorm(0.1) },
  clipByBlockRms: { tx: optax.clipByBlockRms(0.1) },
  adaptiveGradClip: { tx: optax.adaptiveGradClip(0.1) },
  scaleByAdamax: { tx: optax.scaleByAdamax() },
  scaleByAmsgrad: { tx: optax.scaleByAmsgrad({ biasCorrectionMu: false, biasCorrectionNu: false }) },
  scaleByAdan: { tx: optax.scaleByAdan() },
  scaleByBelief: { tx: optax.scaleByBelief() },
  scaleByYogi: { tx: optax.scaleByYogi() },
  'scaleByRadam, nesterov': { tx: optax.scaleByRadam({ nesterov: true }) },
  scaleByRms: { tx: optax.scaleByRms() },
  'scaleByRms, options': { tx: optax.scaleByRms({ epsInSqrt: false, biasCorrection: true, initialScale: 1 }) },
  scaleByStddev: { tx: optax.scaleByStddev({ eps: 1e-2, initialScale: 1 }) },
  scaleByRss: { tx: optax.scaleByRss() },
  scaleByAdadelta: { tx: optax.scaleByAdadelta() },
  scaleByFactoredRms: { tx: optax.scaleByFactoredRms({ minDimSizeToFactor: 2 }) },
  'adafactor, momentum': {
    tx: optax.adafactor(null, { momentum: 0.9, weightDecayRate: 0.1, minDimSizeToFactor: 2 }),
    promotes: true,
  },
  scaleBySm3: { tx: optax.scaleBySm3({ b2: 0.9 }) },
  scaleBySign: { tx: optax.scaleBySign() },
  'scaleByLion, smooth': { tx: optax.scaleByLion({ mode: 'smooth' }) },
  'scaleByLion, refined': { tx: optax.scaleByLion({ mode: 'refined' }) },
  scaleByRprop: { tx: optax.scaleByRprop(0.1) },
  scaleByNovograd: { tx: optax.scaleByNovograd() },
  'scaleByNovograd in float32': { tx: optax.scaleByNovograd({ muDtype: 'float32' }), promotes: true },
  scaleByOptimisticGradient: { tx: optax.scaleByOptimisticGradient() },
  scaleByPolyak: { tx: optax.scaleByPolyak({ variant: 'sps+' }) },
  scaleByTrustRatio: { tx: optax.scaleByTrustRatio() },
  scaleByParamBlockNorm: { tx: optax.scaleByParamBlockNorm() },
  scaleByParamBlockRms: { tx: optax.scaleByParamBlockRms() },
  scaleByDistanceOverGradients: { tx: optax.scaleByDistanceOverGradients(), promotes: true },
  normalizeByUpdateNorm: { tx: optax.normalizeByUpdateNorm() },
  centralize: { tx: optax.centralize() },
  ema: { tx: optax.ema(0.9) },
  'ema in float32': { tx: optax.ema(0.9, { debias: false, accumulatorDtype: 'float32' }), promotes: true },
  applyEvery: { tx: optax.applyEvery(2) },
  addNoise: { tx: optax.addNoise(0.1, 0.5, 0) },
  keepParamsNonnegative: { tx: optax.keepParamsNonnegative() },
  zeroNans: { tx: optax.zeroNans() },
  setToZero: { tx: optax.setToZero() },
  freeze: { tx: optax.freeze(always) },
  selectiveTransform: { tx: optax.selectiveTransform(optax.adam(0.1), false) },
  masked: { tx: optax.masked(optax.trace(0.9), always) },
  chain: {
    tx: optax.chain(optax.clipByGlobalNorm(1), optax.chain(optax.scaleByAdam(), optax.scale(-1)), optax.chain()),
  },
  namedChain: { tx: optax.namedChain(['clip', optax.clip(1)], ['adam', optax.adam(0.1)]) },
  withExtraArgsSupport: { tx: optax.withExtraArgsSupport(optax.trace(0.9)) },
  partition: { tx: optax.partition({ fast: optax.sgd(1), slow: optax.adam(0.1) }, 'slow') },
  multiTransform: {
    tx: optax.multiTransform(
      { matrix: optax.trace(0.9), other: optax.scale(2) },
      (of: optax.ArrayTree) => tree.map((x: NDArray) => (x.ndim > 1 ? 'matrix' : 'other'), of), // prettier-ignore
    ),
  },
  injectHyperparams: { tx: optax.injectHyperparams(optax.adam)(0.1) },
  'injectHyperparams of a schedule': {
    tx: optax.injectHyperparams(optax.sgd)(optax.linearSchedule(1, 0, 4), { momentum: 0.9 }),
  },
  applyIfFinite: { tx: optax.applyIfFinite(optax.adam(0.1), 2) },
  conditionallyTransform: { tx: optax.conditionallyTransform(optax.trace(0.9), (step) => step.lt(2)) },
  conditionallyMask: { tx: optax.conditionallyMask(optax.adam(0.1), (step) => step.ge(1)) },
  MultiSteps: { tx: new optax.MultiSteps(optax.adam(0.1), 2).gradientTransformation() },
  'MultiSteps that skip': {
    tx: new optax.MultiSteps(optax.trace(0.9), (n) => n.add(1), {
      useGradMean: false,
      shouldSkipUpdateFn: optax.skipNotFinite,
    }).gradientTransformation(),
  },
  flatten: { tx: optax.flatten(optax.adam(0.1)) },
  snapshot: { tx: optax.snapshot('norm', (u) => optax.globalNorm(u)) },
  measureWithEma: {
    tx: optax.chain(
      optax.measureWithEma((u) => u, 0.9),
      optax.scale(2),
    ),
  },
  scaleByLbfgs: { tx: optax.scaleByLbfgs({ memorySize: 2 }), promotes: true },
  'lbfgs without a line search': { tx: optax.lbfgs({ learningRate: 0.1, linesearch: null }), promotes: true },
}

/** All of them: optimizers with their learning rate. */
export const all: Readonly<Record<string, Row>> = {
  ...parts,
  ...Object.fromEntries(optimizers.map(({ name, make, learningRate }) => [name, { tx: make(learningRate) }])),
}
