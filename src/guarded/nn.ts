/* eslint-disable @typescript-eslint/no-namespace -- a constant can have types only so */
/** `nn`, whose functions check their arguments. Written by `npm run docs:compat`: do not edit. */
import { guarded } from '../core/guard.js'
import * as module from '../nn/index.js'

export const nn: typeof module = guarded('nn', module, {
  'nn.avgPool':
    "x: ArrayLike, windowShape: number[], options?: {countIncludePad?: boolean, strides?: number[], padding?: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][]}",
  'nn.celu': 'x: ArrayLike, options?: {alpha?: ArrayLike}',
  'nn.dotProductAttention':
    'query: array, key: array, value: array, options?: {bias?: array | null, mask?: array | null, scale?: number | null, isCausal?: boolean, querySeqLengths?: array | null, keyValueSeqLengths?: array | null, localWindowSize?: [number, number] | number | null}',
  'nn.elu': 'x: ArrayLike, options?: {alpha?: ArrayLike}',
  'nn.gelu': 'x: ArrayLike, options?: {approximate?: boolean}',
  'nn.glu': 'x: ArrayLike, options?: {axis?: number}',
  'nn.hardSigmoid': 'x: ArrayLike',
  'nn.hardSilu': 'x: ArrayLike',
  'nn.hardSwish': 'x: ArrayLike',
  'nn.hardTanh': 'x: ArrayLike',
  'nn.identity': 'x: ArrayLike',
  'nn.initializers.constant': 'value: ArrayLike, options?: {dtype?: DType}',
  'nn.initializers.deltaOrthogonal': 'scale?: number, options?: {columnAxis?: number, dtype?: DType}',
  'nn.initializers.glorotNormal':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.glorotUniform':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.heNormal':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.heUniform':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.kaimingNormal':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.kaimingUniform':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.lecunNormal':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.lecunUniform':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.normal': 'stddev?: number, options?: {dtype?: DType}',
  'nn.initializers.ones': 'key: KeyArray, shape: number[], dtype?: DType',
  'nn.initializers.onesInit': '',
  'nn.initializers.orthogonal': 'scale?: number, options?: {columnAxis?: number, dtype?: DType}',
  'nn.initializers.truncatedNormal': 'stddev?: number, options?: {lower?: number, upper?: number, dtype?: DType}',
  'nn.initializers.uniform': 'scale?: number, options?: {dtype?: DType}',
  'nn.initializers.varianceScaling':
    "scale: number, mode: 'fan_avg' | 'fan_geo_avg' | 'fan_in' | 'fan_out', distribution: 'normal' | 'truncated_normal' | 'uniform', options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}",
  'nn.initializers.xavierNormal':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.xavierUniform':
    'options?: {inAxis?: number | number[], outAxis?: number | number[], batchAxis?: number | number[], dtype?: DType}',
  'nn.initializers.zeros': 'key: KeyArray, shape: number[], dtype?: DType',
  'nn.initializers.zerosInit': '',
  'nn.leakyRelu': 'x: ArrayLike, options?: {negativeSlope?: ArrayLike}',
  'nn.log1mexp': 'x: ArrayLike',
  'nn.logSigmoid': 'x: ArrayLike',
  'nn.logSoftmax': 'x: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
  'nn.logmeanexp':
    'x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, where?: ArrayLike | null}',
  'nn.logsumexp':
    'x: ArrayLike, options: {axis?: number | number[] | null, keepdims?: boolean, b?: ArrayLike | null, where?: ArrayLike | null, returnSign: boolean}; x: ArrayLike, options?: {axis?: number | number[] | null, keepdims?: boolean, b?: ArrayLike | null, where?: ArrayLike | null, returnSign?: boolean}',
  'nn.maxPool':
    "x: ArrayLike, windowShape: number[], options?: {strides?: number[], padding?: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][]}",
  'nn.minPool':
    "x: ArrayLike, windowShape: number[], options?: {strides?: number[], padding?: 'SAME' | 'SAME_LOWER' | 'VALID' | [number, number][]}",
  'nn.mish': 'x: ArrayLike',
  'nn.oneHot': 'x: ArrayLike, numClasses: number, options?: {dtype?: DType, axis?: number}',
  'nn.relu': 'x: ArrayLike',
  'nn.relu6': 'x: ArrayLike',
  'nn.selu': 'x: ArrayLike',
  'nn.sigmoid': 'x: ArrayLike',
  'nn.silu': 'x: ArrayLike',
  'nn.softSign': 'x: ArrayLike',
  'nn.softmax': 'x: ArrayLike, options?: {axis?: number | number[] | null, where?: ArrayLike | null}',
  'nn.softplus': 'x: ArrayLike',
  'nn.sparsePlus': 'x: ArrayLike',
  'nn.sparseSigmoid': 'x: ArrayLike',
  'nn.squareplus': 'x: ArrayLike, options?: {b?: ArrayLike}',
  'nn.standardize':
    'x: ArrayLike, options?: {axis?: number | number[] | null, mean?: ArrayLike | null, variance?: ArrayLike | null, epsilon?: ArrayLike, where?: ArrayLike | null}',
  'nn.swish': 'x: ArrayLike',
  'nn.tanh': 'x: ArrayLike',
})

/** The types of `nn`. */
export declare namespace nn {
  export namespace initializers {
    export type Distribution = module.initializers.Distribution
    export type FanMode = module.initializers.FanMode
    export type Initializer = module.initializers.Initializer
    export type InitializerOptions = module.initializers.InitializerOptions
    export type OrthogonalOptions = module.initializers.OrthogonalOptions
    export type TruncatedNormalOptions = module.initializers.TruncatedNormalOptions
    export type VarianceScalingOptions = module.initializers.VarianceScalingOptions
  }
  export type Activation = module.Activation
  export type AvgPoolOptions = module.AvgPoolOptions
  export type DotProductAttentionOptions = module.DotProductAttentionOptions
  export type EluOptions = module.EluOptions
  export type GeluOptions = module.GeluOptions
  export type GluOptions = module.GluOptions
  export type Initializer = module.Initializer
  export type LeakyReluOptions = module.LeakyReluOptions
  export type LogsumexpOptions = module.LogsumexpOptions
  export type OneHotOptions = module.OneHotOptions
  export type PoolOptions = module.PoolOptions
  export type SoftmaxOptions = module.SoftmaxOptions
  export type SquareplusOptions = module.SquareplusOptions
  export type StandardizeOptions = module.StandardizeOptions
}
