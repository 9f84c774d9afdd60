/** Graph values that know their shape and dtype: moves that change nothing add no node. */
import { type DType, equalShapes, type LowerContext, type Scalar, type Shape, sizeOf } from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { kernel } from './kernels.js'
import { range } from './shape.js'
import { lowerPad, lowerSlice } from './slicing.js'

type KernelOptions = Parameters<typeof kernel>[4]

const zerosFor = (shape: Shape): readonly number[] => shape.map(() => 0)

/** A value of the graph that is being built. Methods add nodes and give new values, as those of NDArray do. */
export class GraphArray {
  constructor(
    readonly context: LowerContext,
    readonly value: OnnxValue,
    readonly shape: Shape,
    readonly dtype: DType,
  ) {}

  /** The `index`th input of the operation that is being lowered. */
  static input(context: LowerContext, inputs: readonly OnnxValue[], index: number): GraphArray {
    const { shape, dtype } = context.avalsIn[index]!
    return new GraphArray(context, inputs[index]!, shape, dtype)
  }

  /** An array of one value. */
  static full(context: LowerContext, shape: Shape, value: Scalar, dtype: DType): GraphArray {
    const { graph } = context
    if (sizeOf(shape) === 0) return new GraphArray(context, graph.constant(dtype, shape, []), shape, dtype)
    return new GraphArray(context, graph.scalar(dtype, value), [], dtype).expand(shape)
  }

  /** Arrays one after the other along an axis. */
  static concat(arrays: readonly GraphArray[], axis: number): GraphArray {
    const { context, shape, dtype } = arrays[0]!
    if (arrays.length === 1) return arrays[0]!
    const total = arrays.reduce((sum, a) => sum + a.shape[axis]!, 0)
    const value = context.graph.op(
      'Concat',
      arrays.map((a) => a.value),
      { axis },
    )
    return new GraphArray(context, value, shape.with(axis, total), dtype)
  }

  #with(value: OnnxValue, shape: Shape): GraphArray {
    return new GraphArray(this.context, value, shape, this.dtype)
  }

  /** A scalar of the same dtype. */
  constant(value: Scalar): GraphArray {
    return this.#with(this.context.graph.scalar(this.dtype, value), [])
  }

  /** One node of this array and others, whose result has the shape given. */
  op(name: string, others: readonly GraphArray[], shape: Shape, options?: KernelOptions): GraphArray {
    const inputs = [this, ...others].map((a) => a.value)
    return this.#with(kernel(this.context, name, inputs, this.dtype, options), shape)
  }

  /** Which elements equal those of another array of this shape. */
  equals(other: GraphArray): GraphArray {
    const value = kernel(this.context, 'Equal', [this.value, other.value], this.dtype, { sameType: false })
    return new GraphArray(this.context, value, this.shape, 'bool')
  }

  /** This array where the mask holds, else another one; scalars fill the mask's shape. */
  where(mask: GraphArray, other: GraphArray): GraphArray {
    const inputs = [mask.value, this.value, other.value]
    return this.#with(kernel(this.context, 'Where', inputs, this.dtype, { data: [1, 2] }), mask.shape)
  }

  reshape(shape: Shape): GraphArray {
    if (equalShapes(shape, this.shape)) return this
    const { graph } = this.context
    return this.#with(graph.op('Reshape', [this.value, graph.ints(shape)], { allowzero: 1 }), shape)
  }

  /** Axes in another order: a Reshape where only axes of size 1 move. */
  transpose(permutation: readonly number[]): GraphArray {
    const shape = permutation.map((i) => this.shape[i]!)
    if (permutation.every((a, i) => a === i)) return this
    const moved = permutation.filter((i) => this.shape[i] !== 1)
    if (moved.every((a, i) => i === 0 || a > moved[i - 1]!)) return this.reshape(shape)
    return this.#with(this.context.graph.op('Transpose', [this.value], { perm: permutation }), shape)
  }

  /** Repeated along axes of size 1, and along new leading axes. */
  expand(shape: Shape): GraphArray {
    if (equalShapes(shape, this.shape)) return this
    const inputs = [this.value, this.context.graph.ints(shape)]
    return this.#with(kernel(this.context, 'Expand', inputs, this.dtype, { data: [0] }), shape)
  }

  /** Sums over the first axis. */
  sumFirst(): GraphArray {
    const inputs = [this.value, this.context.graph.ints([0])]
    const options = { attributes: { keepdims: 0 }, data: [0] }
    return this.#with(kernel(this.context, 'ReduceSum', inputs, this.dtype, options), this.shape.slice(1))
  }

  /** `size` elements of each axis from `start` on, every `stride`th of them. */
  slice(
    starts: readonly number[],
    sizes: readonly number[],
    strides: readonly number[] = starts.map(() => 1),
  ): GraphArray {
    const limits = starts.map((s, i) => s + (sizes[i]! - 1) * strides[i]! + 1)
    return this.#with(lowerSlice(this.context, this.value, this.shape, starts, limits, strides), sizes)
  }

  /** `value` put in before and after; negative counts crop. */
  pad(low: readonly number[], high: readonly number[], value: Scalar = 0): GraphArray {
    const cut = (n: number): number => Math.max(-n, 0)
    const put = (n: number): number => Math.max(n, 0)
    const kept = this.shape.map((n, i) => n - cut(low[i]!) - cut(high[i]!))
    // What is cropped may lie in the padding of the other side.
    if (kept.some((n) => n <= 0)) {
      const outer = this.#padded(low.map(put), high.map(put), value)
      return outer.slice(
        low.map(cut),
        this.shape.map((n, i) => n + low[i]! + high[i]!),
      )
    }
    return this.slice(low.map(cut), kept).#padded(low.map(put), high.map(put), value)
  }

  #padded(low: readonly number[], high: readonly number[], value: Scalar): GraphArray {
    const { context, shape, dtype } = this
    const padded = lowerPad(context, this.value, shape, low, high, context.graph.scalar(dtype, value), dtype)
    return this.#with(
      padded,
      shape.map((n, i) => n + low[i]! + high[i]!),
    )
  }

  /** `value` put between the elements, so that neighbours come `factor` apart. */
  dilate(factors: readonly number[], value: Scalar = 0): GraphArray {
    const axes = range(this.shape.length).filter((i) => factors[i]! > 1 && this.shape[i]! > 1)
    if (axes.length === 0) return this
    const spread = (i: number): boolean => axes.includes(i)
    const paired = this.reshape(this.shape.flatMap((n, i) => (spread(i) ? [n, 1] : [n])))
    const high = this.shape.flatMap((_, i) => (spread(i) ? [0, factors[i]! - 1] : [0]))
    const merged = paired
      .pad(zerosFor(high), high, value)
      .reshape(this.shape.map((n, i) => (spread(i) ? n * factors[i]! : n)))
    return merged.slice(
      zerosFor(this.shape),
      this.shape.map((n, i) => (spread(i) ? (n - 1) * factors[i]! + 1 : n)),
    )
  }

  /** Elements in reverse order along some axes. */
  reverse(axes: readonly number[]): GraphArray {
    const reversed = axes.filter((i) => this.shape[i]! > 1)
    if (reversed.length === 0) return this
    const { graph } = this.context
    const backwards = graph.ints(reversed.map(() => -1))
    // ONNX counts an end from the last element, too: one before the first is -size - 1.
    const ends = graph.ints(reversed.map((i) => -this.shape[i]! - 1))
    return this.#with(graph.op('Slice', [this.value, backwards, ends, graph.ints(reversed), backwards]), this.shape)
  }
}
