/** Loops compute what ONNX Runtime's operations compute, bit for bit. */
import test from 'ava'
import fc from 'fast-check'
import { lax, makeJaxpr, type NDArray, nn, np, random } from '../../src/index.js'
import { partition } from '../../src/fusion/index.js'
import { bothWays, difference } from './fused.js'

const tiny = 1e-39
const special = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3e38, -3e38, Infinity, -Infinity, NaN, tiny, -tiny, 1e-30, 7]
const x = np.concatenate([
  np.array(special.flatMap((v) => special.map(() => v))),
  random.normal(random.key(1), [701]).mul(3),
])
const y = np.concatenate([np.array(special.flatMap(() => special)), random.normal(random.key(2), [701])])

type F = (x: NDArray, y: NDArray) => NDArray

const functions: Readonly<Record<string, F>> = {
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  div: (a, b) => a.div(b),
  divideByOne: (a, b) => a.div(b.slice(2)),
  divideByTiny: (a) => a.div(1e-30),
  divideByThree: (a, b) => a.div(b.slice(0).add(3)),
  divideByLarge: (a) => a.div(-2.9e38),
  divideByZero: (a, b) => a.div(b.slice(0)),
  divideByInfinity: (a) => a.div(Infinity),
  divideByNaN: (a) => a.div(NaN),
  divideNumber: (a, b) => b.slice(2).div(a),
  neg: (a) => a.neg(),
  abs: (a) => np.abs(a),
  sqrt: (a) => np.sqrt(a),
  rsqrt: (a) => lax.rsqrt(a),
  reciprocal: (a) => np.reciprocal(a),
  square: (a) => np.square(a),
  cube: (a) => lax.integerPow(a, 3),
  inverse: (a) => lax.integerPow(a, -2),
  sign: (a) => np.sign(a),
  floor: (a) => np.floor(a),
  ceil: (a) => np.ceil(a),
  round: (a) => np.round(a),
  max: lax.max,
  min: lax.min,
  clamp: (a, b) => lax.clamp(-1, a, np.abs(b)),
  relu: (a) => nn.relu(a),
  equal: (a, b) => np.where(np.equal(a, b), a, 2),
  notEqual: (a, b) => np.where(np.notEqual(a, b), a, 2),
  less: (a, b) => np.where(np.less(a, b), a, b),
  lessEqual: (a, b) => np.where(np.lessEqual(a, b), a, b),
  greater: (a, b) => np.where(np.greater(a, b), a, b),
  greaterEqual: (a, b) => np.where(np.greaterEqual(a, b), a, b),
  logic: (a, b) => {
    const [p, q, r] = [np.less(a, b), np.greater(a, 0), np.isfinite(a)]
    return np.where(np.logicalOr(np.logicalAnd(p, q), np.logicalNot(np.logicalXor(q, r))), a, b)
  },
  count: (a, b) => np.greater(a, b).astype('float32').add(a),
  truth: (a, b) => np.where(a.astype('bool'), b, a),
  scalar: (a, b) => np.where(np.greater(b.slice(0), 0), a, b).mul(b.slice(1)),
}

/** Enough operations around `f` that a loop pays. */
const wrapped =
  (f: F) =>
  (a: NDArray, b: NDArray): readonly NDArray[] => {
    const z = f(a, b)
    return [z, z.mul(b).add(a).sub(z)]
  }

for (const [name, f] of Object.entries(functions))
  test(`${name} is the same bit for bit`, (t) => {
    t.is(partition(makeJaxpr(wrapped(f))(x, y))?.loops.length, 1)
    const [fused, plain] = bothWays(wrapped(f), x, y)
    fused.forEach((z, i) => {
      t.is(difference(z, plain[i]!), null)
    })
  })

test('random programs are the same bit for bit', (t) => {
  // Those that tell zeros of unlike sign apart are left out.
  const { div, rsqrt, reciprocal, inverse, ...others } = functions
  t.truthy(div && rsqrt && reciprocal && inverse)
  const operations = Object.values(others)
  const step = fc.record({
    operation: fc.nat(operations.length - 1),
    left: fc.nat(50),
    right: fc.nat(50),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 12 }), (steps) => {
      const f = (...xs: readonly NDArray[]): readonly NDArray[] => {
        const values = [...xs]
        for (const { operation, left, right } of steps) {
          values.push(operations[operation]!(values[left % values.length]!, values[right % values.length]!))
        }
        return values.slice(-3)
      }
      const [fused, plain] = bothWays(f, x, y)
      fused.forEach((z, i) => {
        t.is(difference(z, plain[i]!), null)
      })
    }),
    { numRuns: 25, seed: 7 },
  )
})

test('any number divided by any other is rounded once', (t) => {
  const float = fc.float({ noNaN: false })
  const f = (a: NDArray, b: NDArray): readonly NDArray[] => {
    const z = a.div(b)
    return [z, z.mul(a).add(a).sub(z)]
  }
  fc.assert(
    fc.property(fc.array(float, { minLength: 8, maxLength: 8 }), float, fc.nat(2 ** 24 - 1), (others, divisor, odd) => {
      // Quotients that lie as near as can be to the middle between two float32.
      const near = [1, 3, 5, 2 * odd + 1].map((k) => Math.fround((2 ** 24 + k) * 2 ** -24 * divisor))
      const dividends = np.array([...others, ...near, divisor])
      const [fused, plain] = bothWays(f, dividends, np.array(divisor))
      t.is(difference(fused[0]!, plain[0]!), null)
    }),
    { numRuns: 300, seed: 11 },
  )
})
