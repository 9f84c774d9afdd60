/** `layer_norm`: one node of ONNX with its inverse deviation, its derivatives, and the layer that uses it. */
import test from 'ava'
import { checkGrads, grad, makeJaxpr, type NDArray, nnx, np, vmap } from '../../src/index.js'
import { layerNorm } from '../../src/lax/index.js'
import { allClose, sample } from '../helpers/arrays.js'
import { operators } from '../helpers/lowering.js'

const x = sample([4, 2, 3], 1).astype('float32')
const scale = sample([3], 2).astype('float32')
const bias = sample([3], 3).astype('float32')

/** The definition, operation by operation. */
const defined = (v: NDArray, s: NDArray, b: NDArray, epsilon: number): NDArray => {
  const axis = [...Array(s.ndim).keys()].map((i) => v.ndim - s.ndim + i)
  const centred = v.sub(np.mean(v, { axis, keepdims: true }))
  const variance = np.mean(np.square(centred), { axis, keepdims: true })
  return centred
    .div(np.sqrt(variance.add(epsilon)))
    .mul(s)
    .add(b)
}

test('it is its definition, over one axis and over two', (t) => {
  const two = [sample([2, 3], 4).astype('float32'), sample([2, 3], 5).astype('float32')] as const
  allClose(t, layerNorm(x, scale, bias, 1e-3), defined(x, scale, bias, 1e-3), { atol: 1e-5, rtol: 1e-5 })
  allClose(t, layerNorm(x, ...two, 1e-3), defined(x, ...two, 1e-3), { atol: 1e-5, rtol: 1e-5 })
  // Where E[x²] - E[x]² cancels, to NaN without a guard, two passes don't.
  const far = x.add(1000)
  allClose(t, layerNorm(far, scale, bias, 1e-3), defined(far.astype('float64'), scale, bias, 1e-3).astype('float32'), { atol: 1e-3, rtol: 1e-3 }) // prettier-ignore
})

test('derivatives to second order, of all arguments', (t) => {
  t.notThrows(() => {
    checkGrads((v, s, b) => layerNorm(v, s, b, 0.1), [x, scale, bias], { atol: 0.05, rtol: 0.05 })
  })
  const both = (f: typeof layerNorm) =>
    grad((v: NDArray, s: NDArray, b: NDArray) => np.sum(np.sin(f(v, s, b, 1e-3))), { argnums: [0, 1, 2] })(
      x,
      scale,
      bias,
    )
  both(layerNorm).forEach((g, i) => {
    allClose(t, g, both(defined)[i]!, { atol: 1e-4, rtol: 1e-4 })
  })
})

test('vmap of each argument is a loop', (t) => {
  const scales = sample([4, 3], 6).astype('float32')
  const loop = (of: (i: number) => NDArray): NDArray => np.stack([0, 1, 2, 3].map(of))
  const f = (v: NDArray, s: NDArray, b: NDArray): NDArray => layerNorm(v, s, b, 1e-3)
  const cases: readonly (readonly [NDArray, NDArray])[] = [
    [vmap(f, { inAxes: [0, null, null] })(x, scale, bias), loop((i) => f(x.slice(i), scale, bias))],
    [vmap(f, { inAxes: [0, 0, 0] })(x, scales, scales), loop((i) => f(x.slice(i), scales.slice(i), scales.slice(i)))],
    [vmap(f, { inAxes: [null, 0, null] })(x, scales, bias), loop((i) => f(x, scales.slice(i), bias))],
    [vmap(f, { inAxes: [null, null, 0] })(x, scale, scales), loop((i) => f(x, scale, scales.slice(i)))],
    [vmap(f, { inAxes: [1, null, null] })(np.moveaxis(x, 0, 1), scale, bias), loop((i) => f(x.slice(i), scale, bias))],
  ]
  for (const [mapped, looped] of cases) allClose(t, mapped, looped, { atol: 1e-5, rtol: 1e-5 })
})

test('nnx.LayerNorm is one node; its gradient takes what the node computes', (t) => {
  const norm = new nnx.LayerNorm(3, { rngs: new nnx.Rngs(0) })
  t.deepEqual(
    operators((v) => norm(v), [x]),
    ['LayerNormalization'],
  )
  const loss = (v: NDArray): NDArray => np.sum(np.square(norm(v)))
  const { eqns } = makeJaxpr(grad(loss))(x)
  const counts = (name: string): number => eqns.filter(({ primitive }) => primitive.name === name).length
  t.deepEqual([counts('layer_norm'), counts('rsqrt'), counts('sqrt')], [1, 0, 0])
})
