/** Polyak's step size, from the value of the loss. */
import { ArgumentError, NDArray } from '../core/index.js'
import * as np from '../numpy/index.js'
import { sgd } from './aliases.js'
import {
  type EmptyState,
  GradientTransformation,
  initEmptyState,
  type ScalarLike,
  type ScalarOrSchedule,
} from './base.js'
import { chain } from './combining.js'
import { decodeOptions, nonNegative, oneOf, optionsOf, scalar, scalarOrSchedule } from './options.js'
import type { LearningRateState } from './scaling.js'
import { mapArrays, norm } from './treeMath.js'

export interface ScaleByPolyakOptions {
  /** Least value of the loss; default 0. */
  readonly fMin?: ScalarLike
  /** Greatest step size; default 1. */
  readonly maxLearningRate?: ScalarLike
  /** Added to the squared norm; default 0. */
  readonly eps?: ScalarLike
  /** `'sps+'` takes no step where the loss is below its least value; default `'sps'`, which then steps back. */
  readonly variant?: 'sps' | 'sps+'
}
const polyakOptions = { fMin: scalar, maxLearningRate: nonNegative, eps: nonNegative, variant: oneOf('sps', 'sps+') }
const ScaleByPolyakOptions = optionsOf('ScaleByPolyakOptions', polyakOptions)

/** The extra argument of Polyak's step size. */
export interface ValueArgs {
  /** Value of the loss at the params. */
  readonly value: ScalarLike
}

/** The least difference of doubles from 1, also for smaller dtypes, as in Optax. */
const epsilon = 2 ** -52

/**
 * Updates times Polyak's step size: `min((value - fMin) / (n + eps), maxLearningRate)`, `n = Σ g²` over all leaves; zeros
 * where `n + eps` is 0 (at most 2⁻⁵²). The update needs the value of the loss.
 *
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without the extra argument `value`
 * @see Loizou et al., 2021, https://arxiv.org/abs/2002.10542
 * @example
 * optax.scaleByPolyak().update(np.array([3, 4]), {}, null, { value: 5 })[0] // => Array([0.6, 0.8], dtype=float32)
 */
export const scaleByPolyak = (options: ScaleByPolyakOptions = {}): GradientTransformation<EmptyState, ValueArgs> => {
  const decoded = decodeOptions('scaleByPolyak', ScaleByPolyakOptions, options)
  const { fMin = 0, maxLearningRate = 1, eps = 0, variant = 'sps' } = decoded
  return GradientTransformation<EmptyState, ValueArgs>(initEmptyState, (updates, state, _params, { value }) => {
    if (typeof value !== 'number' && !(value instanceof NDArray)) {
      const repair = 'call tx.update(updates, state, params, { value })'
      throw new ArgumentError('scaleByPolyak', 'the value of the loss', `${value === undefined ? 'none' : typeof value}; ${repair}`) // prettier-ignore
    }
    const square = norm(updates, { squared: true })
    const gap = np.astype(np.subtract(value, fMin), square.dtype)
    const divisor = np.add(square, eps)
    const size = np.minimum(np.divide(variant === 'sps' ? gap : np.maximum(gap, 0), divisor), maxLearningRate)
    const step = np.where(np.lessEqual(divisor, epsilon), 0, size)
    return [mapArrays(['scaleByPolyak', 'the updates'], (g) => np.multiply(step, g), updates), state]
  })
}

export interface PolyakSgdOptions<S extends ScalarOrSchedule = ScalarOrSchedule> extends Omit<
  ScaleByPolyakOptions,
  'maxLearningRate'
> {
  /** Factor of the gradients, before the step size is computed: a step is divided by it; default 1. */
  readonly scaling?: S
}
const { maxLearningRate: _, ...otherOptions } = polyakOptions
const PolyakSgdOptions = optionsOf('PolyakSgdOptions', { scaling: scalarOrSchedule, ...otherOptions })

/**
 * Descent with Polyak's step size: `sgd(scaling)`, then {@link scaleByPolyak}. The update needs the value of the loss.
 *
 * @param maxLearningRate - greatest step size; default 1
 * @throws OptionsError if an option is unknown or out of range
 * @throws ArgumentError in `update`, without the extra argument `value`
 * @see https://optax.readthedocs.io/en/latest/api/optimizers.html#optax.polyak_sgd
 * @example
 * const tx = optax.polyakSgd()
 * const params = np.array([1, 2])
 * tx.update(params.mul(2), tx.init(params), params, { value: 5 })[0] // => Array([-0.5, -1. ], dtype=float32)
 */
export const polyakSgd = <S extends ScalarOrSchedule = number>(
  maxLearningRate: ScalarLike = 1,
  options: PolyakSgdOptions<S> = {},
): GradientTransformation<readonly [readonly [EmptyState, LearningRateState<S>], EmptyState], ValueArgs> => {
  const { scaling = 1, ...rest } = decodeOptions('polyakSgd', PolyakSgdOptions, options)
  return chain(sgd(scaling as S), scaleByPolyak({ ...rest, maxLearningRate }))
}
