/** Scalars that stay literals in jaxprs. */
import { ArgumentError } from './errors.js'
import { ConcreteArray, type NDArray, type Scalar } from './array.js'
import { shaped } from './aval.js'
import type { DType } from './dtype.js'
import { isBigInt, isBool, isFloat } from './dtype.js'

const bigIntOf = (value: Scalar): bigint => {
  if (typeof value === 'number' && !Number.isInteger(value)) throw new ArgumentError('a scalar of 64-bit integers', 'a whole number', String(value)) // prettier-ignore
  return BigInt(value)
}

/** A scalar array of a dtype. @throws ArgumentError for a broken number as a 64-bit integer */
export const literal = (value: Scalar, dtype: DType, weakType = false): NDArray => {
  const held = isBool(dtype) ? Boolean(value) : isBigInt(dtype) ? bigIntOf(value) : Number(value)
  return new ConcreteArray(shaped([], dtype, weakType), null, held)
}

/** The dtype that a bare JS value has: booleans bool, whole numbers int32, others float32. */
export const dtypeOfScalar = (value: Scalar): DType =>
  typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' || Number.isInteger(value) ? 'int32' : 'float32'

/** A JS value as a weakly typed scalar. */
export const weakLiteral = (value: Scalar): NDArray => literal(value, dtypeOfScalar(value), typeof value !== 'boolean')

/** The value of a scalar that is known without running anything; `null` if it isn't. */
export const literalValue = (x: NDArray): Scalar | null => (x instanceof ConcreteArray ? x.literal : null)

/** Whether a JS number is within what a dtype can hold without becoming another number than intended. */
export const fits = (value: number, dtype: DType): boolean => isFloat(dtype) || Number.isInteger(value)
