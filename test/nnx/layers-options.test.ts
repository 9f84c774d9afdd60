/** Options, errors and types of the layers beside Flax's numbers. */
import test from 'ava'
import { ArgumentError, DTypeError, type NDArray, nn, nnx, np, random, ShapeError } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'

const rngs = (seed = 0): nnx.Rngs => new nnx.Rngs(seed)
const recurrentKernelInit = nnx.initializers.lecunNormal()
const gru = (): nnx.GRUCell => new nnx.GRUCell(2, 3, { rngs: rngs(), recurrentKernelInit })
const invalid = (message: RegExp): object => ({ instanceOf: ArgumentError, message })
const misshapen = (message: RegExp): object => ({ instanceOf: ShapeError, message })

test('LinearGeneral sorts its axes, needs leading batch axes, says which features it needs', (t) => {
  const layer = new nnx.LinearGeneral([2, 3], 4, { axis: [-1, 0], rngs: rngs(), useBias: false })
  t.deepEqual(layer(np.ones([2, 5, 3])).shape, [5, 4])
  t.is(layer.bias, null)
  t.throws(() => layer(np.ones([3, 5, 2])), misshapen(/inputs of 2 × 3 features at the axes \[-1,0\]/))
  t.throws(() => new nnx.LinearGeneral([2, 3], 4, { rngs: rngs() }), invalid(/features for each axis/))
  t.throws(() => new nnx.LinearGeneral(2, 4, { batchAxis: { 1: 3 }, rngs: rngs() }), invalid(/leading batch axes/))
  const batched = new nnx.LinearGeneral(4, 2, { batchAxis: { 0: 3 }, rngs: rngs() })
  t.throws(() => batched(np.ones([2, 4])), misshapen(/leading axes \[3\]/))
  const half = new nnx.LinearGeneral(2, 3, { rngs: rngs(), dtype: 'float16', kernelMetadata: { tag: 'k' } })
  t.is(half(np.ones([2])).dtype, 'float16')
  t.deepEqual(half.kernel.metadata, { tag: 'k' })
})

test('Einsum: the formula of the call wins, the bias stands at the axes of the kernel, errors', (t) => {
  const layer = new nnx.Einsum('bi, ij -> bj', [2, 3], { biasShape: [3], rngs: rngs() })
  t.is(layer.einsumStr, 'bi,ij->bj')
  layer.bias!.value = np.array([1, 2, 3])
  layer.kernel.value = np.zeros([2, 3])
  t.deepEqual(elements(layer(np.ones([1, 2]))), [1, 2, 3])
  t.deepEqual(
    layer(np.ones([2, 4]), 'ib,ij->jb').toArray(),
    [1, 2, 3].map((n) => [n, n, n, n]),
  )
  t.is(new nnx.Einsum('bi,ij->bj', [2, 3], { rngs: rngs() }).bias, null)
  t.throws(() => new nnx.Einsum('bi,ij', [2, 3], { rngs: rngs() }), invalid(/two operands and a result/))
  t.throws(() => layer(np.ones([1, 2]), 'bi->b'), invalid(/two operands and a result/))
  const dots = new nnx.Einsum('...i,...ij->...j', [2, 3, 4], { biasShape: [2, 4], rngs: rngs() })
  dots.kernel.value = np.zeros([2, 3, 4])
  dots.bias!.value = np.arange(8).reshape(2, 4).astype('float32')
  t.deepEqual(elements(dots(np.ones([5, 2, 3])).slice(4)), [0, 1, 2, 3, 4, 5, 6, 7])
})

test('ConvTranspose: mask, batch axes, options, errors', (t) => {
  const make = (options: Partial<nnx.ConvTransposeOptions>, size: number | number[] = [2, 2]): nnx.ConvTranspose =>
    new nnx.ConvTranspose(2, 3, size, { rngs: rngs(), ...options })
  const mask = np.zeros([2, 2, 2, 3])
  t.deepEqual(elements(make({ mask, useBias: false })(np.ones([2, 2, 2]))), Array(12).fill(0))
  t.deepEqual(make({ strides: 2 })(np.ones([3, 4, 5, 6, 2])).shape, [3, 4, 10, 12, 3])
  t.deepEqual(make({ transposeKernel: true }).kernel.shape, [2, 2, 3, 2])
  t.throws(() => make({ mask: np.ones([2, 2]) }), misshapen(/a mask of the kernel's shape \[2,2,2,3\]/))
  t.throws(() => make({ strides: [1] }), invalid(/ConvTranspose requires strides for 2 spatial axes/))
  t.throws(() => make({ padding: [1] }), invalid(/a padding for 2 spatial axes/))
  t.throws(() => make({}, [1, 1, 1, 1]), invalid(/1 to 3 spatial axes/))
  t.throws(() => make({})(np.ones([4, 4, 3])), misshapen(/2 spatial axes and 2 features/))
})

test('normalizations: groups, axes, dtypes, keys, errors', (t) => {
  const streams = rngs()
  t.is(new nnx.LayerNorm(4, { rngs: streams, useBias: false }).bias, null)
  t.is(new nnx.RMSNorm(4, { rngs: streams }).bias, null)
  t.is(streams.default.count.value.item(), 2)
  t.is(new nnx.GroupNorm(64, { rngs: rngs() }).numGroups, 32)
  t.is(new nnx.GroupNorm(6, { rngs: rngs(), groupSize: 2 }).numGroups, 3)
  t.throws(() => new nnx.GroupNorm(6, { rngs: rngs() }), invalid(/features in 32 equal groups/))
  t.throws(() => new nnx.GroupNorm(6, { rngs: rngs(), groupSize: 4 }), invalid(/features in groups of 4/))
  t.throws(() => new nnx.GroupNorm(6, { rngs: rngs(), numGroups: 2, groupSize: 3 }), invalid(/got both/))
  t.throws(() => new nnx.GroupNorm(4, { rngs: rngs(), numGroups: 2, reductionAxes: 0 })(np.ones([2, 4])), invalid(/reduction axes with the last/)) // prettier-ignore
  t.throws(() => new nnx.InstanceNorm(4, { rngs: rngs(), featureAxes: 0 })(np.ones([4, 3])), invalid(/without the batch axis/)) // prettier-ignore
  t.throws(() => new nnx.LayerNorm(4, { rngs: rngs() })(np.ones([3])), misshapen(/4 features at the axes \[0\]/))
  const half = new nnx.LayerNorm(4, { rngs: rngs(), dtype: 'float16' })
  t.is(half(np.ones([4])).dtype, 'float16')
  t.is(half.scale!.dtype, 'float32')
})

test('GroupNorm of one group over chosen axes is LayerNorm over them', (t) => {
  const x = sample([2, 3, 4], 1, 'float32')
  const group = new nnx.GroupNorm(4, { rngs: rngs(), numGroups: 1, reductionAxes: [-2, -1] })
  const layer = new nnx.LayerNorm(4, { rngs: rngs(), reductionAxes: [1, 2] })
  allClose(t, group(x), layer(x))
})

test('what is masked does not count, not even NaN', (t) => {
  const x = np.array([[1, 3, NaN]])
  const y = new nnx.LayerNorm(3, { rngs: rngs(), epsilon: 0 })(x, { mask: np.array([[true, true, false]]) })
  allClose(t, y.slice(0, [0, 2]), [-1, 1])
})

test('WeightNorm: unit norm times scale, which parameters, arguments handed on', (t) => {
  const streams = rngs()
  new nnx.WeightNorm(new nnx.Linear(3, 2, { rngs: streams }), { rngs: streams })
  t.is(streams.default.count.value.item(), 2, 'only Linear draws')
  const linear = new nnx.Linear(3, 2, { rngs: rngs() })
  const layer = new nnx.WeightNorm(linear, { rngs: rngs(), scaleInit: nn.initializers.constant(2) })
  layer(np.ones([3]))
  allClose(t, np.sum(np.square(linear.kernel.value), { axis: 0 }), [4, 4])
  const free = new nnx.WeightNorm(new nnx.Linear(3, 2, { rngs: rngs() }), { rngs: rngs(), variableFilter: false })
  t.deepEqual(free.scales, {})
  const norm = new nnx.WeightNorm(new nnx.BatchNorm(2, { rngs: rngs() }), { rngs: rngs(), variableFilter: nnx.PathContains('scale') }) // prettier-ignore
  norm(np.ones([4, 2]), { useRunningAverage: true })
  t.deepEqual(Object.keys(norm.scales!), ['scale'])
})

test('SpectralNorm: the largest singular value becomes 1, statistics stay in evaluation', (t) => {
  const linear = new nnx.Linear(2, 2, { rngs: rngs() })
  linear.kernel.value = np.array([
    [3, 0],
    [0, 1],
  ])
  const layer = new nnx.SpectralNorm(linear, { rngs: rngs(), nSteps: 50 })
  layer(np.ones([2]))
  allClose(t, linear.kernel.value, [1, 0, 0, 1 / 3], { rtol: 1e-5, atol: 1e-5 })
  allClose(t, layer.batchStats['kernel/sigma']!.value, [3], { rtol: 1e-5 })
  layer.eval()
  const { value } = layer.batchStats['kernel/u']!
  layer(np.ones([2]))
  t.is(layer.batchStats['kernel/u']!.value, value)
  layer(np.ones([2]), { updateStats: true })
  t.not(layer.batchStats['kernel/u']!.value, value)
  const conv = new nnx.Conv(1, 1, 2, { rngs: rngs() })
  t.throws(() => new nnx.SpectralNorm(conv, { rngs: rngs(), errorOnNonMatrix: true }), invalid(/matrices/))
  t.deepEqual(new nnx.SpectralNorm(linear, { rngs: rngs(), nSteps: 0 }).batchStats, {})
})

test('masks: pairs, causal, combined', (t) => {
  const pairs = nnx.makeAttentionMask(np.array([[1, 2]]), np.array([[2, 1, 0]]), { pairwiseFn: np.greater, extraBatchDims: 1, dtype: 'bool' }) // prettier-ignore
  t.deepEqual(pairs.shape, [1, 1, 1, 2, 3])
  t.deepEqual(elements(pairs), [0, 0, 1, 0, 1, 1])
  const causal = nnx.makeCausalMask(np.ones([2, 3]))
  t.deepEqual(causal.shape, [2, 1, 3, 3])
  t.deepEqual(elements(causal.slice(1)), [1, 0, 0, 1, 1, 0, 1, 1, 1])
  t.is(nnx.combineMasks(null), null)
  t.is(nnx.combineMasks(causal, causal, { dtype: 'bool' })!.dtype, 'bool')
  t.throws(() => nnx.combineMasks(causal, np.ones([3])), misshapen(/the same number of axes, got 4, 1/))
})

test('attention says what does not fit', (t) => {
  const make = (options: Partial<nnx.MultiHeadAttentionOptions> = {}): nnx.MultiHeadAttention =>
    new nnx.MultiHeadAttention(2, 4, { rngs: rngs(), ...options })
  const x = np.ones([2, 3, 4])
  t.throws(() => make()(x), invalid(/decode, of the layer or of the call/))
  t.throws(() => make({ decode: true })(x), invalid(/call initCache first/))
  t.throws(() => make({ decode: false, dropoutRate: 0.5 })(x), invalid(/deterministic, of the layer or of the call/))
  t.throws(() => make({ dropoutRate: 0.5, keepRngs: false })(x, { decode: false, deterministic: false }), invalid(/rngs, of the layer or of the call/)) // prettier-ignore
  t.throws(() => make({ decode: false })(x, null, x), invalid(/inputsK along with inputsV/))
  t.throws(() => make({ numKvHeads: 3 }), invalid(/a multiple of 3 key heads/))
  t.throws(() => make({ qkvFeatures: 5 }), invalid(/features for 2 equal heads/))
  const decoder = make({ decode: true })
  decoder.initCache([2, 5, 4])
  t.throws(() => decoder(x), misshapen(/keys of one place, \[2,1,2,2\]/))
  const [q, k] = [np.ones([2, 3, 4, 2]), np.ones([2, 3, 3, 2])]
  t.throws(() => nnx.dotProductAttention(q, k, k), misshapen(/a multiple of the heads/))
  t.throws(() => nn.dotProductAttention(q, q, np.ones([2, 4, 4, 2])), misshapen(/a value for each key/))
  t.throws(() => nn.dotProductAttention(q, q.astype('float64'), q), invalid(/one dtype/))
  t.throws(() => nn.dotProductAttention(q, q, q, { mask: np.ones([1, 1, 3, 3]) }), invalid(/a mask of bool/))
  t.throws(() => nnx.dotProductAttentionWeights(q, q, { dropoutRate: 0.5 }), invalid(/a dropoutRng/))
})

test('attention: other keys and values by position, streams of the call, kept weights sum to 1', (t) => {
  const attention = new nnx.MultiHeadAttention(2, 4, { rngs: rngs(), decode: false, dropoutRate: 0.5, keepRngs: false })
  const [x, memory] = [sample([2, 3, 4], 1, 'float32'), sample([2, 5, 4], 2, 'float32')]
  const streams = new nnx.Rngs({ dropout: 1 })
  const y = attention(x, memory, { deterministic: false, rngs: streams })
  t.deepEqual(y.shape, [2, 3, 4])
  t.is(streams.dropout.count.value.item(), 1)
  allClose(t, attention(x, memory, memory, { deterministic: true }), attention(x, memory, { deterministic: true }))
  attention(x, { deterministic: true, sowWeights: true })
  const kept = nnx.pop(attention, nnx.Intermediate) as any
  allClose(t, np.sum(kept.attentionWeights.value[0], { axis: -1 }), Array(12).fill(1))
})

test('decoding place by place is causal attention', (t) => {
  const attention = new nnx.MultiHeadAttention(2, 4, { rngs: rngs(), decode: false })
  const x = sample([2, 3, 4], 3, 'float32')
  const whole = attention(x, { isCausal: true })
  attention.initCache(x.shape)
  const step = nnx.jit((m: nnx.MultiHeadAttention, input: NDArray) => m(input, { decode: true }))
  const places = [0, 1, 2].map((i) => step(attention, x.slice('...', [i, i + 1], [null, null])))
  allClose(t, np.concatenate(places, { axis: 1 }), whole)
  t.is(attention.cacheIndex!.value.item(), 3)
})

test('attention without batch axes, and with several', (t) => {
  const [q, k] = [sample([2, 3, 5, 4, 2], 1, 'float32'), sample([2, 3, 6, 2, 2], 2, 'float32')]
  const y = nnx.dotProductAttention(q, k, k)
  t.deepEqual(y.shape, [2, 3, 5, 4, 2])
  allClose(t, y.slice(1, 2), nn.dotProductAttention(q.slice(1, 2), k.slice(1, 2), k.slice(1, 2)))
})

test('cells: first carries by initializer and stream, dtypes', (t) => {
  const cell = new nnx.LSTMCell(2, 3, { rngs: rngs(), recurrentKernelInit, carryInit: nn.initializers.ones, keepRngs: true }) // prettier-ignore
  const [c, h] = cell.initializeCarry([4, 2])
  t.deepEqual([elements(c), h.shape], [Array(12).fill(1), [4, 3]])
  t.is(cell.rngs!.count.value.item(), 2)
  t.throws(() => gru().initializeCarry([4, 2]), invalid(/rngs, of the cell or of the call/))
  const drawn = gru().initializeCarry([4, 2], { rngs: rngs(3), carryInit: nn.initializers.normal() })
  allClose(t, drawn, nn.initializers.normal()(rngs(3).carry(), [4, 3]))
  const simple = new nnx.SimpleCell(2, 3, { rngs: rngs(), recurrentKernelInit })
  t.is(simple(np.zeros([3], { dtype: 'float64' }), np.ones([2], { dtype: 'float64' }))[0].dtype, 'float32')
})

/** A cell with random noise, statistics and a count. */
class NoisyCell extends nnx.RNNCellBase<NDArray> {
  readonly dropout = new nnx.Dropout(0.5, { rngs: rngs(1) })
  readonly count = new nnx.BatchStat(np.zeros([]))
  override call(carry: NDArray, x: NDArray): readonly [NDArray, NDArray] {
    this.count.value = this.count.value.add(1)
    const next = carry.add(this.dropout(x))
    return [next, next]
  }
  override initializeCarry(inputShape: readonly number[]): NDArray {
    return np.zeros(inputShape)
  }
}

test('RNN carries the state of its cell from step to step', (t) => {
  const [rnn, cell] = [new nnx.RNN(new NoisyCell()), new NoisyCell()]
  const x = np.ones([2, 4, 8])
  const y = rnn(x)
  t.is((rnn.cell as NoisyCell).count.value.item(), 4)
  t.is((rnn.cell as NoisyCell).dropout.rngs!.count.value.item(), 4)
  let carry = np.zeros([2, 8])
  const steps = [0, 1, 2, 3].map(() => ([carry] = cell(carry, np.ones([2, 8])))[1])
  allClose(t, y, np.stack(steps, { axis: 1 }))
})

test('RNN: a cell that writes its parameters, the last carry, keys, types', (t) => {
  class Halving extends nnx.RNNCellBase<NDArray> {
    readonly weight = new nnx.Param(np.array(1))
    override call(carry: NDArray, x: NDArray): readonly [NDArray, NDArray] {
      this.weight.value = this.weight.value.mul(0.5)
      return [carry, x.mul(this.weight.value)]
    }
    override initializeCarry(): NDArray {
      return np.zeros([])
    }
  }
  const halving = new nnx.RNN(new Halving())
  t.deepEqual(elements(halving(np.ones([1, 3, 1]))), [0.5, 0.25, 0.125])
  t.is((halving.cell as Halving).weight.value.item(), 0.125)
  const rnn = new nnx.RNN(gru(), { rngs: false })
  t.throws(() => rnn(np.ones([2, 3, 2])), invalid(/rngs, of the cell or of the call/))
  const [carry, y] = rnn(np.ones([2, 3, 2]), { returnCarry: true, rngs: rngs() })
  allClose(t, carry, y.slice('...', -1, [null, null]))
  t.throws(() => rnn(np.ones([3])), misshapen(/time and 1 feature axes/))
  const always = new nnx.RNN(gru(), { returnCarry: true })
  const [last]: readonly [NDArray, NDArray] = always(np.ones([3, 2]))
  t.deepEqual(last.shape, [3])
})

test('LoRA: kinds of parameters, the base alone at first, errors', (t) => {
  class Mine extends nnx.LoRAParam {}
  const base = new nnx.Linear(3, 2, { rngs: rngs() })
  const lora = new nnx.LoRA(3, 1, 2, { baseModule: base, rngs: rngs(), loraParamType: Mine, aMetadata: { tag: 'a' } })
  t.true(lora.loraA instanceof Mine)
  t.deepEqual(lora.loraA.metadata, { tag: 'a' })
  const x = sample([4, 3], 1, 'float32')
  allClose(t, lora(x), base(x))
  const grads = nnx.grad((m: nnx.LoRA) => np.sum(m(x)), { argnums: nnx.DiffState(0, nnx.LoRAParam) })(lora)
  t.deepEqual(
    nnx.toFlatState(grads as never).map(([path]) => path),
    [['loraA'], ['loraB']],
  )
  t.throws(() => lora(np.ones([2])), misshapen(/inputs of 3 features/))
  t.throws(
    () => new nnx.LoRA(3, 1, 2, { baseModule: 3 as never, rngs: rngs() }),
    invalid(/requires options.baseModule: Module | null, got 3/),
  )
  const linear = new nnx.LoRALinear(3, 2, { loraRank: 2, rngs: rngs(), loraParamDtype: 'float64', bInitializer: nn.initializers.ones }) // prettier-ignore
  t.is(linear.lora.loraB.dtype, 'float64')
  t.is(linear(x).dtype, 'float64')
})

test('PReLU computes in the dtype of the input, or of the options', (t) => {
  t.is(new nnx.PReLU()(np.ones([2], { dtype: 'float16' })).dtype, 'float16')
  t.is(new nnx.PReLU({ dtype: 'float32' })(np.ones([2], { dtype: 'float16' })).dtype, 'float32')
  t.deepEqual(elements(new nnx.PReLU({ negativeSlopeInit: -2 })(np.array([-1, 0, 1]))), [2, 0, 1])
})

test('dropout of weights: shared over examples and heads, or not', (t) => {
  const q = sample([3, 4, 2, 2], 1, 'float32')
  const dropped = (broadcastDropout: boolean): NDArray =>
    nnx.dotProductAttentionWeights(q, q, { dropoutRate: 0.5, dropoutRng: random.key(0), broadcastDropout })
  const zeros = (w: NDArray): string[] => [0, 1, 2].map((i) => elements(w.slice(i)).map((v) => (v === 0 ? 0 : 1)).join('')) // prettier-ignore
  t.is(new Set(zeros(dropped(true))).size, 1)
  t.is(new Set(zeros(dropped(false))).size, 3)
  t.throws(() => new nnx.Embed(2, 2, { rngs: rngs() })(np.ones([1])), { instanceOf: DTypeError })
})

test('canonicalizePadding writes paddings out', (t) => {
  t.is(nnx.canonicalizePadding('SAME', 2), 'SAME')
  t.deepEqual(nnx.canonicalizePadding(2, 2), [
    [2, 2],
    [2, 2],
  ])
  t.throws(() => nnx.canonicalizePadding([1], 2), invalid(/canonicalizePadding requires a padding for 2 spatial axes/))
})
