/**
 * `npm run corrupt:files [count] [seed]`: 2,000 broken files of all formats must be refused with a typed error, quickly, and
 * with no more memory than twice their size. Then the same with large files, each format in a process of its own, whose
 * largest resident memory is watched.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { corrupt, drawing, formats, type Outcome } from '../test/io/corruption.js'
import { io, np } from '../src/index.js'

const [count = '2000', seed = '1', large] = process.argv.slice(2)
/** What a process may grow by besides: compiled code, garbage that is not collected yet. */
const slackMegabytes = 24
const largeElements = 6_000_000

const peakMegabytes = (): number => process.resourceUsage().maxRSS / 1024

if (large !== undefined) {
  // Each kind of break once, with files of some 36 MB; what breaks them runs before, and is not counted.
  const format = formats.find(({ name }) => name === large)!
  await corrupt(format, Object.keys(format.breaks).length, drawing(2))
  const files = await format.make(largeElements, 1)
  const other = await format.make(largeElements, 2)
  const draw = drawing(Number(seed))
  const size = Object.values(files).reduce((sum, { length }) => sum + length, 0) / 2 ** 20
  const rows: object[] = []
  for (const [kind, breakIt] of Object.entries(format.breaks)) {
    const broken = breakIt(files, other, draw)
    ;(globalThis as { gc?: () => void }).gc?.()
    const [before, resident] = [peakMegabytes(), process.memoryUsage().rss / 2 ** 20]
    let outcome = 'read'
    try {
      format.read(broken)
    } catch (error) {
      outcome = (error as Error).name
    }
    // Of a peak that was there before, nothing is known but that it was not passed.
    const megabytes = Math.max(0, peakMegabytes() - Math.max(before, resident))
    rows.push({ format: large, kind, outcome, size, megabytes, headroom: before - resident })
  }
  console.log(JSON.stringify(rows))
} else {
  const outcomes: Outcome[] = []
  for (const [i, format] of formats.entries()) {
    outcomes.push(await corrupt(format, Math.ceil(Number(count) / formats.length), drawing(Number(seed) + i)))
  }
  console.table(
    outcomes.map(({ errors, ...outcome }) => ({ ...outcome, errors: JSON.stringify(errors) })),
    ['format', 'files', 'refused', 'unchanged', 'mostAllocated', 'slowestMs', 'errors'],
  )
  const rows = formats.flatMap(({ name }) => {
    const args = ['--expose-gc', '--import=tsx', fileURLToPath(import.meta.url), count, seed, name]
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    return JSON.parse(output.trim().split('\n').at(-1)!) as { size: number; megabytes: number; outcome: string }[]
  })
  console.table(rows)
  const wrong = rows.filter(
    ({ size, megabytes, outcome }) => outcome === 'read' || megabytes > 2 * size + slackMegabytes,
  )
  const slow = outcomes.filter(({ mostAllocated, slowestMs }) => mostAllocated > 2 || slowestMs > 5000)
  if (wrong.length + slow.length > 0) throw new Error(`too much memory or time: ${JSON.stringify([...wrong, ...slow])}`)

  // What no reader can see: flipped bits in the data of plain safetensors.
  const draw = drawing(Number(seed))
  const bytes = io.encodeSafetensors({ w: np.ones([1000]) })
  let seen = 0
  for (let i = 0; i < 200; i++) {
    const broken = Uint8Array.from(bytes)
    broken[bytes.length - 1 - draw(4000)]! ^= 1 << draw(8)
    try {
      io.decodeSafetensors(broken)
    } catch {
      seen++
    }
  }
  const sum = (key: 'files' | 'refused' | 'unchanged') => outcomes.reduce((n, outcome) => n + outcome[key], 0)
  console.log(
    `${sum('files')} broken files: ${sum('refused')} refused with a typed error, ${sum('unchanged')} of unchanged content, none read wrong; ` +
      `flipped bits in the data of plain safetensors, which have no checksum: ${seen} of 200 seen`,
  )
}
