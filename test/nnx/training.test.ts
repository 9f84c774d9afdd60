/** A network with convolution, batch statistics and dropout, trained by one compiled program, against real Flax. */
import test from 'ava'
import { DeletedArrayError, type NDArray, nnx, np, optax, runtimeStats } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { decode, inLayout, layouts, Net, optimizerGolden, sameState } from './models.js'

/** Softmax cross-entropy with integer labels, by hand. */
const crossEntropy = (logits: NDArray, labels: NDArray): NDArray =>
  np.negative(np.mean(np.sum(nnx.logSoftmax(logits).mul(nnx.oneHot(labels, 4)), { axis: -1 })))
const stateOf = (model: Net) => nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat, nnx.RngCount, nnx.RngKey))
/** The gradient of a bias before a normalization is rounding noise, of which Adam makes steps of up to its learning rate. */
const loose = { 'conv/bias': 0.06, 'bn/mean': 2e-3 }
const seeded = (): Net => new Net(new nnx.Rngs(0, { params: 1, dropout: 2 }))

const loss = (m: Net, x: NDArray, labels: NDArray) => {
  const logits = m(x)
  return [crossEntropy(logits, labels), logits] as const
}
const step = (m: Net, o: nnx.Optimizer<Net>, x: NDArray, labels: NDArray) => {
  const [[value, logits], grads] = nnx.valueAndGrad(loss, { hasAux: true })(m, x, labels)
  o.update(grads)
  return { value, logits, grads }
}

for (const { layout, partitionable } of layouts) {
  for (const kind of ['jitted', 'donated', 'eager'] as const) {
    test(`three steps, ${kind}, ${layout} layout`, (t) => {
      const golden = optimizerGolden[layout].training
      const [x, labels] = [decode(golden.x), decode(golden.labels)]
      inLayout(partitionable, () => {
        const model = seeded()
        const optimizer = new nnx.Optimizer(model, optax.adam(1e-2))
        sameState(t, stateOf(model), golden.state_before, 'before')
        const run = kind === 'eager' ? step : nnx.jit(step, kind === 'donated' ? { donateArgnums: [0, 1] } : {})
        golden.steps.forEach((expected: any, i: number) => {
          const { value, logits, grads } = run(model, optimizer, x, labels)
          allClose(t, [value.item()], [expected.loss], { rtol: 1e-5 }, `loss ${i}`)
          allClose(t, logits, decode(expected.logits), { rtol: 1e-4, atol: 2e-5 }, `logits ${i}`)
          if (i === 0) sameState(t, grads, expected.grads, 'gradients', 2e-5)
          sameState(t, stateOf(model), expected.state, `state ${i}`, 1e-4, loose)
        })
        const last = golden.steps.at(-1).state
        model.conv.bias!.value = decode(last['conv/bias'])
        model.bn.mean.value = decode(last['bn/mean'])
        model.eval()
        allClose(t, model(x), decode(golden.eval_logits), { rtol: 1e-4, atol: 1e-4 })
        model.train()
        allClose(t, model(x), decode(golden.train_logits_after_eval), { rtol: 1e-4, atol: 1e-4 })
        sameState(t, stateOf(model), golden.state_after, 'after', 1e-4, loose)
      })
    })
  }
}

test('a donated training loop is one program, allocates no new buffers, and its old arrays are gone', (t) => {
  const golden = optimizerGolden.original.training
  const [x, labels] = [decode(golden.x), decode(golden.labels)]
  const model = seeded()
  const optimizer = new nnx.Optimizer(model, optax.adam(1e-2))
  const train = nnx.jit(
    (o: nnx.Optimizer<Net>, images: NDArray, targets: NDArray) => {
      const [[value], grads] = nnx.valueAndGrad(loss, { hasAux: true })(o.model, images, targets)
      o.update(grads)
      return value
    },
    { donateArgnums: 0 },
  )
  const [kernel, key, moment] = [
    model.conv.kernel.value,
    model.dropout.rngs!.key.value,
    (optimizer.optState as any)[0].mu.conv.kernel.value,
  ]
  train(optimizer, x, labels)
  t.throws(() => elements(kernel), { instanceOf: DeletedArrayError, message: /donated/ })
  t.throws(() => elements(moment), { instanceOf: DeletedArrayError })
  t.is(model.dropout.rngs!.key.value, key, 'what is not written is not donated')
  t.is(elements(key.data).length, 2)
  train(optimizer, x, labels)
  const before = runtimeStats()
  for (let i = 0; i < 5; i++) train(optimizer, x, labels)
  const after = runtimeStats()
  t.is(train.traceCount, 1)
  t.is(optimizer.step.value.item(), 7)
  // The returned loss is the only array that lives on.
  t.true(after.buffersAllocated - before.buffersAllocated <= 5)
})

test('train() and eval() compile a program each, and switching back compiles none', (t) => {
  const model = seeded()
  const x = decode(optimizerGolden.original.training.x)
  const forward = nnx.jit((m: Net, images: NDArray) => m(images))
  forward(model, x)
  model.eval()
  const count = model.dropout.rngs!.count.value
  const mean = model.bn.mean.value
  allClose(t, forward(model, x), forward(model, x))
  t.is(model.dropout.rngs!.count.value, count)
  t.is(model.bn.mean.value, mean)
  model.train()
  forward(model, x)
  t.is(forward.traceCount, 2)
  t.is(model.dropout.rngs!.count.value.item(), 2)
})

test('async runs the same program and writes the Variables when it is done', async (t) => {
  const x = decode(optimizerGolden.original.training.x)
  const [a, b] = [seeded(), seeded()]
  const forward = nnx.jit((m: Net, images: NDArray) => m(images))
  const pending = forward.async(a, x)
  allClose(t, await pending, forward(b, x))
  allClose(t, a.bn.mean.value, b.bn.mean.value)
  t.is(forward.traceCount, 1)
})
