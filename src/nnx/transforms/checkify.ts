/** `nnx.checkify`: checks in functions of modules, as values. */
import * as control from '../../control/index.js'
import { flattenGraph } from '../walk.js'
import { Inside, type Outcome, propagate, valueOfLeaf } from './boundary.js'

/**
 * A function of modules that returns `[error, result]`: the checks in it, and in what it calls, don't throw. What it does
 * to modules is done to the caller's.
 *
 * @throws TraceLevelError if the function writes a Variable that isn't in its arguments
 * @example
 * const f = nnx.checkify((m: nnx.Linear, x: NDArray) => {
 *   checkify.check(np.all(x.gt(0)), 'x must be positive')
 *   return m(x)
 * })
 * const [error] = f(new nnx.Linear(1, 1, { rngs: new nnx.Rngs(0) }), np.array([-1]))
 * error.get() // => 'x must be positive'
 */
export const checkify =
  <A extends readonly unknown[], R>(
    f: (...args: A) => R,
  ): ((...args: A) => readonly [error: control.checkify.Error, result: R]) =>
  (...args) => {
    const outside = flattenGraph(args, false)
    let outcome: Outcome | null = null
    const [error, outputs] = control.checkify.checkify((...values: readonly unknown[]): readonly unknown[] => {
      const inside = new Inside(outside.def, values)
      outcome = inside.leave('nnx.checkify', f(...(inside.args as unknown as A)), false)
      return outcome.outputs
    })(...outside.leaves.map(valueOfLeaf))
    return [error, propagate(outcome!, outside, outputs) as R]
  }
