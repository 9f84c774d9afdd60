/** What transformations make of small programs, and the ONNX operators that they become. */
import test from 'ava'
import { grad, jit, lax, makeJaxpr, nn, type NDArray, np, profile, vmap } from '../../src/index.js'
import { operators } from '../helpers/lowering.js'

const [x, w, b] = [np.ones([4, 3]), np.ones([3, 2]), np.ones([2])]
const dense = (v: NDArray, k: NDArray, c: NDArray): NDArray => np.matmul(v, k).add(c)
const loss = (v: NDArray, k: NDArray, c: NDArray): NDArray => np.sum(np.tanh(dense(v, k, c)))
const rnn = (k: NDArray, xs: NDArray): NDArray =>
  np.sum(
    lax.scan(
      (h: NDArray, v: NDArray) => {
        const next = np.tanh(np.matmul(h, k).add(v))
        return [next, next] as const
      },
      np.zeros([3]),
      xs,
    )[1],
  )

test('jaxprs of grad, vmap, grad of vmap and grad of a scan', (t) => {
  t.snapshot(makeJaxpr(grad(loss, { argnums: [0, 1, 2] }))(x, w, b).toString(), 'grad of a dense layer')
  t.snapshot(makeJaxpr(vmap(dense, { inAxes: [0, null, null] }))(x, w, b).toString(), 'vmap of a dense layer')
  t.snapshot(makeJaxpr(grad((v: NDArray) => np.sum(vmap((r: NDArray) => np.sin(r).mul(r))(v))))(x).toString(), 'grad of vmap') // prettier-ignore
  t.snapshot(makeJaxpr(grad((v: NDArray) => nn.softmax(v).slice(0)))(b).toString(), 'grad of softmax')
  t.snapshot(makeJaxpr(grad(rnn))(np.ones([3, 3]), x).toString(), 'grad of a scan')
})

const table: Readonly<Record<string, readonly [(...xs: NDArray[]) => NDArray, readonly NDArray[], readonly string[]]>> =
  {
    'a dense layer': [dense, [x, w, b], ['MatMul', 'Add']],
    'a dense layer under vmap': [
      (v, k, c) => vmap((r: NDArray) => dense(r, k, c))(v),
      [x, w, b],
      ['MatMul', 'Reshape', 'Add'],
    ],
    'x · wᵀ': [(v, k) => np.matmul(v, k.T), [x, w.T], ['Transpose', 'MatMul']],
    'gradient of the weights': [
      (v, g) => grad((k: NDArray) => np.sum(np.matmul(v, k).mul(g)))(w),
      [x, np.ones([4, 2])],
      ['Transpose', 'MatMul'],
    ],
    'gradient of the input': [
      (k, g) => grad((v: NDArray) => np.sum(np.matmul(v, k).mul(g)))(x),
      [w, np.ones([4, 2])],
      ['Transpose', 'MatMul'],
    ],
    'gradient of the bias': [
      (g) => grad((c: NDArray) => np.sum(np.add(g, c).mul(g)))(b),
      [np.ones([4, 2])],
      ['ReduceSum'],
    ],
    softmax: [(v) => nn.softmax(v), [x], ['Softmax']],
    'logSoftmax under vmap': [(v) => vmap((r: NDArray) => nn.logSoftmax(r))(v), [x], ['LogSoftmax']],
    'a row added to a matrix': [(v, c) => v.add(np.broadcastTo(c, v.shape)), [x, np.ones([3])], ['Add']],
    'a column added to a matrix': [
      (v, c) => v.add(lax.broadcastInDim(c, v.shape, [0])),
      [x, np.ones([4])],
      ['Reshape', 'Add'],
    ],
    'a scalar where a mask holds': [
      (v, c) => np.where(v.gt(0), np.broadcastTo(c, v.shape), v),
      [x, np.ones([])],
      ['Greater', 'Where'],
    ],
    'two expanded operands': [
      (c, d) => np.broadcastTo(c, [4, 3]).mul(np.broadcastTo(d, [4, 3])),
      [np.ones([4, 1]), np.ones([3])],
      ['Mul'],
    ],
    'what nothing else expands is expanded in the end': [
      (c, d) => np.exp(np.broadcastTo(c, [4, 3]).mul(np.broadcastTo(d, [4, 3]))),
      [b.slice(0), np.ones([3])],
      ['Mul', 'Exp', 'Reshape', 'Expand'],
    ],
    'an expanded scalar in another shape': [
      (c, d) => np.broadcastTo(c, [4, 3]).neg().reshape([12]).add(d),
      [b.slice(0), np.ones([12])],
      ['Neg', 'Add'],
    ],
    'gradient of a mean: nothing is left to compute': [(v) => grad((u: NDArray) => np.mean(u))(v), [x], []],
    'what changes nothing': [(v) => v.mul(1).div(1).sub(0).exp(), [x], ['Exp']],
    'gradients of one array, one of them of elements along an axis': [
      (v, k) => grad((u: NDArray) => np.sum(np.takeAlongAxis(np.exp(u), k, 1)).add(np.sum(np.sin(u))))(v),
      [x, np.zeros([4, 1], { dtype: 'int32' })],
      ['Exp', 'Cos', 'Clip', 'Equal', 'Where', 'ScatterElements', 'Mul', 'Add'],
    ],
    'gradients of an array itself': [
      (v, k) => grad((u: NDArray) => np.sum(np.takeAlongAxis(u, k, 1)).add(np.sum(np.sin(u))))(v),
      [x, np.zeros([4, 1], { dtype: 'int32' })],
      ['Cos', 'Clip', 'Equal', 'Where', 'ScatterElements'],
    ],
  }

for (const [name, [f, xs, expected]] of Object.entries(table))
  test(`operators: ${name}`, (t) => {
    t.deepEqual(operators(f, xs), expected)
  })

test('what is scattered into zeros stays there if somebody else takes it, or if windows may overlap', (t) => {
  const v = np.arange(12, undefined, undefined, { dtype: 'float32' }).reshape([4, 3])
  const [k, rows] = [np.array([[2], [-1], [0], [1]]), np.array([1, 1, 3])].map((i) => i.astype('int32')) as [NDArray, NDArray] // prettier-ignore
  const taken = (u: NDArray): NDArray => grad((a: NDArray) => np.sum(np.takeAlongAxis(a, k, 1)))(u)
  const gathered = (u: NDArray): NDArray => grad((a: NDArray) => np.sum(np.take(a, rows, { axis: 0 })))(u)
  const f = (u: NDArray): readonly NDArray[] => [
    taken(u).add(u),
    taken(u).mul(2).add(taken(u).add(u)),
    gathered(u).add(u),
  ]
  const at = [2, 2, 0, 1].flatMap((column) => [0, 1, 2].map((j) => (j === column ? 1 : 0)))
  const counts = [0, 2, 0, 1].flatMap((n) => [n, n, n])
  const expected = [at.map((a, i) => a + i), at.map((a, i) => 3 * a + i), counts.map((n, i) => n + i)]
  jit(f)(v).forEach((y, i) => {
    t.deepEqual([...(y.data() as Float32Array)], expected[i])
  })
})

test('what is scattered into zeros stays there if the sum broadcasts it', (t) => {
  const rows = np.array([1]).astype('int32')
  const picked = (u: NDArray, row: NDArray): NDArray => grad((a: NDArray) => np.sum(np.take(a, rows, { axis: 0 }).mul(row)))(u) // prettier-ignore
  const f = (u: NDArray): readonly NDArray[] => [
    u.add(picked(np.sum(u, { axis: 1, keepdims: true }), np.sum(u))),
    np.stack([u, u]).add(picked(u, u.slice(0))),
    np.stack([u, u]).add(np.expandDims(picked(u, u.slice(1)), 0)),
  ]
  const v = np.arange(12, undefined, undefined, { dtype: 'float32' }).reshape([4, 3])
  jit(f)(v).forEach((y, i) => t.deepEqual(y.toArray(), f(v)[i]!.toArray())) // prettier-ignore
})

test('what is added to a convolution is no part of it where the sum has further axes', (t) => {
  const [images, kernel] = [np.ones([2, 5, 5, 3]), np.ones([2, 2, 3, 4])]
  const bias = np.arange(4, undefined, undefined, { dtype: 'float32' }).reshape([1, 1, 1, 1, 4])
  const f = (v: NDArray, c: NDArray): NDArray =>
    lax.convGeneralDilated(v, kernel, [1, 1], 'SAME', { dimensionNumbers: ['NHWC', 'HWIO', 'NHWC'] }).add(c)
  t.deepEqual(jit(f)(images, bias).toArray(), f(images, bias).toArray())
})

test('operators of gradients: no Expand before an operation that broadcasts', (t) => {
  for (const f of [loss, (v: NDArray, k: NDArray, c: NDArray) => np.mean(np.square(dense(v, k, c).sub(c)))])
    for (const argnum of [0, 1, 2]) {
      const made = operators((...xs) => grad(f, { argnums: argnum })(xs[0]!, xs[1]!, xs[2]!), [x, w, b])
      t.false(made.includes('Expand'), made.join())
    }
})

/** The kernels that ONNX Runtime runs for a compiled function, after its own fusions. */
const kernelsOf = (f: (...xs: NDArray[]) => NDArray, xs: readonly NDArray[]): readonly unknown[] =>
  profile(() => jit(f)(...xs))
    .events.filter(({ cat }) => cat === 'kernel')
    .map(({ args }) => args['op_name'])

test('what ONNX Runtime fuses: no Transpose beside a product of matrices, but no bias into one', (t) => {
  const cotangent = np.ones([4, 2])
  t.deepEqual(kernelsOf(dense, [x, w, b]), ['MatMul', 'Add'])
  t.deepEqual(
    kernelsOf((v, k) => np.matmul(v, k.T), [x, w.T]),
    ['FusedMatMul'],
  )
  for (const argnum of [0, 1]) {
    const product = (v: NDArray, k: NDArray, g: NDArray): NDArray => np.sum(np.matmul(v, k).mul(g))
    const gradient = (...xs: NDArray[]): NDArray => grad(product, { argnums: argnum })(xs[0]!, xs[1]!, xs[2]!)
    t.deepEqual(kernelsOf(gradient, [x, w, cotangent]), ['FusedMatMul'])
  }
  t.deepEqual(
    kernelsOf((v) => nn.softmax(v), [x]),
    ['Softmax'],
  )
})
