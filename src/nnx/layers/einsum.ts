/** Products of several axes, written as a formula. */
import { ArgumentError, type DType, type NDArray, type Shape } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import { initializers } from '../../nn/index.js'
import * as np from '../../numpy/index.js'
import { Module } from '../module.js'
import { Param } from '../variable.js'
import { defaultKernelInit, type LinearOptions } from './linear.js'
import { inPreferred, promoted, type PromoteDtype } from './promote.js'

/** A sum of products by a formula, as `np.einsum` is one. */
export type EinsumOp = (einsumStr: string, x: NDArray, kernel: NDArray) => NDArray

export interface EinsumOptions extends Omit<LinearOptions, 'useBias' | 'dotGeneral'> {
  /** Default no bias. */
  readonly biasShape?: Shape | null
  /** What computes the formula; default `np.einsum`. */
  readonly einsumOp?: EinsumOp | null
}

/** Input, kernel and result of a formula. @throws ArgumentError */
const termsOf = (einsumStr: string): readonly [formula: string, input: string, kernel: string, result: string] => {
  const formula = einsumStr.replaceAll(' ', '')
  const [operands, result, ...more] = formula.split('->')
  const [input, kernel, ...others] = operands!.split(',')
  if (result === undefined || kernel === undefined || more.length > 0 || others.length > 0) {
    throw new ArgumentError('Einsum', "a formula of two operands and a result, like 'bi,ij->bj'", `'${einsumStr}'`)
  }
  return [formula, input!, kernel, result]
}

/** A name for each axis; those of `...` are numbered from the right. */
const axisNames = (term: string, ndim: number): readonly string[] => {
  const [before, after] = term.split('...')
  if (after === undefined) return [...term]
  const rest = ndim - before!.length - after.length
  return [...before!, ...lax.range(rest).map((i) => `.${rest - i}`), ...after]
}

/**
 * Sum of products of the input and a kernel by a formula, plus a bias.
 *
 * @example
 * const layer = new nnx.Einsum('bti,ihd->bthd', [8, 2, 4], { biasShape: [2, 4], rngs: new nnx.Rngs(0) })
 * layer(np.ones([3, 5, 8])).shape // => [3, 5, 2, 4]
 */
export class Einsum extends Module<[x: NDArray, einsumStr?: string], NDArray> {
  /** `kernelShape` */
  readonly kernel: Param
  /** `biasShape` */
  readonly bias: Param | null
  readonly einsumStr: string
  readonly kernelShape: Shape
  readonly biasShape: Shape | null
  readonly dtype: DType | null
  readonly paramDtype: DType
  readonly promoteDtype: PromoteDtype | null
  readonly preferredElementType: DType | null
  readonly einsumOp: EinsumOp | null

  /** @throws ArgumentError if the formula isn't one of two operands and a result */
  constructor(einsumStr: string, kernelShape: Shape, options: EinsumOptions) {
    super()
    const { rngs, biasShape = null, dtype = null, paramDtype = 'float32', kernelMetadata, biasMetadata } = options
    const { kernelInit = defaultKernelInit, biasInit = initializers.zeros } = options
    const [formula] = termsOf(einsumStr)
    this.kernel = new Param(kernelInit(rngs.params(), kernelShape, paramDtype), kernelMetadata)
    this.bias = biasShape === null ? null : new Param(biasInit(rngs.params(), biasShape, paramDtype), biasMetadata)
    this.einsumStr = formula
    this.kernelShape = kernelShape
    this.biasShape = biasShape
    this.dtype = dtype
    this.paramDtype = paramDtype
    this.promoteDtype = options.promoteDtype ?? null
    this.preferredElementType = options.preferredElementType ?? null
    this.einsumOp = options.einsumOp ?? null
  }

  /**
   * What the formula says; another one in the call replaces that of the layer.
   *
   * @throws ArgumentError, ShapeError
   */
  override call(x: NDArray, einsumStr: string = this.einsumStr): NDArray {
    const [formula, , kernelTerm, result] = termsOf(einsumStr)
    const [input, kernel, bias] = promoted(
      this.promoteDtype,
      [x, this.kernel.value, this.bias === null ? null : this.bias.value],
      this.dtype,
    )
    const einsum: EinsumOp = this.einsumOp ?? np.einsum
    const y = inPreferred(this.preferredElementType, (a, b) => einsum(formula, a, b), input, kernel)
    if (bias === null) return y
    const names = axisNames(kernelTerm, kernel.ndim)
    const shape = axisNames(result, y.ndim).map((name) =>
      names.includes(name) ? kernel.shape[names.indexOf(name)]! : 1,
    )
    return np.add(y, lax.reshape(bias, shape))
  }
}
