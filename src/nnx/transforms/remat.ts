/** `nnx.remat`: functions of modules whose values are computed again in the backward pass. */
import * as control from '../../control/index.js'
import { flattenGraph } from '../walk.js'
import { Inside, type Outcome, propagate, valueOfLeaf } from './boundary.js'

/** What is kept ({@link checkpoint}'s `policy`), and which arguments are static. */
export type RematOptions = control.CheckpointOptions

/**
 * A function of modules of which reverse mode keeps the arguments and their Variables, and what a policy says: what the
 * backward pass needs besides is computed again, as `checkpoint` does. What the function does to its modules is done to the
 * caller's, once.
 *
 * @throws TraceLevelError if the function writes a Variable that isn't in its arguments
 * @example
 * const linear = new nnx.Linear(2, 1, { rngs: new nnx.Rngs(0) })
 * const block = nnx.remat((m: nnx.Linear, x: NDArray) => np.tanh(m(x)), { policy: checkpointPolicies.dotsSaveable })
 * nnx.grad((m: nnx.Linear) => np.sum(block(m, np.zeros([1, 2]))))(linear).bias?.value // => Array([1.], dtype=float32)
 */
export const remat =
  <A extends readonly unknown[], R>(
    f: (...args: A) => R,
    { staticArgnums = [], ...options }: RematOptions = {},
  ): ((...args: A) => R) =>
  (...args) => {
    const isStatic = (i: number): boolean => staticArgnums.includes(i)
    const outside = flattenGraph(args.map((x, i) => (isStatic(i) ? null : x)), false) // prettier-ignore
    let outcome: Outcome | null = null
    const outputs = control.checkpoint((...values: readonly unknown[]): readonly unknown[] => {
      const inside = new Inside(outside.def, values)
      const filled = inside.args.map((x, i) => (isStatic(i) ? args[i] : x))
      outcome = inside.leave('nnx.remat', f(...(filled as unknown as A)))
      return outcome.outputs
    }, options)(...outside.leaves.map(valueOfLeaf))
    return propagate(outcome!, outside, outputs) as R
  }
