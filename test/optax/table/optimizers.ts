/** Rows of the optimizers, with their options. */
import { optax } from '../../../src/index.js'
import { always, fixed, type Row } from './row.js'

const signed = 'steps of one length in each direction leave the valley'

export const optimizers: readonly Row[] = [
  { name: 'sgd', make: (lr) => optax.sgd(lr), learningRate: 0.1, onRosenbrock: 1.9e-3 },
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
  {
    name: 'noisySgd',
    make: (lr, key) => optax.noisySgd(lr, { eta: 1e-4, key }),
    learningRate: 0.1,
    onRosenbrock: 1.9e-3,
  },
  { name: 'novograd', make: (lr) => optax.novograd(lr), learningRate: 1e-3 },
  {
    name: 'optimisticAdam',
    make: (lr) => optax.optimisticAdam(fixed(lr)),
    learningRate: 2e-2,
    onRosenbrock: 2e-3,
    scheduled: false,
  },
  { name: 'optimisticAdamV2', make: (lr) => optax.optimisticAdamV2(lr), learningRate: 2e-2, onRosenbrock: 2e-3 },
  {
    name: 'optimisticGradientDescent',
    make: (lr) => optax.optimisticGradientDescent(lr, { alpha: 0.7, beta: 0.1 }),
    learningRate: 2e-3,
  },
  { name: 'polyakSgd', make: (lr) => optax.polyakSgd(fixed(lr)), learningRate: 0.1, scheduled: false },
  { name: 'radam', make: (lr) => optax.radam(lr), learningRate: 5e-2, onRosenbrock: 1e-2 },
  { name: 'rmsprop', make: (lr) => optax.rmsprop(lr), learningRate: 5e-3 },
  { name: 'rmsprop, momentum', make: (lr) => optax.rmsprop(lr, { momentum: 0.9 }), learningRate: 5e-3 },
  { name: 'rmsprop, centered', make: (lr) => optax.rmsprop(lr, { centered: true, eps: 1e-2 }), learningRate: 5e-3 },
  { name: 'rprop', make: (lr) => optax.rprop(fixed(lr)), learningRate: 1e-1, scheduled: false },
  { name: 'signSgd', make: (lr) => optax.signSgd(lr), learningRate: 1e-2, leavesValley: signed },
  { name: 'signum', make: (lr) => optax.signum(lr), learningRate: 1e-2, leavesValley: signed },
  { name: 'sm3', make: (lr) => optax.sm3(fixed(lr)), learningRate: 1, scheduled: false },
  { name: 'yogi', make: (lr) => optax.yogi(lr), learningRate: 1e-1 },
  {
    name: 'lbfgs',
    make: (lr) => optax.lbfgs({ learningRate: lr }),
    learningRate: 1,
    promotes: true,
  },
  {
    name: 'lbfgs, backtracking',
    make: (lr) =>
      optax.lbfgs({
        learningRate: lr,
        memorySize: 3,
        linesearch: optax.scaleByBacktrackingLinesearch(20, { storeGrad: true, increaseFactor: Infinity }),
      }),
    learningRate: 1,
    promotes: true,
  },
  {
    name: 'lbfgs, no line search',
    make: (lr) => optax.lbfgs({ learningRate: lr, memorySize: 2, linesearch: null }),
    learningRate: 0.1,
    promotes: true,
  },
  {
    name: 'scaleByBacktrackingLinesearch',
    make: (lr) => optax.chain(optax.sgd(lr), optax.scaleByBacktrackingLinesearch(15)),
    learningRate: 1,
  },
  {
    name: 'scaleByBacktrackingLinesearch, gradient',
    make: (lr) =>
      optax.chain(
        optax.sgd(lr),
        optax.scaleByBacktrackingLinesearch(15, {
          storeGrad: true,
          increaseFactor: 4,
          decreaseFactor: 0.6,
          slopeRtol: 0.01,
        }),
      ),
    learningRate: 1,
  },
  {
    name: 'scaleByZoomLinesearch',
    make: (lr) => optax.chain(optax.sgd(lr), optax.scaleByZoomLinesearch(15)),
    learningRate: 1,
  },
]
