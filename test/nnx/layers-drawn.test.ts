/** Layers against Flax from the seed on: what is drawn, what comes out, the state after it. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type NDArray, nnx, np, tree } from '../../src/index.js'
import { allClose } from '../helpers/arrays.js'
import { inLayout } from './models.js'

type Nested = number | readonly Nested[]
const { layers } = JSON.parse(readFileSync('test/golden/losses-layers2-golden.json', 'utf8')) as {
  readonly layers: Readonly<
    Record<string, { readonly y: Nested; readonly state_after: Readonly<Record<string, Nested>> }>
  >
}
const flatten = (x: Nested): readonly number[] => (typeof x === 'number' ? [x] : x.flatMap(flatten))

const x = np.arange(12).astype('float32').reshape([3, 4]).div(10).sub(0.5) // prettier-ignore
const s = np.arange(24).astype('float32').reshape([2, 3, 4]).div(10) // prettier-ignore

type AnyModule = nnx.Module<any, any>
type Row = readonly [make: (rngs: nnx.Rngs) => AnyModule, call: (module: any) => unknown]
const onX = (m: (x: NDArray) => unknown): unknown => m(x)
const onS = (m: (x: NDArray) => unknown): unknown => m(s)
const lstm = (options: nnx.RNNOptions = {}) => (rngs: nnx.Rngs) =>
  new nnx.RNN(new nnx.LSTMCell(4, 3, { rngs }), options) as AnyModule // prettier-ignore
const attention = (heads: number, features: number, options: Partial<nnx.MultiHeadAttentionOptions>) => (rngs: nnx.Rngs) =>
  new nnx.MultiHeadAttention(heads, features, { rngs, decode: false, ...options }) as AnyModule // prettier-ignore
const conv = (size: number, options: Partial<nnx.ConvOptions>) => (rngs: nnx.Rngs) =>
  new nnx.Conv(4, 3, [size], { rngs, ...options }) as AnyModule // prettier-ignore

const rows: Readonly<Record<string, Row>> = {
  'LoRA(4,2,3)(X)': [(rngs) => new nnx.LoRA(4, 2, 3, { rngs }), onX],
  'LoRALinear(4,3,lora_rank=2)(X)': [(rngs) => new nnx.LoRALinear(4, 3, { loraRank: 2, rngs }), onX],
  'PReLU()(X)': [() => new nnx.PReLU(), onX],
  'SpectralNorm(Linear(4,3))(X,update_stats=True)': [
    (rngs) => new nnx.SpectralNorm(new nnx.Linear(4, 3, { rngs }), { rngs }),
    (m: (x: NDArray, options: object) => unknown) => m(x, { updateStats: true }),
  ],
  'WeightNorm(Linear(4,3))(X)': [(rngs) => new nnx.WeightNorm(new nnx.Linear(4, 3, { rngs }), { rngs }), onX],
  'RNN(LSTMCell(4,3))(S,seq_lengths=[2,3])': [
    lstm(),
    (m: (x: NDArray, options: object) => unknown) => m(s, { seqLengths: np.array([2, 3], { dtype: 'int32' }) }),
  ],
  'RNN(LSTMCell,reverse,keep_order)(S)': [lstm({ reverse: true, keepOrder: true }), onS],
  'RNN(SimpleCell,return_carry)(S)': [
    (rngs) => new nnx.RNN(new nnx.SimpleCell(4, 3, { rngs }), { returnCarry: true }) as AnyModule,
    onS,
  ],
  'Bidirectional(GRU,GRU)(S)': [
    (rngs) => {
      const gru = () => new nnx.RNN(new nnx.GRUCell(4, 3, { rngs }))
      return new nnx.Bidirectional(gru(), gru()) as AnyModule
    },
    onS,
  ],
  'MHA(4 heads,8,num_kv_heads=2,decode=False)(S8)': [
    attention(4, 8, { numKvHeads: 2 }),
    (m: (x: NDArray) => unknown) => m(np.concatenate([s, s], { axis: -1 })),
  ],
  'MHA(2,4,normalize_qk,decode=False)(S)': [attention(2, 4, { normalizeQk: true }), onS],
  'MHA(2,4,decode=True) three steps over S': [
    attention(2, 4, { decode: true }),
    (m: nnx.MultiHeadAttention & ((x: NDArray) => NDArray)) => {
      m.initCache([2, 3, 4])
      return np.concatenate([0, 1, 2].map((i) => m(s.slice([null, null], [i, i + 1]))), { axis: 1 }) // prettier-ignore
    },
  ],
  'MHA(2,4,dropout .5,decode=False,deterministic=False)(S)': [
    attention(2, 4, { dropoutRate: 0.5, deterministic: false }),
    onS,
  ],
  'Conv(1-D,4->3,k=2,CAUSAL)(S)': [conv(2, { padding: 'CAUSAL' }), onS],
  'Conv(1-D,k=3,CIRCULAR)(S)': [conv(3, { padding: 'CIRCULAR' }), onS],
  'Conv(1-D,k=3,REFLECT)(S)': [conv(3, { padding: 'REFLECT' }), onS],
  'Conv(1-D,k=2,kernel_dilation=2,strides=2,SAME)(S)': [conv(2, { strides: 2, kernelDilation: 2 }), onS],
  'ConvTranspose(1-D,k=3,s=2,VALID)(S)': [
    (rngs) => new nnx.ConvTranspose(4, 3, [3], { strides: 2, padding: 'VALID', rngs }),
    onS,
  ],
  'ConvTranspose(1-D,k=3,s=2,transpose_kernel)(S)': [
    (rngs) => new nnx.ConvTranspose(4, 3, [3], { strides: 2, transposeKernel: true, rngs }),
    onS,
  ],
  'BatchNorm(4) with mask on X': [
    (rngs) => new nnx.BatchNorm(4, { rngs }),
    (m: (x: NDArray, options: object) => unknown) => m(x, { mask: np.array([[true], [true], [false]]) }), // prettier-ignore
  ],
  'LayerNorm(4,use_fast_variance=False)(X)': [(rngs) => new nnx.LayerNorm(4, { useFastVariance: false, rngs }), onX],
  'Embed attend': [(rngs) => new nnx.Embed(5, 4, { rngs }), (m: nnx.Embed) => m.attend(x)],
}

test('each recorded layer is compared', (t) => {
  t.deepEqual(Object.keys(rows).sort(), Object.keys(layers).sort())
})

/** `batch_stats/('kernel', 'u')` and our `batchStats/kernel/u` are the same. */
const nameOf = (path: string): string =>
  path
    .replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
    .replace(/\('(.*?)',?\)/, (_, parts: string) => parts.replaceAll("', '", '/'))
const isRandom = (path: string): boolean => /(^|\/)rngs\//.test(path)

for (const [name, [make, call]] of Object.entries(rows))
  test(name, (t) => {
    inLayout(true, () => {
      const module = make(new nnx.Rngs(0))
      const y = tree.leaves(call(module) as NDArray).flatMap((part) => Array.from(part.data() as Float32Array, Number))
      allClose(t, y, flatten(layers[name]!.y), { rtol: 2e-5, atol: 4e-6 }, 'output')
      const state = nnx
        .toFlatState(nnx.state(module))
        .map(([path, leaf]) => [nameOf(path.join('/')), 'value' in leaf ? leaf.value : leaf] as const)
      const own = new Map(state.filter(([path]) => !isRandom(path)))
      const golden = Object.entries(layers[name]!.state_after).map(([path, value]) => [nameOf(path), value] as const)
      const expected = new Map(golden.filter(([path]) => !isRandom(path)))
      t.deepEqual([...own.keys()].sort(), [...expected.keys()].sort())
      for (const [path, value] of own)
        allClose(t, value, flatten(expected.get(path)!), { rtol: 2e-5, atol: 4e-6 }, path)
    })
  })
