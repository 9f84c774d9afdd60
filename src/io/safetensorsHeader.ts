/** The header of safetensors files: read strictly, written as the Python package does. */
import type { DType, Shape } from '../core/index.js'
import { byteLengthOf, isSafeName } from './bytes.js'
import { SafetensorsError } from './errors.js'
import { excessOf } from './json.js'

/** In the order in which the Python package puts the data of tensors into a file. */
const dtypeOfName: Readonly<Record<string, DType>> = {
  U64: 'uint64',
  I64: 'int64',
  F64: 'float64',
  F32: 'float32',
  U32: 'uint32',
  I32: 'int32',
  BF16: 'bfloat16',
  F16: 'float16',
  U16: 'uint16',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
}
const nameOfDtype = new Map(Object.entries(dtypeOfName).map(([name, dtype]) => [dtype, name]))

/** Greatest length of a header, that of the Python package. */
export const maxHeaderBytes = 100_000_000

/** What a tensor is. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

/** Names, then fields, then lists; and no more axes than anybody has. */
const headerLimits = { depth: 3, items: 64 }

/** Where a tensor is in the data of a file, and what it is. */
export interface TensorInfo extends TensorType {
  /** First byte and the one after the last, from the end of the header. */
  readonly begin: number
  readonly end: number
}

/** A file without its data. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorInfo>
  readonly metadata: Readonly<Record<string, string>>
  /** Bytes before the data. */
  readonly dataStart: number
  readonly dataBytes: number
}

const fail = (where: string, expected: string, got: string): never => {
  throw new SafetensorsError(where, expected, got)
}

/**
 * The length of the header, from the first 8 bytes of a file.
 *
 * @throws SafetensorsError if it is larger than the file or than {@link maxHeaderBytes}
 */
export const headerLength = (where: string, start: Uint8Array, fileBytes: number): number => {
  if (fileBytes < 8 || start.byteLength < 8) {
    return fail(where, 'at least 8 bytes', `${fileBytes}; is it a safetensors file, copied whole?`)
  }
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true)
  const most = Math.min(maxHeaderBytes, fileBytes - 8)
  if (length > BigInt(most)) return fail(where, `a header of at most ${most} bytes`, `a length of ${length}`)
  return Number(length)
}

/** The keys of the outermost object of JSON, and of those right inside of it, are each there once. */
const requireUniqueKeys = (where: string, json: string): void => {
  const seen: Set<string>[] = []
  let depth = 0
  for (const [text, isKey] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g)) {
    if (text === '{') seen[++depth] = new Set()
    else if (text === '}') depth--
    else if (isKey !== undefined) {
      const key = JSON.parse(text.slice(0, -isKey.length)) as string
      if (seen[depth]!.has(key)) fail(where, 'each key once', `${JSON.stringify(key)} twice`)
      seen[depth]!.add(key)
    }
  }
}

const isSize = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0

/** Any JSON for messages: never long, however deep it is nested. */
const shown = (u: unknown): string => {
  if (typeof u === 'string') return JSON.stringify(u.slice(0, 40))
  if (Array.isArray(u)) {
    const items = (u.slice(0, 8) as readonly unknown[]).map((x) => (typeof x === 'number' ? x : typeof x))
    return `[${items.join(', ')}${u.length > 8 ? ', …' : ''}]`
  }
  return typeof u === 'object' && u !== null ? 'an object' : String(u)
}

const readInfo = (where: string, name: string, value: unknown): TensorInfo => {
  const at = `${where}, tensor '${name.slice(0, 80)}'`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(at, 'an object with dtype, shape and data_offsets', shown(value))
  }
  const { dtype: dtypeName, shape, data_offsets: offsets, ...rest } = value as Readonly<Record<string, unknown>>
  if (Object.keys(rest).length > 0) return fail(at, 'only dtype, shape and data_offsets', Object.keys(rest).join(', '))
  if (typeof dtypeName !== 'string' || !Object.hasOwn(dtypeOfName, dtypeName)) {
    return fail(at, `a dtype of ${Object.keys(dtypeOfName).join(', ')}`, shown(dtypeName))
  }
  const dtype = dtypeOfName[dtypeName]!
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail(at, 'whole sizes of axes', shown(shape))
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail(at, 'two offsets', shown(offsets))
  }
  const [begin, end] = offsets as [number, number]
  const expected = byteLengthOf(shape, dtype)
  if (end - begin !== expected) {
    return fail(at, `${expected} bytes for ${dtype}[${shape.join()}]`, `data_offsets [${begin}, ${end}]`)
  }
  return { dtype, shape, begin, end }
}

/** @throws SafetensorsError */
const readMetadata = (where: string, value: unknown): Readonly<Record<string, string>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(where, '__metadata__ to be an object of texts', typeof value)
  }
  for (const [key, text] of Object.entries(value)) {
    if (!isSafeName(key)) fail(where, 'keys other than __proto__', '__proto__')
    if (typeof text !== 'string') fail(where, `text for '${key}' in __metadata__`, typeof text)
  }
  return value as Readonly<Record<string, string>>
}

/**
 * The header of a file of `fileBytes`: tensors cover the data without holes or overlaps.
 *
 * @throws SafetensorsError naming what breaks the format
 */
export const parseHeader = (where: string, bytes: Uint8Array, fileBytes: number): SafetensorsHeader => {
  const excess = excessOf(bytes, headerLimits)
  if (excess !== null) return fail(where, 'a header of names, dtypes, shapes and offsets', excess)
  let parsed: unknown
  try {
    const json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    parsed = JSON.parse(json)
    if (bytes[0] !== 0x7b) return fail(where, "a header that starts with '{'", JSON.stringify(json.slice(0, 8)))
    requireUniqueKeys(where, json)
  } catch (error) {
    if (error instanceof SafetensorsError) throw error
    return fail(where, 'a header of JSON', `other text (${(error as Error).message.slice(0, 80)})`)
  }
  const dataStart = 8 + bytes.byteLength
  const dataBytes = fileBytes - dataStart
  const tensors = new Map<string, TensorInfo>()
  let metadata: Readonly<Record<string, string>> = {}
  for (const [name, value] of Object.entries(parsed as object) as readonly (readonly [string, unknown])[]) {
    if (name === '__metadata__') metadata = readMetadata(where, value)
    else if (!isSafeName(name)) return fail(where, 'names other than __proto__', '__proto__')
    else tensors.set(name, readInfo(where, name, value))
  }
  let next = 0
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== next) {
      fail(where, `data without holes or overlaps: '${name.slice(0, 80)}' to begin at ${next}`, `${begin}`)
    }
    next = end
  }
  if (next !== dataBytes) {
    fail(where, `${next} bytes of data`, `${dataBytes}${dataBytes < next ? '; is the file cut off?' : ''}`)
  }
  return { tensors, metadata, dataStart, dataBytes }
}

/**
 * The first bytes of a file, length and header, and the names in the order of their data: larger dtypes first, so that
 * all are aligned, then by name.
 *
 * @throws SafetensorsError for names that the format can't have
 */
export const writeHeader = (
  tensors: Readonly<Record<string, TensorType>>,
  metadata: Readonly<Record<string, string>>,
): readonly [header: Uint8Array, order: readonly string[]] => {
  const where = 'writing safetensors'
  const rank = ([, { dtype }]: readonly [string, TensorType]): number => [...nameOfDtype.keys()].indexOf(dtype)
  const entries = Object.entries(tensors).sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1))
  let next = 0
  // A list, not an object: names such as `0` would come first in it.
  const header: (readonly [name: string, content: unknown])[] = []
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', readMetadata(where, metadata)])
  for (const [name, { dtype, shape }] of entries) {
    if (name === '__metadata__' || !isSafeName(name)) fail(where, 'names of tensors other than that', name)
    if (/\p{Surrogate}/u.test(name)) fail(where, 'names that are valid Unicode', JSON.stringify(name))
    const end = next + byteLengthOf(shape, dtype)
    header.push([name, { dtype: nameOfDtype.get(dtype), shape, data_offsets: [next, end] }])
    next = end
  }
  const fields = header.map(([name, content]) => `${JSON.stringify(name)}:${JSON.stringify(content)}`)
  const json = Buffer.from(`{${fields.join()}}`, 'utf8')
  const padded = Math.ceil(json.byteLength / 8) * 8
  const bytes = Buffer.alloc(8 + padded, ' ')
  bytes.writeBigUInt64LE(BigInt(padded), 0)
  bytes.set(json, 8)
  return [bytes, entries.map(([name]) => name)]
}
