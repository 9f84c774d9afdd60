/** nnx.vmap and scan: against hand-written ones, laws, and errors. */
import test from 'ava'
import {
  ArgumentError,
  AsyncFunctionError,
  grad,
  lax,
  makeJaxpr,
  type NDArray,
  nnx,
  np,
  ShapeError,
  vmap,
} from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { Cell, foreignWrite, stackedCell, ws, xs } from './cells.js'

// vmap

test('vmap is vmap of split and merge', (t) => {
  const cell = stackedCell()
  const [graphdef, state] = nnx.split(stackedCell())
  const [y, after] = vmap((s: typeof state, x: NDArray) => {
    const m = nnx.merge(graphdef, s)
    return [m(x), nnx.state(m)] as const
  })(state, xs)
  allClose(t, nnx.vmap((m: Cell, x: NDArray) => m(x))(cell, xs), y)
  allClose(t, cell.calls.value, after.calls.value)
  t.deepEqual(elements(cell.calls.value), [1, 1, 1])
})

test('vmap: axes other than the first, in and out, for written Variables and results', (t) => {
  const cell = new Cell(ws.T)
  cell.calls.value = np.zeros([1, 3])
  const axes = new nnx.StateAxes([
    [nnx.Param, 1],
    ['...', -1],
  ])
  const y = nnx.vmap((m: Cell, x: NDArray) => m(x), { inAxes: [axes, 0], outAxes: 1 })(cell, xs)
  t.deepEqual(y.shape, [2, 3])
  allClose(t, y.T, np.tanh(ws.mul(xs)))
  t.deepEqual(cell.calls.shape, [1, 3])
  // What is handed through has another axis outside.
  t.deepEqual(elements(nnx.vmap((x: NDArray) => x, { outAxes: 1 })(xs)), elements(xs.T))
})

test('vmap: filters in a tree, Variables that are the same for foreignWrite, and modules as results', (t) => {
  const cell = new Cell()
  const f = nnx.vmap((a: { m: Cell; k: NDArray }, x: NDArray) => ({ y: a.m.w.value.mul(x).mul(a.k), made: new Cell(x), m: a.m }), { inAxes: [{ m: null, k: null }, 0], outAxes: { y: 0, made: -1, m: null } }) // prettier-ignore
  const { y, made, m } = f({ m: cell, k: np.array(2) }, xs)
  t.is(m, cell)
  allClose(t, y, xs.mul(cell.w.value).mul(2))
  t.deepEqual(made.w.shape, [2, 3])
  t.deepEqual(made.calls.shape, [3])
  // A write that doesn't depend on the mapped axis is one for all.
  nnx.vmap((m: Cell, _x: NDArray) => void (m.calls.value = m.calls.value.add(1)), { inAxes: [null, 0] })(cell, xs)
  t.is(cell.calls.value.item(), 1)
  t.deepEqual(nnx.vmap(() => np.ones([2]), { axisSize: 4 })().shape, [4, 2])
})

test('vmap: fields that are added and removed, shared references, and gradients', (t) => {
  class Box extends nnx.Object {
    readonly a = new Cell(ws)
    readonly b = this.a
    made?: nnx.Variable
  }
  const box = new Box()
  box.a.calls.value = np.zeros([3])
  const { a } = box
  nnx.vmap((m: Box, x: NDArray) => {
    m.made = new nnx.Intermediate(m.a(x))
    m.b(x)
  })(box, xs)
  t.is(box.a, a)
  t.is(box.b, a)
  t.deepEqual(elements(a.calls.value), [2, 2, 2])
  allClose(t, box.made!.value, np.tanh(ws.mul(xs)))
  const loss = (m: Cell): NDArray => np.sum(nnx.vmap((m: Cell, x: NDArray) => m(x))(m, xs))
  const g = nnx.grad(loss)(stackedCell())
  allClose(t, g.w.value, grad((w: NDArray) => np.sum(np.tanh(w.mul(xs))))(ws))
  allClose(t, nnx.jit((m: Cell) => nnx.grad(loss)(m))(stackedCell()).w.value, g.w.value)
})

test('vmap: errors name the paths', (t) => {
  const closed = new Cell()
  t.throws(() => nnx.vmap((x: NDArray) => closed(x))(xs), foreignWrite)
  t.throws(() => nnx.vmap((m: Cell, x: NDArray) => m(x), { inAxes: [null, 0] }).call(null, new Cell(), xs) && nnx.vmap((m: Cell, x: NDArray) => void (m.calls.value = np.sum(x)), { inAxes: [null, 0] })(new Cell(), xs), { instanceOf: ArgumentError, message: /an axis for args\/0\/calls, which depends on mapped values, got null/ }) // prettier-ignore
  t.throws(() => nnx.vmap((m: Cell) => m.w.value)(new Cell()), { instanceOf: ShapeError, message: /an axis 0 at args\/0\/calls, got float32\[\]/ }) // prettier-ignore
  t.throws(() => nnx.vmap((m: Cell, x: NDArray) => m(x))(stackedCell(), np.ones([4, 2])), { instanceOf: ShapeError, message: /3 for float32\[3\] at args\/0\/calls and 4 for float32\[4,2\] at args\/1/ }) // prettier-ignore
  const onlyParams = new nnx.StateAxes([[nnx.Param, 0]])
  t.throws(() => nnx.vmap((m: Cell) => m.w.value, { inAxes: [onlyParams] })(stackedCell()), { instanceOf: ArgumentError, message: /an axis for 0\/calls; use '\.\.\.' as the last filter, got filters \[Param\]/ }) // prettier-ignore
  const shared = stackedCell()
  t.throws(() => nnx.vmap((a: Cell, b: Cell) => a.w.value.add(b.w.value), { inAxes: [0, 1] })(shared, shared), { instanceOf: ArgumentError, message: /one axis for what arguments share: 1\/calls has 0 elsewhere, got 1/ }) // prettier-ignore
  t.throws(() => nnx.vmap((x: NDArray) => x, { inAxes: [nnx.Carry] })(xs), { instanceOf: ArgumentError, message: /an axis at 0, got nnx\.Carry/ }) // prettier-ignore
  t.throws(() => nnx.vmap((x: NDArray) => x, { inAxes: [0, 0] })(xs), { instanceOf: ArgumentError, message: /inAxes for each of 1 arguments, got 2/ }) // prettier-ignore
  t.throws(() => nnx.vmap((x: NDArray) => x, { outAxes: null })(xs), { instanceOf: ArgumentError, message: /an axis for the result at the root/ }) // prettier-ignore
  t.throws(() => nnx.vmap(() => np.ones([]))(), {
    instanceOf: ArgumentError,
    message: /a mapped argument, or axisSize/,
  })
  t.throws(() => nnx.vmap((x: NDArray) => Promise.resolve(x))(xs), { instanceOf: AsyncFunctionError })
  t.throws(() => nnx.vmap((a: readonly NDArray[]) => a[0], { inAxes: [[0, 0, 0]] })([xs]), { instanceOf: ArgumentError, message: /axes with the structure of what they are for at 0, got a list of 3/ }) // prettier-ignore
  t.throws(() => new nnx.StateAxes([['...', 0], [nnx.Param, null]]), { instanceOf: ArgumentError }) // prettier-ignore
})

// scan

test('scan is scan of split and merge, in both directions, and so are its gradients', (t) => {
  for (const reverse of [false, true]) {
    const run = nnx.scan(
      (c: NDArray, m: Cell, x: NDArray) => {
        const y = m(x).add(c)
        return [y, np.sum(y)] as const
      },
      { inAxes: [nnx.Carry, 0, 0], outAxes: [nnx.Carry, 0], reverse },
    )
    const byHand = (w: NDArray) =>
      lax.scan(
        (c: NDArray, [w, x]: readonly [NDArray, NDArray]) => {
          const y = np.tanh(w.mul(x)).add(c)
          return [y, np.sum(y)] as const
        },
        np.zeros([2]),
        [w, xs] as const,
        { reverse },
      )
    const cell = stackedCell()
    const [c, ys] = run(np.zeros([2]), cell, xs)
    const [ec, eys] = byHand(ws)
    allClose(t, c, ec)
    allClose(t, ys, eys)
    t.deepEqual(elements(cell.calls.value), [1, 1, 1])
    const loss = (m: Cell): NDArray => np.sum(np.square(run(np.zeros([2]), m, xs)[1]))
    const expected = grad((w: NDArray) => np.sum(np.square(byHand(w)[1])))(ws)
    allClose(t, nnx.grad(loss)(cell).w.value, expected)
    t.deepEqual(elements(cell.calls.value), [2, 2, 2])
    allClose(t, nnx.jit((m: Cell) => nnx.grad(loss)(m))(cell).w.value, expected)
    t.deepEqual(elements(cell.calls.value), [3, 3, 3])
  }
})

test('scan: modules as carry, by filter, shared, and a keyed stream', (t) => {
  const cell = new Cell()
  const [same, ys] = nnx.scan((m: Cell, x: NDArray) => [m, m(x)] as const)(cell, xs)
  t.is(same, cell)
  t.is(cell.calls.value.item(), 3)
  allClose(t, ys, np.tanh(xs.mul(cell.w.value)))
  const mixed = new Cell(ws.T)
  const by = new nnx.StateAxes([[nnx.Param, 1], ['...', nnx.Carry]]) // prettier-ignore
  const z = nnx.scan((m: Cell, x: NDArray) => m(x), { inAxes: [by, 0], outAxes: -1 })(mixed, xs)
  t.deepEqual(z.shape, [2, 3])
  allClose(t, z.T, np.tanh(ws.mul(xs)))
  t.is(mixed.calls.value.item(), 3)
  const rngs = new nnx.Rngs(0)
  const draws = nnx.scan((r: nnx.Rngs) => r.normal([2]), {
    inAxes: [new nnx.StateAxes([[nnx.RngKey, null], ['...', nnx.Carry]])], // prettier-ignore
    outAxes: 0,
    length: 3,
  })(rngs)
  const again = new nnx.Rngs(0)
  allClose(t, draws, np.stack([again.normal([2]), again.normal([2]), again.normal([2])]))
  t.is(rngs.default.count.value.item(), 3)
})

test('scan: new modules and scanned Variables come out stacked; the axis stays where it was', (t) => {
  const cell = new Cell(ws.T)
  cell.calls.value = np.zeros([1, 3])
  const made = nnx.scan(
    (m: Cell) => {
      m.w.value = m.w.value.mul(2)
      return new nnx.Param(m.w.value)
    },
    { inAxes: [1], outAxes: 0 },
  )(cell)
  allClose(t, cell.w.value, ws.T.mul(2))
  allClose(t, made.value, ws.mul(2))
  t.true(made instanceof nnx.Param)
})

test('scan: a Variable that steps leave alone is a constant of the program', (t) => {
  const f = (x: NDArray): NDArray => {
    const cell = new Cell(x)
    const by = new nnx.StateAxes([['...', nnx.Carry]])
    nnx.scan((m: Cell) => void m(x), { inAxes: [by], outAxes: 0, length: 2 })(cell)
    return cell.calls.value
  }
  const scans = makeJaxpr(f)(np.ones([2])).eqns.filter((eqn) => eqn.primitive.name === 'scan')
  t.deepEqual(scans.map((eqn) => (eqn.params as any).carryCount), [1]) // prettier-ignore
})

test('scan: errors name the paths', (t) => {
  const cell = new Cell()
  const step = (m: Cell, x: NDArray): NDArray => m(x)
  t.throws(() => nnx.scan(step, { inAxes: [null, 0], outAxes: 0 })(cell, xs), { instanceOf: ArgumentError, message: /nnx\.Carry or an axis for args\/0\/calls, which a step writes, got null/ }) // prettier-ignore
  t.is(cell.calls.value.item(), 0)
  t.throws(() => nnx.scan((x: NDArray) => cell(x), { inAxes: [0], outAxes: 0 })(xs), foreignWrite)
  t.throws(() => nnx.scan((m: Cell, x: NDArray) => [new Cell(m.w.value), x] as const)(cell, xs), { instanceOf: ArgumentError, message: /a carry with the modules that it had: a Cell at carry\/the root, got a Cell/ }) // prettier-ignore
  t.throws(() => nnx.scan((c: readonly NDArray[], x: NDArray) => [[...c, x], x] as const)([np.ones([])], xs), { instanceOf: ArgumentError, message: /a carry that keeps its structure: a list of 1 at carry\/the root, got a list of 2/ }) // prettier-ignore
  t.throws(() => nnx.scan((c: NDArray, x: NDArray) => [c.add(x), x] as const)(np.ones([1]), xs), { instanceOf: ShapeError, message: /a value of one type at 0 \(float32\[1\]\), got float32\[2\]/ }) // prettier-ignore
  t.throws(() => nnx.scan((m: Cell, x: NDArray) => [void (m.calls.value = x), x] as const, { inAxes: [nnx.Carry, 0], outAxes: [nnx.Carry, 0] })(cell, xs), { instanceOf: ArgumentError, message: /a Cell at carry\/the root, got the setting undefined/ }) // prettier-ignore
  t.throws(() => nnx.scan((m: Cell, x: NDArray) => ((m.calls.value = x), [m, x] as const))(cell, xs), { instanceOf: ShapeError, message: /a value of one type at 0\/calls \(float32\[\]\), got float32\[2\]/ }) // prettier-ignore
  t.throws(() => nnx.scan((m: Cell, x: NDArray) => ((m as any).extra = new nnx.Variable(x), [m, x] as const))(cell, xs), { instanceOf: ArgumentError, message: /leaves the structure of its arguments as it is: nothing at 0\/extra, got a Variable/ }) // prettier-ignore
  t.throws(() => nnx.scan(step, { inAxes: [nnx.Carry, 0], outAxes: 0 }), { instanceOf: ArgumentError, message: /nnx\.Carry in both of inAxes and outAxes, or in neither, got only in inAxes/ }) // prettier-ignore
  t.throws(() => nnx.scan(step, { inAxes: [nnx.Carry, nnx.Carry] }), { instanceOf: ArgumentError, message: /one nnx\.Carry in inAxes, got 2/ }) // prettier-ignore
  t.throws(() => nnx.scan(step, { inAxes: [0, 0], outAxes: 0 })(stackedCell(), np.ones([4, 2])), { instanceOf: ShapeError, message: /3 for float32\[3\] at args\/0\/calls and 4 for float32\[4,2\] at args\/1/ }) // prettier-ignore
  t.throws(() => nnx.scan((c: NDArray) => c, { inAxes: nnx.Carry, outAxes: nnx.Carry })(np.ones([])), { instanceOf: ArgumentError, message: /something that is scanned, or the length/ }) // prettier-ignore
  t.throws(() => nnx.scan((x: NDArray) => x, { inAxes: [0], outAxes: null })(xs), { instanceOf: ArgumentError, message: /an axis at the root, got null/ }) // prettier-ignore
})
