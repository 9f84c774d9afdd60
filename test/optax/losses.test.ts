/** Losses against real Optax: values, gradients, second derivatives; and what they refuse. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, grad, jit, type NDArray, np, optax, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

type Loss = (x: NDArray) => NDArray
interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
interface Golden {
  readonly value: Encoded
  readonly grad_of_sum: Encoded
  readonly hvp_with_sin_iota: Encoded
}
const { losses: heart } = JSON.parse(readFileSync('test/golden/optax-heart.json', 'utf8')) as {
  losses: { inputs: Readonly<Record<string, Encoded>> } & Readonly<Record<string, Golden>>
}
const decode = ({ dtype, shape, data }: Encoded): NDArray => np.array(data as number[], { dtype }).reshape(shape)
const [x, y, logits, probs, labels, odd, where] = ['x', 'y', 'logits', 'probs', 'labels', 'odd', 'where'].map((name) =>
  decode(heart.inputs[name]!),
) as [NDArray, NDArray, NDArray, NDArray, NDArray, NDArray, NDArray]

const half = logits.astype('bfloat16')
const cases: Readonly<Record<string, readonly [Loss, NDArray]>> = {
  'squared_error(x,y)': [(a) => optax.squaredError(a, y), x],
  'squared_error(x)': [(a) => optax.squaredError(a), x],
  'l2_loss(x,y)': [(a) => optax.l2Loss(a, y), x],
  'l2_loss(x)': [(a) => optax.l2Loss(a), x],
  'softmax_cross_entropy(logits,probs)': [(a) => optax.softmaxCrossEntropy(a, probs), logits],
  'softmax_cross_entropy(logits,probs,axis=0)': [(a) => optax.softmaxCrossEntropy(a, probs, { axis: 0 }), logits],
  'softmax_cross_entropy(logits,probs,where)': [(a) => optax.softmaxCrossEntropy(a, probs, { where }), logits],
  'softmax_cross_entropy(bfloat16)': [(a) => optax.softmaxCrossEntropy(a, probs.astype('bfloat16')), half],
  'softmax_cross_entropy_with_integer_labels(logits,labels)': [
    (a) => optax.softmaxCrossEntropyWithIntegerLabels(a, labels),
    logits,
  ],
  'softmax_cross_entropy_with_integer_labels(logits,odd)': [
    (a) => optax.softmaxCrossEntropyWithIntegerLabels(a, odd),
    logits,
  ],
  'softmax_cross_entropy_with_integer_labels(logits,labels3,axis=0)': [
    (a) => optax.softmaxCrossEntropyWithIntegerLabels(a, np.array([2, 0, 1], { dtype: 'int32' }), { axis: 0 }),
    logits,
  ],
  'softmax_cross_entropy_with_integer_labels(logits,labels,where)': [
    (a) => optax.softmaxCrossEntropyWithIntegerLabels(a, labels, { where }),
    logits,
  ],
  'softmax_cross_entropy_with_integer_labels(bfloat16)': [
    (a) => optax.softmaxCrossEntropyWithIntegerLabels(a, labels),
    half,
  ],
}

for (const [name, [loss, at]] of Object.entries(cases))
  test(name, (t) => {
    const golden = heart[name]!
    const weights = np.array(Float64Array.from({ length: at.size }, (_, i) => Math.sin(i)))
    const direction = weights.astype(at.dtype).reshape(at.shape)
    const gradOfSum = grad((a: NDArray) => np.sum(loss(a)))
    const hvp = grad((a: NDArray) => np.sum(direction.mul(gradOfSum(a))))
    const close = at.dtype === 'bfloat16' ? { rtol: 2 ** -6, atol: 2 ** -7 } : { rtol: 2e-6, atol: 5e-7 }
    for (const f of [loss, jit(loss)]) {
      const value = f(at)
      t.deepEqual([value.dtype, value.shape], [golden.value.dtype, golden.value.shape])
      allClose(t, value, golden.value.data, close, 'value')
    }
    for (const f of [gradOfSum, jit(gradOfSum)]) allClose(t, f(at), golden.grad_of_sum.data, close, 'gradient')
    allClose(t, jit(hvp)(at), golden.hvp_with_sin_iota.data, close, 'second derivative')
  })

const { inputs, losses } = JSON.parse(readFileSync('test/golden/losses-layers2-golden.json', 'utf8')) as {
  inputs: Readonly<
    Record<
      'lg' | 'lab' | 'pr' | 'x' | 'y' | 'z' | 'w' | 'v' | 'ctc_logits',
      readonly number[] & readonly (readonly number[])[]
    >
  >
  losses: Readonly<Record<string, { value: readonly number[]; grad_of_sum: readonly (readonly number[])[] }>>
}
const lab = np.array(inputs.lab, { dtype: 'int32' })
const w = np.array(inputs.w, { dtype: 'bool' })
const more: Readonly<Record<string, readonly [Loss, NDArray]>> = {
  'softmax_cross_entropy(lg,pr)': [(a) => optax.softmaxCrossEntropy(a, np.array(inputs.pr)), np.array(inputs.lg)],
  'softmax_cross_entropy(lg,pr,where=w)': [
    (a) => optax.softmaxCrossEntropy(a, np.array(inputs.pr), { where: w }),
    np.array(inputs.lg),
  ],
  'softmax_cross_entropy_with_integer_labels(lg,lab)': [
    (a) => optax.softmaxCrossEntropyWithIntegerLabels(a, lab),
    np.array(inputs.lg),
  ],
  'softmax_cross_entropy_with_integer_labels(lg,lab,where=w)': [
    (a) => optax.softmaxCrossEntropyWithIntegerLabels(a, lab, { where: w }),
    np.array(inputs.lg),
  ],
  'squared_error(x,y)': [(a) => optax.squaredError(a, np.array(inputs.y)), np.array(inputs.x)],
  'l2_loss(x,y)': [(a) => optax.l2Loss(a, np.array(inputs.y)), np.array(inputs.x)],
}
for (const [name, [loss, at]] of Object.entries(more))
  test(`second file: ${name}`, (t) => {
    const golden = losses[name]!
    allClose(t, jit(loss)(at), golden.value, { rtol: 1e-6, atol: 2e-7 }, 'value')
    const gradient = jit(grad((a: NDArray) => np.sum(loss(a))))(at)
    allClose(t, gradient, golden.grad_of_sum.flat(), { rtol: 1e-6, atol: 2e-7 }, 'gradient')
  })

const int = (values: readonly number[], shape = [values.length]) => np.array(values, { dtype: 'int32' }).reshape(shape)
const mask = np.array([1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1], { dtype: 'bool' }).reshape([3, 4])

test('derivatives to second order', (t) => {
  const a = sample([3, 4], 1)
  const b = sample([3, 4], 2)
  checkGrads(t, (p, q) => optax.squaredError(p, q), [a, b])
  checkGrads(t, (p, q) => optax.l2Loss(p, q), [a, b])
  checkGrads(t, (p, q) => optax.softmaxCrossEntropy(p, q), [a, b])
  checkGrads(t, (p, q) => optax.softmaxCrossEntropy(p, q, { axis: [0, 1], where: mask }), [a, b])
  checkGrads(t, (p) => optax.softmaxCrossEntropyWithIntegerLabels(p, int([3, 0, 1])), [a])
  checkGrads(t, (p) => optax.softmaxCrossEntropyWithIntegerLabels(p, int([3, 0, 1]), { where: mask }), [a])
})

test('several axes of classes', (t) => {
  const a = np.arange(24).astype('float32').reshape([1, 2, 3, 4])
  // The example of Optax's documentation: element [1, 1] of the first, [2, 3] of the second.
  const values = optax.softmaxCrossEntropyWithIntegerLabels(a, int([5, 11], [1, 2]), { axis: [2, 3] })
  t.deepEqual(values.shape, [1, 2])
  allClose(t, values, [6.458669, 0.458669], { atol: 2e-6 })
  const moved = optax.softmaxCrossEntropyWithIntegerLabels(np.transpose(a, [2, 0, 3, 1]), int([5, 11], [1, 2]), {
    axis: [0, 2],
  })
  allClose(t, moved, values, { atol: 2e-6 })
  const all = np.ones([1, 2, 3, 4], { dtype: 'bool' })
  allClose(t, optax.softmaxCrossEntropyWithIntegerLabels(a, int([5, 11], [1, 2]), { axis: [2, 3], where: all }), values)
  const oneHot = np.equal(np.arange(24), 5).astype('float32').reshape([1, 2, 3, 4])
  t.deepEqual(optax.softmaxCrossEntropy(a, oneHot, { axis: [2, 3] }).shape, [1, 2])
  t.deepEqual(optax.softmaxCrossEntropy(a, oneHot, { axis: null }).shape, [])
})

test('a mask by example', (t) => {
  const rows = np.array([true, false, true])
  const a = sample([3, 4], 3, 'float32')
  const full = optax.softmaxCrossEntropyWithIntegerLabels(a, int([0, 1, 2]))
  const [first, second, third] = elements(full) as [number, number, number]
  t.true(second > 0)
  allClose(t, optax.softmaxCrossEntropyWithIntegerLabels(a, int([0, 1, 2]), { where: rows }), [first, 0, third])
  const oneHot = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]) // prettier-ignore
  allClose(t, optax.softmaxCrossEntropy(a, oneHot, { where: rows }), [first, 0, third])
})

test('great logits, masked or not, neither overflow nor spoil gradients', (t) => {
  const a = np.array([[1000, 0, -1000], [0, 1000, 1]]) // prettier-ignore
  const keep = np.array([[true, true, true], [true, false, true]]) // prettier-ignore
  const loss = (z: NDArray) => np.sum(optax.softmaxCrossEntropyWithIntegerLabels(z, int([1, 0]), { where: keep }))
  t.is(loss(a).item(), Math.fround(1000 + Math.fround(Math.log(1 + Math.E))))
  allClose(t, grad(loss)(a), [1, -1, 0, -0.7310586, 0, 0.7310586])
  // prettier-ignore
  const infinite = np.array([[-Infinity, 0], [Infinity, 0]])
  t.deepEqual(elements(optax.softmaxCrossEntropyWithIntegerLabels(infinite, int([1, 1]))), [0, Infinity])
})

test('labels along mapped axes', (t) => {
  const a = sample([2, 3, 4], 5, 'float32')
  const at = int([0, 1, 2, 3, 2, 1], [2, 3])
  const mapped = vmap((p: NDArray, q: NDArray) => optax.softmaxCrossEntropyWithIntegerLabels(p, q))(a, at)
  allClose(t, mapped, optax.softmaxCrossEntropyWithIntegerLabels(a, at))
})

test('numbers stand for arrays', (t) => {
  t.is(optax.squaredError(3, 1).item(), 4)
  t.is(optax.l2Loss(2).item(), 2)
})

test('errors', (t) => {
  t.throws(() => optax.squaredError(np.zeros([2]), np.zeros([2, 1])), {
    name: 'ShapeError',
    message: 'squaredError requires predictions and targets of one shape, got float32[2] and float32[2,1]',
  })
  t.throws(() => optax.l2Loss(int([1])), {
    name: 'DTypeError',
    message: "l2Loss requires floating point predictions, got int32[1]; cast them: x.astype('float32')",
  })
  t.throws(() => optax.softmaxCrossEntropy(int([1]), np.zeros([1])), {
    name: 'DTypeError',
    message: "softmaxCrossEntropy requires floating point logits, got int32[1]; cast them: x.astype('float32')",
  })
  t.throws(() => optax.softmaxCrossEntropyWithIntegerLabels(np.zeros([2, 3]), np.zeros([2])), {
    name: 'DTypeError',
    message:
      "softmaxCrossEntropyWithIntegerLabels requires integer labels, got float32[2]; make them with { dtype: 'int32' }",
  })
  t.throws(() => optax.softmaxCrossEntropyWithIntegerLabels(np.zeros([2, 3]), int([1, 2, 0])), {
    name: 'ShapeError',
    message:
      'softmaxCrossEntropyWithIntegerLabels requires labels of the shape [2] for logits float32[2,3], got int32[3]',
  })
  t.throws(() => optax.softmaxCrossEntropy(np.zeros([2]), np.zeros([2]), { axes: 0 } as object), {
    name: 'OptionsError',
    message: 'softmaxCrossEntropy: unknown option axes; known: axis, where',
  })
  t.throws(() => optax.softmaxCrossEntropyWithIntegerLabels(np.zeros([2]), int([0]), { axis: 0.5 }), {
    name: 'OptionsError',
    message: 'softmaxCrossEntropyWithIntegerLabels: axis must be an axis or a list of axes, got 0.5',
  })
})
