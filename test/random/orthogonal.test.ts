import { readFileSync } from 'node:fs'
import test from 'ava'
import { ArgumentError, nn, random, ShapeError } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'

interface Encoded {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
const golden = JSON.parse(readFileSync('test/golden/random.json', 'utf8')) as {
  readonly original: Readonly<Record<string, Encoded>>
}
const { deltaOrthogonal, orthogonal } = nn.initializers

test('orthogonal matrices and initializers are those of JAX', (t) => {
  const [seed, zero] = [random.key(11), random.key(0)]
  const calls = {
    'orthogonal(3)': random.orthogonal(seed, 3),
    'orthogonal(3,(2,))': random.orthogonal(seed, 3, { shape: [2] }),
    'orthogonal(2,m=4)': random.orthogonal(seed, 2, { m: 4 }),
    'init.orthogonal()(key(0),(3,4))': orthogonal()(zero, [3, 4]),
    'init.orthogonal()(key(0),(2,2,3,4))': orthogonal()(zero, [2, 2, 3, 4]),
    'init.orthogonal(2,column_axis=0)(key(0),(3,4))': orthogonal(2, { columnAxis: 0 })(zero, [3, 4]),
    'init.orthogonal(2,column_axis=0)(key(0),(2,2,3,4))': orthogonal(2, { columnAxis: 0 })(zero, [2, 2, 3, 4]),
    'init.delta_orthogonal()(key(0),(3,3,2,4))': deltaOrthogonal()(zero, [3, 3, 2, 4]),
  }
  for (const [call, x] of Object.entries(calls)) {
    const { shape, data } = golden.original[call]!
    t.deepEqual(x.shape, shape, call)
    allClose(t, x, data, { rtol: 1e-5, atol: 3e-6 }, call)
  }
})

test('shapes that have no orthogonal matrix are refused', (t) => {
  const key = random.key(0)
  t.throws(() => random.orthogonal(key, 1.5), { instanceOf: ArgumentError })
  t.throws(() => orthogonal()(key, [3]), { instanceOf: ShapeError })
  t.throws(() => deltaOrthogonal()(key, [3, 2, 2, 4]), { instanceOf: ShapeError })
  t.throws(() => deltaOrthogonal()(key, [3, 4, 2]), { instanceOf: ShapeError })
})
