/** Convolutions of every form: the numbers are those of JAX. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { type DType, type NDArray, vjp } from '../../src/index.js'
import * as lax from '../../src/lax/index.js'
import type { ConvOptions } from '../../src/lax/conv.js'
import { allClose } from '../helpers/arrays.js'
import { arrayOf } from '../helpers/convolution.js'
import { type F } from './convLayouts.js'

interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Golden {
  readonly params: Readonly<Record<string, any>>
  readonly lhs: Tensor
  readonly rhs: Tensor
  readonly ct: Tensor
  readonly out: Tensor
  readonly dlhs: Tensor
  readonly drhs: Tensor
}

const golden = JSON.parse(readFileSync('test/golden/conv.json', 'utf8')) as Readonly<
  Record<'conv' | 'conv_transpose', Readonly<Record<string, Golden>>>
>

const load = (x: Tensor): NDArray => arrayOf(x.shape, x.data, x.dtype)

const likeJax = test.macro((t, f: F, g: Golden) => {
  const [out, pullback] = vjp(f, load(g.lhs), load(g.rhs))
  const [dlhs, drhs] = pullback(load(g.ct))
  for (const [actual, expected] of [
    [out, g.out],
    [dlhs, g.dlhs],
    [drhs, g.drhs],
  ] as const) {
    t.deepEqual(actual.shape, expected.shape)
    allClose(t, actual, expected.data, { rtol: 1e-5, atol: 1e-5 })
  }
})

for (const [name, g] of Object.entries(golden.conv)) {
  const { params } = g
  const options: ConvOptions = {
    lhsDilation: params['lhs_dilation'],
    rhsDilation: params['rhs_dilation'],
    dimensionNumbers: params['dimension_numbers'],
    featureGroupCount: params['feature_group_count'],
    batchGroupCount: params['batch_group_count'],
  }
  const f: F = (x, k) => lax.convGeneralDilated(x, k, params['window_strides'], params['padding'], options)
  test(`conv_general_dilated as in JAX: ${name}`, likeJax, f, g)
}

for (const [name, g] of Object.entries(golden.conv_transpose)) {
  const { params } = g
  const f: F = (x, k) =>
    lax.convTranspose(x, k, params['strides'], params['padding'], {
      dimensionNumbers: params['dimension_numbers'],
      transposeKernel: params['transpose_kernel'] ?? false,
      ...(params['rhs_dilation'] === undefined ? {} : { rhsDilation: params['rhs_dilation'] }),
    })
  test(`conv_transpose as in JAX: ${name}`, likeJax, f, g)
}
