/** Linear maps of several axes. */
import { ArgumentError, type DType, type NDArray, type Shape, ShapeError, showAval, sizeOf } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { type Initializer, initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import { Param } from '../variable.js'
import { defaultKernelInit, type LinearOptions, requireSize } from './linear.js'
import { type DotGeneral, preferring, promoted, type PromoteDtype } from './promote.js'

export interface LinearGeneralOptions extends LinearOptions {
  /** The axes of the input that are contracted, one for each number of input features; default the last. */
  readonly axis?: number | readonly number[]
  /** Sizes of leading axes, by axis, that each have a kernel and a bias of their own; default none. */
  readonly batchAxis?: Readonly<Record<number, number>>
  /** Makes a `dotGeneral` for each call, in the place of that. */
  readonly dotGeneralCls?: (() => DotGeneral) | null
}

const list = (x: number | readonly number[]): readonly number[] => (typeof x === 'number' ? [x] : x)

/** An initializer of a matrix or vector, whose result gets another shape. */
const flat =
  (init: Initializer, flatShape: Shape): Initializer =>
  (key, shape, dtype) =>
    lax.reshape(init(key, flatShape, dtype), shape)

/**
 * Linear map of several axes to several others: `Σ x · kernel + bias`, the sum over `axis`.
 *
 * @example
 * const layer = new nnx.LinearGeneral([2, 3], [4, 5], { axis: [1, -1], rngs: new nnx.Rngs(0) })
 * layer.kernel.shape // => [2, 3, 4, 5]
 * layer(np.ones([7, 2, 6, 3])).shape // => [7, 6, 4, 5]
 */
export class LinearGeneral extends Module<[x: NDArray], NDArray> {
  /** `[...batch, ...inFeatures, ...outFeatures]` */
  readonly kernel: Param
  /** `[...batch, ...outFeatures]` */
  readonly bias: Param | null
  readonly inFeatures: readonly number[]
  readonly outFeatures: readonly number[]
  readonly axis: readonly number[]
  readonly batchAxis: Readonly<Record<number, number>>
  readonly useBias: boolean
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly promoteDtype: PromoteDtype | null
  readonly preferredElementType: DType | null
  readonly dotGeneral: DotGeneral | null
  readonly dotGeneralCls: (() => DotGeneral) | null

  /** @throws ArgumentError if axes and features don't fit, or batch axes aren't the leading ones */
  constructor(
    inFeatures: number | readonly number[],
    outFeatures: number | readonly number[],
    options: LinearGeneralOptions,
  ) {
    super()
    const { rngs, axis = -1, batchAxis = {}, useBias = true, dtype = null, paramDtype = 'float32' } = options
    const { kernelInit = defaultKernelInit, biasInit = initializers.zeros, kernelMetadata, biasMetadata } = options
    const [inputs, outputs, axes] = [list(inFeatures), list(outFeatures), list(axis)]
    const batchAxes = Object.keys(batchAxis).map(Number)
    const batch = Object.values(batchAxis)
    for (const size of [...inputs, ...outputs, ...batch]) requireSize('LinearGeneral', 'features', size)
    if (inputs.length !== axes.length) {
      const got = `[${inputs.join()}] for the axes [${axes.join()}]`
      throw new ArgumentError('LinearGeneral', 'a number of input features for each axis', got)
    }
    if (batchAxes.some((i, at) => i !== at)) {
      throw new ArgumentError('LinearGeneral', 'leading batch axes 0, 1, …', `[${batchAxes.join()}]`)
    }
    const matrix = [sizeOf(batch) * sizeOf(inputs), sizeOf(outputs)]
    const kernelShape = [...batch, ...inputs, ...outputs]
    this.kernel = new Param(flat(kernelInit, matrix)(rngs.params(), kernelShape, paramDtype), kernelMetadata)
    const biasShape = [...batch, ...outputs]
    this.bias = useBias
      ? new Param(flat(biasInit, [sizeOf(biasShape)])(rngs.params(), biasShape, paramDtype), biasMetadata)
      : null
    this.inFeatures = inputs
    this.outFeatures = outputs
    this.axis = axes
    this.batchAxis = batchAxis
    this.useBias = useBias
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.promoteDtype = options.promoteDtype ?? null
    this.preferredElementType = options.preferredElementType ?? null
    this.dotGeneral = options.dotGeneral ?? null
    this.dotGeneralCls = options.dotGeneralCls ?? null
  }

  /** The contracted axes vanish, the output features come last: `[...batch, ...rest, ...outFeatures]`. @throws ShapeError */
  override call(x: NDArray): NDArray {
    const axes = this.axis.map((i) => lax.canonicalAxis('LinearGeneral', i, x.ndim)).sort((a, b) => a - b)
    const batch = Object.values(this.batchAxis)
    if (axes.some((at, i) => x.shape[at] !== this.inFeatures[i]) || batch.some((n, i) => x.shape[i] !== n)) {
      const sizes = `${this.inFeatures.join(' × ')} features at the axes [${this.axis.join()}]`
      throw new ShapeError(
        'LinearGeneral',
        batch.length === 0 ? `inputs of ${sizes}` : `inputs of leading axes [${batch.join()}] and ${sizes}`,
        showAval(x.aval),
      )
    }
    const [input, kernel, bias] = promoted(
      this.promoteDtype,
      [x, this.kernel.value, this.bias === null ? null : this.bias.value],
      this.dtype,
    )
    const batchAxes = lax.range(batch.length)
    const dotGeneral = this.dotGeneralCls?.() ?? this.dotGeneral ?? lax.dotGeneral
    const dims = { contract: [axes, axes.map((_, i) => batch.length + i)], batch: [batchAxes, batchAxes] } as const
    const y = dotGeneral(input, kernel, dims, preferring(this.preferredElementType))
    if (bias === null) return y
    const between = lax.range(y.ndim - batch.length - this.outFeatures.length).map(() => 1)
    return np.add(y, lax.reshape(bias, [...batch, ...between, ...this.outFeatures]))
  }
}
