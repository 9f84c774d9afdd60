/**
 * Arithmetic of numbers and arrays alike: a schedule is one formula. Of numbers it is computed at once, in the single
 * precision that the graph has, so that looking at a schedule runs nothing.
 */
import { isInteger, literal, NDArray } from '../../core/index.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import type { ScalarLike } from '../base.js'

const single = Math.fround

const binary =
  (
    ofNumbers: (a: number, b: number) => number,
    ofArrays: (a: ScalarLike, b: ScalarLike) => NDArray,
  ): ((a: ScalarLike, b: ScalarLike) => ScalarLike) =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? single(ofNumbers(single(a), single(b))) : ofArrays(a, b)

export const add = binary((a, b) => a + b, np.add)
export const subtract = binary((a, b) => a - b, np.subtract)
export const multiply = binary((a, b) => a * b, np.multiply)
export const divide = binary((a, b) => a / b, np.divide)
export const minimum = binary(Math.min, np.minimum)
export const maximum = binary(Math.max, np.maximum)
export const power = binary(Math.pow, np.power)

export const floor = (x: ScalarLike): ScalarLike => (typeof x === 'number' ? Math.floor(single(x)) : np.floor(x))
export const cos = (x: ScalarLike): ScalarLike => (typeof x === 'number' ? single(Math.cos(single(x))) : np.cos(x))

/** `min(max(count - begin, 0), steps)`, of whole numbers exact. */
export const stepsSince = (count: ScalarLike, begin: number, steps: number): ScalarLike =>
  typeof count === 'number' ? Math.min(Math.max(count - begin, 0), steps) : np.clip(np.subtract(count, begin), 0, steps)

/** A count as a floating number: counts beyond int32 are no limit then. */
export const floating = (count: ScalarLike): ScalarLike =>
  count instanceof NDArray && isInteger(count.dtype) ? lax.convertElementType(count, 'float32', true) : count

/** The value of a schedule: a number becomes a float32 scalar that adapts to what it meets. */
export const weak = (x: ScalarLike): NDArray => (typeof x === 'number' ? literal(x, 'float32', true) : x)

/** The value of a schedule that Optax computes with arrays of its bounds: a number becomes a float32 scalar that stays one. */
export const strong = (x: ScalarLike): NDArray => (typeof x === 'number' ? literal(x, 'float32') : x)
