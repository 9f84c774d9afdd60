/** Functions of large batches, computed on a part of the batch at a time. */
import { foriLoop } from '../control/index.js'
import {
  ArgumentError,
  DTypeError,
  isFloat,
  type NDArray,
  ShapeError,
  showAval,
  requireFunction,
  requireArrays,
} from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import * as tree from '../pytree/index.js'
import { evalShape, type ShapeDtypeStruct, valueAndGrad, vmap } from '../transforms/index.js'
import { mapArrays } from './treeMath.js'

/** How the results of the parts become one. */
export const AccumulationType = {
  /** Their mean. */
  MEAN: 'mean',
  /** Their sum. */
  SUM: 'sum',
  /** Their mean so far: of those that were computed. */
  RUNNING_MEAN: 'runningMean',
  /** One after another along axis 0, in the order of the batch. */
  CONCAT: 'concat',
} as const
export type AccumulationType = (typeof AccumulationType)[keyof typeof AccumulationType]

/** How results become one, array by array. */
export class Accumulator {
  constructor(
    /** The state before the first part, for results of a shape and dtype. */
    readonly init: (of: ShapeDtypeStruct) => NDArray,
    /** The state after part number `index`. */
    readonly update: (state: NDArray, value: NDArray, index: NDArray) => NDArray,
    /** The result. */
    readonly finalize: (state: NDArray) => NDArray,
    /** The result of values that are there all at once, along axis 0. */
    readonly aggregate: (values: NDArray) => NDArray,
  ) {}
}

const zeros = ({ shape, dtype }: ShapeDtypeStruct): NDArray => np.zeros(shape, { dtype })
const floatZeros = (of: ShapeDtypeStruct): NDArray => {
  if (isFloat(of.dtype)) return zeros(of)
  throw new DTypeError('microbatch', 'floating point results for a mean', `${of.dtype}[${of.shape.join()}]`)
}
const same = (x: NDArray): NDArray => x
const sumOf = (x: NDArray): NDArray => np.sum(x, { axis: 0 })
const meanOf = (x: NDArray): NDArray => np.mean(x, { axis: 0 })

const accumulatorOf = (type: unknown, parts: number): Accumulator => {
  if (type instanceof Accumulator) return type
  switch (type) {
    case AccumulationType.SUM:
      return new Accumulator(zeros, (sum, x) => np.add(sum, x), same, sumOf)
    case AccumulationType.MEAN:
      return new Accumulator(floatZeros, (sum, x) => np.add(sum, x), (sum) => np.divide(sum, parts), meanOf) // prettier-ignore
    case AccumulationType.RUNNING_MEAN:
      return new Accumulator(
        floatZeros,
        (mean, x, index) => {
          const old = np.astype(np.divide(index, np.add(index, 1)), x.dtype)
          return np.add(np.multiply(mean, old), np.multiply(x, np.subtract(1, old)))
        },
        same,
        meanOf,
      )
    case AccumulationType.CONCAT:
      return new Accumulator(
        ({ shape, dtype }) => np.zeros([parts, ...shape], { dtype }),
        (all, x, index) => lax.dynamicUpdateSlice(all, np.expandDims(x, 0), [index, ...x.shape.map(() => 0)]),
        joined,
        same,
      )
    default:
      throw new ArgumentError('microbatch', "accumulators 'mean', 'sum', 'runningMean' or 'concat'", String(type))
  }
}

/** `[parts, size, ...]` in the order of the batch, of which each part has every `parts`-th element. */
const joined = (x: NDArray): NDArray => {
  if (x.ndim < 2) throw new ShapeError('microbatch', "results with a batch axis for 'concat'", 'a scalar')
  return np.reshape(np.swapaxes(x, 0, 1), [-1, ...x.shape.slice(2)])
}

/**
 * A batch axis split in two, `[parts, microbatchSize]`: element `i` goes to part `i mod parts`.
 *
 * @throws ShapeError if the size doesn't divide the axis
 * @example
 * optax.microbatching.reshapeBatchAxis(np.array([0, 1, 2, 3]), 2) // => Array([[0., 2.], [1., 3.]], dtype=float32)
 */
export const reshapeBatchAxis = <T>(of: T, microbatchSize: number, axis = 0): T =>
  mapArrays(
    ['reshapeBatchAxis', 'the tree'],
    (x) => {
      const n = x.shape[axis] ?? 0
      if (n % microbatchSize !== 0) {
        throw new ShapeError(
          'reshapeBatchAxis',
          `a batch axis ${axis} that ${microbatchSize} divides`,
          showAval(x.aval),
        )
      }
      const split = np.reshape(x, [
        ...x.shape.slice(0, axis),
        microbatchSize,
        n / microbatchSize,
        ...x.shape.slice(axis + 1),
      ])
      return np.swapaxes(split, axis, axis + 1)
    },
    of,
  )

/** An accumulator for all results, or a tree of them (a prefix of the results). */
export type AccumulatorTree = unknown

export interface MicrobatchOptions {
  /** How the results become one; default `'sum'`. */
  readonly accumulator?: AccumulatorTree
  /** Batch axis of the arguments, or of each of them; default 0. */
  readonly inAxes?: number | readonly number[]
  /** How many parts are computed, which may be known at run time only; default all. */
  readonly numRealMicrobatches?: number | NDArray | null
}

type Fn = (...args: readonly unknown[]) => unknown

/**
 * A function of a batch as one that computes parts of it one after another, which needs less memory. A step of a large
 * batch is thus made of gradients of small ones.
 *
 * @param argnums - arguments with a batch axis, trees of arrays
 * @param microbatchSize - must divide the batch; `null`: the function as it is
 * @throws ShapeError if the size doesn't divide the batch, or batches differ
 * @throws ArgumentError if an accumulator isn't known
 * @see https://optax.readthedocs.io/en/latest/api/utilities.html#module-optax.microbatching
 * @example
 * const sumOfSquares = (x: NDArray) => np.sum(x.square())
 * optax.microbatch(sumOfSquares, 0, 2)(np.array([1, 2, 3, 4])) // => Array(30., dtype=float32)
 */
export const microbatch = <A extends readonly unknown[], R>(
  fun: (...args: A) => R,
  argnums: number | readonly number[],
  microbatchSize: number | null,
  options: MicrobatchOptions = {},
): ((...args: A) => R) => {
  if (microbatchSize === null) return fun
  const { accumulator = AccumulationType.SUM, inAxes = 0, numRealMicrobatches = null } = options
  requireFunction('microbatch', fun)
  const positions = typeof argnums === 'number' ? [argnums] : argnums
  const axes = positions.map((_, i) => (typeof inAxes === 'number' ? inAxes : inAxes[i]!))
  return (...args) => {
    const parts = partsOf(args, positions, axes, microbatchSize)
    const split = args.map((x, i) => {
      const k = positions.indexOf(i)
      return k < 0 ? x : reshapeBatchAxis(x, microbatchSize, axes[k])
    })
    const part = (index: NDArray): unknown =>
      (fun as unknown as Fn)(
        ...split.map((x, i) => {
          const k = positions.indexOf(i)
          if (k < 0) return x
          const take = (a: NDArray): NDArray => np.squeeze(lax.dynamicSliceInDim(a, index, 1, axes[k]), axes[k])
          return mapArrays(['microbatch', 'the batch'], take, x)
        }),
      )
    const first = np.zeros([], { dtype: 'int32' })
    const [shapes, structure] = tree.flatten<unknown>(evalShape(part as Fn, first))
    const all = accumulators(accumulator, structure, shapes, parts)
    const end = foriLoop<readonly NDArray[]>(
      0,
      numRealMicrobatches ?? parts,
      (index, states) => {
        const values = structure.flattenUpTo(part(index)) as readonly NDArray[]
        return states.map((state, i) => np.astype(all[i]!.update(state, values[i]!, index), state.dtype))
      },
      shapes.map((shape, i) => all[i]!.init(shape as ShapeDtypeStruct)),
    )
    return structure.unflatten(end.map((state, i) => all[i]!.finalize(state))) as R
  }
}

const accumulators = (
  given: AccumulatorTree,
  structure: tree.TreeDef,
  leaves: readonly unknown[],
  parts: number,
): readonly Accumulator[] => {
  const spread = tree.leaves<unknown>(tree.broadcast(given, structure.unflatten(leaves)))
  return spread.map((type) => accumulatorOf(type, parts))
}

const partsOf = (
  args: readonly unknown[],
  positions: readonly number[],
  axes: readonly number[],
  microbatchSize: number,
): number => {
  const sizes = positions.flatMap((p, k) =>
    tree.leaves<unknown>(args[p]).map((x) => {
      requireArrays('microbatch', [x])
      return (x as NDArray).shape[axes[k]!] ?? 0
    }),
  )
  const [size] = sizes
  if (size === undefined || sizes.some((n) => n !== size)) {
    throw new ShapeError('microbatch', 'batch axes of one size', sizes.join(', ') || 'none')
  }
  if (!(microbatchSize >= 1) || size % microbatchSize !== 0) {
    throw new ShapeError('microbatch', `a batch that the microbatch size ${microbatchSize} divides`, `one of ${size}`)
  }
  return size / microbatchSize
}

export interface MicroVmapOptions {
  /** Mapped axis of each argument, or of all; `null`: not mapped; default 0. */
  readonly inAxes?: number | readonly (number | null)[]
  /** How many examples are mapped at once; default `null`, all. */
  readonly microbatchSize?: number | null
  /** How the results of the examples become one; default `'concat'`, as `vmap` does. */
  readonly accumulator?: AccumulatorTree
  /** How many parts are computed; default all. */
  readonly numRealMicrobatches?: number | NDArray | null
}

/**
 * `vmap` on a part of the batch at a time, and a sum or a mean of the results where that is all that is needed.
 *
 * @throws ShapeError if the size doesn't divide the batch
 * @example
 * const square = (x: NDArray) => x.mul(x)
 * optax.microbatching.microVmap(square, { microbatchSize: 2 })(np.array([1, 2, 3, 4])) // => Array([ 1.,  4.,  9., 16.], dtype=float32)
 */
export const microVmap = <A extends readonly unknown[], R>(
  fun: (...args: A) => R,
  options: MicroVmapOptions = {},
): ((...args: A) => R) => {
  const { inAxes = 0, microbatchSize = null, accumulator = AccumulationType.CONCAT, numRealMicrobatches = null } = options // prettier-ignore
  return (...args) => {
    const axes = args.map((_, i) => (typeof inAxes === 'number' ? inAxes : (inAxes[i] ?? null)))
    const mapped = axes.flatMap((axis, i) => (axis === null ? [] : [i]))
    const reduced = (...xs: A): R => {
      const [values, structure] = tree.flatten<unknown>(vmap(fun, { inAxes: axes as never })(...xs))
      const examples = (values[0] as NDArray | undefined)?.shape[0] ?? 1
      const all = accumulators(accumulator, structure, values, examples)
      return structure.unflatten(values.map((x, i) => all[i]!.aggregate(x as NDArray))) as R
    }
    return microbatch(reduced, mapped, microbatchSize, {
      accumulator,
      inAxes: mapped.map((i) => axes[i]!),
      numRealMicrobatches,
    })(...args)
  }
}

/** What {@link microGrad} tells of each example, along axis 0. */
export interface IndividualOutputs {
  readonly values: NDArray
  /** What `metricsFn` computed of the gradients. */
  readonly metrics: unknown
  readonly aux: unknown
}

export interface MicroGradOptions extends Pick<
  MicroVmapOptions,
  'microbatchSize' | 'accumulator' | 'numRealMicrobatches'
> {
  /** Whether the function returns `[value, aux]`; default false. */
  readonly hasAux?: boolean
  /** Arguments with respect to which it is differentiated; default 0. */
  readonly argnums?: number | readonly number[]
  /** Arguments with a batch axis, axis 0; default 1. */
  readonly batchArgnums?: number | readonly number[]
  /** Whether each call of the function gets a batch of one example, and not the example itself; default true. */
  readonly keepBatchDim?: boolean
  /** What is done with the gradient of each example: clipping it, say; default nothing. */
  readonly transformFn?: (grad: never) => unknown
  /** What is computed of the gradient of each example; default nothing. */
  readonly metricsFn?: (grad: never) => unknown
}

/**
 * The gradient of each example of a batch, transformed (clipped, say) and summed, on a part of the batch at a time.
 *
 * @returns a function to `[gradients, { values, metrics, aux }]`
 * @throws ShapeError if the size doesn't divide the batch
 * @see Abadi et al., 2016, https://arxiv.org/abs/1607.00133
 * @example
 * const loss = (w: NDArray, x: NDArray) => np.sum(w.mul(x))
 * const unit = (g: NDArray) => optax.projections.projectionL2Ball(g)
 * const gradients = optax.microbatching.microGrad(loss, { transformFn: unit })
 * gradients(np.array([1, 1]), np.array([[3, 4], [0, 0.5]]))[0] // => Array([0.6, 1.3], dtype=float32)
 */
export const microGrad = <A extends readonly unknown[], G = A[0]>(
  fun: (...args: A) => unknown,
  options: MicroGradOptions = {},
): ((...args: A) => readonly [grads: G, outputs: IndividualOutputs]) => {
  const { hasAux = false, argnums = 0, batchArgnums = 1, keepBatchDim = true, microbatchSize = null } = options
  const { accumulator = AccumulationType.SUM, numRealMicrobatches = null, transformFn, metricsFn } = options
  const batched = typeof batchArgnums === 'number' ? [batchArgnums] : batchArgnums
  const withAux = (...args: A): unknown => (hasAux ? fun(...args) : [fun(...args), null])
  const differentiated = valueAndGrad(withAux as never, { argnums, hasAux: true } as never) as unknown as Fn
  const ofExample = (...args: A): readonly [unknown, IndividualOutputs] => {
    const [[value, aux], grad] = differentiated(...args) as readonly [readonly [NDArray, unknown], never]
    const outputs = { values: value, metrics: metricsFn === undefined ? null : metricsFn(grad), aux }
    return [transformFn === undefined ? grad : transformFn(grad), outputs]
  }
  return (...args) => {
    const given = args.map((x, i) =>
      keepBatchDim && batched.includes(i) ? mapArrays(['microGrad', 'the batch'], (a) => np.expandDims(a, 1), x) : x,
    ) as unknown as A
    return microVmap(ofExample, {
      inAxes: args.map((_, i) => (batched.includes(i) ? 0 : null)),
      microbatchSize,
      accumulator: [accumulator, AccumulationType.CONCAT],
      numRealMicrobatches,
    })(...given) as unknown as readonly [G, IndividualOutputs]
  }
}
