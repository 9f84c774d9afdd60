/**
 * Pages of ONNX Runtime's library that its start alone needs: it registers some 2,000 kernels and schemas, each from a place of its
 * own, and the system maps what is around each of them. 15 of the 120 MB that W1 takes are in the process for nothing else.
 *
 * They are pages of a file: those that are needed again come back from the system's cache, without a look at the disk.
 */
import { closeSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs'
import { libraryPath, openLibrary } from './api.js'

const DONT_NEED = 4
const ABSENT = 0b000
const PRESENT_OF_FILE = 0b101

/** A part of the library in the memory of this process. */
interface Mapping {
  readonly start: number
  readonly end: number
}

/** The library's mappings that nobody may write to. */
const readOnlyMappings = (path: string): readonly Mapping[] =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(` ${path}`))
    .flatMap((line) => {
      const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p /.exec(line) ?? []
      return start === undefined ? [] : [{ start: parseInt(start, 16), end: parseInt(end!, 16) }]
    })

/**
 * Whether the pages that are here are the file's: what was written (addresses by the linker, breakpoints by a debugger) would be lost.
 * Where none is said to be here the system keeps to itself what is.
 */
const isAsInFile = ({ start, end }: Mapping, pageBytes: number, pages: number): boolean => {
  const words = new Uint32Array(((end - start) / pageBytes) * 2)
  const length = readSync(pages, words, 0, words.byteLength, (start / pageBytes) * 8)
  // Of the 64 bits of a page, 63 is set where it is present, 62 where it was swapped out, 61 where it is of a file.
  let isHere = false
  for (let i = 1; i < words.length; i += 2) {
    const state = words[i]! >>> 29
    if (state !== ABSENT && state !== PRESENT_OF_FILE) return false
    isHere ||= state === PRESENT_OF_FILE
  }
  return isHere && length === words.byteLength
}

/** Gives them back to the system, where that is Linux. */
export const leaveLibraryPages = (): void => {
  if (process.platform !== 'linux') return
  try {
    const c = openLibrary('libc.so.6')
    const pageBytes = c.func('getpagesize', 'int', [])() as number
    const advise = c.func('madvise', 'int', ['size_t', 'size_t', 'int'])
    const pages = openSync('/proc/self/pagemap', 'r')
    try {
      for (const mapping of readOnlyMappings(realpathSync(libraryPath()))) {
        const { start, end } = mapping
        if (isAsInFile(mapping, pageBytes, pages)) advise(start, end - start, DONT_NEED)
      }
    } finally {
      closeSync(pages)
    }
  } catch {
    // A system without these files, or another C library: the pages stay.
  }
}
