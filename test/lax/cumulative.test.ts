import test from 'ava'
import fc from 'fast-check'
import { DTypeError, type DType, grad, jit, type NDArray, np, ShapeError, vjp, vmap } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { arrayFrom, type GoldenArray, readGolden } from '../helpers/golden.js'
import { operators, runLoweredFor } from '../helpers/lowering.js'

type Cumulative = (x: NDArray, axis: number, reverse?: boolean) => NDArray

interface GoldenCase {
  readonly fn: string
  readonly x: string
  readonly axis: number | null
  readonly options: Readonly<Record<string, unknown>>
  readonly out: GoldenArray | { readonly error: string }
}
interface Golden {
  readonly inputs: Readonly<Record<string, GoldenArray>>
  readonly values: Readonly<Record<string, GoldenCase>>
  readonly reverse: Readonly<Record<string, { readonly x: string; readonly axis: number; readonly out: GoldenArray }>>
  readonly grads: Readonly<Record<string, GoldenCase & { readonly ct: GoldenArray; readonly dx: GoldenArray }>>
}

const golden = readGolden<Golden>('reductions')
const range = (n: number): number[] => [...Array(n).keys()]
const functions: Readonly<Record<string, Cumulative>> = {
  cumsum: lax.cumsum,
  cumprod: lax.cumprod,
  cummax: lax.cummax,
  cummin: lax.cummin,
  cumlogsumexp: lax.cumlogsumexp,
}
const nanOr =
  (f: (a: number, b: number) => number) =>
  (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b) ? NaN : f(a, b)
const logAddExp = (a: number, b: number): number =>
  a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))
const combinations: Readonly<Record<string, (a: number, b: number) => number>> = {
  cumsum: (a, b) => a + b,
  cumprod: (a, b) => a * b,
  cummax: nanOr(Math.max),
  cummin: nanOr(Math.min),
  cumlogsumexp: logAddExp,
}
const partial = (values: readonly number[], f: (a: number, b: number) => number): number[] => {
  const result: number[] = []
  values.forEach((v, i) => result.push(i === 0 ? v : f(result[i - 1]!, v)))
  return result
}

// as JAX

for (const [name, c] of Object.entries(golden.values)) {
  const f = functions[c.fn]
  // lax refuses negative axes in JAX; here they count from the end.
  if (f === undefined || !('dtype' in c.out) || Object.keys(c.options).length > 0) continue
  const out = c.out
  test(`as JAX: ${name}`, (t) => {
    const x = arrayFrom(golden.inputs[c.x]!, out.dtype)
    const y = c.axis === null ? f(lax.reshape(x, [x.size]), 0) : f(x, c.axis)
    t.deepEqual([y.dtype, y.shape], [out.dtype, out.shape])
    allClose(t, y, out.data, { rtol: 2e-6, atol: 1e-6 })
  })
}

for (const [name, c] of Object.entries(golden.reverse)) {
  test(`as JAX: ${name}`, (t) => {
    const f = functions[/lax\.(\w+)/.exec(name)![1]!]!
    allClose(t, f(arrayFrom(golden.inputs[c.x]!), c.axis, true), c.out.data, { rtol: 2e-6, atol: 1e-6 })
  })
}

for (const [name, c] of Object.entries(golden.grads)) {
  const f = functions[c.fn]
  if (f === undefined) continue
  test(`as JAX: gradient of ${name}`, (t) => {
    const x = arrayFrom(golden.inputs[c.x]!).astype('float64')
    const [, pullback] = vjp((a: NDArray) => f(a, c.axis!), x)
    allClose(t, pullback(arrayFrom(c.ct))[0], c.dx.data, { rtol: 1e-12, atol: 1e-14 })
  })
}

// by definition

for (const [name, f] of Object.entries(functions)) {
  test(`${name}: along any axis of any length, from either end, is its definition`, (t) => {
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.nat({ max: 2 }), fc.boolean(), fc.nat(), (n, axis, reverse, seed) => {
        const shape = [2, 3].toSpliced(axis, 0, n)
        const x = sample(shape, seed)
        const y = f(x, axis, reverse)
        t.deepEqual(y.shape, shape)
        const lines = (a: NDArray): number[][] => {
          const last = elements(lax.transpose(a, [...range(3).filter((d) => d !== axis), axis]))
          return range(6).map((i) => last.slice(i * n, (i + 1) * n))
        }
        lines(x).forEach((line, i) => {
          const expected = reverse
            ? partial(line.toReversed(), combinations[name]!).reverse()
            : partial(line, combinations[name]!)
          allClose(t, lines(y)[i]!, expected, { rtol: 1e-12, atol: 1e-12 })
        })
      }),
      { numRuns: 30 },
    )
  })

  test(`${name}: derivatives, from either end`, (t) => {
    for (const [shape, axis] of [
      [[2, 5], 1],
      [[4, 2], 0],
      [[7], 0],
      [[1, 3], 0],
    ] as const) {
      // prettier-ignore
      for (const reverse of [false, true]) {
        checkGrads(t, (x) => f(x.mul(x), axis, reverse), [sample(shape, axis + 1)], { order: shape.length })
      }
    }
  })

  test(`${name}: vmap is a loop; jit gives the same`, (t) => {
    const x = sample([3, 4, 2], 7)
    for (const axis of [0, 1, 2]) {
      const g = (a: NDArray): NDArray => f(a, 0, true)
      const row = (i: number): NDArray => lax.squeeze(lax.sliceInDim(x, i, i + 1, 1, axis), [axis])
      const expected = np.stack(range(x.shape[axis]!).map((i) => g(row(i))))
      t.deepEqual(vmap(g, { inAxes: axis })(x).toArray(), expected.toArray())
      t.deepEqual(jit((a: NDArray) => f(a, axis))(x).toArray(), f(x, axis).toArray())
    }
  })
}

test('NaN and infinities', (t) => {
  const x = np.array([1, NaN, 3, -Infinity, Infinity, 2])
  t.deepEqual(elements(lax.cummax(x, 0)), [1, NaN, NaN, NaN, NaN, NaN])
  t.deepEqual(elements(lax.cummin(x, 0, true)), [NaN, NaN, -Infinity, -Infinity, 2, 2])
  t.deepEqual(elements(lax.cumprod(x, 0)), [1, NaN, NaN, NaN, NaN, NaN])
  const infinite = np.array([-Infinity, -Infinity, 1, Infinity, Infinity])
  t.deepEqual(elements(lax.cumlogsumexp(infinite, 0)), [-Infinity, -Infinity, 1, Infinity, Infinity])
  t.deepEqual(elements(lax.cumlogsumexp(np.array([1000, 1000]), 0)).map(Math.fround), [
    1000,
    Math.fround(1000 + Math.LN2),
  ])
})

const dtypes: readonly DType[] = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float16', 'bfloat16', 'float32', 'float64'] // prettier-ignore

for (const dtype of dtypes) {
  test(`${dtype}: cumulative functions, on both devices' lowerings`, (t) => {
    const x = np.array([2, 5, 1, 3, 4]).astype(dtype)
    // CUDA sums some unsigned integers that the CPU, which runs the graph here, doesn't.
    const onCuda = dtype.startsWith('int')
    const expected: Readonly<Record<string, readonly number[]>> = {
      cumsum: [2, 7, 8, 11, 15],
      cumprod: [2, 10, 10, 30, 120],
      cummax: [2, 5, 5, 5, 5],
      cummin: [2, 2, 1, 1, 1],
    }
    for (const [name, values] of Object.entries(expected)) {
      const y = functions[name]!(x, 0)
      t.is(y.dtype, dtype)
      t.deepEqual(elements(y), values, name)
      if (onCuda)
        t.deepEqual(
          runLoweredFor('cuda', (a) => functions[name]!(a, 0), [x]),
          values,
          name,
        )
      t.deepEqual(elements(functions[name]!(np.zeros([0], { dtype }), 0)), [])
    }
  })
}

test('integers wrap, and 64-bit ones keep their order', (t) => {
  t.deepEqual(elements(lax.cumsum(np.array([200, 100]).astype('uint8'), 0)), [200, 44])
  t.deepEqual(elements(lax.cumprod(np.array([2 ** 16, 2 ** 16, 3]).astype('uint32'), 0)), [2 ** 16, 0, 0])
  const big = 2n ** 63n
  t.deepEqual(lax.cummax(np.array(new BigUint64Array([1n, big + 1n, big])), 0).toArray(), [1n, big + 1n, big + 1n])
})

test('equal elements share the gradient by halves; products are right at zeros', (t) => {
  const g = grad((x: NDArray) => lax.cummax(x, 0).sum())(np.array([1, 1], { dtype: 'float64' }))
  t.deepEqual(g.toArray(), [1.5, 0.5])
  const p = grad((x: NDArray) => lax.cumprod(x, 0).sum())(np.array([2, 0, 3], { dtype: 'float64' }))
  t.deepEqual(p.toArray(), [1, 8, 0])
})

test('associativeScan of any associative operation', (t) => {
  // Affine maps x -> a x + b, whose composition doesn't commute.
  const [a, b] = [sample([9], 1), sample([9], 2)]
  const [, y] = lax.associativeScan(([a1, b1], [a2, b2]) => [a1!.mul(a2!), b1!.mul(a2!).add(b2!)], [a, b], 0)
  let state = 0
  const expected = elements(a).map((v, i) => (state = v * state + elements(b)[i]!))
  allClose(t, y!, expected, { rtol: 1e-12, atol: 1e-14 })
})

test('a sum is one node, an extremum a logarithm of the length', (t) => {
  t.deepEqual(
    operators((x) => lax.cumsum(x, 0), [np.ones([100])]),
    ['CumSum'],
  )
  t.is(operators((x) => lax.cummax(x, 0), [np.ones([100])]).filter((op) => op === 'Max').length, 7)
  t.deepEqual(
    operators((x) => lax.cummax(x, 0), [np.ones([1])]),
    [],
  )
})

test('axes and dtypes that do not fit', (t) => {
  const x = np.ones([2, 3])
  t.throws(() => lax.cumsum(x, 2), { instanceOf: ShapeError, message: /cumsum requires an axis in \[-2, 2\)/ })
  t.throws(() => lax.cummax(lax.gt(x, 0), 0), {
    instanceOf: DTypeError,
    message: /cummax requires an array of numbers, got bool\[2,3\]/,
  })
  t.throws(() => lax.cumlogsumexp(x.astype('int32'), 0), {
    instanceOf: DTypeError,
    message: /cumlogsumexp requires a floating point array/,
  })
})
