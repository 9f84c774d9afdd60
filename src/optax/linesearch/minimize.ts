/** A function minimized from start to end in one compiled program. */
import { whileLoop } from '../../control/index.js'
import type { NDArray } from '../../core/index.js'
import * as np from '../../numpy/index.js'
import { jit, valueAndGrad } from '../../transforms/index.js'
import type { ExtraArgs, GradientTransformation, ScalarLike } from '../base.js'
import { decodeOptions, nonNegative, optionsOf } from '../options.js'
import { zeroCount } from '../scaling.js'
import { findNodes } from '../stateTree.js'
import { castLike, norm } from '../treeMath.js'
import { applyUpdates } from '../update.js'
import type { LinesearchExtraArgs } from './arguments.js'
import { valueAndGradFromState } from './zoomLinesearch.js'

export interface MinimizeOptions {
  /** Updates made at most; default 100. */
  readonly maxSteps?: ScalarLike
  /** Norm of the gradient at which the search ends; default 1e-5. */
  readonly tol?: ScalarLike
}
const MinimizeOptions = optionsOf('MinimizeOptions', { maxSteps: nonNegative, tol: nonNegative })

/** Where {@link minimize} has come to. */
export interface Minimum<P, S> {
  readonly params: P
  /** Value of the function there. */
  readonly value: NDArray
  /** Norm of its gradient there: above `tol`, the steps weren't enough. */
  readonly gradNorm: NDArray
  /** Updates made, `int32[]`. */
  readonly steps: NDArray
  readonly state: S
}

/**
 * The minimum of a function near the params, by updates until the gradient is small. All of it is one compiled loop; a
 * value and a gradient that a line search found are used again. To compile it once for several starts, call it in a
 * function of your own under `jit`.
 *
 * @param tx - any transformation, those with a line search too: it gets `{ value, grad, valueFn }`
 * @throws OptionsError if an option is unknown or out of range
 * @example
 * const rosenbrock = ({ x, y }: { x: NDArray; y: NDArray }) =>
 *   np.subtract(1, x).square().add(y.sub(x.square()).square().mul(100))
 * const start = { x: np.array(-1.2), y: np.array(1) }
 * const { params, gradNorm } = optax.minimize(rosenbrock, start, optax.lbfgs(), { maxSteps: 50, tol: 1e-3 })
 * params.x.item().toFixed(2) // => '1.00'
 * gradNorm.item() <= 1e-3 // => true
 */
export const minimize = <P, S>(
  fun: (params: P) => NDArray,
  params: P,
  tx: GradientTransformation<S, LinesearchExtraArgs>,
  options: MinimizeOptions = {},
): Minimum<P, S> => {
  const { maxSteps = 100, tol = 1e-5 } = decodeOptions('minimize', MinimizeOptions, options)
  const update = tx.update as (updates: P, state: S, params: P, extra: ExtraArgs) => readonly [P, S]
  const search = (start: P, most: NDArray | number, tolerance: NDArray | number): Minimum<P, S> => {
    const first = tx.init(start)
    const keeps = findNodes(first, ['learningRate', 'value', 'grad', 'info']).filter(({ grad }) => grad !== null)
    const fromState = valueAndGradFromState(fun)
    const evaluate = (p: P, s: S): readonly [NDArray, P] =>
      keeps.length === 1 ? fromState(p, s) : (valueAndGrad(fun)(p) as readonly [NDArray, P])
    interface Carry {
      readonly params: P
      readonly state: S
      readonly value: NDArray
      readonly grad: P
      readonly steps: NDArray
    }
    const [value, grad] = valueAndGrad(fun)(start) as readonly [NDArray, P]
    const end = whileLoop<Carry>(
      ({ grad: g, steps }) => np.logicalAnd(np.less(steps, most), np.greater(norm(g), tolerance)),
      (carry) => {
        const extra = { value: carry.value, grad: carry.grad, valueFn: fun }
        const [updates, state] = update(carry.grad, carry.state, carry.params, extra)
        const next = applyUpdates(carry.params, updates)
        const [newValue, newGrad] = evaluate(next, state)
        return {
          params: next,
          state: castLike(state, carry.state),
          value: np.astype(newValue, carry.value.dtype),
          grad: castLike(newGrad, carry.grad),
          steps: np.add(carry.steps, 1),
        }
      },
      { params: start, state: first, value, grad, steps: zeroCount() },
    )
    return { params: end.params, value: end.value, gradNorm: norm(end.grad), steps: end.steps, state: end.state }
  }
  // A whole number would be an integer, and another program.
  return jit(search)(params, maxSteps, typeof tol === 'number' ? np.array(tol) : tol)
}
