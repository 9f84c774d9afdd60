/** An activation with a parameter. */
import type { DType, NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import { type Metadata, Param } from '../variable.js'
import { promoted, type PromoteDtype, type PromoteOptions } from './promote.js'

export interface PReLUOptions extends PromoteOptions {
  /** Slope below 0 to begin with; default 0.01. */
  readonly negativeSlopeInit?: number
  /** Dtype of the computation; default that of the input. */
  readonly dtype?: DType | null
  /** Dtype of the slope; default float32. */
  readonly paramDtype?: DType
  readonly negativeSlopeMetadata?: Metadata
}

/**
 * `x` where it is at least 0, else `x` times a slope that is learned.
 *
 * @see He et al., Delving Deep into Rectifiers, 2015, https://arxiv.org/abs/1502.01852
 * @example
 * new nnx.PReLU({ negativeSlopeInit: 0.5 })(np.array([-2, 3])) // => Array([-1.,  3.], dtype=float32)
 */
export class PReLU extends Module<[x: NDArray], NDArray> {
  /** `[]` */
  readonly negativeSlope: Param
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly promoteDtype: PromoteDtype | null

  constructor({
    negativeSlopeInit = 0.01,
    dtype = null,
    paramDtype = 'float32',
    negativeSlopeMetadata,
    promoteDtype = null,
  }: PReLUOptions = {}) {
    super()
    this.negativeSlope = new Param(np.full([], negativeSlopeInit, { dtype: paramDtype }), negativeSlopeMetadata)
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.promoteDtype = promoteDtype
  }

  /** Any shape. */
  override call(x: NDArray): NDArray {
    const { value } = this.negativeSlope
    const [input, slope] =
      this.dtype === null ? [x, value.astype(x.dtype)] : promoted(this.promoteDtype, [x, value], this.dtype)
    return np.where(np.greaterEqual(input, 0), input, np.multiply(slope, input))
  }
}
