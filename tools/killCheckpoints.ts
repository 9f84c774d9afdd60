/**
 * `npm run kill:checkpoints [times]`: kill a training that saves at every step 200 times at random moments, each time going on
 * from what the one before left. All checkpoints must be whole, and all losses those of a run that nobody killed.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { Trainer } from '../test/io/killing.js'

const times = Number(process.argv[2] ?? 200)
const folder = mkdtempSync(join(tmpdir(), 'onnax-kill-'))
mkdirSync('out', { recursive: true })
// A bundle starts in a fraction of the time that modules take.
const bundle = 'out/saveLoop.mjs'
await build({
  entryPoints: ['test/io/saveLoop.ts'],
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  keepNames: true,
  packages: 'external',
})

const started = performance.now()
const said = new Map<number, string>()
let interrupted = 0
let last = 0
const notes = { resumedSteps: 0, repeated: 0 }
// The next process loads while the one before trains.
let next = new Trainer([bundle])
for (let i = 0; i < times; i++) {
  const trainer = next
  next = new Trainer([bundle])
  const found = await trainer.kill(join(folder, 'killed'), Math.random() * 120)
  const shown = JSON.stringify({ ...found, losses: Object.fromEntries(found.losses) })
  if (found.interrupted) interrupted++
  if (!found.whole || found.resumed !== last) throw new Error(`kill ${i}: ${shown}`)
  // Steps are said before they are saved, and a save begins when the one before is whole.
  if (found.restored < Math.max(...found.losses.keys()) - 2) throw new Error(`kill ${i}, a step was lost: ${shown}`)
  for (const [step, loss] of found.losses) {
    if (step > last) notes.resumedSteps++
    if (said.has(step)) notes.repeated++
    if ((said.get(step) ?? loss) !== loss) throw new Error(`kill ${i}, another loss at step ${step}: ${shown}`)
    said.set(step, loss)
  }
  last = found.restored
  if ((i + 1) % 20 === 0) console.log(`${i + 1} kills, ${interrupted} of them during a write, step ${last}`)
}
const steps = Math.max(...said.keys())
const through = await next.run(join(folder, 'whole'), steps)
const different = [...said].filter(([step, loss]) => through.get(step) !== loss)
if (through.size !== steps || different.length > 0) throw new Error(`losses that differ: ${different.join(' ')}`)
rmSync(folder, { recursive: true })
console.log(
  `${times} kills in ${((performance.now() - started) / 1000).toFixed(0)} s, ${interrupted} of them during a write: ` +
    `every checkpoint was whole, and all ${steps} losses are those of the uninterrupted run, bit for bit ` +
    `(${notes.repeated} were computed twice, from an older checkpoint)`,
)
