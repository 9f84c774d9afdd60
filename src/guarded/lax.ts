/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `lax`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../laxNamespace.js'

export const lax: typeof module = guarded('lax', module, {
  'lax.abs': 'x: array',
  'lax.acos': 'x: array',
  'lax.acosh': 'x: array',
  'lax.add': 'x: array | number, y: array | number',
  'lax.allGather': 'x: any, axisName: string | string[], options?: {axis?: number, tiled?: boolean}',
  'lax.allToAll':
    'x: any, axisName: string | string[], splitAxis: number, concatAxis: number, options?: {tiled?: boolean}',
  'lax.and': 'x: array | number, y: array | number',
  'lax.approxMaxK': 'x: array, k: number, options?: {reductionDimension?: number}',
  'lax.approxMinK': 'x: array, k: number, options?: {reductionDimension?: number}',
  'lax.argmax': 'x: array, axis: number, indexDtype?: DType',
  'lax.argmin': 'x: array, axis: number, indexDtype?: DType',
  'lax.asin': 'x: array',
  'lax.asinh': 'x: array',
  'lax.associativeScan': 'combine: function, xs: array[], axis: number',
  'lax.atan': 'x: array',
  'lax.atan2': 'x: array | number, y: array | number',
  'lax.atanh': 'x: array',
  'lax.axisIndex': 'axisName: string | string[]',
  'lax.axisSize': 'axisName: string | string[]',
  'lax.batchMatmul': 'x: array, y: array',
  'lax.betainc': 'a: array | number, b: array | number, x: array | number',
  'lax.bitcastConvertType': 'x: array, newDtype: DType',
  'lax.broadcastInDim': 'x: array, shape: number[], broadcastDimensions: number[]',
  'lax.broadcastShapes': 'where: string, shapes: number[][]',
  'lax.broadcastedIota': 'dtype: DType, shape: number[], dimension: number',
  'lax.cbrt': 'x: array',
  'lax.ceil': 'x: array',
  'lax.clamp': 'lo: array | number, x: array, hi: array | number',
  'lax.clz': 'x: array',
  'lax.concatenate': 'xs: array[], dimension: number',
  'lax.cond': 'predicate: array | boolean | number, onTrue: function, onFalse: function, ...operands: list',
  'lax.conv':
    "x: array, k: array, windowStrides: number[], padding: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][]",
  'lax.convDimensionNumbers':
    'lhsShape: number[], _rhsShape: number[], layout?: [string, string, string] | {lhsSpec: number[], rhsSpec: number[], outSpec: number[]}',
  'lax.convGeneralDilated':
    "x: array, k: array, windowStrides: number[], padding: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][], options?: {lhsDilation?: number[], rhsDilation?: number[], dimensionNumbers?: [string, string, string] | {lhsSpec: number[], rhsSpec: number[], outSpec: number[]}, featureGroupCount?: number, batchGroupCount?: number}",
  'lax.convGeneralDilatedPatches':
    "x: array, filterShape: number[], windowStrides: number[], padding: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][], options?: {lhsDilation?: number[], rhsDilation?: number[], dimensionNumbers?: [string, string, string] | {lhsSpec: number[], rhsSpec: number[], outSpec: number[]}}",
  'lax.convTranspose':
    "x: array, k: array, strides: number[], padding: 'SAME' | 'VALID' | [number, number][], options?: {rhsDilation?: number[], dimensionNumbers?: [string, string, string] | {lhsSpec: number[], rhsSpec: number[], outSpec: number[]}, transposeKernel?: boolean}",
  'lax.convertElementType': 'x: array, newDtype: DType, weakType?: boolean',
  'lax.cos': 'x: array',
  'lax.cosh': 'x: array',
  'lax.cumlogsumexp': 'x: array, axis?: number, reverse?: boolean',
  'lax.cummax': 'x: array, axis?: number, reverse?: boolean',
  'lax.cummin': 'x: array, axis?: number, reverse?: boolean',
  'lax.cumprod': 'x: array, axis?: number, reverse?: boolean',
  'lax.cumsum': 'x: array, axis?: number, reverse?: boolean',
  'lax.customLinearSolve':
    'matvec: function, b: any, solve: function, options?: {transposeSolve?: function, symmetric?: boolean, hasAux?: boolean}',
  'lax.customRoot': 'f: function, initialGuess: any, solve: function, tangentSolve: function',
  'lax.digamma': 'x: array',
  'lax.div': 'x: array | number, y: array | number',
  'lax.dotGeneral':
    'x: array, y: array, dims: {contract: [number[], number[]], batch: [number[], number[]]}, options?: {preferredElementType?: DType}',
  'lax.dynamicIndexInDim': 'x: array, index: array | number, axis?: number, keepdims?: boolean',
  'lax.dynamicSlice': 'x: array, starts: (array | number)[], sizes: number[]',
  'lax.dynamicSliceInDim': 'x: array, start: array | number, size: number, axis?: number',
  'lax.dynamicUpdateIndexInDim': 'x: array, update: array, index: array | number, axis: number',
  'lax.dynamicUpdateSlice': 'x: array, update: array, starts: (array | number)[]',
  'lax.dynamicUpdateSliceInDim': 'x: array, update: array, start: array | number, axis: number',
  'lax.eq': 'x: array | number, y: array | number',
  'lax.erf': 'x: array',
  'lax.erfInv': 'x: array',
  'lax.erfc': 'x: array',
  'lax.exp': 'x: array',
  'lax.exp2': 'x: array',
  'lax.expandDims': 'x: array, axes: number[]',
  'lax.expm1': 'x: array',
  'lax.floor': 'x: array',
  'lax.foriLoop': 'lower: array | number, upper: array | number, body: function, init: any',
  'lax.full': 'shape: number[], value: bigint | boolean | number, dtype: DType',
  'lax.fullLike': 'x: array, value: bigint | boolean | number, options?: {shape?: number[], dtype?: DType}',
  'lax.gather':
    "x: array, indices: array, dimensionNumbers: {offsetDims: number[], collapsedSliceDims: number[], startIndexMap: number[], operandBatchingDims?: number[], startIndicesBatchingDims?: number[]}, sliceSizes: number[], options?: {mode?: 'clip' | 'fill' | 'promise_in_bounds', fillValue?: boolean | number, wrapNegative?: boolean}",
  'lax.ge': 'x: array | number, y: array | number',
  'lax.gt': 'x: array | number, y: array | number',
  'lax.igamma': 'x: array | number, y: array | number',
  'lax.igammaGradA': 'x: array | number, y: array | number',
  'lax.igammac': 'x: array | number, y: array | number',
  'lax.integerPow': 'x: array, y: number',
  'lax.iota': 'dtype: DType, n: number',
  'lax.isFinite': 'x: array',
  'lax.le': 'x: array | number, y: array | number',
  'lax.lgamma': 'x: array',
  'lax.log': 'x: array',
  'lax.log1p': 'x: array',
  'lax.logistic': 'x: array',
  'lax.lt': 'x: array | number, y: array | number',
  'lax.map': 'f: function, xs: any, options?: {batchSize?: number}',
  'lax.max': 'x: array | number, y: array | number',
  'lax.min': 'x: array | number, y: array | number',
  'lax.mul': 'x: array | number, y: array | number',
  'lax.ne': 'x: array | number, y: array | number',
  'lax.neg': 'x: array',
  'lax.nextafter': 'x: array | number, y: array | number',
  'lax.not': 'x: array',
  'lax.or': 'x: array | number, y: array | number',
  'lax.pad': 'x: array, value: array | boolean | number, config: [number, number, number][]',
  'lax.padtypeToPads':
    "inShape: number[], windowShape: number[], windowStrides: number[], padding: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][]",
  'lax.pbroadcast': 'x: any, axisName: string | string[], source: number',
  'lax.pmax': 'x: any, axisName: string | string[], options?: {axisIndexGroups?: number[][]}',
  'lax.pmean':
    'x: number, axisName: string | string[], options?: {axisIndexGroups?: number[][]}; x: any, axisName: string | string[], options?: {axisIndexGroups?: number[][]}',
  'lax.pmin': 'x: any, axisName: string | string[], options?: {axisIndexGroups?: number[][]}',
  'lax.polygamma': 'n: array | number, x: array',
  'lax.populationCount': 'x: array',
  'lax.pow': 'x: array | number, y: array | number',
  'lax.ppermute': 'x: any, axisName: string | string[], perm: [number, number][]',
  'lax.pshuffle': 'x: any, axisName: string | string[], perm: number[]',
  'lax.psum':
    'x: number, axisName: string | string[], options?: {axisIndexGroups?: number[][]}; x: any, axisName: string | string[], options?: {axisIndexGroups?: number[][]}',
  'lax.psumScatter': 'x: any, axisName: string | string[], options?: {scatterDimension?: number, tiled?: boolean}',
  'lax.raggedDot': 'x: array, y: array, groupSizes: array, options?: {preferredElementType?: DType}',
  'lax.randomGammaGrad': 'a: array, x: array',
  'lax.reciprocal': 'x: array',
  'lax.reduce':
    'x: array, init: ArrayLike, computation: function, axes: number[]; xs: array[], init: ArrayLike[], computation: function, axes: number[]',
  'lax.reduceAnd': 'x: array, axes: number[]',
  'lax.reduceMax': 'x: array, axes: number[]',
  'lax.reduceMin': 'x: array, axes: number[]',
  'lax.reduceOr': 'x: array, axes: number[]',
  'lax.reducePrecision': 'x: array, exponentBits: number, mantissaBits: number',
  'lax.reduceProd': 'x: array, axes: number[]',
  'lax.reduceSum': 'x: array, axes: number[]',
  'lax.reduceWindow':
    "x: array, init: ArrayLike, computation: function, windowDimensions: number[], windowStrides?: number[], padding?: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][], options?: {baseDilation?: number[], windowDilation?: number[]}",
  'lax.reduceWindowMax':
    "x: array, windowDimensions: number[], windowStrides: number[], padding: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][], options?: {baseDilation?: number[], windowDilation?: number[]}",
  'lax.reduceWindowMin':
    "x: array, windowDimensions: number[], windowStrides: number[], padding: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][], options?: {baseDilation?: number[], windowDilation?: number[]}",
  'lax.reduceWindowSum':
    "x: array, windowDimensions: number[], windowStrides: number[], padding: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][], options?: {baseDilation?: number[], windowDilation?: number[]}",
  'lax.regularizedIncompleteBeta': 'a: array | number, b: array | number, x: array | number',
  'lax.rem': 'x: array | number, y: array | number',
  'lax.reshape': 'x: array, shape: number[]',
  'lax.rev': 'x: array, dimensions: number[]',
  'lax.round': 'x: array',
  'lax.roundHalfEven': 'x: array',
  'lax.rsqrt': 'x: array',
  'lax.scan': 'f: function, init: any, xs: any, options?: {length?: number, reverse?: boolean}',
  'lax.scatter':
    "x: array, indices: array, updates: array, dimensionNumbers: {updateWindowDims: number[], insertedWindowDims: number[], scatterDimsToOperandDims: number[], operandBatchingDims?: number[], scatterIndicesBatchingDims?: number[]}, options?: {mode?: 'clip' | 'drop' | 'promise_in_bounds', uniqueIndices?: boolean, wrapNegative?: boolean}",
  'lax.scatterAdd':
    "x: array, indices: array, updates: array, dimensionNumbers: {updateWindowDims: number[], insertedWindowDims: number[], scatterDimsToOperandDims: number[], operandBatchingDims?: number[], scatterIndicesBatchingDims?: number[]}, options?: {mode?: 'clip' | 'drop' | 'promise_in_bounds', uniqueIndices?: boolean, wrapNegative?: boolean}",
  'lax.scatterMax':
    "x: array, indices: array, updates: array, dimensionNumbers: {updateWindowDims: number[], insertedWindowDims: number[], scatterDimsToOperandDims: number[], operandBatchingDims?: number[], scatterIndicesBatchingDims?: number[]}, options?: {mode?: 'clip' | 'drop' | 'promise_in_bounds', uniqueIndices?: boolean, wrapNegative?: boolean}",
  'lax.scatterMin':
    "x: array, indices: array, updates: array, dimensionNumbers: {updateWindowDims: number[], insertedWindowDims: number[], scatterDimsToOperandDims: number[], operandBatchingDims?: number[], scatterIndicesBatchingDims?: number[]}, options?: {mode?: 'clip' | 'drop' | 'promise_in_bounds', uniqueIndices?: boolean, wrapNegative?: boolean}",
  'lax.scatterMul':
    "x: array, indices: array, updates: array, dimensionNumbers: {updateWindowDims: number[], insertedWindowDims: number[], scatterDimsToOperandDims: number[], operandBatchingDims?: number[], scatterIndicesBatchingDims?: number[]}, options?: {mode?: 'clip' | 'drop' | 'promise_in_bounds', uniqueIndices?: boolean, wrapNegative?: boolean}",
  'lax.select': 'which: array, onFalse: array | number, onTrue: array | number',
  'lax.selectN': 'which: array, ...cases: array[]',
  'lax.shiftLeft': 'x: array | number, y: array | number',
  'lax.shiftRightArithmetic': 'x: array, y: array',
  'lax.shiftRightLogical': 'x: array | number, y: array | number',
  'lax.sign': 'x: array',
  'lax.sin': 'x: array',
  'lax.sinh': 'x: array',
  'lax.slice': 'x: array, start: number[], limit: number[], strides?: number[]',
  'lax.sliceInDim': 'x: array, start: number, limit: number, stride?: number, axis?: number',
  'lax.sort':
    'x: array, options?: {dimension?: number, isStable?: boolean, numKeys?: number}; xs: array[], options?: {dimension?: number, isStable?: boolean, numKeys?: number}',
  'lax.sortKeyVal': 'keys: array, values: array, dimension?: number',
  'lax.sqrt': 'x: array',
  'lax.square': 'x: array',
  'lax.squeeze': 'x: array, axes: number[]',
  'lax.stopGradient': 'x: array',
  'lax.sub': 'x: array | number, y: array | number',
  'lax.switch': 'index: array | number, branches: function[], ...operands: list',
  'lax.tan': 'x: array',
  'lax.tanh': 'x: array',
  'lax.topK': 'x: array, k: number',
  'lax.transpose': 'x: array, permutation: number[]',
  'lax.whileLoop': 'cond: function, body: function, init: any',
  'lax.xor': 'x: array | number, y: array | number',
  'lax.zeta': 's: array | number, q: array | number',
})

/** The types of `lax`. */
export declare namespace lax {
  export type AllGatherOptions = module.AllGatherOptions
  export type AxisName = module.AxisName
  export type Computation = module.Computation
  export type ConvDimensionNumbers = module.ConvDimensionNumbers
  export type ConvOptions = module.ConvOptions
  export type ConvTransposeOptions = module.ConvTransposeOptions
  export type DotDims = module.DotDims
  export type GatherDimensionNumbers = module.GatherDimensionNumbers
  export type GatherMode = module.GatherMode
  export type GatherOptions = module.GatherOptions
  export type LinearSolveOptions<B, R = B> = module.LinearSolveOptions<B, R>
  export type LinearSolver<B, R = B> = module.LinearSolver<B, R>
  export type PaddingConfig = module.PaddingConfig
  export type Precision = module.Precision
  export type PsumScatterOptions = module.PsumScatterOptions
  export type ReductionOptions = module.ReductionOptions
  export type ScanOptions = module.ScanOptions
  export type ScatterDimensionNumbers = module.ScatterDimensionNumbers
  export type ScatterMode = module.ScatterMode
  export type ScatterOptions = module.ScatterOptions
  export type SortOptions = module.SortOptions
}
