/**
 * Which programs have threads of their own.
 *
 * Threads that find no work wait awake for a while before they sleep, since waking up takes 40 µs and products of matrices follow one another
 * sooner than that. ONNX Runtime bounds that while for the threads of a session only: those that all sessions share would spin for 16 ms.
 */
import { spinMicroseconds, threadCount } from './environment.js'

/** Of all programs together; who comes later uses the threads that all share, which sleep at once. */
const MOST_THREADS = 64

let inUse = 0

/** How many threads a program may have beside the calling one; 0 if it is to use those that all share. */
export const takeThreads = (): number => {
  const count = threadCount() - 1
  if (spinMicroseconds() === 0 || inUse + count > MOST_THREADS) return 0
  inUse += count
  return count
}

/** Gives back what {@link takeThreads} gave. */
export const giveThreads = (count: number): void => {
  inUse -= count
}
