/** Memory that goes back at once, not at some garbage collection. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { openLibrary } from './api.js'

/** As much may wait for the system to get it back. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024

let nobody: MessagePort | undefined
let kept = 0
let trim: (() => void) | undefined

/** Frees the memory of a buffer; views of it have no elements afterwards. */
export const discard = (memory: ArrayBuffer): void => {
  if (nobody === undefined) {
    const { port1 } = new MessageChannel()
    port1.close()
    nobody = port1
  }
  kept += memory.byteLength
  // What is sent to nobody is gone at once.
  nobody.postMessage(null, [memory])
  if (kept < MAX_KEPT_BYTES) return
  kept = 0
  trim ??= trimCall()
  trim()
}

/** Has the C library return what is freed: that of GNU keeps what lies between memory that is in use. */
const trimCall = (): (() => void) => {
  try {
    const call = openLibrary('libc.so.6').func('malloc_trim', 'int', ['size_t'])
    return () => void call(0)
  } catch {
    return () => undefined
  }
}
