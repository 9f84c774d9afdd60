/** nnx.vmap, scan, cond, loops, remat, customVjp and EMA against Flax. */
import test, { type ExecutionContext } from 'ava'
import { ArgumentError, type NDArray, nnx, np, tree } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { readFileSync } from 'node:fs'

type Leaves = Readonly<Record<string, readonly number[]>>
const golden: any = JSON.parse(readFileSync('test/golden/nnx-transforms.json', 'utf8'))
const x = np.array(golden.x).reshape(4, 3)

class Block extends nnx.Module<[x: NDArray], NDArray> {
  readonly linear: nnx.Linear
  readonly norm: nnx.BatchNorm
  readonly dropout: nnx.Dropout
  constructor(rngs: nnx.Rngs) {
    super()
    this.linear = new nnx.Linear(3, 3, { rngs })
    this.norm = new nnx.BatchNorm(3, { rngs })
    this.dropout = new nnx.Dropout(0.5, { rngs })
  }
  override call(x: NDArray): NDArray {
    return nnx.relu(this.dropout(this.norm(this.linear(x))))
  }
}

const loose = { rtol: 2e-5, atol: 2e-5 }

/** A state has the golden leaves, keys of random streams aside. */
const sameLeaves = (t: ExecutionContext, state: nnx.AnyState, expected: Leaves, what: string): void => {
  const flat = nnx.toFlatState(nnx.filterState(state, nnx.Not(nnx.RngKey)))
  t.deepEqual(flat.map(([path]) => path.join('/')).sort(), Object.keys(expected).sort(), what)
  for (const [path, leaf] of flat) {
    const name = path.join('/')
    allClose(t, leaf.value, expected[name]!, loose, `${what} ${name}`)
  }
}
const sumOfSquares = (y: NDArray): NDArray => np.sum(np.square(y))

test('vmap makes and calls an ensemble', (t) => {
  const rngs = new nnx.Rngs(0)
  const backups = nnx.splitRngs(rngs, { splits: 3 })
  const models = nnx.vmap((rngs: nnx.Rngs) => new nnx.Linear(3, 2, { rngs }))(rngs)
  nnx.restoreRngs(backups)
  const { state, count, y, shape } = golden.ensemble
  sameLeaves(t, nnx.state(models), state, 'ensemble')
  t.is(rngs.default.count.value.item(), count)
  const out = nnx.vmap((m: nnx.Linear, x: NDArray) => m(x), { inAxes: [0, null], outAxes: 1 })(models, x)
  t.deepEqual(out.shape, shape)
  allClose(t, out, y, loose)
})

test('scan over stacked layers: outputs, statistics, counts, gradients', (t) => {
  const rngs = new nnx.Rngs(1)
  nnx.splitRngs(rngs, { splits: 4 })
  const blocks = nnx.vmap((rngs: nnx.Rngs) => new Block(rngs))(rngs)
  const forward = nnx.scan((x: NDArray, block: Block) => block(x), { inAxes: [nnx.Carry, 0], outAxes: nnx.Carry })
  const { y, after, grads, after2 } = golden.stacked
  allClose(t, forward(x, blocks), y, loose)
  sameLeaves(t, nnx.state(blocks), after, 'after')
  sameLeaves(t, nnx.grad((m: Block) => sumOfSquares(forward(x, m)))(blocks), grads, 'grads')
  sameLeaves(t, nnx.state(blocks, nnx.BatchStat), after2, 'after grad')
})

test('scan with one layer, its parameters shared and its statistics and counts carried', (t) => {
  for (const wrap of [(f: any) => f, (f: any) => nnx.jit(f)]) {
    const block = new Block(new nnx.Rngs(2))
    const axes = new nnx.StateAxes([
      [nnx.Param, null],
      ['...', nnx.Carry],
    ])
    const forward = wrap(
      nnx.scan(
        (block: Block, c: NDArray, d: NDArray) => {
          const y = block(c.add(d))
          return [y, np.sum(y, { axis: -1 })] as const
        },
        { inAxes: [axes, nnx.Carry, 0], outAxes: [nnx.Carry, 1], length: 3 },
      ),
    )
    const [c, ys] = forward(block, x, np.array([0.1, 0.2, 0.3]))
    const { c: carry, ys: stacked, shape, after } = golden.shared
    allClose(t, c, carry, loose)
    t.deepEqual(ys.shape, shape)
    allClose(t, ys, stacked, loose)
    sameLeaves(t, nnx.state(block), after, 'after')
  }
})

test('remat: gradients and state', (t) => {
  const { grads, after } = golden.rematted
  for (const compile of [false, true]) {
    const block = new Block(new nnx.Rngs(3))
    const forward = nnx.remat((m: Block, x: NDArray) => m(x))
    const g = nnx.grad((m: Block) => sumOfSquares(forward(m, x)))
    sameLeaves(t, (compile ? nnx.jit((m: Block) => g(m)) : g)(block), grads, 'grads')
    sameLeaves(t, nnx.state(block, nnx.Not(nnx.Param)), after, 'after')
  }
})

test('cond and switch', (t) => {
  const { ys, after } = golden.branches
  for (const compile of [false, true]) {
    const block = new Block(new nnx.Rngs(4))
    const choose = (p: NDArray, m: Block): NDArray => nnx.cond(p, (m: Block, x: NDArray) => m(x), (_: Block, x: NDArray) => x.mul(2), m, x) // prettier-ignore
    const f = compile ? nnx.jit(choose) : choose
    allClose(t, f(np.array(true), block), ys[0], loose)
    allClose(t, f(np.array(false), block), ys[1], loose)
    const pick = (i: NDArray, m: Block): NDArray => nnx.switch(i, [(_: Block, x: NDArray) => x, (m: Block, x: NDArray) => m.linear(x), (m: Block, x: NDArray) => m(x)], m, x) // prettier-ignore
    allClose(t, (compile ? nnx.jit(pick) : pick)(np.array(2, { dtype: 'int32' }), block), ys[2], loose)
    sameLeaves(t, nnx.state(block), after, 'after')
  }
})

test('foriLoop and whileLoop', (t) => {
  const g = golden.loops
  const block = new Block(new nnx.Rngs(5))
  const [m, y] = nnx.foriLoop(0, 3, (i, [m, x]: readonly [Block, NDArray]) => [m, m(x).add(i)] as const, [block, x])
  t.is(m, block)
  allClose(t, y, g.fori, loose)
  sameLeaves(t, nnx.state(block), g.after, 'after fori')
  const [same, i, z] = nnx.whileLoop(
    ([, i]: readonly [Block, NDArray, NDArray]) => i.lt(3),
    ([m, i, x]) => [m, i.add(1), m(x)] as const,
    [block, np.array(1), x],
  )
  t.is(same, block)
  t.is(i.item(), 3)
  allClose(t, z, g.while, loose)
  sameLeaves(t, nnx.state(block), g.after2, 'after while')
  const [, u] = nnx.foriLoop(1, 4, (i, [m, x]: readonly [Block, NDArray]) => [m, m(x).add(i)] as const, [block, x] as const, { unroll: 2 }) // prettier-ignore
  allClose(t, u, g.unrolled, loose)
  sameLeaves(t, nnx.state(block), g.after3, 'after fori, unrolled')
  t.throws(() => nnx.foriLoop(0, np.array(2, { dtype: 'int32' }), (_i, x: NDArray) => x, x, { unroll: 2 }), {
    instanceOf: ArgumentError,
    message: /numbers as bounds for unroll, got arrays/,
  })
})

test('customVjp', (t) => {
  class Foo extends nnx.Module<[], NDArray> {
    readonly x = new nnx.Param(np.array([0.5, 1]))
    readonly y = new nnx.Param(np.array([2, 3]))
    override call(): NDArray {
      return np.sum(np.sin(this.x.value).mul(this.y.value))
    }
  }
  const f = nnx.customVjp((m: Foo) => m())
  f.defvjp(
    (m) => [m(), { cos: np.cos(m.x.value), sin: np.sin(m.x.value), m }],
    ({ cos, sin, m }, [[inputs], ct]) => {
      // Nothing was written: there are no cotangents of what was.
      t.deepEqual(Object.keys(inputs), [])
      return [{ x: cos.mul(10).mul(ct).mul(m.y.value), y: sin.mul(ct) }]
    },
  )
  sameLeaves(t, nnx.grad((m: Foo) => f(m))(new Foo()), golden.custom.grads, 'grads')
  sameLeaves(t, nnx.jit((m: Foo) => nnx.grad((m: Foo) => f(m))(m))(new Foo()), golden.custom.grads, 'compiled')
})

test('EMA', (t) => {
  const model = new nnx.Linear(2, 2, { rngs: new nnx.Rngs(6) })
  const average = new nnx.EMA(nnx.state(model), 0.9)
  const update = nnx.jit((e: nnx.EMA, m: nnx.Linear) => {
    e.update(m)
  })
  for (const k of [1, 2]) {
    model.kernel.value = model.kernel.value.add(k)
    update(average, model)
  }
  t.is(update.traceCount, 1)
  const { average: expected, model: own } = golden.ema
  const averaged = average.applyTo(model)
  sameLeaves(t, nnx.state(averaged), expected, 'average')
  sameLeaves(t, nnx.state(model), own, 'model')
  // The averaged model follows.
  t.is(averaged.kernel, (average.params as any).kernel)
  average.update(tree.map(np.zerosLike, nnx.state(model)))
  allClose(
    t,
    averaged.kernel.value,
    expected.kernel.map((v: number) => 0.9 * v),
  )
})
