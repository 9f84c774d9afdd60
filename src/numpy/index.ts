export { dtypes } from '../core/index.js'
export * from './accumulation.js'
export * from './assembling.js'
export * from './calculus.js'
export { angle, type Complex, type ComplexLike, conj, conjugate, imag, isreal, isrealobj, real } from './complex.js'
export * from './constants.js'
export type { ArrayData, ArrayLike, ArrayOptions } from './convert.js'
export * from './creation.js'
export * from './einsum.js'
export * as fft from './fft.js'
export * from './floating.js'
export * from './functional.js'
export type { GetOptions, Index, IndexUpdate } from './indexing.js'
export * from './integers.js'
export * as linalg from './linalg/index.js'
export * from './linear.js'
export * from './manipulation.js'
export * from './matrices.js'
export * from './meta.js'
export * from './nanReductions.js'
export * from './polynomials.js'
export { pad, type PadMode, type PadOptions, type PadWidth } from './padding.js'
export {
  arraySplit,
  atleast1d,
  atleast2d,
  atleast3d,
  columnStack,
  dstack,
  hsplit,
  repeat,
  roll,
  rot90,
  vsplit,
} from './rearranging.js'
export * from './reductions.js'
export {
  argwhere,
  choose,
  type ChooseMode,
  compress,
  extract,
  type ExtractOptions,
  flatnonzero,
  ix,
  nonzero,
  type OutOfRange,
  type Piece,
  piecewise,
  putAlongAxis,
  ravelMultiIndex,
  select,
  type SizeOptions,
  unravelIndex,
} from './selecting.js'
export * from './sets.js'
export * from './sorting.js'
export * from './statistics.js'
export * from './trigonometry.js'
export * from './ufuncs.js'
export { resultType } from './convert.js'
import './arrayMethods.js'
