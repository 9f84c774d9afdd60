/** Runs of workloads in processes of their own, their values checked, and summaries of several. */
import { execFileSync } from 'node:child_process'
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What one process says. */
export interface Run {
  /** The loss, or another number that tells right from wrong, of each step. */
  readonly values: readonly number[]
  /** Milliseconds from the start of the process to the first value. */
  readonly firstAt: number
  readonly firstStep: number
  readonly step: { readonly median: number; readonly min: number; readonly max: number }
  readonly maxRssMegabytes: number
}
/** A row of a table. */
export type Row = Readonly<Record<string, unknown>>

/** The last line that a script of this folder prints. */
export const node = <T>(script: string, ...args: readonly string[]): T => {
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

const start = (workload: string, library: string, steps: number): Run => {
  if (library !== 'jax') return node<Run>('workload.js', workload, library, String(steps))
  const python = process.env['ONNAX_PYTHON'] ?? 'python3'
  const output = execFileSync(python, ['bench/python/jax_workload.py', workload, String(steps)], { encoding: 'utf8' })
  return JSON.parse(output) as Run
}

/** @throws Error where a value of a workload is not JAX's */
export const requireValues = (workload: string, library: string, values: readonly number[]): void => {
  for (const [step, value] of expected[workload]!) {
    const got = values[step - 1]
    if (got !== undefined && !(Math.abs(got - value) <= 1e-5)) {
      throw new Error(`${workload} of ${library} requires ${value} at step ${step}, got ${got}`)
    }
  }
}

/** A workload in a library; it throws where a value is not JAX's. */
export const run = (workload: string, library: string, steps: number): Run => {
  const result = start(workload, library, steps)
  requireValues(workload, library, result.values)
  return result
}

/** The middle one. */
export const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!

/** Medians over runs. */
export const summary = (runs: readonly Run[]) => ({
  stepMs: median(runs.map((r) => r.step.median)),
  leastStepMs: Math.min(...runs.map((r) => r.step.min)),
  firstStepMs: median(runs.map((r) => r.firstStep)),
  maxRssMegabytes: median(runs.map((r) => r.maxRssMegabytes)),
})

/** `count` rounds in which each library takes its turn. */
export const turns = (
  count: number,
  libraries: readonly string[],
  once: (library: string) => Run,
): readonly Run[][] => {
  const runs = libraries.map((): Run[] => [])
  for (let i = 0; i < count; i++) libraries.forEach((library, k) => runs[k]!.push(once(library)))
  return runs
}

/** Numbers to two places. */
export const rounded = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Math.round(v * 100) / 100 : v])),
  )

/** Where it was measured. */
export const machine = {
  cpu: cpus()[0]?.model.trim(),
  cores: availableParallelism(),
  gigabytes: Math.round(totalmem() / 2 ** 30),
  platform: `${platform()} ${arch()}`,
  node: process.version,
}
