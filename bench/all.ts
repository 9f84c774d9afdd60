/** `npm run bench`: every measurement in processes of their own, side by side; a table, and `bench/results/bench.json`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

interface Run {
  readonly losses: readonly number[]
  readonly firstLossAt: number
  readonly firstStep: number
  readonly step: { readonly median: number; readonly min: number; readonly max: number }
  readonly maxRssMegabytes: number
}

const node = <T>(script: string, ...args: readonly string[]): T => {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const output = execFileSync(process.execPath, ['--expose-gc', file, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(output.trim().split('\n').at(-1)!) as T
}

const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!

/** Losses before the updates of steps 1, 2 and 10, in JAX. */
const expected: readonly (readonly [number, number])[] = [
  [1, 2.298615],
  [2, 2.68805],
  [10, 2.316824],
]

const mlp = (library: string): Run => {
  const run = node<Run>('mlp.js', library, '110')
  for (const [step, loss] of expected) {
    const got = run.losses[step - 1]!
    if (Math.abs(got - loss) > 1e-5)
      throw new Error(`W1 of ${library} requires loss ${loss} at step ${step}, got ${got}`)
  }
  return run
}

const runs = { onnax: [] as Run[], jaxjs: [] as Run[] }
for (let i = 0; i < 3; i++) {
  runs.onnax.push(mlp('onnax'))
  runs.jaxjs.push(mlp('jaxjs'))
}
const cold = { onnax: [] as number[], jaxjs: [] as number[] }
for (let i = 0; i < 5; i++) {
  for (const library of ['onnax', 'jaxjs'] as const) cold[library].push(node<Run>('mlp.js', library, '1').firstLossAt)
}
const summary = (library: 'onnax' | 'jaxjs') => ({
  stepMs: median(runs[library].map((r) => r.step.median)),
  leastStepMs: Math.min(...runs[library].map((r) => r.step.min)),
  firstLossMs: median(cold[library]),
  maxRssMegabytes: median(runs[library].map((r) => r.maxRssMegabytes)),
})
const w1 = { onnax: summary('onnax'), jaxjs: summary('jaxjs') }
const dispatch = node<readonly Record<string, number | string>[]>('dispatch.js')
const memory = node<readonly Record<string, number | string>[]>('memory.js')

const rounded = (rows: readonly Record<string, unknown>[]): readonly Record<string, unknown>[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Math.round(v * 100) / 100 : v])),
  )

console.log('\nW1: MLP 784-512-512-10, batch 128, Adam; milliseconds')
console.table(
  rounded([
    { library: 'onnax', ...w1.onnax },
    { library: '@jax-js/jax', ...w1.jaxjs },
  ]),
)
console.log(
  `steps ${(w1.jaxjs.stepMs / w1.onnax.stepMs).toFixed(1)} times as fast as @jax-js/jax; ` +
    `first loss after ${(w1.onnax.firstLossMs / w1.jaxjs.firstLossMs).toFixed(2)} of its time`,
)
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
writeFileSync('bench/results/bench.json', `${JSON.stringify({ machine, w1, dispatch, memory }, null, 2)}\n`)
