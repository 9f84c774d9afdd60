/** Values as arrays, and the promotion of their types. */
import {
  ArgumentError,
  backend,
  bind1,
  ConcreteArray,
  config,
  type DType,
  DTypeError,
  dtypes,
  isBigInt,
  isFloat,
  NDArray,
  promotesStrictly,
  promoteTypes,
  type Scalar,
  ShapeError,
  type Shape,
  shaped,
  showAval,
  sizeOf,
  type TypedArray,
  type TypeOfValue,
  weakLiteral,
} from '../core/index.js'
import { convertElementType, reshapeP } from '../lax/index.js'
import { elementArray, tensor } from '../onnx/index.js'

/** What functions of arrays take: an array, a number or a boolean. */
export type ArrayLike = NDArray | number | boolean | bigint

/** Typed arrays over any memory. */
export type HostArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | BigUint64Array

/** What {@link array} takes beside arrays: nested lists of numbers, and typed arrays. */
export type ArrayData = ArrayLike | HostArray | readonly ArrayData[]

const isScalar = (x: unknown): x is Scalar => typeof x === 'number' || typeof x === 'boolean' || typeof x === 'bigint'

/** A value as an array; numbers become weakly typed scalars. @throws ArgumentError */
export const asArray = (x: ArrayLike, where = 'a function of arrays'): NDArray => {
  if (x instanceof NDArray) return x
  if (isScalar(x)) return weakLiteral(x)
  const got: unknown = x
  throw new ArgumentError(
    where,
    'arrays or numbers',
    `${got === null ? 'null' : typeof got}; make an array of it with np.array`,
  )
}

/** Another array of the same elements: one may be donated and the other kept. What is traced is itself. */
export const another = (x: NDArray): NDArray =>
  x instanceof ConcreteArray && x.literal === null ? bind1(reshapeP, [x], { shape: x.shape }) : x

const typedArrayDtypes = new Map<unknown, DType>([
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int8Array, 'int8'],
  [Int16Array, 'int16'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
  [Uint8Array, 'uint8'],
  [Uint8ClampedArray, 'uint8'],
  [Uint16Array, 'uint16'],
  [Uint32Array, 'uint32'],
  [BigUint64Array, 'uint64'],
])

const dtypeOfView = (view: object): DType | null => {
  for (const [type, dtype] of typedArrayDtypes) if (view instanceof (type as new () => object)) return dtype
  return null
}

/** A concrete array from elements in row-major order; float16 and bfloat16 are rounded. */
export const fromElements = (
  data: readonly number[] | readonly bigint[] | HostArray,
  shape: Shape,
  dtype: DType,
): NDArray => {
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError('np.array', `${sizeOf(shape)} elements for the shape [${shape.join()}]`, `${data.length}`)
  }
  const aval = shaped(shape, dtype)
  const isRaw: boolean =
    data instanceof elementArray(dtype) && dtype !== 'float16' && dtype !== 'bfloat16' && dtype !== 'bool'
  const view = isRaw
    ? (data as TypedArray)
    : viewOfBytes(
        dtype,
        tensor(dtype, [data.length], Array.isArray(data) ? data : Array.from(data as Float64Array)).bytes,
      )
  return new ConcreteArray(aval, backend().allocate(aval, view))
}

const viewOfBytes = (dtype: DType, bytes: Uint8Array): TypedArray =>
  new (elementArray(dtype))(bytes.buffer, bytes.byteOffset, bytes.byteLength / elementArray(dtype).BYTES_PER_ELEMENT)

/** Shape of nested lists. @throws ShapeError if they are ragged */
const shapeOf = (data: ArrayData): Shape => {
  if (data instanceof NDArray) return data.shape
  if (!Array.isArray(data)) return ArrayBuffer.isView(data) ? [data.length] : []
  const items = data as readonly ArrayData[]
  if (items.length === 0) return [0]
  const inner = items.map(shapeOf)
  const odd = inner.findIndex((s) => s.join() !== inner[0]!.join())
  if (odd >= 0) {
    throw new ShapeError(
      'np.array',
      'lists of one shape',
      `[${inner[0]!.join()}] at 0 and [${inner[odd]!.join()}] at ${odd}`,
    )
  }
  return [items.length, ...inner[0]!]
}

const elementsOf = (data: ArrayData, into: Scalar[]): Scalar[] => {
  if (data instanceof NDArray)
    for (const x of data.data({ copy: false })) into.push(data.dtype === 'bool' ? x !== 0 : x)
  else if (isScalar(data)) into.push(data)
  else if (ArrayBuffer.isView(data)) for (const x of data as Iterable<Scalar>) into.push(x)
  else if (Array.isArray(data)) for (const item of data as readonly ArrayData[]) elementsOf(item, into)
  else
    throw new ArgumentError('np.array', 'numbers, booleans, arrays, typed arrays or nested lists of them', typeof data)
  return into
}

/** Whether nested lists contain arrays, which may be traced. */
const holdsArrays = (data: ArrayData): boolean =>
  data instanceof NDArray || (Array.isArray(data) && (data as readonly ArrayData[]).some(holdsArrays))

export interface ArrayOptions {
  /** Type of the elements; default float32 for numbers, bool for booleans, a typed array's own. */
  readonly dtype?: DType
}

/** The elements of nested lists without arrays as an array. */
export const fromLists = (data: ArrayData, { dtype }: ArrayOptions): NDArray => {
  const view = ArrayBuffer.isView(data) ? dtypeOfView(data) : null
  const shape = shapeOf(data)
  if (view !== null) {
    const typed = data as HostArray
    return dtype === undefined || dtype === view
      ? fromElements(typed, shape, view)
      : convertElementType(fromElements(typed, shape, view), dtype)
  }
  const elements = elementsOf(data, [])
  const chosen =
    dtype ??
    (elements.length > 0 && elements.every((x) => typeof x === 'boolean')
      ? 'bool'
      : elements.some((x) => typeof x === 'bigint')
        ? 'int64'
        : 'float32')
  const numbers = isBigInt(chosen) ? elements.map((x) => BigInt(x)) : elements.map(Number)
  if (!isFloat(chosen) && !isBigInt(chosen) && chosen !== 'bool') {
    const odd = (numbers as readonly number[]).find((x) => !Number.isInteger(x))
    if (odd !== undefined) return convertElementType(fromElements(numbers, shape, 'float64'), chosen)
  }
  return fromElements(numbers, shape, chosen)
}

export { holdsArrays }

/** The common type of values. */
export const resultType = (...xs: readonly TypeOfValue[]): TypeOfValue => {
  if (xs.length === 0) throw new ArgumentError('np.resultType', 'at least one type', 'none')
  for (const { dtype } of xs) if (!dtypes.includes(dtype)) throw new DTypeError('np.resultType', 'dtypes', dtype)
  return xs.reduce(joined)
}

/** {@link promoteTypes}, as the setting `numpyDtypePromotion` allows. @throws DTypeError */
export const joined = (a: TypeOfValue, b: TypeOfValue): TypeOfValue => {
  if (config.get('numpyDtypePromotion') === 'strict' && !promotesStrictly(a, b)) {
    const got = `${shownType(a)} and ${shownType(b)}; cast one of them with astype`
    throw new DTypeError(
      'promotion',
      "arrays of one dtype, as config.update('numpyDtypePromotion', 'strict') says",
      got,
    )
  }
  return promoteTypes(a, b)
}

const shownType = ({ dtype, weakType }: TypeOfValue): string => (weakType ? `weak ${dtype}` : dtype)

/**
 * Arrays that are to be broadcast, as the setting `numpyRankPromotion` allows: those that aren't scalars are of one rank.
 *
 * @throws ShapeError
 */
export const broadcastable = <T extends readonly NDArray[]>(arrays: T): T => {
  const mode = config.get('numpyRankPromotion')
  if (mode === 'allow' || new Set(arrays.map((x) => x.ndim).filter((n) => n > 0)).size < 2) return arrays
  const got = arrays.map((x) => showAval(x.aval)).join(' and ')
  const expected = `arrays of one rank, as config.update('numpyRankPromotion', '${mode}') says`
  if (mode === 'raise') throw new ShapeError('broadcasting', expected, `${got}; reshape one of them`)
  console.warn(`onnax: broadcasting requires ${expected}, got ${got}`)
  return arrays
}

/** Values cast to their common type. */
export const promote = (...xs: readonly ArrayLike[]): readonly NDArray[] => {
  const arrays = xs.map((x) => asArray(x))
  const { dtype, weakType } = resultType(...arrays.map((x) => x.aval))
  return arrays.map((x) => castLiteral(x, dtype, weakType))
}

/** The floating type of arithmetic on a type: 64-bit integers count as float64, other integers and booleans as float32. */
const inexactType = (type: TypeOfValue): TypeOfValue => {
  if (isFloat(type.dtype)) return type
  if (isBigInt(type.dtype)) return { dtype: 'float64', weakType: false }
  return { dtype: 'float32', weakType: type.weakType }
}

/** Values cast to their common floating type. */
export const promoteInexact = (...xs: readonly ArrayLike[]): readonly NDArray[] => {
  const arrays = xs.map((x) => asArray(x))
  const { dtype, weakType } = inexactType(resultType(...arrays.map((x) => x.aval)))
  return arrays.map((x) => castLiteral(x, dtype, weakType))
}

/** A cast that keeps literals literal. */
const castLiteral = (x: NDArray, dtype: DType, weakType: boolean): NDArray => {
  if (x instanceof ConcreteArray && x.literal !== null && (isFloat(dtype) || Number.isInteger(Number(x.literal)))) {
    const value = isBigInt(dtype) ? BigInt(x.literal) : dtype === 'bool' ? Boolean(x.literal) : Number(x.literal)
    return new ConcreteArray(shaped([], dtype, weakType), null, value)
  }
  // A weak operand beside a strong one keeps nothing of its weakness; a strong one beside a weak stays strong.
  return x.dtype === dtype ? x : convertElementType(x, dtype, weakType)
}
