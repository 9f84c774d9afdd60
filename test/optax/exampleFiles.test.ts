/** The files of examples/ that train with Optax alone: they run, and come to what they say. */
import test from 'ava'
import { io, np, optax } from '../../src/index.js'
import * as custom from '../../examples/customTransformation.js'
import * as loop from '../../examples/trainingLoop.js'
import { allClose, elements } from '../helpers/arrays.js'

test('trainingLoop: init, update and applyUpdates separate the classes', (t) => {
  const { losses, accuracy } = loop.train()
  t.true(losses[0]! > 0.5 && losses.at(-1)! < 0.1)
  t.true(accuracy > 0.97)
})

test('customTransformation: chain and partition train it, a saved run goes on with the same numbers', (t) => {
  const { whole, resumed, saved } = custom.train()
  t.deepEqual(resumed.losses, whole.losses)
  for (const k of ['bias', 'kernel'] as const) t.deepEqual(elements(resumed.params[k]), elements(whole.params[k]))
  allClose(t, whole.params.kernel, [1, -2, 3], { atol: 0.1 })
  const { innerState } = whole.state.innerStates.fast
  t.is(innerState[0].count.item(), 300)
  const half = JSON.parse(saved) as { state: { innerStates: { fast: { innerState: readonly unknown[] } } } }
  const codec = custom.ClipByAverageNormState
  t.is(io.decodeOrThrow('run.json', codec, half.state.innerStates.fast.innerState[0]).count.item(), 150)
  t.throws(() => io.decodeOrThrow('run.json', codec, { count: 1 }), { name: 'DecodeError', message: /run\.json/ })
})

test('clipByAverageNorm: outliers are scaled to the average of norms, others pass', (t) => {
  const tx = custom.clipByAverageNorm(2, 0.5)
  const g = np.array([3, 4])
  const [first, s] = tx.update(g, tx.init(g))
  t.deepEqual(elements(first), [3, 4])
  const [second] = tx.update(g.mul(100), s)
  // The average of norms 5 and 500, of weights 1/3 and 2/3, is 335: twice that is more than 500.
  t.deepEqual(elements(second), [300, 400])
  const [third] = custom.clipByAverageNorm(1, 0.5).update(g.mul(100), s)
  allClose(t, optax.globalNorm(third).ravel(), [335], { rtol: 1e-5 })
})
