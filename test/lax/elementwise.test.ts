import test from 'ava'
import fc from 'fast-check'
import type { NDArray } from '../../src/index.js'
import { DTypeError, grad, jit, lax, np, ShapeError, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

type Unary = (x: NDArray) => NDArray
type Binary = (x: NDArray, y: NDArray) => NDArray

/** Where each function is smooth: arguments are `from + (to - from) u` with u in (0, 1). */
interface Domain {
  readonly f: Unary
  readonly reference: (x: number) => number
  readonly from?: number
  readonly to?: number
}

const smooth: Readonly<Record<string, Domain>> = {
  neg: { f: lax.neg, reference: (x) => -x },
  abs: { f: lax.abs, reference: Math.abs, from: 0.1, to: 2 },
  exp: { f: lax.exp, reference: Math.exp },
  log: { f: lax.log, reference: Math.log, from: 0.1, to: 3 },
  expm1: { f: lax.expm1, reference: Math.expm1 },
  log1p: { f: lax.log1p, reference: Math.log1p, from: -0.9, to: 3 },
  sqrt: { f: lax.sqrt, reference: Math.sqrt, from: 0.1, to: 3 },
  rsqrt: { f: lax.rsqrt, reference: (x) => 1 / Math.sqrt(x), from: 0.1, to: 3 },
  sin: { f: lax.sin, reference: Math.sin },
  cos: { f: lax.cos, reference: Math.cos },
  tan: { f: lax.tan, reference: Math.tan },
  tanh: { f: lax.tanh, reference: Math.tanh },
  logistic: { f: lax.logistic, reference: (x) => 1 / (1 + Math.exp(-x)) },
  reciprocal: { f: lax.reciprocal, reference: (x) => 1 / x, from: 0.2, to: 2 },
  square: { f: lax.square, reference: (x) => x * x },
  one: { f: (x) => lax.integerPow(x, 0), reference: () => 1 },
  cube: { f: (x) => lax.integerPow(x, 3), reference: (x) => x ** 3 },
  inverseSquare: { f: (x) => lax.integerPow(x, -2), reference: (x) => x ** -2, from: 0.5, to: 2 },
}

const inDomain = ({ from = -1.2, to = 1.2 }: Domain, shape: readonly number[], seed: number): NDArray =>
  sample(shape, seed)
    .add(1)
    .mul((to - from) / 2)
    .add(from)

for (const [name, domain] of Object.entries(smooth)) {
  test(`${name}: values, and gradients to second order`, (t) => {
    const x = inDomain(domain, [2, 3], 7)
    allClose(t, domain.f(x), elements(x).map(domain.reference), { rtol: 1e-13, atol: 1e-14 }, name)
    allClose(t, domain.f(x.astype('float32')), elements(x).map(domain.reference), { rtol: 2e-6, atol: 1e-6 }, name)
    checkGrads(t, domain.f, [x])
  })
  test(`${name}: vmap is a loop, jit is eager`, (t) => {
    const x = inDomain(domain, [3, 2], 11)
    allClose(t, vmap(domain.f)(x), domain.f(x), { rtol: 0, atol: 0 })
    allClose(t, vmap(domain.f, { inAxes: 1, outAxes: 1 })(x), domain.f(x), { rtol: 0, atol: 0 })
    allClose(t, jit(domain.f)(x), domain.f(x), { rtol: 1e-14, atol: 0 })
  })
}

test('erf and its inverse: values of doubles, gradients', (t) => {
  // Values by mpmath.
  const x = np.array(Float64Array.of(-3, -1.5, -0.5, 0, 0.1, 0.9, 2.5, 7))
  const values = [
    -0.9999779095030014, -0.9661051464753108, -0.5204998778130465, 0, 0.1124629160182849, 0.7969082124228322,
    0.999593047982555, 1,
  ]
  allClose(t, lax.erf(x), values, { rtol: 1e-14, atol: 1e-16 })
  allClose(t, lax.erf(x.astype('float32')), values, { rtol: 3e-7, atol: 1e-9 })
  const inner = np.array(Float64Array.of(-1.5, -0.5, 0.1, 0.9, 2.5))
  allClose(t, lax.erfInv(lax.erf(inner)), inner, { rtol: 1e-11, atol: 1e-14 })
  allClose(t, lax.erfInv(np.array([1, -1, 0])), [Infinity, -Infinity, 0], { rtol: 0, atol: 0 })
  checkGrads(t, lax.erf, [sample([4], 3)])
  checkGrads(t, lax.erfInv, [sample([4], 5).mul(0.8)])
})

const arithmetic: Readonly<
  Record<string, { readonly f: Binary; readonly reference: (x: number, y: number) => number }>
> = {
  add: { f: lax.add, reference: (x, y) => x + y },
  sub: { f: lax.sub, reference: (x, y) => x - y },
  mul: { f: lax.mul, reference: (x, y) => x * y },
  div: { f: lax.div, reference: (x, y) => x / y },
  rem: { f: lax.rem, reference: (x, y) => x % y },
  max: { f: lax.max, reference: Math.max },
  min: { f: lax.min, reference: Math.min },
  pow: { f: (x, y) => lax.pow(lax.add(lax.abs(x), 0.5), y), reference: (x, y) => (Math.abs(x) + 0.5) ** y },
}

const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[], [2, 2]],
  [
    [4, 1, 2],
    [3, 1],
  ],
]

/** Away from 0 and from one another, so that quotients and extrema are smooth. */
const operands = (a: readonly number[], b: readonly number[]): readonly [NDArray, NDArray] => {
  const y = sample(b, 19)
  return [sample(a, 17).mul(3), y.add(np.where(y.gt(0), 1.37, -1.37))]
}

for (const [name, { f, reference }] of Object.entries(arithmetic)) {
  test(`${name}: values and gradients over broadcast shapes`, (t) => {
    for (const [a, b] of shapes) {
      const [x, y] = operands(a, b)
      const z = f(x, y)
      const [xs, ys] = np.broadcastArrays(x, y).map(elements)
      allClose(
        t,
        z,
        xs!.map((v, i) => reference(v, ys![i]!)),
        { rtol: 1e-14, atol: 1e-14 },
        name,
      )
      if (name !== 'rem') checkGrads(t, f, [x, y])
    }
  })
  test(`${name}: vmap is a loop for each mapping of the arguments`, (t) => {
    const [x, y] = operands([3, 2], [3, 2])
    const rows = (z: NDArray): NDArray[] => [0, 1, 2].map((i) => lax.squeeze(lax.slice(z, [i, 0], [i + 1, 2]), [0]))
    const loop = (g: (i: number) => NDArray): NDArray => np.stack([0, 1, 2].map(g))
    const [xs, ys] = [rows(x), rows(y)]
    allClose(
      t,
      vmap(f)(x, y),
      loop((i) => f(xs[i]!, ys[i]!)),
      { rtol: 0, atol: 0 },
    )
    allClose(
      t,
      vmap(f, { inAxes: [0, null] })(x, ys[0]!),
      loop((i) => f(xs[i]!, ys[0]!)),
      { rtol: 0, atol: 0 },
    )
    allClose(
      t,
      vmap(f, { inAxes: [null, 0] })(xs[0]!, y),
      loop((i) => f(xs[0]!, ys[i]!)),
      { rtol: 0, atol: 0 },
    )
    allClose(
      t,
      vmap(f, { inAxes: [0, 1] })(x, lax.transpose(y, [1, 0])),
      loop((i) => f(xs[i]!, ys[i]!)),
      { rtol: 0, atol: 0 },
    )
  })
}

test('of equal arguments max and min give each half of the gradient', (t) => {
  const x = np.array([1, 2])
  t.is(String(grad((a: NDArray) => lax.max(a, np.array([1, 1])).sum())(x)), 'Array([0.5, 1. ], dtype=float32)')
  t.is(String(grad((a: NDArray) => lax.min(a, np.array([1, 3])).sum())(x)), 'Array([0.5, 1. ], dtype=float32)')
})

test('integer division has no crash: by zero -1, INT_MIN / -1 wraps', (t) => {
  for (const dtype of ['int8', 'int16', 'int32', 'int64'] as const) {
    const least = dtype === 'int64' ? -(2n ** 63n) : -(2 ** (Number(dtype.slice(3)) - 1))
    const x = np.array(
      [7, -7, 7].map((v) => (dtype === 'int64' ? BigInt(v) : v)),
      { dtype },
    )
    const y = np.array(
      [2, 2, 0].map((v) => (dtype === 'int64' ? BigInt(v) : v)),
      { dtype },
    )
    allClose(t, lax.div(x, y), [3, -3, -1], { rtol: 0, atol: 0 }, dtype)
    allClose(t, lax.rem(x, y), [1, -1, 7], { rtol: 0, atol: 0 }, dtype)
    const m = np.array([least], { dtype })
    const minusOne = np.array([dtype === 'int64' ? -1n : -1], { dtype })
    allClose(t, lax.div(m, minusOne), [Number(least)], { rtol: 0, atol: 0 }, dtype)
    allClose(t, lax.rem(m, minusOne), [0], { rtol: 0, atol: 0 }, dtype)
  }
  for (const dtype of ['uint8', 'uint16', 'uint32'] as const) {
    const quotient = lax.div(np.array([7, 5], { dtype }), np.array([2, 0], { dtype }))
    allClose(t, quotient, [3, 2 ** Number(dtype.slice(4)) - 1], { rtol: 0, atol: 0 }, dtype)
  }
})

test('floor division and remainder of integers follow Python', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -50, max: 50 }), (a, b) => {
      if (b === 0) return
      const x = np.array([a], { dtype: 'int32' })
      const y = np.array([b], { dtype: 'int32' })
      t.is(np.floorDivide(x, y).item() + 0, Math.floor(a / b) + 0)
      t.is(np.remainder(x, y).item() + 0, (((a % b) + b) % b) + 0)
    }),
    { numRuns: 60 },
  )
})

test('floats that an integer dtype cannot hold saturate, NaN becomes 0', (t) => {
  const x = np.array([1.9, -1.9, 3e9, -3e9, NaN, Infinity, -Infinity, 300])
  allClose(t, x.astype('int32'), [1, -1, 2147483647, -2147483648, 0, 2147483647, -2147483648, 300], {
    rtol: 0,
    atol: 0,
  })
  allClose(t, x.astype('uint32'), [1, 0, 3e9, 0, 0, 4294967295, 0, 300], { rtol: 0, atol: 0 })
  allClose(t, x.astype('uint8'), [1, 0, 255, 0, 0, 255, 0, 255], { rtol: 0, atol: 0 })
  allClose(t, x.astype('int8'), [1, -1, 127, -128, 0, 127, -128, 127], { rtol: 0, atol: 0 })
})

test('select takes any dtype and gives gradients to its cases', (t) => {
  const which = np.array([true, false, true])
  for (const dtype of ['bool', 'uint8', 'uint32', 'int8', 'int64', 'float16', 'bfloat16', 'float64'] as const) {
    const [a, b] = [np.array([1, 1, 1]).astype(dtype), np.array([0, 0, 0]).astype(dtype)]
    const chosen = lax.select(which, a, b)
    t.is(chosen.dtype, dtype)
    allClose(t, chosen, [0, 1, 0], { rtol: 0, atol: 0 }, dtype)
  }
  checkGrads(t, (x, y) => lax.select(which, x, y), [sample([3], 1), sample([3], 2)])
  checkGrads(t, (x, y) => lax.select(which, x, y), [sample([2, 3], 1), sample([3], 2)])
})

test('bits: and, or, xor, not, shifts', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.nat({ max: 40 }),
      (a, b, n) => {
        const [x, y] = [np.array(Uint32Array.of(a)), np.array(Uint32Array.of(b))]
        const shift = np.array(Uint32Array.of(n))
        t.is(lax.and(x, y).item(), (a & b) >>> 0)
        t.is(lax.or(x, y).item(), (a | b) >>> 0)
        t.is(lax.xor(x, y).item(), (a ^ b) >>> 0)
        t.is(lax.not(x).item(), ~a >>> 0)
        t.is(lax.shiftLeft(x, shift).item(), n >= 32 ? 0 : (a << n) >>> 0)
        t.is(lax.shiftRightLogical(x, shift).item(), n >= 32 ? 0 : a >>> n)
      },
    ),
    { numRuns: 30 },
  )
})

test('NaN goes through max, min and comparisons as in IEEE', (t) => {
  const x = np.array([NaN, 1, NaN])
  const y = np.array([1, NaN, NaN])
  allClose(t, lax.max(x, y), [NaN, NaN, NaN])
  allClose(t, lax.min(x, y), [NaN, NaN, NaN])
  allClose(t, lax.eq(x, x), [0, 1, 0])
  allClose(t, lax.ne(x, x), [1, 0, 1])
  allClose(t, lax.isFinite(np.array([NaN, Infinity, -1])), [0, 0, 1])
})

test('errors say what was required, what was got', (t) => {
  const error = t.throws(() => lax.add(np.ones([2, 3]), np.ones([4])), { instanceOf: ShapeError })
  t.regex(error.message, /^add requires shapes that broadcast together .* got \[2,3\] and \[4\]$/)
  t.throws(() => lax.add(np.ones([2]), np.ones([2], { dtype: 'int32' })), {
    instanceOf: DTypeError,
    message: 'add requires arrays of numbers of one dtype, got float32[2] and int32[2]',
  })
  t.throws(() => lax.exp(np.arange(3)), {
    instanceOf: DTypeError,
    message: 'exp requires floating point arrays, got int32[3]',
  })
})
