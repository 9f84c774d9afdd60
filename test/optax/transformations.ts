/** What the laws hold for: a new transformation is a new row. */
import { type NDArray, np, optax, tree } from '../../src/index.js'

export interface OptimizerRow {
  readonly name: string
  readonly make: (learningRate: optax.ScalarOrSchedule) => optax.GradientTransformation<unknown>
  /** Learning rate with which it converges within 10,000 steps on a parabola and on Rosenbrock's function. */
  readonly learningRate: number
}

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
]

const always = (of: optax.ArrayTree): unknown => tree.map((): boolean => true, of)
const fewer = (count: NDArray): NDArray => np.divide(0.5, np.add(count, 1))

export interface Row {
  readonly tx: optax.GradientTransformation<unknown>
  /** Whether it holds arrays of a dtype of its own, with which those of the updates join. */
  readonly promotes?: boolean
}

/** Parts. */
const parts: Readonly<Record<string, Row>> = {
  identity: { tx: optax.identity() },
  stateless: { tx: optax.stateless((updates) => tree.map((g: NDArray) => g.mul(2), updates)) },
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
  masked: { tx: optax.masked(optax.trace(0.9), always) },
  chain: {
    tx: optax.chain(optax.clipByGlobalNorm(1), optax.chain(optax.scaleByAdam(), optax.scale(-1)), optax.chain()),
  },
}

/** All of them: optimizers with their learning rate. */
export const all: Readonly<Record<string, Row>> = {
  ...parts,
  ...Object.fromEntries(optimizers.map(({ name, make, learningRate }) => [name, { tx: make(learningRate) }])),
}
