/** Layouts of convolutions for tests. */
import { type NDArray } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import type { ConvLayout } from '../../src/lax/conv.js'
import { type ConvProblem } from '../helpers/convolution.js'

export type F = (x: NDArray, k: NDArray) => NDArray

export const apply =
  (p: ConvProblem): F =>
  (x, k) =>
    lax.convGeneralDilated(x, k, p.strides, p.padding, {
      lhsDilation: p.lhsDilation,
      rhsDilation: p.rhsDilation,
      dimensionNumbers: p.numbers,
      featureGroupCount: p.featureGroups,
      batchGroupCount: p.batchGroups,
    })

export const nhwc: ConvLayout = ['NHWC', 'HWIO', 'NHWC']
