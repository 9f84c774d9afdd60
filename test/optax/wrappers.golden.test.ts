/** Trajectories of wrappers and line searches against real Optax, eager and jitted: values, params, states. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, jit, type NDArray, np, optax, tree, valueAndGrad } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { asOurs, describe, loss, params, toArrays, type Weights } from './problem.js'

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
type Row = Readonly<Record<'b' | 'w', readonly number[]>>
interface Run {
  readonly init: unknown
  readonly after1: unknown
  readonly steps: readonly { readonly value: number | string; readonly params: Row; readonly slow?: Row }[]
  /** A state of arrays. */
  readonly final: unknown
}
const { runs, minimize } = JSON.parse(readFileSync('test/golden/optax-wrappers.json', 'utf8')) as {
  runs: Readonly<Record<string, Run>>
  minimize: Readonly<
    Record<string, readonly { readonly value: number; readonly params: readonly number[]; readonly searched: number }[]>
  >
}

/** The arrays of a golden state, in our order of leaves: the names of fields are sorted. */
const arraysOf = (state: unknown): readonly Encoded[] =>
  tree.leaves<unknown>(asOurs(state), {
    isLeaf: (x: unknown) => x !== null && typeof x === 'object' && 'data' in x,
  }) as Encoded[]
const plain = (state: unknown): unknown => JSON.parse(JSON.stringify(describe(state)))

const lr = 0.05
const half = optax.linearSchedule(0.1, 0, 10)
const odd = (step: NDArray) => np.equal(np.remainder(step, 2), 1)

interface Case {
  readonly tx: optax.GradientTransformation<unknown, optax.LinesearchExtraArgs>
  /** Steps whose gradients have a NaN. */
  readonly bad?: readonly number[]
  /** Tolerance of params and states. */
  readonly tol?: number
}
const cases: Readonly<Record<string, Case>> = {
  'inject_hyperparams(adam)(.05)': { tx: optax.injectHyperparams(optax.adam)(lr) },
  'inject_hyperparams(adam)(linear(.1,0,10),b1=.8)': {
    tx: optax.injectHyperparams(optax.adam)({ learningRate: half, b1: 0.8 }),
  },
  'inject_hyperparams(sgd)(.05,momentum=.9)': { tx: optax.injectHyperparams(optax.sgd)(lr, { momentum: 0.9 }) },
  'inject_hyperparams(adamw)(.05,weight_decay=linear(.1,0,10),mask)': {
    tx: optax.injectHyperparams(optax.adamw, { staticArgs: 'mask' })(lr, {
      weightDecay: half,
      mask: { b: false, w: true },
    }),
  },
  'partition({a:adam(.05),z:sgd(.1)},{b:a,w:z})': {
    tx: optax.partition({ a: optax.adam(lr), z: optax.sgd(0.1) }, { b: 'a', w: 'z' }),
  },
  'named_chain(clip,adam)': { tx: optax.namedChain(['first', optax.clip(1)], ['second', optax.adam(lr)]) },
  'MultiSteps(adam(.05),2)': { tx: new optax.MultiSteps(optax.adam(lr), 2).gradientTransformation() },
  'MultiSteps(adam(.05),3,sum)': {
    tx: new optax.MultiSteps(optax.adam(lr), 3, { useGradMean: false }).gradientTransformation(),
  },
  'MultiSteps(sgd(.05),count->count+1)': {
    tx: new optax.MultiSteps(optax.sgd(lr), (count) => count.add(1)).gradientTransformation(),
  },
  'MultiSteps(sgd(.05),2,skip_not_finite)': {
    tx: new optax.MultiSteps(optax.sgd(lr), 2, {
      shouldSkipUpdateFn: optax.skipNotFinite,
    }).gradientTransformation(),
    bad: [1, 3],
  },
  'MultiSteps(sgd(.05),2,skip_large_updates(150))': {
    tx: new optax.MultiSteps(optax.sgd(lr), 2, {
      shouldSkipUpdateFn: (u, n, p) => optax.skipLargeUpdates(u, n, p, 150),
    }).gradientTransformation(),
  },
  'apply_if_finite(adam(.05),1)': { tx: optax.applyIfFinite(optax.adam(lr), 1), bad: [1, 3] },
  'apply_if_finite(sgd(.05),1) let through': { tx: optax.applyIfFinite(optax.sgd(lr), 1), bad: [1, 2, 3] },
  'conditionally_transform(adam(.05),odd)': { tx: optax.conditionallyTransform(optax.adam(lr), odd) },
  'conditionally_mask(adam(.05),odd)': { tx: optax.conditionallyMask(optax.adam(lr), odd) },
  'flatten(adam(.05))': { tx: optax.flatten(optax.adam(lr)) },
  'lbfgs()': { tx: optax.lbfgs(), tol: 3e-5 },
  'lbfgs(memory_size=2,scale_init_precond=False)': {
    tx: optax.lbfgs({ memorySize: 2, scaleInitPrecond: false }),
    tol: 1e-3,
  },
  'lbfgs(.05,memory_size=1,linesearch=None)': {
    tx: optax.lbfgs({ learningRate: lr, memorySize: 1, linesearch: null }),
    tol: 1e-5,
  },
  'chain(sgd(1),backtracking(15))': {
    tx: optax.chain(optax.sgd(1), optax.scaleByBacktrackingLinesearch(15)),
  },
  'chain(sgd(1),backtracking(15,store_grad,increase 2,decrease .5,max 4))': {
    tx: optax.chain(
      optax.sgd(1),
      optax.scaleByBacktrackingLinesearch(15, {
        storeGrad: true,
        increaseFactor: 2,
        decreaseFactor: 0.5,
        maxLearningRate: 4,
      }),
    ),
  },
  'chain(sgd(1),backtracking(2))': { tx: optax.chain(optax.sgd(1), optax.scaleByBacktrackingLinesearch(2)), tol: 1e-5 },
  'chain(sgd(1),zoom(15))': { tx: optax.chain(optax.sgd(1), optax.scaleByZoomLinesearch(15)), tol: 1e-5 },
  'chain(sgd(.001),zoom(15,one,curv .1))': {
    tx: optax.chain(optax.sgd(0.001), optax.scaleByZoomLinesearch(15, { initialGuessStrategy: 'one', curvRtol: 0.1 })),
    tol: 1e-5,
  },
  'chain(sgd(.001),zoom(15,max 4))': {
    tx: optax.chain(optax.sgd(0.001), optax.scaleByZoomLinesearch(15, { maxLearningRate: 4 })),
    tol: 1e-5,
  },
  'chain(sgd(1),zoom(2))': { tx: optax.chain(optax.sgd(1), optax.scaleByZoomLinesearch(2)), tol: 1e-5 },
}

const spoilt = (g: Weights): Weights => ({ b: g.b.at(0).set(NaN), w: g.w.at(0, 0).set(NaN) })

for (const [name, { tx, bad = [], tol = 2e-6 }] of Object.entries(cases))
  for (const jitted of [false, true])
    test(`${jitted ? 'jit' : 'eager'} ${name}`, (t) => {
      const golden = runs[name]!
      const step = (p: Weights, s: unknown, isBad: NDArray) => {
        const [value, g] = valueAndGrad(loss)(p)
        const grad = tree.map((x: NDArray, y: NDArray) => np.where(isBad, y, x), g, spoilt(g))
        const [u, next] = tx.update(grad, s, p, { value, grad, valueFn: loss })
        return [value, optax.applyUpdates(p, u), next] as const
      }
      const taken = jitted ? jit(step) : step
      let p = toArrays(params)
      let s = tx.init(p)
      t.deepEqual(plain(s), asOurs(golden.init))
      golden.steps.forEach((expected, i) => {
        const [value, next, state] = taken(p, s, np.array(bad.includes(i)))
        if (i === 0) t.deepEqual(plain(state), asOurs(golden.after1))
        const close = { rtol: tol, atol: tol }
        allClose(t, value.ravel(), [expected.value], { rtol: 2 * tol, atol: 10 * tol ** 2 + 1e-12 }, `value ${i}`)
        for (const k of ['b', 'w'] as const) allClose(t, next[k], expected.params[k], close, `${k} after ${i + 1}`)
        ;[p, s] = [next, state]
      })
      const leaves = tree.leaves(s as optax.ArrayTree)
      const final = arraysOf(golden.final)
      t.deepEqual(leaves.map((x) => [x.dtype, x.shape]), final.map(({ dtype, shape }) => [dtype, shape])) // prettier-ignore
      leaves.forEach((x, i) => {
        const exact = x.dtype.startsWith('int') || x.dtype === 'bool'
        const close = exact ? { rtol: 0, atol: 0 } : { rtol: 10 * tol, atol: 10 * tol }
        // The memory of the last, tiny steps is what rounding left of them.
        if (!name.startsWith('lbfgs')) allClose(t, x, final[i]!.data, close, `state leaf ${i}`)
      })
    })

const lookaheads = {
  'lookahead(adam(.05),2,.5)': optax.lookahead(optax.adam(lr), 2, 0.5),
  'lookahead(sgd(.05,momentum=.9),3,.2,reset)': optax.lookahead(optax.sgd(lr, { momentum: 0.9 }), 3, 0.2, {
    resetState: true,
  }),
}
for (const [name, tx] of Object.entries(lookaheads) as [string, optax.LookaheadTransformation<unknown>][])
  test(name, (t) => {
    const golden = runs[name]!
    const step = jit((p: optax.LookaheadParams<Weights>, s: optax.LookaheadState) => {
      const [value, g] = valueAndGrad(loss)(p.fast)
      const [u, next] = tx.update(g, s, p)
      return [value, optax.applyUpdates(p, u), next] as const
    })
    let p = optax.LookaheadParams.initSynced(toArrays(params))
    let s = tx.init(p)
    t.deepEqual(plain(s), asOurs(golden.init))
    golden.steps.forEach((expected, i) => {
      const [value, next, state] = step(p, s)
      allClose(t, value.ravel(), [expected.value], { rtol: 2e-6 }, `value ${i}`)
      for (const k of ['b', 'w'] as const) {
        allClose(t, next.fast[k], expected.params[k], { rtol: 2e-6, atol: 2e-6 }, `fast ${k} after ${i + 1}`)
        allClose(t, next.slow[k], expected.slow![k], { rtol: 2e-6, atol: 2e-6 }, `slow ${k} after ${i + 1}`)
      }
      ;[p, s] = [next, state]
    })
    const final = arraysOf(golden.final)
    const leaves = tree.leaves(s as unknown as optax.ArrayTree)
    t.is(leaves.length, final.length)
    leaves.forEach((x, i) => allClose(t, x, final[i]!.data, { rtol: 2e-5, atol: 2e-6 }, `state leaf ${i}`))
    t.is(step.traceCount, 1)
  })

const rosenbrock = (p: NDArray) => {
  const [head, last] = [p.slice([0, -1]), p.slice([1, null])]
  return np.sum(np.multiply(100, last.sub(head.square()).square()).add(np.subtract(1, head).square()))
}
const zakharov = (p: NDArray) => {
  const s = np.sum(np.multiply(np.arange(p.size).astype('float32').add(1).mul(0.5), p))
  return np.sum(p.square()).add(s.square()).add(s.square().square())
}
const minimizations: Readonly<
  Record<string, readonly [(p: NDArray) => NDArray, readonly number[], Case['tx'], tol: number]>
> = {
  'rosenbrock lbfgs()': [rosenbrock, [-1.2, 1], optax.lbfgs(), 2e-3],
  'rosenbrock4 lbfgs(memory_size=3)': [rosenbrock, [0, 2, -1, 0.5], optax.lbfgs({ memorySize: 3 }), 2e-3],
  'zakharov lbfgs()': [zakharov, [0.4, 0.8, -0.6], optax.lbfgs(), 2e-4],
  'zakharov backtracking': [
    zakharov,
    [0.4, 0.8, -0.6],
    optax.chain(optax.sgd(1), optax.scaleByBacktrackingLinesearch(30, { storeGrad: true })),
    1e-4,
  ],
}
for (const [name, [f, start, tx, tol]] of Object.entries(minimizations))
  test(`iterations of ${name}`, (t) => {
    const step = jit((p: NDArray, s: unknown) => {
      const [value, grad] = optax.valueAndGradFromState(f)(p, s)
      const [u, next] = tx.update(grad, s, p, { value, grad, valueFn: f })
      return [value, optax.applyUpdates(p, u), next] as const
    })
    let p = np.array(start)
    let s = tx.init(p)
    minimize[name]!.forEach((expected, i) => {
      const [value, next, state] = step(p, s)
      allClose(t, value.ravel(), [expected.value], { rtol: tol, atol: tol ** 2 }, `value ${i}`)
      allClose(t, next, expected.params, { rtol: tol, atol: tol }, `params after ${i + 1}`)
      const searched = optax.tree.get(state, 'numLinesearchSteps') as NDArray
      t.is(searched.item(), expected.searched, `steps of search ${i}`)
      ;[p, s] = [next, state]
    })
    t.is(step.traceCount, 1)
  })

const { optimizers: trajectories } = JSON.parse(readFileSync('test/golden/optax-golden.json', 'utf8')) as {
  optimizers: Readonly<Record<string, readonly { readonly value: number; readonly params: readonly number[] }[]>>
}
const originals: Readonly<Record<string, readonly [Case['tx'], tol: number]>> = {
  inject_hyperparams_adam: [optax.injectHyperparams(optax.adam)({ learningRate: lr }), 2e-6],
  multisteps2_adam: [new optax.MultiSteps(optax.adam(lr), 2).gradientTransformation(), 2e-6],
  lbfgs_default: [optax.lbfgs(), 3e-5],
  lbfgs_no_linesearch: [optax.lbfgs({ learningRate: lr, linesearch: null }), 1e-5],
  gd_backtracking: [optax.chain(optax.sgd(1), optax.scaleByBacktrackingLinesearch(15)), 1e-5],
  gd_zoom: [optax.chain(optax.sgd(1), optax.scaleByZoomLinesearch(15)), 1e-5],
}
for (const [name, [tx, tol]] of Object.entries(originals))
  test(`trajectory of ${name}`, (t) => {
    const step = jit((p: Weights, s: unknown) => {
      const [value, grad] = valueAndGrad(loss)(p)
      const [u, next] = tx.update(grad, s, p, { value, grad, valueFn: loss })
      return [value, optax.applyUpdates(p, u), next] as const
    })
    let p = toArrays(params)
    let s = tx.init(p)
    trajectories[name]!.forEach((expected, i) => {
      const [value, next, state] = step(p, s)
      allClose(t, value.ravel(), [expected.value], { rtol: 2 * tol, atol: 10 * tol ** 2 }, `value ${i}`)
      allClose(t, np.concatenate([next.b, next.w.ravel()]), expected.params, { rtol: tol, atol: tol }, `${i}`)
      ;[p, s] = [next, state]
    })
  })
