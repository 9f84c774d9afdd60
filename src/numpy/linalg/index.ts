export { cholesky } from './cholesky.js'
export { det, inv, slogdet, solve } from './lu.js'
export {
  cond,
  lstsq,
  matrixPower,
  matrixRank,
  multiDot,
  norm,
  type NormOptions,
  pinv,
  type ToleranceOptions,
} from './norms.js'
export { qr } from './qr.js'
export { eigh, eigvalsh, svd, type SvdOptions, svdvals } from './spectral.js'
