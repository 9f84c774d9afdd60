/** Identity whose derivative is zero. */
import { bind1, type NDArray, type Primitive, zero } from '../core/index.js'

export const stopGradientP: Primitive<null> = {
  name: 'stop_gradient',
  abstractEval: ([x]) => [x!],
  jvp: ([x]) => [[bind1(stopGradientP, [x!], null)], [zero]],
  transpose: () => [zero],
  batch: (args, axes) => [[bind1(stopGradientP, args, null)], axes],
  lower: (_context, [x]) => [x!],
  evaluate: (args) => args,
}

/** `x`, as a constant for differentiation. */
export const stopGradient = (x: NDArray): NDArray => bind1(stopGradientP, [x], null)
