/** What losses require of their arguments. */
import type { NDArray } from '../../core/index.js'
import { DTypeError, equalShapes, isFloat, isInteger, ShapeError, showAval } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import type { ArrayLike } from '../../numpy/index.js'

/** A floating point argument: of a bare number, a real. @throws DTypeError */
export const floats = (where: string, what: string, x: ArrayLike): NDArray => {
  if (typeof x === 'number') return np.array(x)
  const a = np.asarray(x)
  if (!isFloat(a.dtype)) {
    throw new DTypeError(where, `floating point ${what}`, `${showAval(a.aval)}; cast them: x.astype('float32')`)
  }
  return a
}

/** An integer argument. @throws DTypeError */
export const integers = (where: string, what: string, x: ArrayLike): NDArray => {
  const a = typeof x === 'number' ? np.array(x, { dtype: Number.isInteger(x) ? 'int32' : 'float32' }) : np.asarray(x)
  if (!isInteger(a.dtype)) {
    throw new DTypeError(where, `integer ${what}`, `${showAval(a.aval)}; make them with { dtype: 'int32' }`)
  }
  return a
}

/** @throws ShapeError unless two arguments are of one shape */
export const sameShapes = (where: string, what: string, x: NDArray, y: NDArray): void => {
  if (!equalShapes(x.shape, y.shape)) {
    throw new ShapeError(where, `${what} of one shape`, `${showAval(x.aval)} and ${showAval(y.aval)}`)
  }
}

/** A sum over axes, of what counts. */
export const sumWhere = (
  x: NDArray,
  axis: number | readonly number[] | null,
  mask: NDArray | null,
  keepdims = false,
): NDArray => np.sum(mask === null ? x : np.where(mask, x, 0), { axis, keepdims })
