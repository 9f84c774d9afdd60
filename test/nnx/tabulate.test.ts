import test from 'ava'
import { ArgumentError, lax, makeJaxpr, type NDArray, nnx, np, ShapeDtypeStruct } from '../../src/index.js'
import { flopsOf } from '../../src/nnx/flops.js'

const rngs = (): nnx.Rngs => new nnx.Rngs(0)

test('the table has the rows and sizes of Flax', (t) => {
  const model = new nnx.Sequential(new nnx.Linear(2, 3, { rngs: rngs() }), new nnx.BatchNorm(3, { rngs: rngs() }))
  const table = nnx.tabulate(model, [np.ones([1, 2])])
  const lines = [
    '                                       Sequential Summary',
    '┏━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┓',
    '┃ path     ┃ type       ┃ inputs       ┃ outputs      ┃ BatchStat        ┃ Param                ┃',
    '┡━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━┩',
    '│          │ Sequential │ float32[1,2] │ float32[1,3] │ 6 (24 B)         │ 15 (60 B)            │',
    '├──────────┼────────────┼──────────────┼──────────────┼──────────────────┼──────────────────────┤',
    '│ layers/0 │ Linear     │ float32[1,2] │ float32[1,3] │                  │ bias: float32[3]     │',
    '│          │            │              │              │                  │ kernel: float32[2,3] │',
    '│          │            │              │              │                  │                      │',
    '│          │            │              │              │                  │ 9 (36 B)             │',
    '├──────────┼────────────┼──────────────┼──────────────┼──────────────────┼──────────────────────┤',
    '│ layers/1 │ BatchNorm  │ float32[1,3] │ float32[1,3] │ mean: float32[3] │ bias: float32[3]     │',
    '│          │            │              │              │ var: float32[3]  │ scale: float32[3]    │',
    '│          │            │              │              │                  │                      │',
    '│          │            │              │              │ 6 (24 B)         │ 6 (24 B)             │',
    '├──────────┼────────────┼──────────────┼──────────────┼──────────────────┼──────────────────────┤',
    '│          │            │              │ Total        │ 6 (24 B)         │ 15 (60 B)            │',
    '└──────────┴────────────┴──────────────┴──────────────┴──────────────────┴──────────────────────┘',
    '',
    '                                   Total Parameters: 21 (84 B)',
  ]
  t.deepEqual(table.split('\n'), lines)
  // The model is as it was.
  t.deepEqual(nnx.toFlatState(nnx.state(model)).length, 6)
  t.deepEqual(Object.getOwnPropertyNames(model), ['layers'])
})

class Two extends nnx.Module<[x: NDArray, options?: { readonly scale?: NDArray }], readonly [NDArray, NDArray]> {
  readonly inner = new nnx.Sequential(new nnx.Linear(2000, 3, { rngs: rngs() }), nnx.relu)
  readonly unused = new nnx.Linear(1, 1, { rngs: rngs() })
  override call(x: NDArray, { scale = np.ones([]) }: { readonly scale?: NDArray } = {}) {
    const y = this.inner(x).mul(scale)
    return [y, this.inner(x)] as const
  }
  encode(x: NDArray): NDArray {
    return this.inner(x)
  }
}

test('depth, methods, several inputs and outputs, large sizes, modules that are not called', (t) => {
  const model = new Two()
  const x = new ShapeDtypeStruct([4, 2000])
  const text = nnx.tabulate(model, [x, { scale: np.ones([3]) }])
  const rows = text.split('\n').map((line) => line.split('│').map((cell) => cell.trim()))
  const at = rows.findIndex((row) => row[2] === 'Two')
  t.deepEqual(rows[at]!.slice(1, 6), ['', 'Two', 'float32[4,2000]', 'float32[4,3]', '6,005 (24.0 KB)'])
  t.deepEqual(rows[at + 1]!.slice(3, 5), ['{scale: float32[3]}', 'float32[4,3]'])
  t.is(rows.filter((row) => row[1] === 'inner').length, 1, 'the first call counts')
  t.true(text.includes('inner/layers/0'))
  t.false(text.includes('unused'))
  const shallow = nnx.tabulate(model, [x], { depth: 1, method: 'encode' })
  t.true(shallow.includes('inner'))
  t.false(shallow.includes('inner/layers/0'))
  t.throws(() => nnx.tabulate(model, [x], { method: 'nothing' }), { instanceOf: ArgumentError, message: /'nothing'/ })
})

test('flops', (t) => {
  const model = new nnx.Sequential(new nnx.Linear(8, 4, { rngs: rngs() }), nnx.relu, new nnx.Conv(4, 6, [3], { rngs: rngs(), useBias: false, padding: 'VALID' })) // prettier-ignore
  const text = nnx.tabulate(model, [np.ones([2, 5, 8])], { computeFlops: true })
  const rows = text.split('\n').map((line) => line.split('│').map((cell) => cell.trim()))
  const flops = rows.flatMap((row) => (['Linear', 'Conv'].includes(row[2]!) ? [row[5]] : []))
  // Products and sums of each output, and the bias.
  t.deepEqual(flops, [(2 * 10 * 4 * 8 + 10 * 4).toLocaleString('en-US'), (2 * 2 * 3 * 6 * 3 * 4).toLocaleString('en-US')]) // prettier-ignore
  const both = nnx.tabulate(model, [np.ones([2, 5, 8])], { computeFlops: true, computeVjpFlops: true, rowFilter: ({ type }) => type === 'Linear' }) // prettier-ignore
  const [head, ...listed] = both.split('\n').map((line) => line.split(/[│┃]/).map((cell) => cell.trim())).filter((row) => row.length > 2 && row[2] !== '') // prettier-ignore
  t.deepEqual(head!.slice(5, 7), ['flops', 'vjp_flops'])
  t.deepEqual(listed.map((row) => row[2]), ['Linear']) // prettier-ignore
  // Three products of the same size, the bias, and the sum that is its gradient.
  t.is(listed[0]![6], (3 * 2 * 10 * 4 * 8 + 2 * 10 * 4).toLocaleString('en-US'))
  const integers = nnx.tabulate(new nnx.Embed(7, 3, { rngs: rngs() }), [new ShapeDtypeStruct([5], 'int32')], { computeVjpFlops: true }) // prettier-ignore
  t.true(integers.includes('vjp_flops'))
  const count = (f: (x: NDArray) => unknown): number => flopsOf(makeJaxpr(f)(np.ones([3])))
  t.is(
    count((x) => lax.scan((c: NDArray, d: NDArray) => [c.mul(d), c.add(d)], np.ones([]), x)),
    6,
  )
  t.is(
    count((x) => np.sum(x)),
    3,
  )
  const branch = (f: (x: NDArray) => NDArray) => (x: NDArray) => lax.cond(np.sum(x).gt(0), f, (x: NDArray) => x, x)
  t.is(count(branch((x) => np.sin(np.sin(x)))) - count(branch((x) => np.sin(x))), 3)
})
