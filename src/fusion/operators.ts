/** ONNX operators on vectors of four elements: numbers are float32, conditions are words of all or no bits. */
import { instruction, simd, type Code } from './webAssembly.js'

/** What a value holds. */
export type Kind = 'number' | 'condition'

/** A value on the vector stack machine: code that pushes it. */
export interface Vector {
  readonly kind: Kind
  readonly push: Code
  /** Whether all elements of the array are the same number. */
  readonly isUniform?: boolean
}

/** Keeps what `code` pushes in a local that is set before the loop, and gives the code that pushes it. */
export type Hoist = (code: Code) => Code

const constant = (value: number): Code =>
  instruction.vector(new Uint32Array(Float32Array.of(value, value, value, value).buffer))

/** Code that pushes a number or a condition that is known. */
export const literal = (kind: Kind, value: number): Code =>
  kind === 'number' ? constant(value) : instruction.vector(new Uint32Array(4).fill(value === 0 ? 0 : 0xffffffff))

const f32 = {
  abs: simd(0xe0),
  neg: simd(0xe1),
  sqrt: simd(0xe3),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  min: simd(0xe8),
  max: simd(0xe9),
  eq: simd(0x41),
  ne: simd(0x42),
  lt: simd(0x43),
  gt: simd(0x44),
  le: simd(0x45),
  ge: simd(0x46),
  ceil: simd(0x67),
  floor: simd(0x68),
  nearest: simd(0x6a),
} as const
const v128 = {
  not: simd(0x4d),
  and: simd(0x4e),
  or: simd(0x50),
  xor: simd(0x51),
  bitselect: simd(0x52),
} as const

const f64 = {
  div: simd(0xf3),
  mul: simd(0xf2),
  /** The two lower elements in float64. */
  promoteLow: simd(0x5f),
  /** Both elements in float32, then zeros. */
  demote: simd(0x5e),
} as const
const lowerHalves = simd(13, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
const upperHalf = simd(13, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)

/** Result of an operator, or `null` where it has none on such operands. */
export type Operator = (
  operands: readonly Vector[],
  attributes: ReadonlyMap<string, unknown>,
  hoist: Hoist,
) => Vector | null

/**
 * Division of all elements by one number: a product with its reciprocal in float64, which rounds to the very quotient. An
 * exact quotient of two numbers of 24 bits is no nearer to the middle between two float32 than 2^-49 of itself, and the product is off by 2^-52 of it.
 * The divider is what an optimizer's update waits for otherwise.
 */
const uniformDivision = (dividend: Vector, divisor: Vector, hoist: Hoist): Vector => {
  const one = [...constant(1), ...f64.promoteLow]
  const reciprocal = hoist([...one, ...divisor.push, ...f64.promoteLow, ...f64.div])
  const quotients = (half: Code): Code => [...half, ...f64.promoteLow, ...reciprocal, ...f64.mul, ...f64.demote]
  const upper = [...dividend.push, ...dividend.push, ...upperHalf]
  return { kind: 'number', push: [...quotients(dividend.push), ...quotients(upper), ...lowerHalves] }
}

const all = (operands: readonly Vector[], kind: Kind): boolean => operands.every((x) => x.kind === kind)

const plain =
  (from: Kind, to: Kind, code: Code): Operator =>
  (operands) =>
    all(operands, from) ? { kind: to, push: [...operands.flatMap((x) => x.push), ...code] } : null

/** Of two or more operands, from left to right. */
const folded =
  (code: Code): Operator =>
  (operands) =>
    all(operands, 'number')
      ? { kind: 'number', push: operands.flatMap((x, i) => (i === 0 ? x.push : [...x.push, ...code])) }
      : null

const number = (code: Code): Operator => plain('number', 'number', code)
const comparison = (code: Code): Operator => plain('number', 'condition', code)
const logic = (code: Code): Operator => plain('condition', 'condition', code)

const FLOAT = 1
const BOOL = 9

/** The operators by name. Their arithmetic is IEEE's, as that of ONNX Runtime's kernels: the bits are the same. */
export const operators: Readonly<Partial<Record<string, Operator>>> = {
  Abs: number(f32.abs),
  Neg: number(f32.neg),
  Sqrt: number(f32.sqrt),
  Floor: number(f32.floor),
  Ceil: number(f32.ceil),
  Round: number(f32.nearest),
  Add: number(f32.add),
  Sub: number(f32.sub),
  Mul: number(f32.mul),
  Div: (operands, attributes, hoist) => {
    const [x, y] = operands as readonly [Vector, Vector]
    return all(operands, 'number') && y.isUniform === true && x.isUniform !== true
      ? uniformDivision(x, y, hoist)
      : number(f32.div)(operands, attributes, hoist)
  },
  Min: folded(f32.min),
  Max: folded(f32.max),
  Reciprocal: ([x]) =>
    x!.kind === 'number' ? { kind: 'number', push: [...constant(1), ...x!.push, ...f32.div] } : null,
  Less: comparison(f32.lt),
  LessOrEqual: comparison(f32.le),
  Greater: comparison(f32.gt),
  GreaterOrEqual: comparison(f32.ge),
  Equal: (operands, ...rest) =>
    all(operands, 'number')
      ? comparison(f32.eq)(operands, ...rest)
      : logic([...v128.xor, ...v128.not])(operands, ...rest),
  Not: logic(v128.not),
  And: logic(v128.and),
  Or: logic(v128.or),
  Xor: logic(v128.xor),
  Where: ([which, onTrue, onFalse]) =>
    which!.kind === 'condition' && onTrue!.kind === onFalse!.kind
      ? { kind: onTrue!.kind, push: [...onTrue!.push, ...onFalse!.push, ...which!.push, ...v128.bitselect] }
      : null,
  Cast: ([x], attributes) => {
    const to = Number(attributes.get('to'))
    if (to === FLOAT) {
      return x!.kind === 'number' ? x! : { kind: 'number', push: [...x!.push, ...constant(1), ...v128.and] }
    }
    if (to !== BOOL) return null
    return x!.kind === 'condition' ? x! : { kind: 'condition', push: [...x!.push, ...constant(0), ...f32.ne] }
  },
  Sign: ([x]) => {
    if (x!.kind !== 'number') return null
    const sign = [...x!.push, ...constant(-0), ...v128.and, ...constant(1), ...v128.or]
    // Zeros and NaN are their own sign.
    const itself = [...f32.abs, ...constant(0), ...f32.gt]
    return { kind: 'number', push: [...sign, ...x!.push, ...x!.push, ...itself, ...v128.bitselect] }
  },
  Identity: ([x]) => x!,
}
