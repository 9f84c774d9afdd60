/** Elementwise operations whose nodes are those of a program: with loops that go on until each element is settled. */
import { type DType, type LowerContext, type NDArray, type ShapedArray, stage } from '../core/index.js'
import { add, and, broadcastTo, convertElementType, full, lt, range, reduceOr, select } from '../lax/index.js'
import type { OnnxValue } from '../onnx/index.js'
import * as tree from '../pytree/index.js'
import { whileLoop } from './whileLoop.js'

/** A lowering from a function of arrays of one shape and dtype, float32 in the place of 16-bit floats. */
export const programLowering =
  (f: (...xs: readonly NDArray[]) => NDArray) =>
  ({ avalsIn, avalsOut, inline }: LowerContext, inputs: readonly OnnxValue[]): OnnxValue =>
    inline(stage((...xs) => [inSingle(f, xs, avalsOut[0]!)], avalsIn).jaxpr, inputs)[0]!

/** `f` of arrays that are brought to the shape of the result; 16-bit floats are computed in float32. */
export const inSingle = (
  f: (...xs: readonly NDArray[]) => NDArray,
  xs: readonly NDArray[],
  { shape, dtype }: Pick<ShapedArray, 'shape' | 'dtype'>,
): NDArray => {
  const wide = dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype
  return convertElementType(f(...xs.map((x) => broadcastTo(convertElementType(x, wide), shape))), dtype)
}

/**
 * Steps of all elements until none is active; an element keeps what it has when its own steps have ended.
 *
 * @param step - the next values, and which of the active elements go on; the count begins with 1
 */
export const settled = <S extends tree.Pytree<NDArray>>(
  step: (state: S, count: NDArray) => readonly [next: S, goesOn: NDArray],
  init: S,
  chosen: NDArray,
  dtype: DType,
  mostSteps = Infinity,
): S =>
  whileLoop(
    ({ active, count }) => and(lt(count, mostSteps), anyOf(active)),
    ({ active, count, state }) => {
      const counted = add(count, 1)
      const [next, goesOn] = step(state, counted)
      const kept = tree.map((after: NDArray, before: NDArray): NDArray => select(active, before, after), next, state)
      return { active: and(active, goesOn), count: counted, state: kept }
    },
    { active: chosen, count: full([], 0, dtype), state: init },
  ).state

/** Whether a mask holds anywhere. */
export const anyOf = (mask: NDArray): NDArray => reduceOr(mask, range(mask.ndim))

/** A number in every element of the shape and dtype of `x`. */
export const constant = (x: NDArray, value: number): NDArray => full(x.shape, value, x.dtype)
