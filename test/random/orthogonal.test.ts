import test from 'ava'
import { ArgumentError, nn, random, ShapeError } from '../../src/index.js'

const { deltaOrthogonal, orthogonal } = nn.initializers

test('shapes that have no orthogonal matrix are refused', (t) => {
  const key = random.key(0)
  t.throws(() => random.orthogonal(key, 1.5), { instanceOf: ArgumentError })
  t.throws(() => orthogonal()(key, [3]), { instanceOf: ShapeError })
  t.throws(() => deltaOrthogonal()(key, [3, 2, 2, 4]), { instanceOf: ShapeError })
  t.throws(() => deltaOrthogonal()(key, [3, 4, 2]), { instanceOf: ShapeError })
})
