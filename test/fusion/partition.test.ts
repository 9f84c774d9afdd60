/** Which equations of a program become loops. */
import test from 'ava'
import { makeJaxpr, type NDArray, nn, np, optax, valueAndGrad } from '../../src/index.js'
import { partition, type Partition } from '../../src/fusion/index.js'

const a = np.ones([64, 8])
const b = np.ones([64, 8]).mul(2)

const cut = (f: (...xs: readonly NDArray[]) => unknown, ...xs: readonly NDArray[]): Partition | null =>
  partition(makeJaxpr(f as (...xs: readonly NDArray[]) => NDArray)(...xs))

const names = (parts: Partition | null): readonly string[] => parts!.loops.map((x) => x.operations.join(' '))

test("an optimizer's update is one loop for each array; what is scalar stays in the head", (t) => {
  const tx = optax.adam(1e-3)
  const params = { w: a, b: np.ones([8]) }
  const loss = (p: typeof params, x: NDArray): NDArray => np.mean(np.square(nn.relu(np.matmul(x, p.w).add(p.b))))
  const step = (p: typeof params, s: ReturnType<typeof tx.init>, x: NDArray) => {
    const [value, grads] = valueAndGrad(loss)(p, x)
    const [updates, next] = tx.update(grads, s, p)
    return [optax.applyUpdates(p, updates), next, value] as const
  }
  const jaxpr = makeJaxpr(step)(params, tx.init(params), np.ones([16, 64]))
  const parts = partition(jaxpr)!
  t.deepEqual(
    parts.loops.map(({ size, arrays, scalars, outputs }) => [size, arrays.length, scalars.length, outputs.length]),
    [
      [8, 4, 2, 3],
      [512, 4, 2, 3],
    ],
  )
  t.is(new Set(parts.loops.map(({ kernel }) => kernel.key)).size, 1)
  t.false(parts.head.eqns.some((eqn) => eqn.primitive.name === 'sqrt'))
  // The count and the loss; then two gradients and two corrections.
  t.is(parts.outputs.length, 2)
  t.is(parts.head.outputs.length, 6)
})

test('what another operation depends on stays', (t) => {
  t.is(
    cut((x, y) => x.mul(y).add(x).sub(y).sum(), a, b),
    null,
  )
  const parts = cut(
    (x, y) => {
      const z = x.mul(y).add(x).sub(y)
      return [z.sum(), z.mul(2).add(x).mul(y).sub(x)]
    },
    a,
    b,
  )
  t.deepEqual(names(parts), ['mul add mul sub'])
  t.deepEqual(parts!.outputs, [0])
})

test('operands that broadcast along some axes stay in the head, and so do operations without a loop', (t) => {
  const row = np.ones([8])
  t.deepEqual(names(cut((x, r) => x.add(r).mul(x).add(x).mul(2).sub(x), a, row)), ['mul add mul sub'])
  t.deepEqual(names(cut((x) => np.sin(x).mul(x).add(x).mul(2).sub(x), a)), ['mul add mul sub'])
})

test('arrays of other dtypes, and conditions that come in or go out, stay in the head', (t) => {
  const doubles = a.astype('float64')
  t.is(
    cut((x) => x.mul(x).add(x).sub(x), doubles),
    null,
  )
  t.is(
    cut((x) => x.mul(x).add(x).sub(x), a.astype('int32')),
    null,
  )
  const c = np.less(a, b)
  t.deepEqual(names(cut((p, x, y) => np.where(p, x, y).mul(y).add(x).mul(y), c, a, b)), ['mul add mul'])
  t.deepEqual(
    names(
      cut(
        (x, y) => {
          const p = np.less(x, y)
          return [p, np.where(p, x, y).mul(y).add(x).mul(y)]
        },
        a,
        b,
      ),
    ),
    ['mul add mul'],
  )
})

test('few operations, or ones that move as much as their loop, are left alone', (t) => {
  t.is(
    cut((x, y) => x.mul(y).add(x), a, b),
    null,
  )
  t.is(
    cut((x, y) => [x.add(1), x.add(2), y.add(3)], a, b),
    null,
  )
})

test('a result that is given twice is stored twice, and a program of loops alone has no head', (t) => {
  const parts = cut(
    (x, y) => {
      const z = x.mul(y).add(x).sub(y)
      return [z, z, z.mul(x)]
    },
    a,
    b,
  )
  t.deepEqual(parts!.loops[0]!.outputs, [0, 1, 2])
  t.is(parts!.head.outputs.length, 0)
})
