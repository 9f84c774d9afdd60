/** The old names of {@link tree}: `optax.tree_utils.tree_add` is `treeUtils.treeAdd`. */
import type { ScalarLike } from './base.js'
import { addScale, scale } from './treeArithmetic.js'
import { norm, type NormOptions } from './treeMath.js'

export {
  get as treeGet,
  getAllWithPath as treeGetAllWithPath,
  mapParams as treeMapParams,
  set as treeSet,
} from './stateTree.js'
export {
  add as treeAdd,
  addScale as treeAddScale,
  allclose as treeAllclose,
  batchShape as treeBatchShape,
  conj as treeConj,
  div as treeDiv,
  dtype as treeDtype,
  fullLike as treeFullLike,
  max as treeMax,
  min as treeMin,
  mul as treeMul,
  onesLike as treeOnesLike,
  randomLike as treeRandomLike,
  real as treeReal,
  scale as treeScale,
  size as treeSize,
  splitKeyLike as treeSplitKeyLike,
  sub as treeSub,
  unwrapRandomKeyData as treeUnwrapRandomKeyData,
  updateInfinityMoment as treeUpdateInfinityMoment,
  vdot as treeVdot,
  where as treeWhere,
} from './treeArithmetic.js'
export {
  biasCorrection as treeBiasCorrection,
  cast as treeCast,
  castLike as treeCastLike,
  clip as treeClip,
  norm as treeNorm,
  sum as treeSum,
  updateMoment as treeUpdateMoment,
  updateMomentPerElemNorm as treeUpdateMomentPerElemNorm,
  zerosLike as treeZerosLike,
} from './treeMath.js'

/** The old name of `tree.scale`. */
export const treeScalarMul = scale
/** The old name of `tree.addScale`. */
export const treeAddScalarMul = <T>(x: T, scalar: ScalarLike, y: unknown): T => addScale(x, scalar, y)

const normOf =
  (ord: NonNullable<NormOptions['ord']>) =>
  (of: unknown, options: Pick<NormOptions, 'squared'> = {}) =>
    norm(of, { ...options, ord })
/** The norm of order 1. */
export const treeL1Norm = normOf(1)
/** The norm of order 2. */
export const treeL2Norm = normOf(2)
/** The norm of order ∞. */
export const treeLinfNorm = normOf(Infinity)
