/** Which nodes convolutions become. */
import test from 'ava'
import { jvp, makeJaxpr, type NDArray, np, vjp } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import type { ConvDimensionNumbers } from '../../src/lax/conv.js'
import { allClose, sample } from '../helpers/arrays.js'
import {
  arrayOf,
  convReference,
  type ConvProblem,
  convShape,
  product,
  range,
  wholeNumbers,
} from '../helpers/convolution.js'
import { operators } from '../helpers/lowering.js'
import { type F, apply, nhwc } from './convLayouts.js'

const nhwcNumbers: ConvDimensionNumbers = { lhsSpec: [0, 3, 1, 2], rhsSpec: [3, 2, 0, 1], outSpec: [0, 3, 1, 2] }

interface Form {
  readonly lhs: readonly number[]
  readonly rhs: readonly number[]
  readonly strides?: readonly number[]
  readonly groups?: number
  readonly padding?: readonly (readonly [number, number])[]
  /** Operators of the result, and of the gradients of operand and kernel. */
  readonly ops: readonly [out: readonly string[], dlhs: readonly string[], drhs: readonly string[]]
}

const toConv = ['Transpose', 'Transpose', 'Conv', 'Transpose']

const repeated = (n: number, ...ops: readonly string[]): readonly string[] => range(n).flatMap(() => ops)

const perPlace = (places: number): readonly string[] => [
  ...['Transpose', 'Reshape', 'Pad'],
  ...repeated(places, 'Slice'),
  ...repeated(places, 'Reshape', 'MatMul', 'Reshape'),
  ...['Concat', 'Reshape', 'Transpose'],
]

const forms: Readonly<Record<string, Form>> = {
  'one input channel': {
    lhs: [11, 6, 6, 1],
    rhs: [3, 3, 1, 32],
    ops: [
      // The operand's transpose is a Reshape: its one channel takes no memory order.
      ['Reshape', 'Transpose', 'Conv', 'Transpose'],
      ['Transpose', 'Transpose', 'ConvTranspose', 'Reshape'],
      ['Reshape', 'Pad', ...repeated(9, 'Slice'), ...repeated(9, 'Reshape'), 'Concat', 'Reshape', 'MatMul', 'Reshape'],
    ],
  },
  'many channels': {
    lhs: [8, 4, 4, 9],
    rhs: [3, 3, 9, 9],
    ops: [toConv, ['Transpose', 'Transpose', 'Slice', 'Conv', 'Transpose'], perPlace(9)],
  },
  'strides: the gradient is a ConvTranspose': {
    lhs: [16, 10, 10, 9],
    rhs: [3, 3, 9, 9],
    strides: [2, 2],
    padding: [
      [0, 0],
      [0, 0],
    ],
    // The rows that no window takes get their zeros from the node, too.
    ops: [toConv, ['Transpose', 'Transpose', 'ConvTranspose', 'Transpose'], perPlace(9).filter((op) => op !== 'Pad')],
  },
  'windows of one element': {
    lhs: [2, 4, 4, 9],
    rhs: [1, 1, 9, 10],
    padding: [
      [0, 0],
      [0, 0],
    ],
    ops: [
      ['Reshape', 'Reshape', 'MatMul', 'Reshape'],
      ['Reshape', 'Transpose', 'Reshape', 'MatMul', 'Reshape'],
      ['Transpose', 'Reshape', 'Reshape', 'MatMul', 'Reshape', 'Transpose'],
    ],
  },
  'windows of one element and strides': {
    lhs: [2, 5, 5, 9],
    rhs: [1, 1, 9, 10],
    strides: [2, 2],
    padding: [
      [0, 0],
      [0, 0],
    ],
    ops: [
      ['Slice', 'Reshape', 'Reshape', 'MatMul', 'Reshape'],
      ['Transpose', 'Reshape', 'MatMul', 'Reshape', 'Pad', 'Reshape', 'Slice'],
      ['Transpose', 'Reshape', 'Slice', 'Reshape', 'MatMul', 'Reshape', 'Transpose'],
    ],
  },
  'a kernel larger than the operand: patches': {
    lhs: [1, 3, 3, 10],
    rhs: [3, 3, 10, 11],
    ops: [
      ['Pad', ...repeated(9, 'Slice'), 'Concat', 'Reshape', 'Reshape', 'MatMul', 'Reshape'],
      ['Pad', ...repeated(9, 'Slice'), 'Concat', 'Reshape', 'Transpose', 'Reshape', 'MatMul', 'Reshape'],
      perPlace(9),
    ],
  },
  depthwise: {
    lhs: [2, 5, 5, 4],
    rhs: [3, 3, 1, 8],
    groups: 4,
    ops: [
      toConv,
      ['Reshape', 'Transpose', 'Transpose', 'Slice', 'Conv', 'Transpose'],
      [
        ...['Reshape', 'Reshape', 'Pad'],
        ...repeated(9, 'Slice'),
        ...repeated(9, 'Reshape', 'Mul', 'ReduceSum', 'Reshape'),
        ...['Concat', 'Reshape'],
      ],
    ],
  },
}

const around: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 1],
]

/** A convolution and its two gradients, each as a function of two arrays. */
const withGradients = (f: F, x: NDArray, k: NDArray, ct: NDArray): readonly (readonly [F, NDArray, NDArray])[] => [
  [f, x, k],
  [(c, b) => vjp((a: NDArray) => f(a, b), x)[1](c)[0], ct, k],
  [(a, c) => vjp((b: NDArray) => f(a, b), k)[1](c)[0], x, ct],
]

for (const [name, form] of Object.entries(forms)) {
  const { lhs, rhs, strides = [1, 1], groups = 1, padding = around, ops } = form
  const p: ConvProblem = {
    ...{ lhs, rhs, strides, padding, lhsDilation: [1, 1], rhsDilation: [1, 1] },
    ...{ numbers: nhwcNumbers, featureGroups: groups, batchGroups: 1 },
  }
  test(`the form for ${name}`, (t) => {
    const shape = convShape(p)
    const values = [lhs, rhs, shape].map((s, i) => wholeNumbers(product(s), i)) as [number[], number[], number[]]
    const [x, k, ct] = [arrayOf(lhs, values[0]), arrayOf(rhs, values[1]), arrayOf(shape, values[2])] as const
    const expected = Object.values(convReference(p, ...values))
    withGradients(apply(p), x, k, ct).forEach(([f, a, b], i) => {
      const what = ['result', 'gradient of the operand', 'gradient of the kernel'][i]!
      const lowered = operators((u, v) => f(u, v), [a, b], 'portable')
      t.deepEqual(lowered, ops[i], what)
      allClose(t, f(a, b), expected[i]!, {}, what)
    })
  })
}

test('the convolutions of a small network for images: no more nodes than these', (t) => {
  const layer = (features: number, outFeatures: number, size: number): readonly (readonly string[])[] => {
    const f: F = (x, k) => lax.convGeneralDilated(x, k, [1, 1], 'SAME', { dimensionNumbers: nhwc })
    const [x, k] = [np.ones([64, size, size, features]), np.ones([3, 3, features, outFeatures])]
    return withGradients(f, x, k, np.ones([64, size, size, outFeatures])).map(([g, a, b]) =>
      operators((u, v) => g(u, v), [a, b], 'portable'),
    )
  }
  t.deepEqual(layer(1, 32, 28), forms['one input channel']!.ops)
  t.deepEqual(layer(32, 64, 14), forms['many channels']!.ops)
})

test('a tangent of one argument takes one convolution more', (t) => {
  const [x, k] = [sample([1, 2, 5, 5], 1, 'float32'), sample([3, 2, 3, 3], 2, 'float32')]
  const text = makeJaxpr((a: NDArray, b: NDArray) =>
    jvp((c: NDArray) => lax.convGeneralDilated(c, k, [1, 1], 'VALID'), [a], [b]),
  )(x, x)
  t.is(text.toString().split('conv_general_dilated').length - 1, 2)
})

test('parameters are plain data in the text of a program', (t) => {
  const [x, k] = [sample([1, 5, 5, 2], 1, 'float32'), sample([3, 3, 2, 4], 2, 'float32')]
  const jaxpr = makeJaxpr((a: NDArray, b: NDArray) =>
    lax.convGeneralDilated(a, b, [2, 1], 'SAME', { dimensionNumbers: nhwc }),
  )(x, k)
  t.is(
    jaxpr.toString(),
    `{ lambda ; a:f32[1,5,5,2] b:f32[3,3,2,4]. let
    c:f32[1,3,5,4] = conv_general_dilated[windowStrides=(2,1) padding=((1,1),(1,1)) lhsDilation=(1,1) rhsDilation=(1,1) windowReversal=false dimensionNumbers={lhsSpec:(0,3,1,2),rhsSpec:(3,2,0,1),outSpec:(0,3,1,2)} featureGroupCount=1 batchGroupCount=1] a b
  in (c,) }`,
  )
})
