/** What convolutions and transposed convolutions share: kernels, bias, masks, batch axes. */
import { ArgumentError, type DType, type NDArray, type Shape, ShapeError, showAval, sizeOf } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import type { Rngs } from '../rngs.js'
import { type Metadata, Param } from '../variable.js'
import { defaultKernelInit, requireSize } from './linear.js'
import { inPreferred, promoted, type PromoteDtype, type PromoteOptions } from './promote.js'

/** Options that convolutions of both kinds have. */
export interface ConvLayerOptions extends PromoteOptions {
  readonly rngs: Rngs
  /** Distance of the windows (transposed: of the input's elements in the result), on all spatial axes or each; default 1. */
  readonly strides?: number | readonly number[]
  /** Distance of the kernel's elements; default 1. */
  readonly kernelDilation?: number | readonly number[]
  /** Default true. */
  readonly useBias?: boolean
  /** Multiplied with the kernel before each use; of its shape. Default none. */
  readonly mask?: NDArray | null
  /** Dtype of the computation; default that to which input and parameters promote. */
  readonly dtype?: DType | null
  /** Dtype of the parameters; default float32. */
  readonly paramDtype?: DType
  /** Dtype of sums and of the result before the bias; default that of the operands. */
  readonly preferredElementType?: DType | null
  /** Default LeCun normal. */
  readonly kernelInit?: Initializer
  /** Default zeros. */
  readonly biasInit?: Initializer
  readonly kernelMetadata?: Metadata
  readonly biasMetadata?: Metadata
}

/** @internal A number for each spatial axis. @throws ArgumentError */
export const forAxes = (
  where: string,
  what: string,
  given: number | readonly number[],
  count: number,
): readonly number[] => {
  const list = typeof given === 'number' ? Array.from({ length: count }, () => given) : given
  if (list.length !== count) throw new ArgumentError(where, `${what} for ${count} spatial axes`, `[${list.join()}]`)
  return list
}

/** @internal Edges of each spatial axis. @throws ArgumentError */
export const explicitPadding = (
  where: string,
  padding: number | readonly (number | readonly [number, number])[],
  count: number,
): readonly (readonly [number, number])[] => {
  const list = typeof padding === 'number' ? Array.from({ length: count }, () => padding) : padding
  if (list.length !== count) {
    throw new ArgumentError(where, `a padding for ${count} spatial axes`, JSON.stringify(padding))
  }
  return list.map((p) => (typeof p === 'number' ? [p, p] : p))
}

/** @internal A kernel as a list of sizes. */
export const sizesOf = (kernelSize: number | readonly number[]): readonly number[] =>
  typeof kernelSize === 'number' ? [kernelSize] : kernelSize

/** What all convolutions hold. */
export abstract class ConvLayer extends Module<[x: NDArray], NDArray> {
  /** `[...kernelSize, inFeatures / groups, outFeatures]` */
  readonly kernel: Param
  /** `[outFeatures]` */
  readonly bias: Param | null
  readonly inFeatures: number
  readonly outFeatures: number
  readonly kernelSize: readonly number[]
  readonly strides: readonly number[]
  readonly kernelDilation: readonly number[]
  readonly useBias: boolean
  readonly mask: NDArray | null
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly promoteDtype: PromoteDtype | null
  readonly preferredElementType: DType | null

  /** @param features - of the kernel: its last two axes */
  constructor(
    where: string,
    inFeatures: number,
    outFeatures: number,
    sizes: readonly number[],
    features: readonly [number, number],
    options: ConvLayerOptions,
  ) {
    super()
    const { rngs, strides = 1, kernelDilation = 1, useBias = true, mask = null } = options
    const { dtype = null, paramDtype = 'float32', kernelMetadata, biasMetadata } = options
    const { kernelInit = defaultKernelInit, biasInit = initializers.zeros } = options
    if (sizes.length < 1 || sizes.length > 3) {
      throw new ArgumentError(where, 'a kernel of 1 to 3 spatial axes', `[${sizes.join()}]`)
    }
    for (const size of [inFeatures, outFeatures, ...sizes]) requireSize(where, 'features or kernel elements', size)
    const shape: Shape = [...sizes, ...features]
    if (mask !== null && mask.shape.join() !== shape.join()) {
      throw new ShapeError(where, `a mask of the kernel's shape [${shape.join()}]`, showAval(mask.aval))
    }
    this.kernel = new Param(kernelInit(rngs.params(), shape, paramDtype), kernelMetadata)
    this.bias = useBias ? new Param(biasInit(rngs.params(), [outFeatures], paramDtype), biasMetadata) : null
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.kernelSize = sizes
    this.strides = forAxes(where, 'strides', strides, sizes.length)
    this.kernelDilation = forAxes(where, 'kernel dilations', kernelDilation, sizes.length)
    this.useBias = useBias
    this.mask = mask
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.promoteDtype = options.promoteDtype ?? null
    this.preferredElementType = options.preferredElementType ?? null
  }

  /** @internal The layer on inputs `[...batch, ...spatial, inFeatures]`, given what it is with one batch axis. @throws ShapeError */
  protected convolved(where: string, x: NDArray, convolve: (x: NDArray, kernel: NDArray) => NDArray): NDArray {
    const { kernelSize, inFeatures, bias: held } = this
    const rank = kernelSize.length + 1
    if (x.ndim < rank || x.shape[x.ndim - 1] !== inFeatures) {
      const expected = `inputs of ${kernelSize.length} spatial axes and ${inFeatures} features`
      throw new ShapeError(where, expected, showAval(x.aval))
    }
    const batch = x.shape.slice(0, x.ndim - rank)
    const one = batch.length === 1 ? x : lax.reshape(x, [sizeOf(batch), ...x.shape.slice(x.ndim - rank)])
    const masked = this.mask === null ? this.kernel.value : np.multiply(this.kernel.value, this.mask)
    const given = [one, masked, held === null ? null : held.value] as const
    const [input, kernel, bias] = promoted(this.promoteDtype, given, this.dtype)
    const y = inPreferred(this.preferredElementType, convolve, input, kernel)
    const sum = bias === null ? y : np.add(y, bias)
    return batch.length === 1 ? sum : lax.reshape(sum, [...batch, ...sum.shape.slice(1)])
  }
}
