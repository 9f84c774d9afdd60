/** What is refused, and with which words. */
import test from 'ava'
import { ArgumentError, np, optax } from '../../src/index.js'

const p = { w: np.ones([2]) }
const options = (x: object) => x as never

test('options that are unknown or out of range', (t) => {
  const refused: readonly (readonly [() => unknown, string])[] = [
    [() => optax.adam(0.1, options({ beta1: 0.9 })), 'adam: unknown option beta1; known: b1, b2, eps, epsRoot, muDtype, nesterov'],
    [() => optax.scaleByAdam({ b1: 1 }), 'scaleByAdam: b1 must be a number in [0, 1) or an array, got 1'],
    [() => optax.adam(0.1, { b2: -0.1 }), 'adam: b2 must be a number in [0, 1) or an array, got -0.1'],
    [() => optax.adamw(0.1, { eps: NaN }), 'adamw: eps must be a number that is not negative or an array, got NaN'],
    [() => optax.adam(0.1, { epsRoot: -1 }), 'adam: epsRoot must be a number that is not negative or an array, got -1'],
    [() => optax.adam(0.1, options({ nesterov: 1 })), 'adam: nesterov must be true or false, got 1'],
    [
      () => optax.trace(0.9, options({ accumulatorDtype: 'f32' })),
      "trace: accumulatorDtype must be null or one of bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, got 'f32'",
    ],
    [() => optax.sgd(0.1, options({ weightDecay: 1 })), 'sgd: unknown option weightDecay; known: momentum, nesterov, accumulatorDtype'],
    [() => optax.sgd(0.1, options({ momentum: '0.9' })), "sgd: momentum must be a number, an array or null, got '0.9'"],
    [() => optax.adamw(0.1, options({ weightDecay: 'much' })), "adamw: weightDecay must be a number, an array or a schedule, got 'much'"],
    [() => optax.addDecayedWeights(0.1, options({ mask: 1 })), 'addDecayedWeights: mask must be a tree of booleans, a function that makes one, or null, got 1'],
    [() => optax.scaleByLearningRate(1, options({ flip: true })), 'scaleByLearningRate: unknown option flip; known: flipSign'],
  ] // prettier-ignore
  for (const [make, message] of refused) t.throws(make, { name: 'OptionsError', message })
})

test('hyperparameters that are neither numbers nor arrays', (t) => {
  const refused: readonly (readonly [() => unknown, string])[] = [
    [() => optax.scale(options({})), 'scale requires a step size that is a number or an array, got object'],
    [() => optax.trace(null as never), 'trace requires a decay that is a number or an array, got null'],
    [
      () => optax.adam('0.1' as never),
      'scaleByLearningRate requires a learning rate (or a schedule) that is a number or an array, got string',
    ],
    [() => optax.clip(true as never), 'clip requires a bound that is a number or an array, got boolean'],
    [
      () => optax.clipByGlobalNorm(undefined as never),
      'clipByGlobalNorm requires a norm that is a number or an array, got undefined',
    ],
  ]
  for (const [make, message] of refused) t.throws(make, { name: 'ArgumentError', message })
})

test('params that are missing', (t) => {
  const message = 'addDecayedWeights requires the params, got none; call tx.update(updates, state, params)'
  const tx = optax.addDecayedWeights(0.1)
  t.throws(() => tx.update(p, {}), { name: 'ArgumentError', message })
  t.throws(() => tx.update(p, {}, null), { name: 'ArgumentError', message })
  t.throws(() => optax.addDecayedWeights(0).update(p, {}), { name: 'ArgumentError', message })
  const scheduled = optax.addDecayedWeights(() => 0.1)
  t.throws(() => scheduled.update(p, scheduled.init(p)), { name: 'ArgumentError', message })
  const adamw = optax.adamw(0.1, { mask: { w: true } })
  t.throws(() => adamw.update(p, adamw.init(p)), { name: 'ArgumentError', message })
})

test('states that are not those of the chain', (t) => {
  const tx = optax.chain(optax.scale(1), optax.trace(0.9))
  const message = (got: string) =>
    `chain requires a state of 2 parts, one for each transformation, got ${got}; pass what init or the last update returned`
  t.throws(() => tx.update(p, [{}] as never), { name: 'ArgumentError', message: message('one of 1') })
  t.throws(() => tx.update(p, [{}, tx.init(p)[1], {}] as never), {
    name: 'ArgumentError',
    message: message('one of 3'),
  })
  t.throws(() => tx.update(p, {} as never), { name: 'ArgumentError', message: message('object') })
})

test('updates in another structure than the state', (t) => {
  const tx = optax.scaleByAdam()
  const error = t.throws(() => tx.update<unknown>({ v: np.ones([2]) }, tx.init(p)), { name: 'PytreeError' })
  t.regex(error.message, /^updateMoment requires an object with keys 'v' at the root of the moments, as in the updates/)
  t.throws(() => tx.update<unknown>({ w: 'x' }, tx.init(p)), {
    name: 'ArgumentError',
    message: "updateMoment requires an array at ['w'] of the updates, got string",
  })
})

test('dimension numbers, MultiSteps and batch sizes refuse what they cannot take, by name', (t) => {
  const { contrib, experimental, MultiSteps } = optax
  const batchSize = experimental.aggregating.getBatchSizeFromPerEltUpdates
  t.throws(() => new contrib.GaLoreDimensionNumbers(null as never), { message: /GaLoreDimensionNumbers/ })
  t.throws(() => new contrib.MuonDimensionNumbers({ axis: 0 } as never), { message: /MuonDimensionNumbers/ })
  t.throws(() => new MultiSteps(null as never, 2), { instanceOf: ArgumentError })
  t.throws(() => batchSize({ w: 3 }, 0), { instanceOf: ArgumentError })
})

test("MultiSteps' functions can be taken off", (t) => {
  const { init, update } = new optax.MultiSteps(optax.sgd(1), 1)
  t.is(update(np.array([2]), init(np.array([0])), np.array([0]))[0].item(), -2)
})
