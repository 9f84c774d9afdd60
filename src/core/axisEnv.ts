/** Axes that `vmap` gave names: what collectives run over. */
import { UnboundAxisError } from './errors.js'

/** A name that is bound to a mapped axis. */
export interface NamedAxis {
  readonly name: string
  readonly size: number
}

/** Innermost first. */
let bound: readonly NamedAxis[] = []

/** Axes that were looked up, by whoever watches. */
let watchers: readonly Set<NamedAxis>[] = []

/** Run `f` with a name for an axis; `null`: the axis has none. */
export const withAxis = <T>(name: string | null, size: number, f: () => T): T => {
  if (name === null) return f()
  const saved = bound
  bound = [{ name, size }, ...bound]
  try {
    return f()
  } finally {
    bound = saved
  }
}

/** The axis of a name. @throws UnboundAxisError */
export const namedAxis = (where: string, name: string): NamedAxis => {
  const axis = bound.find((a) => a.name === name)
  if (axis === undefined) throw new UnboundAxisError(where, name, [...new Set(bound.map((a) => a.name))])
  watchers.forEach((seen) => seen.add(axis))
  return axis
}

/** What `f` gives, and the axes bound outside of it that it looked up. */
export const watchAxes = <T>(f: () => T): readonly [T, readonly NamedAxis[]] => {
  const seen = new Set<NamedAxis>()
  const [savedWatchers, outside] = [watchers, bound]
  watchers = [...watchers, seen]
  try {
    const result = f()
    return [result, [...seen].filter((axis) => outside.includes(axis))]
  } finally {
    watchers = savedWatchers
  }
}

/** Whether names are bound to axes of these sizes; those that are count as looked up. */
export const areBound = (axes: readonly NamedAxis[]): boolean => {
  const found = axes.map(({ name }) => bound.find((a) => a.name === name))
  if (!axes.every(({ size }, i) => found[i]?.size === size)) return false
  for (const seen of watchers) for (const axis of found) seen.add(axis!)
  return true
}
