/** What is refused, and what trajectories don't show: states, frozen parts, NaN, scalars, injected hyperparameters. */
import test from 'ava'
import { ArgumentError, grad, jit, type NDArray, np, optax, tree } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

const p = { w: np.ones([2]) }
const options = (x: object) => x as never

test('options that are unknown or out of range', (t) => {
  const decay = 'a number in [0, 1) or an array'
  const divisor = 'a number that is not negative or an array'
  const refused: readonly (readonly [() => unknown, string])[] = [
    [() => optax.nadam(1, options({ nesterov: false })), 'nadam: unknown option nesterov; known: b1, b2, eps, epsRoot, muDtype'],
    [() => optax.nadamw(1, { b1: 1 }), `nadamw: b1 must be ${decay}, got 1`],
    [() => optax.amsgrad(1, options({ biasCorrectionMu: 1 })), 'amsgrad: biasCorrectionMu must be true or false, got 1'],
    [() => optax.scaleByAmsgrad({ eps: -1 }), `scaleByAmsgrad: eps must be ${divisor}, got -1`],
    [() => optax.adamax(1, options({ epsRoot: 0 })), 'adamax: unknown option epsRoot; known: b1, b2, eps'],
    [() => optax.scaleByAdamax({ b2: 2 }), `scaleByAdamax: b2 must be ${decay}, got 2`],
    [() => optax.adamaxw(1, options({ mask: 3 })), 'adamaxw: mask must be a tree of booleans, a function that makes one, or null, got 3'],
    [() => optax.adabelief(1, options({ mask: null })), 'adabelief: unknown option mask; known: b1, b2, eps, epsRoot, nesterov, weightDecay, weightDecayMask'],
    [() => optax.scaleByBelief({ b1: -1 }), `scaleByBelief: b1 must be ${decay}, got -1`],
    [() => optax.yogi(1, options({ epsRoot: 0 })), 'yogi: unknown option epsRoot; known: b1, b2, eps'],
    [() => optax.scaleByYogi({ initialAccumulatorValue: -1 }), `scaleByYogi: initialAccumulatorValue must be ${divisor}, got -1`],
    [() => optax.radam(1, { threshold: Infinity }), 'radam: threshold must be a number or an array, got Infinity'],
    [() => optax.scaleByRadam(options({ rho: 1 })), 'scaleByRadam: unknown option rho; known: b1, b2, eps, epsRoot, threshold, nesterov'],
    [() => optax.adan(1, { b3: 1 }), `adan: b3 must be ${decay}, got 1`],
    [() => optax.scaleByAdan(options({ weightDecay: 1 })), 'scaleByAdan: unknown option weightDecay; known: b1, b2, b3, eps, epsRoot'],
    [() => optax.rmsprop(1, options({ momentum: 'x' })), "rmsprop: momentum must be a number, an array or null, got 'x'"],
    [() => optax.scaleByRms(options({ centered: true })), 'scaleByRms: unknown option centered; known: decay, eps, initialScale, epsInSqrt, biasCorrection'],
    [() => optax.scaleByStddev({ decay: 1.5 }), `scaleByStddev: decay must be ${decay}, got 1.5`],
    [() => optax.adagrad(1, { eps: NaN }), `adagrad: eps must be ${divisor}, got NaN`],
    [() => optax.scaleByRss({ initialAccumulatorValue: -0.1 }), `scaleByRss: initialAccumulatorValue must be ${divisor}, got -0.1`],
    [() => optax.adadelta(1, { rho: 1 }), `adadelta: rho must be ${decay}, got 1`],
    [() => optax.scaleByAdadelta(options({ decay: 1 })), 'scaleByAdadelta: unknown option decay; known: rho, eps'],
    [() => optax.adafactor(1, { minDimSizeToFactor: 0 }), 'adafactor: minDimSizeToFactor must be a positive whole number, got 0'],
    [() => optax.scaleByFactoredRms({ stepOffset: 0.5 }), 'scaleByFactoredRms: stepOffset must be a whole number, got 0.5'],
    [() => optax.scaleByFactoredRms(options({ decayRateFn: 1 })), 'scaleByFactoredRms: decayRateFn must be a function of the step and the decay rate, got 1'],
    [() => optax.lion(1, options({ mode: 'hard' })), 'lion: unknown option mode; known: b1, b2, muDtype, weightDecay, mask'],
    [() => optax.scaleByLion(options({ mode: 'soft' })), "scaleByLion: mode must be 'hard' or 'smooth' or 'refined', got 'soft'"],
    [() => optax.signum(1, { beta: 1 }), `signum: beta must be ${decay}, got 1`],
    [() => optax.lamb(1, options({ weightDecay: 'x' })), "lamb: weightDecay must be a number, an array or a schedule, got 'x'"],
    [() => optax.lars(1, { eps: -1 }), `lars: eps must be ${divisor}, got -1`],
    [() => optax.fromage(1, { minNorm: -1 }), `fromage: minNorm must be ${divisor}, got -1`],
    [() => optax.scaleByTrustRatio(options({ min: 0 })), 'scaleByTrustRatio: unknown option min; known: minNorm, trustCoefficient, eps'],
    [() => optax.novograd(1, options({ muDtype: null })), 'novograd: unknown option muDtype; known: b1, b2, eps, epsRoot, weightDecay'],
    [() => optax.scaleByNovograd({ b2: 1 }), `scaleByNovograd: b2 must be ${decay}, got 1`],
    [() => optax.noisySgd(1, { key: 0.5 }), 'noisySgd: key must be a key or a whole number, got 0.5'],
    [() => optax.optimisticGradientDescent(1, options({ alpha: () => 1 })), 'optimisticGradientDescent: alpha must be a number or an array, got function'],
    [() => optax.optimisticAdamV2(1, options({ optimism: 1 })), 'optimisticAdamV2: unknown option optimism; known: alpha, beta, b1, b2, eps, epsRoot, muDtype, nesterov'],
    [() => optax.optimisticAdam(1, { b1: 1 }), `optimisticAdam: b1 must be ${decay}, got 1`],
    [() => optax.polyakSgd(1, options({ variant: 'sps-' })), "polyakSgd: variant must be 'sps' or 'sps+', got 'sps-'"],
    [() => optax.scaleByPolyak({ maxLearningRate: -1 }), `scaleByPolyak: maxLearningRate must be ${divisor}, got -1`],
    [() => optax.rprop(1, { etaPlus: -1 }), `rprop: etaPlus must be ${divisor}, got -1`],
    [() => optax.sm3(1, { momentum: 1 }), `sm3: momentum must be ${decay}, got 1`],
    [() => optax.scaleBySm3({ b2: 1.1 }), 'scaleBySm3: b2 must be a number in [0, 1] or an array, got 1.1'],
    [() => optax.scaleByDistanceOverGradients(options({ paramDtype: null })), 'scaleByDistanceOverGradients: paramDtype must be one of bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float16, bfloat16, float32, float64, got null'],
    [() => optax.normalizeByUpdateNorm({ eps: -1 }), `normalizeByUpdateNorm: eps must be ${divisor}, got -1`],
    [() => optax.ema(0.9, options({ debias: 0 })), 'ema: debias must be true or false, got 0'],
    [() => optax.adaptiveGradClip(1, options({ axis: 0.5 })), 'adaptiveGradClip: axis must be an axis, a list of axes, or null for all, got 0.5'],
    [() => optax.perExampleLayerNormClip(p, 1, options({ uniform: 1 })), 'perExampleLayerNormClip: uniform must be true or false, got 1'],
  ] // prettier-ignore
  for (const [make, message] of refused) t.throws(make, { name: 'OptionsError', message })
})

test('hyperparameters that are neither numbers nor arrays', (t) => {
  const schedule = (() => 1) as never
  const refused: readonly (readonly [() => unknown, string])[] = [
    [() => optax.sm3(schedule), 'sm3 requires a learning rate that is a number or an array, got function'],
    [() => optax.rprop(schedule), 'rprop requires a learning rate that is a number or an array, got function'],
    [() => optax.scaleByRprop(schedule), 'scaleByRprop requires a learning rate that is a number or an array, got function'],
    [() => optax.optimisticAdam(schedule), 'optimisticAdam requires a learning rate that is a number or an array, got function'],
    [() => optax.fromage('x' as never), 'fromage requires a learning rate (or a schedule) that is a number or an array, got string'],
    [() => optax.ema(null as never), 'ema requires a decay that is a number or an array, got null'],
    [() => optax.applyEvery('2' as never), 'applyEvery requires a number of steps that is a number or an array, got string'],
    [() => optax.addNoise('1' as never, 1, 0), 'addNoise requires a variance that is a number or an array, got string'],
    [() => optax.addNoise(1, '1' as never, 0), 'addNoise requires an exponent that is a number or an array, got string'],
    [() => optax.clipByBlockRms(null as never), 'clipByBlockRms requires a threshold that is a number or an array, got null'],
    [() => optax.adaptiveGradClip(null as never), 'adaptiveGradClip requires a clipping that is a number or an array, got null'],
    [() => optax.scaleByParamBlockNorm('1' as never), 'scaleByParamBlockNorm requires a least factor that is a number or an array, got string'],
    [() => optax.scaleByParamBlockRms('1' as never), 'scaleByParamBlockRms requires a least factor that is a number or an array, got string'],
    [() => optax.perExampleGlobalNormClip(p, '1' as never), 'perExampleGlobalNormClip requires a norm that is a number or an array, got string'],
    [() => optax.perExampleLayerNormClip(p, '1' as never), 'perExampleLayerNormClip requires a norm that is a number or an array, got string'],
  ] // prettier-ignore
  for (const [make, message] of refused) t.throws(make, { name: 'ArgumentError', message })
})

test('params that are missing', (t) => {
  const needing: Readonly<Record<string, optax.GradientTransformation<unknown>>> = {
    scaleByTrustRatio: optax.scaleByTrustRatio(),
    scaleByParamBlockNorm: optax.scaleByParamBlockNorm(),
    scaleByParamBlockRms: optax.scaleByParamBlockRms(),
    scaleByFactoredRms: optax.scaleByFactoredRms(),
    scaleByNovograd: optax.scaleByNovograd(),
    scaleByDistanceOverGradients: optax.scaleByDistanceOverGradients(),
    adaptiveGradClip: optax.adaptiveGradClip(0.1),
    keepParamsNonnegative: optax.keepParamsNonnegative(),
  }
  for (const [name, tx] of Object.entries(needing)) {
    const message = `${name} requires the params, got none; call tx.update(updates, state, params)`
    t.throws(() => tx.update(p, tx.init(p)), { name: 'ArgumentError', message })
  }
})

test("Polyak's step needs the value of the loss", (t) => {
  const tx = optax.scaleByPolyak()
  const message = (got: string) =>
    `scaleByPolyak requires the value of the loss, got ${got}; call tx.update(updates, state, params, { value })`
  // @ts-expect-error: without the value it doesn't compile
  t.throws(() => tx.update(p, {}), { name: 'ArgumentError', message: message('none') })
  t.throws(() => tx.update(p, {}, p, { value: '1' as never }), { name: 'ArgumentError', message: message('string') })
  t.deepEqual(elements(tx.update({ w: np.zeros([2]) }, {}, null, { value: 3 })[0].w), [0, 0])
})

test('clips of wrong shapes', (t) => {
  t.throws(() => optax.transforms.unitwiseNorm(np.ones([2, 2, 2, 2, 2, 2])), {
    name: 'ShapeError',
    message:
      'unitwiseNorm requires an array of at most 5 dimensions, got float32[2,2,2,2,2,2]; name the axes of a unit by the option axis',
  })
  t.is(optax.transforms.unitwiseNorm(np.ones([2, 2, 2, 2, 2, 2]), 0).shape.length, 6)
  t.throws(() => optax.transforms.unitwiseClip(np.ones([2]), np.ones([1]), np.ones([2])), {
    name: 'ShapeError',
    message:
      'unitwiseClip requires norms, greatest norms and gradients of one shape, got float32[2], float32[1], float32[2]',
  })
  const got = 'got float32[2], float32[3]; they are made by vmap(grad(loss))'
  for (const f of [optax.perExampleGlobalNormClip, optax.perExampleLayerNormClip])
    t.throws(() => f([np.ones([2]), np.ones([3])], 1), {
      name: 'ShapeError',
      message: `${f.name} requires gradients with one batch as first axis, ${got}`,
    })
  t.throws(() => optax.perExampleGlobalNormClip(np.array(1), 1), { name: 'ShapeError' })
})

test('gradients through norms are finite at zero, where the plain norm is NaN', (t) => {
  const through = (tx: optax.GradientTransformation<optax.EmptyState>) =>
    grad((x: NDArray) => np.sum(tx.update(np.ones([2]), {}, x)[0]))(np.zeros([2]))
  for (const tx of [optax.scaleByTrustRatio(), optax.scaleByParamBlockNorm(), optax.scaleByParamBlockRms()])
    t.deepEqual(elements(through(tx)), [0, 0])
})

test('NaN: found per array in the last updates; infinities stay', (t) => {
  const tx = optax.zeroNans()
  const g = { a: np.array([NaN, Infinity, 1]), b: np.array([2]) }
  const found = (s: optax.ZeroNansState) => tree.leaves(s.foundNan).map((x) => [x.dtype, x.item()])
  t.deepEqual(found(tx.init(g)), [['bool', 0], ['bool', 0]]) // prettier-ignore
  const [u, s] = tx.update(g, tx.init(g))
  t.deepEqual([elements(u.a), elements(u.b)], [[0, Infinity, 1], [2]])
  t.deepEqual(found(s), [['bool', 1], ['bool', 0]]) // prettier-ignore
  t.deepEqual(found(tx.update({ a: g.b, b: g.b }, s)[1]), [['bool', 0], ['bool', 0]]) // prettier-ignore
})

test('sm3 of scalars is that of vectors of one element', (t) => {
  const tx = optax.scaleBySm3({ b2: 0.9 })
  const two = (g: NDArray) => {
    const [, s] = tx.update(g, tx.init(g))
    return tx.update(g.mul(-3), s)[0].item()
  }
  t.is(two(np.array(0.7)), two(np.array([0.7])))
})

test('sm3 refuses updates of another rank than the parameters', (t) => {
  const tx = optax.scaleBySm3()
  for (const params of [np.ones([2, 3]), null]) {
    t.throws(() => tx.update(np.ones([2]), tx.init(params!)), { instanceOf: ArgumentError }, String(params))
  }
})

test('adafactor factors the two largest dimensions', (t) => {
  const shapes = (shape: readonly number[], least = 2) => {
    const { vRow, vCol, v } = optax.scaleByFactoredRms({ minDimSizeToFactor: least }).init(np.zeros(shape))
    return [vRow, vCol, v].map((x) => (x as NDArray).shape)
  }
  t.deepEqual(shapes([2, 5, 3]), [[2, 3], [2, 5], [1]]) // prettier-ignore
  t.deepEqual(shapes([5, 2, 3]), [[2, 3], [5, 2], [1]]) // prettier-ignore
  t.deepEqual(shapes([4, 4]), [[4], [4], [1]])
  t.deepEqual(shapes([4, 4], 5), [[1], [1], [4, 4]])
  t.deepEqual(shapes([9]), [[1], [1], [9]])
})

test('statelessWithTreeMap with and without params', (t) => {
  const tx = optax.statelessWithTreeMap((g, p) => (p === null ? g : np.multiply(g, p)))
  const [g, params] = [{ w: np.array([2, 3]) }, { w: np.array([5, 7]) }]
  t.deepEqual(elements(tx.update(g, {}, params)[0].w), [10, 21])
  t.deepEqual(elements(tx.update(g, {})[0].w), [2, 3])
})

test('frozen params: no steps, no state', (t) => {
  const params = { b: np.ones([2]), w: np.ones([3]) }
  const tx = optax.selectiveTransform(optax.adam(0.1), { b: true, w: false })
  const s = tx.init(params)
  t.is(tree.leaves(s as never).length, 3) // count, mu and nu of w
  const [u] = jit(tx.update<typeof params>)(params, s, params)
  t.deepEqual(elements(u.b), [0, 0])
  allClose(t, u.w, [-0.1, -0.1, -0.1], { rtol: 1e-4 })
})

test('hyperparameters of all optimizers are injected: the same step, and another rate takes effect', (t) => {
  const params = { a: np.array([1, -2]), b: np.array([[0.5]]) }
  const g = { a: np.array([0.3, 4]), b: np.array([[-1]]) }
  const { adadelta, adafactor, adagrad, adamax, adamaxw, adan, amsgrad, fromage, lamb, lars, lion, nadam, nadamw } =
    optax
  const { adabelief, noisySgd, novograd, optimisticAdam, optimisticAdamV2, optimisticGradientDescent, radam, rmsprop } = optax // prettier-ignore
  const { rprop, signSgd, signum, sm3, yogi } = optax
  const factories = { adabelief, adadelta, adafactor, adagrad, adamax, adamaxw, adan, amsgrad, fromage, lamb, lars, lion, nadam, nadamw, noisySgd, novograd, optimisticAdam, optimisticAdamV2, optimisticGradientDescent, radam, rmsprop, rprop, signSgd, signum, sm3, yogi } // prettier-ignore
  for (const [name, factory] of Object.entries(factories)) {
    const make = factory as (learningRate: optax.ScalarLike) => optax.GradientTransformation<unknown>
    const second = <S>(tx: optax.GradientTransformation<S>, change = (s: S): S => s) => {
      const [, s] = tx.update(g, tx.init(params), params)
      return tx.update(g, change(s), params)[0]
    }
    const injected = optax.injectHyperparams(make)(0.1)
    const plain = second(make(0.1))
    const same = second(injected)
    allClose(t, same.a, plain.a, { rtol: 2e-3, atol: 1e-6 }, name)
    allClose(t, same.b, plain.b, { rtol: 2e-3, atol: 1e-6 }, name)
    if (name === 'rprop') continue // its learning rate is in the first state only
    const learningRate = np.array(0.2)
    const faster = second(injected, (s) => ({ ...s, hyperparams: { ...s.hyperparams, learningRate } }))
    t.notDeepEqual(elements(faster.a), elements(same.a), name)
  }
})
