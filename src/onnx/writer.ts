/** Encodes a message of the schema to protobuf, back to front, so that each length is known when it is written. */
import { schema, type FieldSpec, type FieldType, type MessageName } from './schema.js'

type Plain = Readonly<Record<string, unknown>>

interface Column {
  readonly key: string
  readonly type: FieldType
  readonly repeated: boolean
  readonly packed: boolean
  readonly tag: number
}

const WIRE: Readonly<Partial<Record<FieldType, number>>> = { int32: 0, int64: 0, uint64: 0, double: 1, float: 5 }
const columns = new Map<MessageName, readonly Column[]>()

// Fields are written back to front, so the columns are kept in falling order of their numbers.
function columnsOf(message: MessageName): readonly Column[] {
  let found = columns.get(message)
  if (found === undefined) {
    found = Object.entries(schema[message]).map(toColumn).reverse()
    columns.set(message, found)
  }
  return found
}

function toColumn([key, { id, type, repeated }]: readonly [string, FieldSpec]): Column {
  const packed = repeated === true && WIRE[type] !== undefined
  return { key, type, repeated: repeated === true, packed, tag: id * 8 + (packed ? 2 : (WIRE[type] ?? 2)) }
}

/** A growing buffer that is filled from its end towards its start. */
class BackwardWriter {
  #buffer = Buffer.allocUnsafe(4096)
  #start = 4096

  get position(): number {
    return this.#buffer.length - this.#start
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(this.#start))
  }

  #reserve(count: number): number {
    if (count > this.#start) {
      const used = this.position
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + count))
      this.#buffer.copy(grown, grown.length - used, this.#start)
      this.#buffer = grown
      this.#start = grown.length - used
    }
    return (this.#start -= count)
  }

  varint(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value < 128) {
      const at = this.#reserve(1)
      this.#buffer[at] = value
    } else if (typeof value === 'number' && value >= 0 && value <= 0x7fffffff) {
      const size = value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5
      let at = this.#reserve(size)
      let rest = value
      for (const last = at + size - 1; at < last; rest >>>= 7) this.#buffer[at++] = (rest & 127) | 128
      this.#buffer[at] = rest
    } else {
      const bytes: number[] = []
      let rest = BigInt.asUintN(64, BigInt(value))
      for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
      bytes.push(Number(rest))
      this.#buffer.set(bytes, this.#reserve(bytes.length))
    }
  }

  float(value: number): void {
    const at = this.#reserve(4)
    this.#buffer.writeFloatLE(value, at)
  }

  double(value: number): void {
    const at = this.#reserve(8)
    this.#buffer.writeDoubleLE(value, at)
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
  }

  string(value: string): void {
    const length = value.length
    const at = this.#reserve(length)
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 127) {
        this.#start += length
        this.bytes(Buffer.from(value, 'utf8'))
        return
      }
      this.#buffer[at + index] = code
    }
  }
}

function writeValue(writer: BackwardWriter, type: FieldType, value: unknown): void {
  if (type === 'int64' || type === 'int32' || type === 'uint64') writer.varint(value as number | bigint)
  else if (type === 'float') writer.float(value as number)
  else if (type === 'double') writer.double(value as number)
  else {
    const before = writer.position
    if (type === 'string') writer.string(value as string)
    else if (type === 'bytes') writer.bytes(value as Uint8Array)
    else writeMessage(writer, type, value as Plain)
    writer.varint(writer.position - before)
  }
}

function writeMessage(writer: BackwardWriter, message: MessageName, value: Plain): void {
  for (const { key, type, repeated, packed, tag } of columnsOf(message)) {
    const field = value[key]
    if (field === undefined) continue
    if (!repeated) {
      writeValue(writer, type, field)
      writer.varint(tag)
      continue
    }
    const items = field as readonly unknown[]
    if (items.length === 0) continue
    const before = writer.position
    for (let index = items.length - 1; index >= 0; index--) {
      writeValue(writer, type, items[index])
      if (!packed) writer.varint(tag)
    }
    if (packed) {
      writer.varint(writer.position - before)
      writer.varint(tag)
    }
  }
}

/** The protobuf encoding of `value`, a plain object with the fields of `message`; absent fields are not written. */
export function encodeMessage(message: MessageName, value: object): Uint8Array {
  const writer = new BackwardWriter()
  writeMessage(writer, message, value as Plain)
  return writer.finish()
}
