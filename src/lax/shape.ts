/** Reshape, transpose, broadcast and sum: each other's transposes. */
import {
  ArgumentError,
  type BatchAxis,
  bind1,
  type DType,
  equalShapes,
  isInteger,
  isOn,
  literal,
  NDArray,
  type Primitive,
  type Scalar,
  type Shape,
  type ShapedArray,
  ShapeError,
  showAval,
  sizeOf,
  type Tangent,
  withShape,
  zero,
  requireArrays,
  requireLists,
} from '../core/index.js'
import { isOnCuda, lowerHalving } from './cudaIntegers.js'
import { lowerIntegerSum } from './integerSum.js'
import { lowerLeadingSum } from './leadingSum.js'
import { kernel } from './kernels.js'

/** Axes 0 to n - 1. */
export const range = (n: number): readonly number[] => {
  if (n >= 2 ** 32) throw new ArgumentError('a list of positions', 'fewer than 2³² of them', String(n))
  return Array.from({ length: n }, (_, i) => i)
}

/** An axis in [-ndim, ndim) as one in [0, ndim). @throws ShapeError */
export const canonicalAxis = (where: string, axis: number, ndim: number): number => {
  if (!Number.isInteger(ndim))
    throw new ArgumentError(where, 'an array', 'something else; make an array of it with np.array')
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    throw new ShapeError(where, `an axis in [${-ndim}, ${ndim}) for an array of ${ndim} axes`, `${axis}`)
  }
  return axis < 0 ? axis + ndim : axis
}

/** Rules of an operation that is linear in its only argument. */
const linear = <P>(apply: (x: NDArray, params: P) => NDArray) => ({
  jvp: ([x]: readonly NDArray[], [t]: readonly Tangent[], params: P) =>
    [[apply(x!, params)], [t === zero ? zero : apply(t!, params)]] as const,
})

/** Refuse sizes that no array has. @throws ShapeError */
export const checkSizes = (where: string, shape: Shape): void => {
  requireLists(where, [shape])
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new ShapeError(where, 'whole sizes of at least 0', `[${shape.join()}]`)
  }
}

/** The array with `axis` moved to the front. */
export const moveToFront = (x: NDArray, axis: number): NDArray =>
  axis === 0 ? x : transpose(x, [axis, ...range(x.ndim).filter((i) => i !== axis)])

// reshape

export const reshapeP: Primitive<{ readonly shape: Shape }> = {
  name: 'reshape',
  abstractEval([x], { shape }) {
    checkSizes('reshape', shape)
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new ShapeError(
        'reshape',
        `a shape of ${sizeOf(x!.shape)} elements for ${showAval(x!)}`,
        `[${shape.join()}]`,
      )
    }
    return [withShape(x!, shape)]
  },
  ...linear((x, { shape }) => reshape(x, shape)),
  transpose: ([ct], [x]) => [ct === zero ? zero : reshape(ct!, x!.aval.shape)],
  batch: ([x], [axis], { shape }, size) => [[reshape(moveToFront(x!, axis!), [size, ...shape])], [0]],
  lower: ({ graph }, [x], { shape }) => [graph.op('Reshape', [x!, graph.ints(shape)], { allowzero: 1 })],
}

/** The same elements, in row-major order, in another shape. @throws ShapeError if the sizes differ */
export const reshape = (x: NDArray, shape: Shape): NDArray =>
  x instanceof NDArray && equalShapes(x.shape, shape) ? x : bind1(reshapeP, [x], { shape })

/** Axes of size 1 put in at `axes` of the result. */
export const expandDims = (x: NDArray, axes: readonly number[]): NDArray => {
  requireArrays('expand_dims', [x])
  requireLists('expand_dims', [axes])
  const ndim = x.ndim + axes.length
  const added = axes.map((a) => canonicalAxis('expand_dims', a, ndim))
  const kept = x.shape.values()
  return reshape(
    x,
    range(ndim).map((i) => (added.includes(i) ? 1 : kept.next().value!)),
  )
}

/** Axes of size 1 taken out. @throws ShapeError if one of them isn't 1 */
export const squeeze = (x: NDArray, axes: readonly number[]): NDArray => {
  requireArrays('squeeze', [x])
  requireLists('squeeze', [axes])
  const removed = axes.map((a) => canonicalAxis('squeeze', a, x.ndim))
  for (const a of removed) {
    if (x.shape[a] !== 1) throw new ShapeError('squeeze', `axis ${a} of size 1`, showAval(x.aval))
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !removed.includes(i)),
  )
}

// transpose

export const transposeP: Primitive<{ readonly permutation: readonly number[] }> = {
  name: 'transpose',
  abstractEval([x], { permutation }) {
    if (
      !equalShapes(
        [...permutation].sort((a, b) => a - b),
        range(x!.shape.length),
      )
    ) {
      throw new ShapeError(
        'transpose',
        `a permutation of the ${x!.shape.length} axes of ${showAval(x!)}`,
        `[${permutation.join()}]`,
      )
    }
    return [
      withShape(
        x!,
        permutation.map((i) => x!.shape[i]!),
      ),
    ]
  },
  ...linear((x, { permutation }) => transpose(x, permutation)),
  transpose: ([ct], _args, { permutation }) => [ct === zero ? zero : transpose(ct!, inversePermutation(permutation))],
  batch: ([x], [axis], { permutation }) => [
    [transpose(moveToFront(x!, axis!), [0, ...permutation.map((i) => i + 1)])],
    [0],
  ],
  lower: ({ graph, avalsIn: [aval], avalsOut: [out] }, [x], { permutation }) => {
    const moved = permutation.filter((i) => aval!.shape[i] !== 1)
    const memoryOrderKept = moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)
    return [
      memoryOrderKept
        ? graph.op('Reshape', [x!, graph.ints(out!.shape)], { allowzero: 1 })
        : graph.op('Transpose', [x!], { perm: permutation }),
    ]
  },
}

/** Where each axis of a permutation came from. */
export const inversePermutation = (permutation: readonly number[]): readonly number[] =>
  range(permutation.length).map((i) => permutation.indexOf(i))

/** Axes in another order: axis i of the result is axis `permutation[i]` of `x`. @throws ShapeError */
export const transpose = (x: NDArray, permutation: readonly number[]): NDArray => {
  requireLists('transpose', [permutation])
  const isIdentity = permutation.every((a, i) => a === i) && permutation.length === x.ndim
  return isIdentity ? x : bind1(transposeP, [x], { permutation })
}

// broadcast_in_dim

interface BroadcastInDim {
  readonly shape: Shape
  /** The axis of the result that each axis of the operand becomes. */
  readonly broadcastDimensions: readonly number[]
}

/** Up to this many elements an expanded number is written into the graph: reading them costs less than a node. */
const maxExpandedConstant = 256

export const broadcastInDimP: Primitive<BroadcastInDim> = {
  name: 'broadcast_in_dim',
  abstractEval([x], { shape, broadcastDimensions: dims }) {
    checkSizes('broadcast_in_dim', shape)
    const fits =
      dims.length === x!.shape.length &&
      dims.every((d, i) => (i === 0 || d > dims[i - 1]!) && (x!.shape[i] === 1 || x!.shape[i] === shape[d]))
    if (!fits) {
      throw new ShapeError(
        'broadcast_in_dim',
        `axes of size 1 or of the size they become in [${shape.join()}]`,
        `${showAval(x!)} to axes [${dims.join()}]`,
      )
    }
    return [withShape(x!, shape)]
  },
  ...linear((x, { shape, broadcastDimensions }) => broadcastInDim(x, shape, broadcastDimensions)),
  transpose: ([ct], [x], { broadcastDimensions: dims }) => {
    if (ct === zero) return [zero]
    const { shape } = x!.aval
    const expanded = range(ct!.ndim).filter((i) => {
      const from = dims.indexOf(i)
      return from < 0 || (shape[from] === 1 && ct!.shape[i] !== 1)
    })
    return [reshape(reduceSum(ct!, expanded), shape)]
  },
  batch: ([x], [axis], { shape, broadcastDimensions }, size) => [
    [broadcastInDim(moveToFront(x!, axis!), [size, ...shape], [0, ...broadcastDimensions.map((i) => i + 1)])],
    [0],
  ],
  lower: (context, [x], { shape, broadcastDimensions: dims }) => {
    const { graph, avalsIn } = context
    const [aval] = avalsIn
    const content = graph.contentOf(x!)
    if (aval!.shape.length === 0 && content !== null && sizeOf(shape) <= maxExpandedConstant) {
      return [graph.constant(aval!.dtype, shape, content.repeated(sizeOf(shape)))]
    }
    const aligned = shape.map((_, i) => (dims.includes(i) ? aval!.shape[dims.indexOf(i)]! : 1))
    const ranked = dims.length === shape.length ? x! : graph.op('Reshape', [x!, graph.ints(aligned)], { allowzero: 1 })
    return [
      equalShapes(aligned, shape)
        ? ranked
        : kernel(context, 'Expand', [ranked, graph.ints(shape)], aval!.dtype, { data: [0] }),
    ]
  },
}

/** `x` repeated along new axes and along axes of size 1. @throws ShapeError */
export const broadcastInDim = (x: NDArray, shape: Shape, broadcastDimensions: readonly number[]): NDArray => {
  requireArrays('broadcast_in_dim', [x])
  requireLists('broadcast_in_dim', [shape, broadcastDimensions])
  return equalShapes(x.shape, shape) ? x : bind1(broadcastInDimP, [x], { shape, broadcastDimensions })
}

/** `x` broadcast by NumPy's rule: its axes are the last ones of the result. @throws ShapeError */
export const broadcastTo = (x: NDArray, shape: Shape): NDArray =>
  broadcastInDim(
    x,
    shape,
    range(x.ndim).map((i) => i + shape.length - x.ndim),
  )

/** The shape that NumPy's rule gives operands of these shapes. @throws ShapeError */
export const broadcastShapes = (where: string, shapes: readonly Shape[]): Shape => {
  const [first] = shapes
  if (shapes.every((s) => equalShapes(s, first!))) return first!
  const ndim = Math.max(...shapes.map((s) => s.length))
  return range(ndim).map((i) => {
    let size = 1
    for (const shape of shapes) {
      const n = shape[i - ndim + shape.length] ?? 1
      if (n !== 1 && size !== 1 && n !== size) {
        throw new ShapeError(
          where,
          'shapes that broadcast together (axes, from the last, of one size or 1)',
          shapes.map((s) => `[${s.join()}]`).join(' and '),
        )
      }
      if (n !== 1) size = n
    }
    return size
  })
}

/** An array of one value. */
export const full = (shape: Shape, value: Scalar, dtype: DType): NDArray => broadcastTo(literal(value, dtype), shape)

/** An array of one value, of the shape and dtype of another unless said otherwise. */
export const fullLike = (
  x: NDArray,
  value: Scalar,
  { shape = x.shape, dtype = x.dtype }: { readonly shape?: Shape; readonly dtype?: DType } = {},
): NDArray => full(shape, value, dtype)

/** Zeros of an aval. */
export const zerosOf = (aval: ShapedArray): NDArray => broadcastTo(literal(0, aval.dtype, aval.weakType), aval.shape)

/** The array that a tangent stands for. */
export const instantiate = (t: Tangent, aval: ShapedArray): NDArray => (t === zero ? zerosOf(aval) : t)

// reduce_sum

interface Axes {
  readonly axes: readonly number[]
}

/** The shape without some axes. */
export const withoutAxes = (shape: Shape, axes: readonly number[]): Shape => shape.filter((_, i) => !axes.includes(i))

/** The aval without some axes. @throws ShapeError unless they are different axes of it */
export const reducedAval = (name: string, x: ShapedArray, axes: readonly number[]): ShapedArray => {
  const fits =
    axes.every((a) => Number.isInteger(a) && a >= 0 && a < x.shape.length) && new Set(axes).size === axes.length
  if (!fits) throw new ShapeError(name, `different axes of ${showAval(x)}`, `[${axes.join()}]`)
  return withShape(x, withoutAxes(x.shape, axes))
}

export const reduceSumP: Primitive<Axes> = {
  name: 'reduce_sum',
  abstractEval: ([x], { axes }) => [reducedAval('reduce_sum', x!, axes)],
  ...linear((x, { axes }) => reduceSum(x, axes)),
  transpose: ([ct], [x], { axes }) => {
    const { shape } = x!.aval
    return [
      ct === zero
        ? zero
        : broadcastInDim(
            ct!,
            shape,
            range(shape.length).filter((i) => !axes.includes(i)),
          ),
    ]
  },
  batch: ([x], [axis], { axes }) => batchReduction(reduceSum, x!, axis!, axes),
  lower: (context, [x], { axes }) => {
    const { graph, avalsIn } = context
    const { shape, dtype } = avalsIn[0]!
    if (isInteger(dtype) && sizeOf(shape) > 0 && axes.length > 0) {
      if (isOnCuda(context)) return [lowerHalving(context, 'Add', x!, shape, axes, dtype)]
      return [lowerIntegerSum(context, x!, shape, axes, dtype)]
    }
    const grouped = isOnCuda(context) || !isOn('leadingSum') ? null : lowerLeadingSum(context, x!, shape, axes, dtype)
    return [
      grouped ??
        kernel(context, 'ReduceSum', [x!, graph.ints(axes)], dtype, {
          attributes: { keepdims: 0 },
          data: [0],
        }),
    ]
  },
}

/** The batch rule of a reduction over axes. */
export const batchReduction = (
  reduce: (x: NDArray, axes: readonly number[]) => NDArray,
  x: NDArray,
  axis: number,
  axes: readonly number[],
): readonly [readonly NDArray[], readonly BatchAxis[]] => {
  const shifted = axes.map((a) => (a >= axis ? a + 1 : a))
  return [[reduce(x, shifted)], [axis - shifted.filter((a) => a < axis).length]]
}

/** A reduction over axes, if there are some. */
export const reduceOver = (primitive: Primitive<Axes>, x: NDArray, axes: readonly number[]): NDArray => {
  requireArrays(primitive.name, [x])
  requireLists(primitive.name, [axes])
  return axes.length === 0 ? x : bind1(primitive, [x], { axes })
}

/** Sum over axes, in the dtype of `x`. */
export const reduceSum = (x: NDArray, axes: readonly number[]): NDArray => reduceOver(reduceSumP, x, axes)

/** The cotangent of an operand that NumPy's rule broadcast: summed where it was repeated. */
export const unbroadcast = (ct: NDArray, aval: ShapedArray): NDArray => {
  if (equalShapes(ct.shape, aval.shape)) return ct
  const lead = ct.ndim - aval.shape.length
  const axes = range(ct.ndim).filter((i) => i < lead || (aval.shape[i - lead] === 1 && ct.shape[i] !== 1))
  return reshape(reduceSum(ct, axes), aval.shape)
}
