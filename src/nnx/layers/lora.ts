/** Low-rank adapters. */
import { ArgumentError, type DType, type NDArray, ShapeError, showAval } from '../../core/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import type { Rngs } from '../rngs.js'
import { LoRAParam, type Metadata, type Param } from '../variable.js'
import { Linear, type LinearOptions, requireSize } from './linear.js'
import { promoted, type PromoteDtype, type PromoteOptions } from './promote.js'

/** A class of parameters, {@link LoRAParam} or another. */
export type ParamClass = new (value: NDArray, metadata?: Metadata) => Param

/** What says how an adapter is made. */
interface AdapterOptions {
  /** Default uniform He. */
  readonly aInitializer?: Initializer
  /** Default zeros: the adapter adds nothing at first. */
  readonly bInitializer?: Initializer
  /** Kind of the parameters; default {@link LoRAParam}. */
  readonly loraParamType?: ParamClass
  readonly aMetadata?: Metadata
  readonly bMetadata?: Metadata
}

export interface LoRAOptions extends AdapterOptions, PromoteOptions {
  readonly rngs: Rngs
  /** What the adapter is added to; default nothing. */
  readonly baseModule?: Module<[x: NDArray], NDArray> | null
  /** Dtype of the computation; default that to which input and parameters promote. */
  readonly dtype?: DType | null
  /** Dtype of the parameters; default float32. */
  readonly paramDtype?: DType
}

const defaultAInit = initializers.heUniform()

/**
 * A low-rank adapter: `x · a · b`, plus what a module makes of `x`.
 *
 * @see Hu et al., 2021, https://arxiv.org/abs/2106.09685
 * @example
 * const base = new nnx.Linear(3, 4, { rngs: new nnx.Rngs(0) })
 * const adapted = new nnx.LoRA(3, 2, 4, { baseModule: base, rngs: new nnx.Rngs(1) })
 * adapted(np.ones([5, 3])).shape // => [5, 4]
 * nnx.state(adapted, nnx.LoRAParam).loraA?.value.shape // => [3, 2]
 */
export class LoRA extends Module<[x: NDArray], NDArray> {
  /** `[inFeatures, loraRank]` */
  readonly loraA: Param
  /** `[loraRank, outFeatures]` */
  readonly loraB: Param
  readonly inFeatures: number
  readonly outFeatures: number
  readonly baseModule: Module<[x: NDArray], NDArray> | null
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly promoteDtype: PromoteDtype | null

  /** @throws ArgumentError if a size isn't whole, or the base can't be called */
  constructor(inFeatures: number, loraRank: number, outFeatures: number, options: LoRAOptions) {
    super()
    const { rngs, baseModule = null, dtype = null, paramDtype = 'float32', aMetadata, bMetadata } = options
    const { aInitializer = defaultAInit, bInitializer = initializers.zeros, loraParamType = LoRAParam } = options
    for (const size of [inFeatures, loraRank, outFeatures]) requireSize('LoRA', 'features', size)
    if (baseModule !== null && typeof baseModule !== 'function') {
      throw new ArgumentError('LoRA', 'a baseModule that can be called', typeof baseModule)
    }
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.baseModule = baseModule
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.promoteDtype = options.promoteDtype ?? null
    this.loraA = new loraParamType(aInitializer(rngs.params(), [inFeatures, loraRank], paramDtype), aMetadata)
    this.loraB = new loraParamType(bInitializer(rngs.params(), [loraRank, outFeatures], paramDtype), bMetadata)
  }

  /** `[..., inFeatures]` to `[..., outFeatures]`. @throws ShapeError */
  override call(x: NDArray): NDArray {
    if (x.ndim === 0 || x.shape[x.ndim - 1] !== this.inFeatures) {
      throw new ShapeError('LoRA', `inputs of ${this.inFeatures} features in the last axis`, showAval(x.aval))
    }
    const [input, a, b] = promoted(this.promoteDtype, [x, this.loraA.value, this.loraB.value], this.dtype)
    const y = np.matmul(np.matmul(input, a), b)
    return this.baseModule === null ? y : np.add(y, this.baseModule(x))
  }
}

export interface LoRALinearOptions extends LinearOptions, AdapterOptions {
  readonly loraRank: number
  /** Dtype of the adapter's computation; default that to which input and parameters promote. */
  readonly loraDtype?: DType | null
  /** Dtype of the adapter's parameters; default float32. */
  readonly loraParamDtype?: DType
  /** `promoteDtype` of the adapter. */
  readonly loraPromoteDtype?: PromoteDtype | null
}

/**
 * A {@link Linear} layer with a low-rank adapter: `x · kernel + bias + x · a · b`.
 *
 * @example
 * const layer = new nnx.LoRALinear(3, 4, { loraRank: 2, rngs: new nnx.Rngs(0) })
 * layer.lora.loraB.shape // => [2, 4]
 */
export class LoRALinear extends Linear {
  readonly lora: LoRA

  /** @throws ArgumentError if a number of features isn't a whole number */
  constructor(inFeatures: number, outFeatures: number, options: LoRALinearOptions) {
    super(inFeatures, outFeatures, options)
    const { rngs, loraRank, loraDtype = null, loraParamDtype = 'float32' } = options
    const { aInitializer, bInitializer, loraParamType, aMetadata, bMetadata } = options
    this.lora = new LoRA(inFeatures, loraRank, outFeatures, {
      rngs,
      dtype: loraDtype,
      paramDtype: loraParamDtype,
      promoteDtype: options.loraPromoteDtype ?? null,
      ...(aInitializer && { aInitializer }),
      ...(bInitializer && { bInitializer }),
      ...(loraParamType && { loraParamType }),
      ...(aMetadata && { aMetadata }),
      ...(bMetadata && { bMetadata }),
    })
  }

  /** `[..., inFeatures]` to `[..., outFeatures]`. @throws ShapeError */
  override call(x: NDArray): NDArray {
    return np.add(super.call(x), this.lora(x))
  }
}
