/** Sums, products and extrema of all elements up to each, along an axis. */
import {
  bind1,
  DifferentiationError,
  type DType,
  DTypeError,
  isBool,
  isFloat,
  type LowerContext,
  type NDArray,
  type Primitive,
  type Scalar,
  ShapeError,
  showAval,
  sizeOf,
  withShape,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { abs, add, max, min, mul, neg, sub } from './arithmetic.js'
import { eq, gt, lt, select } from './compare.js'
import { carrierOf, castTo, kernel } from './kernels.js'
import { extremeOf } from './reduce.js'
import { canonicalAxis, reshape } from './shape.js'
import { concatenate, rev } from './concatenate.js'
import { lowerPad, sliceInDim } from './slicing.js'
import { exp, log1p } from './special.js'

interface Cumulative {
  readonly axis: number
  readonly reverse: boolean
}

/** Shape, batch and transpose rules of what runs along an axis. */
const along = (
  name: string,
  floatOnly: boolean,
  rules: Pick<Primitive<Cumulative>, 'jvp' | 'transpose' | 'lower'>,
): Primitive<Cumulative> => {
  const primitive: Primitive<Cumulative> = {
    name,
    abstractEval([x], { axis }) {
      if (floatOnly ? !isFloat(x!.dtype) : isBool(x!.dtype)) {
        throw new DTypeError(name, floatOnly ? 'a floating point array' : 'an array of numbers', showAval(x!))
      }
      if (!Number.isInteger(axis) || axis < 0 || axis >= x!.shape.length) {
        throw new ShapeError(name, `an axis of ${showAval(x!)}`, `${axis}`)
      }
      return [withShape(x!, x!.shape)]
    },
    ...rules,
    batch: ([x], [mapped], { axis, reverse }) => [
      [bind1(primitive, [x!], { axis: axis >= mapped! ? axis + 1 : axis, reverse })],
      [mapped!],
    ],
  }
  return primitive
}

export const cumsumP: Primitive<Cumulative> = along('cumsum', false, {
  jvp: ([x], [t], params) => [[bind1(cumsumP, [x!], params)], [t === zero ? zero : bind1(cumsumP, [t!], params)]],
  transpose: ([ct], _args, { axis, reverse }) => [
    ct === zero ? zero : bind1(cumsumP, [ct!], { axis, reverse: !reverse }),
  ],
  lower(context, [x], { axis, reverse }) {
    const { shape, dtype } = context.avalsIn[0]!
    if (sizeOf(shape) === 0) return [x!]
    const attributes = { reverse: reverse ? 1 : 0 }
    return [kernel(context, 'CumSum', [x!, context.graph.scalar('int64', axis)], dtype, { attributes, data: [0] })]
  },
})

/** A binary operation whose partial results are taken. */
interface Combination {
  /** Its ONNX operator, or one that has kernels for as many dtypes as those of `lower`. */
  readonly op: 'Mul' | 'Max' | 'Min'
  /** Its nodes where it is more than `op`. */
  readonly lower?: (context: LowerContext, a: OnnxValue, b: OnnxValue, dtype: DType) => OnnxValue
  readonly identity: (dtype: DType) => Scalar
  readonly combine: (a: NDArray, b: NDArray) => NDArray
  /** The tangent of a combination `y` of two. */
  readonly derivative: (a: NDArray, b: NDArray, ta: NDArray, tb: NDArray, y: NDArray) => NDArray
  readonly floatOnly?: boolean
}

/**
 * Combine each element with those before it, ⌈log₂ n⌉ times at doubled distances: after each step an element stands for
 * twice as many.
 */
const lowerByDoubling = (
  context: LowerContext,
  x: OnnxValue,
  { axis, reverse }: Cumulative,
  { op, identity, lower }: Combination,
): OnnxValue => {
  const { shape, dtype } = context.avalsIn[0]!
  if (sizeOf(shape) === 0) return x
  const inFloat32 = isFloat(dtype) && dtype !== 'float64'
  const carrier: DType = inFloat32 ? 'float32' : carrierOf(context, op, dtype)
  const nothing = context.graph.scalar(carrier, identity(dtype))
  let result = castTo(context, x, dtype, carrier)
  for (let distance = 1; distance < shape[axis]!; distance *= 2) {
    const edge = (n: number): readonly number[] => shape.map((_, d) => (d === axis ? n : 0))
    const low = edge(reverse ? -distance : distance)
    const high = edge(reverse ? distance : -distance)
    const kept = lowerPad(context, result, shape, low, high, nothing, carrier)
    result = lower === undefined ? context.graph.op(op, [result, kept]) : lower(context, result, kept, carrier)
  }
  return castTo(context, result, carrier, dtype)
}

/**
 * All of an associative operation's partial results along an axis, in O(n) operations: pairs first, then between them.
 *
 * @param combine - of two lists of arrays, as many as `xs`
 */
export const associativeScan = (
  combine: (a: readonly NDArray[], b: readonly NDArray[]) => readonly NDArray[],
  xs: readonly NDArray[],
  axis: number,
): readonly NDArray[] => {
  const n = xs[0]!.shape[axis]!
  if (n < 2) return xs
  const part = (list: readonly NDArray[], start: number, end: number, stride = 1): readonly NDArray[] =>
    list.map((x) => sliceInDim(x, start, end, stride, axis))
  const pairs = combine(part(xs, 0, n - 1, 2), part(xs, 1, n, 2))
  const odd = associativeScan(combine, pairs, axis)
  const first = part(xs, 0, 1)
  if (n === 2) return first.map((x, i) => concatenate([x, odd[i]!], axis))
  const before = n % 2 === 0 ? part(odd, 0, n / 2 - 1) : odd
  const even = combine(before, part(xs, 2, n, 2)).map((x, i) => concatenate([first[i]!, x], axis))
  return even.map((x, i) => interleave(x, odd[i]!, axis))
}

/** `a[0], b[0], a[1], …`, of as many or one more elements of `a`. */
const interleave = (a: NDArray, b: NDArray, axis: number): NDArray => {
  const n = b.shape[axis]!
  const split = (x: NDArray): NDArray => reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)])
  const paired = concatenate([split(sliceInDim(a, 0, n, 1, axis)), split(b)], axis + 1)
  const mixed = reshape(paired, b.shape.with(axis, 2 * n))
  return a.shape[axis] === n ? mixed : concatenate([mixed, sliceInDim(a, n, n + 1, 1, axis)], axis)
}

const cumulative = (name: string, combination: Combination): Primitive<Cumulative> => {
  const { combine, derivative, floatOnly = false } = combination
  const primitive: Primitive<Cumulative> = along(name, floatOnly, {
    jvp([x], [t], params) {
      const y = bind1(primitive, [x!], params)
      if (t === zero) return [[y], [zero]]
      const { axis, reverse } = params
      const turned = (a: NDArray): NDArray => (reverse ? rev(a, [axis]) : a)
      const [, tangent] = associativeScan(
        ([a, ta], [b, tb]) => {
          const combined = combine(a!, b!)
          return [combined, derivative(a!, b!, ta!, tb!, combined)]
        },
        [turned(x!), turned(t!)],
        axis,
      )
      return [[y], [turned(tangent!)]]
    },
    transpose: () => {
      throw new DifferentiationError(name, 'is not linear: differentiate it forward before transposing')
    },
    lower: (context, [x], params) => [lowerByDoubling(context, x!, params, combination)],
  })
  return primitive
}

export const cumprodP = cumulative('cumprod', {
  op: 'Mul',
  identity: () => 1,
  combine: mul,
  derivative: (a, b, ta, tb) => add(mul(ta, b), mul(a, tb)),
})

/** Of two that tie each counts half, as for max and min. */
const halves =
  (wins: (a: NDArray, b: NDArray) => NDArray) =>
  (a: NDArray, b: NDArray, ta: NDArray, tb: NDArray): NDArray =>
    select(eq(a, b), select(wins(a, b), tb, ta), mul(add(ta, tb), 0.5))

export const cummaxP = cumulative('cummax', {
  op: 'Max',
  identity: (dtype) => extremeOf(dtype, 'least'),
  combine: max,
  derivative: halves(gt),
})
export const cumminP = cumulative('cummin', {
  op: 'Min',
  identity: (dtype) => extremeOf(dtype, 'greatest'),
  combine: min,
  derivative: halves(lt),
})

/** log(e^a + e^b) = max + log(1 + e^(min - max)), where the difference of equals is 0 though they be infinite. */
const lowerLogAddExp = ({ graph }: LowerContext, a: OnnxValue, b: OnnxValue, dtype: DType): OnnxValue => {
  const difference = graph.op('Neg', [graph.op('Abs', [graph.op('Sub', [a, b])])])
  const finite = graph.op('Where', [graph.op('Equal', [a, b]), graph.scalar(dtype, 0), difference])
  const rest = graph.op('Log', [graph.op('Add', [graph.op('Exp', [finite]), graph.scalar(dtype, 1)])])
  return graph.op('Add', [graph.op('Max', [a, b]), rest])
}

const logAddExp = (a: NDArray, b: NDArray): NDArray =>
  add(max(a, b), log1p(exp(select(eq(a, b), neg(abs(sub(a, b))), 0))))

export const cumlogsumexpP = cumulative('cumlogsumexp', {
  op: 'Max',
  lower: lowerLogAddExp,
  identity: () => -Infinity,
  combine: logAddExp,
  derivative: (a, b, ta, tb, y) => {
    const weight = (z: NDArray): NDArray => exp(select(eq(z, y), sub(z, y), 0))
    return add(mul(ta, weight(a)), mul(tb, weight(b)))
  },
  floatOnly: true,
})

const operation =
  (primitive: Primitive<Cumulative>) =>
  (x: NDArray, axis = 0, reverse = false): NDArray =>
    bind1(primitive, [x], { axis: canonicalAxis(primitive.name, axis, x.ndim), reverse })

/** Sums of the elements up to each along an axis; from each on if `reverse`. @throws ShapeError, DTypeError */
export const cumsum = operation(cumsumP)
/** Products of the elements up to each, as {@link cumsum}. Its derivatives are right at zeros, too. */
export const cumprod = operation(cumprodP)
/** The greatest of the elements up to each, as {@link cumsum}; NaN from the first NaN on. */
export const cummax = operation(cummaxP)
/** The least of the elements up to each, as {@link cumsum}; NaN from the first NaN on. */
export const cummin = operation(cumminP)
/** Logarithms of the sums of exponentials of the elements up to each, as {@link cumsum}, without overflow. */
export const cumlogsumexp = operation(cumlogsumexpP)
