/** Reductions by any function: over axes, and over windows. */
import {
  ArgumentError,
  DTypeError,
  literal,
  NDArray,
  type Scalar,
  type Shape,
  ShapeError,
  showAval,
  sizeOf,
} from '../core/index.js'
import { add, max, min, mul } from './arithmetic.js'
import { and, or } from './compare.js'
import { concatenate } from './concatenate.js'
import { extremeOf, reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd } from './reduce.js'
import { broadcastTo, canonicalAxis, range, reduceSum, reshape, transpose, withoutAxes } from './shape.js'
import { pad, slice, sliceInDim } from './slicing.js'
import { reduceWindowSum, type WindowOptions, windowParams } from './window.js'
import { reduceWindowMax, reduceWindowMin } from './windowExtrema.js'
import { type Padding, type PaddingName, windowCount } from './windowShape.js'
import { windowAxes } from './window.js'

/** A function of two arrays of one shape, elementwise and associative. */
export type Computation = (a: NDArray, b: NDArray) => NDArray

const arrayOf = (x: NDArray, value: NDArray | Scalar): NDArray => {
  const init = value instanceof NDArray ? value : literal(value, x.dtype)
  if (init.ndim > 0) throw new ShapeError('reduce', 'scalars as initial values', showAval(init.aval))
  if (init.dtype !== x.dtype)
    throw new DTypeError('reduce', `an initial value of dtype ${x.dtype}`, showAval(init.aval))
  return init
}

interface Known {
  readonly reduce: (x: NDArray, axes: readonly number[]) => NDArray
  readonly identity: (x: NDArray) => Scalar
}

/** Computations that have an operation of their own. */
const known = new Map<unknown, Known>([
  [add, { reduce: reduceSum, identity: () => 0 }],
  [mul, { reduce: reduceProd, identity: () => 1 }],
  [max, { reduce: reduceMax, identity: (x) => extremeOf(x.dtype, 'least') }],
  [min, { reduce: reduceMin, identity: (x) => extremeOf(x.dtype, 'greatest') }],
  [and, { reduce: reduceAnd, identity: () => true }],
  [or, { reduce: reduceOr, identity: () => false }],
])

const isIdentity = (value: NDArray | Scalar, { identity }: Known, x: NDArray): boolean =>
  !(value instanceof NDArray) && Number(value) === Number(identity(x))

type Several = (a: readonly NDArray[], b: readonly NDArray[]) => readonly NDArray[]

/** Halves are combined until one is left: elements keep their order. */
const combined = (combine: Several, xs: readonly NDArray[]): readonly NDArray[] => {
  let parts = xs
  for (let n = xs[0]!.shape[0]!; n > 1; n = Math.ceil(n / 2)) {
    const half = Math.floor(n / 2)
    const every = (start: number, end: number, stride: number): readonly NDArray[] =>
      parts.map((x) => sliceInDim(x, start, end, stride))
    const pairs = combine(every(0, 2 * half, 2), every(1, 2 * half, 2))
    const rest = n % 2 === 0 ? null : every(n - 1, n, 1)
    parts = rest === null ? pairs : pairs.map((x, i) => concatenate([x, rest[i]!], 0))
  }
  return parts.map((x) => reshape(x, x.shape.slice(1)))
}

/**
 * A reduction over axes by a function, XLA's reduce: of one array, or of several at once.
 *
 * @param init - scalar, or scalars, that the function doesn't change: it may be put in anywhere, and is what is left of
 * empty axes
 * @param computation - associative and elementwise; of arrays, or of lists of as many arrays as operands
 * @throws ShapeError, DTypeError
 * @example
 * lax.reduce(np.array([3, 4]), 0, (a, b) => np.hypot(a, b), [0]) // => Array(5., dtype=float32)
 */
export function reduce(x: NDArray, init: NDArray | Scalar, computation: Computation, axes: readonly number[]): NDArray
export function reduce(
  xs: readonly NDArray[],
  init: readonly (NDArray | Scalar)[],
  computation: Several,
  axes: readonly number[],
): readonly NDArray[]
export function reduce(
  x: NDArray | readonly NDArray[],
  init: NDArray | Scalar | readonly (NDArray | Scalar)[],
  computation: Computation | Several,
  axes: readonly number[],
): NDArray | readonly NDArray[] {
  if (x instanceof NDArray) {
    const operation = known.get(computation)
    const at = axes.map((a) => canonicalAxis('reduce', a, x.ndim))
    if (operation !== undefined && isIdentity(init as NDArray | Scalar, operation, x)) return operation.reduce(x, at)
    const several: Several = ([a], [b]) => [(computation as Computation)(a!, b!)]
    return reduce([x], [init as NDArray | Scalar], several, axes)[0]!
  }
  const [first] = x
  const inits = init as readonly (NDArray | Scalar)[]
  if (first === undefined || inits.length !== x.length) {
    throw new ArgumentError('reduce', 'arrays and as many initial values', `${x.length} and ${inits.length}`)
  }
  if (x.some((y) => y.shape.join() !== first.shape.join())) {
    throw new ShapeError('reduce', 'arrays of one shape', x.map((y) => showAval(y.aval)).join(', '))
  }
  const at = axes.map((a) => canonicalAxis('reduce', a, first.ndim))
  const kept = withoutAxes(first.shape, at)
  const order = [...at, ...range(first.ndim).filter((i) => !at.includes(i))]
  const starts = x.map((y, i) => broadcastTo(arrayOf(y, inits[i]!), [1, ...kept]))
  const flat = x.map((y) => reshape(transpose(y, order), [sizeOf(at.map((a) => first.shape[a]!)), ...kept]))
  return combined(computation as Several, flat.map((y, i) => concatenate([starts[i]!, y], 0))) // prettier-ignore
}

/** The strided part of an array that each position of a window sees, one array for each. */
const windowParts = (
  x: NDArray,
  dimensions: Shape,
  strides: readonly number[],
  dilation: readonly number[],
  counts: Shape,
) => {
  const offsets = dimensions.reduce<readonly (readonly number[])[]>(
    (lists, n) => lists.flatMap((list) => range(n).map((i) => [...list, i])),
    [[]],
  )
  return offsets.map((offset) => {
    const start = offset.map((o, d) => o * dilation[d]!)
    const end = start.map((s, d) => s + (counts[d]! - 1) * strides[d]! + 1)
    return slice(x, start, end, strides)
  })
}

/**
 * A reduction over windows by a function, XLA's reduce_window. Sums and extrema have operations of their own; others
 * combine one array for each position of the window.
 *
 * @param init - scalar that the function doesn't change, what padding holds; it takes part in every window
 * @param computation - associative and elementwise
 * @param windowStrides - default 1
 * @param padding - `[low, high]` of each axis, or `'SAME'`, `'SAME_LOWER'`, `'VALID'`; default `'VALID'`
 * @throws ShapeError, DTypeError
 * @see https://openxla.org/stablehlo/spec#reduce_window
 * @example
 * lax.reduceWindow(np.array([1, 2, 3, 4]), 1, lax.mul, [2]) // => Array([ 2.,  6., 12.], dtype=float32)
 */
export const reduceWindow = (
  x: NDArray,
  init: NDArray | Scalar,
  computation: Computation,
  windowDimensions: readonly number[],
  windowStrides: readonly number[] = windowDimensions.map(() => 1),
  padding: PaddingName | readonly Padding[] = 'VALID',
  options: WindowOptions = {},
): NDArray => {
  const operation = known.get(computation)
  if (operation !== undefined && isIdentity(init, operation, x)) {
    const windowed = new Map<unknown, typeof reduceWindowSum>([
      [add, reduceWindowSum],
      [max, reduceWindowMax],
      [min, reduceWindowMin],
    ]).get(computation)
    if (windowed !== undefined) return windowed(x, windowDimensions, windowStrides, padding, options)
  }
  const params = windowParams(x, windowDimensions, windowStrides, padding, options)
  const axes = windowAxes(x.shape, params)
  const counts = axes.map(windowCount)
  const value = arrayOf(x, init)
  if (sizeOf(counts) === 0) return broadcastTo(value, counts)
  const config = axes.map((a): readonly [number, number, number] => [...a.padding, a.baseDilation - 1])
  const padded = pad(x, value, config)
  const dilation = axes.map((a) => a.windowDilation)
  const parts = windowParts(padded, windowDimensions, windowStrides, dilation, counts)
  const isNeutral = operation !== undefined && isIdentity(init, operation, x)
  const starts = isNeutral ? [] : [broadcastTo(value, counts)]
  return [...starts, ...parts].reduce((a, b) => computation(a, b))
}
