/** Makers of elementwise primitives: all rules of an operation from its ONNX operator and its derivatives. */
import {
  ArgumentError,
  type BatchAxis,
  bind1,
  type DType,
  DifferentiationError,
  DTypeError,
  isBool,
  isFloat,
  isInteger,
  Linear,
  literal,
  type LowerContext,
  NDArray,
  type Primitive,
  type ShapedArray,
  shaped,
  showAval,
  type Tangent,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { kernel } from './kernels.js'
import { broadcastShapes, broadcastTo, moveToFront, reshape, unbroadcast } from './shape.js'

/** An operand: an array, or a number that becomes a scalar of the other operands' dtype. */
export type Operand = NDArray | number

/** The dtypes that an operation takes. */
export type Accepts = 'float' | 'number' | 'integer' | 'bits' | 'any'

const accepted: Readonly<Record<Accepts, readonly [(dtype: DType) => boolean, string]>> = {
  float: [isFloat, 'floating point arrays'],
  number: [(d) => !isBool(d), 'arrays of numbers'],
  integer: [isInteger, 'integer arrays'],
  bits: [(d) => isInteger(d) || isBool(d), 'integer or boolean arrays'],
  any: [() => true, 'arrays'],
}

/** How an operation becomes ONNX nodes: an operator's name, or a rule. `dtype` is that of the operands. */
export type Lowering = string | ((context: LowerContext, inputs: readonly OnnxValue[], dtype: DType) => OnnxValue)

export interface ElementwiseSpec {
  readonly name: string
  readonly accepts: Accepts
  readonly lower: Lowering
  /** Contribution of one argument's tangent `t` to the result's: given the arguments and the result `y`. `null`: none. */
  readonly derivatives: readonly (((t: NDArray, y: NDArray, ...xs: readonly NDArray[]) => NDArray) | null)[]
  /** Cotangent of the argument at this position where the operation is linear in it; `null`: it isn't. */
  readonly transposes?: readonly (((ct: NDArray, ...xs: readonly NDArray[]) => NDArray) | null)[]
  /** Dtype of the result; default that of the operands. */
  readonly result?: DType
  /** Positions whose dtype is not compared with the others' (a condition). */
  readonly free?: readonly number[]
}

/** Operands with numbers made scalars of the arrays' dtype. */
const operands = (name: string, xs: readonly Operand[], free: readonly number[]): readonly NDArray[] => {
  const model = xs.find((x, i) => x instanceof NDArray && !free.includes(i)) as NDArray | undefined
  return xs.map((x) => {
    if (x instanceof NDArray) return x
    if (typeof x !== 'number' || model === undefined) {
      throw new ArgumentError(name, 'arrays, or numbers beside an array', typeof x)
    }
    return literal(x, model.dtype, true)
  })
}

/** One primitive from its specification. Operands of unlike shapes broadcast by NumPy's rule. */
export const elementwise = (spec: ElementwiseSpec): Primitive<null> => {
  const { name, accepts, derivatives, transposes, free = [] } = spec
  const [accept, description] = accepted[accepts]
  const abstractEval = (avals: readonly ShapedArray[]): readonly ShapedArray[] => {
    const data = avals.filter((_, i) => !free.includes(i))
    const { dtype } = data[0]!
    for (const aval of data) {
      if (!accept(aval.dtype) || aval.dtype !== dtype) {
        throw new DTypeError(
          name,
          `${description}${data.length > 1 ? ' of one dtype' : ''}`,
          avals.map(showAval).join(' and '),
        )
      }
    }
    const shape = broadcastShapes(
      name,
      avals.map((a) => a.shape),
    )
    return [shaped(shape, spec.result ?? dtype, spec.result === undefined && data.every((a) => a.weakType))]
  }
  const primitive: Primitive<null> = {
    name,
    broadcasts: true,
    abstractEval,
    jvp(primals, tangents) {
      const y = bind1(primitive, primals, null)
      let sum: Tangent = zero
      tangents.forEach((t, i) => {
        const derivative = derivatives[i] ?? null
        if (t === zero || derivative === null) return
        const part = broadcastTo(derivative(t, y, ...primals), y.shape)
        sum = sum === zero ? part : add(sum, part)
      })
      return [[y], [sum]]
    },
    transpose: ([ct], args) =>
      args.map((x, i) => {
        if (!(x instanceof Linear)) return null
        if (ct === zero) return zero
        const transposed = transposes?.[i] ?? null
        if (transposed === null) throw new DifferentiationError(name, 'is not linear and cannot be transposed; use vjp')
        const others = args.filter((_, j) => j !== i) as readonly NDArray[]
        return unbroadcast(transposed(ct!, ...others), x.aval)
      }),
    batch: (args, axes) => [[bind1(primitive, alignBatch(args, axes), null)], [0]],
    lower: (context, inputs) => {
      const { dtype } = context.avalsIn.find((_, i) => !free.includes(i))!
      return [
        typeof spec.lower === 'string'
          ? kernel(context, spec.lower, inputs, dtype, { sameType: spec.result === undefined })
          : spec.lower(context, inputs, dtype),
      ]
    },
  }
  return primitive
}

/** Mapped arguments with their mapped axis first, of ranks so that NumPy's rule lines the others' axes up. */
export const alignBatch = (args: readonly NDArray[], axes: readonly BatchAxis[]): readonly NDArray[] => {
  const ndim = Math.max(...args.map((x, i) => x.ndim - (axes[i] === null ? 0 : 1)))
  return args.map((x, i) => {
    const axis = axes[i]!
    if (axis === null) return x
    const front = moveToFront(x, axis)
    const missing = ndim - (x.ndim - 1)
    return missing === 0
      ? front
      : reshape(front, [front.shape[0]!, ...Array.from({ length: missing }, () => 1), ...front.shape.slice(1)])
  })
}

/** A function with its primitive, so that tables can walk over the operations. */
export type Operation<F> = F & { readonly primitive: Primitive<null> }

type Unary = (x: NDArray) => NDArray
type Binary = (x: Operand, y: Operand) => NDArray

/** An operation of one argument; `derivative` of tangent `t`, argument `x` and result `y`; `null` where it is zero. */
export const unary = (
  name: string,
  lower: Lowering,
  derivative: ((t: NDArray, x: NDArray, y: NDArray) => NDArray) | null,
  options: { readonly accepts?: Accepts; readonly result?: DType; readonly linear?: (ct: NDArray) => NDArray } = {},
): Operation<Unary> => {
  const { accepts = 'float', result, linear } = options
  const primitive = elementwise({
    name,
    accepts,
    lower,
    derivatives: [derivative === null ? null : (t, y, x) => derivative(t, x, y)],
    ...(linear === undefined ? {} : { transposes: [linear] }),
    ...(result === undefined ? {} : { result }),
  })
  const operation = (x: NDArray): NDArray => {
    if (!(x instanceof NDArray)) throw new ArgumentError(name, 'an array', typeof x)
    return bind1(primitive, [x], null)
  }
  return Object.assign(operation, { primitive })
}

/** An operation of two arguments. */
export const binary = (spec: ElementwiseSpec): Operation<Binary> => {
  const primitive = elementwise(spec)
  const operation = (x: Operand, y: Operand): NDArray =>
    bind1(primitive, operands(spec.name, [x, y], spec.free ?? []), null)
  return Object.assign(operation, { primitive })
}

/** An operation of several arguments. */
export const nary = (spec: ElementwiseSpec): Operation<(...xs: readonly Operand[]) => NDArray> => {
  const primitive = elementwise(spec)
  const operation = (...xs: readonly Operand[]): NDArray =>
    bind1(primitive, operands(spec.name, xs, spec.free ?? []), null)
  return Object.assign(operation, { primitive })
}

/** x + y. */
export const add: Operation<Binary> = binary({
  name: 'add',
  accepts: 'number',
  lower: 'Add',
  derivatives: [(t) => t, (t) => t],
  transposes: [(ct) => ct, (ct) => ct],
})
