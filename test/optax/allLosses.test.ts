/** All losses against real Optax: values, gradients, second derivatives. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, grad, jit, nn, type NDArray, np, optax, vmap } from '../../src/index.js'
import { allClose, decodeNumber, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

type Loss = (x: NDArray) => NDArray
type Nested = readonly number[] & readonly (readonly number[])[]
const first = JSON.parse(readFileSync('test/golden/losses-layers2-golden.json', 'utf8')) as {
  inputs: Readonly<Record<string, Nested>>
  losses: Readonly<Record<string, { readonly value: unknown; readonly grad_of_sum: unknown }>>
}
const { losses: L } = optax
const int = (x: readonly number[] | readonly (readonly number[])[]) => np.array(x, { dtype: 'int32' })
const [lg, pr, x, y, z, w] = ['lg', 'pr', 'x', 'y', 'z', 'w'].map((k) => np.array(first.inputs[k]!)) as [NDArray, NDArray, NDArray, NDArray, NDArray, NDArray] // prettier-ignore
const where = w.astype('bool')
const lab = int(first.inputs['lab']!)

const originals: Readonly<Record<string, readonly [Loss, NDArray]>> = {
  'softmax_cross_entropy(lg,pr)': [(a) => L.softmaxCrossEntropy(a, pr), lg],
  'softmax_cross_entropy(lg,pr,where=w)': [(a) => L.softmaxCrossEntropy(a, pr, { where }), lg],
  'softmax_cross_entropy_with_integer_labels(lg,lab)': [(a) => L.softmaxCrossEntropyWithIntegerLabels(a, lab), lg],
  'softmax_cross_entropy_with_integer_labels(lg,lab,where=w)': [
    (a) => L.softmaxCrossEntropyWithIntegerLabels(a, lab, { where }),
    lg,
  ],
  'safe_softmax_cross_entropy(lg,pr)': [(a) => L.safeSoftmaxCrossEntropy(a, pr), lg],
  'poly_loss_cross_entropy(lg,pr)': [(a) => L.polyLossCrossEntropy(a, pr), lg],
  'kl_divergence(log_softmax(lg),pr)': [(a) => L.klDivergence(nn.logSoftmax(a), pr), lg],
  'kl_divergence_with_log_targets(log_softmax(lg),log_softmax(-lg0))': [
    (a) => L.klDivergenceWithLogTargets(nn.logSoftmax(a), nn.logSoftmax(np.negative(lg))),
    lg,
  ],
  'generalized_kl_divergence(lg,pr)': [(a) => L.generalizedKlDivergence(a, pr), lg],
  'multiclass_hinge_loss(lg,lab)': [(a) => L.multiclassHingeLoss(a, lab), lg],
  'multiclass_perceptron_loss(lg,lab)': [(a) => L.multiclassPerceptronLoss(a, lab), lg],
  'multiclass_sparsemax_loss(lg,lab)': [(a) => L.multiclassSparsemaxLoss(a, lab), lg],
  'cosine_similarity(lg,pr)': [(a) => L.cosineSimilarity(a, pr), lg],
  'cosine_distance(lg,pr)': [(a) => L.cosineDistance(a, pr), lg],
  'ranking_softmax_loss(lg,pr)': [(a) => L.rankingSoftmaxLoss(a, pr), lg],
  'ntxent(lg,labels=[1,1])': [(a) => L.ntxent(a, int([1, 1])), lg],
  'dice_loss(lg,pr)': [(a) => L.diceLoss(np.expandDims(a, 0), np.expandDims(pr, 0)), lg],
  'triplet_margin_loss(lg,pr,-pr)': [(a) => L.tripletMarginLoss(a, pr, np.negative(pr)), lg],
  'smooth_labels(pr,.1)': [(a) => L.smoothLabels(a.mul(0).add(pr), 0.1), lg],
  'sigmoid_binary_cross_entropy(x,z)': [(a) => L.sigmoidBinaryCrossEntropy(a, z), x],
  'sigmoid_focal_loss(x,z)': [(a) => L.sigmoidFocalLoss(a, z), x],
  'sigmoid_focal_loss(x,z,alpha=.25)': [(a) => L.sigmoidFocalLoss(a, z, { alpha: 0.25 }), x],
  'squared_error(x,y)': [(a) => L.squaredError(a, y), x],
  'l2_loss(x,y)': [(a) => L.l2Loss(a, y), x],
  'huber_loss(x,y)': [(a) => L.huberLoss(a, y), x],
  'log_cosh(x,y)': [(a) => L.logCosh(a, y), x],
  'hinge_loss(x,y)': [(a) => L.hingeLoss(a, y), x],
  'perceptron_loss(x,y)': [(a) => L.perceptronLoss(a, y), x],
  'sparsemax_loss(x,z)': [(a) => L.sparsemaxLoss(a, z.astype('int32')), x],
  'binary_dice_loss(x,z)': [(a) => L.binaryDiceLoss(a, z), x],
  'ctc_loss(ctc_logits, pad last of row 1, labels [[1,2],[3,3]])': [
    (a) =>
      L.ctcLoss(
        a,
        np.array([[0, 0, 0, 0, 0], [0, 0, 0, 0, 1]]), // prettier-ignore
        int([[1, 2], [3, 3]]), // prettier-ignore
        np.zeros([2, 2]),
      ),
    np.array(first.inputs['ctc_logits']!),
  ],
}
const numbers = (nested: unknown): readonly number[] =>
  [nested].flat(Infinity).map((n) => decodeNumber(n as number | string))

for (const [name, [loss, at]] of Object.entries(originals))
  test(name, (t) => {
    const golden = first.losses[name]!
    const close = { rtol: 3e-6, atol: 1e-6 }
    for (const f of [loss, jit(loss)]) allClose(t, f(at).ravel(), numbers(golden.value), close, 'value')
    const gradient = jit(grad((a: NDArray) => np.sum(loss(a))))(at)
    allClose(t, gradient, numbers(golden.grad_of_sum), close, 'gradient')
  })

test('all losses of the golden file are here', (t) => {
  t.deepEqual(Object.keys(originals).sort(), Object.keys(first.losses).sort())
})

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
interface Row {
  readonly value: Encoded
  readonly grad_of_sum: Encoded
  readonly hvp_with_sin_iota: Encoded
}
const { losses: rows } = JSON.parse(readFileSync('test/golden/optax-wrappers.json', 'utf8')) as {
  losses: { readonly inputs: Readonly<Record<string, Encoded>> } & Readonly<Record<string, Row>>
}
const decode = ({ dtype, shape, data }: Encoded): NDArray => np.array(data.map(decodeNumber), { dtype }).reshape(shape)
const given = Object.fromEntries(Object.entries(rows.inputs).map(([k, v]) => [k, decode(v)]))
const g = given as Readonly<Record<'x' | 'y' | 'z' | 'lg' | 'other' | 'pr' | 'lab' | 'keep' | 'inf' | 'pixels' | 'masks', NDArray>> // prettier-ignore
const keep = { where: g.keep }

const variations: Readonly<Record<string, readonly [Loss, NDArray]>> = {
  'safe_softmax_cross_entropy(inf,pr)': [(a) => L.safeSoftmaxCrossEntropy(a, g.pr), g.inf],
  'poly_loss_cross_entropy(lg,pr,epsilon=-.5,where)': [
    (a) => L.polyLossCrossEntropy(a, g.pr, { epsilon: -0.5, ...keep }),
    g.lg,
  ],
  'kl_divergence(lg,pr,where)': [(a) => L.klDivergence(a, g.pr, keep), g.lg],
  'kl_divergence(lg,pr,axis=0)': [(a) => L.klDivergence(a, g.pr, { axis: 0 }), g.lg],
  'kl_divergence_with_log_targets(lg,other,axis=None)': [
    (a) => L.klDivergenceWithLogTargets(a, g.other, { axis: null }),
    g.lg,
  ],
  'generalized_kl_divergence(lg,pr,where)': [(a) => L.generalizedKlDivergence(a, g.pr, keep), g.lg],
  'cosine_similarity(lg,other,epsilon=1e-3,where)': [
    (a) => L.cosineSimilarity(a, g.other, { epsilon: 1e-3, ...keep }),
    g.lg,
  ],
  'cosine_distance(lg,other,axis=0)': [(a) => L.cosineDistance(a, g.other, { axis: 0 }), g.lg],
  'huber_loss(x,y,delta=.3)': [(a) => L.huberLoss(a, g.y, { delta: 0.3 }), g.x],
  'log_cosh(x)': [(a) => L.logCosh(a), g.x],
  'sigmoid_focal_loss(x,z,alpha=.3,gamma=1.5)': [(a) => L.sigmoidFocalLoss(a, g.z, { alpha: 0.3, gamma: 1.5 }), g.x],
  'ranking_softmax_loss(lg,pr,where,weights=other)': [
    (a) => L.rankingSoftmaxLoss(a, g.pr, { ...keep, weights: np.abs(g.other) }),
    g.lg,
  ],
  'ranking_softmax_loss(lg,pr,reduce_fn=None)': [(a) => L.rankingSoftmaxLoss(a, g.pr, { reduceFn: null }), g.lg],
  'ntxent(lg,[0,1,0],temperature=.5)': [(a) => L.ntxent(a, int([0, 1, 0]), { temperature: 0.5 }), g.lg],
  'triplet_margin_loss(lg,other,pr,norm_degree=4,margin=.5)': [
    (a) => L.tripletMarginLoss(a, g.other, g.pr, { normDegree: 4, margin: 0.5 }),
    g.lg,
  ],
  'dice_loss(pixels,masks,none,background,alpha=.3,beta=.7)': [
    (a) => L.diceLoss(a, g.masks, { reduction: 'none', ignoreBackground: true, alpha: 0.3, beta: 0.7 }),
    g.pixels,
  ],
  'dice_loss(pixels,masks,sum,class_weights)': [
    (a) => L.diceLoss(a, g.masks, { reduction: 'sum', classWeights: np.array([1, 2, 3, 4]) }),
    g.pixels,
  ],
  'multiclass_generalized_dice_loss(pixels,masks)': [(a) => L.multiclassGeneralizedDiceLoss(a, g.masks), g.pixels],
  'binary_dice_loss(x,z,smooth=.5)': [
    (a) => L.binaryDiceLoss(np.expandDims(a, 0), np.expandDims(g.z, 0), { smooth: 0.5 }),
    g.x,
  ],
  'multiclass_sparsemax_loss(lg,lab)': [(a) => L.multiclassSparsemaxLoss(a, g.lab), g.lg],
  'multiclass_hinge_loss(lg,lab)': [(a) => L.multiclassHingeLoss(a, g.lab), g.lg],
  'make_fenchel_young_loss(logsumexp)(lg,pr)': [(a) => L.makeFenchelYoungLoss((s) => nn.logsumexp(s))(a, g.pr), g.lg],
  'smooth_labels(lg,.2,where)': [(a) => L.smoothLabels(a, 0.2, keep), g.lg],
}
for (const [name, [loss, at]] of Object.entries(variations))
  test(`variation ${name}`, (t) => {
    const golden = rows[name]!
    const close = { rtol: 1e-5, atol: 3e-6 }
    const weights = np.array(Array.from({ length: at.size }, (_, i) => Math.sin(i))).reshape(at.shape)
    const gradient = grad((a: NDArray) => np.sum(loss(a)))
    for (const f of [loss, jit(loss)]) {
      t.deepEqual([f(at).dtype, f(at).shape], [golden.value.dtype, golden.value.shape])
      allClose(t, f(at), golden.value.data, close, 'value')
    }
    allClose(t, jit(gradient)(at), golden.grad_of_sum.data, close, 'gradient')
    const hvp = jit(grad((a: NDArray) => np.sum(weights.mul(gradient(a)))))
    allClose(t, hvp(at), golden.hvp_with_sin_iota.data, { rtol: 3e-5, atol: 2e-5 }, 'second derivative')
  })
test('all variations of the golden file are here', (t) => {
  t.deepEqual([...Object.keys(variations), 'inputs'].sort(), Object.keys(rows).sort())
})

test('ctcLoss: gradients, mapped axes, empty labels, forward probabilities', (t) => {
  const logits = sample([2, 4, 3], 3, 'float32')
  const none = np.zeros([2, 4])
  const labels = int([[1, 1], [2, 1]]) // prettier-ignore
  const loss = (a: NDArray) => L.ctcLoss(a, none, labels, np.zeros([2, 2]))
  checkGrads(t, (a) => loss(a), [sample([2, 4, 3], 3)])
  const [value, phi, emit] = L.ctcLossWithForwardProbs(logits, none, labels, np.zeros([2, 2]))
  allClose(t, value, loss(logits))
  t.deepEqual([phi.shape, emit.shape], [[4, 2, 3], [4, 2, 2]]) // prettier-ignore
  // Nothing to emit: blanks all the time.
  const blank = L.ctcLoss(logits, none, labels, np.ones([2, 2]))
  allClose(t, blank, np.negative(np.sum(nn.logSoftmax(logits).slice('...', 0), { axis: 1 })), { rtol: 1e-5 })
  const two = np.stack([logits, logits.mul(2)])
  const mapped = vmap(loss)(two)
  allClose(t, mapped, [...elements(loss(logits)), ...elements(loss(logits.mul(2)))], { rtol: 1e-5 })
  // Two labels that are the same need a blank between: they don't fit into two outputs.
  const short = L.ctcLoss(logits.slice([null, null], [0, 2]), np.zeros([2, 2]), labels, np.zeros([2, 2]))
  t.true(elements(short)[0]! > 1e4 && elements(short)[1]! < 100)
})

test('safe cross entropy: labels of 0 on logits of -∞', (t) => {
  const at = np.array([0, -Infinity])
  t.is(Math.abs(L.safeSoftmaxCrossEntropy(at, np.array([1, 0])).item()), 0)
  t.deepEqual(elements(grad((a: NDArray) => L.safeSoftmaxCrossEntropy(a, np.array([1, 0])))(at)), [0, 0])
  t.is(L.softmaxCrossEntropy(at, np.array([1, 0])).item(), NaN)
})

test('ranking: no list at all is 0, and own reductions get the mask', (t) => {
  const nothing = np.zeros([2, 3], { dtype: 'bool' })
  t.is(L.rankingSoftmaxLoss(np.ones([2, 3]), np.ones([2, 3]), { where: nothing }).item(), 0)
  const sum = L.rankingSoftmaxLoss(np.zeros([2, 2]), np.array([[1, 0], [0, 1]]), { reduceFn: (l) => np.sum(l) }) // prettier-ignore
  allClose(t, sum.ravel(), [2 * Math.LN2])
})

test('errors', (t) => {
  const refused: readonly (readonly [() => unknown, string, string])[] = [
    [() => L.huberLoss(int([1])), 'DTypeError', "huberLoss requires floating point predictions, got int32[1]; cast them: x.astype('float32')"],
    [() => L.huberLoss(x, y, { width: 1 } as object), 'OptionsError', 'huberLoss: unknown option width; known: delta'],
    [() => L.perceptronLoss(x, np.zeros([1])), 'ShapeError', 'perceptronLoss requires outputs and targets of one shape, got float32[3] and float32[1]'],
    [() => L.multiclassHingeLoss(lg, int([1])), 'ShapeError', 'multiclassHingeLoss requires labels of the shape [2] for scores float32[2,3], got int32[1]'],
    [() => L.multiclassSparsemaxLoss(lg, np.zeros([2])), 'DTypeError', "multiclassSparsemaxLoss requires integer labels, got float32[2]; make them with { dtype: 'int32' }"],
    [() => L.ntxent(lg, int([1])), 'ShapeError', 'ntxent requires embeddings [batch, dim] and labels [batch], got float32[2,3] and int32[1]'],
    [() => L.ctcLoss(lg, lg, lab, lab), 'ShapeError', 'ctcLoss requires logits [batch, time, classes] and labels [batch, labels], got float32[2,3] and int32[2]'],
    [() => L.diceLoss(lg, pr, { reduction: 'max' } as object), 'OptionsError', 'diceLoss: Invalid value "max" supplied to : DiceLossOptions/reduction: "mean" | "sum" | "none"'],
    [() => L.cosineSimilarity(x, y, { epsilon: -1 }), 'OptionsError', 'cosineSimilarity: epsilon must be a number that is not negative or an array, got -1'],
  ] // prettier-ignore
  for (const [make, name, message] of refused) t.throws(make, { name, message })
})
