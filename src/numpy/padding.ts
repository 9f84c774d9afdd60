/** Arrays with elements put around them. */
import { ArgumentError, isInteger, type NDArray, ShapeError } from '../core/index.js'
import * as lax from '../lax/index.js'
import { type ArrayLike, asArray } from './convert.js'
import { flip } from './manipulation.js'
import { picked } from './rearranging.js'
import { max, mean, min } from './reductions.js'
import { median } from './sorting.js'

/** Elements before and after each axis, or of all alike. */
export type PadWidth = number | readonly [number, number] | readonly (readonly [number, number])[]

/** What stands around the array. */
export type PadMode =
  | 'constant'
  | 'edge'
  | 'empty'
  | 'linear_ramp'
  | 'maximum'
  | 'mean'
  | 'median'
  | 'minimum'
  | 'reflect'
  | 'symmetric'
  | 'wrap'

export interface PadOptions {
  /** Default `'constant'`. */
  readonly mode?: PadMode
  /** What is put in by the mode `'constant'`; default 0. */
  readonly constantValues?: ArrayLike | PadWidth
  /** Where `'linear_ramp'` ends; default 0. */
  readonly endValues?: PadWidth
  /** How many elements at the edge count for `'maximum'`, `'mean'`, `'median'`, `'minimum'`; default all. */
  readonly statLength?: PadWidth
}

type Pair<T> = readonly [T, T]

const isList = (x: unknown): x is readonly unknown[] => Array.isArray(x)

/** A pair for each axis, of one value, of a pair, or of a pair for each. @throws ShapeError */
const pairsOf = <T>(what: string, given: unknown, ndim: number): readonly Pair<T>[] => {
  if (!isList(given)) return lax.range(ndim).map(() => [given, given] as Pair<T>)
  const pairs = given.some(isList) ? given : [given]
  for (const pair of pairs) {
    const got = !isList(pair)
      ? `${pair === null ? 'null' : typeof pair} for one`
      : pair.length === 2
        ? null
        : `${pair.length} for one`
    if (got !== null) throw new ShapeError('np.pad', `a pair of ${what} for each of ${ndim} axes`, got)
  }
  if (pairs.length === 1) return lax.range(ndim).map(() => pairs[0] as Pair<T>)
  if (pairs.length !== ndim)
    throw new ShapeError('np.pad', `a pair of ${what} for each of ${ndim} axes`, `${pairs.length}`)
  return pairs as readonly Pair<T>[]
}

/** Whole numbers for each axis. @throws ShapeError */
const countsOf = (what: string, given: PadWidth, ndim: number): readonly Pair<number>[] => {
  const pairs = pairsOf<number>(what, given, ndim)
  const wrong = pairs.flat().find((n) => !Number.isInteger(n) || n < 0)
  if (wrong !== undefined) throw new ShapeError('np.pad', `a pair of ${what} for each of ${ndim} axes`, String(wrong))
  return pairs
}

type Repeating = 'edge' | 'reflect' | 'symmetric' | 'wrap'

/** The place of the original array that element i of a padded axis repeats; i counts from the original's start. */
const source = (i: number, n: number, mode: Repeating): number => {
  const modulo = (a: number, b: number): number => ((a % b) + b) % b
  if (mode === 'edge') return Math.min(Math.max(i, 0), n - 1)
  if (mode === 'wrap') return modulo(i, n)
  const period = mode === 'reflect' ? Math.max(1, 2 * (n - 1)) : 2 * n
  const place = modulo(i, period)
  return place < n ? place : period - place - (mode === 'reflect' ? 0 : 1)
}

const statistics = { maximum: max, mean, median, minimum: min } as const

type Around = (x: NDArray, axis: number, side: 0 | 1, count: number) => NDArray

/** Elements from the end value up to the edge, which isn't one of them. */
const ramp =
  (ends: readonly Pair<number>[]): Around =>
  (x, axis, side, count) => {
    const n = x.shape[axis]!
    const edge = lax.sliceInDim(x, side === 0 ? 0 : n - 1, side === 0 ? 1 : n, 1, axis)
    const start = lax.full([], ends[axis]![side], isInteger(x.dtype) ? 'float32' : x.dtype)
    const wide = lax.convertElementType(edge, start.dtype)
    const share = lax.reshape(
      lax.div(lax.iota(start.dtype, count), count),
      x.shape.map((_, i) => (i === axis ? count : 1)),
    )
    const line = lax.add(lax.mul(lax.sub(wide, start), share), start)
    const rounded = lax.convertElementType(isInteger(x.dtype) ? lax.floor(line) : line, x.dtype)
    return side === 0 ? rounded : flip(rounded, axis)
  }

/** One statistic of the elements near the edge, repeated. */
const statistic =
  (mode: keyof typeof statistics, lengths: readonly Pair<number>[] | null): Around =>
  (x, axis, side, count) => {
    const n = x.shape[axis]!
    const length = Math.min(lengths?.[axis]![side] ?? n, n)
    if (length < 1) throw new ArgumentError('np.pad', 'a statLength of one element or more', String(length))
    const part = lax.sliceInDim(x, side === 0 ? 0 : n - length, side === 0 ? length : n, 1, axis)
    const value = statistics[mode](part, { axis, keepdims: true })
    const cast = isInteger(x.dtype) ? lax.convertElementType(lax.roundHalfEven(lax.convertElementType(value, 'float32')), x.dtype) : lax.convertElementType(value, x.dtype) // prettier-ignore
    return lax.broadcastTo(
      mode === 'maximum' || mode === 'minimum' ? value : cast,
      x.shape.map((m, i) => (i === axis ? count : m)),
    )
  }

/** Arrays of no axes for each axis. */
const constants = (a: NDArray, values: ArrayLike | PadWidth): readonly Pair<NDArray>[] => {
  const cast = (v: ArrayLike): NDArray => lax.convertElementType(asArray(v), a.dtype)
  if (isList(values))
    return pairsOf<ArrayLike>('constants', values, a.ndim).map(([low, high]) => [cast(low), cast(high)])
  const value = cast(values)
  return a.shape.map(() => [value, value])
}

/**
 * The array with elements around it: a constant (default 0), its edges, itself reflected or repeated, a ramp, or a statistic of the
 * elements at the edge.
 *
 * @throws ShapeError if an axis without elements should be continued; ArgumentError
 * @example
 * np.pad(np.array([1, 2, 3]), 1, { mode: 'reflect' }) // => Array([2., 1., 2., 3., 2.], dtype=float32)
 */
export const pad = (x: ArrayLike, width: PadWidth, options: PadOptions = {}): NDArray => {
  const { mode = 'constant', constantValues = 0, endValues = 0, statLength } = options
  const a = asArray(x)
  const pairs = countsOf('whole numbers', width, a.ndim)
  if (mode === 'constant' || mode === 'empty') {
    const values = constants(a, mode === 'empty' ? 0 : constantValues)
    if (values.every(([low, high]) => low === high && low === values[0]![0]) && a.ndim > 0) {
      return lax.pad(a, values[0]![0], pairs.map(([low, high]) => [low, high, 0])) // prettier-ignore
    }
    return pairs.reduce<NDArray>((y, [low, high], axis) => {
      const along = (before: number, after: number): readonly lax.PaddingConfig[] =>
        y.shape.map((_, i) => (i === axis ? [before, after, 0] : [0, 0, 0]))
      return lax.pad(lax.pad(y, values[axis]![0], along(low, 0)), values[axis]![1], along(0, high))
    }, a)
  }
  let around: Around | undefined
  if (mode === 'linear_ramp') around = ramp(pairsOf('end values', endValues, a.ndim))
  else if (Object.hasOwn(statistics, mode)) {
    around = statistic(
      mode as keyof typeof statistics,
      statLength === undefined ? null : countsOf('lengths', statLength, a.ndim),
    )
  } else if (!['edge', 'reflect', 'symmetric', 'wrap'].includes(mode)) {
    throw new ArgumentError('np.pad', 'a mode of padding', `'${mode}'`)
  }
  return pairs.reduce<NDArray>((y, [low, high], axis) => {
    const n = y.shape[axis]!
    if (low + high === 0) return y
    if (n === 0) throw new ShapeError('np.pad', `axes with elements for the mode '${mode}'`, `[${a.shape.join()}]`)
    if (around === undefined) {
      const places = lax.range(low + n + high).map((i) => source(i - low, n, mode as Repeating))
      return picked(y, places, axis)
    }
    return lax.concatenate([around(y, axis, 0, low), y, around(y, axis, 1, high)], axis)
  }, a)
}
