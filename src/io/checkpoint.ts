/** One checkpoint: a folder with the arrays of a tree, and a manifest of all else. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { DecodeError, sha256 } from '../core/index.js'
import { CheckpointError, SafetensorsError } from './errors.js'
import { excessOf, treeLimits } from './json.js'
import { temporaryBeside } from './files.js'
import { type Checksums, CheckedReader, pieceBytes, pieceCount, writePieces } from './pieces.js'
import { streamTensors, type Tensors } from './safetensors.js'
import type { Metrics, Snapshot } from './snapshot.js'
import { referToTensors } from './tensorStore.js'
import { type ArrayStore, inlineArrays, type TreeFormat } from './treeFormat.js'

const arraysFile = 'arrays.safetensors'
const manifestFile = 'manifest.json'

const ManifestCodec = t.type(
  {
    format: t.literal('onnax-checkpoint'),
    version: t.literal(1),
    step: t.number,
    /** Milliseconds since 1970. */
    savedAt: t.number,
    metrics: t.unknown,
    tree: t.unknown,
    /** Length of the file of arrays, and CRC-32 of each of its pieces of `pieceBytes`. */
    bytes: t.number,
    pieceBytes: t.literal(pieceBytes),
    crc32: t.readonlyArray(t.number),
  },
  'Manifest',
)
type Manifest = t.TypeOf<typeof ManifestCodec>

/** What a manifest says. */
export interface CheckpointInfo {
  readonly step: number
  /** Milliseconds since 1970. */
  readonly savedAt: number
  readonly metrics: Metrics
  readonly path: string
}

const inline = inlineArrays('base64')

/** The end of a manifest: the checksum of the text without it. */
const checksumOf = (text: Uint8Array): string => `,"checksum":"${sha256(text)}"}`
const checksumLength = ',"checksum":""}'.length + 64

const manifestText = (manifest: Manifest): string => {
  const text = JSON.stringify(manifest)
  return text.slice(0, -1) + checksumOf(Buffer.from(text))
}

/** Writes a file and makes sure that it is on the disk. */
const writeText = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** @internal Write a checkpoint: into a folder beside it, which is renamed when all is on the disk. */
export const writeCheckpoint = async (path: string, { step, metrics, tree, arrays }: Snapshot): Promise<void> => {
  const temporary = temporaryBeside(join(dirname(path), `.${basename(path)}`))
  try {
    await mkdir(temporary)
    const { bytes, crc32 } = await writePieces(join(temporary, arraysFile), arrays)
    const manifest = manifestText({
      format: 'onnax-checkpoint',
      version: 1,
      step,
      savedAt: Date.now(),
      metrics,
      tree,
      bytes,
      pieceBytes,
      crc32,
    })
    await writeText(join(temporary, manifestFile), manifest)
    await syncFolder(temporary)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined)
    const { code, message } = error as NodeJS.ErrnoException
    throw new CheckpointError(
      'saving a checkpoint',
      `a folder with room that can be written, ${dirname(path)}`,
      code ?? message,
      error,
    )
  } finally {
    arrays.release()
  }
}

/** What `read` gives of an open file. @throws CheckpointError if it can't be read */
const withFile = <T>(path: string, read: (fd: number, bytes: number) => T): T => {
  let fd: number | null = null
  try {
    fd = openSync(path, 'r')
    return read(fd, fstatSync(fd).size)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new CheckpointError('reading a checkpoint', `the file ${path}`, code, error)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

const readManifest = (path: string): Manifest => {
  const where = join(path, manifestFile)
  const text = withFile(where, (fd) => readFileSync(fd))
  // Nothing of an altered text is parsed.
  const end = text.subarray(-checksumLength).toString('latin1')
  if (end !== checksumOf(Buffer.concat([text.subarray(0, -checksumLength), Buffer.from('}')]))) {
    throw new CheckpointError(where, 'the text of its checksum', 'another one; the file was altered or cut off')
  }
  const excess = excessOf(text, treeLimits)
  if (excess !== null) throw new CheckpointError(where, 'the JSON of a manifest', excess)
  let json: unknown
  try {
    json = JSON.parse(text.toString('utf8'))
  } catch (error) {
    throw new CheckpointError(where, 'JSON', 'other text', error)
  }
  const decoded = ManifestCodec.decode(json)
  if (E.isLeft(decoded)) throw new CheckpointError(where, 'a manifest', new DecodeError(where, decoded.left).message)
  return decoded.right
}

const decodeTree = (where: string, format: TreeFormat, u: unknown, store: ArrayStore): unknown => {
  const result = format.read(u, store, [])
  if (E.isRight(result)) return result.right
  throw new CheckpointError(where, 'a tree', new DecodeError(where, result.left).message)
}

/** @internal What a checkpoint says of itself. @throws CheckpointError if its manifest is not whole */
export const checkpointInfo = (path: string, format: TreeFormat): CheckpointInfo => {
  const { step, savedAt, metrics } = readManifest(path)
  return { step, savedAt, metrics: decodeTree(path, format, metrics, inline) as Metrics, path }
}

const readArrays = (where: string, checksums: Checksums): Tensors => {
  const refuse = (got: string): never => {
    throw new CheckpointError(where, `the ${checksums.bytes} bytes of its checksums`, got)
  }
  return withFile(where, (fd, bytes) => {
    if (bytes !== checksums.bytes) refuse(`${bytes}`)
    if (checksums.crc32.length !== pieceCount(bytes)) refuse(`${checksums.crc32.length} checksums`)
    const reader = new CheckedReader(fd, checksums, refuse)
    try {
      const { tensors } = streamTensors(where, bytes, (into) => reader.read(into))
      reader.end()
      return tensors
    } catch (error) {
      if (error instanceof SafetensorsError) throw new CheckpointError(where, 'safetensors', error.message, error)
      throw error
    }
  })
}

/** @internal The tree of a checkpoint. @throws CheckpointError if anything of it is missing or altered */
export const readCheckpoint = (path: string, format: TreeFormat): unknown => {
  const manifest = readManifest(path)
  const tensors = readArrays(join(path, arraysFile), manifest)
  return decodeTree(path, format, manifest.tree, { ...inline, ...referToTensors(tensors) })
}
