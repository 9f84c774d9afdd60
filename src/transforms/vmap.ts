/** Vectorization: a function of one example becomes a function of a batch. */
import {
  ArgumentError,
  axisNamesOf,
  type BatchAxis,
  currentTrace,
  type NDArray,
  type Primitive,
  type Shape,
  ShapeError,
  type ShapedArray,
  showAval,
  type Trace,
  Tracer,
  withAxis,
  withoutLeaks,
  withShape,
  withTrace,
  requireFunction,
  checkOptions,
} from '../core/index.js'
import { broadcastInDim, canonicalAxis, range, transpose } from '../lax/index.js'
import * as tree from '../pytree/index.js'
import { arrayLeaf, type Fn, outputLeaves } from './arguments.js'

const withoutAxis = (shape: Shape, axis: number): Shape => shape.filter((_, i) => i !== axis)

class BatchTracer extends Tracer {
  override readonly origin = 'inside of vmap'
  override readonly aval: ShapedArray
  constructor(
    readonly owner: BatchTrace,
    readonly value: NDArray,
    readonly axis: number,
  ) {
    super()
    this.aval = withShape(value.aval, withoutAxis(value.shape, axis))
  }
  override get below(): NDArray {
    return this.value
  }
}

class BatchTrace implements Trace {
  constructor(
    readonly outer: Trace,
    readonly size: number,
    readonly name: string | null,
  ) {}

  value(x: NDArray): readonly [NDArray, BatchAxis] {
    return x instanceof BatchTracer && x.owner === this ? [x.value, x.axis] : [x, null]
  }
  tracer(value: NDArray, axis: BatchAxis): NDArray {
    return axis === null ? value : new BatchTracer(this, value, axis)
  }

  process<P>(primitive: Primitive<P>, args: readonly NDArray[], params: P): readonly NDArray[] {
    const pairs = args.map((x) => this.value(x))
    const values = pairs.map(([x]) => x)
    const axes = pairs.map(([, axis]) => axis)
    return withTrace(this.outer, () => {
      const isOverThis = this.name !== null && axisNamesOf(primitive, params).includes(this.name)
      if (!isOverThis && axes.every((a) => a === null)) return this.outer.process(primitive, values, params)
      const [ys, outAxes] =
        isOverThis && primitive.collective !== undefined
          ? primitive.collective.batch(values, axes, params, this.size)
          : primitive.batch(values, axes, params, this.size, this.name)
      return ys.map((y, i) => this.tracer(y, outAxes[i]!))
    })
  }
}

/** Results of a function of flat arguments, some of them mapped, with their mapped axes. */
export const vmapFlat = (
  f: (...args: readonly NDArray[]) => readonly NDArray[],
  args: readonly NDArray[],
  axes: readonly BatchAxis[],
  size: number,
  name: string | null = null,
  what: string | null = null,
): readonly [readonly NDArray[], readonly BatchAxis[]] =>
  withoutLeaks(what, (announce) => {
    const trace = new BatchTrace(currentTrace(), size, name)
    announce(trace)
    const inputs = args.map((x, i) => trace.tracer(x, axes[i]!))
    const outputs = withAxis(name, size, () => withTrace(trace, () => f(...inputs)))
    const pairs = outputs.map((y) => trace.value(y))
    return [pairs.map(([y]) => y), pairs.map(([, axis]) => axis)]
  })

/** The mapped axis of a result at `axis`: moved there, or made by repetition. */
export const batchAxisAt = (y: NDArray, from: BatchAxis, axis: number, size: number): NDArray => {
  if (from === null) {
    const at = canonicalAxis('vmap', axis, y.ndim + 1)
    const shape = [...y.shape.slice(0, at), size, ...y.shape.slice(at)]
    return broadcastInDim(
      y,
      shape,
      range(y.ndim + 1).filter((i) => i !== at),
    )
  }
  const at = canonicalAxis('vmap', axis, y.ndim)
  const order = range(y.ndim).filter((i) => i !== from)
  return transpose(y, [...order.slice(0, at), from, ...order.slice(at)])
}

/** Axes of a whole tree: one for all leaves, or a tree of them that is a prefix of it; `null`: not mapped. */
export type AxesTree = number | null | readonly AxesTree[] | { readonly [key: string]: AxesTree }

export interface VmapOptions {
  /** Mapped axis of each argument, or one for all of them; default 0. `null`: the argument is not mapped. */
  readonly inAxes?: AxesTree
  /** Mapped axis of the results; default 0. `null`: the result does not depend on the mapped axis. */
  readonly outAxes?: AxesTree
  /** Size of the mapped axis, needed only if no argument is mapped. */
  readonly axisSize?: number
  /** Name of the mapped axis, for `lax.psum` and its kind inside of the function. */
  readonly axisName?: string
}

/** The axis of each leaf of `full`. @throws PytreeError */
const axesOf = (where: string, axes: AxesTree, full: unknown): readonly BatchAxis[] => {
  const [given, prefix] = tree.flatten<unknown>(axes, { isLeaf: (x) => x === null })
  const subtrees = prefix.flattenUpTo(full, { where, left: 'the axes', right: 'the tree' })
  return subtrees.flatMap((subtree, i) => tree.leaves(subtree).map(() => given[i] as BatchAxis))
}

/**
 * A function that maps `f` over an axis of its arguments.
 *
 * @throws ShapeError if mapped axes differ in size, naming the leaves
 * @throws ArgumentError if nothing is mapped and `axisSize` isn't given
 * @example
 * vmap((x: NDArray) => x.mul(2))(np.arange(3)) // => Array([0, 2, 4], dtype=int32)
 */
export const vmap = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: VmapOptions = {},
): ((...args: A) => R) => {
  requireFunction('vmap', f)
  checkOptions('vmap', options, ['inAxes', 'outAxes', 'axisSize', 'axisName'])
  const { inAxes = 0, outAxes = 0, axisSize, axisName = null } = options
  return (...args) => {
    const [leaves, treedef] = tree.flatten(args)
    const arrays = leaves.map((x, i) => arrayLeaf('vmap', x, i))
    const perArgument = Array.isArray(inAxes) ? inAxes : args.map(() => inAxes)
    if (perArgument.length !== args.length) {
      throw new ArgumentError('vmap', `inAxes for each of ${args.length} arguments`, `${perArgument.length}`)
    }
    const axes = axesOf('vmap inAxes', perArgument, args).map((axis, i) =>
      axis === null ? null : canonicalAxis('vmap', axis, arrays[i]!.ndim),
    )
    const sizes = new Map<number, number>()
    axes.forEach((axis, i) => {
      if (axis !== null && !sizes.has(arrays[i]!.shape[axis]!)) sizes.set(arrays[i]!.shape[axis]!, i)
    })
    if (sizes.size > 1) {
      const paths = treedef.paths()
      throw new ShapeError(
        'vmap',
        'mapped axes of one size',
        [...sizes]
          .map(([n, i]) => `${n} for ${showAval(arrays[i]!.aval)} at args${tree.keystr(paths[i]!)}`)
          .join(' and '),
      )
    }
    const size = [...sizes.keys()][0] ?? axisSize
    if (size === undefined) throw new ArgumentError('vmap', 'a mapped argument, or axisSize', 'neither')
    let structure: tree.TreeDef | null = null
    const [values, from] = vmapFlat(
      (...mapped) => {
        const [outputs, outputTree] = outputLeaves('vmap', (f as unknown as Fn)(...treedef.unflatten(mapped)))
        structure = outputTree
        return outputs
      },
      arrays,
      axes,
      size,
      axisName,
      'vmap',
    )
    const result = structure!
    const to = axesOf('vmap outAxes', outAxes, result.unflatten(values))
    return result.unflatten(
      values.map((y, i) => {
        const axis = to[i]!
        if (axis !== null) return batchAxisAt(y, from[i]!, axis, size)
        if (from[i] === null) return y
        throw new ArgumentError(
          'vmap',
          'outAxes of null only for results that do not depend on mapped arguments',
          `result ${i}`,
        )
      }),
    ) as R
  }
}
