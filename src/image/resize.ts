/** Images, or volumes, sampled at other points. */
import { ArgumentError, type NDArray, type Shape, ShapeError, showAval } from '../core/index.js'
import * as lax from '../lax/index.js'
import { promote, promoteInexact } from '../numpy/convert.js'
import * as np from '../numpy/index.js'

/** How points between pixels are computed; several names stand for one method. */
export type ResizeMethod =
  | 'nearest'
  | 'linear'
  | 'bilinear'
  | 'trilinear'
  | 'triangle'
  | 'cubic'
  | 'bicubic'
  | 'tricubic'
  | 'cubic-pytorch'
  | 'bicubic-pytorch'
  | 'lanczos3'
  | 'lanczos5'
  | 'area'

type Kernel = (distance: NDArray) => NDArray

const piece = (x: NDArray, bound: number, below: NDArray, beyond: NDArray | number): NDArray =>
  lax.select(lax.ge(x, bound), below, typeof beyond === 'number' ? lax.full([], beyond, x.dtype) : beyond)

/** Horner's scheme, from the highest power. */
const polynomial = (x: NDArray, first: number, ...rest: readonly number[]): NDArray =>
  rest.reduce<NDArray>((y, c) => lax.add(lax.mul(y, x), c), lax.full(x.shape, first, x.dtype))

const triangle: Kernel = (x) => lax.max(lax.sub(1, x), 0)
/** Keys, Cubic convolution interpolation for digital image processing, 1981, with a = -1/2. */
const keys: Kernel = (x) => piece(x, 2, piece(x, 1, polynomial(x, 1.5, -2.5, 0, 1), polynomial(x, -0.5, 2.5, -4, 2)), 0)
/** The same with a = -3/4, as OpenCV and PyTorch have it. */
const cubic: Kernel = (x) =>
  piece(x, 2, piece(x, 1, polynomial(x, 1.25, -2.25, 0, 1), polynomial(x, -0.75, 3.75, -6, 3)), 0)
const lanczos =
  (radius: number): Kernel =>
  (x) => {
    const turn = lax.mul(x, Math.PI)
    const y = lax.mul(lax.mul(lax.sin(turn), lax.sin(lax.div(turn, radius))), radius)
    const isFar = lax.gt(x, 1e-3)
    const safe = lax.select(isFar, lax.full([], 1, x.dtype), lax.mul(lax.square(x), Math.PI ** 2))
    return lax.select(lax.gt(x, radius), lax.select(isFar, lax.full([], 1, x.dtype), lax.div(y, safe)), lax.full([], 0, x.dtype)) // prettier-ignore
  }

interface Method {
  /** `null`: the overlap of pixels. */
  readonly kernel: Kernel | null
  /** Whether the edges of the image go on outside of it. */
  readonly hasEdges?: boolean
}

const linear: Method = { kernel: triangle }
const methods: Readonly<Record<Exclude<ResizeMethod, 'nearest'>, (antialias: boolean) => Method>> = {
  linear: () => linear,
  bilinear: () => linear,
  trilinear: () => linear,
  triangle: () => linear,
  cubic: () => ({ kernel: keys }),
  bicubic: () => ({ kernel: keys }),
  tricubic: () => ({ kernel: keys }),
  'cubic-pytorch': (antialias) => (antialias ? { kernel: keys } : { kernel: cubic, hasEdges: true }),
  'bicubic-pytorch': (antialias) => (antialias ? { kernel: keys } : { kernel: cubic, hasEdges: true }),
  lanczos3: () => ({ kernel: lanczos(3) }),
  lanczos5: () => ({ kernel: lanczos(5) }),
  area: () => ({ kernel: null }),
}

const methodOf = (where: string, name: string, antialias: boolean): Method => {
  if (!Object.hasOwn(methods, name)) {
    throw new ArgumentError(where, `one of the methods ${Object.keys(methods).join(', ')}`, `'${name}'`)
  }
  return methods[name as keyof typeof methods](antialias)
}

/** Weights below this sum are rounding: the point lies outside. */
const negligible = 1000 * 2 ** -23

/** What each of m pixels contributes to each of n points, `[m, n]`. */
const weightMatrix = (
  m: number,
  n: number,
  scale: NDArray,
  shift: NDArray,
  method: Method,
  antialias: boolean,
): NDArray => {
  // prettier-ignore
  const { kernel, hasEdges = false } = method
  const { dtype } = scale
  const inverse = lax.reciprocal(scale)
  const offset = lax.mul(shift, inverse)
  const points = lax.expandDims(lax.iota(dtype, n), [0])
  const normalized = (weights: NDArray): NDArray => {
    const total = lax.expandDims(lax.reduceSum(weights, [0]), [0])
    const isThere = lax.gt(lax.abs(total), negligible)
    const safe = lax.select(isThere, lax.full([], 1, dtype), total)
    return lax.select(lax.broadcastTo(isThere, weights.shape), lax.full([], 0, dtype), lax.div(weights, safe))
  }
  const sample = lax.sub(lax.sub(lax.mul(lax.add(points, 0.5), inverse), offset), 0.5)
  let weights: NDArray
  if (kernel === null) {
    const left = lax.sub(lax.mul(points, inverse), offset)
    const pixels = lax.expandDims(lax.iota(dtype, m), [1])
    weights = lax.max(lax.sub(lax.min(lax.add(left, inverse), lax.add(pixels, 1)), lax.max(left, pixels)), 0)
  } else {
    const width = antialias ? lax.max(inverse, 1) : lax.full([], 1, dtype)
    const margin = hasEdges ? 2 : 0
    const pixels = lax.sub(lax.expandDims(lax.iota(dtype, m + 2 * margin), [1]), margin)
    weights = kernel(lax.div(lax.abs(lax.sub(sample, pixels)), width))
    if (hasEdges) {
      // What would fall outside goes to the pixel at the edge.
      const before = lax.reduceSum(lax.sliceInDim(weights, 0, margin), [0])
      const after = lax.reduceSum(lax.sliceInDim(weights, m + margin, m + 2 * margin), [0])
      const row = lax.broadcastedIota('int32', [m, n], 0)
      const nothing = lax.full([], 0, dtype)
      weights = lax.add(
        lax.sliceInDim(weights, margin, m + margin),
        lax.add(lax.select(lax.eq(row, 0), nothing, before), lax.select(lax.eq(row, m - 1), nothing, after)),
      )
      return normalized(weights)
    }
  }
  const isInside = lax.and(lax.ge(sample, -0.5), lax.le(sample, m - 0.5))
  return lax.select(lax.broadcastTo(isInside, [m, n]), lax.full([], 0, dtype), normalized(weights))
}

const checkShape = (where: string, image: NDArray, shape: Shape): void => {
  if (shape.length !== image.ndim || shape.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError(where, `whole numbers for each of ${image.ndim} axes`, `[${shape.join()}] for ${showAval(image.aval)}`) // prettier-ignore
  }
}

const sampled = (
  image: NDArray,
  shape: Shape,
  axes: readonly number[],
  scale: readonly NDArray[],
  shift: readonly NDArray[],
  method: Method,
  antialias: boolean,
): NDArray =>
  axes.reduce<NDArray>((x, axis, i) => {
    const weights = weightMatrix(x.shape[axis]!, shape[axis]!, scale[i]!, shift[i]!, method, antialias)
    const y = np.tensordot(x, lax.convertElementType(weights, x.dtype), [[axis], [0]])
    return np.moveaxis(y, -1, axis)
  }, image)

export interface ScaleAndTranslateOptions {
  /** Whether pixels are averaged where the image gets smaller; default true. */
  readonly antialias?: boolean
}

/**
 * An image scaled and moved along some axes: the point x goes to x · scale + translation, where pixels have their centers at halves.
 *
 * Points that come from outside of the image are 0.
 * @param shape - that of the result
 * @param scale - `[axes]`
 * @param translation - `[axes]`
 * @throws ArgumentError, ShapeError
 */
export const scaleAndTranslate = (
  image: np.ArrayLike,
  shape: Shape,
  spatialDims: readonly number[],
  scale: np.ArrayLike,
  translation: np.ArrayLike,
  method: Exclude<ResizeMethod, 'nearest'>,
  { antialias = true }: ScaleAndTranslateOptions = {},
): NDArray => {
  const where = 'image.scaleAndTranslate'
  const x = promoteInexact(image)[0]!
  checkShape(where, x, shape)
  const axes = spatialDims.map((i) => lax.canonicalAxis(where, i, x.ndim))
  const [s, t] = promoteInexact(...promote(scale, translation)) as readonly [NDArray, NDArray]
  if (s.ndim !== 1 || t.ndim !== 1 || s.size !== axes.length || t.size !== axes.length) {
    throw new ShapeError(where, `a scale and a translation for each of ${axes.length} axes`, `${showAval(s.aval)} and ${showAval(t.aval)}`) // prettier-ignore
  }
  if (x.shape.some((n, i) => !axes.includes(i) && n !== shape[i])) {
    throw new ShapeError(where, 'other axes as they are', `[${shape.join()}] for ${showAval(x.aval)}`)
  }
  const parts = (v: NDArray): readonly NDArray[] => axes.map((_, i) => lax.squeeze(lax.sliceInDim(v, i, i + 1), [0]))
  return sampled(x, shape, axes, parts(s), parts(t), methodOf(where, method, antialias), antialias)
}

export interface ResizeOptions {
  /** Whether pixels are averaged where the image gets smaller; default true. */
  readonly antialias?: boolean
}

/**
 * An image in another size, along any axes.
 *
 * @param shape - that of the result; axes whose sizes differ are resampled
 * @throws ArgumentError, ShapeError
 * @example
 * image.resize(np.array([[0, 1]]), [1, 4], 'linear').ravel() // => Array([0.  , 0.25, 0.75, 1.  ], dtype=float32)
 */
export const resize = (
  image: np.ArrayLike,
  shape: Shape,
  method: ResizeMethod,
  { antialias = true }: ResizeOptions = {},
): NDArray => {
  const where = 'image.resize'
  const given = np.asarray(image)
  checkShape(where, given, shape)
  const axes = shape.flatMap((n, i) => (n === given.shape[i] ? [] : [i]))
  if (method === 'nearest') {
    return axes.reduce<NDArray>((x, axis) => {
      const [m, n] = [x.shape[axis]!, shape[axis]!]
      const at = lax.div(lax.mul(lax.add(lax.iota('float32', n), 0.5), m), n)
      return lax.take(x, lax.convertElementType(lax.floor(at), 'int32'), axis, 'clip')
    }, given)
  }
  const x = promoteInexact(given)[0]!
  const chosen = methodOf(where, method, antialias)
  const empty = axes.find((i) => x.shape[i] === 0)
  if (empty !== undefined) throw new ShapeError(where, 'axes with elements', showAval(x.aval))
  const dtype = x.dtype === 'float64' ? 'float64' : 'float32'
  const scale = axes.map((i) => lax.full([], shape[i] === 0 ? 1 : shape[i]! / x.shape[i]!, dtype))
  const shift = axes.map(() => lax.full([], 0, dtype))
  return sampled(x, shape, axes, scale, shift, chosen, antialias)
}
