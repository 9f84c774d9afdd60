import test from 'ava'
import { ArgumentError, type NDArray, nnx, np, optax, random, tree } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { Custom, decode, inLayout, layouts, Model, optimizerGolden, sameState, WithCustom } from './models.js'

/** A number of the documentation, printed by another machine. */
const near = (x: NDArray, expected: number): boolean => Math.abs(x.item() - expected) <= 2e-6

const documented = () => {
  const x = random.normal(random.key(0), [1, 2])
  const model = new Model(new nnx.Rngs(0))
  return { model, loss: (m: Model): NDArray => np.mean(np.square(m(x).sub(np.ones([1, 4])))) }
}

test('the documented numbers: 1.7055722 to 1.6925814; with partitionable keys 2.3359997 to 2.310461', (t) => {
  for (const [partitionable, before, after] of [
    [false, 1.7055722, 1.6925814],
    [true, 2.3359997, 2.310461],
  ] as const) {
    inLayout(partitionable, () => {
      const { model, loss } = documented()
      const optimizer = new nnx.Optimizer(model, optax.adam(1e-3), { wrt: nnx.Param })
      t.true(near(loss(model), before))
      optimizer.update(nnx.grad(loss)(optimizer.model))
      t.true(near(loss(model), after))
      t.is(optimizer.step.value.item(), 1)
    })
  }
})

for (const { layout, partitionable } of layouts) {
  test(`Flax's example, five steps, ${layout} layout: losses, gradients, parameters, state`, (t) => {
    const golden = optimizerGolden[layout].documented
    inLayout(partitionable, () => {
      const { model, loss } = documented()
      const optimizer = new nnx.Optimizer(model, optax.adam(1e-3))
      const state = () => nnx.state(optimizer, nnx.OptState)
      sameState(t, nnx.state(model, nnx.Param), golden.params_before, 'params before')
      sameState(t, state(), golden.state_before, 'state before')
      const losses = [loss(model)]
      for (let i = 0; i < 5; i++) {
        const grads = nnx.grad(loss)(model)
        if (i === 0) sameState(t, grads, golden.grads_first, 'gradients')
        optimizer.update(grads)
        if (i === 0) sameState(t, state(), golden.state_after_1, 'state after one step')
        losses.push(loss(model))
      }
      allClose(t, np.stack(losses), golden.optimizer.losses, { rtol: 0, atol: 2e-6 })
      sameState(t, nnx.state(model, nnx.Param), golden.params_after, 'params after')
      sameState(t, state(), golden.state_after, 'state after')
    })
  })

  test(`wrt: a kind of Variable, several, a path; ${layout} layout`, (t) => {
    const { x: gx, y: gy, ...runs } = optimizerGolden[layout].wrt
    const [x, y] = [decode(gx), decode(gy)]
    const filters: Readonly<Record<string, nnx.Filter>> = {
      Param: nnx.Param,
      Custom,
      '(Param,Custom)': [nnx.Param, Custom],
      "PathContains('scale')": nnx.PathContains('scale'),
    }
    t.deepEqual(Object.keys(runs).sort(), Object.keys(filters).sort())
    inLayout(partitionable, () => {
      for (const [name, wrt] of Object.entries(filters)) {
        const golden = runs[name]
        const model = new WithCustom(new nnx.Rngs(3))
        const tx = optax.chain(optax.clipByGlobalNorm(1), optax.adamw(0.1, { weightDecay: 0.01 }))
        const optimizer = new nnx.Optimizer(model, tx, { wrt })
        sameState(t, nnx.state(model), golden.params_before, name)
        sameState(t, nnx.state(optimizer, nnx.OptState), golden.state_before, name)
        const loss = (m: WithCustom): NDArray => np.mean(np.square(m(x).sub(y)))
        golden.losses.forEach((expected: number, i: number) => {
          const [value, grads] = nnx.valueAndGrad(loss, { argnums: nnx.DiffState(0, wrt) })(model)
          allClose(t, [value.item()], [expected], { rtol: 1e-5 }, `${name} loss ${i}`)
          if (i === 0) sameState(t, grads, golden.grads_first, name)
          optimizer.update(grads)
        })
        sameState(t, nnx.state(model), golden.params_after, name, 1e-5)
        sameState(t, nnx.state(optimizer, nnx.OptState), golden.state_after, name, 1e-5)
      }
    })
  })
}

type Opts = readonly nnx.Optimizer<WithCustom>[]
const kernel = nnx.PathContains('kernel')

/** Several optimizers over one model, accumulated gradients, frozen Variables, line searches. */
const combined: Readonly<Record<string, (model: WithCustom) => Opts>> = {
  two: (m) => [
    new nnx.Optimizer(m, optax.adam(0.1), { wrt: kernel }),
    new nnx.Optimizer(m, optax.sgd(0.2, { momentum: 0.9 }), { wrt: Custom }),
  ],
  accumulated: (m) => [new nnx.Optimizer(m, new optax.MultiSteps(optax.adam(0.1), 2).gradientTransformation())],
  frozen: (m) => [new nnx.Optimizer(m, optax.adam(0.1), { wrt: nnx.All(nnx.Param, nnx.Not(kernel)) })],
  backtracking: (m) => [new nnx.Optimizer(m, optax.chain(optax.sgd(1), optax.scaleByBacktrackingLinesearch(10)))],
  lbfgs: (m) => [new nnx.Optimizer(m, optax.lbfgs())],
}

for (const { layout, partitionable } of layouts)
  test(`optimizers over one model, compiled, and taken apart between steps; ${layout} layout`, (t) => {
    const golden = optimizerGolden[layout].combined
    t.deepEqual(Object.keys(golden).sort(), Object.keys(combined).sort())
    const [x, y] = [optimizerGolden[layout].wrt.x, optimizerGolden[layout].wrt.y].map(decode) as [NDArray, NDArray]
    const loss = (m: WithCustom): NDArray => np.mean(np.square(m(x).sub(y)))
    const step = (opts: Opts): NDArray => {
      const { model } = opts[0]!
      const [graphdef, , rest] = nnx.split(model, nnx.Param, '...')
      const valueFn = (params: nnx.State<WithCustom>): NDArray => loss(nnx.merge(graphdef, params, rest))
      const grads = opts.map(({ wrt }) => nnx.valueAndGrad(loss, { argnums: nnx.DiffState(0, wrt) })(model))
      opts.forEach((opt, i) => {
        const [value, grad] = grads[i]!
        opt.update(grad, { value, grad, valueFn })
      })
      return grads[0]![0]
    }
    inLayout(partitionable, () => {
      for (const [name, make] of Object.entries(combined)) {
        const { losses, params_after, states_after } = golden[name]
        let opts = make(new WithCustom(new nnx.Rngs(3)))
        const compiled = nnx.jit(step)
        losses.forEach((expected: number, i: number) => {
          allClose(t, [(i === 0 ? step : compiled)(opts).item()], [expected], { rtol: 2e-5 }, `${name} loss ${i}`)
          opts = nnx.merge(...nnx.split(opts))
        })
        t.is(compiled.traceCount, 1, name)
        sameState(t, nnx.state(opts[0]!.model), params_after, name, 1e-4)
        opts.forEach((opt, i) => {
          t.is(opt.model, opts[0]!.model)
          sameState(t, nnx.state(opt, nnx.OptState), states_after[i], `${name} ${i}`, 1e-4)
        })
      }
    })
  })

/** The documentation's subclass: it takes values for its metrics beside the gradients. */
class TrainState extends nnx.Optimizer<Model> {
  readonly metrics: nnx.metrics.Average

  constructor(model: Model, tx: optax.GradientTransformation, metrics: nnx.metrics.Average) {
    super(model, tx)
    this.metrics = metrics
  }
  override update({ grads, ...updates }: { grads: nnx.State<Model>; values: NDArray }): nnx.State<Model> {
    this.metrics.update(updates)
    return super.update(grads)
  }
}

test('a subclass with metrics: 1.6925814, then 1.68612', (t) => {
  const { model, loss } = documented()
  const state = new TrainState(model, optax.adam(1e-3), new nnx.metrics.Average())
  const averages = [0, 1].map(() => {
    const grads = nnx.grad(loss)(state.model)
    nnx.Optimizer.prototype.update.call(state, grads)
    state.metrics.update({ values: loss(state.model) })
    return state.metrics.compute()
  })
  t.true(near(averages[0]!, 1.6925814))
  t.true(near(averages[1]!, 1.68612))
})

for (const { layout, partitionable } of layouts) {
  test(`a subclass whose update takes values, eager and jitted; ${layout} layout`, (t) => {
    const golden = optimizerGolden[layout].metrics
    inLayout(partitionable, () => {
      for (const jitted of [false, true]) {
        const { model, loss } = documented()
        const state = new TrainState(model, optax.adam(1e-3), new nnx.metrics.Average())
        const step = (s: TrainState): void => {
          s.update({ grads: nnx.grad(loss)(s.model), values: loss(s.model) })
        }
        const run = jitted ? nnx.jit(step) : step
        const [computed, losses]: number[][] = [[], []]
        for (const _ of golden.computed) {
          run(state)
          computed!.push(state.metrics.compute().item())
          losses!.push(loss(state.model).item())
        }
        allClose(t, computed!, golden.computed, { rtol: 1e-6 })
        allClose(t, losses!, golden.losses, { rtol: 1e-6 })
        t.is(state.step.value.item(), golden.computed.length)
      }
    })
  })
}

const small = () => {
  const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
  const loss = (m: nnx.Linear): NDArray => np.sum(np.square(m(np.ones([3, 2]))))
  return { model, loss }
}

test('all ways to call update do the same', (t) => {
  const run = (call: (o: nnx.Optimizer<nnx.Linear>, grads: nnx.State<nnx.Linear>) => unknown): number[] => {
    const { model, loss } = small()
    const optimizer = new nnx.Optimizer(model, optax.adam(0.1))
    call(optimizer, nnx.grad(loss)(model))
    return [...elements(model.kernel.value), optimizer.step.value.item()]
  }
  const expected = run((o, g) => o.update(g))
  t.deepEqual(
    run((o, g) => o.update({ grads: g })),
    expected,
  )
  t.deepEqual(
    run((o, g) => o.update(o.model, g)),
    expected,
  )
  t.deepEqual(
    run((o, g) => o.update(g, { value: np.ones([]) })),
    expected,
  )
})

test('update does what tx.update and applyUpdates do by hand, and returns what was added', (t) => {
  const { model, loss } = small()
  const tx = optax.chain(optax.clipByGlobalNorm(1), optax.adamw(0.1))
  const optimizer = new nnx.Optimizer(nnx.clone(model), tx)
  let params = nnx.state(model, nnx.Param)
  let state = tx.init(params)
  for (let i = 0; i < 3; i++) {
    const grads = nnx.grad(loss)(model)
    const [updates, next] = tx.update(grads, state, params)
    state = next
    params = optax.applyUpdates(params, updates)
    nnx.update(model, params)
    const returned = optimizer.update(nnx.grad(loss)(optimizer.model))
    allClose(t, returned.kernel.value, updates.kernel.value)
  }
  allClose(t, optimizer.model.kernel.value, model.kernel.value)
  allClose(t, optimizer.model.bias!.value, model.bias!.value)
})

test('extra arguments reach tx.update, Variables among them as their values', (t) => {
  const seen: unknown[] = []
  const tx = optax.GradientTransformation<object>(
    () => ({}),
    (updates, state, _params, extra) => {
      seen.push(extra)
      return [updates, state]
    },
  )
  const { model, loss } = small()
  const optimizer = new nnx.Optimizer(model, tx)
  const value = np.array(3)
  optimizer.update(nnx.grad(loss)(model), { value: new nnx.Variable(value), valueFn: loss, grad: { a: 1 } })
  t.deepEqual(Object.keys(seen[0] as object).sort(), ['grad', 'value', 'valueFn'])
  t.is((seen[0] as any).value, value)
  t.is((seen[0] as any).valueFn, loss)
})

test('gradients of other Variables than wrt selects are an error that names them', (t) => {
  const model = new WithCustom(new nnx.Rngs(0))
  const loss = (m: WithCustom): NDArray => np.sum(m(np.ones([1, 2])))
  const optimizer = new nnx.Optimizer(model, optax.sgd(0.1), { wrt: Custom })
  const error = t.throws(() => optimizer.update(nnx.grad(loss)(model)), { instanceOf: ArgumentError })
  t.regex(
    error.message,
    /selected by wrt, Custom, got none for scale, shift; differentiate with .*DiffState\(0, Custom\)/,
  )
  t.is(optimizer.step.value.item(), 0)
  const some = nnx.filterState(nnx.grad(loss, { argnums: nnx.DiffState(0, Custom) })(model), nnx.PathContains('scale'))
  t.throws(() => optimizer.update(some), { message: /got none for shift/ })
  // Gradients of more than wrt selects are filtered, as in Flax.
  const all = nnx.grad(loss, { argnums: nnx.DiffState(0, [nnx.Param, Custom]) })(model)
  const kernel = model.linear.kernel.value
  optimizer.update(all)
  t.is(model.linear.kernel.value, kernel)
  allClose(t, model.shift.value, [0, 0.1, 0.2])
  t.throws(() => optimizer.update(model), { instanceOf: ArgumentError, message: /gradients as nnx.grad gives them/ })
})

test('the state of an optimizer: kinds, metadata, the source of each moment', (t) => {
  const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0), kernelMetadata: { sharding: 'x' } })
  const optimizer = new nnx.Optimizer(model, optax.adam(0.1))
  const [adam] = optimizer.optState as any
  t.true(adam.count instanceof nnx.OptArray)
  t.true(adam.mu.kernel instanceof nnx.OptVariable)
  t.true(adam.mu.kernel instanceof nnx.OptState)
  t.deepEqual(adam.mu.kernel.metadata, { sharding: 'x', sourceType: nnx.Param })
  t.is(optimizer.step.dtype, 'uint32')
  t.is(optimizer.wrt, nnx.Param)
  const { mu, count } = adam
  optimizer.update(nnx.grad((m: nnx.Linear) => np.sum(m(np.ones([1, 2]))))(model))
  t.is((optimizer.optState as any)[0].mu, mu, 'the Variables stay')
  t.is(count.value.item(), 1)
})

test('split, merge and clone of an optimizer train on alike', (t) => {
  const { model, loss } = small()
  const optimizer = new nnx.Optimizer(model, optax.adam(0.1))
  const train = (o: nnx.Optimizer<nnx.Linear>): readonly number[] => {
    o.update(nnx.grad(loss)(o.model))
    return elements(o.model.kernel.value)
  }
  train(optimizer)
  const [graphdef, state] = nnx.split(optimizer)
  const [merged, cloned] = [nnx.merge(graphdef, state), nnx.clone(optimizer)]
  t.true(merged instanceof nnx.Optimizer)
  t.is(merged.tx.update, optimizer.tx.update)
  const expected = train(optimizer)
  t.deepEqual(train(merged), expected)
  t.deepEqual(train(cloned), expected)
  t.is(merged.step.value.item(), 2)
})

test('masks and labels made by tree.map over the state of a model', (t) => {
  const { model, loss } = small()
  const mask = nnx.mapState((path) => path.includes('kernel'), nnx.state(model, nnx.Param))
  const optimizer = new nnx.Optimizer(model, optax.masked(optax.scale(-1), mask))
  const bias = elements(model.bias!.value)
  const kernel = elements(model.kernel.value)
  const grads = nnx.grad(loss)(model)
  optimizer.update(grads)
  allClose(
    t,
    model.kernel.value,
    kernel.map((k, i) => k - elements(grads.kernel.value)[i]!),
  )
  allClose(
    t,
    model.bias!.value,
    bias.map((b, i) => b + elements(grads.bias!.value)[i]!),
  )
  const leaves = tree.leaves(nnx.state(optimizer))
  t.true(leaves.length > 0)
})

test('a learning rate schedule runs inside of one program', (t) => {
  const { model, loss } = small()
  const optimizer = new nnx.Optimizer(
    model,
    optax.sgd((count) => np.divide(1, np.add(count, 1))),
  )
  const step = nnx.jit((o: nnx.Optimizer<nnx.Linear>) =>
    o.update(nnx.grad((m: nnx.Linear) => np.sum(m.bias!.value))(o.model)),
  )
  const before = model.bias!.value.toArray() as number[]
  for (let i = 0; i < 3; i++) step(optimizer)
  allClose(t, model.bias!.value, [before[0]! - (1 + 1 / 2 + 1 / 3)])
  t.is(step.traceCount, 1)
  t.truthy(loss)
})
