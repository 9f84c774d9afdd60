/** Softmax and its logarithm along an axis, each one node of ONNX. */
import {
  bind1,
  DifferentiationError,
  DTypeError,
  isFloat,
  type LowerContext,
  type NDArray,
  type Primitive,
  ShapeError,
  showAval,
  sizeOf,
  withShape,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { mul, sub } from './arithmetic.js'
import { kernel } from './kernels.js'
import { canonicalAxis, expandDims, reduceSum } from './shape.js'
import { exp } from './special.js'

interface Along {
  readonly axis: number
}

/** What differs between the two. */
interface Kind {
  /** The tangent of the result `y` for the tangent `t`. */
  readonly derivative: (t: NDArray, y: NDArray, sum: (a: NDArray) => NDArray) => NDArray
  readonly lower: (context: LowerContext, x: OnnxValue, axis: number) => OnnxValue
}

const normalized = (name: string, { derivative, lower }: Kind): Primitive<Along> => {
  const primitive: Primitive<Along> = {
    name,
    abstractEval([x], { axis }) {
      if (!isFloat(x!.dtype)) throw new DTypeError(name, 'a floating point array', showAval(x!))
      if (!Number.isInteger(axis) || axis < 0 || axis >= x!.shape.length) {
        throw new ShapeError(name, `an axis of ${showAval(x!)}`, `${axis}`)
      }
      return [withShape(x!, x!.shape)]
    },
    jvp([x], [t], { axis }) {
      const y = bind1(primitive, [x!], { axis })
      const sum = (a: NDArray): NDArray => expandDims(reduceSum(a, [axis]), [axis])
      return [[y], [t === zero ? zero : derivative(t!, y, sum)]]
    },
    transpose: () => {
      throw new DifferentiationError(name, 'is not linear: differentiate it forward before transposing')
    },
    batch: ([x], [mapped], { axis }) => [
      [bind1(primitive, [x!], { axis: axis >= mapped! ? axis + 1 : axis })],
      [mapped!],
    ],
    lower: (context, [x], { axis }) => [sizeOf(context.avalsIn[0]!.shape) === 0 ? x! : lower(context, x!, axis)],
  }
  return primitive
}

export const softmaxP = normalized('softmax', {
  derivative: (t, y, sum) => mul(y, sub(t, sum(mul(y, t)))),
  lower: (context, x, axis) => kernel(context, 'Softmax', [x], context.avalsIn[0]!.dtype, { attributes: { axis } }),
})

export const logSoftmaxP = normalized('log_softmax', {
  derivative: (t, y, sum) => sub(t, sum(mul(exp(y), t))),
  lower(context, x, axis) {
    const { dtype } = context.avalsIn[0]!
    const result = kernel(context, 'LogSoftmax', [x], dtype, { attributes: { axis } })
    if (dtype !== 'float64') return result
    // The float64 kernel of the CPU passes over NaN, and +∞ makes only itself NaN; that of Softmax spoils the whole row, as it must.
    const { graph } = context
    const probabilities = graph.op('Softmax', [x], { axis })
    return graph.op('Where', [graph.op('IsNaN', [probabilities]), probabilities, result])
  },
})

/** e^x, scaled so that it sums to 1 along an axis; NaN where a row has NaN or +∞, or nothing but -∞. */
export const softmax = (x: NDArray, axis: number): NDArray =>
  bind1(softmaxP, [x], { axis: canonicalAxis('softmax', axis, x.ndim) })

/** Logarithm of {@link softmax}, without overflow. */
export const logSoftmax = (x: NDArray, axis: number): NDArray =>
  bind1(logSoftmaxP, [x], { axis: canonicalAxis('log_softmax', axis, x.ndim) })
