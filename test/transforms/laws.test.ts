/** Laws that hold for any program: of random ones, made of smooth operations. */
import test from 'ava'
import fc from 'fast-check'
import { grad, jit, jvp, lax, linearTranspose, type NDArray, np, ShapeDtypeStruct, vjp, vmap } from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { operators } from '../helpers/lowering.js'

type F = (x: NDArray) => NDArray

/** A step keeps the shape [2, 3], so that steps compose in any order. */
const linearSteps: Readonly<Record<string, F>> = {
  scale: (x) => x.mul(1.5),
  flip: (x) => np.flip(x),
  mix: (x) => np.matmul(x, sample([3, 3], 41)),
  turn: (x) => np.transpose(np.matmul(np.transpose(x), sample([2, 2], 42))),
  centre: (x) => x.sub(np.mean(x, { axis: 1, keepdims: true })),
  spread: (x) => np.broadcastTo(np.sum(x, { axis: 0, keepdims: true }), [2, 3]),
  shift: (x) => np.pad(lax.sliceInDim(x, 0, 2, 1, 1), [[0, 0], [1, 0]]), // prettier-ignore
  join: (x) => np.concatenate([x.slice([1, 2]), x.slice([0, 1])], { axis: 0 }),
  sums: (x) => np.cumsum(x, { axis: 1 }),
  pick: (x) => np.take(x, np.array([2, 0, 0], { dtype: 'int32' }), { axis: 1 }),
  reshaped: (x) => np.transpose(np.reshape(x, [3, 2])),
}
const smoothSteps: Readonly<Record<string, F>> = {
  ...linearSteps,
  sine: (x) => np.sin(x),
  squash: (x) => np.tanh(x),
  times: (x) => x.mul(np.cos(x)),
  normalized: (x) => x.div(np.sqrt(np.sum(np.square(x)).add(1))),
  loop: (x) => lax.scan((c: NDArray, r: NDArray) => [np.sin(c).add(r), c.mul(r)] as const, x.slice(0), x)[1],
}

const programs = (steps: Readonly<Record<string, F>>): fc.Arbitrary<readonly string[]> =>
  fc.array(fc.constantFrom(...Object.keys(steps)), { minLength: 1, maxLength: 4 })
const composed =
  (steps: Readonly<Record<string, F>>, names: readonly string[]): F =>
  (x) =>
    names.reduce((y, name) => steps[name]!(y), x)

const runs = { numRuns: 12, seed: 7 }
const close = { rtol: 1e-10, atol: 1e-12 }
const loss =
  (f: F): F =>
  (x) =>
    np.sum(f(x).mul(sample([2, 3], 43)))

test('jit equals eager, vmap equals a loop, and so do their derivatives', (t) => {
  const batch = sample([3, 2, 3], 44)
  const rows = [0, 1, 2].map((i) => batch.slice(i))
  fc.assert(
    fc.property(programs(smoothSteps), (names) => {
      const f = composed(smoothSteps, names)
      const what = names.join(' ')
      const eager = np.stack(rows.map(f))
      const gradients = np.stack(rows.map(grad(loss(f))))
      const [mapped, inner, outer] = jit((b: NDArray) => [vmap(f)(b), vmap(grad(loss(f)))(b), vmap(f, { inAxes: 2, outAxes: 2 })(np.moveaxis(b, 0, 2))] as const)(batch) // prettier-ignore
      allClose(t, mapped, eager, close, what)
      allClose(t, np.moveaxis(outer, 2, 0), eager, close, what)
      allClose(t, inner, gradients, close, what)
    }),
    runs,
  )
})

test('the gradient of a sum is the sum of gradients; forward and reverse mode are adjoint', (t) => {
  const [x, v, ct] = [sample([2, 3], 45), sample([2, 3], 46), sample([2, 3], 47)]
  fc.assert(
    fc.property(programs(smoothSteps), programs(smoothSteps), (first, second) => {
      const [f, g] = [composed(smoothSteps, first), composed(smoothSteps, second)]
      const [whole, one, other, tangent, cotangent] = jit(
        (y: NDArray) =>
          [
            grad((z: NDArray) => loss(f)(z).add(loss(g)(z)))(y),
            grad(loss(f))(y),
            grad(loss(g))(y),
            jvp(f, [y], [v])[1],
            vjp(f, y)[1](ct)[0],
          ] as const,
      )(x)
      allClose(t, whole, one.add(other), close, `${first.join(' ')} + ${second.join(' ')}`)
      allClose(t, np.sum(tangent.mul(ct)), np.sum(cotangent.mul(v)), close, first.join(' '))
    }),
    runs,
  )
})

test('the transpose of a linear program is its adjoint, and transposes back', (t) => {
  const shape = new ShapeDtypeStruct([2, 3], 'float64')
  const [x, ct] = [sample([2, 3], 48), sample([2, 3], 49)]
  fc.assert(
    fc.property(programs(linearSteps), (names) => {
      const f = composed(linearSteps, names)
      const transposed = linearTranspose(f, shape)
      const twice = linearTranspose((c: NDArray) => transposed(c)[0], shape)
      const [y, back, again] = jit((a: NDArray, c: NDArray) => [f(a), transposed(c)[0], twice(a)[0]] as const)(x, ct)
      allClose(t, np.sum(y.mul(ct)), np.sum(back.mul(x)), close, names.join(' '))
      allClose(t, again, y, close, names.join(' '))
    }),
    runs,
  )
})

test('slices and pads undo each other, as do split and concatenate, broadcasting and its sums', (t) => {
  const size = fc.integer({ min: 1, max: 4 })
  fc.assert(
    fc.property(size, size, fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 2 }), (m, n, low, high, inner) => {
      const x = sample([m, n], 50)
      const padded = lax.pad(x, np.array(9, { dtype: 'float64' }), [[low, high, inner], [high, low, 0]]) // prettier-ignore
      const kept = lax.slice(padded, [low, high], [low + (m - 1) * (inner + 1) + 1, high + n], [inner + 1, 1])
      allClose(t, kept, x, { rtol: 0, atol: 0 })
      allClose(t, lax.pad(padded, np.array(0, { dtype: 'float64' }), [[-low, -high, 0], [-high, -low, 0]]), lax.slice(padded, [low, high], [padded.shape[0]! - high, padded.shape[1]! - low]), { rtol: 0, atol: 0 }) // prettier-ignore
      const at = Math.min(low, m)
      const parts = [lax.sliceInDim(x, 0, at), lax.sliceInDim(x, at, m)]
      allClose(t, lax.concatenate(parts, 0), x, { rtol: 0, atol: 0 })
      const wide = lax.broadcastInDim(x, [3, m, n], [1, 2])
      allClose(t, lax.reduceSum(wide, [0]), x.mul(3), close)
      const row = lax.sliceInDim(x, 0, 1)
      allClose(t, x.add(row), x.add(lax.broadcastInDim(row, [m, n], [0, 1])), { rtol: 0, atol: 0 })
    }),
    { numRuns: 25, seed: 3 },
  )
})

test('what small programs become: nothing expanded before an operation that broadcasts', (t) => {
  const [x, w, b] = [np.ones([4, 3]), np.ones([3, 2]), np.ones([2])]
  const dense = (v: NDArray, k: NDArray, c: NDArray): NDArray => np.matmul(v, k).add(c)
  t.deepEqual(operators(dense, [x, w, b]), ['MatMul', 'Add'])
  t.deepEqual(operators((v) => v.sub(np.mean(v, { axis: 1, keepdims: true })), [x]).includes('Expand'), false)
  const backward = operators((v, k, c) => grad((p: NDArray) => np.sum(np.tanh(dense(v, p, c))))(k), [x, w, b])
  t.is(backward.filter((op) => op === 'MatMul').length, 2)
  const mapped = operators((v, k, c) => vmap((r: NDArray) => dense(r, k, c))(v), [x, w, b])
  t.deepEqual([mapped.filter((op) => op === 'MatMul').length, mapped.includes('Expand')], [1, false])
})
