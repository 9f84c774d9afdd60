/** Matrix products in other forms. */
import { type DType, isInteger, type NDArray, ShapeError, showAval, requireArrays } from '../core/index.js'
import { sub } from './arithmetic.js'
import { and, convertElementType, ge, lt, select } from './compare.js'
import { cumsum } from './cumulative.js'
import { dotGeneral } from './dot.js'
import { iota } from './iota.js'
import { range, reshape } from './shape.js'

/** Precisions of products: here all are those of the operands' dtype. */
export const Precision = { DEFAULT: 'default', HIGH: 'high', HIGHEST: 'highest' } as const
export type Precision = (typeof Precision)[keyof typeof Precision]

/** The products of matrices, `[...batch, m, k]` and `[...batch, k, n]`. @throws ShapeError unless of one rank, at least 2 */
export const batchMatmul = (x: NDArray, y: NDArray): NDArray => {
  requireArrays('batch_matmul', [x, y])
  if (x.ndim !== y.ndim || x.ndim < 2) {
    throw new ShapeError(
      'batch_matmul',
      'arrays of one rank, at least 2',
      `${showAval(x.aval)} and ${showAval(y.aval)}`,
    )
  }
  const batch = range(x.ndim - 2)
  return dotGeneral(x, y, { contract: [[x.ndim - 1], [x.ndim - 2]], batch: [batch, batch] })
}

/**
 * Products of groups of rows with a matrix each: the first `groupSizes[0]` rows with the first matrix, and so on; rows
 * after the last group give zeros.
 *
 * @param x - `[m, k]`
 * @param y - `[groups, k, n]`
 * @param groupSizes - integers, `[groups]`
 * @returns `[m, n]`
 * @throws ShapeError
 */
export const raggedDot = (
  x: NDArray,
  y: NDArray,
  groupSizes: NDArray,
  options: { readonly preferredElementType?: DType } = {},
): NDArray => {
  const [m, k] = x.shape
  const [groups] = y.shape
  const fits = x.ndim === 2 && y.ndim === 3 && y.shape[1] === k && isInteger(groupSizes.dtype)
  if (!fits || groupSizes.ndim !== 1 || groupSizes.shape[0] !== groups) {
    const got = [x, y, groupSizes].map((a) => showAval(a.aval)).join(', ')
    throw new ShapeError('ragged_dot', 'arrays [m, k], [groups, k, n] and integers [groups]', got)
  }
  const sizes = convertElementType(groupSizes, 'int32')
  const ends = cumsum(sizes, 0)
  const row = reshape(iota('int32', m!), [m!, 1])
  const isOfGroup = and(ge(row, sub(ends, sizes)), lt(row, ends))
  // Each row stands in the place of its group, zeros in the others: one product for all.
  const spread = select(reshape(isOfGroup, [m!, groups!, 1]), 0, reshape(x, [m!, 1, k!]))
  return dotGeneral(spread, y, { contract: [[1, 2], [0, 1]], batch: [[], []] }, options) // prettier-ignore
}
