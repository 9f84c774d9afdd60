import test from 'ava'
import fc from 'fast-check'
import { ArgumentError, DTypeError, type NDArray, np, ShapeError, vjp, vmap } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import type { ConvLayout, ConvOptions } from '../../src/lax/conv.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import {
  arrayOf,
  convReference,
  type ConvProblem,
  convShape,
  product,
  range,
  wholeNumbers,
} from '../helpers/convolution.js'
import { runLoweredFor } from '../helpers/lowering.js'
import { type F, apply, nhwc } from './convLayouts.js'

const permutation = (n: number, seed: number): number[] => {
  const left = range(n)
  return range(n).map((i) => left.splice((seed >> (2 * i)) % left.length, 1)[0]!)
}

const small = (min: number, max: number) => fc.array(fc.integer({ min, max }), { minLength: 3, maxLength: 3 })

/** Any convolution of this many spatial axes, small enough for its definition. */
const problemOf = (
  axes: readonly [number, number],
  features: readonly number[],
  outFeatures: readonly number[],
): fc.Arbitrary<ConvProblem> =>
  fc
    .record({
      spatial: fc.integer({ min: axes[0], max: axes[1] }),
      sizes: small(1, 5),
      windows: small(1, 4),
      strides: small(1, 3),
      low: small(-2, 4),
      high: small(-2, 4),
      lhsDilation: small(1, 3),
      rhsDilation: small(1, 2),
      plain: fc.boolean(),
      batch: fc.constantFrom(1, 2, 3, 9),
      features: fc.constantFrom(...features),
      outFeatures: fc.constantFrom(...outFeatures),
      groups: fc.constantFrom(1, 1, 2, 3),
      ofBatch: fc.boolean(),
      layouts: fc.tuple(fc.nat(1023), fc.nat(1023), fc.nat(1023)),
    })
    .map((r) => {
      const ndim = r.spatial + 2
      const lhsGroups = r.ofBatch ? [r.groups, 1] : [1, r.groups]
      const [lhsSpec, rhsSpec, outSpec] = r.layouts.map((seed) => permutation(ndim, seed)) as [
        number[],
        number[],
        number[],
      ]
      const laid = (sizes: readonly number[], spec: readonly number[]): number[] =>
        range(ndim).map((a) => sizes[spec.indexOf(a)]!)
      const at = (list: readonly number[]): number[] => list.slice(0, r.spatial)
      // Larger cases have fewer axes.
      const size = (n: number): number => (r.spatial === 3 ? Math.min(n, 3) : n)
      return {
        lhs: laid([r.batch * lhsGroups[0]!, r.features * lhsGroups[1]!, ...at(r.sizes).map(size)], lhsSpec),
        rhs: laid([r.outFeatures * r.groups, r.features, ...at(r.windows).map(size)], rhsSpec),
        strides: at(r.strides),
        padding: range(r.spatial).map((i) => [r.low[i]!, r.high[i]!] as const),
        lhsDilation: at(r.plain ? [1, 1, 1] : r.lhsDilation),
        rhsDilation: at(r.plain ? [1, 1, 1] : r.rhsDilation),
        numbers: { lhsSpec, rhsSpec, outSpec },
        featureGroups: r.ofBatch ? 1 : r.groups,
        batchGroups: r.ofBatch ? r.groups : 1,
      }
    })
    .filter((p) => product(convShape(p)) > 0)

const problem = problemOf([0, 3], [1, 2, 5], [1, 2, 3])
/** Features in whole blocks, or fewer than a block. */
const blocks = problemOf([1, 2], [1, 3, 16, 32], [16, 32])

for (const dtype of ['float32', 'float64', 'int32'] as const) {
  test(`any convolution and its gradients by definition, ${dtype}`, (t) => {
    fc.assert(
      fc.property(problem, (p) => {
        const shape = convShape(p)
        const [x, k, ct] = [p.lhs, p.rhs, shape].map((s, i) => wholeNumbers(product(s), i)) as [
          number[],
          number[],
          number[],
        ]
        const expected = convReference(p, x, k, ct)
        const [lhs, rhs] = [arrayOf(p.lhs, x, dtype), arrayOf(p.rhs, k, dtype)]
        // Sums of whole numbers are exact, whatever their order. Integers have no gradients.
        if (dtype === 'int32') {
          t.deepEqual(elements(apply(p)(lhs, rhs)), expected.out)
          return
        }
        const [out, pullback] = vjp(apply(p), lhs, rhs)
        t.deepEqual(out.shape, shape)
        const [dlhs, drhs] = pullback(arrayOf(shape, ct, dtype))
        allClose(t, out, expected.out)
        allClose(t, dlhs, expected.dlhs)
        allClose(t, drhs, expected.drhs)
      }),
      { numRuns: dtype === 'float32' ? 150 : 50 },
    )
  })
}

test('any convolution over blocks of features, and its gradients, by definition', (t) => {
  fc.assert(
    fc.property(blocks, (p) => {
      const shape = convShape(p)
      const values = [p.lhs, p.rhs, shape].map((s, i) => wholeNumbers(product(s), i)) as [number[], number[], number[]]
      const expected = convReference(p, ...values)
      const [out, pullback] = vjp(apply(p), arrayOf(p.lhs, values[0]), arrayOf(p.rhs, values[1]))
      const [dlhs, drhs] = pullback(arrayOf(shape, values[2]))
      allClose(t, out, expected.out)
      allClose(t, dlhs, expected.dlhs)
      allClose(t, drhs, expected.drhs)
    }),
    { numRuns: 40 },
  )
})

test('graphs for CUDA give the same', (t) => {
  fc.assert(
    fc.property(problem, (p) => {
      const [x, k] = [p.lhs, p.rhs].map((s, i) => arrayOf(s, wholeNumbers(product(s), i))) as [NDArray, NDArray]
      const ct = arrayOf(convShape(p), wholeNumbers(product(convShape(p)), 2))
      const expected = convReference(p, elements(x), elements(k), elements(ct))
      allClose(t, runLoweredFor('cuda:0', apply(p), [x, k]), expected.out)
      const gradients =
        (wrt: number): ((...xs: NDArray[]) => NDArray) =>
        (a, b, c) =>
          vjp(apply(p), a, b)[1](c)[wrt]!
      allClose(t, runLoweredFor('cuda:0', gradients(0), [x, k, ct]), expected.dlhs)
      allClose(t, runLoweredFor('cuda:0', gradients(1), [x, k, ct]), expected.drhs)
    }),
    { numRuns: 25 },
  )
})

const ones = [1, 1, 1]

const differentiable: readonly (Omit<ConvProblem, 'numbers'> & { readonly layout: ConvLayout })[] = [
  { lhs: [2, 5, 2], rhs: [3, 2, 3], strides: [1], padding: [[1, 1]], ...none(1), layout: ['NHC', 'HIO', 'NHC'] },
  {
    lhs: [2, 4, 7],
    rhs: [6, 2, 3],
    strides: [2],
    padding: [[0, 2]],
    ...none(1),
    featureGroups: 2,
    layout: ['NCH', 'OIH', 'NCH'],
  },
  {
    lhs: [4, 2, 6],
    rhs: [2, 2, 2],
    strides: [1],
    padding: [[-1, 2]],
    ...none(1),
    batchGroups: 2,
    layout: ['NCH', 'OIH', 'NHC'],
  },
  {
    lhs: [1, 4, 5, 2],
    rhs: [3, 2, 2, 2],
    strides: [1, 2],
    padding: [
      [1, 1],
      [0, 1],
    ],
    ...none(2),
    layout: nhwc,
  },
  {
    lhs: [2, 3, 3, 2],
    rhs: [2, 2, 2, 1],
    strides: [1, 1],
    padding: [
      [1, 2],
      [2, 0],
    ],
    ...none(2),
    lhsDilation: [2, 3],
    layout: nhwc,
  },
  {
    lhs: [1, 5, 5, 2],
    rhs: [2, 2, 2, 2],
    strides: [2, 1],
    padding: [
      [1, 1],
      [0, 0],
    ],
    ...none(2),
    rhsDilation: [2, 3],
    layout: nhwc,
  },
  {
    lhs: [2, 4, 4, 3],
    rhs: [3, 3, 1, 6],
    strides: [1, 1],
    padding: [
      [1, 1],
      [1, 1],
    ],
    ...none(2),
    featureGroups: 3,
    layout: nhwc,
  },
  {
    lhs: [1, 3, 4, 3, 1],
    rhs: [2, 3, 2, 1, 2],
    strides: [1, 2, 1],
    padding: [
      [0, 1],
      [1, 1],
      [0, 0],
    ],
    ...none(3),
    layout: ['NHWDC', 'HWDIO', 'NHWDC'],
  },
]

function none(n: number): Pick<ConvProblem, 'lhsDilation' | 'rhsDilation' | 'featureGroups' | 'batchGroups'> {
  return { lhsDilation: ones.slice(0, n), rhsDilation: ones.slice(0, n), featureGroups: 1, batchGroups: 1 }
}

const applyLaid =
  (p: (typeof differentiable)[number]): F =>
  (x, k) =>
    lax.convGeneralDilated(x, k, p.strides, p.padding, {
      lhsDilation: p.lhsDilation,
      rhsDilation: p.rhsDilation,
      dimensionNumbers: p.layout,
      featureGroupCount: p.featureGroups,
      batchGroupCount: p.batchGroups,
    })

for (const p of differentiable) {
  const { lhs, rhs, ...rest } = p
  test(`derivatives of ${JSON.stringify(lhs)} with ${JSON.stringify(rhs)}, ${JSON.stringify(rest)}`, (t) => {
    checkGrads(t, applyLaid(p), [sample(lhs, 1), sample(rhs, 2)])
    // The kernels of float32 against the patches of float64, to the second order.
    const second = (dtype: 'float32' | 'float64'): readonly number[] => {
      const [x, k] = [sample(lhs, 1, dtype), sample(rhs, 2, dtype)]
      const ct = sample(applyLaid(p)(x, k).shape, 3, dtype)
      const gradient = (a: NDArray, b: NDArray): NDArray => vjp((c: NDArray) => applyLaid(p)(c, b), a)[1](ct)[0]
      const [dx, pullback] = vjp((b: NDArray) => gradient(x, b).mul(x), k)
      return [...elements(dx), ...elements(pullback(dx)[0])]
    }
    allClose(t, second('float32'), second('float64'), { rtol: 1e-4, atol: 1e-4 })
  })
}

const example = (x: NDArray, i: number, axis: number): NDArray =>
  lax.reshape(lax.sliceInDim(x, i, i + 1, 1, axis), x.shape.toSpliced(axis, 1))

for (const [name, p] of Object.entries({
  plain: differentiable[3]!,
  'groups of features': differentiable[6]!,
  'groups of the batch': differentiable[2]!,
})) {
  const mapped = (shape: readonly number[], axis: number): readonly number[] => shape.toSpliced(axis, 0, 3)
  const f = applyLaid(p)
  for (const axis of [0, 1, p.lhs.length]) {
    test(`vmap is a loop: ${name}, mapped axis ${axis}`, (t) => {
      const [x, k] = [sample(p.lhs, 1, 'float32'), sample(p.rhs, 2, 'float32')]
      const [xs, ks] = [sample(mapped(p.lhs, axis), 3, 'float32'), sample(mapped(p.rhs, axis), 4, 'float32')]
      const loop = (g: (i: number) => NDArray): number[] => range(3).flatMap((i) => elements(g(i)))
      const tolerance = { rtol: 1e-5, atol: 1e-5 }
      const overLhs = vmap(f, { inAxes: [axis, null] })(xs, k)
      allClose(
        t,
        overLhs,
        loop((i) => f(example(xs, i, axis), k)),
        tolerance,
        'operands',
      )
      const overRhs = vmap(f, { inAxes: [null, axis] })(x, ks)
      allClose(
        t,
        overRhs,
        loop((i) => f(x, example(ks, i, axis))),
        tolerance,
        'kernels',
      )
      const overBoth = vmap(f, { inAxes: axis })(xs, ks)
      allClose(
        t,
        overBoth,
        loop((i) => f(example(xs, i, axis), example(ks, i, axis))),
        tolerance,
        'both',
      )
    })
  }
  test(`gradients are mapped: ${name}`, (t) => {
    const gradient = (x: NDArray, k: NDArray): NDArray => {
      const [y, pullback] = vjp(f, x, k)
      const [dx, dk] = pullback(y)
      return np.concatenate([dx.reshape([-1]), dk.reshape([-1])])
    }
    const [xs, ks] = [sample(mapped(p.lhs, 0), 3, 'float32'), sample(mapped(p.rhs, 0), 4, 'float32')]
    const loop = range(3).flatMap((i) => elements(gradient(example(xs, i, 0), example(ks, i, 0))))
    allClose(t, vmap(gradient)(xs, ks), loop, { rtol: 1e-4, atol: 1e-4 })
  })
}

test('no elements: results of zeros or of no elements', (t) => {
  const zeros = lax.convGeneralDilated(np.ones([2, 0, 5]), np.ones([3, 0, 2]), [1], 'VALID')
  t.deepEqual([zeros.shape, elements(zeros)], [[2, 3, 4], range(24).map(() => 0)])
  const short = lax.convGeneralDilated(np.ones([2, 1, 3]), np.ones([3, 1, 5]), [1], 'VALID')
  t.deepEqual(short.shape, [2, 3, 0])
  const [, pullback] = vjp(
    (k: NDArray) => lax.convGeneralDilated(np.ones([2, 1, 3]), k, [1], 'VALID'),
    np.ones([3, 1, 5]),
  )
  t.deepEqual(
    elements(pullback(short)[0]),
    range(15).map(() => 0),
  )
})

test('narrow dtypes are kept', (t) => {
  for (const dtype of ['float16', 'bfloat16', 'int8', 'uint32'] as const) {
    const y = lax.convGeneralDilated(np.ones([1, 2, 4], { dtype }), np.ones([1, 2, 3], { dtype }), [1], 'VALID')
    t.deepEqual([y.dtype, elements(y)], [dtype, [6, 6]])
  }
})

const refused =
  (shapes: readonly [readonly number[], readonly number[]], options: ConvOptions = {}, strides = [1, 1]) =>
  () =>
    lax.convGeneralDilated(np.ones(shapes[0]), np.ones(shapes[1]), strides, 'VALID', options)

test('what does not fit is said', (t) => {
  const fits = [
    [2, 4, 5, 5],
    [6, 4, 3, 3],
  ] as const
  const shapeErrors: readonly (readonly [() => unknown, RegExp])[] = [
    [
      refused([[2, 3, 5, 5], fits[1]]),
      /as many features of the operand as 1 times .* got 3 of float32\[2,3,5,5\] and 4/,
    ],
    [refused([[2, 16, 5, 5], fits[1]], { featureGroupCount: 4 }), /output features in 4 equal groups, got 6/],
    [refused([[3, 4, 5, 5], fits[1]], { batchGroupCount: 2 }), /a batch in 2 equal groups, got 3/],
    [refused([[2, 8, 5, 5], fits[1]], { featureGroupCount: 2, batchGroupCount: 2 }), /the other being 1, got 2 and 2/],
    [refused(fits, {}, [1]), /window strides ≥ 1 for each of 2 spatial axes, got \[1\]/],
    [refused(fits, {}, [1, 0]), /window strides ≥ 1/],
    [refused(fits, { rhsDilation: [1] }), /rhs dilations ≥ 1/],
    [refused(fits, { lhsDilation: [1, -1] }), /lhs dilations|list of paddings/],
    [refused([fits[0], [6, 4, 3]]), /same number of axes/],
    [
      () => lax.convGeneralDilated(np.ones(fits[0]), np.ones(fits[1]), [1, 1], [[0, 0]]),
      /a padding \[low, high\] for each of 2/,
    ],
  ]
  for (const [f, message] of shapeErrors) {
    const error = t.throws(f)
    t.true(error instanceof ShapeError || error instanceof ArgumentError)
    t.regex(error.message, message)
  }
  t.throws(refused(fits, { dimensionNumbers: ['NHWC', 'HWIO', 'NHWX'] }), {
    instanceOf: ArgumentError,
    message: /NHWX/,
  })
  t.throws(refused(fits, { lhsDilation: [2, 2] }), { instanceOf: ArgumentError, message: /convTranspose/ })
  t.throws(() => lax.convGeneralDilated(np.ones([1, 1, 3]), np.ones([1, 1, 3], { dtype: 'float64' }), [1], 'VALID'), {
    instanceOf: DTypeError,
    message: /one dtype/,
  })
})
