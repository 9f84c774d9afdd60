/** Projections, assignment, perturbations, linear algebra, second order, microbatches against real Optax. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, grad, jit, nn, type NDArray, np, optax, random, tree, vmap } from '../../src/index.js'
import { allClose, decodeNumber, elements, sample } from '../helpers/arrays.js'

interface Encoded {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}
const decode = ({ dtype, shape, data }: Encoded): NDArray => np.array(data.map(decodeNumber), { dtype }).reshape(shape)
const { projections, helpers } = JSON.parse(readFileSync('test/golden/optax-wrappers.json', 'utf8')) as {
  projections: { readonly inputs: Encoded } & Readonly<Record<string, readonly Encoded[]>>
  helpers: Readonly<Record<string, Encoded & readonly Encoded[]>>
}
const original = JSON.parse(readFileSync('test/golden/losses-layers2-golden.json', 'utf8')) as {
  inputs: { readonly v: readonly number[] }
  projections: Readonly<Record<string, readonly number[]>>
}
const P = optax.projections

const ones4 = np.ones([4])
const ofVectors: Readonly<Record<string, (x: NDArray) => NDArray>> = {
  non_negative: (x) => P.projectionNonNegative(x),
  'box(-.5,.5)': (x) => P.projectionBox(x, -0.5, 0.5),
  hypercube: (x) => P.projectionHypercube(x),
  simplex: (x) => P.projectionSimplex(x),
  'simplex(2)': (x) => P.projectionSimplex(x, 2),
  l1_ball: (x) => P.projectionL1Ball(x),
  l1_sphere: (x) => P.projectionL1Sphere(x),
  l2_ball: (x) => P.projectionL2Ball(x),
  l2_sphere: (x) => P.projectionL2Sphere(x),
  linf_ball: (x) => P.projectionLinfBall(x),
  'hyperplane(ones,1)': (x) => P.projectionHyperplane(x, ones4, 1),
  'halfspace(ones,1)': (x) => P.projectionHalfspace(x, ones4, 1),
  'vector(ones)': (x) => P.projectionVector(x, ones4),
}
for (const [name, project] of Object.entries(ofVectors))
  test(`projection ${name}`, (t) => {
    const v = np.array(original.inputs.v)
    for (const f of [project, jit(project)]) allClose(t, f(v), original.projections[name]!, { rtol: 1e-6, atol: 1e-6 })
  })
test('all projections of the golden file are here', (t) => {
  t.deepEqual(Object.keys(ofVectors).sort(), Object.keys(original.projections).sort())
})

const v = decode(projections.inputs)
const pair = { a: v.slice([0, 2]), b: v.slice([2, 5]).reshape([1, 3]) }
const ones = optax.tree.onesLike(pair)
const ofTrees: Readonly<Record<string, (of: typeof pair) => unknown>> = {
  'simplex(tree,.7)': (x) => P.projectionSimplex(x, 0.7),
  'l1_sphere(tree,3)': (x) => P.projectionL1Sphere(x, 3),
  'l1_ball(tree,1)': (x) => P.projectionL1Ball(x, 1),
  'l1_ball(tree,100)': (x) => P.projectionL1Ball(x, 100),
  'l2_ball(tree,.5)': (x) => P.projectionL2Ball(x, 0.5),
  'l2_ball(tree,100)': (x) => P.projectionL2Ball(x, 100),
  'l2_sphere(tree,2)': (x) => P.projectionL2Sphere(x, 2),
  'linf_ball(tree,.5)': (x) => P.projectionLinfBall(x, 0.5),
  'hypercube(inputs,.5)': () => P.projectionHypercube(v, 0.5),
  'non_negative(tree)': (x) => P.projectionNonNegative(x),
  'vector(tree,ones)': (x) => P.projectionVector(x, ones),
  'hyperplane(tree,ones,2)': (x) => P.projectionHyperplane(x, ones, 2),
  'halfspace(tree,ones,2)': (x) => P.projectionHalfspace(x, ones, 2),
  'halfspace(tree,ones,-2)': (x) => P.projectionHalfspace(x, ones, -2),
  'grad of sin-weighted simplex(tree)': grad((x: typeof pair) => {
    const { a, b } = P.projectionSimplex(x)
    return np.sum(np.sin(np.arange(5).astype('float32')).mul(np.concatenate([a, b.ravel()])))
  }),
}
for (const [name, project] of Object.entries(ofTrees))
  test(`projection of a tree: ${name}`, (t) => {
    const leaves = tree.leaves(project(pair) as optax.ArrayTree)
    t.is(leaves.length, projections[name]!.length)
    leaves.forEach((x, i) => {
      t.deepEqual(x.shape, projections[name]![i]!.shape)
      allClose(t, x, projections[name]![i]!.data, { rtol: 2e-6, atol: 2e-6 })
    })
  })

test('bounds may be trees, projections are idempotent and keep dtypes', (t) => {
  const boxed = P.projectionBox(pair, { a: np.array([0, 0]), b: np.array(-1) }, 1)
  t.true(elements(boxed.a).every((x) => x >= 0 && x <= 1) && elements(boxed.b).every((x) => x >= -1 && x <= 1))
  for (const project of [P.projectionSimplex, P.projectionL1Ball, P.projectionL2Ball] as const) {
    const once = project(pair, 1)
    const twice = project(once, 1)
    allClose(t, twice.a, once.a)
    allClose(t, twice.b, once.b)
  }
  t.is(P.projectionSimplex(np.array([3, 1], { dtype: 'bfloat16' })).dtype, 'bfloat16')
  const mapped = vmap((x: NDArray) => P.projectionSimplex(x))(np.array([[1, 0.5, -1], [5, 0, 0]])) // prettier-ignore
  t.deepEqual(elements(mapped), [0.75, 0.25, 0, 1, 0, 0])
})

const input = (name: string) => decode(helpers[name]!)
const { assignment, microbatching, perturbations, secondOrder } = optax
const x6 = decode((JSON.parse(readFileSync('test/golden/optax-wrappers.json', 'utf8')) as { losses: { inputs: Record<string, Encoded> } }).losses.inputs['x']!) // prettier-ignore
const lg = decode((JSON.parse(readFileSync('test/golden/optax-wrappers.json', 'utf8')) as { losses: { inputs: Record<string, Encoded> } }).losses.inputs['lg']!) // prettier-ignore
const row = lg.slice(0)
const best = (q: NDArray) => nn.oneHot(np.argmax(q), 4)
const perturbed = (q: NDArray) => perturbations.makePerturbedFun(best, { numSamples: 50, sigma: 0.5 })(random.key(0), q)
const weighted = (y: NDArray) => np.sum(np.arange(4).astype('float32').mul(y))
const quadratic = (p: NDArray, batch: NDArray) => np.sum(np.matmul(batch, p).square()).add(np.sum(np.sin(p)))
const p3 = v.slice([0, 3])

const values: Readonly<Record<string, () => NDArray | readonly NDArray[]>> = {
  'power_iteration(spd)': () => optax.powerIteration(input('spd')),
  'matrix_inverse_pth_root(spd,4)': () => optax.matrixInversePthRoot(input('spd'), 4)[0],
  'matrix_inverse_pth_root(spd,2)': () => optax.matrixInversePthRoot(input('spd'), 2)[0],
  'nnls(tall,b,50)': () => optax.nnls(input('tall'), x6.slice([0, 5]), 50),
  'hungarian(costs)': () => jit(assignment.hungarianAlgorithm)(input('costs')),
  'hungarian(costs.T)': () => jit(assignment.hungarianAlgorithm)(np.transpose(input('costs'))),
  'hungarian(spd)': () => jit(assignment.hungarianAlgorithm)(input('spd')),
  'base_hungarian(costs)': () => jit(assignment.baseHungarianAlgorithm)(input('costs')),
  'base_hungarian(costs.T)': () => jit(assignment.baseHungarianAlgorithm)(np.transpose(input('costs'))),
  'perturbed argmax value': () => perturbed(row),
  'perturbed argmax grad': () => grad((q: NDArray) => weighted(perturbed(q)))(row),
  'perturbed normal without baseline': () =>
    grad((q: NDArray) =>
      weighted(
        perturbations.makePerturbedFun(best, {
          numSamples: 20,
          sigma: 0.3,
          noise: new perturbations.Normal(),
          useBaseline: false,
        })(random.key(1), q),
      ),
    )(row),
  'random_like({a:[2],b:[1,3]})': () => tree.leaves(optax.tree.randomLike(random.key(3), pair)),
  'safe_norm grad at 0': () => grad((q: NDArray) => optax.safeNorm(q, 1e-3))(np.zeros([3])),
  'safe_norm(x,1e-3)': () => optax.safeNorm(x6, 1e-3),
  'safe_norm(lg,1.5,ord=1,axis=1)': () => optax.safeNorm(lg, 1.5, { ord: 1, axis: 1 }),
  'safe_root_mean_squares(x,1e-3)': () => optax.safeRootMeanSquares(x6, 1e-3),
  'microbatch mean': () =>
    microbatching.microbatch((b: NDArray) => np.mean(b.mul(b)), 0, 2, { accumulator: 'mean' })(input('examples')),
  'microbatch concat': () =>
    microbatching.microbatch((b: NDArray) => b.mul(2), 0, 2, { accumulator: 'concat' })(input('examples')),
  'microbatch running_mean of 3': () =>
    jit((n: NDArray) =>
      microbatching.microbatch((b: NDArray) => np.mean(b.mul(b)), 0, 2, {
        accumulator: microbatching.AccumulationType.RUNNING_MEAN,
        numRealMicrobatches: n,
      })(input('examples')),
    )(np.array(3, { dtype: 'int32' })),
  'reshape_batch_axis(examples,2)': () => microbatching.reshapeBatchAxis(input('examples'), 2),
  hessian_diag: () => secondOrder.hessianDiag((p: NDArray, i: NDArray) => quadratic(p, i), p3, input('examples'), null),
  hvp: () => secondOrder.hvp((p: NDArray, i: NDArray) => quadratic(p, i), np.ones([3]), p3, input('examples'), null),
  fisher_diag: () => secondOrder.fisherDiag((p: NDArray, i: NDArray) => quadratic(p, i), p3, input('examples'), null),
}
for (const [name, compute] of Object.entries(values))
  test(name, (t) => {
    const golden = [helpers[name]!].flat() as readonly Encoded[]
    const results = [compute()].flat() as readonly NDArray[]
    t.is(results.length, golden.length)
    results.forEach((y, i) => {
      t.deepEqual([y.dtype, y.shape], [golden[i]!.dtype, golden[i]!.shape])
      allClose(t, y, golden[i]!.data, { rtol: 1e-4, atol: 2e-5 })
    })
  })
test('all helpers of the golden file are here', (t) => {
  const arguments_ = ['spd', 'costs', 'tall', 'examples']
  t.deepEqual([...Object.keys(values), ...arguments_].sort(), Object.keys(helpers).sort())
})

test('the assignment of random matrices is the best one', (t) => {
  const permutations = (n: number): number[][] =>
    n === 0 ? [[]] : permutations(n - 1).flatMap((p) => Array.from({ length: n }, (_, i) => p.toSpliced(i, 0, n - 1)))
  const batch = sample([6, 4, 4], 11, 'float32')
  const [rows, columns] = jit(vmap(optax.assignment.hungarianAlgorithm))(batch)
  const [r, c, costs] = [elements(rows), elements(columns), elements(batch)]
  for (let k = 0; k < 6; k++) {
    const cost = (i: number, j: number) => costs[k * 16 + i * 4 + j]!
    const sum = Array.from({ length: 4 }, (_, i) => cost(r[k * 4 + i]!, c[k * 4 + i]!)).reduce((a, b) => a + b)
    const least = Math.min(...permutations(4).map((p) => p.reduce((s, j, i) => s + cost(i, j), 0)))
    t.true(Math.abs(sum - least) < 1e-5)
    t.deepEqual([...new Set(r.slice(4 * k, 4 * k + 4))].sort(), [0, 1, 2, 3])
  }
})

test('scaleGradient', (t) => {
  const at = np.array([2])
  const f = (k: number | NDArray) => grad((x: NDArray) => np.sum(optax.scaleGradient({ x }, k).x.square()))(at).item()
  t.deepEqual([f(1), f(0), f(-0.5), f(np.array(3))], [4, 0, -2, 12])
  t.is(optax.scaleGradient(at, 5), at)
})

test('microVmap is vmap, microGrad sums transformed gradients of examples', (t) => {
  const xs = sample([6, 3], 2, 'float32')
  const f = (w: NDArray, x: NDArray) => ({ a: x.mul(w), b: np.sum(x) })
  const whole = vmap(f, { inAxes: [null, 0] })(np.array(2), xs)
  for (const microbatchSize of [null, 1, 2, 3, 6]) {
    const parts = microbatching.microVmap(f, { inAxes: [null, 0], microbatchSize })(np.array(2), xs)
    allClose(t, parts.a, whole.a)
    allClose(t, parts.b, whole.b)
    const sums = microbatching.microVmap(f, { inAxes: [null, 0], microbatchSize, accumulator: { a: 'mean', b: 'sum' } })(np.array(2), xs) // prettier-ignore
    allClose(t, sums.a, np.mean(whole.a, { axis: 0 }))
    allClose(t, sums.b, np.sum(whole.b).ravel())
  }
  const loss = (w: NDArray, x: NDArray) => np.sum(np.matmul(x, w).square())
  const clip = (g: NDArray) => optax.projections.projectionL2Ball(g, 0.5)
  const w = np.array([1, -1, 0.5])
  const each = vmap((x: NDArray) => clip(grad(loss)(w, x)))(xs)
  for (const microbatchSize of [null, 2]) {
    const gradients = jit(
      (p: NDArray, batch: NDArray) =>
      microbatching.microGrad(loss, { transformFn: clip, metricsFn: (g: NDArray) => optax.globalNorm(g), microbatchSize })(p, batch), // prettier-ignore
    )
    const [g, { values: losses, metrics }] = gradients(w, xs)
    allClose(t, g, np.sum(each, { axis: 0 }), { rtol: 1e-5 })
    t.deepEqual([losses.shape, (metrics as NDArray).shape], [[6], [6]]) // prettier-ignore
    allClose(t, losses, vmap((x: NDArray) => loss(w, x))(xs), { rtol: 1e-5 })
  }
  // Gradients flow through the loop.
  const through = grad((p: NDArray) => microbatching.microbatch((b: NDArray) => np.sum(b.mul(p)), 0, 2)(xs))(w)
  allClose(t, through, np.sum(xs, { axis: 0 }), { rtol: 1e-5 })
})

test('trees: arithmetic', (t) => {
  const T = optax.tree
  const [a, b] = [{ x: np.array([1, -2]), y: null }, { x: np.array([3, 4]), y: null }] // prettier-ignore
  t.deepEqual(elements(T.add(a, b, b).x), [7, 6])
  t.deepEqual(elements(T.sub(a, b).x), [-2, -6])
  t.deepEqual(elements(T.mul(a, b).x), [3, -8])
  allClose(t, T.div(a, b).x, [1 / 3, -0.5])
  t.deepEqual(elements(T.scale(2, a).x), [2, -4])
  t.deepEqual(elements(T.addScale(a, 2, b).x), [7, 6])
  t.deepEqual([T.vdot(a, b).item(), T.max([a, b]).item(), T.min([a, b]).item(), T.size([a, b])], [-5, 4, -2, 4])
  t.deepEqual([T.max({}).item(), T.min([np.zeros([0])]).item()], [-Infinity, Infinity])
  t.deepEqual(elements(T.where(np.array(false), a, b).x), [3, 4])
  t.deepEqual([T.dtype(a), T.dtype([]), T.dtype([a, T.cast(a, 'bfloat16')], 'lowest')], ['float32', 'float32', 'bfloat16']) // prettier-ignore
  t.is(T.dtype([a, T.cast(a, 'bfloat16')], 'highest'), 'float32')
  const halves = [T.cast(a, 'float16'), T.cast(a, 'bfloat16')]
  t.is(T.dtype(halves, 'promote'), 'float32')
  t.throws(() => T.dtype(halves, 'highest'), { message: /^dtype requires dtypes of which one can be promoted/ })
  t.throws(() => T.dtype(halves), { message: 'dtype requires a tree of one dtype (or a rule for mixed ones), got float16 and bfloat16' }) // prettier-ignore
  t.deepEqual(T.batchShape(a, [3]).x.shape, [3, 2])
  t.deepEqual(elements(T.fullLike(a, 7).x), [7, 7])
  t.deepEqual(elements(T.onesLike(a, { dtype: 'int32' }).x), [1, 1])
  t.deepEqual([T.allclose(a, a).item(), T.allclose(a, b).item()].map(Number), [1, 0]) // prettier-ignore
  const odd = [np.array([NaN, Infinity])]
  t.deepEqual([T.allclose(odd, odd).item(), T.allclose(odd, odd, { equalNan: true }).item()].map(Number), [0, 1]) // prettier-ignore
  t.deepEqual(elements(T.updateInfinityMoment(a, b, 0.5, 0.25).x), [1.5, 2.25])
  const [k1, k2] = T.splitKeyLike(random.key(0), [1, 2]) as [unknown, unknown]
  const words = (k: unknown) => elements(T.unwrapRandomKeyData(k) as NDArray)
  t.notDeepEqual(words(k1), words(k2))
  t.is(optax.treeUtils.treeL1Norm(b).item(), 7)
  t.is(optax.treeUtils.treeLinfNorm(b).item(), 4)
  t.deepEqual(elements(optax.treeUtils.treeAddScalarMul(a, 2, b).x), [7, 6])
  t.throws(() => T.add(a, { x: np.zeros([2]) }), { name: 'PytreeError', message: /^add requires .* of the second tree/ }) // prettier-ignore
})

test('states: get, set, mapParams', (t) => {
  const tx = optax.chain(optax.adam(0.1), optax.adamw(optax.constantSchedule(1)))
  const p = { w: np.zeros([2]), count: np.zeros([1]) }
  const state = tx.init(p)
  const error = t.throws(() => optax.tree.get(state, 'nu'), { name: 'ArgumentError' })
  t.is(error.message, "tree.get requires one value of 'nu' (or a filter for one), got 2, at [0][0]['nu'], [1][0]['nu']")
  t.is(optax.tree.get(state, 'nothing', 3), 3)
  const first = optax.tree.get(state, 'nu', null, (path) => path[0]?.key === 0)
  t.is(first, state[0][0].nu)
  const doubled = optax.tree.mapParams(tx, (x: NDArray, q: NDArray) => x.add(q), state, [optax.tree.onesLike(p)])
  t.deepEqual(elements((doubled[0][0].mu as typeof p).w), [1, 1])
  t.is(doubled[0][0].count, state[0][0].count)
  const moved = optax.tree.set(state, { mu: 5 }, (path) => path[0]?.key === 1)
  t.is((moved[0][0].mu as typeof p).w, (state[0][0].mu as typeof p).w)
  t.is<unknown, number>(moved[1][0].mu, 5)
  t.throws(() => optax.tree.set(state, { nothing: 1 }), {
    name: 'ArgumentError',
    message: "tree.set requires a tree with a value of 'nothing', got none",
  })
})

test('errors', (t) => {
  const m = microbatching
  const refused: readonly (readonly [() => unknown, string, string])[] = [
    [() => m.microbatch((x: NDArray) => x, 0, 3)(np.zeros([4])), 'ShapeError', 'microbatch requires a batch that the microbatch size 3 divides, got one of 4'],
    [() => m.microbatch((x: NDArray, y: NDArray) => x.add(y), [0, 1], 2)(np.zeros([4]), np.zeros([2])), 'ShapeError', 'microbatch requires batch axes of one size, got 4, 2'],
    [() => m.microbatch((x: NDArray) => x, 0, 2, { accumulator: 'max' })(np.zeros([4])), 'ArgumentError', "microbatch requires accumulators 'mean', 'sum', 'runningMean' or 'concat', got max"],
    [() => m.microbatch((x: NDArray) => x.astype('int32'), 0, 2, { accumulator: 'mean' })(np.zeros([4])), 'DTypeError', 'microbatch requires floating point results for a mean, got int32[2]'],
    [() => optax.assignment.hungarianAlgorithm(np.zeros([3])), 'ShapeError', 'hungarianAlgorithm requires a matrix of costs, got float32[3]'],
    [() => optax.matrixInversePthRoot(np.zeros([2, 3]), 2), 'ShapeError', 'matrixInversePthRoot requires a square matrix, got float32[2,3]'],
    [() => optax.matrixInversePthRoot(np.eye(2), 3), 'ArgumentError', 'matrixInversePthRoot requires a power p of 1, 2, 4 or 8, got 3'],
    [() => optax.powerIteration((x: NDArray) => x), 'ArgumentError', 'powerIteration requires v0 for a matrix that is a function, got none'],
    [() => optax.nnls(np.zeros([2, 2]), np.zeros([3]), 1), 'ShapeError', 'nnls requires A [m, n] and b [m] or [m, k], got float32[2,2] and float32[3]'],
    [() => optax.safeNorm(np.zeros([2]), 1, { ord: 3 }), 'ArgumentError', 'safeNorm requires an order of 1, 2 or Infinity, got 3'],
  ] // prettier-ignore
  for (const [make, name, message] of refused) t.throws(make, { name, message })
})
