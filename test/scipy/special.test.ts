import test from 'ava'
import { DifferentiationError, grad, jit, lax, makeJaxpr, type NDArray, np, scipy, vmap } from '../../src/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { checkGrads } from '../helpers/checkGrads.js'

const { special, stats } = scipy
const doubles = (...x: readonly number[]) => np.array(Float64Array.from(x))
const close = { rtol: 1e-12, atol: 1e-14 }

test('functions of probability and entropy at known points', (t) => {
  allClose(t, special.expit(doubles(0, 2)), [0.5, 0.8807970779778823], close)
  allClose(t, special.logit(special.expit(doubles(-3, 1))), [-3, 1], close)
  allClose(t, special.entr(doubles(0, 0.5, 1, -1)), [0, 0.34657359027997264, 0, -Infinity], close)
  allClose(t, special.relEntr(doubles(0.5, 0, 1, -1), doubles(0.25, 1, 0, 1)), [0.34657359027997264, 0, Infinity, Infinity], close) // prettier-ignore
  allClose(t, special.klDiv(doubles(0.5), doubles(0.25)), [0.09657359027997264], close)
  allClose(t, special.betaln(doubles(2), doubles(3)), [-Math.log(12)], { rtol: 1e-11, atol: 1e-12 })
  allClose(t, special.xlogy(doubles(0, 2), doubles(0, Math.E)), [0, 2], close)
  allClose(t, special.polygamma(0, doubles(1)), [-0.5772156649015329], { rtol: 1e-11, atol: 1e-12 })
})

test('the normal distribution, far out too', (t) => {
  // By mpmath.
  allClose(t, stats.norm.cdf(doubles(-1, 0, 1.96)), [0.15865525393145705, 0.5, 0.9750021048517795], close)
  allClose(t, stats.norm.logcdf(doubles(-30, -5, 0)), [-454.3212439563432, -15.064998393988727, -Math.LN2], { rtol: 1e-11, atol: 0 }) // prettier-ignore
  allClose(t, stats.norm.logcdf(np.array([-30])), [-454.32124], { rtol: 1e-6, atol: 0 })
  allClose(t, stats.norm.logsf(doubles(30)), [-454.3212439563432], { rtol: 1e-11, atol: 0 })
  allClose(t, stats.norm.pdf(doubles(3), 1, 2), [0.12098536225957168], close)
  allClose(t, stats.norm.logpdf(doubles(3), 1, 2), [Math.log(0.12098536225957168)], close)
  allClose(t, stats.norm.sf(doubles(1.96)), [0.0249978951482204], { rtol: 1e-11, atol: 0 })
})

test('derivatives and vmap', (t) => {
  const x = sample([4], 1)
  const p = sample([4], 2).mul(0.4).add(0.5)
  checkGrads(t, (y) => special.ndtr(y), [x.mul(3)])
  checkGrads(t, (y) => special.logNdtr(y), [x.mul(8)])
  checkGrads(t, (y) => special.entr(y), [p])
  checkGrads(t, (y, z) => special.klDiv(y, z), [p, p.add(0.2)])
  checkGrads(t, (y, z) => special.xlog1py(y, z), [x, p])
  allClose(t, vmap((y: NDArray) => special.logNdtr(y))(x), special.logNdtr(x), { rtol: 0, atol: 0 })
})

test('incomplete functions: derivatives, batches, and those that there are not', (t) => {
  const a = doubles(0.3, 1.5, 4, 30)
  const x = doubles(0.2, 2.5, 3, 33)
  const u = doubles(0.1, 0.4, 0.6, 0.9)
  const derivatives = jit((p: NDArray, y: NDArray) => [
    grad((q: NDArray) => np.sum(special.gammainc(q, y)))(p),
    grad((q: NDArray) => np.sum(special.gammaincc(q, y)))(p),
    vmap(grad((q: NDArray, z: NDArray) => special.gammainc(q, z)))(p, y),
    special
      .gammainc(p.add(1e-6), y)
      .sub(special.gammainc(p.sub(1e-6), y))
      .div(2e-6),
  ])
  const [lower, upper, each, difference] = derivatives(a, x)
  allClose(t, lower!, difference!, { rtol: 1e-7, atol: 1e-8 })
  allClose(t, upper!, difference!.neg(), { rtol: 1e-7, atol: 1e-8 })
  allClose(t, each!, lower!, { rtol: 0, atol: 0 })
  checkGrads(t, (y) => special.gammainc(a, y), [x])
  checkGrads(t, (y) => special.betainc(a, x, y), [u])
  checkGrads(t, (y) => special.expn(3, y), [x])
  checkGrads(t, (y) => special.exp1(y), [x])
  checkGrads(t, (s, q) => special.zeta(s, q), [a.add(1), x])
  checkGrads(t, (y) => special.polygamma(2, y), [doubles(-2.3, -0.6, 0.4, 3)])
  const sum = (f: (...xs: NDArray[]) => NDArray) => (y: NDArray) => np.sum(f(y))
  const undifferentiable: Readonly<Record<string, (y: NDArray) => NDArray>> = {
    'betainc by a': sum((y) => special.betainc(y, x, u)),
    'igamma twice by a': sum((y) => grad(sum((z) => lax.igamma(z, x)))(y)),
    'zeta by s': sum((y) => lax.zeta(y, x)),
  }
  for (const [what, f] of Object.entries(undifferentiable)) t.throws(() => grad(f)(a), { instanceOf: DifferentiationError }, what) // prettier-ignore
  t.regex(makeJaxpr(lax.betainc)(a, x, u).toString(), /= regularized_incomplete_beta a b c/)
})

test('exponential integrals and zeta at their ends, and away from the original', (t) => {
  allClose(t, special.expi(np.array([-Infinity, -1, 0, 0.372507410781366634, Infinity, NaN])), [0, -0.21938393, -Infinity, 0, Infinity, NaN]) // prettier-ignore
  // By SciPy, as JAX has other values at 0, infinity, and for zeta of negative arguments.
  allClose(t, special.exp1(np.array([0, 800, Infinity, -1])), [Infinity, 0, 0, NaN])
  allClose(t, special.expn(3, np.array([0, Infinity])), [0.5, 0])
  allClose(t, special.expn(6000, np.array(0.5)), [0.000101097], { rtol: 1e-4, atol: 0 })
  allClose(t, special.polygamma(2, doubles(-9.5, -15.5)), [-0.00997514425, -0.00390244396], { rtol: 1e-8, atol: 0 })
  allClose(t, special.polygamma(3, np.array([-30.3, 0.5])), [769.02, 97.409], { rtol: 1e-4, atol: 0 })
})

test('pivots beyond the rows of a factorization are the nearest row', (t) => {
  const [lu, b] = [np.eye(2), np.array([1, 2])]
  const solve = (...pivots: readonly number[]): unknown =>
    scipy.linalg.luSolve([lu, np.array([...pivots], { dtype: 'int32' })], b).toArray()
  t.deepEqual(solve(127, -3), solve(1, 0))
})
