/**
 * The heap of the C library of GNU, where V8 puts the memory of arrays.
 *
 * Left to itself it gives the memory of large arrays back to the system as soon as they are collected, and the next ones are mapped
 * anew, page by page: 1 ms of the 6.6 of a product of matrices of 1024 x 1024 whose result is 4 MB.
 */
import { openLibrary } from './api.js'

/** Parameters of `mallopt`. */
const TRIM_THRESHOLD = -1
const MMAP_THRESHOLD = -3

/** From here on pages that are mapped anew cost more than they hold. */
const LARGE_FROM = 1 << 20
/** Results of that size have taken so many bytes before the heap keeps what they leave: who makes few would only hold memory. */
const MADE_BYTES = 1 << 24
/** Allocations of less are made in the heap: the most that the library takes. */
const HEAP_BYTES = 32 * 1024 * 1024
/** As much free memory may stay at its end: what V8 collects at a time. */
const KEPT_BYTES = 40 * 1024 * 1024

let isKept = false
let made = 0
let trim: (() => void) | undefined

/** Whether the user has set the heap's parameters. */
const isChosen = (): boolean =>
  Object.keys(process.env).some((name) => name.startsWith('MALLOC_')) ||
  (process.env['GLIBC_TUNABLES'] ?? '').includes('glibc.malloc.')

/**
 * Counts a result of so many bytes. After some large ones the heap keeps part of what is freed, unless the environment says what it
 * does (`MALLOC_TRIM_THRESHOLD_` and its kind).
 */
export const countResult = (bytes: number): void => {
  if (isKept || bytes < LARGE_FROM) return
  made += bytes
  if (made < MADE_BYTES) return
  isKept = true
  if (process.platform !== 'linux' || isChosen()) return
  try {
    const set = openLibrary('libc.so.6').func('mallopt', 'int', ['int', 'int'])
    set(MMAP_THRESHOLD, HEAP_BYTES)
    set(TRIM_THRESHOLD, KEPT_BYTES)
  } catch {
    // Another C library, with ways of its own.
  }
}

/** Returns what is free to the system, also what lies between memory that is in use. */
export const trimHeap = (): void => {
  trim ??= trimCall()
  trim()
}

const trimCall = (): (() => void) => {
  try {
    const call = openLibrary('libc.so.6').func('malloc_trim', 'int', ['size_t'])
    return () => void call(0)
  } catch {
    return () => undefined
  }
}
