/** Constant tensors of a model: elements given as numbers, bigints or bits, kept as bytes. */
import {
  elementArray,
  elementBytes,
  elementCode,
  isBigintType,
  type ElementType,
  type TypedArray,
} from './elementType.js'
import { toBfloat16Bits, toFloat16Bits } from './halfFloat.js'
import type { TensorProto } from './proto.js'

/**
 * Elements of a constant, row by row. A typed array of the type's own kind (`Uint16Array` for float16 and bfloat16)
 * gives the stored bits; anything else is converted element by element.
 */
export type ElementData = readonly number[] | readonly bigint[] | TypedArray

/** A tensor whose elements do not fit its shape. */
export class TensorSizeError extends TypeError {
  override readonly name = 'TensorSizeError'
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly got: number
  constructor(type: ElementType, shape: readonly number[], got: number) {
    const expected = shape.reduce((product, size) => product * size, 1)
    super(
      `constant requires ${expected} elements for ${type}[${shape.join(',')}], got ${got}; pass one for each place.`,
    )
    this.type = type
    this.shape = shape
    this.got = got
  }
}

/** A constant tensor; `bytes` are its elements, little endian. */
export class ConstantTensor {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
  constructor(type: ElementType, shape: readonly number[], bytes: Uint8Array) {
    this.type = type
    this.shape = shape
    this.bytes = bytes
  }

  /** The elements of an int64 tensor: axes, shapes. */
  integers(): readonly number[] {
    return Array.from(new BigInt64Array(this.bytes.slice().buffer), Number)
  }

  /** All elements, `count` times, as bits. */
  repeated(count: number): TypedArray {
    const bytes = new Uint8Array(this.bytes.length * count)
    for (let i = 0; i < count; i++) bytes.set(this.bytes, i * this.bytes.length)
    return new (elementArray(this.type))(bytes.buffer)
  }

  /** The message of this tensor; `name` for an initializer, none inside an attribute. */
  toProto(name?: string): TensorProto {
    const content = { dims: this.shape, dataType: elementCode(this.type), rawData: this.bytes }
    return name === undefined ? content : { ...content, name }
  }

  /** Element type, shape and, for at most 16 elements, the elements: `int64[2]{1, 3}`. */
  toString(): string {
    const count = this.bytes.byteLength / elementBytes(this.type)
    const head = `${this.type}[${this.shape.join(',')}]`
    if (count > 16) return head
    const copy = this.bytes.slice()
    return `${head}{${Array.from(new (elementArray(this.type))(copy.buffer), String).join(', ')}}`
  }
}

/**
 * A constant of `type` and `shape` with a copy of `data`.
 * @throws TensorSizeError where the number of elements is not the shape's.
 */
export function tensor(type: ElementType, shape: readonly number[], data: ElementData): ConstantTensor {
  let size = 1
  for (const length of shape) size *= length
  if (data.length !== size) throw new TensorSizeError(type, shape, data.length)
  const array = toTypedArray(type, data)
  return new ConstantTensor(type, shape, new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
}

function toTypedArray(type: ElementType, data: ElementData): TypedArray {
  const ArrayType = elementArray(type)
  if (data instanceof ArrayType) return data.slice()
  const array = new ArrayType(data.length)
  const convert = converter(type)
  for (let index = 0; index < data.length; index++) array[index] = convert(data[index]!)
  return array
}

function converter(type: ElementType): (value: number | bigint) => number | bigint {
  if (isBigintType(type)) return BigInt
  if (type === 'float16') return (value) => toFloat16Bits(Number(value))
  if (type === 'bfloat16') return (value) => toBfloat16Bits(Number(value))
  if (type === 'bool') return (value) => (Number(value) === 0 ? 0 : 1)
  return Number
}
