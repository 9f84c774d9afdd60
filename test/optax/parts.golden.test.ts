/** Parts of Optax by themselves against real Optax: contrib's, monitors, injection, aggregation, schedules, helpers. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, grad, jit, type NDArray, np, optax, random, tree, valueAndGrad } from '../../src/index.js'
import { allClose, decodeNumber } from '../helpers/arrays.js'
import { matches, type Run } from './contrib/recorded.js'
import type { AnyTx } from './contrib/variations.js'
import { params, toArrays } from './problem.js'

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
type Pair<T> = Readonly<Record<'b' | 'w', T>>
interface Row {
  readonly updates: Pair<readonly number[]>
  readonly state: unknown
  readonly unbiased?: readonly Pair<readonly number[]>[]
}
const golden = JSON.parse(readFileSync('test/golden/optax-parts.json', 'utf8')) as {
  readonly runs: Readonly<Record<string, Run>>
  readonly aggregating: { readonly examples: readonly Pair<Encoded>[] } & Readonly<Record<string, readonly Row[]>>
  readonly schedules: Readonly<Record<string, readonly number[]>>
  readonly helpers: Readonly<Record<string, Encoded & readonly Encoded[]>>
  readonly zoom: Readonly<Record<string, readonly Readonly<Record<string, number | boolean>>[]>>
}
const decode = ({ dtype, shape, data }: Encoded): NDArray => np.array(data.map(decodeNumber), { dtype }).reshape(shape)

const c = optax.contrib
const lr = 0.05
const mask = { b: false, w: true }
const cosine = optax.cosineDecaySchedule(0.5, 5)
const inject = optax.injectHyperparams
const then = (tx: AnyTx, size = -lr): AnyTx => optax.chain(tx, optax.scale(size))
const norm = (u: optax.Updates) => optax.globalNorm(u)
const by = (reductionAxis: number, outputAxis: number) => (of: optax.ArrayTree) =>
  tree.map(() => new c.MuonDimensionNumbers({ reductionAxis, outputAxis }), of)

const parts: Readonly<Record<string, AnyTx>> = {
  'scale_by_acprop(.8,.9,1e-3,.01)': then(c.scaleByAcprop({ b1: 0.8, b2: 0.9, eps: 1e-3, epsRoot: 0.01 })),
  'scale_by_adopt()': then(c.scaleByAdopt()),
  'scale_by_adopt(.5,nesterov,clip=n->n+.1)': then(
    c.scaleByAdopt({ b1: 0.5, nesterov: true, clipValueFn: (n) => np.add(n, 0.1) }),
  ),
  'scale_by_ademamix(mu_dtype=bfloat16,eps_root=.1)': then(c.scaleByAdemamix({ muDtype: 'bfloat16', epsRoot: 0.1 })),
  'scale_by_simplified_ademamix(alpha=2,eps_root=.1)': then(c.scaleBySimplifiedAdemamix({ alpha: 2, epsRoot: 0.1 })),
  'scale_by_cocob(10,.01)': c.scaleByCocob({ alpha: 10, eps: 0.01 }),
  'scale_by_dog(distance .1,.01)': then(c.scaleByDog(['distance', 0.1], { eps: 0.01 }), -1),
  'scale_by_dowg()': then(c.scaleByDowg(), -1),
  'scale_by_dowg(.1,.01)': then(c.scaleByDowg({ initEstimSqDist: 0.1, eps: 0.01 }), -1),
  'scale_by_galore(1,1,.5)': then(c.scaleByGalore({ rank: 1, updateProjGap: 1, scale: 0.5 })),
  'scale_by_madgrad(.05,.5,.01)': c.scaleByMadgrad(lr, { momentum: 0.5, eps: 0.01 }),
  'scale_by_muon(ns_steps=3,beta=.5,schatten)': optax.masked(
    then(c.scaleByMuon({ nsSteps: 3, beta: 0.5, preconditioning: 'schatten', weightDimensionNumbers: by(0, 1) })),
    mask,
  ),
  'scale_by_shape()': optax.masked(then(c.scaleByShape({ weightDimensionNumbers: by(1, 0) })), mask),
  'scale_by_shape(consistent_rms=.3)': optax.masked(
    then(c.scaleByShape({ weightDimensionNumbers: by(0, 1), consistentRms: 0.3 })),
    mask,
  ),
  'scale_by_sophia(b1=.5,gamma=.5,update_interval=2)': then(
    c.scaleBySophia({ b1: 0.5, gamma: 0.5, updateInterval: 2 }),
  ),
  'normalize()': then(c.normalize()),
  'reduce_on_plateau(.3,1,.5,cooldown=1,accumulation_size=2,min_scale=.1)': then(
    c.reduceOnPlateau({ factor: 0.3, patience: 1, rtol: 0.5, cooldown: 1, accumulationSize: 2, minScale: 0.1 }),
  ),
  'snapshot(norm)': optax.chain(optax.snapshot('norm', norm), optax.sgd(lr)),
  'measure_with_ema(norm,.5)': optax.chain(
    optax.monitor({ norm, mean: optax.measureWithEma(norm, 0.5) }),
    optax.sgd(lr),
  ),
  'measure_with_ema(norm,.9,debias=False,bfloat16)': optax.chain(
    optax.monitor({ mean: optax.measureWithEma(norm, 0.9, { debias: false, accumulatorDtype: 'bfloat16' }) }),
    optax.sgd(lr),
  ),
  'freeze(mask)': optax.chain(optax.adam(lr), optax.freeze(mask)),
  'selective_transform(adam,mask)': optax.selectiveTransform(optax.adam(lr), mask),
  stateless_with_tree_map: optax.statelessWithTreeMap((g, p) =>
    np.subtract(np.multiply(-0.1, g), np.multiply(0.01, p!)),
  ),
  'conditionally_transform(forward_extra_args)': optax.conditionallyTransform(
    optax.sgd(lr),
    (step, { value }) => np.logicalOr(np.greater(value as NDArray, 30), np.greater(step, 2)),
    { forwardExtraArgs: true },
  ),
  'masked(adam,callable)': optax.masked(optax.adam(lr), (p) => tree.map((x: NDArray) => x.ndim > 1, p)),
  'centralize()': then(optax.centralize()),
  'scale_by_adadelta(.5,.01)': then(optax.scaleByAdadelta({ rho: 0.5, eps: 0.01 })),
  'scale_by_adamax(.5,.6,.1)': then(optax.scaleByAdamax({ b1: 0.5, b2: 0.6, eps: 0.1 })),
  'scale_by_belief(nesterov)': then(optax.scaleByBelief({ nesterov: true })),
  'scale_by_radam(b2=.9,threshold=3)': then(optax.scaleByRadam({ b2: 0.9, threshold: 3 })),
  'scale_by_rms(bias_correction,.5)': then(optax.scaleByRms({ decay: 0.5, biasCorrection: true })),
  'scale_by_rss(1,.1)': then(optax.scaleByRss({ initialAccumulatorValue: 1, eps: 0.1 })),
  'scale_by_sign()': then(optax.scaleBySign()),
  'scale_by_rprop(.1)': then(optax.scaleByRprop(0.1), -1),
  'scale_by_optimistic_gradient(.5,.2)': then(optax.scaleByOptimisticGradient({ alpha: 0.5, beta: 0.2 })),
  'scale_by_polyak(f_min=5,max=.1)': then(optax.scaleByPolyak({ fMin: 5, maxLearningRate: 0.1 }), -1),
  'scale_by_learning_rate(flip_sign=False)': optax.chain(
    optax.scale(-1),
    optax.scaleByLearningRate(cosine, { flipSign: false }),
  ),
  'inject lamb': inject(optax.lamb)(lr, { b1: 0.8, weightDecay: 0.01 }),
  'inject lion': inject(optax.lion)(cosine, { b2: 0.9 }),
  'inject rmsprop': inject(optax.rmsprop)(lr, { decay: 0.8, momentum: 0.5 }),
  'inject novograd': inject(optax.novograd)(lr, { b1: 0.8 }),
  'inject radam': inject(optax.radam, { staticArgs: 'threshold' })(lr, { b2: 0.9, threshold: 4.5 }),
  'inject yogi': inject(optax.yogi)(lr),
  'inject adan': inject(optax.adan)(lr, { b3: 0.9 }),
  'inject acprop': inject(c.acprop)(lr, { b1: 0.8 }),
  'inject ademamix': inject(c.ademamix)(lr, { alpha: 2 }),
  'inject adopt': inject(c.adopt)(lr),
  'inject cocob': inject(c.cocob)({ alpha: 50 }),
  'inject dowg': inject(c.dowg)({ learningRate: cosine }),
  'inject madgrad': inject(c.madgrad)(lr, { momentum: 0.8 }),
  'inject momo': inject(c.momo)({ learningRate: cosine, beta: 0.8 }),
  'inject simplified_ademamix': inject(c.simplifiedAdemamix)(lr, { alpha: 1 }),
}

test('each recorded part is compared', (t) => {
  t.deepEqual(Object.keys(parts).sort(), Object.keys(golden.runs).sort())
})

for (const [name, tx] of Object.entries(parts))
  test(name, (t) => {
    for (const jitted of [false, true]) matches(t, name, tx, golden.runs[name]!, jitted)
  })

const A = optax.experimental.aggregating
const examples = golden.aggregating.examples.map(({ b, w }) => ({ b: decode(b), w: decode(w) }))
const pairs = examples.map((g) => tree.map((x: NDArray) => x.reshape([2, 2, ...x.shape.slice(1)]), g))
const firsts = examples.map((g) => tree.map((x: NDArray) => x.slice(0), g))
const adam = optax.adam(lr)
const clip = optax.stateless((gs) => {
  const norms = np.sqrt(
    tree.leaves(gs).reduce((sum, g) => np.add(sum, np.sum(np.square(g.reshape([4, -1])), { axis: 1 })), np.zeros([4])),
  )
  return tree.map((g: NDArray) => g.div(np.maximum(norms, 1).reshape([4, ...g.shape.slice(1).map(() => 1)])), gs)
})
const aggregations: Readonly<Record<string, readonly [AnyTx, readonly Pair<NDArray>[]]>> = {
  'process(clip,mean,adam)': [A.process(clip, A.averagePerElementUpdates(), adam), examples],
  'process(identity,mean of 2,adam)': [
    A.process(optax.identity(), A.averageIncrementallyUpdates(0, 2), adam),
    examples,
  ],
  'process(identity,accumulate 2 of means,sgd)': [
    A.process(optax.identity(), A.averageIncrementallyUpdates(null, 2), optax.sgd(lr)),
    firsts,
  ],
  'average_per_element_updates((0,1))': [A.averagePerElementUpdates([0, 1]), pairs],
  'add_mean_variance_to_opt(adam)': [A.addMeanVarianceToOpt(adam), examples],
  'add_mean_variance_to_opt(adam,.5,axis=(0,1))': [
    A.addMeanVarianceToOpt(adam, { emaDecay: 0.5, perEltAxis: [0, 1] }),
    pairs,
  ],
  'add_mean_variance_to_opt(sgd,.5,accumulation_steps=2)': [
    A.addMeanVarianceToOpt(optax.sgd(lr), { emaDecay: 0.5, accumulationSteps: 2 }),
    examples,
  ],
}
const numbers = (state: unknown): readonly (number | string)[] =>
  Array.isArray(state)
    ? state.flatMap(numbers)
    : typeof state === 'object' && state !== null
      ? Object.values(state).flatMap(numbers)
      : [state as number]

test('each recorded aggregation is compared', (t) => {
  t.deepEqual(['examples', ...Object.keys(aggregations)].sort(), Object.keys(golden.aggregating).sort())
})

for (const [name, [any, given]] of Object.entries(aggregations))
  test(`aggregating: ${name}`, (t) => {
    const tx = any as unknown as optax.GradientTransformation
    const jitted = jit((g: Pair<NDArray>, s: unknown) => tx.update(g, s))
    for (const update of [(g: Pair<NDArray>, s: unknown) => tx.update(g, s), jitted]) {
      let state = tx.init(toArrays(params))
      const structure = tree.structure(state)
      golden.aggregating[name]!.forEach(({ updates, state: expected, unbiased }, i) => {
        const [u, next] = update(given[i]!, state)
        state = next
        t.true(tree.structure(state).equals(structure))
        for (const k of ['b', 'w'] as const) allClose(t, u[k], updates[k], { rtol: 2e-5 }, `${k} of update ${i}`)
        // Sorted: fields come in another order than in Python's tuples.
        const leaves = tree
          .leaves(state as optax.ArrayTree)
          .flatMap((x) => Array.from(x.data() as Float32Array, Number))
        const sorted = (xs: readonly number[]) => [...xs].sort((x, y) => x - y)
        allClose(t, sorted(leaves), sorted(numbers(expected).map(decodeNumber)), { rtol: 1e-5 }, `state ${i}`)
        unbiased?.forEach((averages, j) => {
          const own = A.getUnbiasedMeanAndVarianceEma(state)[j] as unknown as Pair<NDArray>
          for (const k of ['b', 'w'] as const) allClose(t, own[k], averages[k], { rtol: 1e-5 }, `average ${j} of ${k}`)
        })
      })
    }
    t.is(jitted.traceCount, 1)
  })

test('aggregating: errors', (t) => {
  const g = { a: np.zeros([4, 2]), b: np.zeros([3]) }
  t.throws(() => A.getBatchSizeFromPerEltUpdates(g, 0), { message: "getBatchSizeFromPerEltUpdates requires one number of examples, got 4 at ['a'] and 3 at ['b']" }) // prettier-ignore
  t.throws(() => A.getBatchSizeFromPerEltUpdates(g, 1), { name: 'ShapeError', message: /an axis 1 of the updates at \['b'\], got shape \[3\]/ }) // prettier-ignore
  t.throws(() => A.accumulateAvgUpdates(0), { name: 'ArgumentError', message: /a positive whole number of steps, got 0/ }) // prettier-ignore
  t.throws(() => A.addMeanVarianceToOpt(adam, { accumulationSteps: 0 }), { name: 'OptionsError' })
  t.throws(() => A.getUnbiasedMeanAndVarianceEma(adam.init(np.zeros([1]))), { message: /one PerElementMeanAndVarianceEMAState, got one with 0/ }) // prettier-ignore
  const tracking = A.trackPerElementMeanAndVarianceWithEma() as unknown as optax.GradientTransformation
  t.throws(() => tracking.update(np.zeros([1]), tracking.init(np.zeros([1]))), { message: /requires the extra arguments sumSqDiffGrads and sampleSize/ }) // prettier-ignore
  t.throws(() => A.trackPerElementMeanAndVarianceWithEma(1), { name: 'ArgumentError' })
})

const schedules: Readonly<Record<string, optax.Schedule>> = {
  'linear_onecycle(20,1,.2,.6,10,100)': optax.linearOnecycleSchedule(20, 1, {
    pctStart: 0.2,
    pctFinal: 0.6,
    divFactor: 10,
    finalDivFactor: 100,
  }),
  'cosine_onecycle(20,2,.5,5,50)': optax.cosineOnecycleSchedule(20, 2, {
    pctStart: 0.5,
    divFactor: 5,
    finalDivFactor: 50,
  }),
  'exponential_decay(1,4,2,end=3)': optax.exponentialDecay(1, 4, 2, { endValue: 3 }),
  'exponential_decay(1,4,.5,begin=3)': optax.exponentialDecay(1, 4, 0.5, { transitionBegin: 3 }),
  'exponential_decay(1,4,.5,staircase)': optax.exponentialDecay(1, 4, 0.5, { staircase: true }),
  'polynomial(0,2,3,8)': optax.polynomialSchedule(0, 2, 3, 8),
  'polynomial(1,0,.5,8,begin=2)': optax.polynomialSchedule(1, 0, 0.5, 8, { transitionBegin: 2 }),
  'warmup_exponential_decay(.1,1,4,3,.5,begin=2,staircase,end=.2)': optax.warmupExponentialDecaySchedule(
    0.1,
    1,
    4,
    3,
    0.5,
    { transitionBegin: 2, staircase: true, endValue: 0.2 },
  ),
  'warmup_cosine_decay(0,2,3,15,end=.5,exponent=2)': optax.warmupCosineDecaySchedule(0, 2, 3, 15, {
    endValue: 0.5,
    exponent: 2,
  }),
  'piecewise_constant(2,{3:0,6:2})': optax.piecewiseConstantSchedule(2, { 3: 0, 6: 2 }),
  'piecewise_interpolate(cosine,2,{4:3,9:0})': optax.piecewiseInterpolateSchedule('cosine', 2, { 4: 3, 9: 0 }),
  'join([linear,cosine,const],[5,15])': optax.joinSchedules(
    [optax.linearSchedule(0, 1, 5), optax.cosineDecaySchedule(1, 10), optax.constantSchedule(0.3)],
    [5, 15],
  ),
}

test('schedules with options', (t) => {
  t.deepEqual(Object.keys(schedules).sort(), Object.keys(golden.schedules).sort())
  const counts = np.arange(24)
  for (const [name, schedule] of Object.entries(schedules)) {
    const expected = golden.schedules[name]!
    const close = { rtol: 2e-6, atol: 5e-7 }
    allClose(t, expected.map((_, i) => schedule(i).item()), expected, close, `${name} by number`) // prettier-ignore
    allClose(t, np.broadcastTo(jit(schedule)(counts), [24]), expected, close, `${name} in the graph`)
  }
})

const helper = (name: string): NDArray => decode(golden.helpers[name]!)
const [x, y, logits, batch] = [helper('x'), helper('y'), helper('logits'), helper('examples')]
const normal = optax.multiNormal(y, y.div(2))
const broadcast = optax.multiNormal(x, y)
const paddings = np.zeros([2, 5]).at(1, [3, 5]).set(1)
const labels = np.array([[1, 2, 1], [0, 3, 0]], { dtype: 'int32' }) // prettier-ignore
const labelPaddings = np.array([[0, 0, 1], [0, 0, 1]]) // prettier-ignore
const ctc = (a: NDArray, options: optax.CtcLossOptions = {}) =>
  optax.ctcLoss(a, paddings, labels, labelPaddings, { blankId: 3, ...options })
const forward = () => optax.ctcLossWithForwardProbs(logits, paddings, labels, labelPaddings, { blankId: 3 })
const w = np.array([0.5, -1, 2])
const squares = (p: NDArray, e: NDArray) => np.sum(np.sin(e).mul(p.square()))
const { microGrad, microVmap } = optax.microbatching
const whole = { microbatchSize: 2, keepBatchDim: false } as const
const moments = { a: np.array([1, -2]), b: np.array([[0.5]]) }
const updates = { a: np.array([-3, 0.5]), b: np.array([[0.25]]) }
const spd = () => np.matmul(x, x.T).add(np.eye(3))
const hutchinson = optax.contrib.hutchinsonEstimatorDiagHessian({ randomSeed: random.key(3) })
const objFn = (p: typeof moments) => np.sum(np.power(p.a, 3)).add(np.sum(np.exp(p.b)))
const key = random.key(5)

const helpers: Readonly<Record<string, () => NDArray | readonly NDArray[]>> = {
  'multi_normal sample': () => normal.sample([2], key),
  'multi_normal log_prob': () => normal.logProb(x),
  'multi_normal broadcast log_prob': () => broadcast.logProb(x.add(1)),
  'multi_normal broadcast sample': () => broadcast.sample([], key),
  'multi_normal grad of sample': () =>
    grad((s: NDArray) => np.sum(optax.multiNormal(y, s).sample([3], key).square()))(y),
  'ctc_loss(blank_id=3)': () => ctc(logits),
  'ctc_loss(blank_id=3,log_epsilon=-20)': () => ctc(logits, { logEpsilon: -20 }),
  'ctc_loss grad': () => grad((a: NDArray) => np.sum(ctc(a)))(logits),
  'ctc_loss_with_forward_probs phi': () => forward()[1],
  'ctc_loss_with_forward_probs emit': () => forward()[2],
  'micro_vmap(sin,2)': () => microVmap(np.sin, { microbatchSize: 2 })(batch),
  'micro_grad sum': () => microGrad(squares, whole)(w, batch)[0],
  'micro_grad mean of clipped': () =>
    microGrad(squares, {
      ...whole,
      microbatchSize: 3,
      accumulator: 'mean',
      transformFn: (g: NDArray) => np.clip(g, -1, 1),
    })(w, batch)[0],
  'unitwise_norm of examples': () => optax.transforms.unitwiseNorm(batch),
  'safe_increment(float)': () => optax.safeIncrement(np.array(3.5)),
  'matrix_inverse_pth_root(8,ridge_epsilon=.1)': () => optax.matrixInversePthRoot(spd(), 8, { ridgeEpsilon: 0.1 })[0],
  'power_iteration(v0,num_iters=3)': () => optax.powerIteration(spd(), { v0: np.array([1, 2, 3]), numIters: 3 })[1],
  'nnls(L=50)': () => optax.nnls(batch, np.arange(6).astype('float32'), 20, { L: 50 }),
  'periodic_update(4,4)': () => optax.periodicUpdate(x, x.neg(), np.array(4, { dtype: 'int32' }), 4),
  'periodic_update(5,4)': () => optax.periodicUpdate(x, x.neg(), np.array(5, { dtype: 'int32' }), 4),
  'incremental_update(.3)': () => optax.incrementalUpdate(x, x.neg(), 0.3),
  'update_infinity_moment(.9,.1)': () => tree.leaves(optax.tree.updateInfinityMoment(updates, moments, 0.9, 0.1)),
  'update_moment(.9,2)': () => tree.leaves(optax.tree.updateMoment(updates, moments, 0.9, 2)),
  'bias_correction(.9,3)': () => tree.leaves(optax.tree.biasCorrection(moments, 0.9, np.array(3, { dtype: 'int32' }))),
  'tree norms': () =>
    [1, 2, Infinity].flatMap((ord) => [false, true].map((squared) => optax.tree.norm(updates, { ord, squared }))),
  hutchinson: () => tree.leaves(hutchinson.update(updates, hutchinson.init(moments), moments, { objFn })[0]),
}

test('each recorded helper is compared', (t) => {
  t.deepEqual([...Object.keys(helpers), 'x', 'y', 'logits', 'examples'].sort(), Object.keys(golden.helpers).sort())
})

for (const [name, f] of Object.entries(helpers))
  test(name, (t) => {
    const expected = golden.helpers[name]!
    const result = f()
    const [found, all] = Array.isArray(result) ? [result as readonly NDArray[], expected] : [[result as NDArray], [expected]] // prettier-ignore
    t.is(found.length, all.length)
    found.forEach((a, i) => {
      t.deepEqual(a.shape, all[i]!.shape)
      allClose(t, a, all[i]!.data, { rtol: 1e-5, atol: 1e-6 })
    })
  })

const rosenbrock = valueAndGrad((p: NDArray) => {
  const [head, tail] = [p.slice([0, 1]), p.slice([1, 2])]
  return np.sum(tail.sub(head.square()).square().mul(100).add(np.subtract(1, head).square()))
})
const searches: Readonly<Record<string, readonly [guess: number, options: optax.ZoomLinesearchSearchOptions]>> = {
  'guess 1': [1, {}],
  'guess 1e-5': [1e-5, { increaseFactor: 3, curvRtol: 0.01 }],
  'guess 1e-4, max 1e-3': [1e-4, { maxStepsize: 1e-3, curvRtol: 0.1 }],
}
for (const [name, [prevStepsize, options]] of Object.entries(searches))
  test(`zoom search: ${name}`, (t) => {
    const p = np.array([-1.2, 1])
    const [value, g] = rosenbrock(p)
    const { init, step, cond, run } = optax.zoomLinesearch(12, options)
    const first = init(np.negative(g), p, { value, grad: g, prevStepsize, initialGuessStrategy: 'keep' })
    const stepped = jit((s: optax.ZoomLinesearchState) => step(s, rosenbrock))
    let s = first
    for (const row of golden.zoom[name]!) {
      t.is(cond(s).item(), 1)
      s = stepped(s)
      const own = {
        stepsize: s.last.size,
        value: s.last.value,
        slope: s.slope,
        interval_found: s.intervalFound,
        done: s.done,
        failed: s.failed,
        low: s.low.size,
        high: s.high.size,
        cubic_ref: s.third.size,
        safe_stepsize: s.safe.size,
      }
      for (const [field, x] of Object.entries(own))
        allClose(t, x.ravel(), [row[field] as number], { rtol: field === 'slope' ? 1e-2 : 2e-3, atol: 1e-9 }, field)
    }
    t.is(cond(s).item(), 0)
    const whole = jit((s: optax.ZoomLinesearchState) => run(s, rosenbrock))(first)
    allClose(t, whole.last.size.ravel(), s.last.size.ravel(), { rtol: 1e-3 })
    t.is(whole.count.item(), golden.zoom[name]!.length)
  })
