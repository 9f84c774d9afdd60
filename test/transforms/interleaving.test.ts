/** Overlapping calls on the CPU. */
import test from 'ava'
import { checkInterleaved } from './interleaved.js'

for (const size of [12, 80]) {
  test(`sequences of calls on arrays of ${size} x ${size}`, (t) => checkInterleaved(t, size))
}
