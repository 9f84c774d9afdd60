/** All layers against Flax: outputs, gradients of parameters, state before and after. */
import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { type NDArray, nn, nnx, np, tree } from '../../src/index.js'
import { allClose, elements } from '../helpers/arrays.js'
import { closeTo, decode, type Encoded, inLayout, layersGolden, layouts, ramp, weighted } from './models.js'

interface Case {
  readonly x: readonly Encoded[]
  readonly before: Readonly<Record<string, Encoded>>
  /** What is other than before. */
  readonly after: Readonly<Record<string, Encoded>>
  readonly grads?: Readonly<Record<string, Encoded>>
  readonly ys: readonly (readonly Encoded[])[]
  /** In evaluation, afterwards. */
  readonly eval?: readonly Encoded[]
}
const load = (name: string): any => JSON.parse(readFileSync(`test/golden/${name}.json`, 'utf8'))
const casesOf = (layout: string): Readonly<Record<string, Case>> => load(`nnx-layers-${layout}`).cases

const snake = (part: string | number): string => String(part).replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
const nameOf = (path: nnx.Path): string => path.map(snake).join('/')

/** Arrays by Flax's names, random streams left out; what was sown item by item. */
const stateOf = (module: unknown): ReadonlyMap<string, NDArray> =>
  new Map(
    [...nnx.iterGraph(module)].flatMap(([path, value]): [string, NDArray][] => {
      if (value instanceof nnx.RngState) return []
      if (value instanceof nnx.Variable) {
        const held: unknown = value.value
        return Array.isArray(held)
          ? held.map((x: NDArray, i) => [`${nameOf(path)}/${i}`, x] as [string, NDArray])
          : [[nameOf(path), held as NDArray]]
      }
      return typeof value === 'object' && value !== null && 'aval' in value ? [[nameOf(path), value as NDArray]] : []
    }),
  )

const tolerances: Readonly<Record<string, object>> = {
  float16: { rtol: 2e-3, atol: 2e-3 },
  bfloat16: { rtol: 1.6e-2, atol: 1.6e-2 },
}
/** @param precision - the dtype in which it was computed */
const sameArray = (
  t: ExecutionContext,
  x: NDArray,
  expected: Encoded,
  what: string,
  precision: string = x.dtype,
): void => {
  t.is(x.dtype, expected.dtype, what)
  t.deepEqual(x.shape, expected.shape, what)
  allClose(t, x, expected.data, tolerances[precision] ?? { rtol: 2e-5, atol: 4e-6 }, what)
}

const sameState = (
  t: ExecutionContext,
  state: ReadonlyMap<string, NDArray>,
  expected: Readonly<Record<string, Encoded>>,
  what: string,
): void => {
  t.deepEqual([...state.keys()].sort(), Object.keys(expected).sort(), what)
  for (const [name, x] of state) sameArray(t, x, expected[name]!, `${what} ${name}`)
}

/** Parameters that are all the same become others. */
const spread = (module: unknown): void => {
  for (const [, value] of nnx.iterGraph(module)) {
    if (!(value instanceof nnx.Param)) continue
    const x = value.value as NDArray
    if (new Set(elements(x)).size === 1) value.value = x.add(ramp(x.shape, 3, [-0.5, 0.5]).astype(x.dtype))
  }
}

type AnyLayer = nnx.Module<any, any>
type Row = readonly [
  make: () => AnyLayer,
  call?: (module: any, ...xs: NDArray[]) => unknown,
  prepare?: (module: any) => void,
]

const rngs = (seed = 0): nnx.Rngs => new nnx.Rngs(seed)
const mask = np.array([
  [true, true, false, true],
  [true, false, true, true],
  [true, true, true, true],
])
const masked = (module: any, x: NDArray): unknown => module(x, { mask })
const lengths = np.array([2, 3], { dtype: 'int32' })
const byLength = (module: any, x: NDArray): unknown => module(x, { seqLengths: lengths })
const causal = nnx.makeCausalMask(np.ones([2, 3]))
const attention = (options: Partial<nnx.MultiHeadAttentionOptions> = {}) =>
  (() => new nnx.MultiHeadAttention(4, 4, { decode: false, rngs: rngs(), ...options })) as () => AnyLayer
const gru = (options: nnx.RNNOptions = {}): (() => AnyLayer) =>
  (() => new nnx.RNN(new nnx.GRUCell(4, 2, { rngs: rngs() }), options)) as () => AnyLayer
const bidirectional =
  (options: nnx.BidirectionalOptions = {}): (() => AnyLayer) =>
  () => {
    const r = rngs()
    return new nnx.Bidirectional(
      new nnx.RNN(new nnx.GRUCell(4, 2, { rngs: r })),
      new nnx.RNN(new nnx.LSTMCell(4, 2, { rngs: r })),
      options,
    )
  }
const { initializers: init } = nnx
const wide = (x: NDArray, above: number): NDArray => np.greater(x, above)
const kernelMask = wide(ramp([2, 2, 2, 3], 14, [-2, 2]), -0.5)
const conv =
  (size: readonly number[], options: Partial<nnx.ConvOptions>, outFeatures = 3): (() => AnyLayer) =>
  () =>
    new nnx.Conv(2, outFeatures, size, { ...options, rngs: rngs() })
const h = ramp([3, 2], 6)
const c = ramp([3, 2], 7)
const transposed = Object.fromEntries(
  (['SAME', 'VALID', 'CIRCULAR'] as const).flatMap((padding) =>
    [false, true].map((transposeKernel): [string, Row] => [
      `ConvTranspose ${padding} ${transposeKernel ? 'True' : 'False'}`,
      [() => new nnx.ConvTranspose(2, 3, [3, 2], { strides: [2, 1], padding, transposeKernel, rngs: rngs() })],
    ]),
  ),
)

const rows: Readonly<Record<string, Row>> = {
  'LinearGeneral axes': [() => new nnx.LinearGeneral([2, 3], [4, 2], { axis: [1, -1], rngs: rngs() })],
  'LinearGeneral batch': [() => new nnx.LinearGeneral(4, 2, { batchAxis: { 0: 2 }, rngs: rngs() })],
  Einsum: [() => new nnx.Einsum('...i,ihd->...hd', [4, 2, 3], { biasShape: [2, 3], rngs: rngs() })],
  ...transposed,
  'ConvTranspose dilated': [
    () => new nnx.ConvTranspose(4, 2, 3, { strides: 3, padding: [[1, 2]], kernelDilation: 2, rngs: rngs() }),
  ],
  'Embed attend': [() => new nnx.Embed(5, 4, { rngs: rngs() }), (m: nnx.Embed, q) => m.attend(q)],
  LayerNorm: [() => new nnx.LayerNorm(4, { rngs: rngs() })],
  'LayerNorm mask': [() => new nnx.LayerNorm(4, { useFastVariance: false, rngs: rngs() }), masked],
  'LayerNorm axes': [
    () => new nnx.LayerNorm(12, { reductionAxes: [1, 2], featureAxes: [1, 2], epsilon: 0.1, rngs: rngs() }),
  ],
  RMSNorm: [() => new nnx.RMSNorm(4, { rngs: rngs() })],
  'RMSNorm mask': [() => new nnx.RMSNorm(4, { rngs: rngs() }), masked],
  GroupNorm: [() => new nnx.GroupNorm(4, { numGroups: 2, rngs: rngs() })],
  'GroupNorm size mask': [() => new nnx.GroupNorm(4, { groupSize: 2, rngs: rngs() }), masked],
  InstanceNorm: [() => new nnx.InstanceNorm(2, { rngs: rngs() })],
  'InstanceNorm axes': [() => new nnx.InstanceNorm(10, { featureAxes: [2, 3], useScale: false, rngs: rngs() })],
  'BatchNorm mask': [() => new nnx.BatchNorm(4, { momentum: 0.8, rngs: rngs() }), masked],
  WeightNorm: [() => new nnx.WeightNorm(new nnx.Linear(4, 2, { rngs: rngs() }), { rngs: rngs(1) })],
  'WeightNorm whole': [
    () =>
      new nnx.WeightNorm(new nnx.Linear(4, 2, { rngs: rngs() }), { featureAxes: null, useScale: false, rngs: rngs(1) }),
  ],
  SpectralNorm: [() => new nnx.SpectralNorm(new nnx.Linear(4, 2, { rngs: rngs() }), { nSteps: 2, rngs: rngs(1) })],
  'SpectralNorm conv': [() => new nnx.SpectralNorm(new nnx.Conv(2, 3, [2, 2], { rngs: rngs() }), { rngs: rngs(1) })],
  'MultiHeadAttention is_causal': [attention(), (m, q) => m(q, { isCausal: true })],
  'MultiHeadAttention mask': [attention(), (m, q) => m(q, { mask: causal })],
  'MultiHeadAttention cross': [attention({ inKvFeatures: 6, qkvFeatures: 8, outFeatures: 3, useBias: false })],
  'MultiHeadAttention GQA': [attention({ numKvHeads: 2 })],
  'MultiHeadAttention normalize_qk': [attention({ qkvFeatures: 16, normalizeQk: true })],
  'MultiHeadAttention sow': [attention({ numKvHeads: 2 }), (m, q) => m(q, { mask: causal, sowWeights: true })],
  'MultiHeadAttention dropout True': [attention({ dropoutRate: 0.5, deterministic: false })],
  'MultiHeadAttention dropout False': [attention({ dropoutRate: 0.5, broadcastDropout: false, deterministic: false })],
  'MultiHeadAttention deterministic': [
    attention({ dropoutRate: 0.5, deterministic: true }),
    (m, q) => m(q, { isCausal: true }),
  ],
  'MultiHeadAttention decode': [
    attention({ numKvHeads: 2, decode: true }),
    (m, ...steps) => steps.map((step) => m(step)),
    (m: nnx.MultiHeadAttention) => m.initCache([2, 4, 4]),
  ],
  LSTMCell: [() => new nnx.LSTMCell(4, 2, { rngs: rngs() }), (m, x) => m([c, h], x)],
  OptimizedLSTMCell: [
    () => new nnx.OptimizedLSTMCell(4, 2, { rngs: rngs() }),
    (m, x) => m([c, h], x),
  ],
  GRUCell: [() => new nnx.GRUCell(4, 2, { rngs: rngs() }), (m, x) => m(h, x)],
  'GRUCell functions': [
    () => new nnx.GRUCell(4, 2, { gateFn: nnx.hardSigmoid, activationFn: nnx.relu, rngs: rngs() }),
    (m, x) => m(h, x),
  ],
  SimpleCell: [() => new nnx.SimpleCell(4, 2, { rngs: rngs() }), (m, x) => m(h, x)],
  'SimpleCell residual': [
    () => new nnx.SimpleCell(4, 2, { residual: true, rngs: rngs() }),
    (m, x) => m(h, x),
  ],
  'RNN LSTM': [() => new nnx.RNN(new nnx.LSTMCell(4, 2, { rngs: rngs() }), { returnCarry: true })],
  'RNN lengths': [gru({ returnCarry: true }), byLength],
  'RNN reverse': [gru({ reverse: true })],
  'RNN reverse keep_order lengths': [gru({ reverse: true, keepOrder: true, returnCarry: true }), byLength],
  'RNN time_major': [gru({ timeMajor: true })],
  'RNN time_major reverse lengths': [gru({ timeMajor: true, reverse: true }), byLength],
  'RNN carry': [gru(), (m, x) => m(x, { initialCarry: h.slice([0, 2]) })],
  Bidirectional: [bidirectional({ returnCarry: true }), byLength],
  'Bidirectional merge': [bidirectional({ mergeFn: np.multiply })],
  LoRA: [() => new nnx.LoRA(4, 2, 3, { baseModule: new nnx.Linear(4, 3, { rngs: rngs() }), rngs: rngs(1) })],
  LoRALinear: [() => new nnx.LoRALinear(4, 3, { loraRank: 2, rngs: rngs() })],
  PReLU: [() => new nnx.PReLU({ negativeSlopeInit: 0.3 })],
  'Linear no bias': [() => new nnx.Linear(4, 2, { useBias: false, rngs: rngs() })],
  'Linear inits': [() => new nnx.Linear(4, 3, { kernelInit: init.heUniform(), biasInit: init.normal(0.5), rngs: rngs() })],
  'LinearGeneral no bias': [() => new nnx.LinearGeneral(4, [2, 2], { useBias: false, rngs: rngs() })],
  'Einsum no bias, of the call': [() => new nnx.Einsum('bi,ij->bj', [4, 2], { rngs: rngs() }), (m, x) => m(x, 'bti,ij->btj')],
  Embed: [() => new nnx.Embed(5, 4, { rngs: rngs() })],
  'Embed init': [() => new nnx.Embed(5, 4, { embeddingInit: init.uniform(2), rngs: rngs() })],
  'Conv strides SAME': [conv([3, 3], { strides: 2 })],
  'Conv groups dilated VALID': [conv([2, 2], { padding: 'VALID', kernelDilation: [1, 2], featureGroupCount: 2 }, 4)],
  'Conv CIRCULAR dilated': [conv([3, 2], { padding: 'CIRCULAR', kernelDilation: [1, 2] })],
  'Conv REFLECT no bias': [conv([3, 4], { padding: 'REFLECT', useBias: false })],
  'Conv mask pairs': [conv([2, 2], { padding: [[0, 1], [2, 0]], mask: kernelMask })],
  'Conv input dilation': [conv([3, 2], { padding: 1, inputDilation: [2, 1] })],
  'Conv CAUSAL': [() => new nnx.Conv(4, 2, 2, { padding: 'CAUSAL', kernelDilation: 2, rngs: rngs() })],
  'Conv 3-d': [() => new nnx.Conv(2, 2, [2, 2, 1], { strides: [1, 2, 1], rngs: rngs() })],
  'ConvTranspose mask no bias': [() => new nnx.ConvTranspose(2, 3, [2, 2], { useBias: false, mask: kernelMask, rngs: rngs() })],
  'LayerNorm no fast variance, no bias': [() => new nnx.LayerNorm(4, { useFastVariance: false, useBias: false, rngs: rngs() })],
  'LayerNorm no scale': [() => new nnx.LayerNorm(4, { useScale: false, biasInit: init.normal(), rngs: rngs() })],
  'RMSNorm axes, no scale': [() => new nnx.RMSNorm(12, { reductionAxes: [1, 2], featureAxes: [1, 2], useScale: false, rngs: rngs() })],
  'GroupNorm no bias': [() => new nnx.GroupNorm(4, { numGroups: 2, useBias: false, useFastVariance: false, rngs: rngs() })],
  'GroupNorm axes, no scale': [() => new nnx.GroupNorm(4, { numGroups: 2, useScale: false, reductionAxes: [-2, -1], rngs: rngs() })],
  'InstanceNorm no bias mask': [() => new nnx.InstanceNorm(4, { useBias: false, useFastVariance: false, rngs: rngs() }), (m, x) => m(x, { mask: wide(ramp([2, 3, 4], 15, [-2, 2]), -1) })],
  BatchNorm: [() => new nnx.BatchNorm(4, { rngs: rngs() })],
  'BatchNorm axis no bias': [() => new nnx.BatchNorm(3, { axis: 1, momentum: 0.5, epsilon: 0.1, useBias: false, useFastVariance: false, rngs: rngs() })],
  'BatchNorm running no scale': [() => new nnx.BatchNorm(4, { useRunningAverage: true, useScale: false, rngs: rngs() })],
  'Sequential rngs': [
    () => new nnx.Sequential(new nnx.Linear(4, 6, { rngs: rngs() }), new nnx.Dropout(0.4), np.tanh, new nnx.Sequential(new nnx.Dropout(0.5))),
    (m, x) => m(x, { rngs: new nnx.Rngs(7, { dropout: 3 }) }),
  ],
  Dropout: [() => new nnx.Dropout(0.4, { rngs: rngs() })],
  'Dropout broadcast': [() => new nnx.Dropout(0.4, { broadcastDims: [1], rngCollection: 'noise', rngs: new nnx.Rngs(0, { noise: 1 }) })],
  'WeightNorm filter': [() => new nnx.WeightNorm(new nnx.LoRALinear(4, 2, { loraRank: 2, rngs: rngs() }), { featureAxes: 0, variableFilter: nnx.PathContains('loraA'), rngs: rngs(1) })],
  'SpectralNorm still': [() => new nnx.SpectralNorm(new nnx.Linear(4, 2, { rngs: rngs() }), { updateStats: false, epsilon: 0.01, rngs: rngs(1) })],
  'MultiHeadAttention inits': [attention({ kernelInit: init.glorotUniform(), outKernelInit: init.heNormal(), biasInit: init.normal(0.5), outBiasInit: init.uniform() })],
  'MultiHeadAttention streams of the call': [attention({ dropoutRate: 0.5, keepRngs: false }), (m, q) => m(q, { deterministic: false, rngs: new nnx.Rngs({ dropout: 3 }) })],
  'LSTMCell functions': [() => new nnx.LSTMCell(4, 2, { gateFn: nnx.hardSigmoid, activationFn: nnx.relu, biasInit: init.normal(), rngs: rngs() }), (m, x) => m([c, h], x)],
  'OptimizedLSTMCell carry': [() => new nnx.OptimizedLSTMCell(4, 2, { carryInit: init.normal(), keepRngs: true, rngs: rngs() }), (m, x) => m(m.initializeCarry(x.shape), x)],
  'SimpleCell functions': [() => new nnx.SimpleCell(4, 2, { activationFn: nnx.relu, recurrentKernelInit: init.normal(), rngs: rngs() }), (m, x) => m(h, x)],
  'LoRA alone': [() => new nnx.LoRA(4, 2, 3, { aInitializer: init.normal(), bInitializer: init.uniform(), rngs: rngs() })],
  'Bidirectional time_major': [bidirectional({ timeMajor: true })],
  ...Object.fromEntries((['float16', 'bfloat16'] as const).flatMap((dtype): [string, Row][] => [
    [`Linear ${dtype}`, [() => new nnx.Linear(4, 2, { dtype, rngs: rngs() })]],
    [`Linear parameters ${dtype}`, [() => new nnx.Linear(4, 2, { paramDtype: dtype, rngs: rngs() })]],
    [`Conv ${dtype}`, [() => new nnx.Conv(4, 2, 2, { dtype, paramDtype: dtype, rngs: rngs() })]],
    [`LayerNorm ${dtype}`, [() => new nnx.LayerNorm(4, { dtype, rngs: rngs() })]],
    [`BatchNorm ${dtype}`, [() => new nnx.BatchNorm(4, { dtype, rngs: rngs() })]],
    [`MultiHeadAttention ${dtype}`, [attention({ dtype })]],
    [`GRUCell ${dtype}`, [() => new nnx.GRUCell(4, 2, { dtype, rngs: rngs() }), (m, x) => m(h, x)]],
  ])),
} // prettier-ignore

const direct = (m: AnyLayer, ...xs: NDArray[]): unknown => m(...xs)
for (const { layout, partitionable } of layouts) {
  const cases = casesOf(layout)
  test(`there is a row for each golden case, ${layout}`, (t) => {
    t.deepEqual(Object.keys(rows).sort(), Object.keys(cases).sort())
  })
  for (const [name, [make, call = direct, prepare]] of Object.entries(rows)) {
    test(`Flax: ${name}, ${layout}`, (t) => {
      inLayout(partitionable, () => {
        const expected = cases[name]!
        const xs = expected.x.map(decode)
        const computed = /\bb?float16$/.exec(name)?.[0]
        const module = make()
        spread(module)
        prepare?.(module)
        sameState(t, stateOf(module), expected.before, 'before')
        if (expected.grads !== undefined) {
          const grads = nnx.grad((m: AnyLayer) => weighted(call(m, ...xs)))(nnx.clone(module))
          const flat = new Map(nnx.toFlatState(grads as never).map(([path, leaf]) => [nameOf(path), leaf.value]))
          sameState(t, flat, expected.grads, 'gradient')
        }
        const sameResults = (leaves: readonly Encoded[], what: string): void => {
          const ys = tree.leaves(call(module, ...xs) as NDArray)
          t.is(ys.length, leaves.length)
          ys.forEach((y, j) => {
            sameArray(t, y, leaves[j]!, `${what}, result ${j}`, computed)
          })
        }
        expected.ys.forEach((leaves, i) => {
          sameResults(leaves, `call ${i}`)
        })
        if (expected.eval !== undefined) {
          module.eval()
          sameResults(expected.eval, 'evaluation')
        }
        sameState(t, stateOf(module), { ...expected.before, ...expected.after }, 'after')
      })
    })
  }
}

const heart = layersGolden['layers (partitionable=True, Rngs(0), x=arange(12).reshape(3,4)/10-0.5)']
const x = np.arange(12).reshape(3, 4).astype('float32').div(10).sub(0.5)
const seq = np.arange(24).reshape(2, 3, 4).astype('float32').div(10)
const img = np.arange(100).reshape(2, 5, 5, 2).astype('float32').div(100)
const zeroCarry = (make: (r: nnx.Rngs) => nnx.RNNCellBase<any>) => () => {
  const r = rngs()
  const cell = make(r)
  return [cell, cell(cell.initializeCarry([3, 4], { rngs: r }), x)[1]] as const
}
const on =
  (make: () => AnyLayer, input: NDArray, ...rest: unknown[]) =>
  () => {
    const module = make()
    return [module, module(input, ...rest) as NDArray] as const
  }
const drawn: Readonly<Record<string, () => readonly [module: unknown, y: NDArray]>> = {
  'LinearGeneral(4,(2,2))': on(() => new nnx.LinearGeneral(4, [2, 2], { rngs: rngs() }), x),
  "Einsum('bi,ij->bj',(4,2),(2,))": on(() => new nnx.Einsum('bi,ij->bj', [4, 2], { biasShape: [2], rngs: rngs() }), x),
  'ConvTranspose(2,3,(3,3),strides=(2,2))': on(
    () => new nnx.ConvTranspose(2, 3, [3, 3], { strides: [2, 2], rngs: rngs() }),
    img,
  ),
  'LayerNorm(4)': on(() => new nnx.LayerNorm(4, { rngs: rngs() }), x),
  'RMSNorm(4)': on(() => new nnx.RMSNorm(4, { rngs: rngs() }), x),
  'GroupNorm(4,num_groups=2)': on(() => new nnx.GroupNorm(4, { numGroups: 2, rngs: rngs() }), x),
  'InstanceNorm(2) on img': on(() => new nnx.InstanceNorm(2, { rngs: rngs() }), img),
  'LSTMCell(4,3) zero carry': zeroCarry((r) => new nnx.LSTMCell(4, 3, { rngs: r })),
  'OptimizedLSTMCell(4,3) zero carry': zeroCarry((r) => new nnx.OptimizedLSTMCell(4, 3, { rngs: r })),
  'GRUCell(4,3) zero carry': zeroCarry((r) => new nnx.GRUCell(4, 3, { rngs: r })),
  'SimpleCell(4,3) zero carry': zeroCarry((r) => new nnx.SimpleCell(4, 3, { rngs: r })),
  'RNN(GRUCell(4,3)) on arange(24).reshape(2,3,4)/10': on(
    () => new nnx.RNN(new nnx.GRUCell(4, 3, { rngs: rngs() })),
    seq,
  ),
  'MultiHeadAttention(2,4) self-attn': on(
    () => new nnx.MultiHeadAttention(2, 4, { decode: false, rngs: rngs() }) as AnyLayer,
    seq,
  ),
  'MultiHeadAttention(2,4) causal mask': on(
    () => new nnx.MultiHeadAttention(2, 4, { decode: false, rngs: rngs() }) as AnyLayer,
    seq,
    { mask: causal },
  ),
}
for (const [name, make] of Object.entries(drawn)) {
  test(`Flax, parameters drawn from Rngs(0): ${name}`, (t) => {
    const expected = heart[name]
    const [module, y] = inLayout(true, make)
    // E[x²] - E[x]² cancels: 1e-5 is what float32 leaves of the variance of the image.
    closeTo(t, y, expected.y, '', name.startsWith('InstanceNorm') ? 1e-5 : 4e-6)
    const state = stateOf(module)
    t.deepEqual([...state.keys()].sort(), Object.keys(expected.state_after).sort())
    for (const [path, value] of state) closeTo(t, value, expected.state_after[path], path)
  })
}

test('JAX: dotProductAttention with bias, masks, scale, lengths, window', (t) => {
  const { inputs, ...expected } = load('nnx-layers-functions').functions
  const [q, k, v, bias, keep, qlen, klen] = ['q', 'k', 'v', 'bias', 'mask', 'qlen', 'klen'].map((name) =>
    decode(inputs[name] as Encoded),
  ) as [NDArray, NDArray, NDArray, NDArray, NDArray, NDArray, NDArray]
  const same = (y: NDArray, name: string): void => sameArray(t, y, expected[name] as Encoded, name)
  same(nn.dotProductAttention(q, k, v, { bias, mask: keep }), 'bias mask')
  same(nn.dotProductAttention(q, k, v, { isCausal: true, scale: 0.3 }), 'causal scale')
  same(nn.dotProductAttention(q, k, v, { querySeqLengths: qlen, keyValueSeqLengths: klen }), 'lengths')
  same(nn.dotProductAttention(q, k, v, { localWindowSize: [1, 2] }), 'window')
  same(nn.dotProductAttention(q, k, v, { mask: np.zeros([1, 1, 1, 5], { dtype: 'bool' }) }), 'nothing counts')
  same(nnx.dotProductAttentionWeights(q, k, { bias, mask: keep }), 'nnx weights')
  same(nnx.dotProductAttentionWeights(q, q, { isCausal: true }), 'nnx causal weights')
  const flipped = nnx.flipSequences(decode(casesOf('original')['RNN reverse']!.x[0]!), { seqLengths: lengths, numBatchDims: 1, timeMajor: false }) // prettier-ignore
  same(flipped, 'flip')
})
