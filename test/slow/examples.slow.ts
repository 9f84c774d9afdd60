/** `npm run test:slow`: the examples, trained to the end. */
import test from 'ava'
import { np } from 'onnax'
import { trainDigits } from '../../examples/digits.js'
import { trainLstm } from '../../examples/lstm.js'
import { decodeAll, trainTransformer, write } from '../../examples/transformer.js'

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length

test.serial('a CNN with batch normalization and dropout reads 98.5 % of the test digits', (t) => {
  const { accuracy, losses, heldOut, seconds } = trainDigits({ report: false })
  t.log(
    `test accuracy ${(100 * accuracy).toFixed(2)} %, held out ${heldOut.at(-1)![1].toFixed(4)}, ${seconds.toFixed(0)} s`,
  )
  t.true(accuracy >= 0.985, `${accuracy}`)
  // Labels are smoothed: 0.5 is the least.
  t.true(mean(losses.slice(-100)) < 0.65)
})

test.serial('a transformer learns the documentation, and its caches change nothing', (t) => {
  const { model, text, losses, heldOut, seconds } = trainTransformer({ report: false })
  const last = mean(losses.slice(-100))
  t.log(`loss ${last.toFixed(3)}, held out ${heldOut.at(-1)![1].toFixed(3)} nats a character, ${seconds.toFixed(0)} s`)
  // The text is the documentation, which grows.
  t.true(last < 1.5, `${last}`)
  t.true(heldOut.at(-1)![1] < 2.2)
  const { context } = model.sizes
  const characters = np.array(text.test.slice(0, 2 * context)).reshape([2, context])
  const [whole, cached] = [model(characters), decodeAll(model, characters)]
  const difference = np.max(np.abs(whole.sub(cached))).item()
  t.log(`cached decoding differs by ${difference}`)
  t.true(difference < 1e-3, `${difference}`)
  const start = text.encode('A transformation ')
  const greedy = write(model, start, 2 * context, { temperature: 0 })
  t.is(greedy.length, 2 * context)
  // The likeliest character each time, as the whole model says.
  const read = Int32Array.from([...start, ...greedy.slice(0, context - start.length)])
  const likeliest = np.argmax(model(np.array(read).reshape([1, context])), { axis: -1 }).data() as Int32Array
  t.deepEqual([...likeliest.slice(start.length - 1, -1)], greedy.slice(0, context - start.length))
})

test.serial('an LSTM adds two numbers 20 steps apart', (t) => {
  const { heldOut, seconds } = trainLstm({ report: false })
  t.log(`squared error ${heldOut.at(-1)![1].toExponential(1)}, ${seconds.toFixed(0)} s`)
  t.true(heldOut.at(-1)![1] < 2e-3)
})
