/** What every run of a workload prints, in whichever library. */
import { readFileSync } from 'node:fs'
import { timings } from './measure.js'

/** A function that takes the next step and gives a number that tells right from wrong. */
export type Step = () => number

const warmup = 10

/** Steps that are not counted: a third of few, and 10 at most. */
const uncounted = (steps: number): number => Math.min(warmup, Math.floor(steps / 3))

/** Megabytes that the process has written to, without pages of files that others may share; `null` where the system doesn't say. */
const ownMegabytes = (): number | null => {
  try {
    return Number(/^Private_Dirty: +(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))![1]) / 1024
  } catch {
    return null
  }
}

/** Takes steps, and prints values and times as a line of JSON. */
export const report = async (make: () => Step | Promise<Step>, steps: number): Promise<void> => {
  const step = await make()
  const values: number[] = []
  const times: number[] = []
  const first = uncounted(steps)
  let firstAt = 0
  let used = process.cpuUsage()
  for (let i = 0; i < steps; i++) {
    if (i === first) used = process.cpuUsage()
    const start = performance.now()
    values.push(step())
    times.push(performance.now() - start)
    if (i === 0) firstAt = performance.now()
  }
  const { user, system } = process.cpuUsage(used)
  console.log(
    JSON.stringify({
      values,
      firstAt,
      firstStep: times[0],
      step: timings(times.slice(first)),
      cpuMs: (user + system) / 1000 / (steps - first),
      maxRssMegabytes: process.resourceUsage().maxRSS / 1024,
      ownMegabytes: ownMegabytes(),
    }),
  )
}
