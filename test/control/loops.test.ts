import test from 'ava'
import {
  ConcretizationError,
  DifferentiationError,
  disableJit,
  grad,
  jit,
  jvp,
  lax,
  makeJaxpr,
  type NDArray,
  np,
  PytreeError,
  ShapeError,
  tree,
  vmap,
} from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

const f64 = (...values: number[]): NDArray => np.array(Float64Array.from(values))
const scalar = (value: number): NDArray => f64(value).reshape([])

/** Doubles until `limit`, and counts. */
const doubled = (x: NDArray, limit: NDArray | number): { readonly x: NDArray; readonly n: NDArray } =>
  lax.whileLoop(
    (c: { x: NDArray; n: NDArray }) => c.x.lt(limit),
    (c) => ({ x: c.x.mul(2), n: c.n.add(1) }),
    { x, n: np.zeros([], { dtype: 'int32' }) },
  )

test('whileLoop: values, none, jit', (t) => {
  const { x, n } = doubled(np.array(3), 100)
  t.deepEqual([x.item(), n.item()], [192, 6])
  t.deepEqual([doubled(np.array(300), 100).x.item(), doubled(np.array(300), 100).n.item()], [300, 0])
  t.is(jit((y: NDArray, l: NDArray) => doubled(y, l).x)(np.array(3), np.array(50)).item(), 96)
})

test('whileLoop: forward mode, and what reverse mode says', (t) => {
  const [y, dy] = jvp((x: NDArray) => doubled(x, 100).x, [scalar(3)], [scalar(1)])
  t.deepEqual([y.item(), dy.item()], [192, 64])
  const [, through] = jvp(
    (a: NDArray) =>
      lax.whileLoop(
        (x: NDArray) => x.lt(100),
        (x) => x.mul(a),
        scalar(1),
      ),
    [scalar(3)],
    [scalar(1)],
  )
  t.is(through.item(), 5 * 3 ** 4)
  t.throws(() => grad((x: NDArray) => doubled(x, 100).x)(scalar(3)), {
    instanceOf: DifferentiationError,
    message: /reverse mode needs the values of every step .*use lax\.scan/,
  })
  t.is(grad((x: NDArray) => x.mul(doubled(lax.stopGradient(x), 100).x))(scalar(3)).item(), 192)
  const counted = grad((x: NDArray) => x.mul(doubled(lax.stopGradient(x), 100).n.astype('float64')))
  t.is(counted(scalar(3)).item(), 6)
})

test('whileLoop: vmap, where members stop at different times or at the same', (t) => {
  const { x, n } = vmap((y: NDArray) => doubled(y, 100))(np.array([3, 60, 300]))
  t.deepEqual(
    [x.toArray(), n.toArray()],
    [
      [192, 120, 300],
      [6, 1, 0],
    ],
  )
  const limits = vmap((l: NDArray) => doubled(np.array(3), l).x)(np.array([5, 50]))
  t.deepEqual(limits.toArray(), [6, 96])
  const fixed = vmap(
    (y: NDArray) =>
      lax.whileLoop(
        ([i]: readonly [NDArray, NDArray]) => i.lt(3),
        ([i, z]) => [i.add(1), z.mul(2)] as const,
        [np.zeros([], { dtype: 'int32' }), y] as const,
      )[1],
  )
  t.deepEqual(fixed(np.array([1, 2])).toArray(), [8, 16])
  t.deepEqual(jit(fixed)(np.array([1, 2])).toArray(), [8, 16])
})

test('foriLoop: number bounds make a scan, arrays a whileLoop', (t) => {
  const power = (x: NDArray, n: number | NDArray): NDArray =>
    lax.foriLoop(0, n, (_i, y: NDArray) => y.mul(x), np.onesLike(x))
  t.is(power(np.array(3), 4).item(), 81)
  t.is(power(np.array(3), np.array(4, { dtype: 'int32' })).item(), 81)
  t.is(grad((x: NDArray) => power(x, 4))(scalar(3)).item(), 108)
  checkGrads(t, (x) => lax.foriLoop(2, 5, (i, y: NDArray) => np.sin(y.mul(i)), x), [sample([3], 1)])
  t.is(lax.foriLoop(3, 3, (_i, y: NDArray) => y.add(1), np.array(7)).item(), 7)
})

const piecewise = (x: NDArray, a: NDArray): NDArray =>
  lax.cond(
    x.gt(0),
    (z: NDArray, w: NDArray) => np.sin(z).mul(w),
    (z: NDArray) => np.exp(z),
    x,
    a,
  )

test('cond: values, gradients in both branches, to second order', (t) => {
  t.is(
    lax
      .cond(
        true,
        (x: NDArray) => x.add(1),
        (x: NDArray) => x,
        np.array(1),
      )
      .item(),
    2,
  )
  for (const [x, a] of [
    [0.3, 2],
    [-0.4, 2],
  ] as const) {
    checkGrads(t, piecewise, [scalar(x), scalar(a)])
    checkGrads(t, (p, q) => jit(piecewise)(p, q), [scalar(x), scalar(a)])
    checkGrads(t, (p, q) => jit((z: NDArray) => grad(piecewise)(z, q))(p), [scalar(x), scalar(a)], { order: 1 })
  }
  const closed = (x: NDArray, y: NDArray): NDArray =>
    lax.cond(
      y.gt(0),
      () => x.mul(y),
      () => x.mul(x).add(y),
    )
  checkGrads(t, closed, [scalar(2), scalar(0.5)])
  checkGrads(t, (x, y) => jit(closed)(x, y), [scalar(2), scalar(-0.5)])
})

test('cond: vmap over operands, and over the predicate', (t) => {
  const xs = f64(0.3, -0.4, 1.2)
  allClose(
    t,
    vmap(piecewise, { inAxes: [0, null] })(xs, scalar(2)),
    [Math.sin(0.3) * 2, Math.exp(-0.4), Math.sin(1.2) * 2],
    { rtol: 1e-13, atol: 0 },
  )
  const gradients = vmap(grad(piecewise), { inAxes: [0, null] })(xs, scalar(2))
  allClose(t, gradients, [Math.cos(0.3) * 2, Math.exp(-0.4), Math.cos(1.2) * 2], { rtol: 1e-13, atol: 0 })
  const one = vmap((y: NDArray) =>
    lax.cond(
      np.array(1).gt(0),
      (z: NDArray) => z.mul(2),
      (z: NDArray) => z,
      y,
    ),
  )
  t.deepEqual(jit(one)(np.array([1, 2])).toArray(), [2, 4])
})

test('switch: any index, clamped', (t) => {
  const f = (i: NDArray | number, x: NDArray): NDArray =>
    lax.switch(i, [(z: NDArray) => z, (z: NDArray) => z.mul(10), (z: NDArray) => np.square(z)], x)
  t.deepEqual(
    [-5, 0, 1, 2, 9].map((i) => f(i, np.array(3)).item()),
    [3, 3, 30, 9, 9],
  )
  const compiled = jit(f)
  t.deepEqual(
    [-5, 0, 1, 2, 9].map((i) => compiled(i, np.array(3)).item()),
    [3, 3, 30, 9, 9],
  )
  const g = jit(grad((x: NDArray, i: NDArray) => f(i, x)))
  t.deepEqual(
    [0, 1, 2].map((i) => g(scalar(3), np.array(i, { dtype: 'int32' })).item()),
    [1, 10, 6],
  )
  const mapped = vmap((i: NDArray) => f(i, np.array(3)))(np.arange(3))
  t.deepEqual(mapped.toArray(), [3, 30, 9])
})

test('loops inside of loops, and under transformations', (t) => {
  const triangle = (x: NDArray): NDArray =>
    lax.scan(
      (c: NDArray, i: NDArray) =>
        [c.add(lax.foriLoop(0, 3, (j, s: NDArray) => s.add(np.sin(x).mul(j.add(i))), np.zerosLike(x))), null] as const,
      np.zerosLike(x),
      np.arange(4),
    )[0]
  t.true(Math.abs(triangle(scalar(0.5)).item() - Math.sin(0.5) * 30) < 1e-12)
  checkGrads(t, triangle, [scalar(0.5)])
  const choosing = (x: NDArray): NDArray =>
    lax.scan(
      (c: NDArray, i: NDArray) =>
        [
          lax.cond(
            i.gt(1),
            (z: NDArray) => np.sin(z),
            (z: NDArray) => z.mul(x),
            c,
          ),
          null,
        ] as const,
      x,
      np.arange(4),
    )[0]
  checkGrads(t, choosing, [scalar(0.7)])
  checkGrads(t, (x) => jit(choosing)(x), [scalar(0.7)])
  allClose(
    t,
    vmap(grad(choosing))(f64(0.7, 0.2)),
    [grad(choosing)(scalar(0.7)).item(), grad(choosing)(scalar(0.2)).item()],
    { rtol: 1e-12, atol: 0 },
  )
})

test('programs print', (t) => {
  t.snapshot(
    makeJaxpr((x: NDArray) =>
      lax.cond(
        x.gt(0),
        (z: NDArray) => np.sin(z),
        (z: NDArray) => z,
        x,
      ),
    )(np.array(1)).toString(),
  )
  t.snapshot(
    makeJaxpr((x: NDArray) =>
      lax.whileLoop(
        (y: NDArray) => y.lt(3),
        (y) => y.add(1),
        x,
      ),
    )(np.array(1)).toString(),
  )
})

test('errors', (t) => {
  t.throws(
    () =>
      lax.whileLoop(
        (x: NDArray) => x,
        (x) => x,
        np.array(1),
      ),
    { instanceOf: ShapeError, message: /a condition that is a scalar bool, got float32\[\]/ },
  )
  t.throws(
    () =>
      lax.whileLoop(
        (x: NDArray) => x.sum().lt(1),
        (x) => np.stack([x, x]),
        np.array(1),
      ),
    { instanceOf: ShapeError, message: /a carry that keeps its type/ },
  )
  const x = np.ones([2])
  const unlike = [() => x, () => [], () => [x], () => [[x]], () => [x, x]] as readonly (() => NDArray)[]
  for (const first of unlike)
    for (const second of unlike)
      if (first !== second) t.throws(() => lax.switch(0, [first, second]), { instanceOf: PytreeError })
  for (const other of unlike.slice(1)) {
    t.throws(() => lax.scan(() => [other(), null] as const, x, null, { length: 2 }), { instanceOf: PytreeError })
    t.throws(() => lax.whileLoop((v: NDArray) => v.sum().lt(9), other, x), { instanceOf: PytreeError })
  }
  t.throws(
    () =>
      lax.cond(
        true,
        (x: NDArray) => [x],
        (x: NDArray) => [x, x],
        np.array(1),
      ),
    { instanceOf: PytreeError },
  )
  t.throws(
    () =>
      lax.cond(
        true,
        (x: NDArray) => x,
        (x: NDArray) => np.stack([x, x]),
        np.array(1),
      ),
    { instanceOf: ShapeError, message: /branches of one result type/ },
  )
  t.throws(
    () =>
      lax.cond(
        np.array([true, false]),
        (x: NDArray) => x,
        (x: NDArray) => x,
        np.array(1),
      ),
    { instanceOf: ShapeError, message: /np\.where/ },
  )
})

test('disableJit: loops and branches run operation by operation, so that values can be read', (t) => {
  const seen: number[] = []
  const read = (x: NDArray): NDArray => {
    seen.push(x.item())
    return x
  }
  const x = np.array([1, 2, 3])
  const programs: Readonly<Record<string, () => unknown>> = {
    scan: () => lax.scan((c: NDArray, v: NDArray) => [read(c.add(v)), { y: c.mul(v) }] as const, np.array(0), x),
    'scan in reverse': () => lax.scan((c: NDArray, v: NDArray) => [c.add(read(v)), c] as const, np.array(0), x, { reverse: true }), // prettier-ignore
    map: () => lax.map((v: NDArray) => read(v).mul(2), x),
    foriLoop: () => lax.foriLoop(0, 3, (i, c: NDArray) => read(c.add(i)), np.array(1)),
    cond: () => lax.cond(np.array(2).gt(1), (v: NDArray) => read(v), (v: NDArray) => v.neg(), np.array(5)), // prettier-ignore
    switch: () => lax.switch(7, [(v: NDArray) => v, (v: NDArray) => read(v).add(1)], np.array(5)),
    whileLoop: () => lax.whileLoop((v: NDArray) => v.lt(4), (v: NDArray) => read(v.mul(2)), np.array(1)), // prettier-ignore
    'gradient of a scan': () =>
      grad((w: NDArray) => lax.scan((c: NDArray, v: NDArray) => [c.mul(w).add(v), null] as const, np.array(1), x)[0])(np.array(2)), // prettier-ignore
  }
  const numbers = (value: unknown): unknown => tree.map((leaf: NDArray) => leaf.toArray(), value as NDArray)
  const unread = (name: string): boolean => name === 'gradient of a scan'
  for (const [name, program] of Object.entries(programs)) {
    seen.length = 0
    const direct = numbers(disableJit(program))
    t.is(seen.length > 0, !unread(name), name)
    if (unread(name)) t.deepEqual(direct, numbers(program()), name)
    else t.throws(program, { instanceOf: ConcretizationError }, name)
  }
  t.deepEqual(numbers(disableJit(programs['scan']!)), [6, { y: [0, 2, 9] }])
  t.deepEqual(numbers(disableJit(programs['scan in reverse']!)), [6, [5, 3, 0]])
  t.deepEqual(numbers(disableJit(programs['foriLoop']!)), 4)
  t.deepEqual(numbers(disableJit(programs['switch']!)), 6)
  // Without steps the types of the results come from a trace.
  t.deepEqual(numbers(disableJit(() => lax.map((v: NDArray) => v.mul(2), np.zeros([0, 2])))), [])
})
