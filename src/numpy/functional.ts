/** Functions applied along axes, over grids, and with broadcasting. */
import { ArgumentError, type DType, type NDArray, type Shape, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { vmap } from '../transforms/index.js'
import { type ArrayLike, asArray, promote } from './convert.js'
import { moveaxis } from './manipulation.js'

/** A function mapped over leading axes, all but the last `inner` of each argument. */
const overLeading = (f: (x: NDArray) => NDArray, x: NDArray, inner: number): NDArray => {
  const lead = x.shape.slice(0, x.ndim - inner)
  if (lead.length === 0) return f(x)
  const flat = lax.reshape(x, [lead.reduce((a, b) => a * b, 1), ...x.shape.slice(x.ndim - inner)])
  const y = vmap((row: NDArray) => f(row))(flat)
  return lax.reshape(y, [...lead, ...y.shape.slice(1)])
}

/**
 * A function of vectors applied to those along an axis; its result's axes take the place of that axis.
 *
 * @example
 * np.applyAlongAxis((v) => v.sum(), 1, np.ones([2, 3])) // => Array([3., 3.], dtype=float32)
 */
export const applyAlongAxis = (f: (v: NDArray) => ArrayLike, axis: number, x: ArrayLike): NDArray => {
  const a = asArray(x)
  const at = lax.canonicalAxis('np.applyAlongAxis', axis, a.ndim)
  const y = overLeading((v) => asArray(f(v)), moveaxis(a, at, -1), 1)
  const added = y.ndim - (a.ndim - 1)
  return moveaxis(y, lax.range(added).map((i) => a.ndim - 1 + i), lax.range(added).map((i) => at + i)) // prettier-ignore
}

/** A function `(array, axis)` applied along axes one after the other; where an axis vanishes it is put back. @throws ShapeError */
export const applyOverAxes = (
  f: (x: NDArray, axis: number) => ArrayLike,
  x: ArrayLike,
  axes: number | readonly number[],
): NDArray => {
  const a = asArray(x)
  return (typeof axes === 'number' ? [axes] : axes).reduce<NDArray>((y, axis) => {
    const at = lax.canonicalAxis('np.applyOverAxes', axis, a.ndim)
    const result = asArray(f(y, at))
    if (result.ndim === y.ndim) return result
    if (result.ndim !== y.ndim - 1) throw new ShapeError('np.applyOverAxes', 'a function that keeps or drops the axis', showAval(result.aval)) // prettier-ignore
    return lax.expandDims(result, [at])
  }, a)
}

/** An array from a function of its indices: `f` is called once, with each index as an array of the shape. Default dtype of indices float32. */
export const fromfunction = (
  f: (...indices: NDArray[]) => ArrayLike,
  shape: Shape,
  { dtype = 'float32' }: { readonly dtype?: DType } = {},
): NDArray => lax.broadcastTo(asArray(f(...shape.map((_, i) => lax.broadcastedIota(dtype, shape, i)))), shape)

interface Signature {
  readonly inputs: readonly (readonly string[])[]
  readonly outputs: readonly (readonly string[])[]
}

const parse = (signature: string): Signature => {
  const bare = signature.replaceAll(/\s/g, '')
  const list = '\\((\\w+(,\\w+)*)?\\)'
  if (!new RegExp(`^${list}(,${list})*->${list}(,${list})*$`).test(bare)) {
    throw new ArgumentError('np.vectorize', "a signature like '(n,m),(m)->(n)'", `'${signature}'`)
  }
  const side = (text: string): readonly (readonly string[])[] =>
    [...text.matchAll(/\(([^)]*)\)/g)].map(([, inner]) => (inner === '' ? [] : inner!.split(',')))
  const [left, right] = bare.split('->') as [string, string]
  return { inputs: side(left), outputs: side(right) }
}

export interface VectorizeOptions {
  /** Positions of arguments that are passed as they are. */
  readonly excluded?: readonly number[]
  /** Axes of arguments and results, `'(n,m),(m)->(n)'`; default scalars. */
  readonly signature?: string
}

/**
 * A function of arrays with few axes as one of arrays with more, whose leading axes broadcast.
 *
 * @throws ArgumentError, ShapeError where arguments don't fit the signature
 * @example
 * const dots = np.vectorize((a: NDArray, b: NDArray) => np.dot(a, b), { signature: '(n),(n)->()' })
 * dots(np.ones([2, 3]), np.ones([3])) // => Array([3., 3.], dtype=float32)
 */
export const vectorize = <A extends readonly ArrayLike[], R extends NDArray | readonly NDArray[]>(
  f: (...args: A) => R,
  { excluded = [], signature }: VectorizeOptions = {},
): ((...args: A) => R) => {
  const parsed = signature === undefined ? null : parse(signature)
  return (...args) => {
    const mapped = args.flatMap((_, i) => (excluded.includes(i) ? [] : [i]))
    if (parsed !== null && parsed.inputs.length !== mapped.length) {
      throw new ArgumentError('np.vectorize', `${parsed.inputs.length} arguments`, `${mapped.length}`)
    }
    const arrays = mapped.map((i) => asArray(args[i]!))
    const core = arrays.map((_, k) => parsed?.inputs[k]?.length ?? 0)
    const sizes = new Map<string, number>()
    arrays.forEach((x, k) => {
      if (x.ndim < core[k]!) throw new ShapeError('np.vectorize', `${core[k]!} axes or more`, showAval(x.aval))
      parsed?.inputs[k]!.forEach((label, j) => {
        const n = x.shape[x.ndim - core[k]! + j]!
        if (n !== (sizes.get(label) ?? n))
          throw new ShapeError('np.vectorize', `one size for '${label}'`, showAval(x.aval))
        sizes.set(label, n)
      })
    })
    const lead = lax.broadcastShapes('np.vectorize', arrays.map((x, k) => x.shape.slice(0, x.ndim - core[k]!))) // prettier-ignore
    const call = (...xs: NDArray[]): R => {
      const all = [...args] as ArrayLike[]
      mapped.forEach((i, k) => (all[i] = xs[k]!))
      return f(...(all as unknown as A))
    }
    if (lead.length === 0) return call(...arrays)
    const count = lead.reduce((a, b) => a * b, 1)
    // An argument without leading axes isn't mapped.
    const axes = arrays.map((x, k) => (x.ndim === core[k]! ? null : 0))
    const flat = arrays.map((x, k) => {
      const inner = x.shape.slice(x.ndim - core[k]!)
      return axes[k] === null ? x : lax.reshape(lax.broadcastTo(x, [...lead, ...inner]), [count, ...inner])
    })
    const result: NDArray | readonly NDArray[] = vmap(call, { inAxes: axes })(...flat)
    const unflat = (y: NDArray): NDArray => lax.reshape(y, [...lead, ...y.shape.slice(1)])
    return (Array.isArray(result) ? (result as readonly NDArray[]).map(unflat) : unflat(result as NDArray)) as R
  }
}

/** A range of a grid: start (default 0), stop, and a step (default 1) or, as `{ count }`, the number of points, the stop among them. */
export type GridRange = number | readonly [start: number, stop: number, step?: number | { readonly count: number }]

const line = (range: GridRange): NDArray => {
  const [start, stop, step = 1] = typeof range === 'number' ? ([0, range] as const) : range
  for (const end of [start, stop]) {
    if (!Number.isFinite(end)) throw new ArgumentError('a grid', 'finite numbers to start and stop at', String(end))
  }
  if (typeof step === 'object') {
    const { count } = step
    if (!Number.isInteger(count) || count < 0) throw new ShapeError('a grid', 'a whole number of points', String(count)) // prettier-ignore
    return count === 0
      ? lax.full([0], 0, 'float32')
      : lax.add(lax.mul(lax.iota('float32', count), count < 2 ? 0 : (stop - start) / (count - 1)), start)
  }
  if (step === 0 || !Number.isFinite(step)) throw new ArgumentError('a grid', 'finite steps other than 0', String(step)) // prettier-ignore
  const count = Math.max(0, Math.ceil((stop - start) / step))
  const dtype = [start, stop, step].every(Number.isInteger) ? 'int32' : 'float32'
  return lax.add(lax.mul(lax.iota(dtype, count), step), start)
}

/** Coordinates of a grid, each along an axis of its own: `np.ogrid(2, [0, 1, { count: 3 }])`. */
export const ogrid = (...ranges: readonly GridRange[]): readonly NDArray[] =>
  promote(...ranges.map(line)).map((x, i) => lax.reshape(x, ranges.map((_, j) => (i === j ? x.size : 1)))) // prettier-ignore

/** Coordinates of all points of a grid, stacked: `[axes, ...sizes]`. */
export const mgrid = (...ranges: readonly GridRange[]): NDArray => {
  const open = ogrid(...ranges)
  if (open.length === 0) throw new ArgumentError('np.mgrid', 'at least one range', 'none')
  const shape = open.map((x, i) => x.shape[i]!)
  return lax.concatenate(open.map((x) => lax.expandDims(lax.broadcastTo(x, shape), [0])), 0) // prettier-ignore
}
