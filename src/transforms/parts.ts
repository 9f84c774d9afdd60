/** Lists in parts: by lengths, or by flags. */

/** Split a list at positions given by lengths; the rest is the last part. */
export const splitAt = <T>(xs: readonly T[], ...lengths: readonly number[]): readonly (readonly T[])[] => {
  const parts: (readonly T[])[] = []
  let from = 0
  for (const n of lengths) {
    parts.push(xs.slice(from, from + n))
    from += n
  }
  return [...parts, xs.slice(from)]
}

/** The elements at positions where `flags` hold. */
export const where = <T>(xs: readonly T[], flags: readonly boolean[]): readonly T[] => xs.filter((_, i) => flags[i])

/** The elements at positions where `flags` don't hold. */
export const whereNot = <T>(xs: readonly T[], flags: readonly boolean[]): readonly T[] => xs.filter((_, i) => !flags[i])

/** Two lists back in one, from where {@link whereNot} and {@link where} took them. */
export const merge = <T>(flags: readonly boolean[], onFalse: readonly T[], onTrue: readonly T[]): readonly T[] => {
  const [falses, trues] = [onFalse.values(), onTrue.values()]
  return flags.map((flag) => (flag ? trues : falses).next().value!)
}

/** Indices 0 to n - 1, moved by `from`. */
export const indices = (n: number, from = 0): readonly number[] => Array.from({ length: n }, (_, i) => from + i)
