/** `node --import=tsx tools/killCheckpoints.ts [times]`: kill a saving process 200 times; every checkpoint must be whole. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killOnce } from '../test/io/killing.js'

const times = Number(process.argv[2] ?? 200)
const folder = mkdtempSync(join(tmpdir(), 'onnax-kill-'))
let interrupted = 0
for (let i = 0; i < times; i++) {
  const found = await killOnce(folder, Math.random() * 40)
  if (found.interrupted) interrupted++
  if (!found.whole || found.restored < found.begun - 1) throw new Error(`kill ${i}: ${JSON.stringify(found)}`)
}
rmSync(folder, { recursive: true })
console.log(`${times} kills, ${interrupted} of them during a write: every checkpoint was whole`)
