/** The examples with small settings; `npm run test:slow` trains them to the end. */
import test from 'ava'
import { np } from '../src/index.js'
import { trainDigits } from '../examples/digits.js'
import { trainLstm } from '../examples/lstm.js'
import { decodeAll, trainTransformer, write } from '../examples/transformer.js'
import { allClose } from './helpers/arrays.js'

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length
const fell = (losses: readonly number[]): boolean => mean(losses.slice(-5)) < 0.9 * mean(losses.slice(0, 5))

test('digits', (t) => {
  const { losses, heldOut, accuracy } = trainDigits({ steps: 30, batchSize: 16, tests: 32, report: false })
  t.true(fell(losses), losses.join())
  t.is(heldOut.length, 1)
  t.true(accuracy >= 0 && accuracy <= 1)
})

test('transformer: it learns, and decodes with caches as without', (t) => {
  const sizes = { context: 16, features: 16, heads: 2, blocks: 1 }
  const { model, text, losses } = trainTransformer({ steps: 40, batchSize: 4, sizes, report: false })
  t.true(fell(losses), losses.join())
  const characters = np.array(text.test.slice(0, 32)).reshape([2, 16])
  allClose(t, decodeAll(model, characters), model(characters), { rtol: 1e-5, atol: 1e-5 })
  const start = text.encode('The ')
  const greedy = write(model, start, 20, { temperature: 0 })
  t.is(greedy.length, 20, 'beyond the context')
  const likeliest = np.argmax(
    model(np.array([...start, ...greedy.slice(0, 11)], { dtype: 'int32' }).reshape([1, 15])),
    { axis: -1 },
  )
  t.deepEqual([...(likeliest.data() as Int32Array)].slice(3, 14), greedy.slice(0, 11))
})

test('lstm', (t) => {
  t.true(fell(trainLstm({ steps: 40, batchSize: 16, length: 8, hidden: 8, report: false }).losses))
})
