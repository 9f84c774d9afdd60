/** Rows of `optax.contrib`. */
import { optax } from '../../../src/index.js'
import { fixed, matrices, ofTwoExamples, part, type Row } from './row.js'

const c = optax.contrib
const ascent = optax.chain(c.normalize(), optax.sgd(1e-3))

const optimizers: readonly Row[] = [
  { name: 'acprop', make: (lr) => c.acprop(lr, { eps: 1e-3, epsRoot: 1e-6 }), learningRate: 1e-2, onRosenbrock: 1e-3 },
  { name: 'ademamix', make: (lr) => c.ademamix(lr, { b3: 0.99 }), learningRate: 1e-2 },
  { name: 'simplifiedAdemamix', make: (lr) => c.simplifiedAdemamix(lr, { alpha: 1 }), learningRate: 1e-3 },
  { name: 'adopt', make: (lr) => c.adopt(lr), learningRate: 5e-2, onRosenbrock: 1e-2 },
  {
    name: 'adopt, nesterov',
    make: (lr) => c.adopt(lr, { nesterov: true, useClipping: false, eps: 0.1 }),
    learningRate: 1e-2,
    onRosenbrock: 1e-3,
    underflows: true,
  },
  { name: 'cocob', make: (lr) => c.cocob({ learningRate: lr }), learningRate: 1, steps: 20_000, scaleFree: true },
  { name: 'dadaptAdamw', make: (lr) => c.dadaptAdamw({ learningRate: lr }), learningRate: 0.3, underflows: true },
  { name: 'dog', make: (lr) => c.dog({ learningRate: lr }), learningRate: 1 },
  {
    name: 'dog, learning rate',
    make: (lr) => c.dog({ learningRate: lr, initStep: ['learning_rate', 1e-3] }),
    learningRate: 1,
  },
  { name: 'dowg', make: (lr) => c.dowg({ learningRate: lr }), learningRate: 1 },
  { name: 'galore', make: (lr) => c.galore(lr, { rank: 1, updateProjGap: 20 }), learningRate: 1e-2 },
  { name: 'madgrad', make: (lr) => c.madgrad(lr), learningRate: 1e-1, onRosenbrock: 3e-2 },
  {
    name: 'mechanize',
    make: (lr) => c.mechanize(optax.adam(lr), { weightDecay: 0, sInit: 1e-3 }),
    learningRate: 1,
    underflows: true,
  },
  { name: 'momo', make: (lr) => c.momo({ learningRate: lr }), learningRate: 0.1 },
  {
    name: 'momo, bound',
    make: (lr) => c.momo({ learningRate: lr, lowerBound: -1, adaptLowerBound: true }),
    learningRate: 0.1,
  },
  { name: 'momoAdam', make: (lr) => c.momoAdam({ learningRate: lr }), learningRate: 0.1 },
  { name: 'momoAdam, bound', make: (lr) => c.momoAdam({ learningRate: lr, adaptLowerBound: true }), learningRate: 0.1 },
  { name: 'muon', make: (lr) => c.muon(lr), learningRate: 1e-2 },
  { name: 'prodigy', make: (lr) => c.prodigy({ learningRate: lr }), learningRate: 0.3, underflows: true },
  {
    name: 'reduceOnPlateau',
    make: (lr) => optax.chain(optax.sgd(lr, { momentum: 0.9 }), c.reduceOnPlateau({ patience: 100 })),
    learningRate: 0.02,
    onRosenbrock: 1e-3,
  },
  {
    name: 'sam',
    make: (lr) => c.sam(optax.sgd(lr, { momentum: 0.9 }), ascent),
    learningRate: 0.02,
    onRosenbrock: 1e-3,
  },
  {
    name: 'sam, opaque',
    make: (lr) => c.sam(optax.sgd(lr, { momentum: 0.9 }), ascent, { opaqueMode: true }),
    learningRate: 0.02,
    onRosenbrock: 1e-3,
  },
  {
    name: 'scheduleFree',
    make: (lr) => c.scheduleFree(optax.sgd(lr), lr),
    learningRate: 0.1,
    onRosenbrock: 2e-3,
    evaluated: c.scheduleFreeEvalParams,
  },
  {
    name: 'scheduleFreeSgd',
    make: (lr) => c.scheduleFreeSgd({ learningRate: fixed(lr) }),
    learningRate: 0.1,
    onRosenbrock: 2e-3,
    evaluated: c.scheduleFreeEvalParams,
    scheduled: false,
  },
  {
    name: 'scheduleFreeAdamw',
    make: (lr) => c.scheduleFreeAdamw({ learningRate: fixed(lr) }),
    learningRate: 0.05,
    evaluated: c.scheduleFreeEvalParams,
    scheduled: false,
  },
  {
    name: 'sophia',
    make: (lr, key) => c.sophia(lr, { hessianDiagonalFn: c.hutchinsonEstimatorDiagHessian({ randomSeed: key }) }),
    learningRate: 1e-2,
  },
  {
    name: 'dpsgd',
    make: (lr, key) => ofTwoExamples(c.dpsgd(lr, 10, 1e-5, key, { momentum: 0.9 })),
    learningRate: 0.02,
    onRosenbrock: 1e-3,
  },
]

const parts: readonly Row[] = [
  part('normalize', c.normalize()),
  part('scaleByAcprop', c.scaleByAcprop()),
  part('scaleByAdemamix', c.scaleByAdemamix()),
  part('scaleBySimplifiedAdemamix', c.scaleBySimplifiedAdemamix()),
  part('scaleByAdopt', c.scaleByAdopt()),
  part('scaleByCocob', c.scaleByCocob()),
  part('scaleByDog', c.scaleByDog(['distance', 0.1])),
  part('scaleByDowg', c.scaleByDowg()),
  part('scaleByGalore', c.scaleByGalore({ rank: 1 })),
  part('scaleByMadgrad', c.scaleByMadgrad(0.1)),
  part('scaleByMuon', optax.masked(c.scaleByMuon(), matrices)),
  part('scaleByShape', optax.masked(c.scaleByShape(), matrices)),
  part('scaleBySophia', c.scaleBySophia({ updateInterval: 2 })),
  part('prodigy, decay', c.prodigy({ weightDecay: 0.1, weightDecayMask: matrices }), { underflows: true }),
  part('sam, three', c.sam(optax.adam(0.1), ascent, { syncPeriod: 3, resetState: false })),
  {
    name: 'hutchinsonEstimatorDiagHessian',
    make: (_, randomSeed) => c.hutchinsonEstimatorDiagHessian({ randomSeed }),
  },
  {
    name: 'differentiallyPrivateAggregate',
    make: (_, key) => ofTwoExamples(c.differentiallyPrivateAggregate(1, 0.1, key)),
  },
]

export const contrib: readonly Row[] = [...optimizers, ...parts].map((row) => ({ ...row, name: `contrib.${row.name}` }))
