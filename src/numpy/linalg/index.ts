export { cholesky, type CholeskyOptions } from './cholesky.js'
export { det, inv, slogdet, solve } from './lu.js'
export {
  cond,
  lstsq,
  matrixNorm,
  matrixPower,
  matrixRank,
  multiDot,
  norm,
  type NormOptions,
  pinv,
  tensorinv,
  tensorsolve,
  type ToleranceOptions,
  vectorNorm,
  type VectorNormOptions,
} from './norms.js'
export { qr, type QrMode } from './qr.js'
export { cross, matmul, outer, tensordot, vecdot } from '../linear.js'
export { matrixTranspose } from '../assembling.js'
export { diagonal, type OffsetOptions, trace } from './lastAxes.js'
export { eigh, eigvalsh, svd, type SvdOptions, svdvals } from './spectral.js'
