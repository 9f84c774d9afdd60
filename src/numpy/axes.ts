/** Axes of reductions. */
import { requireLists } from '../core/index.js'
import * as lax from '../lax/index.js'

/** An axis, several, or all of them by `null`. */
export type Axis = number | readonly number[] | null

const listed = (where: string, axis: number | readonly number[]): readonly number[] => {
  if (typeof axis === 'number') return [axis]
  requireLists(where, [axis])
  return axis
}

/** Axes of an option, in [0, ndim). */
export const axesOf = (where: string, axis: Axis | undefined, ndim: number): readonly number[] =>
  axis === undefined || axis === null
    ? lax.range(ndim)
    : listed(where, axis).map((a) => lax.canonicalAxis(where, a, ndim))
