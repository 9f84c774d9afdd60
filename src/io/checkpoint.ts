/** One checkpoint: a folder with the arrays of a tree, and a manifest of all else. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { DecodeError, type NDArray } from '../core/index.js'
import { failAt, isRecord, stepInto } from './arrayCodec.js'
import { arrayOfBytes, bytesOfArray } from './bytes.js'
import { CheckpointError, SafetensorsError } from './errors.js'
import { temporaryBeside } from './files.js'
import { decodeSafetensors, type Tensors } from './safetensors.js'
import { writeHeader } from './safetensorsHeader.js'
import type { TreeFormat } from './treeCodec.js'
import { type ArrayStore, inlineArrays, type Json } from './treeCodec.js'

const arraysFile = 'arrays.safetensors'
const manifestFile = 'manifest.json'

/** Numbers by name: what a checkpoint was worth. */
export type Metrics = Readonly<Record<string, number>>

const ManifestCodec = t.type(
  {
    format: t.literal('onnax-checkpoint'),
    version: t.literal(1),
    step: t.number,
    /** Milliseconds since 1970. */
    savedAt: t.number,
    metrics: t.unknown,
    tree: t.unknown,
    bytes: t.number,
    sha256: t.string,
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

/** @internal What is to be written, with copies of the arrays: they may be donated while it is. */
export interface Snapshot {
  readonly step: number
  readonly metrics: Json
  readonly tree: Json
  readonly pieces: readonly Uint8Array[]
}

const inline = inlineArrays('base64')

/** @internal @throws ArgumentError for what can't be written */
export const takeSnapshot = (format: TreeFormat, step: number, value: unknown, metrics: Metrics): Snapshot => {
  const tensors = new Map<string, NDArray>()
  const store: ArrayStore = {
    write: (x, path) => {
      const name = path.join('/')
      let free = name === '' || name.startsWith('__') ? `~${name}` : name
      for (let i = 2; tensors.has(free); i++) free = `${name}~${i}`
      tensors.set(free, x)
      return x.weakType ? { ref: free, weakType: true } : { ref: free }
    },
    read: inline.read,
  }
  const tree = format.write(value, store)
  const [header, order] = writeHeader(Object.fromEntries(tensors), {})
  const pieces = [header, ...order.map((name) => bytesOfArray(tensors.get(name)!).slice())]
  return { step, metrics: format.write(metrics, inline), tree, pieces }
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** The text of a manifest: its checksum is that of the text without it. */
const manifestText = (manifest: Manifest): string => {
  const text = JSON.stringify(manifest)
  return JSON.stringify({ ...manifest, checksum: sha256(text) })
}

const pieceBytes = 16 << 20

/** Writes a file and makes sure that it is on the disk; gives length and checksum. */
const writeFile = async (path: string, pieces: readonly Uint8Array[]): Promise<readonly [number, string]> => {
  const hash = createHash('sha256')
  let bytes = 0
  const file = await open(path, 'wx')
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.byteLength;) {
        const part = piece.subarray(at, at + pieceBytes)
        const { bytesWritten } = await file.write(part)
        hash.update(part.subarray(0, bytesWritten))
        at += bytesWritten
        bytes += bytesWritten
      }
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return [bytes, hash.digest('hex')]
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
export const writeCheckpoint = async (path: string, { step, metrics, tree, pieces }: Snapshot): Promise<void> => {
  const temporary = temporaryBeside(join(dirname(path), `.${basename(path)}`))
  try {
    await mkdir(temporary)
    const [bytes, checksum] = await writeFile(join(temporary, arraysFile), pieces)
    const manifest: Manifest = {
      format: 'onnax-checkpoint',
      version: 1,
      step,
      savedAt: Date.now(),
      metrics,
      tree,
      bytes,
      sha256: checksum,
    }
    await writeFile(join(temporary, manifestFile), [Buffer.from(manifestText(manifest))])
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
  }
}

const readFile = (path: string): Uint8Array => {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CheckpointError('reading a checkpoint', `the file ${path}`, (error as NodeJS.ErrnoException).code!, error)
  }
}

const readManifest = (path: string): Manifest => {
  const where = join(path, manifestFile)
  const text = Buffer.from(readFile(where)).toString('utf8')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new CheckpointError(where, 'JSON', 'other text; the file was altered or cut off', error)
  }
  const decoded = ManifestCodec.decode(json)
  if (E.isLeft(decoded)) throw new CheckpointError(where, 'a manifest', new DecodeError(where, decoded.left).message)
  const { format, version, step, savedAt, metrics, tree, bytes, sha256: checksum } = decoded.right
  const manifest = { format, version, step, savedAt, metrics, tree, bytes, sha256: checksum }
  if (!isWritten(manifest, text)) {
    throw new CheckpointError(where, 'the text of its checksum', 'another one; the file was altered')
  }
  return manifest
}

/** Whether a text is that of a manifest. One that is nested too deeply to be written is not. */
const isWritten = (manifest: Manifest, text: string): boolean => {
  try {
    return manifestText(manifest) === text
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
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

/** @internal The tree of a checkpoint. @throws CheckpointError if anything of it is missing or altered */
export const readCheckpoint = (path: string, format: TreeFormat): unknown => {
  const manifest = readManifest(path)
  const where = join(path, arraysFile)
  const bytes = readFile(where)
  if (bytes.byteLength !== manifest.bytes || sha256(bytes) !== manifest.sha256) {
    const got = bytes.byteLength === manifest.bytes ? 'others' : `${bytes.byteLength}`
    throw new CheckpointError(where, `the ${manifest.bytes} bytes of its checksum`, got)
  }
  let tensors: Tensors
  try {
    tensors = decodeSafetensors(bytes, where).tensors
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CheckpointError(where, 'safetensors', error.message, error)
    throw error
  }
  const store: ArrayStore = {
    write: inline.write,
    read: (u, context) => {
      const name = isRecord(u) ? u['ref'] : undefined
      if (typeof name !== 'string' || !Object.hasOwn(tensors, name)) {
        return failAt(stepInto(context, 'ref', name, 'Name'), name, 'requires the name of an array of the file')
      }
      const x = tensors[name]!
      const isWeak = isRecord(u) && u['weakType'] === true
      return t.success(isWeak ? arrayOfBytes(bytesOfArray(x), x.shape, x.dtype, true) : x)
    },
  }
  return decodeTree(path, format, manifest.tree, store)
}
