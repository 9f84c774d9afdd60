/** Any codec as bytes with a checksum. */
import * as t from 'io-ts'
import { failAt, isRecord } from './arrayCodec.js'
import { byteLengthOf, freeName } from './bytes.js'
import { SafetensorsError } from './errors.js'
import { excessOf, treeLimits } from './json.js'
import { headerLength, parseHeader, type TensorType, writeHeader } from './safetensorsHeader.js'
import { isSealed, noSeal, seal } from './seal.js'
import type { Json } from './treeFormat.js'

/** Before the checksum: the length of the header, and its first characters. */
const prefix = '{"__metadata__":{"sha256":"'
const checksumAt = 8 + prefix.length
/** The entry of the metadata that holds all but the bytes. */
const entry = 'onnax'

type Path = readonly (string | number)[]

/** Where bytes stand in a value, and under which name they are in the file. */
interface Place {
  readonly path: Path
  readonly name: string
  readonly type: TensorType
  readonly bytes: Uint8Array
}

/** The value without its bytes, which go to `places`. */
const takeOut = (value: Json, places: Place[], names: Set<string>, path: Path = []): Json => {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array) {
    places.push(placeOf(path, value, null, names))
    return null
  }
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, i) => takeOut(item, places, names, [...path, i]))
  }
  const record = value as { readonly [key: string]: Json }
  return Object.fromEntries(
    Object.entries(record).map(([key, item]) => {
      if (!(item instanceof Uint8Array)) return [key, takeOut(item, places, names, [...path, key])]
      places.push(placeOf([...path, key], item, key === 'data' ? record : null, names))
      return [key, null]
    }),
  )
}

/** In arrays as JSON, bytes are those of an array, as which other programs can read them. */
const placeOf = (path: Path, bytes: Uint8Array, array: unknown, names: Set<string>): Place => {
  const plain: TensorType = { dtype: 'uint8', shape: [bytes.byteLength] }
  const own = isRecord(array) ? (array as unknown as TensorType) : plain
  const type = byteLengthOf(own.shape, own.dtype) === bytes.byteLength ? own : plain
  const parts = path.filter((part) => part !== 'array' && part !== 'data' && part !== 'entries' && part !== 'value')
  const name = freeName((parts.join('/') || 'data').replaceAll(/\p{Surrogate}/gu, '\ufffd'), names)
  names.add(name)
  return { path, name, type, bytes }
}

const encode = (value: Json): Uint8Array => {
  const places: Place[] = []
  const rest = takeOut(value, places, new Set())
  const text = JSON.stringify({ value: rest, bytes: places.map(({ path, name }) => [name, ...path]) })
  const byName = new Map(places.map((place) => [place.name, place]))
  const types = Object.fromEntries(places.map(({ name, type }) => [name, type]))
  const [header, order] = writeHeader(types, { sha256: noSeal, [entry]: text })
  const parts = [header, ...order.map((name) => byName.get(name)!.bytes)]
  seal(parts, checksumAt)
  return Buffer.concat(parts)
}

/** @throws SafetensorsError */
const decode = (file: Uint8Array): unknown => {
  const where = 'binaryCodec'
  const length = headerLength(where, file, file.byteLength)
  const isOurs = Buffer.from(file.subarray(8, checksumAt)).toString('latin1') === prefix
  if (!isOurs) throw new SafetensorsError(where, 'bytes of a binaryCodec', 'others')
  // Nothing of altered bytes is parsed.
  if (!isSealed(file, checksumAt)) {
    throw new SafetensorsError(where, 'the bytes of their checksum', 'others; they were altered or cut off')
  }
  const { tensors, metadata, dataStart } = parseHeader(where, file.subarray(8, 8 + length), file.byteLength)
  const refuse = (): never => {
    throw new SafetensorsError(where, `a value and the places of bytes in it as metadata '${entry}'`, 'something else')
  }
  const text = metadata[entry] ?? ''
  if (excessOf(Buffer.from(text), treeLimits) !== null) return refuse()
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return refuse()
  }
  if (!isRecord(content) || !Array.isArray(content['bytes'])) return refuse()
  const root: Record<string, unknown> = { value: content['value'] }
  for (const place of content['bytes'] as readonly unknown[]) {
    if (!Array.isArray(place)) return refuse()
    const [name, ...path] = place as readonly unknown[]
    const info = typeof name === 'string' ? tensors.get(name) : undefined
    if (info === undefined) return refuse()
    let holder: unknown = root
    const steps = ['value', ...path]
    for (const [i, step] of steps.entries()) {
      const isStep = typeof step === 'string' || typeof step === 'number'
      if (!isStep || typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, step)) return refuse()
      const fields = holder as Record<string | number, unknown>
      if (i < steps.length - 1) holder = fields[step]
      else if (fields[step] !== null) return refuse()
      else fields[step] = file.subarray(dataStart + info.begin, dataStart + info.end)
    }
  }
  return root['value']
}

/**
 * A codec to bytes from one to JSON: a safetensors file with the arrays, the rest of the value in its metadata, and a
 * checksum over all. Give codecs the form `bytes`, so that arrays go without base64. Composes: the codec may be your own,
 * with codecs of onnax in it.
 *
 * @example
 * import * as t from 'io-ts'
 *
 * const Run = t.type({ name: t.string, opt: io.treeCodec<optax.ScaleByAdamState>({ form: 'bytes' }) })
 * const codec = io.binaryCodec(Run)
 * const bytes = codec.encode({ name: 'first', opt: optax.scaleByAdam().init({ w: np.zeros([2]) }) })
 * io.decodeOrThrow('bytes', codec, bytes).opt.count // => Array(0, dtype=int32)
 * Object.keys(io.decodeSafetensors(bytes).tensors).sort() // => ['opt/count', 'opt/mu/w', 'opt/nu/w']
 * bytes[bytes.length - 1]! ^= 1
 * io.decodeOrThrow('bytes', codec, bytes) // throws DecodeError: bytes: binaryCodec requires the bytes of their checksum
 */
export const binaryCodec = <A>(codec: t.Type<A, unknown>): t.Type<A, Uint8Array> =>
  new t.Type<A, Uint8Array, unknown>(
    `Binary<${codec.name}>`,
    codec.is,
    (u, context) => {
      if (!(u instanceof Uint8Array)) return failAt(context, u, 'requires bytes')
      try {
        return codec.validate(decode(u), context)
      } catch (error) {
        if (error instanceof SafetensorsError) return failAt(context, u, error.message)
        throw error
      }
    },
    (value) => encode(codec.encode(value) as Json),
  )
