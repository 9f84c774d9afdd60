/** Softmax and its logarithm along an axis, each one node of ONNX. */
import {
  bind1,
  DifferentiationError,
  DTypeError,
  isFloat,
  limitsOf,
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
import { canonicalAxis, expandDims, reducedAval, reduceSum } from './shape.js'
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

interface Over {
  readonly axes: readonly number[]
}

export const exponentOffsetP: Primitive<Over> = {
  name: 'exponent_offset',
  abstractEval([x], { axes }) {
    if (!isFloat(x!.dtype)) throw new DTypeError('exponent_offset', 'a floating point array', showAval(x!))
    reducedAval('exponent_offset', x!, axes)
    return [withShape(x!, x!.shape.map((n, i) => (axes.includes(i) ? 1 : n)))] // prettier-ignore
  },
  jvp: ([x], _tangents, params) => [[bind1(exponentOffsetP, [x!], params)], [zero]],
  transpose: () => {
    throw new DifferentiationError('exponent_offset', 'is not linear: its derivative counts as zero')
  },
  batch: ([x], [axis], { axes }) => [
    [bind1(exponentOffsetP, [x!], { axes: axes.map((a) => (a >= axis! ? a + 1 : a)) })],
    [axis!],
  ],
  lower(context, [x], { axes }) {
    const { graph, avalsIn, avalsOut } = context
    const { shape, dtype } = avalsIn[0]!
    if (sizeOf(shape) === 0) {
      return [kernel(context, 'Expand', [graph.scalar(dtype, 0), graph.ints(avalsOut[0]!.shape)], dtype, { data: [0] })]
    }
    // Without axes ReduceMax would take all.
    const greatest = axes.length === 0 ? x! : kernel(context, 'ReduceMax', [x!, graph.ints(axes)], dtype, { data: [0] })
    const { max } = limitsOf(dtype)
    return [kernel(context, 'Clip', [greatest, graph.scalar(dtype, -max), graph.scalar(dtype, max)], dtype)]
  },
}

/**
 * What is subtracted before exponentials are summed: the greatest element over axes, which stay as axes of size 1, made finite.
 * Where there is NaN it may be any element: the sum is NaN anyway. Its derivative counts as zero, since it cancels.
 */
export const exponentOffset = (x: NDArray, axes: readonly number[]): NDArray => bind1(exponentOffsetP, [x], { axes })
