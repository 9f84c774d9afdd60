/** Modified Bessel functions of the first kind, scaled by e^-|x|. */
import type { NDArray } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { mul, sign, sub } from './arithmetic.js'
import { eq, select } from './compare.js'
import { add, type Operation, unary } from './elementwise.js'
import { type Composite, composite, reciprocal } from './special.js'

/**
 * Coefficients of Chebyshev's polynomials, from the highest: of e^-x I0(x) and e^-x I1(x) / x in x / 2 - 2 on [0, 8],
 * and of both times e^-x √x in 32 / x - 2 beyond. Computed from the functions' values.
 */
const series = {
  0: {
    near: [
      1.9040324872321433e-15, -1.162403506782539e-14, 7.665534873524394e-14, -4.855560398198122e-13,
      2.9543145707577876e-12, -1.7267276497534566e-11, 9.675732437486317e-11, -5.189786600467983e-10,
      2.6598230729035775e-9, -1.3000249765582339e-8, 6.046995009167943e-8, -2.6707938522996243e-7,
      1.1173875388403865e-6, -4.4167383584370334e-6, 1.6448448070705002e-5, -5.754195010070351e-5,
      0.00018850288509569268, -0.0005763755745385568, 0.0016394756169412327, -0.004324309995050407,
      0.010546460394594937, -0.02373741480589939, 0.04930528423967063, -0.09490109704804757, 0.1716209015222087,
      -0.3046826723431983, 0.676795274409476,
    ],
    far: [
      6.661338147750939e-16, -6.661338147750939e-16, 2.220446049250313e-16, 1.4432899320127035e-15, 3.8968828164343e-15,
      -9.526927857717026e-15, -4.137801212777958e-14, 1.523295378724754e-14, 3.8527514512054495e-13,
      7.179680461266714e-13, -1.7941426122547456e-12, -1.3215866595528426e-11, -3.149915328570785e-11,
      1.1889117641772362e-11, 4.940603148817502e-10, 3.3962319970215482e-9, 2.26666899139083e-8, 2.048918589209192e-7,
      2.8913705208744033e-6, 6.889758346913522e-5, 0.003369116478255707, 0.8044904110141088,
    ],
  },
  1: {
    near: [
      -1.0769163338864018e-15, 7.538414337204814e-15, -5.0365267512120224e-14, 3.2199798383203417e-13,
      -1.983502251334812e-12, 1.1735801219714403e-11, -6.663447016386214e-11, 3.625587219335813e-10,
      -1.8872495788357924e-9, 9.3815373025663e-9, -4.445059121338524e-8, 2.003294752195295e-7, -8.568720264584551e-7,
      3.4702513081297235e-6, -1.3273163655982968e-5, 4.781565107541963e-5, -0.00016176081582588154,
      0.0005122859561685261, -0.0015135724506311788, 0.004156422944312857, -0.010564084894626156, 0.024726449030626468,
      -0.05294598120809495, 0.10264365868984707, -0.176416518357834, 0.25258718644363365,
    ],
    far: [
      -2.779027008514845e-16, 5.995204332975846e-16, -1.3322676295501878e-16, 8.659739592076221e-16,
      -2.2044865932713264e-15, -3.741451592986778e-15, 1.0469576594562824e-14, 4.287126209590042e-14,
      -2.1177157250029664e-14, -4.0835668180250196e-13, -7.198821400100641e-13, 2.0356494268014558e-12,
      1.4125751610083449e-11, 3.2526034643431953e-11, -1.8974996747467277e-11, -5.589742751999083e-10,
      -3.835380413524242e-9, -2.631468846436835e-8, -2.512236238226551e-7, -3.882564808840861e-6,
      -0.00011058893876265963, -0.009761097491361451, 0.7785762350182802,
    ],
  },
} as const

/** Clenshaw's recurrence; single precision needs the last terms only. */
const chebyshev = (m: Composite, y: OnnxValue, coefficients: readonly number[], single: number): OnnxValue => {
  const terms = m.dtype === 'float64' ? coefficients : coefficients.slice(-single)
  let [b0, b1, b2]: readonly (OnnxValue | number)[] = [0, 0, 0]
  for (const c of terms) {
    b2 = b1!
    b1 = b0!
    b0 = m.op('Add', m.op('Sub', m.op('Mul', y, b1), b2), c)
  }
  return m.op('Mul', m.op('Sub', b0!, b2!), 0.5)
}

const lowerBessel =
  (order: 0 | 1) =>
  (m: Composite, x: OnnxValue): OnnxValue => {
    const a = m.op('Abs', x)
    const isNear = m.compare('LessOrEqual', a, 8)
    const [near, far] = [m.where(isNear, a, 1), m.where(isNear, 8, a)]
    const inner = chebyshev(m, m.op('Sub', m.op('Mul', near, 0.5), 2), series[order].near, 18)
    const outer = m.op(
      'Div',
      chebyshev(m, m.op('Sub', m.op('Div', 32, far), 2), series[order].far, 7),
      m.op('Sqrt', far),
    )
    const value = m.where(isNear, order === 0 ? inner : m.op('Mul', inner, near), outer)
    return order === 0 ? value : m.op('Mul', m.op('Sign', x), value)
  }

/** e^-|x| I0(x). */
export const besselI0e: Operation<(x: NDArray) => NDArray> = unary('bessel_i0e', composite(lowerBessel(0)), (t, x, y) =>
  mul(t, sub(besselI1e(x), mul(sign(x), y))),
)

/** e^-|x| I1(x). */
export const besselI1e: Operation<(x: NDArray) => NDArray> = unary(
  'bessel_i1e',
  composite(lowerBessel(1)),
  (t, x, y) => {
    const isZero = eq(x, 0)
    const safe = select(isZero, x, 1)
    const slope = sub(besselI0e(safe), mul(y, add(reciprocal(safe), sign(safe))))
    return mul(t, select(isZero, slope, 0.5))
  },
)
