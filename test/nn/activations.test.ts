import test from 'ava'
import { grad, jit, lax, nn, type NDArray, np, ShapeError, vmap } from '../../src/index.js'
import { allClose, elements, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'
import { readGolden } from '../helpers/golden.js'

type Unary = (x: NDArray) => NDArray

interface Row {
  readonly f: Unary
  readonly reference: (x: number) => number
  /** Where it bends, so that gradients are checked elsewhere. */
  readonly kinks?: readonly number[]
  /** Value of the derivative at points of interest, as JAX has it. */
  readonly slopes?: Readonly<Record<string, number>>
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
const relu6 = (x: number): number => Math.min(Math.max(x, 0), 6)
/** erf by its power series. */
const erf = (x: number): number => {
  let [term, sum] = [x, x]
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
const elu = (alpha: number) => (x: number) => (x > 0 ? x : alpha * Math.expm1(x))

const table: Readonly<Record<string, Row>> = {
  relu: { f: nn.relu, reference: (x) => Math.max(x, 0), kinks: [0], slopes: { 0: 0, '-0': 0, 1: 1, '-1': 0 } },
  relu6: { f: nn.relu6, reference: relu6, kinks: [0, 6], slopes: { 0: 0, 6: 0, 3: 1, 7: 0 } },
  sigmoid: { f: nn.sigmoid, reference: sigmoid, slopes: { 0: 0.25, 800: 0, '-800': 0 } },
  softplus: { f: nn.softplus, reference: softplus, slopes: { 0: 0.5, 800: 1, '-800': 0 } },
  logSigmoid: { f: nn.logSigmoid, reference: (x) => -softplus(-x), slopes: { 0: 0.5, 800: 0, '-800': 1 } },
  silu: { f: nn.silu, reference: (x) => x * sigmoid(x), slopes: { 0: 0.5 } },
  mish: { f: nn.mish, reference: (x) => x * Math.tanh(softplus(x)), slopes: { 0: 0.6 } },
  elu: { f: (x) => nn.elu(x), reference: elu(1), slopes: { 800: 1, '-800': 0 } },
  'elu of alpha 2': { f: (x) => nn.elu(x, { alpha: 2 }), reference: elu(2), kinks: [0], slopes: { 0: 2 } },
  celu: { f: (x) => nn.celu(x), reference: elu(1), slopes: { 800: 1, '-800': 0 } },
  'celu of alpha 2': {
    f: (x) => nn.celu(x, { alpha: 2 }),
    reference: (x) => Math.max(x, 0) + 2 * Math.expm1(Math.min(x, 0) / 2),
    // Its second derivative jumps.
    kinks: [0],
  },
  selu: { f: nn.selu, reference: (x) => 1.0507009873554805 * elu(1.6732632423543772)(x), kinks: [0] },
  leakyRelu: { f: (x) => nn.leakyRelu(x), reference: (x) => (x >= 0 ? x : 0.01 * x), kinks: [0], slopes: { 0: 1 } },
  'leakyRelu of slope 0.3': {
    f: (x) => nn.leakyRelu(x, { negativeSlope: 0.3 }),
    reference: (x) => (x >= 0 ? x : 0.3 * x),
    kinks: [0],
  },
  gelu: {
    f: (x) => nn.gelu(x),
    reference: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    slopes: { 0: 0.5 },
  },
  'gelu by erf': {
    f: (x) => nn.gelu(x, { approximate: false }),
    reference: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    slopes: { 0: 0.5 },
  },
  tanh: { f: nn.tanh, reference: Math.tanh },
  hardTanh: {
    f: nn.hardTanh,
    reference: (x) => Math.min(Math.max(x, -1), 1),
    kinks: [-1, 1],
    slopes: { 1: 1, '-1': 1 },
  },
  hardSigmoid: { f: nn.hardSigmoid, reference: (x) => relu6(x + 3) / 6, kinks: [-3, 3], slopes: { 3: 0, '-3': 0 } },
  hardSilu: { f: nn.hardSilu, reference: (x) => (x * relu6(x + 3)) / 6, kinks: [-3, 3] },
  softSign: { f: nn.softSign, reference: (x) => x / (Math.abs(x) + 1), kinks: [0], slopes: { 0: 1 } },
  squareplus: { f: (x) => nn.squareplus(x), reference: (x) => (x + Math.sqrt(x * x + 4)) / 2, slopes: { 0: 0.5 } },
  'squareplus of b 1': { f: (x) => nn.squareplus(x, { b: 1 }), reference: (x) => (x + Math.sqrt(x * x + 1)) / 2 },
  sparsePlus: {
    f: nn.sparsePlus,
    reference: (x) => (x <= -1 ? 0 : x >= 1 ? x : (x + 1) ** 2 / 4),
    kinks: [-1, 1],
    slopes: { '-1': 0, 1: 1 },
  },
  sparseSigmoid: { f: nn.sparseSigmoid, reference: (x) => Math.min(Math.max(x + 1, 0), 2) / 2, kinks: [-1, 1] },
  log1mexp: { f: (x) => nn.log1mexp(lax.add(lax.abs(x), 0.01)), reference: (x) => Math.log(-Math.expm1(-Math.abs(x) - 0.01)), kinks: [0] }, // prettier-ignore
  identity: { f: nn.identity, reference: (x) => x },
}

const points = [-40, -7, -3, -1.25, -1, -0.4, -1e-5, -0, 0, 1e-5, 0.3, 1, 1.5, 3, 5, 6, 7, 40]

for (const [name, { f, reference, kinks = [], slopes = {} }] of Object.entries(table)) {
  test(`${name}: values, gradients to second order, vmap, jit, dtypes`, (t) => {
    const inRange = points.filter((x) => name !== 'gelu by erf' || Math.abs(x) <= 5)
    const x = np.array(inRange, { dtype: 'float64' })
    allClose(t, f(x), inRange.map(reference), { rtol: 1e-12, atol: 1e-14 }, name)
    allClose(t, f(x.astype('float32')), inRange.map(reference), { rtol: 3e-6, atol: 1e-6 }, `${name} float32`)
    const smooth = sample([9], 5).mul(5).add(0.05)
    const away = elements(smooth).map((v) => (kinks.some((k) => Math.abs(v - k) < 0.02) ? v + 0.05 : v))
    checkGrads(t, f, [np.array(away, { dtype: 'float64' })])
    const grid = sample([2, 3], 4)
    allClose(t, vmap(f)(grid), f(grid), { rtol: 0, atol: 0 })
    allClose(t, jit(f)(grid), f(grid), { rtol: 1e-13, atol: 1e-15 })
    for (const dtype of ['float16', 'bfloat16', 'float32'] as const) t.is(f(np.ones([2], { dtype })).dtype, dtype)
    for (const [at, slope] of Object.entries(slopes)) {
      const derivative = grad(f)(np.array(Number(at), { dtype: 'float64' }).reshape([])).item()
      t.true(Math.abs(derivative - slope) < 1e-12, `${name}' at ${at} is ${derivative}, not ${slope}`)
    }
    const nan = f(np.array([NaN])).item()
    t.true(Number.isNaN(nan), `${name}(NaN) is ${nan}`)
  })
}

test('as Flax has them', (t) => {
  const golden =
    readGolden<Record<string, Record<string, Record<string, readonly number[]> & readonly number[]>>>('nnx-rng-golden')
  const layers = golden['layers (partitionable=True, Rngs(0), x=arange(12).reshape(3,4)/10-0.5)']!
  const expected = layers['activations on [-3,-1,-.5,0,.5,1,3]']!
  const x = np.array([-3, -1, -0.5, 0, 0.5, 1, 3])
  const functions: Readonly<Record<string, Unary>> = {
    celu: (v) => nn.celu(v),
    elu: (v) => nn.elu(v),
    gelu: (v) => nn.gelu(v),
    hard_sigmoid: nn.hardSigmoid,
    hard_silu: nn.hardSilu,
    hard_tanh: nn.hardTanh,
    leaky_relu: (v) => nn.leakyRelu(v),
    log_sigmoid: nn.logSigmoid,
    log_softmax: (v) => nn.logSoftmax(v),
    relu: nn.relu,
    relu6: nn.relu6,
    selu: nn.selu,
    sigmoid: nn.sigmoid,
    silu: nn.silu,
    soft_sign: nn.softSign,
    softmax: (v) => nn.softmax(v),
    softplus: nn.softplus,
    standardize: (v) => nn.standardize(v),
    tanh: nn.tanh,
    identity: nn.identity,
  }
  t.deepEqual(Object.keys(expected).sort(), Object.keys(functions).sort())
  for (const [name, f] of Object.entries(functions)) {
    allClose(t, f(x), expected[name]!, { rtol: 1e-6, atol: 1e-6 }, name)
  }
  allClose(t, nn.gelu(x, { approximate: false }), layers['gelu exact']!, { rtol: 1e-6, atol: 1e-6 }, 'gelu exact')
})

test('relu: infinite and NaN cotangents are selected, not multiplied', (t) => {
  const scaled = grad((x: NDArray) =>
    nn
      .relu(x)
      .mul(np.array([Infinity, Infinity]))
      .sum(),
  )
  t.deepEqual(elements(scaled(np.array([-1, 2]))), [0, Infinity])
})

test('large arguments do not overflow into NaN gradients', (t) => {
  for (const f of [nn.elu, nn.selu, nn.celu, nn.softplus, nn.logSigmoid, nn.sigmoid, nn.silu, nn.mish]) {
    const slopes = grad((x: NDArray) => (f as Unary)(x).sum())(np.array([-1e4, 1e4]))
    t.true(elements(slopes).every(Number.isFinite), f.name)
  }
})

test('softplus: the second derivative at 0 is 1/4', (t) => {
  t.is(grad(grad((x: NDArray) => nn.softplus(x)))(np.array(0)).item(), 0.25)
})

test('log1mexp: accurate for small and for large numbers', (t) => {
  const x = [1e-10, 0.1, Math.LN2, 1, 30]
  const expected = [...x.slice(0, 4).map((v) => Math.log(-Math.expm1(-v))), -Math.exp(-30)]
  allClose(t, nn.log1mexp(np.array(x, { dtype: 'float64' })), expected, { rtol: 1e-12, atol: 0 })
})

test('glu: halves an axis', (t) => {
  const x = sample([2, 4, 3], 8)
  const half = (start: number): NDArray => lax.sliceInDim(x, start, start + 2, 1, 1)
  allClose(t, nn.glu(x, { axis: 1 }), half(0).mul(nn.sigmoid(half(2))), { rtol: 1e-14, atol: 0 })
  checkGrads(t, (v) => nn.glu(v, { axis: 1 }), [x])
  t.throws(() => nn.glu(x), { instanceOf: ShapeError, message: /nn.glu requires an even size of axis 2, got float64/ })
})

test('integers and numbers: relu keeps integers, others make floats', (t) => {
  t.is(nn.relu(np.arange(3)).dtype, 'int32')
  t.is(nn.gelu(np.arange(3)).dtype, 'float32')
  t.is(nn.sigmoid(0).item(), 0.5)
})
