/** nnx.remat, customVjp, evalShape and checkify: against hand-written ones, and errors. */
import test from 'ava'
import {
  ArgumentError,
  checkify,
  checkpointPolicies,
  type CheckpointPolicy,
  DifferentiationError,
  grad,
  jit,
  lax,
  type NDArray,
  nnx,
  np,
  random,
  ShapeDtypeStruct,
  tree,
} from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { Cell, foreignWrite, stackedCell, ws, xs } from './cells.js'

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
  t.throws(() => nnx.remat((x: NDArray) => cell(x))(xs), foreignWrite)
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
  t.throws(() => nnx.jit((m: Cell) => nnx.customVjp((m: Cell) => (other(xs), m.w.value))(m))(new Cell()), foreignWrite)
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

test('remat: policies keep values, and static arguments are part of the program', (t) => {
  const x = np.array([0.3, -2])
  const cell = new Cell()
  const f = nnx.remat((m: Cell, y: NDArray, n: number) => np.sin(m(y)).mul(n), {
    policy: checkpointPolicies.everythingSaveable,
    staticArgnums: [2],
  })
  const grads = nnx.grad((m: Cell) => np.sum(f(m, x, 3)))(cell)
  t.is(cell.calls.value.item(), 1)
  allClose(t, grads.w.value, nnx.grad((m: Cell) => np.sum(np.sin(m(x)).mul(3)))(cell).w.value)
  const sines = (policy: CheckpointPolicy): number =>
    String(
      nnx.makeJaxpr((m: Cell) =>
        nnx.grad((n: Cell) => np.sum(nnx.remat((o: Cell) => np.sin(np.sin(o(x))), { policy })(n)))(m),
      )(new Cell()),
    ).split(' sin ').length
  t.true(sines(checkpointPolicies.everythingSaveable) < sines(checkpointPolicies.nothingSaveable))
})

test('checkify: checks as values, writes of the function', (t) => {
  const cell = new Cell()
  const f = nnx.checkify((m: Cell, x: NDArray) => {
    checkify.check(np.all(x.gt(0)), 'x must be positive')
    return m(x)
  })
  const [error, y] = f(cell, np.array([1, -1]))
  t.is(error.get(), 'x must be positive')
  t.is(cell.calls.value.item(), 1)
  allClose(t, y, np.tanh(cell.w.mul(np.array([1, -1]))))
  t.is(f(cell, np.array([1, 1]))[0].get(), null)
})
