/** Minima of the parabolas and cubics through what is known of a function. */
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'

/**
 * Where the cubic through `(a, fa)` with slope `fpa`, `(b, fb)` and `(c, fc)` has its minimum; NaN or infinite if nowhere.
 *
 * @see Nocedal & Wright, Numerical Optimization, 1999, section 3.5
 */
export const cubicMinimum = (
  a: NDArray,
  fa: NDArray,
  fpa: NDArray,
  b: NDArray,
  fb: NDArray,
  c: NDArray,
  fc: NDArray,
): NDArray => {
  const [db, dc] = [b.sub(a), c.sub(a)]
  const denominator = db.mul(dc).square().mul(db.sub(dc))
  const [eb, ec] = [fb.sub(fa).sub(fpa.mul(db)), fc.sub(fa).sub(fpa.mul(dc))]
  const cubic = dc.square().mul(eb).sub(db.square().mul(ec)).div(denominator)
  const square = db.square().mul(db).mul(ec).sub(dc.square().mul(dc).mul(eb)).div(denominator)
  const radical = square.square().sub(np.multiply(3, cubic).mul(fpa))
  return a.add(np.subtract(np.sqrt(radical), square).div(np.multiply(3, cubic)))
}

/** Where the parabola through `(a, fa)` with slope `fpa` and `(b, fb)` has its minimum; infinite if nowhere. */
export const quadraticMinimum = (a: NDArray, fa: NDArray, fpa: NDArray, b: NDArray, fb: NDArray): NDArray => {
  const db = b.sub(a)
  const curvature = fb.sub(fa).sub(fpa.mul(db)).div(db.square())
  return a.sub(fpa.div(np.multiply(2, curvature)))
}
