/** nnx.vmap, scan, cond, loops, remat, customVjp and evalShape: against hand-written ones, laws, and errors. */
import test from 'ava'
import {
  ArgumentError,
  AsyncFunctionError,
  DifferentiationError,
  grad,
  jit,
  lax,
  makeJaxpr,
  type NDArray,
  nnx,
  np,
  optax,
  random,
  ShapeDtypeStruct,
  ShapeError,
  TraceLevelError,
  tree,
  vmap,
} from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'

class Cell extends nnx.Module<[x: NDArray], NDArray> {
  readonly w: nnx.Param
  readonly calls = new nnx.Variable(np.array(0))
  constructor(w: NDArray = np.array([0.5, -1])) {
    super()
    this.w = new nnx.Param(w)
  }
  override call(x: NDArray): NDArray {
    this.calls.value = this.calls.value.add(1)
    return np.tanh(this.w.value.mul(x))
  }
}
const xs = np.array([
  [1, 2],
  [3, -1],
  [0.5, 4],
])
const ws = np.array([
  [1, 2],
  [0.1, 0.2],
  [-1, 0.5],
])
const stackedCell = (): Cell => {
  const cell = new Cell(ws)
  cell.calls.value = np.zeros([3])
  return cell
}
const all = { instanceOf: TraceLevelError, message: /Cannot mutate 'Variable' from a different trace level/ }

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

test('vmap: filters in a tree, Variables that are the same for all, and modules as results', (t) => {
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
  t.throws(() => nnx.vmap((x: NDArray) => closed(x))(xs), all)
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
  t.throws(() => nnx.scan((x: NDArray) => cell(x), { inAxes: [0], outAxes: 0 })(xs), all)
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

// cond and switch

test('cond and switch: what branches write reaches the caller, eager, compiled and differentiated', (t) => {
  const onTrue = (m: Cell, x: NDArray): NDArray => m(x)
  const onFalse = (m: Cell, x: NDArray): NDArray => {
    m.calls.value = m.calls.value.sub(1)
    return x.mul(m.w.value)
  }
  const f = (p: NDArray, m: Cell, x: NDArray): NDArray => np.sum(nnx.cond(p, onTrue, onFalse, m, x))
  const x = np.array([2, 3])
  for (const g of [f, nnx.jit(f)]) {
    const cell = new Cell()
    g(np.array(true), cell, x)
    t.is(cell.calls.value.item(), 1)
    g(np.array(false), cell, x)
    g(np.array(false), cell, x)
    t.is(cell.calls.value.item(), -1)
    const gradient = (p: boolean): NDArray => nnx.grad((m: Cell) => g(np.array(p), m, x))(cell).w.value
    allClose(t, gradient(false), x)
    allClose(t, gradient(true), grad((w: NDArray) => np.sum(np.tanh(w.mul(x))))(cell.w.value))
    t.is(cell.calls.value.item(), -1)
  }
  const shared = new Cell()
  const same = nnx.switch(5, [(a: Cell, _b: Cell) => a, (a: Cell, b: Cell) => (a === b ? (b.calls.value = np.array(7), b) : a)], shared, shared) // prettier-ignore
  t.is(same, shared)
  t.is(shared.calls.value.item(), 7)
  t.is(nnx.cond(true, () => null, () => null), null) // prettier-ignore
})

test('cond: Variables that no branch writes are no results of the program', (t) => {
  const f = (x: NDArray): NDArray => {
    const cell = new Cell(x)
    const y = nnx.cond(np.sum(x).gt(0), (m: Cell) => m(x), (m: Cell) => m.w.value, cell) // prettier-ignore
    return y.add(cell.calls.value)
  }
  const [cond] = makeJaxpr(f)(np.ones([2])).eqns.filter((eqn) => eqn.primitive.name === 'cond')
  t.is(cond!.outputs.length, 2)
})

test('cond under vmap chooses for each member', (t) => {
  const cell = stackedCell()
  const y = nnx.vmap((m: Cell, x: NDArray) => nnx.cond(np.sum(x).gt(2.5), (m: Cell) => m(x), (m: Cell) => m.w.value, m))(cell, xs) // prettier-ignore
  t.deepEqual(elements(cell.calls.value), [1, 0, 1])
  allClose(t, y, np.where(np.array([[true], [false], [true]]), np.tanh(ws.mul(xs)), ws))
})

test('cond and switch: errors', (t) => {
  const [cell, other] = [new Cell(), new Cell()]
  const x = np.ones([2])
  t.throws(() => nnx.cond(np.array(true), () => other(x), () => x), all) // prettier-ignore
  t.throws(() => nnx.cond(true, (m: Cell) => [m(x)], (m: Cell): any => ({ y: m(x) }), cell), { instanceOf: ArgumentError, message: /results of one structure in onFalse and onTrue/ }) // prettier-ignore
  t.throws(() => nnx.cond(true, (m: Cell) => m(x), (m: Cell) => np.sum(m(x)), cell), { instanceOf: ShapeError, message: /a value of one type at the result\/0 \(float32\[\]\), got float32\[2\]/ }) // prettier-ignore
  t.throws(() => nnx.cond(true, (m: Cell) => void (m.calls.value = x), (m: Cell) => void (m.calls.value = np.ones([3])), cell), { instanceOf: ShapeError, message: /a value of one type at 0\/calls \(float32\[3\]\), got float32\[2\]/ }) // prettier-ignore
  t.throws(() => nnx.cond(true, (m: Cell) => void ((m as any).h = new nnx.Cache(x)), () => undefined, cell), { instanceOf: ArgumentError, message: /nothing at 0\/h, got a Cache/ }) // prettier-ignore
  t.throws(() => nnx.cond(true, (m: Cell) => void ((m as any).calls = new nnx.Variable(x)), () => undefined, cell), { instanceOf: ArgumentError, message: /another Variable in the place of one; write its value/ }) // prettier-ignore
  t.throws(() => nnx.cond(x, () => x, () => x), { instanceOf: ShapeError, message: /a scalar predicate/ }) // prettier-ignore
  t.throws(() => nnx.switch(np.array(0.5), [() => x]), {
    instanceOf: ShapeError,
    message: /an integer scalar as index/,
  })
  t.throws(() => nnx.switch(0, []), { instanceOf: ArgumentError, message: /at least one branch/ })
  t.is(cell.calls.value.item(), 0)
})

// Loops

test('whileLoop and foriLoop against steps by hand, compiled, and differentiated', (t) => {
  const byHand = (w: NDArray): NDArray => np.tanh(w.mul(np.tanh(w.mul(np.tanh(w.mul(xs))))))
  const loop = (m: Cell): NDArray => nnx.foriLoop(0, 3, (_i, [m, x]: readonly [Cell, NDArray]) => [m, m(x)] as const, [m, xs])[1] // prettier-ignore
  for (const f of [loop, nnx.jit(loop)]) {
    const cell = new Cell()
    allClose(t, f(cell), byHand(cell.w.value))
    t.is(cell.calls.value.item(), 3)
    allClose(
      t,
      nnx.grad((m: Cell) => np.sum(f(m)))(cell).w.value,
      grad((w: NDArray) => np.sum(byHand(w)))(cell.w.value),
    )
    t.is(cell.calls.value.item(), 6)
  }
  const dynamic = nnx.jit((m: Cell, n: NDArray) => nnx.foriLoop(0, n, (i, [m, s]: readonly [Cell, NDArray]) => (m(s), [m, s.add(i)] as const), [m, np.zeros([])])[1]) // prettier-ignore
  const cell = new Cell()
  t.is(dynamic(cell, np.array(4, { dtype: 'int32' })).item(), 6)
  t.is(cell.calls.value.item(), 4)
  const until = (m: Cell): Cell => nnx.whileLoop((m: Cell) => m.calls.value.lt(9), (m) => (m(xs), m), m) // prettier-ignore
  t.is(until(cell), cell)
  t.is(cell.calls.value.item(), 9)
  nnx.jit((m: Cell) => void until(m))(cell)
  t.is(cell.calls.value.item(), 9)
  const pair = nnx.foriLoop(0, 2, (_i, c: { a: Cell; b: Cell }) => (c.a(xs), c), { a: cell, b: cell })
  t.is(pair.b, cell)
  t.is(cell.calls.value.item(), 11)
})

test('a training loop inside of the program is that of eager steps', (t) => {
  const make = () => {
    const model = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
    return new nnx.Optimizer(model, optax.adam(0.1))
  }
  const step = (o: nnx.Optimizer<nnx.Linear>): void => {
    o.update(nnx.grad((m: nnx.Linear) => np.sum(np.square(m(xs))))(o.model))
  }
  const [a, b] = [make(), make()]
  for (let i = 0; i < 4; i++) step(a)
  nnx.jit((o: typeof b) => void nnx.foriLoop(0, 4, (_i, o) => (step(o as any), o), o))(b)
  allClose(t, b.model.kernel.value, a.model.kernel.value)
  t.is(b.step.value.item(), 4)
})

test('loops: errors', (t) => {
  const [cell, other] = [new Cell(), new Cell()]
  t.throws(() => nnx.whileLoop((m: Cell) => (m(xs), m.calls.value.lt(3)), (m) => m, cell), { instanceOf: ArgumentError, message: /a condition that writes nothing, got one that writes 0\/calls/ }) // prettier-ignore
  t.throws(() => nnx.foriLoop(0, 2, (_i, m: Cell) => (other(xs), m), cell), all)
  t.throws(() => nnx.foriLoop(0, 2, (_i, m: Cell) => ((m as any).k = 3, m), cell), { instanceOf: ArgumentError, message: /nothing at 0\/k, got the setting 3/ }) // prettier-ignore
  t.throws(() => nnx.foriLoop(0, 2, (_i, _m: Cell) => other, cell), { instanceOf: ArgumentError, message: /a carry with the modules that it had/ }) // prettier-ignore
  t.throws(() => nnx.foriLoop(0, 2, (_i, [m, x]: readonly [Cell, NDArray]) => [m, np.sum(x)] as const, [cell, xs]), { instanceOf: ShapeError, message: /a value of one type at 0\/1 \(float32\[3,2\]\), got float32\[\]/ }) // prettier-ignore
  t.throws(() => nnx.foriLoop(0, 2, (_i, m: Cell): any => Promise.resolve(m), cell), { instanceOf: AsyncFunctionError })
  t.is(cell.calls.value.item() + other.calls.value.item(), 0)
})

// remat, customVjp, evalShape

test('remat: gradients are the same, writes come out once, foreign ones throw', (t) => {
  const loss = (f: (m: Cell, x: NDArray) => NDArray) => (m: Cell) => np.sum(f(m, f(m, xs)))
  const plain = loss((m, x) => m(x))
  const again = loss(nnx.remat((m: Cell, x: NDArray) => m(x)))
  const cell = new Cell()
  allClose(t, nnx.grad(again)(cell).w.value, nnx.grad(plain)(new Cell()).w.value)
  t.is(cell.calls.value.item(), 2)
  allClose(t, again(cell), plain(new Cell()))
  allClose(t, nnx.jit((m: Cell) => nnx.grad(again)(m))(cell).w.value, nnx.grad(plain)(new Cell()).w.value)
  t.is(cell.calls.value.item(), 6)
  const layers = stackedCell()
  const run = nnx.scan(
    nnx.remat((c: NDArray, m: Cell) => m(c)),
    { inAxes: [nnx.Carry, 0], outAxes: nnx.Carry },
  )
  const hand = (w: NDArray): NDArray => np.sum(lax.scan((c: NDArray, w: NDArray) => [np.tanh(w.mul(c)), null] as const, np.ones([2]), w)[0]) // prettier-ignore
  allClose(t, nnx.grad((m: Cell) => np.sum(run(np.ones([2]), m)))(layers).w.value, grad(hand)(ws))
  t.throws(() => nnx.remat((x: NDArray) => cell(x))(xs), all)
})

test('customVjp: cotangents of what was written and of results, fixed arguments, and missing ones', (t) => {
  const seen: string[] = []
  const f = nnx.customVjp(
    (m: Cell, mode: string, x: NDArray) => {
      seen.push(mode)
      m.calls.value = np.sum(x)
      return m.w.value.mul(x)
    },
    { nondiffArgnums: [1] },
  )
  f.defvjp(
    (m, mode, x) => {
      m.calls.value = np.sum(x)
      return [m.w.value.mul(x), { x, mode: np.array(mode.length) }]
    },
    ((mode: string, { x }: { x: NDArray }, [[inputs], ct]: any) => {
      seen.push(`backward ${mode}`)
      return [{ w: ct.mul(x) }, np.ones([2]).mul(inputs.calls.value)]
    }) as any,
  )
  const cell = new Cell()
  const loss = (m: Cell, x: NDArray): NDArray => np.sum(f(m, 'fast', x)).add(m.calls.value.mul(3))
  const [dm, dx] = nnx.grad(loss, { argnums: [0, 1] })(cell, np.array([2, 4]))
  allClose(t, dm.w.value, [2, 4])
  // The rule hands on the cotangent of what was written.
  allClose(t, dx, [3, 3])
  t.is(cell.calls.value.item(), 6)
  t.true(seen.includes('backward fast'))
  allClose(t, f(cell, 'slow', np.array([1, 1])), cell.w.value)
})

test('customVjp: a result that is an argument has the rule too; errors', (t) => {
  const clip = nnx.customVjp((_m: Cell, x: NDArray) => x)
  clip.defvjp((_m, x) => [x, null], (_res, [, ct]) => [null, np.clip(ct, -1, 1)]) // prettier-ignore
  allClose(t, grad((x: NDArray) => np.sum(clip(new Cell(), x).mul(5)))(np.array([1, 2])), [1, 1])
  const none = nnx.customVjp((m: Cell) => np.sum(m.w.value))
  const run = (): unknown => nnx.grad((m: Cell) => none(m))(new Cell())
  t.throws(run, { instanceOf: DifferentiationError, message: /call its defvjp/ })
  none.defvjp((m) => [np.sum(m.w.value), null], () => []) // prettier-ignore
  t.throws(run, { instanceOf: ArgumentError, message: /a backward rule that returns 1 cotangents, got 0/ })
  none.defvjp((m) => [np.sum(m.w.value), null], () => [nnx.state(new nnx.Linear(1, 1, { rngs: new nnx.Rngs(0) }))]) // prettier-ignore
  t.throws(run, { instanceOf: ArgumentError, message: /cotangents of what the argument has, got one at 0\/bias/ })
  none.defvjp((m) => [[np.sum(m.w.value)] as any, null], () => [null]) // prettier-ignore
  t.throws(run, { instanceOf: ArgumentError, message: /a forward rule that returns and writes what the function does/ })
  const other = new Cell()
  t.throws(() => nnx.jit((m: Cell) => nnx.customVjp((m: Cell) => (other(xs), m.w.value))(m))(new Cell()), all)
})

test('evalShape: models and arguments without values', (t) => {
  const model = nnx.evalShape(() => new nnx.Linear(3, 5, { rngs: new nnx.Rngs(0) }))
  t.true(model instanceof nnx.Linear)
  t.true((model.kernel.value as unknown) instanceof ShapeDtypeStruct)
  t.deepEqual([model.kernel.shape, model.bias!.shape, model.kernel.dtype], [[3, 5], [5], 'float32'])
  const cell = new Cell()
  const y = nnx.evalShape((m: Cell, x: NDArray) => m(x), cell, new ShapeDtypeStruct([7, 2]) as any)
  t.deepEqual(y.shape, [7, 2])
  t.is(cell.calls.value.item(), 0)
  const [graphdef, state] = nnx.split(model)
  const values = tree.map((s: any) => np.ones(s.shape), state)
  t.deepEqual(elements(nnx.merge(graphdef, values)(np.ones([3]))), [4, 4, 4, 4, 4])
  const keyed = nnx.evalShape((key: random.PRNGKey) => random.split(key, 3), random.key(0))
  t.deepEqual((keyed as any).data.shape, [3, 2])
  t.notThrows(() => jit((x: NDArray) => x)(np.ones([])))
})
