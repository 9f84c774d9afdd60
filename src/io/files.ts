/** Files that are there whole or not at all. */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Pieces of at most this size keep a write from holding the event loop, and below the limits of systems. */
const pieceBytes = 64 << 20

/** Write all of `bytes`. */
export const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.byteLength;) {
    at += writeSync(fd, bytes, at, Math.min(pieceBytes, bytes.byteLength - at))
  }
}

/** Fill `bytes` from a place in a file; the number of bytes that were there. */
export const readAll = (fd: number, bytes: Uint8Array, position: number): number => {
  let at = 0
  while (at < bytes.byteLength) {
    const count = readSync(fd, bytes, at, Math.min(pieceBytes, bytes.byteLength - at), position + at)
    if (count === 0) break
    at += count
  }
  return at
}

/** Make the names in a folder survive a crash of the machine. Windows can't open folders, and needs no more than rename. */
export const syncFolder = (folder: string): void => {
  let fd: number
  try {
    fd = openSync(folder, 'r')
  } catch (error) {
    if (process.platform === 'win32') return
    throw error
  }
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** A name beside `path` that nobody else uses. */
export const temporaryBeside = (path: string): string => `${path}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`

/** Write a file through a temporary one beside it: readers see the old file or the whole new one. */
export const writeAtomically = (path: string, pieces: Iterable<Uint8Array>): void => {
  const temporary = temporaryBeside(path)
  try {
    const fd = openSync(temporary, 'wx')
    try {
      for (const piece of pieces) writeAll(fd, piece)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolder(dirname(path))
}
