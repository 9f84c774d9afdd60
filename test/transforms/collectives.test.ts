/** Operations over named axes against JAX's numbers, in every transformation. */
import test from 'ava'
import type { NDArray } from '../../src/index.js'
import {
  ArgumentError,
  checkpoint,
  customJvp,
  customVjp,
  grad,
  jit,
  jvp,
  lax,
  makeJaxpr,
  np,
  ShapeError,
  UnboundAxisError,
  vjp,
  vmap,
} from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { arrayFrom, type GoldenArray, readGolden } from '../helpers/golden.js'

type F = (x: NDArray) => NDArray

interface Case {
  readonly value: GoldenArray
  readonly inside: GoldenArray | { readonly error: string }
  readonly outside: GoldenArray | { readonly error: string }
}

const golden = readGolden<{
  readonly x: GoldenArray
  readonly y: GoldenArray
  readonly one: Readonly<Record<string, Case>>
  readonly two: Readonly<Record<string, Case>>
  readonly forward: Readonly<Record<string, GoldenArray>>
  readonly shadowed: GoldenArray
}>('collectives')

const tripled = customJvp((a: NDArray) => lax.psum(np.square(a), 'i'))
tripled.defjvp(([p], [t]) => [tripled(p), lax.psum(p.mul(t).mul(3), 'i')])
const doubled = customVjp((a: NDArray) => lax.psum(a, 'i'))
doubled.defvjp(
  (a) => [lax.psum(a, 'i'), a],
  (a, ct) => [lax.pmean(ct, 'i').mul(3).mul(a)],
)

const one: Readonly<Record<string, F>> = {
  psum: (a) => lax.psum(a, 'i'),
  'psum of squares times x': (a) => lax.psum(np.square(a), 'i').mul(a),
  'psum of ones times x': (a) =>
    lax
      .psum(np.ones([6]), 'i')
      .astype('float64')
      .mul(a),
  pmean: (a) => lax.pmean(np.sin(a), 'i'),
  'axis_index times x': (a) => a.mul(lax.axisIndex('i').astype('float64')),
  'axis_size times x': (a) => a.mul(lax.axisSize('i')),
  all_gather: (a) => lax.allGather(np.square(a), 'i'),
  'all_gather axis 1': (a) => lax.allGather(a, 'i', { axis: 1 }),
  'all_gather tiled axis 1': (a) => np.square(lax.allGather(a, 'i', { axis: 1, tiled: true })),
  psum_scatter: (a) => lax.psumScatter(np.square(a), 'i'),
  'psum_scatter tiled axis 1': (a) => lax.psumScatter(np.square(a), 'i', { scatterDimension: 1, tiled: true }),
  'all_to_all 0 1': (a) => lax.allToAll(np.square(a), 'i', 0, 1),
  'all_to_all 0 0': (a) => lax.allToAll(np.square(a), 'i', 0, 0),
  'all_to_all tiled 1 0': (a) => np.power(lax.allToAll(a, 'i', 1, 0, { tiled: true }), 3),
  'all_to_all tiled 1 1': (a) => np.power(lax.allToAll(a, 'i', 1, 1, { tiled: true }), 3),
  ppermute: (a) => lax.ppermute(np.square(a), 'i', [[0, 1], [1, 2], [2, 0]]).mul(a), // prettier-ignore
  pshuffle: (a) => lax.pshuffle(a, 'i', [2, 0, 1]).mul(a),
  jit: jit((b: NDArray) => lax.psum(np.square(b), 'i').mul(lax.axisIndex('i').astype('float64'))),
  scan: (a) =>
    lax.scan(
      (c: NDArray, r: NDArray) => [np.sin(c).add(lax.psum(c.mul(r), 'i')), lax.pmean(c, 'i')] as const,
      a.slice(0),
      a,
    )[0],
  'cond, one for all': (a) =>
    lax.cond(lax.psum(a.slice(0, 0), 'i').gt(0), (b: NDArray) => lax.psum(b, 'i'), np.square, a),
  'cond, each its own': (a) => lax.cond(a.slice(0, 0).gt(0), (b: NDArray) => lax.psum(b, 'i'), np.square, a),
  checkpoint: checkpoint((b: NDArray) => np.sin(lax.psum(np.sin(b), 'i'))),
  custom_jvp: tripled,
  custom_vjp: doubled,
  'batch norm': (a) => {
    const [mean, squares] = lax.pmean([a, np.square(a)] as const, 'i')
    return a.sub(mean).div(np.sqrt(squares.sub(np.square(mean)).add(1e-3)))
  },
  'softmax over the axis': (a) => np.exp(a).div(lax.psum(np.exp(a), 'i')),
}

const two: Readonly<Record<string, F>> = {
  'psum over both': (a) => lax.psum(np.square(a), ['i', 'j']).mul(a),
  'psum over the outer': (a) => lax.psum(np.square(a), 'i').mul(a),
  'pmean over the inner of psum over the outer': (a) => lax.pmean(lax.psum(np.square(a), 'i').mul(a), 'j'),
  'index over both': (a) => a.mul(lax.axisIndex(['i', 'j']).astype('float64')),
  'index over both, turned': (a) => a.mul(lax.axisIndex(['j', 'i']).astype('float64')),
  'all_gather over the outer': (a) => lax.allGather(np.square(a), 'i', { axis: 1 }),
  'ppermute over the outer': (a) => lax.ppermute(a, 'i', [[0, 1], [1, 0]]).mul(a), // prettier-ignore
  'scan over both': (a) =>
    lax.scan((c: NDArray) => [np.sin(c).add(lax.psum(c, ['j', 'i'])), null] as const, a, null, { length: 2 })[0],
}

const forward: Readonly<Record<string, F>> = {
  pmax: (a) => lax.pmax(a, 'i'),
  pmin: (a) => lax.pmin(a, 'i'),
  while: (a) =>
    lax.whileLoop(
      (s: NDArray) => lax.pmax(np.max(s), 'i').gt(0.5),
      (s) => s.mul(lax.axisIndex('i').astype('float64').mul(0.1).add(0.3)),
      a,
    ),
  'psum of booleans': (a) => lax.psum(a.gt(0), 'i'),
  'pmean of integers': (a) => lax.pmean(a.mul(10).astype('int32'), 'i'),
}

const overI = (f: F): F => vmap(f, { axisName: 'i' })
const overIJ = (f: F): F => vmap(vmap(f, { axisName: 'j' }), { axisName: 'i' })
const weighted = (y: NDArray): NDArray =>
  np.sum(y.mul(np.cos(np.arange(1, y.size + 1).astype('float64')).reshape(y.shape)))

const tolerance = { rtol: 1e-10, atol: 1e-12 }

const check = (
  cases: Readonly<Record<string, Case>>,
  functions: Readonly<Record<string, F>>,
  mapped: (f: F) => F,
  x: NDArray,
): void => {
  for (const [name, f] of Object.entries(functions)) {
    test(`${name}: values and both gradients are JAX's`, (t) => {
      const { value, inside, outside } = cases[name]!
      // One program of all three: what jit makes of them is tested along the way.
      const [y, within, around] = jit(
        (v: NDArray) =>
          [
            mapped(f)(v),
            'error' in inside ? v : mapped(grad((a: NDArray) => weighted(f(a))))(v),
            'error' in outside ? v : grad((b: NDArray) => weighted(mapped(f)(b)))(v),
          ] as const,
      )(x)
      allClose(t, y, value.data, tolerance, 'value')
      t.deepEqual(y.shape, value.shape)
      if (!('error' in inside)) allClose(t, within, inside.data, tolerance, 'inside')
      if (!('error' in outside)) allClose(t, around, outside.data, tolerance, 'outside')
    })
  }
  test(`${Object.keys(cases).length} cases are all of the file`, (t) => {
    t.deepEqual(Object.keys(functions), Object.keys(cases))
  })
}

check(golden.one, one, overI, arrayFrom(golden.x))
check(golden.two, two, overIJ, arrayFrom(golden.y))

test("extrema, loops and counts are JAX's; an inner axis hides an outer one of its name", (t) => {
  const x = arrayFrom(golden.x)
  for (const [name, f] of Object.entries(forward)) {
    const y = overI(f)(x)
    allClose(t, y, golden.forward[name]!.data, { rtol: 1e-6, atol: 1e-7 }, name)
    t.is(y.dtype, name === 'pmean of integers' ? 'float32' : name === 'psum of booleans' ? 'int32' : 'float64')
  }
  const shadowed = vmap(overI((a) => lax.psum(a, 'i')), { axisName: 'i' })(arrayFrom(golden.y)) // prettier-ignore
  allClose(t, shadowed, golden.shadowed.data, tolerance)
})

test('a branch that only some members take: gradients against finite differences, where JAX is wrong', (t) => {
  checkGrads(t, overI(one['cond, each its own']!), [arrayFrom(golden.x)], { order: 1 })
})

test('gradients of extrema go to the members that have them', (t) => {
  const x = sample([4, 3], 5)
  for (const f of [lax.pmax, lax.pmin]) {
    checkGrads(t, overI((a) => f(np.square(a), 'i').mul(a)), [x]) // prettier-ignore
  }
  const tied = overI(grad((a: NDArray) => np.sum(lax.pmax(a, 'i'))))(np.array([[1], [2], [2]]))
  // Each of three members asks for the derivative of its own maximum, and those that tie share.
  allClose(t, tied, [0, 1.5, 1.5])
})

test('groups: reductions among some of the members', (t) => {
  const x = sample([6, 2], 9)
  const axisIndexGroups = [[0, 3], [5, 1], [2, 4]] // prettier-ignore
  const rows = np.split(x, 6)
  const partner = [3, 5, 4, 0, 2, 1]
  const sums = np.concatenate(rows.map((r, i) => r.add(rows[partner[i]!]!)))
  allClose(t, overI((a) => lax.psum(a, 'i', { axisIndexGroups }))(x), sums, tolerance)
  allClose(t, overI((a) => lax.pmean(a, 'i', { axisIndexGroups }))(x), sums.div(2), tolerance)
  const greatest = np.concatenate(rows.map((r, i) => np.maximum(r, rows[partner[i]!]!)))
  allClose(t, overI((a) => lax.pmax(a, 'i', { axisIndexGroups }))(x), greatest, tolerance)
  allClose(t, overI((a) => lax.psum(np.ones([2]), 'i', { axisIndexGroups }).astype('float64').mul(a))(x), x.mul(2), tolerance) // prettier-ignore
  const pairs = vmap(() => [lax.psum(1, 'i', { axisIndexGroups })], { axisName: 'i', axisSize: 6, outAxes: null })()
  t.deepEqual(pairs.map(Number), [2])
  checkGrads(
    t,
    overI((a) => lax.psum(np.square(a), 'i', { axisIndexGroups }).mul(a)),
    [x],
  )
  checkGrads(
    t,
    overI((a) => lax.pmax(np.square(a), 'i', { axisIndexGroups }).mul(a)),
    [x],
    { order: 1 },
  )
  t.throws(() => overI((a) => lax.psum(a, 'i', { axisIndexGroups: [[0, 1, 2], [3, 4]] }))(x), { instanceOf: ArgumentError }) // prettier-ignore
})

test('several axes at once are one axis whose last name runs fastest', (t) => {
  const x = sample([2, 3, 12, 2], 3)
  const flat = x.reshape([6, 12, 2])
  const same: readonly (readonly [string, (a: NDArray, axis: lax.AxisName) => NDArray])[] = [
    ['axisIndex', (a, axis) => a.mul(lax.axisIndex(axis).astype('float64'))],
    ['allGather', (a, axis) => lax.allGather(a, axis, { axis: 1 })],
    ['allGather tiled', (a, axis) => lax.allGather(a, axis, { axis: -1, tiled: true })],
    ['psumScatter tiled', (a, axis) => lax.psumScatter(a, axis, { tiled: true })],
    ['psumScatter', (a, axis) => lax.psumScatter(a.slice([0, 6]), axis)],
    ['allToAll 0 0', (a, axis) => lax.allToAll(a, axis, 0, 0, { tiled: true })],
    ['allToAll 0 1', (a, axis) => lax.allToAll(a, axis, 0, 1, { tiled: true })],
    ['allToAll 1 0', (a, axis) => lax.allToAll(a.reshape([2, 12]), axis, 1, 0, { tiled: true })],
    ['allToAll apart', (a, axis) => lax.allToAll(a.slice([0, 6]), axis, 0, 1)],
    ['allToAll apart, back', (a, axis) => lax.allToAll(a.reshape([4, 6]), axis, 1, 0)],
    ['ppermute', (a, axis) => lax.ppermute(a, axis, [[0, 3], [3, 1], [5, 5], [1, 0]])], // prettier-ignore
    ['pbroadcast', (a, axis) => lax.pbroadcast(a, axis, 4)],
    ['pshuffle', (a, axis) => lax.pshuffle(a, axis, [5, 3, 4, 0, 1, 2])],
  ]
  for (const [name, f] of same) {
    const both = jit(overIJ((a) => f(a, ['i', 'j'])))
    const y = both(x)
    allClose(t, y, overI((a) => f(a, 'i'))(flat), tolerance, name)
    // Linear, so that <ct, f x> = <f' ct, x>: the transpose is the adjoint.
    const ct = sample(y.shape, 11)
    const [, pullback] = vjp(both, x)
    const [left, right] = [np.sum(ct.mul(y)).item(), np.sum(pullback(ct)[0].mul(x)).item()]
    t.true(Math.abs(left - right) < 1e-10, name)
  }
})

test('what nothing is sent to gets zeros, even where there was NaN', (t) => {
  const shifted = overI((a) => lax.ppermute(a, 'i', [[0, 1]])) // prettier-ignore
  allClose(t, shifted(np.array([1, NaN, NaN])), [0, 1, 0])
  const [, tangent] = jvp(shifted, [np.array([1, 2, 3])], [np.array([10, 20, 30])])
  allClose(t, tangent, [0, 10, 0])
})

test('trees, numbers, results that do not depend on the axis', (t) => {
  const x = np.array([1, 2, 3])
  const stats = vmap(
    (a: NDArray) => ({ sums: lax.psum({ a, squares: [np.square(a)] }, 'i'), n: lax.psum(1, 'i'), mean: lax.pmean(2.5, 'i') }),
    { axisName: 'i', outAxes: null },
  )(x) // prettier-ignore
  t.deepEqual(stats.sums.a.toArray(), 6)
  t.deepEqual(stats.sums.squares[0]!.toArray(), 14)
  t.deepEqual([stats.n, stats.mean].map(Number), [3, 2.5])
  const [size, index] = vmap(() => [lax.axisSize('i'), lax.axisIndex('i')] as const, { axisName: 'i', axisSize: 4, outAxes: [null, 0] as const })() // prettier-ignore
  t.deepEqual([size].map(Number), [4])
  t.is(String(index), 'Array([0, 1, 2, 3], dtype=int32)')
})

test('a compiled function inside is traced again for another size of an axis that it uses, and only then', (t) => {
  const sum = jit((a: NDArray) => lax.psum(a, 'i').mul(2))
  const plain = jit((a: NDArray) => a.mul(2))
  const outer = jit((a: NDArray) => sum(a))
  for (const n of [2, 3, 2, 3]) {
    const x = np.ones([n, 2])
    allClose(t, overI(sum)(x), np.full([n, 2], 2 * n))
    allClose(t, overI(outer)(x), np.full([n, 2], 2 * n))
    allClose(t, overI(plain)(x), np.full([n, 2], 2))
    allClose(t, vmap(plain, { axisName: 'j' })(x), np.full([n, 2], 2))
  }
  t.deepEqual([sum.traceCount, outer.traceCount, plain.traceCount], [2, 2, 1])
  t.throws(() => outer(np.ones([2])), { instanceOf: UnboundAxisError })
  // An axis that the function names itself is its own affair.
  const own = jit((x: NDArray) => overI((a) => lax.psum(a, 'i'))(x))
  allClose(t, vmap(own, { axisName: 'i' })(np.ones([2, 3])), np.full([2, 3], 3))
  own(np.ones([3]))
  t.is(own.traceCount, 1)
})

test('errors name the axes that there are', (t) => {
  t.throws(() => lax.psum(np.ones([2]), 'i'), {
    instanceOf: UnboundAxisError,
    message: "psum requires an axis that a vmap around it has named, got 'i' (no axis is named here). Name it: vmap(f, { axisName: 'i' }).",
  }) // prettier-ignore
  t.throws(() => overIJ((a) => lax.pmean(a, 'k'))(np.ones([2, 2, 2])), {
    instanceOf: UnboundAxisError,
    message: /got 'k' \(named here: j, i\)/,
  })
  // Nothing stays bound after an error, and nothing escapes.
  t.throws(() => lax.axisIndex('i'), { instanceOf: UnboundAxisError, message: /no axis is named here/ })
  let pullback: ((ct: NDArray) => unknown) | null = null
  overI((a) => {
    const [y, back] = vjp((b: NDArray) => lax.psum(b, 'i'), a)
    pullback = back
    return y
  })(np.ones([2]))
  t.throws(() => pullback!(np.array(1)), { instanceOf: UnboundAxisError })
  t.throws(() => overI((a) => lax.psumScatter(a, 'i'))(np.ones([2, 3])), { instanceOf: ShapeError, message: 'psumScatter requires axis 0 of 2 elements, got float32[3]' }) // prettier-ignore
  t.throws(() => overI((a) => lax.allToAll(a, 'i', 0, 0, { tiled: true }))(np.ones([2, 3])), { instanceOf: ShapeError, message: 'allToAll requires axis 0 of a multiple of 2 elements, got float32[3]' }) // prettier-ignore
  t.throws(() => overI((a) => lax.ppermute(a, 'i', [[0, 1], [1, 1]]))(np.ones([2])), { instanceOf: ArgumentError }) // prettier-ignore
  t.throws(() => overI((a) => lax.ppermute(a, 'i', [[0, 2]]))(np.ones([2])), { instanceOf: ArgumentError }) // prettier-ignore
  t.throws(() => overI((a) => lax.pshuffle(a, 'i', [0]))(np.ones([2])), { instanceOf: ArgumentError })
  t.throws(() => overI((a) => lax.pbroadcast(a, 'i', 2))(np.ones([2])), { instanceOf: ArgumentError })
})

test('a sum over the axis is one ReduceSum of the members, printed as JAX prints it', (t) => {
  const inner = overI((a) => grad((b: NDArray) => lax.psum(b, 'i'))(a))
  t.is(
    String(makeJaxpr(overI((a) => a.div(lax.psum(a, 'i'))))(np.ones([3]))),
    '{ lambda ; a:f32[3]. let\n    b:f32[] = reduce_sum[axes=(0,)] a\n    c:f32[3] = div a b\n  in (c,) }',
  )
  allClose(t, inner(np.ones([3])), [3, 3, 3])
})
