/** Abstract values: what tracing knows of an array. */
import { type DType, dtypes, shortName } from './dtype.js'
import { DTypeError, ShapeError } from './errors.js'

export { showAval } from './showAval.js'

/** Sizes of the axes of an array. */
export type Shape = readonly number[]

/** Shape and dtype of an array. Equal avals are almost always one object: compare with `===` first, then {@link equalAvals}. */
export interface ShapedArray {
  readonly shape: Shape
  readonly dtype: DType
  /** Whether the dtype gives way to that of arrays it meets, as a JS number's does. */
  readonly weakType: boolean
}

const maxInterned = 1 << 16
const interned = new Map<string, ShapedArray>()

/** Untyped callers may ask for anything; once for each kind of aval. */
const checkAval = (shape: Shape, dtype: DType): void => {
  if (!dtypes.includes(dtype)) throw new DTypeError('an array', `one of the dtypes ${dtypes.join(', ')}`, `'${dtype}'`)
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new ShapeError('an array', 'a shape of whole numbers', `[${shape.join()}]`)
  }
}

/** The aval of a shape and a dtype. @throws ShapeError, DTypeError if there is no such shape or dtype */
export const shaped = (shape: Shape, dtype: DType, weakType = false): ShapedArray => {
  const key = `${dtype}${weakType ? '*' : ' '}${shape.join()}`
  let aval = interned.get(key)
  if (aval === undefined) {
    checkAval(shape, dtype)
    if (interned.size >= maxInterned) interned.clear()
    aval = Object.freeze({ shape: Object.freeze([...shape]), dtype, weakType })
    interned.set(key, aval)
  }
  return aval
}

/** Whether two shapes are equal. */
export const equalShapes = (a: Shape, b: Shape): boolean => {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Whether two avals are equal, weakness included. */
export const equalAvals = (a: ShapedArray, b: ShapedArray): boolean =>
  a === b || (a.dtype === b.dtype && a.weakType === b.weakType && equalShapes(a.shape, b.shape))

/** Number of elements. */
export const sizeOf = (shape: Shape): number => {
  let size = 1
  for (const n of shape) size *= n
  return size
}

/** An aval with another shape. */
export const withShape = (aval: ShapedArray, shape: Shape): ShapedArray => shaped(shape, aval.dtype, aval.weakType)

/** The aval as a strong type. */
export const strengthened = (aval: ShapedArray): ShapedArray => (aval.weakType ? shaped(aval.shape, aval.dtype) : aval)

/** `f32[2,3]`, as jaxprs print it. */
export const showAvalShort = (aval: ShapedArray): string => `${shortName(aval.dtype)}[${aval.shape.join()}]`

/** Strides, in elements, of a row-major array. */
export const rowMajorStrides = (shape: Shape): readonly number[] => {
  const strides = new Array<number>(shape.length)
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}
