/** Arrays one after the other, and in reverse order. */
import {
  type BatchAxis,
  bind1,
  DTypeError,
  Linear,
  type NDArray,
  type Primitive,
  type Shape,
  type ShapedArray,
  ShapeError,
  shaped,
  showAval,
  sizeOf,
  withShape,
  zero,
  requireLists,
} from '../core/index.js'
import { broadcastInDim, instantiate, moveToFront, range } from './shape.js'
import { sliceInDim } from './slicing.js'

// concatenate

interface Concatenate {
  readonly dimension: number
}

const concatenatedShape = (avals: readonly ShapedArray[], dimension: number): Shape => {
  const [first] = avals
  if (first === undefined) throw new ShapeError('concatenate', 'at least one array', 'none')
  const { shape } = first
  const fits =
    Number.isInteger(dimension) &&
    0 <= dimension &&
    dimension < shape.length &&
    avals.every((a) => a.shape.length === shape.length && a.shape.every((n, i) => i === dimension || n === shape[i]))
  if (!fits) {
    throw new ShapeError(
      'concatenate',
      `arrays of one shape but for axis ${dimension}`,
      avals.map(showAval).join(' and '),
    )
  }
  return shape.with(
    dimension,
    avals.reduce((sum, a) => sum + a.shape[dimension]!, 0),
  )
}

export const concatenateP: Primitive<Concatenate> = {
  name: 'concatenate',
  abstractEval(avals, { dimension }) {
    const shape = concatenatedShape(avals, dimension)
    const { dtype } = avals[0]!
    if (avals.some((a) => a.dtype !== dtype)) {
      throw new DTypeError('concatenate', 'arrays of one dtype', avals.map(showAval).join(' and '))
    }
    return [
      shaped(
        shape,
        dtype,
        avals.every((a) => a.weakType),
      ),
    ]
  },
  jvp(xs, ts, params) {
    const y = bind1(concatenateP, xs, params)
    if (ts.every((t) => t === zero)) return [[y], [zero]]
    const tangents = ts.map((t, i) => instantiate(t, xs[i]!.aval))
    return [[y], [bind1(concatenateP, tangents, params)]]
  },
  transpose([ct], args, { dimension }) {
    let end = 0
    return args.map((x) => {
      const start = end
      end += x instanceof Linear ? x.aval.shape[dimension]! : x.shape[dimension]!
      if (!(x instanceof Linear)) return null
      return ct === zero ? zero : sliceInDim(ct!, start, end, 1, dimension)
    })
  },
  batch(xs, axes, { dimension }, size): readonly [readonly NDArray[], readonly BatchAxis[]] {
    const fronts = xs.map((x, i) => {
      const axis = axes[i]!
      if (axis !== null) return moveToFront(x, axis)
      return broadcastInDim(
        x,
        [size, ...x.shape],
        range(x.ndim).map((d) => d + 1),
      )
    })
    return [[concatenate(fronts, dimension + 1)], [0]]
  },
  lower({ graph, avalsIn, avalsOut: [out] }, xs, { dimension }) {
    const present = xs.filter((_, i) => sizeOf(avalsIn[i]!.shape) > 0)
    if (present.length === 0) return [graph.op('Reshape', [xs[0]!, graph.ints(out!.shape)], { allowzero: 1 })]
    return [present.length === 1 ? present[0]! : graph.op('Concat', present, { axis: dimension })]
  },
}

/**
 * Arrays one after the other along an axis.
 *
 * @throws ShapeError unless the other axes agree
 */
export const concatenate = (xs: readonly NDArray[], dimension: number): NDArray => {
  requireLists('concatenate', [xs])
  const [first] = xs
  return xs.length === 1 && dimension >= 0 && dimension < first!.ndim ? first! : bind1(concatenateP, xs, { dimension })
}

// rev

interface Rev {
  readonly dimensions: readonly number[]
}

export const revP: Primitive<Rev> = {
  name: 'rev',
  abstractEval([x], { dimensions }) {
    const ndim = x!.shape.length
    const fits =
      dimensions.every((d) => Number.isInteger(d) && d >= 0 && d < ndim) &&
      new Set(dimensions).size === dimensions.length
    if (!fits) throw new ShapeError('rev', `different axes of ${showAval(x!)}`, `[${dimensions.join()}]`)
    return [withShape(x!, x!.shape)]
  },
  jvp: ([x], [t], { dimensions }) => [[rev(x!, dimensions)], [t === zero ? zero : rev(t!, dimensions)]],
  transpose: ([ct], _args, { dimensions }) => [ct === zero ? zero : rev(ct!, dimensions)],
  batch: ([x], [axis], { dimensions }) => [
    [
      rev(
        x!,
        dimensions.map((d) => (d >= axis! ? d + 1 : d)),
      ),
    ],
    [axis!],
  ],
  lower: ({ graph, avalsIn: [aval] }, [x], { dimensions }) => {
    const minusOnes = graph.ints(dimensions.map(() => -1))
    // From the last element to before the first: an end of -size - 1 is "before the first" in ONNX.
    const ends = graph.ints(dimensions.map((d) => -aval!.shape[d]! - 1))
    return [graph.op('Slice', [x!, minusOnes, ends, graph.ints(dimensions), minusOnes])]
  },
}

/** The elements in reverse order along some axes. @throws ShapeError */
export const rev = (x: NDArray, dimensions: readonly number[]): NDArray => {
  requireLists('rev', [dimensions])
  return dimensions.length === 0 ? x : bind1(revP, [x], { dimensions })
}
