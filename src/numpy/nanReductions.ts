/** Reductions that pass over NaN. */
import { isFloat, type NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray, promoteInexact } from './convert.js'
import * as reductions from './reductions.js'
import { isnan } from './ufuncs.js'

type Options = reductions.ReduceOptions

/** `value` in the place of NaN. */
const filled = (x: ArrayLike, value: number): NDArray => {
  const a = asArray(x)
  return isFloat(a.dtype) ? lax.select(isnan(a), a, value) : a
}

/** Number of elements that aren't NaN, in the dtype of the mean. */
const counted = (x: NDArray, options: Options): NDArray =>
  reductions.sum(lax.convertElementType(lax.not(isnan(x)), x.dtype), options)

/** Sum of the numbers. */
export const nansum = (x: ArrayLike, options: reductions.SumOptions = {}): NDArray =>
  reductions.sum(filled(x, 0), options)
/** Product of the numbers. */
export const nanprod = (x: ArrayLike, options: Options = {}): NDArray => reductions.prod(filled(x, 1), options)

/** Mean of the numbers; NaN where there are none. */
export const nanmean = (x: ArrayLike, options: Options = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  return lax.div(reductions.sum(filled(a, 0), options), counted(a, options))
}

/** Variance of the numbers; NaN where there are no more than `ddof`. */
export const nanvar = (x: ArrayLike, { ddof = 0, ...options }: reductions.VarOptions = {}): NDArray => {
  const a = promoteInexact(x)[0]!
  const centered = lax.sub(a, nanmean(a, { ...options, keepdims: true }))
  const squares = lax.select(isnan(a), lax.square(centered), 0)
  const divisor = lax.sub(counted(a, options), ddof)
  return lax.select(lax.gt(divisor, 0), NaN, lax.div(reductions.sum(squares, options), lax.max(divisor, 1)))
}
/** Standard deviation of the numbers. */
export const nanstd = (x: ArrayLike, options: reductions.VarOptions = {}): NDArray => lax.sqrt(nanvar(x, options))

const extremum =
  (reduce: (x: ArrayLike, options?: Options) => NDArray, identity: number) =>
  (x: ArrayLike, options: Options = {}): NDArray => {
    const a = asArray(x)
    if (!isFloat(a.dtype)) return reduce(a, options)
    return lax.select(reductions.all(isnan(a), options), reduce(filled(a, identity), options), NaN)
  }
/** Greatest of the numbers; NaN where there are none. */
export const nanmax = extremum(reductions.max, -Infinity)
/** Least of the numbers; NaN where there are none. */
export const nanmin = extremum(reductions.min, Infinity)

const argExtremum =
  (reduce: (x: ArrayLike, options?: reductions.ArgOptions) => NDArray, identity: number) =>
  (x: ArrayLike, options: reductions.ArgOptions = {}): NDArray => {
    const a = asArray(x)
    if (!isFloat(a.dtype)) return reduce(a, options)
    const noNumber = reductions.all(isnan(a), { ...options, axis: options.axis ?? null })
    return lax.select(noNumber, reduce(filled(a, identity), options), -1)
  }
/** Index of the greatest of the numbers, int32; -1 where there are none. */
export const nanargmax = argExtremum(reductions.argmax, -Infinity)
/** Index of the least of the numbers, int32; -1 where there are none. */
export const nanargmin = argExtremum(reductions.argmin, Infinity)
