import test from 'ava'
import { type NDArray, np, scipy, vmap } from '../../src/index.js'
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
