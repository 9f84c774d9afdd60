/** Medians of repeated runs. */

export interface Timing {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Milliseconds of `f`: median, least and most of `repeats` after `warmup` runs that don't count. */
export const time = (f: (i: number) => void, { warmup = 10, repeats = 50 } = {}): Timing => {
  for (let i = 0; i < warmup; i++) f(i)
  return timings(
    Array.from({ length: repeats }, (_, i) => {
      const start = performance.now()
      f(warmup + i)
      return performance.now() - start
    }),
  )
}

/** Median, least and most of some times. */
export const timings = (times: readonly number[]): Timing => {
  const sorted = [...times].sort((a, b) => a - b)
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]!, max: sorted.at(-1)! }
}

/** Microseconds of two ways of the same. */
export interface Comparison {
  readonly microseconds: number
  readonly plainMicroseconds: number
  readonly moreMicroseconds: number
  readonly percentMore: number
}

/** Medians of `f` and of `plain`, which take turns, and of what `f` takes more, turn by turn: what else the machine does hits both. */
export const compare = (
  f: (i: number) => void,
  plain: (i: number) => void,
  { warmup = 10, repeats = 50 } = {},
): Comparison => {
  const kinds = [f, plain].map((run) => ({ run, times: [] as number[] }))
  for (let i = 0; i < warmup + repeats; i++) {
    // Each goes first as often as the other.
    for (const { run, times } of i % 2 === 0 ? kinds : [...kinds].reverse()) {
      const start = performance.now()
      run(i)
      if (i >= warmup) times.push((performance.now() - start) * 1000)
    }
  }
  const [mine, others] = kinds.map(({ times }) => times) as [number[], number[]]
  const [microseconds, plainMicroseconds] = [timings(mine).median, timings(others).median]
  const moreMicroseconds = timings(mine.map((time, i) => time - others[i]!)).median
  return {
    microseconds,
    plainMicroseconds,
    moreMicroseconds,
    percentMore: (100 * moreMicroseconds) / plainMicroseconds,
  }
}

/** Resident memory of the process in megabytes, after collecting garbage where that is allowed. */
export const residentMegabytes = (): number => {
  ;(globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage().rss / 2 ** 20
}
