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

/** Resident memory of the process in megabytes, after collecting garbage where that is allowed. */
export const residentMegabytes = (): number => {
  ;(globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage().rss / 2 ** 20
}
