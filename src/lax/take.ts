/** NumPy's ways to take elements by an array of positions, made of gather. */
import { ArgumentError, DTypeError, isInteger, type NDArray, ShapeError, showAval } from '../core/index.js'
import { rem } from './arithmetic.js'
import { gather, type GatherOptions } from './gather.js'
import { canonicalAxis, range, reshape } from './shape.js'

/**
 * What positions outside give: `fill` NaN, the least signed integer, the greatest unsigned one or true; `clip` the first
 * or the last element, also for negative ones; `wrap` positions modulo the size; `promise_in_bounds` anything.
 */
export type TakeMode = 'fill' | 'clip' | 'wrap' | 'promise_in_bounds'

const modes: readonly string[] = ['fill', 'clip', 'wrap', 'promise_in_bounds'] satisfies readonly TakeMode[]

/** Positions as index vectors of one component, and how a gather takes them. */
const vectors = (
  where: string,
  indices: NDArray,
  size: number,
  mode: TakeMode,
): readonly [NDArray, GatherOptions & { readonly mode: 'fill' | 'clip' | 'promise_in_bounds' }] => {
  if (!isInteger(indices.dtype)) throw new DTypeError(where, 'integer positions', showAval(indices.aval))
  if (!modes.includes(mode)) throw new ArgumentError(where, `a mode among ${modes.join(', ')}`, mode)
  const column = reshape(indices, [...indices.shape, 1])
  if (mode !== 'wrap') return [column, { mode, wrapNegative: true }]
  return [size === 0 ? column : rem(column, size), { mode: 'promise_in_bounds', wrapNegative: true }]
}

/**
 * Elements of `x` at positions along an axis.
 *
 * @param indices - integers of any shape; negative ones count from the end
 * @param mode - default `fill`
 * @returns `x` with `axis` replaced by the axes of `indices`
 * @throws ShapeError if the axis is empty and positions are asked for
 */
export const take = (x: NDArray, indices: NDArray, axis: number, mode: TakeMode = 'fill'): NDArray => {
  const along = canonicalAxis('take', axis, x.ndim)
  const size = x.shape[along]!
  if (size === 0 && indices.size > 0) throw new ShapeError('take', 'an axis that holds elements', showAval(x.aval))
  const [starts, options] = vectors('take', indices, size, mode)
  const offsetDims = range(x.ndim - 1).map((d) => (d < along ? d : d + indices.ndim))
  return gather(
    x,
    starts,
    { offsetDims, collapsedSliceDims: [along], startIndexMap: [along] },
    x.shape.with(along, Math.min(size, 1)),
    // In this mode NumPy doesn't count from the end.
    mode === 'clip' ? { ...options, wrapNegative: false } : options,
  )
}

/**
 * Elements of `x` at positions along an axis, the other axes of both running along: `result[i, j] = x[i, indices[i, j]]`.
 *
 * @param indices - integers of as many axes as `x`; negative ones count from the end; axes of size 1 broadcast
 * @param mode - default `fill`
 * @throws ShapeError unless the other axes broadcast
 */
export const takeAlongAxis = (x: NDArray, indices: NDArray, axis: number, mode: TakeMode = 'fill'): NDArray => {
  const along = canonicalAxis('take_along_axis', axis, x.ndim)
  const fits =
    indices.ndim === x.ndim &&
    x.shape.every((n, d) => d === along || n === indices.shape[d] || n === 1 || indices.shape[d] === 1)
  if (!fits) {
    const expected = `positions of ${x.ndim} axes that broadcast with those of ${showAval(x.aval)} but for axis ${along}`
    throw new ShapeError('take_along_axis', expected, showAval(indices.aval))
  }
  const size = x.shape[along]!
  if (size === 0 && indices.size > 0) {
    throw new ShapeError('take_along_axis', 'an axis that holds elements', showAval(x.aval))
  }
  // Axes along which the positions don't vary are windows; those along which only the positions vary are their own.
  const axes = range(x.ndim)
  const isWindow = axes.map((d) => d !== along && indices.shape[d] === 1 && x.shape[d] !== 1)
  const ofOperand = axes.filter((d) => d === along || isWindow[d]! || x.shape[d] === indices.shape[d])
  const ofIndices = axes.filter((d) => !isWindow[d]!)
  const batching = ofOperand.filter((d) => d !== along && !isWindow[d]!)
  const operand = reshape(
    x,
    ofOperand.map((d) => x.shape[d]!),
  )
  const positions = reshape(
    indices,
    ofIndices.map((d) => indices.shape[d]!),
  )
  const [starts, options] = vectors('take_along_axis', positions, size, mode)
  const position = ofOperand.indexOf(along)
  return gather(
    operand,
    starts,
    {
      offsetDims: axes.filter((d) => isWindow[d]!),
      collapsedSliceDims: [position],
      startIndexMap: [position],
      operandBatchingDims: batching.map((d) => ofOperand.indexOf(d)),
      startIndicesBatchingDims: batching.map((d) => ofIndices.indexOf(d)),
    },
    ofOperand.map((d) => (isWindow[d]! ? x.shape[d]! : Math.min(x.shape[d]!, 1))),
    options,
  )
}
