/** What `optax.contrib` refuses, and with which words. */
import test from 'ava'
import { np, optax, random } from '../../../src/index.js'

const c = optax.contrib
const options = (x: object) => x as never
const p = { w: np.ones([2, 2]) }
type Tx = optax.GradientTransformation<unknown>
const erased = (tx: optax.GradientTransformation<unknown, never>): Tx => tx as unknown as Tx

test('options that are unknown or out of range', (t) => {
  const refused: readonly (readonly [() => unknown, string])[] = [
    [() => c.acprop(0.1, options({ beta1: 0.9 })), 'acprop: unknown option beta1; known: b1, b2, eps, epsRoot, weightDecay, mask'],
    [() => c.scaleByAcprop({ b2: 1 }), 'scaleByAcprop: b2 must be a number in [0, 1) or an array, got 1'],
    [() => c.ademamix(0.1, { b3: options({}) }), 'ademamix: b3 must be a number, an array or a schedule, got object'],
    [() => c.simplifiedAdemamix(0.1, { eps: -1 }), 'simplifiedAdemamix: eps must be a number that is not negative or an array, got -1'],
    [() => c.adopt(0.1, { clipValueFn: options([1]) }), 'adopt: clipValueFn must be a function, got object'],
    [() => c.cocob({ alpha: -1 }), 'cocob: alpha must be a number that is not negative or an array, got -1'],
    [() => c.dadaptAdamw({ betas: [0.9, 1] }), 'dadaptAdamw: betas must be a pair of numbers in [0, 1) or arrays, got object'],
    [() => c.dadaptAdamw({ betas: options([0.9]) }), 'dadaptAdamw: betas must be a pair of numbers in [0, 1) or arrays, got object'],
    [() => c.dog({ initStep: options(['far', 1]) }), "dog: initStep must be a pair of 'distance', 'learning_rate' or 'heuristic' and a number, got object"],
    [() => c.dowg({ initEstimSqDist: options([]) }), 'dowg: initEstimSqDist must be a number, an array or null, got object'],
    [() => c.galore(0.1, { rank: 0 }), 'galore: rank must be a whole number of at least 1, got 0'],
    [() => c.galore(0.1, { baseOptimizer: options({}) }), 'galore: baseOptimizer must be a transformation, got object'],
    [() => c.madgrad(0.1, { momentum: 1 }), 'madgrad: momentum must be a number in [0, 1) or an array, got 1'],
    [() => c.mechanize(optax.sgd(1), { numBetas: 1.5 }), 'mechanize: numBetas must be a whole number of at least 1, got 1.5'],
    [() => c.momo({ adaptLowerBound: options([]) }), 'momo: adaptLowerBound must be true or false, got object'],
    [() => c.momoAdam({ b1: 1 }), 'momoAdam: b1 must be a number in [0, 1) or an array, got 1'],
    [() => c.muon(0.1, { preconditioning: options(['qr']) }), "muon: preconditioning must be 'frobenius', 'spectral', 'aol' or 'schatten', got object"],
    [() => c.muon(0.1, { nsCoeffs: options([1, 2]) }), "muon: nsCoeffs must be three numbers, a list of three numbers for each step, 'standard' or 'dion', got object"],
    [() => c.muon(0.1, { nsSteps: 0 }), 'muon: nsSteps must be a whole number of at least 1, got 0'],
    [() => c.dpsgd(0.1, 1, 1, 0, options({ seed: 1 })), 'dpsgd: unknown option seed; known: momentum, nesterov'],
    [() => c.prodigy({ beta3: 1 }), 'prodigy: beta3 must be a number in [0, 1), an array or null, got 1'],
    [() => c.reduceOnPlateau({ factor: 1 }), 'reduceOnPlateau: factor must be a number in (0, 1) or an array, got 1'],
    [() => c.reduceOnPlateau({ factor: 0 }), 'reduceOnPlateau: factor must be a number in (0, 1) or an array, got 0'],
    [() => c.reduceOnPlateau({ rtol: 2 }), 'reduceOnPlateau: rtol must be a number in [0, 1] or an array, got 2'],
    [() => c.reduceOnPlateau({ atol: -1 }), 'reduceOnPlateau: atol must be a number that is not negative or an array, got -1'],
    [() => c.reduceOnPlateau({ patience: -1 }), 'reduceOnPlateau: patience must be a whole number that is not negative or an array, got -1'],
    [() => c.sam(optax.sgd(1), optax.sgd(1), { syncPeriod: 0 }), 'sam: syncPeriod must be a whole number of at least 1, got 0'],
    [() => c.scheduleFree(optax.sgd(1), 1, { b1: 0 }), 'scheduleFree: b1 must be a number in (0, 1) or an array, got 0'],
    [() => c.scheduleFreeSgd({ warmupSteps: 0.5 }), 'scheduleFreeSgd: warmupSteps must be a whole number or null, got 0.5'],
    [() => c.scheduleFreeAdamw({ b2: 1 }), 'scheduleFreeAdamw: b2 must be a number in [0, 1) or an array, got 1'],
    [() => c.sophia(0.1, { updateInterval: 0 }), 'sophia: updateInterval must be a whole number of at least 1, got 0'],
    [() => c.hutchinsonEstimatorDiagHessian({ randomSeed: options([]) }), 'hutchinsonEstimatorDiagHessian: randomSeed must be a key or null, got object'],
  ] // prettier-ignore
  for (const [make, message] of refused) t.throws(make, { name: 'OptionsError', message })
})

test('arguments', (t) => {
  const refused: readonly (readonly [() => unknown, string])[] = [
    [() => c.reduceOnPlateau({ rtol: 0 }), 'reduceOnPlateau requires an rtol or an atol above 0, got both 0'],
    [
      () => c.scaleByDog(options(['far', 1])),
      "scaleByDog requires a pair of 'distance', 'learning_rate' or 'heuristic' and a number, got [\"far\",1]",
    ],
    [() => c.scaleByMuon({ nsCoeffs: 'dion', nsSteps: 6 }), 'scaleByMuon requires coefficients for 6 steps, got 5'],
    [
      () => c.differentiallyPrivateAggregate(1, 1, null as never),
      'differentiallyPrivateAggregate requires a key or a seed, got null',
    ],
    [
      () => c.differentiallyPrivateAggregate('1' as never, 1, 0),
      'differentiallyPrivateAggregate requires a norm that is a number or an array, got string',
    ],
    [
      () => c.scheduleFreeEvalParams(optax.adam(1).init(p) as never, p),
      'scheduleFreeEvalParams requires a state of scheduleFree, got another; pick it out of that of a chain',
    ],
  ]
  for (const [make, message] of refused) t.throws(make, { name: 'ArgumentError', message })
})

const lossless =
  'requires the loss at the params as `value`, got none; call tx.update(updates, state, params, { value }) with what valueAndGrad gives'

test('params and extra arguments that are missing', (t) => {
  const named: Readonly<Record<string, Tx>> = {
    scaleByCocob: c.scaleByCocob(),
    dadaptAdamw: c.dadaptAdamw(),
    scaleByDog: c.scaleByDog(['distance', 1]),
    scaleByDowg: c.scaleByDowg(),
    scaleByMadgrad: c.scaleByMadgrad(0.1),
    mechanize: c.mechanize(optax.sgd(1)),
    momo: erased(c.momo()),
    momoAdam: erased(c.momoAdam()),
    prodigy: c.prodigy(),
    sam: c.sam(optax.sgd(1), optax.sgd(1)),
    scheduleFree: c.scheduleFreeSgd(),
    scaleBySophia: erased(c.scaleBySophia()),
    hutchinsonEstimatorDiagHessian: erased(c.hutchinsonEstimatorDiagHessian()),
  }
  for (const [name, tx] of Object.entries(named)) {
    const message = `${name} requires the params, got none; call tx.update(updates, state, params)`
    t.throws(() => tx.update(p, tx.init(p), null, { value: 1 }), { name: 'ArgumentError', message })
  }
  const valued = { momo: c.momo(), momoAdam: c.momoAdam(), reduceOnPlateau: c.reduceOnPlateau() }
  for (const [name, tx] of Object.entries(valued)) {
    const any = erased(tx)
    t.throws(() => any.update(p, any.init(p), p), { name: 'ArgumentError', message: `${name} ${lossless}` })
  }
  const sophia = erased(c.sophia(0.1))
  t.throws(() => sophia.update(p, sophia.init(p), p), {
    name: 'ArgumentError',
    message:
      'hutchinsonEstimatorDiagHessian requires the loss as a function of the params, `objFn`, got none; call tx.update(updates, state, params, { objFn })',
  })
  const sam = erased(c.sam(optax.sgd(1), optax.sgd(1), { opaqueMode: true }))
  t.throws(() => sam.update(p, sam.init(p), p), {
    name: 'ArgumentError',
    message:
      'sam requires gradFn in opaque mode, got none; call tx.update(updates, state, params, { gradFn }) with a function that returns gradients at params',
  })
})

test('shapes and dimension numbers', (t) => {
  const dims = (reductionAxis: number | readonly number[], outputAxis: number | readonly number[]) =>
    new c.MuonDimensionNumbers({ reductionAxis, outputAxis })
  const coefficients = np.array([1, 2, 3])
  const of = (x: ReturnType<typeof np.ones>, dimensionNumbers: InstanceType<typeof c.MuonDimensionNumbers> | null) =>
    c.orthogonalizeViaNewtonSchulz(x, coefficients, { dimensionNumbers })
  t.throws(() => of(np.ones([2, 2, 2]), null), {
    name: 'ShapeError',
    message: 'orthogonalizeViaNewtonSchulz requires a matrix (or dimension numbers), got float32[2,2,2]',
  })
  t.throws(() => of(np.ones([2]), dims(0, 0)), { name: 'ShapeError', message: /weights of at least two axes/ })
  t.throws(() => of(np.ones([2, 2, 2]), dims([0, 1], -2)), {
    name: 'ShapeError',
    message: /reduction axes and output axes that differ/,
  })
  t.throws(() => c.orthogonalizeViaNewtonSchulz(np.ones([2, 2]), np.ones([4])), {
    name: 'ShapeError',
    message: 'orthogonalizeViaNewtonSchulz requires coefficients [3] or [n, 3], got float32[4]',
  })
  t.throws(() => c.orthogonalizeViaNewtonSchulz(np.ones([2, 2]), np.ones([2, 3])), {
    name: 'ArgumentError',
    message: 'orthogonalizeViaNewtonSchulz requires coefficients for 5 iterations, got 2 rows',
  })
  const muon = c.scaleByMuon({ weightDimensionNumbers: { w: null } })
  t.throws(() => muon.update(p, muon.init(p)), {
    name: 'ArgumentError',
    message: 'scaleByMuon requires dimension numbers for all weights, got null; mask what is no matrix, as muon does',
  })
  t.throws(() => c.muon(0.1, { muonWeightDimensionNumbers: { w: 'rows' } }).init(p), {
    name: 'ArgumentError',
    message: "muon requires dimension numbers or null at ['w'], got string",
  })
  t.throws(() => c.muon(0.1, { muonWeightDimensionNumbers: { v: null } }).init(p), { name: 'PytreeError' })
  const galore = c.scaleByGalore({ weightDimensionNumbers: new c.GaLoreDimensionNumbers() })
  t.throws(() => galore.init(np.ones([2, 2, 2])), {
    name: 'ShapeError',
    message: 'scaleByGalore requires dimension numbers with all axes, got 0,1 of float32[2,2,2]',
  })
  const tx = c.differentiallyPrivateAggregate(1, 1, random.key(0))
  t.throws(() => tx.update({ a: np.ones([2, 1]), b: np.ones([3, 1]) }, tx.init(p) as never), { name: 'ShapeError' })
  t.throws(() => tx.update(np.array(1), tx.init(p)), { name: 'ShapeError' })
})

test('params of dtypes that have no order', (t) => {
  const mixed = { a: np.ones([1], { dtype: 'bfloat16' }), b: np.ones([1], { dtype: 'float16' }) }
  t.throws(() => c.prodigy().init(mixed), { name: 'ArgumentError', message: /bfloat16 and float16/ })
})
