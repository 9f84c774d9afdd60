/** Laws that hold for every layer. */
import test from 'ava'
import { type NDArray, nnx, np, tree, vmap } from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

type AnyLayer = nnx.Module<any, any>
type Make = (options: { readonly rngs: nnx.Rngs; readonly paramDtype?: 'float64' }) => AnyLayer

interface Law {
  readonly name: string
  readonly make: Make
  readonly shape: readonly number[]
  /** What is called; default the layer with the input. */
  readonly call?: (layer: any, x: NDArray) => unknown
  /** Order of the derivatives checked; default 1; 0 where the layer stops gradients on purpose. */
  readonly order?: number
}

const recurrentKernelInit = nnx.initializers.lecunNormal()
const attention: Make = (o) =>
  new nnx.MultiHeadAttention(2, 4, {
    numKvHeads: 1,
    decode: false,
    dropoutRate: 0.1,
    deterministic: true,
    ...o,
  }) as AnyLayer
const carried = (layer: any, x: NDArray): unknown => layer(layer.initializeCarry(x.shape, { rngs: new nnx.Rngs(1) }), x)

const laws: readonly Law[] = [
  { name: 'Linear', make: (o) => new nnx.Linear(3, 2, o), shape: [2, 3], order: 2 },
  { name: 'LinearGeneral', make: (o) => new nnx.LinearGeneral([2, 3], [2, 2], { axis: [0, 2], ...o }), shape: [2, 4, 3], order: 2 },
  { name: 'Einsum', make: (o) => new nnx.Einsum('ti,ij->tj', [3, 2], { biasShape: [2], ...o }), shape: [2, 3], order: 2 },
  { name: 'Conv', make: (o) => new nnx.Conv(2, 2, 3, o), shape: [2, 4, 2] },
  { name: 'ConvTranspose', make: (o) => new nnx.ConvTranspose(2, 2, 3, { strides: 2, padding: 'CIRCULAR', ...o }), shape: [2, 4, 2] },
  { name: 'Embed', make: (o) => new nnx.Embed(4, 3, o), shape: [2, 3], call: (m: nnx.Embed, q) => m.attend(q), order: 2 },
  { name: 'LayerNorm', make: (o) => new nnx.LayerNorm(3, o), shape: [2, 3], order: 2 },
  { name: 'RMSNorm', make: (o) => new nnx.RMSNorm(3, o), shape: [2, 3], order: 2 },
  { name: 'GroupNorm', make: (o) => new nnx.GroupNorm(4, { groupSize: 2, ...o }), shape: [2, 3, 4] },
  { name: 'InstanceNorm', make: (o) => new nnx.InstanceNorm(2, o), shape: [2, 3, 2] },
  { name: 'BatchNorm', make: (o) => new nnx.BatchNorm(3, o), shape: [4, 3] },
  { name: 'WeightNorm', make: (o) => new nnx.WeightNorm(new nnx.Linear(3, 2, o), o), shape: [2, 3] },
  { name: 'SpectralNorm', make: (o) => new nnx.SpectralNorm(new nnx.Linear(3, 2, o), o), shape: [2, 3], order: 0 },
  { name: 'Dropout', make: (o) => new nnx.Dropout(0.5, o), shape: [4, 3] },
  { name: 'MultiHeadAttention', make: attention, shape: [2, 3, 4], call: (m, x) => m(x, { isCausal: true }) },
  { name: 'LSTMCell', make: (o) => new nnx.LSTMCell(3, 2, { recurrentKernelInit, ...o }), shape: [2, 3], call: carried },
  { name: 'OptimizedLSTMCell', make: (o) => new nnx.OptimizedLSTMCell(3, 2, { recurrentKernelInit, ...o }), shape: [2, 3], call: carried },
  { name: 'GRUCell', make: (o) => new nnx.GRUCell(3, 2, { recurrentKernelInit, ...o }), shape: [2, 3], call: carried },
  { name: 'SimpleCell', make: (o) => new nnx.SimpleCell(3, 2, { recurrentKernelInit, ...o, ...(o.paramDtype && { dtype: o.paramDtype }) }), shape: [2, 3], call: carried },
  { name: 'RNN', make: (o) => new nnx.RNN(new nnx.GRUCell(3, 2, { recurrentKernelInit, ...o })), shape: [2, 4, 3] },
  {
    name: 'Bidirectional',
    make: (o) =>
      new nnx.Bidirectional(
        new nnx.RNN(new nnx.GRUCell(3, 2, { recurrentKernelInit, ...o })),
        new nnx.RNN(new nnx.LSTMCell(3, 2, { recurrentKernelInit, ...o })),
      ),
    shape: [2, 3, 3],
  },
  { name: 'LoRA', make: (o) => new nnx.LoRA(3, 2, 2, { baseModule: new nnx.Linear(3, 2, o), ...o }), shape: [2, 3] },
  { name: 'LoRALinear', make: (o) => new nnx.LoRALinear(3, 2, { loraRank: 2, ...o, ...(o.paramDtype && { loraParamDtype: o.paramDtype }) }), shape: [2, 3] },
  { name: 'PReLU', make: ({ paramDtype }) => new nnx.PReLU(paramDtype ? { paramDtype } : {}), shape: [2, 3] },
] // prettier-ignore

const leaves = (y: unknown): readonly NDArray[] => tree.leaves(y as NDArray)
/** Arrays of a state; some aren't in Variables. */
const stateLeaves = (module: unknown): readonly NDArray[] =>
  nnx
    .toFlatState(nnx.state(module, nnx.Not(nnx.RngKey)))
    .map(([, leaf]) => (leaf instanceof nnx.VariableState ? leaf.value : leaf))

const same = (t: any, a: readonly NDArray[], b: readonly NDArray[], what: string): void => {
  t.is(a.length, b.length, what)
  a.forEach((x, i) => {
    t.deepEqual(x.shape, b[i]!.shape, what)
    t.is(x.dtype, b[i]!.dtype, what)
    allClose(t, x, b[i]!, { rtol: 1e-5, atol: 1e-5 }, `${what} ${i}`)
  })
}

const direct = (layer: AnyLayer, x: NDArray): unknown => layer(x)
for (const { name, make, shape, call = direct, order = 1 } of laws) {
  const layer = (): AnyLayer => make({ rngs: new nnx.Rngs(0) })
  const x = sample(shape, 5, 'float32')

  test(`${name}: merge undoes split`, (t) => {
    const model = layer()
    const [graphdef, state] = nnx.split(model)
    const merged = nnx.merge(graphdef, state)
    t.is(Object.getPrototypeOf(merged), Object.getPrototypeOf(model))
    same(t, leaves(call(merged, x)), leaves(call(model, x)), 'results')
    same(t, stateLeaves(merged), stateLeaves(model), 'state after the call')
    t.true(nnx.graphdef(merged).equals(nnx.graphdef(model)))
  })

  test(`${name}: jit = eager, twice`, (t) => {
    const [eager, jitted] = [layer(), layer()]
    const f = nnx.jit((m: AnyLayer, input: NDArray) => call(m, input) as NDArray)
    for (const i of [1, 2]) {
      const input = sample(shape, i, 'float32')
      same(t, leaves(f(jitted, input)), leaves(call(eager, input)), `results of call ${i}`)
      same(t, stateLeaves(jitted), stateLeaves(eager), `state after call ${i}`)
    }
  })

  test(`${name}: vmap = loop`, (t) => {
    const [graphdef, state] = nnx.split(layer())
    const one = (input: NDArray): NDArray[] => [...leaves(call(nnx.merge(graphdef, state), input))]
    const xs = sample([3, ...shape], 6, 'float32')
    const loop = [0, 1, 2].map((i) => one(xs.slice(i)))
    const mapped = (vmap as any)(one)(xs) as NDArray[]
    same(t, mapped, loop[0]!.map((_, j) => np.stack(loop.map((ys) => ys[j]!))), 'results') // prettier-ignore
  })

  if (order > 0) {
    test(`${name}: derivatives by parameters and input`, (t) => {
      const [graphdef, params, rest] = nnx.split(
        make({ rngs: new nnx.Rngs(0), paramDtype: 'float64' }),
        nnx.Param,
        true,
      )
      const [values, structure] = tree.flatten(params as never)
      const f = (...args: NDArray[]): NDArray => {
        const state = structure.unflatten(args.slice(0, -1)) as nnx.AnyState
        const ys = leaves(call(nnx.merge(graphdef, state, rest), args.at(-1)!))
        return ys.map((y) => np.sum(np.sin(y))).reduce((a, b) => a.add(b))
      }
      const point = (values as readonly NDArray[]).map((v, i) => v.add(sample(v.shape, 20 + i).mul(0.3)))
      t.true([...point, sample(shape, 7)].every((v) => v.dtype === 'float64'))
      checkGrads(t, f, [...point, sample(shape, 7)], { order })
    })
  }
}
