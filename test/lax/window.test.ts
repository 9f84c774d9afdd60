import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import {
  DifferentiationError,
  type DType,
  DTypeError,
  jvp,
  type NDArray,
  np,
  ShapeError,
  vjp,
  vmap,
} from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import type { Padding, PaddingName } from '../../src/lax/window.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { arrayOf, product, range, wholeNumbers, windowPlaces, type WindowProblem } from '../helpers/convolution.js'
import { operators, runLoweredFor } from '../helpers/lowering.js'

interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Golden {
  readonly fn: 'avg_pool' | 'max_pool' | 'min_pool'
  readonly params: Readonly<Record<string, any>>
  readonly x: Tensor
  readonly ct: Tensor
  readonly out: Tensor
  readonly dx: Tensor
}
const golden = (
  JSON.parse(readFileSync('test/golden/conv.json', 'utf8')) as {
    readonly pool: Readonly<Record<string, Golden>>
  }
).pool

/** Flax's pools: windows over the axes between batch and features. */
const pool =
  ({ fn, params }: Golden) =>
  (x: NDArray): NDArray => {
    const spatial: readonly number[] = params['window_shape']
    const window = [1, ...spatial, 1]
    const strides = [1, ...(params['strides'] ?? spatial.map(() => 1)), 1]
    const padding: PaddingName | Padding[] =
      typeof params['padding'] === 'string'
        ? (params['padding'] as PaddingName)
        : [[0, 0], ...params['padding'], [0, 0]]
    if (fn === 'max_pool') return lax.reduceWindowMax(x, window, strides, padding)
    if (fn === 'min_pool') return lax.reduceWindowMin(x, window, strides, padding)
    const sums = lax.reduceWindowSum(x, window, strides, padding)
    return params['count_include_pad'] === false
      ? sums.div(lax.reduceWindowSum(np.ones(x.shape), window, strides, padding))
      : sums.div(product(spatial))
  }

for (const [name, g] of Object.entries(golden)) {
  test(`as in JAX: ${name}`, (t) => {
    const [out, pullback] = vjp(pool(g), arrayOf(g.x.shape, g.x.data, g.x.dtype))
    const [dx] = pullback(arrayOf(g.ct.shape, g.ct.data, g.ct.dtype))
    t.deepEqual([out.shape, dx.shape], [g.out.shape, g.dx.shape])
    // Extrema and their places are exact; so are gradients of which no two fall together.
    const exact = g.fn !== 'avg_pool'
    allClose(t, out, arrayOf(g.out.shape, g.out.data, g.out.dtype), exact ? { rtol: 0, atol: 0 } : {})
    allClose(t, dx, g.dx.data, { rtol: 1e-6, atol: 1e-6 })
  })
}

const list = (min: number, max: number) => fc.array(fc.integer({ min, max }), { minLength: 4, maxLength: 4 })

/** Any windows on up to four axes. */
const problem: fc.Arbitrary<WindowProblem> = fc
  .record({
    ndim: fc.integer({ min: 1, max: 4 }),
    shape: list(1, 5),
    window: list(1, 3),
    strides: list(1, 3),
    low: list(-1, 3),
    high: list(-1, 3),
    baseDilation: list(1, 3),
    windowDilation: list(1, 2),
    plain: fc.boolean(),
    disjoint: fc.boolean(),
  })
  .map((r) => {
    const at = (values: readonly number[]): readonly number[] => values.slice(0, r.ndim)
    const ones = [1, 1, 1, 1]
    return {
      shape: at(r.shape),
      window: at(r.window),
      strides: at(r.disjoint ? r.window : r.strides),
      padding: range(r.ndim).map((i) => (r.disjoint ? ([0, 0] as const) : ([r.low[i]!, r.high[i]!] as const))),
      baseDilation: at(r.plain || r.disjoint ? ones : r.baseDilation),
      windowDilation: at(r.plain || r.disjoint ? ones : r.windowDilation),
    }
  })
  .filter((p) => product(windowPlaces(p)[0]) > 0)

type Reduce = typeof lax.reduceWindowSum
const apply =
  (reduce: Reduce, p: WindowProblem) =>
  (x: NDArray): NDArray =>
    reduce(x, p.window, p.strides, p.padding, { baseDilation: p.baseDilation, windowDilation: p.windowDilation })

for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
  test(`any sums of windows by definition, ${dtype}`, (t) => {
    fc.assert(
      fc.property(problem, (p) => {
        const [counts, places] = windowPlaces(p)
        const values = wholeNumbers(product(p.shape), 1).map((v) => (dtype === 'uint8' ? v + 4 : v))
        const x = arrayOf(p.shape, values, dtype)
        const f = apply(lax.reduceWindowSum, p)
        const sums = places.map((window) => window.reduce<number>((sum, i) => sum + (i === null ? 0 : values[i]!), 0))
        if (!dtype.startsWith('float')) {
          const wrapped = sums.map((v) => (dtype === 'uint8' ? v % 256 : v))
          t.deepEqual(elements(f(x)), wrapped)
          return
        }
        const ct = wholeNumbers(places.length, 2)
        const [out, pullback] = vjp(f, x)
        t.deepEqual(out.shape, counts)
        allClose(t, out, sums)
        const gradient = values.map(() => 0)
        places.forEach((window, w) => window.forEach((i) => i !== null && (gradient[i]! += ct[w]!)))
        allClose(t, pullback(arrayOf(counts, ct, dtype))[0], gradient)
      }),
      { numRuns: dtype === 'float32' ? 120 : 40 },
    )
  })
}

/** The first extremum of each window, and its place; padding counts as the identity. */
const firstExtrema = (places: (number | null)[][], values: readonly number[], sign: 1 | -1) =>
  places.map((window) => {
    let best: { value: number; place: number | null } = { value: -Infinity * sign, place: null }
    for (const i of window)
      if (i !== null && values[i]! * sign > best.value * sign) best = { value: values[i]!, place: i }
    return best
  })

for (const [name, reduce, sign] of [
  ['maxima', lax.reduceWindowMax, 1],
  ['minima', lax.reduceWindowMin, -1],
] as const) {
  for (const dtype of ['float32', 'float64'] as const) {
    test(`any ${name} of windows by definition, ties to the first, ${dtype}`, (t) => {
      fc.assert(
        fc.property(problem, (p) => {
          const [counts, places] = windowPlaces(p)
          // Of nine values, so that ties are the rule.
          const values = wholeNumbers(product(p.shape), 1)
          const best = firstExtrema(places, values, sign)
          const x = arrayOf(p.shape, values, dtype)
          const f = apply(reduce, p)
          t.deepEqual(
            elements(f(x)),
            best.map(({ value }) => value),
          )
          if (p.baseDilation.some((d) => d > 1)) return
          const ct = wholeNumbers(places.length, 2)
          const gradient = values.map(() => 0)
          best.forEach(({ place }, w) => place !== null && (gradient[place]! += ct[w]!))
          allClose(t, vjp(f, x)[1](arrayOf(counts, ct, dtype))[0], gradient)
          const tangent = wholeNumbers(values.length, 3)
          allClose(
            t,
            jvp(f, [x], [arrayOf(p.shape, tangent, dtype)])[1],
            best.map(({ place }) => (place === null ? 0 : tangent[place]!)),
          )
        }),
        { numRuns: 60 },
      )
    })
  }
}

test('graphs for CUDA give the same', (t) => {
  fc.assert(
    fc.property(problem, (p) => {
      const [counts, places] = windowPlaces(p)
      const values = wholeNumbers(product(p.shape), 1)
      const x = arrayOf(p.shape, values)
      const sums = places.map((window) => window.reduce<number>((sum, i) => sum + (i === null ? 0 : values[i]!), 0))
      allClose(
        t,
        runLoweredFor('cuda:0', (a) => apply(lax.reduceWindowSum, p)(a), [x]),
        sums,
      )
      const ct = wholeNumbers(places.length, 2)
      const gradient = values.map(() => 0)
      places.forEach((window, w) => window.forEach((i) => i !== null && (gradient[i]! += ct[w]!)))
      const pullback = (a?: NDArray, c?: NDArray): NDArray => vjp(apply(lax.reduceWindowSum, p), a!)[1](c!)[0]
      allClose(t, runLoweredFor('cuda:0', pullback, [x, arrayOf(counts, ct)]), gradient)
    }),
    { numRuns: 20 },
  )
})

test('extrema of other dtypes, of NaN, of infinities', (t) => {
  const maxima = (x: NDArray): number[] => elements(lax.reduceWindowMax(x, [2], [1], [[1, 0]]))
  for (const dtype of ['int8', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'float16'] as const) {
    t.deepEqual(maxima(arrayOf([4], [3, 1, 2, 0], dtype)), [3, 3, 2, 2], dtype)
  }
  t.deepEqual(maxima(arrayOf([3], [-100, -120, -7], 'int8')), [-100, -100, -7])
  t.deepEqual(maxima(arrayOf([4], [1, NaN, 2, -Infinity])), [1, NaN, NaN, 2])
  t.deepEqual(maxima(arrayOf([2], [-Infinity, -Infinity])), [-Infinity, -Infinity])
  const minima = lax.reduceWindowMin(arrayOf([3], [3, 9, 5]), [2], [1], [[1, 0]])
  t.deepEqual(elements(minima), [3, 3, 5])
})

const overlapping: WindowProblem = {
  ...{ shape: [2, 5, 4, 3], window: [1, 3, 2, 1], strides: [1, 2, 1, 1] },
  padding: [
    [0, 0],
    [1, 1],
    [0, 1],
    [0, 0],
  ],
  ...{ baseDilation: [1, 1, 1, 1], windowDilation: [1, 1, 2, 1] },
}
const disjoint: WindowProblem = {
  ...{ shape: [2, 5, 4], window: [1, 2, 2], strides: [1, 2, 2] },
  padding: [
    [0, 0],
    [0, 0],
    [0, 0],
  ],
  ...{ baseDilation: [1, 1, 1], windowDilation: [1, 1, 1] },
}
const spread: WindowProblem = { ...overlapping, baseDilation: [1, 2, 3, 1] }

for (const [name, p] of Object.entries({ overlapping, disjoint, spread })) {
  test(`derivatives of sums: ${name}`, (t) => {
    checkGrads(t, apply(lax.reduceWindowSum, p), [sample(p.shape, 1)])
  })
  test(`vmap is a loop: ${name}`, (t) => {
    const example = (x: NDArray, i: number, axis: number): NDArray =>
      lax.reshape(lax.sliceInDim(x, i, i + 1, 1, axis), p.shape)
    for (const axis of [0, 1, p.shape.length]) {
      const xs = sample(p.shape.toSpliced(axis, 0, 3), 2, 'float32')
      for (const reduce of [lax.reduceWindowSum, lax.reduceWindowMax]) {
        const loop = range(3).flatMap((i) => elements(apply(reduce, p)(example(xs, i, axis))))
        allClose(t, vmap(apply(reduce, p), { inAxes: axis })(xs), loop, { rtol: 1e-5, atol: 1e-5 })
      }
      if (p === spread) continue
      const [one, ct] = [sample(p.shape, 3, 'float32'), sample(windowPlaces(p)[0], 4, 'float32')]
      const gradient = (x: NDArray, c: NDArray): NDArray => vjp(apply(lax.reduceWindowMax, p), x)[1](c)[0]
      allClose(
        t,
        vmap(gradient, { inAxes: [axis, null] })(xs, ct),
        range(3).flatMap((i) => elements(gradient(example(xs, i, axis), ct))),
      )
      const cts = np.stack([ct, ct.mul(2)])
      const loop = range(2).flatMap((i) => elements(gradient(one, ct.mul(i + 1))))
      allClose(t, vmap(gradient, { inAxes: [null, 0] })(one, cts), loop)
    }
  })
}
for (const [name, p] of Object.entries({ overlapping, disjoint })) {
  test(`derivatives of maxima: ${name}`, (t) => {
    checkGrads(t, apply(lax.reduceWindowMax, p), [sample(p.shape, 1)])
    checkGrads(t, apply(lax.reduceWindowMin, p), [sample(p.shape, 2)])
  })
}

test('a maximum that is differentiated twice', (t) => {
  const x = arrayOf([4], [1, 3, 3, 2], 'float64')
  const f = (a: NDArray): NDArray => lax.reduceWindowMax(a.mul(a).mul(a), [2], [2], 'VALID')
  checkGrads(t, f, [x])
})

const ops = (reduce: Reduce, x: NDArray, ...rest: readonly [number[], number[], 'VALID' | 'SAME']) => {
  const f = (a: NDArray): NDArray => reduce(a, ...rest)
  const y = f(x)
  return [
    operators((a) => f(a), [x]),
    operators((c) => vjp(f, x)[1](c)[0], [np.ones(y.shape, { dtype: x.dtype })]),
  ] as const
}

test('what pools become', (t) => {
  const image = np.ones([2, 8, 8, 4])
  const averages = ['Transpose', 'AveragePool', 'Transpose', 'Mul']
  t.deepEqual(ops(lax.reduceWindowSum, image, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID'), [
    averages,
    ['Reshape', 'Expand', 'Reshape'],
  ])
  t.deepEqual(ops(lax.reduceWindowSum, image, [1, 3, 3, 1], [1, 1, 1, 1], 'SAME'), [averages, averages])
  t.deepEqual(ops(lax.reduceWindowSum, image, [1, 1, 1, 1], [1, 1, 1, 1], 'VALID'), [[], []])
  t.deepEqual(ops(lax.reduceWindowSum, image, [1, 3, 3, 1], [1, 2, 2, 1], 'SAME'), [
    averages,
    ['Reshape', 'Pad', 'Reshape', 'Slice', ...averages],
  ])
  // Sums over rows of sums over columns: four terms, not nine.
  const separate = ops(lax.reduceWindowSum, image.astype('float64'), [1, 3, 3, 1], [1, 1, 1, 1], 'VALID')[0]
  t.deepEqual(separate, ['Slice', 'Slice', 'Slice', 'Add', 'Add', 'Slice', 'Slice', 'Slice', 'Add', 'Add'])
  const maxima = ops(lax.reduceWindowMax, image, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID')[0]
  t.deepEqual(maxima, ['Slice', 'Slice', 'Max', 'Slice', 'Slice', 'Max'])
})

test('paddings by name', (t) => {
  const pads = (size: number, window: number, stride: number, name: 'SAME' | 'SAME_LOWER' | 'VALID') =>
    lax.windowPadding([size], [window], [stride], name)[0]
  t.deepEqual(pads(5, 3, 1, 'VALID'), [0, 0])
  t.deepEqual(pads(5, 3, 1, 'SAME'), [1, 1])
  t.deepEqual(pads(5, 2, 1, 'SAME'), [0, 1])
  t.deepEqual(pads(5, 2, 1, 'SAME_LOWER'), [1, 0])
  t.deepEqual(pads(6, 3, 2, 'SAME'), [0, 1])
  t.deepEqual(pads(6, 1, 3, 'SAME'), [0, 0])
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      (n, k, s) => {
        const [low, high] = pads(n, k, s, 'SAME')!
        const count = Math.floor((n + low + high - k) / s) + 1
        return (low === high || low + 1 === high) && (count === Math.ceil(n / s) || low + high === 0)
      },
    ),
  )
})

test('what does not fit is said', (t) => {
  const x = np.ones([2, 4])
  const throwsShape = (f: () => unknown, message: RegExp) => t.throws(f, { instanceOf: ShapeError, message })
  throwsShape(
    () =>
      lax.reduceWindowSum(
        x,
        [2],
        [1, 1],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    /windowDimensions ≥ 1 for each axis of float32\[2,4\], got \[2\]/,
  )
  throwsShape(
    () =>
      lax.reduceWindowSum(
        x,
        [1, 2],
        [1, 0],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    /windowStrides ≥ 1/,
  )
  throwsShape(() => lax.reduceWindowMax(x, [1, 2], [1, 1], [[0, 0]]), /a padding \[low, high\]/)
  throwsShape(() => lax.reduceWindowSum(x, [1, 2, 1], [1, 1, 1], 'SAME'), /a window and a stride for each of 2 axes/)
  throwsShape(() => lax.reduceWindowSum(x, [1, 2], [1, 1], 'FULL' as 'SAME'), /'SAME', 'SAME_LOWER', 'VALID'.*'FULL'/)
  t.throws(() => lax.reduceWindowSum(np.ones([3], { dtype: 'bool' }), [2], [1], 'VALID'), { instanceOf: DTypeError })
  const dilated = (a: NDArray): NDArray => lax.reduceWindowMax(a, [2], [1], 'VALID', { baseDilation: [2] })
  t.throws(() => vjp(dilated, np.ones([3])), { instanceOf: DifferentiationError, message: /base dilation/ })
})

test('no elements', (t) => {
  const empty = lax.reduceWindowSum(np.ones([0, 4]), [1, 2], [1, 1], 'VALID')
  t.deepEqual(empty.shape, [0, 3])
  const short = lax.reduceWindowMax(np.ones([1]), [3], [1], 'VALID')
  t.deepEqual(short.shape, [0])
  t.deepEqual(
    elements(vjp((x: NDArray) => lax.reduceWindowSum(x, [3], [1], 'VALID'), np.ones([2]))[1](short)[0]),
    [0, 0],
  )
})
