/** Contractions: `dotGeneral`. */
import {
  type BatchAxis,
  bind1,
  type DType,
  DTypeError,
  isFloat,
  isInteger,
  isOn,
  Linear,
  type LowerContext,
  type NDArray,
  type Primitive,
  type Shape,
  ShapeError,
  type ShapedArray,
  shaped,
  showAval,
  sizeOf,
  type Tangent,
  zero,
} from '../core/index.js'
import type { OnnxValue } from '../onnx/index.js'
import { add } from './elementwise.js'
import { convertElementType } from './compare.js'
import { isOnCuda, lowerIntegerProduct } from './cudaIntegers.js'
import { carrierOf, castTo, kernel } from './kernels.js'
import { range, transpose } from './shape.js'

/** Axis pairs `[lhs, rhs]`: contracted axes vanish, batch axes are kept and come first. */
export interface DotDims {
  readonly contract: readonly [lhs: readonly number[], rhs: readonly number[]]
  readonly batch: readonly [lhs: readonly number[], rhs: readonly number[]]
}

interface DotParams extends DotDims {
  /** Dtype of sums and of the result where it isn't that of the operands. */
  readonly preferredElementType?: DType
}

const sizesAt = (shape: Shape, axes: readonly number[]): Shape => axes.map((a) => shape[a]!)

/** Axes that are neither contracted nor batch. */
const kept = (ndim: number, contract: readonly number[], batch: readonly number[]): readonly number[] =>
  range(ndim).filter((i) => !contract.includes(i) && !batch.includes(i))

const dotShape = (x: ShapedArray, y: ShapedArray, { contract, batch }: DotDims): Shape => {
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) &&
    pair.length === 2 &&
    [x, y].every(({ shape }, i) => {
      const axes: unknown = pair[i]
      return Array.isArray(axes) && axes.every((a) => Number.isInteger(a) && a >= 0 && a < shape.length)
    })
  if (![contract, batch].every(isPair)) {
    const got = `${JSON.stringify({ contract, batch })} for ${showAval(x)} and ${showAval(y)}`
    throw new ShapeError('dot_general', 'contract and batch as pairs of lists of axes', got)
  }
  for (const [lhs, rhs] of [contract, batch]) {
    if (sizesAt(x.shape, lhs).join() !== sizesAt(y.shape, rhs).join()) {
      throw new ShapeError(
        'dot_general',
        `paired axes of one size for [${lhs.join()}] and [${rhs.join()}]`,
        `${showAval(x)} and ${showAval(y)}`,
      )
    }
  }
  return [
    ...sizesAt(x.shape, batch[0]),
    ...sizesAt(x.shape, kept(x.shape.length, contract[0], batch[0])),
    ...sizesAt(y.shape, kept(y.shape.length, contract[1], batch[1])),
  ]
}

export const dotGeneralP: Primitive<DotParams> = {
  name: 'dot_general',
  abstractEval([x, y], params) {
    if (x!.dtype !== y!.dtype) {
      throw new DTypeError('dot_general', 'operands of one dtype', `${showAval(x!)} and ${showAval(y!)}`)
    }
    const weakType = params.preferredElementType === undefined && x!.weakType && y!.weakType
    return [shaped(dotShape(x!, y!, params), params.preferredElementType ?? x!.dtype, weakType)]
  },
  jvp([x, y], [tx, ty], params) {
    const left: Tangent = tx === zero ? zero : bind1(dotGeneralP, [tx!, y!], params)
    const right: Tangent = ty === zero ? zero : bind1(dotGeneralP, [x!, ty!], params)
    const tangent = left === zero ? right : right === zero ? left : add(left, right)
    return [[bind1(dotGeneralP, [x!, y!], params)], [tangent]]
  },
  transpose([ct], [x, y], params) {
    if (ct === zero) return [zero, zero]
    return x instanceof Linear
      ? [transposeLhs(ct!, x.aval, y as NDArray, params), null]
      : [null, transposeLhs(ct!, (y as Linear).aval, x!, swapped(params), true)]
  },
  batch([x, y], [bx, by], params) {
    const [batched, axis] = batchDims([x!.ndim, y!.ndim], [bx!, by!], params)
    return [[bind1(dotGeneralP, [x!, y!], { ...params, ...batched })], [axis]]
  },
  lower: (context, [x, y], params) => [lowerDot(context, x!, y!, params)],
  showParams: ({ contract, batch, preferredElementType }) => {
    const axes = (a: readonly number[]): string => `[${a.join(',')}]`
    const dims = `((${contract.map(axes).join(',')}),(${batch.map(axes).join(',')}))`
    return `[dimension_numbers=${dims}${preferredElementType === undefined ? '' : ` preferred_element_type=${preferredElementType}`}]`
  },
}

const swapped = ({ contract, batch, ...rest }: DotParams): DotParams => ({
  contract: [contract[1], contract[0]],
  batch: [batch[1], batch[0]],
  ...rest,
})

/**
 * Contract `ct` with `y` over y's kept axes, then put x's axes back in their order. Where the product of `y` with `ct` has them
 * in that order it is taken: no transpose of a gradient as large as the weights.
 */
const transposeLhs = (
  ct: NDArray,
  x: ShapedArray,
  y: NDArray,
  { contract, batch }: DotParams,
  ctHasYFirst = false,
): NDArray => {
  const xKept = kept(x.shape.length, contract[0], batch[0])
  const yKept = kept(y.ndim, contract[1], batch[1])
  const ctBatch = range(batch[0].length)
  const offset = batch[0].length + (ctHasYFirst ? 0 : xKept.length)
  const ctY = yKept.map((_, i) => offset + i)
  const other = ct.dtype === y.dtype ? y : convertElementType(y, ct.dtype)
  const contracted = [...contract[1]].sort((a, b) => a - b).map((axis) => contract[0][contract[1].indexOf(axis)]!)
  const turned = [...batch[0], ...contracted, ...xKept]
  const isTurned = isOn('turnedProducts') && turned.every((axis, i) => axis === i)
  const dx = isTurned
    ? bind1(dotGeneralP, [other, ct], { contract: [yKept, ctY], batch: [batch[1], ctBatch] })
    : bind1(dotGeneralP, [ct, other], { contract: [ctY, yKept], batch: [ctBatch, batch[1]] })
  const order = isTurned ? turned : [...batch[0], ...xKept, ...contracted]
  const restored = transpose(
    dx,
    range(order.length).map((i) => order.indexOf(i)),
  )
  return restored.dtype === x.dtype ? restored : convertElementType(restored, x.dtype)
}

/** Both mapped: a new leading batch axis. One mapped: its axis is one more kept axis. */
const batchDims = (
  [xNdim, yNdim]: readonly [number, number],
  [bx, by]: readonly [BatchAxis, BatchAxis],
  { contract, batch }: DotDims,
): readonly [DotDims, number] => {
  const shift = (axes: readonly number[], b: BatchAxis): readonly number[] =>
    axes.map((a) => (b !== null && a >= b ? a + 1 : a))
  const contracted = [shift(contract[0], bx), shift(contract[1], by)] as const
  const batched = [shift(batch[0], bx), shift(batch[1], by)] as const
  if (bx !== null && by !== null) {
    return [
      {
        contract: contracted,
        batch: [
          [bx, ...batched[0]],
          [by, ...batched[1]],
        ],
      },
      0,
    ]
  }
  const xKept = kept(xNdim, contracted[0], batched[0])
  const yKept = kept(yNdim, contracted[1], batched[1])
  const axis = batch[0].length + (bx !== null ? xKept.indexOf(bx) : xKept.length + yKept.indexOf(by!))
  return [{ contract: contracted, batch: batched }, axis]
}

/** Whether axes lie side by side in this order, so that they make one axis without moving memory. */
const isRun = (axes: readonly number[]): boolean => axes.every((a, i) => i === 0 || a === axes[i - 1]! + 1)

interface Side {
  readonly value: OnnxValue
  /** Whether the last two axes are swapped: `[...batch, contract, kept]`. */
  readonly transposed: boolean
}

/**
 * One operand as `[...batch, kept, contract]` or with the last two swapped, whichever needs no Transpose:
 * ONNX Runtime's matrix product takes both.
 */
const matrixOf = (
  { graph }: LowerContext,
  value: OnnxValue,
  shape: Shape,
  batch: readonly number[],
  free: readonly number[],
  contract: readonly number[],
): Side => {
  const target = [...sizesAt(shape, batch), sizeOf(sizesAt(shape, free)), sizeOf(sizesAt(shape, contract))]
  const reshaped = (v: OnnxValue, from: Shape, to: Shape): OnnxValue =>
    from.length === to.length && from.every((n, i) => n === to[i])
      ? v
      : graph.op('Reshape', [v, graph.ints(to)], { allowzero: 1 })
  const isOrdered = (order: readonly number[]): boolean =>
    isRun(order.filter((a) => shape[a] !== 1).map((a) => ranks.get(a)!))
  const ranks = new Map(
    range(shape.length)
      .filter((a) => shape[a] !== 1)
      .map((a, i) => [a, i] as const),
  )
  if (isOrdered([...batch, ...free, ...contract])) return { value: reshaped(value, shape, target), transposed: false }
  const flipped = [...target.slice(0, -2), target.at(-1)!, target.at(-2)!]
  if (isOn('matrixFlags') && isOrdered([...batch, ...contract, ...free]))
    return { value: reshaped(value, shape, flipped), transposed: true }
  const order = [...batch, ...free, ...contract]
  const moved = graph.op('Transpose', [value], { perm: order })
  return { value: reshaped(moved, sizesAt(shape, order), target), transposed: false }
}

const lowerDot = (context: LowerContext, x: OnnxValue, y: OnnxValue, params: DotParams): OnnxValue => {
  const { graph, avalsIn, avalsOut } = context
  const { contract, batch } = params
  const [ax, ay] = avalsIn as readonly [ShapedArray, ShapedArray]
  const out = avalsOut[0]!
  const from = ax.dtype
  // Sums of the preferred dtype need operands of it; integers without a matrix kernel run in the nearest that has one.
  const wide = isFloat(out.dtype) === isFloat(from) ? out.dtype : from
  const isExact = isInteger(wide) && isOnCuda(context)
  const dtype = isExact ? wide : carrierOf(context, 'MatMul', wide)
  const xKept = kept(ax.shape.length, contract[0], batch[0])
  const yKept = kept(ay.shape.length, contract[1], batch[1])
  const lhs = matrixOf(context, castTo(context, x, from, dtype), ax.shape, batch[0], xKept, contract[0])
  const rhs = matrixOf(context, castTo(context, y, from, dtype), ay.shape, batch[1], yKept, contract[1])
  const swap = (v: OnnxValue): OnnxValue => {
    const n = batch[0].length
    return graph.op('Transpose', [v], { perm: [...range(n), n + 1, n] })
  }
  const batchSizes = sizesAt(ax.shape, batch[0])
  const k = sizeOf(sizesAt(ax.shape, contract[0]))
  const sizes = [...batchSizes, sizeOf(sizesAt(ax.shape, xKept)), sizeOf(sizesAt(ay.shape, yKept))]
  const left = lhs.transposed ? swap(lhs.value) : lhs.value
  const right = rhs.transposed ? rhs.value : swap(rhs.value)
  const product =
    k === 0
      ? kernel(context, 'Expand', [graph.scalar(dtype, 0), graph.ints(sizes)], dtype, { data: [0] })
      : isExact
        ? lowerIntegerProduct(context, left, right, dtype, (a, b) => graph.op('MatMul', [a, b]))
        : graph.op('MatMul', [left, right])
  const shapedOut =
    sizes.length === out.shape.length && sizes.every((n, i) => n === out.shape[i])
      ? product
      : graph.op('Reshape', [product, graph.ints(out.shape)], { allowzero: 1 })
  return castTo(context, shapedOut, dtype, out.dtype)
}

/**
 * General contraction of two arrays, XLA's DotGeneral.
 *
 * @param x - `[...batch, ...lhsKept, ...contract]`, in any order
 * @param y - `[...batch, ...rhsKept, ...contract]`, in any order
 * @returns `[...batch, ...lhsKept, ...rhsKept]`
 * @throws ShapeError if paired axes differ in size
 * @see https://openxla.org/stablehlo/spec#dot_general
 */
export const dotGeneral = (
  x: NDArray,
  y: NDArray,
  dims: DotDims,
  options: { readonly preferredElementType?: DType } = {},
): NDArray => bind1(dotGeneralP, [x, y], { contract: dims.contract, batch: dims.batch, ...options })
