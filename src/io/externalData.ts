/** Weights of an ONNX file in a file beside it, as the format has them: no limit of 2 GB, and read without a copy. */
import { closeSync, fstatSync, openSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ArgumentError, type NDArray, crc32 } from '../core/index.js'
import { ConstantTensor, elementTypeOfCode, type TensorProto } from '../onnx/index.js'
import { arrayToFill, areBooleans, byteLengthOf, bytesOfArray } from './bytes.js'
import { OnnxFileError } from './errors.js'
import { readAll, systemErrorsAs, writeAtomically } from './files.js'
import type { OnnxPort } from './onnxSignature.js'
import type { Tensors } from './safetensors.js'

/** Smaller arrays stay in the model. */
const leastBytes = 1024
/** Systems map files in pages, and larger ones in units of this. */
const pageBytes = 4096
const unitBytes = 65_536
const unitFrom = 1 << 20

/** A file name, or names of folders and one: nothing that leads out of a folder. */
const isInside = (location: string): boolean =>
  location !== '' &&
  !/[\\:\0]/.test(location) &&
  location.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

const align = (offset: number, byteLength: number): number => {
  const unit = byteLength >= unitFrom ? unitBytes : pageBytes
  return Math.ceil(offset / unit) * unit
}

/** The file with the weights of a model. */
export class ExternalData {
  /** Its length in bytes. */
  readonly byteLength: number
  readonly #places = new Map<string, { readonly x: NDArray; readonly offset: number; readonly length: number }>()

  /** @internal @throws ArgumentError if the name leads out of a folder */
  constructor(
    /** Its name. */
    readonly location: string,
    tensors: Tensors,
  ) {
    if (!isInside(location)) throw new ArgumentError('exportOnnx', 'a name of a file as { location }', location)
    let end = 0
    for (const [name, x] of Object.entries(tensors)) {
      const length = byteLengthOf(x.shape, x.dtype)
      if (length < leastBytes) continue
      const offset = align(end, length)
      this.#places.set(name, { x, offset, length })
      end = offset + length
    }
    this.byteLength = end
  }

  /** @internal CRC-32 of each weight, by name. */
  checksums(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#places].map(([name, { x }]) => [name, crc32(bytesOfArray(x))]))
  }

  /** @internal The initializer of a weight that is in the file. */
  proto(name: string): TensorProto | undefined {
    const place = this.#places.get(name)
    if (place === undefined) return undefined
    const { rawData: _, ...rest } = new ConstantTensor(place.x.dtype, place.x.shape, new Uint8Array()).toProto(name)
    const fields = { location: this.location, offset: String(place.offset), length: String(place.length) }
    return {
      ...rest,
      dataLocation: 1,
      externalData: Object.entries(fields).map(([key, value]) => ({ key, value })),
    }
  }

  /** The file piece by piece, the memory of the arrays itself. */
  *pieces(): IterableIterator<Uint8Array> {
    let at = 0
    for (const { x, offset, length } of this.#places.values()) {
      if (offset > at) yield new Uint8Array(offset - at)
      yield bytesOfArray(x)
      at = offset + length
    }
  }

  /** The whole file. */
  toBytes(): Uint8Array {
    return Buffer.concat([...this.pieces()])
  }
}

/**
 * Write a model of {@link exportOnnx}, and its weights beside it if they are external. Each file is there whole or not at
 * all; the weights come first.
 *
 * @throws OnnxFileError where they can't be written: on a full disk, for example; an old file is then still there
 */
export const writeOnnx = (
  path: string,
  { bytes, external }: { readonly bytes: Uint8Array; readonly external: ExternalData | null },
): void => {
  const write = (to: string, pieces: Iterable<Uint8Array>): void => {
    systemErrorsAs(
      () => {
        writeAtomically(to, pieces)
      },
      (got, cause) => new OnnxFileError('writeOnnx', `a place for the file ${to}`, got, cause),
    )
  }
  if (external !== null) write(join(dirname(path), external.location), external.pieces())
  write(path, [bytes])
}

/** A weight that is in another file. */
export interface ExternalTensor extends OnnxPort {
  readonly shape: readonly number[]
  readonly location: string
  readonly offset: number
  readonly length: number
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 0

/** Those of the initializers that are in other files. @throws OnnxFileError */
export const externalTensors = (where: string, protos: readonly TensorProto[]): readonly ExternalTensor[] =>
  protos.flatMap(({ name = '', dims = [], dataType, dataLocation, externalData = [] }) => {
    if (dataLocation === undefined || dataLocation === 0) return []
    const at = `${where}, weight '${name.slice(0, 80)}'`
    const refuse = (expected: string, got: string): never => {
      throw new OnnxFileError(at, expected, got)
    }
    const field = (key: string): string | undefined => externalData.find((entry) => entry.key === key)?.value
    const dtype = elementTypeOfCode(dataType)
    if (dtype === null) return refuse('a known type', `type ${dataType}`)
    if (dims.length > 64 || !dims.every(isCount)) return refuse('sizes of axes', `[${dims.slice(0, 8).join()}]`)
    const location = field('location') ?? ''
    if (!isInside(location)) return refuse('a file in the folder of the model', JSON.stringify(location.slice(0, 80)))
    const length = byteLengthOf(dims, dtype)
    const offset = Number(field('offset') ?? 0)
    if (!isCount(offset)) return refuse('an offset', field('offset')!.slice(0, 40))
    const given = field('length')
    if (given !== undefined && Number(given) !== length) return refuse(`${length} bytes`, given.slice(0, 40))
    return [{ name, dtype, shape: dims, location, offset, length }]
  })

/** A file of weights. */
export interface ExternalFile {
  readonly size: number
  readonly read: (into: Uint8Array, offset: number) => void
}

/** A file that is in memory. */
export const bytesFile = (bytes: Uint8Array): ExternalFile => ({
  size: bytes.byteLength,
  read: (into, offset) => {
    into.set(bytes.subarray(offset, offset + into.byteLength))
  },
})

/** The weights, each read into its own memory; without checksums, as they are. @throws OnnxFileError if a file is too short, or two weights share bytes */
export const readExternal = (
  where: string,
  tensors: readonly ExternalTensor[],
  checksums: Readonly<Record<string, number>> | null,
  open: (location: string, where: string) => ExternalFile,
): readonly NDArray[] => {
  const files = new Map<string, ExternalFile>()
  const ends = new Map<string, number>()
  // All is checked before anything is allocated: as many bytes as the files have.
  for (const { name, location, offset, length } of [...tensors].sort((a, b) => a.offset - b.offset)) {
    const at = `${where}, weight '${name.slice(0, 80)}'`
    let file = files.get(location)
    if (file === undefined) files.set(location, (file = open(location, at)))
    const end = ends.get(location) ?? 0
    if (length > 0 && offset < end) throw new OnnxFileError(at, `data from ${end} on`, `an offset of ${offset}`)
    if (offset + length > file.size)
      throw new OnnxFileError(at, `${offset + length} bytes of ${location}`, `${file.size}`)
    ends.set(location, Math.max(end, offset + length))
  }
  return tensors.map(({ name, dtype, shape, location, offset }) => {
    const [x, bytes] = arrayToFill(shape, dtype)
    files.get(location)!.read(bytes, offset)
    if (checksums !== null && !(Object.hasOwn(checksums, name) && crc32(bytes) === checksums[name])) {
      throw new OnnxFileError(
        `${where}, weight '${name.slice(0, 80)}'`,
        `the data of its checksum in ${location}`,
        'others',
      )
    }
    if (dtype === 'bool' && !areBooleans(bytes)) {
      throw new OnnxFileError(`${where}, weight '${name}'`, 'booleans as bytes 0 and 1', 'other bytes')
    }
    return x
  })
}

/** Files of a folder, open until they are closed. Links that lead out of it are none of its files. */
export class FolderFiles {
  readonly #open: number[] = []
  constructor(readonly folder: string) {}

  /** @throws OnnxFileError */
  open(where: string, location: string): ExternalFile {
    const path = join(this.folder, location)
    try {
      const inside = relative(realpathSync(this.folder), realpathSync(path)).replaceAll('\\', '/')
      if (!isInside(inside)) throw new OnnxFileError(where, 'a file in the folder of the model', `a link out of it`)
      const fd = openSync(path, 'r')
      this.#open.push(fd)
      const read = (into: Uint8Array, offset: number): void => {
        const count = readAll(fd, into, offset)
        if (count < into.byteLength) throw new OnnxFileError(where, `${into.byteLength} bytes`, `${count}`)
      }
      return { size: fstatSync(fd).size, read }
    } catch (error) {
      if (error instanceof OnnxFileError) throw error
      throw new OnnxFileError(where, `the file ${path}`, (error as NodeJS.ErrnoException).code ?? 'an error')
    }
  }

  close(): void {
    for (const fd of this.#open.splice(0)) closeSync(fd)
  }
}
