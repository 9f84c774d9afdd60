/** Axes of reductions. */
import * as lax from '../lax/index.js'

/** An axis, several, or all of them by `null`. */
export type Axis = number | readonly number[] | null

/** Axes of an option, in [0, ndim). */
export const axesOf = (where: string, axis: Axis | undefined, ndim: number): readonly number[] =>
  axis === undefined || axis === null
    ? lax.range(ndim)
    : (typeof axis === 'number' ? [axis] : axis).map((a) => lax.canonicalAxis(where, a, ndim))
