/** Memory that goes back at once, not at some garbage collection. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { trimHeap } from './cHeap.js'

/** As much may wait for the system to get it back. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024

let nobody: MessagePort | undefined
let kept = 0

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
  trimHeap()
}
