/**
 * Models that ONNX Runtime has optimized, in files: a later process reads them instead of optimizing again.
 *
 * A file is a magic line, the SHA-256 of the rest, and the model. It is written beside its place and renamed, so that processes may
 * share a folder; what is cut short, altered or foreign is not read, and written anew. Nothing here fails a program.
 */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs' // prettier-ignore
import { cpus } from 'node:os'
import { join } from 'node:path'
import { config, randomHex, sha256 } from '../core/index.js'
import { runtimeVersion } from './api.js'

const magic = Buffer.from('onnax model 1\n')
const digestLength = 64
const headerLength = magic.length + digestLength
const ending = '.onnx'

/** What a model was optimized for. ONNX Runtime picks layouts by the instructions of the processor. */
const target = (() => {
  let text: string | undefined
  return (): Buffer => {
    text ??= [runtimeVersion(), process.platform, process.arch, cpus()[0]?.model, instructions()].join('\n')
    return Buffer.from(text)
  }
})()

/** The line of the first processor's instructions, where the system has one. */
function instructions(): string {
  if (process.platform !== 'linux') return ''
  try {
    const fd = openSync('/proc/cpuinfo', 'r')
    try {
      const start = Buffer.alloc(8192)
      const text = start.toString('latin1', 0, readSync(fd, start, 0, start.length, 0))
      return /^(flags|Features)\s*:.*$/m.exec(text)?.[0] ?? ''
    } finally {
      closeSync(fd)
    }
  } catch {
    return ''
  }
}

/** Where an optimized model is kept. */
export interface CachePlace {
  readonly folder: string
  readonly path: string
  /** Where the runtime may write it first. */
  readonly temporary: string
}

/** The place of `model`, compiled with settings that `kind` says; `null` where none are kept. */
export const cachePlace = (model: Uint8Array, kind: string): CachePlace | null => {
  const folder = config.get('compilationCacheDir')
  if (folder === '') return null
  try {
    mkdirSync(folder, { recursive: true })
  } catch {
    return null
  }
  const path = join(folder, sha256(target(), Buffer.from(`\n${kind}\n`), model) + ending)
  return { folder, path, temporary: `${path}.tmp-${process.pid}-${randomHex(4)}` }
}

/** The optimized model, if a whole one is there. Reading it is a use. */
export const readCached = ({ path }: CachePlace): Uint8Array | null => {
  try {
    const file = readFileSync(path)
    const model = file.subarray(headerLength)
    const digest = file.toString('latin1', magic.length, headerLength)
    if (!file.subarray(0, magic.length).equals(magic) || sha256(model) !== digest) return null
    const now = new Date()
    utimesSync(path, now, now)
    return model
  } catch {
    return null
  }
}

/** Takes what the runtime wrote to the temporary place. */
export const keepCached = (place: CachePlace): void => {
  try {
    const model = readFileSync(place.temporary)
    writeFileSync(place.temporary, Buffer.concat([magic, Buffer.from(sha256(model)), model]))
    renameSync(place.temporary, place.path)
    shrink(place.folder)
  } catch {
    // Without room, or with others at it: the program runs without.
  } finally {
    discard(place.temporary)
  }
}

/** Removes a file that is of no use. */
export const discard = (path: string): void => {
  try {
    rmSync(path, { force: true })
  } catch {
    // Someone else's.
  }
}

const abandonedAfter = 3_600_000

/** Removes what was used least recently until the rest fits, and what processes left that ended while they wrote. */
const shrink = (folder: string): void => {
  const files = readdirSync(folder)
    .filter((name) => /^[0-9a-f]{64}\.onnx(\.tmp-.*)?$/.test(name))
    .flatMap((name) => {
      const path = join(folder, name)
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat === undefined ? [] : [{ path, bytes: stat.size, used: stat.mtimeMs }]
    })
    .sort((a, b) => a.used - b.used)
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  for (const file of files) {
    const isAbandoned = !file.path.endsWith(ending) && file.used < Date.now() - abandonedAfter
    if (!isAbandoned && (bytes <= config.get('compilationCacheMaxSize') || !file.path.endsWith(ending))) continue
    discard(file.path)
    bytes -= file.bytes
  }
}
