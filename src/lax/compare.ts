/** Comparisons, selection, casts, logic and bits. */
import {
  ArgumentError,
  bind1,
  type DType,
  DTypeError,
  integerRange,
  isBool,
  isFloat,
  isInteger,
  isSigned,
  literal,
  type LowerContext,
  type NDArray,
  type Primitive,
  shaped,
  showAval,
  zero,
  requireArrays,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { binary, type Lowering, nary, type Operation, type Operand, unary } from './elementwise.js'
import { isOnCuda, lowerBitwise, lowerComplement, lowerShift } from './cudaIntegers.js'
import { castTo, elementCode, kernel } from './kernels.js'
import { zerosOf } from './shape.js'

const comparison = (name: string, lower: Lowering, accepts: 'any' | 'number' = 'any') =>
  binary({ name, accepts, lower, derivatives: [null, null], result: 'bool' })

/** x = y. */
export const eq = comparison('eq', 'Equal')
/** x ≠ y. */
export const ne = comparison('ne', (c, inputs, dtype) =>
  c.graph.op('Not', [kernel(c, 'Equal', inputs, dtype, { sameType: false })]),
)
export const lt = comparison('lt', 'Less')
export const le = comparison('le', 'LessOrEqual')
export const gt = comparison('gt', 'Greater')
export const ge = comparison('ge', 'GreaterOrEqual')

/** Neither infinite nor NaN. */
export const isFinite = unary(
  'is_finite',
  (c, [x], dtype) =>
    kernel(c, 'Less', [kernel(c, 'Abs', [x!], dtype), c.graph.scalar(dtype, Infinity)], dtype, { sameType: false }),
  null,
  { result: 'bool' },
)

const selectN: Operation<(...xs: readonly Operand[]) => NDArray> = nary({
  name: 'select_n',
  accepts: 'any',
  lower: (c, [which, onFalse, onTrue], dtype) =>
    kernel(c, 'Where', [which!, onTrue!, onFalse!], dtype, { data: [1, 2] }),
  derivatives: [
    null,
    (t, _y, which) => select(which, t, zerosOf(t.aval)),
    (t, _y, which) => select(which, zerosOf(t.aval), t),
  ],
  transposes: [
    null,
    (ct, which) => select(which, ct, zerosOf(shaped([], ct.dtype))),
    (ct, which) => select(which, zerosOf(shaped([], ct.dtype)), ct),
  ],
  free: [0],
})
export const selectNP = selectN.primitive

/** `onTrue` where `which` holds, else `onFalse`. In the order of XLA's cases: false first. */
export const select = (which: NDArray, onFalse: Operand, onTrue: Operand): NDArray => {
  requireArrays('select_n', [which])
  if (!isBool(which.dtype)) throw new DTypeError('select_n', 'booleans as choice', showAval(which.aval))
  return selectN(which, onFalse, onTrue)
}

/**
 * Elements of the case that `which` names: a boolean of two cases, the first where it is false; or integers from 0 on.
 *
 * @throws ArgumentError unless there are as many cases as booleans tell apart
 * @throws DTypeError unless `which` holds booleans or integers
 */
export const selectByCase = (which: NDArray, ...cases: readonly NDArray[]): NDArray => {
  requireArrays('select_n', [which, ...cases])
  const [first] = cases
  if (first === undefined || (isBool(which.dtype) && cases.length > 2)) {
    throw new ArgumentError(
      'select_n',
      isBool(which.dtype) ? 'one or two cases' : 'at least one case',
      `${cases.length}`,
    )
  }
  if (!isBool(which.dtype) && !isInteger(which.dtype)) {
    throw new DTypeError('select_n', 'booleans or integers as choice', showAval(which.aval))
  }
  if (cases.length === 1) return first
  if (isBool(which.dtype)) return select(which, first, cases[1]!)
  return cases.slice(1).reduce((y, x, i) => select(ge(which, i + 1), y, x), first)
}

// casts

interface Convert {
  readonly newDtype: DType
  readonly weakType: boolean
}

/** XLA saturates floats that an integer can't hold, and takes NaN to 0; ONNX Runtime's cast wraps. */
const floatToInteger = (c: LowerContext, x: OnnxValue, from: DType, to: DType): OnnxValue => {
  const { graph } = c
  const wide: DType = from === 'float64' ? 'float64' : 'float32'
  const value = castTo(c, x, from, wide)
  const [least, greatest] = integerRange(to)
  const bits = to.replace(/\D/g, '')
  const narrow = Number(bits) <= (wide === 'float64' ? 32 : 16)
  const isNaN = graph.op('Not', [graph.op('Equal', [value, value])])
  const known = graph.op('Where', [isNaN, graph.scalar(wide, 0), value])
  if (narrow) {
    const low = graph.op('Max', [known, graph.scalar(wide, Number(least))])
    return graph.op('Cast', [graph.op('Min', [low, graph.scalar(wide, Number(greatest))])], { to: elementCode(to) })
  }
  const limit = Number(greatest + 1n)
  const high = graph.op('GreaterOrEqual', [known, graph.scalar(wide, limit)])
  const low = graph.op('Less', [known, graph.scalar(wide, Number(least))])
  const outside = graph.op('Or', [high, low])
  const cast = graph.op('Cast', [graph.op('Where', [outside, graph.scalar(wide, 0), known])], { to: elementCode(to) })
  const where = (cond: OnnxValue, a: OnnxValue, b: OnnxValue): OnnxValue =>
    kernel(c, 'Where', [cond, a, b], to, { data: [1, 2] })
  return where(high, graph.scalar(to, greatest), where(low, graph.scalar(to, least), cast))
}

export const convertElementTypeP: Primitive<Convert> = {
  name: 'convert_element_type',
  abstractEval: ([x], { newDtype, weakType }) => [shaped(x!.shape, newDtype, weakType)],
  jvp([x], [t], params) {
    const y = bind1(convertElementTypeP, [x!], params)
    const smooth = isFloat(x!.dtype) && isFloat(params.newDtype)
    return [[y], [smooth && t !== zero ? bind1(convertElementTypeP, [t!], params) : zero]]
  },
  transpose: ([ct], [x]) => [
    ct === zero ? zero : bind1(convertElementTypeP, [ct!], { newDtype: x!.aval.dtype, weakType: x!.aval.weakType }),
  ],
  batch: (args, axes, params) => [[bind1(convertElementTypeP, args, params)], axes],
  lower: (c, [x], { newDtype }) => {
    const { dtype } = c.avalsIn[0]!
    if (dtype === newDtype) return [x!]
    if (isFloat(dtype) && isInteger(newDtype)) return [floatToInteger(c, x!, dtype, newDtype)]
    return [castTo(c, x!, dtype, newDtype)]
  },
  showParams: ({ newDtype, weakType }) => `[new_dtype=${newDtype} weak_type=${weakType ? 'True' : 'False'}]`,
}

/** `x` as another dtype. Floats that an integer dtype can't hold saturate; NaN becomes 0. */
export const convertElementType = (x: NDArray, newDtype: DType, weakType = false): NDArray =>
  x.dtype === newDtype && x.weakType === weakType ? x : bind1(convertElementTypeP, [x], { newDtype, weakType })

// logic and bits

const logic = (name: string, onBool: string, onBits: 'BitwiseAnd' | 'BitwiseOr' | 'BitwiseXor') =>
  binary({
    name,
    accepts: 'bits',
    lower: (c, inputs, dtype) =>
      !isBool(dtype) && isOnCuda(c)
        ? lowerBitwise(c, onBits, inputs, dtype)
        : kernel(c, isBool(dtype) ? onBool : onBits, inputs, dtype),
    derivatives: [null, null],
  })

/** Logical, or bitwise, and. */
export const and = logic('and', 'And', 'BitwiseAnd')
/** Logical, or bitwise, or. */
export const or = logic('or', 'Or', 'BitwiseOr')
/** Logical, or bitwise, exclusive or. */
export const xor = logic('xor', 'Xor', 'BitwiseXor')
/** Logical, or bitwise, complement. */
export const not = unary(
  'not',
  (c, [x], dtype) =>
    !isBool(dtype) && isOnCuda(c)
      ? lowerComplement(c, x!, dtype)
      : kernel(c, isBool(dtype) ? 'Not' : 'BitwiseNot', [x!], dtype),
  null,
  { accepts: 'bits' },
)

/** Shifts run on unsigned words of at least 32 bits, so that what leaves the word is lost as in the narrow dtype. */
const shift =
  (direction: 'LEFT' | 'RIGHT'): Lowering =>
  (c, [x, y], dtype) => {
    if (isOnCuda(c)) return lowerShift(c, direction, [x!, y!], dtype)
    const unsigned = (isSigned(dtype) ? `u${dtype}` : dtype) as DType
    const word: DType = unsigned === 'uint64' ? 'uint64' : unsigned === 'uint8' ? 'uint8' : 'uint32'
    const asWord = (v: OnnxValue): OnnxValue => castTo(c, castTo(c, v, dtype, unsigned), unsigned, word)
    const shifted = c.graph.op('BitShift', [asWord(x!), asWord(y!)], { direction })
    return castTo(c, castTo(c, shifted, word, unsigned), unsigned, dtype)
  }

/** x · 2^y of the bits; 0 from a shift of the whole width on. */
export const shiftLeft = binary({
  name: 'shift_left',
  accepts: 'integer',
  lower: shift('LEFT'),
  derivatives: [null, null],
})
/** The bits moved down, zeros put in. */
export const shiftRightLogical = binary({
  name: 'shift_right_logical',
  accepts: 'integer',
  lower: shift('RIGHT'),
  derivatives: [null, null],
})

/** The bits moved down, copies of the highest put in. */
export const shiftRightArithmetic = (x: NDArray, y: NDArray): NDArray => {
  requireArrays('shift_right_arithmetic', [x, y])
  if (!isInteger(x.dtype)) throw new DTypeError('shift_right_arithmetic', 'integers', showAval(x.aval))
  const highest = integerRange(x.dtype)[1] >> 1n
  const isNegative = isSigned(x.dtype) ? lt(x, 0) : gt(x, literal(highest, x.dtype))
  return select(isNegative, shiftRightLogical(x, y), not(shiftRightLogical(not(x), y)))
}
