/** Which axes of a weight make the rows of its matrix, and which the columns. */
import { ArgumentError, checkOptions, type NDArray, ShapeError, showAval } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import * as tree from '../../pytree/index.js'
import type { ArrayTree } from '../base.js'

export interface DimensionNumbersOptions {
  /** The axis, or axes, over which the layer sums; default 0. */
  readonly reductionAxis?: number | readonly number[]
  /** The axis, or axes, of what the layer puts out; default 1. */
  readonly outputAxis?: number | readonly number[]
}

/** Axes of a weight, negative ones from the last. A leaf of trees. */
export class DimensionNumbers {
  readonly reductionAxis: number | readonly number[]
  readonly outputAxis: number | readonly number[]
  /** @throws OptionsError if an option is unknown */
  constructor(options: DimensionNumbersOptions = {}) {
    checkOptions(new.target.name, options, ['reductionAxis', 'outputAxis'])
    const { reductionAxis = 0, outputAxis = 1 } = options
    this.reductionAxis = reductionAxis
    this.outputAxis = outputAxis
  }
}

/** Dimension numbers in the structure of the params or a prefix of it, `null` where there are none; or a function that makes them. */
export type DimensionNumbersOrFn = DimensionNumbers | object | ((of: ArrayTree) => unknown)

/** @internal The dimension numbers of each array of a tree, in the order of its leaves. */
export const dimensionNumbersOf = (
  where: string,
  given: DimensionNumbersOrFn,
  of: ArrayTree,
): readonly (DimensionNumbers | null)[] => {
  const resolved = typeof given === 'function' ? (given as (of: ArrayTree) => unknown)(of) : given
  const isLeaf = (x: unknown): boolean => x === null || x instanceof DimensionNumbers
  const [dims, treedef] = tree.flatten<unknown>(resolved, { isLeaf })
  const parts = treedef.flattenUpTo(of, { where, left: 'the dimension numbers', right: 'the params' })
  return parts.flatMap((part, i) => {
    const d = dims[i]
    if (d !== null && !(d instanceof DimensionNumbers)) {
      const at = tree.keystr(treedef.paths()[i]!) || 'the root'
      throw new ArgumentError(where, `dimension numbers or null at ${at}`, typeof d)
    }
    return tree.leaves<unknown>(part).map(() => d)
  })
}

/** @internal A tree with `f` of its arrays and their places among the leaves. */
export const mapLeaves = (of: ArrayTree, f: (x: NDArray, i: number) => unknown): ArrayTree => {
  const [leaves, treedef] = tree.flatten(of)
  return treedef.unflatten(leaves.map((x, i) => f(x, i)))
}

interface Axes {
  readonly batch: readonly number[]
  readonly reduction: readonly number[]
  readonly output: readonly number[]
}

const axesOf = (where: string, x: NDArray, { reductionAxis, outputAxis }: DimensionNumbers): Axes => {
  if (x.ndim < 2) throw new ShapeError(where, 'weights of at least two axes', showAval(x.aval))
  const canonical = (axes: number | readonly number[]) =>
    (typeof axes === 'number' ? [axes] : axes).map((axis) => lax.canonicalAxis(where, axis, x.ndim))
  const [reduction, output] = [canonical(reductionAxis), canonical(outputAxis)]
  if (new Set([...reduction, ...output]).size < reduction.length + output.length) {
    throw new ShapeError(where, 'reduction axes and output axes that differ', `${reduction} and ${output}`)
  }
  const batch = x.shape.map((_, axis) => axis).filter((axis) => !reduction.includes(axis) && !output.includes(axis))
  return { batch, reduction, output }
}

const sizeAlong = (x: NDArray, axes: readonly number[]): number => axes.reduce((n, axis) => n * x.shape[axis]!, 1)

/** @internal Sizes of what a layer takes in and puts out. */
export const fans = (where: string, x: NDArray, dims: DimensionNumbers): readonly [fanIn: number, fanOut: number] => {
  const { reduction, output } = axesOf(where, x, dims)
  return [sizeAlong(x, reduction), sizeAlong(x, output)]
}

/** @internal A weight as matrices, `[batch, fanIn, fanOut]`, and the way back. */
export const asMatrices = (
  where: string,
  x: NDArray,
  dims: DimensionNumbers,
): readonly [matrices: NDArray, back: (y: NDArray) => NDArray] => {
  const { batch, reduction, output } = axesOf(where, x, dims)
  const order = [...batch, ...reduction, ...output]
  const ordered = order.map((axis) => x.shape[axis]!)
  const inverse = order.map((_, axis) => order.indexOf(axis))
  const sizes = [batch, reduction, output].map((axes) => sizeAlong(x, axes))
  return [np.reshape(np.transpose(x, order), sizes), (y) => np.transpose(np.reshape(y, ordered), inverse)]
}
