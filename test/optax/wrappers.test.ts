/** Wrappers: what is in the state, what is compiled, and what is refused. */
import test from 'ava'
import { jit, type NDArray, np, optax, runtimeStats, tree, valueAndGrad, vmap } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

const p = np.array([1, 2])
const g = np.array([1, -1])

test.serial('an injected learning rate changes between jitted steps, and compiles nothing', (t) => {
  const tx = optax.injectHyperparams(optax.sgd)({ learningRate: 0.5 })
  const step = jit((s: optax.StateOf<typeof tx>) => tx.update(g, s, p))
  let [u, s] = step(tx.init(p))
  t.deepEqual(elements(u), [-0.5, 0.5])
  const { sessionsCreated } = runtimeStats()
  for (const rate of [0.25, 2]) {
    s = { ...s, hyperparams: { ...s.hyperparams, learningRate: np.array(rate) } }
    ;[u, s] = step(s)
    t.deepEqual(elements(u), [-rate, rate])
    t.is(s.hyperparams.learningRate.item(), rate)
  }
  t.deepEqual([step.traceCount, runtimeStats().sessionsCreated], [1, sessionsCreated])
  t.is(s.count.item(), 3)
})

test('injected hyperparameters are swept with vmap', (t) => {
  const tx = optax.injectHyperparams(optax.adam)(0.1)
  const run = (learningRate: NDArray) => {
    const s = tx.init(p)
    return tx.update(g, { ...s, hyperparams: { ...s.hyperparams, learningRate } }, p)[0]
  }
  allClose(t, vmap(run)(np.array([0.1, 0.5])), [-0.1, 0.1, -0.5, 0.5], { rtol: 1e-5 })
  // Also where the factory gets them.
  const made = (b1: NDArray) => {
    const own = optax.injectHyperparams(optax.adam)({ learningRate: 1, b1 })
    return own.init(p).hyperparams.b1!
  }
  t.deepEqual(elements(vmap(made)(np.array([0.5, 0.25]))), [0.5, 0.25])
})

test('what is injected, and what stays outside', (t) => {
  const names = (s: { readonly hyperparams: object }) => Object.keys(s.hyperparams).sort()
  t.deepEqual(names(optax.injectHyperparams(optax.adam)(0.1).init(p)), ['b1', 'b2', 'eps', 'epsRoot', 'learningRate'])
  const adamw = optax.injectHyperparams(optax.adamw, { staticArgs: ['eps', 'epsRoot'] })
  const mask = (of: optax.ArrayTree) => tree.map((): boolean => true, of)
  const s = adamw(0.1, { mask, nesterov: true, muDtype: 'bfloat16' }).init({ w: p })
  t.deepEqual(names(s), ['b1', 'b2', 'learningRate', 'weightDecay'])
  t.true('innerState' in (s.innerState[1] as object)) // the mask was one
  t.deepEqual(names(optax.injectHyperparams(optax.sgd)({ learningRate: 1 }).init(p)), ['learningRate'])
  t.deepEqual(names(optax.injectHyperparams(optax.sgd)(1, { momentum: 0.5 }).init(p)), ['learningRate', 'momentum'])
  t.deepEqual(names(optax.injectHyperparams(optax.scaleByAdam)({ b1: 0.5 }).init(p)), ['b1', 'b2', 'eps', 'epsRoot'])
  const dtypes = (x: { readonly hyperparams: object }) => Object.values(x.hyperparams).map((h: NDArray) => h.dtype)
  t.deepEqual(dtypes(optax.injectHyperparams(optax.sgd)(0.1).init(p.astype('bfloat16'))), ['float32'])
  t.deepEqual(
    dtypes(
      optax
        .injectHyperparams(optax.sgd)(0.1)
        .init([p, p.astype('float64')]),
    ),
    ['float64'],
  )
  t.deepEqual(dtypes(optax.injectHyperparams(optax.sgd, { hyperparamDtype: 'float64' })(0.1).init(p)), ['float64'])
  t.deepEqual(
    dtypes(
      optax
        .injectHyperparams(optax.sgd)(np.array(0.1, { dtype: 'float16' }))
        .init(p),
    ),
    ['float16'],
  )
})

test('every optimizer that is known by name: injected, it goes on nearly as without', (t) => {
  const { adabelief, adadelta, adagrad, adam, adamax, adamaxw, adamw, adan, amsgrad, fromage, lamb, lion } = optax
  const { adafactor, lars, noisySgd, optimisticAdamV2, optimisticGradientDescent, rprop, sm3 } = optax
  const { nadam, nadamw, novograd, radam, rmsprop, sgd, signSgd, signum, yogi } = optax
  const more = { adafactor, lars, noisySgd, optimisticAdamV2, optimisticGradientDescent, rprop, sm3 }
  const known = { adabelief, adadelta, adagrad, adam, adamax, adamaxw, adamw, adan, amsgrad, fromage, lamb, lion }
  const others = { nadam, nadamw, novograd, radam, rmsprop, sgd, signSgd, signum, yogi }
  for (const [name, make] of Object.entries({ ...known, ...others, ...more })) {
    const steps = (tx: optax.GradientTransformation<unknown>) => {
      let [x, s] = [p, tx.init(p)]
      for (let i = 0; i < 2; i++) {
        const [u, next] = tx.update(x.mul(2), s, x)
        ;[x, s] = [optax.applyUpdates(x, u), next]
      }
      return x
    }
    const injected = optax.injectHyperparams(make)
    const rate = make === adadelta ? 100 : 0.1
    allClose(t, steps(injected(rate)), steps((make as (rate: number) => optax.GradientTransformation<unknown>)(rate)), { rtol: 1e-3 }, name) // prettier-ignore
    t.is(injected(rate).init(p).hyperparams.learningRate.item(), Math.fround(rate))
  }
})

test('own factories: by name, or with named parameters', (t) => {
  const clipped = ({ norm, learningRate }: { norm: number; learningRate: optax.ScalarOrSchedule }) =>
    optax.chain(optax.clipByGlobalNorm(norm), optax.sgd(learningRate))
  const named = optax.injectHyperparams(clipped)({ norm: 1, learningRate: optax.linearSchedule(1, 0, 4) })
  const s = named.init(p)
  t.deepEqual(Object.keys(s.hyperparams).sort(), ['learningRate', 'norm'])
  const [, next] = named.update(np.array([3, 4]), s, p)
  const [u, last] = named.update(np.array([3, 4]), next, p)
  allClose(t, u, [-0.45, -0.6])
  t.is(last.hyperparams.learningRate.item(), 0.75)
  const positional = optax.injectHyperparams((rate: optax.ScalarLike, power: number) => optax.scale(np.power(rate, power)), { parameters: ['rate', 'power'], staticArgs: 'power' }) // prettier-ignore
  const tx = positional(3, 2)
  t.deepEqual(Object.keys(tx.init(p).hyperparams), ['rate'])
  t.deepEqual(elements(tx.update(g, tx.init(p))[0]), [9, -9])
})

test('schedules with a state hear the extra arguments', (t) => {
  const onValue: optax.StatefulSchedule<NDArray> = {
    init: () => np.array(1),
    update: (s, { value }) => np.multiply(s, np.where(np.greater(value as NDArray, 1), 0.5, 1)),
    call: (s) => s,
  }
  const tx = optax.injectHyperparams(optax.sgd)({ learningRate: onValue })
  let s = tx.init(p)
  const rates = [3, 2, 0].map((value) => {
    s = tx.update(g, s, p, { value: np.array(value) })[1]
    return s.hyperparams.learningRate.item()
  })
  t.deepEqual(rates, [1, 0.5, 0.25])
  const wrapped = new optax.WrappedSchedule(optax.linearSchedule(1, 0, 2))
  t.is((wrapped.call(wrapped.update(wrapped.init())) as NDArray).item(), 0.5)
})

test('MultiSteps: hasUpdated, the inner optimizer runs only when it steps', (t) => {
  let traced = 0
  const counting = optax.GradientTransformation(
    () => ({ calls: np.array(0) }),
    (u, s) => {
      traced++
      return [u, { calls: s.calls.add(1) }]
    },
  )
  const tx = new optax.MultiSteps(counting, 3)
  const step = jit((s: ReturnType<typeof tx.init<NDArray>>) => tx.update(g, s, p))
  let s = tx.init(p)
  t.false(Boolean(tx.hasUpdated(s).item()))
  const updated: boolean[] = []
  for (let i = 0; i < 6; i++) {
    s = step(s)[1]
    updated.push(Boolean(tx.hasUpdated(s).item()))
  }
  t.deepEqual(updated, [false, false, true, false, false, true])
  t.deepEqual([s.innerOptState.calls.item(), s.gradientStep.item(), step.traceCount], [2, 2, 1])
  t.true(traced >= 1)
  t.is(tx.innerOpt, counting)
  t.is(new optax.MultiSteps(counting, 1, { accumulatorDtype: null }).init(p.astype('bfloat16')).accGrads instanceof Object, true) // prettier-ignore
})

test('conditions hear the extra arguments if they are to', (t) => {
  const onValue: optax.ConditionFn = (_, { value }) => np.greater(value as NDArray, 1)
  const tx = optax.conditionallyMask(optax.scale(2), onValue, { forwardExtraArgs: true })
  const at = (value: number) => elements(tx.update(g, tx.init(p), p, { value: np.array(value) })[0])
  t.deepEqual([at(2), at(0)], [[2, -2], [0, 0]]) // prettier-ignore
  const never = optax.conditionallyTransform(optax.scale(2), (_, extra) => 'value' in extra)
  t.deepEqual(elements(never.update(g, never.init(p), p, { value: np.array(1) })[0]), [1, -1])
})

test('monitor and snapshot keep what is measured', (t) => {
  const tx = optax.chain(
    optax.monitor({
      norm: (u) => optax.globalNorm(u),
      average: optax.measureWithEma((u) => optax.globalNorm(u), 0.5, { debias: false }),
    }),
    optax.snapshot('first', (u) => u),
    optax.sgd(1),
  )
  const [u, s] = tx.update(np.array([3, 4]), tx.init(p), p)
  t.deepEqual(elements(u), [-3, -4])
  const { norm, average } = s[0].measurements as Record<string, NDArray>
  t.deepEqual([norm!.item(), average!.item()], [5, 2.5])
  t.deepEqual(elements(s[1].measurement['first'] as NDArray), [3, 4])
  t.deepEqual(tx.init(p)[0].measurements, {})
})

test('periodicUpdate', (t) => {
  const at = (n: number) => optax.periodicUpdate({ a: g, b: null }, { a: p, b: null }, np.array(n, { dtype: 'int32' }), 2).a // prettier-ignore
  t.deepEqual([elements(at(1)), elements(at(2))], [[1, 2], [1, -1]]) // prettier-ignore
})

test('line searches: a search without progress, and a function that is not finite', (t) => {
  const f = (x: NDArray) => np.sum(np.where(np.greater(x, 0.5), np.square(x), Infinity))
  const tx = optax.chain(optax.sgd(1), optax.scaleByBacktrackingLinesearch(2, { decreaseFactor: 0.9 }))
  const at = np.array([1])
  const [value, grad] = [f(at), np.array([2])]
  const [u, s] = tx.update(grad, tx.init(at), at, { value, grad, valueFn: f })
  t.is(Math.abs(u.item()), 0)
  t.deepEqual([s[1].learningRate.item(), s[1].info.numLinesearchSteps.item()], [0, 3])
  const zoom = optax.chain(optax.sgd(1), optax.scaleByZoomLinesearch(2))
  const [still, z] = zoom.update(grad, zoom.init(at), at, { value, grad, valueFn: f })
  t.is(Math.abs(still.item()), 0)
  t.deepEqual([z[1].learningRate.item(), z[1].value.item()], [0, 1])
})

test('line searches: a search that always begins at the greatest step, and one without a curvature condition', (t) => {
  const f = (x: NDArray) => np.sum(x.square())
  const at = np.array([1])
  const extra = { value: f(at), grad: np.array([2]), valueFn: f }
  const anew = optax.scaleByBacktrackingLinesearch(20, { increaseFactor: Infinity, maxLearningRate: 4, decreaseFactor: 0.5 }) // prettier-ignore
  // From the steps 4, 2 and 1, which don't decrease f, to 0.5, which reaches the minimum.
  const [u, s] = anew.update(np.array([-2]), anew.init(at), at, extra)
  t.deepEqual([u.item(), s.learningRate.item(), s.info.numLinesearchSteps.item()], [-1, 0.5, 4])
  const [, again] = anew.update(np.array([-2]), s, at, extra)
  t.deepEqual([again.learningRate.item(), again.info.numLinesearchSteps.item()], [0.5, 4])
  // With 0.1 of the slope left at most, the first step of 1e-3 is too short; with no bound it is taken.
  const short = np.array([-2e-3])
  const steps = [0.1, Infinity].map((curvRtol) => {
    const tx = optax.scaleByZoomLinesearch(20, { curvRtol })
    return tx.update(short, tx.init(at), at, extra)[1].info.numLinesearchSteps.item()
  })
  t.true(steps[0]! > 1)
  t.is(steps[1], 1)
})

test('minimize: to the tolerance, with and without a line search, under jit', (t) => {
  const loss = ({ a, b }: { a: NDArray; b: NDArray }) => np.sum(a.sub(np.array([1, -1])).square()).add(b.sub(2).square().square()) // prettier-ignore
  const start = { a: np.zeros([2]), b: np.array(0) }
  const found = optax.minimize(loss, start, optax.lbfgs(), { tol: 1e-4 })
  t.true(found.gradNorm.item() <= 1e-4 && found.steps.item() < 60)
  allClose(t, found.params.a, [1, -1], { atol: 1e-3 })
  allClose(t, found.params.b.ravel(), [2], { atol: 5e-2 })
  const slow = optax.minimize((x: NDArray) => np.sum(x.square()), np.array([1, 2]), optax.sgd(0.25), { maxSteps: 3 })
  t.is(slow.steps.item(), 3)
  t.deepEqual(elements(slow.params), [0.125, 0.25])
  t.is(slow.value.item(), 0.125 ** 2 + 0.25 ** 2)
  const many = jit((x: NDArray) => optax.minimize((y: NDArray) => np.sum(y.sub(3).square()), x, optax.lbfgs()).params)
  allClose(t, many(np.array([100])), [3], { atol: 1e-4 })
  allClose(t, many(np.array([-7])), [3], { atol: 1e-4 })
  t.is(many.traceCount, 1)
  const zero = optax.minimize((x: NDArray) => np.sum(x.square()), np.array([0]), optax.lbfgs())
  t.is(zero.steps.item(), 0)
})

test('a search that uses stored gradients computes no more', (t) => {
  const f = (x: NDArray) => np.sum(x.square().square())
  const tx = optax.lbfgs()
  let [x, s] = [np.array([2, 1]), tx.init(np.array([2, 1]))]
  for (let i = 0; i < 3; i++) {
    const [value, grad] = optax.valueAndGradFromState(f)(x, s)
    const [fresh, gradient] = valueAndGrad(f)(x)
    allClose(t, value.ravel(), fresh.ravel(), { rtol: 1e-5 })
    allClose(t, grad, gradient, { rtol: 1e-4, atol: 1e-5 })
    const [u, next] = tx.update(grad, s, x, { value, grad, valueFn: f })
    ;[x, s] = [optax.applyUpdates(x, u), next]
  }
})

test('errors', (t) => {
  const tree2 = { b: g, w: g }
  const zoom = optax.scaleByZoomLinesearch(5)
  const backtracking = optax.scaleByBacktrackingLinesearch(5)
  const named = optax.namedChain(['a', optax.scale(1)], ['b', optax.trace(0.9)])
  const injected = optax.injectHyperparams(optax.sgd)(1)
  const labelled = optax.partition({ x: optax.sgd(1), y: optax.adam(1) }, { b: 'x', w: ['z'] })
  const searching = { value: np.array(1), grad: g } as never
  const refused: readonly (readonly [() => unknown, string, string | RegExp])[] = [
    [() => labelled.init({ b: g, w: [g] }), 'ArgumentError', "partition requires a label at ['w'][0] of the labels that is one of 'x', 'y', got 'z'; give a transformation for it"],
    [() => optax.multiTransform({ x: optax.sgd(1) }, { b: 'x' }).init(tree2), 'PytreeError', /^multiTransform \('x'\) requires an object with keys 'b' at the root of the params, as in the mask, got /],
    [() => optax.partition({ x: optax.sgd(1) }, 'x', { mask: 1 } as object), 'OptionsError', 'partition: unknown option mask; known: maskCompatibleExtraArgs'],
    [() => optax.partition({ x: optax.sgd(1) }, 'x').update(g, { innerStates: {} } as never), 'ArgumentError', "partition requires a state with a part 'x', got one with none"],
    [() => optax.namedChain(['a', optax.scale(1)], ['a', optax.scale(2)]), 'ArgumentError', "namedChain requires unique names, got 'a' twice"],
    [() => named.update(g, { a: {} } as never), 'ArgumentError', "namedChain requires a state with a part 'b', got one with a; pass what init or the last update returned"],
    [() => new optax.MultiSteps(optax.sgd(1), 0), 'ArgumentError', 'MultiSteps requires a positive whole number of gradients (or a schedule of it), got 0'],
    [() => new optax.MultiSteps(optax.sgd(1), 2, { mean: true } as object), 'OptionsError', 'MultiSteps: unknown option mean; known: useGradMean, shouldSkipUpdateFn, accumulatorDtype'],
    [() => { const m = new optax.MultiSteps(optax.sgd(1), 2, { shouldSkipUpdateFn: () => [np.array([1]), null] }); m.update(g, m.init(p)) }, 'DTypeError', 'MultiSteps requires a shouldSkipUpdateFn that gives a bool[] first, got float32[1]'],
    [() => { const m = new optax.MultiSteps(optax.sgd(1), 2); m.update<unknown>({ v: g }, m.init({ w: g })) }, 'PytreeError', /^MultiSteps requires an object with keys 'v' at the root of the accumulated gradients/],
    [() => optax.conditionallyMask(optax.sgd(1), () => true, { forward: 1 } as object), 'OptionsError', 'conditionallyMask: unknown option forward; known: forwardExtraArgs'],
    [() => optax.lookahead(optax.sgd(1), 0, 0.5), 'ArgumentError', 'lookahead requires a period of at least 1, got 0'],
    [() => optax.lookahead(optax.sgd(1), 2, 0.5).update(g, { fastState: {} as never, stepsSinceSync: np.array(0) }, p as never), 'ArgumentError', /^lookahead requires LookaheadParams, got other params/],
    [() => optax.injectHyperparams((x: number) => optax.scale(x))(3), 'ArgumentError', "injectHyperparams requires one object of hyperparameters for a function that isn't one of Optax, got 1 arguments; name them: { parameters: ['learningRate'] }"],
    [() => optax.injectHyperparams(optax.sgd, { static: 'x' } as object), 'OptionsError', 'injectHyperparams: unknown option static; known: staticArgs, hyperparamDtype, parameters'],
    [() => injected.update(g, { ...injected.init(p), hyperparams: {} } as never), 'ArgumentError', 'injectHyperparams requires a number or an array as hyperparams.learningRate of the state, got undefined'],
    [() => optax.injectHyperparams(optax.adam)({ learningRate: 1, beta: 2 } as never).init(p), 'OptionsError', /^adam: unknown option beta/],
    [() => zoom.update(g, zoom.init(p), p, searching), 'ArgumentError', 'scaleByZoomLinesearch requires the extra arguments value, grad and valueFn, got no valueFn; call tx.update(grads, state, params, { value, grad, valueFn })'],
    [() => backtracking.update(g, backtracking.init(p), p, {} as never), 'ArgumentError', /got no value, no grad, no valueFn; call/],
    [() => backtracking.update(g, backtracking.init(p), null, { value: np.array(1), grad: g, valueFn: (x: NDArray) => np.sum(x) }), 'ArgumentError', 'scaleByBacktrackingLinesearch requires the params, got none; call tx.update(updates, state, params)'],
    [() => optax.scaleByZoomLinesearch(5, { initialGuessStrategy: 'two' as 'one' }), 'OptionsError', /^scaleByZoomLinesearch: Invalid value "two"/],
    [() => optax.scaleByZoomLinesearch(5, { tol: -1 }), 'OptionsError', 'scaleByZoomLinesearch: tol must be a number that is not negative or an array, got -1'],
    [() => optax.scaleByLbfgs({ memorySize: 0 }), 'ArgumentError', 'scaleByLbfgs requires a memorySize of at least 1, got 0'],
    [() => optax.lbfgs({ linesearch: 3 as never }), 'OptionsError', 'lbfgs: linesearch must be a transformation or null, got 3'],
    [() => optax.valueAndGradFromState((x: NDArray) => np.sum(x))(p, optax.sgd(1).init(p)), 'ArgumentError', 'valueAndGradFromState requires a state with the value and the gradient of one line search, got one with 0; use scaleByZoomLinesearch, or scaleByBacktrackingLinesearch with { storeGrad: true }'],
    [() => optax.minimize((x: NDArray) => np.sum(x), p, optax.sgd(1), { steps: 3 } as object), 'OptionsError', 'minimize: unknown option steps; known: maxSteps, tol'],
  ] // prettier-ignore
  for (const [make, name, message] of refused) t.throws(make, { name, message }, String(message))
})
