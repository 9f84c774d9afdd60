import test from 'ava'
import {
  ArgumentError,
  DTypeError,
  grad,
  jit,
  lax,
  type NDArray,
  nnx,
  np,
  random,
  ShapeError,
} from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { closeTo, inLayout, layersGolden } from './models.js'

const golden = layersGolden['layers (partitionable=True, Rngs(0), x=arange(12).reshape(3,4)/10-0.5)']
const x = np.arange(12).reshape(3, 4).astype('float32').div(10).sub(0.5)
const image = np
  .arange(2 * 5 * 5 * 2)
  .reshape(2, 5, 5, 2)
  .astype('float32')
  .div(100)
const rngs = (): nnx.Rngs => new nnx.Rngs(0)

const likeFlax = test.macro<[make: () => readonly [module: unknown, y: NDArray]]>({
  exec: (t, make) => {
    const expected = golden[t.title.slice('Flax: '.length)]
    const [module, y] = inLayout(true, make)
    closeTo(t, y, expected.y)
    const flat = nnx.toFlatState(nnx.state(module, nnx.Not(nnx.RngState)))
    t.deepEqual(
      flat.map(([path]) => path.join('/')),
      Object.keys(expected.state_after).sort(),
    )
    for (const [path, { value }] of flat) closeTo(t, value, expected.state_after[path.join('/')], path.join('/'))
  },
  title: (name) => `Flax: ${name!}`,
})

const called = <A extends NDArray>(module: (x: A) => NDArray, input: A): readonly [unknown, NDArray] => [
  module,
  module(input),
]

test('Linear(4,2)', likeFlax, () => called(new nnx.Linear(4, 2, { rngs: rngs() }), x))
test('Embed(5,3)([0,4,2])', likeFlax, () =>
  called(new nnx.Embed(5, 3, { rngs: rngs() }), np.array([0, 4, 2], { dtype: 'int32' })),
)
test('Conv(2,3,(3,3)) on arange(2*5*5*2)/100', likeFlax, () =>
  called(new nnx.Conv(2, 3, [3, 3], { rngs: rngs() }), image),
)
test('Conv(2,4,(3,3),strides=2,VALID,groups=2)', likeFlax, () =>
  called(new nnx.Conv(2, 4, [3, 3], { rngs: rngs(), strides: 2, padding: 'VALID', featureGroupCount: 2 }), image),
)
test('BatchNorm(4) train', likeFlax, () => called(new nnx.BatchNorm(4, { rngs: rngs() }), x))
test('BatchNorm(4) eval after 1 train step', likeFlax, () => {
  const norm = new nnx.BatchNorm(4, { rngs: rngs() })
  norm(x)
  norm.eval()
  return called(norm, x)
})

test('Flax: Dropout draws its keys from a fork of the stream', (t) => {
  inLayout(true, () => {
    const dropout = new nnx.Dropout(0.5, { rngs: rngs() })
    for (const expected of golden['Dropout(0.5) two calls on ones(8)']) closeTo(t, dropout(np.ones([8])), expected)
  })
})

test('Flax: activations', (t) => {
  const points = np.array([-3, -1, -0.5, 0, 0.5, 1, 3])
  const camel = (name: string): string => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase())
  for (const [name, expected] of Object.entries(golden['activations on [-3,-1,-.5,0,.5,1,3]'])) {
    closeTo(t, (nnx as any)[camel(name)](points), expected, name)
  }
})

test('Linear computes in the dtype of the options, or in the common one of input and parameters', (t) => {
  const layer = new nnx.Linear(2, 3, { rngs: rngs() })
  t.is(layer(np.array([1, 2], { dtype: 'int32' })).dtype, 'float32')
  t.is(layer(np.ones([2], { dtype: 'float64' })).dtype, 'float64')
  t.is(layer(np.ones([2], { dtype: 'bfloat16' })).dtype, 'float32')
  const half = new nnx.Linear(2, 3, { rngs: rngs(), dtype: 'float16' })
  t.is(half.kernel.dtype, 'float32')
  t.is(half(np.ones([2])).dtype, 'float16')
  t.is(new nnx.Linear(2, 3, { rngs: rngs(), paramDtype: 'float64' }).bias!.dtype, 'float64')
})

test('without a bias Linear uses one key', (t) => {
  const streams = rngs()
  t.is(new nnx.Linear(2, 3, { rngs: streams, useBias: false }).bias, null)
  t.is(streams.default.count.value.item(), 1)
  new nnx.Linear(2, 3, { rngs: streams })
  t.is(streams.default.count.value.item(), 3)
})

test('Linear takes any batch axes, none too, and says which features it needs', (t) => {
  const layer = new nnx.Linear(2, 3, { rngs: rngs() })
  t.deepEqual(layer(np.ones([4, 5, 2])).shape, [4, 5, 3])
  t.deepEqual(layer(np.ones([2])).shape, [3])
  t.throws(() => layer(np.ones([4, 3])), { instanceOf: ShapeError, message: /inputs of 2 features .* float32\[4,3\]/ })
  t.throws(() => new nnx.Linear(2.5, 3, { rngs: rngs() }), { instanceOf: ArgumentError })
})

test('metadata of layers stand on their Params', (t) => {
  const layer = new nnx.Linear(2, 3, { rngs: rngs(), kernelMetadata: { sharding: ['x', null] } })
  t.deepEqual(layer.kernel.metadata, { sharding: ['x', null] })
  t.deepEqual(layer.bias!.metadata, {})
})

/** Convolution over one spatial axis, written out. */
const conv1d = (signal: readonly number[], kernel: readonly number[], at: (i: number) => number): readonly number[] =>
  signal.map((_, i) => kernel.reduce((sum, k, j) => sum + k * at(i + j), 0))

const paddings = [
  { padding: 'SAME', kernel: [1, 2, 3, 4], at: (s: number[]) => (i: number) => s[i - 1] ?? 0 },
  { padding: 'CIRCULAR', kernel: [1, 2, 3, 4], at: (s: number[]) => (i: number) => s[(i - 1 + s.length) % s.length]! },
  {
    padding: 'REFLECT',
    kernel: [1, 2, 3],
    at: (s: number[]) => (i: number) => s[Math.abs(i - 1) < s.length ? Math.abs(i - 1) : 2 * s.length - 2 - (i - 1)]!,
  },
  { padding: 'CAUSAL', kernel: [1, 2, 3], at: (s: number[]) => (i: number) => s[i - 2] ?? 0 },
  { padding: 1, kernel: [1, 2, 3], at: (s: number[]) => (i: number) => s[i - 1] ?? 0 },
  { padding: [[0, 2]], kernel: [1, 2, 3], at: (s: number[]) => (i: number) => s[i] ?? 0 },
] as const

for (const { padding, kernel, at } of paddings) {
  test(`Conv pads ${JSON.stringify(padding)}`, (t) => {
    const signal = [3, -1, 4, 1, -5]
    const conv = new nnx.Conv(1, 1, kernel.length, {
      rngs: rngs(),
      padding: padding,
      useBias: false,
    })
    conv.kernel.value = np.array(kernel).reshape(kernel.length, 1, 1)
    const y = conv(np.array(signal).reshape(1, 5, 1))
    t.deepEqual(elements(y), [...conv1d(signal, kernel, at([...signal]))])
  })
}

test('Conv: a circular padding longer than the input wraps several times', (t) => {
  const conv = new nnx.Conv(1, 1, 3, { rngs: rngs(), padding: 'CIRCULAR', kernelDilation: 4, useBias: false })
  conv.kernel.value = np.ones([3, 1, 1])
  const signal = [1, 10, 100]
  const expected = signal.map((_, i) => [i - 4, i, i + 4].reduce((sum, j) => sum + signal[(j + 6) % 3]!, 0))
  t.deepEqual(elements(conv(np.array(signal).reshape(1, 3, 1))), expected)
})

test('Conv: one to three spatial axes, any batch axes, dilation, mask', (t) => {
  const three = new nnx.Conv(2, 3, [2, 2, 2], { rngs: rngs(), kernelDilation: [1, 2, 1] })
  t.deepEqual(three(np.ones([1, 4, 5, 6, 2])).shape, [1, 4, 5, 6, 3])
  const two = new nnx.Conv(2, 3, [3, 3], { rngs: rngs() })
  t.deepEqual(two(np.ones([7, 4, 5, 6, 2])).shape, [7, 4, 5, 6, 3])
  t.deepEqual(two(np.ones([5, 6, 2])).shape, [5, 6, 3])
  const spread = new nnx.Conv(1, 1, 1, { rngs: rngs(), inputDilation: 2, padding: [[0, 0]], useBias: false })
  spread.kernel.value = np.ones([1, 1, 1])
  t.deepEqual(elements(spread(np.array([1, 2]).reshape(1, 2, 1))), [1, 0, 2])
  const mask = np.array([1, 0, 0]).reshape(3, 1, 1)
  const masked = new nnx.Conv(1, 1, 3, { rngs: rngs(), mask, useBias: false })
  masked.kernel.value = np.array([1, 2, 3]).reshape(3, 1, 1)
  t.deepEqual(elements(masked(np.array([5, 6, 7]).reshape(1, 3, 1))), [0, 5, 6])
})

test('Conv says what does not fit', (t) => {
  const make =
    (options: Partial<nnx.ConvOptions>, size: number | number[] = [3, 3]) =>
    () =>
      new nnx.Conv(2, 3, size, { rngs: rngs(), ...options })
  t.throws(make({ padding: 'CAUSAL' }), { instanceOf: ArgumentError, message: /one spatial axis for CAUSAL/ })
  t.throws(make({ featureGroupCount: 3 }), { instanceOf: ArgumentError, message: /3 equal groups/ })
  t.throws(make({ strides: [1] }), { instanceOf: ArgumentError, message: /strides for 2 spatial axes/ })
  t.throws(make({ padding: [1] }), { instanceOf: ArgumentError, message: /a padding for 2 spatial axes/ })
  t.throws(make({}, [1, 1, 1, 1]), { instanceOf: ArgumentError, message: /1 to 3 spatial axes/ })
  t.throws(make({ mask: np.ones([3, 3]) }), { instanceOf: ShapeError, message: /a mask of the kernel's shape/ })
  t.throws(() => make({})()(np.ones([1, 4, 4, 3])), {
    instanceOf: ShapeError,
    message: /2 features, got float32\[1,4,4,3\]/,
  })
  t.throws(() => make({ padding: 'REFLECT' }, 9)()(np.ones([1, 3, 2])), {
    instanceOf: ShapeError,
    message: /longer than/,
  })
})

test('the gradient of a Conv is that of the convolution', (t) => {
  const conv = new nnx.Conv(1, 2, [2, 2], { rngs: rngs(), padding: 'VALID' })
  const input = sample([2, 3, 3, 1], 3, 'float32')
  const grads = nnx.grad((m: nnx.Conv) => np.sum(np.square(m(input))))(conv)
  const kernelGrad = grad((k: NDArray) =>
    np.sum(
      np.square(
        lax
          .convGeneralDilated(input, k, [1, 1], 'VALID', { dimensionNumbers: ['NHWC', 'HWIO', 'NHWC'] })
          .add(conv.bias!.value),
      ),
    ),
  )(conv.kernel.value)
  allClose(t, grads.kernel.value, kernelGrad)
})

test('BatchNorm: batch statistics while training, running ones for evaluation', (t) => {
  const norm = new nnx.BatchNorm(2, { rngs: rngs(), momentum: 0.75, epsilon: 0 })
  const batch = np.array([
    [0, 10],
    [2, 30],
  ])
  allClose(t, norm(batch), [-1, -1, 1, 1])
  allClose(t, norm.mean.value, [0.25 * 1, 0.25 * 20])
  allClose(t, norm.var.value, [0.75 + 0.25 * 1, 0.75 + 0.25 * 100])
  norm.eval()
  const { value: mean } = norm.mean
  allClose(t, norm(batch), [-0.25, (10 - 5) / Math.sqrt(25.75), 1.75, (30 - 5) / Math.sqrt(25.75)])
  t.is(norm.mean.value, mean)
  norm.train()
  norm(batch)
  allClose(t, norm.mean.value, [0.4375, 8.75])
  t.not(norm.mean.value, mean)
})

test('BatchNorm: the option of the call wins, masked elements do not count, any feature axis', (t) => {
  const norm = new nnx.BatchNorm(2, { rngs: rngs(), axis: 1, momentum: 0 })
  const batch = np.array([
    [1, 2],
    [3, 4],
    [100, 200],
  ])
  norm(batch, { mask: np.array([true, true, false]).reshape(3, 1) })
  allClose(t, norm.mean.value, [2, 3])
  allClose(t, norm.var.value, [1, 1], { rtol: 1e-5, atol: 1e-5 })
  const { value } = norm.mean
  norm(batch, { useRunningAverage: true })
  t.is(norm.mean.value, value)
  const first = new nnx.BatchNorm(3, { rngs: rngs(), axis: 0, momentum: 0, useFastVariance: false })
  first(batch)
  allClose(t, first.mean.value, [1.5, 3.5, 150])
  allClose(t, first.var.value, [0.25, 0.25, 2500])
  t.throws(() => norm(np.ones([2, 3])), { instanceOf: ShapeError, message: /2 features at axis 1/ })
  t.throws(() => new nnx.BatchNorm(2, { rngs: rngs(), momentum: 2 }), { instanceOf: ArgumentError })
})

test('BatchNorm keeps statistics in float32 and computes in the dtype of the options', (t) => {
  const norm = new nnx.BatchNorm(2, { rngs: rngs(), dtype: 'float16' })
  t.is(norm(np.ones([3, 2], { dtype: 'float16' })).dtype, 'float16')
  t.is(norm.var.value.dtype, 'float32')
  const bare = new nnx.BatchNorm(2, { rngs: rngs(), useBias: false, useScale: false })
  t.is(bare.scale, null)
  t.deepEqual(
    nnx.toFlatState(nnx.state(bare)).map(([path]) => path[0]),
    ['mean', 'var'],
  )
})

test('Dropout keeps the mean, uses a key a call, and does nothing in evaluation', (t) => {
  const dropout = new nnx.Dropout(0.25, { rngs: rngs() })
  const y = dropout(np.ones([1000]))
  t.deepEqual([...new Set(elements(y))].sort(), [0, Math.fround(1 / 0.75)])
  t.true(Math.abs(y.mean().item() - 1) < 0.05)
  t.is(dropout.rngs!.count.value.item(), 1)
  t.notDeepEqual(elements(dropout(np.ones([1000]))), elements(y))
  dropout.eval()
  const input = np.ones([4])
  t.is(dropout(input), input)
  t.is(dropout.rngs!.count.value.item(), 2)
  dropout.train()
  t.is(dropout(input, { deterministic: true }), input)
})

test('Dropout: rates 0 and 1, broadcast dimensions, streams of the call, errors', (t) => {
  const input = np.ones([3, 4])
  t.is(new nnx.Dropout(0)(input), input)
  t.deepEqual(elements(new nnx.Dropout(1)(input)), elements(np.zeros([3, 4])))
  const rows = new nnx.Dropout(0.5, { rngs: rngs(), broadcastDims: [-1] })(np.ones([20, 4])).toArray() as number[][]
  t.true(rows.every((row) => new Set(row).size === 1))
  t.is(new Set(rows.map((row) => row[0])).size, 2)
  const free = new nnx.Dropout(0.5)
  t.throws(() => free(input), { instanceOf: ArgumentError, message: /rngs, of the layer or of the call/ })
  const streams = new nnx.Rngs({ dropout: 1, params: 2 })
  free(input, { rngs: streams })
  t.is(streams.dropout.count.value.item(), 1)
  t.is(streams.params.count.value.item(), 0)
  t.throws(() => new nnx.Dropout(1.5), { instanceOf: ArgumentError, message: /a rate in \[0, 1\]/ })
})

test('Embed: one row serves all numbers, unknown numbers are NaN, attend is the product with all rows', (t) => {
  const embed = new nnx.Embed(3, 2, { rngs: rngs() })
  t.true(elements(embed(np.array([7], { dtype: 'int32' }))).every(Number.isNaN))
  t.throws(() => embed(np.ones([2])), { instanceOf: DTypeError, message: /Embed requires integers/ })
  const query = np.array([[1, -1]])
  allClose(t, embed.attend(query), np.matmul(query, embed.embedding.value.T))
  t.throws(() => embed.attend(np.ones([3])), { instanceOf: ShapeError })
  const one = new nnx.Embed(1, 2, { rngs: rngs() })
  t.deepEqual(elements(one(np.array([5], { dtype: 'int32' }))), elements(one.embedding.value))
})

test('Sequential applies layers and functions, hands lists on as arguments', (t) => {
  const linear = new nnx.Linear(2, 3, { rngs: rngs() })
  const model = new nnx.Sequential(
    linear,
    nnx.relu,
    (y: NDArray) => [y, 2],
    (y: NDArray, k: number) => y.mul(k),
  )
  const input = sample([4, 2], 1, 'float32')
  allClose(t, model(input), nnx.relu(linear(input)).mul(2))
  t.is(new nnx.Sequential()(input), input)
  t.throws(() => new nnx.Sequential(3 as never), {
    instanceOf: ArgumentError,
    message: /requires layers\[0\]: function, got 3/,
  })
  t.deepEqual(
    nnx.toFlatState(nnx.state(model)).map(([path]) => path),
    [
      ['layers', 0, 'bias'],
      ['layers', 0, 'kernel'],
    ],
  )
})

test('layers work inside of plain jit when closed over', (t) => {
  const layer = new nnx.Linear(2, 3, { rngs: rngs() })
  const input = np.ones([2])
  allClose(t, jit((v: NDArray) => layer(v))(input), layer(input))
})

test('samplers of a stream draw the next key', (t) => {
  const streams = rngs()
  const expected = random.normal(random.foldIn(random.key(0), 0), [2, 3])
  allClose(t, streams.normal([2, 3]), expected)
  t.is(streams.default.count.value.item(), 1)
})
