/** `npm run bench`: every measurement in processes of their own, side by side; tables, and `bench/results/bench.json`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

interface Run {
  /** The loss, or another number that tells right from wrong, of each step. */
  readonly values: readonly number[]
  /** Milliseconds from the start of the process to the first value. */
  readonly firstAt: number
  readonly firstStep: number
  readonly step: { readonly median: number; readonly min: number; readonly max: number }
  readonly maxRssMegabytes: number
}
type Row = Readonly<Record<string, unknown>>

const node = <T>(script: string, ...args: readonly string[]): T => {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const output = execFileSync(process.execPath, ['--expose-gc', file, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(output.trim().split('\n').at(-1)!) as T
}

/** Values at some steps, in JAX. A fast wrong answer is no answer. */
const expected: Readonly<Record<string, readonly (readonly [step: number, value: number])[]>> = {
  w1: [[1, 2.298615], [2, 2.68805], [10, 2.316824]], // prettier-ignore
  w2: [[1, 2.307702], [2, 2.316786], [10, 2.298696]], // prettier-ignore
  w3: [[1, 5.876797], [2, 5.798914], [10, 5.605632]], // prettier-ignore
  w4: [[10, -0.2078222]],
  w5: [[1, 3.346343]],
}

const run = (workload: string, library: string, steps: number): Run => {
  const result = node<Run>('workload.js', workload, library, String(steps))
  for (const [step, value] of expected[workload]!) {
    const got = result.values[step - 1]
    if (got !== undefined && !(Math.abs(got - value) <= 1e-5)) {
      throw new Error(`${workload} of ${library} requires ${value} at step ${step}, got ${got}`)
    }
  }
  return result
}

const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!

const summary = (runs: readonly Run[]) => ({
  stepMs: median(runs.map((r) => r.step.median)),
  leastStepMs: Math.min(...runs.map((r) => r.step.min)),
  firstStepMs: median(runs.map((r) => r.firstStep)),
  maxRssMegabytes: median(runs.map((r) => r.maxRssMegabytes)),
})

/** `count` rounds in which each library takes its turn. */
const turns = (count: number, libraries: readonly string[], once: (library: string) => Run): readonly Run[][] => {
  const runs = libraries.map((): Run[] => [])
  for (let i = 0; i < count; i++) libraries.forEach((library, k) => runs[k]!.push(once(library)))
  return runs
}

const [ours, theirs] = turns(3, ['onnax', 'jaxjs'], (library) => run('w1', library, 110)).map(summary)
const [coldOurs, coldTheirs] = turns(5, ['onnax', 'jaxjs'], (library) => run('w1', library, 1)).map((runs) =>
  median(runs.map((r) => r.firstAt)),
)
const w1 = {
  onnax: { ...ours!, firstLossMs: coldOurs! },
  jaxjs: { ...theirs!, firstLossMs: coldTheirs! },
  timesAsFast: theirs!.stepMs / ours!.stepMs,
  firstLossRatio: coldOurs! / coldTheirs!,
}
const others = ['w2', 'w3', 'w4', 'w5'].map((workload) => ({ workload, ...summary([run(workload, 'onnax', 50)]) }))
const dispatch = node<readonly Row[]>('dispatch.js')
const memory = node<readonly Row[]>('memory.js')

const rounded = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Math.round(v * 100) / 100 : v])),
  )

console.log('\nW1: MLP 784-512-512-10, batch 128, Adam; milliseconds')
console.table(rounded([{ library: 'onnax', ...w1.onnax }, { library: '@jax-js/jax', ...w1.jaxjs }])) // prettier-ignore
console.log(
  `steps ${w1.timesAsFast.toFixed(1)} times as fast as @jax-js/jax; first loss after ${w1.firstLossRatio.toFixed(2)} of its time`,
)
console.log(
  '\nonnax alone: W2 CNN, W3 transformer, W4 Adam on 10 million parameters, W5 matrix product 1024; milliseconds',
)
console.table(rounded(others))
console.log('\nDispatch, microseconds')
console.table(rounded(dispatch))
console.log('\nMemory')
console.table(rounded(memory))

mkdirSync('bench/results', { recursive: true })
const machine = {
  cpu: cpus()[0]?.model.trim(),
  cores: availableParallelism(),
  gigabytes: Math.round(totalmem() / 2 ** 30),
  platform: `${platform()} ${arch()}`,
  node: process.version,
}
writeFileSync('bench/results/bench.json', `${JSON.stringify({ machine, w1, others, dispatch, memory }, null, 2)}\n`)
