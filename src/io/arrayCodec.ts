/** io-ts codecs of arrays and keys. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import {
  closed,
  DecodeError,
  decodeOptions,
  type DType,
  dtypes,
  isBigInt,
  isFloat,
  integerRange,
  NDArray,
  sizeOf,
} from '../core/index.js'
import { tensor } from '../onnx/index.js'
import { PRNGKey } from '../random/index.js'
import { areBooleans, arrayOfBytes, byteLengthOf, bytesOfArray } from './bytes.js'
import { all, allOf, mapped } from './validation.js'

/**
 * How the elements are written: their bytes in base64, or numbers for people (a NaN then loses its payload), or the bytes
 * themselves: a view of the memory, for `binaryCodec` and messages to workers.
 */
export type ArrayForm = 'base64' | 'numbers' | 'bytes'

/** One element in the form `numbers`: NaN, infinities, -0 and 64-bit integers as text. */
export type ElementJson = number | boolean | string

/** An array as JSON. */
export interface ArrayJson {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** The bytes, little endian, in base64 or as they are; or the elements, row by row. */
  readonly data: string | Uint8Array | readonly ElementJson[]
  /** Whether the dtype gives way to that of arrays it meets. */
  readonly weakType?: true
}

/** Keys as JSON. */
export interface KeyJson {
  readonly impl: string
  readonly data: ArrayJson
}

export interface ArrayCodecOptions {
  /** Default `base64`. */
  readonly form?: ArrayForm
}

/** @internal */
export const formCodec = t.keyof({ base64: null, numbers: null, bytes: null })
const formOptions = closed(t.partial({ form: formCodec }))
const formOf = (where: string, options: ArrayCodecOptions): ArrayForm =>
  decodeOptions(where, formOptions, options).form ?? 'base64'

const maxRank = 64

const elementJson = (x: number | bigint): ElementJson =>
  typeof x === 'bigint' || !Number.isFinite(x) || Object.is(x, -0) ? (Object.is(x, -0) ? '-0' : String(x)) : x

const elementsJson = (x: NDArray, form: ArrayForm): ArrayJson['data'] => {
  const bytes = bytesOfArray(x)
  if (form === 'bytes') return bytes
  if (form === 'base64') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  return Array.from(x.data({ copy: false }) as Iterable<number | bigint>, (element) =>
    x.dtype === 'bool' ? element !== 0 : elementJson(element),
  )
}

/** @internal An array as JSON. */
export const arrayToJson = (x: NDArray, form: ArrayForm): ArrayJson => {
  const json = { dtype: x.dtype, shape: [...x.shape], data: elementsJson(x, form) }
  return x.weakType ? { ...json, weakType: true } : json
}

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

const named = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 } as const

/** One element from JSON; `null` where it is not one of the dtype. */
const elementOf = (u: unknown, dtype: DType): number | bigint | null => {
  if (dtype === 'bool') return typeof u === 'boolean' ? Number(u) : null
  if (isFloat(dtype)) {
    if (typeof u === 'number') return u
    return typeof u === 'string' && Object.hasOwn(named, u) ? named[u as keyof typeof named] : null
  }
  const [least, greatest] = integerRange(dtype)
  if (isBigInt(dtype)) {
    if (typeof u !== 'string' || !/^-?\d{1,20}$/.test(u)) return null
    const value = BigInt(u)
    return value >= least && value <= greatest ? value : null
  }
  return typeof u === 'number' && Number.isInteger(u) && u >= Number(least) && u <= Number(greatest) ? u : null
}

const isSize = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0

const step = (context: t.Context, key: string, actual: unknown, name: string): t.Context =>
  t.appendContext(context, key, { name } as t.Decoder<unknown, unknown>, actual)

const fault = (context: t.Context, value: unknown, message: string): t.Validation<never> => {
  const path = context.map(({ key }) => key).filter((key) => key !== '')
  return t.failure(value, context, `${path.length > 0 ? `${path.join('/')}: ` : ''}${message}`)
}

/** What is wrong with dtype, shape and weakness. */
const headFaults = ({ dtype, shape, weakType }: Readonly<Record<string, unknown>>, context: t.Context): t.Errors => {
  const faults: t.ValidationError[] = []
  const refuse = (key: string, value: unknown, name: string, message: string): void => {
    const result = fault(step(context, key, value, name), value, message)
    if (E.isLeft(result)) faults.push(...result.left)
  }
  if (!dtypes.includes(dtype as DType)) {
    const got = typeof dtype === 'string' ? dtype.slice(0, 40) : typeof dtype
    refuse('dtype', dtype, 'DType', `requires a dtype, one of ${dtypes.join(', ')}; got ${got}`)
  }
  if (!Array.isArray(shape) || shape.length > maxRank || !shape.every(isSize)) {
    refuse('shape', shape, 'Shape', `requires at most ${maxRank} sizes of axes`)
  }
  if (weakType !== undefined && weakType !== true) refuse('weakType', weakType, 'true', 'requires true or nothing')
  return faults
}

/** @internal An array from JSON, its faults with their path. Nothing is allocated before the lengths are known to fit. */
export const arrayFromJson = (u: unknown, context: t.Context): t.Validation<NDArray> => {
  if (!isRecord(u)) return fault(context, u, 'requires an array as { dtype, shape, data }')
  const { dtype, shape, data, weakType } = u
  const faults = headFaults(u, context)
  if (faults.length > 0) return t.failures(faults)
  const type = dtype as DType
  const sizes = shape as readonly number[]
  const at = step(context, 'data', data, 'Elements')
  const byteLength = byteLengthOf(sizes, type)
  if (typeof data === 'string') {
    const chars = 4 * Math.ceil(byteLength / 3)
    if (data.length !== chars) {
      return fault(
        at,
        data.slice(0, 40),
        `requires ${chars} base64 characters for ${type}[${sizes.join()}], got ${data.length}`,
      )
    }
    const bytes = Buffer.from(data, 'base64')
    if (bytes.byteLength !== byteLength || bytes.toString('base64') !== data) {
      return fault(at, data.slice(0, 40), 'requires base64, got other characters')
    }
    if (type === 'bool' && !areBooleans(bytes))
      return fault(at, data.slice(0, 40), 'requires booleans as bytes 0 and 1')
    return t.success(arrayOfBytes(bytes, sizes, type, weakType === true))
  }
  if (data instanceof Uint8Array) {
    const got = `${data.byteLength} bytes`
    if (data.byteLength !== byteLength) {
      return fault(at, got, `requires ${byteLength} bytes for ${type}[${sizes.join()}], got ${got}`)
    }
    if (type === 'bool' && !areBooleans(data)) return fault(at, got, 'requires booleans as bytes 0 and 1')
    return t.success(arrayOfBytes(data, sizes, type, weakType === true))
  }
  if (!Array.isArray(data)) return fault(at, data, 'requires base64 text, bytes or a list of elements')
  const count = byteLength === Infinity ? Infinity : sizeOf(sizes)
  if (data.length !== count) {
    return fault(at, data.length, `requires ${count} elements for ${type}[${sizes.join()}], got ${data.length}`)
  }
  const elements = all(
    mapped(data as readonly unknown[], (item, i): t.Validation<number | bigint> => {
      const element = elementOf(item, type)
      if (element !== null) return t.success(element)
      const got =
        typeof item === 'string' ? `'${item.slice(0, 40)}'` : typeof item === 'number' ? `${item}` : typeof item
      return fault(step(at, `${i}`, item, type), item, `requires an element of ${type}, got ${got}`)
    }),
  )
  if (E.isLeft(elements)) return elements
  const { bytes } = tensor(type, sizes, elements.right as readonly number[])
  return t.success(arrayOfBytes(bytes, sizes, type, weakType === true))
}

/**
 * The codec of arrays of every dtype. Bit-exact in the form `base64`; `numbers` is for people and small arrays.
 * Composes with codecs of your own.
 *
 * @example
 * import * as t from 'io-ts'
 *
 * const Run = t.type({ name: t.string, weights: io.arrayCodec({ form: 'numbers' }) })
 * const json = JSON.stringify(Run.encode({ name: 'a', weights: np.array([1, NaN]) }))
 * json // => '{"name":"a","weights":{"dtype":"float32","shape":[2],"data":[1,"NaN"]}}'
 * io.decodeOrThrow('run.json', Run, JSON.parse(json)).weights // => Array([ 1., nan], dtype=float32)
 * Run.decode({ name: 'a', weights: 1 })._tag // => 'Left'
 */
export const arrayCodec = (options: ArrayCodecOptions = {}): t.Type<NDArray, ArrayJson> => {
  const form = formOf('io.arrayCodec', options)
  return new t.Type(
    'NDArray',
    (u): u is NDArray => u instanceof NDArray,
    arrayFromJson,
    (x) => arrayToJson(x, form),
  )
}

/** @internal Keys of an implementation from their words. */
export const keyOfData = (impl: unknown, words: t.Validation<NDArray>, context: t.Context): t.Validation<PRNGKey> => {
  const known: t.Validation<null> =
    impl === 'threefry2x32'
      ? t.success(null)
      : fault(step(context, 'impl', impl, 'Implementation'), impl, 'requires the implementation threefry2x32')
  const parts = allOf({ words, known })
  if (E.isLeft(parts)) return parts
  const data = parts.right.words
  // In the structure of a function's arguments numbers stand for the arrays.
  if (!(data instanceof NDArray) || (data.dtype === 'uint32' && data.shape.at(-1) === 2)) {
    return t.success(new PRNGKey(data))
  }
  const got = `${data.dtype}[${data.shape.join()}]`
  return fault(
    step(context, 'data', got, 'KeyData'),
    got,
    `requires uint32 words whose last axis has size 2, got ${got}`,
  )
}

/** @internal Keys from JSON. */
export const keyFromJson = (u: unknown, context: t.Context): t.Validation<PRNGKey> => {
  if (!isRecord(u)) return fault(context, u, 'requires a key as { impl, data }')
  return keyOfData(u['impl'], arrayFromJson(u['data'], step(context, 'data', u['data'], 'KeyData')), context)
}

/** @internal Keys as JSON. */
export const keyToJson = (key: PRNGKey, form: ArrayForm): KeyJson => ({
  impl: key.impl,
  data: arrayToJson(key.data, form),
})

/**
 * The codec of random keys, one or an array of them, with their implementation.
 *
 * @example
 * const codec = io.keyCodec({ form: 'numbers' })
 * codec.encode(random.key(7)).data.data // => [0, 7]
 * random.keyData(io.decodeOrThrow('key', codec, codec.encode(random.key(7)))) // => Array([0, 7], dtype=uint32)
 */
export const keyCodec = (options: ArrayCodecOptions = {}): t.Type<PRNGKey, KeyJson> => {
  const form = formOf('io.keyCodec', options)
  return new t.Type(
    'PRNGKey',
    (u): u is PRNGKey => u instanceof PRNGKey,
    keyFromJson,
    (key) => keyToJson(key, form),
  )
}

/**
 * The decoded value.
 *
 * @param source - what is decoded, a file name for example, for the error
 * @throws DecodeError with the path of each fault
 */
export const decodeOrThrow = <A>(source: string, codec: t.Decoder<unknown, A>, data: unknown): A => {
  const result = codec.decode(data)
  if (E.isLeft(result)) throw new DecodeError(source, result.left)
  return result.right
}

export { fault as failAt, isRecord, step as stepInto }
