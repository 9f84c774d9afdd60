/** Element types of arrays, and JAX's promotion lattice (JEP 9407). */
import type { ElementType } from '../onnx/index.js'

/** The type of an array's elements. */
export type DType = ElementType

/** A dtype and whether it is weak: a JS number adapts to the arrays it meets. */
export interface TypeOfValue {
  readonly dtype: DType
  readonly weakType: boolean
}

export const floatDTypes = ['float16', 'bfloat16', 'float32', 'float64'] as const satisfies readonly DType[]
export const signedDTypes = ['int8', 'int16', 'int32', 'int64'] as const satisfies readonly DType[]
export const unsignedDTypes = ['uint8', 'uint16', 'uint32', 'uint64'] as const satisfies readonly DType[]

/** All dtypes. */
export const dtypes: readonly DType[] = ['bool', ...unsignedDTypes, ...signedDTypes, ...floatDTypes]

export const isFloat = (dtype: DType): boolean => dtype.includes('float')
export const isUnsigned = (dtype: DType): boolean => dtype.startsWith('uint')
export const isSigned = (dtype: DType): boolean => dtype.startsWith('int')
export const isInteger = (dtype: DType): boolean => isSigned(dtype) || isUnsigned(dtype)
export const isBool = (dtype: DType): boolean => dtype === 'bool'
/** Whether the elements are stored as JavaScript bigints. */
export const isBigInt = (dtype: DType): boolean => dtype === 'int64' || dtype === 'uint64'

/** The name in jaxprs: `f32`, `i32`, `bf16`, `bool`. */
export const shortName = (dtype: DType): string =>
  dtype === 'bfloat16' ? 'bf16' : dtype.replace('float', 'f').replace('uint', 'u').replace('int', 'i')

/** Bits of one element. */
export const bitWidth = (dtype: DType): number => (dtype === 'bool' ? 8 : Number(/\d+$/.exec(dtype)![0]))

/** Least and greatest values of an integer dtype. */
export const integerRange = (dtype: DType): readonly [bigint, bigint] => {
  const bits = BigInt(bitWidth(dtype))
  return isUnsigned(dtype) ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
}

/**
 * Whether {@link promoteTypes} casts no array but a number's: both are of one dtype, or one is weak and of a kind that the
 * other's dtype holds.
 */
export const promotesStrictly = (a: TypeOfValue, b: TypeOfValue): boolean => {
  const [nodeA, nodeB] = [nodeOf(a), nodeOf(b)]
  if (nodeA === nodeB) return true
  if (nodeA === 'bool' || nodeB === 'bool') return false
  const holds = (weak: Node, other: Node): boolean =>
    weak === 'int*' || (weak === 'float*' && (other === 'int*' || isFloat(typeOfNode(other).dtype)))
  return holds(nodeA, nodeB) || holds(nodeB, nodeA)
}

interface FloatInfo {
  readonly max: number
  /** Least positive normal number. */
  readonly tiny: number
  /** Distance from 1 to the next number. */
  readonly eps: number
  /** Half of `eps`: the distance from 1 to the previous number. */
  readonly epsneg: number
  /** Bits of the mantissa that are stored. */
  readonly nmant: number
}

const floatInfo = (max: number, tiny: number, nmant: number): FloatInfo => ({
  max,
  tiny,
  eps: 2 ** -nmant,
  epsneg: 2 ** (-nmant - 1),
  nmant,
})

/** Limits of the floating dtypes, NumPy's `finfo`. */
export const floatLimits: Readonly<Record<(typeof floatDTypes)[number], FloatInfo>> = {
  float16: floatInfo(65504, 2 ** -14, 10),
  bfloat16: floatInfo((2 - 2 ** -7) * 2 ** 127, 2 ** -126, 7),
  float32: floatInfo((2 - 2 ** -23) * 2 ** 127, 2 ** -126, 23),
  float64: floatInfo(Number.MAX_VALUE, 2 ** -1022, 52),
}

/** `finfo` of a floating dtype. */
export const limitsOf = (dtype: DType): FloatInfo => floatLimits[dtype as keyof typeof floatLimits]

type Node = DType | 'int*' | 'float*'

const lattice: Readonly<Record<Node, readonly Node[]>> = {
  bool: ['int*'],
  'int*': ['uint8', 'int8'],
  uint8: ['int16', 'uint16'],
  uint16: ['int32', 'uint32'],
  uint32: ['int64', 'uint64'],
  uint64: ['float*'],
  int8: ['int16'],
  int16: ['int32'],
  int32: ['int64'],
  int64: ['float*'],
  'float*': ['bfloat16', 'float16'],
  bfloat16: ['float32'],
  float16: ['float32'],
  float32: ['float64'],
  float64: [],
}

const above = (node: Node): ReadonlySet<Node> => new Set([node, ...lattice[node].flatMap((n) => [...above(n)])])
const upperBounds = new Map((Object.keys(lattice) as Node[]).map((n) => [n, above(n)]))

const join = (a: Node, b: Node): Node => {
  const common = [...upperBounds.get(a)!].filter((n) => upperBounds.get(b)!.has(n))
  return common.find((n) => common.every((m) => upperBounds.get(n)!.has(m)))!
}

const nodeOf = ({ dtype, weakType }: TypeOfValue): Node =>
  !weakType || dtype === 'bool' ? dtype : isFloat(dtype) ? 'float*' : 'int*'

const typeOfNode = (node: Node): TypeOfValue =>
  node === 'int*'
    ? { dtype: 'int32', weakType: true }
    : node === 'float*'
      ? { dtype: 'float32', weakType: true }
      : { dtype: node, weakType: false }

const joins = new Map<string, TypeOfValue>()

/**
 * The type of the result of an operation on two types.
 *
 * @see https://docs.jax.dev/en/latest/jep/9407-type-promotion.html
 */
export const promoteTypes = (a: TypeOfValue, b: TypeOfValue): TypeOfValue => {
  if (a.dtype === b.dtype && a.weakType === b.weakType) return a
  const nodeA = nodeOf(a)
  const nodeB = nodeOf(b)
  const key = `${nodeA} ${nodeB}`
  let joined = joins.get(key)
  if (joined === undefined) joins.set(key, (joined = typeOfNode(join(nodeA, nodeB))))
  return joined
}
