/** One table of all layers with their options: {@link layerRows}, which layers-laws.test.ts goes through. */
import { type DType, type NDArray, nnx, np } from '../../src/index.js'
import { sample } from '../helpers/arrays.js'

export type AnyLayer = nnx.Module<any, any>

export interface LayerSettings {
  readonly rngs: nnx.Rngs
  readonly dtype?: DType
  readonly paramDtype?: DType
}

export interface LayerRow {
  /** The class, and what is special. */
  readonly name: string
  readonly layer: abstract new (...args: any) => unknown
  readonly make: (settings: LayerSettings) => AnyLayer
  readonly shape: readonly number[]
  /** Inputs are integers below this. */
  readonly below?: number
  /** What is called; default the layer with the input. */
  readonly call?: (layer: any, x: NDArray) => unknown
  /** Order of the derivatives checked; default 1; 0 where the layer stops gradients on purpose. */
  readonly order?: number
  /** Variables that a call writes; default none. */
  readonly writes?: nnx.Filter
  /** Those that it writes in evaluation too; default none. */
  readonly writesInEval?: nnx.Filter
  /** Whether results of training are others than those of evaluation; default false. */
  readonly differs?: boolean
  /**
   * Whether `dtype` is the dtype of the results (default), or only of what is computed before it meets a float32 carry;
   * `none` if there is no such option.
   */
  readonly dtype?: 'results' | 'promoted' | 'none'
}

const recurrentKernelInit = nnx.initializers.lecunNormal()
const normal = nnx.initializers.normal(1)
const maskOf = (...shape: number[]): NDArray => np.greater(sample(shape, 31), -0.4)
const carried = (layer: any, x: NDArray): unknown => layer(layer.initializeCarry(x.shape, { rngs: new nnx.Rngs(1) }), x)
const byLength = (layer: any, x: NDArray): unknown => layer(x, { seqLengths: np.array([2, 4], { dtype: 'int32' }) })

/** What the wrapping normalizations rewrite in each call. */
const kernel = nnx.PathIn(['layerInstance', 'kernel'])

/** All options in one object: layers take what they know. */
const linear = (o: LayerSettings): nnx.Linear => new nnx.Linear(3, 2, o)
const gru = (o: LayerSettings): nnx.GRUCell => new nnx.GRUCell(3, 2, { recurrentKernelInit, ...o })
const lstm = (o: LayerSettings): nnx.LSTMCell => new nnx.LSTMCell(3, 2, { recurrentKernelInit, ...o })
/** With dropout, though none is done, weights are in the dtype of the inputs; without they are in float32, as JAX has it. */
const exact = { dropoutRate: 0.1 }
const attention =
  (options: Partial<nnx.MultiHeadAttentionOptions>): LayerRow['make'] =>
  (o) =>
    new nnx.MultiHeadAttention(2, 4, { decode: false, ...options, ...o }) as AnyLayer
const decoder: LayerRow['make'] = (o) => {
  const layer = new nnx.MultiHeadAttention(2, 4, { decode: true, ...o })
  layer.initCache([2, 5, 4], { dtype: o.paramDtype ?? 'float32' })
  return layer as AnyLayer
}
const conv = (
  name: string,
  shape: readonly number[],
  kernel: number | readonly number[],
  options: Partial<nnx.ConvOptions>,
): LayerRow => ({
  name: `Conv ${name}`,
  layer: nnx.Conv,
  make: (o) => new nnx.Conv(2, 2, kernel, { biasInit: normal, ...options, ...o }),
  shape,
})
const convTranspose = (
  name: string,
  shape: readonly number[],
  kernel: number | readonly number[],
  options: Partial<nnx.ConvTransposeOptions>,
): LayerRow => ({
  name: `ConvTranspose ${name}`,
  layer: nnx.ConvTranspose,
  make: (o) => new nnx.ConvTranspose(2, 2, kernel, { biasInit: normal, ...options, ...o }),
  shape,
})
const cell = (name: string, layer: any, options: object = {}, dtype: LayerRow['dtype'] = 'promoted'): LayerRow => ({
  name,
  layer,
  make: (o) => new layer(3, 2, { recurrentKernelInit, biasInit: normal, ...options, ...o }) as AnyLayer,
  shape: [2, 3],
  call: carried,
  dtype,
})
const rnn = (name: string, options: nnx.RNNOptions, more: Partial<LayerRow> = {}): LayerRow => ({
  name: `RNN ${name}`,
  layer: nnx.RNN,
  make: (o) => new nnx.RNN(gru(o), options) as AnyLayer,
  shape: [2, 4, 3],
  // Its stream gives keys to the first carry in each call.
  writes: nnx.RngCount,
  writesInEval: nnx.RngCount,
  dtype: 'promoted',
  ...more,
})
/** Those of the whole give keys, those of the directions don't. */
const ownCount = (path: nnx.Path): boolean => path[0] === 'rngs' && path[1] === 'count'

export const layerRows: readonly LayerRow[] = [
  { name: 'Linear', layer: nnx.Linear, make: linear, shape: [2, 3], order: 2 },
  { name: 'Linear, no bias', layer: nnx.Linear, make: (o) => new nnx.Linear(3, 2, { useBias: false, ...o }), shape: [3] },
  { name: 'LinearGeneral', layer: nnx.LinearGeneral, make: (o) => new nnx.LinearGeneral([2, 3], [2, 2], { axis: [0, 2], ...o }), shape: [2, 4, 3], order: 2 },
  { name: 'LinearGeneral, batch axis', layer: nnx.LinearGeneral, make: (o) => new nnx.LinearGeneral(3, 2, { batchAxis: { 0: 2 }, biasInit: normal, ...o }), shape: [2, 4, 3] },
  { name: 'Einsum', layer: nnx.Einsum, make: (o) => new nnx.Einsum('ti,ij->tj', [3, 2], { biasShape: [2], ...o }), shape: [2, 3], order: 2 },
  { name: 'Einsum, no bias', layer: nnx.Einsum, make: (o) => new nnx.Einsum('...i,ihd->...hd', [3, 2, 2], o), shape: [2, 3] },
  conv('SAME', [2, 4, 2], 3, {}),
  conv('strides, groups, VALID', [2, 4, 5, 2], [2, 3], { strides: [1, 2], featureGroupCount: 2, padding: 'VALID' }),
  conv('CIRCULAR, dilated', [1, 4, 3, 2], [3, 2], { padding: 'CIRCULAR', kernelDilation: [1, 2] }),
  conv('REFLECT', [2, 5, 2], 4, { padding: 'REFLECT', useBias: false }),
  conv('CAUSAL, dilated', [2, 5, 2], 2, { padding: 'CAUSAL', strides: 2 }),
  conv('mask, input dilation', [2, 4, 2], 3, { mask: maskOf(3, 2, 2), inputDilation: 2, padding: [[0, 1]] }),
  conv('3-d', [2, 3, 2, 2], [2, 2, 2], { padding: 1 }),
  convTranspose('CIRCULAR', [2, 4, 2], 3, { strides: 2, padding: 'CIRCULAR' }),
  convTranspose('SAME, kernel transposed', [2, 3, 2, 2], [2, 3], { strides: [2, 1], transposeKernel: true, useBias: false }),
  convTranspose('VALID, dilated, mask', [2, 3, 2], 2, { padding: 'VALID', kernelDilation: 2, mask: maskOf(2, 2, 2) }),
  { name: 'Embed', layer: nnx.Embed, make: (o) => new nnx.Embed(4, 3, o), shape: [2, 3], below: 4 },
  { name: 'Embed.attend', layer: nnx.Embed, make: (o) => new nnx.Embed(4, 3, o), shape: [2, 3], call: (m: nnx.Embed, q) => m.attend(q), order: 2 },
  { name: 'LayerNorm', layer: nnx.LayerNorm, make: (o) => new nnx.LayerNorm(3, o), shape: [2, 3], order: 2 },
  { name: 'LayerNorm, axes, mask', layer: nnx.LayerNorm, make: (o) => new nnx.LayerNorm(6, { reductionAxes: [1, 2], featureAxes: [1, 2], useFastVariance: false, ...o }), shape: [2, 2, 3], call: (m, x) => m(x, { mask: maskOf(2, 2, 3) }) },
  { name: 'RMSNorm', layer: nnx.RMSNorm, make: (o) => new nnx.RMSNorm(3, o), shape: [2, 3], order: 2 },
  { name: 'RMSNorm, mask, no scale', layer: nnx.RMSNorm, make: (o) => new nnx.RMSNorm(3, { useScale: false, ...o }), shape: [2, 3], call: (m, x) => m(x, { mask: maskOf(2, 3) }) },
  { name: 'GroupNorm', layer: nnx.GroupNorm, make: (o) => new nnx.GroupNorm(4, { groupSize: 2, ...o }), shape: [2, 3, 4] },
  { name: 'GroupNorm, mask, no bias', layer: nnx.GroupNorm, make: (o) => new nnx.GroupNorm(4, { numGroups: 2, useBias: false, useFastVariance: false, ...o }), shape: [2, 3, 4], call: (m, x) => m(x, { mask: maskOf(2, 3, 4) }) },
  { name: 'InstanceNorm', layer: nnx.InstanceNorm, make: (o) => new nnx.InstanceNorm(2, o), shape: [2, 3, 2] },
  { name: 'InstanceNorm, axes', layer: nnx.InstanceNorm, make: (o) => new nnx.InstanceNorm(4, { featureAxes: [2, 3], useScale: false, ...o }), shape: [2, 3, 2, 2] },
  { name: 'BatchNorm', layer: nnx.BatchNorm, make: (o) => new nnx.BatchNorm(3, o), shape: [4, 3], writes: nnx.BatchStat, differs: true },
  { name: 'BatchNorm, axis, mask', layer: nnx.BatchNorm, make: (o) => new nnx.BatchNorm(3, { axis: 1, momentum: 0.5, useFastVariance: false, useScale: false, ...o }), shape: [4, 3, 2], call: (m, x) => m(x, { mask: maskOf(4, 3, 2) }), writes: nnx.BatchStat, differs: true },
  { name: 'BatchNorm, running averages', layer: nnx.BatchNorm, make: (o) => new nnx.BatchNorm(3, { momentum: 0.5, useBias: false, ...o }), shape: [4, 3], call: (m, x) => m(x, { useRunningAverage: true }) },
  { name: 'WeightNorm', layer: nnx.WeightNorm, make: (o) => new nnx.WeightNorm(linear(o), { scaleInit: normal, ...o }), shape: [2, 3], writes: kernel, writesInEval: kernel },
  { name: 'WeightNorm, whole, no scale', layer: nnx.WeightNorm, make: (o) => new nnx.WeightNorm(linear(o), { featureAxes: null, useScale: false, ...o }), shape: [2, 3], writes: kernel, writesInEval: kernel },
  { name: 'SpectralNorm', layer: nnx.SpectralNorm, make: (o) => new nnx.SpectralNorm(linear(o), o), shape: [2, 3], order: 0, writes: nnx.Any(nnx.BatchStat, kernel), writesInEval: kernel },
  { name: 'SpectralNorm, 3 axes, 2 steps', layer: nnx.SpectralNorm, make: (o) => new nnx.SpectralNorm(new nnx.Conv(2, 2, 2, o), { nSteps: 2, ...o }), shape: [2, 3, 2], order: 0, writes: nnx.Any(nnx.BatchStat, kernel), writesInEval: kernel },
  { name: 'Dropout', layer: nnx.Dropout, make: ({ rngs }) => new nnx.Dropout(0.5, { rngs }), shape: [4, 3], writes: nnx.RngCount, differs: true, dtype: 'none' },
  { name: 'Dropout, broadcast', layer: nnx.Dropout, make: ({ rngs }) => new nnx.Dropout(0.5, { broadcastDims: [0], rngCollection: 'noise', rngs }), shape: [4, 3], writes: nnx.RngCount, differs: true, dtype: 'none' },
  { name: 'MultiHeadAttention, causal, grouped', layer: nnx.MultiHeadAttention, make: attention({ ...exact, numKvHeads: 1 }), shape: [2, 3, 4], call: (m: nnx.MultiHeadAttention, x) => m(x, { isCausal: true, deterministic: true }) },
  { name: 'MultiHeadAttention, normalized, mask', layer: nnx.MultiHeadAttention, make: attention({ ...exact, normalizeQk: true, qkvFeatures: 6, outFeatures: 3, useBias: false }), shape: [2, 3, 4], call: (m: nnx.MultiHeadAttention, x) => m(x, { mask: nnx.makeCausalMask(np.ones([2, 3])), deterministic: true }) },
  { name: 'MultiHeadAttention, dropout', layer: nnx.MultiHeadAttention, make: attention({ dropoutRate: 0.5, deterministic: false }), shape: [2, 3, 4], writes: nnx.RngCount, differs: true },
  { name: 'MultiHeadAttention, decoding', layer: nnx.MultiHeadAttention, make: decoder, shape: [2, 1, 4], writes: nnx.Cache, writesInEval: nnx.Cache },
  cell('LSTMCell', nnx.LSTMCell),
  cell('LSTMCell, other functions', nnx.LSTMCell, { gateFn: nnx.hardSigmoid, activationFn: nnx.softplus, keepRngs: true }),
  cell('OptimizedLSTMCell', nnx.OptimizedLSTMCell),
  cell('GRUCell', nnx.GRUCell),
  cell('SimpleCell', nnx.SimpleCell, { dtype: null }, 'results'),
  cell('SimpleCell, residual', nnx.SimpleCell, { dtype: null, residual: true }, 'promoted'),
  rnn('GRU', {}),
  rnn('reverse, carry, lengths', { reverse: true, keepOrder: true, returnCarry: true }, { call: byLength }),
  rnn('time first', { timeMajor: true }, { shape: [4, 2, 3] }),
  { ...rnn('', {}), name: 'Bidirectional', layer: nnx.Bidirectional, writes: ownCount, writesInEval: ownCount, make: (o) => new nnx.Bidirectional(new nnx.RNN(gru(o)), new nnx.RNN(lstm(o))) },
  { name: 'LoRA', layer: nnx.LoRA, make: (o) => new nnx.LoRA(3, 2, 2, { baseModule: linear(o), bInitializer: normal, ...o }), shape: [2, 3] },
  { name: 'LoRA alone', layer: nnx.LoRA, make: (o) => new nnx.LoRA(3, 2, 2, { bInitializer: normal, ...o }), shape: [2, 3] },
  { name: 'LoRALinear', layer: nnx.LoRALinear, make: (o) => new nnx.LoRALinear(3, 2, { loraRank: 2, bInitializer: normal, ...o, ...(o.paramDtype && { loraParamDtype: o.paramDtype }), ...(o.dtype && { loraDtype: o.dtype }) }), shape: [2, 3] },
  { name: 'PReLU', layer: nnx.PReLU, make: ({ rngs: _, ...o }) => new nnx.PReLU(o), shape: [2, 3] },
  { name: 'Sequential', layer: nnx.Sequential, make: (o) => new nnx.Sequential(linear(o), nnx.tanh, new nnx.LayerNorm(2, o)), shape: [2, 3] },
] // prettier-ignore
