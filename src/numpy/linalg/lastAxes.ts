/** Diagonals of the matrices in the last two axes. */
import type { NDArray } from '../../core/index.js'
import type { ArrayLike } from '../convert.js'
import * as matrices from '../matrices.js'

export interface OffsetOptions {
  /** The diagonal, above the main one; default 0. */
  readonly offset?: number
}

/** Elements on a diagonal of the last two axes. @throws ShapeError */
export const diagonal = (x: ArrayLike, { offset = 0 }: OffsetOptions = {}): NDArray =>
  matrices.diagonal(x, { offset, axis1: -2, axis2: -1 })
/** Sum of a diagonal of the last two axes. @throws ShapeError */
export const trace = (x: ArrayLike, { offset = 0 }: OffsetOptions = {}): NDArray =>
  matrices.trace(x, { offset, axis1: -2, axis2: -1 })
