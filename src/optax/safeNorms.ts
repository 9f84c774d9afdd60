/** Norms whose gradients are numbers where the norm is zero, and gradients made greater or smaller. */
import * as t from 'io-ts'
import { customJvp } from '../control/index.js'
import { ArgumentError, type NDArray } from '../core/index.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import type { ScalarLike } from './base.js'
import { axesOrNull, decodeOptions, flag, optionsOf } from './options.js'
import { mapArrays } from './treeMath.js'

export interface SafeNormOptions {
  /** 1, 2 or Infinity; default 2. */
  readonly ord?: number
  /** Axis or axes of the vectors; default `null`, all: one vector. */
  readonly axis?: number | readonly number[] | null
  /** Whether these axes stay, with size 1; default false. */
  readonly keepdims?: boolean
}
const SafeNormOptions = optionsOf('SafeNormOptions', { ord: t.number, axis: axesOrNull, keepdims: flag })

const normOf = (x: NDArray, ord: number, axis: number | readonly number[] | null, keepdims: boolean): NDArray => {
  switch (ord) {
    case 1:
      return np.sum(np.abs(x), { axis, keepdims })
    case 2:
      return np.sqrt(np.sum(np.square(x), { axis, keepdims }))
    case Infinity:
      return np.max(np.abs(x), { axis, keepdims })
    default:
      throw new ArgumentError('safeNorm', 'an order of 1, 2 or Infinity', String(ord))
  }
}

/**
 * The norm of vectors, at least `minNorm`. Where it is that, the gradient is 0: also at 0, where that of the norm is NaN.
 *
 * @throws ArgumentError if the order is none of 1, 2, Infinity
 * @throws OptionsError if an option is unknown
 * @see https://optax.readthedocs.io/en/latest/api/utilities.html#optax.safe_norm
 * @example
 * grad((x: NDArray) => optax.safeNorm(x, 1e-3))(np.zeros([2])) // => Array([0., 0.], dtype=float32)
 */
export const safeNorm = (x: NDArray, minNorm: ScalarLike, options: SafeNormOptions = {}): NDArray => {
  const { ord = 2, axis = null, keepdims = false } = decodeOptions('safeNorm', SafeNormOptions, options)
  const isSmall = np.lessEqual(normOf(x, ord, axis, true), minNorm)
  const harmless = np.where(isSmall, 1, x)
  const norm = normOf(harmless, ord, axis, keepdims)
  return np.where(np.reshape(isSmall, norm.shape), minNorm, norm)
}

/**
 * The root of the mean square of all elements, at least `minRms`. Where it is that, the gradient is 0.
 *
 * @example
 * optax.safeRootMeanSquares(np.array([3, 4, 0, 0]), 1e-3) // => Array(2.5, dtype=float32)
 */
export const safeRootMeanSquares = (x: NDArray, minRms: ScalarLike): NDArray => {
  const rms = (a: NDArray): NDArray => np.sqrt(np.mean(np.square(a)))
  const isSmall = np.lessEqual(rms(x), minRms)
  return np.where(isSmall, minRms, rms(np.where(isSmall, 1, x)))
}

const scaled = customJvp((x: NDArray, _scale: NDArray): NDArray => x)
scaled.defjvp(([x, scale], [dx]) => [scaled(x, scale), np.multiply(dx, np.astype(scale, x.dtype))])

/**
 * A tree as it is, whose gradient is multiplied by a number: by -1, it is reversed.
 *
 * @see Ganin & Lempitsky, 2015, https://arxiv.org/abs/1409.7495
 * @example
 * grad((x: NDArray) => np.sum(optax.scaleGradient(x, 0.5).square()))(np.array([3])) // => Array([3.], dtype=float32)
 */
export const scaleGradient = <T>(inputs: T, scale: ScalarLike): T => {
  if (scale === 1) return inputs
  if (scale === 0) return mapArrays(['scaleGradient', 'the inputs'], (x) => lax.stopGradient(x), inputs)
  const factor = typeof scale === 'number' ? np.array(scale) : lax.stopGradient(scale)
  return mapArrays(['scaleGradient', 'the inputs'], (x) => scaled(x, factor), inputs)
}
