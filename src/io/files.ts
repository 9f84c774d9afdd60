/** Files that are there whole or not at all. */
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { randomHex } from '../core/index.js'

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

const repairs: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder: check the path, or make the folder',
  ENOTDIR: 'a part of the path is no folder: check the path',
  EISDIR: 'a folder: give the path of a file',
  ENOSPC: 'a full disk: make room, or take another one',
  EDQUOT: 'a quota that is used up: make room, or take another disk',
  EFBIG: 'a file system without files of this size: take another one',
  EROFS: 'a read-only file system: take another one',
  EACCES: 'no permission: give it, or take another path',
  EPERM: 'no permission: give it, or take another path',
  EMFILE: 'too many open files: close some',
  ENFILE: 'too many open files: close some',
}

/** What `f` gives. Errors of the system are thrown as what `typed` makes of them: their code, and what helps. */
export const systemErrorsAs = <T>(f: () => T, typed: (got: string, cause: unknown) => Error): T => {
  try {
    return f()
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error
    const code = String(error.code)
    throw typed(Object.hasOwn(repairs, code) ? `${code}, ${repairs[code]}` : code, error)
  }
}

/** A name beside `path` that nobody else uses. */
export const temporaryBeside = (path: string): string => `${path}.tmp-${process.pid}-${randomHex(4)}`

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
