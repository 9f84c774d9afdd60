import test from 'ava'
import fc from 'fast-check'
import { DTypeError, type DType, grad, jit, type NDArray, np, ShapeError, vjp, vmap } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { arrayFrom, type GoldenArray, readGolden } from '../helpers/golden.js'
import { operators, runLoweredFor } from '../helpers/lowering.js'

type Reduce = (x: NDArray, axes: readonly number[]) => NDArray

interface Golden {
  readonly inputs: Readonly<Record<string, GoldenArray>>
  readonly values: Readonly<Record<string, GoldenCase>>
  readonly grads: Readonly<Record<string, GoldenCase & { readonly ct: GoldenArray; readonly dx: GoldenArray }>>
}
interface GoldenCase {
  readonly fn: string
  readonly x: string
  readonly axis: number | readonly number[] | null
  readonly options: Readonly<Record<string, unknown>>
  readonly out: GoldenArray | { readonly error: string }
}

const golden = readGolden<Golden>('reductions')
const range = (n: number): number[] => [...Array(n).keys()]
const axesOf = (axis: GoldenCase['axis'], ndim: number): readonly number[] =>
  (axis === null ? range(ndim) : typeof axis === 'number' ? [axis] : axis).map((a) => (a < 0 ? a + ndim : a))
const isTrue = (x: NDArray): NDArray => (x.dtype === 'bool' ? x : lax.ne(x, 0))
const reducers: Readonly<Record<string, Reduce>> = {
  max: lax.reduceMax,
  min: lax.reduceMin,
  prod: lax.reduceProd,
  any: (x, axes) => lax.reduceOr(isTrue(x), axes),
  all: (x, axes) => lax.reduceAnd(isTrue(x), axes),
}
const positions: Readonly<Record<string, typeof lax.argmax>> = { argmax: lax.argmax, argmin: lax.argmin }

for (const [name, c] of Object.entries(golden.values)) {
  const reduce = reducers[c.fn]
  const position = positions[c.fn]
  if ((reduce === undefined && position === undefined) || Object.keys(c.options).length > 0) continue
  const input = golden.inputs[c.x]!
  if (!('dtype' in c.out)) {
    // np refuses extrema of nothing; lax gives the identity, and refuses positions.
    if (position !== undefined && typeof c.axis === 'number') {
      test(`as JAX: ${name} throws`, (t) => {
        t.throws(() => position(arrayFrom(input), c.axis as number), {
          instanceOf: ShapeError,
          message: /holds elements/,
        })
      })
    }
    continue
  }
  const out = c.out
  test(`as JAX: ${name}`, (t) => {
    // np.prod computes in the result's dtype.
    const x = arrayFrom(input, c.fn === 'prod' ? out.dtype : input.dtype)
    const flat = reduce === undefined && c.axis === null
    const f = (a: NDArray): NDArray =>
      reduce === undefined ? position!(a, flat ? 0 : (c.axis as number)) : reduce(a, axesOf(c.axis, a.ndim))
    const operand = flat ? lax.reshape(x, [x.size]) : x
    const y = f(operand)
    t.deepEqual([y.dtype, y.shape], [out.dtype, out.shape])
    allClose(t, y, out.data, { atol: 0 })
    // CUDA's kernels take other integers: what stands in for them gives the same.
    if (x.dtype !== 'uint32') t.deepEqual(runLoweredFor('cuda', f, [operand]), elements(y))
  })
}

for (const [name, c] of Object.entries(golden.grads)) {
  const reduce = reducers[c.fn]
  if (reduce === undefined || Object.keys(c.options).length > 0) continue
  test(`as JAX: gradient of ${name}`, (t) => {
    const x = arrayFrom(golden.inputs[c.x]!).astype('float64')
    const [, pullback] = vjp((a: NDArray) => reduce(a, axesOf(c.axis, a.ndim)), x)
    allClose(t, pullback(arrayFrom(c.ct))[0], c.dx.data, { rtol: 1e-12, atol: 1e-14 })
  })
}

// dtypes

const numbers: readonly DType[] = ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'float16', 'bfloat16', 'float32', 'float64'] // prettier-ignore
const limits: Readonly<Record<string, readonly [bigint, bigint]>> = Object.fromEntries(
  [8, 16, 32, 64].flatMap((bits) => {
    const half = 2n ** BigInt(bits - 1)
    return [
      [`int${bits}`, [-half, half - 1n]],
      [`uint${bits}`, [0n, 2n * half - 1n]],
    ]
  }),
)

for (const dtype of numbers) {
  test(`${dtype}: extrema, products and positions`, (t) => {
    const x = np
      .array([
        [3, 1, 2],
        [1, 5, 5],
      ])
      .astype(dtype)
    const results: readonly (readonly [NDArray, readonly number[], DType])[] = [
      [lax.reduceMax(x, [1]), [3, 5], dtype],
      [lax.reduceMin(x, [0]), [1, 1, 2], dtype],
      [lax.reduceProd(x, [1]), [6, 25], dtype],
      [lax.argmax(x, 1), [0, 1], 'int32'],
      [lax.argmin(x, 0, 'uint8'), [1, 0, 0], 'uint8'],
    ]
    for (const [y, expected, type] of results) {
      t.is(y.dtype, type)
      t.deepEqual(elements(y), expected)
    }
  })

  test(`${dtype}: of nothing, the identity`, (t) => {
    const nothing = np.zeros([0, 2], { dtype })
    const [least, greatest] = (limits[dtype] ?? [-Infinity, Infinity]).map(Number)
    t.deepEqual(elements(lax.reduceMax(nothing, [0])), [least!, least!])
    t.deepEqual(elements(lax.reduceMin(nothing, [0])), [greatest!, greatest!])
    t.deepEqual(elements(lax.reduceProd(nothing, [0])), [1, 1])
    t.deepEqual(lax.reduceMax(nothing, [1]).shape, [0])
    t.deepEqual(lax.argmax(nothing, 1).shape, [0])
  })
}

test('64-bit integers keep their order beyond what a double tells apart', (t) => {
  const big = 2n ** 63n
  const unsigned = np.array(new BigUint64Array([5n, big + 1n, big + 2n, big]))
  t.is(lax.reduceMax(unsigned, [0]).toArray(), big + 2n)
  t.is(lax.reduceMin(unsigned, [0]).toArray(), 5n)
  t.is(lax.argmax(unsigned, 0).item(), 2)
  t.is(lax.argmin(unsigned, 0).item(), 0)
  const signed = np.array(new BigInt64Array([-big, big - 1n, big - 2n]))
  t.is(lax.reduceMax(signed, [0]).toArray(), big - 1n)
  t.is(lax.argmin(signed, 0).item(), 0)
})

test('products of integers wrap', (t) => {
  t.deepEqual(elements(lax.reduceProd(np.array([16, 16, 1]).astype('uint8'), [0])), [0])
  t.deepEqual(elements(lax.reduceProd(np.array([200, 100]).astype('int16'), [0])), [20000])
  t.deepEqual(elements(lax.reduceProd(np.array([300, 300]).astype('int16'), [0])), [24464])
  t.deepEqual(elements(lax.reduceProd(np.array([65536, 65537]).astype('uint32'), [0])), [65536])
})

test('logic over axes, and of nothing', (t) => {
  const x = np.array([
    [true, true],
    [true, false],
  ])
  t.deepEqual(lax.reduceAnd(x, [1]).toArray(), [true, false])
  t.deepEqual(lax.reduceOr(lax.not(x), [0]).toArray(), [false, true])
  t.is(lax.reduceAnd(x, [0, 1]).toArray(), false)
  const nothing = np.zeros([2, 0], { dtype: 'bool' })
  t.deepEqual(lax.reduceAnd(nothing, [1]).toArray(), [true, true])
  t.deepEqual(lax.reduceOr(nothing, [1]).toArray(), [false, false])
  t.deepEqual(lax.reduceMax(nothing, [1]).toArray(), [false, false])
})

// NaN

const special = fc.constantFrom(NaN, Infinity, -Infinity, 0, 1, -1, 2)

test('NaN comes through extrema, and its first place through positions, wherever it is', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.array(special, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (rows, wide) => {
        const dtype = wide ? 'float64' : 'float32'
        const x = np.array(rows, { dtype })
        const best = (list: readonly number[], f: (...xs: number[]) => number): number =>
          list.some(Number.isNaN) ? NaN : f(...list)
        const place = (list: readonly number[], f: (...xs: number[]) => number): number =>
          list.findIndex((v) => Object.is(v, best(list, f)) || v === best(list, f))
        t.deepEqual(
          elements(lax.reduceMax(x, [1])),
          rows.map((r) => best(r, Math.max)),
        )
        t.deepEqual(
          elements(lax.reduceMin(x, [1])),
          rows.map((r) => best(r, Math.min)),
        )
        t.deepEqual(
          elements(lax.argmax(x, 1)),
          rows.map((r) => place(r, Math.max)),
        )
        t.deepEqual(
          elements(lax.argmin(x, 1)),
          rows.map((r) => place(r, Math.min)),
        )
        t.deepEqual(elements(lax.reduceMax(x, [0, 1])), [best(rows.flat(), Math.max)])
      },
    ),
    { numRuns: 60 },
  )
  for (const dtype of ['float16', 'bfloat16'] as const) {
    const x = np.array([1, NaN, Infinity]).astype(dtype)
    t.deepEqual(elements(lax.reduceMax(x, [0])), [NaN])
    t.is(lax.argmax(x, 0).item(), 1)
    t.is(lax.argmin(x, 0).item(), 1)
  }
})

// derivatives

const functions: Readonly<Record<string, Reduce>> = {
  reduceMax: lax.reduceMax,
  reduceMin: lax.reduceMin,
  reduceProd: lax.reduceProd,
}

for (const [name, f] of Object.entries(functions)) {
  test(`${name}: derivatives along one axis, several and all`, (t) => {
    for (const axes of [[1], [0, 2], [0, 1, 2]]) {
      checkGrads(t, (x) => f(x.mul(x), axes), [sample([2, 3, 5], axes.length)])
    }
  })
}

test('products: derivatives of any order at zeros', (t) => {
  const x = np.array([[0, 2, 3], [0, 0, 3], [1, 2, 4]], { dtype: 'float64' }) // prettier-ignore
  checkGrads(t, (a) => lax.reduceProd(a, [1]), [x])
  const g = grad((a: NDArray) => lax.reduceProd(a, [1]).sum())
  t.deepEqual(g(x).toArray(), [[6, 0, 0], [0, 0, 0], [8, 4, 2]]) // prettier-ignore
  const second = grad((a: NDArray) =>
    g(a)
      .mul(np.array([0, 1, 0], { dtype: 'float64' }))
      .sum(),
  )(x)
  t.deepEqual(second.toArray(), [[3, 0, 0], [3, 0, 0], [4, 0, 1]]) // prettier-ignore
})

test('elements that tie share the gradient', (t) => {
  const x = np.array([[2, 2, 1], [0, 5, 5]], { dtype: 'float64' }) // prettier-ignore
  t.deepEqual(grad((a: NDArray) => lax.reduceMax(a, [0, 1]).sum())(x).toArray(), [[0, 0, 0], [0, 0.5, 0.5]]) // prettier-ignore
  t.deepEqual(grad((a: NDArray) => lax.reduceMin(a, [1]).sum())(x).toArray(), [[0, 0, 1], [1, 0, 0]]) // prettier-ignore
})

test('positions and logic have zero derivatives', (t) => {
  const f = (a: NDArray): NDArray => a.mul(lax.argmax(a, 0).astype('float64')).sum()
  t.deepEqual(grad(f)(np.array([1, 3, 2], { dtype: 'float64' })).toArray(), [1, 1, 1])
})

// vmap, jit

test('vmap is a loop over any axis; jit gives the same', (t) => {
  const x = sample([3, 4, 2], 5)
  const bools = lax.gt(x, 0)
  const all: Readonly<Record<string, readonly [(a: NDArray) => NDArray, NDArray]>> = {
    max: [(a) => lax.reduceMax(a, [0]), x],
    min: [(a) => lax.reduceMin(a, [1]), x],
    prod: [(a) => lax.reduceProd(a, [0, 1]), x],
    and: [(a) => lax.reduceAnd(a, [1]), bools],
    or: [(a) => lax.reduceOr(a, [0]), bools],
    argmax: [(a) => lax.argmax(a, 0), x],
    argmin: [(a) => lax.argmin(a, -1), x],
  }
  for (const [name, [f, input]] of Object.entries(all)) {
    for (const axis of [0, 1, 2]) {
      const row = (i: number): NDArray => lax.squeeze(lax.sliceInDim(input, i, i + 1, 1, axis), [axis])
      const expected = np.stack(range(input.shape[axis]!).map((i) => f(row(i))))
      allClose(t, vmap(f, { inAxes: axis })(input), expected, { rtol: 1e-14, atol: 0 }, `${name} over ${axis}`)
    }
    t.deepEqual(jit(f)(input).toArray(), f(input).toArray(), name)
  }
})

// what it becomes

test('integers need one node, floats those that look for NaN', (t) => {
  const [ints, floats] = [np.ones([2, 3]).astype('int32'), np.ones([2, 3])]
  t.deepEqual(
    operators((x) => lax.reduceMax(x, [1]), [ints]),
    ['ReduceMax'],
  )
  t.deepEqual(
    operators((x) => lax.argmax(x, 1, 'int64'), [ints]),
    ['ArgMax'],
  )
  t.deepEqual(
    operators((x) => lax.reduceProd(x, [1]), [floats]),
    ['ReduceProd'],
  )
  t.deepEqual(
    operators((x) => lax.reduceMax(x, []), [floats]),
    [],
  )
  t.true(operators((x) => lax.reduceMax(x, [1]), [floats]).includes('IsNaN'))
})

// errors

test('axes and dtypes that do not fit', (t) => {
  const x = np.ones([2, 3])
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => lax.reduceMax(x, [2]), /reduce_max requires different axes of float32\[2,3\], got \[2\]/],
    [() => lax.reduceProd(x, [1, 1]), /reduce_prod requires different axes/],
    [() => lax.argmax(x, 2), /argmax requires an axis in \[-2, 2\)/],
    [() => lax.argmin(np.zeros([2, 0]), 1), /argmin requires an axis that holds elements, got float32\[2,0\]/],
  ]
  for (const [f, message] of cases) t.throws(f, { instanceOf: ShapeError, message })
  t.throws(() => lax.reduceAnd(x, [0]), {
    instanceOf: DTypeError,
    message: /reduce_and requires a boolean array, got float32\[2,3\]/,
  })
  t.throws(() => lax.reduceProd(lax.gt(x, 0), [0]), {
    instanceOf: DTypeError,
    message: /reduce_prod requires an array of numbers/,
  })
  t.throws(() => lax.argmax(x, 0, 'float32'), { instanceOf: DTypeError, message: /integer dtype for positions/ })
})
