/** The element types of ONNX tensors that onnax uses: codes, sizes, storage. */

const ELEMENT_TYPES = {
  float32: { code: 1, bytes: 4, array: Float32Array },
  uint8: { code: 2, bytes: 1, array: Uint8Array },
  int8: { code: 3, bytes: 1, array: Int8Array },
  uint16: { code: 4, bytes: 2, array: Uint16Array },
  int16: { code: 5, bytes: 2, array: Int16Array },
  int32: { code: 6, bytes: 4, array: Int32Array },
  int64: { code: 7, bytes: 8, array: BigInt64Array },
  bool: { code: 9, bytes: 1, array: Uint8Array },
  float16: { code: 10, bytes: 2, array: Uint16Array },
  float64: { code: 11, bytes: 8, array: Float64Array },
  uint32: { code: 12, bytes: 4, array: Uint32Array },
  uint64: { code: 13, bytes: 8, array: BigUint64Array },
  bfloat16: { code: 16, bytes: 2, array: Uint16Array },
} as const

/** The name of a tensor's element type; `bool` is one byte an element, `float16` and `bfloat16` are stored as their bits. */
export type ElementType = keyof typeof ELEMENT_TYPES

/** The typed array that stores elements of type `T`: bits as `Uint16Array` for the 16-bit floats, `Uint8Array` for bool. */
export type TypedArrayOf<T extends ElementType> = InstanceType<(typeof ELEMENT_TYPES)[T]['array']>

/** Any typed array that stores tensor elements. */
export type TypedArray = TypedArrayOf<ElementType>

/** A constructor of typed arrays, narrowed to what allocation and viewing need. */
export interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): TypedArray
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray
}

/** All element types, in the order of their ONNX codes. */
export const elementTypes = Object.keys(ELEMENT_TYPES) as readonly ElementType[]

/** The code of `type` in ONNX's `TensorProto.DataType` (and in ONNX Runtime's C API, which uses the same). */
export function elementCode(type: ElementType): number {
  return ELEMENT_TYPES[type].code
}

/** Bytes per element of `type`. */
export function elementBytes(type: ElementType): number {
  return ELEMENT_TYPES[type].bytes
}

/** The constructor of the typed array that stores `type`. */
export function elementArray(type: ElementType): TypedArrayConstructor {
  return ELEMENT_TYPES[type].array
}

/** The element type of an ONNX code, or null for one that onnax does not use (strings, complex, 8- and 4-bit floats). */
export function elementTypeOfCode(code: number): ElementType | null {
  return elementTypes.find((type) => ELEMENT_TYPES[type].code === code) ?? null
}

/** Whether elements of `type` are JavaScript bigints in its typed array. */
export function isBigintType(type: ElementType): type is 'int64' | 'uint64' {
  return type === 'int64' || type === 'uint64'
}
