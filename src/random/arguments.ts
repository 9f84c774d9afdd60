/** Arguments that all samplers have: shapes, parameters, options. */
import { ArgumentError, type DType, literal, NDArray, type Shape, ShapeError, sizeOf } from '../core/index.js'
import * as lax from '../lax/index.js'
import type { ArrayLike } from '../numpy/index.js'

/** A shape of whole sizes. @throws ShapeError */
export const checkedShape = (where: string, shape: Shape): Shape => {
  const given: unknown = shape
  if (!Array.isArray(given) || shape.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError(
      where,
      'a shape: an array of whole sizes',
      Array.isArray(given) ? `[${shape.join()}]` : String(given),
    )
  }
  // Counters of threefry are numbers of 32 bits.
  if (sizeOf(shape) >= 2 ** 32) throw new ShapeError(where, 'fewer than 2^32 elements', `[${shape.join()}]`)
  return shape
}

/** The shape of samples whose parameters broadcast to it; default what they broadcast to. @throws ShapeError */
export const shapeWith = (
  where: string,
  shape: Shape | null,
  parameters: readonly (ArrayLike | Pick<NDArray, 'shape'>)[],
): Shape => {
  const shapes = parameters.map((x) => (typeof x === 'object' ? x.shape : []))
  const least = lax.broadcastShapes(where, [[], ...shapes])
  if (shape === null) return least
  checkedShape(where, shape)
  const fits =
    least.length <= shape.length && least.every((n, i) => n === 1 || n === shape[i + shape.length - least.length])
  if (fits) return shape
  const got = `[${least.join()}] for samples of shape [${shape.join()}]`
  throw new ShapeError(where, 'parameters that broadcast to the shape of the samples', got)
}

/** A parameter as an argument of a program: numbers are inputs, so that another one compiles nothing. */
export const parameter = (x: ArrayLike, dtype: DType): NDArray => (x instanceof NDArray ? x : literal(Number(x), dtype))

/** @throws ArgumentError unless it is a number or an array */
export const checkedParameter = (where: string, x: unknown): ArrayLike => {
  if (x instanceof NDArray || typeof x === 'number' || typeof x === 'bigint' || typeof x === 'boolean') return x
  throw new ArgumentError(where, 'numbers or arrays as parameters', x === null ? 'null' : typeof x)
}
