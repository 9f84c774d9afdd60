/** Linear maps of the last axis. */
import { ArgumentError, type DType, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import { Module } from '../module.js'
import type { Rngs } from '../rngs.js'
import { type Metadata, Param } from '../variable.js'
import { type DotGeneral, preferring, type ProductOptions, promoted, type PromoteDtype } from './promote.js'

export interface LinearOptions extends ProductOptions {
  readonly rngs: Rngs
  /** Default true. */
  readonly useBias?: boolean
  /** Dtype of the computation; default that to which input and parameters promote. */
  readonly dtype?: DType | null
  /** Dtype of the parameters; default float32. */
  readonly paramDtype?: DType
  /** Default LeCun normal. */
  readonly kernelInit?: Initializer
  /** Default zeros. */
  readonly biasInit?: Initializer
  readonly kernelMetadata?: Metadata
  readonly biasMetadata?: Metadata
}

/** @internal A number of features, or another size. @throws ArgumentError */
export const requireSize = (where: string, what: string, size: number): void => {
  if (!Number.isInteger(size) || size < 0) throw new ArgumentError(where, `a whole number of ${what}`, String(size))
}

/** @internal What kernels are made by unless told otherwise. */
export const defaultKernelInit = initializers.lecunNormal()

/**
 * Linear map of the last axis: `x · kernel + bias`.
 *
 * @example
 * const layer = new nnx.Linear(3, 4, { rngs: new nnx.Rngs(0) })
 * layer(np.ones([2, 3])).shape // => [2, 4]
 */
export class Linear extends Module<[x: NDArray], NDArray> {
  /** `[inFeatures, outFeatures]` */
  readonly kernel: Param
  /** `[outFeatures]` */
  readonly bias: Param | null
  readonly inFeatures: number
  readonly outFeatures: number
  readonly useBias: boolean
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly promoteDtype: PromoteDtype | null
  readonly preferredElementType: DType | null
  readonly dotGeneral: DotGeneral | null

  /** @throws ArgumentError if a number of features isn't a whole number */
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions) {
    super()
    const { rngs, useBias = true, dtype = null, paramDtype = 'float32' } = options
    const { kernelInit = defaultKernelInit, biasInit = initializers.zeros, kernelMetadata, biasMetadata } = options
    requireSize('Linear', 'input features', inFeatures)
    requireSize('Linear', 'output features', outFeatures)
    this.kernel = new Param(kernelInit(rngs.params(), [inFeatures, outFeatures], paramDtype), kernelMetadata)
    this.bias = useBias ? new Param(biasInit(rngs.params(), [outFeatures], paramDtype), biasMetadata) : null
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.useBias = useBias
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.promoteDtype = options.promoteDtype ?? null
    this.preferredElementType = options.preferredElementType ?? null
    this.dotGeneral = options.dotGeneral ?? null
  }

  /** `[..., inFeatures]` to `[..., outFeatures]`. @throws ShapeError */
  override call(x: NDArray): NDArray {
    if (x.ndim === 0 || x.shape[x.ndim - 1] !== this.kernel.shape[0]) {
      throw new ShapeError('Linear', `inputs of ${this.inFeatures} features in the last axis`, showAval(x.aval))
    }
    const [input, kernel, bias] = promoted(
      this.promoteDtype,
      [x, this.kernel.value, this.bias === null ? null : this.bias.value],
      this.dtype,
    )
    const dims = { contract: [[x.ndim - 1], [0]], batch: [[], []] } as const
    const y = (this.dotGeneral ?? lax.dotGeneral)(input, kernel, dims, preferring(this.preferredElementType))
    return bias === null ? y : np.add(y, bias)
  }
}
