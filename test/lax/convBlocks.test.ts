/** Convolutions and averages over blocks of features, and what is made a part of them. */
import test from 'ava'
import { grad, io, jit, makeJaxpr, nn, type NDArray, np } from '../../src/index.js'
import { backend } from '../../src/core/index.js'
import * as lax from '../../src/lax/index.js'
import type { ConvLayout } from '../../src/lax/conv.js'
import { lower } from '../../src/transforms/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { operators } from '../helpers/lowering.js'
import { nhwc } from './convLayouts.js'

/** Whether the processor is one for which ONNX Runtime has these kernels. */
const hasBlocks = backend().channelBlock > 1

const nchw: ConvLayout = ['NCHW', 'OIHW', 'NCHW']
const conv = (x: NDArray, k: NDArray, layout = nhwc): NDArray =>
  lax.convGeneralDilated(x, k, [1, 1], 'SAME', { dimensionNumbers: layout })
const pool = (x: NDArray): NDArray => nn.avgPool(x, [2, 2], { strides: [2, 2] })

// As many places as it takes that no patches are made.
const image = sample([12, 6, 6, 16], 1, 'float32')
const kernel = sample([3, 3, 16, 32], 2, 'float32')
const bias = sample([32], 3, 'float32')
const layer = (x: NDArray, k: NDArray, b: NDArray): NDArray => nn.relu(conv(x, k).add(b))

test('blocks are of a power of 2, or there are none', (t) => {
  t.true([1, 4, 8, 16, 32].includes(backend().channelBlock))
})

if (hasBlocks) {
  const blockedKernel = ['Reshape', 'Transpose', 'Reshape']
  test('biases, relu and averages are parts of the nodes, and between them nothing is reordered', (t) => {
    t.deepEqual(operators(layer, [image, kernel, bias]), ['ReorderInput', ...blockedKernel, 'Conv', 'ReorderOutput'])
    const network = (x: NDArray, k: NDArray, b: NDArray, l: NDArray): NDArray => conv(pool(layer(x, k, b)), l)
    t.deepEqual(operators(network, [np.ones([32, 8, 8, 16]), kernel, bias, sample([3, 3, 32, 16], 4, 'float32')]), [
      ...['ReorderInput', ...blockedKernel, 'Conv', 'AveragePool', ...blockedKernel, 'Conv', 'ReorderOutput'],
    ])
  })

  test('one channel, one spatial axis, depthwise', (t) => {
    const one = operators((x, k) => conv(x, k), [np.ones([12, 6, 6, 1]), np.ones([3, 3, 1, 32])])
    t.deepEqual(one, ['Reshape', ...blockedKernel, 'Conv', 'ReorderOutput'])
    const row = (x: NDArray, k: NDArray): NDArray => lax.convGeneralDilated(x, k, [1], 'SAME')
    const [x, k] = [sample([2, 16, 7], 1, 'float32'), sample([32, 16, 3], 2, 'float32')]
    t.deepEqual(operators(row, [x, k]), [
      ...['Reshape', 'ReorderInput', ...blockedKernel, 'Conv', 'ReorderOutput', 'Reshape'],
    ])
    const deep = (a: NDArray, b: NDArray): NDArray =>
      lax.convGeneralDilated(a, b, [2, 2], [[1, 1], [0, 2]], { dimensionNumbers: nhwc, featureGroupCount: 32 }) // prettier-ignore
    const [a, b] = [sample([2, 7, 5, 32], 1), sample([3, 3, 1, 32], 2)]
    t.true(operators(deep, [a.astype('float32'), b.astype('float32')]).includes('ReorderInput'))
    allClose(t, deep(a.astype('float32'), b.astype('float32')), elements(deep(a, b)), { rtol: 1e-5, atol: 1e-5 })
  })
}

test('files and other devices get graphs without blocks', (t) => {
  for (const device of ['portable', 'cuda:0', 'webgpu']) {
    const { graph } = lower(makeJaxpr(layer)(image, kernel, bias), device)
    t.deepEqual(
      graph.toModel().opsetImport?.map(({ domain }) => domain),
      [''],
    )
  }
  t.deepEqual(operators(layer, [image, kernel, bias], 'portable'), [
    ...['Transpose', 'Transpose', 'Conv', 'Relu', 'Transpose'],
  ])
  t.false(Buffer.from(io.exportOnnx(layer, [image, kernel, bias]).bytes).includes('nchwc'))
  // There Relu is not sure to keep NaN.
  t.true(operators(layer, [image, kernel, bias], 'cuda:0').includes('Max'))
})

const fused = (f: (...xs: NDArray[]) => NDArray, ...xs: readonly NDArray[]): readonly string[] =>
  operators(f, xs, 'portable').filter((op) => !['Transpose', 'Reshape', 'Slice', 'Concat', 'Pad'].includes(op))

test('what becomes a part of a convolution, and what does not', (t) => {
  const [x, k] = [image, kernel]
  // One number a feature, in any of the shapes that broadcast so.
  t.deepEqual(
    fused((a, b, c) => c.reshape(1, 1, 1, 32).add(conv(a, b)), x, k, bias),
    ['Conv'],
  )
  const [y, l] = [lax.transpose(x, [0, 3, 1, 2]), lax.transpose(k, [3, 2, 0, 1])]
  t.deepEqual(
    fused((a, b, c) => nn.relu(conv(a, b, nchw).add(c.reshape(32, 1, 1))), y, l, bias),
    ['Conv', 'Relu'],
  )
  t.deepEqual(
    fused((a, b) => np.maximum(0, conv(a, b)), x, k),
    ['Conv', 'Relu'],
  )
  t.deepEqual(
    fused((a, b, c) => conv(a, b).add(c), x, k, np.ones([6, 1])),
    ['Conv', 'Add'],
  )
  t.deepEqual(
    fused((a, b) => conv(a, b).add(2), x, k),
    ['Conv', 'Add'],
  )
  t.deepEqual(
    fused((a, b) => np.maximum(conv(a, b), 1), x, k),
    ['Conv', 'Max'],
  )
  const twice = (a: NDArray, b: NDArray, c: NDArray): NDArray => {
    const z = conv(a, b)
    return z.add(c).mul(z)
  }
  t.deepEqual(fused(twice, x, k, bias), ['Conv', 'Add', 'Mul'])
  // Half precision is rounded between the operations.
  const half = [x, k, bias].map((a) => a.astype('float16'))
  t.is(fused(layer, ...half).filter((op) => op === 'Add' || op === 'Max').length, 2)
  // Forms without a place for it do it afterwards.
  t.deepEqual(fused(layer, x, sample([1, 1, 16, 32], 4, 'float32'), bias), ['MatMul', 'Add', 'Max'])
})

test('values and derivatives to the second order are those of the separate operations', (t) => {
  const f = (x: NDArray, k: NDArray, b: NDArray): NDArray => pool(layer(x, k, b))
  const second = (...xs: readonly NDArray[]): readonly number[] => {
    const [x, k, b] = xs as [NDArray, NDArray, NDArray]
    const inner = (a: NDArray, c: NDArray, d: NDArray): NDArray => np.sum(np.sin(f(a, c, d)))
    const outer = (a: NDArray, c: NDArray, d: NDArray): NDArray => {
      const [da, dc, dd] = grad(inner, { argnums: [0, 1, 2] })(a, c, d)
      return np
        .sum(da.mul(a))
        .add(np.sum(dc.mul(dc)))
        .add(np.sum(dd))
    }
    const first = jit(grad(inner, { argnums: [0, 1, 2] }))(x, k, b)
    return [jit(f)(x, k, b), ...first, ...jit(grad(outer, { argnums: [0, 1, 2] }))(x, k, b)].flatMap((a) => elements(a))
  }
  const xs = [image, kernel, bias]
  allClose(t, np.array(second(...xs)), second(...xs.map((a) => a.astype('float64'))), { rtol: 2e-4, atol: 2e-4 })
  // No element within a finite difference of the kink.
  const small = [sample([1, 2, 2, 16], 5), sample([1, 2, 16, 16], 6), np.ones([16], { dtype: 'float64' }).mul(30)]
  checkGrads(t, (...ys) => f(...(ys as [NDArray, NDArray, NDArray])), small)
})

test('NaN passes relu, and its gradient takes what relu gave', (t) => {
  const isOne = np.equal(np.arange(image.size).reshape(...image.shape), 16 * 14 + 3)
  const x = np.where(isOne, NaN, image)
  const y = jit(layer)(x, kernel, bias)
  const isNaN = elements(np.isnan(y).astype('int32'))
  // The windows of 9 places over one image's element, of all features.
  t.is(
    isNaN.reduce((a, b) => a + b),
    9 * 32,
  )
  t.true(elements(y).every((v) => !(v < 0)))
  const mask = (z: NDArray): NDArray => grad((a: NDArray) => np.sum(nn.relu(a).mul(a.sum())))(z)
  const names = operators(mask, [np.ones([3])])
  t.is(names.filter((op) => op === 'Greater').length, 1)
  const values = np.array([NaN, -0, 0, -1, 2, Infinity])
  t.deepEqual(elements(jit(grad((a: NDArray) => np.sum(nn.relu(a))))(values)), [0, 0, 0, 0, 1, 1])
})

test('averages: a division by the size of the window is theirs', (t) => {
  const x = sample([2, 6, 6, 3], 7, 'float32')
  const mean = (a: NDArray): NDArray => nn.avgPool(a, [3, 3], { strides: [3, 3] })
  t.deepEqual(operators(mean, [x], 'portable'), ['Transpose', 'AveragePool', 'Transpose'])
  allClose(t, jit(mean)(x), elements(mean(x.astype('float64'))), { rtol: 1e-6 })
  const third = (a: NDArray): NDArray => lax.reduceWindowSum(a, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID').div(3)
  t.deepEqual(operators(third, [x], 'portable'), ['Transpose', 'AveragePool', 'Transpose', 'Mul', 'Div'])
  // Repetition and float64 have no AveragePool: sums, divided.
  t.deepEqual(elements(jit(mean)(np.ones([1, 3, 3, 1], { dtype: 'float64' }))), [1])
})
