/** `nnx.remat`: functions of modules whose values are computed again in the backward pass. */
import * as control from '../../control/index.js'
import { flattenGraph } from '../walk.js'
import { Inside, type Outcome, propagate, valueOfLeaf } from './boundary.js'

/**
 * A function of modules of which reverse mode keeps the arguments and their Variables only: what the backward pass needs
 * besides is computed again, as `checkpoint` does. What the function does to its modules is done to the caller's, once.
 *
 * @throws TraceLevelError if the function writes a Variable that isn't in its arguments
 * @example
 * const linear = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const block = nnx.remat((m: nnx.Linear, x: NDArray) => np.tanh(m(x)))
 * nnx.grad((m: nnx.Linear) => np.sum(block(m, np.zeros([1, 2]))))(linear).bias?.value // => Array([1.], dtype=float32)
 */
export const remat =
  <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) =>
  (...args) => {
    const outside = flattenGraph(args, false)
    let outcome: Outcome | null = null
    const outputs = control.checkpoint((...values: readonly unknown[]): readonly unknown[] => {
      const inside = new Inside(outside.def, values)
      outcome = inside.leave('nnx.remat', f(...(inside.args as unknown as A)))
      return outcome.outputs
    })(...outside.leaves.map(valueOfLeaf))
    return propagate(outcome!, outside, outputs) as R
  }
