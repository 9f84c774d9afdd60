/** How layers multiply, promote, average over mapped axes and scan, against Flax. */
import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { type DType, jit, lax, type NDArray, nnx, np, tree, vmap } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { decode, type Encoded, weighted } from './models.js'

interface Case {
  readonly x: readonly Encoded[]
  readonly before: Readonly<Record<string, Encoded>>
  readonly after: Readonly<Record<string, Encoded>>
  readonly grads?: Readonly<Record<string, Encoded>>
  readonly y: readonly Encoded[]
}
const { cases } = JSON.parse(readFileSync('test/golden/nnx-hooks.json', 'utf8')) as {
  readonly cases: Readonly<Record<string, Case>>
}

const snake = (part: string | number): string => String(part).replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
const nameOf = (path: nnx.Path): string => path.map(snake).join('/')
const tolerances: Readonly<Partial<Record<DType, number>>> = { float16: 4e-3, bfloat16: 3e-2 }

const same = (t: ExecutionContext, x: NDArray, expected: Encoded, what: string, loose = 1e-5): void => {
  t.is(x.dtype, expected.dtype, what)
  t.deepEqual(x.shape, expected.shape, what)
  const tolerance = tolerances[x.dtype] ?? loose
  allClose(t, x.astype('float32'), expected.data, { rtol: tolerance, atol: tolerance }, what)
}

const rngs = (): nnx.Rngs => new nnx.Rngs(0)
const halved: nnx.PromoteDtype = (arrays) => arrays.map((x) => (x === null ? null : x.astype('float16')))
const doubled: nnx.DotGeneral = (a, b, dims, options) => lax.dotGeneral(a, b, dims, options).mul(2)
const f16 = { dtype: 'float16', preferredElementType: 'float32' } as const
const gru = { recurrentKernelInit: nnx.initializers.lecunNormal(), promoteDtype: halved }
const attention = { decode: false, normalizeQk: true }

class Counting extends nnx.RNNCellBase<NDArray> {
  readonly scale: nnx.Param
  readonly count = new nnx.BatchStat(np.zeros([], { dtype: 'int32' }))
  readonly last: nnx.Cache
  constructor(steps: number | null = null) {
    super()
    this.scale = new nnx.Param(np.full(steps === null ? [] : [steps], 0.5))
    this.last = new nnx.Cache(np.zeros(steps === null ? [] : [steps, 2]))
  }
  override call(carry: NDArray, x: NDArray): readonly [NDArray, NDArray] {
    this.count.value = this.count.value.add(1)
    const next = np.tanh(np.add(carry, np.multiply(np.multiply(x, this.scale.value), this.count.value)))
    if (this.last.ndim > 0) this.last.value = next.sum({ axis: 0 })
    return [next, next]
  }
  override initializeCarry(shape: readonly number[]): NDArray {
    return np.zeros(shape)
  }
}
const stateAxes = new nnx.StateAxes([[nnx.Param, 0], [nnx.Cache, 0], ['...', nnx.Carry]]) // prettier-ignore
const shared = new nnx.StateAxes([[nnx.BatchStat, null], ['...', nnx.Carry]]) // prettier-ignore

type AnyLayer = nnx.Module<any, any>
const norms: Readonly<
  Record<string, (options: nnx.NamedAxisOptions & { readonly useFastVariance?: boolean }) => AnyLayer>
> = {
  BatchNorm: (options) => new nnx.BatchNorm(4, { rngs: rngs(), ...options }),
  LayerNorm: (options) => new nnx.LayerNorm(4, { rngs: rngs(), ...options }),
  RMSNorm: (options) => new nnx.RMSNorm(4, { rngs: rngs(), ...options }),
  GroupNorm: (options) => new nnx.GroupNorm(4, { numGroups: 2, rngs: rngs(), ...options }),
  InstanceNorm: (options) => new nnx.InstanceNorm(4, { rngs: rngs(), ...options }),
}
const ofNorms: Readonly<Record<string, () => AnyLayer>> = Object.fromEntries(
  Object.entries(norms).flatMap(([name, make]) => [
    [`${name} axisName`, () => make({ axisName: 'batch' })],
    [`${name} axisName slow`, () => make({ axisName: 'batch', useFastVariance: false })],
  ]),
)

const rows: Readonly<Record<string, () => AnyLayer>> = {
  ...ofNorms,
  'Linear preferred': () => new nnx.Linear(4, 2, { rngs: rngs(), ...f16 }),
  'Linear dotGeneral': () => new nnx.Linear(4, 2, { rngs: rngs(), dotGeneral: doubled }),
  'Linear promoteDtype': () => new nnx.Linear(4, 2, { rngs: rngs(), promoteDtype: halved }),
  'LinearGeneral preferred': () => new nnx.LinearGeneral(4, [2, 2], { rngs: rngs(), ...f16 }),
  'LinearGeneral dotGeneralCls': () => new nnx.LinearGeneral(4, 2, { rngs: rngs(), dotGeneralCls: () => doubled }),
  'Einsum preferred': () => new nnx.Einsum('bi,ij->bj', [4, 2], { biasShape: [2], rngs: rngs(), ...f16 }),
  'Einsum einsumOp': () =>
    new nnx.Einsum('bi,ij->bj', [4, 2], { rngs: rngs(), einsumOp: (formula, a, b) => np.einsum(formula, a, b).neg() }),
  'Conv preferred': () => new nnx.Conv(2, 2, [2, 2], { rngs: rngs(), ...f16 }),
  'Conv convGeneralDilated': () =>
    new nnx.Conv(2, 2, [2, 2], {
      padding: 'VALID',
      rngs: rngs(),
      convGeneralDilated: (...args) => lax.convGeneralDilated(...args).mul(3),
    }),
  'Conv promoteDtype': () => new nnx.Conv(2, 2, [2, 2], { rngs: rngs(), promoteDtype: halved }),
  'ConvTranspose preferred': () => new nnx.ConvTranspose(2, 2, [2, 2], { strides: 2, rngs: rngs(), ...f16 }),
  'Embed promoteDtype': () => new nnx.Embed(3, 2, { rngs: rngs(), promoteDtype: halved }),
  'LoRA promoteDtype': () => new nnx.LoRA(4, 2, 3, { rngs: rngs(), promoteDtype: halved }),
  'PReLU promoteDtype': () => new nnx.PReLU({ dtype: 'float16', promoteDtype: halved }),
  'GRUCell promoteDtype': () => new nnx.RNN(new nnx.GRUCell(4, 2, { rngs: rngs(), ...gru })),
  'MultiHeadAttention hooks': () =>
    new nnx.MultiHeadAttention(2, 4, { ...attention, qkvDotGeneral: doubled, outDotGeneralCls: () => doubled, rngs: rngs() }), // prettier-ignore
  'MultiHeadAttention promoteDtypes': () =>
    new nnx.MultiHeadAttention(2, 4, { ...attention, qkvPromoteDtype: halved, lnPromoteDtype: halved, outPromoteDtype: halved, rngs: rngs() }), // prettier-ignore
  'BatchNorm float16': () => new nnx.BatchNorm(4, { dtype: 'float16', rngs: rngs() }),
  'BatchNorm promoteDtype': () => new nnx.BatchNorm(4, { promoteDtype: halved, rngs: rngs() }),
  'LayerNorm promoteDtype': () => new nnx.LayerNorm(4, { promoteDtype: halved, rngs: rngs() }),
  'RNN stateAxes': () => new nnx.RNN(new Counting(5), { stateAxes }),
  'RNN stateAxes reverse': () =>
    new nnx.RNN(new Counting(5), { stateAxes, reverse: true, keepOrder: true, returnCarry: true }),
  'RNN stateAxes shared': () => new nnx.RNN(new Counting(), { stateAxes: shared }),
  'RNN unroll': () => new nnx.RNN(new Counting(5), { stateAxes, unroll: 2 }),
}

/** Each member of the first axis by itself, but for the statistics. */
const overAxis = (m: AnyLayer, x: NDArray): NDArray => {
  const [graphdef, state] = nnx.split(m)
  const member = (y: NDArray): readonly [NDArray, typeof state] => {
    const inner = nnx.merge(graphdef, state)
    return [inner(y) as NDArray, nnx.state(inner)]
  }
  const [y, after] = vmap(member, { axisName: 'batch' })(x)
  nnx.update(m, tree.map((z: NDArray) => z.slice(0), after as nnx.AnyState)) // prettier-ignore
  return y
}

const isPool = (name: string): boolean => name.startsWith('pool')

test('there is a row for each golden case', (t) => {
  t.deepEqual(Object.keys(rows).sort(), Object.keys(cases).filter((name) => !isPool(name)).sort()) // prettier-ignore
})

for (const [name, make] of Object.entries(rows)) {
  test(`Flax: ${name}`, (t) => {
    const { x, before, after, grads, y } = cases[name]!
    const input = decode(x[0]!)
    const module = make()
    const variables = [...nnx.iterGraph(module)].flatMap(([path, v]): [string, nnx.Variable][] =>
      v instanceof nnx.Variable && !(v instanceof nnx.RngState) ? [[nameOf(path), v as nnx.Variable]] : [],
    )
    t.deepEqual(variables.map(([at]) => at).sort(), Object.keys(before).sort())
    for (const [at, v] of variables) v.value = decode(before[at]!)
    const call = (m: AnyLayer): unknown => (name.includes('axisName') ? overAxis(m, input) : (m(input) as unknown))
    const isHalf = /preferred|romoteDtype|float16/.test(name)
    if (grads !== undefined) {
      const found = nnx.grad((m: AnyLayer) => weighted(call(m)))(nnx.clone(module))
      const flat = new Map(nnx.toFlatState(found as never).map(([path, leaf]) => [nameOf(path), leaf.value]))
      t.deepEqual([...flat.keys()].sort(), Object.keys(grads).sort())
      for (const [at, g] of flat) same(t, g, grads[at]!, `gradient of ${at}`, isHalf ? 4e-3 : 2e-5)
    }
    const results = tree.leaves(nnx.jit((m: AnyLayer) => call(m))(module)) as NDArray[]
    t.is(results.length, y.length)
    results.forEach((z, i) => same(t, z, y[i]!, `result ${i}`, isHalf ? 2e-3 : 1e-5))
    for (const [at, v] of variables) same(t, v.value, after[at]!, `${at} after`, isHalf ? 2e-3 : 1e-5)
  })
}

test('pool reduces by any function', (t) => {
  for (const [name, padding] of [
    ['SAME', 'SAME'],
    ['VALID', 'VALID'],
    [
      'edges',
      [
        [0, 1],
        [2, 0],
      ],
    ],
  ] as const) {
    // prettier-ignore
    const { x, y } = cases[`pool ${name}`]!
    same(
      t,
      nnx.pool(decode(x[0]!), 1, (a, b) => a.mul(b), [2, 3], [2, 1], padding),
      y[0]!,
      name,
    )
  }
})

test('broadcastRngs: the same keys at all steps, one key of the stream; unroll changes nothing', (t) => {
  class Dropping extends nnx.RNNCellBase<NDArray> {
    readonly drop = new nnx.Dropout(0.5, { rngs: new nnx.Rngs(3) })
    override call(carry: NDArray, x: NDArray): readonly [NDArray, NDArray] {
      return [carry, this.drop(x)]
    }
    override initializeCarry(shape: readonly number[]): NDArray {
      return np.zeros(shape)
    }
  }
  const x = np.ones([1, 7, 6])
  const fixed = new nnx.RNN(new Dropping(), { broadcastRngs: '...' })
  const y = fixed(x)
  for (let i = 1; i < 7; i++) t.deepEqual(y.slice(0, i).toArray(), y.slice(0, 0).toArray())
  t.is((fixed.cell as Dropping).drop.rngs!.count.value.item(), 1)
  const [loop, three, all] = [1, 3, true].map((unroll) => {
    const rnn = new nnx.RNN(new Dropping(), { unroll, reverse: true })
    const result = jit((z: NDArray) => nnx.merge(...nnx.split(rnn))(z))(x)
    return [result.toArray(), rnn(x).toArray(), (rnn.cell as Dropping).drop.rngs!.count.value.item()]
  })
  t.deepEqual(three, loop)
  t.deepEqual(all, loop)
  t.is(loop![2], 7)
})
