/** Decay along half a period of the cosine. */
import { ArgumentError } from '../../core/index.js'
import { requireScalar, type ScalarLike, type Schedule } from '../base.js'
import { oneMinus } from '../numerics.js'
import { decodeOptions, optionsOf, scalar } from '../options.js'
import { add, cos, divide, floating, minimum, multiply, power, weak } from './arithmetic.js'

export interface CosineDecayOptions {
  /** What is left at the end, as a part of the initial value; default 0. */
  readonly alpha?: ScalarLike
  /** Power of the cosine's arch; default 1. */
  readonly exponent?: ScalarLike
}
const CosineDecayOptions = optionsOf('CosineDecayOptions', { alpha: scalar, exponent: scalar })

/**
 * From a value down to `alpha` times it: at step `t`, `init · ((1 - alpha) · (½ (1 + cos(π · min(t, T) / T)))^exponent + alpha)`.
 *
 * @param decaySteps - `T`, above 0
 * @throws ArgumentError if the number of steps isn't positive
 * @throws OptionsError if an option is unknown
 * @see Loshchilov & Hutter, 2017, https://arxiv.org/abs/1608.03983
 * @example
 * const schedule = optax.cosineDecaySchedule(1, 100, { alpha: 0.1 })
 * schedule(0).item() // => 1
 * schedule(1000) // => Array(0.1, dtype=float32, weak_type=True)
 */
export const cosineDecaySchedule = (
  initValue: ScalarLike,
  decaySteps: number,
  options: CosineDecayOptions = {},
): Schedule => {
  const init = requireScalar('cosineDecaySchedule', 'an initial value', initValue)
  const { alpha = 0, exponent = 1 } = decodeOptions('cosineDecaySchedule', CosineDecayOptions, options)
  if (!(decaySteps > 0)) throw new ArgumentError('cosineDecaySchedule', 'decay steps above 0', String(decaySteps))
  return (count) => {
    const steps = minimum(floating(count), decaySteps)
    const arch = multiply(0.5, add(1, cos(divide(multiply(Math.PI, steps), decaySteps))))
    return weak(multiply(init, add(multiply(oneMinus(alpha), power(arch, exponent)), alpha)))
  }
}
