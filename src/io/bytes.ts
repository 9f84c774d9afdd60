/** Arrays as bytes, little endian, row by row. */
import { backend, ConcreteArray, type DType, type NDArray, type Shape, shaped } from '../core/index.js'
import { elementArray, elementBytes } from '../onnx/index.js'

/**
 * The elements of an array as bytes: a view of its memory.
 *
 * @throws ConcretizationError if the array is traced
 */
export const bytesOfArray = (x: NDArray): Uint8Array => {
  const isHalf = x.dtype === 'float16' || x.dtype === 'bfloat16'
  // Of 16-bit floats `data` makes numbers. Only the memory of single elements is used again, of which a copy is small.
  if (isHalf && x instanceof ConcreteArray) {
    const memory = x.storage.read()
    return x.size === 1 ? memory.slice() : memory
  }
  // Marks the memory as viewed, so that it is not used again, and refuses tracers.
  const elements = x.data({ copy: false })
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength)
}

/** Bytes of an array of this shape and dtype; Infinity where that is no safe number. */
export const byteLengthOf = (shape: Shape, dtype: DType): number => {
  let length = elementBytes(dtype)
  for (const size of shape) {
    // A size of 0 later on does not undo an overflow.
    if (size > 0) length *= size
    if (!Number.isSafeInteger(length)) return Infinity
  }
  return shape.includes(0) ? 0 : length
}

/** An array of a copy of these bytes, of which there are as many as the shape needs. */
export const arrayOfBytes = (bytes: Uint8Array, shape: Shape, dtype: DType, weakType = false): NDArray => {
  const aval = shaped(shape, dtype, weakType)
  const width = elementBytes(dtype)
  // Not `slice`, which copies nothing of a Buffer.
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  const view = new (elementArray(dtype))(aligned.buffer, aligned.byteOffset, aligned.byteLength / width)
  return new ConcreteArray(aval, backend().allocate(aval, view))
}

/**
 * An array and its memory, which the caller fills before anybody else sees the array.
 *
 * A backend copies what it is given. Zeros that nobody touched are no memory of their own in the systems of today, so
 * this costs one pass over the new memory, and no second copy of it.
 */
export const arrayToFill = (shape: Shape, dtype: DType, weakType = false): readonly [NDArray, Uint8Array] => {
  const aval = shaped(shape, dtype, weakType)
  const storage = backend().allocateHost(aval)
  return [new ConcreteArray(aval, storage), storage.read()]
}

/** Whether bytes are those of booleans: 0 or 1. */
export const areBooleans = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte > 1) return false
  return true
}

/** A name that the format has and that is not taken yet. */
export const freeName = (name: string, taken: { has(name: string): boolean }): string => {
  let free = name === '' || name.startsWith('__') ? `~${name}` : name
  for (let i = 2; taken.has(free); i++) free = `${name}~${i}`
  return free
}

/** Whether an object can have this key: `__proto__` would change what it is. */
export const isSafeName = (name: string): boolean => name !== '__proto__'
