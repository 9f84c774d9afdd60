/** Layer normalization over the last axes, one node of ONNX. */
import {
  bind,
  DifferentiationError,
  DTypeError,
  type NDArray,
  type Primitive,
  ShapeError,
  shaped,
  showAval,
  sizeOf,
  type Tangent,
  withShape,
  zero,
} from '../core/index.js'
import { float } from '../onnx/index.js'
import { add, mul, neg, sub } from './arithmetic.js'
import { carrierOf } from './kernels.js'
import { broadcastTo, expandDims, full, moveToFront, range, reduceSum } from './shape.js'

interface LayerNorm {
  /** The first of the axes that are normalized together, up to the last. */
  readonly axis: number
  readonly epsilon: number
}

/** `x` normalized without scale and shift, and `1 / √(variance + ε)`. */
const standardized = (x: NDArray, params: LayerNorm): readonly [y: NDArray, inverse: NDArray] => {
  const inner = x.shape.slice(params.axis)
  const [y, inverse] = bind(layerNormP, [x, full(inner, 1, x.dtype), full(inner, 0, x.dtype)], params)
  return [y!, inverse!]
}

/**
 * `(x - mean) / √(variance + ε) · scale + bias` and the inverse of the root, whose axes stay with size 1. Arguments: x
 * `[...outer, ...inner]`, scale and bias `[...inner]`, all float32.
 *
 * ONNX Runtime computes the variance in two passes: where JAX's `E[x²] - E[x]²` cancels, this doesn't.
 */
export const layerNormP: Primitive<LayerNorm> = {
  name: 'layer_norm',
  abstractEval([x, scale, bias], { axis }) {
    // The kernel has its statistics in single precision, whatever the data are.
    const odd = [x!, scale!, bias!].find(({ dtype }) => dtype !== 'float32')
    if (odd !== undefined) throw new DTypeError('layer_norm', 'float32 arrays', showAval(odd))
    const inner = x!.shape.slice(axis)
    if (!Number.isInteger(axis) || axis < 0 || axis >= x!.shape.length || sizeOf(inner) === 0) {
      throw new ShapeError('layer_norm', 'axes with elements, up to the last', `axes from ${axis} of ${showAval(x!)}`)
    }
    for (const p of [scale!, bias!])
      if (p.shape.join() !== inner.join())
        throw new ShapeError('layer_norm', `a scale and a bias of shape [${inner.join()}]`, showAval(p))
    return [withShape(x!, x!.shape), shaped([...x!.shape.slice(0, axis), ...inner.map(() => 1)], 'float32')]
  },
  jvp([x, scale, bias], [tx, tScale, tBias], params) {
    const [unit, inverse] = standardized(x!, params)
    const axes = range(x!.ndim).slice(params.axis)
    const mean = (a: NDArray): NDArray =>
      mul(expandDims(reduceSum(a, axes), axes), 1 / sizeOf(x!.shape.slice(params.axis)))
    const terms: NDArray[] = []
    let inverseTangent: Tangent = zero
    if (tx !== zero) {
      const along = mean(mul(unit, tx!))
      terms.push(mul(mul(inverse, scale!), sub(sub(tx!, mean(tx!)), mul(unit, along))))
      inverseTangent = neg(mul(mul(inverse, inverse), along))
    }
    if (tScale !== zero) terms.push(mul(unit, tScale!))
    if (tBias !== zero) terms.push(broadcastTo(tBias!, x!.shape))
    return [
      [add(mul(unit, scale!), bias!), inverse],
      [terms.reduce((sum, term) => add(sum, term)), inverseTangent],
    ]
  },
  transpose: () => {
    throw new DifferentiationError('layer_norm', 'is not linear: differentiate it forward before transposing')
  },
  batch([x, scale, bias], axes, { axis, epsilon }) {
    const [xAxis, ...others] = axes
    const front = (p: NDArray, mapped: number | null): NDArray => (mapped === null ? p : moveToFront(p, mapped))
    const input = front(x!, xAxis!)
    const params = { axis: xAxis === null ? axis : axis + 1, epsilon }
    if (others.every((mapped) => mapped === null)) return [bind(layerNormP, [input, scale!, bias!], params), [0, 0]]
    const [unit, inverse] = standardized(input, params)
    // Mapped parameters stand beside the axes of x that are not theirs.
    const spread = (p: NDArray, mapped: number | null): NDArray =>
      mapped === null ? p : expandDims(front(p, mapped), range(axis).map((i) => i + 1)) // prettier-ignore
    const whole = xAxis === null ? expandDims(unit, [0]) : unit
    const y = add(mul(whole, spread(scale!, others[0]!)), spread(bias!, others[1]!))
    return [
      [y, inverse],
      [0, xAxis === null ? null : 0],
    ]
  },
  lower(context, [x, scale, bias], { axis, epsilon }) {
    carrierOf(context, 'LayerNormalization', 'float32')
    const [y, , inverse] = context.graph.ops('LayerNormalization', [x!, scale!, bias!], { axis, epsilon: float(epsilon) }, { outputs: 3 }) // prettier-ignore
    return [y!, inverse!]
  },
}

/**
 * Mean 0 and variance 1 over the last axes, then scaled and shifted: all float32.
 *
 * @param x - `[...outer, ...inner]`
 * @param scale - `[...inner]`
 * @param bias - `[...inner]`
 * @throws ShapeError, DTypeError
 */
export const layerNorm = (x: NDArray, scale: NDArray, bias: NDArray, epsilon: number): NDArray =>
  bind(layerNormP, [x, scale, bias], { axis: x.ndim - scale.ndim, epsilon })[0]!
