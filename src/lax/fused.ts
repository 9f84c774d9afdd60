/** Operations that passes make of several, when a program is lowered: they have no rules but that. */
import { LoweringError, type Primitive } from '../core/index.js'
import type { ConvParams } from './conv.js'
import { lowerConv } from './convLowering.js'
import type { WindowParams } from './window.js'
import { lowerWindowMean } from './windowLowering.js'

const fused = <P>(name: string, lower: Primitive<P>['lower']): Primitive<P> => {
  const refuse = (): never => {
    throw new LoweringError(name, 'passes make it when all transformations are done')
  }
  return { name, abstractEval: refuse, jvp: refuse, transpose: refuse, batch: refuse, lower }
}

export interface FusedConvParams {
  readonly conv: ConvParams
  /** Whether negative elements become 0. */
  readonly relu: boolean
}

/** A convolution; of three arguments the last is added, one number a feature. */
export const fusedConvP = fused<FusedConvParams>('conv_bias_relu', (context, inputs, { conv, relu }) => [
  lowerConv(context, inputs, conv, relu),
])

/** Sums over windows, divided by the window's size. */
export const reduceWindowMeanP = fused<WindowParams>('reduce_window_mean', (context, inputs, params) => [
  lowerWindowMean(context, inputs, params),
])
