/** Rows of wrappers and combinators: transformations of transformations. */
import { type NDArray, optax, tree } from '../../../src/index.js'
import { always, fixed, matrices, part, type Row, withSlowParams } from './row.js'

/** Labels of matrices and of all else. */
const kinds = (of: optax.ArrayTree): unknown => tree.map((x: NDArray) => (x.ndim > 1 ? 'matrix' : 'other'), of)

const learningRate = 0.1

export const wrappers: readonly Row[] = [
  {
    name: 'chain',
    make: (lr) =>
      optax.chain(
        optax.clipByGlobalNorm(10),
        optax.chain(optax.scaleByAdam(), optax.scaleByLearningRate(lr)),
        optax.chain(),
      ),
    learningRate,
  },
  { name: 'namedChain', make: (lr) => optax.namedChain(['clip', optax.clip(100)], ['adam', optax.adam(lr)]), learningRate }, // prettier-ignore
  { name: 'withExtraArgsSupport', make: (lr) => optax.withExtraArgsSupport(optax.adam(lr)), learningRate },
  {
    name: 'withAccumulatorDtype',
    make: (lr) => optax.withAccumulatorDtype(optax.adam(lr), 'float32'),
    learningRate,
  },
  { name: 'masked', make: (lr) => optax.masked(optax.adam(lr), always), learningRate },
  part('masked, matrices', optax.masked(optax.trace(0.9), matrices)),
  part('freeze', optax.freeze(always)),
  part('freeze, matrices', optax.freeze(matrices)),
  { name: 'selectiveTransform', make: (lr) => optax.selectiveTransform(optax.adam(lr), false), learningRate },
  part('selectiveTransform, none', optax.selectiveTransform(optax.adam(0.1), true)),
  {
    name: 'partition',
    make: (lr) => optax.partition({ matrix: optax.adam(lr), other: optax.adamw(lr) }, kinds),
    learningRate,
  },
  {
    name: 'multiTransform',
    make: (lr) => optax.multiTransform({ slow: optax.adam(lr), none: optax.setToZero() }, 'slow'),
    learningRate,
  },
  { name: 'injectHyperparams', make: (lr) => optax.injectHyperparams(optax.adam)(lr), learningRate },
  part(
    'injectHyperparams, a schedule',
    optax.injectHyperparams(optax.sgd)(optax.linearSchedule(1, 0, 4), { momentum: 0.9 }),
  ),
  { name: 'injectStatefulHyperparams', make: (lr) => optax.injectStatefulHyperparams(optax.adam)(lr), learningRate }, // prettier-ignore
  { name: 'applyIfFinite', make: (lr) => optax.applyIfFinite(optax.adam(lr), 2), learningRate },
  part(
    'conditionallyTransform',
    optax.conditionallyTransform(optax.trace(0.9), (step) => step.lt(2)),
  ),
  {
    name: 'conditionallyMask',
    make: (lr) => optax.conditionallyMask(optax.adam(lr), (step) => step.ge(1)),
    learningRate,
  },
  {
    name: 'MultiSteps',
    make: (lr) => new optax.MultiSteps(optax.adam(lr), 2).gradientTransformation(),
    learningRate,
  },
  part(
    'MultiSteps, skipping',
    new optax.MultiSteps(optax.trace(0.9), (n) => n.add(1), {
      useGradMean: false,
      shouldSkipUpdateFn: optax.skipNotFinite,
    }).gradientTransformation(),
  ),
  part(
    'MultiSteps, no large ones',
    new optax.MultiSteps(optax.sgd(0.1), 2, {
      shouldSkipUpdateFn: (u, n, p) => optax.skipLargeUpdates(u, n, p, 1e6),
    }).gradientTransformation(),
  ),
  {
    name: 'lookahead',
    make: (lr) => withSlowParams(optax.lookahead(optax.adam(fixed(lr)), 3, 0.5)),
    learningRate,
    scheduled: false,
  },
  {
    name: 'lookahead, reset',
    make: (lr) => withSlowParams(optax.lookahead(optax.sgd(lr), 2, 0.7, { resetState: true })),
    learningRate: 1e-3,
  },
  { name: 'flatten', make: (lr) => optax.flatten(optax.adam(lr)), learningRate },
  part(
    'snapshot',
    optax.snapshot('norm', (u) => optax.globalNorm(u)),
  ),
  part(
    'monitor',
    optax.monitor({
      norm: (u) => optax.globalNorm(u),
      average: optax.measureWithEma((u) => optax.globalNorm(u), 0.9),
    }),
    { settles: 1 },
  ),
  part(
    'measureWithEma',
    optax.chain(
      optax.measureWithEma((u) => u, 0.9),
      optax.scale(2),
    ),
  ),
]
