/** nnx.cond, switch and loops: against hand-written ones, laws, and errors. */
import test from 'ava'
import {
  ArgumentError,
  AsyncFunctionError,
  grad,
  makeJaxpr,
  type NDArray,
  nnx,
  np,
  optax,
  ShapeError,
} from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { Cell, foreignWrite, stackedCell, ws, xs } from './cells.js'

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
  t.throws(() => nnx.cond(np.array(true), () => other(x), () => x), foreignWrite) // prettier-ignore
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
  t.throws(() => nnx.foriLoop(0, 2, (_i, m: Cell) => (other(xs), m), cell), foreignWrite)
  t.throws(() => nnx.foriLoop(0, 2, (_i, m: Cell) => ((m as any).k = 3, m), cell), { instanceOf: ArgumentError, message: /nothing at 0\/k, got the setting 3/ }) // prettier-ignore
  t.throws(() => nnx.foriLoop(0, 2, (_i, _m: Cell) => other, cell), { instanceOf: ArgumentError, message: /a carry with the modules that it had/ }) // prettier-ignore
  t.throws(() => nnx.foriLoop(0, 2, (_i, [m, x]: readonly [Cell, NDArray]) => [m, np.sum(x)] as const, [cell, xs]), { instanceOf: ShapeError, message: /a value of one type at 0\/1 \(float32\[3,2\]\), got float32\[\]/ }) // prettier-ignore
  t.throws(() => nnx.foriLoop(0, 2, (_i, m: Cell): any => Promise.resolve(m), cell), { instanceOf: AsyncFunctionError })
  t.is(cell.calls.value.item() + other.calls.value.item(), 0)
})
