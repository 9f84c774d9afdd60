/** safetensors: named arrays in a file, as Hugging Face's package reads and writes them. */
import { closeSync, fstatSync, openSync } from 'node:fs'
import * as t from 'io-ts'
import { closed, decodeOptions, type NDArray } from '../core/index.js'
import { areBooleans, arrayOfBytes, arrayToFill, bytesOfArray } from './bytes.js'
import { SafetensorsError } from './errors.js'
import { readAll, systemErrorsAs, writeAtomically } from './files.js'
import { headerLength, parseHeader, type SafetensorsHeader, type TensorInfo, writeHeader } from './safetensorsHeader.js'

/** Arrays by name. */
export type Tensors = Readonly<Record<string, NDArray>>

/** What a file holds. */
export interface Safetensors {
  readonly tensors: Tensors
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>
}

export interface SafetensorsOptions {
  /** Free text by name, stored in the header. */
  readonly metadata?: Readonly<Record<string, string>>
}

const options = closed(t.partial({ metadata: t.record(t.string, t.string) }))

/** The file piece by piece: no more of it is in memory than the arrays themselves. */
function* pieces(tensors: Tensors, { metadata = {} }: SafetensorsOptions): IterableIterator<Uint8Array> {
  const [header, order] = writeHeader(tensors, metadata)
  yield header
  for (const name of order) yield bytesOfArray(tensors[name]!)
}

const refuseBooleans = (where: string, name: string, { dtype }: TensorInfo, bytes: Uint8Array): void => {
  if (dtype === 'bool' && !areBooleans(bytes)) {
    throw new SafetensorsError(`${where}, tensor '${name}'`, 'booleans as bytes 0 and 1', 'other bytes')
  }
}

/** An array whose memory `read` fills from the file. */
const arrayFrom = (where: string, name: string, info: TensorInfo, read: (into: Uint8Array) => void): NDArray => {
  const [x, bytes] = arrayToFill(info.shape, info.dtype)
  read(bytes)
  refuseBooleans(where, name, info, bytes)
  return x
}

/** The header of a file of `size` bytes, which `read` gives from its start. */
const headerFrom = (where: string, size: number, read: (into: Uint8Array) => void): SafetensorsHeader => {
  const start = new Uint8Array(Math.min(8, size))
  read(start)
  const header = new Uint8Array(headerLength(where, start, size))
  read(header)
  return parseHeader(where, header, size)
}

/**
 * @internal What a file of `size` bytes holds, read from its start to its end, straight into the memory of the arrays.
 *
 * @throws SafetensorsError
 */
export const streamTensors = (where: string, size: number, read: (into: Uint8Array) => void): Safetensors => {
  const { tensors, metadata } = headerFrom(where, size, read)
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  const arrays = inOrder.map(([name, info]) => [name, arrayFrom(where, name, info, read)] as const)
  return { tensors: Object.fromEntries(arrays), metadata }
}

/**
 * The bytes of a safetensors file.
 *
 * @throws SafetensorsError for the names `__metadata__` and `__proto__`
 * @example
 * const bytes = io.encodeSafetensors({ w: np.array([1, 2]) }, { metadata: { format: 'pt' } })
 * io.decodeSafetensors(bytes).tensors.w // => Array([1., 2.], dtype=float32)
 */
export const encodeSafetensors = (tensors: Tensors, given: SafetensorsOptions = {}): Uint8Array =>
  Buffer.concat([...pieces(tensors, decodeOptions('io.encodeSafetensors', options, given))])

/**
 * What a safetensors file in memory holds. Strict: the header is JSON with each key once, offsets cover the data without
 * holes or overlaps, lengths fit shapes.
 *
 * @throws SafetensorsError
 */
export const decodeSafetensors = (bytes: Uint8Array, where = 'decodeSafetensors'): Safetensors => {
  const length = headerLength(where, bytes, bytes.byteLength)
  const { tensors, metadata, dataStart } = parseHeader(where, bytes.subarray(8, 8 + length), bytes.byteLength)
  const arrays = [...tensors].map(([name, info]) => {
    const data = bytes.subarray(dataStart + info.begin, dataStart + info.end)
    refuseBooleans(where, name, info, data)
    return [name, arrayOfBytes(data, info.shape, info.dtype)] as const
  })
  return { tensors: Object.fromEntries(arrays), metadata }
}

/**
 * The io-ts codec between the bytes of a file and its arrays.
 *
 * @example
 * const bytes = io.safetensorsCodec.encode({ tensors: { w: np.ones([2]) }, metadata: {} })
 * io.safetensorsCodec.decode(bytes)._tag // => 'Right'
 * io.safetensorsCodec.decode(bytes.subarray(1))._tag // => 'Left'
 */
export const safetensorsCodec: t.Type<Safetensors, Uint8Array> = new t.Type(
  'Safetensors',
  (u): u is Safetensors =>
    typeof u === 'object' && u !== null && 'tensors' in u && 'metadata' in u && typeof u.tensors === 'object',
  (u, context) => {
    if (!(u instanceof Uint8Array)) return t.failure(u, context, 'safetensors requires bytes')
    try {
      return t.success(decodeSafetensors(u, 'safetensors'))
    } catch (error) {
      if (error instanceof SafetensorsError) return t.failure(u, context, error.message)
      throw error
    }
  },
  ({ tensors, metadata }) => encodeSafetensors(tensors, { metadata }),
)

/**
 * Write a file through a temporary one, array by array: it is there whole or not at all.
 *
 * @throws SafetensorsError for the names `__metadata__` and `__proto__`, and where the file can't be written: on a full
 *   disk, for example; an old file is then still there
 */
export const writeSafetensors = (path: string, tensors: Tensors, given: SafetensorsOptions = {}): void => {
  const parts = pieces(tensors, decodeOptions('io.writeSafetensors', options, given))
  systemErrorsAs(
    () => {
      writeAtomically(path, parts)
    },
    (got, cause) => new SafetensorsError('writeSafetensors', `a place for the file ${path}`, got, cause),
  )
}

const reading = <T>(path: string, f: () => T): T =>
  systemErrorsAs(f, (got, cause) => new SafetensorsError('reading safetensors', `the file ${path}`, got, cause))

const readExactly = (where: string, fd: number, into: Uint8Array, position: number): void => {
  const count = readAll(fd, into, position)
  if (count < into.byteLength) throw new SafetensorsError(where, `${into.byteLength} bytes`, `${count}`)
}

/**
 * A file whose header is read and whose arrays are read when they are asked for: for files larger than the memory.
 * Close it after use.
 *
 * @example
 * import { mkdtempSync } from 'node:fs'
 * import { join } from 'node:path'
 * import { tmpdir } from 'node:os'
 *
 * const path = join(mkdtempSync(join(tmpdir(), 'onnax-')), 'a.safetensors')
 * io.writeSafetensors(path, { w: np.ones([2, 3]), b: np.zeros([3], { dtype: 'int32' }) })
 * const file = new io.SafetensorsFile(path)
 * file.names // => ['b', 'w']
 * file.info('w')!.shape // => [2, 3]
 * file.read('b') // => Array([0, 0, 0], dtype=int32)
 * file.close()
 */
export class SafetensorsFile {
  readonly header: SafetensorsHeader
  #fd: number | null

  /** @throws SafetensorsError */
  constructor(readonly path: string) {
    const fd = reading(path, () => openSync(path, 'r'))
    try {
      let at = 0
      const read = (into: Uint8Array): void => {
        readExactly(path, fd, into, at)
        at += into.byteLength
      }
      this.header = reading(path, () => headerFrom(path, fstatSync(fd).size, read))
      this.#fd = fd
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /** Names, sorted. */
  get names(): readonly string[] {
    return [...this.header.tensors.keys()].sort()
  }
  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata
  }

  /** Shape, dtype and place of an array, `undefined` if there is none of the name. */
  info(name: string): TensorInfo | undefined {
    return this.header.tensors.get(name)
  }

  /** One array. @throws SafetensorsError if there is none of the name, or the file was cut off meanwhile, or is closed */
  read(name: string): NDArray {
    const info = this.header.tensors.get(name)
    if (info === undefined) throw new SafetensorsError(`${this.path}.read`, 'a name in the file', `'${name}'`)
    if (this.#fd === null) throw new SafetensorsError(`${this.path}.read`, 'an open file', 'a closed one')
    const fd = this.#fd
    const read = (into: Uint8Array): void => {
      readExactly(`${this.path}, tensor '${name}'`, fd, into, this.header.dataStart + info.begin)
    }
    return reading(this.path, () => arrayFrom(this.path, name, info, read))
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }
}

/** All that a file holds. @throws SafetensorsError */
export const readSafetensors = (path: string): Safetensors => {
  const file = new SafetensorsFile(path)
  try {
    const tensors = Object.fromEntries([...file.header.tensors.keys()].map((name) => [name, file.read(name)]))
    return { tensors, metadata: file.metadata }
  } finally {
    file.close()
  }
}
